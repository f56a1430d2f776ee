#include "model/lookup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "model/events.h"

namespace dcmwatch {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kModel = R"(
zones:
  a: {networks: [10.0.1.0/24]}
  b: {networks: [10.0.2.0/24]}
  c: {networks: [10.0.3.0/24]}
services:
  dicom: {protocol: dicom, ports: [104]}
  hl7: {protocol: hl7, ports: [2575]}
  ssh: {protocol: other, ports: [22]}
  ntp: {protocol: other, transport: udp, ports: [123]}
devices:
  ct: {zone: a, addresses: 10.0.1.1, ae_titles: [CT]}
  mr: {zone: a, addresses: 10.0.1.2, ae_titles: [MR, SHARED]}
  pacs: {zone: b, addresses: [10.0.2.1, 10.0.2.2], ae_titles: [PACS, SHARED]}
  ris: {zone: b, addresses: 10.0.2.3, ae_titles: [RESULTS]}
  his: {zone: c, addresses: 10.0.3.1}
  pool: {zone: c, addresses: 10.0.3.128/26, ae_titles: [POOL]}
flows:
  store: {from: zone:a, to: pacs, service: dicom, operations: [C-ECHO, C-STORE], acceptor_operations: [N-EVENT-REPORT],
          sop_classes: [image storage, storage commitment]}
  query: {from: mr, to: pacs, service: dicom, calling_ae: [SHARED], operations: [C-FIND, C-MOVE], sop_classes: [study root query retrieve],
          move_destinations: [MR]}
  pull: {from: pool, to: pacs, service: dicom, operations: [C-MOVE, C-GET], sop_classes: any, move_destinations: any, calling_ae: any}
  results-of-mr: {from: mr, to: pacs, service: dicom, calling_ae: [RESULTS], operations: [C-STORE], sop_classes: any}
  ordered: {from: pool, to: pacs, service: dicom, operations: [C-STORE], sop_classes: any, requires: [order]}
  ordered-mr: {from: mr, to: pacs, service: dicom, ports: [105], operations: [C-STORE], sop_classes: any, requires: [order]}
  unordered-mr: {from: mr, to: pacs, service: dicom, ports: [105], calling_ae: [SHARED], operations: [C-STORE], sop_classes: any}
  orders: {from: his, to: ris, service: hl7, message_types: ["ADT^*", ORM^O01, ORU]}
  results: {from: ris, to: his, service: hl7, ports: [2576], message_types: [ORU^R01]}
  admin: {from: his, to: [pacs, ct], service: ssh}
  time: {from: zone:a, to: his, service: ntp}
)";

const Lookup& lookup() {
  static const Lookup kLookup{parse_model(std::string{kModel}, "m")};
  return kLookup;
}

constexpr std::string_view kCtImage = "1.2.840.10008.5.1.4.1.1.2";
constexpr std::string_view kFind = "1.2.840.10008.5.1.4.1.2.2.1";
constexpr std::string_view kMove = "1.2.840.10008.5.1.4.1.2.2.2";

struct Case {
  std::string name;
  Event event;
  std::string_view flow;
  std::vector<std::string> deviations;
  std::vector<std::string> unknown;
};

class Judge : public testing::TestWithParam<Case> {};

TEST_P(Judge, StatesWhatDiffersAndWhatCouldNotBeSeen) {
  const Case& expected = GetParam();
  const Declared declared = lookup().judge(expected.event);
  EXPECT_EQ(deviations_of(declared), expected.deviations);
  EXPECT_EQ(unknown_of(declared), expected.unknown);
  EXPECT_EQ(declared.flow, expected.flow);
}

std::string name_of(const testing::TestParamInfo<Case>& info) { return info.param.name; }

Event unknown_opener(Event event) {
  event.parties.opener_known = false;
  return event;
}

INSTANTIATE_TEST_SUITE_P(
    Paths, Judge,
    testing::Values(
        Case{"declared", connection("10.0.1.1", "10.0.2.1", 104, Protocol::dicom), "store", {}, {}},
        Case{"not_identified_yet", connection("10.0.1.1", "10.0.2.1", 104), "store", {}, {"service"}},
        Case{"encrypted", connection("10.0.1.1", "10.0.2.1", 104, Protocol::tls), "store", {}, {"service"}},
        Case{"by_port_alone", connection("10.0.3.1", "10.0.2.1", 22), "admin", {}, {}},
        Case{"ssh_where_declared", connection("10.0.3.1", "10.0.2.1", 22, Protocol::ssh), "admin", {}, {}},
        Case{"dicom_on_the_ssh_port",
             connection("10.0.3.1", "10.0.2.1", 22, Protocol::dicom),
             "admin",
             {"service: dicom, not ssh"},
             {}},
        Case{"http_on_the_dicom_port",
             connection("10.0.1.1", "10.0.2.1", 104, Protocol::http),
             "store",
             {"service: http, not dicom"},
             {}},
        Case{"source_device",
             connection("10.0.1.9", "10.0.2.1", 104, Protocol::dicom),
             "",
             {"source.device: 10.0.1.9, not a declared device"},
             {}},
        Case{"destination_device",
             connection("10.0.1.1", "10.0.2.9", 104),
             "",
             {"destination.device: 10.0.2.9, not a declared device"},
             {}},
        Case{"outside",
             connection("192.0.2.1", "10.0.2.1", 104),
             "",
             {"source.device: 192.0.2.1, not a declared device",
              "outside: 192.0.2.1 (public), not addresses of declared zones",
              "zone_crossing: outside every zone to b, not none"},
             {}},
        Case{"both_outside",
             connection("192.0.2.1", "192.0.2.2", 80),
             "",
             {"source.device: 192.0.2.1, not a declared device",
              "outside: 192.0.2.1 (public), 192.0.2.2 (public), not addresses of declared zones",
              "destination.device: 192.0.2.2, not a declared device"},
             {}},
        Case{"flow_in_one_zone",
             connection("10.0.1.1", "10.0.1.2", 104, Protocol::dicom),
             "",
             {"flow: ct to mr (dicom), not none"},
             {}},
        Case{"flow_and_zone_crossing",
             connection("10.0.2.3", "10.0.1.1", 104, Protocol::dicom),
             "",
             {"flow: ris to ct (dicom), not none", "zone_crossing: b to a, not to c"},
             {}},
        Case{"port",
             connection("10.0.1.1", "10.0.2.1", 4242, Protocol::dicom),
             "store",
             {"port: 4242/tcp, not 104/tcp"},
             {}},
        Case{"port_of_a_scan",
             connection("10.0.1.1", "10.0.2.1", 22),
             "store",
             {"port: 22/tcp, not 104/tcp"},
             {"service"}},
        Case{"transport", connection("10.0.1.1", "10.0.3.1", 123), "time", {"port: 123/tcp, not 123/udp"}, {}},
        Case{"direction",
             connection("10.0.2.1", "10.0.1.1", 104, Protocol::dicom),
             "",
             {"direction: pacs to ct, not ct to pacs", "zone_crossing: b to a, not to c"},
             {}},
        Case{"direction_unknown",
             unknown_opener(connection("10.0.1.1", "10.0.2.1", 104, Protocol::dicom)),
             "store",
             {},
             {"direction"}},
        Case{"direction_unknown_reversed",
             joined_midway_and_reversed(connection("10.0.1.1", "10.0.2.1", 104, Protocol::dicom)),
             "store",
             {},
             {"direction"}},
        Case{"port_with_direction_unknown",
             joined_midway_and_reversed(connection("10.0.1.1", "10.0.2.1", 4242, Protocol::dicom)),
             "store",
             {"port: 4242/tcp of pacs or 40000/tcp of ct, whichever listens, not 104/tcp"},
             {"direction"}},
        Case{"port_or_direction",
             unknown_opener(connection("10.0.2.1", "10.0.1.1", 104, Protocol::dicom)),
             "store",
             {"port: 40000/tcp of pacs or 104/tcp of ct, whichever listens, not 104/tcp"},
             {"direction"}},
        Case{"flow_with_direction_unknown",
             unknown_opener(connection("10.0.1.1", "10.0.1.2", 104, Protocol::dicom)),
             "",
             {"flow: ct to mr (dicom), not none"},
             {"direction"}},
        Case{"member_of_a_block", connection("10.0.3.150", "10.0.2.1", 104, Protocol::dicom), "pull", {}, {}},
        Case{"multicast",
             connection("10.0.1.1", "224.0.0.251", 5353, Protocol::unidentified, Transport::udp),
             "",
             {},
             {}},
        Case{"broadcast",
             connection("10.0.1.1", "255.255.255.255", 67, Protocol::unidentified, Transport::udp),
             "",
             {},
             {}},
        Case{"broadcast_of_the_zone",
             connection("10.0.1.1", "10.0.1.255", 137, Protocol::unidentified, Transport::udp),
             "",
             {},
             {}},
        Case{"broadcast_by_a_stranger",
             connection("10.0.1.9", "10.0.1.255", 137, Protocol::unidentified, Transport::udp),
             "",
             {"source.device: 10.0.1.9, not a declared device"},
             {}},
        Case{"multicast_by_a_stranger_with_an_address_of_its_own",
             connection("fe80::12", "ff02::fb", 5353, Protocol::unidentified, Transport::udp),
             "",
             {},
             {"source.device"}},
        Case{"no_address_yet",
             connection("0.0.0.0", "255.255.255.255", 67, Protocol::unidentified, Transport::udp),
             "",
             {},
             {}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Titles, Judge,
    testing::Values(
        Case{"bound", association("10.0.1.1", "10.0.2.1", 104, "CT", "PACS"), "store", {}, {}},
        Case{"padded", association("10.0.1.1", "10.0.2.1", 104, " CT  ", "PACS "), "store", {}, {}},
        Case{"shared", association("10.0.1.2", "10.0.2.2", 104, "MR", "SHARED"), "store", {}, {}},
        Case{"calling",
             association("10.0.1.1", "10.0.2.1", 104, "MR", "PACS"),
             "store",
             {"calling_ae: MR, which is mr's, not CT"},
             {}},
        Case{"case_alone",
             association("10.0.1.1", "10.0.2.1", 104, "ct", "PACS"),
             "store",
             {"ae_title_case: ct, not CT"},
             {}},
        Case{"called",
             association("10.0.1.1", "10.0.2.1", 104, "CT", "ARCHIVE"),
             "store",
             {"called_ae: ARCHIVE, not PACS, SHARED"},
             {}},
        Case{"both",
             association("10.0.1.1", "10.0.2.1", 104, "X", "Y"),
             "store",
             {"called_ae: Y, not PACS, SHARED", "calling_ae: X, not CT"},
             {}},
        Case{"unseen",
             association("10.0.1.1", "10.0.2.1", 104, nullptr, nullptr),
             "store",
             {},
             {"called_ae", "calling_ae"}},
        Case{"any_title", association("10.0.3.130", "10.0.2.1", 104, "WHATEVER", "PACS"), "pull", {}, {}},
        Case{"title_tells_the_flow", association("10.0.1.2", "10.0.2.1", 104, "SHARED", "PACS"), "store", {}, {}},
        Case{"of_a_stranger",
             association("10.0.1.9", "10.0.2.1", 104, "NEW", "PACS"),
             "",
             {"source.device: 10.0.1.9, not a declared device"},
             {}},
        Case{"borrowed_by_a_stranger",
             association("10.0.1.9", "10.0.2.1", 104, "CT", "PACS"),
             "",
             {"source.device: 10.0.1.9, not a declared device", "calling_ae: CT, which is ct's, not one of its own"},
             {}},
        Case{"answered_to_by_a_stranger",
             association("10.0.1.1", "10.0.1.9", 104, "CT", "PACS"),
             "",
             {"destination.device: 10.0.1.9, not a declared device",
              "called_ae: PACS, which is pacs's, not one of its own"},
             {}},
        Case{"borrowed_without_a_flow",
             association("10.0.1.1", "10.0.1.2", 104, "PACS", "MR"),
             "",
             {"flow: ct to mr (dicom), not none", "calling_ae: PACS, which is pacs's, not CT"},
             {}},
        Case{"its_own_without_a_flow",
             association("10.0.1.1", "10.0.1.2", 104, "CT", "MR"),
             "",
             {"flow: ct to mr (dicom), not none"},
             {}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Operations, Judge,
    testing::Values(
        Case{"store", operation("10.0.1.1", "10.0.2.1", 104, "CT", "PACS", "C-STORE", kCtImage), "store", {}, {}},
        Case{"echo_brings_its_sop_class",
             operation("10.0.1.1", "10.0.2.1", 104, "CT", "PACS", "C-ECHO", "1.2.840.10008.1.1"),
             "store",
             {},
             {}},
        Case{"second_flow", operation("10.0.1.2", "10.0.2.1", 104, "SHARED", "PACS", "C-FIND", kFind), "query", {}, {}},
        Case{"second_flow_is_bound_to_its_title",
             operation("10.0.1.2", "10.0.2.1", 104, "MR", "PACS", "C-FIND", kFind),
             "store",
             {"operation: C-FIND, not C-ECHO, C-STORE"},
             {}},
        Case{"undeclared",
             operation("10.0.1.1", "10.0.2.1", 104, "CT", "PACS", "C-FIND", kFind),
             "store",
             {"operation: C-FIND, not C-ECHO, C-STORE"},
             {}},
        Case{"wrong_sop_class",
             operation("10.0.1.1", "10.0.2.1", 104, "CT", "PACS", "C-STORE", "1.2.840.10008.5.1.4.1.1.104.1"),
             "store",
             {"sop_class: Encapsulated PDF Storage, not image storage, storage commitment"},
             {}},
        Case{"private_sop_class",
             operation("10.0.1.1", "10.0.2.1", 104, "CT", "PACS", "C-STORE", "1.2.840.113619.4.27"),
             "store",
             {"sop_class: 1.2.840.113619.4.27, not image storage, storage commitment"},
             {}},
        Case{"sop_class_unseen",
             operation("10.0.1.1", "10.0.2.1", 104, "CT", "PACS", "C-STORE", ""),
             "store",
             {},
             {"sop_class"}},
        Case{"report_backwards",
             operation("10.0.1.1", "10.0.2.1", 104, "CT", "PACS", "N-EVENT-REPORT", "1.2.840.10008.1.20.1",
                       Invoker::acceptor),
             "store",
             {},
             {}},
        Case{"store_backwards",
             operation("10.0.1.1", "10.0.2.1", 104, "CT", "PACS", "C-STORE", kCtImage, Invoker::acceptor),
             "store",
             {"operation: C-STORE by acceptor, not N-EVENT-REPORT by acceptor"},
             {}},
        Case{"store_of_a_get",
             operation("10.0.3.130", "10.0.2.1", 104, "POOL", "PACS", "C-STORE", kCtImage, Invoker::acceptor),
             "pull",
             {},
             {}},
        Case{"move",
             operation("10.0.1.2", "10.0.2.1", 104, "SHARED", "PACS", "C-MOVE", kMove, Invoker::opener, "MR "),
             "query",
             {},
             {}},
        Case{"move_elsewhere",
             operation("10.0.1.2", "10.0.2.1", 104, "SHARED", "PACS", "C-MOVE", kMove, Invoker::opener, "CT"),
             "query",
             {"move_destination: CT, not MR"},
             {}},
        Case{"move_to_any_declared",
             operation("10.0.3.130", "10.0.2.1", 104, "POOL", "PACS", "C-MOVE", kMove, Invoker::opener, "CT"),
             "pull",
             {},
             {}},
        Case{"move_to_any_is_not_to_nobody",
             operation("10.0.3.130", "10.0.2.1", 104, "POOL", "PACS", "C-MOVE", kMove, Invoker::opener, "EVIL"),
             "pull",
             {"move_destination: EVIL, not any title of a declared device"},
             {}},
        Case{"move_destination_unseen",
             operation("10.0.1.2", "10.0.2.1", 104, "SHARED", "PACS", "C-MOVE", kMove),
             "query",
             {},
             {"move_destination"}},
        Case{"undeclared_move",
             operation("10.0.1.1", "10.0.2.1", 104, "CT", "PACS", "C-MOVE", kMove, Invoker::opener, "EVIL"),
             "store",
             {"operation: C-MOVE, not C-ECHO, C-STORE", "move_destination: EVIL, not none"},
             {}},
        Case{"on_the_wrong_port",
             operation("10.0.1.1", "10.0.2.1", 4242, "CT", "PACS", "C-FIND", kFind),
             "store",
             {"port: 4242/tcp, not 104/tcp", "operation: C-FIND, not C-ECHO, C-STORE"},
             {}},
        Case{"midway",
             joined_midway_and_reversed(operation("10.0.1.1", "10.0.2.1", 104, "CT", "PACS", "C-STORE", kCtImage)),
             "store",
             {},
             {"direction", "called_ae", "calling_ae"}},
        Case{"midway_undeclared",
             joined_midway_and_reversed(operation("10.0.1.1", "10.0.2.1", 104, "CT", "PACS", "C-FIND", kFind)),
             "store",
             {"operation: C-FIND, not C-ECHO, C-STORE"},
             {"direction", "called_ae", "calling_ae"}}),
    name_of);

constexpr std::string_view kNoOrder =
    "order: none in sight, not a worklist entry, a performed step or an order message";

Event while_in_progress(Event event) {
  event.phase = Phase::progress;
  return event;
}

Event impaired(Event event) {
  event.visibility.lost = true;
  return event;
}

// Of a C-GET, as relate tells it: from who sent.
Event got(Event event) {
  event.parties.reverse();
  event.parties.opener_known = false;
  return event;
}

// By a performed step, and then never sent.
Event announced_alone(Event event) {
  auto& study = std::get<DicomStudy>(event.facts);
  study.stored = 0;
  study.announced = study.missing = study.unsent = 1;
  study.ordered.reset();
  return event;
}

Event reported_late(Event event) {
  auto& study = std::get<DicomStudy>(event.facts);
  study.stored = 0;
  study.committed = 1;
  study.ordered.reset();
  return event;
}

INSTANTIATE_TEST_SUITE_P(
    Studies, Judge,
    testing::Values(
        Case{"study_ordered", study("10.0.3.150", "10.0.2.1", 104, "POOL", "PACS", true), "ordered", {}, {}},
        Case{"study_not_ordered",
             study("10.0.3.150", "10.0.2.1", 104, "POOL", "PACS", false),
             "ordered",
             {std::string{kNoOrder}},
             {}},
        Case{"study_of_who_may_have_orders_from_elsewhere",
             study("10.0.3.150", "10.0.2.1", 104, "POOL", "PACS", std::nullopt),
             "ordered",
             {},
             {"order"}},
        Case{"study_not_wholly_seen",
             impaired(study("10.0.3.150", "10.0.2.1", 104, "POOL", "PACS", false)),
             "ordered",
             {},
             {"order"}},
        Case{"study_not_wholly_seen_but_ordered",
             impaired(study("10.0.3.150", "10.0.2.1", 104, "POOL", "PACS", true)),
             "ordered",
             {},
             {}},
        Case{"study_in_progress",
             while_in_progress(study("10.0.3.150", "10.0.2.1", 104, "POOL", "PACS", false)),
             "ordered",
             {},
             {}},
        Case{"study_announced_alone",
             announced_alone(study("10.0.3.150", "10.0.2.1", 104, "POOL", "PACS", false)),
             "ordered",
             {},
             {}},
        Case{"study_with_a_late_report",
             reported_late(study("10.0.3.150", "10.0.2.1", 104, "POOL", "PACS", false)),
             "ordered",
             {},
             {}},
        Case{"study_that_needs_no_order", study("10.0.1.1", "10.0.2.1", 104, "CT", "PACS", false), "store", {}, {}},
        Case{"study_is_of_the_flow_that_stores",
             study("10.0.1.2", "10.0.2.1", 104, "RESULTS", "PACS", std::nullopt),
             "results-of-mr",
             {},
             {}},
        Case{"study_of_two_flows_that_both_may",
             study("10.0.1.2", "10.0.2.1", 105, "SHARED", "PACS", false),
             "ordered-mr",
             {},
             {}},
        Case{"study_whose_title_tells_the_flow",
             study("10.0.1.2", "10.0.2.1", 105, "MR", "PACS", false),
             "ordered-mr",
             {std::string{kNoOrder}},
             {}},
        Case{
            "study_that_was_fetched", got(study("10.0.3.150", "10.0.2.1", 104, "PACS", "POOL", false)), "pull", {}, {}},
        Case{"study_between_strangers", study("10.0.3.2", "10.0.2.1", 104, "POOL", "PACS", false), "", {}, {}}),
    name_of);

TEST(Judge, ARequestThatWasNotSeenIsUnknown) {
  Event event = operation("10.0.1.1", "10.0.2.1", 104, "CT", "PACS", "C-MOVE", "", Invoker::opener, "EVIL");
  std::get<DicomOperation>(event.facts).request_seen = false;
  const Declared declared = lookup().judge(event);
  EXPECT_THAT(deviations_of(declared), IsEmpty());
  EXPECT_THAT(unknown_of(declared), ElementsAre("operation", "sop_class", "move_destination"));
}

INSTANTIATE_TEST_SUITE_P(
    Messages, Judge,
    testing::Values(Case{"any_event", message("10.0.3.1", "10.0.2.3", 2575, "ADT^A40"), "orders", {}, {}},
                    Case{"one_event", message("10.0.3.1", "10.0.2.3", 2575, "ORM^O01"), "orders", {}, {}},
                    Case{"code_alone", message("10.0.3.1", "10.0.2.3", 2575, "ORU"), "orders", {}, {}},
                    Case{"other_event",
                         message("10.0.3.1", "10.0.2.3", 2575, "ORM^O02"),
                         "orders",
                         {"message_type: ORM^O02, not ADT^*, ORM^O01, ORU"},
                         {}},
                    Case{"other_code",
                         message("10.0.3.1", "10.0.2.3", 2575, "MFN^M02"),
                         "orders",
                         {"message_type: MFN^M02, not ADT^*, ORM^O01, ORU"},
                         {}},
                    Case{"similar_code",
                         message("10.0.3.1", "10.0.2.3", 2575, "ADTX^A01"),
                         "orders",
                         {"message_type: ADTX^A01, not ADT^*, ORM^O01, ORU"},
                         {}},
                    Case{"unseen_type", message("10.0.3.1", "10.0.2.3", 2575, ""), "orders", {}, {"message_type"}},
                    Case{"sent_backwards", message("10.0.3.1", "10.0.2.3", 2575, "ORU^R01", false), "results", {}, {}},
                    Case{"undeclared_backwards",
                         message("10.0.3.1", "10.0.2.3", 2575, "ADT^A01", false),
                         "results",
                         {"message_type: ADT^A01, not ORU^R01"},
                         {}},
                    Case{"hl7_midway",
                         joined_midway_and_reversed(message("10.0.3.1", "10.0.2.3", 2575, "ADT^A01")),
                         "orders",
                         {},
                         {"direction"}}),
    name_of);

// So many packets of each side, and no proof that either is who it says.
Event glimpse(Event event, std::uint64_t by_source, std::uint64_t by_destination) {
  event.proven = false;
  std::get<ConnectionFact>(event.facts).packets = {by_source, by_destination};
  return event;
}
Event answered(Event event) {
  auto& fact = std::get<ConnectionFact>(event.facts);
  fact.end = ConnectionEnd::timed_out;
  return event;
}
constexpr auto kUdp = Transport::udp;

INSTANTIATE_TEST_SUITE_P(
    OneEndAlone, Judge,
    testing::Values(
        // SYN-ACKs: who is said to have asked may never have
        Case{"an_answer_to_a_stranger",
             answered(glimpse(connection("10.0.9.9", "10.0.2.1", 104), 0, 1)),
             "",
             {},
             {"source.device"}},
        Case{"an_answer_to_who_may_not_ask",
             answered(glimpse(connection("10.0.1.1", "10.0.1.2", 104), 0, 1)),
             "",
             {"listener: 104/tcp, not none"},
             {"source.device"}},
        Case{"an_answer_from_an_undeclared_listener",
             answered(glimpse(connection("203.0.113.7", "10.0.2.1", 8080), 0, 1)),
             "",
             {"listener: 8080/tcp, not 104-105/tcp, 22/tcp"},
             {"source.device"}},
        Case{"an_answer_of_a_stranger",
             answered(glimpse(connection("10.0.1.1", "10.0.2.9", 104), 0, 1)),
             "",
             {"destination.device: 10.0.2.9, not a declared device"},
             {"source.device"}},
        Case{"an_answer_on_a_declared_flow",
             answered(glimpse(connection("10.0.1.1", "10.0.2.1", 104), 0, 1)),
             "store",
             {},
             {"source.device", "service"}},
        // a RST, a FIN, data: whoever it is sent to
        Case{"a_segment_to_a_stranger",
             unknown_opener(glimpse(connection("10.0.1.1", "203.0.113.7", 443), 1, 0)),
             "",
             {},
             {"destination.device", "direction"}},
        Case{"a_segment_of_a_stranger",
             unknown_opener(glimpse(connection("10.0.1.9", "10.0.2.1", 104), 1, 0)),
             "",
             {"source.device: 10.0.1.9, not a declared device"},
             {"destination.device", "direction"}},
        Case{"a_datagram_that_answers_a_stranger",
             unknown_opener(glimpse(connection("10.0.9.9", "10.0.3.1", 123, Protocol::unidentified, kUdp), 0, 1)),
             "",
             {},
             {"source.device", "direction"}},
        // whoever calls has called
        Case{"a_call_to_a_stranger",
             glimpse(connection("10.0.1.1", "10.0.2.9", 104), 1, 0),
             "",
             {"destination.device: 10.0.2.9, not a declared device"},
             {}}),
    name_of);

TEST(Judge, AnAcknowledgementAloneIsNotJudged) {
  Event event = message("10.0.3.1", "10.0.2.3", 2575, "");
  auto& acknowledgement = std::get<Hl7Message>(event.facts);
  acknowledgement = {};
  acknowledgement.message_seen = false;
  EXPECT_THAT(deviations_of(lookup().judge(event)), IsEmpty());
  EXPECT_THAT(unknown_of(lookup().judge(event)), ElementsAre("message_type", "processing_id"));
}

TEST(Judge, OtherFactsHavePlacesOnly) {
  Event violation = event_of(Violation{}, "10.0.1.1", "10.0.2.1", 104);
  violation.protocol = Protocol::dicom;
  const Declared declared = lookup().judge(violation);
  EXPECT_EQ(declared.source.device, "ct");
  EXPECT_EQ(declared.flow, "store");
  EXPECT_THAT(deviations_of(lookup().judge(event_of(Violation{}, "10.0.1.9", "10.0.2.1", 104))), IsEmpty());
  EXPECT_EQ(lookup().judge(event_of(Link{}, "10.0.1.1", "10.0.2.1", 104)).destination.device, "pacs");

  Event note;
  note.facts = CaptureNote{};
  EXPECT_THAT(deviations_of(lookup().judge(note)), IsEmpty());
  EXPECT_EQ(lookup().judge(note).source.zone, "");
}

TEST(Judge, NamesLiveAsLongAsWhatWasDeclared) {
  Declared declared;
  {
    const Lookup shortly{parse_model(std::string{kModel}, "m")};
    declared = shortly.judge(connection("10.0.1.1", "10.0.2.1", 104, Protocol::dicom));
  }
  EXPECT_EQ(declared.flow, "store");
  EXPECT_EQ(declared.source.zone, "a");
}

// Ten thousand devices and a hundred thousand flows, made by hand: a lookup costs about what it costs for ten.
Model large_model(std::uint32_t devices, std::uint32_t flows) {
  Model model;
  Zone& zone = model.zones.emplace_back();
  zone.name = "z";
  zone.networks = {Network::parse("10.0.0.0/8").value()};
  Service& service = model.services.emplace_back();
  service.name = "dicom";
  service.protocol = ServiceProtocol::dicom;
  service.transports = {Transport::tcp};
  service.ports = {{104, 104}};
  for (std::uint32_t i = 0; i < devices; ++i) {
    Device device;
    device.name = "d" + std::to_string(i);
    device.addresses.push_back(
        Network::parse("10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1)).value());
    device.shared_addresses.push_back(Network::parse("10.2.0." + std::to_string(i % 250 + 1)).value());
    device.calls_as = device.answers_to = {"D" + std::to_string(i)};
    model.devices.push_back(std::move(device));
  }
  for (std::uint32_t i = 0; i < flows; ++i) {
    Flow flow;
    flow.name = "f" + std::to_string(i);
    flow.from = {{Party::Kind::device, i % devices}};
    flow.to = {{Party::Kind::device, (i % devices + 1 + i / devices) % devices}};
    flow.ports = {{104, 104}};
    flow.operations.any = true;
    flow.sop_classes.any = true;
    model.flows.push_back(std::move(flow));
  }
  // Each forbids what no flow allows, between neighbours that none joins.
  for (std::uint32_t i = 0; i < flows; ++i) {
    Denial& denial = model.denials.emplace_back();
    denial.name = "n" + std::to_string(i);
    denial.from = {{Party::Kind::device, (i % devices + 1 + i / devices) % devices}};
    denial.to = {{Party::Kind::device, i % devices}};
  }
  for (std::uint32_t i = 0; i < devices; ++i) {
    model.zones.emplace_back().name = "z" + std::to_string(i);
    Conduit& conduit = model.conduits.emplace_back();
    conduit.from = i;
    conduit.to = i + 1;
  }
  return model;
}

std::chrono::nanoseconds time_of_lookups(std::uint32_t devices, std::uint32_t flows) {
  const Lookup large{std::make_shared<const Model>(large_model(devices, flows))};
  std::vector<Event> events;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    const auto address = [&](std::uint32_t device) {
      return "10.1." + std::to_string(device / 250) + "." + std::to_string(device % 250 + 1);
    };
    const std::uint32_t from = i * 7919 % devices;
    const std::uint32_t to = (from + 1) % devices;
    const std::string calling = "D" + std::to_string(from);
    const std::string called = "D" + std::to_string(to);
    events.push_back(operation(address(from), address(to), 104, calling.c_str(), called.c_str(), "C-STORE", kCtImage));
  }
  const auto begun = std::chrono::steady_clock::now();
  for (int round = 0; round < 10; ++round) {
    for (const Event& event : events) EXPECT_TRUE(large.judge(event).deviations.empty());
  }
  return (std::chrono::steady_clock::now() - begun) / (10 * static_cast<int>(events.size()));
}

TEST(Lookup, AQuirkIsToleratedOfItsDeviceAlone) {
  std::string model{kModel};
  model.replace(model.find("ae_titles: [CT]"), 15, "ae_titles: [CT, C$T], quirks: dicom.odd_fragment");
  const Lookup quirky{parse_model(model, "m")};
  EXPECT_TRUE(quirky.judge(violation("10.0.1.1", "10.0.2.1", "dicom.odd_fragment")).tolerated);
  EXPECT_FALSE(quirky.judge(violation("10.0.1.1", "10.0.2.1", "dicom.uid")).tolerated);
  EXPECT_FALSE(quirky.judge(violation("10.0.1.1", "10.0.2.1", "dicom.odd_fragment", false)).tolerated);
  EXPECT_FALSE(quirky.judge(violation("10.0.1.2", "10.0.2.1", "dicom.odd_fragment")).tolerated);
  EXPECT_FALSE(quirky.judge(violation("10.0.9.9", "10.0.2.1", "dicom.odd_fragment")).tolerated);
  EXPECT_TRUE(quirky.judge(violation("10.0.2.1", "10.0.1.1", "dicom.odd_fragment", false)).tolerated);

  Event suspicious = violation("10.0.1.1", "10.0.2.1", "dicom.suspicious_ae_title");
  std::get<Violation>(suspicious.facts).ae_title = "C$T";
  EXPECT_TRUE(quirky.judge(suspicious).tolerated) << "declared";
  std::get<Violation>(suspicious.facts).ae_title = "M$R";
  EXPECT_FALSE(quirky.judge(suspicious).tolerated);
}

TEST(Lookup, CostsTheSameForALargeModel) {
  const auto small = time_of_lookups(10, 20);
  const auto large = time_of_lookups(10'000, 100'000);
  RecordProperty("small_ns", std::to_string(small.count()));
  RecordProperty("large_ns", std::to_string(large.count()));
  EXPECT_LT(large, small * 20 + std::chrono::microseconds{20});  // caches miss; the number of steps is the same
}

// Each flow leads to the same device, on a port of its own.
std::chrono::nanoseconds time_of_a_scan(std::uint32_t devices, std::uint32_t flows) {
  Model model = large_model(devices, flows);
  for (std::uint32_t i = 0; i < flows; ++i) {
    const auto port = static_cast<std::uint16_t>(2 * i % 60'000 + 1);
    model.flows[i].from = {{Party::Kind::device, i % (devices - 1) + 1}};
    model.flows[i].to = {{Party::Kind::device, 0}};
    model.flows[i].ports = {{port, port}};
  }
  model.denials.clear();
  const Lookup lookup{std::make_shared<const Model>(std::move(model))};
  constexpr int kProbes = 200;
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < kProbes; ++i) {
    Event probe = connection("10.1.0.3", "10.1.0.1", static_cast<std::uint16_t>(60'002 + 2 * i), Protocol::http);
    std::get<ConnectionFact>(probe.facts).handshake_time = Duration{1};
    const Declared declared = lookup.judge(probe);
    EXPECT_EQ(std::ranges::count(declared.deviations, DeviationKind::listener, &Deviation::kind), 1);
  }
  return (std::chrono::steady_clock::now() - begun) / kProbes;
}

TEST(Lookup, CostsTheSameWhereFlowsShareAListener) {
  const auto small = time_of_a_scan(10, 20);
  const auto large = time_of_a_scan(10'000, 60'000);
  RecordProperty("small_ns", std::to_string(small.count()));
  RecordProperty("large_ns", std::to_string(large.count()));
  EXPECT_LT(large, small * 20 + std::chrono::microseconds{20});
}

}  // namespace
}  // namespace dcmwatch
