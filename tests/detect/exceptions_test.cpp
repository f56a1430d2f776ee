#include "detect/exceptions.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "detect/detector.h"
#include "detect/rules.h"
#include "model/events.h"

namespace dcmwatch {
namespace {

using namespace test;

struct Findings final : FindingSink {
  std::vector<Finding> all;
  void on_finding(const Finding& finding) override { all.push_back(finding); }
};

RuleSet rules() {
  return {rule("  s: {dicom.command: C-MOVE}\n  condition: s\n", "service: dicom.operation", "moves"),
          rule("  s: {flow.deviations: flow}\n  condition: s\n", "category: network", "flows")};
}

std::string exception(const std::string& rule, const std::string& match, const std::string& until) {
  return "  - {rule: " + rule + ", match: " + match + ", reason: a test, owner: us, until: " + until + "}\n";
}

Exceptions exceptions(const std::string& items) { return parse_exceptions("exceptions:\n" + items, "e", rules()); }

/// At some second of 1970-01-02.
Observation move(std::int64_t second, const char* source = "10.0.0.1") {
  static std::uint64_t conversation = 0;
  Event event = operation(source, "10.0.0.2", 104, "A", "B", "C-MOVE", "");
  event.conversation = ++conversation;
  event.first.time = event.last.time = timestamp_from_ns((86400 + second) * 1'000'000'000);
  return observed(std::move(event));
}

TEST(Exceptions, WhatTheyHoldForIsCountedAndNotTold) {
  Detector detector{rules(), Limits{}, exceptions(exception("moves", "{source.ip: 10.0.0.1}", "1970-01-02"))};
  Findings findings;
  for (int i = 0; i < 3; ++i) detector.observe(move(i), findings);
  EXPECT_TRUE(findings.all.empty());
  EXPECT_EQ(detector.suppressed().front().times, 3U);
  detector.observe(move(3, "10.0.0.3"), findings);
  ASSERT_EQ(findings.all.size(), 1U) << "of another source";
  EXPECT_EQ(findings.all.front().expired, nullptr);
  detector.finish(findings);
  EXPECT_EQ(findings.all.size(), 2U) << "the end of that one";
}

TEST(Exceptions, ARecordIsCountedOnceHoweverManyPhasesTellIt) {
  Detector detector{rules(), Limits{}, exceptions(exception("moves", "{source.ip: 10.0.0.1}", "1970-01-02"))};
  Findings findings;
  Observation one = move(0);
  for (const Phase phase : {Phase::start, Phase::progress, Phase::end}) {
    one.event.phase = phase;
    detector.observe(one, findings);
  }
  EXPECT_EQ(detector.suppressed().front().times, 1U);
}

/// A move that is told when it begins, and when it is answered by success.
std::vector<Observation> answered_move(std::int64_t second) {
  Observation begun = move(second);
  begun.event.phase = Phase::start;
  Observation answered = begun;
  answered.event.phase = Phase::end;
  std::get<DicomOperation>(answered.event.facts).status = 0;
  return {begun, answered};
}

TEST(Exceptions, DecideOnceWhatTheyAskForIsKnown) {
  Detector detector{rules(), Limits{}, exceptions(exception("moves", "{dicom.status: '0000'}", "1970-01-02"))};
  Findings findings;
  for (const Observation& told : answered_move(0)) detector.observe(told, findings);
  EXPECT_TRUE(findings.all.empty()) << "not at its start either";
  EXPECT_EQ(detector.suppressed().front().times, 1U);
  detector.observe(move(1), findings);
  EXPECT_EQ(findings.all.size(), 1U) << "of another status";
}

TEST(Exceptions, OfWhatIsKnownFromTheStartHoldNothingUp) {
  Detector detector{rules(), Limits{}, exceptions(exception("moves", "{source.ip: 10.0.0.3}", "1970-01-02"))};
  Findings findings;
  detector.observe(answered_move(0).front(), findings);
  EXPECT_EQ(findings.all.size(), 1U);
}

TEST(Exceptions, TheirLastDayIsWhole) {
  Detector detector{rules(), Limits{}, exceptions(exception("moves", "{source.ip: 10.0.0.1}", "1970-01-02"))};
  Findings findings;
  detector.observe(move(86399), findings);
  EXPECT_TRUE(findings.all.empty());
  detector.observe(move(86400), findings);
  ASSERT_EQ(findings.all.size(), 1U);
  ASSERT_NE(findings.all.front().expired, nullptr) << "the finding is back, and says so";
  EXPECT_EQ(findings.all.front().expired->owner, "us");
  detector.observe(move(86401), findings);
  EXPECT_EQ(detector.suppressed().front().times, 1U);
  EXPECT_EQ(detector.suppressed().front().expired, 1U);
}

TEST(Exceptions, OneThatHoldsCountsBeforeOneThatEnded) {
  Detector detector{rules(), Limits{},
                    exceptions(exception("moves", "{source.ip: 10.0.0.1}", "1970-01-01") +
                               exception("moves", "{source.ip|cidr: 10.0.0.0/8}", "1970-01-03"))};
  Findings findings;
  detector.observe(move(0), findings);
  EXPECT_TRUE(findings.all.empty());
  EXPECT_EQ(detector.suppressed().at(0).expired, 0U);
  EXPECT_EQ(detector.suppressed().at(1).times, 1U);
}

// What rules make of deviations is remembered by judgement; what an exception makes of them is not.
TEST(Exceptions, HoldForOneOfTwoThatShareAJudgement) {
  Detector detector{rules(), Limits{}, exceptions(exception("flows", "{dicom.calling_ae: A}", "1970-01-02"))};
  Findings findings;
  Observation one = observed(association("10.0.0.1", "10.0.0.2", 104, "A", "B"), {{DeviationKind::flow, "x", "y"}});
  Observation other{association("10.0.0.1", "10.0.0.2", 104, "C", "B"), one.declared};
  other.event.conversation = 2;
  for (int i = 0; i < 3; ++i) {
    detector.observe(one, findings);
    detector.observe(other, findings);
  }
  ASSERT_EQ(findings.all.size(), 1U);
  EXPECT_EQ(std::get<DicomAssociation>(findings.all.front().example.event.facts).calling_ae, "C");
  EXPECT_EQ(detector.suppressed().front().times, 1U);
}

/// Three moves that nobody is told of by themselves, of any source; and three such threes of one.
RuleSet counting() {
  return parse_rules(
      "title: Many\nid: many\nlevel: low\ncorrelation: {type: event_count, rules: [move], group-by: [source.ip], "
      "timespan: 1h, condition: {gte: 3}}\n---\n"
      "title: Again\nid: again\nlevel: low\ncorrelation: {type: event_count, rules: [many], generate: true, group-by: "
      "[source.ip], timespan: 1d, condition: {gte: 1}}\n---\n"
      "title: A move\nname: move\nlogsource: {product: dcmwatch, service: dicom.operation}\n"
      "detection: {s: {dicom.command: C-MOVE}, condition: s}\n",
      "r");
}

std::vector<std::string> found(const std::string& items, std::initializer_list<std::int64_t> seconds) {
  Detector detector{counting(), Limits{}, parse_exceptions("exceptions:\n" + items, "e", counting())};
  Findings findings;
  for (const std::int64_t second : seconds) detector.observe(move(second), findings);
  std::vector<std::string> ids;
  for (const Finding& finding : findings.all) ids.push_back(finding.rule->id + (finding.expired ? " again" : ""));
  return ids;
}

TEST(Exceptions, WhatTheyHoldForCountsInNoCorrelation) {
  const std::string kOne = "{source.ip: 10.0.0.1}";
  EXPECT_EQ(found(exception("A move", "{source.ip: 10.0.0.2}", "1970-01-02"), {0, 1, 2}),
            (std::vector<std::string>{"many", "again"}));
  EXPECT_EQ(found(exception("A move", kOne, "1970-01-02"), {0, 1, 2}), std::vector<std::string>{});
  EXPECT_EQ(found(exception("A move", kOne, "1970-01-02"), {86399, 86400, 86401}), std::vector<std::string>{})
      << "two after its end";
  EXPECT_EQ(found(exception("A move", kOne, "1970-01-02"), {86400, 86401, 86402}),
            (std::vector<std::string>{"many", "again"}));
}

TEST(Exceptions, DecideBeforeACorrelationCounts) {
  const auto found = [](const std::string& rule) {
    Detector detector{
        counting(), Limits{},
        parse_exceptions("exceptions:\n" + exception(rule, "{dicom.status: '0000'}", "1970-01-02"), "e", counting())};
    Findings findings;
    for (std::int64_t second = 0; second < 3; ++second) {
      for (const Observation& told : answered_move(second)) detector.observe(told, findings);
    }
    return findings.all.size();
  };
  EXPECT_EQ(found("A move"), 0U);
  EXPECT_EQ(found("many"), 0U);
}

TEST(Exceptions, HoldForCorrelationsAndWhatCountsThese) {
  const std::string kOne = "{source.ip: 10.0.0.1}";
  EXPECT_EQ(found(exception("many", kOne, "1970-01-02"), {0, 1, 2}), std::vector<std::string>{});
  EXPECT_EQ(found(exception("Again", kOne, "1970-01-02"), {0, 1, 2}), std::vector<std::string>{"many"});
  EXPECT_EQ(found(exception("many", "{source.ip: 10.0.0.2}", "1970-01-02"), {0, 1, 2}),
            (std::vector<std::string>{"many", "again"}));
  EXPECT_EQ(found(exception("many", kOne, "1970-01-02"), {86398, 86399, 86400}),
            (std::vector<std::string>{"many again", "again"}));
}

// A condition that never ceases to hold, as of a scanner that goes on for days.
TEST(Exceptions, OneFromACorrelationThatEndsWhileTheConditionHoldsIsToldWithTheNextMatch) {
  const std::string until = exception("many", "{source.ip: 10.0.0.1}", "1970-01-02");
  Detector detector{counting(), Limits{}, parse_exceptions("exceptions:\n" + until, "e", counting())};
  Findings findings;
  for (std::int64_t second = 86395; second < 86400; ++second) detector.observe(move(second), findings);
  EXPECT_TRUE(findings.all.empty());
  EXPECT_EQ(detector.suppressed().front().times, 1U) << "it crossed once";
  for (std::int64_t second = 86400; second < 86405; ++second) detector.observe(move(second), findings);
  ASSERT_EQ(findings.all.size(), 2U) << "and what counts it";
  const Finding& told = *std::ranges::find(findings.all, "many", [](const Finding& one) { return one.rule->id; });
  EXPECT_NE(told.expired, nullptr);
  EXPECT_EQ(told.correlated->count, 3U);
  EXPECT_EQ(detector.suppressed().front().times, 1U);
}

TEST(Exceptions, OneThatAReloadTakesOutFromACorrelationLetsItBeTold) {
  const std::string until = exception("many", "{source.ip: 10.0.0.1}", "1970-01-02");
  Detector detector{counting(), Limits{}, parse_exceptions("exceptions:\n" + until, "e", counting())};
  Findings findings;
  for (std::int64_t second = 0; second < 4; ++second) detector.observe(move(second), findings);
  Detector reloaded{counting(), Limits{}};
  reloaded.adopt(std::move(detector), findings);
  EXPECT_TRUE(findings.all.empty());
  ASSERT_EQ(reloaded.suppressed_before().size(), 1U) << "a counter of them never goes back";
  EXPECT_EQ(reloaded.suppressed_before().front().times, 1U);
  reloaded.observe(move(4), findings);
  EXPECT_EQ(findings.all.size(), 2U);
}

TEST(Exceptions, AReloadKeepsWhatThoseCountedThatDidNotChange) {
  const std::string kOne = exception("moves", "{source.ip: 10.0.0.1}", "1970-01-02");
  const std::string kOther = exception("moves", "{source.ip: 10.0.0.3}", "1970-01-02");
  Detector detector{rules(), Limits{}, exceptions(kOne + kOther)};
  Findings findings;
  Observation told = move(0, "10.0.0.3");
  told.event.phase = Phase::progress;
  for (const Observation& seen : {move(0), told}) detector.observe(seen, findings);
  Detector reloaded{rules(), Limits{}, exceptions(kOther + exception("moves", "{source.ip: 10.0.0.1}", "1970-01-03"))};
  reloaded.adopt(std::move(detector), findings);
  reloaded.observe(told, findings);
  EXPECT_EQ(reloaded.suppressed().at(0).times, 1U) << "known as counted";
  EXPECT_EQ(reloaded.suppressed().at(1).times, 0U) << "another day";
  reloaded.observe(move(1, "10.0.0.3"), findings);
  EXPECT_EQ(reloaded.suppressed().at(0).times, 2U);
  EXPECT_TRUE(findings.all.empty());
}

TEST(Exceptions, EndAtADayOrATime) {
  const auto until = [](const std::string& text) {
    return to_rfc3339(exceptions(exception("moves", "{source.ip: 10.0.0.1}", text)).front().info->until);
  };
  EXPECT_EQ(until("2027-03-31"), "2027-03-31T23:59:59.999999999Z");
  EXPECT_EQ(until("2027-03-31T18:00:00Z"), "2027-03-31T18:00:00.000000000Z");
  EXPECT_EQ(until("2027-03-31T18:00:00+02:00"), "2027-03-31T16:00:00.000000000Z");
  EXPECT_EQ(until("2027-12-31 22:30:00-01:30"), "2028-01-01T00:00:00.000000000Z");
}

struct Mistake {
  std::string items;
  std::string error;
};

class ExceptionMistakes : public testing::TestWithParam<Mistake> {};

TEST_P(ExceptionMistakes, AreToldWithPlaceAndFix) {
  std::string error;
  try {
    exceptions(GetParam().items);
  } catch (const ConfigurationError& thrown) {
    error = thrown.what();
  }
  EXPECT_EQ(error, GetParam().error);
}

const std::string kMatch = "{source.ip: 10.0.0.1}";
const std::string kTakesAll =
    "e:2:19: the match takes every record; name what is not to be told; a whole rule is silenced by taking its file "
    "out";

INSTANTIATE_TEST_SUITE_P(
    Table, ExceptionMistakes,
    testing::Values(
        Mistake{exception("move", kMatch, "2027-01-01"), "e:2:12: unknown rule 'move'; did you mean 'moves'?"},
        Mistake{exception("A tets", kMatch, "2027-01-01"), "e:2:12: unknown rule 'A tets'; did you mean 'A test'?"},
        Mistake{exception("moves", "{source.pi: x}", "2027-01-01"),
                "e:2:27: unknown field 'source.pi'; did you mean 'source.ip'?"},
        Mistake{exception("moves", "{hl7.message_type: x}", "2027-01-01"),
                "e:2:27: the records that are asked never have 'hl7.message_type'; see docs/fields.md, or ask others"},
        Mistake{exception("moves", "{event.kind: '*'}", "2027-01-01"), kTakesAll},
        Mistake{exception("moves", "{event.dataset: dicom.operation, event.outcome: '*'}", "2027-01-01"), kTakesAll},
        Mistake{exception("moves", "{event.outcome: [success, failure, unknown]}", "2027-01-01"), kTakesAll},
        Mistake{exception("moves", "[{source.ip: 10.0.0.1}, {source.ip|cidr: 0.0.0.0/0}]", "2027-01-01"),
                "e:2:19: the match takes every record; name what is not to be told; a whole rule is silenced by "
                "taking its file out"},
        Mistake{exception("moves", "{dicom.calling_ae|re: '.*', packet.last|gte: 0}", "2027-01-01"), kTakesAll},
        Mistake{exception("moves", "{event.phase: start}", "2027-01-01"),
                "e:2:19: an exception holds for a record, not for one of its phases; leave out 'event.phase'"},
        Mistake{"  - {rule: moves, match: {source.ip: 10.0.0.1}, reason: '', owner: ' ', until: 2027-01-01}\n",
                "e:2:57: 'reason' is empty; why it is not to be told; it stands in the summary\n"
                "e:2:68: 'owner' is empty; who answers for it"},
        Mistake{exception("moves", kMatch, "tomorrow"),
                "e:2:83: 'tomorrow' is no date; write 2027-03-31 or 2027-03-31T18:00:00+02:00"},
        Mistake{exception("moves", kMatch, "2027-02-29"),
                "e:2:83: '2027-02-29' is no date; write 2027-03-31 or 2027-03-31T18:00:00+02:00"},
        Mistake{exception("moves", kMatch, "2027-02-28T18:00:00"),
                "e:2:83: '2027-02-28T18:00:00' is no date; write 2027-03-31 or 2027-03-31T18:00:00+02:00"},
        Mistake{
            "  - {rule: moves, reason: x, owner: y, until: 2027-01-01}\n",
            "e:2:5: an exception has no 'match'; what is not to be told, 'match: {source.device: ct1}'; a whole rule "
            "is silenced by taking its file out"},
        Mistake{"  - {rule: moves, match: {source.ip: 10.0.0.1}, until: 2027-01-01, reson: x}\n",
                "e:2:5: an exception has no 'reason'; why it is not to be told; it stands in the summary\n"
                "e:2:5: an exception has no 'owner'; who answers for it\n"
                "e:2:68: an exception has no setting 'reson'; did you mean 'reason'?"}));

std::string errors_with(const RuleSet& rules, const std::string& items) {
  try {
    parse_exceptions("exceptions:\n" + items, "e", rules);
  } catch (const ConfigurationError& error) {
    return error.what();
  }
  return {};
}

TEST(Exceptions, ATitleNamesOneRule) {
  const std::string error = errors_with(rules(), exception("A test", kMatch, "2027-01-01"));
  EXPECT_EQ(error, "e:2:12: 2 rules are called 'A test'; name the one that is meant by its id");
}

TEST(Exceptions, ComeInTimeForARuleThatSaysWhichPhaseItAsks) {
  const auto error = [](const std::string& phase, const std::string& match) {
    const RuleSet asking{rule("  s: {dicom.command: C-MOVE, event.phase: " + phase + "}\n  condition: s\n")};
    return errors_with(asking, exception("test", match, "2027-01-01"));
  };
  EXPECT_EQ(error("start", "{dicom.status: '0000'}"),
            "e:2:18: the rule asks of 'event.phase', and may match before it is known whether this holds; ask for "
            "fields that are known from the start, or have the rule ask for 'event.phase: end'");
  EXPECT_NE(error("[progress, end]", "{dicom.status: '0000'}"), "");
  EXPECT_EQ(error("end", "{dicom.status: '0000'}"), "");
  EXPECT_EQ(error("start", kMatch), "");
}

TEST(Exceptions, AFileMayHaveNone) {
  EXPECT_TRUE(parse_exceptions("exceptions: []", "e", rules()).empty());
  EXPECT_TRUE(load_exceptions(DCMWATCH_ROOT "/config/exceptions.yml", rules()).empty());
  EXPECT_THROW(parse_exceptions("", "e", rules()), ConfigurationError);
  EXPECT_THROW(parse_exceptions("exception: []", "e", rules()), ConfigurationError);
}

}  // namespace
}  // namespace dcmwatch
