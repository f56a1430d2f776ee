// Facts that wait for what belongs to them: bounded, found by a print, the one touched longest ago first.
#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <utility>

#include "base/timestamp.h"

namespace dcmwatch {

/// Order of calls: any; before open(), the one who keeps the facts lets go of oldest() as long as they are full().
/// Entries stay where they are until they are closed. Cost: a hash look-up, and an allocation for each new entry.
template <typename Value>
class OpenFacts {
 public:
  struct Entry {
    std::uint64_t print = 0;
    Timestamp touched;
    Value value;
  };

  explicit OpenFacts(std::size_t limit) : limit_(std::max<std::size_t>(limit, 1)) {}

  /// nullptr if there is none.
  Entry* find(std::uint64_t print) {
    const auto found = by_print_.find(print);
    return found == by_print_.end() ? nullptr : &*found->second;
  }
  [[nodiscard]] bool contains(std::uint64_t print) const { return by_print_.contains(print); }

  /// Of a print that is not there, while not full().
  Entry& open(std::uint64_t print, Timestamp now, Value value = {}) {
    entries_.push_back({print, now, std::move(value)});
    by_print_.emplace(print, std::prev(entries_.end()));
    return entries_.back();
  }

  /// That of this print, opened if there is none. Where that needs room, the oldest is closed, after `let_go(Entry&)`.
  template <typename LetGo>
  Entry& of(std::uint64_t print, Timestamp now, LetGo let_go) {
    if (Entry* known = find(print)) return *known;
    if (full()) {
      let_go(oldest());
      close(oldest());
    }
    return open(print, now);
  }

  /// It is the latest now.
  void touch(Entry& entry, Timestamp now) {
    entry.touched = now;
    if (&entry == &entries_.back()) return;
    entries_.splice(entries_.end(), entries_, by_print_.find(entry.print)->second);
  }

  void close(Entry& entry) {
    const auto found = by_print_.find(entry.print);
    const auto position = found->second;
    by_print_.erase(found);
    entries_.erase(position);
  }

  /// After the clock was set back: nothing was touched later than now.
  void rebase(Timestamp now) {
    for (Entry& entry : entries_) entry.touched = std::min(entry.touched, now);
  }

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] bool full() const { return entries_.size() >= limit_; }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  /// Of those that are there, the one touched longest ago.
  Entry& oldest() { return entries_.front(); }

  auto begin() { return entries_.begin(); }
  auto end() { return entries_.end(); }

 private:
  std::size_t limit_;
  std::list<Entry> entries_;  ///< touched longest ago first
  boost::unordered_flat_map<std::uint64_t, typename std::list<Entry>::iterator> by_print_;
};

}  // namespace dcmwatch
