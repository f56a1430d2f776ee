// The example department's model, and a normal day in it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "model/events.h"
#include "model/lookup.h"

namespace dcmwatch {
namespace {

using namespace test;

const Lookup& department() {
  static const Lookup lookup{load_model(DCMWATCH_ROOT "/config/model.yaml")};
  return lookup;
}

constexpr const char* kCt1 = "10.20.10.11";
constexpr const char* kMr1 = "10.20.10.21";
constexpr const char* kPacs = "10.20.20.10";
constexpr const char* kVna = "10.20.20.20";
constexpr const char* kWs1 = "10.20.30.11";
constexpr const char* kRis = "10.20.40.10";
constexpr const char* kEngine = "10.20.40.20";
constexpr const char* kHis = "10.20.40.30";
constexpr const char* kAi = "10.20.50.10";
constexpr const char* kPrint1 = "10.20.60.30";

constexpr std::string_view kVerification = "1.2.840.10008.1.1";
constexpr std::string_view kCtImage = "1.2.840.10008.5.1.4.1.1.2";
constexpr std::string_view kDoseReport = "1.2.840.10008.5.1.4.1.1.88.67";
constexpr std::string_view kWorklist = "1.2.840.10008.5.1.4.31";
constexpr std::string_view kStep = "1.2.840.10008.3.1.2.3.3";
constexpr std::string_view kCommitment = "1.2.840.10008.1.20.1";
constexpr std::string_view kStudyFind = "1.2.840.10008.5.1.4.1.2.2.1";
constexpr std::string_view kStudyMove = "1.2.840.10008.5.1.4.1.2.2.2";
constexpr std::string_view kStudyGet = "1.2.840.10008.5.1.4.1.2.2.3";

struct Normal {
  std::string_view flow;
  Event event;
};

std::vector<Normal> normal_day() {
  std::vector<Normal> day{
      {"worklist", association(kCt1, kRis, 11112, "CT1", "RIS")},
      {"worklist", operation(kCt1, kRis, 11112, "CT1", "RIS", "C-FIND", kWorklist)},
      {"worklist", operation(kCt1, kRis, 11112, "CT1", "RIS", "C-ECHO", kVerification)},
      {"performed-steps", operation(kCt1, kRis, 11113, "CT1", "RIS", "N-CREATE", kStep)},
      {"performed-steps", operation(kCt1, kRis, 11113, "CT1", "RIS", "N-SET", kStep)},
      {"acquisition", operation(kCt1, kPacs, 11112, "CT1", "PACS", "C-STORE", kCtImage)},
      {"acquisition", operation(kCt1, "10.20.20.11", 11112, "CT1 ", " PACS", "C-STORE", kDoseReport)},
      {"acquisition", operation(kMr1, kPacs, 11112, "MR1", "PACS", "N-ACTION", kCommitment)},
      {"acquisition", operation(kMr1, kPacs, 11112, "MR1", "PACS", "N-EVENT-REPORT", kCommitment, Invoker::acceptor)},
      {"commitment-reports", operation(kPacs, kMr1, 11112, "PACS", "MR1", "N-EVENT-REPORT", kCommitment)},
      {"reading-pacs", operation(kWs1, kPacs, 11112, "WS1", "PACS", "C-FIND", kStudyFind)},
      {"reading-pacs", operation(kWs1, kPacs, 11112, "WS1", "PACS", "C-MOVE", kStudyMove, Invoker::opener, "WS1")},
      {"reading-pacs", operation(kWs1, kPacs, 11112, "WS1", "PACS", "C-MOVE", kStudyMove, Invoker::opener, "AINODE ")},
      {"reading-pacs", operation(kWs1, kPacs, 11112, "WS1", "PACS", "C-GET", kStudyGet)},
      {"reading-pacs", operation(kWs1, kPacs, 11112, "WS1", "PACS", "C-STORE", kCtImage, Invoker::acceptor)},
      {"reading-vna", operation(kWs1, kVna, 104, "WS1", "VNA", "C-FIND", "1.2.840.10008.5.1.4.1.2.1.1")},
      {"reading-results", operation(kWs1, kPacs, 11112, "WS1", "PACS", "C-STORE", "1.2.840.10008.5.1.4.1.1.11.1")},
      {"delivery", operation(kPacs, kWs1, 11112, "PACS", "WS1", "C-STORE", kCtImage)},
      {"archiving", operation(kPacs, kVna, 104, "PACS", "VNA", "C-STORE", kCtImage)},
      {"analysis", operation(kVna, kAi, 11112, "VNA", "AINODE", "C-STORE", kCtImage)},
      {"analysis-results", operation(kAi, kPacs, 11112, "AINODE", "PACS", "C-STORE", "1.2.840.10008.5.1.4.1.1.66.4")},
      {"printing", operation(kWs1, kPrint1, 104, "WS1", "PRINT1", "N-CREATE", "1.2.840.10008.5.1.1.1")},
      {"patients-and-orders", message(kHis, kEngine, 2575, "ADT^A08")},
      {"orders-to-radiology", message(kEngine, kRis, 2575, "ORM^O01")},
      {"radiology-results", message(kRis, kEngine, 2575, "ORU^R01")},
      {"results-to-his", message(kEngine, kHis, 2575, "ORU^R01")},
      {"names", connection(kCt1, "10.20.60.53", 53, Protocol::unidentified, Transport::udp)},
      {"names", connection(kHis, "10.20.60.53", 53)},
      {"time", connection(kPacs, "10.20.60.123", 123, Protocol::unidentified, Transport::udp)},
      {"vendor-access", connection("10.20.90.10", kCt1, 22, Protocol::ssh)},
      {"vendor-access", connection("10.20.90.10", kPacs, 443, Protocol::tls)},
      {"acquisition", connection(kCt1, kPacs, 11112)},
      {"acquisition", connection(kCt1, kPacs, 11112, Protocol::dicom)},
      {"acquisition", association("fd00:20::10:11", "fd00:20::20:10", 11112, "CT1", "PACS")},
  };
  const Timestamp monday_noon = timestamp_from_ns(1'770'638'400'000'000'000);  // 2026-02-09 12:00 UTC
  for (Normal& normal : day) {
    normal.event.first.time = normal.event.last.time = monday_noon;
    if (auto* const operation = std::get_if<DicomOperation>(&normal.event.facts))
      operation->requested.time = monday_noon;
    if (auto* const message = std::get_if<Hl7Message>(&normal.event.facts)) message->sent.time = monday_noon;
  }
  return day;
}

TEST(Department, ANormalDayHasNoDeviation) {
  for (const auto& [flow, event] : normal_day()) {
    const Declared declared = department().judge(event);
    EXPECT_THAT(deviations_of(declared), testing::IsEmpty()) << flow;
    EXPECT_EQ(declared.flow, flow);
    EXPECT_FALSE(declared.source.device.empty());
    EXPECT_FALSE(declared.destination.zone.empty());
  }
}

TEST(Department, ANormalDayJoinedMidwayHasNoDeviationEither) {
  for (const auto& [flow, event] : normal_day()) {
    const Declared declared = department().judge(joined_midway_and_reversed(event));
    EXPECT_THAT(deviations_of(declared), testing::IsEmpty()) << flow;
    EXPECT_EQ(declared.flow, flow);
    EXPECT_THAT(unknown_of(declared), testing::Contains("direction")) << flow;
  }
}

std::string text_of(const std::string& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

TEST(ModelReference, ItsExampleLoadsAndItNamesEverything) {
  const std::string text = text_of(DCMWATCH_ROOT "/docs/model.md");
  const auto begin = text.find("```yaml\n") + 8;
  const auto model = parse_model(text.substr(begin, text.find("```", begin) - begin), "docs/model.md");
  EXPECT_EQ(model->flows.size(), 1U);
  for (const SopClassFamily& family : sop_class_families()) {
    EXPECT_NE(text.find('`' + std::string{family.name} + '`'), std::string::npos) << family.name;
  }
  for (int i = 0; i <= static_cast<int>(DeviationKind::order); ++i) {
    const std::string name{to_text(static_cast<DeviationKind>(i))};
    EXPECT_NE(text.find('`' + name + '`'), std::string::npos) << name;
  }
}

TEST(Department, TheRogueIsSeen) {
  const Declared declared = department().judge(
      operation("10.20.99.66", kPacs, 11112, "WS1", "PACS", "C-MOVE", kStudyMove, Invoker::opener, "OLDWS"));
  EXPECT_THAT(deviations_of(declared),
              testing::ElementsAre("source.device: 10.20.99.66, not a declared device",
                                   "zone_crossing: office to archive, not none",
                                   "calling_ae: WS1, which is ws1's, not one of its own",
                                   "move_destination: OLDWS, not a title of a declared device"));
  EXPECT_EQ(declared.source.device, "");
  EXPECT_EQ(declared.source.zone, "office");
  EXPECT_EQ(declared.destination.device, "pacs");
}

}  // namespace
}  // namespace dcmwatch
