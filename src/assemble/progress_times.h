// When to tell of connections that they go on.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "assemble/connection_index.h"
#include "base/timestamp.h"

namespace dcmwatch {

/// One place for each connection that is followed, by when it is due. A connection that ends leaves its place, which is
/// passed over when its time comes or, so that there are never many of them, sooner: most connections end long before.
class ProgressTimes {
 public:
  struct Due {
    static constexpr std::uint32_t kSerial = 0x3ffffffU;

    Due(Timestamp when, Slot where, std::uint64_t number, bool nothing_said)
        : time(when), slot(where), serial(static_cast<std::uint32_t>(number) & kSerial), unspoken(nothing_said) {}

    Timestamp time;
    Slot slot;
    std::uint32_t serial : 26;        ///< the connection's, its last bits: the slot may be another's by then
    std::uint32_t doublings : 5 = 0;  ///< of the pause before `time`
    bool unspoken : 1;                ///< nothing had been said on it
  };

  /// Of the first; nothing is due before it.
  [[nodiscard]] Timestamp next() const { return next_; }

  void add(const Due& due) {
    dues_.push_back(due);
    // Most are due later than all others, and are where they belong.
    if (dues_.size() > 1 && later(dues_[(dues_.size() - 2) / 2], due))
      std::push_heap(dues_.begin(), dues_.end(), later);
    next_ = std::min(next_, due.time);
  }

  Due take() {
    std::pop_heap(dues_.begin(), dues_.end(), later);
    const Due due = dues_.back();
    dues_.pop_back();
    note_next();
    return due;
  }

  /// Of a partition with so many connections. `is_current` tells of a Due whether its connection is still followed.
  template <typename IsCurrent>
  void limit(std::size_t connections, const IsCurrent& is_current) {
    if (dues_.size() <= 2 * connections + kFew) return;
    std::erase_if(dues_, [&](const Due& due) { return !is_current(due); });
    std::make_heap(dues_.begin(), dues_.end(), later);
    note_next();
  }

  /// All of them wait until then.
  void rebase(Timestamp time) {
    for (Due& due : dues_) due.time = time;
    std::make_heap(dues_.begin(), dues_.end(), later);
    note_next();
  }

 private:
  static constexpr std::size_t kFew = 64;

  // Those that are due at the same time in the order in which the connections were first seen.
  static bool later(const Due& one, const Due& other) {
    return one.time != other.time ? one.time > other.time : one.serial > other.serial;
  }

  void note_next() { next_ = dues_.empty() ? Timestamp::max() : dues_.front().time; }

  std::vector<Due> dues_;              ///< a heap
  Timestamp next_ = Timestamp::max();  ///< every segment asks for it
};

static_assert(sizeof(ProgressTimes::Due) == 16);

}  // namespace dcmwatch
