#include <gtest/gtest.h>

#include "model/mistakes.h"

namespace dcmwatch {
namespace {

using namespace test;

TEST(LoadModel, TheSoundModelIsSound) {
  const auto model = parse_model(std::string{kSound}, "m");
  EXPECT_EQ(model->zones.size(), 3U);
  EXPECT_EQ(model->devices.at(0).calls_as, (std::vector<std::string>{"PACS", "PACS_Q"}));
  EXPECT_EQ(model->devices.at(0).addresses.size(), 2U);
  EXPECT_EQ(to_text(model->services.at(2).ports.at(1)), "5900-5910");
}

TEST(LoadModel, QuirksAreNamesOfViolations) {
  const std::string_view ris = "ris: {zone: archive, addresses: 10.0.1.20";
  std::string text{kSound};
  text.insert(text.find(ris) + ris.size(), ", quirks: [dicom.odd_fragment, hl7.end_block]");
  EXPECT_EQ(parse_model(text, "m")->devices.at(2).quirks,
            (std::vector<std::string>{"dicom.odd_fragment", "hl7.end_block"}));
  text.replace(text.find("odd_fragment"), 12, "odd_fragmnet");
  EXPECT_EQ(errors_of(text), "m:13:55: unknown violation 'dicom.odd_fragmnet'; did you mean 'dicom.odd_fragment'?");
}

TEST(LoadModel, ReadsInWhatTimeAnOrdersStepsFollowEachOther) {
  EXPECT_EQ(parse_model(std::string{kSound}, "m")->workflow.report, std::chrono::hours{24});
  const auto model = parse_model(std::string{kSound} + "workflow: {images: 30m, commitment: none, report: 2d}", "m");
  EXPECT_EQ(model->workflow.images, std::chrono::minutes{30});
  EXPECT_EQ(model->workflow.commitment, std::nullopt);
  EXPECT_EQ(model->workflow.report, std::chrono::hours{48});
  for (const std::string_view wrong : {"soon", "30", "0m", "8d", "-1h", "99999999999h"}) {
    const std::string text = std::string{kSound} + "workflow: {report: " + std::string{wrong} + "}";
    EXPECT_TRUE(errors_of(text).starts_with("m:16:20: '" + std::string{wrong} + "' is no time")) << errors_of(text);
  }
}

TEST(LoadModel, ReadsFlows) {
  const auto model = parse_model(std::string{kSound} + R"(flows:
  read:
    from: zone:reading
    to: [pacs]
    service: dicom
    ports: [104, 11112]
    operations: [C-FIND, C-MOVE, C-GET]
    sop_classes: [study root query retrieve, image storage, 1.2.3.4, Basic Text SR Storage]
    move_destinations: [WS1]
    called_ae: [PACS_Q]
  store: {from: ws1, to: pacs, service: dicom, operations: [C-STORE], sop_classes: any, requires: [order]}
  orders: {from: all, to: ris, service: hl7, message_types: ["ADT^*", ORM^O01]}
)",
                                 "m");
  const Flow& read = model->flows.at(0);
  EXPECT_EQ(read.from, (std::vector<Party>{{Party::Kind::zone, 1}}));
  EXPECT_EQ(read.ports.size(), 2U);
  EXPECT_EQ(read.operations.values, (std::vector<std::uint16_t>{0x20, 0x21, 0x10}));
  EXPECT_EQ(read.sop_classes.uids, (std::vector<std::string>{"1.2.3.4", "1.2.840.10008.5.1.4.1.1.88.11"}));
  EXPECT_EQ(read.called_ae.value().values, std::vector<std::string>{"PACS_Q"});
  EXPECT_FALSE(read.calling_ae);
  EXPECT_FALSE(read.requires_order);
  EXPECT_TRUE(model->flows.at(1).requires_order);
  EXPECT_EQ(model->flows.at(2).message_types.values.size(), 2U);
}

TEST(LoadModel, ReadsWhatAnHl7InterfaceAgreedOn) {
  const auto model = parse_model(std::string{kSound} + R"(flows:
  orders: {from: all, to: ris, service: hl7, message_types: any, senders: [HIS, "LAB^1.2.3^ISO|MAIN"], receivers: "*|MAIN",
           versions: [2.3, 2.5.1], processing_ids: [P, T], ack: none, accession_from: [OBR-18, ORC-3]}
  others: {from: ris, to: all, service: hl7, message_types: any}
)",
                                 "m");
  const Hl7Agreement& agreement = model->flows.at(0).hl7;
  ASSERT_EQ(agreement.senders.values.size(), 2U);
  EXPECT_TRUE(agreement.senders.values[0].facility.any);
  EXPECT_FALSE(agreement.senders.values[0].application.universal_id);
  EXPECT_EQ(agreement.senders.values[1].application.namespace_id, "LAB");
  EXPECT_EQ(agreement.senders.values[1].application.universal_id_type, "ISO");
  EXPECT_EQ(agreement.senders.values[1].facility.namespace_id, "MAIN");
  EXPECT_TRUE(agreement.receivers.values.at(0).application.any);
  EXPECT_EQ(agreement.versions.values, (std::vector<std::string>{"2.3", "2.5.1"}));
  EXPECT_EQ(agreement.ack_mode, AcknowledgementMode::none);
  const std::vector<AccessionField> places{AccessionField::obr_18, AccessionField::orc_3};
  EXPECT_EQ(agreement.accession_sought, AccessionOrder{places});

  const Hl7Agreement& unrestricted = model->flows.at(1).hl7;
  EXPECT_TRUE(unrestricted.senders.any);
  EXPECT_TRUE(unrestricted.versions.any);
  EXPECT_EQ(unrestricted.processing_ids.values, std::vector<std::string>{"P"})
      << "production, unless declared otherwise";
  EXPECT_FALSE(unrestricted.ack_mode);
}

class LoadModelMistakes : public testing::TestWithParam<Mistake> {};

TEST_P(LoadModelMistakes, AreToldWithPlaceAndFix) {
  const Told told = tell(GetParam());
  EXPECT_EQ(told.said, told.expected);
}

INSTANTIATE_TEST_SUITE_P(
    Document, LoadModelMistakes,
    testing::Values(
        Mistake{"@", "a model must be a map of 'key: value' lines"},
        Mistake{"@- a\n", "a model must be a map of 'key: value' lines"},
        Mistake{"@devices: {}\n",
                "a model has no 'zones'; declare where devices stand: zones: {archive: {networks: [10.20.20.0/24]}}"},
        Mistake{"@zones: {}\n",
                "a model has no 'devices'; declare them: devices: {pacs: {zone: archive, addresses: [10.20.20.10]}}"},
        Mistake{"zones: {}\ndevices: {}\n@device: {}\n", "a model has no setting 'device'; did you mean 'devices'?"},
        Mistake{"zones: @[a]\ndevices: {}\n", "expected 'zone-name: ...' entries, one for each zone"},
        Mistake{"zones: {a: @x}\ndevices: {}\n", "zone 'a' must be a map of 'key: value' lines"}));

INSTANTIATE_TEST_SUITE_P(
    Zones, LoadModelMistakes,
    testing::Values(zone("  @Reading Room: {networks: 10.9.0.0/24}\n",
                         "zone name 'Reading Room' is not usable; use 1 to 64 of the characters a-z, 0-9, '_' and '-'"),
                    zone("  b: @{}\n", "zone 'b' has no 'networks'; list them: networks: [10.20.30.0/24]"),
                    zone("  b: {@networks: }\n",
                         "zone 'b' has an empty 'networks'; list them: networks: [10.20.30.0/24]"),
                    zone("  b: {@network: [10.9.0.0/24], networks: [10.9.0.0/24]}\n",
                         "zone 'b' has no setting 'network'; did you mean 'networks'?"),
                    zone("  b: {networks: [@10.9.0.0/33]}\n",
                         "'10.9.0.0/33' is no address and no network; write 10.20.30.40, 10.20.30.0/24, "
                         "10.20.30.40-10.20.30.50 or fd00::/64"),
                    zone("  b: {networks: [@10.9.0.7/24]}\n",
                         "'10.9.0.7/24' has bits set beyond its prefix; the network is 10.9.0.0/24"),
                    zone("  b: {networks: [@\"fd00::1:7/112\"]}\n",
                         "'fd00::1:7/112' has bits set beyond its prefix; the network is fd00::1:0/112"),
                    zone("  b: {networks: [@10.0.7.0/24]}\n",
                         "10.0.7.0/24 overlaps 10.0.0.0/16 of zone 'a'; an address belongs to one only"),
                    zone("  b: {networks: [@10.0.0.0/16]}\n",
                         "10.0.0.0/16 overlaps 10.0.0.0/16 of zone 'a'; an address belongs to one only"),
                    zone("  b: {networks: [@[x]]}\n", "each of 'networks' must be a single value"),
                    zone("  b: {networks: @{x: y}}\n", "'networks' must be a value or a list of values"),
                    zone("  outside: {networks: [0.0.0.0/0, \"::/0\"]}\n", "")));

INSTANTIATE_TEST_SUITE_P(
    Devices, LoadModelMistakes,
    testing::Values(
        device("  d: {zone: a, addresses: 10.0.0.1}\n", ""),
        device("  @D: {zone: a, addresses: 10.0.0.1}\n",
               "device name 'D' is not usable; use 1 to 64 of the characters a-z, 0-9, '_' and '-'"),
        device("  d: @{addresses: 10.0.0.1}\n", "device 'd' has no 'zone'; name the zone in which it stands"),
        device("  d: {zone: @aa, addresses: 10.0.0.1}\n", "unknown zone 'aa'; did you mean 'a'?"),
        device("  d: @{zone: a}\n", "device 'd' has no 'addresses'; list them: addresses: [10.20.30.40]"),
        device("  d: {zone: a, addresses: @10.0.0.256}\n",
               "'10.0.0.256' is no address and no network; write 10.20.30.40, 10.20.30.0/24, 10.20.30.40-10.20.30.50 "
               "or fd00::/64"),
        device("  d: {zone: a, addresses: @192.0.2.1}\n",
               "address 192.0.2.1 lies in no zone; add its network to zone 'a' or correct the address"),
        device("  d: {zone: a, addresses: @10.1.0.1}\n",
               "address 10.1.0.1 lies in zone 'b', not in 'a'; write 'zone: b' or correct the address"),
        device("  d: {zone: b, addresses: @10.1.0.0/23}\n",
               "block 10.1.0.0/23 reaches beyond zone 'b'; make it smaller"),
        device("  d: {zone: a, addresses: 10.0.0.1}\n  e: {zone: a, addresses: @10.0.0.1}\n",
               "10.0.0.1 overlaps 10.0.0.1 of device 'd'; an address belongs to one only"),
        device("  d: {zone: a, addresses: [10.0.0.0/28, 10.0.0.0/30]}\n  e: {zone: a, addresses: @10.0.0.9}\n",
               "10.0.0.9 overlaps 10.0.0.0/28 of device 'd'; an address belongs to one only"),
        device("  d: {zone: a, addresses: 10.0.0.1}\n  @d: {zone: a, addresses: 10.0.0.2}\n",
               "'d' stands here twice; keep one of them"),
        device("  d: {zone: a, addresses: 10.0.0.1, ae_titles: [@THIS_IS_MUCH_TOO_LONG]}\n",
               "'THIS_IS_MUCH_TOO_LONG' is no AE title; 1 to 16 ASCII characters, no backslash (PS3.5 6.2)"),
        device("  d: {zone: a, addresses: 10.0.0.1, ae_titles: [@'a\\b']}\n",
               "'a\\b' is no AE title; 1 to 16 ASCII characters, no backslash (PS3.5 6.2)"),
        device("  d: {zone: a, addresses: 10.0.0.1, @ae_title: X}\n",
               "device 'd' has no setting 'ae_title'; did you mean 'ae_titles'?"),
        device("  d: {zone: a, addresses: 10.0.0.1}\ngroups:\n  @d: {devices: [d]}\n",
               "'d' is a device already; give the group another name"),
        device("  d: {zone: a, addresses: 10.0.0.1}\ngroups:\n  g: {devices: [@x]}\n",
               "unknown device 'x'; did you mean 'd'?")));

INSTANTIATE_TEST_SUITE_P(
    Services, LoadModelMistakes,
    testing::Values(
        Mistake{"zones: {a: {networks: 10.0.0.0/8}}\ndevices: {}\nservices:\n  s: @{ports: [1]}\n",
                "service 's' has no 'protocol'; one of: dicom, hl7, other"},
        service("protocol: @dicon", "unknown protocol 'dicon'; did you mean 'dicom'?"),
        service("protocol: other, transport: @sctp", "unknown transport 'sctp'; one of: tcp, udp"),
        service("protocol: hl7, transport: @[tcp, udp]", "hl7 is spoken over TCP only; leave 'transport' out"),
        service("protocol: other, ports: [@0]", "'0' is no port; write a number from 1 to 65535 or a range, 5900-5910"),
        service("protocol: other, ports: [@65536]",
                "'65536' is no port; write a number from 1 to 65535 or a range, 5900-5910"),
        service("protocol: other, ports: [@20-10]",
                "'20-10' is no port; write a number from 1 to 65535 or a range, 5900-5910"),
        service("protocol: other, ports: [@-1]",
                "'-1' is no port; write a number from 1 to 65535 or a range, 5900-5910"),
        service("protocol: other, @port: 5", "service 's' has no setting 'port'; did you mean 'ports'?")));

INSTANTIATE_TEST_SUITE_P(
    Flows, LoadModelMistakes,
    testing::Values(
        flow(kDicomFlow, ""),
        Mistake{"flows:\n  f: @{to: pacs, service: ssh}\n",
                "flow 'f' has no 'from'; say who opens the connection: a device, a group or zone:name"},
        flow("from: @ws, to: pacs, service: ssh", "unknown device or group 'ws'; did you mean 'ws1'?"),
        flow("from: @archive, to: pacs, service: ssh", "'archive' is a zone; write 'zone:archive'"),
        flow("from: @zone:archiv, to: pacs, service: ssh", "unknown zone 'archiv'; did you mean 'archive'?"),
        flow("from: @zone:empty, to: pacs, service: ssh",
             "'zone:empty' holds no device, so nothing could flow; declare its devices first"),
        flow("from: ws1, to: pacs, service: @dicm, operations: [C-ECHO]",
             "unknown service 'dicm'; did you mean 'dicom'?"),
        whole_flow("from: ws1, to: pacs, service: portless, operations: [C-ECHO]",
                   "flow 'f' has no port; add 'ports: [11112]' to it or to service 'portless'"),
        flow(kDicomFlow + ", ports: [@99999]",
             "'99999' is no port; write a number from 1 to 65535 or a range, 5900-5910"),
        whole_flow("from: ws1, to: pacs, service: dicom",
                   "flow 'f' has no 'operations'; say which, 'operations: [C-ECHO, C-STORE]', or 'operations: any'"),
        flow("from: ws1, to: pacs, service: dicom, operations: [@C-STOR], sop_classes: any",
             "unknown operation 'C-STOR'; did you mean 'C-STORE'?"),
        whole_flow("from: ws1, to: pacs, service: dicom, operations: [C-STORE]",
                   "flow 'f' has no 'sop_classes'; say which, 'sop_classes: [image storage]', or 'sop_classes: any'"),
        flow("from: ws1, to: pacs, service: dicom, operations: [C-STORE], sop_classes: [@image storag]",
             "unknown SOP class 'image storag'; did you mean 'image storage'?"),
        whole_flow(
            "from: ws1, to: pacs, service: dicom, operations: [C-MOVE], sop_classes: any",
            "flow 'f' has no 'move_destinations'; say which, 'move_destinations: [WS1]', or 'move_destinations: any'"),
        flow("from: ws1, to: pacs, service: dicom, operations: [C-MOVE], sop_classes: any, move_destinations: [@WS2]",
             "AE title 'WS2' belongs to no device; did you mean 'WS1'?"),
        flow(kDicomFlow + ", @move_destinations: [WS1]",
             "flow 'f' has 'move_destinations' but no C-MOVE; add C-MOVE to its operations or leave it out"),
        flow(kDicomFlow + ", calling_ae: [@WS9]", "AE title 'WS9' belongs to no device; did you mean 'WS1'?"),
        flow("from: ws1, to: @ris, service: dicom, operations: [C-ECHO]",
             "device 'ris' speaks DICOM in flow 'f' but has no AE title; give it 'ae_titles', or give the flow "
             "'called_ae'"),
        flow(kDicomFlow + ", @message_types: any",
             "'message_types' is for a flow of an HL7 service, which 'dicom' is not; leave it out"),
        whole_flow(
            "from: ws1, to: ris, service: hl7",
            "flow 'f' has no 'message_types'; say which, 'message_types: [ADT^*, ORM^O01]', or 'message_types: any'"),
        flow("from: ws1, to: ris, service: hl7, message_types: [@adt]",
             "'adt' is no message type; write ADT^A01, ADT^* or ORU"),
        flow(kHl7Flow + ", versions: [2.5.1, @2.51]",
             "unknown version of HL7 '2.51'; write one of table 0104, 2.1 to 2.8.2"),
        flow(kHl7Flow + ", processing_ids: [P, @X]", "unknown processing id 'X'; write P, T or D (table 0103)"),
        flow(kHl7Flow + ", ack: @orignal", "unknown acknowledgement mode 'orignal'; write original, enhanced or none"),
        flow(kHl7Flow + ", ack: @[none]", "'ack' must be a single value"),
        flow(kHl7Flow + ", accession_from: [OBR-18, @OBR-81]",
             "unknown place of an accession number 'OBR-81'; write IPC-1, OBR-18, OBR-3 or ORC-3"),
        flow(kHl7Flow + ", accession_from: [OBR-18, @OBR-18]",
             "'OBR-18' stands there twice; name each place once, the best first"),
        flow(kHl7Flow + ", senders: [@'A|B|C']",
             "'A|B|C' names no application; write LAB, 'LAB|MAIN' with its facility, '*|MAIN' for any of it, or "
             "'LAB^1.2.3^ISO' for the whole name"),
        flow(kHl7Flow + ", receivers: [@'']",
             "'' names no application; write LAB, 'LAB|MAIN' with its facility, '*|MAIN' for any of it, or "
             "'LAB^1.2.3^ISO' for the whole name"),
        flow(kHl7Flow + ", senders: [@'*|*']", "'*|*' is anybody; write any, or a name"),
        flow(kHl7Flow + ", senders: @'*'", "'*' is anybody; write any, or a name"),
        flow(kHl7Flow + ", senders: @'|CLINIC'",
             "'|CLINIC' names no application; write '*|CLINIC' for any of the facility"),
        flow(kHl7Flow + ", senders: @'|'",
             "'|' names no application; write LAB, 'LAB|MAIN' with its facility, '*|MAIN' for any of it, or "
             "'LAB^1.2.3^ISO' for the whole name"),
        flow(kHl7Flow + ", receivers: @'RIS|'", "'RIS|' names no facility; write RIS for any facility"),
        flow(kHl7Flow + ", senders: @LAB^",
             "'LAB^' is no whole name; write the first component alone, or all three: 'LAB^1.2.3^ISO'"),
        flow(kHl7Flow + ", senders: [HIS, @'LAB|MAIN^1.2.3']",
             "'LAB|MAIN^1.2.3' is no whole name; write the first component alone, or all three: 'LAB^1.2.3^ISO'"),
        flow(kHl7Flow + ", senders: @LAB~RIS",
             "'LAB~RIS' has a repetition, which MSH-3 to MSH-6 have not; make each name an item of the list"),
        flow(kHl7Flow + ", senders: [LAB, @LAB]", "'LAB' stands there twice; name it once"),
        flow(kHl7Flow + ", senders: [@any, LAB]",
             "'any' stands in a list; write 'senders: any' without one, or name what is allowed"),
        flow(kHl7Flow + ", processing_ids: [P, @any]",
             "'any' stands in a list; write 'processing_ids: any' without one, or name what is allowed"),
        flow(kHl7Flow + ", versions: @[]",
             "'versions' is empty, so that nothing is allowed; name what is, or write 'versions: any'"),
        flow(kHl7Flow + ", accession_from: @[]", "'accession_from' is empty; name one, or leave it out"),
        flow("from: ws1, to: pacs, service: dicom, operations: @[]",
             "'operations' is empty, so that nothing is allowed; name what is, or write 'operations: any'"),
        flow("from: ws1, to: pacs, service: dicom, operations: [C-ECHO, @any]",
             "'any' stands in a list; write 'operations: any' without one, or name what is allowed"),
        flow("from: ws1, to: pacs, service: dicom, operations: [C-STORE], sop_classes: [image storage, @image storage]",
             "'image storage' stands there twice; name it once"),
        flow(kDicomFlow + ", calling_ae: [WS1, @any]",
             "'any' stands in a list; write 'calling_ae: any' without one, or name what is allowed"),
        flow("@from: [], to: pacs, service: ssh",
             "flow 'f' has an empty 'from'; say who opens the connection: a device, a group or zone:name"),
        flow(kDicomFlow + ", @senders: any",
             "'senders' is for a flow of an HL7 service, which 'dicom' is not; leave it out"),
        flow("from: ws1, to: ris, service: hl7, message_types: any, @operations: any",
             "'operations' is for a flow of a DICOM service, which 'hl7' is not; leave it out"),
        flow("from: ws1, to: pacs, service: dicom, operations: any, sop_classes: any, move_destinations: any, "
             "requires: order",
             ""),
        flow("from: ws1, to: pacs, service: dicom, operations: [C-STORE], sop_classes: any, requires: [@ordr]",
             "unknown requirement 'ordr'; did you mean 'order'?"),
        flow(kDicomFlow + ", @requires: [order]",
             "flow 'f' has 'requires' but no C-STORE; add C-STORE to its operations or leave it out"),
        flow("from: ws1, to: ris, service: hl7, message_types: any, @requires: [order]",
             "'requires' is for a flow of a DICOM service, which 'hl7' is not; leave it out"),
        flow(kDicomFlow + ", @operation: any", "flow 'f' has no setting 'operation'; did you mean 'operations'?")));

TEST(LoadModel, TellsEveryMistakeInTheOrderOfTheFile) {
  EXPECT_EQ(
      errors_of("zones:\n  a: {networks: 10.0.0.0/8, colour: red}\ndevices:\n  d: {zone: b, addresses: x}\nflow: {}\n"),
      "m:2:29: zone 'a' has no setting 'colour'; one of: description, purpose, networks, vlans, security_level, "
      "one_segment\n"
      "m:4:13: unknown zone 'b'; did you mean 'a'?\n"
      "m:4:27: 'x' is no address and no network; write 10.20.30.40, 10.20.30.0/24, 10.20.30.40-10.20.30.50 or "
      "fd00::/64\n"
      "m:5:1: a model has no setting 'flow'; did you mean 'flows'?");
}

TEST(LoadModel, AFileThatIsNotThere) {
  try {
    load_model("/nonexistent/model.yaml");
    FAIL();
  } catch (const ConfigurationError& error) {
    EXPECT_STREQ(error.what(), "/nonexistent/model.yaml: no such file; check the path and its permissions");
  }
}

}  // namespace
}  // namespace dcmwatch
