// Another model, other rules, while what was seen before is still being told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "app/judge.h"
#include "model/events.h"
#include "temporary_folder.h"
#include "whole_pipeline.h"

namespace dcmwatch {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string model_text(const std::string& client) {
  return "zones: {a: {networks: [10.0.1.0/24]}, b: {networks: [10.0.2.0/24]}}\n"
         "services: {dicom: {protocol: dicom, ports: [104]}}\n"
         "devices:\n  " +
         client +
         ": {zone: a, addresses: 10.0.1.1, ae_titles: [CT]}\n"
         "  pacs: {zone: b, addresses: 10.0.2.1, ae_titles: [PACS]}\n"
         "flows: {store: {from: " +
         client + ", to: pacs, service: dicom, operations: any, sop_classes: any, move_destinations: any}}\n";
}

std::string rule_text(const std::string& id, const std::string& command) {
  return "title: " + id + "\nid: " + id +
         "\nlevel: high\nlogsource: {product: dcmwatch, service: dicom.operation}\ndetection:\n"
         "  selection: {dicom.command: " +
         command + "}\n  condition: selection\n";
}

Grounds grounds(const std::string& model, const std::string& rules) {
  return {.model = std::make_shared<const Lookup>(parse_model(model, "m")), .rules = parse_rules(rules, "r")};
}

/// Everything that is told, as texts.
struct Told final : RecordSink {
  void observe(const Observation& record) override { devices.emplace_back(record.declared->source.device); }
  void observe(const Finding& finding) override {
    findings.push_back(finding.rule->id + ' ' + std::string{to_text(finding.phase)} + ' ' +
                       std::to_string(finding.count));
  }
  void redeclare(const MetricNames& names) override {
    for (const std::string& device : names.devices) devices.push_back("[" + device + "]");
  }

  std::vector<std::string> devices;
  std::vector<std::string> findings;
};

/// A judge that is given a record a parcel.
class Reloading : public testing::Test {
 protected:
  static Event find(std::uint64_t packet) {
    Event event = operation("10.0.1.1", "10.0.2.1", 104, "CT", "PACS", "C-FIND", "1.2.840.10008.5.1.4.31");
    event.first.time = event.last.time = timestamp_from_ns(static_cast<std::int64_t>(packet) * 1'000'000'000);
    std::get<DicomOperation>(event.facts).requested.packet = event.last.packet = packet;
    return event;
  }
  void see(std::uint64_t packet) {
    PagePointer page = pages_->take();
    Observation& record = page->of_shard.front().next();
    record.event = find(packet);
    page->known.push_back(&record);
    judge_.on_parcel(std::move(page), record.event.last.time, {}, {});
  }
  const Told& told() {
    judge_.finish();
    output_.close();
    return told_;
  }

  std::string rules_ = rule_text("finds", "C-FIND") + "---\n" + rule_text("stores", "C-STORE");
  Limits limits_;
  Told told_;
  std::shared_ptr<Pages> pages_ = Pages::for_shards(1);
  Output output_{{&told_}, OutputSettings{}};
  Judge judge_{Judge::Reading::interfaces, grounds(model_text("ct"), rules_), limits_, output_, nullptr, nullptr};
};

TEST_F(Reloading, JudgesWhatFollowsByTheNewModelAndTellsWhatWasBeforeByTheOld) {
  see(1);
  judge_.reload(grounds(model_text("scanner"), rules_));
  see(2);
  EXPECT_THAT(told().devices, ElementsAre("ct", "[scanner]", "[pacs]", "scanner"));
}

TEST_F(Reloading, KeepsTheFindingsOfRulesThatStayAndEndsThoseOfRulesThatGo) {
  see(1);
  judge_.reload(grounds(model_text("ct"), rule_text("finds", "C-FIND")));
  see(2);
  judge_.reload(grounds(model_text("ct"), rule_text("finds", "[C-FIND, C-GET]")));
  see(3);
  EXPECT_THAT(told().findings, ElementsAre("finds start 1", "finds end 2", "finds start 1", "finds end 1"));
}

TEST_F(Reloading, TakesUpSeveralInTheirOrder) {
  const Grounds renamed = grounds(model_text("scanner"), rules_);
  judge_.reload(renamed);
  judge_.reload({.model = renamed.model, .rules = parse_rules(rule_text("stores", "C-STORE"), "r")});
  see(1);
  EXPECT_THAT(told().devices, ElementsAre("[scanner]", "[pacs]", "scanner"));
  EXPECT_THAT(told().findings, IsEmpty());
}

TEST_F(Reloading, NeverTakenUpIsNothingLost) {
  see(1);
  judge_.reload(grounds(model_text("scanner"), rules_));
  EXPECT_THAT(told().findings, ElementsAre("finds start 1", "finds end 1"));
}

// For the thread sanitizer: the analyst, the output and a scrape go on while the model changes.
TEST(Reload, GoesOnBesideEverythingElse) {
  const Pseudonymizer pseudonymizer{"a key for tests only"};
  const std::filesystem::path root{DCMWATCH_ROOT};
  const auto rules = [](const std::string& id) { return parse_rules(rule_text(id, "C-FIND"), "r"); };
  const auto model = std::make_shared<const Lookup>(load_model(root / "config" / "model.yaml"));
  const std::vector<Grounds> turns{{.model = model, .rules = rules("one")},
                                   grounds(model_text("ct"), rule_text("other", "C-FIND"))};
  PipelineSettings settings;
  settings.protocol.pseudonymizer = &pseudonymizer;
  settings.protocol.limits.batch_packets = 16;
  settings.shards = 2;
  Metrics metrics{metric_names(model->model().get(), turns[0].rules)};
  Output output{{&metrics}, OutputSettings{}};
  Judge judge{Judge::Reading::interfaces, turns[0], settings.protocol.limits, output, &metrics, nullptr};
  std::atomic<bool> over = false;
  std::thread reloads{[&] {
    for (std::size_t turn = 1; !over; ++turn) {
      judge.reload(turns[turn % turns.size()]);
      static_cast<void>(metrics.exposition());
      std::this_thread::yield();
    }
  }};
  {
    Pipeline pipeline{settings, judge};
    const auto source = open_files({root / "pcaps" / "modality-day.pcap"}, {});
    EXPECT_TRUE(pipeline.read(*source, {}));
    over = true;
    reloads.join();
    pipeline.finish();
  }
  judge.finish();
  output.close();
  EXPECT_THAT(metrics.exposition(), HasSubstr("dcmwatch_reloads_total{outcome=\"taken\"}"));
}

TEST(Grounds_, SayWhatChanged) {
  const std::string two = rule_text("a", "C-FIND") + "---\n" + rule_text("b", "C-FIND");
  const Grounds before = grounds(model_text("ct"), two);
  EXPECT_EQ(account_of_changes(before, before), "nothing changed; 2 rules, 2 devices");
  const std::string changed = rule_text("a", "C-GET") + "---\n" + rule_text("b", "C-FIND") + "---\n";
  EXPECT_EQ(
      account_of_changes(before, {.model = before.model, .rules = parse_rules(changed + rule_text("c", "C-GET"), "r")}),
      "1 rule changed, 1 new; 3 rules, 2 devices");
  EXPECT_EQ(account_of_changes(before, grounds(model_text("mr"), rule_text("b", "C-FIND"))),
            "1 rule gone, model changed; 1 rule, 2 devices");
}

TEST(Grounds_, AModelThatSaysTheSameIsTheOneBefore) {
  const TemporaryFolder folder;
  std::ofstream{folder / "m.yaml"} << model_text("ct");
  std::ofstream{folder / "r.yml"} << rule_text("a", "C-FIND");
  const GroundsFiles files{folder / "m.yaml", folder / "r.yml", {}, {}, {}};
  const Grounds before = load_grounds(files);
  std::ofstream{folder / "m.yaml"} << "# reviewed\n" << model_text("ct");
  EXPECT_EQ(load_grounds_again(files, before).model, before.model);
  std::ofstream{folder / "m.yaml"} << model_text("mr");
  EXPECT_NE(load_grounds_again(files, before).model, before.model);
}

TEST(LoadedAgain, NeverWaitsForAPipe) {
  const TemporaryFolder folder;
  const std::filesystem::path pipe = folder / "model.yaml";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THROW(load_grounds_again({.model = pipe, .rules = DCMWATCH_ROOT "/rules/detection"}, {}), ConfigurationError);
}

}  // namespace
}  // namespace dcmwatch
