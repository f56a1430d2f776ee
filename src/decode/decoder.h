// Strips headers, outermost to innermost: a Packet becomes a Segment.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/packet.h"

namespace dcmwatch {

/// What became of a packet. Everything but `segment` is counted: what was not looked at is never silent.
enum class Decoded : std::uint8_t {
  segment,            ///< a TCP segment or UDP datagram
  other_protocol,     ///< ARP, ICMP, spanning tree …: nothing for dcmwatch
  fragment,           ///< an IP fragment
  truncated,          ///< the snap length cut the headers
  malformed,          ///< lengths that contradict each other
  unknown_link_type,  ///< nothing in it could be looked at
  kinds               ///< how many there are
};

std::string_view to_text(Decoded decoded);

/// Stateless but for its counters; one per reader.
class Decoder {
 public:
  /// Fills `segment` if the answer is Decoded::segment; its views are the packet's.
  Decoded decode(const Packet& packet, Segment& segment);

  [[nodiscard]] std::uint64_t count(Decoded decoded) const { return counts_[static_cast<std::size_t>(decoded)]; }

 private:
  std::array<std::uint64_t, static_cast<std::size_t>(Decoded::kinds)> counts_{};
};

}  // namespace dcmwatch
