#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture_writer.h"
#include "reading.h"
#include "temporary_folder.h"

namespace dcmwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Formats : public testing::Test {
 protected:
  Read read(std::string_view content) const { return read_all(write(folder_ / "capture", content)); }

  const TemporaryFolder folder_;
};

TEST_F(Formats, pcap_of_either_byte_order_in_micro_and_nanoseconds) {
  for (const std::endian order : {std::endian::little, std::endian::big}) {
    const Read micro = read(pcap_header(kMicroseconds, order) + pcap_record(7, 5, "packet", order));
    EXPECT_THAT(micro.packets, ElementsAre(Seen{7'000'005'000, 0, 0, 6, 1, "packet"}));
    const Read nano = read(pcap_header(kNanoseconds, order) + pcap_record(7, 5, "packet", order));
    EXPECT_THAT(nano.packets, ElementsAre(Seen{7'000'000'005, 0, 0, 6, 1, "packet"}));
    EXPECT_THAT(nano.failures, IsEmpty());
  }
}

TEST_F(Formats, pcap_with_the_eight_bytes_more_of_kuznetzovs_variant) {
  const std::string record = Bytes{}.u32(7).u32(5).u32(6).u32(6).u64(0).text("packet").string();
  EXPECT_THAT(read(pcap_header(0xa1b2cd34) + record).packets, ElementsAre(Seen{7'000'005'000, 0, 0, 6, 1, "packet"}));
}

TEST_F(Formats, pcap_whose_link_type_tells_of_a_frame_check_sequence) {
  EXPECT_EQ(read(pcap_header(kMicroseconds, std::endian::little, 0x54000001) + pcap_record(7, 5, "x"))
                .packets.at(0)
                .link_type,
            1);
}

TEST_F(Formats, pcap_seconds_count_on_after_2038) {
  EXPECT_EQ(read(pcap_header() + pcap_record(0xf0000000, 0, "x")).packets.at(0).time_ns, 0xf0000000 * 1'000'000'000LL);
}

TEST_F(Formats, pcapng_of_either_byte_order_with_unlike_interfaces) {
  for (const std::endian order : {std::endian::little, std::endian::big}) {
    const std::string file = section_header(order) + interface_block(1, Bytes{order}) +
                             interface_block(113, Bytes{order}) + enhanced_packet(0, 5'000'001, "one", order) +
                             enhanced_packet(1, 6'000'002, "four", order);
    EXPECT_THAT(read(file).packets,
                ElementsAre(Seen{5'000'001'000, 0, 0, 3, 1, "one"}, Seen{6'000'002'000, 0, 1, 4, 113, "four"}));
  }
}

TEST_F(Formats, pcapng_sections_of_unlike_byte_order_describe_their_own_interfaces) {
  const std::string file = section_header() + interface_block(1) + enhanced_packet(0, 1'000'000, "little") +
                           section_header(std::endian::big) + interface_block(101, Bytes{std::endian::big}) +
                           enhanced_packet(0, 2'000'000, "big", std::endian::big);
  EXPECT_THAT(read(file).packets,
              ElementsAre(Seen{1'000'000'000, 0, 0, 6, 1, "little"}, Seen{2'000'000'000, 0, 1, 3, 101, "big"}));
}

struct Clocked {
  std::uint8_t resolution;
  std::int64_t offset_seconds;
  std::uint64_t ticks;
  std::int64_t time_ns;
};

class InterfaceClock : public Formats, public testing::WithParamInterface<Clocked> {};

TEST_P(InterfaceClock, gives_nanoseconds) {
  const Clocked& clocked = GetParam();
  const Bytes options = Bytes{}
                            .u16(9)
                            .u16(1)
                            .u32(clocked.resolution)
                            .u16(14)
                            .u16(8)
                            .u64(static_cast<std::uint64_t>(clocked.offset_seconds))
                            .u32(0);
  const Read all = read(section_header() + interface_block(1, options) + enhanced_packet(0, clocked.ticks, "x"));
  EXPECT_EQ(all.packets.at(0).time_ns, clocked.time_ns);
}

INSTANTIATE_TEST_SUITE_P(Formats, InterfaceClock,
                         testing::Values(Clocked{6, 0, 1'500'000, 1'500'000'000}, Clocked{9, 0, 17, 17},
                                         Clocked{0, 0, 3, 3'000'000'000}, Clocked{3, 10, 1, 10'001'000'000},
                                         Clocked{12, 0, 5'999, 5}, Clocked{0x80 | 10, 0, 1536, 1'500'000'000},
                                         Clocked{0x80 | 63, 0, std::uint64_t{1} << 62, 500'000'000},
                                         Clocked{6, -2, 3'000'000, 1'000'000'000}, Clocked{6, -9, 3'000'000, 0},
                                         Clocked{0, 0, ~std::uint64_t{0}, kLatestSecond * 1'000'000'000}));

TEST_F(Formats, pcapng_clock_finer_than_64_bits_can_count_is_told) {
  const Bytes options = Bytes{}.u16(9).u16(1).u32(20);
  EXPECT_THAT(read(section_header() + interface_block(1, options)).failures, SizeIs(1));
}

TEST_F(Formats, pcapng_simple_and_obsolete_packets) {
  const std::string obsolete = block(2, Bytes{}.u16(0).u16(3).u32(0).u32(9'000'000).u32(4).u32(60).text("four"));
  const std::string simple = block(3, Bytes{}.u32(5).text("cinco"));
  EXPECT_THAT(read(section_header() + interface_block(1) + obsolete + simple).packets,
              ElementsAre(Seen{9'000'000'000, 0, 0, 60, 1, "four"}, Seen{9'000'000'000, 0, 1, 5, 1, "cinco"}));
}

TEST_F(Formats, pcapng_blocks_that_nobody_knows_are_passed_over_however_long) {
  const std::string strange = block(0x0bad, Bytes{}.text(std::string(40'000'000, 'x')));
  const std::string file = section_header() + strange + interface_block(1) + strange + enhanced_packet(0, 1, "x");
  const Read all = read(file);
  EXPECT_THAT(all.packets, SizeIs(1));
  EXPECT_THAT(all.failures, IsEmpty());
}

TEST_F(Formats, pcapng_drops_of_all_sections_and_interfaces_are_added) {
  const auto statistics = [](std::uint32_t interface, std::uint64_t card, std::uint64_t kernel) {
    return block(5, Bytes{}.u32(interface).u64(0).u16(5).u16(8).u64(card).u16(7).u16(8).u64(kernel).u32(0));
  };
  const std::string section = section_header() + interface_block(1) + interface_block(1);
  const std::string file = section + statistics(0, 1, 10) + statistics(0, 2, 20) + statistics(1, 3, 30) + section +
                           statistics(1, 4, 40) + enhanced_packet(0, 0, "x");
  const auto source = open_file(write(folder_ / "drops.pcapng", file), 0, "");
  read_all(*source);
  const auto drops = source->drops();
  ASSERT_TRUE(drops);
  EXPECT_EQ(drops->interface, 2 + 3 + 4U);
  EXPECT_EQ(drops->kernel, 20 + 30 + 40U);
}

TEST_F(Formats, are_told_from_what_is_no_capture) {
  EXPECT_THAT(read("").failures, ElementsAre(testing::EndsWith("capture: is empty, not a capture")));
  EXPECT_THAT(read("Dear colleague, please find attached").failures,
              ElementsAre(testing::HasSubstr("is not a pcap or pcapng capture, but looks like text")));
  EXPECT_THAT(read(std::string{"snoop\0\0\0", 8} + std::string(40, '\0')).failures,
              ElementsAre(testing::HasSubstr("editcap")));
  EXPECT_THAT(read("BZh91AY and so on and so on").failures, ElementsAre(testing::HasSubstr("bzip2 -dc")));
}

TEST_F(Formats, need_a_file_that_can_be_opened) {
  EXPECT_THROW(open_file(folder_ / "missing", 0, ""), SourceError);
  EXPECT_THROW(open_file(folder_.path(), 0, ""), SourceError);
}

TEST_F(Formats, give_the_same_whatever_a_batch_may_hold) {
  std::string file = pcap_header();
  for (unsigned i = 0; i < 3000; ++i) file += pcap_record(i, i, std::string(i * 37 % 1900, static_cast<char>(i)));
  const auto path = write(folder_ / "many.pcap", file);
  const Read whole = read_all(path);
  ASSERT_THAT(whole.packets, SizeIs(3000));
  for (const std::size_t packets : {1U, 7U, 100'000U}) {
    for (const std::size_t bytes : {1U, 5'000U, 100'000'000U}) {
      EXPECT_EQ(read_all(*open_file(path, 0, ""), packets, bytes).packets, whole.packets);
    }
  }
}

TEST_F(Formats, give_a_record_whole_that_lies_across_two_windows) {
  // 40 MiB of records of unlike lengths: several mapped windows, and many that are read.
  std::string file = pcap_header();
  std::uint32_t count = 0;
  for (; file.size() < (std::size_t{40} << 20); ++count)
    file += pcap_record(count, 0, std::string(1000 + count * 7919 % 200'000, static_cast<char>(count)));
  const Read mapped = read_all(write(folder_ / "large.pcap", file));
  ASSERT_THAT(mapped.packets, SizeIs(count));
  EXPECT_THAT(mapped.failures, IsEmpty());
  std::string again = pcap_header();
  for (const Seen& seen : mapped.packets) again += pcap_record(static_cast<std::uint32_t>(seen.packet), 0, seen.bytes);
  EXPECT_EQ(again == file, true);
}

TEST_F(Formats, tell_the_time_of_their_first_packet) {
  EXPECT_EQ(first_packet_time(write(folder_ / "a", pcap_of({"x", "y"}, 5))), timestamp_from_ns(5'000'000'000));
  EXPECT_EQ(first_packet_time(write(folder_ / "b", pcap_header())), std::nullopt);
  EXPECT_EQ(first_packet_time(folder_ / "missing"), std::nullopt);
}

}  // namespace
}  // namespace dcmwatch
