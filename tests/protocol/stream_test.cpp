#include "protocol/stream.h"

#include <gtest/gtest.h>

#include "protocol/protocol.h"

namespace dcmwatch {
namespace {

// C-ECHO-RQ, message id 7: a P-DATA-TF with one PDV on context 1 (PS3.8 9.3.5, PS3.7 9.3.5).
const std::string kEchoRequest{
    "\x04\x00\x00\x00\x00\x4a\x00\x00\x00\x46\x01\x03"
    "\x00\x00\x00\x00\x04\x00\x00\x00\x38\x00\x00\x00"
    "\x00\x00\x02\x00\x12\x00\x00\x00"
    "1.2.840.10008.1.1\x00"
    "\x00\x00\x00\x01\x02\x00\x00\x00\x30\x00"
    "\x00\x00\x10\x01\x02\x00\x00\x00\x07\x00"
    "\x00\x00\x00\x08\x02\x00\x00\x00\x01\x01",
    80};
const std::string kMessage = "\x0bMSH|^~\\&|HIS|H|ENGINE|H|20260101||ADT^A01|1|P|2.5\r\x1c\r";

struct Told final : EventSink {
  std::vector<Event> events;
  Event& next_event() override { return events.emplace_back(); }
};

class StreamTest : public testing::Test {
 protected:
  void open(bool midway) {
    connection_.joined_midway = midway;
    connection_.direction[0].packets = connection_.direction[1].packets = 1;
    stream_ = std::make_unique<Stream>(connection_, settings_, told_);
  }
  Appetite forward(std::string_view bytes) { return stream_->on_bytes(Direction::forward, {}, as_bytes(bytes)); }
  Appetite backward(std::string_view bytes) { return stream_->on_bytes(Direction::backward, {}, as_bytes(bytes)); }
  void close() {
    stream_->on_close({}, CloseReason::finished);
    stream_->end({}, CloseReason::finished);
  }
  [[nodiscard]] Protocol protocol() const {
    return told_.events.empty() ? Protocol::unidentified : told_.events.back().protocol;
  }
  [[nodiscard]] const DicomOperation* operation() const {
    for (const Event& event : told_.events) {
      if (const auto* found = std::get_if<DicomOperation>(&event.facts)) return found;
    }
    return nullptr;
  }

  const Pseudonymizer pseudonymizer_{"a key for tests only"};
  const ProtocolSettings settings_{.limits = {}, .pseudonymizer = &pseudonymizer_};
  Connection connection_;
  Told told_;
  std::unique_ptr<Stream> stream_;
};

TEST_F(StreamTest, is_told_by_its_content_however_little_comes_at_once) {
  open(false);
  for (const char c : kMessage) forward({&c, 1});
  EXPECT_EQ(protocol(), Protocol::hl7);
  EXPECT_TRUE(std::holds_alternative<ConnectionFact>(told_.events.front().facts));
  EXPECT_TRUE(std::holds_alternative<Hl7Message>(told_.events.at(1).facts));
}

TEST_F(StreamTest, is_told_by_the_answer_where_what_was_asked_is_garbage) {
  open(false);
  EXPECT_EQ(forward(std::string(100, '?')), kWantAll);
  backward(std::string{"\x07\x00\x00\x00\x00\x04\x00\x00\x02\x01", 10});
  EXPECT_EQ(protocol(), Protocol::dicom);
}

TEST_F(StreamTest, of_which_nobody_knows_anything_is_told_at_once_and_searched_on) {
  open(false);
  EXPECT_EQ(forward(std::string(100, '?')), kWantAll);
  ASSERT_EQ(told_.events.size(), 1U);
  EXPECT_EQ(told_.events[0].phase, Phase::start);
  backward(std::string(100, '!'));
  close();
  ASSERT_EQ(told_.events.size(), 2U);
  EXPECT_EQ(told_.events[1].phase, Phase::end);
}

TEST_F(StreamTest, begins_late_where_something_stands_before_it) {
  open(false);
  forward(std::string(2000, '?'));
  forward(kMessage);
  ASSERT_GE(told_.events.size(), 3U);
  EXPECT_EQ(told_.events[0].protocol, Protocol::unidentified);
  EXPECT_EQ(told_.events[1].protocol, Protocol::hl7);
  EXPECT_EQ(told_.events[1].phase, Phase::progress);
  EXPECT_TRUE(std::holds_alternative<Hl7Message>(told_.events[2].facts));
}

TEST_F(StreamTest, joined_midway_begins_with_the_first_unit_that_begins_a_segment) {
  open(true);
  forward("the rest of something");
  forward(kEchoRequest);
  EXPECT_EQ(protocol(), Protocol::dicom);
  ASSERT_TRUE(operation());
  EXPECT_EQ(operation()->message_id, 7);
}

TEST_F(StreamTest, joined_midway_holds_a_header_that_its_sender_wrote_apart) {
  for (std::size_t cut = 1; cut < 40; ++cut) {
    told_.events.clear();
    open(true);
    forward("the rest of something");
    forward(kEchoRequest.substr(0, cut));
    forward(kEchoRequest.substr(cut));
    ASSERT_TRUE(operation()) << cut;
    EXPECT_EQ(operation()->message_id, 7) << cut;
  }
}

TEST_F(StreamTest, joined_midway_is_not_searched_for_ever) {
  open(true);
  const std::string block(1 << 16, '\x04');
  Appetite appetite = kWantAll;
  for (int i = 0; i < 16 && appetite == kWantAll; ++i) appetite = forward(block);
  EXPECT_EQ(appetite, kWantNothing);
}

TEST_F(StreamTest, that_goes_on_is_told_with_what_it_has_begun) {
  open(false);
  forward(std::string_view{"\x01\x00\x00", 3});
  EXPECT_TRUE(told_.events.empty()) << "it may be anything yet";
  stream_->on_progress({});
  ASSERT_EQ(told_.events.size(), 2U);
  EXPECT_EQ(told_.events[0].phase, Phase::start);
  EXPECT_FALSE(goes_on(told_.events[0]));
  EXPECT_EQ(told_.events[1].phase, Phase::progress);
  EXPECT_TRUE(goes_on(told_.events[1]));
  const auto& told = std::get<ConnectionFact>(told_.events[1].facts);
  EXPECT_TRUE(told.in_unit[0]);
  EXPECT_FALSE(told.in_unit[1]);
}

TEST_F(StreamTest, that_nobody_looks_into_goes_on_all_the_same) {
  open(false);
  forward("SSH-2.0-OpenSSH_9.2\r\n");
  stream_->on_progress({});
  ASSERT_EQ(told_.events.size(), 2U);
  EXPECT_TRUE(goes_on(told_.events[1]));
  EXPECT_EQ(told_.events[1].protocol, Protocol::ssh);
  EXPECT_FALSE(std::get<ConnectionFact>(told_.events[1].facts).in_unit[0]);
}

TEST_F(StreamTest, that_goes_on_says_when_it_carried_something_since_it_was_last_told) {
  const auto carried = [&] { return std::get<ConnectionFact>(told_.events.back().facts).carried; };
  open(false);
  forward("SSH-2.0-OpenSSH_9.2\r\n");
  connection_.direction[0].bytes = 21;
  connection_.last.time = timestamp_from_ns(5);
  stream_->on_progress({timestamp_from_ns(60)});
  EXPECT_EQ(carried(), timestamp_from_ns(5));
  connection_.last.time = timestamp_from_ns(70);  // a keep-alive
  stream_->on_progress({timestamp_from_ns(120)});
  EXPECT_EQ(carried(), std::nullopt);
  connection_.direction[1].bytes = 7;
  connection_.last.time = timestamp_from_ns(130);
  stream_->on_progress({timestamp_from_ns(180)});
  EXPECT_EQ(carried(), timestamp_from_ns(130));
}

TEST_F(StreamTest, of_which_a_glimpse_was_seen_is_not_told_to_go_on) {
  open(false);
  connection_.direction[1].packets = 0;
  forward("garbage");
  stream_->on_progress({});
  EXPECT_TRUE(told_.events.empty());
}

TEST_F(StreamTest, counts_on_from_what_was_told_before_anything_was_said) {
  connection_.told_unspoken = 2;
  open(false);
  forward(kMessage);
  EXPECT_EQ(told_.events.front().phase, Phase::start);
  EXPECT_EQ(told_.events.front().ordinal, 3U);
}

TEST_F(StreamTest, names_what_it_does_not_look_into) {
  open(false);
  EXPECT_EQ(forward("SSH-2.0-OpenSSH_9.2\r\n"), kWantNothing);
  EXPECT_EQ(protocol(), Protocol::ssh);
  EXPECT_TRUE(told_.events.back().visibility.encrypted);
}

}  // namespace
}  // namespace dcmwatch
