#include "model/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>

#include "event/dicom_names.h"

namespace dcmwatch {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

Network network(std::string_view text) { return Network::parse(text).value(); }

constexpr std::uint32_t kReading = 0, kArchive = 1;               // zones
constexpr std::uint32_t kWs1 = 0, kWs2 = 1, kPacs = 2, kRis = 3;  // devices
constexpr std::uint32_t kDicom = 0, kHl7 = 1;                     // services
constexpr std::uint32_t kReadingFlow = 0, kOrders = 1;

Party device(std::uint32_t index) { return {Party::Kind::device, index}; }
Party group(std::uint32_t index) { return {Party::Kind::group, index}; }
Party zone(std::uint32_t index) { return {Party::Kind::zone, index}; }

Device device_of(std::string name, std::uint32_t zone, std::string_view address, std::string title) {
  Device device;
  device.name = std::move(name);
  device.zone = zone;
  device.addresses = {network(address)};
  device.calls_as = device.answers_to = {std::move(title)};
  return device;
}

Hl7End sender(std::string_view name) {
  Hl7End end;
  end.text = name;
  end.application.namespace_id = name;
  end.facility.any = true;
  return end;
}

/// Two workstations, an archive, a RIS; one flow of DICOM and one of HL7.
Model department() {
  Model model;
  model.name = "Department";
  model.zones.resize(2);
  model.zones[kReading].name = "reading";
  model.zones[kReading].networks = {network("10.0.1.0/24")};
  model.zones[kArchive].name = "archive";
  model.zones[kArchive].networks = {network("10.0.2.0/24")};
  model.devices = {device_of("ws1", kReading, "10.0.1.1", "WS1"), device_of("ws2", kReading, "10.0.1.2", "WS2"),
                   device_of("pacs", kArchive, "10.0.2.1", "PACS"), device_of("ris", kArchive, "10.0.2.2", "RIS")};
  model.services.resize(2);
  model.services[kDicom] = {.name = "dicom",
                            .description = {},
                            .protocol = ServiceProtocol::dicom,
                            .transports = {Transport::tcp},
                            .ports = {{11112, 11112}},
                            .tls = TransportSecurity::allowed};
  model.services[kHl7] = {.name = "hl7",
                          .description = {},
                          .protocol = ServiceProtocol::hl7,
                          .transports = {Transport::tcp},
                          .ports = {{2575, 2575}},
                          .tls = TransportSecurity::allowed};
  model.groups = {{.name = "workstations", .description = {}, .devices = {kWs1, kWs2}}};
  model.flows.resize(2);
  Flow& reading = model.flows[kReadingFlow];
  reading.name = "reading";
  reading.from = {device(kWs1)};
  reading.to = {device(kPacs)};
  reading.service = kDicom;
  reading.ports = {{11112, 11112}};
  reading.operations.values = {dimse::kEcho, dimse::kFind, dimse::kMove};
  reading.sop_classes.families = *family_from("study root query retrieve");
  reading.move_destinations.values = {"WS1"};
  Flow& orders = model.flows[kOrders];
  orders.name = "orders";
  orders.from = {device(kRis)};
  orders.to = {device(kPacs)};
  orders.service = kHl7;
  orders.ports = {{2575, 2575}};
  orders.message_types.values = {"ORM^O01"};
  orders.hl7.senders = {.any = false, .values = {sender("RIS")}};
  return model;
}

using Change = std::function<void(Model&)>;

Comparison compared(const Model& before, const Model& after, const Limits& limits = {}) {
  return compare(std::make_shared<const Model>(before), std::make_shared<const Model>(after), limits);
}

std::vector<std::string> sentences(const Comparison& comparison) {
  std::vector<std::string> said;
  for (const Difference& difference : comparison.differences)
    said.push_back(std::string{to_text(difference.effect)} + ": " + to_text(difference));
  return said;
}

std::vector<std::string> after(const Change& change) {
  Model changed = department();
  change(changed);
  return sentences(compared(department(), changed));
}

struct Case {
  const char* name;
  Change change;
  const char* said;
};

void PrintTo(const Case& which, std::ostream* out) { *out << which.name; }

Schedule office(std::uint8_t days) { return {.hours = {{days, 7 * 60, 19 * 60}}, .time_zone = "Europe/Berlin"}; }

Flow& reading(Model& model) { return model.flows[kReadingFlow]; }
Flow& orders(Model& model) { return model.flows[kOrders]; }

/// Everything that a model may say, changed once.
const std::vector<Case>& changes() {
  static const std::vector<Case> kChanges{
      {"model_name", [](Model& m) { m.name = "Other"; }, "none: model: name 'Department' became 'Other'"},
      {"workflow_images", [](Model& m) { m.workflow.images = 2h; }, "opens: model: the time for images 1h became 2h"},
      {"workflow_commitment", [](Model& m) { m.workflow.commitment = 30min; },
       "closes: model: the time for commitment 1h became 30m"},
      {"workflow_report", [](Model& m) { m.workflow.report.reset(); },
       "opens: model: the time for report 1d became none"},

      {"zone_new",
       [](Model& m) {
         m.zones.push_back({.name = "office",
                            .description = {},
                            .purpose = {},
                            .networks = {network("10.0.9.0/24")},
                            .vlans = {},
                            .security_level = {}});
       },
       "opens: zone 'office': is new: 10.0.9.0/24"},
      {"zone_name", [](Model& m) { m.zones[kReading].name = "rooms"; }, "none: zone 'rooms': was called 'reading'"},
      {"zone_description", [](Model& m) { m.zones[kReading].description = "Dark"; },
       "none: zone 'reading': description none became 'Dark'"},
      {"zone_purpose", [](Model& m) { m.zones[kReading].purpose = "Reading"; },
       "none: zone 'reading': purpose none became 'Reading'"},
      {"zone_networks", [](Model& m) { m.zones[kReading].networks.push_back(network("10.0.3.0/24")); },
       "opens: zone 'reading': 10.0.3.0/24 belongs to it"},
      {"zone_networks_less", [](Model& m) { m.zones[kReading].networks = {network("10.0.1.0/25")}; },
       "closes: zone 'reading': 10.0.1.128/25 belongs to it no more"},
      {"zone_vlans", [](Model& m) { m.zones[kReading].vlans = {30}; },
       "closes: zone 'reading': vlans are declared now: 30"},
      {"zone_security_level", [](Model& m) { m.zones[kReading].security_level = 2; },
       "none: zone 'reading': security_level none became '2'"},
      {"zone_one_segment", [](Model& m) { m.zones[kReading].one_segment = true; },
       "closes: zone 'reading': its devices' MACs are checked"},

      {"device_new", [](Model& m) { m.devices.push_back(device_of("ws3", kReading, "10.0.1.3", "WS3")); },
       "opens: device 'ws3': is new in zone reading, at 10.0.1.3"},
      {"device_gone",
       [](Model& m) {
         m.groups.clear();
         m.devices[kWs2] = m.devices[kRis];
         m.devices.pop_back();
         orders(m).from = {device(kWs2)};
       },
       "closes: device 'ws2': is gone in zone reading, at 10.0.1.2"},
      {"device_name", [](Model& m) { m.devices[kWs1].name = "ws-one"; }, "none: device 'ws-one': was called 'ws1'"},
      {"device_description", [](Model& m) { m.devices[kWs1].description = "Big"; },
       "none: device 'ws1': description none became 'Big'"},
      {"device_zone", [](Model& m) { m.devices[kWs1].zone = kArchive; },
       "opens: device 'ws1': moved from zone reading to archive"},
      {"device_addresses", [](Model& m) { m.devices[kWs1].addresses.push_back(network("10.0.1.9")); },
       "opens: device 'ws1': may be at 10.0.1.9"},
      {"device_addresses_less", [](Model& m) { m.devices[kWs1].addresses = {network("10.0.1.9")}; },
       "closes: device 'ws1': may be at 10.0.1.1 no more"},
      {"device_shared_addresses", [](Model& m) { m.devices[kWs1].shared_addresses = {network("10.0.1.99")}; },
       "opens: device 'ws1': may stand behind 10.0.1.99"},
      {"device_macs",
       [](Model& m) {
         m.devices[kWs1].macs = {MacAddress{2, 0, 0, 0, 0, 1}};
       },
       "closes: device 'ws1': macs are declared now: 02-00-00-00-00-01"},
      {"device_calls_as", [](Model& m) { m.devices[kWs1].calls_as.push_back("WSX"); },
       "opens: device 'ws1': may call as WSX"},
      {"device_answers_to", [](Model& m) { m.devices[kPacs].answers_to.clear(); },
       "closes: device 'pacs': may answer to PACS no more"},
      {"device_presents", [](Model& m) { m.devices[kPacs].presents = {"CT1"}; },
       "opens: device 'pacs': may present the title CT1"},
      {"device_hl7_names", [](Model& m) { m.devices[kRis].hl7_names = {sender("RIS")}; },
       "closes: device 'ris': hl7_names are declared now: RIS"},
      {"device_role", [](Model& m) { m.devices[kRis].role = DeviceRole::information_system; },
       "opens: device 'ris': role none became 'information system'"},
      {"device_vendor", [](Model& m) { m.devices[kRis].vendor = "V"; }, "none: device 'ris': vendor none became 'V'"},
      {"device_product", [](Model& m) { m.devices[kRis].product = "P"; },
       "none: device 'ris': product none became 'P'"},
      {"device_owner", [](Model& m) { m.devices[kRis].owner = "O"; }, "none: device 'ris': owner none became 'O'"},
      {"device_contact", [](Model& m) { m.devices[kRis].contact = "C"; },
       "none: device 'ris': contact none became 'C'"},
      {"device_implementations",
       [](Model& m) {
         m.devices[kRis].implementations = {{"1.2.3", "V1"}};
       },
       "closes: device 'ris': implementations are declared now: 1.2.3 V1"},
      {"device_quirks", [](Model& m) { m.devices[kRis].quirks = {"hl7.end_block"}; },
       "opens: device 'ris': hl7.end_block is tolerated"},

      {"group_new", [](Model& m) { m.groups.push_back({.name = "archives", .description = {}, .devices = {kPacs}}); },
       "none: group 'archives': is new: pacs"},
      {"group_name", [](Model& m) { m.groups[0].name = "readers"; },
       "none: group 'readers': was called 'workstations'"},
      {"group_description", [](Model& m) { m.groups[0].description = "All"; },
       "none: group 'workstations': description none became 'All'"},
      {"group_devices", [](Model& m) { m.groups[0].devices = {kWs1}; },
       "none: group 'workstations': ws2 belongs to it no more"},

      {"service_name", [](Model& m) { m.services[kHl7].name = "mllp"; }, "none: service 'mllp': was called 'hl7'"},
      {"service_description", [](Model& m) { m.services[kHl7].description = "D"; },
       "none: service 'hl7': description none became 'D'"},
      {"service_protocol", [](Model& m) { m.services[kHl7].protocol = ServiceProtocol::other; },
       "opens: flow 'orders': may speak other"},
      {"service_transports",
       [](Model& m) {
         m.services[kHl7].transports = {Transport::tcp, Transport::udp};
       },
       "opens: flow 'orders': may go over udp"},
      {"service_ports",
       [](Model& m) {
         m.services[kHl7].ports = {{2576, 2576}};
       },
       "none: service 'hl7': port 2576 is its own"},
      {"service_tls", [](Model& m) { m.services[kDicom].tls = TransportSecurity::required; },
       "closes: flow 'reading': may be spoken in the clear no more"},

      {"flow_name", [](Model& m) { reading(m).name = "look"; }, "none: flow 'look': was called 'reading'"},
      {"flow_gone", [](Model& m) { m.flows.pop_back(); }, "closes: flow 'orders': is gone: ris to pacs, hl7 on 2575"},
      {"flow_description", [](Model& m) { reading(m).description = "D"; },
       "none: flow 'reading': description none became 'D'"},
      {"flow_from", [](Model& m) { reading(m).from.push_back(device(kWs2)); },
       "opens: flow 'reading': ws2 may open it"},
      {"flow_from_less", [](Model& m) { reading(m).from = {device(kWs2)}; },
       "closes: flow 'reading': ws1 may open it no more"},
      {"flow_to", [](Model& m) { reading(m).to.push_back(device(kRis)); }, "opens: flow 'reading': ris may be reached"},
      {"flow_ports",
       [](Model& m) {
         reading(m).ports = {{11110, 11114}};
       },
       "opens: flow 'reading': port 11110-11111, 11113-11114 is allowed"},
      {"flow_calling_ae",
       [](Model& m) {
         reading(m).calling_ae = {.any = false, .values = {"WS1", "WSX"}};
       },
       "opens: flow 'reading': may call as WSX"},
      {"flow_calling_any", [](Model& m) { reading(m).calling_ae = Allowed<std::string>::all(); },
       "opens: flow 'reading': may call as any"},
      {"flow_called_ae", [](Model& m) { reading(m).called_ae = {.any = false, .values = {"OTHER"}}; },
       "closes: flow 'reading': may be called by the title PACS no more"},
      {"flow_operations", [](Model& m) { reading(m).operations.values.push_back(dimse::kGet); },
       "opens: flow 'reading': C-GET is allowed"},
      {"flow_operations_less",
       [](Model& m) {
         reading(m).operations.values = {dimse::kFind, dimse::kMove};
       },
       "closes: flow 'reading': C-ECHO is allowed no more"},
      {"flow_acceptor_operations", [](Model& m) { reading(m).acceptor_operations.values = {dimse::kEventReport}; },
       "opens: flow 'reading': N-EVENT-REPORT by the acceptor is allowed"},
      {"flow_sop_classes", [](Model& m) { reading(m).sop_classes.families |= *family_from("storage"); },
       "opens: flow 'reading': storage is allowed"},
      {"flow_sop_class", [](Model& m) { reading(m).sop_classes.uids = {"1.2.840.10008.5.1.4.1.1.481.5"}; },
       "opens: flow 'reading': RT Plan Storage is allowed"},
      {"flow_sop_classes_any", [](Model& m) { reading(m).sop_classes.any = true; },
       "opens: flow 'reading': any is allowed"},
      {"flow_move_destinations", [](Model& m) { reading(m).move_destinations.values.push_back("WS2"); },
       "opens: flow 'reading': C-MOVE may send to WS2"},
      {"flow_message_types", [](Model& m) { orders(m).message_types.values = {"ORM^*"}; },
       "opens: flow 'orders': ORM^* is allowed"},
      {"flow_transfer_syntaxes",
       [](Model& m) { reading(m).transfer_syntaxes = {.any = false, .values = {"1.2.840.10008.1.2"}}; },
       "closes: flow 'reading': any is allowed no more"},
      {"flow_requires_order", [](Model& m) { reading(m).requires_order = true; },
       "closes: flow 'reading': what is stored may come without an order no more"},
      {"flow_requires_worklist_entry", [](Model& m) { reading(m).requires_worklist_entry = true; },
       "closes: flow 'reading': what is stored may come without a worklist entry no more"},
      {"flow_senders", [](Model& m) { orders(m).hl7.senders.values.push_back(sender("LAB")); },
       "opens: flow 'orders': messages of LAB are allowed"},
      {"flow_receivers", [](Model& m) { orders(m).hl7.receivers = {.any = false, .values = {sender("PACS")}}; },
       "closes: flow 'orders': messages for any are allowed no more"},
      {"flow_versions", [](Model& m) { orders(m).hl7.versions = {.any = false, .values = {"2.3"}}; },
       "closes: flow 'orders': HL7 any is allowed no more"},
      {"flow_processing_ids", [](Model& m) { orders(m).hl7.processing_ids.values.push_back("T"); },
       "opens: flow 'orders': processing id T is allowed"},
      {"flow_ack", [](Model& m) { orders(m).hl7.ack_mode = AcknowledgementMode::original; },
       "closes: flow 'orders': acknowledgements may be any no more"},
      {"flow_accession_from",
       [](Model& m) { orders(m).hl7.accession_sought = AccessionOrder{std::array{AccessionField::obr_3}}; },
       "none: flow 'orders': accession_from none became 'OBR-3'"},
      {"flow_windows", [](Model& m) { reading(m).windows = office(0b11111); },
       "closes: flow 'reading': windows any time became Mon-Fri 07:00-19:00 (Europe/Berlin)"},
      {"flow_quiet_hours", [](Model& m) { reading(m).quiet_hours = office(0b1100000); },
       "opens: flow 'reading': quiet_hours none became Sat-Sun 07:00-19:00 (Europe/Berlin)"},
      {"flow_seen_every", [](Model& m) { reading(m).seen_every = 24h; },
       "closes: flow 'reading': to be seen every: no limit became 1d"},
      {"flow_rates",
       [](Model& m) {
         reading(m).rates = {{RateOf::studies, 0, 40}};
       },
       "closes: flow 'reading': studies an hour at most: no limit became 40"},
      {"flow_rates_of_each_device",
       [](Model& m) {
         reading(m).rates = {{RateOf::studies_retrieved, 0, 40}};
       },
       "closes: flow 'reading': studies retrieved an hour at most, by each device: no limit became 40"},
      {"flow_answer_within", [](Model& m) { reading(m).answer_within = 5s; },
       "closes: flow 'reading': to be answered within: no limit became 5s"},
      {"flow_expires", [](Model& m) { reading(m).expires = timestamp_from_ns(1'767'225'600'000'000'000); },
       "closes: flow 'reading': no more declared from: never became 2026-01-01T00:00:00Z"},
      {"flow_justification", [](Model& m) { reading(m).justification = "J"; },
       "none: flow 'reading': justification none became 'J'"},
      {"flow_ticket", [](Model& m) { reading(m).ticket = "T"; }, "none: flow 'reading': ticket none became 'T'"},
      {"flow_owner", [](Model& m) { reading(m).owner = "O"; }, "none: flow 'reading': owner none became 'O'"},

      {"conduit_first",
       [](Model& m) {
         m.conduits = {{"c", {}, kReading, kArchive, {kDicom}}};
       },
       "closes: model: zones may be crossed where a conduit is declared, and no more where any flow is"},
      {"denial_new",
       [](Model& m) {
         m.denials = {{"no", {}, {device(kWs1)}, {{Party::Kind::anybody, 0}}, {}, {}}};
       },
       "closes: denial 'no': is new: ws1 to anybody, any service"},
  };
  return kChanges;
}

class EveryChange : public testing::TestWithParam<Case> {};

TEST_P(EveryChange, IsSaid) { EXPECT_THAT(after(GetParam().change), Contains(GetParam().said)); }

// A difference is one between two, so what opens one way closes the other.
TEST_P(EveryChange, IsTheOppositeTheOtherWayRound) {
  Model changed = department();
  GetParam().change(changed);
  const auto count = [](const Comparison& comparison, Effect effect) {
    return std::ranges::count(comparison.differences, effect, &Difference::effect);
  };
  const Comparison onward = compared(department(), changed), back = compared(changed, department());
  EXPECT_EQ(onward.allow_the_same(), back.allow_the_same());
  if (std::string_view{GetParam().name} == "device_zone") return;  // a move is to be reviewed, whichever way
  EXPECT_EQ(count(onward, Effect::opens), count(back, Effect::closes));
  EXPECT_EQ(count(onward, Effect::closes), count(back, Effect::opens));
}

INSTANTIATE_TEST_SUITE_P(Model, EveryChange, testing::ValuesIn(changes()),
                         [](const auto& which) { return std::string{which.param.name}; });

TEST(Compare, SaysNothingOfTheSameModel) {
  EXPECT_THAT(after([](Model&) {}), IsEmpty());
}

struct Spelling {
  const char* name;
  Change before, after;
};

/// The same, written in two ways.
class SameSpelledDifferently : public testing::TestWithParam<Spelling> {};

TEST_P(SameSpelledDifferently, IsNoDifference) {
  Model before = department(), after = department();
  GetParam().before(before);
  GetParam().after(after);
  EXPECT_THAT(sentences(compared(before, after)), IsEmpty());
  EXPECT_THAT(sentences(compared(after, before)), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Model, SameSpelledDifferently,
    testing::Values(
        Spelling{"devices_as_group",
                 [](Model& m) {
                   reading(m).from = {device(kWs1), device(kWs2)};
                 },
                 [](Model& m) { reading(m).from = {group(0)}; }},
        Spelling{"devices_as_zone",
                 [](Model& m) {
                   reading(m).from = {device(kWs2), device(kWs1), device(kWs1)};
                 },
                 [](Model& m) { reading(m).from = {zone(kReading)}; }},
        Spelling{"order_of_devices", [](Model&) {},
                 [](Model& m) {
                   m.groups[0].devices = {kWs2, kWs1};
                 }},
        Spelling{"own_titles_listed", [](Model&) {},
                 [](Model& m) { reading(m).calling_ae = {.any = false, .values = {"WS1"}}; }},
        Spelling{"order_of_operations", [](Model&) {},
                 [](Model& m) { std::ranges::reverse(reading(m).operations.values); }},
        Spelling{"class_of_family", [](Model&) {},
                 [](Model& m) { reading(m).sop_classes.uids = {"1.2.840.10008.5.1.4.1.2.2.1"}; }},
        Spelling{"echo_brings_its_class", [](Model&) {},
                 [](Model& m) { reading(m).sop_classes.uids = {"1.2.840.10008.1.1"}; }},
        Spelling{"stores_that_answer_get", [](Model& m) { reading(m).operations.values.push_back(dimse::kGet); },
                 [](Model& m) {
                   reading(m).operations.values.push_back(dimse::kGet);
                   reading(m).acceptor_operations.values = {dimse::kStore};
                 }},
        Spelling{"ports_joined",
                 [](Model& m) {
                   reading(m).ports = {{1, 2}, {3, 4}, {4, 5}};
                 },
                 [](Model& m) {
                   reading(m).ports = {{1, 5}};
                 }},
        Spelling{"addresses_joined",
                 [](Model& m) {
                   m.devices[kWs1].addresses = {network("10.0.1.4"), network("10.0.1.5")};
                 },
                 [](Model& m) { m.devices[kWs1].addresses = {network("10.0.1.4/31")}; }},
        Spelling{"message_type_of_pattern", [](Model& m) { orders(m).message_types.values = {"ORM^*"}; },
                 [](Model& m) {
                   orders(m).message_types.values = {"ORM^O01", "ORM^*"};
                 }},
        Spelling{"whole_week", [](Model&) {},
                 [](Model& m) {
                   reading(m).windows = Schedule{.hours = {{0b1111111, 0, 24 * 60}}, .time_zone = "Europe/Berlin"};
                 }},
        Spelling{"hours_in_two_parts",
                 [](Model& m) {
                   reading(m).windows = Schedule{{{0b1, 60, 180}}, "UTC"};
                 },
                 [](Model& m) {
                   reading(m).windows = Schedule{{{0b1, 120, 180}, {0b1, 60, 120}}, "UTC"};
                 }}),
    [](const auto& which) { return std::string{which.param.name}; });

TEST(Compare, FindsThatAFlowInTwoPartsAllowsTheSame) {
  Model parts = department();
  Flow second = reading(parts);
  second.name = "moving";
  second.operations.values = {dimse::kMove};
  reading(parts).operations.values = {dimse::kEcho, dimse::kFind};
  parts.flows.push_back(second);
  const Comparison comparison = compared(department(), parts);
  EXPECT_TRUE(comparison.allow_the_same());
  EXPECT_THAT(sentences(comparison),
              Contains("none: flow 'reading': C-MOVE is allowed no more, but still is by another flow"));
  EXPECT_THAT(sentences(comparison), Contains(HasSubstr("all of it was allowed before")));
  EXPECT_TRUE(compared(parts, department()).allow_the_same());
}

TEST(Compare, SaysOnceWhatIsTheSameOfSeveralFlows) {
  Model before = department();
  before.flows.push_back(reading(before));
  before.flows.back().name = "looking";
  before.flows.back().from = {device(kWs2)};
  Model after = before;
  after.services[kDicom].tls = TransportSecurity::required;
  EXPECT_THAT(sentences(compared(before, after)),
              Contains("closes: flows 'reading', 'looking': may be spoken in the clear no more"));
}

TEST(Compare, HoldsDevicesThatWereRenamedForTheSame) {
  Model renamed = department();
  renamed.devices[kWs1].name = "room-a";
  renamed.zones[kReading].name = "rooms";
  renamed.services[kDicom].name = "imaging";
  const Comparison comparison = compared(department(), renamed);
  EXPECT_TRUE(comparison.allow_the_same());
  EXPECT_EQ(comparison.differences.size(), 3U);
}

TEST(Compare, ComparesConduitsByTheZonesThatTheyJoin) {
  Model before = department(), after = department();
  before.conduits = {{"c", {}, kReading, kArchive, {kDicom}}};
  after.conduits = {{"c", "said", kReading, kArchive, {kDicom, kHl7}}, {"d", {}, kArchive, kReading, {}}};
  EXPECT_THAT(sentences(compared(before, after)),
              testing::UnorderedElementsAre("opens: conduit 'c': hl7 may cross from reading to archive",
                                            "opens: conduit 'd': any service may cross from archive to reading",
                                            "none: conduit 'c': description none became 'said'"));
}

TEST(Compare, KnowsThatADenialCloses) {
  Model before = department();
  before.denials = {{"no", {}, {device(kWs1)}, {device(kRis)}, kHl7, {}}};
  Model after = before;
  after.denials[0].from = {device(kWs2)};
  after.denials[0].service.reset();
  after.denials[0].description = "D";
  after.denials[0].justification = "J";
  EXPECT_THAT(sentences(compared(before, after)),
              testing::UnorderedElementsAre("opens: denial 'no': ws1 is denied nothing by it any more",
                                            "closes: denial 'no': denies service any, not hl7",
                                            "closes: denial 'no': ws2 may open nothing there",
                                            "none: denial 'no': description none became 'D'",
                                            "none: denial 'no': justification none became 'J'"));
}

TEST(Compare, SaysWhereItGaveUp) {
  Model changed = department();
  reading(changed).operations.values = {dimse::kEcho};
  EXPECT_TRUE(compared(department(), changed).whole);
  Limits limits;
  limits.comparison_steps = 1;
  EXPECT_FALSE(compared(department(), changed, limits).whole);
}

}  // namespace
}  // namespace dcmwatch
