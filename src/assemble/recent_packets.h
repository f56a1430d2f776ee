// Which packets a mirror showed twice: a small table of what passed just now.
#pragma once

#include <array>
#include <cstdint>

#include "base/keyed_hash.h"
#include "base/packet.h"

namespace dcmwatch {

/// A mirror of both ports of a path shows each packet twice, with other MACs and TTL perhaps. A retransmission is
/// another packet: it has another IP identification, acknowledgement, window or options (and so another checksum), or
/// comes later than a mirror's copy does.
///
/// A packet's place does not depend on a run's key, so what is overwritten too early (and counts as a retransmission)
/// is the same in every run; what is compared does, so that nobody can make a packet of his own look like another's
/// copy. Cost: a multiplication or four and one cache line.
class RecentPackets {
 public:
  /// The lower bits are the place, the upper ones what is compared there. `connection` is the keyed hash of the
  /// segment's ends.
  static std::uint64_t fingerprint(const KeyedHash& hash, std::uint64_t connection, const Segment& segment) {
    const std::uint64_t numbers = std::uint64_t{segment.sequence} << 32 | segment.acknowledgement;
    const std::uint64_t marks = std::uint64_t{segment.checksum} << 48 | std::uint64_t{segment.ip_id} << 32 |
                                std::uint64_t{segment.window} << 16 | segment.flags;
    const std::uint64_t sender_and_length = std::uint64_t{segment.source.port} << 32 | segment.wire_payload_bytes;
    constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
    const std::uint64_t place = (segment.hash ^ numbers ^ marks * kOdd ^ sender_and_length) * kOdd >> (64 - kPlaceBits);
    return (hash(connection + sender_and_length, numbers, marks) & ~kPlaceMask) | place;
  }

  void prefetch(std::uint64_t fingerprint) const { __builtin_prefetch(&places_[fingerprint & kPlaceMask]); }

  /// Whether the same packet passed at most `window` ago. If not, this one is remembered instead of its place's oldest.
  bool seen(std::uint64_t fingerprint, Timestamp now, Duration window) {
    Place& place = places_[fingerprint & kPlaceMask];
    const std::uint64_t print = fingerprint & ~kTimeMask;
    const std::uint64_t time = units(now.time_since_epoch()) & kTimeMask;
    for (const std::uint64_t one : place) {
      if ((one & ~kTimeMask) == print && ((time - one) & kTimeMask) <= units(window)) return true;
    }
    place = {print | time, place[0], place[1], place[2]};
    return false;
  }
  /// It was not to be believed: the next one like it is looked at for itself.
  void forget(std::uint64_t fingerprint) {
    for (std::uint64_t& one : places_[fingerprint & kPlaceMask]) {
      if ((one & ~kTimeMask) == (fingerprint & ~kTimeMask)) one = 0;
    }
  }

 private:
  static constexpr unsigned kPlaceBits = 7;
  static constexpr std::uint64_t kPlaceMask = (1U << kPlaceBits) - 1;
  static constexpr std::uint64_t kTimeMask = 0xffff;
  /// The latest first; of each the upper bits of its fingerprint, and its time in the lower ones.
  using Place = std::array<std::uint64_t, 4>;
  /// About milliseconds; they wrap after a minute, when the place has long been taken.
  static std::uint64_t units(Duration time) { return static_cast<std::uint64_t>(time.count() >> 20); }

  std::array<Place, std::size_t{1} << kPlaceBits> places_{};
};

}  // namespace dcmwatch
