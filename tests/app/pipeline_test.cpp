#include "app/pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "output/record_writer.h"

namespace dcmwatch {
namespace {

const std::filesystem::path kPcaps = std::filesystem::path{DCMWATCH_ROOT} / "pcaps";

struct Told final : Analyst {
  std::string text;
  std::vector<Timestamp> times;
  std::uint64_t packets = 0;
  AssemblyCounters assembly;
  RecordWriter writer;

  void on_parcel(PagePointer page, Timestamp, const std::vector<SourceStatus>& sources,
                 const AssemblyCounters& counters) override {
    TextBuffer lines;
    for (const Observation* record : page->known) {
      times.push_back(record->event.last.time);
      writer.append(lines, Record{*record});
    }
    text += lines.text();
    if (!sources.empty()) {
      EXPECT_GE(sources.front().packets, packets) << "counts never go back";
      packets = sources.front().packets;
    }
    assembly = counters;
  }
};

/// Plays the packets of a capture one after the other, each moved in time by a function of its index.
class ShiftedSource final : public Source {
 public:
  ShiftedSource(std::unique_ptr<Source> source, std::function<Duration(std::uint64_t)> shift)
      : source_(std::move(source)), shift_(std::move(shift)) {}
  Fill next(Batch& batch, std::size_t packets, std::size_t bytes) override {
    const Fill fill = source_->next(batch, packets, bytes);
    for (Packet& packet : batch.packets) packet.mark.time += shift_(packet.mark.packet);
    return fill;
  }
  void stop() override { source_->stop(); }
  [[nodiscard]] const std::string& name() const override { return source_->name(); }
  [[nodiscard]] const std::string& failure() const override { return source_->failure(); }
  [[nodiscard]] std::optional<SourceDrops> drops() override { return source_->drops(); }
  [[nodiscard]] std::uint64_t position_bytes() const override { return source_->position_bytes(); }

 private:
  std::unique_ptr<Source> source_;
  std::function<Duration(std::uint64_t)> shift_;
};

const Pseudonymizer kPseudonymizer{"a key for tests only"};

Told play(Source& source, unsigned shards, const Limits& limits = {}) {
  Told told;
  Pipeline pipeline{{.protocol = {.limits = limits, .pseudonymizer = &kPseudonymizer}, .shards = shards}, told};
  EXPECT_TRUE(pipeline.read(source, {}));
  pipeline.finish();
  return told;
}

Told play(const char* capture, unsigned shards, const Limits& limits = {}) {
  const auto source = open_file(kPcaps / capture, 0, "");
  return play(*source, shards, limits);
}

TEST(Pipeline, tells_the_same_for_any_number_of_shards) {
  for (const char* capture : {"incident.pcap", "hl7.pcap", "rejections.pcap"}) {
    const Told one = play(capture, 1);
    EXPECT_FALSE(one.text.empty());
    for (const unsigned shards : {2U, 3U, 64U})
      EXPECT_EQ(play(capture, shards).text, one.text) << capture << ' ' << shards;
  }
}

TEST(Pipeline, tells_the_same_for_any_number_of_shards_with_every_limit_reached) {
  Limits limits;
  limits.connections = 1;
  limits.closed_connections = limits.half_seen_connections = limits.unanswered_connections = 1;
  limits.unanswered_networks = limits.refused_records = limits.answered_records = limits.glimpse_records =
      limits.ends_per_advance = 1;
  limits.unacknowledged_blocks = 1;
  limits.held_bytes = limits.kept_bytes = 100;
  limits.batch_packets = 16;
  limits.batches_in_flight = 2;
  limits.records_in_flight = 1;
  std::uint64_t evicted = 0;
  std::uint64_t given_up = 0;
  for (const char* capture : {"incident.pcap", "modality-day.pcap", "query-retrieve.pcap", "rejections.pcap"}) {
    const Told one = play(capture, 1, limits);
    evicted += one.assembly.connections_evicted;
    given_up += one.assembly.kept_given_up;
    for (const unsigned shards : {2U, 5U})
      EXPECT_EQ(play(capture, shards, limits).text, one.text) << capture << ' ' << shards;
  }
  EXPECT_GT(evicted, 0U);
  EXPECT_GT(given_up, 0U);
}

TEST(Pipeline, tells_the_same_for_any_number_of_shards_where_nothing_may_be_kept) {
  Limits limits;
  limits.kept_bytes = 0;
  for (const char* capture : {"incident.pcap", "modality-day.pcap", "hl7.pcap", "midway.pcap"}) {
    const Told one = play(capture, 1, limits);
    EXPECT_GT(one.assembly.kept_given_up, 0U) << capture;
    EXPECT_EQ(play(capture, 3, limits).text, one.text) << capture;
  }
}

TEST(Pipeline, tells_the_same_for_any_number_of_shards_with_every_timer_acting) {
  Limits limits;
  limits.idle_timeout = std::chrono::milliseconds{50};
  limits.closed_linger = limits.handshake_timeout = limits.half_closed_timeout = limits.udp_timeout =
      limits.reset_quiet = limits.unproven_timeout = std::chrono::milliseconds{20};
  limits.reorder_window = limits.unacknowledged_window = std::chrono::milliseconds{5};
  limits.ends_per_advance = 1;
  limits.batch_packets = 16;
  std::size_t timed_out = 0;
  for (const char* capture : {"incident.pcap", "modality-day.pcap", "rejections.pcap"}) {
    const Told one = play(capture, 1, limits);
    timed_out += one.text.find("timed_out") != std::string::npos ? 1 : 0;
    for (const unsigned shards : {2U, 5U})
      EXPECT_EQ(play(capture, shards, limits).text, one.text) << capture << ' ' << shards;
  }
  EXPECT_GT(timed_out, 0U);
}

TEST(Pipeline, tells_the_same_for_any_number_of_shards_with_everything_told_to_go_on) {
  Limits limits;
  limits.progress_interval = std::chrono::milliseconds{5};
  limits.quiet_progress_interval = std::chrono::milliseconds{40};
  for (const std::size_t at_once : {1U, 64U}) {
    limits.progress_per_advance = at_once;
    for (const char* capture : {"incident.pcap", "modality-day.pcap", "hl7.pcap", "rejections.pcap"}) {
      const Told one = play(capture, 1, limits);
      EXPECT_NE(one.text.find("progress"), std::string::npos) << capture;
      for (const unsigned shards : {2U, 4U})
        EXPECT_EQ(play(capture, shards, limits).text, one.text) << capture << ' ' << shards;
    }
  }
}

TEST(Pipeline, tells_what_goes_on_the_same_wherever_a_batch_ends) {
  Limits limits;
  limits.progress_interval = std::chrono::milliseconds{5};
  limits.progress_per_advance = 100'000;
  for (const char* capture : {"incident.pcap", "modality-day.pcap"}) {
    limits.batch_packets = 512;
    const Told one = play(capture, 1, limits);
    limits.batch_packets = 7;
    EXPECT_EQ(play(capture, 2, limits).text, one.text) << capture;
  }
}

TEST(Pipeline, tells_in_packet_time) {
  const Told told = play("incident.pcap", 2);
  EXPECT_TRUE(std::is_sorted(told.times.begin(), told.times.end()));
}

TEST(Pipeline, keeps_time_from_running_backwards_within_a_minute) {
  ShiftedSource source{open_file(kPcaps / "hl7.pcap", 0, ""),
                       [](std::uint64_t packet) { return Duration{packet % 7 == 0 ? -1'000'000'000 : 0}; }};
  const Told told = play(source, 2);
  EXPECT_TRUE(std::is_sorted(told.times.begin(), told.times.end()));
  EXPECT_EQ(told.text.find("capture.clock_step"), std::string::npos);
}

TEST(Pipeline, tells_a_clock_set_back_and_loses_no_association_over_it) {
  const auto back_by_a_day = [](std::uint64_t packet) -> Duration {
    return packet > 300 ? -std::chrono::hours{24} : Duration{};
  };
  ShiftedSource source{open_file(kPcaps / "incident.pcap", 0, ""), back_by_a_day};
  const Told told = play(source, 2);
  EXPECT_NE(told.text.find("capture.clock_step"), std::string::npos);
  const auto count = [](const std::string& text) {
    std::size_t found = 0;
    for (std::size_t at = text.find("\"dicom.association\""); at != std::string::npos;
         at = text.find("\"dicom.association\"", at + 1))
      ++found;
    return found;
  };
  EXPECT_EQ(count(told.text), count(play("incident.pcap", 1).text));
  EXPECT_NE(told.text.find("\"duration\":0"), std::string::npos);
  EXPECT_EQ(told.text.find("\"duration\":-"), std::string::npos) << "nothing takes less than no time";
}

}  // namespace
}  // namespace dcmwatch
