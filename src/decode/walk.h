// One packet on its way through its layers: what every file of this room works with.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/packet.h"
#include "decode/decoder.h"
#include "decode/fragments.h"

namespace dcmwatch {

struct Walk;

/// A layer: takes its header from the front of the walk and says what stands behind it.
using Layer = struct Next (*)(Walk&);

/// The next layer, or what became of the packet.
struct Next {
  Next(Layer next) : layer(next) {}            // NOLINT(google-explicit-constructor)
  Next(Decoded outcome) : decoded(outcome) {}  // NOLINT(google-explicit-constructor)

  Layer layer = nullptr;
  Decoded decoded = Decoded::segment;  ///< if there is no next layer
};

/// What a layer left: where to go on, or to come back to.
struct LayerPosition {
  ByteView bytes;            ///< captured; never more than `wire_bytes`
  std::uint32_t wire_bytes;  ///< on the wire, as the headers so far tell
  Segment segment;           ///< as far as it is known
};

struct Walk : LayerPosition {
  Fragments& fragments;
  Batch& batch;
  bool length_told = false;  ///< a header told `wire_bytes`: what it lacks was never there, else a capture cut it off
  bool rerouted = false;     ///< the destination is not the final one, which TCP's checksum covers
  std::uint16_t port_vlan = 0;                 ///< a mirror's word for a frame without tags
  std::optional<LayerPosition> datagram = {};  ///< around a tunnel that may turn out not to be one

  /// The next bytes, or none if they are not all there.
  ByteView take(std::size_t count) {
    if (count > bytes.size()) return {};
    const ByteView taken = bytes.first(count);
    bytes = bytes.subspan(count);
    wire_bytes -= static_cast<std::uint32_t>(count);
    return taken;
  }

  /// Why take(count) gave nothing.
  [[nodiscard]] Decoded why_not(std::size_t count) const {
    return length_told && count > wire_bytes ? Decoded::malformed : Decoded::truncated;
  }

  /// A header tells how much follows it; what is beyond is padding or another layer's trailer.
  void limit(std::size_t count) {
    length_told = true;
    if (count >= wire_bytes) return;
    wire_bytes = static_cast<std::uint32_t>(count);
    bytes = bytes.first(std::min(count, bytes.size()));
  }
};

inline std::uint16_t u16(ByteView bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8U | bytes[at + 1]);
}
inline std::uint32_t u32(ByteView bytes, std::size_t at) {
  return std::uint32_t{u16(bytes, at)} << 16 | u16(bytes, at + 2);
}

/// IEEE 802.1Q 9.6, of the two bytes at the front.
inline std::uint16_t vlan_id(ByteView tag) { return static_cast<std::uint16_t>(u16(tag, 0) & 0x0fffU); }

// The layers that others lead to.
Next ethernet(Walk& walk);
Next wlan(Walk& walk);  ///< IEEE 802.11
Next llc(Walk& walk);   ///< IEEE 802.2
Next mpls(Walk& walk);  ///< RFC 3032
Next ppp(Walk& walk);   ///< RFC 1661
Next ip(Walk& walk);    ///< the version tells which
Next ipv4(Walk& walk);
Next ipv6(Walk& walk);
Next gre(Walk& walk);
Next service_header(Walk& walk);  ///< RFC 8300

/// The layer of a LINKTYPE_ value as in a capture file; https://www.tcpdump.org/linktypes.html
Next link_layer(std::uint16_t link_type);
/// The layer of an EtherType (IEEE 802), or LLC if it is a length.
Next ether_type(Walk& walk, std::uint16_t type);
/// The layer of a UDP datagram's payload, if one of its ports is a tunnel's and the content can be one.
Next udp_tunnel(std::uint16_t source_port, std::uint16_t destination_port);

}  // namespace dcmwatch
