// Frames cut at 256 bytes: what a headers-only capture must still tell. What it cannot tell is absent and said to be
// cut, never wrong.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "captures.h"
#include "rewritings.h"

namespace dcmwatch::metamorphic {
namespace {

constexpr std::size_t kSnapLength = 256;
constexpr std::array kCaptures{"deviations.pcap",   "full-day-ipv6.pcap",  "hl7.pcap",       "incident.pcap",
                               "modality-day.pcap", "query-retrieve.pcap", "rejections.pcap"};

std::vector<const Fields*> ends_of(const Records& records, std::string_view dataset) {
  std::vector<const Fields*> ends;
  for (const Fields& record : records)
    if (kind_of(record) == dataset) ends.push_back(&record);
  return ends;
}

std::string identity_of(const Fields& record) {
  std::string identity;
  for (const char* path : {"conversation.id", "dicom.command", "dicom.message_id", "dicom.invoker", "hl7.control_id"})
    identity += std::string{value_of(record, path)} + " ";
  return identity;
}

// Whether the frame's payload begins with a P-DATA-TF whose first PDV is a whole command, all of it before the cut
// (PS3.8 9.3.5, E.2).
bool shows_command(const Frame& whole) {
  const auto segment = segment_of(whole);
  if (!segment) return false;
  const Bytes& payload = segment->payload;
  const std::size_t headers = whole.bytes.size() - payload.size();
  if (payload.size() < 12 || payload[0] != 4 || (payload[11] & 3) != 3) return false;
  return headers + 6 + 4 + get_u32(payload, 6) <= kSnapLength;
}

class SnapLength : public testing::TestWithParam<const char*> {
 protected:
  const RealCapture& whole_ = real_capture(GetParam());
  const Records cut_ = records_of(cut_to(whole_.frames, kSnapLength));
};

TEST_P(SnapLength, leaves_every_association_with_its_titles_and_outcome) {
  const auto whole = ends_of(whole_.records, "dicom.association"), cut = ends_of(cut_, "dicom.association");
  ASSERT_EQ(cut.size(), whole.size());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const char* path : {"conversation.id", "dicom.calling_ae", "dicom.called_ae", "dicom.accepted", "dicom.end",
                             "event.outcome", "dicom.rejection", "dicom.abort", "dicom.aborted_by", "event.start"})
      EXPECT_EQ(value_of(*cut[i], path), value_of(*whole[i], path)) << conversation_of(*whole[i]) << ' ' << path;
  }
}

TEST_P(SnapLength, leaves_each_operation_whose_command_was_captured) {
  std::size_t captured = 0;
  std::map<std::string, std::vector<const Fields*>> left;
  for (const Fields* operation : ends_of(cut_, "dicom.operation")) left[identity_of(*operation)].push_back(operation);
  for (const Fields* operation : ends_of(whole_.records, "dicom.operation")) {
    if (!shows_command(whole_.frames[std::stoul(std::string{value_of(*operation, "packet.first")})])) continue;
    ++captured;
    auto& same = left[identity_of(*operation)];
    ASSERT_FALSE(same.empty()) << identity_of(*operation) << " is not told";
    if (shows_command(whole_.frames[std::stoul(std::string{value_of(*operation, "packet.last")})])) {
      for (const char* path : {"dicom.status", "event.outcome"})
        EXPECT_EQ(value_of(*same.front(), path), value_of(*operation, path)) << identity_of(*operation) << ' ' << path;
    }
    same.erase(same.begin());
  }
}

// What was not captured may be absent, counted in part, the rest of a list, or unknown; it may not be something else.
bool is_less(std::string_view path, std::string_view now, std::string_view whole) {
  const bool count = !whole.empty() && whole.find_first_not_of("0123456789") == std::string_view::npos;
  if (count && !now.empty()) return std::stoull(std::string{now}) <= std::stoull(std::string{whole});
  if (path == "event.outcome") return now == "unknown";
  if (path == "dicom.request_seen" || path == "hl7.message_seen") return now == "false";
  while (!now.empty()) {  // a list: element by element, where one that was cut away is empty
    const auto element = [](std::string_view& list) {
      const std::size_t comma = std::min(list.find(", "), list.size());
      const std::string_view first = list.substr(0, comma);
      list.remove_prefix(std::min(comma + 2, list.size()));
      return first;
    };
    const std::string_view left = element(now), there = element(whole);
    const bool begins = there.starts_with(left) && there.substr(left.size()).starts_with(' ');  // a list in a list
    if (!left.empty() && left != there && !begins) return false;
  }
  return true;
}

TEST_P(SnapLength, lets_no_field_be_wrong_and_says_what_was_cut) {
  // What tells of it, when an operation whose request or response was cut away began and ended, and what is reckoned
  // from the time of the last byte that was captured.
  const std::set<std::string_view> may_differ{
      "conversation.unseen", "conversation.ordinal", "source.missing_bytes", "destination.missing_bytes",
      "dicom.missing_bytes", "hl7.missing_bytes",    "@timestamp",           "event.start",
      "event.end",           "event.duration",       "packet.first",         "packet.last",
      "dicom.throughput"};
  for (const char* dataset : {"connection", "dicom.association", "dicom.operation", "hl7.message"}) {
    std::map<std::string, std::vector<const Fields*>> left;
    for (const Fields* record : ends_of(cut_, dataset)) left[identity_of(*record)].push_back(record);
    for (const Fields* record : ends_of(whole_.records, dataset)) {
      auto& same = left[identity_of(*record)];
      if (same.empty()) continue;
      const Fields& cut = *same.front();
      const bool said = value_of(cut, "conversation.unseen").find("truncated") != std::string_view::npos;
      for (const auto& [path, whole] : *record) {
        const std::string_view now = value_of(cut, path);
        if (now == whole || may_differ.contains(path)) continue;
        EXPECT_TRUE(said && is_less(path, now, whole)) << dataset << ' ' << identity_of(*record) << path << " was "
                                                       << whole.substr(0, 100) << ", is " << now.substr(0, 100);
      }
      same.erase(same.begin());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Captures, SnapLength, testing::ValuesIn(kCaptures), [](const auto& capture) {
  std::string name = std::filesystem::path{capture.param}.stem();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace dcmwatch::metamorphic
