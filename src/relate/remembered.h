// Facts that come in great numbers and wait for nothing: bounded, found by a print, the one seen first goes first.
#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace dcmwatch {

/// Grows to its limit, then allocates no more. Cost: one look-up in a flat table, two where one has to go.
template <typename Value>
class Remembered {
 public:
  explicit Remembered(std::size_t limit) : limit_(std::max<std::size_t>(limit, 1)) {}

  /// nullptr if there is none. Dies with the next add().
  Value* find(std::uint64_t print) {
    const auto found = places_.find(print);
    return found == places_.end() ? nullptr : &entries_[found->second].value;
  }

  /// Of a print that is not there. Gives what had to go for it.
  std::optional<Value> add(std::uint64_t print, Value value) {
    std::optional<Value> gone;
    if (entries_.size() < limit_) {
      places_.emplace(print, static_cast<std::uint32_t>(entries_.size()));
      entries_.push_back({print, std::move(value)});
      return gone;
    }
    Entry& oldest = entries_[oldest_];
    places_.erase(oldest.print);
    places_.emplace(print, static_cast<std::uint32_t>(oldest_));
    gone = std::exchange(oldest, {print, std::move(value)}).value;
    oldest_ = (oldest_ + 1) % limit_;
    return gone;
  }

 private:
  struct Entry {
    std::uint64_t print;
    Value value;
  };

  std::size_t limit_;
  std::vector<Entry> entries_;  ///< a ring, once it is full
  std::size_t oldest_ = 0;
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> places_;
};

}  // namespace dcmwatch
