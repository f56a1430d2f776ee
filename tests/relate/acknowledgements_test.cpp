#include <gtest/gtest.h>

#include "relate/department.h"

namespace dcmwatch {
namespace {

using namespace test;

struct Acknowledgements : testing::Test {
  Department department;

  Event message(Phase phase, unsigned control_id, std::uint64_t conversation = 7,
                AckCondition accept_wanted = AckCondition::always) {
    return department.message(phase, kRis, kPacs, conversation, control_id, [=](Hl7Message& message) {
      message.accept_wanted = accept_wanted;
      message.ack_wanted = AckCondition::always;
    });
  }
  /// Which wants the application's answer alone.
  Event lone_message(Phase phase, unsigned control_id) { return message(phase, control_id, 7, AckCondition::never); }
  /// On a connection that the receiver opens.
  Event answer(unsigned control_id, std::uint64_t conversation = 8, std::string_view code = "AA") {
    return department.message(Phase::end, kPacs, kRis, conversation, control_id, [&](Hl7Message& message) {
      message.message_seen = false;
      message.sent_by_opener = false;
      message.ack_code = code;
    });
  }
};

TEST_F(Acknowledgements, TheApplicationAnswersOnAConnectionOfItsOwn) {
  department.see(message(Phase::start, 1));
  department.see(message(Phase::end, 1));
  department.pass(2min);
  department.see(answer(1, 8, "AE"));
  ASSERT_EQ(department.links().size(), 1U);
  const Link link = department.links().front();
  EXPECT_EQ(link.kind, LinkKind::message_acknowledged);
  EXPECT_EQ(link.certainty, LinkCertainty::identifier);
  EXPECT_EQ(link.cause, 7U);
  EXPECT_EQ(link.effect, 8U);
  EXPECT_EQ(link.outcome, Outcome::failure);
  EXPECT_EQ(link.delay, 2min + 4ms);
  EXPECT_EQ(link.cause_packet, 1U);
  EXPECT_EQ(link.effect_packet, 5U);
  department.pass(1h);
  EXPECT_EQ(department.links().size(), 1U);
}

TEST_F(Acknowledgements, AnsweredOnItsOwnConnectionItWaitsForNothing) {
  department.see(message(Phase::start, 1));
  Event end = message(Phase::end, 1);
  std::get<Hl7Message>(end.facts).ack_code = "AA";
  department.see(end);
  department.pass(1h);
  EXPECT_TRUE(department.links().empty());
}

TEST_F(Acknowledgements, WhatIsNotAcceptedHasNoApplicationsAnswer) {
  department.see(message(Phase::start, 1));
  department.see(answer(1));
  department.see(message(Phase::start, 2));
  Event end = message(Phase::end, 2);
  std::get<Hl7Message>(end.facts).accept_code = "CR";
  department.see(end);
  department.pass(1h);
  EXPECT_EQ(department.links().size(), 1U);
}

TEST_F(Acknowledgements, ItsAbsenceIsToldOnceSuchAnswersAreSeenAtAll) {
  department.see(message(Phase::start, 1));
  department.pass(11min);
  EXPECT_TRUE(department.links().empty()) << "they may go another way";
  department.see(message(Phase::start, 2));
  department.see(answer(2));
  department.see(message(Phase::start, 3));
  const Timestamp sent = department.now();
  department.pass(11min);
  ASSERT_EQ(department.links().size(), 2U);
  const Link link = department.links().back();
  EXPECT_EQ(link.certainty, LinkCertainty::none);
  EXPECT_EQ(link.cause, 7U);
  EXPECT_EQ(link.effect, 0U);
  EXPECT_EQ(link.outcome, Outcome::failure);
  EXPECT_EQ(department.told.back().last.time, sent + 10min);
}

TEST_F(Acknowledgements, WithoutThatOfTheApplicationAMessageThatWantsNoOtherIsUnanswered) {
  department.see(lone_message(Phase::start, 1));
  department.see(lone_message(Phase::end, 1));
  department.pass(11min);
  ASSERT_EQ(department.links().size(), 1U);
  const Link link = department.links().front();
  EXPECT_EQ(link.unanswered, WhyUnanswered::timeout);
  EXPECT_EQ(link.outcome, Outcome::failure);
  EXPECT_EQ(link.cause, 7U);
  EXPECT_EQ(link.effect, 0U);
}

TEST_F(Acknowledgements, OfAMessageThatWantsNoOtherItIsNotMissingWhereItMayHaveComeUnseen) {
  unsigned control_id = 0;
  for (const Visibility seen : {Visibility{.one_direction = true}, Visibility{.lost = true}}) {
    department.see(lone_message(Phase::start, ++control_id));
    Event end = lone_message(Phase::end, control_id);
    end.visibility = seen;
    department.see(end);
  }
  department.pass(11min);
  EXPECT_TRUE(department.links().empty());
}

TEST_F(Acknowledgements, WhatIsAcceptedUnaskedIsNotUnanswered) {
  department.see(lone_message(Phase::start, 1));
  Event end = lone_message(Phase::end, 1);
  std::get<Hl7Message>(end.facts).accept_code = "CA";
  department.see(end);
  department.pass(11min);
  EXPECT_TRUE(department.links().empty());
}

TEST_F(Acknowledgements, WhereNoneIsDeclaredNoneIsMissing) {
  Event start = lone_message(Phase::start, 1);
  std::get<Hl7Message>(start.facts).none_declared = true;
  department.see(start);
  department.pass(11min);
  EXPECT_TRUE(department.links().empty());
}

TEST_F(Acknowledgements, AnAnswerToAMessageThatWasGivenUpIsJoinedWithIt) {
  Event end = message(Phase::end, 1);
  std::get<Hl7Message>(end.facts).ack_wanted = AckCondition::absent;
  std::get<Hl7Message>(end.facts).unanswered = WhyUnanswered::closed;
  department.see(end);
  department.see(answer(1));
  ASSERT_EQ(department.links().size(), 1U);
  EXPECT_EQ(department.links().front().cause, 7U);
}

TEST_F(Acknowledgements, AnAnswerToNothingHasNoCause) {
  department.see(message(Phase::start, 1));
  Event same_connection = answer(2, 7);
  std::get<Hl7Message>(same_connection.facts).sent_by_opener = true;
  department.see(same_connection);
  ASSERT_EQ(department.links().size(), 1U);
  EXPECT_EQ(department.links().front().cause, 0U);
  EXPECT_EQ(department.links().front().effect, 7U);
  EXPECT_EQ(department.links().front().certainty, LinkCertainty::none);
}

TEST_F(Acknowledgements, AnAnswerThatNamesNoMessageIsNotToNothing) {
  department.see(message(Phase::start, 1));
  department.see(message(Phase::start, 2));
  Event unnamed = answer(3, 7);
  auto& facts = std::get<Hl7Message>(unnamed.facts);
  facts.sent_by_opener = true;
  facts.control_id = {};
  department.see(unnamed);
  EXPECT_TRUE(department.links().empty());
}

TEST_F(Acknowledgements, AnAnswerToWhatMayHaveGoneByUnseenIsNotToNothing) {
  department.see(answer(2));
  EXPECT_TRUE(department.links().empty()) << "the message may have been sent before anybody looked";
  Event behind_loss = answer(3);
  behind_loss.visibility.lost = true;
  department.see(behind_loss);
  EXPECT_TRUE(department.links().empty());
  department.pass(11min);
  department.see(answer(4));
  EXPECT_EQ(department.links().size(), 1U);
}

}  // namespace
}  // namespace dcmwatch
