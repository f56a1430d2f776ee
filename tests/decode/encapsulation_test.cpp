// One row an encapsulation: whatever stands around it, the same connection is found.
#include <gtest/gtest.h>

#include <random>

#include "decode/decoder.h"
#include "frames.h"

namespace dcmwatch {
namespace {

constexpr std::uint16_t kEthernet = 1, kRaw = 101;

const Bytes kPlain = ipv4(tcp("hello"));
const Bytes kPlain6 = ipv6(tcp("hello"));
const Bytes kFrame = ethernet(0x0800, kPlain);
const Bytes kTagged = ethernet(0x8100, vlan(20, 0x0800, kPlain));

Bytes snap(std::uint16_t type, const Bytes& payload, const Bytes& organisation = {0, 0, 0}) {
  return Bytes{0xaa, 0xaa, 3} + organisation + be16(type) + payload;
}
Bytes ieee_802_3(const Bytes& payload) { return kMacs + be16(payload.size()) + payload; }
Bytes label(std::uint8_t bottom, const Bytes& payload) { return Bytes{0, 1, bottom, 64} + payload; }
Bytes pppoe(const Bytes& ppp) { return ethernet(0x8864, Bytes{0x11, 0, 0, 1} + be16(ppp.size()) + ppp); }
Bytes gre(std::uint16_t flags, std::uint16_t type, const Bytes& rest) {
  return ethernet(0x0800, ipv4(be16(flags) + be16(type) + rest, 47));
}
Bytes over_udp(std::uint16_t port, const Bytes& payload) { return ethernet(0x0800, ipv4(udp(port, payload), 17)); }
Bytes vxlan(const Bytes& frame) { return Bytes{8, 0, 0, 0, 0, 0, 42, 0} + frame; }
Bytes gtp_u(std::uint8_t flags, const Bytes& rest) {
  return Bytes{static_cast<std::uint8_t>(0x30 | flags), 255} + be16(rest.size()) + be32(7) + rest;
}
Bytes erspan_2(std::uint16_t vlan_id) { return be16(0x1000 | vlan_id) + Bytes{0, 1, 0, 0, 0, 0}; }
Bytes erspan_3(std::uint16_t vlan_id, std::uint8_t last) {
  return be16(0x2000 | vlan_id) + Bytes{0, 1, 0, 0, 0, 0, 0, 0, 0, last};
}
Bytes wlan(std::uint8_t kind, std::uint8_t flags, const Bytes& rest) {
  return Bytes{kind, flags, 0, 0} + Bytes(18, 2) + Bytes{0, 0} + rest;
}

struct Case {
  const char* name;
  Bytes frame;
  std::uint16_t link_type = kEthernet;
  VlanTags vlan = {};
};

std::vector<Case> cases() {
  const Bytes ppp_ip = Bytes{0, 0x21} + kPlain;
  return {
      {"802.2 SNAP", ieee_802_3(snap(0x0800, kPlain))},
      {"802.2 SNAP, 802.1H", ieee_802_3(snap(0x0800, kPlain, {0, 0, 0xf8}))},
      {"802.2 SNAP, padded", ieee_802_3(snap(0x0800, kPlain)) + Bytes(7, 0)},
      {"802.2 IP", ieee_802_3(Bytes{6, 6, 3} + kPlain)},
      {"802.1Q over SNAP", ieee_802_3(snap(0x8100, vlan(20, 0x0800, kPlain))), kEthernet, {20, 0}},
      {"802.2 SNAP in 802.1Q", ethernet(0x8100, vlan(20, 53, snap(0x0800, kPlain))), kEthernet, {20, 0}},
      {"RFC 2684 bridged", ieee_802_3(snap(0x0007, Bytes{0, 0} + kFrame, {0, 0x80, 0xc2}))},
      {"802.1Q", kTagged, kEthernet, {20, 0}},
      {"802.1p priority tag alone", ethernet(0x8100, vlan(0xe000, 0x0800, kPlain))},
      {"802.1Q, IPv6", ethernet(0x8100, vlan(20, 0x86dd, kPlain6)), kEthernet, {20, 0}},
      {"802.1ad", ethernet(0x88a8, vlan(30, 0x8100, vlan(40, 0x0800, kPlain))), kEthernet, {30, 40}},
      {"0x9100", ethernet(0x9100, vlan(30, 0x8100, vlan(40, 0x0800, kPlain))), kEthernet, {30, 40}},
      {"0x9200 and three tags",
       ethernet(0x9200, vlan(30, 0x8100, vlan(31, 0x8100, vlan(40, 0x0800, kPlain)))),
       kEthernet,
       {30, 40}},
      {"MPLS", ethernet(0x8847, label(1, kPlain))},
      {"MPLS, a stack", ethernet(0x8847, label(0, label(0, label(1, kPlain))))},
      {"MPLS, IPv6", ethernet(0x8848, label(1, kPlain6))},
      {"MPLS, Ethernet with a control word", ethernet(0x8847, label(1, Bytes(4, 0) + kTagged)), kEthernet, {20, 0}},
      {"MPLS, Ethernet without", ethernet(0x8847, label(1, kFrame))},
      {"MPLS, Ethernet to an address that begins with 4",
       ethernet(0x8847, label(1, Bytes{0x45, 1} + Bytes(kFrame.begin() + 2, kFrame.end())))},
      {"PPPoE", pppoe(ppp_ip)},
      {"PPPoE, IPv6", pppoe(Bytes{0, 0x57} + kPlain6)},
      {"PPPoE, compressed protocol field", pppoe(Bytes{0x21} + kPlain)},
      {"PPPoE, padded", pppoe(ppp_ip) + Bytes(9, 0)},
      {"PPP", Bytes{0xff, 3} + ppp_ip, 9},
      {"PPP without address and control", ppp_ip, 9},
      {"PPP in HDLC", Bytes{0xff, 3} + ppp_ip, 50},
      {"Cisco HDLC", Bytes{0x0f, 0, 8, 0} + kPlain, 104},
      {"PPP with a direction", Bytes{0, 0xff, 3} + ppp_ip, 204},
      {"802.1ah", ethernet(0x88a8, vlan(7, 0x88e7, Bytes{0, 0, 0, 9} + kTagged)), kEthernet, {20, 0}},
      {"MACsec, not encrypted", ethernet(0x88e5, Bytes{0, 0, 0, 0, 0, 1, 8, 0} + kPlain + Bytes(16, 9))},
      {"MACsec, with a channel", ethernet(0x88e5, Bytes{0x20, 0, 0, 0, 0, 1} + Bytes(8, 2) + be16(0x800) + kPlain)},
      {"VN-Tag", ethernet(0x8926, Bytes{0, 0, 0, 0, 8, 0} + kPlain)},
      {"802.1BR", ethernet(0x893f, Bytes{0, 0, 0, 0, 0, 0, 0x81, 0} + vlan(20, 0x0800, kPlain)), kEthernet, {20, 0}},
      {"Cisco MetaData", ethernet(0x8909, Bytes{1, 1, 0, 1, 0, 5, 8, 0} + kPlain)},
      {"FabricPath", ethernet(0x8903, Bytes{0, 0x40} + kTagged), kEthernet, {20, 0}},
      {"TRILL with options", ethernet(0x22f3, Bytes{0, 0x40, 0, 1, 0, 2} + Bytes(4, 0) + kFrame)},
      {"service header", ethernet(0x894f, Bytes{0, 2, 2, 1, 0, 0, 0, 1} + kPlain)},
      {"HSR", ethernet(0x892f, Bytes{0, 0, 0, 1, 8, 0} + kPlain)},
      {"PRP", kFrame + Bytes{0, 1, 0xa0, 0x3b, 0x88, 0xfb}},
      {"null, big endian", Bytes{0, 0, 0, 2} + kPlain, 0},
      {"Linux cooked, tagged",
       Bytes{0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x81, 0} + vlan(20, 0x0800, kPlain),
       113,
       {20, 0}},
      {"Linux cooked v2, tagged",
       Bytes{0x81, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0} + vlan(20, 0x0800, kPlain),
       276,
       {20, 0}},
      {"FDDI", Bytes{0x50} + kMacs + snap(0x0800, kPlain), 10},
      {"IPoIB", Bytes(40, 0) + Bytes{8, 0, 0, 0} + kPlain, 242},
      {"Netfilter log", Bytes{2, 0, 0, 0} + Bytes{5, 0, 10, 0, 'x', 0, 0, 0} + Bytes{49, 0, 9, 0} + kPlain, 239},
      {"802.11", wlan(0x08, 1, snap(0x0800, kPlain)), 105},
      {"802.11 with QoS, from a bridge to a bridge", wlan(0x88, 3, Bytes(8, 0) + snap(0x0800, kPlain)), 105},
      {"radiotap", Bytes{0, 0, 12, 0} + Bytes(8, 0) + wlan(0x08, 2, snap(0x0800, kPlain)), 127},
      {"PPI", Bytes{0, 0, 8, 0, 1, 0, 0, 0} + kFrame, 192},
      {"PKTAP", Bytes{12, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0} + kFrame, 258},
      {"GRE", gre(0, 0x0800, kPlain)},
      {"GRE with all that may be in it", gre(0xb000, 0x86dd, Bytes(12, 1) + kPlain6)},
      {"GRE with source routes", gre(0x4000, 0x0800, Bytes(4, 0) + Bytes{8, 0, 0, 2, 1, 1} + Bytes(4, 0) + kPlain)},
      {"NVGRE", gre(0x2000, 0x6558, Bytes(4, 1) + kTagged), kEthernet, {20, 0}},
      {"MPLS in GRE", gre(0, 0x8847, label(1, kPlain))},
      {"Aruba's access points", gre(0, 0x8200, wlan(0x88, 1, Bytes{0, 0} + snap(0x0800, kPlain)))},
      {"GRE in UDP", over_udp(4754, be16(0x2000) + be16(0x0800) + Bytes(4, 1) + kPlain)},
      {"WCCP", gre(0, 0x883e, kPlain)},
      {"WCCP 2", gre(0, 0x883e, Bytes(4, 0) + kPlain)},
      {"PPTP", gre(0x3081, 0x880b, be16(kPlain.size() + 2) + be16(1) + Bytes(8, 0) + ppp_ip)},
      {"ERSPAN I", gre(0, 0x88be, kTagged), kEthernet, {20, 0}},
      {"ERSPAN II", gre(0x1000, 0x88be, Bytes(4, 0) + erspan_2(0) + kTagged), kEthernet, {20, 0}},
      {"ERSPAN II, the port's VLAN", gre(0x1000, 0x88be, Bytes(4, 0) + erspan_2(99) + kFrame), kEthernet, {99, 0}},
      {"ERSPAN II, both", gre(0x1000, 0x88be, Bytes(4, 0) + erspan_2(99) + kTagged), kEthernet, {20, 0}},
      {"ERSPAN II over a tagged transport",
       ethernet(0x8100, vlan(7, 0x0800, ipv4(Bytes{0x10, 0, 0x88, 0xbe} + Bytes(4, 0) + erspan_2(0) + kFrame, 47))),
       kEthernet,
       {0, 0}},
      {"ERSPAN III", gre(0x1000, 0x22eb, Bytes(4, 0) + erspan_3(99, 0) + kFrame), kEthernet, {99, 0}},
      {"ERSPAN III with its platform's header",
       gre(0x1000, 0x22eb, Bytes(4, 0) + erspan_3(0, 1) + Bytes(8, 3) + kFrame)},
      {"IP in IP", ethernet(0x0800, ipv4(kPlain, 4))},
      {"6in4", ethernet(0x0800, ipv4(kPlain6, 41))},
      {"IPv4 in IPv6", ethernet(0x86dd, ipv6(kPlain, 4))},
      {"IPv6 in IPv6", ethernet(0x86dd, ipv6(kPlain6, 41))},
      {"EtherIP", ethernet(0x0800, ipv4(Bytes{0x30, 0} + kTagged, 97)), kEthernet, {20, 0}},
      {"MPLS in IP", ethernet(0x0800, ipv4(label(1, kPlain), 137))},
      {"authentication header", ethernet(0x0800, ipv4(Bytes{6, 4} + Bytes(22, 0) + tcp("hello"), 51))},
      {"VXLAN", over_udp(4789, vxlan(kTagged)), kEthernet, {20, 0}},
      {"VXLAN at Linux's port", over_udp(8472, vxlan(kFrame))},
      {"VXLAN with a group policy", over_udp(4789, Bytes{0x88, 0, 0, 5, 0, 0, 42, 0} + kFrame)},
      {"VXLAN over a tagged transport", ethernet(0x8100, vlan(7, 0x0800, ipv4(udp(4789, vxlan(kFrame)), 17)))},
      {"VXLAN over IPv6", ethernet(0x86dd, ipv6(udp(4789, vxlan(kFrame)), 17))},
      {"VXLAN-GPE", over_udp(4790, Bytes{0x0c, 0, 0, 1, 0, 0, 42, 0} + kPlain)},
      {"VXLAN-GPE, service header",
       over_udp(4790, Bytes{0x0c, 0, 0, 4, 0, 0, 42, 0} + Bytes{0, 2, 2, 3, 0, 0, 0, 1} + kFrame)},
      {"GENEVE", over_udp(6081, Bytes{0, 0, 0x65, 0x58, 0, 0, 42, 0} + kFrame)},
      {"GENEVE with options", over_udp(6081, Bytes{2, 0, 8, 0, 0, 0, 42, 0} + Bytes(8, 1) + kPlain)},
      {"GTP-U", over_udp(2152, gtp_u(0, kPlain))},
      {"GTP-U with a sequence number", over_udp(2152, gtp_u(2, Bytes(4, 0) + kPlain6))},
      {"GTP-U with extension headers",
       over_udp(2152, gtp_u(4, Bytes{0, 0, 0, 0x85, 1, 0x10, 1, 0x40, 1, 0, 0, 0} + kPlain))},
      {"Teredo", over_udp(3544, kPlain6)},
      {"Teredo with authentication and origin",
       over_udp(3544, Bytes{0, 1, 0, 0} + Bytes(9, 7) + Bytes(8, 0) + kPlain6)},
      {"TZSP", over_udp(37008, Bytes{1, 0, 0, 1, 10, 1, 200, 0, 1} + kTagged), kEthernet, {20, 0}},
      {"VXLAN in ERSPAN in GRE in 802.1Q",
       ethernet(0x8100, vlan(7, 0x0800,
                             ipv4(Bytes{0x10, 0, 0x88, 0xbe} + Bytes(4, 0) + erspan_2(5) +
                                      ethernet(0x8100, vlan(6, 0x0800, ipv4(udp(4789, vxlan(kTagged)), 17))),
                                  47))),
       kEthernet,
       {20, 0}},
      {"GTP-U in MPLS in PPPoE", pppoe(Bytes{0x02, 0x81} + label(1, ipv4(udp(2152, gtp_u(0, kPlain)), 17)))},
      {"IPv4 with options", ethernet(0x0800, Bytes{0x47, 0} + be16(28 + 25) + Bytes{0, 1, 0, 0, 64, 6, 0, 0} +
                                                 Bytes{10, 0, 0, 1, 10, 0, 0, 2} + Bytes(8, 1) + tcp("hello"))},
      {"IPv6, an atomic fragment", ipv6(Bytes{6, 0, 0, 0, 0, 0, 0, 9} + tcp("hello"), 44), kRaw},
  };
}

Decoded decode(const Bytes& frame, std::uint16_t link_type, Segment& segment, std::size_t wire_bytes = 0) {
  Decoder decoder;
  Batch batch;
  return decoder.decode(
      {.mark = {}, .bytes = frame, .wire_bytes = static_cast<std::uint32_t>(wire_bytes), .link_type = link_type}, batch,
      segment);
}

TEST(Encapsulation, leaves_the_connection_within_as_it_is) {
  for (const Case& c : cases()) {
    Segment segment;
    EXPECT_EQ(to_text(decode(c.frame, c.link_type, segment)), "segment") << c.name;
    EXPECT_EQ(as_text(segment.payload), "hello") << c.name;
    EXPECT_EQ(segment.wire_payload_bytes, 5U) << c.name;
    EXPECT_EQ(segment.source.port, 40000) << c.name;
    EXPECT_EQ(segment.destination.port, 104) << c.name;
    EXPECT_EQ(segment.transport, Transport::tcp) << c.name;
    EXPECT_EQ(segment.sequence, 7U) << c.name;
    EXPECT_EQ(segment.acknowledgement, 9U) << c.name;
    EXPECT_EQ(segment.window, 0xffff) << c.name;
    EXPECT_EQ(segment.checksum, 0x1234) << c.name;
    EXPECT_EQ(segment.header_bytes, 20) << c.name;
    EXPECT_EQ(segment.ip_id, segment.source.address.is_v4() ? 1 : 0) << c.name;
    EXPECT_EQ(segment.vlan, c.vlan) << c.name;
    EXPECT_EQ(segment.hash, hash_of(segment.key())) << c.name;
  }
}

TEST(Encapsulation, cut_anywhere_gives_the_same_connection_or_none) {
  for (const Case& c : cases()) {
    for (std::size_t captured = 0; captured < c.frame.size(); ++captured) {
      const Bytes cut(c.frame.begin(), c.frame.begin() + static_cast<std::ptrdiff_t>(captured));
      Segment segment;
      const Decoded decoded = decode(cut, c.link_type, segment, c.frame.size());
      if (decoded != Decoded::segment) continue;
      // The headers of a tunnel that are cut leave the datagram around it.
      if (segment.transport == Transport::udp) continue;
      EXPECT_EQ(segment.destination.port, 104) << c.name << ' ' << captured;
      EXPECT_EQ(segment.wire_payload_bytes, 5U) << c.name << ' ' << captured;
      EXPECT_EQ(std::string{as_text(segment.payload)}, std::string("hello").substr(0, segment.payload.size()));
    }
  }
}

struct NotSeen {
  const char* name;
  Bytes frame;
  Decoded expected;
  std::uint16_t link_type = kEthernet;
};

TEST(Encapsulation, that_hides_what_is_within_is_told_as_what_it_is) {
  Bytes deep = kPlain;
  for (int i = 0; i < 40; ++i) deep = ipv4(deep, 4);
  Bytes labels = kPlain;
  for (int i = 0; i < 60; ++i) labels = label(i == 0 ? 1 : 0, labels);
  const std::vector<NotSeen> not_seen{
      {"ESP", ethernet(0x0800, ipv4(Bytes(40, 1), 50)), Decoded::encrypted},
      {"MACsec", ethernet(0x88e5, Bytes{0x2c, 0} + Bytes(60, 1)), Decoded::encrypted},
      {"802.11 protected", wlan(0x08, 0x41, Bytes(60, 1)), Decoded::encrypted, 105},
      {"PPP encrypted", pppoe(Bytes{0x53} + Bytes(40, 1)), Decoded::encrypted},
      {"IPComp", ethernet(0x0800, ipv4(Bytes(40, 1), 108)), Decoded::compressed},
      {"PPTP compressed or encrypted", gre(0x3001, 0x880b, be16(41) + Bytes(6, 0) + Bytes{0xfd} + Bytes(40, 1)),
       Decoded::compressed},
      {"PPTP acknowledgement", gre(0x2081, 0x880b, Bytes(8, 0)), Decoded::other_protocol},
      {"IP in IP in IP …", ethernet(0x0800, deep), Decoded::nested_too_deep},
      {"MPLS labels without end", ethernet(0x8847, labels), Decoded::nested_too_deep},
      {"MPLS associated channel", ethernet(0x8847, label(1, Bytes{0x10, 0, 0, 7} + Bytes(20, 0))),
       Decoded::other_protocol},
      {"802.11, several in one", wlan(0x88, 1, Bytes{0x80, 0} + Bytes(60, 1)), Decoded::truncated, 105},
      {"802.11 beacon", wlan(0x80, 0, Bytes(60, 1)), Decoded::other_protocol, 105},
      {"PPPoE discovery", ethernet(0x8863, Bytes(30, 0)), Decoded::other_protocol},
      {"PPP link control", pppoe(Bytes{0xc0, 0x21, 9, 1, 0, 4}), Decoded::other_protocol},
      {"ARP in VXLAN", over_udp(4789, vxlan(ethernet(0x0806, Bytes(28, 0)))), Decoded::other_protocol},
      {"GRE of another version", gre(5, 0x0800, kPlain), Decoded::malformed},
  };
  for (const NotSeen& c : not_seen) {
    Segment segment;
    EXPECT_EQ(to_text(decode(c.frame, c.link_type, segment)), to_text(c.expected)) << c.name;
  }
}

TEST(Encapsulation, over_udp_is_a_datagram_where_the_content_is_no_tunnels) {
  const Bytes version_9 = ethernet(0x0800, Bytes{0x95} + Bytes(40, 0));
  for (const std::uint16_t port :
       std::initializer_list<std::uint16_t>{4789, 8472, 4790, 6081, 2152, 3544, 37008, 4754}) {
    for (const Bytes& payload : {Bytes{}, Bytes{1}, Bytes(40, 0x99), vxlan(version_9)}) {
      const Bytes frame = over_udp(port, payload);
      Segment segment;
      ASSERT_EQ(decode(frame, kEthernet, segment), Decoded::segment) << port;
      EXPECT_EQ(segment.transport, Transport::udp);
      EXPECT_EQ(segment.destination.port, port);
      EXPECT_EQ(Bytes(segment.payload.begin(), segment.payload.end()), payload);
      EXPECT_EQ(segment.wire_payload_bytes, payload.size());
      EXPECT_EQ(segment.source_mac, (MacAddress{2, 0, 0, 0, 0, 1}));
    }
  }
}

// The way that nearly every packet takes is a short cut: it leads where the long way does.
TEST(Encapsulation, of_plain_frames_is_decoded_alike_on_both_ways) {
  std::mt19937 random{3};
  for (int i = 0; i < 20000; ++i) {
    Bytes datagram = ipv4(tcp(std::string(random() % 20, 'x')));
    for (auto flips = random() % 3; flips != 0; --flips)
      datagram[random() % datagram.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
    const bool tagged = random() % 2 == 0;
    const Bytes frame = tagged ? ethernet(0x8100, vlan(20, 0x0800, datagram)) : ethernet(0x0800, datagram);
    const std::size_t cut = random() % 4 == 0 ? random() % 40 : 0;
    const auto shortened = [&](const Bytes& bytes) {
      return Bytes(bytes.begin(), bytes.end() - static_cast<std::ptrdiff_t>(cut));
    };
    // A SNAP header takes the frame off the short way.
    const Bytes around = snap(tagged ? 0x8100 : 0x0800, tagged ? vlan(20, 0x0800, datagram) : datagram);
    const Bytes plain_frame = shortened(frame), walked_frame = shortened(kMacs + be16(around.size()) + around);
    Segment plain, walked;
    const Decoded one = decode(plain_frame, kEthernet, plain, frame.size());
    const Decoded other = decode(walked_frame, kEthernet, walked, frame.size() + 8);
    if (one != Decoded::segment || other != Decoded::segment) {
      EXPECT_EQ(one == Decoded::segment, other == Decoded::segment) << i;
      continue;
    }
    EXPECT_EQ(plain.hash, walked.hash) << i;
    EXPECT_EQ(plain.source, walked.source) << i;
    EXPECT_EQ(plain.destination, walked.destination) << i;
    EXPECT_EQ(plain.source_mac, walked.source_mac) << i;
    EXPECT_EQ(plain.destination_mac, walked.destination_mac) << i;
    EXPECT_EQ(plain.vlan, walked.vlan) << i;
    EXPECT_EQ(plain.transport, walked.transport) << i;
    EXPECT_EQ(plain.flags, walked.flags) << i;
    EXPECT_EQ(plain.header_bytes, walked.header_bytes) << i;
    EXPECT_EQ(plain.window, walked.window) << i;
    EXPECT_EQ(plain.checksum, walked.checksum) << i;
    EXPECT_EQ(plain.ip_id, walked.ip_id) << i;
    EXPECT_EQ(plain.sequence, walked.sequence) << i;
    EXPECT_EQ(plain.acknowledgement, walked.acknowledgement) << i;
    EXPECT_EQ(plain.wire_payload_bytes, walked.wire_payload_bytes) << i;
    EXPECT_EQ(as_text(plain.payload), as_text(walked.payload)) << i;
  }
}

TEST(Encapsulation, of_frames_beyond_64_KiB_takes_the_frame_for_the_length) {
  Bytes datagram = ipv4(tcp(std::string(100000, 'x')));
  datagram[2] = datagram[3] = 0;
  Segment segment;
  Bytes frame = ethernet(0x0800, datagram);
  ASSERT_EQ(decode(frame, kEthernet, segment), Decoded::segment);
  EXPECT_EQ(segment.wire_payload_bytes, 100000U);
  EXPECT_EQ(segment.payload.size(), 100000U);

  datagram = ipv6(tcp(std::string(100000, 'x')));
  datagram[4] = datagram[5] = 0;
  frame = ethernet(0x8100, vlan(20, 0x86dd, datagram));
  ASSERT_EQ(decode(frame, kEthernet, segment), Decoded::segment);
  EXPECT_EQ(segment.wire_payload_bytes, 100000U);
  EXPECT_EQ(segment.payload.size(), 100000U);
}

TEST(Encapsulation, by_a_routing_header_leaves_the_checksum_unknowable) {
  const Bytes routing{6, 2, 0, 1, 0, 0, 0, 0};
  Segment segment;
  ASSERT_EQ(decode(ipv6(routing + Bytes(16, 1) + tcp("hello"), 43), kRaw, segment), Decoded::segment);
  EXPECT_EQ(segment.header_bytes, 0);
}

// Nothing is read that is not there; the sanitizers watch.
TEST(Encapsulation, damaged_at_random_does_no_harm) {
  std::mt19937 random{7};
  const std::vector<Case> all = cases();
  Decoder decoder;
  Batch batch;
  std::size_t decoded = 0;
  for (int i = 0; i < 200000; ++i) {
    const Case& c = all[random() % all.size()];
    Bytes frame = c.frame;
    for (auto flips = random() % 6; flips != 0; --flips)
      frame[random() % frame.size()] = static_cast<std::uint8_t>(random() % 2 == 0 ? random() : random() % 8);
    frame.resize(frame.size() - random() % (frame.size() / 4));
    frame.shrink_to_fit();  // so that a byte beyond is another's
    Segment segment;
    if (i % 1000 == 0) batch.reassembled.clear();
    const Packet packet{.mark = {.time = timestamp_from_ns(i)},
                        .bytes = frame,
                        .wire_bytes = static_cast<std::uint32_t>(frame.size() + random() % 30),
                        .link_type = c.link_type};
    if (decoder.decode(packet, batch, segment) != Decoded::segment) continue;
    ++decoded;
    ASSERT_LE(segment.payload.size(), segment.wire_payload_bytes);
    ASSERT_LE(segment.payload.size(), 65535U);
    unsigned sum = 0;
    for (const std::uint8_t byte : segment.payload) sum += byte;
    ASSERT_LE(sum, 255U * 65535U);
  }
  EXPECT_GT(decoded, 10000U);
}

}  // namespace
}  // namespace dcmwatch
