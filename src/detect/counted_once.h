// What was counted, so that a count counts things and not the phases in which they are told.
#pragma once

#include <cstddef>
#include <cstdint>

#include "detect/recent_keys.h"
#include "detect/rule.h"
#include "event/event.h"

namespace dcmwatch {

/// A conversation tells the same thing several times: at its start, each minute and at its end. What was counted is
/// remembered until it has ended; when the limit is reached, the one asked for longest ago is forgotten.
class CountedOnce {
 public:
  explicit CountedOnce(std::size_t limit) : counted_(limit) {}

  /// Whether it was not counted under `number` before. For a rule about one dataset a thing is a record (an operation,
  /// say, is known by the packet of its request), for a rule about a category the conversation. `part` tells apart what
  /// is counted of one thing.
  bool count(std::uint64_t number, Counts counts, const Event& event, std::uint64_t part = 0);
  void clear() { counted_.clear(); }
  /// Things forgotten before they had ended: what is told of them then counts again.
  [[nodiscard]] std::uint64_t forgotten() const { return counted_.forgotten(); }

 private:
  /// Whole: equal keys are the same thing.
  struct Counted {
    std::uint64_t number = 0;
    std::uint64_t conversation = 0;
    std::uint64_t packet = 0;
    std::uint64_t identifier = 0;
    std::uint64_t dataset = 0;
    std::uint64_t part = 0;

    friend bool operator==(const Counted&, const Counted&) = default;
  };
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(const Counted& counted) const;
  };

  RecentKeys<Counted, Hash> counted_;
};

}  // namespace dcmwatch
