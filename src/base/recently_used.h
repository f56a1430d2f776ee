// A bounded map in which what was not asked for longest makes room.
#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <list>
#include <utility>

namespace dcmwatch {

/// Cost: a hash look-up, and an allocation for each new entry.
template <typename Key, typename Value, typename Hash>
class RecentlyUsed {
 public:
  explicit RecentlyUsed(std::size_t limit) : limit_(std::max<std::size_t>(limit, 1)) {}

  /// Made if it is not there; then `let_go` is told the value that made room, if one had to. Lives until the next call.
  template <typename LetGo>
  Value& of(const Key& key, const LetGo& let_go) {
    const auto found = places_.find(key);
    if (found != places_.end()) {
      if (std::next(found->second) != entries_.end()) entries_.splice(entries_.end(), entries_, found->second);
      return found->second->second;
    }
    if (places_.size() == limit_) {
      let_go(entries_.front().second);
      places_.erase(entries_.front().first);
      entries_.pop_front();
    }
    entries_.emplace_back(key, Value{});
    places_.emplace(key, std::prev(entries_.end()));
    return entries_.back().second;
  }

 private:
  std::size_t limit_;
  std::list<std::pair<Key, Value>> entries_;  ///< not asked for longest first
  boost::unordered_flat_map<Key, typename std::list<std::pair<Key, Value>>::iterator, Hash> places_;
};

}  // namespace dcmwatch
