// IP and what it carries.
#include <algorithm>
#include <array>

#include "decode/walk.h"

namespace dcmwatch {
namespace {

Next encrypted(Walk&) { return Decoded::encrypted; }
Next compressed(Walk&) { return Decoded::compressed; }

Next tcp(Walk& walk) {
  constexpr std::size_t kLeast = 20;  // RFC 9293 3.1
  const ByteView header = walk.take(kLeast);
  if (header.empty()) return walk.why_not(kLeast);
  Segment& segment = walk.segment;
  segment.transport = Transport::tcp;
  segment.source.port = u16(header, 0);
  segment.destination.port = u16(header, 2);
  segment.sequence = u32(header, 4);
  segment.acknowledgement = u32(header, 8);
  segment.flags = header[13];
  segment.window = u16(header, 14);
  segment.checksum = u16(header, 16);
  const std::size_t header_bytes = std::size_t{header[12]} >> 4U << 2U;
  if (header_bytes < kLeast || header_bytes - kLeast > walk.wire_bytes) return Decoded::malformed;
  const std::size_t option_bytes = header_bytes - kLeast;
  if (option_bytes <= walk.bytes.size()) {
    walk.take(option_bytes);
    if (!walk.rerouted) segment.header_bytes = static_cast<std::uint8_t>(header_bytes);
  } else {  // cut by the snap length: the payload's length on the wire is known all the same
    walk.bytes = {};
    walk.wire_bytes -= static_cast<std::uint32_t>(option_bytes);
  }
  return Decoded::segment;
}

Next udp(Walk& walk) {
  constexpr std::size_t kHeader = 8;  // RFC 768
  const ByteView header = walk.take(kHeader);
  if (header.empty()) return walk.why_not(kHeader);
  walk.segment.transport = Transport::udp;
  walk.segment.source.port = u16(header, 0);
  walk.segment.destination.port = u16(header, 2);
  const std::size_t length = u16(header, 4);  // 0: a jumbogram (RFC 2675)
  if (length >= kHeader) walk.limit(length - kHeader);
  const Next tunnel = udp_tunnel(walk.segment.source.port, walk.segment.destination.port);
  if (tunnel.layer != nullptr) walk.datagram = static_cast<const LayerPosition&>(walk);
  return tunnel;
}

// RFC 3378
Next ether_ip(Walk& walk) {
  const ByteView header = walk.take(2);
  if (header.empty()) return walk.why_not(2);
  return header[0] >> 4 == 3 ? Next{ethernet} : Next{Decoded::malformed};
}

Next protocol(const Walk& walk, std::uint8_t number);

// RFC 4302: an authentication header changes nothing of what it covers.
Next authentication(Walk& walk) {
  constexpr std::size_t kLeast = 12;
  const ByteView header = walk.take(kLeast);
  if (header.empty()) return walk.why_not(kLeast);
  const std::size_t bytes = (std::size_t{header[1]} + 2) * 4;
  if (bytes < kLeast) return Decoded::malformed;
  if (bytes > kLeast && walk.take(bytes - kLeast).empty()) return walk.why_not(bytes - kLeast);
  return protocol(walk, header[0]);
}

Next reassemble(Walk& walk, Fragment fragment) {
  fragment.key.source = walk.segment.source.address;
  fragment.key.destination = walk.segment.destination.address;
  fragment.key.domain = walk.segment.domain;
  fragment.time = walk.segment.mark.time;
  fragment.bytes = walk.bytes;
  fragment.wire_bytes = walk.wire_bytes;
  Fragments::Answer answer = walk.fragments.add(fragment);
  switch (answer.kind) {
    case Fragments::Kind::kept: return Decoded::fragment;
    case Fragments::Kind::malformed: return Decoded::malformed;
    case Fragments::Kind::whole: break;
  }
  walk.bytes = walk.batch.reassembled.emplace_back(std::move(answer.bytes));
  walk.wire_bytes = answer.wire_bytes;
  walk.length_told = true;
  return protocol(walk, answer.protocol);
}

// RFC 8200 4: headers before the one that counts are of units of eight bytes, and tell how many there are beyond the
// first.
constexpr std::size_t kUnit = 8;

Next extension(Walk& walk) {
  const ByteView head = walk.take(kUnit);
  if (head.empty()) return walk.why_not(kUnit);
  const std::size_t more = head[1] * kUnit;
  if (more != 0 && walk.take(more).empty()) return walk.why_not(more);
  return protocol(walk, head[0]);
}

// RFC 8200 4.4: where segments are left, the final destination is in the header.
Next routing(Walk& walk) {
  if (walk.bytes.size() >= kUnit && walk.bytes[3] != 0) walk.rerouted = true;
  return extension(walk);
}

// RFC 8200 4.5
constexpr std::uint8_t kFragment = 44;
Next fragment(Walk& walk) {
  const ByteView head = walk.take(kUnit);
  if (head.empty()) return walk.why_not(kUnit);
  const std::uint16_t place = u16(head, 2);
  if ((place & 0xfff9U) == 0) return protocol(walk, head[0]);  // RFC 6946: it is whole
  return reassemble(walk, {.key = {.source = {}, .destination = {}, .id = u32(head, 4), .protocol = kFragment},
                           .time = {},
                           .offset = place & 0xfff8U,
                           .more = (place & 1U) != 0,
                           .protocol = head[0],
                           .bytes = {}});
}

struct Protocol {
  std::uint8_t number;
  Layer layer;
  bool in_ipv6_alone = false;
};
// IANA protocol numbers.
constexpr std::array kProtocols{
    Protocol{6, tcp},
    Protocol{17, udp},
    Protocol{4, ipv4},
    Protocol{41, ipv6},
    Protocol{47, gre},
    Protocol{97, ether_ip},
    Protocol{137, mpls},
    Protocol{51, authentication},
    Protocol{50, encrypted},       // ESP, RFC 4303
    Protocol{108, compressed},     // IPComp, RFC 3173
    Protocol{0, extension, true},  // hop-by-hop options
    Protocol{43, routing, true},
    Protocol{kFragment, fragment, true},
    Protocol{60, extension, true},   // destination options
    Protocol{135, extension, true},  // mobility, RFC 6275
    Protocol{139, extension, true},  // HIP, RFC 7401
    Protocol{140, extension, true},  // Shim6, RFC 5533
};

Next protocol(const Walk& walk, std::uint8_t number) {
  const auto known = std::ranges::find(kProtocols, number, &Protocol::number);
  if (known == kProtocols.end()) return Decoded::other_protocol;
  if (known->in_ipv6_alone && walk.segment.source.address.is_v4()) return Decoded::other_protocol;
  return known->layer;
}

}  // namespace

Next ipv4(Walk& walk) {
  constexpr std::size_t kLeast = 20;  // RFC 791 3.1
  const std::uint32_t wire_bytes = walk.wire_bytes;
  const ByteView header = walk.take(kLeast);
  if (header.empty()) return walk.why_not(kLeast);
  const std::size_t header_bytes = std::size_t{header[0] & 0x0fU} * 4;
  if (header[0] >> 4 != 4 || header_bytes < kLeast) return Decoded::malformed;
  // A total length of 0 is a segmentation-offload frame as the host's stack saw it: the frame's own length counts.
  // Otherwise what follows the datagram is padding.
  const std::uint32_t total_bytes = u16(header, 2);
  const std::uint32_t datagram_bytes = total_bytes == 0 ? wire_bytes : std::min(total_bytes, wire_bytes);
  if (datagram_bytes < header_bytes) return Decoded::malformed;
  walk.limit(datagram_bytes - kLeast);
  const std::size_t option_bytes = header_bytes - kLeast;
  if (option_bytes != 0 && walk.take(option_bytes).empty()) return walk.why_not(option_bytes);

  Segment& segment = walk.segment;
  segment.source.address = IpAddress::v4(header.subspan(12, 4));
  segment.destination.address = IpAddress::v4(header.subspan(16, 4));
  segment.ip_id = u16(header, 4);
  walk.rerouted = false;
  const std::uint16_t place = u16(header, 6);
  const bool more = (place & 0x2000U) != 0;
  const std::uint32_t offset = (place & 0x1fffU) * 8U;
  if (!more && offset == 0) return protocol(walk, header[9]);
  return reassemble(walk, {.key = {.source = {}, .destination = {}, .id = segment.ip_id, .protocol = header[9]},
                           .time = {},
                           .offset = offset,
                           .more = more,
                           .protocol = header[9],
                           .bytes = {}});
}

Next ipv6(Walk& walk) {
  constexpr std::size_t kHeader = 40;  // RFC 8200 3
  const ByteView header = walk.take(kHeader);
  if (header.empty()) return walk.why_not(kHeader);
  if (header[0] >> 4 != 6) return Decoded::malformed;
  Segment& segment = walk.segment;
  segment.source.address = IpAddress::v6(header.subspan(8, 16));
  segment.destination.address = IpAddress::v6(header.subspan(24, 16));
  segment.ip_id = 0;
  walk.rerouted = false;
  // RFC 4291 2.5.5.2: mapped addresses are no addresses of packets. One would be taken for an IPv4 host's.
  if (segment.source.address.is_v4() || segment.destination.address.is_v4()) return Decoded::malformed;
  const std::uint16_t payload_bytes = u16(header, 4);
  walk.limit(payload_bytes == 0 ? walk.wire_bytes : payload_bytes);  // 0: a jumbogram (RFC 2675), or offload

  return protocol(walk, header[6]);
}

Next ip(Walk& walk) {
  if (walk.bytes.empty()) return walk.why_not(1);
  return walk.bytes[0] >> 4 == 6 ? Next{ipv6} : Next{ipv4};
}

}  // namespace dcmwatch
