// Facts that come in great numbers and wait for nothing: bounded, found by a print, the one seen first goes first.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace dcmwatch {

/// A ring, and for each place of a table the newest of those whose prints share it; each of these names the one before
/// it. What is overwritten is found no longer, and nobody has to be told. Allocates once, when the first comes.
/// Cost: of what is new, little more than writing it down behind the one before.
template <typename Value>
class Remembered {
 public:
  explicit Remembered(std::size_t limit) : limit_(std::max<std::size_t>(limit, 1)) {}

  /// nullptr if there is none. Dies with the next add().
  Value* find(std::uint64_t print) {
    if (newest_.empty()) return nullptr;
    for (Number number = newest_[place_of(print)]; is_there(number); number = entry(number).before) {
      if (entry(number).print == print) return &entry(number).value;
    }
    return nullptr;
  }

  /// Of a print that is not there. Gives what had to go for it.
  std::optional<Value> add(std::uint64_t print, Value value) {
    if (newest_.empty()) {
      newest_.resize(std::bit_ceil(limit_));
      entries_.reserve(limit_);  // what is not written to takes no memory
    }
    Number& newest = newest_[place_of(print)];
    Entry fresh{print, std::move(value), std::exchange(newest, next_)};
    std::optional<Value> gone;
    if (entries_.size() < limit_) {
      entries_.push_back(std::move(fresh));
    } else {
      gone = std::exchange(entry(next_), std::move(fresh)).value;
    }
    ++next_;
    return gone;
  }

 private:
  /// Entries are numbered as they come, from 1.
  using Number = std::uint64_t;

  struct Entry {
    std::uint64_t print;
    Value value;
    Number before;  ///< with the same place; 0, or one that was overwritten: none
  };

  [[nodiscard]] bool is_there(Number number) const { return number != 0 && next_ - number <= entries_.size(); }
  [[nodiscard]] std::size_t place_of(std::uint64_t print) const { return print & (newest_.size() - 1); }
  Entry& entry(Number number) { return entries_[(number - 1) % limit_]; }

  std::size_t limit_;
  std::vector<Entry> entries_;
  std::vector<Number> newest_;  ///< by place; 0: none
  Number next_ = 1;
};

}  // namespace dcmwatch
