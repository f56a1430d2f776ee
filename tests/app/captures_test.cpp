#include "app/captures.h"

#include <gtest/gtest.h>

#include <fstream>

#include "capture/source.h"
#include "temporary_folder.h"

namespace dcmwatch {
namespace {

namespace fs = std::filesystem;

class Captures : public testing::Test {
 protected:
  void copy(const char* capture, const char* name) {
    fs::copy_file(fs::path{DCMWATCH_ROOT} / "pcaps" / capture, folder_ / name);
  }

  const TemporaryFolder own_;
  const fs::path& folder_ = own_.path();
};

TEST_F(Captures, of_a_folder_stand_in_the_order_of_their_time) {
  const auto early = first_packet_time(fs::path{DCMWATCH_ROOT} / "pcaps" / "modality-day.pcap");
  const auto late = first_packet_time(fs::path{DCMWATCH_ROOT} / "pcaps" / "hl7.pcap");
  ASSERT_TRUE(early && late && *early < *late);
  copy("hl7.pcap", "a.pcap");
  copy("modality-day.pcap", "b.pcap12");
  std::ofstream{folder_ / "notes.txt"} << "not a capture";
  const CaptureFiles captures = find_captures({folder_.string()});
  EXPECT_EQ(captures.files, (std::vector<fs::path>{folder_ / "b.pcap12", folder_ / "a.pcap"}));
  EXPECT_EQ(captures.bytes, fs::file_size(folder_ / "a.pcap") + fs::file_size(folder_ / "b.pcap12"));
}

TEST_F(Captures, named_one_by_one_keep_their_order_and_need_not_exist_yet) {
  EXPECT_EQ(find_captures({"z.pcap", "-", "a.pcap"}).files, (std::vector<fs::path>{"z.pcap", "-", "a.pcap"}));
}

TEST_F(Captures, of_an_empty_folder_are_an_error) { EXPECT_THROW(find_captures({folder_.string()}), SourceError); }

}  // namespace
}  // namespace dcmwatch
