// What a model may declare beyond who talks to whom.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/mistakes.h"

namespace dcmwatch {
namespace {

using namespace test;
using std::chrono::hours;
using testing::ElementsAre;
using testing::SizeIs;

constexpr std::string_view kZones = "zones:\n  a: {networks: [10.0.0.0/16]}\n  b: {networks: [10.1.0.0/24]}\n";

std::shared_ptr<const Model> model_of(std::string_view text) { return parse_model(std::string{text}, "m"); }
std::shared_ptr<const Model> sound_with(std::string_view text) {
  return model_of(std::string{kSound} + std::string{text});
}
Device device_of(const std::string& body) {
  return model_of(std::string{kZones} + "devices:\n  d: {zone: a, " + body + "}\n")->devices.at(0);
}
Flow dicom_flow(const std::string& body) {
  return sound_with("flows:\n  f: {from: ws1, to: pacs, service: dicom, operations: [C-STORE], sop_classes: any, " +
                    body + "}\n")
      ->flows.at(0);
}

TEST(LoadZone, WhatItIsForAndWhatCanBeSeenInIt) {
  const auto model = model_of(R"(zones:
  a: {networks: [10.0.0.0/24, 10.0.1.30-10.0.1.40], vlans: [110, 112-114, 113], purpose: Scanning, security_level: 3, one_segment: true}
  b: {networks: 10.1.0.0/24, one_segment: false}
devices: {}
)");
  const Zone& zone = model->zones.at(0);
  EXPECT_EQ(zone.purpose, "Scanning");
  EXPECT_THAT(zone.vlans, ElementsAre(110, 112, 113, 114));
  EXPECT_EQ(zone.security_level, 3);
  EXPECT_TRUE(zone.one_segment);
  EXPECT_FALSE(model->zones.at(1).one_segment);
  EXPECT_FALSE(model->zones.at(1).security_level);
}

TEST(LoadZone, ARangeOfAddressesIsTheBlocksThatItHas) {
  std::vector<std::string> blocks;
  for (const Network& network : device_of("addresses: [10.0.1.30-10.0.1.40]").addresses)
    blocks.push_back(to_text(network));
  EXPECT_THAT(blocks, ElementsAre("10.0.1.30/31", "10.0.1.32/29", "10.0.1.40/32"));
  EXPECT_THAT(device_of("addresses: 10.0.0.7 - 10.0.0.7").addresses, SizeIs(1));
  EXPECT_THAT(device_of("addresses: 10.0.0.0-10.0.255.255").addresses, SizeIs(1));
  const auto everything =
      model_of("zones: {all: {networks: ['::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff']}}\ndevices: {}\n");
  EXPECT_THAT(everything->zones.at(0).networks, SizeIs(2)) << "two halves";
}

TEST(LoadDevice, WhoItIs) {
  const Device device = device_of(
      "addresses: 10.0.0.1, shared_addresses: [10.0.9.9, 10.0.8.0/28], macs: ['00:1B:21:0a:0b:0c', 02-00-00-00-00-01], "
      "ae_titles: [A, B], calls_as: [' C ', A], answers_to: [D], presents: [E], hl7: [HIS, 'LAB|MAIN'], "
      "role: information system, vendor: V, product: P, owner: O, contact: 'Tel. 1234'");
  EXPECT_THAT(device.shared_addresses, SizeIs(2));
  EXPECT_THAT(device.macs, ElementsAre(MacAddress{0, 0x1b, 0x21, 0x0a, 0x0b, 0x0c}, MacAddress{2, 0, 0, 0, 0, 1}));
  EXPECT_THAT(device.calls_as, ElementsAre("A", "B", "C"));
  EXPECT_THAT(device.answers_to, ElementsAre("A", "B", "D"));
  EXPECT_THAT(device.presents, ElementsAre("E"));
  EXPECT_EQ(device.hl7_names.at(1).text, "LAB|MAIN");
  EXPECT_EQ(device.role, DeviceRole::information_system);
  EXPECT_EQ(device.vendor + device.product + device.owner + device.contact, "VPOTel. 1234");
}

TEST(LoadDevice, WhatRunsOnIt) {
  const Device device = device_of(
      "addresses: 10.0.0.1, role: vendor, implementation: [{class_uid: 1.2.276.0.7230010.3.0.3.6.*, version: "
      "OFFIS_DCMTK_36*}, {version: 'X 1'}]");
  EXPECT_EQ(device.role, DeviceRole::vendor) << "the last of them";
  ASSERT_THAT(device.implementations, SizeIs(2));
  EXPECT_EQ(device.implementations[0].class_uid, "1.2.276.0.7230010.3.0.3.6.*");
  EXPECT_EQ(device.implementations[0].version_name, "OFFIS_DCMTK_36*");
  EXPECT_EQ(device.implementations[1].class_uid, "");
  EXPECT_EQ(device_of("addresses: 10.0.0.1, implementation: {class_uid: 1.2.3}").implementations.at(0).class_uid,
            "1.2.3");
}

TEST(LoadDevice, ManyMayStandBehindAnAddress) {
  const auto model =
      model_of(std::string{kZones} +
               "devices:\n  d: {zone: a, shared_addresses: 10.0.0.1}\n  e: {zone: a, addresses: 10.0.0.2, "
               "shared_addresses: [10.0.0.1]}\n");
  EXPECT_TRUE(model->devices.at(0).addresses.empty());
  EXPECT_EQ(model->devices.at(0).shared_addresses, model->devices.at(1).shared_addresses);
}

TEST(LoadService, WhetherItIsSpokenWithinTls) {
  const auto model =
      model_of(std::string{kZones} +
               "devices: {}\nservices:\n  a: {protocol: dicom, tls: required}\n  b: {protocol: hl7, tls: "
               "forbidden}\n  c: {protocol: other, tls: allowed}\n  d: {protocol: dicom}\n");
  std::vector<TransportSecurity> tls;
  for (const Service& service : model->services) tls.push_back(service.tls);
  using enum TransportSecurity;
  EXPECT_THAT(tls, ElementsAre(required, forbidden, allowed, allowed));
}

TEST(LoadFlow, WhenItIsDeclared) {
  const auto model = sound_with(R"(time_zone: Europe/Berlin
flows:
  f: {from: ws1, to: ris, service: ssh, when: [Mon-Fri 07:00-19:00, "Sat,Sun 08:00-12:00"], quiet: {hours: 22:00-05:00, time_zone: UTC},
      seen_every: 90m, expires: 2027-03-31, justification: Backup, ticket: T-1, owner: IT}
  g: {from: ws1, to: ris, service: ssh}
)");
  const Flow& flow = model->flows.at(0);
  ASSERT_TRUE(flow.windows && flow.quiet_hours);
  EXPECT_THAT(flow.windows->hours, SizeIs(2));
  EXPECT_EQ(flow.windows->time_zone, "Europe/Berlin");
  EXPECT_EQ(flow.quiet_hours->time_zone, "UTC");
  EXPECT_EQ(flow.seen_every, hours{1} + std::chrono::minutes{30});
  EXPECT_EQ(flow.expires, end_of_day("2027-03-31", "Europe/Berlin"));
  EXPECT_EQ(flow.expires_on, "2027-03-31");
  EXPECT_EQ(flow.justification + flow.ticket + flow.owner, "BackupT-1IT");
  EXPECT_FALSE(model->flows.at(1).windows);
  EXPECT_FALSE(model->flows.at(1).expires);
}

TEST(LoadFlow, HowMuchOfIt) {
  const Flow flow =
      dicom_flow("per_hour: {objects: 2000, studies: 1-40, operations: 0-5, connections: 60}, answer_within: 500ms");
  ASSERT_THAT(flow.rates, SizeIs(4));
  EXPECT_EQ(flow.rates[3].what, RateOf::studies);
  EXPECT_EQ(flow.rates[3].least, 1U);
  EXPECT_EQ(flow.rates[3].most, 40U);
  EXPECT_EQ(flow.rates[2].least, 0U) << "at most, where no range is told";
  EXPECT_EQ(flow.answer_within, std::chrono::milliseconds{500});
  const auto hl7 = sound_with("flows:\n  f: {" + kHl7Flow + ", per_hour: {messages: 10-500}, answer_within: 5s}\n");
  EXPECT_EQ(hl7->flows.at(0).rates.at(0).what, RateOf::messages);
  const auto reading = sound_with(
      "flows:\n  f: {from: ws1, to: pacs, service: dicom, operations: [C-FIND, C-GET], sop_classes: any, "
      "per_hour: {studies_retrieved: 60, studies_queried: 200}}\n");
  ASSERT_THAT(reading->flows.at(0).rates, SizeIs(2));
  EXPECT_EQ(reading->flows.at(0).rates[1].what, RateOf::studies_queried);
  EXPECT_EQ(reading->flows.at(0).rates[1].most, 200U);
}

TEST(LoadFlow, MayBeSilentOutsideOfHoursThatAreNotAllQuiet) {
  const auto silence = [](const std::string& body) { return dicom_flow("seen_every: 1h, " + body).seen_every; };
  EXPECT_TRUE(silence("when: ['09:00-10:00'], quiet: ['08:00-09:59']"));
  EXPECT_TRUE(silence("when: [Sun 23:00-01:00], quiet: [Mon-Sat, 'Sun 00:00-23:59']"));
  EXPECT_TRUE(silence("when: {hours: ['10:00-11:00'], time_zone: Europe/Berlin}, quiet: ['08:00-09:00']"))
      << "in winter it is not";
}

TEST(LoadFlow, CountsTheObjectsThatACGetBrings) {
  EXPECT_TRUE(errors_of(std::string{kSound} +
                        "flows:\n  f: {from: ws1, to: pacs, service: dicom, operations: [C-GET], sop_classes: any, "
                        "per_hour: {objects: 5}}\n")
                  .empty());
}

TEST(LoadFlow, HowItsObjectsAreWritten) {
  EXPECT_TRUE(dicom_flow("transfer_syntaxes: any").transfer_syntaxes.any);
  EXPECT_TRUE(dicom_flow("requires: order").transfer_syntaxes.any);
  EXPECT_THAT(dicom_flow("transfer_syntaxes: [Deflated, JPEG Baseline (Process 1), 1.2.3, jpeg-ls, jpeg-ls lossless]")
                  .transfer_syntaxes.values,
              ElementsAre("1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.50", "1.2.3", "1.2.840.10008.1.2.4.80",
                          "1.2.840.10008.1.2.4.81"));
}

TEST(LoadFlow, WhatItRequires) {
  const Flow flow = dicom_flow("requires: [order, worklist entry]");
  EXPECT_TRUE(flow.requires_order);
  EXPECT_TRUE(flow.requires_worklist_entry);
  EXPECT_FALSE(dicom_flow("requires: worklist entry").requires_order);
}

TEST(LoadFlow, ATitleMayBeAnothersThatTheDevicePresents) {
  const auto model = sound_with("").get()->devices;
  std::string text{kSound};
  text.replace(text.find("ae_titles: WS1"), 14, "presents: [FAR]");
  EXPECT_NO_THROW(model_of(text + "flows:\n  f: {from: ws1, to: pacs, service: dicom, operations: [C-ECHO]}\n"));
}

TEST(LoadConduits, OneFromOrToSeveralZonesStandsForEachPair) {
  const auto model = sound_with(
      "conduits:\n  c: {from: [archive, reading], to: [reading, archive], services: [dicom, ssh], description: Both "
      "ways}\n  d: {from: "
      "archive, to: empty, services: any}\n");
  ASSERT_THAT(model->conduits, SizeIs(3));
  EXPECT_EQ(model->conduits[0].name, "c");
  EXPECT_EQ(model->conduits[1].name, "c");
  EXPECT_EQ(model->conduits[1].from, 1U);
  EXPECT_EQ(model->conduits[1].to, 0U);
  EXPECT_THAT(model->conduits[1].services, ElementsAre(0U, 2U));
  EXPECT_TRUE(model->conduits[2].services.empty());
}

TEST(LoadDenials, WhatMustNotPass) {
  const auto model = sound_with(
      "denials:\n  no-internet: {from: [zone:archive, ws1, all], to: any, justification: Never}\n  no-shell: {from: "
      "any, to: ris, service: "
      "ssh}\n  all-of-it: {from: any, to: zone:empty, service: any}\n");
  ASSERT_THAT(model->denials, SizeIs(3));
  EXPECT_THAT(model->denials[0].from,
              ElementsAre(Party{Party::Kind::zone, 0}, Party{Party::Kind::device, 1}, Party{Party::Kind::group, 0}));
  EXPECT_EQ(model->denials[0].to.at(0).kind, Party::Kind::anybody);
  EXPECT_FALSE(model->denials[0].service);
  EXPECT_EQ(model->denials[0].justification, "Never");
  EXPECT_EQ(model->denials[1].service, 2U);
  EXPECT_FALSE(model->denials[2].service);
}

TEST(LoadDenials, OneThatLeavesSomethingOfAFlowNarrowsIt) {
  const std::string flow = "flows:\n  f: {from: all, to: ris, service: ssh}\n";
  EXPECT_NO_THROW(sound_with(flow + "denials:\n  d: {from: ws1, to: ris}\n"));
  EXPECT_NO_THROW(sound_with(flow + "denials:\n  d: {from: any, to: ris, service: dicom}\n"));
  EXPECT_NO_THROW(sound_with(flow + "denials:\n  d: {from: any, to: zone:reading}\n"));
}

class LanguageMistakes : public testing::TestWithParam<Mistake> {};

TEST_P(LanguageMistakes, AreToldWithPlaceAndFix) {
  const Told told = tell(GetParam());
  EXPECT_EQ(told.said, told.expected);
}

Mistake conduits(const std::string& body, const std::string& error) {
  return {"flows:\n  @f: {from: ws1, to: pacs, service: ssh}\nconduits:\n" + body, error};
}
Mistake conduit(const std::string& body, const std::string& error) {
  return {"conduits:\n  c: {" + body + "}\n", error};
}
Mistake denial(const std::string& body, const std::string& error) { return {"denials:\n  d: {" + body + "}\n", error}; }
Mistake denied(const std::string& flow_parties, const std::string& denial_body, const std::string& error) {
  return {"flows:\n  @f: {" + flow_parties + ", service: ssh}\ndenials:\n  d: {" + denial_body + "}\n", error};
}
Mistake contradiction(const std::string& services, const std::string& one, const std::string& other,
                      const std::string& error) {
  return {
      "zones: {a: {networks: 10.0.0.0/16}}\ndevices:\n  d: {zone: a, addresses: 10.0.0.1, ae_titles: D}\n  e: {zone: "
      "a, "
      "addresses: 10.0.0.2, ae_titles: E}\nservices:\n" +
          services + "flows:\n  f: {from: [d, e], to: e, " + one + "}\n  @g: {from: [e, d], to: e, " + other + "}\n",
      error};
}

const std::string kMapError = " must be a map of 'key: value' lines";

INSTANTIATE_TEST_SUITE_P(
    Model, LanguageMistakes,
    testing::Values(Mistake{"time_zone: @Europe/Berlim\n",
                            "unknown time zone 'Europe/Berlim'; did you mean 'Europe/Berlin'?"},
                    Mistake{"time_zone: @[UTC]\n", "'time_zone' must be a single value"},
                    Mistake{std::string{kSound} + "@include: [other.yaml]\n",
                            "a text that is no file cannot include any; leave 'include' out"},
                    Mistake{"workflow: {report: @8d}\n",
                            "'8d' is no time; write a number of ms, s, m, h or d, up to 7d, or none: 30m"}));

INSTANTIATE_TEST_SUITE_P(
    Zones, LanguageMistakes,
    testing::Values(zone("  b: {networks: 10.9.0.0/24, vlans: [1, @4095]}\n",
                         "'4095' is no VLAN; write a number from 1 to 4094 or a range, 110-115"),
                    zone("  b: {networks: 10.9.0.0/24, vlans: @0}\n",
                         "'0' is no VLAN; write a number from 1 to 4094 or a range, 110-115"),
                    zone("  b: {networks: 10.9.0.0/24, vlans: [@5-4]}\n",
                         "'5-4' is no VLAN; write a number from 1 to 4094 or a range, 110-115"),
                    zone("  b: {networks: 10.9.0.0/24, security_level: @5}\n",
                         "'5' is no security level; write 0 to 4 (IEC 62443-3-3 A)"),
                    zone("  b: {networks: 10.9.0.0/24, one_segment: @yes}\n",
                         "'yes' is neither true nor false; write true or false"),
                    zone("  b: {networks: [@10.9.0.9-10.9.0.1]}\n",
                         "'10.9.0.9-10.9.0.1' is no address and no network; write 10.20.30.40, 10.20.30.0/24, "
                         "10.20.30.40-10.20.30.50 or fd00::/64"),
                    zone("  b: {networks: [@10.9.0.9-fd00::1]}\n",
                         "'10.9.0.9-fd00::1' is no address and no network; write 10.20.30.40, 10.20.30.0/24, "
                         "10.20.30.40-10.20.30.50 or fd00::/64"),
                    zone("  b: {networks: [@9.255.255.255-10.0.0.3]}\n",
                         "9.255.255.255-10.0.0.3 overlaps 10.0.0.0/16 of zone 'a'; an address belongs to one only")));

const std::string kNoUid = "; write all of it, or its beginning with a '*' behind: 1.2.276.0.7230010.3.0.3.6.*";
const std::string kNoVersion =
    " is no implementation version name; 1 to 16 characters (PS3.7 D.3.3.2.3), a '*' at the end for any rest: "
    "OFFIS_DCMTK_36*";
const std::string kNoMac =
    " is no MAC address of a device; write six pairs of hexadecimal digits in quotes: '00:1b:21:0a:0b:0c'";

Mistake in_device(const std::string& body, const std::string& error) {
  return device("  d: {zone: a, addresses: 10.0.0.1, " + body + "}\n", error);
}

INSTANTIATE_TEST_SUITE_P(
    Devices, LanguageMistakes,
    testing::Values(
        in_device("macs: [@'00:1b:21:0a:0b']", "'00:1b:21:0a:0b'" + kNoMac),
        in_device("macs: [@'00:1b:21:0a:0b:0g']", "'00:1b:21:0a:0b:0g'" + kNoMac),
        in_device("macs: [@'01:00:5e:00:00:01']", "'01:00:5e:00:00:01'" + kNoMac),
        in_device("macs: [@'00:00:00:00:00:00']", "'00:00:00:00:00:00'" + kNoMac),
        in_device("calls_as: [@'a\\b']", "'a\\b' is no AE title; 1 to 16 ASCII characters, no backslash (PS3.5 6.2)"),
        in_device("answers_to: @{a: b}", "'answers_to' must be a value or a list of values"),
        in_device("presents: @[]", "'presents' is empty; name one, or leave it out"),
        in_device("hl7: [@'*|*']", "'*|*' is anybody; write any, or a name"),
        in_device("role: @archiv", "unknown role 'archiv'; did you mean 'archive'?"),
        in_device("@vendr: V", "device 'd' has no setting 'vendr'; did you mean 'vendor'?"),
        in_device("owner: @[x]", "'owner' must be a single value"),
        in_device("implementation: @x", "an implementation" + kMapError),
        in_device("implementation: [@{}]",
                  "an implementation has neither 'class_uid' nor 'version'; say one of them, or both"),
        in_device("implementation: [{class_uid: @1.2.x}]", "'1.2.x' is no UID" + kNoUid),
        in_device("implementation: [{class_uid: @1.*.2}]", "'1.*.2' is no UID" + kNoUid),
        in_device("implementation: [{class_uid: @'*'}]", "'*' is no UID" + kNoUid),
        in_device("implementation: [{version: @A*B}]", "'A*B'" + kNoVersion),
        in_device("implementation: [{version: @SEVENTEEN_LETTERS}]", "'SEVENTEEN_LETTERS'" + kNoVersion),
        in_device("implementation: [{@versions: A, version: A}]",
                  "an implementation has no setting 'versions'; did you mean 'version'?"),
        device("  @any: {zone: a, addresses: 10.0.0.1}\n", "'any' means anybody; give the device another name"),
        device("  d: {zone: a, shared_addresses: @10.1.0.1}\n",
               "address 10.1.0.1 lies in zone 'b', not in 'a'; write 'zone: b' or correct the address"),
        device("  d: {zone: a, addresses: 10.0.0.1}\n  e: {zone: a, shared_addresses: [@10.0.0.1]}\n",
               "shared address 10.0.0.1 overlaps 10.0.0.1 of device 'd'; what is shared is nobody's own: let each have "
               "it in "
               "'shared_addresses'"),
        device("  d: {zone: a, shared_addresses: 10.0.0.0/30}\n  e: {zone: a, addresses: [@10.0.0.1]}\n",
               "10.0.0.1 overlaps shared address 10.0.0.0/30 of device 'd'; what is shared is nobody's own: let each "
               "have it in "
               "'shared_addresses'"),
        device("  d: {zone: a, addresses: 10.0.0.1-10.0.0.9}\n  e: {zone: a, addresses: @10.0.0.9}\n",
               "10.0.0.9 overlaps 10.0.0.1-10.0.0.9 of device 'd'; an address belongs to one only"),
        device("  d: {zone: a, addresses: 10.0.0.1}\ngroups:\n  @any: {devices: [d]}\n",
               "'any' means anybody; give the group another name"),
        service("protocol: dicom, tls: @requierd", "unknown transport security 'requierd'; did you mean 'required'?")));

const std::string kNoHours =
    " tells no hours of the week; write 'Mon-Fri 07:00-19:00', 'Sat,Sun', or '22:00-06:00' for each night";

const std::string kNeverDue =
    "'seen_every' is never due: all of the flow's hours are quiet; leave it out, or correct 'when' or 'quiet'";

Mistake syntax(const std::string& written, const std::string& error) {
  return flow(kDicomFlow + ", transfer_syntaxes: [" + written + "]", error);
}
Mistake sop_class(const std::string& written, const std::string& error) {
  return flow("from: ws1, to: pacs, service: dicom, operations: [C-STORE], sop_classes: [" + written + "]", error);
}

INSTANTIATE_TEST_SUITE_P(
    Flows, LanguageMistakes,
    testing::Values(
        flow("from: @any, to: pacs, service: ssh", "'any' is for denials alone; name the devices, groups or zones"),
        flow(kDicomFlow + ", when: [@Mo-Fr 07:00-19:00]", "'Mo-Fr 07:00-19:00'" + kNoHours),
        flow(kDicomFlow + ", quiet: {hours: @07:00}", "'07:00'" + kNoHours),
        flow(
            kDicomFlow + ", when: [@'Mon 07:00-07:00']",
            "'Mon 07:00-07:00' begins and ends at the same time; write when it ends, or the days alone, 'Mon-Fri', for "
            "the whole of them"),
        flow(kDicomFlow + ", @seen_every: 30m, when: ['09:00-10:00'], quiet: ['08:00-11:00']", kNeverDue),
        flow(kDicomFlow + ", @seen_every: 1h, quiet: ['00:00-24:00']", kNeverDue),
        flow(kDicomFlow + ", @seen_every: 1h, when: [Sat 22:00-02:00], quiet: {hours: [Sat-Sun], time_zone: UTC}",
             kNeverDue),
        flow(kDicomFlow + ", quiet: @{time_zone: UTC}",
             "'quiet' has no 'hours'; list them: hours: [Mon-Fri 07:00-19:00]"),
        flow(kDicomFlow + ", when: {hours: Mon, time_zone: @CETT}", "unknown time zone 'CETT'; did you mean 'CET'?"),
        flow(kDicomFlow + ", when: {hours: Mon, @zone: UTC}", "'when' has no setting 'zone'; one of: hours, time_zone"),
        flow(kDicomFlow + ", seen_every: @93d", "'93d' is no time; write a number of ms, s, m, h or d, up to 92d: 30m"),
        flow(kDicomFlow + ", seen_every: @hourly",
             "'hourly' is no time; write a number of ms, s, m, h or d, up to 92d: 30m"),
        flow(kDicomFlow + ", answer_within: @5", "'5' is no time; write a number of ms, s, m, h or d, up to 1d: 30m"),
        flow(kDicomFlow + ", expires: @2027-02-29", "'2027-02-29' is no day; write year, month and day: 2027-03-31"),
        flow(kDicomFlow + ", expires: @31.03.2027", "'31.03.2027' is no day; write year, month and day: 2027-03-31"),
        flow(kDicomFlow + ", per_hour: @2000",
             "'per_hour'" + kMapError + "; write of what, and how many: {studies_retrieved: 60}"),
        flow(kHl7Flow + ", per_hour: @2000",
             "'per_hour'" + kMapError + "; write of what, and how many: {messages: 10-500}"),
        flow(kDicomFlow + ", per_hour: @{}",
             "'per_hour' says nothing; write of what, and how many: {studies_retrieved: 60}, or leave it out"),
        flow(kDicomFlow + ", per_hour: {studies_retrieved: @60.5}",
             "'60.5' is no rate; write how many of one device at most: 60"),
        flow(kDicomFlow + ", per_hour: {objects: @0}",
             "'0' is no rate; write how many at most, 2000, or a range, 10-500"),
        flow(kDicomFlow + ", per_hour: {objects: @10-5}",
             "'10-5' is no rate; write how many at most, 2000, or a range, 10-500"),
        flow(kDicomFlow + ", @per_hour: {objects: 3}",
             "flow 'f' has 'per_hour' of objects but no C-STORE; add C-STORE to its operations or leave it out"),
        flow(kDicomFlow + ", @per_hour: {studies: 1-3}",
             "flow 'f' has 'per_hour' of studies but no C-STORE; add C-STORE to its operations or leave it out"),
        flow("from: ws1, to: pacs, service: dicom, operations: [C-STORE], sop_classes: any, @per_hour: "
             "{studies_retrieved: 5}",
             "flow 'f' has 'per_hour' of studies_retrieved but no C-MOVE or C-GET; add C-MOVE or C-GET to its "
             "operations or leave it out"),
        flow("from: ws1, to: pacs, service: dicom, operations: [C-STORE], sop_classes: any, @per_hour: "
             "{studies_queried: 5}",
             "flow 'f' has 'per_hour' of studies_queried but no C-FIND; add C-FIND to its operations or leave it out"),
        flow("from: ws1, to: pacs, service: dicom, operations: any, sop_classes: any, move_destinations: any, "
             "per_hour: {studies_queried: @5-10}",
             "'studies_queried' are counted of each device, and have no least; write how many at most: 10"),
        flow(kDicomFlow + ", per_hour: {@messages: 5}",
             "'messages' are not counted of service 'dicom', which is dicom; leave it out"),
        flow(kHl7Flow + ", per_hour: {@objects: 5}",
             "'objects' are not counted of service 'hl7', which is hl7; leave it out"),
        flow("from: ws1, to: ris, service: ssh, per_hour: {@operations: 5}",
             "'operations' are not counted of service 'ssh', which is other; leave it out"),
        flow(kDicomFlow + ", per_hour: {@object: 5}", "'per_hour' has no setting 'object'; did you mean 'objects'?"),
        flow("from: ws1, to: ris, service: ssh, @answer_within: 5s",
             "'answer_within' is for a flow of a DICOM or HL7 service, which 'ssh' is not; leave it out"),
        flow(kHl7Flow + ", @transfer_syntaxes: any",
             "'transfer_syntaxes' is for a flow of a DICOM service, which 'hl7' is not; leave it out"),
        flow(kDicomFlow + ", transfer_syntaxes: [@jpg lossless]",
             "unknown transfer syntax 'jpg lossless'; did you mean 'jpeg lossless'?"),
        syntax("@JPEG 2000 Image Compresion",
               "unknown transfer syntax 'JPEG 2000 Image Compresion'; did you mean 'JPEG 2000 Image Compression'?"),
        syntax("@Explicit VR Litle Endian",
               "unknown transfer syntax 'Explicit VR Litle Endian'; did you mean 'Explicit VR Little Endian'?"),
        syntax("@'JPEG Lossless, Non-Hierarchical, First-Order Prediction (Process 14 [Selection Value 2])'",
               "unknown transfer syntax 'JPEG Lossless, Non-Hierarchical, First-Order Prediction (Pro…'; did you mean "
               "'JPEG Lossless, Non-Hierarchical, First-Order Prediction (Process 14 [Selection Value 1])'?"),
        syntax(
            "@nothing like it",
            "unknown transfer syntax 'nothing like it'; one of: uncompressed, deflated, lossless, rle, jpeg lossless, "
            "jpeg-ls lossless, jpeg 2000 lossless, high-throughput jpeg 2000 lossless, jpeg xl lossless, jpeg, "
            "jpeg-ls, jpeg 2000 … and 6 more"),
        syntax("@1.2.840.10008.5.1.4.1.1.2",
               "'1.2.840.10008.5.1.4.1.1.2', CT Image Storage, is no transfer syntax; name it in 'sop_classes'"),
        syntax(
            "@1.2.840.10008.3.1.1.1",
            "'1.2.840.10008.3.1.1.1', DICOM Application Context Name, is no transfer syntax; name a transfer syntax"),
        sop_class("@CT Imaje Storage", "unknown SOP class 'CT Imaje Storage'; did you mean 'CT Image Storage'?"),
        sop_class("@MR Imge Storage", "unknown SOP class 'MR Imge Storage'; did you mean 'MR Image Storage'?"),
        sop_class("@Enhanced CT Image Storge",
                  "unknown SOP class 'Enhanced CT Image Storge'; did you mean 'Enhanced CT Image Storage'?"),
        sop_class("@imge storage", "unknown SOP class 'imge storage'; did you mean 'image storage'?"),
        sop_class("@1.2.840.10008.1.2.1",
                  "'1.2.840.10008.1.2.1', Explicit VR Little Endian, is no SOP class; name it "
                  "in 'transfer_syntaxes'"),
        sop_class("@1.2.840.10008.1.2.9", "'1.2.840.10008.1.2.9' is no SOP class; name it in 'transfer_syntaxes'"),
        sop_class("@1.2.840.10008.1.20.1.1",
                  "'1.2.840.10008.1.20.1.1', Storage Commitment Push Model SOP Instance, is no SOP class; name a SOP "
                  "class"),
        flow(kDicomFlow + ", transfer_syntaxes: @[]",
             "'transfer_syntaxes' is empty, so that nothing is allowed; name what is, or write 'transfer_syntaxes: "
             "any'"),
        flow("from: ws1, to: pacs, service: dicom, operations: [C-STORE], sop_classes: any, requires: [@worklist]",
             "unknown requirement 'worklist'; one of: order, worklist entry"),
        flow(kDicomFlow + ", @justifcation: x",
             "flow 'f' has no setting 'justifcation'; did you mean 'justification'?")));

INSTANTIATE_TEST_SUITE_P(
    Conduits, LanguageMistakes,
    testing::Values(
        conduits("  c: {from: archive, to: reading, services: any}\n",
                 "flow 'f' crosses from zone 'reading' to 'archive', and no conduit is for service 'ssh'; declare it: "
                 "reading-to-archive: "
                 "{from: reading, to: archive, services: [ssh]}"),
        conduits("  c: {from: reading, to: archive, services: [dicom]}\n",
                 "flow 'f' crosses from zone 'reading' to 'archive', and no conduit is for service 'ssh'; add ssh to "
                 "the services of conduit "
                 "'c'"),
        conduits("  {}\n",
                 "flow 'f' crosses from zone 'reading' to 'archive', and no conduit is for service 'ssh'; declare it: "
                 "reading-to-archive: "
                 "{from: reading, to: archive, services: [ssh]}"),
        conduit("from: @reeding, to: archive, services: any", "unknown zone 'reeding'; did you mean 'reading'?"),
        conduit("from: reading, to: archive, services: [@dicm]", "unknown service 'dicm'; did you mean 'dicom'?"),
        conduit("from: reading, to: archive, @services: []",
                "conduit 'c' has an empty 'services'; name those that may cross, or write 'services: any'"),
        Mistake{"conduits:\n  c: @{from: reading, to: archive}\n",
                "conduit 'c' has no 'services'; name those that may cross, or write 'services: any'"},
        Mistake{"conduits:\n  @c: {from: reading, to: reading, services: any}\n",
                "conduit 'c' leads from a zone to itself; leave it out: within a zone none is needed"},
        conduit("from: reading, to: archive, services: any, @service: ssh",
                "conduit 'c' has no setting 'service'; did you mean 'services'?"),
        Mistake{"conduits: @[c]\n", "expected 'conduit-name: ...' entries, one for each conduit"}));

INSTANTIATE_TEST_SUITE_P(
    Denials, LanguageMistakes,
    testing::Values(
        denied("from: ws1, to: pacs", "from: any, to: any",
               "flow 'f' is denied by 'd'; leave one of them out, or let the denial name fewer"),
        denied("from: zone:reading, to: [pacs, ris]", "from: ws1, to: zone:archive, service: ssh",
               "flow 'f' is denied by 'd'; leave one of them out, or let the denial name fewer"),
        denied("from: all, to: ris", "from: [pacs, ws1], to: ris",
               "flow 'f' is denied by 'd'; leave one of them out, or let the denial name fewer"),
        denial("from: @ws, to: any", "unknown device or group 'ws'; did you mean 'ws1'?"),
        denial("from: [ws1, @any], to: any", "'any' stands in a list; write 'from: any' without one"),
        denial("from: any, to: any, service: @shh", "unknown service 'shh'; did you mean 'ssh'?"),
        denial("from: any, to: any, @services: [ssh]", "denial 'd' has no setting 'services'; did you mean 'service'?"),
        Mistake{"denials:\n  d: @{to: any}\n",
                "denial 'd' has no 'from'; say who must not open the connection: devices, groups, zones or any"}));

const std::string kTwoTls =
    "  s: {protocol: dicom, ports: 104, tls: required}\n  t: {protocol: dicom, ports: 104, tls: forbidden}\n";
const std::string kSame =
    ", which joins the same ends on the same ports; correct one of them, or give them different ports";

INSTANTIATE_TEST_SUITE_P(
    Contradictions, LanguageMistakes,
    testing::Values(contradiction(kTwoTls, "service: s, operations: [C-ECHO]", "service: t, operations: [C-ECHO]",
                                  "flow 'g' forbids the TLS that is required by flow 'f'" + kSame),
                    contradiction(kTwoTls, "service: t, operations: [C-ECHO]", "service: s, operations: [C-ECHO]",
                                  "flow 'g' requires the TLS that is forbidden by flow 'f'" + kSame),
                    contradiction(kTwoTls + "  h: {protocol: hl7, ports: 104}\n", "service: h, message_types: any",
                                  "service: t, operations: [C-ECHO]",
                                  "flow 'g' does not speak the protocol of flow 'f'" + kSame)));

TEST(LoadContradictions, WhatIsMerelyRedundantIsNone) {
  const auto other_ports =
      contradiction(kTwoTls, "service: s, operations: [C-ECHO]", "service: t, ports: 105, operations: [C-ECHO]", "");
  const auto the_same =
      contradiction(kTwoTls, "service: s, operations: [C-ECHO]", "service: s, operations: [C-ECHO]", "");
  for (Mistake none : {other_ports, the_same}) {
    none.text.erase(none.text.find('@'), 1);
    EXPECT_EQ(errors_of(none.text), "");
  }
}

}  // namespace
}  // namespace dcmwatch
