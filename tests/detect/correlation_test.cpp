// Correlations: what is counted within which time, against windows computed by hand and against a reference that looks
// at all events anew for each of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "detect/correlations.h"
#include "detect/detector.h"
#include "detect/rules.h"
#include "model/events.h"

namespace dcmwatch {
namespace {

using namespace test;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A rule that only correlations count.
std::string base(const std::string& name, const std::string& tests, const std::string& source = "dicom.operation") {
  return "title: " + name + "\nname: " + name + "\nlogsource: {product: dcmwatch, service: " + source +
         "}\ndetection: {s: {" + tests + "}, condition: s}\n";
}
const std::string kFind = base("find", "dicom.command: C-FIND");
const std::string kMove = base("move", "dicom.command: C-MOVE");
const std::string kEcho = base("echo", "dicom.command: C-ECHO");
// C-FIND and C-MOVE.
const std::string kQuery = base("query", "dicom.command: [C-FIND, C-MOVE]");

// One that reports, too.
std::string reporting(const std::string& name, const std::string& rule) {
  return "id: " + name + "-id\nlevel: low\n" + rule;
}

std::string correlation(const std::string& body, const std::string& id = "many", const std::string& more = "") {
  return "title: Many\nid: " + id + "\nlevel: medium\n" + more + "correlation: {" + body + "}\n";
}

std::string documents(std::initializer_list<std::string> texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : "---\n") + text;
  return all;
}

constexpr Timestamp kBegin = timestamp_from_ns(1'700'000'000'000'000'000);

struct Recorder final : FindingSink {
  void on_finding(const Finding& finding) override { findings.push_back(finding); }
  std::vector<Finding> findings;
};

/// Operations, each another one, at seconds since kBegin.
class Correlations_ : public testing::Test {
 protected:
  void load(std::initializer_list<std::string> texts, const Limits& limits = {}) {
    detector_.emplace(parse_rules(documents(texts), "r"), limits);
  }

  static Observation operation_at(double seconds, const std::string& command, const std::string& source = "10.0.0.1",
                                  const std::string& destination = "10.0.0.2", const char* called = "B",
                                  Phase phase = Phase::end, std::uint64_t conversation = 0) {
    static std::uint64_t number = 1000;
    Event event = operation(source, destination, 104, "A", called, command, "");
    event.phase = phase;
    event.conversation = conversation != 0 ? conversation : ++number;
    event.first.time = event.last.time = kBegin + std::chrono::duration_cast<Duration>(seconds * 1s);
    return observed(std::move(event));
  }

  template <typename... More>
  void see(double seconds, const std::string& command, More... more) {
    detector_->observe(operation_at(seconds, command, more...), recorder_);
  }
  void pass(double seconds) {
    detector_->advance(kBegin + std::chrono::duration_cast<Duration>(seconds * 1s), recorder_);
  }

  /// How often each finding has matched, in the order of first matches.
  std::vector<std::uint64_t> counts() {
    recorder_.findings.clear();
    detector_->finish(recorder_);
    std::vector<std::uint64_t> counts;
    for (const Finding& finding : recorder_.findings) counts.push_back(finding.count);
    return counts;
  }
  [[nodiscard]] std::size_t found() const { return recorder_.findings.size(); }
  [[nodiscard]] const Finding& finding(std::size_t i = 0) const { return recorder_.findings.at(i); }

  std::optional<Detector> detector_;
  Recorder recorder_;
};

const std::string kThreeFinds =
    correlation("type: event_count, rules: [find], group-by: [source.ip], timespan: 1m, condition: {gte: 3}");

TEST_F(Correlations_, EventCountCrossesOnceAndAgainWhenItHasBeenBelow) {
  load({kFind, kThreeFinds});
  see(0, "C-FIND");
  see(10, "C-FIND");
  see(11, "C-ECHO");
  EXPECT_EQ(found(), 0U);
  see(20, "C-FIND");
  EXPECT_EQ(found(), 1U);
  see(30, "C-FIND");
  see(75, "C-FIND");  // in (15, 75]: 20, 30 before it, which is below
  see(76, "C-FIND");
  EXPECT_EQ(found(), 1U) << "a repetition is counted";
  EXPECT_THAT(counts(), ElementsAre(2U));
}

TEST_F(Correlations_, AWindowIsHalfOpen) {
  load({kFind, kThreeFinds});
  see(0, "C-FIND");
  see(1, "C-FIND");
  see(60, "C-FIND");
  EXPECT_EQ(found(), 0U);
  see(60.999, "C-FIND");
  EXPECT_EQ(found(), 1U);
}

TEST_F(Correlations_, GreaterThanIsOneMore) {
  load({kFind,
        correlation("type: event_count, rules: [find], group-by: [source.ip], timespan: 1m, condition: {gt: 2}")});
  see(0, "C-FIND");
  see(1, "C-FIND");
  EXPECT_EQ(found(), 0U);
  see(2, "C-FIND");
  EXPECT_EQ(found(), 1U);
}

TEST_F(Correlations_, EachGroupIsCountedApart) {
  load({kFind, kThreeFinds});
  for (const double second : {0, 1}) {
    for (const char* const source : {"10.0.0.1", "10.0.0.3", "10.0.0.4"}) see(second, "C-FIND", source);
  }
  EXPECT_EQ(found(), 0U);
  see(2, "C-FIND", "10.0.0.3");
  see(3, "C-FIND", "10.0.0.1");
  ASSERT_EQ(found(), 2U);
  EXPECT_THAT(finding(0).correlated->group_by, ElementsAre("source.ip: 10.0.0.3"));
  EXPECT_THAT(finding(1).correlated->group_by, ElementsAre("source.ip: 10.0.0.1"));
}

TEST_F(Correlations_, AFindingSaysWhatWasCounted) {
  load({kFind, kMove,
        correlation("type: event_count, rules: [find, move], group-by: [source.ip, dicom.called_ae], timespan: 1m, "
                    "condition: {gte: 3}")});
  see(0, "C-MOVE");
  see(70, "C-FIND");
  see(80, "C-FIND");
  see(90, "C-FIND");
  ASSERT_EQ(found(), 1U);
  EXPECT_EQ(finding().rule->id, "many");
  EXPECT_EQ(finding().rule->level, Level::medium);
  const Correlated& correlated = *finding().correlated;
  EXPECT_EQ(correlated.type, "event_count");
  EXPECT_EQ(correlated.count, 3U);
  EXPECT_EQ(correlated.first.time, kBegin + 70s);
  EXPECT_EQ(correlated.last.time, kBegin + 90s);
  EXPECT_THAT(correlated.group_by, ElementsAre("source.ip: 10.0.0.1", "dicom.called_ae: B"));
  EXPECT_THAT(correlated.rules, ElementsAre("find")) << "the C-MOVE is too long ago";
  EXPECT_EQ(finding().example.event.last.time, kBegin + 90s) << "what crossed";
  EXPECT_EQ(finding().last.time, kBegin + 90s);
}

TEST_F(Correlations_, AFindingHasTheEndsThatAllShare) {
  load({kEcho, correlation("type: value_count, rules: [echo], group-by: [source.ip], timespan: 1m, "
                           "condition: {field: destination.ip, gte: 3}")});
  for (const char* const destination : {"10.0.0.2", "10.0.0.2", "10.0.0.3", "10.0.0.4"})
    see(0, "C-ECHO", "10.0.0.1", destination);
  ASSERT_EQ(found(), 1U);
  const Parties& parties = finding().example.event.parties;
  EXPECT_EQ(to_text(parties.source.address), "10.0.0.1");
  EXPECT_EQ(parties.source.port, 40000);
  EXPECT_EQ(parties.destination, Endpoint{});
}

TEST_F(Correlations_, AnEndThatDifferedBeforeTheWindowIsShared) {
  load({kFind, kThreeFinds});
  see(0, "C-FIND", "10.0.0.1", "10.0.0.9");
  for (const double second : {60, 61, 62}) see(second, "C-FIND");
  ASSERT_EQ(found(), 1U);
  EXPECT_EQ(to_text(finding().example.event.parties.destination.address), "10.0.0.2");
  EXPECT_EQ(finding().example.event.parties.destination.port, 104);
}

TEST_F(Correlations_, ValueCountCountsEachValueOnce) {
  load({kFind, correlation("type: value_count, rules: [find], group-by: [source.ip], timespan: 1m, "
                           "condition: {field: dicom.called_ae, gte: 3}")});
  for (int i = 0; i < 100; ++i) see(i, "C-FIND", "10.0.0.1", "10.0.0.2", "PASC");
  see(100, "C-FIND", "10.0.0.1", "10.0.0.2", "PACS");
  EXPECT_EQ(found(), 0U) << "a mistyped title, tried again and again";
  see(101, "C-FIND", "10.0.0.1", "10.0.0.2", "pacs");
  ASSERT_EQ(found(), 1U) << "titles are case-sensitive";
  EXPECT_EQ(finding().correlated->count, 3U);
  EXPECT_EQ(finding().correlated->first.time, kBegin + 99s);
}

TEST_F(Correlations_, AMatchThatLacksAFieldIsNotCounted) {
  load({kFind, correlation("type: event_count, rules: [find], group-by: [dicom.called_ae], timespan: 1m, "
                           "condition: {gte: 2}")});
  see(0, "C-FIND", "10.0.0.1", "10.0.0.2", nullptr);
  see(1, "C-FIND", "10.0.0.1", "10.0.0.2", nullptr);
  see(2, "C-FIND");
  EXPECT_EQ(found(), 0U);
  see(3, "C-FIND");
  EXPECT_EQ(found(), 1U);
}

TEST_F(Correlations_, EachValueOfAListCounts) {
  load({base("query", "flow.deviations|exists: true"),
        correlation("type: value_count, rules: [query], group-by: [source.ip], timespan: 1m, "
                    "condition: {field: flow.deviations, gte: 3}")});
  Observation deviating = operation_at(0, "C-FIND");
  set_deviations(test::change(deviating.declared), {{DeviationKind::flow, "", ""}, {DeviationKind::port, "", ""}});
  detector_->observe(deviating, recorder_);
  EXPECT_EQ(found(), 0U);
  deviating.event.conversation = 2;
  set_deviations(test::change(deviating.declared), {{DeviationKind::flow, "", ""}, {DeviationKind::operation, "", ""}});
  detector_->observe(deviating, recorder_);
  EXPECT_EQ(found(), 1U);
}

TEST_F(Correlations_, AnOperationCountsOnceHoweverManyPhasesItHas) {
  load({kFind, kThreeFinds});
  for (const Phase phase : {Phase::start, Phase::progress, Phase::progress, Phase::end})
    see(static_cast<int>(phase), "C-FIND", "10.0.0.1", "10.0.0.2", "B", phase, std::uint64_t{7});
  see(5, "C-FIND");
  EXPECT_EQ(found(), 0U);
  see(6, "C-FIND");
  EXPECT_EQ(found(), 1U);
}

TEST_F(Correlations_, ARuleAboutACategoryCountsConversations) {
  load(
      {"title: x\nname: any\nlogsource: {product: dcmwatch, category: network}\n"
       "detection: {s: {source.ip: '*'}, condition: s}\n",
       correlation("type: event_count, rules: [any], group-by: [source.ip], timespan: 1m, condition: {gte: 2}")});
  see(0, "C-FIND", "10.0.0.1", "10.0.0.2", "B", Phase::start, std::uint64_t{7});
  see(1, "C-MOVE", "10.0.0.1", "10.0.0.2", "B", Phase::start, std::uint64_t{7});
  EXPECT_EQ(found(), 0U);
  see(2, "C-MOVE", "10.0.0.1", "10.0.0.2", "B", Phase::start, std::uint64_t{8});
  EXPECT_EQ(found(), 1U);
}

TEST_F(Correlations_, TemporalWantsAllRulesInAnyOrder) {
  load({kFind, kMove, kEcho,
        correlation("type: temporal, rules: [echo, find, move], group-by: [source.ip], timespan: 1m")});
  see(0, "C-MOVE");
  see(10, "C-ECHO");
  see(60, "C-FIND");
  EXPECT_EQ(found(), 0U) << "the C-MOVE is a minute ago";
  see(61, "C-MOVE");
  ASSERT_EQ(found(), 1U);
  EXPECT_EQ(finding().correlated->count, 3U);
  EXPECT_EQ(finding().correlated->first.time, kBegin + 10s);
  EXPECT_THAT(finding().correlated->rules, ElementsAre("echo", "find", "move"));
  see(62, "C-ECHO", "10.0.0.3");
  see(63, "C-MOVE", "10.0.0.3");
  see(64, "C-FIND", "10.0.0.4");
  EXPECT_EQ(found(), 1U) << "of different sources";
}

TEST_F(Correlations_, TemporalMayWantSomeOfItsRules) {
  load({kFind, kMove, kEcho,
        correlation(
            "type: temporal, rules: [echo, find, move], group-by: [source.ip], timespan: 1m, condition: {gte: 2}")});
  see(0, "C-MOVE");
  see(1, "C-MOVE");
  EXPECT_EQ(found(), 0U);
  see(2, "C-ECHO");
  ASSERT_EQ(found(), 1U);
  EXPECT_THAT(finding().correlated->rules, ElementsAre("echo", "move"));
}

TEST_F(Correlations_, TemporalOrderedWantsTheirOrder) {
  load({kFind, kMove, kEcho,
        correlation("type: temporal_ordered, rules: [echo, find, move], group-by: [source.ip], timespan: 1m")});
  see(0, "C-ECHO");
  see(1, "C-MOVE");
  see(2, "C-FIND");
  EXPECT_EQ(found(), 0U);
  see(50, "C-ECHO");
  see(59, "C-MOVE");
  ASSERT_EQ(found(), 1U) << "0, 2, 59";
  EXPECT_EQ(finding().correlated->first.time, kBegin);
  see(60, "C-MOVE");  // 0, 2, 60 is too long; nothing else is in order: it has been below, and is
  see(61, "C-FIND");
  see(62, "C-MOVE");  // 50, 61, 62
  EXPECT_THAT(counts(), ElementsAre(2U));
}

TEST_F(Correlations_, AnObservationDoesNotComeAfterItself) {
  load({kFind, kQuery,
        correlation("type: temporal_ordered, rules: [find, query], group-by: [source.ip], timespan: 1m")});
  see(0, "C-FIND");
  EXPECT_EQ(found(), 0U) << "it matches both";
  see(1, "C-FIND");
  EXPECT_EQ(found(), 1U);
}

TEST_F(Correlations_, FewerIsJudgedAtTheWindowsClose) {
  load({kFind,
        correlation("type: event_count, rules: [find], group-by: [source.ip], timespan: 1m, condition: {lt: 3}")});
  see(0, "C-FIND");
  see(1, "C-FIND");
  pass(59.9);
  EXPECT_EQ(found(), 0U) << "there may be more";
  pass(60);
  ASSERT_EQ(found(), 1U);
  EXPECT_EQ(finding().correlated->count, 2U);
  EXPECT_EQ(finding().example.event.last.time, kBegin) << "what opened the window";
  pass(1000);
  EXPECT_EQ(found(), 1U) << "where nothing is seen, no window is open";
  for (const double second : {1000, 1001, 1002}) see(second, "C-FIND");
  pass(1060);
  EXPECT_THAT(counts(), ElementsAre(1U)) << "three are not fewer";
}

TEST_F(Correlations_, WindowsJudgedAtTheirCloseFollowEachOther) {
  load({kFind,
        correlation("type: event_count, rules: [find], group-by: [source.ip], timespan: 1m, condition: {eq: 2}")});
  see(0, "C-FIND");
  see(59, "C-FIND");
  see(60, "C-FIND");  // begins the second
  ASSERT_EQ(found(), 1U) << "the next match tells that the first is over";
  see(61, "C-FIND");
  see(62, "C-FIND");
  see(120, "C-FIND");  // the third
  see(121, "C-FIND");
  pass(180);
  EXPECT_THAT(counts(), ElementsAre(2U));
}

TEST_F(Correlations_, ARangeOfValuesIsJudgedAtTheWindowsClose) {
  load({kFind, correlation("type: value_count, rules: [find], group-by: [source.ip], timespan: 1m, "
                           "condition: {field: dicom.called_ae, gt: 1, lte: 3}")});
  const auto titles = [&](double second, std::initializer_list<const char*> seen) {
    for (const char* const title : seen) see(second, "C-FIND", "10.0.0.1", "10.0.0.2", title);
  };
  titles(0, {"A", "A"});
  titles(60, {"A", "B", "A"});
  titles(120, {"A", "B", "C"});
  titles(180, {"A", "B", "C", "D", "E", "F"});
  pass(240);
  EXPECT_THAT(counts(), ElementsAre(2U));
}

TEST_F(Correlations_, AWindowThatWasNotWholeIsNotJudged) {
  load({kFind,
        correlation("type: event_count, rules: [find], group-by: [source.ip], timespan: 1m, condition: {lt: 3}")});
  see(0, "C-FIND");
  pass(59);
  EXPECT_THAT(counts(), IsEmpty()) << "the capture ended";
  see(100, "C-FIND");
  Event note;
  note.facts = CaptureNote{"capture.interrupted", "", 1};
  note.last.time = kBegin + 110s;
  detector_->observe(observed(note), recorder_);
  pass(160);
  EXPECT_EQ(found(), 0U) << "it was blind";
  see(170, "C-FIND");
  pass(230);
  EXPECT_EQ(found(), 1U);
}

TEST_F(Correlations_, TimeThatComesLateCountsWhenItIsKnown) {
  load({kFind, kThreeFinds});
  see(100, "C-FIND");
  see(30, "C-FIND");
  see(159, "C-FIND");
  EXPECT_EQ(found(), 1U);
}

TEST_F(Correlations_, WindowsGoOnWhenTheClockIsSetBack) {
  load({kFind, kThreeFinds});
  pass(5000);
  see(5000, "C-FIND");
  pass(5010);
  see(5010, "C-FIND");
  pass(10);
  see(20, "C-FIND");
  EXPECT_EQ(found(), 1U) << "ten seconds later";
  see(81, "C-FIND");
  see(82, "C-FIND");
  see(83, "C-FIND");
  EXPECT_THAT(counts(), ElementsAre(2U));
}

TEST_F(Correlations_, TheEndOfTimeIsNoEnd) {
  load({kFind, kThreeFinds});
  constexpr double kEnd = static_cast<double>(kLatestSecond) - 1'700'000'000 - 10;
  for (int turn = 0; turn < 3; ++turn) {
    see(kEnd, "C-FIND");
    pass(kEnd);
    see(0, "C-FIND");
    pass(0);
  }
  detector_->finish(recorder_);
}

TEST_F(Correlations_, RulesThatAreOnlyCountedReportNothing) {
  load({kFind, kThreeFinds});
  see(0, "C-FIND");
  EXPECT_EQ(found(), 0U);
  load({reporting("find", kFind), correlation("type: event_count, rules: [find], group-by: [source.ip], timespan: 1m, "
                                              "condition: {gte: 2}",
                                              "many", "generate: true\n")});
  see(0, "C-FIND");
  see(1, "C-FIND");
  ASSERT_EQ(found(), 2U);
  EXPECT_EQ(finding(0).rule->id, "find-id");
  EXPECT_EQ(finding(1).rule->id, "many");
  EXPECT_THAT(counts(), ElementsAre(2U, 1U));
}

TEST_F(Correlations_, DeviationsThatAreKnownAreCountedEachTime) {
  load({reporting("flow", base("flow", "flow.deviations: flow")),
        correlation("type: event_count, rules: [flow], group-by: [source.ip], timespan: 1m, condition: {gte: 3}",
                    "many", "generate: true\n")});
  Observation deviating = operation_at(0, "C-FIND");
  set_deviations(test::change(deviating.declared), {{DeviationKind::flow, "", ""}});
  for (int i = 0; i < 4; ++i) {
    ++deviating.event.conversation;
    detector_->observe(deviating, recorder_);
    EXPECT_EQ(found(), i < 2 ? 1U : 2U);
  }
  EXPECT_THAT(counts(), ElementsAre(4U, 1U));
}

TEST_F(Correlations_, AliasesNameWhatIsAnotherFieldOfEach) {
  load({kFind, kMove,
        correlation("type: temporal_ordered, rules: [find, move], group-by: [who], timespan: 1m, "
                    "aliases: {who: {find: source.ip, move: destination.ip}}")});
  see(0, "C-FIND", "10.0.0.1", "10.0.0.2");
  see(1, "C-MOVE", "10.0.0.1", "10.0.0.2");
  EXPECT_EQ(found(), 0U);
  see(2, "C-MOVE", "10.0.0.2", "10.0.0.1");
  ASSERT_EQ(found(), 1U);
  EXPECT_THAT(finding().correlated->group_by, ElementsAre("who: 10.0.0.1"));
}

TEST_F(Correlations_, ACorrelationMayCountAnother) {
  const std::string many = "name: many_finds\n" + correlation(
                                                      "type: event_count, rules: [find], group-by: [source.ip, "
                                                      "dicom.called_ae], timespan: 1m, condition: {gte: 3}",
                                                      "inner");
  load({correlation("type: temporal_ordered, rules: [many_finds, move], group-by: [source.ip], timespan: 5m", "outer"),
        many, kFind, kMove});
  see(0, "C-MOVE");
  for (const double second : {1, 2, 3, 4}) see(second, "C-FIND");
  see(200, "C-MOVE", "10.0.0.3");
  EXPECT_EQ(found(), 0U);
  see(200, "C-MOVE");
  ASSERT_EQ(found(), 1U);
  EXPECT_EQ(finding().rule->id, "outer");
  EXPECT_EQ(finding().correlated->first.time, kBegin + 3s);
  EXPECT_THAT(finding().correlated->rules, ElementsAre("many_finds", "move"));
}

TEST_F(Correlations_, WithoutGroupByAllIsOneGroup) {
  load({kFind, correlation("type: value_count, rules: [find], timespan: 1m, condition: {field: source.ip, gte: 2}")});
  see(0, "C-FIND", "10.0.0.1");
  see(1, "C-FIND", "10.0.0.3");
  ASSERT_EQ(found(), 1U);
  EXPECT_EQ(finding().example.event.parties.source, Endpoint{});
}

TEST_F(Correlations_, ForgetTheGroupWhoseLatestMatchIsTheOldest) {
  Limits limits;
  limits.correlation_groups = 2;
  load({kFind, kThreeFinds}, limits);
  for (const double second : {0, 1}) see(second, "C-FIND", "10.0.0.1");
  for (const double second : {2, 3}) see(second, "C-FIND", "10.0.0.3");
  see(4, "C-FIND", "10.0.0.4");
  EXPECT_EQ(detector_->correlations().groups_forgotten(), 1U);
  see(5, "C-FIND", "10.0.0.1");
  EXPECT_EQ(found(), 0U) << "its first two were forgotten, and then those of the next";
  EXPECT_EQ(detector_->correlations().groups_forgotten(), 2U);
  see(6, "C-FIND", "10.0.0.4");
  see(7, "C-FIND", "10.0.0.4");
  EXPECT_EQ(found(), 1U);
}

TEST_F(Correlations_, ForgetGroupsThatTakeTooMuchRoom) {
  Limits limits;
  limits.correlation_bytes = 64 * 1024;
  load({kFind, correlation("type: value_count, rules: [find], group-by: [source.ip], timespan: 1d, "
                           "condition: {field: source.port, gte: 10000}")},
       limits);
  for (int i = 0; i < 20'000; ++i) {
    Observation find = operation_at(i, "C-FIND", "10.0." + std::to_string(i % 50) + ".1");
    find.event.parties.source.port = static_cast<std::uint16_t>(i);
    detector_->observe(find, recorder_);
  }
  EXPECT_GT(detector_->correlations().bytes_forgotten(), 100U);
  EXPECT_EQ(detector_->correlations().groups_forgotten(), 0U);
}

// A department's reload: some rules change, others do not.
TEST_F(Correlations_, AReloadKeepsTheStateOfRulesThatDidNotChange) {
  const std::string find_rule =
      rule_text("  s: {dicom.command: C-MOVE}\n  condition: s\n", "service: dicom.operation", "moves");
  load({find_rule, kFind, kThreeFinds});
  see(0, "C-FIND");
  see(1, "C-FIND");
  see(2, "C-MOVE");
  ASSERT_EQ(found(), 1U);

  // In another order, with another rule before it, and other words in a comment.
  Detector reloaded{parse_rules(documents({kEcho, "# Reviewed.\n" + kThreeFinds, find_rule, kFind,
                                           correlation("type: event_count, rules: [echo], timespan: 1m, "
                                                       "condition: {gte: 1}",
                                                       "echoes")}),
                                "r"),
                    Limits{}};
  reloaded.adopt(std::move(*detector_), recorder_);
  detector_.emplace(std::move(reloaded));
  EXPECT_EQ(found(), 1U) << "nothing is gone";
  see(3, "C-FIND");
  ASSERT_EQ(found(), 2U) << "the third";
  EXPECT_EQ(finding(1).number, 2U);
  EXPECT_EQ(finding(1).rule->id, "many");
  see(4, "C-MOVE");
  EXPECT_EQ(found(), 2U) << "known";
  see(5, "C-ECHO");
  EXPECT_EQ(found(), 3U);
  EXPECT_THAT(counts(), ElementsAre(2U, 1U, 1U));
}

TEST_F(Correlations_, AThingIsOneHoweverManyOfTheRulesItMatches) {
  load({kFind, kQuery, correlation("type: event_count, rules: [find, query], timespan: 1m, condition: {gte: 2}")});
  see(0, "C-FIND");
  EXPECT_EQ(found(), 0U) << "it matches both";
  see(1, "C-MOVE");
  EXPECT_EQ(found(), 1U);
}

TEST_F(Correlations_, ThePhasesOfOneOperationAreNotSeveralValues) {
  load({kFind,
        correlation("type: value_count, rules: [find], timespan: 1m, condition: {field: event.outcome, gte: 2}")});
  const auto tell = [&](double second, Phase phase, std::optional<std::uint16_t> status, std::uint64_t conversation) {
    Observation find = operation_at(second, "C-FIND", "10.0.0.1", "10.0.0.2", "B", phase, conversation);
    std::get<DicomOperation>(find.event.facts).status = status;
    detector_->observe(find, recorder_);
  };
  tell(0, Phase::start, std::nullopt, 1);
  tell(1, Phase::end, std::uint16_t{0}, 1);
  EXPECT_EQ(found(), 0U);
  tell(2, Phase::end, std::uint16_t{0xA700}, 2);
  EXPECT_EQ(found(), 1U) << "another one, another outcome";
}

const std::string kTenObjects = correlation(
    "type: value_sum, rules: [move, query], group-by: [source.ip], timespan: 1m, "
    "condition: {field: dicom.sub_operations.completed, gte: 10}");

TEST_F(Correlations_, ValueSumAddsWhatEachOfThemCameToInTheEnd) {
  load({kMove, kQuery, kTenObjects});
  const auto tell = [&](double second, Phase phase, std::optional<std::uint16_t> completed,
                        std::uint64_t conversation) {
    Observation move = operation_at(second, "C-MOVE", "10.0.0.1", "10.0.0.2", "B", phase, conversation);
    std::get<DicomOperation>(move.event.facts).sub_operations.completed = completed;
    detector_->observe(move, recorder_);
  };
  tell(0, Phase::start, std::nullopt, 1);
  tell(1, Phase::progress, std::uint16_t{5}, 1);
  tell(2, Phase::progress, std::uint16_t{8}, 1);
  tell(3, Phase::end, std::uint16_t{9}, 1);
  tell(4, Phase::end, std::nullopt, 2);
  tell(5, Phase::end, std::uint16_t{0}, 3);
  EXPECT_EQ(found(), 0U) << "nine, though both of the rules match";
  tell(63.5, Phase::end, std::uint16_t{9}, 4);
  EXPECT_EQ(found(), 0U) << "the nine before are forgotten";
  tell(64, Phase::end, std::uint16_t{300}, 5);
  ASSERT_EQ(found(), 1U);
  EXPECT_EQ(finding().correlated->type, "value_sum");
  EXPECT_EQ(finding().correlated->count, 300U) << "the latest that are as many";
  tell(65, Phase::end, std::uint16_t{300}, 6);
  EXPECT_THAT(counts(), ElementsAre(1U)) << "it was not below in between";
}

class SumsOfMany : public Correlations_ {
 protected:
  void load_sum(const std::string& condition) {
    load({kMove, correlation("type: value_sum, rules: [move], timespan: 1d, "
                             "condition: {field: dicom.sub_operations.completed, " +
                             condition + "}")});
  }
  void tell_ones(int count) {
    for (int i = 0; i < count; ++i) {
      Observation move = operation_at(i, "C-MOVE");
      std::get<DicomOperation>(move.event.facts).sub_operations.completed = std::uint16_t{1};
      detector_->observe(move, recorder_);
    }
  }
};

TEST_F(SumsOfMany, ReachTheirBoundHoweverManyTheyAreOf) {
  load_sum("gte: 25000");
  tell_ones(24'999);
  EXPECT_EQ(found(), 0U);
  tell_ones(1);
  ASSERT_EQ(found(), 1U);
  EXPECT_EQ(finding().correlated->count, 25'000U);
}

TEST_F(SumsOfMany, AreNeverTooSmallForABoundFromAbove) {
  load_sum("gte: 1, lte: 24999");
  tell_ones(25'000);
  pass(200'000);
  EXPECT_EQ(found(), 0U);
}

TEST_F(SumsOfMany, MatchBelowABoundFromAbove) {
  load_sum("gte: 1, lte: 25000");
  tell_ones(25'000);
  pass(200'000);
  EXPECT_EQ(found(), 1U);
}

TEST_F(Correlations_, EachValueOfAConversationCounts) {
  load(
      {"title: c\nname: c\nlogsource: {product: dcmwatch, category: network}\ndetection: {s: {dicom.called_ae: '*'}, "
       "condition: s}\n",
       correlation("type: value_count, rules: [c], timespan: 1m, condition: {field: dicom.command, gte: 2}")});
  see(0, "C-FIND", "10.0.0.1", "10.0.0.2", "B", Phase::end, std::uint64_t{7});
  see(1, "C-FIND", "10.0.0.1", "10.0.0.2", "B", Phase::end, std::uint64_t{7});
  EXPECT_EQ(found(), 0U);
  see(2, "C-MOVE", "10.0.0.1", "10.0.0.2", "B", Phase::end, std::uint64_t{7});
  EXPECT_EQ(found(), 1U);
}

TEST_F(Correlations_, ManyThatAreOpenAtOnceCountOnceInEachCorrelation) {
  const auto counting = [](const std::string& id) {
    return correlation("type: event_count, rules: [find], timespan: 10m, condition: {gte: 100}", id,
                       "generate: true\n");
  };
  load({reporting("find", kFind), counting("a"), counting("b"), counting("c"), counting("d"), counting("e"),
        counting("f"), counting("g"), counting("h")});
  for (const double phase : {0, 1}) {
    for (std::uint64_t i = 1; i <= 12'000; ++i)
      see(phase * 1800, "C-FIND", "10.0.0.1", "10.0.0.2", "B", phase == 0 ? Phase::start : Phase::end, i);
  }
  EXPECT_EQ(detector_->things_forgotten(), 0U);
  EXPECT_THAT(counts(), ElementsAre(12'000U, 1U, 1U, 1U, 1U, 1U, 1U, 1U, 1U));
}

TEST_F(Correlations_, WhatIsForgottenAsCountedIsTold) {
  Limits limits;
  limits.counted_things = 3;
  load({reporting("find", kFind),
        correlation("type: event_count, rules: [find], timespan: 1m, condition: {gte: 9}", "many", "generate: true\n")},
       limits);
  for (int i = 0; i < 5; ++i) see(i, "C-FIND", "10.0.0.1", "10.0.0.2", "B", Phase::start);
  EXPECT_EQ(detector_->things_forgotten(), 4U) << "two of the rule's finding, two of the correlation";
}

// What all matches of a window share may differ from one crossing to the next.
TEST_F(Correlations_, AGroupIsOneFindingWhateverItsSources) {
  load({kFind, correlation("type: event_count, rules: [find], group-by: [destination.ip], timespan: 1s, "
                           "condition: {gte: 2}")});
  double second = 0;
  for (const char* const source : {"10.0.0.1", "10.0.0.3", "10.0.0.4"}) {
    see(second, "C-FIND", source);
    see(second + 0.5, "C-FIND", source);
    second += 10;
  }
  see(second, "C-FIND", "10.0.0.5");
  see(second + 0.5, "C-FIND", "10.0.0.6");
  EXPECT_THAT(counts(), ElementsAre(4U));
}

TEST_F(Correlations_, GroupsOfSeveralSourcesAreNotFoldedAsIfTheyWereOneSources) {
  load({kFind, correlation("type: value_count, rules: [find], group-by: [destination.ip], timespan: 1m, "
                           "condition: {field: source.ip, gte: 2}")});
  for (int i = 0; i < 80; ++i) {  // of which no ten minutes have more than a rule may tell
    const std::string destination = "10.0.1." + std::to_string(i), one = "10.0.2." + std::to_string(i);
    see(10 * i, "C-FIND", one, destination);
    see(10 * i + 0.5, "C-FIND", "10.0.3." + std::to_string(i), destination);
  }
  EXPECT_EQ(found(), 80U);
  EXPECT_EQ(detector_->folded() + detector_->folded_by_rule(), 0U);
}

TEST_F(Correlations_, TheGroupsOfOneSourceAreFolded) {
  load({kFind, correlation("type: event_count, rules: [find], group-by: [destination.ip], timespan: 1m, "
                           "condition: {gte: 1}")});
  for (int i = 0; i < 80; ++i) see(i, "C-FIND", "10.0.0.1", "10.0.1." + std::to_string(i));
  EXPECT_EQ(found(), Detector::kDistinctPerSource + 1);
  EXPECT_EQ(detector_->folded(), 80 - Detector::kDistinctPerSource);
}

TEST_F(Correlations_, OfWindowsJudgedAtTheirCloseForgetTheOneThatOpenedFirst) {
  Limits limits;
  limits.correlation_groups = 2;
  load(
      {kFind, correlation("type: event_count, rules: [find], group-by: [source.ip], timespan: 1m, condition: {lt: 3}")},
      limits);
  see(0, "C-FIND", "10.0.0.1");
  see(1, "C-FIND", "10.0.0.3");
  see(2, "C-FIND", "10.0.0.1");
  see(3, "C-FIND", "10.0.0.4");
  EXPECT_EQ(detector_->correlations().groups_forgotten(), 1U);
  pass(1000);
  ASSERT_EQ(found(), 2U);
  EXPECT_THAT(finding(0).correlated->group_by, ElementsAre("source.ip: 10.0.0.3"));
  EXPECT_THAT(finding(1).correlated->group_by, ElementsAre("source.ip: 10.0.0.4"));
}

TEST_F(Correlations_, AReloadBeginsAnewWithRulesThatChanged) {
  const std::string moves =
      rule_text("  s: {dicom.command: C-MOVE}\n  condition: s\n", "service: dicom.operation", "moves");
  load({moves, kFind, kThreeFinds});
  see(0, "C-FIND");
  see(1, "C-FIND");
  see(2, "C-MOVE");
  // The correlation's words are the same; what it counts is not.
  Detector reloaded{parse_rules(documents({base("find", "dicom.command: [C-FIND, C-GET]"), kThreeFinds}), "r"),
                    Limits{}};
  reloaded.adopt(std::move(*detector_), recorder_);
  detector_.emplace(std::move(reloaded));
  ASSERT_EQ(found(), 2U);
  EXPECT_EQ(finding(1).phase, Phase::end) << "of a rule that is gone";
  EXPECT_EQ(finding(1).rule->id, "moves");
  see(3, "C-FIND");
  EXPECT_EQ(found(), 2U) << "the first of a new count";
}

/// What the reference looks at.
struct Seen {
  Timestamp time;
  std::string group;
  std::string value;
  unsigned members = 0;  ///< one bit each
  unsigned amount = 0;
};

enum class Kind { event_count, value_count, temporal, temporal_ordered, value_sum };

// Whether members matched one after the other among events [begin, end) of one group, from `member` on.
bool in_order(const std::vector<const Seen*>& events, std::size_t begin, unsigned member, unsigned members) {
  if (member == members) return true;
  for (std::size_t i = begin; i < events.size(); ++i) {
    if ((events[i]->members >> member & 1) != 0 && in_order(events, i + 1, member + 1, members)) return true;
  }
  return false;
}

std::size_t count_of(Kind kind, const std::vector<const Seen*>& events, unsigned members) {
  std::set<std::string> values;
  unsigned seen = 0;
  std::size_t sum = 0;
  for (const Seen* event : events) {
    sum += event->amount;
    values.insert(event->value);
    seen |= event->members;
  }
  switch (kind) {
    case Kind::event_count: return events.size();
    case Kind::value_count: return values.size();
    case Kind::temporal: return static_cast<std::size_t>(std::popcount(seen));
    case Kind::temporal_ordered: return in_order(events, 0, 0, members) ? members : 0;
    case Kind::value_sum: return sum;
  }
  return 0;
}

struct Wanted {
  Kind kind;
  Duration timespan;
  unsigned members;
  std::size_t least;
  std::optional<std::size_t> most;
};

using Crossed = std::vector<std::string>;  // "group at nanoseconds", in order

// All events of its group within the timespan before each, and with it.
Crossed sliding(const std::vector<Seen>& stream, const Wanted& wanted) {
  Crossed crossed;
  for (std::size_t i = 0; i < stream.size(); ++i) {
    if (stream[i].members == 0) continue;
    std::vector<const Seen*> events;
    for (std::size_t j = 0; j < i; ++j) {
      if (stream[j].members != 0 && stream[j].group == stream[i].group &&
          stream[i].time - stream[j].time < wanted.timespan)
        events.push_back(&stream[j]);
    }
    const bool before = count_of(wanted.kind, events, wanted.members) >= wanted.least;
    events.push_back(&stream[i]);
    if (!before && count_of(wanted.kind, events, wanted.members) >= wanted.least)
      crossed.push_back(stream[i].group + " at " + std::to_string(to_ns(stream[i].time)));
  }
  return crossed;
}

Crossed at_close(const std::vector<Seen>& stream, const Wanted& wanted, Timestamp end) {
  std::map<std::pair<Timestamp, std::size_t>, std::string> crossed;  // by the end, then in the order of opening
  for (std::size_t i = 0; i < stream.size(); ++i) {
    const Timestamp close = stream[i].time + wanted.timespan;
    if (stream[i].members == 0 || close > end) continue;
    // The first of a window: follow the group's windows from its first event.
    std::optional<Timestamp> opened;
    bool opens = false;
    std::vector<const Seen*> events;
    for (std::size_t j = 0; j < stream.size(); ++j) {
      if (stream[j].members == 0 || stream[j].group != stream[i].group) continue;
      if (!opened || stream[j].time - *opened >= wanted.timespan) {
        if (opens) break;
        opened = stream[j].time;
        opens = j == i;
      }
      if (opens) events.push_back(&stream[j]);
    }
    const std::size_t count = count_of(wanted.kind, events, wanted.members);
    if (opens && count >= wanted.least && count <= wanted.most.value_or(count))
      crossed[{close, i}] = stream[i].group + " at " + std::to_string(to_ns(events.back()->time));
  }
  Crossed in_order;
  for (const auto& [when, text] : crossed) in_order.push_back(text);
  return in_order;
}

std::string text_of(const Wanted& wanted) {
  const std::vector<std::string> names{"find", "move", "query"};
  const std::vector<std::string> types{"event_count", "value_count", "temporal", "temporal_ordered", "value_sum"};
  std::string rules;
  for (unsigned i = 0; i < wanted.members; ++i) rules += (i == 0 ? "" : ", ") + names[i];
  std::string condition = "gte: " + std::to_string(wanted.least);
  if (wanted.most) condition += ", lte: " + std::to_string(*wanted.most);
  if (wanted.kind == Kind::value_count) condition += ", field: dicom.called_ae";
  if (wanted.kind == Kind::value_sum) condition += ", field: dicom.sub_operations.completed";
  return correlation("type: " + types[static_cast<std::size_t>(wanted.kind)] + ", rules: [" + rules +
                     "], group-by: [source.ip], timespan: " +
                     std::to_string(std::chrono::duration_cast<std::chrono::seconds>(wanted.timespan).count()) +
                     "s, condition: {" + condition + '}');
}

// Streams in which groups, values, order, boundaries of windows and equal times all occur.
struct CrossingRecorder final : CrossingSink {
  explicit CrossingRecorder(Crossed& record) : crossed(record) {}
  bool on_crossing(const Crossing& crossing) override {
    crossed.push_back(crossing.correlated->group_by.at(0).substr(11) + " at " +
                      std::to_string(to_ns(crossing.correlated->last.time)));
    return true;
  }
  Crossed& crossed;
};

TEST(CorrelationsAgainstAReference, CrossAtTheSameEvents) {
  std::mt19937 random{6};
  const auto any = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
  std::size_t crossings = 0;
  for (int turn = 0; turn < 600; ++turn) {
    const auto kind = static_cast<Kind>(turn % 5);
    const bool temporal = kind == Kind::temporal || kind == Kind::temporal_ordered;
    Wanted wanted{kind, std::chrono::seconds{1 + any(30)}, temporal ? 2 + any(2) : 1 + any(3), 1 + any(5),
                  std::nullopt};
    if (temporal) wanted.least = kind == Kind::temporal ? 2 + any(wanted.members - 1) : wanted.members;
    if (!temporal && any(2) == 0) wanted.most = wanted.least + any(3);
    const RuleSet rules = parse_rules(
        documents({text_of(wanted), reporting("find", kFind), reporting("query", kQuery), reporting("move", kMove)}),
        "r");
    Correlations correlations{rules, Limits{}};

    std::vector<Seen> stream;
    Crossed crossed;
    Timestamp time = kBegin;
    CrossingRecorder recorder{crossed};
    for (unsigned i = 0; i < 120; ++i) {
      time += std::chrono::seconds{any(4) == 0 ? any(20) : any(3)};
      const std::string source = "10.0.0." + std::to_string(any(3));
      const std::string title(1, static_cast<char>('A' + any(6)));
      const char* const command = std::array{"C-FIND", "C-MOVE", "C-ECHO"}[any(3)];
      Event event = operation(source, "10.0.0.9", 104, "X", title.c_str(), command, "");
      event.conversation = i + 1;
      event.first.time = event.last.time = time;
      const unsigned amount = any(4);
      std::get<DicomOperation>(event.facts).sub_operations.completed = static_cast<std::uint16_t>(amount);
      const Observation observation = observed(event);
      const auto& members = rules[0].correlation->members;
      Seen& seen = stream.emplace_back(Seen{time, source, title, 0, amount});
      for (std::uint32_t rule = 0; rule < rules.size(); ++rule) {
        if (!rules[rule].matches(observation)) continue;
        if (correlations.count(rule)) correlations.observe(rule, rules[rule].counts, observation, i + 1, recorder);
        for (unsigned member = 0; member < members.size(); ++member) {
          if (members[member].rule == rule && (kind != Kind::value_sum || amount != 0)) seen.members |= 1U << member;
        }
      }
      if (any(5) == 0) correlations.advance(time, recorder);
    }
    correlations.advance(time + 5s, recorder);
    EXPECT_EQ(crossed, wanted.most ? at_close(stream, wanted, time + 5s) : sliding(stream, wanted)) << text_of(wanted);
    crossings += crossed.size();
  }
  EXPECT_GT(crossings, 2000U);
}

std::string errors_of(const std::string& text) {
  try {
    parse_rules(text, "r");
  } catch (const ConfigurationError& error) {
    return error.what();
  }
  return {};
}

struct Mistake {
  std::string text;  // of `correlation`
  std::string error;
};

class CorrelationMistakes : public testing::TestWithParam<Mistake> {};

TEST_P(CorrelationMistakes, AreRefusedByName) {
  const std::string errors = errors_of(
      documents({reporting("find", kFind), reporting("move", kMove),
                 reporting("notes", base("notes", "capture.note: '*'", "capture")), correlation(GetParam().text)}));
  EXPECT_THAT(errors, HasSubstr(GetParam().error));
  EXPECT_EQ(errors.empty(), GetParam().error.empty()) << errors;
}

Mistake counted(const std::string& condition, const std::string& error, const std::string& type = "event_count") {
  return {"type: " + type + ", rules: [find], group-by: [source.ip], timespan: 1m, condition: " + condition, error};
}
Mistake with(const std::string& more, const std::string& error) {
  return {"type: event_count, rules: [find], condition: {gte: 2}, " + more, error};
}
Mistake ordered(const std::string& more, const std::string& error, const std::string& type = "temporal_ordered") {
  return {"type: " + type + ", timespan: 1m, " + more, error};
}

INSTANTIATE_TEST_SUITE_P(
    All, CorrelationMistakes,
    testing::Values(
        counted("{gte: 2}", ""), counted("{gt: 1, lte: 5}", ""), counted("{eq: 1}", ""), counted("{gte: 10000}", ""),
        counted("{gte: 2}",
                "unsupported correlation type 'value_percentile'; one of: event_count, value_count, temporal, "
                "temporal_ordered, value_sum",
                "value_percentile"),
        counted("{gte: 2}", "unsupported correlation type 'value_avg'", "value_avg"),
        counted("{gte: 1000000000000, field: dicom.sub_operations.completed}", "", "value_sum"),
        counted("{gte: 1000000000001, field: dicom.sub_operations.completed}",
                "more than can be counted exactly; 1000000000000 are the limit", "value_sum"),
        counted("{gte: 2}", "'condition' has no 'field'; name the field of which values are added", "value_sum"),
        counted("{gte: 2, field: source.ip}", "'source.ip' is no number, and cannot be added; name a field of numbers",
                "value_sum"),
        counted("{gte: 2, field: dicom.called_ae}", "'dicom.called_ae' is no number", "value_sum"),
        counted("{gte: 2, field: '@timestamp'}", "'@timestamp' is no number", "value_sum"),
        counted("{gte: 0}", "the condition always holds; a window has at least the event that begins it"),
        counted("{lt: 1}", "the condition can never hold; a window has at least the event that begins it"),
        counted("{eq: 0}", "the condition can never hold"), counted("{gt: 5, lt: 5}", "the condition can never hold"),
        counted("{gte: 10001}", "more than can be counted exactly; 10000 are the limit"),
        counted("{gte: -1}", "'gte' wants a whole number"), counted("{gte: [1]}", "'gte' wants a whole number"),
        counted("{gte: 2, field: source.ip}", "'field' goes with value_count and value_sum only; leave it out"),
        counted("{}", "'condition' says no number; write gte, gt, lte, lt or eq"),
        counted("{more: 2}", "'condition' has no setting 'more'"),
        counted("find and move", "a condition in words is not supported; write a map, such as '{gte: 10}'"),
        counted("{gte: 2}", "'condition' has no 'field'; name the field of which values are counted", "value_count"),
        counted("{gte: 2, field: source.ipp}", "unknown field 'source.ipp'; did you mean 'source.ip'?", "value_count"),
        counted("{gte: 2, field: [source.ip, source.port]}", "values of several fields together are not supported",
                "value_count"),
        counted("{gte: 2, field: '@timestamp'}", "'@timestamp' is a time", "value_count"),
        counted("{gte: 2, field: rule.id}", "the records of 'find' never have 'rule.id'", "value_count"),
        counted("{gte: 2, field: hl7.message_type}",
                "the records of 'find' never have 'hl7.message_type'; see docs/fields.md", "value_count"),
        with("timespan: 90m", ""), with("timespan: 90d", ""),
        with("timespan: 91d", "a timespan of '91d' is too long to remember; 90d are the limit"),
        with("timespan: 99999999999999d", "too long to remember"),
        with("timespan: 5", "'5' is no time; write 30s, 5m, 12h or 7d"), with("timespan: 0s", "'0s' is no time"),
        with("timespan: 1M", "'1M' is no time"), with("timespan: ''", "'' is no time"),
        with("group-by: [source.ip]", "'correlation' has no 'timespan'; write 'timespan: 5m'"),
        with("timespan: 1m, group-by: [flow.deviations]", "'flow.deviations' is a list"),
        with("timespan: 1m, group-by: [source.ip, source.ip]", "'source.ip' stands there twice"),
        with("timespan: 1m, every: 2", "'correlation' has no setting 'every'"),
        with("timespan: 1m, generate: maybe", "'generate' wants true or false"),
        with("timespan: 1m, aliases: {x: {find: source.ip}}", "alias 'x' is used by nothing; name it in 'group-by'"),
        with("timespan: 1m, group-by: [x], aliases: {x: {move: source.ip}}",
             "'move' is none of the rules of this correlation"),
        with("timespan: 1m, group-by: [x], aliases: {x: {fnid: source.ip}}",
             "unknown rule 'fnid'; did you mean 'find'?"),
        with("timespan: 1m, group-by: [x], aliases: {x: {}}",
             "alias 'x' names no field of 'find'; name one of each rule"),
        with("timespan: 1m, group-by: [x], aliases: {x: source.ip}",
             "alias 'x' must be a map of rules to their fields"),
        ordered("rules: [find, move]", ""), ordered("rules: [find, move], condition: {gte: 2}", ""),
        ordered("rules: [find, move], condition: {eq: 2}", "", "temporal"),
        ordered("rules: [find]", "one rule alone has no order and no neighbour; name two, or count events"),
        ordered("rules: [find, find]", "'find' stands there twice; name it once"),
        ordered("rules: [find, fnid]", "unknown rule 'fnid'; did you mean 'find'?"),
        ordered("rules: [find, many]", "'Many' waits for itself: its rules lead back to it"),
        ordered("rules: [find, move], condition: {gte: 3}", "the condition wants 3 of 2 rules"),
        ordered("rules: [find, move], condition: {lt: 2}", "too few rules are not looked for", "temporal"),
        ordered("rules: [find, move, notes], condition: {gte: 2}", "a part of an order is not supported"),
        ordered("rules: [find, notes], group-by: [source.ip]", "the records of 'notes' never have 'source.ip'"),
        ordered("rules: []", "'correlation' has an empty 'rules'")));

TEST(LoadCorrelations, RefusesWhatHasNoPlaceInOne) {
  EXPECT_THAT(errors_of(documents({kFind, kThreeFinds + "detection: {}\n"})),
              HasSubstr("a correlation has no setting 'detection'"));
  EXPECT_THAT(errors_of("title: x\nid: x\nlevel: low\ncorrelation: 5\n"), HasSubstr("'correlation' must be a map"));
  EXPECT_THAT(errors_of(documents({kFind, kThreeFinds + "generate: 5\n"})),
              HasSubstr("'generate' wants true or false"));
}

TEST(LoadCorrelations, WantsOneRuleOfAName) {
  EXPECT_THAT(errors_of(documents({kFind, kFind, kThreeFinds})),
              HasSubstr("'find' is what a rule of r is called already; give each rule its own name"));
  EXPECT_THAT(errors_of(documents({"id: same\n" + kFind, "id: same\n" + kMove, kThreeFinds})),
              HasSubstr("id 'same' is that of r already"));
}

TEST(LoadCorrelations, WantsALevelOfWhatReports) {
  EXPECT_THAT(errors_of(kFind),
              HasSubstr("r:1:1: a rule has no 'level'; only those that a correlation counts need none"));
  EXPECT_EQ(errors_of(documents({kFind, kThreeFinds})), "");
  EXPECT_THAT(errors_of(documents({kFind, kThreeFinds + "generate: true\n"})), HasSubstr("a rule has no 'level'"));
}

TEST(LoadCorrelations, RefusesCirclesAndLongChains) {
  const auto link = [](const std::string& name, const std::string& of) {
    return "title: " + name + "\nname: " + name + "\nid: " + name +
           "\nlevel: low\ncorrelation: {type: event_count, rules: [" + of + "], timespan: 1m, condition: {gte: 2}}\n";
  };
  EXPECT_THAT(errors_of(documents({link("a", "b"), link("b", "c"), link("c", "b")})),
              HasSubstr("'b' waits for itself: its rules lead back to it"));
  std::string chain = kFind;
  std::string before = "find";
  for (int i = 0; i < 8; ++i) {
    const std::string name = "c" + std::to_string(i);
    chain += "---\n" + link(name, before);
    before = name;
  }
  EXPECT_EQ(errors_of(chain), "");
  EXPECT_THAT(errors_of(chain + "---\n" + link("c8", before)),
              HasSubstr("too long a chain of correlations; 8 are the limit"));
}

TEST(LoadCorrelations, TellsOfALongFileOfThemWithinASecond) {
  std::string text = kFind;
  for (int i = 0; i < 20'000; ++i) {
    const std::string name = "c" + std::to_string(i);
    text += "---\ntitle: x\nid: " + name + "\nlevel: low\ncorrelation: {type: event_count, rules: [c" +
            std::to_string((i + 1) % 20'000) + "], timespan: 1m, condition: {gte: 2}}\n";
  }
  EXPECT_THAT(errors_of(text), HasSubstr("waits for itself"));
}

TEST(LoadCorrelations, GroupsByWhatTheCountedOneGroupsBy) {
  const std::string inner = "name: inner\n" + correlation(
                                                  "type: event_count, rules: [find], group-by: [source.ip], "
                                                  "timespan: 1m, condition: {gte: 2}",
                                                  "inner-id");
  EXPECT_THAT(errors_of(documents({kFind, inner,
                                   correlation("type: event_count, rules: [inner], group-by: "
                                               "[destination.ip], timespan: 1m, condition: {gte: 2}")})),
              HasSubstr("'inner' does not group by 'destination.ip'; what it counted together may differ in that"));
}

TEST(LoadCorrelations, ReadTheReferencesExample) {
  std::ifstream in{DCMWATCH_ROOT "/docs/rules.md"};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  const auto chapter = text.find("\n## Correlations");
  ASSERT_NE(chapter, std::string::npos);
  const auto begin = text.find("```yaml\n", chapter) + 8;
  const RuleSet rules = parse_rules(text.substr(begin, text.find("```", begin) - begin), "docs/rules.md");
  EXPECT_EQ(std::ranges::count_if(rules, [](const Rule& rule) { return rule.correlation != nullptr; }), 1);
}

}  // namespace
}  // namespace dcmwatch
