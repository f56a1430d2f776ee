#include <gtest/gtest.h>

#include "relate/department.h"

namespace dcmwatch {
namespace {

using namespace test;

struct Resends : testing::Test {
  Department department;

  void send(unsigned control_id, std::uint64_t body, std::uint64_t conversation = 7, std::string_view from = kRis,
            std::string_view application = "RIS", std::string_view time = "") {
    Event event = department.message(Phase::start, from, kPacs, conversation, control_id, [&](Hl7Message& message) {
      message.body_print = body;
      message.sending_application = application;
      message.message_time = time;
    });
    event.proven = proven_at_start;
    department.see(event);
    event.phase = Phase::end;
    event.proven = proven;
    department.see(event);
  }

  bool proven_at_start = true;
  bool proven = true;
};

TEST_F(Resends, TheSameBodyIsSentAgain) {
  send(1, 11);
  send(2, 12);
  department.pass(10s);
  send(1, 11, 8);
  send(1, 11, 8);
  ASSERT_EQ(department.links().size(), 2U);
  const Link link = department.links().front();
  EXPECT_EQ(link.kind, LinkKind::message_resent);
  EXPECT_EQ(link.certainty, LinkCertainty::identifier);
  EXPECT_EQ(link.cause, 7U);
  EXPECT_EQ(link.effect, 8U);
  EXPECT_EQ(link.delay, 10s + 4ms);
  EXPECT_EQ(link.times, 1U);
  EXPECT_EQ(link.cause_packet, 1U);
  EXPECT_EQ(link.effect_packet, 5U);
  EXPECT_EQ(department.links().back().times, 2U);
}

TEST_F(Resends, AnotherBodyConflicts) {
  send(1, 11);
  send(1, 12);
  ASSERT_EQ(department.links().size(), 1U);
  EXPECT_EQ(department.links().front().kind, LinkKind::message_conflicting);
}

TEST_F(Resends, AConflictIsToldOnceTheLaterMessageIsOver) {
  send(1, 11);
  Event later = department.message(Phase::start, kRis, kPacs, 8, 1, [](Hl7Message& message) {
    message.body_print = 12;
    message.sending_application = "RIS";
  });
  department.see(later);
  EXPECT_TRUE(department.links().empty());
  later.phase = Phase::end;
  department.see(later);
  department.see(later);
  EXPECT_EQ(department.links().size(), 1U);
}

TEST_F(Resends, AConflictOfAMessageWhoseAnswerWasCapturedBeforeItIsToldWithTheMessage) {
  send(1, 11);
  Event later = department.message(Phase::end, kRis, kPacs, 8, 1, [](Hl7Message& message) {
    message.body_print = 12;
    message.sending_application = "RIS";
  });
  department.see(later);
  later.phase = Phase::start;
  later.proven = false;
  department.see(later);
  ASSERT_EQ(department.told.size(), 1U);
  EXPECT_TRUE(department.told.front().proven);
}

TEST_F(Resends, AConflictWithWhatAnyoneMayHaveSentIsNotProvenWhicheverCameFirst) {
  proven_at_start = proven = false;
  send(1, 11, 7);
  proven = true;
  send(1, 12, 8);
  proven = false;
  send(1, 13, 9);
  ASSERT_EQ(department.links().size(), 2U);
  for (const Event& link : department.told) EXPECT_FALSE(link.proven);
}

TEST_F(Resends, WhatAnyoneMayHaveSentInBetweenDoesNotHideThatAProvenOneWasAltered) {
  proven_at_start = false;
  send(1, 11, 7);
  for (const std::uint64_t forged : {13U, 12U}) {
    proven = false;
    send(1, forged, 8);
    proven = true;
    department.told.clear();
    send(1, 12, 9);
    const std::vector<Link> links = department.links();
    ASSERT_EQ(links.size(), 1U);
    EXPECT_EQ(links.front().kind, LinkKind::message_conflicting);
    EXPECT_EQ(links.front().cause, 7U);
    EXPECT_TRUE(department.told.front().proven);
    send(1, 11, 7);
  }
}

TEST_F(Resends, WhatAnyoneMayHaveSentIsNoOriginalOfWhatIsSentAgain) {
  proven_at_start = false;
  send(1, 11, 7);
  proven = false;
  send(1, 13, 8);
  proven = true;
  department.told.clear();
  send(1, 11, 9);
  ASSERT_EQ(department.links().size(), 1U);
  EXPECT_EQ(department.links().front().kind, LinkKind::message_resent);
  EXPECT_EQ(department.links().front().times, 1U);
}

TEST_F(Resends, WhatIsProvenAfterAnotherWasSentInItsPlaceIsWhatTheNextIsHeldAgainst) {
  const auto original = [](Hl7Message& message) {
    message.body_print = 11;
    message.sending_application = "RIS";
  };
  Event first = department.message(Phase::start, kRis, kPacs, 7, 1, original);
  department.see(first);
  proven_at_start = proven = false;
  send(1, 13, 8);
  first.phase = Phase::end;
  first.proven = true;
  department.see(first);
  department.told.clear();
  proven = true;
  send(1, 12, 9);
  ASSERT_EQ(department.links().size(), 1U);
  EXPECT_EQ(department.links().front().cause, 7U);
  EXPECT_TRUE(department.told.front().proven);
}

TEST_F(Resends, WhatIsProvenByTheMessagesEndsIsEnough) {
  proven_at_start = false;
  send(1, 11, 7);
  send(1, 12, 8);
  ASSERT_EQ(department.told.size(), 1U);
  EXPECT_TRUE(department.told.front().proven);
}

TEST_F(Resends, ASenderMayBeginToCountAnewEachDayHoweverEarly) {
  const auto send_at = [&](std::uint64_t body, std::string_view time) { send(1, body, 7, kRis, "RIS", time); };
  send_at(11, "20260302060000");
  department.pass(23h);
  send_at(12, "20260303050000+0100");
  EXPECT_TRUE(department.links().empty());
  send_at(13, "202603030501");
  ASSERT_EQ(department.links().size(), 1U);
  EXPECT_EQ(department.links().front().kind, LinkKind::message_conflicting);
  send_at(14, "202603");
  EXPECT_EQ(department.links().size(), 2U) << "no day";
}

TEST_F(Resends, AnotherSenderAnotherHostAndTheNextDayHaveControlIdsOfTheirOwn) {
  send(1, 11);
  send(1, 12, 7, kRis, "LAB");
  send(1, 13, 7, kCt);
  department.pass(24h);
  send(1, 14);
  EXPECT_TRUE(department.links().empty());
}

TEST_F(Resends, WhatWasNotReadWholeIsHeldAgainstNothing) {
  send(1, 11);
  send(1, 0);
  EXPECT_TRUE(department.links().empty());
  send(1, 11);
  EXPECT_EQ(department.links().size(), 1U);
}

TEST_F(Resends, TheOneSeenFirstIsForgottenToMakeRoomAndThatIsCounted) {
  department.limits.hl7_control_ids = 2;
  for (unsigned id : {1U, 2U, 3U}) send(id, id);
  send(1, 99);
  EXPECT_TRUE(department.links().empty());
  send(3, 99);
  EXPECT_EQ(department.links().size(), 1U);
  EXPECT_EQ(department.times_reached("hl7_control_ids"), 2U);
}

}  // namespace
}  // namespace dcmwatch
