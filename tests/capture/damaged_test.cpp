// Whatever the bytes: what came before is given, and why it ends is said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture_writer.h"
#include "reading.h"
#include "temporary_folder.h"

namespace dcmwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string small_pcapng() {
  const Bytes options = Bytes{}.u16(2).u16(4).text("eth0").u16(9).u16(1).u32(9).u32(0);
  return section_header() + interface_block(1, options) + enhanced_packet(0, 1, "first") +
         block(3, Bytes{}.u32(6).text("second")) + block(5, Bytes{}.u32(0).u64(0).u16(5).u16(8).u64(1).u32(0)) +
         block(2, Bytes{}.u16(0).u16(0).u32(0).u32(1).u32(5).u32(5).text("third")) + enhanced_packet(0, 2, "fourth");
}

class Damaged : public testing::Test {
 protected:
  Read read(std::string_view content) const { return read_all(write(folder_ / "capture", content)); }

  const TemporaryFolder folder_;
};

TEST_F(Damaged, capture_cut_anywhere_gives_the_packets_before_the_cut) {
  for (const std::string& whole : {pcap_of({"first", "second", "third"}), small_pcapng()}) {
    const Read all = read(whole);
    ASSERT_THAT(all.failures, IsEmpty());
    std::size_t before = 0;
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const Read cut = read(whole.substr(0, size));
      EXPECT_LE(cut.failures.size(), 1U);
      EXPECT_GE(cut.packets.size(), before);
      before = cut.packets.size();
      EXPECT_TRUE(std::equal(cut.packets.begin(), cut.packets.end(), all.packets.begin()));
    }
  }
}

TEST_F(Damaged, capture_that_ends_within_a_packet_says_where) {
  const std::string whole = pcap_of({"first", "second"});
  EXPECT_THAT(read(whole.substr(0, whole.size() - 1)).failures,
              ElementsAre(HasSubstr("is cut short at frame 2, byte 45")));
}

TEST_F(Damaged, record_that_claims_too_much_ends_the_file_and_says_where) {
  const std::string absurd = Bytes{}.u32(0).u32(0).u32(262145).u32(262145).string() + std::string(300'000, 'x');
  const Read all = read(pcap_of({"first"}) + absurd);
  EXPECT_EQ(all.packets.size(), 1U);
  EXPECT_THAT(all.failures,
              ElementsAre(HasSubstr("breaks off at frame 2, byte 45, since its record claims 262145 captured bytes")));
}

TEST_F(Damaged, bytes_anywhere_never_harm) {
  for (const std::string& whole : {pcap_of({"first", "second", "third"}), small_pcapng()}) {
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const char flip : {'\x01', '\x80', '\xff'}) {
        std::string flipped = whole;
        flipped[at] = static_cast<char>(flipped[at] ^ flip);
        EXPECT_LE(read(flipped).packets.size(), 6U);
      }
    }
  }
}

TEST_F(Damaged, pcapng_packet_of_an_interface_never_described_ends_the_file) {
  EXPECT_THAT(read(section_header() + interface_block(1) + enhanced_packet(1, 0, "x")).failures,
              ElementsAre(HasSubstr("was not described")));
}

TEST_F(Damaged, pcapng_section_of_another_version_ends_the_file) {
  EXPECT_THAT(read(section_header(std::endian::little, 2)).failures, ElementsAre(HasSubstr("pcapng version 2.0")));
}

TEST_F(Damaged, file_that_is_truncated_while_it_is_read_breaks_off) {
  std::string whole = pcap_header();
  for (std::uint32_t i = 0; i < 20'000; ++i) whole += pcap_record(i, 0, std::string(1000, 'x'));
  const auto path = write(folder_ / "truncated", whole);
  const auto source = open_file(path, 0, "");
  Batch batch;
  ASSERT_EQ(source->next(batch, 10, 1 << 20), Fill::packets);
  std::filesystem::resize_file(path, 5000);
  const Read rest = read_all(*source);
  EXPECT_LT(rest.packets.size(), 20'000U);
  EXPECT_THAT(rest.failures, ElementsAre(HasSubstr("it was truncated while it was read")));
  EXPECT_EQ(batch.packets[9].bytes.back(), 0) << "zeros stand for what is gone";
}

}  // namespace
}  // namespace dcmwatch
