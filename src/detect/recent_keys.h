// A bounded map that forgets the key asked for longest ago.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace dcmwatch {

/// Grows to its limit, then allocates no more. Cost: one look-up in a flat table.
template <typename Key, typename Value, typename Hash>
class RecentKeys {
 public:
  /// Of a key that is known, until it is forgotten.
  using Slot = std::uint32_t;
  static constexpr Slot kNone = ~Slot{0};

  explicit RecentKeys(std::size_t limit) : limit_(limit == 0 ? 1 : limit) {}

  /// The key is the latest now; kNone if it is not known.
  Slot find(const Key& key) {
    const auto known = slots_.find(key);
    if (known == slots_.end()) return kNone;
    if (known->second != newest_) {
      unlink(known->second);
      link_newest(known->second);
    }
    return known->second;
  }

  /// Of a key that is not known: the latest, with a blank value. The one asked for longest ago makes room for it.
  Slot add(const Key& key) {
    if (slots_.size() == limit_) {
      forget(oldest_);
      ++forgotten_;
    }
    const Slot slot = free_slot();
    entries_[slot].key = key;
    entries_[slot].value = {};
    slots_.emplace(key, slot);
    link_newest(slot);
    return slot;
  }

  Value& operator[](Slot slot) { return entries_[slot].value; }

  void forget(Slot slot) {
    slots_.erase(entries_[slot].key);
    unlink(slot);
    free_.push_back(slot);
  }

  void clear() {
    const std::uint64_t forgotten = forgotten_;
    *this = RecentKeys{limit_};
    forgotten_ = forgotten;
  }

  /// Keys that made room for others.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

 private:
  struct Entry {
    Key key{};
    Value value{};
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
    const Slot newer = entries_[slot].newer, older = entries_[slot].older;
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
