// A table of fixed size for what was found out lately, so that it need not be found out again.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace dcmwatch {

/// An entry may stand in any of kWays places, which its hash gives: with one only, two that are asked for in turn and
/// happen to share it would be found out anew each time. The victim of a new one is that of those places whose turn it
/// is. The top bits of the hash are used, so they have to depend on all that is hashed. No result may depend on what
/// is remembered.
template <typename Entry, std::size_t kPlaces>
class RecentPlaces {
 public:
  static constexpr std::size_t kWays = 4;

  struct Place {
    Entry& entry;
    bool known;  ///< else another's, to be overwritten, or a blank one
  };

  /// `fits` says of an entry of that hash whether it is the one; of a blank one it says no. What is not known is to be
  /// overwritten.
  template <typename Fits>
  Place find(std::uint64_t hash, Fits fits) {
    Set& set = sets_[hash >> kShift];
    for (std::size_t way = 0; way < kWays; ++way) {
      if (set.hashes[way] == hash && fits(set.entries[way])) return {set.entries[way], true};
    }
    const std::size_t victim = set.victim++ % kWays;
    set.hashes[victim] = hash;
    return {set.entries[victim], false};
  }

  void clear() { sets_.assign(kSets, {}); }

 private:
  static constexpr std::size_t kSets = kPlaces / kWays;
  static_assert(std::has_single_bit(kSets) && kSets > 1);
  static constexpr int kShift = 64 - std::countr_zero(kSets);

  struct Set {
    std::array<std::uint64_t, kWays> hashes{};  // beside each other: entries are large
    std::uint32_t victim = 0;
    std::array<Entry, kWays> entries{};
  };

  std::vector<Set> sets_{kSets};
};

}  // namespace dcmwatch
