#include "capture/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture_writer.h"
#include "reading.h"
#include "temporary_folder.h"

namespace dcmwatch {
namespace {

using testing::ElementsAre;

/// Ethernet, `tags` of 802.1Q, IPv4, TCP between these ports.
std::string frame(std::uint16_t source_port, std::uint16_t destination_port, unsigned tags = 0) {
  Bytes bytes{std::endian::big};
  bytes.text("\x02\x02\x02\x02\x02\x02\x04\x04\x04\x04\x04\x04");
  for (unsigned tag = 0; tag < tags; ++tag) bytes.u16(tag + 1 < tags ? 0x88a8 : 0x8100).u16(7);
  bytes.u16(0x0800).u32(0x45000028).u32(0).u32(0x40060000).u32(0x0a000001).u32(0x0a000002);
  bytes.u16(source_port).u16(destination_port).u32(1).u32(0).u32(0x50020000).u32(0);
  return bytes.string();
}

bool selects(const std::string& expression, std::string_view packet, std::uint16_t link_type = kEthernet) {
  return Filter{expression}.selects(link_type, as_bytes(packet), static_cast<std::uint32_t>(packet.size()));
}

TEST(Filter, treats_tagged_frames_like_untagged_ones) {
  for (const unsigned tags : {0U, 1U, 2U, 3U}) {
    EXPECT_TRUE(selects("tcp port 104", frame(1024, 104, tags))) << tags;
    EXPECT_FALSE(selects("tcp port 104", frame(1024, 105, tags))) << tags;
    EXPECT_FALSE(selects("not tcp port 104", frame(1024, 104, tags))) << tags;
    EXPECT_TRUE(selects("len = 54 and ether src 04:04:04:04:04:04", frame(1024, 104, tags))) << tags;
  }
}

TEST(Filter, takes_an_expression_that_says_vlan_as_it_is_written) {
  EXPECT_TRUE(selects("vlan 7 and tcp port 104", frame(1024, 104, 1)));
  EXPECT_FALSE(selects("vlan 8 and tcp port 104", frame(1024, 104, 1)));
  EXPECT_FALSE(selects("vlan", frame(1024, 104)));
}

TEST(Filter, is_compiled_for_each_link_type) {
  const std::string ip = frame(1024, 104).substr(14);
  EXPECT_TRUE(selects("tcp port 104", ip, 101));
  EXPECT_FALSE(selects("tcp port 104", ip, kEthernet));
}

TEST(Filter, that_does_not_compile_is_refused) {
  EXPECT_THROW(Filter{"no such filter"}, FilterError);
  EXPECT_NO_THROW(Filter{"wlan type mgt"});
}

TEST(Filter, leaves_packets_their_numbers) {
  const TemporaryFolder folder;
  const std::string wanted = frame(1, 104), other = frame(1, 80);
  const Read read = read_all(write(folder / "x.pcap", pcap_of({other, wanted, other, other, wanted})), "port 104");
  ASSERT_EQ(read.packets.size(), 2U);
  EXPECT_EQ(read.packets[0].packet, 1U);
  EXPECT_EQ(read.packets[1].packet, 4U);
}

TEST(Filter, says_of_a_link_type_that_it_makes_no_sense_for_that_its_packets_are_left_out) {
  const TemporaryFolder folder;
  constexpr std::uint16_t kUsb = 220;
  const std::string file = section_header() + interface_block(1) + interface_block(kUsb) +
                           enhanced_packet(0, 1, frame(1, 104)) + enhanced_packet(1, 2, "usb");
  const Read read = read_all(write(folder / "x.pcapng", file), "tcp port 104");
  EXPECT_EQ(read.packets.size(), 1U);
  EXPECT_THAT(read.failures, ElementsAre(testing::HasSubstr("packets of link type 220 were left out")));
}

}  // namespace
}  // namespace dcmwatch
