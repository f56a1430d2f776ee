#include "decode/decoder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "frames.h"

namespace dcmwatch {
namespace {

struct Case {
  const char* name;
  std::uint16_t link_type;
  Bytes frame;
  Decoded expected;
  VlanTags vlan = {};
};

Decoded decode(const Bytes& frame, std::uint16_t link_type, Segment& segment, std::uint32_t wire_bytes = 0) {
  Decoder decoder;
  Batch batch;
  return decoder.decode({.mark = {}, .bytes = frame, .wire_bytes = wire_bytes, .link_type = link_type}, batch, segment);
}

TEST(Decoder, strips_what_stands_around_a_segment) {
  const Bytes plain = ipv4(tcp("hello"));
  Bytes options;
  for (int i = 0; i < 8; ++i) options = options + Bytes{60, 0, 1, 4, 0, 0, 0, 0};
  const std::vector<Case> cases{
      {"ethernet", 1, ethernet(0x0800, plain), Decoded::segment},
      {"ethernet, padded", 1, ethernet(0x0800, plain) + Bytes(9, 0), Decoded::segment},
      {"ethernet, IPv6", 1, ethernet(0x86dd, ipv6(tcp("hello"))), Decoded::segment},
      {"ethernet, IPv6 with hop-by-hop and destination options", 1,
       ethernet(0x86dd, ipv6(Bytes{60, 0, 1, 4, 0, 0, 0, 0} + Bytes{6, 0, 1, 4, 0, 0, 0, 0} + tcp("hello"), 0)),
       Decoded::segment},
      {"IPv6 with destination options behind an authentication header", 101,
       ipv6(Bytes{60, 1} + Bytes(10, 0) + Bytes{6, 0, 1, 4, 0, 0, 0, 0} + tcp("hello"), 51), Decoded::segment},
      {"IPv6 with nine extension headers", 101, ipv6(options + Bytes{6, 0, 1, 4, 0, 0, 0, 0} + tcp("hello"), 60),
       Decoded::segment},
      {"802.1Q", 1, ethernet(0x8100, Bytes{0x20, 20, 0x08, 0x00} + plain), Decoded::segment, {20, 0}},
      {"QinQ", 1, ethernet(0x88a8, Bytes{0, 30, 0x81, 0x00, 0, 40, 0x08, 0x00} + plain), Decoded::segment, {30, 40}},
      {"null, little endian", 0, Bytes{2, 0, 0, 0} + plain, Decoded::segment},
      {"null, IPv6", 0, Bytes{30, 0, 0, 0} + ipv6(tcp("hello")), Decoded::segment},
      {"loop", 108, Bytes{0, 0, 0, 2} + plain, Decoded::segment},
      {"raw", 101, plain, Decoded::segment},
      {"raw IPv6", 229, ipv6(tcp("hello")), Decoded::segment},
      {"Linux cooked", 113, Bytes{0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x08, 0x00} + plain, Decoded::segment},
      {"Linux cooked v2", 276, Bytes{0x08, 0x00, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0} + plain,
       Decoded::segment},
      {"ARP", 1, ethernet(0x0806, Bytes(28, 0)), Decoded::other_protocol},
      {"802.3 length", 1, ethernet(0x0040, Bytes(64, 0)), Decoded::other_protocol},
      {"ICMP", 1, ethernet(0x0800, ipv4(Bytes(8, 0), 1)), Decoded::other_protocol},
      {"an IPv6 extension header in IPv4", 101, ipv4(Bytes{6, 0, 1, 4, 0, 0, 0, 0} + tcp("hello"), 60),
       Decoded::other_protocol},
      {"first fragment", 1, ethernet(0x0800, ipv4(tcp("hello"), 6, 0x2000)), Decoded::fragment},
      {"later fragment", 1, ethernet(0x0800, ipv4(tcp("hello"), 6, 0x0010)), Decoded::fragment},
      {"unknown link type", 147, plain, Decoded::unknown_link_type},
      {"IPv4 with another version", 1, ethernet(0x0800, Bytes{0x55} + Bytes(30, 0)), Decoded::malformed},
      {"TCP header longer than its datagram", 101,
       ipv4(Bytes{0x9c, 0x40, 0, 104, 0, 0, 0, 7, 0, 0, 0, 9, 0xf0, 16, 0, 0, 0, 0, 0, 0}), Decoded::malformed},
      {"a chain of extension headers without end", 101, ipv6(Bytes(200, 0), 0), Decoded::malformed},
      {"a longer one", 101, ipv6(Bytes(400, 0), 0), Decoded::nested_too_deep},
      {"a stack of VLAN tags without end", 1, ethernet(0x8100, Bytes(200, 0x81)), Decoded::other_protocol},
      {"cut in the IP header", 1, ethernet(0x0800, Bytes{0x45, 0, 0, 40}), Decoded::truncated},
      {"cut in the Ethernet header", 1, Bytes(10, 0), Decoded::truncated},
      {"nothing at all", 101, {}, Decoded::truncated},
  };
  for (const Case& c : cases) {
    Segment segment;
    EXPECT_EQ(to_text(decode(c.frame, c.link_type, segment)), to_text(c.expected)) << c.name;
    if (c.expected != Decoded::segment) continue;
    EXPECT_EQ(as_text(segment.payload), "hello") << c.name;
    EXPECT_EQ(segment.wire_payload_bytes, 5U) << c.name;
    EXPECT_EQ(segment.source.port, 40000) << c.name;
    EXPECT_EQ(segment.destination.port, 104) << c.name;
    EXPECT_EQ(segment.sequence, 7U) << c.name;
    EXPECT_EQ(segment.acknowledgement, 9U) << c.name;
    EXPECT_EQ(segment.vlan, c.vlan) << c.name;
    EXPECT_EQ(segment.hash, hash_of(segment.key())) << c.name;
  }
}

TEST(Decoder, tells_the_length_on_the_wire_of_a_frame_that_was_cut) {
  const Bytes whole = ethernet(0x0800, ipv4(tcp(std::string(1000, 'x'))));
  for (std::size_t captured = 0; captured <= whole.size(); ++captured) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(captured));
    Segment segment;
    const Decoded decoded = decode(cut, 1, segment, static_cast<std::uint32_t>(whole.size()));
    if (captured < 54) {
      EXPECT_EQ(decoded, Decoded::truncated) << captured;
    } else {
      EXPECT_EQ(decoded, Decoded::segment) << captured;
      EXPECT_EQ(segment.wire_payload_bytes, 1000U) << captured;
      EXPECT_EQ(segment.payload.size(), captured - 54) << captured;
    }
  }
}

TEST(Decoder, takes_the_frame_for_the_length_where_offload_left_the_total_length_0) {
  Bytes datagram = ipv4(tcp("hello"));
  datagram[2] = datagram[3] = 0;
  Segment segment;
  EXPECT_EQ(decode(datagram, 101, segment), Decoded::segment);
  EXPECT_EQ(segment.wire_payload_bytes, 5U);
}

TEST(Decoder, both_directions_fall_into_one_partition) {
  Segment there, back;
  decode(ipv4(tcp("hello")), 101, there);
  back = there;
  std::swap(back.source, back.destination);
  EXPECT_EQ(hash_of(there.key()), hash_of(back.key()));
}

}  // namespace
}  // namespace dcmwatch
