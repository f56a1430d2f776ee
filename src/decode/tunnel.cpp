// Tunnels over IP and over UDP.
#include <algorithm>
#include <array>

#include "decode/walk.h"

namespace dcmwatch {
namespace {

// RFC 2890; in order, each there if its bit is set.
constexpr std::uint16_t kChecksum = 0x8000, kRouting = 0x4000, kKey = 0x2000, kSequence = 0x1000,
                        kAcknowledgement = 0x0080;

// RFC 1701: entries of an address family, an offset, a length; the last one is of length 0.
Next source_routes(Walk& walk) {
  while (true) {
    const ByteView head = walk.take(4);
    if (head.empty()) return walk.why_not(4);
    const std::size_t bytes = head[3];
    if (bytes == 0) return Decoded::segment;
    if (walk.take(bytes).empty()) return walk.why_not(bytes);
  }
}

// draft-foschiano-erspan. The VLAN in the header is the mirrored port's; a frame that was tagged has its own.
Next erspan(Walk& walk, std::size_t header_bytes, std::size_t more_bytes) {
  const ByteView header = walk.take(header_bytes + more_bytes);
  if (header.empty()) return walk.why_not(header_bytes + more_bytes);
  const Next next = ethernet(walk);
  walk.port_vlan = vlan_id(header);
  return next;
}

Next erspan_2(Walk& walk) {
  if (walk.bytes.empty()) return walk.why_not(1);
  constexpr int kVersion = 1;
  return walk.bytes[0] >> 4 == kVersion ? erspan(walk, 8, 0) : ethernet(walk);
}

Next erspan_3(Walk& walk) {
  constexpr std::size_t kHeader = 12;
  if (walk.bytes.size() < kHeader) return walk.why_not(kHeader);
  constexpr int kVersion = 2;
  if (walk.bytes[0] >> 4 != kVersion) return Decoded::malformed;
  const bool has_platform = (walk.bytes[11] & 1) != 0;
  constexpr std::uint8_t kIpFrame = 2;
  const bool is_ip = (walk.bytes[10] >> 2 & 0x1f) == kIpFrame;
  if (!is_ip) return erspan(walk, kHeader, has_platform ? 8 : 0);
  walk.take(kHeader);
  if (has_platform && walk.take(8).empty()) return walk.why_not(8);
  return ip;
}

// Cisco's redirection: a second version put four bytes before the packet.
Next wccp(Walk& walk) {
  if (walk.bytes.empty()) return walk.why_not(1);
  if (walk.bytes[0] >> 4 == 4) return ipv4;
  return walk.take(4).empty() ? Next{walk.why_not(4)} : Next{ipv4};
}

// RFC 2637 4.1: the key's upper half is the payload's length.
Next point_to_point_gre(Walk& walk, std::uint16_t flags, std::uint16_t protocol) {
  constexpr std::uint16_t kPpp = 0x880b;
  if ((flags & kKey) == 0 || protocol != kPpp) return Decoded::malformed;
  const ByteView key = walk.take(4);
  if (key.empty()) return walk.why_not(4);
  for (const std::uint16_t field : {kSequence, kAcknowledgement}) {
    if ((flags & field) != 0 && walk.take(4).empty()) return walk.why_not(4);
  }
  const std::uint16_t payload_bytes = u16(key, 0);
  if (payload_bytes == 0) return Decoded::other_protocol;  // an acknowledgement
  walk.limit(payload_bytes);
  return ppp;
}

struct NextProtocol {
  std::uint8_t number;
  Layer layer;
};
// VXLAN-GPE and the network service header number them alike.
constexpr std::array kNextProtocols{
    NextProtocol{1, ipv4},           NextProtocol{2, ipv6}, NextProtocol{3, ethernet},
    NextProtocol{4, service_header}, NextProtocol{5, mpls},
};

Next next_protocol(std::uint8_t number) {
  const auto known = std::ranges::find(kNextProtocols, number, &NextProtocol::number);
  return known == kNextProtocols.end() ? Next{Decoded::other_protocol} : Next{known->layer};
}

// In the tunnels over UDP a port alone proves nothing. Where the content cannot be the tunnel's the answer is
// malformed, and the datagram remains what it is.

// RFC 7348 5, with the group policy and generic protocol extensions.
Next vxlan(Walk& walk) {
  const ByteView header = walk.take(8);
  if (header.empty()) return Decoded::malformed;
  constexpr std::uint8_t kInstance = 0x08, kGroupPolicy = 0x80, kProtocol = 0x04;
  const std::uint8_t flags = header[0];
  const bool rest_is_zero = header[1] == 0 && header[2] == 0 && header[7] == 0;
  if (flags == kInstance && rest_is_zero && header[3] == 0) return ethernet;
  if (flags == (kInstance | kGroupPolicy) && header[7] == 0) return ethernet;
  if (flags == (kInstance | kProtocol) && rest_is_zero) return next_protocol(header[3]);
  return Decoded::malformed;
}

// RFC 8926 3.4
Next geneve(Walk& walk) {
  constexpr std::size_t kHeader = 8;
  const ByteView header = walk.take(kHeader);
  if (header.empty()) return Decoded::malformed;
  const bool version_0 = header[0] >> 6 == 0, reserved_is_zero = (header[1] & 0x3f) == 0 && header[7] == 0;
  if (!version_0 || !reserved_is_zero) return Decoded::malformed;
  const std::size_t option_bytes = (header[0] & 0x3fU) * 4;
  if (option_bytes != 0 && walk.take(option_bytes).empty()) return walk.why_not(option_bytes);
  constexpr std::uint16_t kLeastEtherType = 0x0600;
  const std::uint16_t type = u16(header, 2);
  return type < kLeastEtherType ? Next{Decoded::malformed} : ether_type(walk, type);
}

// 3GPP TS 29.281 5.1: user data of version 1, with its optional fields and chained extension headers.
Next gtp_u(Walk& walk) {
  constexpr std::size_t kHeader = 8, kOptional = 4;
  const ByteView header = walk.take(kHeader);
  if (header.empty()) return Decoded::malformed;
  constexpr std::uint8_t kVersion1 = 0x30, kUserData = 255, kAnyOptional = 7, kExtension = 4;
  if ((header[0] & 0xf8) != kVersion1 || header[1] != kUserData || u16(header, 2) > walk.wire_bytes)
    return Decoded::malformed;
  walk.limit(u16(header, 2));
  if ((header[0] & kAnyOptional) != 0) {
    const ByteView optional = walk.take(kOptional);
    if (optional.empty()) return walk.why_not(kOptional);
    std::uint8_t next = (header[0] & kExtension) != 0 ? optional[3] : 0;
    while (next != 0) {
      const std::size_t bytes = walk.bytes.empty() ? 1 : walk.bytes[0] * 4U;
      if (bytes == 0) return Decoded::malformed;
      const ByteView extension = walk.take(bytes);
      if (extension.size() < 4) return walk.why_not(bytes);
      next = extension[bytes - 1];
    }
  }
  return ip;
}

// RFC 4380 5.1.1: authentication and origin may stand before the packet.
Next teredo(Walk& walk) {
  constexpr std::size_t kAuthentication = 13, kOrigin = 8, kIpv6 = 40;
  if (walk.bytes.size() >= kAuthentication && u16(walk.bytes, 0) == 1)
    walk.take(kAuthentication + walk.bytes[2] + walk.bytes[3]);
  if (walk.bytes.size() >= kOrigin && u16(walk.bytes, 0) == 0) walk.take(kOrigin);
  const bool is_ipv6 =
      walk.bytes.size() >= kIpv6 && walk.bytes[0] >> 4 == 6 && u16(walk.bytes, 4) + kIpv6 <= walk.wire_bytes;
  return is_ipv6 ? Next{ipv6} : Next{Decoded::malformed};
}

// MikroTik's mirror: tagged fields up to an end, then the frame.
Next tzsp(Walk& walk) {
  constexpr std::uint8_t kVersion = 1, kTransmitted = 1, kPadding = 0, kEnd = 1;
  constexpr std::uint16_t kEthernet = 1;
  const ByteView header = walk.take(4);
  if (header.empty() || header[0] != kVersion || header[1] > kTransmitted) return Decoded::malformed;
  if (u16(header, 2) != kEthernet) return Decoded::malformed;
  while (true) {
    const ByteView tag = walk.take(1);
    if (tag.empty()) return walk.why_not(1);
    if (tag[0] == kEnd) return ethernet;
    if (tag[0] == kPadding) continue;
    const ByteView length = walk.take(1);
    if (length.empty()) return walk.why_not(1);
    if (length[0] != 0 && walk.take(length[0]).empty()) return walk.why_not(length[0]);
  }
}

// RFC 8086 3: version 0, and nothing reserved is set.
Next gre_in_udp(Walk& walk) {
  constexpr std::uint16_t kReservedAndVersion = 0x4fff;
  const bool can_be =
      walk.bytes.size() >= 4 && (u16(walk.bytes, 0) & kReservedAndVersion) == 0 && u16(walk.bytes, 2) != 0;
  return can_be ? gre(walk) : Next{Decoded::malformed};
}

struct UdpTunnel {
  std::uint16_t port;
  Layer layer;
};
constexpr std::array kUdpTunnels{
    UdpTunnel{4789, vxlan},  UdpTunnel{8472, vxlan},  // Linux's default, from before there was a number
    UdpTunnel{4790, vxlan},  UdpTunnel{6081, geneve}, UdpTunnel{2152, gtp_u},
    UdpTunnel{3544, teredo}, UdpTunnel{37008, tzsp},  UdpTunnel{4754, gre_in_udp},
};

}  // namespace

// RFC 2784, RFC 2890
Next gre(Walk& walk) {
  const ByteView header = walk.take(4);
  if (header.empty()) return walk.why_not(4);
  const std::uint16_t flags = u16(header, 0), protocol = u16(header, 2);
  const int version = flags & 7;
  if (version == 1) return point_to_point_gre(walk, flags, protocol);
  if (version != 0) return Decoded::malformed;
  const std::size_t optional_bytes = ((flags & (kChecksum | kRouting)) != 0 ? 4U : 0U) +
                                     ((flags & kKey) != 0 ? 4U : 0U) + ((flags & kSequence) != 0 ? 4U : 0U);
  if (optional_bytes != 0 && walk.take(optional_bytes).empty()) return walk.why_not(optional_bytes);
  if ((flags & kRouting) != 0) {
    const Next routes = source_routes(walk);
    if (routes.decoded != Decoded::segment) return routes;
  }
  constexpr std::uint16_t kErspan = 0x88be, kErspan3 = 0x22eb, kWccp = 0x883e, kLeastEtherType = 0x0600;
  if (protocol == kErspan) return (flags & kSequence) != 0 ? erspan_2(walk) : ethernet(walk);  // I has no header
  if (protocol == kErspan3) return erspan_3(walk);
  if (protocol == kWccp) return wccp(walk);
  const bool is_aruba = protocol >= 0x8200 && protocol < 0x8380;  // one for each of an access point's networks
  if (is_aruba) return wlan;
  return protocol < kLeastEtherType ? Next{Decoded::other_protocol} : ether_type(walk, protocol);
}

// RFC 8300 2.2: the length is in units of four bytes.
Next service_header(Walk& walk) {
  constexpr std::size_t kLeast = 8;
  if (walk.bytes.size() < kLeast) return walk.why_not(kLeast);
  const std::size_t bytes = (u16(walk.bytes, 0) & 0x3fU) * 4U;
  const std::uint8_t next = walk.bytes[3];
  if (bytes < kLeast) return Decoded::malformed;
  return walk.take(bytes).empty() ? Next{walk.why_not(bytes)} : next_protocol(next);
}

Next udp_tunnel(std::uint16_t source_port, std::uint16_t destination_port) {
  for (const std::uint16_t port : {destination_port, source_port}) {
    const auto known = std::ranges::find(kUdpTunnels, port, &UdpTunnel::port);
    if (known != kUdpTunnels.end()) return known->layer;
  }
  return Decoded::segment;
}

}  // namespace dcmwatch
