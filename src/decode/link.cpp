// Link layers, and what stands between them and IP.
#include <algorithm>
#include <array>

#include "decode/walk.h"

namespace dcmwatch {
namespace {

constexpr std::uint16_t kLeastEtherType = 0x0600;  // below it is a length

// A header of no interest whose last two bytes are an EtherType.
Next shim(Walk& walk, std::size_t bytes) {
  const ByteView header = walk.take(bytes);
  if (header.empty()) return walk.why_not(bytes);
  return ether_type(walk, u16(header, bytes - 2));
}

template <std::size_t kBytes>
Next shim(Walk& walk) {
  return shim(walk, kBytes);
}

// A header of no interest before the next layer.
template <std::size_t kBytes, Layer kNext>
Next skip(Walk& walk) {
  if (walk.take(kBytes).empty()) return walk.why_not(kBytes);
  return kNext;
}

// IEEE 802.1Q: the first and the last of the tags are kept.
Next vlan_tag(Walk& walk) {
  const ByteView tag = walk.take(4);
  if (tag.empty()) return walk.why_not(4);
  VlanTags& vlan = walk.segment.vlan;
  (vlan.outer == 0 ? vlan.outer : vlan.inner) = vlan_id(tag);
  return ether_type(walk, u16(tag, 2));
}

// IEEE 802.1AE 9.3: without the E bit what follows is authenticated, but in clear.
Next macsec(Walk& walk) {
  constexpr std::uint8_t kEncrypted = 0x08, kChannelId = 0x20;
  if (walk.bytes.empty()) return walk.why_not(1);
  if ((walk.bytes[0] & kEncrypted) != 0) return Decoded::encrypted;
  return shim(walk, (walk.bytes[0] & kChannelId) != 0 ? 16 : 8);
}

// RFC 6325 3: options in units of four bytes before the frame.
Next trill(Walk& walk) {
  const ByteView header = walk.take(6);
  if (header.empty()) return walk.why_not(6);
  const std::size_t option_bytes = (u16(header, 0) >> 6 & 0x1fU) * 4U;
  if (option_bytes != 0 && walk.take(option_bytes).empty()) return walk.why_not(option_bytes);
  return ethernet;
}

// RFC 2516 4
Next pppoe_session(Walk& walk) {
  const ByteView header = walk.take(6);
  if (header.empty()) return walk.why_not(6);
  if (header[0] != 0x11) return Decoded::malformed;
  if (header[1] != 0) return Decoded::other_protocol;
  walk.limit(u16(header, 4));
  return ppp;
}

struct EtherType {
  std::uint16_t number;
  Layer layer;
};
constexpr std::array kEtherTypes{
    EtherType{0x0800, ipv4},
    EtherType{0x86dd, ipv6},
    EtherType{0x8100, vlan_tag},
    EtherType{0x88a8, vlan_tag},  // IEEE 802.1ad
    EtherType{0x9100, vlan_tag},  // as vendors had it before
    EtherType{0x9200, vlan_tag},
    EtherType{0x9300, vlan_tag},
    EtherType{0x8847, mpls},
    EtherType{0x8848, mpls},
    EtherType{0x8864, pppoe_session},
    EtherType{0x880b, ppp},
    EtherType{0x6558, ethernet},  // transparent Ethernet bridging
    EtherType{0x8870, llc},       // a frame too long for a length
    EtherType{0x894f, service_header},
    EtherType{0x88e5, macsec},
    EtherType{0x88e7, skip<4, ethernet>},  // IEEE 802.1ah: service instance tag
    EtherType{0x8903, skip<2, ethernet>},  // Cisco FabricPath
    EtherType{0x22f3, trill},
    EtherType{0x8926, shim<6>},  // Cisco VN-Tag
    EtherType{0x893f, shim<8>},  // IEEE 802.1BR
    EtherType{0x8909, shim<8>},  // Cisco MetaData (TrustSec)
    EtherType{0x892f, shim<6>},  // HSR, IEC 62439-3
    EtherType{0xf1c1, shim<6>},  // IEEE 802.1CB
};

// ARPHRD_NETLINK's packets are no packets of a network; below the least EtherType, 4 is a frame in 802.2's form.
Next after_cooked(Walk& walk, std::uint16_t device, std::uint16_t type) {
  constexpr std::uint16_t kNetlink = 824, kLlc = 4;
  if (device == kNetlink) return Decoded::other_protocol;
  if (type < kLeastEtherType) return type == kLlc ? Next{llc} : Next{Decoded::other_protocol};
  return ether_type(walk, type);
}

// The sender's address stands in the pseudo-header, the receiver's does not.
Next linux_cooked(Walk& walk) {
  constexpr std::size_t kHeader = 16;
  const ByteView header = walk.take(kHeader);
  if (header.empty()) return walk.why_not(kHeader);
  if (u16(header, 4) == 6) std::copy_n(header.begin() + 6, 6, walk.segment.source_mac.begin());
  return after_cooked(walk, u16(header, 2), u16(header, 14));
}

Next linux_cooked2(Walk& walk) {
  constexpr std::size_t kHeader = 20;
  const ByteView header = walk.take(kHeader);
  if (header.empty()) return walk.why_not(kHeader);
  if (header[11] == 6) std::copy_n(header.begin() + 12, 6, walk.segment.source_mac.begin());
  return after_cooked(walk, u16(header, 8), u16(header, 0));
}

// The family number is the capturing host's own, in its own byte order: the IP version tells as much.
Next null_link(Walk& walk) {
  if (walk.take(4).empty()) return walk.why_not(4);
  if (walk.bytes.empty()) return walk.why_not(1);
  const int version = walk.bytes[0] >> 4;
  return version == 4 || version == 6 ? Next{ip} : Next{Decoded::other_protocol};
}

// RFC 1547 and Cisco's: an address, a control byte, then an EtherType. RFC 1662's PPP begins with 0xff.
Next hdlc(Walk& walk) {
  if (walk.bytes.empty()) return walk.why_not(1);
  constexpr std::uint8_t kUnicast = 0x0f, kMulticast = 0x8f;
  return walk.bytes[0] == kUnicast || walk.bytes[0] == kMulticast ? shim(walk, 4) : Next{ppp};
}

// RFC 4391 6, after the global routing header that the link type puts before it.
Next ip_over_infiniband(Walk& walk) {
  constexpr std::size_t kHeaders = 44;
  const ByteView headers = walk.take(kHeaders);
  if (headers.empty()) return walk.why_not(kHeaders);
  return ether_type(walk, u16(headers, 40));
}

// The header's length in little endian at its third byte, its own included.
Next after_told_length(Walk& walk, std::size_t least, Next next) {
  if (walk.bytes.size() < least) return walk.why_not(least);
  const std::size_t bytes = std::size_t{walk.bytes[3]} << 8 | walk.bytes[2];
  if (bytes < least) return Decoded::malformed;
  return walk.take(bytes).empty() ? Next{walk.why_not(bytes)} : next;
}

Next radiotap(Walk& walk) { return after_told_length(walk, 8, wlan); }

// Per-packet information: the link type that follows, in little endian.
Next ppi(Walk& walk) {
  if (walk.bytes.size() < 8) return walk.why_not(8);
  const auto link_type = static_cast<std::uint16_t>(walk.bytes[5] << 8U | walk.bytes[4]);
  return after_told_length(walk, 8, link_layer(link_type));
}

// Apple's: length of the header, type of record, link type that follows, each of four bytes in little endian.
Next pktap(Walk& walk) {
  constexpr std::size_t kLeast = 12;
  if (walk.bytes.size() < kLeast) return walk.why_not(kLeast);
  const std::size_t bytes = std::size_t{walk.bytes[1]} << 8 | walk.bytes[0];
  const auto link_type = static_cast<std::uint16_t>(walk.bytes[9] << 8U | walk.bytes[8]);
  if (bytes < kLeast) return Decoded::malformed;
  return walk.take(bytes).empty() ? Next{walk.why_not(bytes)} : link_layer(link_type);
}

// Netfilter's log: attributes of a length and a type, in the byte order of the host; one of them is the packet.
Next netfilter_log(Walk& walk) {
  if (walk.take(4).empty()) return walk.why_not(4);
  constexpr std::size_t kHead = 4;
  constexpr std::uint8_t kPayload = 9;
  while (!walk.bytes.empty()) {
    const ByteView head = walk.take(kHead);
    if (head.empty()) return walk.why_not(kHead);
    const bool big_endian = head[3] != 0 && head[2] == 0;
    const std::size_t length = big_endian ? u16(head, 0) : std::size_t{head[1]} << 8 | head[0];
    const std::uint8_t type = big_endian ? head[3] : head[2];
    if (length < kHead) return Decoded::malformed;
    const std::size_t value_bytes = length - kHead;
    if (type == kPayload) {
      walk.limit(value_bytes);
      return ip;
    }
    const std::size_t padded = (value_bytes + 3) / 4 * 4;
    if (padded != 0 && walk.take(padded).empty()) return walk.why_not(padded);
  }
  return Decoded::other_protocol;
}

struct Link {
  std::uint16_t type;
  Layer layer;
};
constexpr std::array kLinks{
    Link{0, null_link},
    Link{1, ethernet},
    Link{9, ppp},
    Link{10, skip<13, llc>},  // FDDI
    Link{12, ip},             // raw, as BSDs number it
    Link{14, ip},
    Link{50, hdlc},  // PPP in HDLC-like framing
    Link{51, pppoe_session},
    Link{100, llc},  // RFC 2684 over ATM
    Link{101, ip},
    Link{104, hdlc},  // Cisco HDLC
    Link{105, wlan},
    Link{108, null_link},
    Link{113, linux_cooked},
    Link{127, radiotap},
    Link{149, pktap},         // "user 2", which Apple took before it had a number
    Link{166, skip<1, ppp>},  // with a byte for the direction
    Link{192, ppi},
    Link{204, skip<1, ppp>},
    Link{228, ipv4},
    Link{229, ipv6},
    Link{239, netfilter_log},
    Link{240, skip<4, ethernet>},  // NetANALYZER
    Link{241, skip<12, ethernet>},
    Link{242, ip_over_infiniband},
    Link{258, pktap},
    Link{274, skip<8, ethernet>},  // with its preamble
    Link{276, linux_cooked2},
    Link{282, skip<4, ethernet>},  // Broadcom's switch tag before the frame
};

struct PppProtocol {
  std::uint16_t number;
  Decoded outcome;  ///< without a layer
  Layer layer = nullptr;
};
constexpr std::array kPppProtocols{
    PppProtocol{0x0021, {}, ipv4},
    PppProtocol{0x0057, {}, ipv6},
    PppProtocol{0x0281, {}, mpls},
    PppProtocol{0x0283, {}, mpls},
    PppProtocol{0x002d, Decoded::compressed},  // RFC 1144
    PppProtocol{0x002f, Decoded::compressed},
    PppProtocol{0x00fb, Decoded::compressed},  // RFC 1962
    PppProtocol{0x00fd, Decoded::compressed},
    PppProtocol{0x0053, Decoded::encrypted},  // RFC 1968
    PppProtocol{0x0055, Decoded::encrypted},
};

constexpr std::size_t kLeastFrame = 14;

bool is_frame(ByteView bytes) {
  constexpr std::uint16_t kArp = 0x0806;
  const std::uint16_t type = u16(bytes, 12);
  return type == kArp || std::ranges::find(kEtherTypes, type, &EtherType::number) != kEtherTypes.end();
}

// RFC 4928: what begins like an IP version is one, unless its own lengths say that it cannot be.
bool is_ip(const Walk& walk) {
  const ByteView bytes = walk.bytes;
  if (bytes.size() < 20) return false;
  if (bytes[0] >> 4 == 4) return (bytes[0] & 0x0f) >= 5 && u16(bytes, 2) >= 20 && u16(bytes, 2) <= walk.wire_bytes;
  return bytes[0] >> 4 == 6 && u16(bytes, 4) + 40U <= walk.wire_bytes;
}

}  // namespace

Next link_layer(std::uint16_t link_type) {
  const auto known = std::ranges::find(kLinks, link_type, &Link::type);
  return known == kLinks.end() ? Next{Decoded::unknown_link_type} : Next{known->layer};
}

Next ether_type(Walk& walk, std::uint16_t type) {
  if (type < kLeastEtherType) {
    walk.limit(type);
    return llc;
  }
  const auto known = std::ranges::find(kEtherTypes, type, &EtherType::number);
  return known == kEtherTypes.end() ? Next{Decoded::other_protocol} : Next{known->layer};
}

// A frame in a tunnel is the one that counts: the tags and addresses around the tunnel are the transport's.
Next ethernet(Walk& walk) {
  constexpr std::size_t kHeader = 14;
  const ByteView header = walk.take(kHeader);
  if (header.empty()) return walk.why_not(kHeader);
  Segment& segment = walk.segment;
  std::copy_n(header.begin(), 6, segment.destination_mac.begin());
  std::copy_n(header.begin() + 6, 6, segment.source_mac.begin());
  segment.vlan = {};
  walk.port_vlan = 0;
  return ether_type(walk, u16(header, 12));
}

// IEEE 802.11-2020 9.2.4.1: where the addresses stand by the To DS and From DS bits.
Next wlan(Walk& walk) {
  constexpr std::size_t kLeast = 24;
  const ByteView header = walk.take(kLeast);
  if (header.empty()) return walk.why_not(kLeast);
  const std::uint8_t kind = header[0], flags = header[1];
  constexpr std::uint8_t kToDs = 1, kFromDs = 2, kMoreFragments = 4, kProtected = 0x40, kOrder = 0x80;
  const bool is_data = (kind & 0x0cU) == 0x08 && (kind & 0x40U) == 0;
  if (!is_data) return Decoded::other_protocol;
  const bool to = (flags & kToDs) != 0, from = (flags & kFromDs) != 0, has_qos = (kind & 0x80U) != 0;
  const std::size_t more = (to && from ? 6U : 0U) + (has_qos ? 2U : 0U) + (has_qos && (flags & kOrder) != 0 ? 4U : 0U);
  const ByteView rest = walk.take(more);
  if (more != 0 && rest.empty()) return walk.why_not(more);
  if ((flags & kProtected) != 0) return Decoded::encrypted;
  // In pieces that nobody joins here, or several in one (A-MSDU): either way it cannot be looked into.
  const bool in_pieces = (flags & kMoreFragments) != 0 || (header[22] & 0x0fU) != 0;
  const bool aggregated = has_qos && (rest[to && from ? 6 : 0] & 0x80U) != 0;
  if (in_pieces || aggregated) return Decoded::truncated;
  const ByteView sender = to && from ? rest : header.subspan(from ? 16 : 10);
  std::copy_n(sender.begin(), 6, walk.segment.source_mac.begin());
  std::copy_n(header.begin() + (to ? 16 : 4), 6, walk.segment.destination_mac.begin());
  return llc;
}

Next llc(Walk& walk) {
  constexpr std::uint8_t kSnap = 0xaa, kIp = 0x06, kUnnumbered = 0x03;
  if (walk.wire_bytes < 3) return Decoded::other_protocol;
  const ByteView header = walk.take(3);
  if (header.empty()) return walk.why_not(3);
  if (header[2] != kUnnumbered) return Decoded::other_protocol;
  if (header[0] == kIp && header[1] == kIp) return ip;
  if (header[0] != kSnap || header[1] != kSnap) return Decoded::other_protocol;
  const ByteView snap = walk.take(5);  // IEEE 802: an organisation, and its number of a protocol
  if (snap.empty()) return walk.why_not(5);
  const std::uint32_t organisation = u32(snap, 0) >> 8;
  constexpr std::uint32_t kEncapsulated = 0, kBridgeTunnel = 0x0000f8,
                          kBridged = 0x0080c2;  // RFC 1042, 802.1H, RFC 2684
  const std::uint16_t type = u16(snap, 3);
  if (organisation == kBridged && (type == 0x0001 || type == 0x0007)) return skip<2, ethernet>(walk);
  if (organisation != kEncapsulated && organisation != kBridgeTunnel) return Decoded::other_protocol;
  return type < kLeastEtherType ? Next{Decoded::other_protocol} : ether_type(walk, type);
}

// Labels up to the bottom of the stack. What is beneath does not say what it is: IP begins with its version (RFC 4928),
// a pseudowire's control word with 0, an associated channel's with 1 (RFC 4385), and Ethernet without one with
// anything.
Next mpls(Walk& walk) {
  const ByteView label = walk.take(4);
  if (label.empty()) return walk.why_not(4);
  const bool bottom = (label[2] & 1U) != 0;
  if (!bottom) return mpls;
  if (is_ip(walk)) return ip;
  if (walk.bytes.size() < kLeastFrame) return walk.why_not(kLeastFrame);
  constexpr std::size_t kControlWord = 4;
  const std::uint32_t first = u32(walk.bytes, 0);
  if (first != 0 && is_frame(walk.bytes)) return ethernet;
  if (first >> 28 == 0) return skip<kControlWord, ethernet>(walk);
  return first >> 28 == 1 ? Next{Decoded::other_protocol} : Next{ethernet};
}

// RFC 1661 2, RFC 1662: address and control bytes may be left out, and the first byte of the protocol's two if it is 0.
Next ppp(Walk& walk) {
  if (walk.bytes.size() >= 2 && walk.bytes[0] == 0xff && walk.bytes[1] == 0x03) walk.take(2);
  if (walk.bytes.empty()) return walk.why_not(1);
  const std::size_t bytes = (walk.bytes[0] & 1) != 0 ? 1 : 2;
  const ByteView field = walk.take(bytes);
  if (field.empty()) return walk.why_not(bytes);
  const std::uint16_t number = bytes == 1 ? field[0] : u16(field, 0);
  const auto known = std::ranges::find(kPppProtocols, number, &PppProtocol::number);
  if (known == kPppProtocols.end()) return Decoded::other_protocol;
  return known->layer != nullptr ? Next{known->layer} : Next{known->outcome};
}

}  // namespace dcmwatch
