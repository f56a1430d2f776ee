#include "model/undeclared_places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "model/events.h"
#include "model/lookup.h"
#include "model/recent_judgements.h"

namespace dcmwatch {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

Lookup department() {
  return Lookup{parse_model(R"(
zones:
  a: {networks: [10.0.1.0/24], one_segment: true}
services:
  dicom: {protocol: dicom, ports: [104]}
  hl7: {protocol: hl7, ports: [2575]}
devices:
  jump: {zone: a, addresses: 10.0.1.1, macs: ["02:00:00:00:00:01"]}
  ct1: {zone: a, addresses: 10.0.1.11}
  ct2: {zone: a, addresses: 10.0.1.12}
  ct3: {zone: a, addresses: 10.0.1.13}
flows:
  service: {from: jump, to: [ct1, ct2], service: dicom, operations: any, sop_classes: any, move_destinations: any, calling_ae: any, called_ae: any}
  orders: {from: jump, to: ct1, service: hl7, message_types: any, senders: any, receivers: any}
denials:
  never: {from: jump, to: ct3}
)",
                            "m")};
}

// What nobody answered of a minute, in one record.
Event attempts(std::vector<std::string_view> hosts, std::vector<std::uint16_t> ports,
               std::string_view caller = "10.0.1.1") {
  Event event = connection(caller, hosts.front(), ports.size() == 1 ? ports.front() : std::uint16_t{0});
  if (hosts.size() > 1) event.parties.destination = {};
  UnansweredAttempts attempts;
  for (const std::string_view host : hosts) attempts.destinations.push_back(IpAddress::parse(host).value());
  attempts.ports = std::move(ports);
  auto& fact = std::get<ConnectionFact>(event.facts);
  fact.packets = {hosts.size(), 0};
  fact.end = ConnectionEnd::unanswered;
  fact.attempts = std::move(attempts);
  event.phase = Phase::end;
  return event;
}

UnansweredAttempts settled(Event event) {
  settle_undeclared_places(event, department());
  return *std::get<ConnectionFact>(event.facts).attempts;
}

std::vector<std::string> hosts_of(const UnansweredAttempts& attempts) {
  std::vector<std::string> texts;
  for (const IpAddress& address : attempts.undeclared.value().destinations) texts.push_back(to_text(address));
  return texts;
}

TEST(UndeclaredPlaces, AreNoneWhereAFlowHasEachHostAndEachPort) {
  const UnansweredAttempts all = settled(attempts({"10.0.1.11", "10.0.1.12"}, {104, 2575}));
  EXPECT_THAT(hosts_of(all), IsEmpty());
  EXPECT_THAT(all.undeclared->ports, IsEmpty());
}

TEST(UndeclaredPlaces, AreTheHostsAndPortsThatNoFlowHas) {
  const UnansweredAttempts some = settled(attempts({"10.0.1.11", "10.0.1.12", "10.0.1.77"}, {22, 104}));
  EXPECT_THAT(hosts_of(some), ElementsAre("10.0.1.77"));
  EXPECT_THAT(some.undeclared->ports, ElementsAre(22));
}

TEST(UndeclaredPlaces, AreDeclaredHostsAtPortsThatNoFlowHasThere) {
  EXPECT_THAT(hosts_of(settled(attempts({"10.0.1.11", "10.0.1.12"}, {2575}))), ElementsAre("10.0.1.12"));
}

TEST(UndeclaredPlaces, AreWhatIsDenied) {
  EXPECT_THAT(hosts_of(settled(attempts({"10.0.1.11", "10.0.1.13"}, {104}))), ElementsAre("10.0.1.13"));
}

TEST(UndeclaredPlaces, AreAllOfACallerWhoIsNotDeclared) {
  EXPECT_THAT(hosts_of(settled(attempts({"10.0.1.11", "10.0.1.12"}, {104}, "10.0.1.66"))),
              ElementsAre("10.0.1.11", "10.0.1.12"));
}

TEST(UndeclaredPlaces, AreAllOfAnotherHostThatCallsInTheNameOfADeclaredOne) {
  Event event = attempts({"10.0.1.11", "10.0.1.12"}, {104});
  event.parties.source_mac = {2, 0, 0, 0, 0, 1};
  EXPECT_THAT(hosts_of(settled(event)), IsEmpty());
  event.parties.source_mac = {2, 0, 0, 0, 0, 6};
  EXPECT_THAT(hosts_of(settled(event)), ElementsAre("10.0.1.11", "10.0.1.12"));
}

TEST(UndeclaredPlaces, AreHostsOfAllPortsAndPortsOfAllHosts) {
  Event event = attempts({"10.0.1.11", "10.0.1.12", "10.0.1.77"}, {22, 104});
  UnansweredAttempts& listed = *std::get<ConnectionFact>(event.facts).attempts;
  listed.destinations_left_out = true;
  EXPECT_THAT(hosts_of(settled(event)), ElementsAre("10.0.1.77"));
  EXPECT_THAT(settled(event).undeclared->ports, ElementsAre(22, 104)) << "one left out may have it";
  listed.destinations_left_out = false;
  listed.ports_left_out = true;
  EXPECT_THAT(hosts_of(settled(event)), ElementsAre("10.0.1.11", "10.0.1.12", "10.0.1.77"));
  EXPECT_THAT(settled(event).undeclared->ports, ElementsAre(22));
  listed.destinations_left_out = true;
  EXPECT_FALSE(settled(event).undeclared);
}

TEST(UndeclaredPlaces, AreNotSoughtWhereTheRecordNamesItsOnlyPlace) {
  EXPECT_FALSE(settled(attempts({"10.0.1.11"}, {104})).undeclared);
}

// Its record bears no port, which would be none of the flow's.
TEST(UndeclaredPlaces, AreNoDeviationOfTheRecordWhereThereAreNone) {
  const Lookup lookup = department();
  RecentJudgements judgements{lookup};
  Event declared = attempts({"10.0.1.11"}, {104, 2575}), not_declared = attempts({"10.0.1.11"}, {104, 2576});
  for (Event* const event : {&declared, &not_declared}) settle_undeclared_places(*event, lookup);
  const auto is_another_port = [&](const Event& event) {
    return std::ranges::find(judgements.judge(event)->deviations, DeviationKind::port, &Deviation::kind) !=
           judgements.judge(event)->deviations.end();
  };
  EXPECT_TRUE(is_another_port(not_declared));
  EXPECT_FALSE(is_another_port(declared));
  EXPECT_THAT(judgements.judge(declared)->deviations, IsEmpty());
}

}  // namespace
}  // namespace dcmwatch
