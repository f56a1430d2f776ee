// Who was answered, by whom, when, and why not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "protocol/hl7/errors.h"
#include "wire.h"

namespace dcmwatch::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

constexpr std::string_view kCommitAndApplication = "P|2.5|||AL|AL";

const Hl7Message& fact(const Wire& wire, std::size_t at) { return std::get<Hl7Message>(wire.events().at(at).facts); }
const Hl7Message& last_fact(const Wire& wire) { return fact(wire, wire.events().size() - 1); }

TEST(Hl7Acknowledgement, BothOfTheEnhancedModeAreToldApartWithTheirTimes) {
  Wire wire;
  wire.say(there(message("ORM^O01", "1", kCommitAndApplication))).wait(2s).say(back(acknowledgement("CA", "1")));
  wire.wait(5s).say(back(block("MSH|^~\\&|A|B|C|D|||ORR^O02|9|P|2.5\rMSA|AA|1\r")));
  const Hl7Message& told = last_fact(wire);
  EXPECT_EQ(told.accept_wanted, AckCondition::always);
  EXPECT_EQ(told.ack_wanted, AckCondition::always);
  EXPECT_EQ(told.accept_code, "CA");
  EXPECT_EQ(told.accepted->time - told.sent.time, 2001ms);
  EXPECT_EQ(told.ack_code, "AA");
  EXPECT_EQ(told.acknowledged->time - told.sent.time, 7002ms);
  EXPECT_EQ(told.ack_type, "ORR^O02");
  EXPECT_EQ(told.answer(), "AA");
}

TEST(Hl7Acknowledgement, WhatIsOnlyToBeCommittedHasNoApplicationsAnswer) {
  Wire wire;
  wire.say(there(message("ORM^O01", "1", "P|2.5|||AL|NE"))).say(back(acknowledgement("CA", "1")));
  EXPECT_EQ(last_fact(wire).accept_code, "CA");
  EXPECT_EQ(last_fact(wire).ack_code, std::nullopt);
  EXPECT_EQ(last_fact(wire).answer(), "CA");
}

TEST(Hl7Acknowledgement, AReceiverMayCommitUnaskedBeforeItAnswers) {
  Wire wire;
  wire.say(there(message("ADT^A01", "1"))).say(back(acknowledgement("CA", "1"))).say(back(acknowledgement("AA", "1")));
  EXPECT_THAT(wire.summary(),
              ElementsAre("start ADT^A01", "progress ADT^A01 CA control_id", "end ADT^A01 AA control_id"));
  wire.say(there(message("ADT^A01", "2"))).say(back(acknowledgement("CA", "2"))).wait(1min);
  EXPECT_EQ(wire.summary().back(), "end ADT^A01 CA control_id");
  EXPECT_EQ(last_fact(wire).unanswered, std::nullopt);
}

TEST(Hl7Acknowledgement, NotInTimeIsToldWhenItIsKnownAndOnce) {
  Wire wire;
  wire.say(there(message("ADT^A01", "1"))).wait(29s);
  EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01"));
  wire.wait(1s);
  EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01", "progress ADT^A01 timeout"));
  EXPECT_EQ(wire.events()[1].last.time - fact(wire, 0).sent.time, 30s);
  EXPECT_EQ(wire.events()[1].last.packet, 1U);
  EXPECT_EQ(outcome_of(wire.events()[1]), Outcome::failure);
}

TEST(Hl7Acknowledgement, AnAnswerAfterThatIsLate) {
  Wire wire;
  wire.say(there(message("ADT^A01", "1"))).wait(45s).say(back(acknowledgement("AA", "1"))).close();
  EXPECT_THAT(wire.summary(),
              ElementsAre("start ADT^A01", "progress ADT^A01 timeout", "end ADT^A01 AA control_id late"));
}

TEST(Hl7Acknowledgement, TheOldestThatWaitsIsToldEachMinuteAndEndsAtLast) {
  Limits limits;
  limits.hl7_late_answer = 3min;
  Wire wire{false, limits};
  wire.say(there(message("ADT^A01", "1"))).wait(1s).say(there(message("ADT^A02", "2"))).wait(1h);
  EXPECT_THAT(wire.summary(),
              ElementsAre("start ADT^A01", "start ADT^A02", "progress ADT^A01 timeout", "progress ADT^A02 timeout",
                          "progress ADT^A01 timeout", "progress ADT^A01 timeout", "end ADT^A01 timeout",
                          "progress ADT^A02 timeout", "end ADT^A02 timeout"));
  EXPECT_EQ(fact(wire, 4).unacknowledged, 2U);
  EXPECT_EQ(fact(wire, 4).unacknowledged_age, 90s);
  wire.say(back(acknowledgement("AA", "1"))).close();
  EXPECT_THAT(wire.summary().back(), "end ? AA");
}

TEST(Hl7Acknowledgement, OthersAnsweredLaterOvertakeIt) {
  Wire wire;
  wire.say(there(message("ADT^A01", "1") + message("ADT^A02", "2"))).say(back(acknowledgement("AA", "2"))).wait(30s);
  EXPECT_THAT(wire.summary(),
              ElementsAre("start ADT^A01", "start ADT^A02", "end ADT^A02 AA control_id", "progress ADT^A01 overtaken"));
}

TEST(Hl7Acknowledgement, TheConnectionClosesBeforeIt) {
  for (const CloseReason reason : {CloseReason::finished, CloseReason::reset}) {
    Wire wire;
    wire.say(there(message("ADT^A01", "1"))).close(reason);
    EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01", "end ADT^A01 closed"));
  }
}

TEST(Hl7Acknowledgement, WhatNeverArrivedWasNotDeliveredHoweverLongItWaited) {
  const std::string last = message("ADT^A02", "2");
  for (const std::size_t bytes : {last.size(), last.size() - 20, std::size_t{10}}) {
    Wire wire;
    wire.say(there(message("ADT^A01", "1"))).say(there(last)).wait(31s);
    wire.never_deliver(Direction::forward, bytes).reset(Direction::forward);
    EXPECT_EQ(fact(wire, 4).unanswered, WhyUnanswered::timeout);
    EXPECT_EQ(fact(wire, 4).closed_by_opener, std::nullopt) << "it was known before";
    EXPECT_EQ(fact(wire, 5).unanswered, WhyUnanswered::undelivered) << bytes;
    EXPECT_EQ(fact(wire, 5).closed_by_opener, true);
  }
  Wire refused;
  refused.say(there(message("ADT^A01", "1"))).never_deliver(Direction::forward, 1000).reset(Direction::backward);
  EXPECT_EQ(last_fact(refused).unanswered, WhyUnanswered::undelivered);
  EXPECT_EQ(last_fact(refused).closed_by_opener, false);
}

TEST(Hl7Acknowledgement, WhoClosedTheConnectionOverItIsTold) {
  for (const Direction by : {Direction::forward, Direction::backward}) {
    Wire wire;
    wire.say(there(message("ADT^A01", "1"))).reset(by);
    EXPECT_EQ(last_fact(wire).unanswered, WhyUnanswered::closed);
    EXPECT_EQ(last_fact(wire).closed_by_opener, by == Direction::forward);
  }
  Wire both;
  both.say(there(message("ADT^A01", "1"))).close();
  EXPECT_EQ(last_fact(both).closed_by_opener, std::nullopt);
}

TEST(Hl7Acknowledgement, WhatMayHaveComeUnseenIsNotMissing) {
  Wire lost;
  lost.say(there(message("ADT^A01", "1"))).say(gap(Direction::backward, 50)).wait(40s).close();
  EXPECT_THAT(lost.summary(), ElementsAre("start ADT^A01", "end ADT^A01 lost"));
  Wire lost_later;
  lost_later.say(there(message("ADT^A01", "1"))).wait(31s).say(gap(Direction::backward, 50)).close();
  EXPECT_THAT(lost_later.summary(), ElementsAre("start ADT^A01", "progress ADT^A01 timeout", "end ADT^A01 lost"));
  Wire one_way;
  one_way.show_one_direction_only().say(there(message("ADT^A01", "1"))).wait(40s).close();
  EXPECT_THAT(one_way.summary(), ElementsAre("start ADT^A01", "end ADT^A01"));
  Wire early;
  early.say(there(message("ADT^A01", "1"))).wait(20s).close(CloseReason::capture_ended);
  EXPECT_THAT(early.summary(), ElementsAre("start ADT^A01", "end ADT^A01 unfinished"));
}

TEST(Hl7Acknowledgement, OnSomeConditionsNoneMayComeAtAll) {
  for (const std::string_view wanted : {"P|2.5|||ER|NE", "P|2.5|||SU|ER", "P|2.5|||NE|ER"}) {
    Wire wire;
    wire.say(there(message("ADT^A01", "1", wanted))).wait(1h).close();
    EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01", "end ADT^A01")) << wanted;
    EXPECT_EQ(fact(wire, 1).unanswered, std::nullopt);
  }
}

TEST(Hl7Acknowledgement, TheApplicationsMayComeElsewhereSoThatItsAbsenceIsNoAnomalyHere) {
  Wire wire;
  wire.say(there(message("ORM^O01", "1", kCommitAndApplication))).say(back(acknowledgement("CA", "1"))).wait(1h);
  EXPECT_THAT(wire.summary(),
              ElementsAre("start ORM^O01", "progress ORM^O01 CA control_id", "end ORM^O01 CA control_id"));
  Wire uncommitted;
  uncommitted.say(there(message("ORM^O01", "1", kCommitAndApplication))).wait(30s);
  EXPECT_THAT(uncommitted.summary(), ElementsAre("start ORM^O01", "progress ORM^O01 timeout"));
}

TEST(Hl7Acknowledgement, OfAMessageSentAgainTheNewestCopyIsAnswered) {
  Wire wire;
  wire.say(there(message("ADT^A01", "1"))).wait(10s).say(there(message("ADT^A01", "1")));
  wire.say(back(acknowledgement("AA", "1"))).wait(1min).close();
  EXPECT_THAT(wire.summary(),
              ElementsAre("start ADT^A01", "start ADT^A01", "end ADT^A01 superseded", "end ADT^A01 AA control_id"));
  EXPECT_EQ(fact(wire, 1).unacknowledged, 1U);
  EXPECT_EQ(fact(wire, 1).unacknowledged_age, Duration::zero());
  EXPECT_EQ(fact(wire, 2).sent.packet, 1U);
  EXPECT_EQ(fact(wire, 3).sent.packet, 2U);
}

TEST(Hl7Acknowledgement, OnlyWhatIsSurelyNotAnsweredIsQueued) {
  Wire lossy;
  lossy.say(there(message("ADT^A01", "1"))).say(gap(Direction::backward, 50)).say(there(message("ADT^A01", "2")));
  EXPECT_EQ(last_fact(lossy).unacknowledged, 1U);
  Wire one_way;
  one_way.show_one_direction_only().say(there(message("ADT^A01", "1") + message("ADT^A01", "2")));
  EXPECT_EQ(last_fact(one_way).unacknowledged, 0U);
}

TEST(Hl7Acknowledgement, AnAnswerToNobodyKnownMayBeToTheOldestOfThoseThatWait) {
  Wire wire;
  wire.say(there(message("ADT^A01", "1") + message("ADT^A02", "2"))).wait(31s);
  wire.say(back(acknowledgement("AA", "77"))).say(there(message("ADT^A03", "3"))).wait(1h);
  EXPECT_THAT(
      wire.summary(),
      ElementsAre("start ADT^A01", "start ADT^A02", "progress ADT^A01 timeout", "progress ADT^A02 timeout", "end ? AA",
                  "violation hl7.acknowledged_control_id", "start ADT^A03", "progress ADT^A03 timeout", "end ADT^A01",
                  "end ADT^A02 timeout", "progress ADT^A03 timeout", "end ADT^A03 timeout"));
}

TEST(Hl7Acknowledgement, SoManyAnswersToNobodyKnownPutSoManyMessagesInDoubt) {
  for (std::size_t answers = 0; answers <= 4; ++answers) {
    Wire wire;
    for (const char* id : {"1", "2", "3", "4"}) wire.say(there(message("ADT^A01", id)));
    for (std::size_t i = 0; i < answers; ++i) wire.say(back(acknowledgement("AA", "77")));
    wire.close();
    std::vector<std::string> ends(answers, "end ADT^A01");
    ends.resize(4, "end ADT^A01 closed");
    const std::vector<std::string> told = wire.summary();
    EXPECT_EQ(std::vector<std::string>(told.end() - 4, told.end()), ends) << answers;
  }
}

TEST(Hl7Acknowledgement, AnAnswerToNobodyKnownIsNotMissingToWhatNeedsNone) {
  Wire wire;
  wire.say(there(message("ADT^A01", "1", "P|2.5|||ER|NE") + message("ADT^A02", "2")));
  wire.say(back(acknowledgement("AA", "77"))).close();
  EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01", "start ADT^A02", "end ? AA", "end ADT^A01", "end ADT^A02"));
}

TEST(Hl7Acknowledgement, AQueueIsCountedAsItBuildsUp) {
  Wire wire;
  for (const char* id : {"1", "2", "3"}) wire.say(there(message("ADT^A01", id))).wait(2s);
  wire.say(back(acknowledgement("AA", "1"))).say(there(message("ADT^A01", "4")));
  EXPECT_EQ(fact(wire, 0).unacknowledged, 1U);
  EXPECT_EQ(fact(wire, 2).unacknowledged, 3U);
  EXPECT_EQ(fact(wire, 2).unacknowledged_age, 4002ms);
  EXPECT_EQ(last_fact(wire).unacknowledged, 3U);
  EXPECT_EQ(last_fact(wire).unacknowledged_age, 4003ms);
}

TEST(Hl7Acknowledgement, AClockThatIsSetBackStartsTheWaitAnew) {
  Wire wire;
  wire.say(there(message("ADT^A01", "1"))).set_clock_back(1h).wait(29s);
  EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01"));
  wire.wait(1s);
  EXPECT_THAT(wire.summary(), ElementsAre("start ADT^A01", "progress ADT^A01 timeout"));
}

TEST(Hl7Acknowledgement, TheCommitAcknowledgementOfMllpRelease2IsTheOldestBlocks) {
  Wire wire;
  wire.say(there(message("ADT^A01", "1"))).say(back(block("\x06"))).say(there(message("ADT^A02", "2")));
  wire.say(back(block("\x15"))).say(back(acknowledgement("AA", "1"))).say(back(acknowledgement("AA", "2")));
  EXPECT_EQ(fact(wire, 2).transport_ack, TransportAck::ack);
  EXPECT_EQ(fact(wire, 3).transport_ack, TransportAck::nak);
}

TEST(Hl7Acknowledgement, TheSameBodyHasTheSamePrintWhateverMsh7Says) {
  const auto sent = [](std::string_view time, std::string_view id, std::string_view rest) {
    return there(block("MSH|^~\\&|A|B|C|D|" + std::string{time} + "||ADT^A01|" + std::string{id} + "|P|2.5\r" +
                       std::string{rest}));
  };
  Wire wire;
  wire.say(sent("20240101", "1", "PID|||7\r")).say(sent("20240102", "1", "PID|||7\r"));
  wire.say(sent("20240101", "2", "PID|||7\r")).say(sent("20240101", "1", "PID|||8\r"));
  EXPECT_NE(fact(wire, 0).body_print, 0U);
  EXPECT_EQ(fact(wire, 0).body_print, fact(wire, 1).body_print);
  EXPECT_NE(fact(wire, 0).body_print, fact(wire, 2).body_print);
  EXPECT_NE(fact(wire, 0).body_print, fact(wire, 3).body_print);
}

TEST(Hl7Acknowledgement, AnErrorIsToldByItsCodesAndItsPlace) {
  Wire wire;
  wire.say(there(message("ADT^A01", "1")));
  wire.say(
      back(block("MSH|^~\\&|A|B|C|D|||ACK^A01|9|P|2.5\rMSA|AE|1|JANE DOE\r"
                 "ERR||PID^1^3|101^Required field missing^HL70357|W||||see JANE DOE\r"
                 "ERR||PID^1^5^1^2|207^JANE^L|E|||JANE\r")));
  const Hl7Error& error = *last_fact(wire).error;
  EXPECT_EQ(error.code, "207");
  EXPECT_EQ(error.severity, "E");
  EXPECT_EQ(error.location, "PID^1^5^1^2");
  EXPECT_EQ(error.count, 2U);
  EXPECT_THAT(wire.everything(), testing::Not(testing::HasSubstr("JANE")));
}

/// What two sides may say to each other, in any order and with pauses, loss and closed eyes.
class Chatter {
 public:
  explicit Chatter(unsigned seed) : random_(seed) {}

  void speak(Wire& wire, bool in_pieces) {
    for (unsigned turns = 5 + any(60); turns != 0; --turns) {
      const Direction direction = any(4) == 0 ? Direction::backward : Direction::forward;
      const std::string id = std::to_string(any(9));
      switch (any(8)) {
        case 0: wire.wait(std::chrono::seconds{any(50)}); break;
        case 1: wire.wait(std::chrono::minutes{any(12)}); break;
        case 2:
          wire.say(any(3) == 0 ? gap(direction, 5) : Said{direction, block(any(2) == 0 ? "\x06" : "\x15")});
          break;
        case 3:
        case 4: say(wire, {direction, acknowledgement(one_of({"AA", "AE", "CA", "CR", "ZZ"}), id)}, in_pieces); break;
        default:
          say(wire,
              {direction,
               message("ADT^A01", id,
                       one_of({"P|2.5", "P|2.5|||AL|AL", "P|2.5|||AL|NE", "P|2.5|||NE|NE", "P|2.5|||ER|SU"}))},
              in_pieces);
      }
    }
    wire.close(any(2) == 0 ? CloseReason::finished : CloseReason::capture_ended);
  }

 private:
  unsigned any(unsigned below) { return static_cast<unsigned>(random_() % below); }
  std::string_view one_of(std::initializer_list<std::string_view> words) {
    return *(words.begin() + any(static_cast<unsigned>(words.size())));
  }
  static void say(Wire& wire, const Said& said, bool in_pieces) {
    if (in_pieces) {
      wire.say_byte_by_byte(said);
    } else {
      wire.say(said);
    }
  }

  std::mt19937 random_;
};

// As (packet of the message, its direction): it begins once and ends once, and is told as unanswered only in between.
TEST(Hl7Acknowledgement, OfWhateverIsSaidEachMessageEndsOnceHoweverItIsCut) {
  Limits limits;
  limits.hl7_pending_messages = 7;
  for (unsigned seed = 0; seed < 400; ++seed) {
    Wire wire{seed % 5 == 0, limits};
    Chatter{seed}.speak(wire, false);
    std::map<std::uint64_t, int> open;
    Timestamp last{};
    for (const Event& event : wire.events()) {
      EXPECT_GE(event.last.time, last) << seed;
      last = event.last.time;
      const auto* told = std::get_if<Hl7Message>(&event.facts);
      if (!told || !told->message_seen) continue;
      int& state = open[told->sent.packet];
      EXPECT_EQ(state, event.phase == Phase::start ? 0 : 1) << seed;
      state = event.phase == Phase::end ? 2 : 1;
      EXPECT_FALSE(told->unanswered && (told->ack_code || event.visibility.lost)) << seed;
      EXPECT_LE(told->unacknowledged, limits.hl7_pending_messages + 1) << seed;
    }
    for (const auto& [packet, state] : open) EXPECT_EQ(state, 2) << seed << ", packet " << packet;
    Wire pieces{seed % 5 == 0, limits};
    Chatter{seed}.speak(pieces, true);
    ASSERT_EQ(pieces.everything(), wire.everything()) << seed;
  }
}

struct Told {
  std::string_view behind, code, severity, location;
};
void PrintTo(const Told& told, std::ostream* out) { *out << told.behind; }
class Errors : public testing::TestWithParam<Told> {};

TEST_P(Errors, OfEveryVersion) {
  const auto error = hl7::errors_behind(GetParam().behind, {});
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, GetParam().code);
  EXPECT_EQ(error->severity, GetParam().severity);
  EXPECT_EQ(error->location, GetParam().location);
}

INSTANTIATE_TEST_SUITE_P(Segments, Errors,
                         testing::Values(Told{"\rERR|PID^1^11^103&Table value not found&HL70357\r", "103", "",
                                              "PID^1^11"},
                                         Told{"||\rERR|PID^1\r", "", "", "PID^1"},
                                         Told{"||||204^Unknown key^HL70357\rPID|1\r", "204", "", ""},
                                         Told{"\n\nERR||SMITH^1^3|SMITH|X", "", "", ""},
                                         Told{"\rERR||PID^SMITH^3|0|I\nERR", "0", "I", "PID"},
                                         Told{"\rERR||OBX^12345|100|F\r", "100", "F", "OBX"}));

TEST(Errors, ThereAreNone) {
  for (const std::string_view behind : {"", "\r", "|JOHN|||\r", "\rPID|||1\rERR||PID^1|101\r", "|||||JOHN\r"})
    EXPECT_EQ(hl7::errors_behind(behind, {}), nullptr) << behind;
}

}  // namespace
}  // namespace dcmwatch::test
