// What a department declares beside who may talk to whom: each kind of deviation, what is none, and what makes it
// unknown.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>

#include "model/events.h"
#include "model/hl7_names.h"
#include "model/lookup.h"

namespace dcmwatch {
namespace {

using namespace test;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kCtImage = "1.2.840.10008.5.1.4.1.1.2";
constexpr std::string_view kImplicit = "1.2.840.10008.1.2", kExplicit = "1.2.840.10008.1.2.1",
                           kJpeg = "1.2.840.10008.1.2.4.50";
constexpr MacAddress kCtMac{2, 0, 0, 0, 0, 1}, kMrMac{2, 0, 0, 0, 0, 2}, kNoMac{}, kStrangeMac{2, 0, 0, 0, 0, 9};

// Sunday
const Timestamp kSundayNoon = timestamp_from_ns(1'770'552'000'000'000'000), kMondayNoon = kSundayNoon + 24h;

Model declared() {
  Model model = *parse_model(R"(
zones:
  a: {networks: [10.0.1.0/24]}
  b: {networks: [10.0.2.0/24]}
  office: {networks: [10.0.9.0/24]}
services:
  dicom: {protocol: dicom, ports: [104]}
  hl7: {protocol: hl7, ports: [2575]}
  ssh: {protocol: other, ports: [22]}
  web: {protocol: other, ports: [443]}
devices:
  ct: {zone: a, addresses: 10.0.1.1, ae_titles: [CT]}
  mr: {zone: a, addresses: 10.0.1.2, ae_titles: [MR]}
  pacs: {zone: b, addresses: 10.0.2.1, ae_titles: [PACS]}
  ris: {zone: b, addresses: 10.0.2.2}
flows:
  store: {from: zone:a, to: pacs, service: dicom, operations: [C-ECHO, C-STORE], sop_classes: any}
  admin: {from: ct, to: pacs, service: ssh}
  web: {from: ct, to: pacs, service: web}
  results: {from: pacs, to: ris, service: hl7, message_types: any}
)",
                             "m");
  return model;
}

struct Case {
  std::string name;
  std::function<void(Model&)> declare;
  Event event;
  std::vector<std::string> deviations;
  std::vector<std::string> unknown;
};

class Declares : public testing::TestWithParam<Case> {};

TEST_P(Declares, WhatDiffersAndWhatCouldNotBeSeen) {
  Model model = declared();
  GetParam().declare(model);
  const Lookup lookup{std::make_shared<const Model>(std::move(model))};
  const Declared said = lookup.judge(GetParam().event);
  EXPECT_EQ(deviations_of(said), GetParam().deviations);
  EXPECT_EQ(unknown_of(said), GetParam().unknown);
}

std::string name_of(const testing::TestParamInfo<Case>& info) { return info.param.name; }

using Change = std::function<void(Event&)>;
Event with(Event event, const Change& change) {
  change(event);
  return event;
}
Change macs(MacAddress source, MacAddress destination) {
  return [=](Event& event) {
    event.parties.source_mac = source;
    event.parties.destination_mac = destination;
  };
}
Change tagged(std::uint16_t outer, std::uint16_t inner = 0) {
  return [=](Event& event) { event.parties.vlan = {outer, inner}; };
}
Change at(Timestamp first, Timestamp last = {}) {
  return [=](Event& event) {
    event.first.time = first;
    event.last.time = std::max(first, last);
  };
}
template <typename Fact>
Change fact(const std::function<void(Fact&)>& change) {
  return [=](Event& event) { change(std::get<Fact>(event.facts)); };
}
void unknown_opener(Event& event) { event.parties.opener_known = false; }

Event ct_to_pacs(Protocol protocol = Protocol::dicom, std::uint16_t port = 104) {
  return connection("10.0.1.1", "10.0.2.1", port, protocol);
}
Event ct_associates(const char* calling = "CT") { return association("10.0.1.1", "10.0.2.1", 104, calling, "PACS"); }
Event ct_stores() { return operation("10.0.1.1", "10.0.2.1", 104, "CT", "PACS", "C-STORE", kCtImage); }
Event pacs_sends() { return message("10.0.2.1", "10.0.2.2", 2575, "ORU^R01"); }

Device& device(Model& model, std::string_view name) { return *std::ranges::find(model.devices, name, &Device::name); }
Flow& flow(Model& model, std::string_view name) { return *std::ranges::find(model.flows, name, &Flow::name); }
Service& service(Model& model, std::string_view name) {
  return *std::ranges::find(model.services, name, &Service::name);
}

void nothing(Model&) {}

// ct and mr behind one address translator, beside their own.
void translate(Model& model) {
  for (const std::string_view name : {"ct", "mr"})
    device(model, name).shared_addresses = {Network::parse("10.0.1.200").value()};
  device(model, "pacs").hl7_names = {*hl7_end_from("PACS")};
}

INSTANTIATE_TEST_SUITE_P(
    SharedAddresses, Declares,
    testing::Values(
        Case{"the_title_tells_which", translate, association("10.0.1.200", "10.0.2.1", 104, "MR", "PACS"), {}, {}},
        Case{"nothing_tells_which",
             translate,
             connection("10.0.1.200", "10.0.2.1", 104, Protocol::dicom),
             {},
             {"source.device"}},
        Case{"a_flow_of_one_of_them_fits",
             translate,
             connection("10.0.1.200", "10.0.2.1", 22, Protocol::ssh),
             {},
             {"source.device"}},
        Case{"a_strangers_title",
             translate,
             association("10.0.1.200", "10.0.2.1", 104, "X", "PACS"),
             {"calling_ae: X, not CT, MR"},
             {"source.device"}},
        Case{"an_own_address_comes_first",
             [](Model& model) {
               translate(model);
               device(model, "mr").shared_addresses = {Network::parse("10.0.1.1").value()};
             },
             connection("10.0.1.1", "10.0.2.1", 22, Protocol::ssh),
             {},
             {}}),
    name_of);

void present(Model& model) { device(model, "ct").presents = {"MR"}; }

INSTANTIATE_TEST_SUITE_P(
    Titles, Declares,
    testing::Values(Case{"presented", present, ct_associates("MR"), {}, {}},
                    Case{"anothers", nothing, ct_associates("MR"), {"calling_ae: MR, which is mr's, not CT"}, {}},
                    Case{"nobodys", nothing, ct_associates("X"), {"calling_ae: X, not CT"}, {}},
                    Case{"case_alone", nothing, ct_associates("Ct"), {"ae_title_case: Ct, not CT"}, {}},
                    Case{"presented_but_for_case", present, ct_associates("mr"), {"ae_title_case: mr, not MR"}, {}}),
    name_of);

void name_applications(Model& model) {
  device(model, "pacs").hl7_names = {*hl7_end_from("PACS")};
  device(model, "ris").hl7_names = {*hl7_end_from("RIS|MAIN")};
}
Change named(std::string_view sender, std::string_view receiver, std::string_view facility) {
  return fact<Hl7Message>([=](Hl7Message& message) {
    message.sending_application = sender;
    message.sending_facility = Hl7Name{};
    message.receiving_application = receiver;
    message.receiving_facility = facility;
  });
}

INSTANTIATE_TEST_SUITE_P(
    Hl7Names, Declares,
    testing::Values(Case{"of_the_devices", name_applications, with(pacs_sends(), named("PACS", "RIS", "MAIN")), {}, {}},
                    Case{"others",
                         name_applications,
                         with(pacs_sends(), named("LAB", "RIS", "ANNEX")),
                         {"sender: LAB, not PACS", "receiver: RIS|ANNEX, not RIS|MAIN"},
                         {}},
                    Case{"unseen", name_applications, pacs_sends(), {}, {"sender", "receiver"}},
                    Case{"those_of_the_flow_come_first",
                         [](Model& model) {
                           name_applications(model);
                           flow(model, "results").hl7.senders = {.any = false, .values = {*hl7_end_from("LAB")}};
                         },
                         with(pacs_sends(), named("LAB", "RIS", "MAIN")),
                         {},
                         {}}),
    name_of);

void declare_macs(Model& model) {
  model.zones[0].one_segment = true;
  device(model, "ct").macs = {kCtMac};
  device(model, "mr").macs = {kMrMac};
}

INSTANTIATE_TEST_SUITE_P(
    Macs, Declares,
    testing::Values(Case{"its_own", declare_macs, with(ct_to_pacs(), macs(kCtMac, kStrangeMac)), {}, {}},
                    Case{"anothers",
                         declare_macs,
                         with(ct_to_pacs(), macs(kMrMac, kStrangeMac)),
                         {"source.mac: 02-00-00-00-00-02, which is mr's, not 02-00-00-00-00-01"},
                         {}},
                    Case{"nobodys",
                         declare_macs,
                         with(connection("10.0.2.1", "10.0.1.1", 22), macs(kCtMac, kStrangeMac)),
                         {"direction: pacs to ct, not ct to pacs",
                          "destination.mac: 02-00-00-00-00-09, not 02-00-00-00-00-01",
                          "zone_crossing: b to a, not none"},
                         {}},
                    Case{"anothers_where_none_is_declared",
                         [](Model& model) {
                           declare_macs(model);
                           device(model, "ct").macs = {};
                         },
                         with(ct_to_pacs(), macs(kMrMac, kStrangeMac)),
                         {"source.mac: 02-00-00-00-00-02, which is mr's, not one of its own"},
                         {}},
                    Case{"anothers_of_a_stranger",
                         declare_macs,
                         with(connection("10.0.1.9", "10.0.2.1", 104, Protocol::dicom), macs(kMrMac, kStrangeMac)),
                         {"source.device: 10.0.1.9, not a declared device",
                          "source.mac: 02-00-00-00-00-02, which is mr's, not one of its own"},
                         {}},
                    Case{"nobodys_of_a_stranger",
                         declare_macs,
                         with(connection("10.0.1.9", "10.0.2.1", 104, Protocol::dicom), macs(kStrangeMac, kStrangeMac)),
                         {"source.device: 10.0.1.9, not a declared device"},
                         {}},
                    Case{"of_one_who_shares_the_address",
                         [](Model& model) {
                           declare_macs(model);
                           translate(model);
                         },
                         with(connection("10.0.1.200", "10.0.2.1", 104, Protocol::dicom), macs(kMrMac, kStrangeMac)),
                         {},
                         {"source.device"}},
                    Case{"unseen", declare_macs, with(ct_to_pacs(), macs(kNoMac, kNoMac)), {}, {"mac"}},
                    Case{"behind_a_router",
                         [](Model& model) {
                           declare_macs(model);
                           model.zones[0].one_segment = false;
                         },
                         with(ct_to_pacs(), macs(kStrangeMac, kStrangeMac)),
                         {},
                         {}}),
    name_of);

void declare_vlans(Model& model) {
  model.zones[0].vlans = {10};
  model.zones[1].vlans = {20, 21};
}

INSTANTIATE_TEST_SUITE_P(
    Vlans, Declares,
    testing::Values(Case{"of_the_source", declare_vlans, with(ct_to_pacs(), tagged(10)), {}, {}},
                    Case{"of_the_destination", declare_vlans, with(ct_to_pacs(), tagged(21)), {}, {}},
                    Case{"within_the_mirrors", declare_vlans, with(ct_to_pacs(), tagged(99, 20)), {}, {}},
                    Case{"of_neither", declare_vlans, with(ct_to_pacs(), tagged(99)), {"vlan: 99, not 10, 20, 21"}, {}},
                    Case{"untagged", declare_vlans, ct_to_pacs(), {}, {}},
                    Case{"declared_of_one_end_alone",
                         [](Model& model) { model.zones[0].vlans = {10}; },
                         with(ct_to_pacs(), tagged(99)),
                         {},
                         {}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(Outside, Declares,
                         testing::Values(Case{"public_address",
                                              nothing,
                                              connection("10.0.1.1", "203.0.113.7", 443, Protocol::tls),
                                              {"destination.device: 203.0.113.7, not a declared device",
                                               "outside: 203.0.113.7 (public), not addresses of declared zones",
                                               "zone_crossing: a to outside every zone, not to b"},
                                              {}},
                                         Case{"private_address",
                                              nothing,
                                              connection("192.168.1.7", "10.0.2.1", 104, Protocol::dicom),
                                              {"source.device: 192.168.1.7, not a declared device",
                                               "outside: 192.168.1.7 (private), not addresses of declared zones",
                                               "zone_crossing: outside every zone to b, not none"},
                                              {}},
                                         Case{"link_local",
                                              nothing,
                                              connection("169.254.1.7", "10.0.2.1", 104, Protocol::dicom),
                                              {"source.device: 169.254.1.7, not a declared device",
                                               "zone_crossing: outside every zone to b, not none"},
                                              {}}),
                         name_of);

std::function<void(Model&)> denying(Party from, Party to, std::optional<std::uint32_t> service = {}) {
  return [=](Model& model) {
    model.denials.push_back(
        {.name = "never", .description = {}, .from = {from}, .to = {to}, .service = service, .justification = {}});
  };
}
constexpr Party kAnybody{Party::Kind::anybody, 0}, kCt{Party::Kind::device, 0}, kPacs{Party::Kind::device, 2},
    kZoneA{Party::Kind::zone, 0}, kOffice{Party::Kind::zone, 2};
constexpr std::uint32_t kDicom = 0, kSsh = 2;

INSTANTIATE_TEST_SUITE_P(
    Denials, Declares,
    testing::Values(
        Case{
            "of_devices", denying(kCt, kPacs), ct_to_pacs(), {"denied: ct to pacs (dicom), not nothing, by never"}, {}},
        Case{"the_other_way_round", denying(kPacs, kCt), ct_to_pacs(), {}, {}},
        Case{"of_a_zone",
             denying(kZoneA, kPacs),
             ct_to_pacs(),
             {"denied: ct to pacs (dicom), not nothing, by never"},
             {}},
        Case{"of_a_zones_undeclared_address",
             denying(kOffice, kPacs),
             connection("10.0.9.9", "10.0.2.1", 104, Protocol::dicom),
             {"source.device: 10.0.9.9, not a declared device",
              "denied: 10.0.9.9 to pacs (dicom), not nothing, by never"},
             {}},
        Case{
            "of_anybody",
            denying(kAnybody, kPacs, kSsh),
            connection("10.0.9.9", "10.0.2.1", 22, Protocol::ssh),
            {"source.device: 10.0.9.9, not a declared device", "denied: 10.0.9.9 to pacs (ssh), not nothing, by never"},
            {}},
        Case{"of_another_service", denying(kAnybody, kPacs, kSsh), ct_to_pacs(), {}, {}},
        Case{"of_a_service_by_content",
             denying(kAnybody, kPacs, kDicom),
             ct_to_pacs(Protocol::dicom, 4242),
             {"denied: ct to pacs (dicom), not nothing, by never"},
             {}},
        Case{"of_a_service_by_port",
             denying(kAnybody, kPacs, kSsh),
             ct_to_pacs(Protocol::unidentified, 22),
             {"denied: ct to pacs (unidentified), not nothing, by never"},
             {}},
        Case{"opener_unknown", denying(kCt, kPacs), with(ct_to_pacs(), unknown_opener), {}, {"direction"}}),
    name_of);

std::function<void(Model&)> joining_by(std::vector<std::uint32_t> services) {
  return [=](Model& model) {
    model.conduits.push_back({.name = "c", .description = {}, .from = 0, .to = 1, .services = services});
  };
}

INSTANTIATE_TEST_SUITE_P(
    Conduits, Declares,
    testing::Values(Case{"of_any_service", joining_by({}), ct_to_pacs(), {}, {}},
                    Case{"of_the_service", joining_by({kDicom}), ct_to_pacs(), {}, {}},
                    Case{"of_another_service",
                         joining_by({kSsh}),
                         ct_to_pacs(),
                         {"zone_crossing: a to b by dicom, not to b by ssh"},
                         {}},
                    Case{"none_that_way",
                         joining_by({}),
                         connection("10.0.2.1", "10.0.1.1", 22, Protocol::ssh),
                         {"direction: pacs to ct, not ct to pacs", "zone_crossing: b to a by ssh, not none"},
                         {}},
                    Case{"of_a_stranger_by_content",
                         joining_by({kDicom}),
                         connection("10.0.1.9", "10.0.2.1", 104, Protocol::dicom),
                         {"source.device: 10.0.1.9, not a declared device"},
                         {}},
                    Case{"opener_unknown",
                         joining_by({kSsh}),
                         with(connection("10.0.2.1", "10.0.1.1", 22, Protocol::ssh),
                              [](Event& event) {
                                unknown_opener(event);
                                std::swap(event.parties.source.port, event.parties.destination.port);
                              }),
                         {},
                         {"direction"}}),
    name_of);

const Change kAccepted = fact<ConnectionFact>([](ConnectionFact& c) { c.handshake_time = 1ms; });
const Change kAnswered = fact<ConnectionFact>([](ConnectionFact& c) {
  c.packets = {0, 1};
  c.end = ConnectionEnd::timed_out;
});

INSTANTIATE_TEST_SUITE_P(
    Listeners, Declares,
    testing::Values(Case{"declared", nothing, with(ct_to_pacs(), kAccepted), {}, {}},
                    Case{"declared_for_others",
                         nothing,
                         with(connection("10.0.9.9", "10.0.2.1", 22, Protocol::ssh), kAccepted),
                         {"source.device: 10.0.9.9, not a declared device", "zone_crossing: office to b, not none"},
                         {}},
                    Case{"undeclared",
                         nothing,
                         with(connection("10.0.9.9", "10.0.2.1", 4444), kAccepted),
                         {"source.device: 10.0.9.9, not a declared device", "zone_crossing: office to b, not none",
                          "listener: 4444/tcp, not 104/tcp, 22/tcp, 443/tcp"},
                         {}},
                    Case{"of_who_listens_nowhere",
                         nothing,
                         with(connection("10.0.1.2", "10.0.1.1", 4444), kAccepted),
                         {"flow: mr to ct (unidentified), not none", "listener: 4444/tcp, not none"},
                         {}},
                    Case{"refused",
                         nothing,
                         connection("10.0.1.2", "10.0.1.1", 4444),
                         {"flow: mr to ct (unidentified), not none"},
                         {}},
                    Case{"answered_and_the_syn_unseen",
                         nothing,
                         with(connection("10.0.1.2", "10.0.1.1", 4444), kAnswered),
                         {"flow: mr to ct (unidentified), not none", "listener: 4444/tcp, not none"},
                         {}},
                    Case{"refused_and_seen_to_be",
                         nothing,
                         with(with(connection("10.0.1.2", "10.0.1.1", 4444), kAnswered),
                              fact<ConnectionFact>([](ConnectionFact& c) { c.end = ConnectionEnd::reset; })),
                         {"flow: mr to ct (unidentified), not none"},
                         {}},
                    Case{"opener_unknown",
                         nothing,
                         with(with(connection("10.0.1.2", "10.0.1.1", 4444), kAccepted), unknown_opener),
                         {"flow: mr to ct (unidentified), not none"},
                         {"direction"}}),
    name_of);

std::function<void(Model&)> tls(std::string_view name, TransportSecurity policy) {
  return [=](Model& model) { service(model, name).tls = policy; };
}
const Change kSaidSomething = fact<ConnectionFact>([](ConnectionFact& c) { c.bytes = {20, 40}; });
constexpr auto kRequired = TransportSecurity::required, kForbidden = TransportSecurity::forbidden;

INSTANTIATE_TEST_SUITE_P(
    Services, Declares,
    testing::Values(
        Case{"http_where_dicom_is_declared", nothing, ct_to_pacs(Protocol::http), {"service: http, not dicom"}, {}},
        Case{"dicom_where_ssh_is_declared",
             [](Model& model) { std::erase_if(model.flows, [](const Flow& flow) { return flow.name == "store"; }); },
             ct_to_pacs(Protocol::dicom, 22),
             {"service: dicom, not ssh"},
             {}},
        Case{"tls_where_required", tls("dicom", kRequired), ct_to_pacs(Protocol::tls), {}, {"service"}},
        Case{"clear_where_tls_is_required",
             tls("dicom", kRequired),
             ct_to_pacs(),
             {"transport_security: cleartext dicom, not TLS"},
             {}},
        Case{"unidentified_where_tls_is_required",
             tls("dicom", kRequired),
             ct_to_pacs(Protocol::unidentified),
             {},
             {"transport_security", "service"}},
        Case{"tls_where_forbidden",
             tls("dicom", kForbidden),
             ct_to_pacs(Protocol::tls),
             {"transport_security: TLS, not no TLS"},
             {"service"}},
        Case{"clear_where_tls_is_forbidden", tls("dicom", kForbidden), ct_to_pacs(), {}, {}},
        Case{"either_where_allowed", nothing, ct_to_pacs(Protocol::tls), {}, {"service"}},
        Case{"http_where_tls_is_required",
             tls("web", kRequired),
             ct_to_pacs(Protocol::http, 443),
             {"transport_security: cleartext http, not TLS"},
             {}},
        Case{"a_strangers_cleartext_on_a_tls_port",
             tls("dicom", kRequired),
             connection("10.0.1.9", "10.0.2.1", 104, Protocol::dicom),
             {"source.device: 10.0.1.9, not a declared device", "transport_security: cleartext dicom, not TLS"},
             {}},
        Case{"a_strangers_tls_on_a_cleartext_port",
             tls("dicom", kForbidden),
             connection("10.0.1.9", "10.0.2.1", 104, Protocol::tls),
             {"source.device: 10.0.1.9, not a declared device", "transport_security: TLS, not no TLS"},
             {}},
        Case{"what_nobody_knows_and_is_no_tls",
             tls("dicom", kRequired),
             with(ct_to_pacs(Protocol::unidentified), kSaidSomething),
             {"transport_security: something else, both ways, not TLS"},
             {"service"}},
        Case{"what_a_stranger_says_that_is_no_tls",
             tls("dicom", kRequired),
             with(connection("10.0.1.9", "10.0.2.1", 104), kSaidSomething),
             {"source.device: 10.0.1.9, not a declared device",
              "transport_security: something else, both ways, not TLS"},
             {}},
        Case{"what_nobody_knows_and_was_joined_midway",
             tls("dicom", kRequired),
             with(with(ct_to_pacs(Protocol::unidentified), kSaidSomething),
                  [](Event& event) { event.visibility.joined_midway = true; }),
             {},
             {"transport_security", "service"}}),
    name_of);

void expire(Model& model) {
  flow(model, "store").expires = kMondayNoon;
  flow(model, "store").expires_on = "2026-02-08";
}
void weekdays(Model& model) {
  flow(model, "store").windows = flow(model, "admin").windows = Schedule{{{0x1F, 7 * 60, 19 * 60}}, "UTC"};
}

INSTANTIATE_TEST_SUITE_P(
    Times, Declares,
    testing::Values(
        Case{"before_it_expires", expire, with(ct_stores(), at(kSundayNoon)), {}, {}},
        Case{"after_it_expired",
             expire,
             with(ct_stores(), at(kMondayNoon)),
             {"expired: used after its last day, not until 2026-02-08"},
             {}},
        Case{"within_its_window", weekdays, with(ct_stores(), at(kMondayNoon)), {}, {}},
        Case{"outside_its_window",
             weekdays,
             with(ct_stores(), at(kSundayNoon)),
             {"window: outside of these hours, not Mon-Fri 07:00-19:00 (UTC)"},
             {}},
        Case{"begun_within_its_window", weekdays, with(ct_stores(), at(kMondayNoon, kMondayNoon + 8h)), {}, {}},
        Case{"open_beyond_its_window",
             weekdays,
             with(ct_to_pacs(Protocol::ssh, 22), at(kMondayNoon, kMondayNoon + 8h)),
             {"window: longer than 15 minutes over these hours, not Mon-Fri 07:00-19:00 (UTC)"},
             {}},
        Case{"open_a_little_beyond_its_window",
             weekdays,
             with(ct_to_pacs(Protocol::ssh, 22), at(kMondayNoon, kMondayNoon + 7h + 15min - 1s)),
             {"window: up to 15 minutes over these hours, not Mon-Fri 07:00-19:00 (UTC)"},
             {}},
        Case{"open_no_longer_only_a_little",
             weekdays,
             with(ct_to_pacs(Protocol::ssh, 22), at(kMondayNoon, kMondayNoon + 7h + 15min)),
             {"window: longer than 15 minutes over these hours, not Mon-Fri 07:00-19:00 (UTC)"},
             {}},
        Case{"begun_a_little_after_its_window",
             weekdays,
             with(ct_to_pacs(Protocol::ssh, 22), at(kMondayNoon + 7h + 1s, kMondayNoon + 7h + 2s)),
             {"window: outside of these hours, not Mon-Fri 07:00-19:00 (UTC)"},
             {}}),
    name_of);

void expect_answers(Model& model) { flow(model, "store").answer_within = flow(model, "results").answer_within = 2s; }
Change answered_after(Duration time) {
  return fact<DicomOperation>([=](DicomOperation& o) {
    o.response_time = time;
    o.status = std::uint16_t{0};
  });
}
Change acknowledged_after(Duration time) {
  return fact<Hl7Message>([=](Hl7Message& m) {
    m.ack_code = "AA";
    m.acknowledged = Mark{m.sent.time + time, 0, 0};
  });
}

INSTANTIATE_TEST_SUITE_P(
    Answers, Declares,
    testing::Values(
        Case{"fast", expect_answers, with(ct_stores(), answered_after(2s)), {}, {}},
        Case{"slow",
             expect_answers,
             with(ct_stores(), answered_after(2001ms)),
             {"slow_answer: none in that time, not an answer within 2s"},
             {}},
        Case{"none_and_waited_for_long",
             expect_answers,
             with(ct_stores(), [](Event& event) { event.last.time += 3s; }),
             {"slow_answer: none in that time, not an answer within 2s"},
             {}},
        Case{"none_but_not_waited_for",
             expect_answers,
             with(ct_stores(), [](Event& event) { event.last.time += 1s; }),
             {},
             {}},
        Case{"not_yet", expect_answers, with(ct_stores(), [](Event& event) { event.phase = Phase::start; }), {}, {}},
        Case{"lost",
             expect_answers,
             with(ct_stores(), [](Event& event) { event.visibility.lost = true; }),
             {},
             {"answer_time"}},
        Case{"prompt_acknowledgement", expect_answers, with(pacs_sends(), acknowledged_after(1s)), {}, {}},
        Case{"slow_acknowledgement",
             expect_answers,
             with(pacs_sends(), acknowledged_after(3s)),
             {"slow_answer: none in that time, not an answer within 2s"},
             {}}),
    name_of);

void restrict_syntaxes(Model& model) {
  flow(model, "store").transfer_syntaxes = {.any = false, .values = {std::string{kExplicit}, std::string{kImplicit}}};
}
Change in_syntax(std::string_view uid) {
  return fact<DicomOperation>([=](DicomOperation& o) { o.transfer_syntax_uid = uid; });
}
Change accepting(std::vector<std::string_view> syntaxes) {
  return fact<DicomAssociation>([=](DicomAssociation& association) {
    association.accepted = true;
    auto kept = std::make_shared<KeptContexts>();
    for (const std::string_view syntax : syntaxes) {
      KeptContexts::Context& context = kept->contexts.emplace_back();
      context.result = std::uint8_t{0};
      context.accepted_transfer_syntax = kept->uids.find_or_add(syntax);
    }
    association.contexts = PresentationContexts{std::move(kept)};
  });
}

INSTANTIATE_TEST_SUITE_P(
    TransferSyntaxes, Declares,
    testing::Values(
        Case{"declared", restrict_syntaxes, with(ct_stores(), in_syntax(kImplicit)), {}, {}},
        Case{"undeclared",
             restrict_syntaxes,
             with(ct_stores(), in_syntax(kJpeg)),
             {"transfer_syntax: JPEG Baseline (Process 1), not Explicit VR Little Endian, Implicit VR Little Endian"},
             {}},
        Case{"unseen", restrict_syntaxes, ct_stores(), {}, {"transfer_syntax"}},
        Case{"not_restricted", nothing, with(ct_stores(), in_syntax(kJpeg)), {}, {}},
        Case{"all_accepted_are_declared",
             restrict_syntaxes,
             with(ct_associates(), accepting({kImplicit, kExplicit})),
             {},
             {}},
        Case{"one_accepted_is_not",
             restrict_syntaxes,
             with(ct_associates(), accepting({kImplicit, "1.2.3"})),
             {"transfer_syntax: 1.2.3, not Explicit VR Little Endian, Implicit VR Little Endian"},
             {}},
        Case{"acceptance_unseen", restrict_syntaxes, ct_associates(), {}, {"transfer_syntax"}},
        Case{"rejected",
             restrict_syntaxes,
             with(ct_associates(), fact<DicomAssociation>([](DicomAssociation& a) { a.accepted = false; })),
             {},
             {}}),
    name_of);

void expect_implementations(Model& model) {
  device(model, "ct").implementations = {{"1.2.3.*", "CT_*"}, {"1.2.9", ""}};
  device(model, "pacs").implementations = {{"", "PACS_7"}};
}
Change running(std::string_view opener_uid, std::string_view opener, std::string_view acceptor) {
  return fact<DicomAssociation>([=](DicomAssociation& association) {
    association.accepted = true;
    association.opener.class_uid = opener_uid;
    association.opener.version_name = opener;
    association.acceptor.class_uid = "1.2.7";
    association.acceptor.version_name = acceptor;
  });
}

INSTANTIATE_TEST_SUITE_P(
    Implementations, Declares,
    testing::Values(
        Case{"declared", expect_implementations, with(ct_associates(), running("1.2.3.4", "CT_5", "PACS_7")), {}, {}},
        Case{"another_declared", expect_implementations, with(ct_associates(), running("1.2.9", "", "PACS_7")), {}, {}},
        Case{"undeclared",
             expect_implementations,
             with(ct_associates(), running("1.2.3.4", "MR_5", "PACS_8")),
             {"implementation: 1.2.3.4 MR_5, not 1.2.3.* CT_*, 1.2.9",
              "implementation: 1.2.7 PACS_8, not any class PACS_7"},
             {}},
        Case{"unseen", expect_implementations, ct_associates(), {}, {"implementation", "implementation"}}),
    name_of);

void require_worklist(Model& model) { flow(model, "store").requires_worklist_entry = true; }
Event ct_stored(std::optional<bool> on_worklist) {
  return with(study("10.0.1.1", "10.0.2.1", 104, "CT", "PACS", true),
              fact<DicomStudy>([=](DicomStudy& study) { study.on_worklist = on_worklist; }));
}

INSTANTIATE_TEST_SUITE_P(
    WorklistEntries, Declares,
    testing::Values(Case{"given", require_worklist, ct_stored(true), {}, {}},
                    Case{"not_given",
                         require_worklist,
                         ct_stored(false),
                         {"worklist_entry: none in sight, not an entry in a worklist that its sender was given"},
                         {}},
                    Case{"no_worklist_seen", require_worklist, ct_stored(std::nullopt), {}, {"worklist_entry"}},
                    Case{"not_required", nothing, ct_stored(false), {}, {}}),
    name_of);

TEST(Identity, WhoSharesAnAddressIsNamedOnceItIsKnown) {
  Model model = declared();
  translate(model);
  const Lookup lookup{std::make_shared<const Model>(std::move(model))};
  EXPECT_EQ(lookup.judge(association("10.0.1.200", "10.0.2.1", 104, "MR", "PACS")).source.device, "mr");
  EXPECT_EQ(lookup.judge(connection("10.0.1.200", "10.0.2.1", 104)).source.device, "");
  EXPECT_EQ(lookup.judge(connection("10.0.1.200", "10.0.2.1", 104)).source.zone, "a");
}

TEST(Lookup, KnowsWhenWhatIsDeclaredChangesNext) {
  Model model = declared();
  expire(model);
  weekdays(model);
  const Lookup lookup{std::make_shared<const Model>(std::move(model))};
  EXPECT_EQ(lookup.next_change(kSundayNoon), kMondayNoon - 5h);
  EXPECT_EQ(lookup.next_change(kMondayNoon - 5h), kMondayNoon - 5h + 15min);
  EXPECT_EQ(lookup.next_change(kMondayNoon - 5h + 15min), kMondayNoon);
  EXPECT_EQ(lookup.next_change(kMondayNoon), kMondayNoon + 7h);
  EXPECT_EQ(lookup.next_change(kMondayNoon + 7h), kMondayNoon + 7h + 15min);
}

}  // namespace
}  // namespace dcmwatch
