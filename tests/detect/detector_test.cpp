#include "detect/detector.h"

#include <gtest/gtest.h>

#include "detect/rules.h"
#include "model/events.h"
#include "model/recent_judgements.h"

namespace dcmwatch {
namespace {

using namespace test;

struct Recorder final : FindingSink {
  void on_finding(const Finding& finding) override { findings.push_back(finding); }
  std::vector<Finding> findings;
};

Rule operation_rule() { return rule("  s: {flow.deviations: [operation, move_destination]}\n  condition: s\n"); }
Rule flow_rule() { return rule("  s: {flow.deviations: flow}\n  condition: s\n", "category: network", "flow"); }

// One operation as its phases tell it: known by its conversation and the packet of its request.
Observation deviating(std::uint64_t conversation, std::uint64_t request_packet, Phase phase,
                      const std::string& seen = "C-FIND") {
  Event event = operation("10.0.0.1", "10.0.0.2", 104, "A", "B", "C-FIND", "");
  event.conversation = conversation;
  event.phase = phase;
  std::get<DicomOperation>(event.facts).requested.packet = request_packet;
  event.last.packet = request_packet + static_cast<std::uint64_t>(phase);
  return observed(std::move(event), {{DeviationKind::operation, "C-ECHO", seen}});
}

Observation without_flow(Event event, std::uint64_t conversation, Phase phase) {
  event.conversation = conversation;
  event.phase = phase;
  return observed(std::move(event), {{DeviationKind::flow, "none", "a to b"}});
}

// As records do of which the model says the same.
Observation sharing_a_judgement(Event event) {
  static const SharedDeclared kJudgement{Declared{}};
  Observation observation = observed(std::move(event));
  observation.declared = kJudgement;
  return observation;
}

std::uint64_t final_count(Detector& detector, Recorder& recorder) {
  recorder.findings.clear();
  detector.finish(recorder);
  EXPECT_EQ(recorder.findings.size(), 1U);
  return recorder.findings.empty() ? 0 : recorder.findings.front().count;
}

TEST(Detector, TellsAFindingAtItsFirstMatchAndAtTheEnd) {
  Detector detector{{operation_rule()}, Limits{}};
  Recorder recorder;
  detector.observe(observed(operation("10.0.0.1", "10.0.0.2", 104, "A", "B", "C-ECHO", "")), recorder);
  EXPECT_TRUE(recorder.findings.empty());

  detector.observe(deviating(1, 10, Phase::start), recorder);
  ASSERT_EQ(recorder.findings.size(), 1U);
  EXPECT_EQ(recorder.findings.at(0).phase, Phase::start);
  EXPECT_EQ(recorder.findings.at(0).number, 1U);
  EXPECT_EQ(recorder.findings.at(0).rule->id, "test");
  EXPECT_EQ(recorder.findings.at(0).example.declared->deviations[0].observed, "C-FIND");

  detector.observe(deviating(2, 20, Phase::end), recorder);
  EXPECT_EQ(recorder.findings.size(), 1U) << "told once";
  detector.finish(recorder);
  ASSERT_EQ(recorder.findings.size(), 2U);
  EXPECT_EQ(recorder.findings.at(1).phase, Phase::end);
  EXPECT_EQ(recorder.findings.at(1).count, 2U);
  EXPECT_EQ(recorder.findings.at(1).last.packet, 22U);
  detector.finish(recorder);
  EXPECT_EQ(recorder.findings.size(), 2U) << "finished once";
}

TEST(Detector, CountsAnOperationOnceHoweverManyPhasesItHas) {
  Detector detector{{operation_rule()}, Limits{}};
  Recorder recorder;
  detector.observe(deviating(1, 10, Phase::start), recorder);
  detector.observe(deviating(1, 11, Phase::start), recorder);
  detector.observe(deviating(1, 10, Phase::progress), recorder);
  detector.observe(deviating(1, 10, Phase::progress), recorder);
  detector.observe(deviating(1, 11, Phase::end), recorder);
  detector.observe(deviating(1, 10, Phase::end), recorder);
  EXPECT_EQ(final_count(detector, recorder), 2U);
}

// A field has room for 64 tests; those beyond are asked by themselves.
TEST(Detector, AsksWhatHasNoPlaceOfEachRecord) {
  RuleSet rules;
  for (int i = 0; i < 66; ++i)
    rules.push_back(rule("  s: {dicom.calling_ae: X" + std::to_string(i) + "}\n  condition: s\n"));
  rules.push_back(rule("  s: {dicom.calling_ae: GOOD}\n  condition: not s\n"));
  Detector detector{std::move(rules), Limits{}};
  Recorder recorder;
  for (const char* const title : {"GOOD", "GOOD", "EVIL", "EVIL"})
    detector.observe(sharing_a_judgement(operation("10.0.0.1", "10.0.0.2", 104, title, "B", "C-ECHO", "")), recorder);
  EXPECT_EQ(recorder.findings.size(), 1U);
}

TEST(Detector, TellsApartWhatAMatchHasAndTheConditionDidNotComeTo) {
  for (const bool turned : {false, true}) {
    Detector detector{{rule("  a: {dicom.command: C-ECHO}\n  b: {dicom.status_class: success}\n  condition: a or b\n")},
                      Limits{}};
    Recorder recorder;
    for (std::uint64_t i = 0; i < 6; ++i) {
      Event event = operation("10.0.0.1", "10.0.0.2", 104, "A", "B", "C-ECHO", "");
      event.conversation = i;
      auto& echo = std::get<DicomOperation>(event.facts);
      echo.command_field = 0x0030;
      echo.status = static_cast<std::uint16_t>((i % 2 == 0) == turned ? 0 : 0xC000);
      detector.observe(sharing_a_judgement(std::move(event)), recorder);
    }
    recorder.findings.clear();
    detector.finish(recorder);
    ASSERT_EQ(recorder.findings.size(), 2U);
    EXPECT_EQ(recorder.findings.front().count, 3U);
    EXPECT_EQ(recorder.findings.back().count, 3U);
  }
}

TEST(Detector, TellsApartBothValuesOfATestThatTakesEither) {
  Detector detector{{rule("  s: {dicom.request_seen: [true, false]}\n  condition: s\n")}, Limits{}};
  Recorder recorder;
  for (std::uint64_t i = 0; i < 4; ++i) {
    Event event = operation("10.0.0.1", "10.0.0.2", 104, "A", "B", "C-ECHO", "");
    event.conversation = i;
    std::get<DicomOperation>(event.facts).request_seen = i % 2 == 0;
    detector.observe(sharing_a_judgement(std::move(event)), recorder);
  }
  EXPECT_EQ(recorder.findings.size(), 2U);
}

TEST(Detector, CountsOperationsThatTellTheirEndOnly) {
  Detector detector{{operation_rule()}, Limits{}};
  Recorder recorder;
  for (std::uint64_t packet = 0; packet < 5; ++packet) detector.observe(deviating(1, packet, Phase::end), recorder);
  EXPECT_EQ(final_count(detector, recorder), 5U);
}

TEST(Detector, ARuleOfACategoryCountsConversations) {
  Detector detector{{flow_rule()}, Limits{}};
  Recorder recorder;
  for (std::uint64_t conversation = 1; conversation <= 3; ++conversation) {
    detector.observe(without_flow(connection("10.0.0.1", "10.0.0.2", 104), conversation, Phase::start), recorder);
    detector.observe(without_flow(association("10.0.0.1", "10.0.0.2", 104, "A", "B"), conversation, Phase::start),
                     recorder);
    for (int i = 0; i < 4; ++i) {
      detector.observe(
          without_flow(operation("10.0.0.1", "10.0.0.2", 104, "A", "B", "C-STORE", ""), conversation, Phase::end),
          recorder);
    }
    detector.observe(without_flow(association("10.0.0.1", "10.0.0.2", 104, "A", "B"), conversation, Phase::end),
                     recorder);
    detector.observe(without_flow(connection("10.0.0.1", "10.0.0.2", 104), conversation, Phase::end), recorder);
  }
  EXPECT_EQ(final_count(detector, recorder), 3U);
}

TEST(Detector, DistinctThingsAreDistinctFindings) {
  Detector detector{{operation_rule(), flow_rule()}, Limits{}};
  Recorder recorder;
  detector.observe(deviating(1, 1, Phase::end, "C-FIND"), recorder);
  detector.observe(deviating(1, 2, Phase::end, "C-MOVE"), recorder);  // another value
  Observation elsewhere = deviating(2, 3, Phase::end);
  elsewhere.event.parties.destination.address = IpAddress::parse("10.0.0.3").value();
  detector.observe(elsewhere, recorder);  // another destination
  Observation from_elsewhere = deviating(3, 4, Phase::end);
  from_elsewhere.event.parties.source.address = IpAddress::parse("10.0.0.4").value();
  detector.observe(from_elsewhere, recorder);                                                        // another source
  detector.observe(without_flow(connection("10.0.0.1", "10.0.0.2", 104), 4, Phase::end), recorder);  // another rule
  ASSERT_EQ(recorder.findings.size(), 5U);
  for (std::uint64_t i = 0; i < 5; ++i) EXPECT_EQ(recorder.findings.at(i).number, i + 1);
}

TEST(Detector, ADeviceIsOneWhicheverAddressItUses) {
  Detector detector{{operation_rule()}, Limits{}};
  Recorder recorder;
  for (const std::string_view address : {"10.0.0.2", "10.0.0.3"}) {
    Observation observation = deviating(1, 1, Phase::end);
    test::change(observation.declared).destination.device = "pacs";
    observation.event.parties.destination.address = IpAddress::parse(address).value();
    detector.observe(observation, recorder);
  }
  EXPECT_EQ(recorder.findings.size(), 1U);
}

// A link that comes and goes all day, now one thing and now another, with and without what deviates.
TEST(Detector, WhatFlapsIsOneFindingEach) {
  Detector detector{{operation_rule()}, Limits{}};
  Recorder recorder;
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    detector.observe(observed(operation("10.0.0.1", "10.0.0.2", 104, "A", "B", "C-ECHO", "")), recorder);
    detector.observe(deviating(2 * i, 1, Phase::start, "C-FIND"), recorder);
    detector.observe(deviating(2 * i + 1, 1, Phase::start, "C-GET"), recorder);
    detector.observe(deviating(2 * i, 1, Phase::end, "C-FIND"), recorder);
    detector.observe(deviating(2 * i + 1, 1, Phase::end, "C-GET"), recorder);
  }
  EXPECT_EQ(recorder.findings.size(), 2U);
  recorder.findings.clear();
  detector.finish(recorder);
  ASSERT_EQ(recorder.findings.size(), 2U);
  EXPECT_EQ(recorder.findings.at(0).count, 1000U);
  EXPECT_EQ(recorder.findings.at(1).count, 1000U);
}

TEST(Detector, AScanBecomesOneFindingAfterTheFirstOnes) {
  Detector detector{{operation_rule()}, Limits{}};
  Recorder recorder;
  for (std::uint64_t i = 0; i < 1000; ++i)
    detector.observe(deviating(i, i, Phase::end, "TITLE" + std::to_string(i)), recorder);
  EXPECT_EQ(recorder.findings.size(), Detector::kDistinctPerSource + 1);
  EXPECT_EQ(detector.folded(), 1000 - Detector::kDistinctPerSource);
  recorder.findings.clear();
  detector.finish(recorder);
  EXPECT_EQ(recorder.findings.back().count, 1000 - Detector::kDistinctPerSource);
}

TEST(Detector, IsBoundedAndSaysWhatItForgot) {
  Limits limits;
  limits.findings = 3;
  Detector detector{{operation_rule()}, limits};
  Recorder recorder;
  for (std::uint64_t i = 0; i < 5; ++i) {
    if (i == 3) detector.observe(deviating(90, 90, Phase::end, "0"), recorder);  // seen again: no longer the oldest
    detector.observe(deviating(i, i, Phase::start, std::to_string(i)), recorder);
  }
  EXPECT_EQ(detector.forgotten(), 2U);
  std::vector<std::string> ended;
  for (const Finding& finding : recorder.findings) {
    if (finding.phase == Phase::end) ended.push_back(finding.example.declared->deviations[0].observed);
  }
  EXPECT_EQ(ended, (std::vector<std::string>{"1", "2"}));
  recorder.findings.clear();
  detector.finish(recorder);
  ASSERT_EQ(recorder.findings.size(), 3U);
  EXPECT_EQ(recorder.findings.at(0).number, 1U);
  EXPECT_EQ(recorder.findings.at(0).count, 2U);
}

// The whole way: the example department's model, the bundled rules, and a host that nobody declared.
TEST(Detector, TheRogueIsFourFindings) {
  const Lookup department{load_model(DCMWATCH_ROOT "/config/model.yaml")};
  RecentJudgements judgements{department};
  Detector detector{load_rules(DCMWATCH_ROOT "/rules/detection"), Limits{}};
  Recorder recorder;
  const auto see = [&](Event event, Phase phase) {
    event.phase = phase;
    const SharedDeclared declared = judgements.judge(event);
    detector.observe({std::move(event), declared}, recorder);
  };
  constexpr const char* kRogue = "10.20.99.66";
  constexpr const char* kPacs = "10.20.20.10";
  see(connection(kRogue, kPacs, 11112, Protocol::dicom), Phase::start);
  for (const Phase phase : {Phase::start, Phase::end}) {
    see(association(kRogue, kPacs, 11112, "WS1", "PACS"), phase);
    see(operation(kRogue, kPacs, 11112, "WS1", "PACS", "C-FIND", "1.2.840.10008.5.1.4.1.2.2.1"), phase);
    see(operation(kRogue, kPacs, 11112, "WS1", "PACS", "C-MOVE", "1.2.840.10008.5.1.4.1.2.2.2", Invoker::opener,
                  "OLDWS"),
        phase);
  }
  see(connection(kRogue, kPacs, 11112, Protocol::dicom), Phase::end);
  std::vector<std::string> titles;
  for (const Finding& finding : recorder.findings) titles.push_back(finding.rule->title);
  EXPECT_EQ(titles, (std::vector<std::string>{"A device that nobody declared opened a connection",
                                              "Traffic crosses between zones where no conduit is declared",
                                              "An AE title used by a device that it does not belong to",
                                              "Studies were asked to be sent to an undeclared destination"}));
  recorder.findings.clear();
  detector.finish(recorder);
  for (const Finding& finding : recorder.findings) EXPECT_EQ(finding.count, 1U) << finding.rule->title;
}

// What is remembered of a judgement that many records share changes nothing: not when findings are folded, and not when
// they are forgotten.
TEST(Detector, FindsTheSameWhetherOrNotRecordsShareAJudgement) {
  const Lookup department{load_model(DCMWATCH_ROOT "/config/model.yaml")};
  RecentJudgements judgements{department};
  Limits limits;
  limits.findings = 300;
  auto rules = load_rules(DCMWATCH_ROOT "/rules/detection");
  rules.push_back(rule("  s: {flow.deviations: flow, dicom.status: '0000'}\n  condition: s\n"));
  rules.push_back(rule("  s: {source.port: 50000}\n  condition: s\n", "category: network", "port"));
  Detector sharing{rules, limits};
  Detector looking_up{rules, limits};
  Recorder one, other;
  std::uint32_t random = 1;
  for (int i = 0; i < 20'000; ++i) {
    random = random * 1664525 + 1013904223;
    const std::string rogue = "10.20.99." + std::to_string(i < 10'000 ? 1 : 1 + (random >> 25));
    const std::string target = "10.20.20." + std::to_string(1 + (random >> 24) % 200);
    Event event = (random >> 9 & 1) != 0 ? connection(rogue, target, 104, Protocol::dicom)
                                         : operation(rogue, target, 104, "A", "B", "C-ECHO", "1.2.840.10008.1.1");
    event.conversation = random >> 12 & 31;
    event.phase = static_cast<Phase>((random >> 17) % 3);
    event.parties.source.port = static_cast<std::uint16_t>(49999 + (random >> 20 & 1));
    sharing.observe({event, judgements.judge(event)}, one);
    looking_up.observe({event, department.judge(event)}, other);
  }
  sharing.finish(one);
  looking_up.finish(other);
  EXPECT_GT(sharing.forgotten(), 0U);
  EXPECT_GT(sharing.folded(), 0U);
  EXPECT_EQ(sharing.forgotten(), looking_up.forgotten());
  EXPECT_EQ(sharing.folded(), looking_up.folded());
  ASSERT_EQ(one.findings.size(), other.findings.size());
  for (std::size_t i = 0; i < one.findings.size(); ++i) {
    EXPECT_EQ(one.findings[i].number, other.findings[i].number);
    EXPECT_EQ(one.findings[i].count, other.findings[i].count);
    EXPECT_EQ(one.findings[i].rule->id, other.findings[i].rule->id);
    EXPECT_EQ(one.findings[i].last, other.findings[i].last);
  }
}

}  // namespace
}  // namespace dcmwatch
