// What the two sides negotiate beside their contexts, as the association's record tells it (PS3.7 D.3.3).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/dicom/session.h"

namespace dcmwatch::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Octets uid_field(std::string_view uid) { return be16(static_cast<std::uint32_t>(uid.size())) + text(uid); }
Octets role(std::string_view uid, std::uint8_t scu, std::uint8_t scp) {
  return item(0x54, uid_field(uid) + Octets{scu, scp});
}
Octets identity(std::uint8_t type, std::uint8_t response) {
  return item(0x58, Octets{type, response} + be16(4) + text("user") + be16(6) + text("secret"));
}

Wire& associate(Wire& wire, const Octets& proposed, const Octets& answered) {
  return wire.there(associate_request("CT1", "PACS", {{1, kVerification, {kImplicit}}}, 16384, proposed))
      .back(associate_accept({{1, 0, kImplicit}}, 16384, answered));
}

DicomNegotiation negotiated(const Octets& proposed, const Octets& answered) {
  Wire wire;
  const auto association = associate(wire, proposed, answered).facts<DicomAssociation>(Phase::start).at(0);
  return association.negotiation ? *association.negotiation : DicomNegotiation{};
}

TEST(DicomNegotiation, NothingWhereNothingWasNegotiated) {
  Wire wire;
  EXPECT_FALSE(associate(wire, {}, {}).facts<DicomAssociation>(Phase::start).at(0).negotiation);
}

TEST(DicomNegotiation, RolesAsProposedAndAsGranted) {
  const auto negotiation = negotiated(role("1.2.1", 1, 1) + role("1.2.2", 0, 1) + role("1.2.3", 1, 0),
                                      role("1.2.2", 0, 0) + role("1.2.1", 0, 1));
  const auto& roles = negotiation.roles;
  ASSERT_THAT(roles, SizeIs(3));
  EXPECT_EQ(negotiation.uids.at(roles[0].sop_class), "1.2.1");
  EXPECT_TRUE(roles[0].proposed_scu && roles[0].proposed_scp);
  EXPECT_EQ(roles[0].accepted_scu, false);
  EXPECT_EQ(roles[0].accepted_scp, true);
  EXPECT_EQ(roles[1].accepted_scp, false);
  EXPECT_FALSE(roles[2].accepted_scu) << "not answered";
}

TEST(DicomNegotiation, ExtendedNegotiationNamesItsSopClasses) {
  const Octets extended = item(0x56, uid_field("1.2.1") + Octets{1, 1}) + item(0x56, uid_field("1.2.2"));
  const Octets common = item(0x57, uid_field("1.2.3") + uid_field("1.2") + be16(5) + uid_field("1.5"));
  const auto negotiation = negotiated(extended + common, item(0x56, uid_field("1.2.1") + Octets{1, 0}));
  const auto& uids = negotiation.uids;
  EXPECT_THAT(negotiation.extended, ElementsAre(uids.find("1.2.1"), uids.find("1.2.2")));
  EXPECT_THAT(negotiation.common_extended, ElementsAre(uids.find("1.2.3")));
}

TEST(DicomNegotiation, WindowsOfBothSides) {
  const auto negotiation = negotiated(item(0x53, be16(0) + be16(1)), item(0x53, be16(8) + be16(1)));
  EXPECT_EQ(negotiation.proposed_window->invoked, 0);
  EXPECT_EQ(negotiation.accepted_window->invoked, 8);
  EXPECT_FALSE(negotiated(item(0x53, be16(2) + be16(1)), {}).accepted_window);
}

TEST(DicomNegotiation, AUserIdentityIsToldByItsTypeAlone) {
  const auto asked = negotiated(identity(2, 1), item(0x59, be16(0))).user_identity.value();
  EXPECT_EQ(asked.type, 2);
  EXPECT_TRUE(asked.response_requested);
  EXPECT_TRUE(asked.answered);
  const auto not_asked = negotiated(identity(5, 0), {}).user_identity.value();
  EXPECT_EQ(not_asked.type, 5);
  EXPECT_FALSE(not_asked.response_requested);
  EXPECT_FALSE(not_asked.answered);
}

TEST(DicomNegotiation, UnknownItemsOfBothSidesEachOnce) {
  const Octets strange = item(0x99, {}) + item(0x5a, Octets(3, 1)) + item(0x99, Octets{1});
  EXPECT_THAT(negotiated(strange, item(0x01, {}) + item(0x5a, {})).unknown_items, ElementsAre(0x01, 0x5a, 0x99));
}

TEST(DicomNegotiation, WhatIsTooMuchIsCounted) {
  Wire::Settings settings;
  settings.limits.dicom_negotiated_items = 2;
  Wire wire{settings};
  Octets roles;
  for (int i = 0; i < 5; ++i) roles = roles + role("1.2." + std::to_string(i), 1, 1);
  associate(wire, roles, roles);
  const auto association = wire.facts<DicomAssociation>(Phase::start).at(0);
  EXPECT_THAT(association.negotiation->roles, SizeIs(2));
  const auto notes = wire.facts<CaptureNote>(Phase::end);
  ASSERT_THAT(notes, SizeIs(1));
  EXPECT_EQ(notes[0].name, "dicom.negotiated_items");
  EXPECT_EQ(notes[0].count, 3U);
  EXPECT_THAT(wire.facts<Violation>(Phase::end), IsEmpty()) << "what was forgotten may have been proposed";
}

// PS3.8 9.1.5: who asks does not wait for ever.
TEST(DicomNegotiation, ARequestThatNobodyAnswersForLongTimesOut) {
  struct {
    Duration waited;
    CloseReason reason;
    DicomEnd end;
  } const cases[] = {
      {std::chrono::seconds{29}, CloseReason::finished, DicomEnd::closed},
      {std::chrono::seconds{31}, CloseReason::finished, DicomEnd::timeout},
      {std::chrono::seconds{31}, CloseReason::reset, DicomEnd::timeout},
      {std::chrono::seconds{31}, CloseReason::capture_ended, DicomEnd::open},
  };
  for (const auto& c : cases) {
    Wire wire;
    wire.back({}).there(associate_request("CT1", "PACS", {{1, kVerification, {kImplicit}}}));
    wire.wait(c.waited).close(c.reason);
    EXPECT_EQ(wire.facts<DicomAssociation>(Phase::end).at(0).end, c.end);
  }
  Wire one_direction;
  one_direction.there(associate_request("CT1", "PACS", {{1, kVerification, {kImplicit}}}));
  one_direction.wait(std::chrono::seconds{31}).close();
  EXPECT_EQ(one_direction.facts<DicomAssociation>(Phase::end).at(0).end, DicomEnd::closed)
      << "it may have been answered";
}

}  // namespace
}  // namespace dcmwatch::test
