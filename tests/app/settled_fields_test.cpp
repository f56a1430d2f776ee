// What the table says of a record's phases is what real captures tell.
#include "detect/settled_fields.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

#include "capture/source.h"
#include "event/fields.h"
#include "model/lookup.h"
#include "whole_pipeline.h"

namespace dcmwatch {
namespace {

const std::filesystem::path kRoot = DCMWATCH_ROOT;

/// By what the phases of one record are known.
using Identity = std::tuple<std::size_t, std::uint64_t, std::uint64_t, unsigned>;

Identity identity_of(const Event& event) {
  Identity identity{event.facts.index(), event.conversation, 0, 0};
  auto& [dataset, conversation, packet, part] = identity;
  if (const auto* operation = std::get_if<DicomOperation>(&event.facts)) {
    packet = operation->requested.packet;
    part = unsigned{operation->message_id} << 8U | operation->context_id;
  } else if (const auto* message = std::get_if<Hl7Message>(&event.facts)) {
    packet = message->sent.packet;
    part = static_cast<unsigned>(std::hash<std::string_view>{}(message->control_id.text()));
  } else if (std::holds_alternative<DicomAssociation>(event.facts)) {
    packet = event.first.packet;
  }
  return identity;
}

/// A field's values: numbers apart, which may grow.
struct Said final : FieldSink {
  std::multiset<std::string> values;
  std::vector<std::int64_t> numbers;

  void text(std::string_view value) override { values.emplace(value); }
  void number(std::int64_t value) override { numbers.push_back(value); }
  void boolean(bool value) override { values.emplace(value ? "true" : "false"); }
  void address(const IpAddress& value) override { values.insert(to_text(value)); }
  void time(Timestamp) override {}  // that of an end moves on

  bool operator==(const Said& other) const { return values == other.values && numbers == other.numbers; }
};

Said said(const Field& field, const Observation& observation) {
  Said said;
  field.visit(Record{observation}, said);
  return said;
}

bool has_grown(const Said& before, const Said& after) {
  return std::ranges::includes(after.values, before.values) &&
         (before.numbers.empty() || (!after.numbers.empty() && before.numbers.front() <= after.numbers.front()));
}

/// Holds each record's later phases against its first.
class Phases final : public RecordSink {
 public:
  void observe(const Observation& observation) override {
    const Event& event = observation.event;
    const auto [first, fresh] = first_.try_emplace(identity_of(event), observation);
    if (fresh) {
      if (event.phase != Phase::end) return;
      first_.erase(first);
      return;
    }
    ++compared_;
    for (const Field& field : fields()) compare(field, first->second, observation);
    if (event.phase == Phase::end) first_.erase(first);
  }
  void observe(const Finding&) override {}

  [[nodiscard]] std::size_t compared() const { return compared_; }

 private:
  static void compare(const Field& field, const Observation& before, const Observation& after) {
    const std::string what = std::string{dataset_of(after.event.facts)} + '/' + std::string{field.path};
    switch (settles(field, std::uint32_t{1} << after.event.facts.index())) {
      case Settles::at_once: EXPECT_EQ(said(field, before), said(field, after)) << what << " came or changed"; break;
      case Settles::once_known: EXPECT_TRUE(has_grown(said(field, before), said(field, after))) << what; break;
      case Settles::at_end: break;
    }
  }

  std::map<Identity, Observation> first_;
  std::size_t compared_ = 0;
};

TEST(SettledFields, AreWhatRealCapturesTell) {
  const Pseudonymizer pseudonymizer{"a key for tests only"};
  const Grounds grounds{.model = std::make_shared<const Lookup>(load_model(kRoot / "config/model.yaml"))};
  Phases phases;
  for (const char* folder : {"pcaps", "pcaps/violations"}) {
    for (const auto& entry : std::filesystem::directory_iterator{kRoot / folder}) {
      if (!entry.path().extension().string().starts_with(".pcap")) continue;
      SCOPED_TRACE(entry.path().filename().string());
      const auto source = open_file(entry.path(), 0, "");
      replay_through(*source, {.protocol = {.limits = {}, .pseudonymizer = &pseudonymizer}, .shards = 1}, {&phases},
                     grounds);
    }
  }
  EXPECT_GT(phases.compared(), 1000U);
}

TEST(SettledFields, OfWhatIsToldOnceAreSettled) {
  const auto of = [](std::string_view path, std::size_t dataset) {
    return settles(*find_field(path), std::uint32_t{1} << dataset);
  };
  const std::size_t violation = Facts{Violation{}}.index();
  const std::size_t operation = Facts{DicomOperation{}}.index();
  EXPECT_EQ(of("violation.name", violation), Settles::at_once);
  EXPECT_EQ(of("flow.deviations", violation), Settles::at_once);
  EXPECT_EQ(of("flow.deviations", operation), Settles::once_known);
  EXPECT_EQ(of("event.outcome", operation), Settles::at_end);
  EXPECT_EQ(of("dicom.command", operation), Settles::at_once);
  EXPECT_EQ(of("hl7.ack_code", operation), Settles::at_once) << "an operation never has it";
}

}  // namespace
}  // namespace dcmwatch
