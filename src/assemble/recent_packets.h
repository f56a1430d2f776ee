// Which packets a mirror showed twice: a small table of what passed just now.
#pragma once

#include <array>
#include <cstdint>

#include "assemble/connection_index.h"
#include "base/packet.h"

namespace dcmwatch {

/// A mirror of both ports of a path shows each packet twice, with other MACs and TTL perhaps. A retransmission is
/// another packet: it has another IP identification, acknowledgement, window or options (and so another checksum), or
/// comes later than a mirror's copy does.
///
/// Direct-mapped by a keyed fingerprint, so that nobody can make a packet of his own look like another's copy; what is
/// overwritten too early counts as a retransmission. Cost: a multiplication or three and one cache line.
class RecentPackets {
 public:
  /// `connection` is the hash of the segment's ends.
  static std::uint64_t fingerprint(const ConnectionHash& hash, std::uint64_t connection, const Segment& segment) {
    const std::uint64_t numbers = std::uint64_t{segment.sequence} << 32 | segment.acknowledgement;
    const std::uint64_t marks = std::uint64_t{segment.checksum} << 48 | std::uint64_t{segment.ip_id} << 32 |
                                std::uint64_t{segment.window} << 16 | segment.flags;
    const std::uint64_t sender_and_length = std::uint64_t{segment.source.port} << 32 | segment.wire_payload_bytes;
    return hash(connection + sender_and_length, numbers, marks);
  }

  void prefetch(std::uint64_t fingerprint) const { __builtin_prefetch(&places_[fingerprint % kPlaces]); }

  /// Whether the same packet passed at most `window` ago. If not, this one is remembered.
  bool seen(std::uint64_t fingerprint, Timestamp now, Duration window) {
    Place& place = places_[fingerprint % kPlaces];
    const auto print = static_cast<std::uint32_t>(fingerprint >> 32);
    const std::uint32_t time = units(now.time_since_epoch());
    if (place.print == print && time - place.time <= units(window)) return true;
    place = {print, time};
    return false;
  }
  /// It was not to be believed: the next one like it is looked at for itself.
  void forget(std::uint64_t fingerprint) { places_[fingerprint % kPlaces] = {}; }

 private:
  static constexpr std::size_t kPlaces = 512;
  struct Place {
    std::uint32_t print = 0;
    std::uint32_t time = 0;
  };
  /// About microseconds; they wrap after an hour, when the place has long been taken.
  static std::uint32_t units(Duration time) { return static_cast<std::uint32_t>(time.count() >> 10); }

  std::array<Place, kPlaces> places_{};
};

}  // namespace dcmwatch
