#include "assemble/assembler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "recording_sink.h"

namespace dcmwatch {
namespace {

using testing::ElementsAre;

// Keeps what was told of each connection after it has ended.
struct RecordingHandler final : StreamHandler {
  struct Forwarding final : StreamSink {
    RecordingSink& to;
    explicit Forwarding(RecordingSink& sink) : to(sink) {}
    Appetite on_bytes(Direction d, const Mark& m, ByteView b) override { return to.on_bytes(d, m, b); }
    void on_skipped(Direction d, const Mark& f, const Mark& l, std::uint64_t b, std::uint64_t m) override {
      to.on_skipped(d, f, l, b, m);
    }
    void on_gap(Direction d, const Mark& m, std::uint64_t b) override { to.on_gap(d, m, b); }
    void on_close(const Mark& m, CloseReason r) override { to.on_close(m, r); }
  };
  struct Ended {
    Connection connection;
    CloseReason reason;
    Mark mark;
  };

  std::unique_ptr<StreamSink> open(const Connection& connection, const Mark&) override {
    return std::make_unique<Forwarding>(sinks[connection.id]);
  }
  void on_connection_end(const Connection& connection, StreamSink*, const Mark& mark, CloseReason reason) override {
    ended.push_back({connection, reason, mark});
  }
  void on_unanswered(const UnansweredConnections& connections, Timestamp told) override {
    unanswered.push_back({connections, told});
  }

  std::map<std::uint64_t, RecordingSink> sinks;
  std::vector<Ended> ended;
  std::vector<std::pair<UnansweredConnections, Timestamp>> unanswered;
};

class AssemblerTest : public testing::Test {
 protected:
  enum Side { client, server };

  Segment make(Side from, std::uint8_t flags, std::uint32_t sequence, std::uint32_t acknowledgement,
               std::string_view text = {}) {
    const Endpoint c{*IpAddress::parse("10.0.0.1"), client_port_};
    const Endpoint s{*IpAddress::parse("10.0.0.2"), 104};
    Segment segment;
    segment.mark = {timestamp_from_ns(now_ns_ += 1'000'000), 0, packet_++};
    segment.source = from == client ? c : s;
    segment.destination = from == client ? s : c;
    segment.flags = flags;
    segment.ip_id = static_cast<std::uint16_t>(packet_);
    segment.window = 1000;
    segment.sequence = sequence;
    segment.acknowledgement = acknowledgement;
    segment.payload = as_bytes(text);
    segment.wire_payload_bytes = static_cast<std::uint32_t>(text.size());
    segment.hash = hash_of(segment.key());
    return segment;
  }
  void give(Side from, std::uint8_t flags, std::uint32_t sequence, std::uint32_t acknowledgement,
            std::string_view text = {}) {
    assembler_.on_segment(make(from, flags, sequence, acknowledgement, text));
  }
  void handshake(std::uint32_t client_isn = 100, std::uint32_t server_isn = 500) {
    give(client, kSyn, client_isn, 0);
    give(server, kSyn | kAck, server_isn, client_isn + 1);
    give(client, kAck, client_isn + 1, server_isn + 1);
  }
  void pass(Duration time) {
    now_ns_ += time.count();
    assembler_.advance(timestamp_from_ns(now_ns_));
  }
  void finish() { assembler_.finish(timestamp_from_ns(now_ns_)); }
  const RecordingSink& only_sink() { return handler_.sinks.begin()->second; }

  static constexpr std::uint8_t kFin = TcpFlags::fin, kSyn = TcpFlags::syn, kRst = TcpFlags::rst, kAck = TcpFlags::ack;
  std::uint16_t client_port_ = 40000;
  Limits limits_;
  RecordingHandler handler_;
  Assembler assembler_{limits_, handler_};
  std::int64_t now_ns_ = 1'700'000'000'000'000'000;
  std::uint64_t packet_ = 0;
};

TEST_F(AssemblerTest, a_connection_from_handshake_to_fin) {
  handshake();
  give(client, kAck, 101, 501, "hello");
  give(server, kAck, 501, 106, "world!");
  give(client, kFin | kAck, 106, 507);
  give(server, kFin | kAck, 507, 107);
  ASSERT_EQ(handler_.ended.size(), 1U);
  const auto& [connection, reason, mark] = handler_.ended.at(0);
  EXPECT_EQ(reason, CloseReason::finished);
  EXPECT_TRUE(connection.parties.opener_known);
  EXPECT_EQ(connection.parties.destination.port, 104);
  EXPECT_FALSE(connection.joined_midway);
  EXPECT_EQ(connection.handshake.whole, std::chrono::milliseconds{2});
  EXPECT_EQ(only_sink().stream[0], "hello");
  EXPECT_EQ(only_sink().stream[1], "world!");
  EXPECT_THAT(only_sink().log, ElementsAre("close"));
}

TEST_F(AssemblerTest, a_syn_ack_alone_tells_who_opened) {
  give(server, kSyn | kAck, 500, 101);
  give(server, kAck, 501, 150);
  finish();
  EXPECT_TRUE(handler_.ended.at(0).connection.parties.opener_known);
  EXPECT_EQ(handler_.ended.at(0).connection.parties.source.port, 40000);
}

TEST_F(AssemblerTest, joined_midway_takes_the_lower_port_for_the_server_and_says_that_it_guessed) {
  give(server, kAck, 9000, 77, "data");
  finish();
  const Connection& connection = handler_.ended.at(0).connection;
  EXPECT_TRUE(connection.joined_midway);
  EXPECT_FALSE(connection.parties.opener_known);
  EXPECT_EQ(connection.parties.destination.port, 104);
  EXPECT_EQ(only_sink().stream[1], "data");
  EXPECT_TRUE(connection.one_direction_only());
}

TEST_F(AssemblerTest, a_syn_with_another_sequence_number_is_another_connection) {
  handshake(100, 500);
  give(client, kAck, 101, 501, "one");
  handshake(7000, 9000);
  give(client, kAck, 7001, 9001, "two");
  finish();
  ASSERT_EQ(handler_.ended.size(), 2U);
  EXPECT_EQ(handler_.sinks.size(), 2U);
  EXPECT_NE(handler_.ended.at(0).connection.id, handler_.ended[1].connection.id);
}

TEST_F(AssemblerTest, a_repeated_syn_is_the_same_connection) {
  give(client, kSyn, 100, 0);
  handshake();
  finish();
  ASSERT_EQ(handler_.ended.size(), 1U);
  EXPECT_EQ(handler_.ended[0].connection.handshake.whole, std::chrono::milliseconds{3});
  EXPECT_FALSE(handler_.ended[0].connection.handshake.to_acceptor);
}

TEST_F(AssemblerTest, a_port_is_reused_after_the_end) {
  for (const std::uint32_t isn : {100U, 5000U}) {
    handshake(isn, isn);
    give(client, kAck, isn + 1, isn + 1, "data");
    give(client, kFin | kAck, isn + 5, isn + 1);
    give(server, kFin | kAck, isn + 1, isn + 6);
    give(client, kAck, isn + 6, isn + 2);  // late: of the closed connection
  }
  EXPECT_EQ(handler_.ended.size(), 2U);
  EXPECT_EQ(assembler_.counters().late_packets, 2U);
}

TEST_F(AssemblerTest, a_reset_ends_and_a_reset_far_from_the_window_does_not) {
  handshake();
  give(client, kAck, 101, 501, "data");
  give(client, kRst, 101 + (1U << 25), 0);
  EXPECT_TRUE(handler_.ended.empty());
  give(client, kRst, 105, 0);
  ASSERT_EQ(handler_.ended.size(), 1U);
  EXPECT_EQ(handler_.ended.at(0).reason, CloseReason::reset);
}

TEST_F(AssemblerTest, a_reset_by_whom_had_closed_already_is_an_answer_to_late_data) {
  handshake();
  give(client, kFin | kAck, 101, 501);
  give(server, kAck, 501, 102, "late");
  give(client, kRst, 102, 0);
  ASSERT_EQ(handler_.ended.size(), 1U);
  EXPECT_EQ(handler_.ended.at(0).reason, CloseReason::finished);
}

TEST_F(AssemblerTest, an_unanswered_syn_is_counted_by_network_and_minute_and_told_when_the_minute_is_settled) {
  give(client, kSyn, 100, 0);
  const Timestamp sent = timestamp_from_ns(now_ns_);
  pass(limits_.handshake_timeout + std::chrono::milliseconds{1});
  EXPECT_EQ(assembler_.open_connections(), 0U);
  EXPECT_TRUE(handler_.unanswered.empty());
  pass(std::chrono::hours{1});
  ASSERT_EQ(handler_.unanswered.size(), 1U);
  const auto& [attempts, told] = handler_.unanswered[0];
  EXPECT_EQ(attempts.count, 1U);
  EXPECT_EQ(attempts.parties.source.port, client_port_);
  EXPECT_EQ(to_text(attempts.source_network), "10.0.0.0/24");
  EXPECT_GE(told, sent + limits_.handshake_timeout);
  EXPECT_EQ(told.time_since_epoch() % std::chrono::minutes{1}, limits_.handshake_timeout);
  EXPECT_TRUE(handler_.ended.empty());
}

TEST_F(AssemblerTest, an_established_connection_may_be_silent_for_days) {
  handshake();
  pass(std::chrono::hours{72});
  EXPECT_TRUE(handler_.ended.empty());
}

TEST_F(AssemblerTest, one_fin_and_silence_is_an_end) {
  handshake();
  give(client, kFin | kAck, 101, 501);
  pass(limits_.half_closed_timeout);
  ASSERT_EQ(handler_.ended.size(), 1U);
  EXPECT_EQ(handler_.ended.at(0).reason, CloseReason::finished);
}

TEST_F(AssemblerTest, the_oldest_idle_connection_is_evicted_and_counted) {
  limits_.connections = 1;
  std::size_t opened = 0;
  for (client_port_ = 20000; client_port_ < 20500; ++client_port_, ++opened) handshake();
  EXPECT_EQ(assembler_.counters().connections, opened);
  EXPECT_EQ(assembler_.open_connections() + assembler_.counters().connections_evicted, opened);
  EXPECT_LE(assembler_.open_connections(), std::size_t{kPartitions});
  for (const auto& end : handler_.ended) EXPECT_EQ(end.reason, CloseReason::evicted);
}

TEST_F(AssemblerTest, held_bytes_are_bounded_and_what_is_given_up_is_a_gap) {
  limits_.held_bytes = 100;
  handshake();
  const std::string block(40, 'x');
  for (std::uint32_t i = 1; i <= 4; ++i) give(client, kAck, 101 + i * 50, 501, block);
  EXPECT_GT(assembler_.counters().holes_given_up_early, 0U);
  finish();
  EXPECT_EQ(handler_.ended.at(0).connection.sent(Direction::forward).missing_bytes, 50U + 3 * 10U);
}

TEST_F(AssemblerTest, the_hole_of_the_connection_that_holds_most_is_given_up_whoever_adds) {
  limits_.held_bytes = 100;
  const std::string block(90, 'x');
  // Two connections of one partition: the first holds much, the second a little.
  const auto partition = [this] { return partition_of(make(client, 0, 0, 0).hash); };
  const unsigned wanted = partition();
  handshake();
  give(client, kAck, 151, 501, block);
  do ++client_port_;
  while (partition() != wanted);
  handshake();
  give(client, kAck, 111, 501, "0123456789");
  give(client, kAck, 122, 501, "a");
  finish();
  ASSERT_EQ(handler_.sinks.size(), 2U);
  ASSERT_EQ(handler_.ended.size(), 2U);
  EXPECT_EQ(assembler_.counters().holes_given_up_early, 1U);
  EXPECT_EQ(handler_.sinks.begin()->second.stream[0], std::string(50, '?') + block);
}

TEST_F(AssemblerTest, half_a_conversation_is_forgotten_before_a_whole_one) {
  limits_.connections = 2;
  const auto partition = [this] { return partition_of(make(client, 0, 0, 0).hash); };
  const unsigned wanted = partition();
  const auto next_port = [&] {
    do ++client_port_;
    while (partition() != wanted);
  };
  handshake();
  give(client, kAck, 101, 501, "proven");
  for (int i = 0; i < 5; ++i) {
    next_port();
    give(client, kAck, 7777, 1, "spoofed");
  }
  for (const auto& end : handler_.ended) EXPECT_TRUE(end.connection.joined_midway);
  EXPECT_EQ(handler_.ended.size(), 4U);
}

TEST_F(AssemblerTest, a_forged_syn_the_other_way_round_does_not_turn_the_roles) {
  give(server, kSyn, 9000, 0);
  handshake();
  give(client, kAck, 101, 501, "hello");
  finish();
  const Connection& connection = handler_.ended.back().connection;
  EXPECT_EQ(connection.parties.source.port, client_port_);
  EXPECT_EQ(connection.sent(Direction::forward).bytes, 5U);
  EXPECT_EQ(connection.sent(Direction::forward).missing_bytes, 0U);
}

TEST_F(AssemblerTest, a_hole_is_given_up_by_the_passing_of_time) {
  handshake();
  give(client, kAck, 101, 501, "abc");
  give(client, kAck, 107, 501, "ghi");
  give(server, kAck, 501, 110);
  pass(limits_.reorder_window);
  EXPECT_EQ(only_sink().stream[0], "abc???ghi");
}

TEST_F(AssemblerTest, a_clock_set_back_expires_nothing) {
  handshake();
  give(client, kSyn, 100, 0);
  now_ns_ -= 3'600'000'000'000;
  assembler_.rebase(timestamp_from_ns(now_ns_));
  pass(std::chrono::seconds{1});
  EXPECT_TRUE(handler_.ended.empty());
}

TEST_F(AssemblerTest, datagrams_are_counted_and_end_by_silence) {
  Segment question = make(client, 0, 0, 0, "who?");
  question.transport = Transport::udp;
  question.hash = hash_of(question.key());
  Segment answer = make(server, 0, 0, 0, "me");
  answer.transport = Transport::udp;
  answer.hash = hash_of(answer.key());
  assembler_.on_segment(question);
  assembler_.on_segment(answer);
  pass(limits_.udp_timeout);
  ASSERT_EQ(handler_.ended.size(), 1U);
  EXPECT_EQ(handler_.ended.at(0).connection.sent(Direction::forward).bytes, 4U);
  EXPECT_EQ(handler_.ended.at(0).connection.sent(Direction::backward).bytes, 2U);
}

}  // namespace
}  // namespace dcmwatch
