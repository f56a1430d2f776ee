// What is declared of an HL7 interface, and what is stated of a message that differs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "model/events.h"
#include "model/lookup.h"

namespace dcmwatch {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

// The engine forwards the messages of several systems over one connection.
constexpr std::string_view kModel = R"(
zones: {a: {networks: [10.0.1.0/24]}}
services: {hl7: {protocol: hl7, ports: [2575]}}
devices:
  engine: {zone: a, addresses: 10.0.1.1}
  ris: {zone: a, addresses: 10.0.1.2}
  lab: {zone: a, addresses: 10.0.1.3}
flows:
  orders:
    from: engine
    to: ris
    service: hl7
    message_types: ["ADT^*", ORM^O01]
    senders: [HIS, "LAB|MAIN", "*|CLINIC", "CARDIO^1.2.3^ISO"]
    receivers: RIS
    versions: [2.3, 2.5.1]
    ack: original
    accession_from: [OBR-18, ORC-3]
  tests: {from: engine, to: ris, service: hl7, message_types: ["ADT^*"], senders: TESTER, processing_ids: [T, D]}
  enhanced: {from: lab, to: ris, service: hl7, message_types: any, processing_ids: any, ack: enhanced}
  unacknowledged: {from: lab, to: engine, service: hl7, message_types: any, ack: none}
)";

const Lookup& lookup() {
  static const Lookup kLookup{parse_model(std::string{kModel}, "m")};
  return kLookup;
}

/// An admission as the flow `orders` declares it.
Event admission(const std::function<void(Hl7Message&)>& change = [](Hl7Message&) {}) {
  Event event = message("10.0.1.1", "10.0.1.2", 2575, "ADT^A01");
  auto& admission = std::get<Hl7Message>(event.facts);
  admission.sending_application = "HIS";
  admission.sending_facility = "HOSPITAL";
  admission.receiving_application = "RIS";
  admission.receiving_facility = "";
  admission.version = "2.5.1";
  admission.mode = AcknowledgementMode::original;
  change(admission);
  return event;
}

std::shared_ptr<const Hl7Content> with_sender_id(std::string_view id, std::string_view type) {
  const auto content = std::make_shared<Hl7Content>();
  auto origin = std::make_unique<Hl7Origin>();
  origin->universal_ids[static_cast<std::size_t>(HeaderName::sending_application)] = {id, type};
  content->origin = std::move(origin);
  return content;
}

TEST(Hl7Flow, AMessageAsDeclaredHasNoDeviation) {
  const Declared declared = lookup().judge(admission());
  EXPECT_THAT(deviations_of(declared), IsEmpty());
  EXPECT_THAT(unknown_of(declared), IsEmpty());
  EXPECT_EQ(declared.flow, "orders");
  EXPECT_EQ(declared.message.sender, "HIS");
  EXPECT_EQ(declared.message.receiver, "RIS");
  EXPECT_EQ(declared.message.message_type, "ADT^*");
  EXPECT_EQ(declared.message.ack_mode, AcknowledgementMode::original);
}

TEST(Hl7Flow, AReceiverThatItDoesNotDeclareIsNotTold) {
  const Declared declared = lookup().judge(admission([](Hl7Message& m) { m.receiving_application = "PACS"; }));
  EXPECT_EQ(deviations_of(declared), std::vector<std::string>{"receiver: PACS, not RIS"});
  EXPECT_EQ(declared.message.sender, "HIS");
  EXPECT_EQ(declared.message.receiver, "");
}

TEST(Hl7Flow, AnySenderIsDeclaredOnlyWhereItIsWritten) {
  const auto judged = [](std::string_view written, std::string_view names = "") {
    std::string model{kModel};
    model.replace(model.find("senders: [HIS"), model.find("    receivers: RIS") - model.find("senders: [HIS"),
                  std::string{written} + "\n");
    model.replace(model.find("addresses: 10.0.1.1}"), 20, "addresses: 10.0.1.1" + std::string{names} + "}");
    model.erase(model.find("  tests:"), model.find("  enhanced:") - model.find("  tests:"));
    return Lookup{parse_model(model, "m")}.judge(admission());
  };
  EXPECT_TRUE(judged("senders: any").message.any_sender);
  EXPECT_FALSE(judged("senders: any").message.any_receiver);
  EXPECT_FALSE(judged("ticket: T1").message.any_sender) << "left out";
  EXPECT_FALSE(judged("senders: any", ", hl7: HIS").message.any_sender) << "the device has names of its own";
}

struct Case {
  std::string name;
  std::function<void(Hl7Message&)> change;
  std::vector<std::string> deviations;
  std::vector<std::string> unknown;
  std::string_view sender = "HIS";
};

class Hl7FlowCases : public testing::TestWithParam<Case> {};

TEST_P(Hl7FlowCases, StateWhatDiffersAndWhatCouldNotBeSeen) {
  const Case& expected = GetParam();
  const Declared declared = lookup().judge(admission(expected.change));
  EXPECT_EQ(deviations_of(declared), expected.deviations);
  EXPECT_EQ(unknown_of(declared), expected.unknown);
  EXPECT_EQ(declared.flow, "orders");
  EXPECT_EQ(declared.message.sender, expected.sender);
}

std::string name_of(const testing::TestParamInfo<Case>& info) { return info.param.name; }

constexpr std::string_view kSenders = "*|CLINIC, CARDIO^1.2.3^ISO, HIS, LAB|MAIN, TESTER";

INSTANTIATE_TEST_SUITE_P(
    Parts, Hl7FlowCases,
    testing::Values(Case{"sender",
                         [](auto& m) { m.sending_application = "PACS"; },
                         {"sender: PACS|HOSPITAL, not " + std::string{kSenders}},
                         {},
                         ""},
                    Case{"spaces_mean_nothing", [](auto& m) { m.sending_application = " HIS "; }, {}, {}},
                    Case{"facility",
                         [](auto& m) {
                           m.sending_application = "LAB";
                           m.sending_facility = "MAIN";
                         },
                         {},
                         {},
                         "LAB|MAIN"},
                    Case{"other_facility",
                         [](auto& m) { m.sending_application = "LAB"; },
                         {"sender: LAB|HOSPITAL, not " + std::string{kSenders}},
                         {},
                         ""},
                    Case{"any_application_of_a_facility",
                         [](auto& m) {
                           m.sending_application = "WARD7";
                           m.sending_facility = "CLINIC";
                         },
                         {},
                         {},
                         "*|CLINIC"},
                    Case{"first_component_alone", [](auto& m) { m.content = with_sender_id("9.9", "ISO"); }, {}, {}},
                    Case{"whole_name",
                         [](auto& m) {
                           m.sending_application = "CARDIO";
                           m.content = with_sender_id("1.2.3", "ISO");
                         },
                         {},
                         {},
                         "CARDIO^1.2.3^ISO"},
                    Case{"half_a_name",
                         [](auto& m) {
                           m.sending_application = "CARDIO";
                           m.content = with_sender_id("1.2.3", "");
                         },
                         {"sender: CARDIO^1.2.3^|HOSPITAL, not " + std::string{kSenders}},
                         {},
                         ""},
                    Case{
                        "receiver", [](auto& m) { m.receiving_application = "PACS"; }, {"receiver: PACS, not RIS"}, {}},
                    Case{"version", [](auto& m) { m.version = "2.4"; }, {"version: 2.4, not 2.3, 2.5.1"}, {}},
                    Case{"processing_id", [](auto& m) { m.processing_id = "T"; }, {"processing_id: T, not P"}, {}},
                    Case{"ack_mode",
                         [](auto& m) { m.mode = AcknowledgementMode::enhanced; },
                         {"ack_mode: enhanced, not original"},
                         {}},
                    Case{"header_cut",
                         [](auto& m) {
                           m.receiving_application.reset();
                           m.receiving_facility.reset();
                           m.message_type = m.version = m.processing_id = "";
                           m.mode.reset();
                         },
                         {},
                         {"receiver", "message_type", "version", "processing_id", "ack_mode"}},
                    Case{"acknowledgement_alone",
                         [](auto& m) {
                           m = {};
                           m.message_seen = false;
                           m.ack_code = "AA";
                         },
                         {},
                         {"sender", "receiver", "message_type", "version", "processing_id", "ack_mode"},
                         ""}),
    name_of);

TEST(Hl7Flow, TheSenderTellsTheFlow) {
  const auto tester = [](Hl7Message& m) { m.sending_application = "TESTER"; };
  const Declared production = lookup().judge(admission(tester));
  EXPECT_EQ(production.flow, "tests");
  EXPECT_THAT(deviations_of(production), ElementsAre("processing_id: P, not D, T"));
  const Declared test = lookup().judge(admission([&](Hl7Message& m) {
    tester(m);
    m.processing_id = "T";
  }));
  EXPECT_THAT(deviations_of(test), IsEmpty());
}

TEST(Hl7Flow, WhereEnhancedModeIsDeclaredTheOriginalDeviates) {
  Event event = message("10.0.1.3", "10.0.1.2", 2575, "ORU^R01");
  std::get<Hl7Message>(event.facts).mode = AcknowledgementMode::original;
  EXPECT_THAT(deviations_of(lookup().judge(event)), ElementsAre("ack_mode: original, not enhanced"));
}

TEST(Hl7Flow, WhereNoneIsDeclaredAnAcknowledgementDeviates) {
  Event event = message("10.0.1.3", "10.0.1.1", 2575, "ORU^R01");
  EXPECT_THAT(deviations_of(lookup().judge(event)), IsEmpty());
  std::get<Hl7Message>(event.facts).ack_code = "AA";
  EXPECT_THAT(deviations_of(lookup().judge(event)), ElementsAre("ack_mode: an acknowledgement, not none"));
}

TEST(Hl7Flow, SaysWhereTheAccessionNumberIsSought) {
  const Declared declared = lookup().judge(admission());
  ASSERT_TRUE(declared.message.accession_sought);
  EXPECT_THAT(declared.message.accession_sought->fields(), ElementsAre(AccessionField::obr_18, AccessionField::orc_3));
  EXPECT_FALSE(lookup().judge(message("10.0.1.3", "10.0.1.2", 2575, "ORU^R01")).message.accession_sought);
}

TEST(Hl7Flow, AccessionNumbersAreThoseOfThePlacesSought) {
  const Pseudonym in_obr_3{1, 2}, in_orc_3{3, 4}, of_the_next{5, 6};
  Hl7Order order, next;
  order.accession[static_cast<std::size_t>(AccessionField::obr_3)] = in_obr_3;
  order.accession[static_cast<std::size_t>(AccessionField::orc_3)] = in_orc_3;
  next.accession[static_cast<std::size_t>(AccessionField::obr_18)] = of_the_next;
  Hl7Message message;
  const auto content = std::make_shared<Hl7Content>();
  content->orders = {order, next};
  message.content = content;
  const auto sought = [&message](std::initializer_list<AccessionField> fields) {
    seek_accession(message, AccessionOrder{std::vector<AccessionField>(fields)});
    return message.accession;
  };
  EXPECT_EQ(sought({AccessionField::obr_18, AccessionField::orc_3}), in_orc_3);
  EXPECT_EQ(sought({AccessionField::obr_18}), of_the_next);
  EXPECT_TRUE(sought({AccessionField::ipc_1}).empty());
  seek_accession(message, {});
  EXPECT_EQ(message.accession, in_obr_3);
}

}  // namespace
}  // namespace dcmwatch
