#include "app/observed_flows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "model/events.h"
#include "model/lookup.h"

namespace dcmwatch {
namespace {

using namespace test;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint32_t kStore = 0, kResults = 1;

class ObservedFlowsTest : public testing::Test {
 protected:
  ObservedFlowsTest()
      : lookup_(parse_model(R"(
zones: {a: {networks: [10.0.1.0/24]}}
services:
  dicom: {protocol: dicom, ports: [104]}
  hl7: {protocol: hl7, ports: [2575]}
devices:
  ct: {zone: a, addresses: 10.0.1.1, ae_titles: [CT]}
  pacs: {zone: a, addresses: 10.0.1.2, ae_titles: [PACS]}
  lb: {zone: a, addresses: 10.0.1.3, role: balancer, presents: [CT], answers_to: [PACS]}
  ris: {zone: a, addresses: 10.0.1.4}
flows:
  store: {from: [ct, lb], to: [pacs, lb], service: dicom, operations: any, sop_classes: any, move_destinations: any}
  results: {from: [pacs, lb], to: [lb, ris], service: hl7, message_types: any}
)",
                            "m")),
        seen_(*lookup_.model()) {}

  void see(Event event, std::uint64_t conversation = 1) {
    now_ += 1s;
    event.first.time = event.last.time = now_;
    event.conversation = conversation;
    seen_.observe({event, SharedDeclared{lookup_.judge(event)}});
  }
  void see_lost(Event event) {
    event.visibility.lost = true;
    see(event);
  }
  // Over, and something else than the flow.
  void both_ends_talk() {
    see(connection("10.0.1.1", "10.0.1.4", 80, Protocol::http));
    see(connection("10.0.1.4", "10.0.1.2", 80, Protocol::http));
  }

  Lookup lookup_;
  ObservedFlows seen_;
  Timestamp now_ = timestamp_from_ns(0) + 24h;
};

Event echo(std::string_view from, std::string_view to) {
  return operation(from, to, 104, "CT", "PACS", "C-ECHO", "1.2.840.10008.1.1");
}
Event begun(std::string_view from, std::string_view to) {
  Event event = association(from, to, 104, "CT", "PACS");
  event.phase = Phase::start;
  return event;
}
Event sent(std::string_view from, std::string_view to) {
  Event event = message(from, to, 2575, "ORU^R01");
  std::get<Hl7Message>(event.facts).control_id = Pseudonym{7, 1};
  return event;
}

TEST_F(ObservedFlowsTest, WhatPassesABalancerCountsOnceAndStandsOnBothArrows) {
  see(begun("10.0.1.1", "10.0.1.3"), 1);
  see(begun("10.0.1.3", "10.0.1.2"), 2);
  for (int i = 0; i < 3; ++i) {
    see(echo("10.0.1.3", "10.0.1.2"), 2);
    see(echo("10.0.1.1", "10.0.1.3"), 1);
  }
  EXPECT_EQ(seen_.flows()[kStore].count, 3);
  see(sent("10.0.1.2", "10.0.1.3"), 3);
  see(sent("10.0.1.3", "10.0.1.4"), 4);
  EXPECT_EQ(seen_.flows()[kResults].count, 1);
  std::vector<std::uint64_t> arrows;
  for (const DeclaredTraffic& one : seen_.sightings().declared) arrows.push_back(one.seen.count);
  EXPECT_THAT(arrows, ElementsAre(3, 3, 1, 1));
}

TEST_F(ObservedFlowsTest, AFlowBetweenEndsThatWereWhollySeenWasNeverSeen) {
  both_ends_talk();
  EXPECT_EQ(seen_.coverage_of(kStore), Coverage::never_seen);
  EXPECT_THAT(seen_.obstacles_of(kStore), IsEmpty());
  EXPECT_THAT(seen_.sightings().not_visible, IsEmpty());
}

TEST_F(ObservedFlowsTest, AFlowOfWhoseEndsSomethingWasLostMayHavePassedThere) {
  both_ends_talk();
  see_lost(connection("10.0.1.4", "10.0.1.2", 80, Protocol::http));
  EXPECT_EQ(seen_.coverage_of(kStore), Coverage::hidden);
  EXPECT_THAT(seen_.obstacles_of(kStore), ElementsAre("lost"));
  EXPECT_THAT(seen_.sightings().not_visible, ElementsAre(kStore, kResults));
  see(echo("10.0.1.1", "10.0.1.2"));
  EXPECT_EQ(seen_.coverage_of(kStore), Coverage::seen);
}

TEST_F(ObservedFlowsTest, AFlowMayHavePassedWhereThePacketsAreThatTheCaptureLacks) {
  both_ends_talk();
  seen_.on_blindness();
  EXPECT_EQ(seen_.coverage_of(kStore), Coverage::hidden);
  EXPECT_THAT(seen_.obstacles_of(kStore), ElementsAre("capture"));
}

TEST_F(ObservedFlowsTest, EndsOfWhichOneDirectionAloneIsMirroredAreOutOfSight) {
  for (Event event : {connection("10.0.1.1", "10.0.1.4", 80), connection("10.0.1.4", "10.0.1.2", 80)}) {
    event.visibility.one_direction = true;
    see(event);
  }
  EXPECT_EQ(seen_.coverage_of(kStore), Coverage::out_of_sight);
}

}  // namespace
}  // namespace dcmwatch
