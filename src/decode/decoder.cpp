#include "decode/decoder.h"

#include <algorithm>
#include <cstring>

#include "decode/walk.h"

namespace dcmwatch {
namespace {

constexpr std::uint16_t kLinkEthernet = 1, kEtherVlan = 0x8100, kEtherIpv4 = 0x0800;

std::uint16_t u16(const std::uint8_t* at) { return static_cast<std::uint16_t>(at[0] << 8U | at[1]); }
std::uint32_t u32(const std::uint8_t* at) { return std::uint32_t{u16(at)} << 16 | u16(at + 2); }

// What nearly every packet is: Ethernet II with at most one VLAN tag, IPv4 without options, TCP, nothing cut or in
// pieces. Answers whether it was; every field of the segment is written then, so that nothing needs clearing first.
bool decode_plain(const Packet& packet, Segment& segment) {
  constexpr std::size_t kMacs = 12, kType = 2, kTag = 4, kIpv4 = 20, kTcp = 20;
  const std::uint8_t* const frame = packet.bytes.data();
  const std::size_t captured = packet.bytes.size();
  if (packet.link_type != kLinkEthernet || captured < kMacs + kType + kIpv4 + kTcp) return false;

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
    case Decoded::encrypted: return "encrypted";
    case Decoded::compressed: return "compressed";
    case Decoded::nested_too_deep: return "nested_too_deep";
    case Decoded::kinds: break;
  }
  return {};
}

std::array<DecodeNote, 9> Decoder::notes() const {
  const FragmentCounters& fragments = fragments_.counters();
  return {DecodeNote{"decode.truncated", count(Decoded::truncated)},
          {"decode.malformed", count(Decoded::malformed)},
          {"decode.unknown_link_type", count(Decoded::unknown_link_type)},
          {"decode.encrypted", count(Decoded::encrypted)},
          {"decode.compressed", count(Decoded::compressed)},
          {"decode.nested_too_deep", count(Decoded::nested_too_deep)},
          {"decode.fragment_incomplete", fragments.incomplete},
          {"decode.fragment_overlap", fragments.overlaps},
          {"decode.fragment_limit", fragments.limit_reached}};
}

Decoded Decoder::decode(const Packet& packet, Batch& batch, Segment& segment) {
  const Decoded decoded = decode_plain(packet, segment) ? Decoded::segment : walk(packet, batch, segment);
  ++counts_[static_cast<std::size_t>(decoded)];
  return decoded;
}

Decoded Decoder::walk(const Packet& packet, Batch& batch, Segment& segment) {
  Walk walk{{.bytes = packet.bytes,
             .wire_bytes = std::max<std::uint32_t>(packet.wire_bytes, static_cast<std::uint32_t>(packet.bytes.size())),
             .segment = {}},
            fragments_,
            batch};
  walk.segment.mark = packet.mark;
  walk.segment.domain = packet.domain;

  Next next = link_layer(packet.link_type);
  for (std::size_t layers = 0; next.layer != nullptr; ++layers) {
    if (layers == limits_.decode_layers) return Decoded::nested_too_deep;
    next = next.layer(walk);
  }
  const bool no_tunnel = next.decoded == Decoded::malformed && walk.datagram;
  if (next.decoded != Decoded::segment && !no_tunnel) return next.decoded;

  const LayerPosition& found = no_tunnel ? *walk.datagram : walk;
  segment = found.segment;
  if (segment.vlan.outer == 0 && !no_tunnel) segment.vlan.outer = walk.port_vlan;
  segment.wire_payload_bytes = found.wire_bytes;
  segment.payload = found.bytes;
  segment.hash = hash_of(segment.source, segment.destination, segment.transport, segment.domain);
  return Decoded::segment;
}

}  // namespace dcmwatch
