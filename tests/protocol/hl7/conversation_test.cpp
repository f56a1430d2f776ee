#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire.h"

namespace dcmwatch::test {
namespace {

using testing::ElementsAre;

constexpr std::string_view kCommitAndApplication = "P|2.5|||AL|AL";

const Hl7Message& fact(const Wire& wire, std::size_t at) { return std::get<Hl7Message>(wire.events().at(at).facts); }

TEST(Hl7Conversation, EveryAcknowledgementCodeOfTheOriginalMode) {
  for (const std::string code : {"AA", "AE", "AR"}) {
    Wire wire;
    wire.say(there(message("ADT^A01", "1"))).say(back(acknowledgement(code, "1"))).close();
    EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01", "end ADT^A01 " + code + " control_id"));
  }
}

TEST(Hl7Conversation, TellsMarksAndSizes) {
  Wire wire;
  const std::string sent = message("ADT^A01", "1");
  const std::string reply = acknowledgement("AA", "1");
  wire.say(there(sent.substr(0, 20)))
      .say(there(sent.substr(20)))
      .say(back(reply.substr(0, 1)))
      .say(back(reply.substr(1)));
  ASSERT_EQ(wire.events().size(), 2U);
  EXPECT_EQ(wire.events()[0].first.packet, 1U);
  EXPECT_EQ(wire.events()[0].last.packet, 2U);
  EXPECT_EQ(wire.events()[1].first.packet, 1U);
  EXPECT_EQ(wire.events()[1].last.packet, 4U);
  EXPECT_EQ(fact(wire, 1).sent.packet, 1U);
  EXPECT_EQ(fact(wire, 1).acknowledged->packet, 4U);
  EXPECT_EQ(fact(wire, 1).bytes, sent.size() - 3);
  EXPECT_EQ(fact(wire, 1).ack_bytes, reply.size() - 3);
  EXPECT_EQ(fact(wire, 1).control_id, wire.pseudonymizer().pseudonym(IdentifierKind::control_id, "1"));
}

TEST(Hl7Conversation, PairsOutOfOrderByControlId) {
  Wire wire;
  wire.say(there(message("ADT^A01", "1") + message("ADT^A02", "2") + message("ADT^A03", "3")));
  wire.say(back(acknowledgement("AA", "3") + acknowledgement("AE", "1") + acknowledgement("AA", "2"))).close();
  EXPECT_THAT(wire.summary(),
              ElementsAre("start ADT^A01", "start ADT^A02", "start ADT^A03", "end ADT^A03 AA control_id",
                          "end ADT^A01 AE control_id", "end ADT^A02 AA control_id"));
}

TEST(Hl7Conversation, PairsByOrderOnlyIfOneMessageWaits) {
  Wire wire;
  wire.say(there(message("ADT^A01", "1"))).say(back(acknowledgement("AA", "")));
  wire.say(there(message("ADT^A02", "2") + message("ADT^A03", "3"))).say(back(acknowledgement("AA", ""))).close();
  EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01", "end ADT^A01 AA order", "violation hl7.unnamed_message",
                                          "start ADT^A02", "start ADT^A03", "end ? AA", "end ADT^A02",
                                          "end ADT^A03 closed", "hl7.repeated_violations 1"));
}

TEST(Hl7Conversation, PairsByOrderOnlyWhatIsInTimeAndWhereNothingWasLost) {
  Wire late;
  late.say(there(message("ADT^A01", "1"))).wait(std::chrono::seconds{31}).say(back(acknowledgement("AA", "")));
  EXPECT_THAT(late.summary(), testing::Contains("end ? AA"));
  for (const Direction direction : {Direction::forward, Direction::backward}) {
    Wire lossy;
    lossy.say(there(message("ADT^A01", "1"))).say(gap(direction, 50)).say(back(acknowledgement("AA", "")));
    EXPECT_THAT(lossy.summary().back(), testing::StartsWith("end ? AA"));
  }
}

TEST(Hl7Conversation, PairsByOrderAgainOnceAnAnswerHasShownThatNothingIsMissing) {
  for (const Direction direction : {Direction::forward, Direction::backward}) {
    Wire wire;
    wire.say(gap(direction, 50)).say(there(message("ADT^A01", "1"))).say(back(acknowledgement("AA", "")));
    EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01", testing::StartsWith("end ? AA")));
    wire.say(back(acknowledgement("AA", "1"))).say(there(message("ADT^A02", "2"))).say(back(acknowledgement("AE", "")));
    EXPECT_THAT(wire.summary(), testing::IsSupersetOf({"end ADT^A01 AA control_id", "end ADT^A02 AE order"}));
  }
}

TEST(Hl7Conversation, AnAnswerThatShouldNameItsMessageAndDoesNotIsNamed) {
  const auto is_told = testing::Contains("violation hl7.unnamed_message");
  const std::string unnamed = acknowledgement("AA", "");
  Wire nothing_waits;
  nothing_waits.say(back(unnamed));
  EXPECT_THAT(nothing_waits.summary(), is_told);
  Wire without_msa_2;
  without_msa_2.say(there(message("ADT^A01", "1"))).say(back(block("MSH|^~\\&|A|B|C|D|||ACK|9|P|2.5\rMSA|AA\r")));
  EXPECT_THAT(without_msa_2.summary(), is_told);
  Wire message_without_id;
  message_without_id.say(there(message("ADT^A01", ""))).say(back(unnamed));
  EXPECT_THAT(message_without_id.summary(), testing::Not(is_told)) << "there is nothing to name it by";
  for (const Direction direction : {Direction::forward, Direction::backward}) {
    Wire lossy;
    lossy.say(there(message("ADT^A01", "1"))).say(gap(direction, 50)).say(back(unnamed));
    EXPECT_THAT(lossy.summary(), testing::Not(is_told));
  }
  Wire cut;
  cut.say(there(message("ADT^A01", "1"))).say(back(unnamed.substr(0, unnamed.size() - 3)));
  cut.say(gap(Direction::backward, 3));
  EXPECT_THAT(cut.summary(), testing::Not(is_told));
}

TEST(Hl7Conversation, AControlIdThatItsReceiverCutsToTwentyCharactersNamesItsMessage) {
  const std::string twenty(20, 'x');
  Wire wire;
  wire.say(there(message("ADT^A01", twenty + "1"))).say(back(acknowledgement("AA", twenty)));
  wire.say(back(acknowledgement("AA", twenty))).close();
  EXPECT_THAT(wire.summary(),
              ElementsAre("start ADT^A01", "end ADT^A01 AA control_id", "violation hl7.shortened_control_id",
                          "violation hl7.repeated_acknowledgement"));
  Wire ambiguous;
  ambiguous.say(there(message("ADT^A01", twenty + "1") + message("ADT^A02", twenty + "2")));
  ambiguous.say(back(acknowledgement("AA", twenty) + acknowledgement("AE", twenty + "2"))).close();
  EXPECT_THAT(ambiguous.summary(),
              ElementsAre("start ADT^A01", "start ADT^A02", "end ? AA", "end ADT^A02 AE control_id",
                          "violation hl7.acknowledged_control_id", "end ADT^A01"));
  Wire longer;
  longer.say(there(message("ADT^A01", twenty + "1"))).say(back(acknowledgement("AA", twenty + "2"))).close();
  EXPECT_THAT(longer.summary(),
              ElementsAre("start ADT^A01", "end ? AA", "violation hl7.acknowledged_control_id", "end ADT^A01"));
  Wire again;
  again.say(there(message("ADT^A01", twenty + "1"))).say(there(message("ADT^A01", twenty + "1")));
  again.say(back(acknowledgement("AA", twenty) + acknowledgement("AA", twenty))).close();
  EXPECT_THAT(again.summary(), ElementsAre("start ADT^A01", "start ADT^A01", "end ADT^A01 superseded",
                                           "end ADT^A01 AA control_id", "violation hl7.shortened_control_id"));
}

// The message named may have been lost with the capture, which shows only by what its sender sends next.
TEST(Hl7Conversation, AnAnswerThatNamesAnotherMessageIsNoAnswerToTheOneThatWaits) {
  Wire lost;
  lost.say(there(message("ADT^A01", "1"))).say(back(acknowledgement("AR", "2"))).say(gap(Direction::forward, 50));
  lost.say(there(message("ADT^A03", "3"))).say(back(acknowledgement("AA", "3"))).close();
  EXPECT_THAT(lost.summary(),
              ElementsAre("start ADT^A01", "end ? AR", "start ADT^A03", "end ADT^A03 AA control_id", "end ADT^A01"));
  Wire wrong;
  wrong.say(there(message("ADT^A01", "1"))).say(back(acknowledgement("AA", "2")));
  wrong.say(there(message("ADT^A03", "3"))).say(back(acknowledgement("AA", "3"))).close();
  EXPECT_THAT(wrong.summary(), ElementsAre("start ADT^A01", "end ? AA", "violation hl7.acknowledged_control_id",
                                           "start ADT^A03", "end ADT^A03 AA control_id", "end ADT^A01"));
  EXPECT_FALSE(std::get<Violation>(wrong.events()[2].facts).by_opener);
}

TEST(Hl7Conversation, NoControlIdIsCalledUnknownThatMayBeOneNotSeenOrForgotten) {
  const auto is_wrong = testing::Contains("violation hl7.acknowledged_control_id");
  const std::string stranger = acknowledgement("AA", "77");
  Wire at_the_close;
  at_the_close.say(there(message("ADT^A01", "1"))).say(back(acknowledgement("AA", "1") + stranger)).close();
  EXPECT_THAT(at_the_close.summary(), is_wrong);
  Wire midway{true};
  midway.say(there(message("ADT^A01", "1"))).say(back(stranger)).close();
  EXPECT_THAT(midway.summary(), testing::Not(is_wrong));
  Wire early;
  early.say(there(message("ADT^A01", "1"))).say(back(stranger)).close(CloseReason::capture_ended);
  EXPECT_THAT(early.summary(), testing::Not(is_wrong));
  Wire elsewhere;
  elsewhere.say(there(message("ADT^A01", "1", kCommitAndApplication))).say(back(stranger)).close();
  EXPECT_THAT(elsewhere.summary(), testing::Not(is_wrong));
  Wire unwanted;
  unwanted.say(there(message("ADT^A01", "77", "P|2.5|||NE|NE") + message("ADT^A01", "1"))).say(back(stranger)).close();
  EXPECT_THAT(unwanted.summary(), testing::Not(is_wrong));
  Wire very_late;
  very_late.say(there(message("ADT^A01", "77"))).wait(std::chrono::hours{1}).say(back(stranger)).close();
  EXPECT_THAT(very_late.summary(), testing::Not(is_wrong));
}

TEST(Hl7Conversation, ASecondAcknowledgementIsNotTakenForTheNextMessages) {
  Wire wire;
  wire.say(there(message("ADT^A01", "1"))).say(back(acknowledgement("AA", "1"))).say(there(message("ADT^A02", "2")));
  wire.say(back(acknowledgement("AA", "1"))).say(back(acknowledgement("AE", "2"))).close();
  EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01", "end ADT^A01 AA control_id", "start ADT^A02",
                                          "violation hl7.repeated_acknowledgement", "end ADT^A02 AE control_id"));
}

TEST(Hl7Conversation, AcknowledgementsGivenAgainAreToldOnceADirection) {
  Wire wire;
  wire.say(there(message("ADT^A01", "1") + message("ADT^A02", "2")));
  wire.say(back(acknowledgement("AA", "1") + acknowledgement("AA", "2")));
  wire.say(back(acknowledgement("AA", "1") + acknowledgement("AA", "2") + acknowledgement("AA", "1")));
  wire.say(back(message("ORU^R01", "3"))).say(there(acknowledgement("AA", "3") + acknowledgement("AA", "3"))).close();
  EXPECT_THAT(wire.summary(),
              ElementsAre("start ADT^A01", "start ADT^A02", "end ADT^A01 AA control_id", "end ADT^A02 AA control_id",
                          "violation hl7.repeated_acknowledgement", "start ORU^R01", "end ORU^R01 AA control_id",
                          "violation hl7.repeated_acknowledgement", "hl7.repeated_violations 2"));
  const auto& violation = std::get<Violation>(wire.events()[4].facts);
  EXPECT_EQ(violation.clause, "HL7 v2 2.9.2");
  EXPECT_EQ(violation.offset, 2 * acknowledgement("AA", "1").size());
  EXPECT_FALSE(violation.by_opener);
}

TEST(Hl7Conversation, OnlySoManyAnsweredControlIdsAreRemembered) {
  Wire wire;
  for (int id = 1; id <= 65; ++id) {
    wire.say(there(message("ADT^A01", std::to_string(id)))).say(back(acknowledgement("AA", std::to_string(id))));
  }
  wire.say(back(acknowledgement("AA", "2"))).say(back(acknowledgement("AA", "1")));
  const auto told = wire.summary();
  ASSERT_EQ(told.size(), 132U);
  EXPECT_EQ(told[130], "violation hl7.repeated_acknowledgement");
  EXPECT_EQ(told[131], "end ? AA");
}

TEST(Hl7Conversation, BehindAGapARepeatedControlIdMayBeAMessageNotSeen) {
  Wire wire;
  wire.say(there(message("ADT^A01", "1"))).say(back(acknowledgement("AA", "1"))).say(gap(Direction::forward, 50));
  wire.say(back(acknowledgement("AE", "1"))).close();
  EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01", "end ADT^A01 AA control_id", "end ? AE lost"));
}

TEST(Hl7Conversation, AMessageSentTwiceMayBeAcknowledgedTwice) {
  Wire wire;
  wire.say(there(message("ADT^A01", "1"))).say(there(message("ADT^A01", "1")));
  wire.say(back(acknowledgement("AA", "1"))).say(back(acknowledgement("AR", "1")));
  wire.say(back(acknowledgement("AA", "1"))).close();
  EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01", "start ADT^A01", "end ADT^A01 superseded",
                                          "end ADT^A01 AA control_id", "violation hl7.repeated_acknowledgement"));
  EXPECT_EQ(fact(wire, 2).sent.packet, 1U);
  EXPECT_EQ(fact(wire, 3).sent.packet, 2U);
}

TEST(Hl7Conversation, NeverAnsweredIsToldAtTheClose) {
  Wire wire;
  wire.say(there(message("ADT^A01", "1"))).close();
  EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01", "end ADT^A01 closed"));
  EXPECT_EQ(fact(wire, 1).ack_code, std::nullopt);
}

TEST(Hl7Conversation, WhatMayHaveComeAfterTheCaptureIsNotKnown) {
  for (const CloseReason reason : {CloseReason::capture_ended, CloseReason::evicted}) {
    Wire wire;
    wire.say(there(message("ADT^A01", "1"))).close(reason);
    EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01", "end ADT^A01 unfinished"));
  }
}

TEST(Hl7Conversation, AnAcknowledgementOfNothingIsARecordOfItsOwn) {
  Wire wire;
  wire.say(back(acknowledgement("AR", "1"))).close();
  EXPECT_THAT(wire.summary(), ElementsAre("end ? AR"));
  EXPECT_FALSE(fact(wire, 0).message_seen);
  EXPECT_TRUE(fact(wire, 0).sent_by_opener);
  EXPECT_EQ(fact(wire, 0).control_id, wire.pseudonymizer().pseudonym(IdentifierKind::control_id, "1"));
  EXPECT_EQ(fact(wire, 0).message_type, "");
  EXPECT_EQ(fact(wire, 0).sending_application, std::nullopt);
}

TEST(Hl7Conversation, AResponseWithAnMsaAcknowledges) {
  Wire wire;
  wire.say(there(message("ORM^O01", "1")))
      .say(back(block("MSH|^~\\&|A|B|C|D|20240101||ORR^O02|9|P|2.5\rMSA|AA|1\rPID|||7\r")))
      .close();
  EXPECT_THAT(wire.summary(), ElementsAre("start ORM^O01", "end ORM^O01 AA control_id"));
}

TEST(Hl7Conversation, BothSidesMaySendMessages) {
  Wire wire;
  wire.say(there(message("ORM^O01", "1"))).say(back(message("ORU^R01", "1")));
  wire.say(there(acknowledgement("AA", "1"))).say(back(acknowledgement("AE", "1"))).close();
  EXPECT_THAT(wire.summary(),
              ElementsAre("start ORM^O01", "start ORU^R01", "end ORU^R01 AA control_id", "end ORM^O01 AE control_id"));
  EXPECT_TRUE(fact(wire, 0).sent_by_opener);
  EXPECT_FALSE(fact(wire, 1).sent_by_opener);
}

TEST(Hl7Conversation, EnhancedModeWaitsForTheApplication) {
  Wire wire;
  wire.say(there(message("ORM^O01", "1", kCommitAndApplication))).say(back(acknowledgement("CA", "1")));
  wire.say(back(acknowledgement("AE", "1"))).close();
  EXPECT_THAT(wire.summary(),
              ElementsAre("start ORM^O01", "progress ORM^O01 CA control_id", "end ORM^O01 AE control_id"));
}

TEST(Hl7Conversation, EnhancedModeEndsWithWhatIsTheLastAnswer) {
  for (const std::string code : {"CE", "CR"}) {
    Wire wire;
    wire.say(there(message("ORM^O01", "1", kCommitAndApplication))).say(back(acknowledgement(code, "1"))).close();
    EXPECT_THAT(wire.summary(), ElementsAre("start ORM^O01", "end ORM^O01 " + code + " control_id"));
  }
  Wire commit_only;
  commit_only.say(there(message("ORM^O01", "1", "P|2.5|||AL|NE"))).say(back(acknowledgement("CA", "1"))).close();
  EXPECT_THAT(commit_only.summary(), ElementsAre("start ORM^O01", "end ORM^O01 CA control_id"));
  Wire application_elsewhere;
  application_elsewhere.say(there(message("ORM^O01", "1", kCommitAndApplication)))
      .say(back(acknowledgement("CA", "1")));
  application_elsewhere.close(CloseReason::capture_ended);
  EXPECT_THAT(application_elsewhere.summary(),
              ElementsAre("start ORM^O01", "progress ORM^O01 CA control_id", "end ORM^O01 CA control_id unfinished"));
}

TEST(Hl7Conversation, ACommitOfAnAcknowledgementIsNoAcknowledgementOfNothing) {
  Wire wire;
  wire.say(there(message("ORM^O01", "1", kCommitAndApplication))).say(back(acknowledgement("CA", "1")));
  wire.say(back(block("MSH|^~\\&|PACS|R|RIS|H|20240101||ORR^O02|77|P|2.5|||AL|NE\rMSA|AA|1\r")));
  wire.say(there(acknowledgement("CA", "77"))).close();
  EXPECT_THAT(wire.summary(),
              ElementsAre("start ORM^O01", "progress ORM^O01 CA control_id", "end ORM^O01 AA control_id"));
}

TEST(Hl7Conversation, AMessageThatWantsNoAcknowledgementEndsAtOnce) {
  Wire wire;
  wire.say(there(message("ADT^A01", "1", "P|2.5|||NE|NE")));
  EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01", "end ADT^A01"));
  wire.close();
  EXPECT_EQ(wire.events().size(), 2U);
}

TEST(Hl7Conversation, TheFirstMessagesSenderIsTakenForTheOpenerAndTheGuessIsMarkedAsOne) {
  Wire by_message{true, {}, false};
  by_message.say(back(message("ADT^A01", "1"))).say(there(acknowledgement("AA", "1")));
  EXPECT_TRUE(fact(by_message, 1).sent_by_opener);
  EXPECT_FALSE(by_message.events()[1].parties.opener_known);
  Wire by_acknowledgement{true, {}, false};
  by_acknowledgement.say(there(acknowledgement("AA", "1")));
  EXPECT_TRUE(fact(by_acknowledgement, 0).sent_by_opener);
  Wire by_handshake{false, {}, true};
  by_handshake.say(back(message("ADT^A01", "1")));
  EXPECT_FALSE(fact(by_handshake, 0).sent_by_opener);
}

TEST(Hl7Conversation, JoinedMidwayTheFirstHalfMessageIsPassedOver) {
  Wire wire{true};
  wire.say(there("|rest of a message\r\x1C\r")).say(back(acknowledgement("AA", "0")));
  wire.say(there(message("ADT^A01", "1"))).say(back(acknowledgement("AA", "1"))).close();
  EXPECT_THAT(wire.summary(), ElementsAre("end ? AA lost", "start ADT^A01", "end ADT^A01 AA control_id"));
}

TEST(Hl7Conversation, JoinedMidwayAnUnknownControlIdMayBeThatOfAMessageNotSeen) {
  Wire wire{true};
  wire.say(there(message("ADT^A01", "1")))
      .say(back(acknowledgement("AE", "0")))
      .say(back(acknowledgement("AA", "1")))
      .close();
  EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01", "end ? AE lost", "end ADT^A01 AA control_id"));
}

TEST(Hl7Conversation, AGapLosesTheUnitThatItCuts) {
  const std::string second = message("ADT^A02", "2");
  Wire wire;
  wire.say(there(message("ADT^A01", "1") + second.substr(0, 30))).say(gap(Direction::forward, 20));
  wire.say(there(second.substr(50) + message("ADT^A03", "3")));
  wire.say(back(acknowledgement("AA", "1") + acknowledgement("AA", "2") + acknowledgement("AA", "3"))).close();
  EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01", "start ADT^A03", "end ADT^A01 AA control_id",
                                          "end ? AA lost", "end ADT^A03 AA control_id"));
}

TEST(Hl7Conversation, OfACutMessageWhatWasReadIsToldAndMarked) {
  const std::string sent = message("ADT^A01", "1");
  Wire wire;
  wire.say(there(sent.substr(0, sent.find("PID") + 9)))
      .say(gap(Direction::forward, 8))
      .say(back(acknowledgement("AA", "1")))
      .close();
  EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01 lost", "end ADT^A01 AA control_id lost"));
  EXPECT_EQ(fact(wire, 0).patient, Pseudonym{});
  EXPECT_EQ(fact(wire, 0).missing_bytes, 8U);
}

TEST(Hl7Conversation, AGapAmongTheAcknowledgementsLeavesUnanswered) {
  const std::string reply = acknowledgement("AA", "1");
  Wire wire;
  wire.say(there(message("ADT^A01", "1")))
      .say(back(reply.substr(0, reply.find("MSA"))))
      .say(gap(Direction::backward, 8));
  wire.say(there(message("ADT^A02", "2"))).say(back(acknowledgement("AE", "2"))).close();
  EXPECT_THAT(wire.summary(),
              ElementsAre("start ADT^A01", "start ADT^A02", "end ADT^A02 AE control_id", "end ADT^A01 lost"));
}

TEST(Hl7Conversation, MakesRoomForTheNewestAndSaysSo) {
  Limits limits;
  limits.hl7_pending_messages = 2;
  Wire wire{false, limits};
  for (const char* id : {"1", "2", "3", "4", "5"}) wire.say(there(message("ADT^A0" + std::string{id}, id)));
  wire.say(back(acknowledgement("AA", "1") + acknowledgement("AA", "5"))).close();
  EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01", "start ADT^A02", "start ADT^A03", "hl7.pending_messages 1",
                                          "end ADT^A01 unfinished", "start ADT^A04", "end ADT^A02 unfinished",
                                          "start ADT^A05", "end ADT^A03 unfinished", "end ? AA unfinished",
                                          "end ADT^A05 AA control_id", "end ADT^A04", "hl7.pending_messages 2"));
}

TEST(Hl7Conversation, AMessageGivenUpIsToldAsFarAsItWasReadAndTheNextIsWhole) {
  const std::string whole = message("ADT^A01", "1");
  Wire wire;
  wire.say(there(whole.substr(0, whole.size() - 3)));
  EXPECT_GT(wire.kept_bytes(), 0U);
  wire.give_up_kept();
  EXPECT_LT(wire.kept_bytes(), 2048U) << "its facts, while it waits for its acknowledgement";
  wire.say(there(whole.substr(whole.size() - 3) + message("ADT^A02", "2"))).say(back(acknowledgement("AA", "2")));
  wire.give_up_kept();
  EXPECT_EQ(wire.kept_bytes(), 0U);
  wire.close();
  EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01 lost", "start ADT^A02", "end ADT^A02 AA control_id",
                                          "hl7.pending_messages 1", "end ADT^A01 lost unfinished"));
}

TEST(Hl7Conversation, NamesWhatBreaksTheRules) {
  Limits limits;
  limits.hl7_message_bytes = 100;
  struct Case {
    std::string sent;
    std::vector<std::string> told;
  };
  const std::string good = message("ADT^A01", "1");
  const std::string content = good.substr(1, good.size() - 3);
  for (const Case& c : {
           Case{good + "\n" + good + "\n", {"start ADT^A01", "violation hl7.bytes_between_blocks", "start ADT^A01"}},
           Case{'\x0B' + content + good, {"start ADT^A01", "violation hl7.end_block", "start ADT^A01"}},
           Case{'\x0B' + content + "\x1C" + good, {"start ADT^A01", "violation hl7.end_block", "start ADT^A01"}},
           Case{'\x0B' + content + "\x1C\n" + good, {"start ADT^A01", "violation hl7.end_block", "start ADT^A01"}},
           Case{good.substr(1), {"start ADT^A01", "violation hl7.start_block"}},
           Case{block("") + block("PID|1"), {"violation hl7.message_header"}},
           Case{block("MSH|^~\\&|A|B|C|D|||ADT^A01\x1EPID|1\r"),
                {"violation hl7.message_header", "violation hl7.control_character", "start ADT^A01"}},
           Case{message("a^b", "1"), {"violation hl7.message_type", "start "}},
           Case{acknowledgement("OK", "1"), {"violation hl7.acknowledgement_code", "end ? "}},
           Case{block(content + std::string(100, 'x')), {"start ADT^A01", "violation hl7.message_length"}},
           Case{block("\x06") + block("\x15"), {}},
       }) {
    Wire wire{false, limits};
    wire.say(there(c.sent));
    EXPECT_EQ(wire.summary(), c.told) << c.sent;
  }
}

TEST(Hl7Conversation, EachKindOfBreakIsToldOnceADirectionAndTheRestAreCounted) {
  Wire wire;
  std::string tiny;
  for (int i = 0; i < 1000; ++i) tiny += block("X");
  wire.say(there(tiny)).say(back(tiny + "x" + message("a^b", "1"))).say(there(acknowledgement("AA", "1"))).close();
  EXPECT_THAT(wire.summary(), ElementsAre("violation hl7.message_header", "violation hl7.message_header",
                                          "violation hl7.bytes_between_blocks", "violation hl7.message_type", "start ",
                                          "end  AA control_id", "hl7.repeated_violations 1998"));
}

TEST(Hl7Conversation, AViolationSaysWhereAndByWhom) {
  Wire wire;
  wire.say(back(block("MSH|^~\\&|A|B|C|D|||ACK|1\rMSA|AA|1\r"))).say(back("x"));
  const auto& violation = std::get<Violation>(wire.events().back().facts);
  EXPECT_EQ(violation.name, "hl7.bytes_between_blocks");
  EXPECT_EQ(violation.offset, block("MSH|^~\\&|A|B|C|D|||ACK|1\rMSA|AA|1\r").size());
  EXPECT_FALSE(violation.by_opener);
  EXPECT_EQ(violation.clause, "MLLP R1 block format");
  EXPECT_EQ(violation.severity, Severity::low);
  EXPECT_EQ(violation.meaning, "Bytes stand between two blocks, where none should.");
}

TEST(Hl7Conversation, AnUnendedMessageAtTheCloseIsToldAsFarAsItWent) {
  const std::string sent = message("ADT^A01", "1");
  Wire finished;
  finished.say(there(sent.substr(0, sent.size() - 4))).close();
  EXPECT_THAT(finished.summary(), ElementsAre("start ADT^A01 lost", "violation hl7.end_block", "end ADT^A01 lost"));
  Wire capture_ended;
  capture_ended.say(there(sent.substr(0, sent.size() - 4))).close(CloseReason::capture_ended);
  EXPECT_THAT(capture_ended.summary(), ElementsAre("start ADT^A01 unfinished", "end ADT^A01 unfinished"));
}

TEST(Hl7Conversation, AMessageThatItsReceiverCutOffIsNeitherLostNorItsSendersBreak) {
  const std::string sent = message("ADT^A01", "1");
  Wire by_receiver;
  by_receiver.say(there(sent.substr(0, sent.size() - 4))).reset(Direction::backward);
  EXPECT_THAT(by_receiver.summary(), ElementsAre("start ADT^A01", "end ADT^A01 closed"));
  Wire by_sender;
  by_sender.say(there(sent.substr(0, sent.size() - 4))).reset(Direction::forward);
  EXPECT_THAT(by_sender.summary(), ElementsAre("start ADT^A01 lost", "violation hl7.end_block", "end ADT^A01 lost"));
}

std::string unframed(const std::string& framed) { return framed.substr(1, framed.size() - 3); }

TEST(Hl7Conversation, AnUnframedAcknowledgementIsPairedWhenTheSenderGoesOnAndNamed) {
  const std::string reply = acknowledgement("AA", "1");
  for (const std::string& sent : {unframed(reply), reply.substr(1), reply.substr(0, reply.size() - 2)}) {
    Wire wire;
    wire.say(there(message("ADT^A01", "1"))).say(back(sent)).say(there(message("ADT^A02", "2")));
    wire.say(back(acknowledgement("AE", "2"))).close();
    const std::vector<std::string> told = wire.summary();
    EXPECT_THAT(told, testing::UnorderedElementsAre("start ADT^A01", "end ADT^A01 AA control_id",
                                                    "violation hl7.unframed_acknowledgement", "start ADT^A02",
                                                    "end ADT^A02 AE control_id"));
    ASSERT_GT(told.size(), 1U);
    EXPECT_EQ(told[1], "end ADT^A01 AA control_id");
    EXPECT_EQ(fact(wire, 1).acknowledged->packet, 2U) << "when it came, though known later";
  }
}

TEST(Hl7Conversation, ASenderThatClosesOverAnUnframedAcknowledgementWasAnswered) {
  Wire wire;
  wire.say(there(message("ADT^A01", "1"))).say(back(unframed(acknowledgement("AA", "1")))).close();
  EXPECT_THAT(wire.summary(),
              ElementsAre("start ADT^A01", "end ADT^A01 AA control_id", "violation hl7.unframed_acknowledgement"));
}

// What the sender took for no answer came at once: its wait is told by the break, and the answer by when it came.
TEST(Hl7Conversation, AnUnframedAcknowledgementIsInTimeHoweverLongTheSenderWaitsForItsEnd) {
  const std::string reply = acknowledgement("AA", "1");
  for (const std::string& sent : {unframed(reply), reply.substr(0, reply.size() - 2)}) {
    for (const int seconds : {10, 29, 30, 35, 60, 700}) {
      Wire wire;
      wire.say(there(message("ADT^A01", "1"))).say(back(sent)).wait(std::chrono::seconds{seconds}).close();
      EXPECT_THAT(wire.summary(),
                  ElementsAre("start ADT^A01", "end ADT^A01 AA control_id", "violation hl7.unframed_acknowledgement"))
          << seconds;
      EXPECT_EQ(fact(wire, 1).acknowledged->packet, 2U) << seconds;
    }
  }
}

// HL7 v2 2.10.2: a segment is ended anywhere, and what stands in the ADD behind it goes on with it.
TEST(Hl7Conversation, AnAddendumIsJoinedToTheSegmentBeforeItWhereverThatEnds) {
  const std::string header = "MSH|^~\\&|RIS|HOSPITAL|PACS|RADIOLOGY|20240101||ORM^O01|1|P|2.5\r";
  const std::string order = "ORC|NW|PL1^RIS|FI1^RIS||SC";
  const std::string rest = "OBR|1|PL1|FI1\r";
  const auto said = [](const std::string& content) {
    Wire wire;
    wire.say(there(block(content))).say(back(acknowledgement("AA", "1"))).close();
    EXPECT_THAT(wire.summary(), ElementsAre("start ORM^O01", "end ORM^O01 AA control_id"));
    return said_of(fact(wire, 0));
  };
  const std::string whole = said(header + order + "\r" + rest);
  for (std::size_t at = 3; at <= order.size(); ++at) {
    EXPECT_EQ(said(header + order.substr(0, at) + "\rADD|" + order.substr(at) + "\r" + rest), whole) << at;
  }
  EXPECT_EQ(said(header + "ORC|NW|PL\rADD|1^R\rADD|IS|FI1^RIS||SC\r" + rest), whole);
}

TEST(Hl7Conversation, AnAddendumBehindTheHeaderGoesOnWithAnEarlierMessage) {
  Wire wire;
  wire.say(there(block("MSH|^~\\&|RIS|HOSPITAL|PACS|RADIOLOGY|20240101||ORU^R01|1|P|2.5||7\rADD|the rest^of\r")))
      .close();
  EXPECT_EQ(fact(wire, 0).part, Hl7Part::last);
  EXPECT_EQ(fact(wire, 0).version, "2.5");
}

TEST(Hl7Conversation, AnAddendumOfACutMessageIsReadAsFarAsItIsWhole) {
  const std::string content = "MSH|^~\\&|RIS|H|PACS|R|20240101||ORM^O01|1|P|2.5\rORC|NW|PL1^R\rADD|IS|FI1|cu";
  Wire wire;
  wire.say(there("\x0B" + content)).say(gap(Direction::forward, 20)).close();
  const Hl7Message& cut = fact(wire, 0);
  EXPECT_EQ(cut.placer_order, wire.pseudonymizer().pseudonym(IdentifierKind::order_number, "PL1"));
  EXPECT_EQ(cut.filler_order, wire.pseudonymizer().pseudonym(IdentifierKind::order_number, "FI1"));
}

TEST(Hl7Conversation, ALateEndBlockIsNoBreak) {
  const std::string reply = acknowledgement("AA", "1");
  for (const std::size_t late : {1U, 2U}) {
    Wire wire;
    wire.say(there(message("ADT^A01", "1"))).say(back(reply.substr(0, reply.size() - late)));
    wire.say(there(message("ADT^A02", "2"))).say(back(reply.substr(reply.size() - late)));
    wire.say(back(acknowledgement("AE", "2"))).close();
    EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01", "end ADT^A01 AA control_id", "start ADT^A02",
                                            "end ADT^A02 AE control_id"));
  }
}

TEST(Hl7Conversation, AMessageWithoutItsLastCarriageReturnIsAnsweredAndNamed) {
  const std::string sent = message("ADT^A01", "1");
  Wire wire;
  wire.say(there(sent.substr(0, sent.size() - 1))).say(back(acknowledgement("AA", "1"))).close();
  EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01", "end ADT^A01 AA control_id", "violation hl7.end_block"));
}

TEST(Hl7Conversation, UnframedAcknowledgementsArePairedThoughTheirConnectionWasJoinedMidway) {
  Wire wire{true};
  wire.say(there(message("ADT^A01", "1"))).say(back(unframed(acknowledgement("AA", "1"))));
  wire.say(there(message("ADT^A02", "2"))).say(back(unframed(acknowledgement("AA", "2")))).close();
  EXPECT_THAT(wire.summary(), testing::IsSupersetOf({"end ADT^A01 AA control_id", "end ADT^A02 AA control_id"}));
}

TEST(Hl7Conversation, TellsTheCommitAcknowledgementsOfMllpRelease2) {
  Wire wire;
  wire.say(there(message("ADT^A01", "1"))).say(back(block("\x06"))).say(back(acknowledgement("AA", "1")));
  wire.say(there(block("\x06"))).say(there(message("ADT^A02", "2"))).say(back(block("\x15"))).close();
  EXPECT_THAT(wire.summary(),
              ElementsAre("start ADT^A01", "end ADT^A01 AA control_id", "start ADT^A02", "end ADT^A02 closed"));
  EXPECT_EQ(fact(wire, 1).transport_ack, TransportAck::ack);
  EXPECT_EQ(fact(wire, 3).transport_ack, TransportAck::nak);
}

std::string batch(int messages, const std::string& count) {
  std::string content = "FHS|^~\\&|RIS\rBHS|^~\\&|RIS\r";
  for (int i = 1; i <= messages; ++i) content += unframed(message("ADT^A0" + std::to_string(i), std::to_string(i)));
  return content + "BTS|" + count + "|a comment\rFTS|1\r";
}

TEST(Hl7Conversation, ABatchInOneBlockGivesItsMessages) {
  Wire wire;
  wire.say(there(block(batch(2, "2")))).say(back(acknowledgement("AA", "2") + acknowledgement("AA", "1"))).close();
  EXPECT_THAT(wire.summary(),
              ElementsAre("start ADT^A01", "start ADT^A02", "end ADT^A02 AA control_id", "end ADT^A01 AA control_id"));
  EXPECT_EQ(fact(wire, 0).envelope, Hl7Envelope::batch);
  EXPECT_EQ(fact(wire, 0).bytes, unframed(message("ADT^A01", "1")).size());
}

TEST(Hl7Conversation, OfABlockOnlySoManyMessagesAreToldAndTheOthersCounted) {
  Limits limits;
  limits.hl7_block_messages = 2;
  Wire wire{false, limits};
  wire.say(back(message("ORU^R01", "9"))).say(there(block(batch(5, "5"))));
  wire.say(back(acknowledgement("AA", "1") + acknowledgement("AA", "2") + acknowledgement("AA", "5"))).close();
  EXPECT_THAT(wire.summary(), ElementsAre("start ORU^R01", "start ADT^A01", "start ADT^A02", "hl7.block_messages 3",
                                          "end ADT^A01 AA control_id", "end ADT^A02 AA control_id", "end ? AA lost",
                                          "end ORU^R01 lost"))
      << "the answer to the message that waits may be among those not told";
}

TEST(Hl7Conversation, EightyThousandMessagesOfSixBytesAreNotAsManyRecords) {
  std::string tiny;
  for (int i = 0; i < 80000; ++i) tiny += "MSH|^\r";
  Wire wire;
  wire.say(there(block(tiny))).say(there(message("ADT^A01", "1"))).close();
  EXPECT_LT(wire.events().size(), 4000U);
  EXPECT_THAT(wire.summary(), testing::Contains("hl7.block_messages 78976"));
}

TEST(Hl7Conversation, CountsOfEnvelopesThatDoNotAgreeAreNamed) {
  struct Case {
    std::vector<std::string> blocks;
    std::vector<std::string> broken;
  };
  const std::string one = unframed(message("ADT^A01", "1"));
  for (const Case& c : {
           Case{{batch(2, "3")}, {"hl7.batch_count"}},
           Case{{batch(2, "")}, {}},
           Case{{"BHS|^~\\&|\r", one, one, "BTS|2\r"}, {}},
           Case{{"FHS|^~\\&|\r", "BHS|^~\\&|\r", one, "BTS|1\r", "FTS|2\r"}, {"hl7.file_count"}},
           Case{{"BHS|^~\\&|\r" + one}, {"hl7.envelope"}},
           Case{{one, "BTS|1\r"}, {"hl7.envelope"}},
           Case{{"FHS|^~\\&|\r" + one + "FTS|1\r"}, {}},
           Case{{one + one}, {"hl7.repeated_header"}},
       }) {
    Wire wire;
    for (const std::string& content : c.blocks) wire.say(there(block(content)));
    std::vector<std::string> broken;
    for (const std::string& line : wire.summary()) {
      if (line.starts_with("violation ")) broken.push_back(line.substr(10));
    }
    EXPECT_EQ(broken, c.broken) << c.blocks.front();
  }
}

TEST(Hl7Conversation, CountsSayNothingOnceMessagesWereLost) {
  Wire wire;
  wire.say(there(block("BHS|^~\\&|\r"))).say(gap(Direction::forward, 100)).say(there(block("BTS|7\r"))).close();
  EXPECT_THAT(wire.summary(), ElementsAre());
}

// Of a message's header and characters: each alone, in a message that is else as it should be.
TEST(Hl7Conversation, NamesWhatBreaksChapter2) {
  struct Case {
    std::string content;
    std::vector<std::string> broken;
  };
  const auto header = [](const std::string& rest) { return "MSH|^~\\&|A|B|C|D|" + rest + "\r"; };
  const std::string sound = "20240101||ADT^A01|1|P|2.5";
  for (const Case& c : {
           Case{header(sound), {}},
           Case{header("20240101101112.1234+0100||ADT^A01^ADT_A01|1|P|2.5|||||DEU|8859/1") + "PID|1||\xDC\r", {}},
           Case{header("||ADT^A01|1|P|2.3"), {}},
           Case{header("||ADT^A01|1|P|2.4"), {"hl7.message_time"}},
           Case{header("yesterday||ADT^A01|1|P|2.3"), {"hl7.message_time"}},
           Case{header("20241301||ADT^A01|1|P|2.5"), {"hl7.message_time"}},
           Case{header("20240101|||1|P|2.5"), {"hl7.message_type"}},
           Case{header("20240101||ADT^A01^ORM_O01|1|P|2.5"), {"hl7.message_structure"}},
           Case{header("20240101||ADT^A01||P|2.5"), {"hl7.control_id"}},
           Case{header("20240101||ADT^A01|1||2.5"), {"hl7.processing_id"}},
           Case{header("20240101||ADT^A01|1|X|2.5"), {"hl7.processing_id"}},
           Case{header("20240101||ADT^A01|1|P"), {"hl7.version"}},
           Case{header("20240101||ADT^A01|1|P|2.55"), {"hl7.version"}},
           Case{header(sound + "||||||LATIN"), {"hl7.character_set_name"}},
           Case{header(sound) + "PID|1||\xDC\r", {"hl7.character_set"}},
           Case{header(sound + "||||||UNICODE UTF-8") + "PID|1||\xDC\r", {"hl7.character_set"}},
           Case{header(sound + "||||||UNICODE UTF-8") + "PID|1||\xC3\x9C\r", {}},
           Case{header(sound + "||||||8859/1") + "PID|1||\x80\r", {"hl7.character_set"}},
           Case{header(sound + "||||||~ISO IR87") + "PID|1||\x1b$B;3ED\x1b(B\r", {}},
           Case{header(sound) + "PID|1||\x1b$B;3ED\x1b(B\r", {"hl7.character_set"}},
           Case{header(sound) + "PID|1||a\tb\r", {"hl7.control_character"}},
           Case{header(sound) + "PID|1||C:\\x\r", {"hl7.escape_sequence"}},
           Case{header(sound) + "PID|1||a\\T\\b\\Zx\\\\X0d\\\r", {}},
           Case{header(sound) + "pid|1\r", {"hl7.segment_name"}},
           Case{header(sound) + "PIDX|1\r", {"hl7.segment_name"}},
           Case{header(sound) + "PID|1", {"hl7.segment_terminator"}},
           Case{header(sound) + "PID|1\r\n", {"hl7.segment_terminator"}},
       }) {
    Wire wire;
    wire.say(there(block(c.content)));
    std::vector<std::string> broken;
    for (const std::string& line : wire.summary()) {
      if (line.starts_with("violation ")) broken.push_back(line.substr(10));
    }
    EXPECT_THAT(broken, testing::UnorderedElementsAreArray(c.broken)) << c.content;
  }
}

// In Big5 and GB18030 the second byte of a character may be \, ^, | or ~, and none that ends a segment or a block.
TEST(Hl7Conversation, ACharacterHidesNoDelimiterWhereverItStands) {
  for (const std::string_view set : {"BIG-5", "GB 18030-2000"}) {
    for (const char second : {'\\', '^', '|', '~'}) {
      const std::string name = std::string{"\xA4"} + second + "\xB1" + second;
      for (const bool in_header : {false, true}) {
        const std::string application = in_header ? name : "RIS";
        const std::string header =
            "MSH|^~\\&|" + application + "|" + application + "|PACS|X|20240101||ADT^A01|77|P|2.5";
        const std::string sent = header + "|||AL|NE||" + std::string{set} + "\rPID|1||4711^^^HIS||" + name + "\r";
        Wire wire;
        wire.say(there(block(sent))).say(back(acknowledgement("CA", "77"))).close();
        EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01", "end ADT^A01 CA control_id")) << set << second;
        EXPECT_EQ(fact(wire, 0).patient, wire.pseudonymizer().pseudonym(IdentifierKind::patient_id, "4711"));
        EXPECT_EQ(fact(wire, 0).receiving_application, "PACS");
        EXPECT_EQ(fact(wire, 0).character_set, set);
      }
    }
  }
}

TEST(Hl7Conversation, ACharacterOfASetThatIsNotNamedIsToldAsSuch) {
  const std::string name = "\xA4|";
  Wire wire;
  wire.say(there(block("MSH|^~\\&|" + name + "|H|BIG-5|X|20240101||ADT^A01|77|P|2.5\rPID|1||4711\r")));
  EXPECT_THAT(wire.summary(), testing::IsSupersetOf({"violation hl7.character_set", "violation hl7.message_type"}));
  EXPECT_EQ(fact(wire, wire.events().size() - 1).receiving_application, std::nullopt)
      << "no name, for it may be another";
}

TEST(Hl7Conversation, JoinedMidwayTheFirstMessageMayComeInPieces) {
  for (const std::size_t head : {1U, 2U, 4U, 5U, 12U}) {
    const std::string sent = message("ADT^A01", "1");
    const std::string reply = acknowledgement("AA", "1");
    Wire wire{true};
    wire.say(there(sent.substr(0, head))).say(there(sent.substr(head)));
    wire.say(back(reply.substr(0, head))).say(back(reply.substr(head))).close();
    EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01", "end ADT^A01 AA control_id")) << head;
  }
}

}  // namespace
}  // namespace dcmwatch::test
