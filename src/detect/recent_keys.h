// A bounded set of keys that forgets the one asked for longest ago.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace dcmwatch {

/// Grows to its limit, then allocates no more. Cost: one look-up in a flat table.
template <typename Key, typename Hash>
class RecentKeys {
 public:
  explicit RecentKeys(std::size_t limit) : limit_(limit == 0 ? 1 : limit) {}

  /// The key is the latest now. True if it was not known; then the one asked for longest ago makes room for it.
  bool remember(const Key& key) {
    if (const auto known = slots_.find(key); known != slots_.end()) {
      if (known->second == newest_) return false;
      unlink(known->second);
      link_newest(known->second);
      return false;
    }
    if (slots_.size() == limit_) {
      forget(Key{entries_[oldest_].key});
      ++forgotten_;
    }
    const Slot slot = free_slot();
    entries_[slot].key = key;
    slots_.emplace(key, slot);
    link_newest(slot);
    return true;
  }

  /// True if the key was known.
  bool forget(const Key& key) {
    const auto known = slots_.find(key);
    if (known == slots_.end()) return false;
    unlink(known->second);
    free_.push_back(known->second);
    slots_.erase(known);
    return true;
  }

  void clear() {
    const std::uint64_t forgotten = forgotten_;
    *this = RecentKeys{limit_};
    forgotten_ = forgotten;
  }

  /// Keys that made room for others.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

 private:
  using Slot = std::uint32_t;
  static constexpr Slot kNone = ~Slot{0};

  struct Entry {
    Key key;
    Slot newer = kNone;
    Slot older = kNone;
  };

  Slot free_slot() {
    if (free_.empty()) {
      entries_.emplace_back();
      return static_cast<Slot>(entries_.size() - 1);
    }
    const Slot slot = free_.back();
    free_.pop_back();
    return slot;
  }

  void link_newest(Slot slot) {
    entries_[slot].newer = kNone;
    entries_[slot].older = newest_;
    (newest_ == kNone ? oldest_ : entries_[newest_].newer) = slot;
    newest_ = slot;
  }

  void unlink(Slot slot) {
    const auto [key, newer, older] = entries_[slot];
    (newer == kNone ? newest_ : entries_[newer].older) = older;
    (older == kNone ? oldest_ : entries_[older].newer) = newer;
  }

  std::size_t limit_;
  boost::unordered_flat_map<Key, Slot, Hash> slots_;
  std::vector<Entry> entries_;
  std::vector<Slot> free_;
  Slot oldest_ = kNone;
  Slot newest_ = kNone;
  std::uint64_t forgotten_ = 0;
};

}  // namespace dcmwatch
