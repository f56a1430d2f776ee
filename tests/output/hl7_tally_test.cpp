#include "output/hl7_tally.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "output/samples.h"

namespace dcmwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

/// Writes down what is counted, a message's place being its number.
class Hl7TallyTest : public testing::Test, protected Hl7Tally<std::uint64_t>::Counts {
 protected:
  using Told = Hl7Tally<std::uint64_t>::Told;

  void count(const std::uint64_t& number, const Told& told) override { note(number, "", told); }
  void count_late(const std::uint64_t& number, const Told& told) override { note(number, "late ", told); }
  void count_unmatched(const std::uint64_t& number) override {
    counted_.push_back(std::to_string(number) + " unmatched");
  }
  void on_forgotten() override { ++forgotten_; }

  void note(std::uint64_t number, const std::string& how, const Told& told) {
    counted_.push_back(std::to_string(number) + ' ' + how + std::string{to_text(told.answer)});
  }

  /// Of the enhanced mode: committed, and to be answered by the application.
  static Hl7Message committed(std::uint64_t number) {
    Hl7Message message = samples::message("");
    message.unanswered.reset();
    message.control_id = {number, number};
    message.sent = samples::mark(0ms, number);
    message.ack_wanted = AckCondition::always;
    message.accept_code = "CA";
    return message;
  }

  void see(const Hl7Message& message, Phase phase = Phase::end, std::uint64_t conversation = 7) {
    tally_.observe(samples::observation(message, phase, conversation), [&] { return message.control_id.first(); });
  }
  /// On another connection.
  void see_answer(std::uint64_t number, std::string code, bool joined = true) {
    Hl7Message answer = samples::message(std::move(code));
    answer.message_seen = false;
    answer.control_id = {number, number};
    answer.sent = samples::mark(1s, 1000 + number);
    see(answer, Phase::end, 8);
    if (!joined) return;
    tally_.observe(samples::observation(Link{.kind = LinkKind::message_acknowledged,
                                             .cause = 7,
                                             .effect = 8,
                                             .cause_packet = number,
                                             .effect_packet = 1000 + number}),
                   [] { return std::uint64_t{0}; });
  }
  void pass(Duration time) {
    Observation observation = samples::observation(samples::connection());
    observation.event.last.time = samples::kStart + time;
    tally_.observe(observation, [] { return std::uint64_t{0}; });
  }

  std::vector<std::string> counted_;
  int forgotten_ = 0;
  Hl7Tally<std::uint64_t> tally_{*this};
};

TEST_F(Hl7TallyTest, CountsAMessageWhenItsApplicationAnswers) {
  see(committed(1), Phase::start);
  see(committed(1));
  EXPECT_THAT(counted_, IsEmpty());
  see_answer(1, "AE");
  EXPECT_THAT(counted_, ElementsAre("1 AE"));
  pass(1h);
  tally_.finish();
  EXPECT_EQ(counted_.size(), 1U);
}

TEST_F(Hl7TallyTest, CountsItAsCommittedWhenItsApplicationCanNoLongerAnswerOrNobodyLooks) {
  see(committed(1));
  pass(9min);
  EXPECT_THAT(counted_, IsEmpty());
  pass(11min);
  EXPECT_THAT(counted_, ElementsAre("1 CA"));
  see(committed(2));
  tally_.finish();
  EXPECT_THAT(counted_, ElementsAre("1 CA", "2 CA"));
}

TEST_F(Hl7TallyTest, TakesTheApplicationsAnswerAlsoWhileTheCommitIsStillAwaited) {
  Hl7Message message = committed(1);
  message.accept_code.reset();
  see(message, Phase::start);
  see_answer(1, "AA");
  message.unanswered = WhyUnanswered::timeout;
  see(message, Phase::progress);
  see(message);
  tally_.finish();
  EXPECT_THAT(counted_, ElementsAre("1 AA"));
}

TEST_F(Hl7TallyTest, CountsAsNotAnsweredWhatNeitherTheApplicationNorAnybodyElseAnswered) {
  for (const std::uint64_t number : {1U, 2U}) {
    Hl7Message message = committed(number);
    message.mode = AcknowledgementMode::enhanced;
    message.accept_wanted = AckCondition::never;
    if (number == 1) message.accept_code.reset();
    see(message, Phase::start);
    see(message);
  }
  pass(11min);
  EXPECT_THAT(counted_, ElementsAre("2 CA")) << "of the other it may still be told";
  for (const std::uint64_t number : {1U, 2U})
    tally_.observe(
        samples::observation(Link{.kind = LinkKind::message_acknowledged, .cause = 7, .cause_packet = number}),
        [] { return std::uint64_t{0}; });
  tally_.finish();
  EXPECT_THAT(counted_, ElementsAre("2 CA", "1 none"));
}

TEST_F(Hl7TallyTest, CountsAsUnmatchedWhatNobodyJoined) {
  see(committed(1));
  see_answer(2, "AA", /*joined=*/false);
  see_answer(1, "AA");
  EXPECT_THAT(counted_, ElementsAre("2 unmatched", "1 AA"));
}

TEST_F(Hl7TallyTest, TellsTwoMessagesApartThatShareAllButTheirRecords) {
  for (const char* code : {"", "AA"}) {
    Hl7Message message = samples::message(code);
    message.control_id = {1, 1};
    see(message);
  }
  EXPECT_THAT(counted_, ElementsAre("1 none", "1 AA"));
}

TEST_F(Hl7TallyTest, CountsWhatItForgets) {
  for (std::uint64_t number = 1; number <= kRememberedConversations + 2; ++number) see(committed(number));
  EXPECT_THAT(counted_, ElementsAre("1 CA", "2 CA"));
  EXPECT_EQ(forgotten_, 2);
}

}  // namespace
}  // namespace dcmwatch
