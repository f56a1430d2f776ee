#include "decode/decoder.h"

#include <algorithm>
#include <cstring>

namespace dcmwatch {
namespace {

// https://www.tcpdump.org/linktypes.html
enum LinkType : std::uint16_t {
  kNull = 0,
  kEthernet = 1,
  kRawBsd = 12,
  kRawOpenBsd = 14,
  kRaw = 101,
  kLoop = 108,
  kLinuxCooked = 113,
  kIpv4 = 228,
  kIpv6 = 229,
  kLinuxCooked2 = 276
};

// IEEE 802 numbers.
enum EtherType : std::uint16_t {
  kEtherIpv4 = 0x0800,
  kEtherIpv6 = 0x86dd,
  kEtherVlan = 0x8100,
  kEtherProviderVlan = 0x88a8,
  kEtherOldQinQ = 0x9100,
  kEtherLeast = 0x0600
};

// One packet on its way through the layers. Each layer strips its header from `reader` and says what comes next.
struct Walk {
  ByteReader reader;
  Segment& segment;
  std::uint32_t wire_bytes;  ///< left on the wire at the reader's position, as the layers so far tell

  // A header taken from the front costs the wire as many bytes as it costs the view.
  ByteView header(std::size_t bytes) {
    wire_bytes -= static_cast<std::uint32_t>(std::min<std::size_t>(bytes, wire_bytes));
    return reader.take(bytes);
  }
};

Decoded decode_tcp(Walk& walk) {
  constexpr std::size_t kLeast = 20;  // RFC 9293 3.1
  if (walk.wire_bytes < kLeast) return Decoded::malformed;
  ByteReader header{walk.header(kLeast)};
  if (walk.reader.failed()) return Decoded::truncated;
  Segment& segment = walk.segment;
  segment.source.port = header.u16();
  segment.destination.port = header.u16();
  segment.sequence = header.u32();
  segment.acknowledgement = header.u32();
  const std::size_t header_bytes = std::size_t{header.u8()} >> 4U << 2U;
  segment.flags = header.u8();
  segment.window = header.u16();
  segment.checksum = header.u16();
  if (header_bytes < kLeast || header_bytes - kLeast > walk.wire_bytes) return Decoded::malformed;
  walk.header(header_bytes - kLeast);
  // Options cut by the snap length: the payload's length on the wire is known all the same.
  if (!walk.reader.failed()) segment.header_bytes = static_cast<std::uint8_t>(header_bytes);
  return Decoded::segment;
}

Decoded decode_udp(Walk& walk) {
  constexpr std::size_t kHeader = 8;  // RFC 768
  if (walk.wire_bytes < kHeader) return Decoded::malformed;
  ByteReader header{walk.header(kHeader)};
  if (walk.reader.failed()) return Decoded::truncated;
  walk.segment.source.port = header.u16();
  walk.segment.destination.port = header.u16();
  return Decoded::segment;
}

Decoded decode_transport(Walk& walk, std::uint8_t protocol) {
  switch (protocol) {
    case static_cast<std::uint8_t>(Transport::tcp): walk.segment.transport = Transport::tcp; return decode_tcp(walk);
    case static_cast<std::uint8_t>(Transport::udp): walk.segment.transport = Transport::udp; return decode_udp(walk);
    default: return Decoded::other_protocol;
  }
}

Decoded decode_ipv4(Walk& walk) {
  constexpr std::size_t kLeast = 20;  // RFC 791 3.1
  const std::uint32_t wire_bytes = walk.wire_bytes;
  ByteReader header{walk.header(kLeast)};
  if (walk.reader.failed()) return Decoded::truncated;
  const std::uint8_t version_and_length = header.u8();
  header.skip(1);
  const std::uint16_t total_bytes = header.u16();
  walk.segment.ip_id = header.u16();
  const std::uint16_t fragment = header.u16();
  header.skip(1);
  const std::uint8_t protocol = header.u8();
  header.skip(2);
  walk.segment.source.address = IpAddress::v4(header.take(4));
  walk.segment.destination.address = IpAddress::v4(header.take(4));

  const std::size_t header_bytes = std::size_t{version_and_length & 0x0fU} * 4;
  if (version_and_length >> 4 != 4 || header_bytes < kLeast) return Decoded::malformed;
  // A total length of 0 is a segmentation-offload frame as the sending host's stack saw it: the frame's own length
  // counts. Otherwise what follows the datagram is the link's padding.
  const std::uint32_t datagram_bytes = total_bytes == 0 ? wire_bytes : std::min<std::uint32_t>(total_bytes, wire_bytes);
  if (datagram_bytes < header_bytes) return Decoded::malformed;
  constexpr std::uint16_t kMoreFragments = 0x2000, kOffset = 0x1fff;
  if ((fragment & (kMoreFragments | kOffset)) != 0) return Decoded::fragment;
  walk.wire_bytes = datagram_bytes - static_cast<std::uint32_t>(kLeast);
  walk.header(header_bytes - kLeast);
  if (walk.reader.failed()) return Decoded::truncated;
  return decode_transport(walk, protocol);
}

Decoded decode_ipv6(Walk& walk) {
  constexpr std::size_t kHeader = 40;  // RFC 8200 3
  const std::uint32_t wire_bytes = walk.wire_bytes;
  ByteReader header{walk.header(kHeader)};
  if (walk.reader.failed()) return Decoded::truncated;
  if (header.u32() >> 28 != 6) return Decoded::malformed;
  const std::uint16_t payload_bytes = header.u16();
  std::uint8_t next = header.u8();
  header.skip(1);
  walk.segment.source.address = IpAddress::v6(header.take(16));
  walk.segment.destination.address = IpAddress::v6(header.take(16));
  if (wire_bytes < kHeader) return Decoded::malformed;
  // RFC 4291 2.5.5.2: mapped addresses are no addresses of packets. One would be taken for an IPv4 host's.
  if (walk.segment.source.address.is_v4() || walk.segment.destination.address.is_v4()) return Decoded::malformed;
  const std::uint32_t left = wire_bytes - static_cast<std::uint32_t>(kHeader);
  walk.wire_bytes =
      payload_bytes == 0 ? left : std::min<std::uint32_t>(payload_bytes, left);  // 0: jumbogram or offload

  // RFC 8200 4: hop-by-hop options, routing, destination options; a bound, since a chain may be as long as the packet.
  constexpr std::uint8_t kHopByHop = 0, kRouting = 43, kFragment = 44, kDestination = 60;
  for (int extension = 0; extension < 8; ++extension) {
    if (next != kHopByHop && next != kRouting && next != kFragment && next != kDestination) {
      return decode_transport(walk, next);
    }
    const bool is_fragment = next == kFragment;
    ByteReader head{walk.header(4)};
    next = head.u8();
    const std::size_t length = head.u8();  // in units of 8 bytes beyond the first; reserved in a fragment header
    constexpr std::uint16_t kOffsetAndMore = 0xfff9;
    if (is_fragment && (head.u16() & kOffsetAndMore) != 0) return Decoded::fragment;  // RFC 6946: else it is whole
    const std::size_t more = (is_fragment ? 0 : length * 8) + 4;
    if (walk.wire_bytes < more) return Decoded::malformed;
    walk.header(more);
    if (walk.reader.failed()) return Decoded::truncated;
  }
  return Decoded::malformed;
}

Decoded decode_ip(Walk& walk) {
  const ByteView rest = walk.reader.rest();
  if (rest.empty()) return Decoded::truncated;
  return rest[0] >> 4 == 6 ? decode_ipv6(walk) : decode_ipv4(walk);
}

// IEEE 802.1Q: up to two tags are kept; more are stripped.
Decoded decode_ether_type(Walk& walk, std::uint16_t type) {
  for (int tags = 0; tags < 8; ++tags) {
    if (type == kEtherIpv4) return decode_ipv4(walk);
    if (type == kEtherIpv6) return decode_ipv6(walk);
    if (type != kEtherVlan && type != kEtherProviderVlan && type != kEtherOldQinQ) return Decoded::other_protocol;
    ByteReader tag{walk.header(4)};
    if (walk.reader.failed()) return Decoded::truncated;
    const std::uint16_t id = tag.u16() & 0x0fffU;
    type = tag.u16();
    VlanTags& vlan = walk.segment.vlan;
    (tags == 0 ? vlan.outer : vlan.inner) = id;
  }
  return Decoded::malformed;
}

void take_mac(ByteReader& header, MacAddress& mac) {
  const ByteView bytes = header.take(mac.size());
  std::copy(bytes.begin(), bytes.end(), mac.begin());
}

Decoded decode_ethernet(Walk& walk) {
  ByteReader header{walk.header(14)};
  if (walk.reader.failed()) return Decoded::truncated;
  take_mac(header, walk.segment.destination_mac);
  take_mac(header, walk.segment.source_mac);
  const std::uint16_t type = header.u16();
  return type < kEtherLeast ? Decoded::other_protocol : decode_ether_type(walk, type);
}

// The sender's address stands in the pseudo-header, the receiver's does not.
Decoded decode_linux_cooked(Walk& walk) {
  ByteReader header{walk.header(16)};
  if (walk.reader.failed()) return Decoded::truncated;
  header.skip(4);
  const std::uint16_t address_bytes = header.u16();
  const ByteView address = header.take(8);
  if (address_bytes == 6) std::copy_n(address.begin(), 6, walk.segment.source_mac.begin());
  return decode_ether_type(walk, header.u16());
}

Decoded decode_linux_cooked2(Walk& walk) {
  ByteReader header{walk.header(20)};
  if (walk.reader.failed()) return Decoded::truncated;
  const std::uint16_t type = header.u16();
  header.skip(9);
  const std::uint8_t address_bytes = header.u8();
  if (address_bytes == 6) take_mac(header, walk.segment.source_mac);
  return decode_ether_type(walk, type);
}

// The family number is the capturing host's own, in its own byte order: the IP version tells as much.
Decoded decode_null(Walk& walk) {
  walk.header(4);
  if (walk.reader.failed()) return Decoded::truncated;
  return decode_ip(walk);
}

Decoded decode_link(Walk& walk, std::uint16_t link_type) {
  switch (link_type) {
    case kEthernet: return decode_ethernet(walk);
    case kLinuxCooked: return decode_linux_cooked(walk);
    case kLinuxCooked2: return decode_linux_cooked2(walk);
    case kNull:
    case kLoop: return decode_null(walk);
    case kRaw:
    case kRawBsd:
    case kRawOpenBsd:
    case kIpv4:
    case kIpv6: return decode_ip(walk);
    default: return Decoded::unknown_link_type;
  }
}

std::uint16_t u16(const std::uint8_t* at) { return static_cast<std::uint16_t>(at[0] << 8U | at[1]); }
std::uint32_t u32(const std::uint8_t* at) { return std::uint32_t{u16(at)} << 16 | u16(at + 2); }

// What nearly every packet is: Ethernet II with at most one VLAN tag, IPv4 without options, TCP, nothing cut or in
// pieces. Answers whether it was; every field of the segment is written then, so that nothing needs clearing first.
bool decode_plain(const Packet& packet, Segment& segment) {
  constexpr std::size_t kMacs = 12, kType = 2, kTag = 4, kIpv4 = 20, kTcp = 20;
  const std::uint8_t* const frame = packet.bytes.data();
  const std::size_t captured = packet.bytes.size();
  if (packet.link_type != kEthernet || captured < kMacs + kType + kIpv4 + kTcp) return false;

  const std::uint8_t* at = frame + kMacs;
  VlanTags vlan;
  if (u16(at) == kEtherVlan) {
    if (captured < kMacs + kTag + kType + kIpv4 + kTcp) return false;
    vlan.outer = u16(at + 2) & 0x0fffU;
    at += kTag;
  }
  if (u16(at) != kEtherIpv4) return false;
  const std::uint8_t* const ip = at + kType;
  constexpr std::uint16_t kDoNotFragment = 0x4000;
  const bool plain = ip[0] == 0x45 && (u16(ip + 6) & ~kDoNotFragment) == 0 && ip[9] == 6;
  if (!plain) return false;

  const std::size_t datagram_bytes = u16(ip + 2);
  const std::size_t before = static_cast<std::size_t>(ip - frame);
  const std::uint8_t* const tcp = ip + kIpv4;
  const std::size_t header_bytes = std::size_t{tcp[12]} >> 4U << 2U;
  const std::size_t wire_bytes = std::max<std::size_t>(packet.wire_bytes, captured);
  if (header_bytes < kTcp || kIpv4 + header_bytes > datagram_bytes) return false;
  if (before + datagram_bytes > wire_bytes || before + kIpv4 + header_bytes > captured) return false;

  segment.mark = packet.mark;
  segment.source = {IpAddress::v4({ip + 12, 4}), u16(tcp)};
  segment.destination = {IpAddress::v4({ip + 16, 4}), u16(tcp + 2)};
  std::memcpy(segment.destination_mac.data(), frame, 6);
  std::memcpy(segment.source_mac.data(), frame + 6, 6);
  segment.vlan = vlan;
  segment.domain = packet.domain;
  segment.transport = Transport::tcp;
  segment.flags = tcp[13];
  segment.header_bytes = static_cast<std::uint8_t>(header_bytes);
  segment.window = u16(tcp + 14);
  segment.checksum = u16(tcp + 16);
  segment.ip_id = u16(ip + 4);
  segment.sequence = u32(tcp + 4);
  segment.acknowledgement = u32(tcp + 8);
  const std::size_t payload_bytes = datagram_bytes - kIpv4 - header_bytes;
  segment.wire_payload_bytes = static_cast<std::uint32_t>(payload_bytes);
  const std::size_t payload_at = before + kIpv4 + header_bytes;
  segment.payload = {frame + payload_at, std::min(payload_bytes, captured - payload_at)};
  segment.hash = hash_of(segment.source, segment.destination, Transport::tcp, packet.domain);
  return true;
}

}  // namespace

std::string_view to_text(Decoded decoded) {
  switch (decoded) {
    case Decoded::segment: return "segment";
    case Decoded::other_protocol: return "other_protocol";
    case Decoded::fragment: return "fragment";
    case Decoded::truncated: return "truncated";
    case Decoded::malformed: return "malformed";
    case Decoded::unknown_link_type: return "unknown_link_type";
    case Decoded::kinds: break;
  }
  return {};
}

Decoded Decoder::decode(const Packet& packet, Segment& segment) {
  if (decode_plain(packet, segment)) {
    ++counts_[static_cast<std::size_t>(Decoded::segment)];
    return Decoded::segment;
  }
  segment = Segment{};
  segment.domain = packet.domain;
  segment.mark = packet.mark;
  Walk walk{ByteReader{packet.bytes}, segment,
            std::max<std::uint32_t>(packet.wire_bytes, static_cast<std::uint32_t>(packet.bytes.size()))};
  const Decoded decoded = decode_link(walk, packet.link_type);
  ++counts_[static_cast<std::size_t>(decoded)];
  if (decoded != Decoded::segment) return decoded;

  segment.wire_payload_bytes = walk.wire_bytes;
  const ByteView rest = walk.reader.rest();
  segment.payload = rest.first(std::min<std::size_t>(rest.size(), walk.wire_bytes));
  segment.hash = hash_of(segment.key());
  return decoded;
}

}  // namespace dcmwatch
