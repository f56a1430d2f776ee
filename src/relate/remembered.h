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

/// A ring, and a table of where in it each print's is. Allocates once, when the first comes.
/// Cost: of what is new, little more than writing it down: that it is not there the table says without a look at any,
/// and they lie all about.
template <typename Value>
class Remembered {
 public:
  explicit Remembered(std::size_t limit) : limit_(std::max<std::size_t>(limit, 1)) {}

  /// nullptr if there is none. Dies with the next add().
  Value* find(std::uint64_t print) {
    const auto known = places_.find(print);
    return known == places_.end() ? nullptr : &entries_[known->second].value;
  }

  /// Of a print that is not there. Gives what had to go for it.
  std::optional<Value> add(std::uint64_t print, Value value) {
    if (entries_.empty()) {
      places_.reserve(limit_);
      entries_.reserve(limit_);  // what is not written to takes no memory
    }
    std::optional<Value> gone;
    if (entries_.size() < limit_) {
      entries_.push_back({print, std::move(value)});
    } else {
      places_.erase(entries_[next_].print);
      gone = std::exchange(entries_[next_], {print, std::move(value)}).value;
    }
    places_.emplace(print, static_cast<Place>(next_));
    next_ = (next_ + 1) % limit_;
    return gone;
  }

 private:
  using Place = std::uint32_t;  ///< in the ring

  struct Entry {
    std::uint64_t print;
    Value value;
  };

  /// A print is one.
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(std::uint64_t print) const { return print; }
  };

  std::size_t limit_;
  std::vector<Entry> entries_;
  boost::unordered_flat_map<std::uint64_t, Place, Hash> places_;
  std::size_t next_ = 0;
};

}  // namespace dcmwatch
