#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture_writer.h"
#include "reading.h"
#include "temporary_folder.h"

namespace dcmwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Merge : public testing::Test {
 protected:
  std::filesystem::path file(const std::string& name, std::string_view content) {
    return write(folder_ / name, content);
  }

  static std::string told(const std::vector<Seen>& packets) {
    std::string all;
    for (const Seen& seen : packets) all += std::to_string(seen.source) + seen.bytes + ' ';
    return all;
  }

  static Read read(const std::vector<std::filesystem::path>& files, std::size_t packets = 1024) {
    return read_all(*open_files(files, {}), packets);
  }

  /// A capture with a packet at each of these seconds, named by it.
  std::filesystem::path at(const std::string& name, std::initializer_list<std::uint32_t> seconds) {
    std::string content = pcap_header();
    for (const std::uint32_t second : seconds) content += pcap_record(second, 0, std::to_string(second));
    return file(name, content);
  }

  const TemporaryFolder folder_;
};

TEST_F(Merge, of_files_that_follow_one_another_is_one_after_the_other) {
  EXPECT_EQ(told(read({at("b", {4, 5}), at("a", {1, 2, 3})}).packets), "11 12 13 04 05 ");
}

TEST_F(Merge, says_when_a_batch_left_more_at_hand) {
  for (const std::vector<std::filesystem::path>& files :
       {std::vector{at("a", {1, 2, 3})}, std::vector{at("b", {1, 3}), at("c", {1, 4})}}) {
    const auto source = open_files(files, {});
    Batch batch;
    ASSERT_EQ(source->next(batch, 2, 1 << 20), Fill::packets);
    EXPECT_TRUE(batch.more);
    while (source->next(batch, 2, 1 << 20) == Fill::packets) {
    }
    EXPECT_FALSE(batch.more);
  }
}

TEST_F(Merge, of_files_that_overlap_is_packet_by_packet) {
  const std::vector files{at("a", {1, 4, 5, 9}), at("b", {2, 3, 6, 7}), at("c", {8, 10})};
  for (const std::size_t packets : {1U, 2U, 3U, 1024U}) {
    EXPECT_EQ(told(read(files, packets).packets), "01 12 13 04 05 16 17 28 09 210 ") << packets;
  }
}

TEST_F(Merge, of_packets_of_one_time_is_in_the_order_of_the_files) {
  EXPECT_EQ(told(read({at("a", {1, 1, 2}), at("b", {1, 2, 2})}).packets), "01 01 11 02 12 12 ");
}

TEST_F(Merge, leaves_a_file_whose_clock_steps_back_its_own_order) {
  EXPECT_EQ(told(read({at("a", {5, 1, 6}), at("b", {2, 5, 7})}).packets), "12 05 01 15 06 17 ");
  EXPECT_EQ(told(read({at("a", {5, 1, 6})}).packets), "05 01 06 ");
}

TEST_F(Merge, goes_on_when_a_file_fails) {
  const std::string cut = pcap_of({"1", "2"}, 1).substr(0, 24 + 17 + 3);
  const Read all = read(
      {at("a", {2, 3}), file("cut", cut), folder_ / "missing", file("text", "Dear colleague, here are the captures")});
  EXPECT_EQ(told(all.packets), "11 02 03 ");
  EXPECT_THAT(all.failures,
              testing::UnorderedElementsAre(HasSubstr("missing: No such file"), HasSubstr("text: is not a pcap"),
                                            HasSubstr("cut: is cut short at frame 2")));
}

TEST_F(Merge, of_thousands_of_files_needs_few_descriptors) {
  std::vector<std::filesystem::path> ring;
  for (std::uint32_t i = 0; i < 3000; ++i) ring.push_back(at("r" + std::to_string(i), {i, i + 1}));
  EXPECT_EQ(read(ring).packets.size(), 6000U);
}

TEST_F(Merge, keeps_what_is_viewed_alive) {
  std::string one = pcap_header(), other = pcap_header();
  for (std::uint32_t i = 0; i < 20'000; ++i)
    (i % 3 == 0 ? one : other) += pcap_record(i, 0, std::string(300, static_cast<char>(i)));
  const Read all = read({file("one", one), file("other", other)}, 100);
  ASSERT_EQ(all.packets.size(), 20'000U);
  for (std::uint32_t i = 0; i < all.packets.size(); ++i) {
    ASSERT_EQ(all.packets[i].time_ns, i * 1'000'000'000LL);
    ASSERT_EQ(all.packets[i].bytes, std::string(300, static_cast<char>(i)));
  }
}

}  // namespace
}  // namespace dcmwatch
