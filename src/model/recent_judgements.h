// What a Lookup said lately, so that it is asked once for all the records of which it says the same.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "event/record.h"
#include "model/lookup.h"

namespace dcmwatch {

/// Says what Lookup::judge says, and remembers it by all that it depends on: of a conversation's records, and of
/// thousands of conversations between the same two devices, only the first few are looked up. A table of fixed size, in
/// which a judgement's place follows from its key: the victim of one is another of the same place. What is given out
/// lives on. Cost: some hundred bytes of key written, hashed and compared; no allocation for what is remembered.
///
/// Not shared between threads. `lookup` outlives it.
class RecentJudgements {
 public:
  static constexpr std::size_t kPlaces = 1024;

  explicit RecentJudgements(const Lookup& lookup) : lookup_(lookup), remembered_(kPlaces) {}

  [[nodiscard]] const Declared& judge(const Event& event);

  [[nodiscard]] const Lookup& lookup() const { return lookup_; }

 private:
  struct Judgement {
    std::string key;  ///< empty: none
    Declared declared;
  };

  const Lookup& lookup_;
  std::vector<Judgement> remembered_;
  std::string key_;  // of the event at hand
};

}  // namespace dcmwatch
