// Files that are still being written. Whether more has come is asked of the source alone: nothing waits for a clock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "capture_writer.h"
#include "reading.h"
#include "temporary_folder.h"

namespace dcmwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Follow : public testing::Test {
 protected:
  void append(std::string_view more) {
    std::ofstream{path_, std::ios::binary | std::ios::app}.write(more.data(),
                                                                 static_cast<std::streamsize>(more.size()));
  }

  void open(FilesSettings settings = {}) {
    settings.follow = true;
    source_ = open_files({path_}, settings);
  }

  /// Until something other than packets is told.
  Fill read_on() {
    while (true) {
      const Fill fill = source_->next(batch_, 1024, 1 << 20);
      if (fill != Fill::packets) return fill;
      take(batch_, read_);
    }
  }

  const TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_ / "growing.pcap";
  std::unique_ptr<Source> source_;
  Batch batch_;
  Read read_;
};

TEST_F(Follow, gives_each_packet_once_it_is_whole_wherever_the_writer_stopped) {
  const std::string whole = pcap_of({"first", "second", "third"});
  std::size_t written = 0;
  write(path_, "");
  open();
  for (const std::size_t size : {std::size_t{10}, std::size_t{24}, std::size_t{50}, std::size_t{70}, whole.size()}) {
    append(std::string_view{whole}.substr(written, size - written));
    written = size;
    EXPECT_EQ(read_on(), Fill::idle);
  }
  while (read_.packets.size() < 3) ASSERT_EQ(read_on(), Fill::idle);
  EXPECT_EQ(read_.packets[2].bytes, "third");
}

TEST_F(Follow, ends_when_it_is_stopped) {
  write(path_, pcap_of({"first"}));
  open();
  EXPECT_EQ(read_on(), Fill::idle);
  source_->stop();
  EXPECT_EQ(read_on(), Fill::end);
}

TEST_F(Follow, tells_a_file_that_was_truncated_replaced_or_removed) {
  const std::string capture = pcap_of({"first", "second"});
  const std::array<std::pair<std::function<void()>, const char*>, 3> events{{
      {[&] { write(path_, "x"); }, "truncated"},
      {[&] { std::filesystem::rename(write(folder_ / "other", capture), path_); }, "replaced"},
      {[&] { std::filesystem::remove(path_); }, "removed"},
  }};
  for (const auto& [happens, word] : events) {
    write(path_, capture);
    open();
    EXPECT_EQ(read_on(), Fill::idle);
    happens();
    Fill fill = Fill::idle;
    while (fill == Fill::idle) fill = read_on();
    EXPECT_EQ(fill, Fill::failed);
    EXPECT_THAT(source_->failure(), HasSubstr(word));
    EXPECT_EQ(read_on(), Fill::end);
  }
}

TEST_F(Follow, goes_on_with_the_next_file_of_a_ring_once_the_last_is_read_to_its_end) {
  write(path_, pcap_of({"first"}, 1));
  std::vector<std::filesystem::path> appeared;
  open({.filter = {}, .appeared = [&] { return std::exchange(appeared, {}); }});
  EXPECT_EQ(read_on(), Fill::idle);
  append(pcap_record(2, 0, "late"));
  appeared.push_back(write(folder_ / "next.pcap", pcap_of({"second"}, 3)));
  while (read_.packets.size() < 3) EXPECT_EQ(read_on(), Fill::idle);
  EXPECT_EQ(read_.packets[1].bytes, "late");
  EXPECT_EQ(read_.packets[2].bytes, "second");
  EXPECT_EQ(read_.packets[2].source, 1U);
  EXPECT_EQ(source_->name_of(1), (folder_ / "next.pcap").string());
}

TEST_F(Follow, of_a_pipe_ends_when_its_writer_closes_it) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  std::thread writer{[this] {
    std::ofstream pipe{path_, std::ios::binary};
    pipe << pcap_of({"first", "second"}) << std::flush;
  }};
  open();
  Fill fill = Fill::idle;
  while (fill == Fill::idle) fill = read_on();
  writer.join();
  EXPECT_EQ(fill, Fill::end);
  EXPECT_EQ(read_.packets.size(), 2U);
}

}  // namespace
}  // namespace dcmwatch
