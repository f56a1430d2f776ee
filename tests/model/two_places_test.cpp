// What one association says of another: a title in two places, software that changed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "model/events.h"
#include "model/seen_implementations.h"
#include "model/title_places.h"

namespace dcmwatch {
namespace {

using namespace test;
using namespace std::chrono_literals;

Model department() {
  return *parse_model(R"(
zones:
  a: {networks: [10.0.1.0/24]}
services:
  dicom: {protocol: dicom, ports: [104]}
devices:
  ws1: {zone: a, addresses: [10.0.1.1, 10.0.1.11], ae_titles: [WS1, READERS]}
  ws2: {zone: a, addresses: 10.0.1.2, ae_titles: [WS2, READERS]}
  router: {zone: a, addresses: 10.0.1.3, ae_titles: [ROUTER]}
  pool: {zone: a, addresses: 10.0.1.128/26, ae_titles: [POOL]}
  pacs: {zone: a, addresses: 10.0.1.9, ae_titles: [PACS]}
flows:
  read: {from: [ws1, ws2, router, pool], to: pacs, service: dicom, operations: any, sop_classes: any, move_destinations: any}
)",
                      "m");
}

class Associations : public testing::Test {
 protected:
  void declare(Model model) {
    lookup_.emplace(std::make_shared<const Model>(std::move(model)));
    titles_.emplace(*lookup_, limits_);
    implementations_.emplace(*lookup_, limits_);
  }
  void SetUp() override { declare(department()); }

  Event at(Duration time, std::string_view from, const char* calling) {
    Event event = association(from, "10.0.1.9", 104, calling, "PACS");
    event.first.time = event.last.time = timestamp_from_ns(0) + time;
    event.conversation = ++conversation_;
    event.proven = proven_;
    return event;
  }
  std::string two_places(const Event& event) {
    const Observation record{event, SharedDeclared{lookup_->judge(event)}};
    const auto told = titles_->observe(record, std::get<DicomAssociation>(event.facts));
    return told ? told->observed : "";
  }
  std::vector<std::string> changes(std::string_view from, std::string_view version, std::string_view acceptor = "P1") {
    Event event = at(now_ += apart_, from, "WS1");
    auto& association = std::get<DicomAssociation>(event.facts);
    association.accepted = true;
    association.opener.class_uid = "1.2";
    association.opener.version_name = version;
    association.acceptor.class_uid = "1.3";
    association.acceptor.version_name = acceptor;
    return changes(event);
  }
  std::vector<std::string> changes(const Event& event) {
    const Observation record{event, SharedDeclared{lookup_->judge(event)}};
    std::vector<std::string> texts;
    for (const Deviation& one : implementations_->observe(record, std::get<DicomAssociation>(event.facts)))
      texts.push_back(one.expected + " → " + one.observed);
    return texts;
  }

  Limits limits_;
  std::optional<Lookup> lookup_;
  std::optional<TitlePlaces> titles_;
  std::optional<SeenImplementations> implementations_;
  std::uint64_t conversation_ = 0;
  bool proven_ = true;
  Duration now_{}, apart_ = 30min;
};

using TwoPlaces = Associations;

TEST_F(TwoPlaces, AreToldWhoeverWasSecond) {
  EXPECT_EQ(two_places(at(0s, "10.0.1.1", "WS1")), "");
  EXPECT_EQ(two_places(at(1min, "10.0.1.66", "WS1")), "WS1 at 10.0.1.66 and ws1");
  EXPECT_EQ(two_places(at(2min, "10.0.1.1", "WS1")), "WS1 at 10.0.1.66 and ws1");
  EXPECT_EQ(two_places(at(12min, "10.0.1.1", "WS1")), "");
}

TEST_F(TwoPlaces, AreOneOfADeviceWithTwoAddresses) {
  EXPECT_EQ(two_places(at(0s, "10.0.1.1", "WS1")), "");
  EXPECT_EQ(two_places(at(1min, "10.0.1.11", "WS1")), "");
}

TEST_F(TwoPlaces, AreToldOfUndeclaredOnesByAddress) {
  EXPECT_EQ(two_places(at(0s, "10.0.1.66", "X")), "");
  EXPECT_EQ(two_places(at(1min, "10.0.1.67", "X")), "X at 10.0.1.66 and 10.0.1.67");
}

TEST_F(TwoPlaces, MayBeWhereTheModelSharesTheTitle) {
  EXPECT_EQ(two_places(at(0s, "10.0.1.1", "READERS")), "");
  EXPECT_EQ(two_places(at(0s, "10.0.1.2", "READERS")), "") << "of two devices";
  Model model = department();
  model.devices[2].presents = {"WS1"};
  declare(std::move(model));
  EXPECT_EQ(two_places(at(0s, "10.0.1.1", "WS1")), "");
  EXPECT_EQ(two_places(at(0s, "10.0.1.3", "WS1")), "") << "presented";
  model = department();
  model.flows[0].calling_ae = Allowed<std::string>::all();
  declare(std::move(model));
  EXPECT_EQ(two_places(at(0s, "10.0.1.1", "X")), "");
  EXPECT_EQ(two_places(at(0s, "10.0.1.2", "X")), "") << "by a flow";
}

TEST_F(TwoPlaces, AreNotToldWhereItIsNotKnownWhoCalls) {
  EXPECT_EQ(two_places(at(0s, "10.0.1.1", "WS1")), "");
  Event event = at(1min, "10.0.1.66", "WS1");
  event.parties.opener_known = false;
  EXPECT_EQ(two_places(event), "");
}

TEST_F(TwoPlaces, AreNoneOfWhatAnyoneMayHaveSent) {
  EXPECT_EQ(two_places(at(0s, "10.0.1.1", "WS1")), "");
  Event forged = at(1min, "10.0.1.66", "WS1");
  forged.proven = false;
  EXPECT_EQ(two_places(forged), "");
  EXPECT_EQ(two_places(at(2min, "10.0.1.1", "WS1")), "") << "who has it rightfully";
  forged.proven = true;
  EXPECT_EQ(two_places(forged), "WS1 at 10.0.1.66 and ws1") << "once it is proven";
}

TEST_F(TwoPlaces, AreForgottenWithinTheLimit) {
  limits_.title_places = 2;
  declare(department());
  for (const char* const title : {"A", "B", "C"}) EXPECT_EQ(two_places(at(0s, "10.0.1.66", title)), "");
  EXPECT_EQ(two_places(at(0s, "10.0.1.67", "A")), "");
  EXPECT_EQ(titles_->forgotten(), 2);
}

using ChangedImplementation = Associations;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(ChangedImplementation, IsToldOnceItsDeviceIsKnown) {
  for (int i = 0; i < 3; ++i) EXPECT_THAT(changes("10.0.1.1", "V1"), IsEmpty());
  EXPECT_THAT(changes("10.0.1.1", "V2"), ElementsAre("1.2 V1 → 1.2 V2"));
  EXPECT_THAT(changes("10.0.1.1", "V2"), IsEmpty()) << "known by now";
  EXPECT_THAT(changes("10.0.1.1", "V1"), IsEmpty()) << "its applications take turns";
  EXPECT_THAT(changes("10.0.1.1", "V1", "P2"), ElementsAre("1.3 P1 → 1.3 P2"));
}

TEST_F(ChangedImplementation, IsNoneWhileItIsLearnt) {
  for (const char* const version : {"V1", "V2", "V3"}) EXPECT_THAT(changes("10.0.1.1", version), IsEmpty());
}

TEST_F(ChangedImplementation, IsNoneInTheFirstHour) {
  apart_ = 5min;
  for (int i = 0; i < 12; ++i) EXPECT_THAT(changes("10.0.1.1", "V1"), IsEmpty());
  EXPECT_THAT(changes("10.0.1.1", "V2"), ElementsAre("1.2 V1 → 1.2 V2"));
  for (int i = 0; i < 12; ++i) EXPECT_THAT(changes("10.0.1.2", "V1"), IsEmpty());
  apart_ = 1min;
  for (const char* const version : {"V1", "V1", "V1", "V2", "V1"}) EXPECT_THAT(changes("10.0.1.3", version), IsEmpty());
}

TEST_F(ChangedImplementation, IsToldOfEveryRecordOfTheAssociation) {
  for (int i = 0; i < 3; ++i) EXPECT_THAT(changes("10.0.1.1", "V1"), IsEmpty());
  Event event = at(4h, "10.0.1.1", "WS1");
  std::get<DicomAssociation>(event.facts).opener.class_uid = "1.9";
  EXPECT_THAT(changes(event), ElementsAre("1.2 V1 → 1.9"));
  EXPECT_THAT(changes(event), ElementsAre("1.2 V1 → 1.9"));
}

TEST_F(ChangedImplementation, IsNeitherToldNorLearntOfWhatAnyoneMayHaveSent) {
  proven_ = false;
  for (int i = 0; i < 4; ++i) EXPECT_THAT(changes("10.0.1.1", "V0"), IsEmpty());
  proven_ = true;
  for (int i = 0; i < 3; ++i) EXPECT_THAT(changes("10.0.1.1", "V1"), IsEmpty()) << "nothing was known of it";
  proven_ = false;
  EXPECT_THAT(changes("10.0.1.1", "V2"), IsEmpty());
  proven_ = true;
  EXPECT_THAT(changes("10.0.1.1", "V2"), ElementsAre("1.2 V1 → 1.2 V2"));
}

TEST_F(ChangedImplementation, IsTheAddressesOfABlockOfDevices) {
  for (int i = 0; i < 3; ++i) EXPECT_THAT(changes("10.0.1.129", "V1"), IsEmpty());
  EXPECT_THAT(changes("10.0.1.130", "V2"), IsEmpty());
  EXPECT_THAT(changes("10.0.1.129", "V2"), ElementsAre("1.2 V1 → 1.2 V2"));
}

TEST_F(ChangedImplementation, IsNotAskedAboutWhereItIsDeclared) {
  Model model = department();
  model.devices[0].implementations = {{"1.2", ""}};
  declare(std::move(model));
  for (int i = 0; i < 3; ++i) EXPECT_THAT(changes("10.0.1.1", "V1"), IsEmpty());
  EXPECT_THAT(changes("10.0.1.1", "V2"), IsEmpty());
}

}  // namespace
}  // namespace dcmwatch
