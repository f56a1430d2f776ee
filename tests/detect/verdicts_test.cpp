#include "detect/verdicts.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "detect/rules.h"
#include "model/events.h"

namespace dcmwatch {
namespace {

using namespace test;

std::vector<Observation> mixture() {
  std::vector<Observation> records;
  records.push_back(
      observed(connection("10.0.0.1", "203.0.113.7", 104), {{DeviationKind::outside, "", "203.0.113.7"}}));
  records.push_back(observed(association("10.0.0.1", "10.0.0.2", 11112, "ECHOSCU", "any-scp")));
  records.push_back(observed(association("10.0.0.1", "10.0.0.2", 11112, "DVTK_1", "PACS"),
                             {{DeviationKind::calling_ae_title, "CT1", "DVTK_1"}}));
  for (const char* const command : {"C-ECHO", "C-FIND", "C-MOVE", "C-STORE"}) {
    records.push_back(observed(operation("10.0.0.1", "10.0.0.2", 11112, "WS1", "PACS", command, "1.2.840.10008.1.1"),
                               {{DeviationKind::source_device, "", "10.0.0.1"}}));
  }
  records.push_back(observed(message("10.0.0.1", "10.0.0.2", 2575, "ADT^A01")));
  records.push_back(observed(violation("10.0.0.1", "10.0.0.2", "dicom.suspicious_ae_title")));
  records.push_back(observed(study("10.0.0.1", "10.0.0.2", 11112, "CT1", "PACS", true)));
  for (std::size_t i = records.size(); i-- != 0;) {
    records.push_back(records[i]);
    records.back().event.phase = Phase::start;
    test::change(records.back().declared).source = {"ct1", "modalities", "modality"};
  }
  return records;
}

// By the rules' own words, one field after the other.
void expect_the_same(RuleSet rules) {
  Verdicts verdicts{rules};
  std::size_t matches = 0;
  for (const Observation& record : mixture()) {
    verdicts.take(record);
    for (const Rule& rule : rules) {
      if (rule.correlation) continue;
      EXPECT_EQ(verdicts.matches(rule), rule.matches(record)) << rule.info->title;
      matches += rule.matches(record) ? 1 : 0;
    }
  }
  EXPECT_GT(matches, 0U);
}

TEST(Verdicts, SayWhatEachBundledRuleSaysByItself) { expect_the_same(load_rules(DCMWATCH_ROOT "/rules/detection")); }

TEST(Verdicts, SayWhatEveryKindOfTestSaysByItself) {
  const std::string long_text(70, 'x');
  RuleSet rules;
  for (const std::string& selection : {std::string{"{dicom.command: [c-move, C-STORE]}"},
                                       std::string{"{dicom.calling_ae|cased: [ws1, PACS]}"},
                                       std::string{"{dicom.command: [null, C-FIND]}"},
                                       std::string{"{dicom.command: null}"},
                                       std::string{"{dicom.command|neq: C-FIND}"},
                                       std::string{"{dicom.command|exists: false}"},
                                       std::string{"{dicom.command|re: 'C-(E|F).*'}"},
                                       std::string{"{dicom.calling_ae: [WS?, 'DVTK*']}"},
                                       "{dicom.calling_ae: [" + long_text + ", WS1]}",
                                       std::string{"{dicom.calling_ae: [ÄRZTE, ws1]}"},
                                       std::string{"{dicom.calling_ae|fieldref: dicom.called_ae}"},
                                       std::string{"{source.ip|cidr: 10.0.0.0/8}"},
                                       std::string{"{destination.ip: [10.0.0.2, 203.0.113.7]}"},
                                       std::string{"{destination.port|gte: 11112}"},
                                       std::string{"{destination.port: [104, 2575]}"},
                                       std::string{"{flow.deviations: [outside, source.device]}"},
                                       std::string{"{flow.deviations: null}"},
                                       std::string{"{flow.deviations|exists: true}"},
                                       std::string{"{source.role: [modality, null]}"},
                                       std::string{"{event.phase|neq: end}"}}) {
    rules.push_back(rule("  s: " + selection + "\n  condition: s\n", "category: network"));
    rules.push_back(rule("  s: " + selection + "\n  condition: not s\n", "category: network"));
  }
  expect_the_same(std::move(rules));
}

TEST(Verdicts, SayTheSameOfMoreTestsThanFindRoom) {
  RuleSet rules;
  for (int i = 0; i < 200; ++i) {
    const std::string title = i % 2 == 0 ? "WS" + std::to_string(i / 2) : "DVTK*";
    rules.push_back(rule("  s: {dicom.calling_ae: [A" + std::to_string(i) + ", '" + title + "']}\n  condition: s\n",
                         "category: network"));
  }
  expect_the_same(std::move(rules));
}

}  // namespace
}  // namespace dcmwatch
