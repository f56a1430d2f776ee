// Finds a connection's slot by its two ends: a flat table of slots and hash tags; the keys stand with the connections.
#pragma once

#include <cstdint>
#include <vector>

namespace dcmwatch {

/// A connection's place in its partition.
using Slot = std::uint32_t;
inline constexpr Slot kNoSlot = ~Slot{0};

/// Open addressing with linear probing; a removal shifts what follows back, so there are no tombstones. Four bytes of
/// the hash stand beside the slot: they place it, and tell all but one in 2^32 strangers apart without a look at the
/// connection. 11 to 21 bytes a connection.
class ConnectionIndex {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }

  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&places_[tag_of(hash) & mask_]); }

  /// Where the hash is first met, if it is: a hint, for prefetching.
  [[nodiscard]] Slot likely(std::uint64_t hash) const {
    const Place& place = places_[tag_of(hash) & mask_];
    return place.tag == tag_of(hash) ? place.slot : kNoSlot;
  }

  /// The slot of which `is_it` says yes, or kNoSlot.
  template <class IsIt>
  [[nodiscard]] Slot find(std::uint64_t hash, IsIt is_it) const {
    const std::uint32_t tag = tag_of(hash);
    for (std::size_t at = tag & mask_; places_[at].slot != kNoSlot; at = (at + 1) & mask_) {
      if (places_[at].tag == tag && is_it(places_[at].slot)) return places_[at].slot;
    }
    return kNoSlot;
  }

  void insert(std::uint64_t hash, Slot slot) {
    if ((size_ + 1) * 4 > places_.size() * 3) grow();
    place({tag_of(hash), slot});
    ++size_;
  }

  void erase(std::uint64_t hash, Slot slot) {
    std::size_t hollow = tag_of(hash) & mask_;
    while (places_[hollow].slot != slot) hollow = (hollow + 1) & mask_;
    for (std::size_t at = (hollow + 1) & mask_; places_[at].slot != kNoSlot; at = (at + 1) & mask_) {
      // It may move into the hollow unless its own place lies between the two.
      if (((at - places_[at].tag) & mask_) < ((at - hollow) & mask_)) continue;
      places_[hollow] = places_[at];
      hollow = at;
    }
    places_[hollow] = {};
    --size_;
  }

  /// In no particular order.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const Place& place : places_) {
      if (place.slot != kNoSlot) visit(place.slot);
    }
  }

 private:
  struct Place {
    std::uint32_t tag = 0;
    Slot slot = kNoSlot;
  };

  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }

  void place(const Place& entry) {
    std::size_t at = entry.tag & mask_;
    while (places_[at].slot != kNoSlot) at = (at + 1) & mask_;
    places_[at] = entry;
  }

  void grow() {
    std::vector<Place> old(places_.size() * 2);
    old.swap(places_);
    mask_ = places_.size() - 1;
    for (const Place& entry : old) {
      if (entry.slot != kNoSlot) place(entry);
    }
  }

  std::vector<Place> places_ = std::vector<Place>(64);
  std::size_t mask_ = 63;
  std::size_t size_ = 0;
};

}  // namespace dcmwatch
