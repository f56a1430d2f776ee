// What a Lookup said lately, so that it is asked once for all the records of which it says the same.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/recent_places.h"
#include "event/record.h"
#include "model/lookup.h"

namespace dcmwatch {

/// Says what Lookup::judge says, and remembers it by all that it depends on: of a conversation's records, and of
/// thousands of conversations between the same two devices, only the first few are looked up. A table of fixed size:
/// what is forgotten is looked up again, and so is what has too long a key: a message with the longest of names.
/// Judgements that say the same are given out as one, for whoever remembers
/// something by a judgement. What is given out lives on. Cost: some hundred bytes of key written, hashed
/// and compared; no allocation for what is remembered.
///
/// Not shared between threads. `lookup` outlives it.
class RecentJudgements {
 public:
  static constexpr std::size_t kPlaces = 4096;

  explicit RecentJudgements(const Lookup& lookup) : lookup_(lookup) {}

  [[nodiscard]] const SharedDeclared& judge(const Event& event);

  [[nodiscard]] const Lookup& lookup() const { return lookup_; }

 private:
  /// Of packet time: a stretch in which no window opens or closes and no flow expires.
  struct Period {
    Timestamp begin{}, end{};
    std::uint64_t number = 0;  ///< 0: none
  };
  /// Its number.
  [[nodiscard]] std::uint64_t period_of(Timestamp time);
  /// All that a judgement depends on, in words, so that it is hashed and compared as such.
  class Key {
   public:
    void add(std::uint64_t word) {
      whole_ &= size_ < kMostWords;
      if (whole_) words_[size_++] = word;
    }
    /// Something cannot be said in words of it.
    void give_up() { whole_ = false; }
    /// Whether all that was added found room.
    [[nodiscard]] bool whole() const { return whole_; }
    [[nodiscard]] std::uint64_t hash() const;

    friend bool operator==(const Key& one, const Key& other) {
      return one.size_ == other.size_ &&
             std::equal(one.words_.begin(), one.words_.begin() + one.size_, other.words_.begin());
    }

   private:
    static constexpr std::size_t kMostWords = 40;  ///< of an operation 28; of a message, all but long names

    std::size_t size_ = 0;  ///< of a blank one
    bool whole_ = true;
    std::array<std::uint64_t, kMostWords> words_;
  };
  class KeyWriter;

  struct Judgement {
    Key key;
    SharedDeclared declared;
  };

  /// The one that says the same, if it was given out lately, or this.
  const SharedDeclared& shared(Declared&& declared);

  const Lookup& lookup_;
  RecentPlaces<Judgement, kPlaces> remembered_;
  RecentPlaces<SharedDeclared, kPlaces> given_;
  SharedDeclared unremembered_;      ///< the last that found no room
  std::array<Period, 8> periods_{};  ///< the latest used first
  std::uint64_t periods_counted_ = 0;
};

}  // namespace dcmwatch
