// A flood of forged sources: what it may cost, and what it cannot hide.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>

#include "detect/detector.h"
#include "detect/rules.h"
#include "model/events.h"

namespace dcmwatch {
namespace {

using namespace test;
using namespace std::chrono_literals;

constexpr Timestamp kBegin = timestamp_from_ns(1'700'000'000'000'000'000);
constexpr std::size_t kMost = Limits{}.rule_findings;

struct Recorder final : FindingSink {
  void on_finding(const Finding& finding) override { findings.push_back(finding); }
  std::vector<Finding> findings;

  [[nodiscard]] std::size_t started() const {
    return static_cast<std::size_t>(std::ranges::count(findings, Phase::start, &Finding::phase));
  }
};

struct Ends {
  std::string source_device;
  std::string destination_device;
  std::string destination = "10.0.0.2";
};

std::string forged(int number) { return "198.18." + std::to_string(number / 250) + '.' + std::to_string(number % 250); }

Observation moved(const std::string& source, Duration time = 0s, const Ends& ends = {}) {
  static std::uint64_t conversation = 0;
  Event event = operation(source, ends.destination, 104, "A", "B", "C-MOVE", "");
  event.conversation = ++conversation;
  event.first.time = event.last.time = kBegin + time;
  Observation observation = observed(std::move(event));
  // The names live as long as what they are declared of.
  const auto owner = std::make_shared<const Ends>(ends);
  Declared& declared = change(observation.declared);
  declared.owner = owner;
  declared.source.device = owner->source_device;
  declared.destination.device = owner->destination_device;
  return observation;
}

std::string moves(const std::string& id = "moves") {
  return rule_text("  s: {dicom.command: C-MOVE}\n  condition: s\n", "service: dicom.operation", id);
}

class Storm : public testing::Test {
 protected:
  void load(const std::string& text, const Limits& limits = {}, const Exceptions& exceptions = {}) {
    detector_.emplace(parse_rules(text, "r"), limits, exceptions);
  }
  void SetUp() override { load(moves()); }

  void see(const Observation& observation) { detector_->observe(observation, told_); }
  void flood(int sources, Duration time = 0s, const Ends& ends = {}) {
    for (int i = 0; i < sources; ++i) see(moved(forged(i), time, ends));
  }
  [[nodiscard]] const Finding& latest() const { return told_.findings.back(); }
  std::vector<Finding> finish() {
    told_.findings.clear();
    detector_->finish(told_);
    return told_.findings;
  }

  std::optional<Detector> detector_;
  Recorder told_;
};

TEST_F(Storm, OfForgedSourcesTellsAsManyAsTheRuleMayAndOneForTheOthers) {
  flood(4000);
  ASSERT_EQ(told_.findings.size(), kMost + 1);
  EXPECT_EQ(latest().others, Others::of_rule);
  EXPECT_EQ(latest().example.event.parties.source, Endpoint{});
  EXPECT_EQ(latest().example.event.parties.destination, Endpoint{});
  EXPECT_EQ(detector_->folded_by_rule(), 4000 - kMost);
  EXPECT_EQ(detector_->folded_matches().at("moves"), 4000 - kMost);
  const std::vector<Finding> ends = finish();
  ASSERT_EQ(ends.size(), kMost + 1) << "so it costs two records for each of these, however many packets it has";
  EXPECT_EQ(ends.back().count, 4000 - kMost);
  EXPECT_EQ(ends.front().others, Others::none);
}

TEST_F(Storm, CountsAThingOnceHoweverManyPhasesTellIt) {
  flood(100);
  Observation one = moved(forged(100));
  for (const Phase phase : {Phase::start, Phase::progress, Phase::end}) {
    one.event.phase = phase;
    see(one);
  }
  EXPECT_EQ(detector_->folded_by_rule(), 101 - kMost);
  EXPECT_EQ(finish().back().count, 101 - kMost);
}

TEST_F(Storm, CostsTheSameInWhicheverOrderItComes) {
  std::vector<Observation> all;
  for (int i = 0; i < 200; ++i) all.push_back(moved(forged(i)));
  std::mt19937 random{1};
  for (int order = 0; order < 100; ++order) {
    std::ranges::shuffle(all, random);
    load(moves());
    told_.findings.clear();
    for (const Observation& one : all) see(one);
    ASSERT_EQ(told_.started(), kMost + 1);
    std::uint64_t matches = 0;
    for (const Finding& finding : finish()) matches += finding.count;
    ASSERT_EQ(matches, all.size());
  }
}

TEST_F(Storm, DoesNotHideADeclaredDeviceAtEitherEnd) {
  flood(4000);
  see(moved("10.0.0.9", 1s, {"ct1", ""}));
  EXPECT_EQ(latest().others, Others::none);
  EXPECT_EQ(latest().example.declared->source.device, "ct1");
  see(moved("10.0.0.8", 1s, {"", "pacs"}));
  EXPECT_EQ(latest().others, Others::of_rule);
  EXPECT_EQ(latest().example.declared->destination.device, "pacs");
  EXPECT_EQ(latest().example.event.parties.destination.port, 0);
  const std::size_t told = told_.findings.size();
  for (int i = 4000; i < 8000; ++i) see(moved(forged(i), 2s, {"", "pacs"}));
  EXPECT_EQ(told_.findings.size(), told) << "its others are known";
}

TEST_F(Storm, DoesNotHideWhatElseAKnownSourceDoes) {
  see(moved("10.0.0.9"));
  flood(4000);
  for (int i = 3; i < 200; ++i) see(moved("10.0.0.9", 1s, {"", "", "10.0.1." + std::to_string(i)}));
  EXPECT_EQ(latest().others, Others::of_source);
  EXPECT_EQ(to_text(latest().example.event.parties.source.address), "10.0.0.9");
}

TEST_F(Storm, HidesNobodyForLongerThanItLasts) {
  flood(4000);
  const std::size_t told = told_.findings.size();
  see(moved("10.0.0.9", 1s));
  EXPECT_EQ(told_.findings.size(), told) << "one of the others";
  see(moved("10.0.0.9", 10min));
  ASSERT_EQ(told_.findings.size(), told + 2) << "the others are over";
  EXPECT_EQ(to_text(latest().example.event.parties.source.address), "10.0.0.9");
}

TEST_F(Storm, IsToldWhenItComesHoweverLongAgoThereWasOneBefore) {
  flood(80);
  ASSERT_EQ(latest().others, Others::of_rule);
  const std::uint64_t first = latest().number;
  told_.findings.clear();
  for (int i = 100; i < 180; ++i) see(moved(forged(i), 192h));
  ASSERT_EQ(told_.findings.size(), 1 + kMost + 1);
  EXPECT_EQ(told_.findings.front().number, first);
  EXPECT_EQ(told_.findings.front().phase, Phase::end);
  EXPECT_EQ(told_.findings.front().count, 80 - kMost);
  EXPECT_EQ(latest().others, Others::of_rule);
  EXPECT_EQ(latest().phase, Phase::start);
}

TEST_F(Storm, OfDaysTellsSoManyInEachStretchOfTime) {
  for (int minute = 0; minute < 60; ++minute) {
    for (int i = 0; i < 100; ++i) see(moved(forged(100 * minute + i), minute * 1min));
  }
  EXPECT_EQ(told_.started(), 6 * (kMost + 1));
  EXPECT_EQ(told_.findings.size() - told_.started(), 5U) << "ends of others";
}

TEST_F(Storm, GainsNothingByAClockThatIsSetBack) {
  flood(4000, 1h);
  detector_->advance(kBegin + 1h, told_);
  detector_->advance(kBegin, told_);
  flood(4000);
  EXPECT_EQ(told_.findings.size(), kMost + 1);
  see(moved("10.0.0.9", 10min));
  EXPECT_EQ(told_.started(), kMost + 2) << "nor does anyone lose by it";
}

TEST_F(Storm, OfWhichFindingsAreForgottenTellsThemNoMoreOften) {
  Limits limits;
  limits.findings = 10;
  load(moves(), limits);
  for (int round = 0; round < 5; ++round) flood(1000);
  EXPECT_EQ(told_.started(), kMost + 1);
  told_.findings.clear();
  for (int round = 0; round < 5; ++round) {
    for (int device = 0; device < 100; ++device)
      see(moved("10.0.0.9", 1s, {"d" + std::to_string(device), "e" + std::to_string(device)}));
  }
  EXPECT_EQ(told_.started(), 100U + 100U) << "once each as a source, and as a destination of others";
  EXPECT_EQ(finish().size(), 10U);
}

TEST_F(Storm, OfOneRuleLeavesTheOthersAlone) {
  load(moves() + "---\n" +
       rule_text("  s: {dicom.command: C-MOVE, source.ip: 10.0.0.9}\n  condition: s\n", "service: dicom.operation",
                 "other"));
  flood(4000);
  see(moved("10.0.0.9", 1s));
  EXPECT_EQ(latest().rule->id, "other");
  EXPECT_EQ(latest().others, Others::none);
}

TEST_F(Storm, GoesOnAcrossAReload) {
  flood(4000);
  Detector reloaded{parse_rules(moves("first") + "---\n" + moves(), "r"), Limits{}};
  reloaded.adopt(std::move(*detector_), told_);
  detector_.emplace(std::move(reloaded));
  const std::size_t told = told_.findings.size();
  for (int i = 4000; i < 8000; ++i) see(moved(forged(i), 1s));
  EXPECT_EQ(told_.findings.size(), told + kMost + 1) << "of the rule that is new";
  EXPECT_EQ(detector_->folded_matches().at("moves"), 8000 - kMost);
  see(moved("10.0.0.9", 2s, {"ct1", ""}));
  EXPECT_EQ(latest().rule->id, "moves");
  const std::vector<Finding> ends = finish();
  const auto others = std::ranges::find_if(
      ends, [](const Finding& finding) { return finding.rule->id == "moves" && finding.others == Others::of_rule; });
  ASSERT_NE(others, ends.end());
  EXPECT_EQ(others->count, 8000 - kMost);
}

TEST_F(Storm, IsCountedWithoutWhatAnExceptionHoldsFor) {
  const RuleSet rules = parse_rules(moves(), "r");
  load(
      moves(), {},
      parse_exceptions("exceptions:\n  - {rule: moves, match: {source.ip: 10.0.0.9}, reason: a test, owner: us, until: "
                       "2030-01-01}\n",
                       "e", rules));
  flood(100);
  for (int i = 0; i < 5; ++i) see(moved("10.0.0.9"));
  EXPECT_EQ(detector_->suppressed().front().times, 5U);
  EXPECT_EQ(finish().back().count, 100 - kMost);
}

TEST_F(Storm, OfGroupsOfACorrelationIsBoundedLikewise) {
  load(
      "title: Moves\nname: moves\nlogsource: {product: dcmwatch, service: dicom.operation}\n"
      "detection: {s: {dicom.command: C-MOVE}, condition: s}\n---\n"
      "title: Many\nid: many\nlevel: medium\ncorrelation: {type: event_count, rules: [moves], group-by: [source.ip], "
      "timespan: 1m, condition: {gte: 2}}\n");
  flood(4000);
  EXPECT_TRUE(told_.findings.empty());
  flood(4000, 1s);
  ASSERT_EQ(told_.findings.size(), kMost + 1);
  EXPECT_EQ(latest().others, Others::of_rule);
  EXPECT_TRUE(latest().correlated->group_by.empty()) << "not that of the first of them";
  EXPECT_EQ(finish().back().count, 4000 - kMost);
}

}  // namespace
}  // namespace dcmwatch
