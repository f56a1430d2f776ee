// What is forgotten to stay within a limit is said, once and then in sum.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "event/dicom_uids.h"
#include "protocol/dicom/session.h"

namespace dcmwatch::test {
namespace {

using testing::ElementsAre;

std::vector<std::string> notes(const Wire& wire) {
  std::vector<std::string> found;
  for (const CaptureNote& note : wire.facts<CaptureNote>(Phase::end)) {
    found.push_back(std::string{note.name} + ' ' + std::to_string(note.count));
  }
  return found;
}

Octets request_with(std::size_t transfer_syntaxes) {
  std::vector<std::string> uids;
  for (std::size_t i = 0; i < transfer_syntaxes; ++i) uids.push_back("1.2.3." + std::to_string(i));
  return associate_request("CT1", "PACS", {{1, kVerification, {uids.begin(), uids.end()}}});
}

TEST(DicomLimits, OperationsThatMakeRoomForNewerOnes) {
  Wire wire{{.limits = {.dicom_pending_operations = 2}}};
  play(wire, opening_with_window(0));
  for (std::uint16_t id = 1; id <= 3; ++id) wire.there(message(1, echo_request(id)));
  EXPECT_THAT(notes(wire), ElementsAre("dicom.pending_operations 1"));
  for (std::uint16_t id = 4; id <= 5; ++id) wire.there(message(1, echo_request(id)));
  EXPECT_THAT(notes(wire), ElementsAre("dicom.pending_operations 1"));
  EXPECT_TRUE(wire.events().at(4).visibility.unfinished) << "it may still be answered";
  play(wire, closing());
  wire.close();
  EXPECT_THAT(notes(wire), ElementsAre("dicom.pending_operations 1", "dicom.pending_operations 2"));
}

// What is left after many were pushed out is still found by its ids, wherever it stands.
TEST(DicomLimits, ThoseThatStayAreStillAnswered) {
  constexpr std::uint16_t kLimit = 256;
  constexpr std::uint16_t kLast = 20'000;
  Wire wire{{.limits = {.dicom_association_bytes = 1 << 20}}};
  play(wire, opening_with_window(0));
  Octets requests;
  for (std::uint16_t id = 1; id <= kLast; ++id) requests = std::move(requests) + message(1, echo_request(id));
  wire.there(requests);
  for (const int id : {kLast - kLimit / 2, kLast - kLimit + 1, +kLast}) {
    wire.back(message(1, echo_response(static_cast<std::uint16_t>(id))));
    EXPECT_EQ(wire.facts<DicomOperation>(Phase::end).back().message_id, id);
    EXPECT_EQ(wire.facts<DicomOperation>(Phase::end).back().status, 0);
  }
  wire.close();
  EXPECT_EQ(wire.facts<DicomOperation>(Phase::end).size(), kLast);
  EXPECT_THAT(notes(wire), ElementsAre("dicom.pending_operations 1",
                                       "dicom.pending_operations " + std::to_string(kLast - kLimit - 1)));
}

// What an association keeps is bounded: its oldest open operations are told before their time, the latest stays.
TEST(DicomLimits, AnswersToWhatMadeRoomBreakNoRule) {
  constexpr std::uint16_t kStores = 100;
  Wire wire;
  play(wire, opening_with_window(0));
  for (std::uint16_t id = 1; id <= kStores; ++id) {
    wire.there(message(3, store_request(id), ct_image(100)));
    EXPECT_LE(wire.kept_bytes(), Limits{}.dicom_association_bytes) << id;
  }
  for (std::uint16_t id = 1; id <= kStores; ++id) wire.back(message(3, store_response(id)));
  play(wire, closing());
  wire.close();
  EXPECT_THAT(wire.facts<Violation>(Phase::end), testing::IsEmpty());
  std::set<std::uint16_t> answered;
  for (const DicomOperation& store : wire.facts<DicomOperation>(Phase::end))
    if (store.status && store.request_seen) answered.insert(store.message_id);
  EXPECT_GE(answered.size(), 4U);
  EXPECT_EQ(*answered.rbegin(), kStores);
  EXPECT_EQ(notes(wire).size(), 2U) << "the first, and then the others in sum";
}

TEST(DicomLimits, ARequestGivenUpIsToldAsFarAsItWasReadAndTheNextIsWhole) {
  const Octets request = request_with(60);
  Wire wire;
  wire.there(Octets{request.begin(), request.begin() + 300});
  EXPECT_GE(wire.kept_bytes(), 300U - 6U);
  EXPECT_EQ(wire.give_up_kept(), 2) << "what it was cut to is little, and goes last";
  wire.there(Octets{request.begin() + 300, request.end()}).back(associate_reject(1, 1, 1));
  play(wire, opening());
  wire.close();
  const auto associations = wire.facts<DicomAssociation>(Phase::end);
  ASSERT_EQ(associations.size(), 2U);
  EXPECT_EQ(associations[0].calling_ae, "CT1");
  EXPECT_EQ(associations[0].accepted, false);
  EXPECT_EQ(associations[1].accepted, true);
  std::vector<bool> lost;
  for (const Event& event : wire.events()) {
    if (event.phase == Phase::end && std::holds_alternative<DicomAssociation>(event.facts))
      lost.push_back(event.visibility.lost);
  }
  EXPECT_THAT(lost, ElementsAre(true, false));
  EXPECT_THAT(wire.facts<Violation>(Phase::end), testing::IsEmpty());
}

TEST(DicomLimits, ACommandGivenUpIsNoCommand) {
  Opened wire;
  const Octets echo = message(1, echo_request(1));
  wire.there(Octets{echo.begin(), echo.end() - 4});
  wire.give_up_kept();
  EXPECT_EQ(wire.kept_bytes(), 0U);
  wire.there(Octets{echo.end() - 4, echo.end()}).there(message(1, echo_request(2))).back(message(1, echo_response(2)));
  wire.close();
  EXPECT_EQ(wire.facts<DicomOperation>(Phase::end).back().message_id, 2);
  EXPECT_EQ(wire.facts<DicomOperation>(Phase::end).back().status, 0);
  EXPECT_TRUE(wire.events().back().visibility.lost);
  EXPECT_THAT(wire.facts<Violation>(Phase::end), testing::IsEmpty());
}

TEST(DicomLimits, OpenOperationsGivenUpAreUnfinishedAndTheirAnswersNoBreach) {
  Wire wire;
  play(wire, opening_with_window(0));
  for (std::uint16_t id = 1; id <= 3; ++id) wire.there(message(1, echo_request(id)));
  EXPECT_GT(wire.kept_bytes(), 0U);
  EXPECT_EQ(wire.give_up_kept(), 1);
  EXPECT_EQ(wire.facts<DicomOperation>(Phase::end).size(), 3U);
  for (std::uint16_t id = 1; id <= 3; ++id) wire.back(message(1, echo_response(id)));
  wire.close();
  EXPECT_THAT(notes(wire), ElementsAre("dicom.pending_operations 1", "dicom.presentation_context_uids 7",
                                       "dicom.pending_operations 2"));
  EXPECT_THAT(wire.facts<Violation>(Phase::end), testing::IsEmpty());
}

TEST(DicomLimits, AnEchoCarriesNoMoreThanItSays) {
  Opened wire;
  wire.there(message(1, echo_request(1))).back(message(1, echo_response(1)));
  const auto echoes = wire.facts<DicomOperation>(Phase::end);
  ASSERT_EQ(echoes.size(), 1U);
  const DicomOperation& echo = echoes[0];
  for (const std::string_view text :
       std::initializer_list<std::string_view>{echo.move_destination, echo.originator_ae, echo.query_level}) {
    EXPECT_EQ(text, "");
  }
  for (const Pseudonym& identifier : {echo.study, echo.instance, echo.patient, echo.accession}) {
    EXPECT_TRUE(identifier.empty());
  }
}

TEST(DicomLimits, WithinTheLimitNothingIsSaid) {
  Wire wire;
  wire.there(request_with(64));
  play(wire, long_day());
  wire.close();
  EXPECT_THAT(notes(wire), ElementsAre());
}

TEST(DicomLimits, TransferSyntaxesOfOneContext) {
  Wire wire;
  wire.there(request_with(70)).close();
  EXPECT_THAT(notes(wire), ElementsAre("dicom.presentation_context_uids 6"));
}

std::vector<std::string> strangers(std::size_t count) {
  std::vector<std::string> uids;
  for (std::size_t i = 0; i < count; ++i) uids.push_back("1.2.3." + std::to_string(1000 + i));
  return uids;
}

// 128 contexts with lists of 8 that all differ.
TEST(DicomLimits, EveryUidOfALargeProposalIsToldWhereItStands) {
  std::vector<std::string> uids = strangers(100);
  for (const NamedUid& registered : kDicomUids) uids.emplace_back(registered.uid);
  std::vector<Offer> offers;
  for (std::size_t i = 0; i < 128; ++i) {
    Offer offer{static_cast<std::uint8_t>(2 * i + 1), kVerification, {}};
    for (std::size_t k = 0; k < 8; ++k) offer.transfer_syntaxes.emplace_back(uids[(i + 7 * k) % uids.size()]);
    offers.push_back(std::move(offer));
  }
  Wire wire;
  wire.there(associate_request("CT1", "PACS", offers));
  wire.back(associate_accept({{3, 0, offers[1].transfer_syntaxes[5]}})).close();
  EXPECT_THAT(notes(wire), ElementsAre());
  const auto associations = wire.facts<DicomAssociation>(Phase::end);
  ASSERT_EQ(associations.size(), 1U);
  ASSERT_EQ(associations[0].contexts.size(), offers.size());
  for (std::size_t i = 0; i < offers.size(); ++i) {
    EXPECT_THAT(associations[0].contexts[i].transfer_syntaxes, testing::ElementsAreArray(offers[i].transfer_syntaxes));
  }
  EXPECT_EQ(associations[0].contexts[1].accepted_transfer_syntax, offers[1].transfer_syntaxes[5]);
}

// Two lists that take turns, as of senders that propose each SOP class twice.
TEST(DicomLimits, ContextsThatProposeTheSameNeedNoMoreRoom) {
  std::vector<std::string_view> all;
  for (std::size_t i = 0; i < 60; ++i) all.push_back(kDicomUids[i].uid);
  std::vector<Offer> offers;
  for (std::size_t i = 0; i < 128; ++i) {
    const auto id = static_cast<std::uint8_t>(2 * i + 1);
    offers.push_back({id, kVerification, i % 2 == 0 ? all : std::vector<std::string_view>{kImplicit}});
  }
  Wire wire;
  wire.there(associate_request("CT1", "PACS", offers)).close();
  EXPECT_THAT(notes(wire), ElementsAre());
  EXPECT_LT(wire.kept_bytes(), 4096U);
  const auto associations = wire.facts<DicomAssociation>(Phase::end);
  ASSERT_EQ(associations.size(), 1U);
  EXPECT_THAT(associations[0].contexts[126].transfer_syntaxes, testing::ElementsAreArray(all));
  EXPECT_THAT(associations[0].contexts[127].transfer_syntaxes, ElementsAre(kImplicit));
}

TEST(DicomLimits, UidsOfOneAssociationEveryTime) {
  const std::vector<std::string> uids = strangers(300);
  const std::size_t room = Limits{}.dicom_stranger_bytes / (uids[0].size() + 1);
  std::vector<Offer> offers;
  for (std::size_t i = 0; i < 5; ++i) {
    const auto first = uids.begin() + static_cast<std::ptrdiff_t>(60 * i);
    offers.push_back({static_cast<std::uint8_t>(2 * i + 1), kVerification, {first, first + 60}});
  }
  Wire wire;
  for (int association = 0; association < 3; ++association) {
    wire.there(associate_request("CT1", "PACS", offers)).back(associate_reject(1, 1, 1));
  }
  wire.close();
  const std::size_t beyond = uids.size() - room;
  EXPECT_THAT(notes(wire), ElementsAre("dicom.presentation_context_uids " + std::to_string(beyond),
                                       "dicom.presentation_context_uids " + std::to_string(2 * beyond)));
}

// What was granted may be what there was no room for.
TEST(DicomLimits, NothingIsUnproposedWhereTheProposalIsNotKeptWhole) {
  std::vector<Offer> offers;
  const auto at = [](std::size_t place) { return kDicomUids[place % kDicomUids.size()].uid; };
  for (std::size_t i = 0; i < 128; ++i) {
    Offer offer{static_cast<std::uint8_t>(2 * i + 1), kVerification, {}};
    for (std::size_t k = 0; k < 64; ++k) offer.transfer_syntaxes.push_back(at(i + k));
    offers.push_back(std::move(offer));
  }
  std::vector<Answer> answers;
  for (const Offer& offer : offers) answers.push_back({offer.id, 0, offer.transfer_syntaxes.back()});
  Wire wire;
  wire.there(associate_request("CT1", "PACS", offers)).back(associate_accept(answers)).close();
  EXPECT_THAT(notes(wire), ElementsAre("dicom.presentation_context_uids " + std::to_string(128 * 64 - 1024)));
  EXPECT_THAT(wire.facts<Violation>(Phase::end), testing::IsEmpty());
  EXPECT_EQ(wire.facts<DicomAssociation>(Phase::end).at(0).contexts[127].accepted_transfer_syntax,
            answers.back().transfer_syntax);
}

TEST(DicomLimits, RequestsTooLongToBeHeld) {
  const std::vector<Offer> offers(40, {1, kVerification, {kImplicit}});
  Wire wire{{.limits = {.dicom_pdu_bytes = 1000}}};
  wire.there(associate_request("CT1", "PACS", offers)).back(associate_accept({{1, 0, kImplicit}}));
  play(wire, closing());
  wire.close();
  EXPECT_THAT(notes(wire), ElementsAre("dicom.pdu_bytes 1"));
}

TEST(DicomLimits, AttributesTooLong) {
  const Octets too_long = explicit_element(0x0008'0050, "SH", Octets(300, '1'));
  Opened wire;
  wire.there(message(3, store_request(1), too_long + ct_image(100))).back(message(3, store_response(1)));
  EXPECT_THAT(notes(wire), ElementsAre("dicom.data_set_attributes 1"));
  wire.there(message(3, store_request(2), too_long + ct_image(100))).back(message(3, store_response(2)));
  wire.there(message(3, store_request(3), ct_image(100))).back(message(3, store_response(3)));
  play(wire, closing());
  wire.close();
  EXPECT_THAT(notes(wire), ElementsAre("dicom.data_set_attributes 1", "dicom.data_set_attributes 1"));
}

}  // namespace
}  // namespace dcmwatch::test
