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
    bool tells_anything;
    explicit Forwarding(RecordingSink& sink, bool tells) : to(sink), tells_anything(tells) {}
    [[nodiscard]] bool told_anything() const override { return tells_anything; }
    Appetite on_bytes(Direction d, const Mark& m, ByteView b) override {
      const Appetite appetite = to.on_bytes(d, m, b);
      set_wake_at(to.wake_at());
      return appetite;
    }
    void on_time(const Mark& m) override {
      to.on_time(m);
      set_wake_at(to.wake_at());
    }
    void rebase(Timestamp now) override {
      to.rebase(now);
      set_wake_at(to.wake_at());
    }
    void on_skipped(Direction d, const Mark& f, const Mark& l, std::uint64_t b, std::uint64_t m) override {
      to.on_skipped(d, f, l, b, m);
    }
    void on_gap(Direction d, const Mark& m, std::uint64_t b) override { to.on_gap(d, m, b); }
    void on_conflict(Direction d, const Mark& m, std::uint64_t o, std::uint64_t l) override {
      to.on_conflict(d, m, o, l);
    }
    void on_close(const Mark& m, CloseReason r) override { to.on_close(m, r); }
  };
  struct Ended {
    Connection connection;
    CloseReason reason;
    Mark mark;
  };

  std::unique_ptr<StreamSink> open(const Connection& connection, const Mark&) override {
    opened = &connection;
    return std::make_unique<Forwarding>(sinks[connection.id], tells_anything);
  }
  void on_connection_end(const Connection& connection, StreamSink*, const Mark& mark, CloseReason reason) override {
    ended.push_back({connection, reason, mark});
  }
  void on_unanswered(const UnansweredConnections& connections, Timestamp told) override {
    unanswered.push_back({connections, told});
  }
  void on_progress(const Connection& connection, StreamSink* sink, const Mark& mark) override {
    const auto age = elapsed(connection.first.time, mark.time);
    goes_on.push_back(std::to_string(age / std::chrono::milliseconds{1}) + (sink ? "" : " unspoken"));
  }

  std::map<std::uint64_t, RecordingSink> sinks;
  const Connection* opened = nullptr;  ///< the latest, while it lasts
  bool tells_anything = true;          ///< of a connection before its end
  std::vector<Ended> ended;
  std::vector<std::pair<UnansweredConnections, Timestamp>> unanswered;
  std::vector<std::string> goes_on;  ///< milliseconds after its first packet
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
  void say_hello_world_to_a_sink_that_wakes_after(Duration time) {
    handshake();
    give(client, kAck, 101, 501, "hello");
    handler_.sinks.begin()->second.wakes_after = time;
    give(client, kAck, 106, 501, "world");
  }
  /// Who speaks after the handshake and two bytes, in order_: ? for the client, ! for the server.
  void begin_to_note_who_speaks() {
    handshake();
    give(client, kAck, 101, 501, "..");
    handler_.sinks.begin()->second.appetite = [this](Direction direction, std::uint64_t) {
      order_ += direction == Direction::forward ? '?' : '!';
      return kWantAll;
    };
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
  std::string order_;
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

TEST_F(AssemblerTest, bytes_passed_over_are_told_before_what_the_other_side_said_after_them) {
  handshake();
  give(client, kAck, 101, 501, "hello");
  handler_.sinks.begin()->second.appetite = [](Direction, std::uint64_t) { return Appetite{10}; };
  give(client, kAck, 106, 501, "+");
  give(client, kAck, 107, 501, "1234");
  give(client, kAck, 111, 501, "56");
  give(server, kAck, 501, 113, "abort");
  EXPECT_THAT(only_sink().log, ElementsAre("skipped 6 missing 0"));
  give(client, kAck, 113, 506, "7890 and on");
  EXPECT_EQ(only_sink().stream[0], "hello+__________ and on");
  EXPECT_THAT(only_sink().log, ElementsAre("skipped 6 missing 0", "skipped 4 missing 0"));
}

TEST_F(AssemblerTest, a_sink_is_woken_when_it_asked_to_be_with_that_as_the_time) {
  say_hello_world_to_a_sink_that_wakes_after(std::chrono::seconds{30});
  pass(std::chrono::seconds{29});
  EXPECT_THAT(only_sink().log, testing::IsEmpty());
  pass(std::chrono::seconds{11});
  EXPECT_THAT(only_sink().log, ElementsAre("woken 30005 by 4"));
}

TEST_F(AssemblerTest, a_sink_is_woken_before_it_is_told_of_what_came_later) {
  say_hello_world_to_a_sink_that_wakes_after(std::chrono::seconds{30});
  now_ns_ += 40'000'000'000;
  give(server, kAck, 501, 111, "!");
  EXPECT_THAT(only_sink().log, ElementsAre("woken 30005 by 4"));
}

TEST_F(AssemblerTest, before_a_sink_is_woken_it_is_told_of_what_was_acknowledged_and_is_not_there) {
  say_hello_world_to_a_sink_that_wakes_after(std::chrono::seconds{30});
  give(client, kAck, 111, 511);
  pass(std::chrono::seconds{31});
  EXPECT_THAT(only_sink().log, ElementsAre("gap 10", "woken 30005 by 5"));
}

TEST_F(AssemblerTest, after_the_clock_was_set_back_a_sink_waits_anew) {
  say_hello_world_to_a_sink_that_wakes_after(std::chrono::seconds{30});
  now_ns_ -= 3'600'000'000'000;
  assembler_.rebase(timestamp_from_ns(now_ns_));
  pass(std::chrono::seconds{29});
  EXPECT_THAT(only_sink().log, testing::IsEmpty());
  pass(std::chrono::seconds{1});
  EXPECT_EQ(only_sink().log.size(), 1U);
}

TEST_F(AssemblerTest, a_connection_that_ends_wakes_nobody) {
  say_hello_world_to_a_sink_that_wakes_after(std::chrono::seconds{30});
  give(client, kRst, 111, 0);
  pass(std::chrono::minutes{1});
  EXPECT_THAT(only_sink().log, ElementsAre("close"));
}

TEST_F(AssemblerTest, a_connection_goes_on_a_minute_after_its_first_payload_and_then_each_minute_that_shows_it) {
  handshake();
  now_ns_ += 5'000'000'000;
  give(client, kAck, 101, 501, "hello");  // 5.003 s after the SYN
  for (int minute = 0; minute < 3; ++minute) {
    pass(std::chrono::seconds{50});
    give(server, kAck, 501, 106);
    pass(std::chrono::seconds{10});
  }
  EXPECT_THAT(handler_.goes_on, ElementsAre("65003", "125003", "185003"));
}

TEST_F(AssemblerTest, a_connection_of_which_nothing_is_seen_is_told_to_go_on_ever_less_often) {
  handshake();
  give(client, kAck, 101, 501, "hello");
  for (int i = 0; i < 300; ++i) pass(std::chrono::minutes{1});
  // The first minute has shown it; then 1, 2, 4 … minutes, and an hour at most.
  EXPECT_THAT(handler_.goes_on, ElementsAre("60003", "120003", "240003", "480003", "960003", "1920003", "3840003",
                                            "7440003", "11040003", "14640003"));
}

TEST_F(AssemblerTest, a_connection_without_a_word_goes_on_too_however_it_is_kept_alive) {
  handshake();
  for (int i = 0; i < 20; ++i) {
    pass(std::chrono::seconds{30});
    give(client, kAck, 100, 501);
  }
  EXPECT_THAT(handler_.goes_on, ElementsAre("60000 unspoken", "180000 unspoken", "420000 unspoken"));
  give(client, kAck, 101, 501, "hello");
  const std::size_t before = handler_.goes_on.size();
  pass(std::chrono::seconds{61});
  EXPECT_EQ(handler_.goes_on.size(), before + 1);
  EXPECT_EQ(handler_.goes_on.back().find("unspoken"), std::string::npos);
  finish();
  EXPECT_EQ(handler_.ended.at(0).connection.told_unspoken, 3);
}

TEST_F(AssemblerTest, a_connection_that_has_ended_does_not_go_on_nor_one_that_nobody_answered) {
  handshake();
  give(client, kAck, 101, 501, "hello");
  give(client, kFin | kAck, 106, 501);
  give(server, kFin | kAck, 501, 107);
  ++client_port_;
  give(client, kSyn, 100, 0);
  pass(std::chrono::minutes{2});
  EXPECT_THAT(handler_.goes_on, testing::IsEmpty());
}

TEST_F(AssemblerTest, goes_on_before_what_comes_later_is_told) {
  handshake();
  give(client, kAck, 101, 501, "hello");
  now_ns_ += 61'000'000'000;
  give(client, kRst | kAck, 106, 501);
  EXPECT_THAT(handler_.goes_on, ElementsAre("60003"));
  EXPECT_EQ(handler_.ended.size(), 1U);
}

TEST_F(AssemblerTest, after_the_clock_was_set_back_a_connection_goes_on_a_minute_later) {
  handshake();
  give(client, kAck, 101, 501, "hello");
  now_ns_ -= 3'600'000'000'000;
  assembler_.rebase(timestamp_from_ns(now_ns_));
  pass(std::chrono::seconds{59});
  EXPECT_THAT(handler_.goes_on, testing::IsEmpty());
  pass(std::chrono::seconds{1});
  EXPECT_EQ(handler_.goes_on.size(), 1U);
}

TEST_F(AssemblerTest, of_many_connections_that_go_on_some_are_told_at_once_and_all_in_the_end) {
  limits_.progress_per_advance = 1;
  for (int i = 0; i < 200; ++i) {
    handshake();
    ++client_port_;
  }
  pass(std::chrono::minutes{1});
  EXPECT_LT(handler_.goes_on.size(), 200U);
  for (int i = 0; i < 20; ++i) pass({});
  EXPECT_EQ(handler_.goes_on.size(), 200U);
}

TEST_F(AssemblerTest, that_one_goes_on_is_told_in_its_time_however_few_packets_come_at_once) {
  limits_.progress_per_advance = 2;
  handshake();
  for (std::uint32_t minute = 0; minute < 5; ++minute) {
    give(client, kAck, 101 + minute, 501, "x");
    now_ns_ += 60'000'000'000;
  }
  EXPECT_THAT(handler_.goes_on, testing::SizeIs(4));
}

// What an innocent is not accused by: packets in his name by who does not see what they are answered with.
struct Proof : AssemblerTest {
  bool proven_so_far() { return handler_.opened->proven(); }
  bool proven() {
    finish();
    return handler_.ended.empty() || handler_.ended.back().connection.proven();
  }
};

TEST_F(Proof, a_handshake_to_its_end_is_proof) {
  handshake();
  EXPECT_TRUE(proven());
}

TEST_F(Proof, an_acknowledgement_that_guesses_the_answer_s_number_is_none_nor_does_it_end_a_handshake) {
  give(client, kSyn, 100, 0);
  give(server, kSyn | kAck, 0x7000'0000, 101);
  for (int i = 0; i < 5; ++i) give(client, kAck, 101, 501, "forged");
  give(server, kRst, 501, 0);
  EXPECT_FALSE(proven());
  EXPECT_FALSE(handler_.ended.at(0).connection.handshake.whole);
  EXPECT_FALSE(handler_.ended.at(0).connection.handshake.to_opener);
}

TEST_F(Proof, data_without_a_handshake_that_are_answered_by_resets_are_none_however_many) {
  for (std::uint32_t i = 0; i < 20; ++i) give(client, kAck, 101 + i, 501, "x");
  give(server, kRst, 501, 0);
  EXPECT_FALSE(proven());
}

TEST_F(Proof, joined_midway_both_sides_have_to_know_where_the_other_stands) {
  give(client, kAck, 101, 501, "question");
  give(server, kAck, 501, 109, "answer");
  give(server, kAck, 507, 109, "more");
  ASSERT_EQ(handler_.sinks.size(), 1U);
  give(client, kAck, 109, 511);
  EXPECT_TRUE(proven());
}

TEST_F(Proof, joined_midway_a_question_that_knows_where_the_answer_will_stand_and_the_answer_to_it_are_proof) {
  give(client, kAck, 101, 501, "question");
  EXPECT_FALSE(proven_so_far());
  give(server, kAck, 501, 109, "answer");
  EXPECT_TRUE(proven());
}

TEST_F(Proof, joined_midway_an_answer_elsewhere_than_the_question_says_is_none) {
  give(client, kAck, 101, 0x7000'0000, "question");
  give(server, kAck, 501, 109, "answer");
  EXPECT_FALSE(proven());
}

TEST_F(Proof, a_spray_of_acknowledgements_over_all_numbers_is_none) {
  give(client, kSyn, 100, 0);
  give(server, kSyn | kAck, 0x7123'4567, 101);
  for (std::uint32_t i = 0; i < 0x1'0000; ++i) give(client, kAck, 101, 501 + i * 0x1'0000);
  EXPECT_FALSE(proven());
}

TEST_F(Proof, one_forged_acknowledgement_takes_the_proof_from_nobody) {
  give(client, kSyn, 100, 0);
  give(server, kSyn | kAck, 500, 101);
  give(client, kAck, 101, 0x7000'0000);
  give(client, kAck, 101, 501);
  EXPECT_TRUE(proven());
}

TEST_F(Proof, payload_of_both_sides_that_does_not_know_of_the_other_is_none) {
  give(client, kAck, 101, 0x7000'0000, "question");
  give(server, kAck, 501, 0x6000'0000, "answer");
  give(client, kAck, 109, 0x7000'0000, "question");
  give(server, kAck, 507, 0x6000'0000, "answer");
  EXPECT_FALSE(proven());
}

TEST_F(Proof, of_several_answers_the_one_taken_is_proof_once_its_sender_goes_on_there) {
  give(client, kSyn, 100, 0);
  give(server, kSyn | kAck, 500, 101);
  give(server, kSyn | kAck, 0x7000'0000, 101);  // SYN cookies
  give(client, kAck, 101, 501, "question");
  give(client, kAck, 109, 501);
  EXPECT_FALSE(proven_so_far());
  give(server, kAck, 501, 109, "answer");
  EXPECT_TRUE(proven());
}

TEST_F(Proof, a_lost_syn_is_no_hindrance) {
  give(server, kSyn | kAck, 500, 101);
  give(client, kAck, 101, 501);
  EXPECT_TRUE(proven());
}

TEST_F(Proof, a_lost_syn_ack_is_no_hindrance) {
  give(client, kSyn, 100, 0);
  give(client, kAck, 101, 501, "question");
  give(server, kAck, 501, 109, "answer");
  EXPECT_TRUE(proven());
}

TEST_F(Proof, where_the_mirror_shows_one_direction_it_takes_nine_packets_with_payload) {
  give(client, kSyn, 100, 0);
  for (std::uint32_t i = 0; i < Limits::one_sided_packets; ++i) {
    EXPECT_FALSE(i != 0 && proven_so_far());
    give(client, kAck, 101 + i, 501, "x");
  }
  EXPECT_TRUE(proven());
}

TEST_F(Proof, bare_acknowledgements_in_one_direction_are_none) {
  for (std::uint32_t i = 0; i < 20; ++i) give(server, kAck, 501, 101 + i);
  EXPECT_FALSE(proven());
}

TEST_F(Proof, datagrams_that_are_answered_are_none_but_many_each_way_are) {
  const auto datagram = [this](Side from) {
    Segment segment = make(from, 0, 0, 0, "query");
    segment.transport = Transport::udp;
    segment.hash = hash_of(segment.key());
    assembler_.on_segment(segment);
  };
  for (std::uint64_t i = 0; i <= Limits::datagrams_each_way; ++i) {
    EXPECT_FALSE(i != 0 && proven_so_far());
    datagram(client);
    datagram(server);
  }
  EXPECT_TRUE(proven());
}

TEST_F(AssemblerTest, joined_midway_what_a_side_acknowledges_before_the_other_is_seen_is_loss) {
  give(client, kAck, 101, 501, "question");
  give(client, kAck, 109, 593);
  give(client, kFin | kAck, 109, 593);
  give(server, kFin | kAck, 593, 110);
  give(client, kAck, 110, 594);
  finish();
  const DirectionStatistics& answer = handler_.ended.at(0).connection.sent(Direction::backward);
  EXPECT_EQ(answer.unseen_bytes, 92U);
  EXPECT_EQ(only_sink().stream[1], std::string(92, '?'));
}

TEST_F(AssemblerTest, joined_midway_an_answer_that_is_shown_after_its_acknowledgement_is_not_lost) {
  give(client, kAck, 101, 501, "question");
  give(client, kAck, 109, 507);
  give(server, kAck, 507, 109);
  give(server, kAck, 501, 109, "answer");
  finish();
  EXPECT_EQ(only_sink().stream[1], "answer");
  EXPECT_EQ(handler_.ended.at(0).connection.sent(Direction::backward).missing_bytes, 0U);
}

TEST_F(AssemblerTest, an_acknowledgement_far_from_where_the_other_side_stands_is_no_loss) {
  give(client, kAck, 101, 0x7000'0000, "question");
  give(client, kAck, 109, 0x7000'0040);
  give(server, kAck, 501, 109, "answer");
  finish();
  EXPECT_EQ(only_sink().stream[1], "answer");
  EXPECT_EQ(handler_.ended.at(0).connection.sent(Direction::backward).missing_bytes, 0U);
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

TEST_F(AssemblerTest, who_resets_a_packet_of_no_connection_did_not_call_whatever_the_ports) {
  give(server, kAck, 9000, 77);
  give(server, kAck, 9000, 78);
  give(client, kRst, 77, 0);
  finish();
  const Connection& connection = handler_.ended.at(0).connection;
  EXPECT_FALSE(connection.parties.opener_known);
  EXPECT_EQ(connection.parties.source.port, 104);
  EXPECT_EQ(connection.sent(Direction::forward).packets, 2U);
  EXPECT_EQ(connection.sent(Direction::backward).packets, 1U);
}

TEST_F(AssemblerTest, who_resets_a_fin_of_no_connection_did_not_call) {
  give(server, kFin | kAck, 9000, 77);
  give(client, kRst, 77, 0);
  finish();
  const auto& [connection, reason] = std::tie(handler_.ended.at(0).connection, handler_.ended.at(0).reason);
  EXPECT_EQ(connection.parties.source.port, 104);
  EXPECT_EQ(connection.sent(Direction::forward).packets, 1U);
  EXPECT_EQ(connection.ended_by, Direction::backward);
  EXPECT_EQ(reason, CloseReason::reset);
}

TEST_F(AssemblerTest, who_resets_what_it_has_spoken_in_may_have_called) {
  give(client, kAck, 77, 9000);
  give(server, kAck, 9000, 77);
  give(client, kRst, 77, 0);
  finish();
  EXPECT_EQ(handler_.ended.at(0).connection.parties.source.port, 40000);
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
  EXPECT_EQ(attempts.destinations, std::vector{attempts.parties.destination.address});
  EXPECT_EQ(attempts.ports, std::vector{attempts.parties.destination.port});
  EXPECT_GE(told, sent + limits_.handshake_timeout);
  EXPECT_EQ(told.time_since_epoch() % std::chrono::minutes{1}, limits_.handshake_timeout);
  EXPECT_TRUE(handler_.ended.empty());
}

TEST_F(AssemblerTest, unanswered_syns_hours_apart_are_told_each_with_its_own_minute_though_all_come_in_one_batch) {
  constexpr Duration kBetween = std::chrono::minutes{55};
  std::vector<std::int64_t> sent;
  for (int i = 0; i < 4; ++i) {
    give(client, kSyn, 100, 0);
    sent.push_back(now_ns_);
    ++client_port_;
    now_ns_ += kBetween.count();
  }
  pass(std::chrono::hours{1});
  ASSERT_EQ(handler_.unanswered.size(), sent.size());
  std::ranges::sort(handler_.unanswered, {}, [](const auto& one) { return one.second; });
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const auto& [attempts, told] = handler_.unanswered[i];
    EXPECT_EQ(attempts.count, 1U);
    EXPECT_EQ(attempts.last.time, timestamp_from_ns(sent[i]));
    EXPECT_LE(told - attempts.last.time, std::chrono::minutes{1} + limits_.handshake_timeout);
  }
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
  limits_.held_bytes = 250;  // each costs some more than its bytes
  handshake();
  const std::string block(40, 'x');
  for (std::uint32_t i = 1; i <= 4; ++i) give(client, kAck, 101 + i * 50, 501, block);
  EXPECT_GT(assembler_.counters().holes_given_up_early, 0U);
  finish();
  EXPECT_EQ(handler_.ended.at(0).connection.sent(Direction::forward).missing_bytes, 50U + 3 * 10U);
}

TEST_F(AssemblerTest, bytes_held_one_by_one_count_for_what_they_cost) {
  limits_.held_bytes = 1000;
  handshake();
  for (std::uint32_t i = 1; i <= 100; ++i) give(client, kAck, 101 + i * 2, 501, "x");
  EXPECT_GT(assembler_.counters().holes_given_up_early, 0U);
}

TEST_F(AssemblerTest, the_hole_of_the_connection_that_holds_most_is_given_up_whoever_adds) {
  limits_.held_bytes = 300;
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

// Keeps all that it is given.
struct KeepingSink final : StreamSink {
  explicit KeepingSink(std::vector<std::uint64_t>& told, std::uint64_t number) : gave_up(told), id(number) {}
  Appetite on_bytes(Direction, const Mark&, ByteView bytes) override {
    set_kept_bytes(kept_bytes() + bytes.size());
    return kWantAll;
  }
  void on_skipped(Direction, const Mark&, const Mark&, std::uint64_t, std::uint64_t) override {}
  void on_gap(Direction, const Mark&, std::uint64_t) override {}
  void give_up_kept(const Mark&) override {
    gave_up.push_back(id);
    set_kept_bytes(0);
  }
  void on_close(const Mark&, CloseReason) override {}

  std::vector<std::uint64_t>& gave_up;
  std::uint64_t id;
};

struct KeepingHandler final : StreamHandler {
  std::unique_ptr<StreamSink> open(const Connection& connection, const Mark&) override {
    opened.push_back(connection.id);
    return std::make_unique<KeepingSink>(gave_up, connection.id);
  }
  void on_connection_end(const Connection&, StreamSink*, const Mark&, CloseReason) override {}
  void on_unanswered(const UnansweredConnections&, Timestamp) override {}

  std::vector<std::uint64_t> opened;
  std::vector<std::uint64_t> gave_up;
};

TEST_F(AssemblerTest, who_keeps_most_gives_it_up_whoever_adds_and_who_has_ended_keeps_nothing) {
  limits_.kept_bytes = 64 * 1024;
  KeepingHandler handler;
  Assembler assembler{limits_, handler};
  const unsigned partition = partition_of(make(client, 0, 0, 0).hash);
  const auto another = [&] {
    do ++client_port_;
    while (partition_of(make(client, 0, 0, 0).hash) != partition);
  };
  const auto send = [&](std::size_t kibibytes, std::uint8_t flags = kAck) {
    const std::string bytes(kibibytes * 1024, 'x');
    assembler.on_segment(make(client, flags, 101, 501, bytes));
  };
  send(40);  // it ends, and counts no more
  assembler.on_segment(make(client, kRst, 101 + 40 * 1024, 501));
  for (const std::size_t kibibytes : {20U, 40U, 2U, 1U, 2U}) {
    another();
    send(kibibytes);
  }
  ASSERT_EQ(handler.opened.size(), 6U);
  EXPECT_THAT(handler.gave_up, ElementsAre(handler.opened[2])) << "at 65";
  EXPECT_EQ(assembler.counters().kept_given_up, 1U);
  another();
  send(50);
  EXPECT_THAT(handler.gave_up, ElementsAre(handler.opened[2], handler.opened[6]));
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

TEST_F(AssemblerTest, what_was_counted_before_the_clock_was_set_back_is_told_then_and_glimpses_count_anew) {
  limits_.glimpse_records = 1;
  handler_.tells_anything = false;
  const unsigned partition = partition_of(make(client, 0, 0, 0).hash);
  for (std::size_t day = 0; day < 2; ++day) {
    for (int i = 0; i < 3; ++i) {
      give(client, kAck, 1000, 2000);
      do ++client_port_;
      while (partition_of(make(client, 0, 0, 0).hash) != partition);
    }
    pass(limits_.unproven_timeout);
    EXPECT_EQ(handler_.ended.size(), day + 1);
    now_ns_ -= 86'400'000'000'000;
    assembler_.rebase(timestamp_from_ns(now_ns_));
    ASSERT_EQ(handler_.unanswered.size(), day + 1);
    EXPECT_EQ(handler_.unanswered.back().first.count, 2U);
  }
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

TEST_F(AssemblerTest, datagrams_that_nobody_answers_go_on_once_they_are_many) {
  const auto send = [this](std::uint64_t datagrams) {
    for (std::uint64_t i = 0; i < datagrams; ++i) {
      Segment report = make(client, 0, 0, 0, "<13>report");
      report.transport = Transport::udp;
      report.hash = hash_of(report.key());
      assembler_.on_segment(report);
      pass(std::chrono::seconds{20});
    }
  };
  send(Limits::one_sided_packets);
  EXPECT_THAT(handler_.goes_on, testing::IsEmpty());
  send(10);
  EXPECT_THAT(handler_.goes_on, testing::SizeIs(testing::Ge(3)));
  EXPECT_EQ(handler_.goes_on.back().find("unspoken"), std::string::npos);
}

// DHCPv6 asks from port 546 to 547 (RFC 8415 7.2).
TEST_F(AssemblerTest, datagrams_to_a_group_are_not_what_the_group_opened) {
  for (const char* const group : {"ff02::1:2", "224.0.0.251", "255.255.255.255"}) {
    Segment question = make(client, 0, 0, 0, "who?");
    question.source.port = 546;
    question.destination = {IpAddress::parse(group).value(), 547};
    question.transport = Transport::udp;
    question.hash = hash_of(question.key());
    assembler_.on_segment(question);
    pass(limits_.udp_timeout);
    EXPECT_EQ(handler_.ended.back().connection.parties.destination, question.destination) << group;
  }
}

TEST_F(AssemblerTest, a_forged_syn_does_not_end_a_watched_connection) {
  handshake();
  give(client, kAck, 101, 501, "one");
  give(client, kSyn, 70'000'000, 0);
  give(server, kAck, 501, 104, "ok");  // the server's challenge, or its ordinary answer
  give(client, kAck, 104, 503, "two");
  finish();
  ASSERT_EQ(handler_.ended.size(), 1U);
  EXPECT_EQ(only_sink().stream[0], "onetwo");
  EXPECT_EQ(assembler_.counters().disbelieved_packets, 1U);
  ASSERT_EQ(handler_.unanswered.size(), 1U);
  EXPECT_EQ(handler_.unanswered[0].first.count, 1U);
}

TEST_F(AssemblerTest, a_syn_on_an_open_connection_counts_once_it_is_answered) {
  handshake(100, 500);
  give(client, kAck, 101, 501, "old");
  give(client, kSyn, 70'000'000, 0);
  const std::uint64_t syn = packet_ - 1;
  give(server, kSyn | kAck, 80'000'000, 70'000'001);
  give(client, kAck, 70'000'001, 80'000'001, "new");
  finish();
  ASSERT_EQ(handler_.ended.size(), 2U);
  EXPECT_EQ(handler_.sinks.rbegin()->second.stream[0], "new");
  EXPECT_EQ(handler_.ended[1].connection.first.packet, syn);
  EXPECT_TRUE(handler_.unanswered.empty());
}

TEST_F(AssemblerTest, a_syn_counts_by_its_senders_going_on_where_only_that_direction_is_seen) {
  give(client, kSyn, 100, 0);
  give(client, kAck, 101, 501, "old");
  give(client, kSyn, 70'000'000, 0);
  give(client, kAck, 70'000'001, 80'000'001, "new");
  finish();
  EXPECT_EQ(handler_.sinks.rbegin()->second.stream[0], "new");
}

TEST_F(AssemblerTest, which_of_several_syn_cookies_was_taken_the_openers_ack_tells) {
  give(client, kSyn, 100, 0);
  give(server, kSyn | kAck, 500, 101);
  give(server, kSyn | kAck, 900, 101);
  give(client, kAck, 101, 501);
  give(server, kAck, 501, 101, "banner");
  finish();
  EXPECT_EQ(only_sink().stream[1], "banner");
}

TEST_F(AssemblerTest, a_forged_syn_ack_that_acknowledges_other_numbers_hides_nothing) {
  for (const bool forged_first : {false, true}) {
    give(client, kSyn, 100, 0);
    if (forged_first) give(server, kSyn | kAck, 900, 601);
    give(server, kSyn | kAck, 500, 101);
    if (!forged_first) give(server, kSyn | kAck, 900, 601);
    give(client, kAck, 101, 501);
    give(client, kAck, 101, 501, "question");
    ++client_port_;
  }
  finish();
  ASSERT_EQ(handler_.sinks.size(), 2U);
  for (const auto& [id, sink] : handler_.sinks) EXPECT_EQ(sink.stream[0], "question");
}

TEST_F(AssemblerTest, a_lost_syn_ack_is_made_good_by_the_openers_ack) {
  give(client, kSyn, 100, 0);
  give(client, kAck, 101, 501);
  give(server, kAck, 504, 101, "def");
  give(server, kAck, 501, 101, "abc");
  finish();
  EXPECT_EQ(only_sink().stream[1], "abcdef");
}

TEST_F(AssemblerTest, a_simultaneous_open_is_one_connection_opened_by_the_first_syn) {
  give(client, kSyn, 100, 0);
  give(server, kSyn, 500, 0);
  give(client, kSyn | kAck, 100, 501);
  give(server, kSyn | kAck, 500, 101);
  give(client, kAck, 101, 501, "c");
  give(server, kAck, 501, 102, "s");
  finish();
  ASSERT_EQ(handler_.ended.size(), 1U);
  EXPECT_EQ(handler_.ended[0].connection.parties.source.port, client_port_);
  EXPECT_EQ(only_sink().stream[0], "c");
  EXPECT_EQ(only_sink().stream[1], "s");
}

TEST_F(AssemblerTest, payload_in_a_syn_is_not_dropped) {
  give(client, kSyn, 100, 0, "early");
  give(server, kSyn | kAck, 500, 106);
  give(client, kAck, 106, 501, " data");
  finish();
  ASSERT_EQ(handler_.ended.size(), 1U);
  EXPECT_EQ(only_sink().stream[0], "early data");
  EXPECT_EQ(handler_.ended[0].connection.sent(Direction::forward).retransmitted_packets, 0U);
}

TEST_F(AssemblerTest, a_syn_captured_after_what_followed_it_tells_who_opened) {
  client_port_ = 50;  // lower than the server's: the guess is wrong
  give(client, kAck, 101, 501);
  give(client, kSyn, 100, 0);
  give(client, kAck, 101, 501, "hello");
  finish();
  const Connection& connection = handler_.ended.at(0).connection;
  EXPECT_TRUE(connection.parties.opener_known);
  EXPECT_FALSE(connection.joined_midway);
  EXPECT_EQ(connection.parties.source.port, 50);
  EXPECT_EQ(only_sink().stream[0], "hello");
}

TEST_F(AssemblerTest, a_reset_that_is_not_exact_needs_quiet_after_it) {
  handshake();
  give(client, kAck, 101, 501, "data");
  give(client, kRst, 105 + 1000, 0);
  EXPECT_TRUE(handler_.ended.empty());
  pass(limits_.reset_quiet);
  ASSERT_EQ(handler_.ended.size(), 1U);
  EXPECT_EQ(handler_.ended[0].reason, CloseReason::reset);
}

TEST_F(AssemblerTest, a_reset_that_is_not_exact_is_refuted_by_its_sender_going_on) {
  handshake();
  give(client, kAck, 101, 501, "data");
  give(client, kRst, 105 + 2, 0);
  give(client, kAck, 105, 501, "more");
  pass(limits_.reset_quiet);
  EXPECT_TRUE(handler_.ended.empty());
  EXPECT_EQ(only_sink().stream[0], "datamore");
  EXPECT_EQ(assembler_.counters().resets_refuted, 1U);
}

TEST_F(AssemblerTest, a_connection_that_goes_on_after_a_believed_reset_is_opened_again) {
  handshake();
  give(client, kAck, 101, 501, "data");
  give(client, kRst, 105, 0);
  give(server, kAck, 501, 105, "in flight");  // an honest one, on its way while the RST was
  EXPECT_EQ(assembler_.counters().resets_refuted, 0U);
  give(client, kAck, 105, 510, "more");
  EXPECT_EQ(assembler_.counters().resets_refuted, 1U);
  finish();
  ASSERT_EQ(handler_.ended.size(), 2U);
  EXPECT_EQ(handler_.sinks.rbegin()->second.stream[0], "more");
  EXPECT_EQ(assembler_.counters().late_packets, 1U);
}

TEST_F(AssemblerTest, a_refused_connection_is_told_and_a_flood_of_them_is_counted) {
  limits_.refused_records = 1;
  const unsigned wanted = partition_of(make(client, 0, 0, 0).hash);
  for (int refused = 0; refused < 5; ++client_port_) {
    if (partition_of(make(client, 0, 0, 0).hash) != wanted) continue;
    ++refused;
    give(client, kSyn, 100, 0);
    give(server, kRst, 0, 555);  // no answer to this SYN
    give(server, kRst | kAck, 0, 101);
  }
  EXPECT_EQ(handler_.ended.size(), 1U);
  EXPECT_EQ(handler_.ended[0].reason, CloseReason::reset);
  finish();
  ASSERT_EQ(handler_.unanswered.size(), 1U);
  EXPECT_EQ(handler_.unanswered[0].first.count, 4U);
  EXPECT_EQ(handler_.unanswered[0].first.parties.source.port, 0);
  EXPECT_EQ(handler_.unanswered[0].first.parties.destination.port, 104);
}

TEST_F(AssemblerTest, what_a_syn_ack_answers_is_told_though_nothing_follows) {
  give(client, kSyn, 100, 0);
  give(server, kSyn | kAck, 500, 101);
  ++client_port_;
  give(server, kSyn | kAck, 500, 101);  // and where the opener's direction is not shown
  pass(limits_.handshake_timeout);
  ASSERT_EQ(handler_.ended.size(), 2U);
  for (const auto& ended : handler_.ended) {
    EXPECT_EQ(ended.reason, CloseReason::timed_out);
    EXPECT_EQ(ended.connection.parties.destination.port, 104);
    EXPECT_EQ(ended.connection.direction[1].packets, 1U);
  }
  ++client_port_;
  give(client, kSyn, 100, 0);
  give(server, kSyn | kAck, 500, 101);
  finish();
  ASSERT_EQ(handler_.ended.size(), 3U);
  EXPECT_EQ(handler_.ended[2].reason, CloseReason::capture_ended);
  EXPECT_TRUE(handler_.unanswered.empty());
}

TEST_F(AssemblerTest, a_flood_of_answers_is_counted_and_refusals_take_no_room_from_them) {
  limits_.answered_records = limits_.refused_records = 1;
  const unsigned wanted = partition_of(make(client, 0, 0, 0).hash);
  for (int tried = 0; tried < 6; ++client_port_) {
    if (partition_of(make(client, 0, 0, 0).hash) != wanted) continue;
    give(client, kSyn, 100, 0);
    give(server, tried < 3 ? kRst | kAck : kSyn | kAck, tried < 3 ? 0 : 500, 101);
    if (++tried == 6) give(client, kRst, 101, 0);
  }
  finish();
  EXPECT_EQ(handler_.ended.size(), 2U);
  std::map<Unopened, std::uint64_t> counted, answers;
  for (const auto& [attempts, told] : handler_.unanswered) {
    counted[attempts.became] += attempts.count;
    answers[attempts.became] += attempts.answers;
  }
  EXPECT_EQ(counted, (std::map<Unopened, std::uint64_t>{{Unopened::refused, 2}, {Unopened::answered, 2}}));
  EXPECT_EQ(answers, counted);
}

TEST_F(AssemblerTest, a_flood_of_syns_is_few_records_and_forgets_no_established_connection) {
  limits_.unanswered_connections = 4;
  limits_.unanswered_networks = 2;
  handshake();
  give(client, kAck, 101, 501, "watched");
  constexpr std::uint32_t kFlood = 20'000;
  for (std::uint32_t i = 0; i < kFlood; ++i) {
    Segment syn = make(client, kSyn, i, 0);
    const std::array<std::uint8_t, 4> spoofed{static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i), 7, 7};
    syn.source.address = IpAddress::v4(spoofed);
    syn.hash = hash_of(syn.key());
    assembler_.on_segment(syn);
  }
  EXPECT_LE(assembler_.open_connections(), 1 + kPartitions * limits_.unanswered_connections);
  give(client, kAck, 108, 501, " still");
  finish();
  ASSERT_EQ(handler_.ended.size(), 1U);
  EXPECT_EQ(only_sink().stream[0], "watched still");
  std::uint64_t counted = 0;
  for (const auto& [attempts, told] : handler_.unanswered) counted += attempts.count;
  EXPECT_EQ(counted, kFlood);
  EXPECT_LE(handler_.unanswered.size(), kPartitions * (limits_.unanswered_networks + 1) * 2);
}

TEST_F(AssemblerTest, a_glimpse_is_told_and_a_flood_of_them_is_counted_by_who_sent_them) {
  limits_.glimpse_records = 1;
  handler_.tells_anything = false;
  const auto datagram = [this] {
    ++client_port_;
    Segment segment = make(client, 0, 0, 0, "hello");
    segment.transport = Transport::udp;
    segment.hash = hash_of(segment.key());
    assembler_.on_segment(segment);
  };
  const auto unseen_handshake = [this](Side from, std::uint8_t flags, std::string_view text) {
    ++client_port_;
    give(from, flags, 1000, 2000, text);
  };
  constexpr std::uint64_t kMany = 10 * kPartitions;
  for (std::uint64_t i = 0; i < kMany; ++i) {
    datagram();
    unseen_handshake(server, kAck, "what nobody recognises");
    unseen_handshake(client, kAck | kFin, "");
  }
  finish();
  EXPECT_LE(handler_.ended.size(), kPartitions);
  std::uint64_t counted = handler_.ended.size();
  for (const auto& [connections, told] : handler_.unanswered) {
    counted += connections.count;
    EXPECT_EQ(connections.became, Unopened::glimpsed);
    EXPECT_FALSE(connections.parties.opener_known);
    EXPECT_EQ(connections.source_network, Network::around(*IpAddress::parse("10.0.0.0"), 120));
    if (connections.parties.transport != Transport::udp) continue;
    EXPECT_EQ(connections.bytes, 5 * connections.count);
  }
  EXPECT_EQ(counted, 3 * kMany);
}

TEST_F(AssemblerTest, a_conversation_of_which_something_was_told_is_no_glimpse) {
  limits_.glimpse_records = 0;
  give(client, kAck, 1000, 2000, "what somebody recognises");
  finish();
  EXPECT_EQ(handler_.ended.size(), 1U);
  EXPECT_EQ(handler_.unanswered.size(), 0U);
}

TEST_F(AssemblerTest, an_answer_or_a_fourth_packet_makes_a_glimpse_a_connection) {
  limits_.glimpse_records = 0;
  handler_.tells_anything = false;
  give(client, kAck, 1000, 2000);
  give(server, kAck, 2000, 1000);
  ++client_port_;
  for (std::uint32_t i = 0; i < 4; ++i) give(client, kAck, 1000 + i, 2000, "x");
  finish();
  EXPECT_EQ(handler_.ended.size(), 2U);
  EXPECT_EQ(handler_.unanswered.size(), 0U);
}

TEST_F(AssemblerTest, a_mirrors_second_copies_change_nothing_but_their_count) {
  const auto twice = [this](Side from, std::uint8_t flags, std::uint32_t sequence, std::uint32_t acknowledgement,
                            std::string_view text = {}) {
    Segment segment = make(from, flags, sequence, acknowledgement, text);
    assembler_.on_segment(segment);
    segment.source_mac = {9};
    segment.mark.time += std::chrono::microseconds{5};
    assembler_.on_segment(segment);
  };
  twice(client, kSyn, 100, 0);
  twice(server, kSyn | kAck, 500, 101);
  twice(client, kAck, 101, 501);
  twice(client, kAck, 101, 501, "hello");
  twice(server, kAck, 501, 106, "world!");
  twice(client, kFin | kAck, 106, 507);
  twice(server, kFin | kAck, 507, 107);
  twice(client, kAck, 107, 508);
  ASSERT_EQ(handler_.ended.size(), 1U);
  const Connection& connection = handler_.ended[0].connection;
  EXPECT_EQ(connection.sent(Direction::forward).packets, 4U);
  EXPECT_EQ(connection.sent(Direction::forward).duplicate_packets, 4U);
  EXPECT_EQ(connection.sent(Direction::forward).retransmitted_packets, 0U);
  EXPECT_TRUE(connection.handshake.to_acceptor);
  EXPECT_EQ(assembler_.counters().duplicate_packets, 8U);
  EXPECT_EQ(assembler_.counters().late_packets, 1U);
}

TEST_F(AssemblerTest, the_same_bytes_in_another_packet_are_a_retransmission) {
  handshake();
  give(client, kAck, 101, 501, "hello");
  give(client, kAck, 101, 501, "hello");
  finish();
  EXPECT_EQ(handler_.ended.at(0).connection.sent(Direction::forward).retransmitted_packets, 1U);
  EXPECT_EQ(assembler_.counters().duplicate_packets, 0U);
  EXPECT_THAT(only_sink().log, ElementsAre("close"));
}

TEST_F(AssemblerTest, a_retransmission_with_other_bytes_is_told_once_and_counted_and_the_first_counts) {
  handshake();
  give(client, kAck, 101, 501, "hello");
  give(client, kAck, 101, 501, "HELLO");
  give(client, kAck, 103, 501, "LLO there");
  finish();
  EXPECT_EQ(only_sink().stream[0], "hello there");
  EXPECT_THAT(only_sink().log, ElementsAre("conflict at 0 of 5", "close"));
  EXPECT_EQ(handler_.ended.at(0).connection.sent(Direction::forward).conflicting_packets, 2U);
}

TEST_F(AssemblerTest, what_looks_like_a_copy_but_has_other_bytes_conflicts) {
  handshake();
  Segment segment = make(client, kAck, 101, 501, "hello");
  assembler_.on_segment(segment);
  segment.payload = as_bytes("HELLO");
  assembler_.on_segment(segment);
  finish();
  EXPECT_THAT(only_sink().log, ElementsAre("conflict at 0 of 5", "close"));
}

TEST_F(AssemblerTest, a_retransmission_of_acknowledged_bytes_is_not_comparable) {
  handshake();
  give(client, kAck, 101, 501, "hello");
  give(server, kAck, 501, 106);
  give(client, kAck, 101, 501, "HELLO");
  finish();
  EXPECT_THAT(only_sink().log, ElementsAre("close"));
  EXPECT_EQ(assembler_.counters().incomparable_packets, 1U);
}

TEST_F(AssemblerTest, what_finds_no_room_to_be_kept_for_comparison_is_counted) {
  limits_.unacknowledged_blocks = 0;
  handshake();
  give(client, kAck, 101, 501, "hello");
  give(client, kAck, 101, 501, "HELLO");
  finish();
  EXPECT_THAT(only_sink().log, ElementsAre("close"));
  EXPECT_EQ(assembler_.counters().unacknowledged_not_kept, 1U);
}

TEST_F(AssemblerTest, keep_alives_are_neither_retransmissions_nor_conflicts) {
  handshake();
  give(client, kAck, 101, 501, "abc");
  give(client, kAck, 103, 501, "?");
  give(client, kAck, 103, 501);
  finish();
  EXPECT_EQ(handler_.ended.at(0).connection.sent(Direction::forward).retransmitted_packets, 0U);
  EXPECT_EQ(handler_.ended.at(0).connection.sent(Direction::forward).conflicting_packets, 0U);
}

TEST_F(AssemblerTest, how_long_a_receiver_had_no_room_is_told) {
  handshake();
  give(client, kAck, 101, 501, "abc");
  Segment full = make(server, kAck, 501, 104);
  full.window = 0;
  assembler_.on_segment(full);
  now_ns_ += 499'000'000;
  give(client, kAck, 104, 501, "d");  // a probe of the closed window
  give(server, kAck, 501, 104);       // room again
  give(client, kAck, 104, 501, "def");
  finish();
  const DirectionStatistics& sent = handler_.ended.at(0).connection.sent(Direction::forward);
  EXPECT_EQ(sent.zero_window_time, std::chrono::milliseconds{501});
  EXPECT_EQ(sent.retransmitted_packets, 0U);
  EXPECT_EQ(only_sink().stream[0], "abcdef");
}

TEST_F(AssemblerTest, the_handshake_tells_the_round_trip_to_either_side) {
  give(client, kSyn, 100, 0);
  now_ns_ += 9'000'000;
  give(server, kSyn | kAck, 500, 101);
  give(client, kAck, 101, 501);
  finish();
  const HandshakeTimes& times = handler_.ended.at(0).connection.handshake;
  EXPECT_EQ(times.to_acceptor, std::chrono::milliseconds{10});
  EXPECT_EQ(times.to_opener, std::chrono::milliseconds{1});
  EXPECT_EQ(times.whole, std::chrono::milliseconds{11});
}

TEST_F(AssemblerTest, an_answer_captured_before_its_question_waits_for_it) {
  handshake();
  give(client, kAck, 101, 501, "a");
  give(server, kAck, 501, 110, "answer");
  EXPECT_EQ(only_sink().stream[1], "");
  give(client, kAck, 102, 501, "question");
  EXPECT_EQ(only_sink().stream[0], "aquestion");
  EXPECT_EQ(only_sink().stream[1], "answer");
  finish();
  EXPECT_EQ(handler_.ended.at(0).connection.sent(Direction::forward).missing_bytes, 0U);
}

TEST_F(AssemblerTest, behind_two_holes_too_an_answer_never_comes_before_its_question) {
  begin_to_note_who_speaks();
  give(server, kAck, 501, 105, "a1");  // what it answers was lost
  give(client, kAck, 105, 503, "q2");
  give(server, kAck, 503, 107, "a2");
  give(server, kAck, 505, 109, "a3");  // likewise
  give(client, kAck, 109, 507, "q4");
  give(server, kAck, 507, 111, "a4");
  pass(limits_.reorder_window * 3);
  EXPECT_EQ(order_, "!?!!?!");
}

TEST_F(AssemblerTest, who_reads_an_answer_knows_by_then_that_its_question_was_lost) {
  handshake();
  give(client, kAck, 101, 501, "..");
  std::string lost_before;
  handler_.sinks.begin()->second.appetite = [&](Direction direction, std::uint64_t) {
    if (direction == Direction::backward) lost_before = only_sink().stream[0];
    return kWantAll;
  };
  give(server, kAck, 501, 105, "a1");  // its question was lost
  now_ns_ += limits_.reorder_window.count() / 2;
  give(client, kAck, 107, 503, "q3");  // not yet known to be behind a hole that is to be given up; q2 was lost, too
  pass(limits_.reorder_window / 2);
  EXPECT_EQ(lost_before, "..??");
  pass(limits_.reorder_window * 100);
  finish();
  EXPECT_EQ(only_sink().stream[0], "..????q3");
  EXPECT_EQ(handler_.ended.at(0).connection.sent(Direction::forward).gaps, 1U);
}

TEST_F(AssemblerTest, behind_a_hole_given_up_too_an_answer_waits_for_its_question) {
  begin_to_note_who_speaks();
  give(client, kAck, 103, 501);
  give(client, kAck, 103, 503);        // an answer was lost
  give(server, kAck, 503, 105, "a1");  // and this one's question comes late
  give(client, kAck, 103, 505);
  now_ns_ += limits_.reorder_window.count() - 3'000'000;
  give(client, kAck, 103, 503, "q1");
  give(client, kAck, 105, 505, "q2");
  pass(limits_.reorder_window * 3);
  EXPECT_EQ(order_, "?!?");
}

TEST_F(AssemblerTest, answers_that_were_lost_are_told_where_they_were_said) {
  handshake();
  give(client, kAck, 101, 501, "..");
  std::vector<std::string> answered;
  handler_.sinks.begin()->second.appetite = [&](Direction direction, std::uint64_t) {
    if (direction == Direction::forward) answered.push_back(only_sink().stream[1]);
    return kWantAll;
  };
  give(client, kAck, 105, 503, "q3");  // before it a question was lost, and its answer
  give(client, kAck, 107, 505, "q4");  // before it an answer was lost
  give(server, kAck, 505, 109, "a4");
  pass(limits_.reorder_window * 3);
  EXPECT_THAT(answered, ElementsAre("??", "????"));
  EXPECT_EQ(only_sink().stream[1], "????a4");
}

struct HeldAtTheEnd : AssemblerTest {
  // Of a conversation with holes in both directions: which of them spoke, in the order told.
  std::string order(Side asks) {
    handshake();
    const Side answers = asks == client ? server : client;
    const std::uint32_t asked = asks == client ? 101 : 501, answered = asks == client ? 501 : 101;
    give(asks, kAck, asked, answered, "..");
    std::string order;
    handler_.sinks.begin()->second.appetite = [&](Direction direction, std::uint64_t) {
      order += (direction == Direction::forward) == (asks == client) ? '?' : '!';
      return kWantAll;
    };
    give(answers, kAck, answered, asked + 4, "a1");  // what it answers was lost
    give(asks, kAck, asked + 4, answered + 2, "q2");
    give(answers, kAck, answered + 2, asked + 6, "a2");
    give(asks, kAck, asked + 6, answered + 6, "q4");  // a3 was lost
    give(answers, kAck, answered + 6, asked + 8, "a4");
    finish();
    return order;
  }
};

TEST_F(HeldAtTheEnd, an_answer_of_the_acceptor_never_comes_before_its_question) { EXPECT_EQ(order(client), "!?!?!"); }
TEST_F(HeldAtTheEnd, an_answer_of_the_opener_never_comes_before_its_question) { EXPECT_EQ(order(server), "!?!?!"); }

TEST_F(AssemblerTest, an_answer_whose_question_was_lost_waits_no_longer_than_the_reorder_window) {
  handshake();
  give(client, kAck, 101, 501, "a");
  give(server, kAck, 501, 110, "answer");
  pass(limits_.reorder_window);
  EXPECT_EQ(only_sink().stream[1], "answer");
  finish();
  EXPECT_EQ(handler_.ended.at(0).connection.sent(Direction::forward).unseen_bytes, 8U);
  EXPECT_EQ(assembler_.counters().unseen_bytes, 8U);
}

TEST_F(AssemblerTest, a_connection_whose_last_hole_is_given_up_ends_then_whenever_that_is_noticed) {
  handshake();
  give(client, kAck, 101, 501, "a");
  give(server, kFin | kAck, 501, 110);
  give(client, kFin | kAck, 106, 502, "end!");
  const Timestamp shown = timestamp_from_ns(now_ns_);
  pass(limits_.reorder_window * 7);
  ASSERT_EQ(handler_.ended.size(), 1U);
  EXPECT_LE(handler_.ended[0].mark.time, shown + limits_.reorder_window);
}

TEST_F(AssemblerTest, bytes_acknowledged_on_a_connection_that_never_showed_any_are_capture_loss) {
  handshake();
  give(client, kAck, 101, 501 + 1000);
  finish();
  EXPECT_EQ(handler_.ended.at(0).connection.sent(Direction::backward).unseen_bytes, 1000U);
}

TEST_F(AssemblerTest, another_connection_whose_handshake_was_not_seen_takes_the_ports) {
  handshake(2'000'000'000, 500);
  give(client, kAck, 2'000'000'001, 501, "old");
  for (std::uint32_t i = 0; i < 5; ++i) give(client, kAck, 1000 + i, 501, "n");
  finish();
  EXPECT_EQ(handler_.ended.size(), 2U);
}

TEST_F(AssemblerTest, a_connection_supplanted_by_three_forged_segments_goes_on) {
  handshake(2'000'000'000, 500);
  give(client, kAck, 2'000'000'001, 501, "old");
  for (std::uint32_t i = 0; i < 3; ++i) give(client, kAck, 1000 + i, 501, "n");
  give(client, kAck, 2'000'000'004, 501, "more");
  finish();
  ASSERT_EQ(handler_.sinks.size(), 2U);
  EXPECT_EQ(handler_.sinks.rbegin()->second.stream[0], "more");
}

TEST_F(AssemblerTest, what_is_open_at_the_end_is_told_some_at_a_time) {
  limits_.ends_per_advance = 1;
  const unsigned wanted = partition_of(make(client, 0, 0, 0).hash);
  for (int opened = 0; opened < 3; ++client_port_) {
    if (partition_of(make(client, 0, 0, 0).hash) != wanted) continue;
    ++opened;
    handshake();
  }
  EXPECT_FALSE(assembler_.finish_some(timestamp_from_ns(now_ns_)));
  EXPECT_EQ(handler_.ended.size(), 1U);
  finish();
  EXPECT_EQ(handler_.ended.size(), 3U);
}

/// After a handshake the client sends bytes that the server may have, and the connection ends.
class Delivery : public AssemblerTest {
 protected:
  void SetUp() override {
    handshake();
    give(client, kAck, 101, 501, "first");
    give(server, kAck, 501, 106);
    give(client, kAck, 106, 501, "second");
  }
  std::uint64_t undelivered() { return handler_.ended.at(0).connection.sent(Direction::forward).undelivered_bytes; }
};

TEST_F(Delivery, bytes_sent_again_and_never_acknowledged_never_arrived) {
  now_ns_ += 1'000'000'000;
  give(client, kAck, 106, 501, "second");
  give(client, kRst | kAck, 112, 501);
  EXPECT_EQ(undelivered(), 6U);
}

TEST_F(Delivery, their_acknowledgement_may_not_have_been_captured) {
  give(client, kRst | kAck, 112, 501);
  EXPECT_EQ(undelivered(), 0U);
}

TEST_F(Delivery, a_reset_that_acknowledges_them_had_them) {
  now_ns_ += 1'000'000'000;
  give(client, kAck, 106, 501, "second");
  give(server, kRst | kAck, 501, 112);
  EXPECT_EQ(undelivered(), 0U);
}

TEST_F(Delivery, who_knows_of_no_connection_refuses_them) {
  give(server, kRst, 501, 0);
  EXPECT_EQ(undelivered(), 6U);
}

TEST_F(Delivery, who_has_closed_refuses_what_comes_late) {
  give(server, kFin | kAck, 501, 106);
  give(server, kRst, 502, 0);
  EXPECT_EQ(undelivered(), 6U);
}

TEST_F(Delivery, a_sender_that_resets_refuses_nothing_of_its_own) {
  give(client, kRst, 112, 0);
  EXPECT_EQ(undelivered(), 0U);
}

TEST_F(Delivery, bytes_sent_again_and_acknowledged_then_arrived) {
  now_ns_ += 1'000'000'000;
  give(client, kAck, 106, 501, "second");
  give(server, kAck, 501, 112);
  give(client, kAck, 112, 501, "third");
  give(client, kRst | kAck, 117, 501);
  EXPECT_EQ(undelivered(), 0U);
}

// One of a pair of copies is damaged: a sender that has shown a right checksum is held to it.
class Checksummed : public AssemblerTest {
 protected:
  // Header and payload as on the wire, in `bytes`, which the segment views.
  Segment with_checksum(Segment segment, std::vector<std::uint8_t>& bytes, bool right = true) {
    constexpr std::size_t kHeader = 20;
    bytes.assign(kHeader, 0);
    const auto put = [&](std::size_t at, std::uint32_t value, int width) {
      for (int i = 0; i < width; ++i)
        bytes[at + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(value >> 8 * (width - 1 - i));
    };
    put(0, segment.source.port, 2);
    put(2, segment.destination.port, 2);
    put(4, segment.sequence, 4);
    put(8, segment.acknowledgement, 4);
    put(12, 0x5000U | segment.flags, 2);
    put(14, segment.window, 2);
    bytes.insert(bytes.end(), segment.payload.begin(), segment.payload.end());
    std::uint32_t sum = 6 + static_cast<std::uint32_t>(bytes.size());
    const auto add = [&sum](ByteView some) {
      for (std::size_t i = 0; i < some.size(); ++i) sum += static_cast<std::uint32_t>(some[i]) << (i % 2 == 0 ? 8 : 0);
    };
    add(ByteView{segment.source.address.bytes()}.last(4));
    add(ByteView{segment.destination.address.bytes()}.last(4));
    add(bytes);
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    segment.checksum = static_cast<std::uint16_t>(~sum + (right ? 0 : 1));
    put(16, segment.checksum, 2);
    segment.header_bytes = kHeader;
    segment.payload = ByteView{bytes}.subspan(kHeader);
    return segment;
  }
  void give_summed(bool right, Side from, std::uint8_t flags, std::uint32_t sequence, std::uint32_t acknowledgement,
                   std::string_view text = {}) {
    std::vector<std::uint8_t> bytes;
    assembler_.on_segment(with_checksum(make(from, flags, sequence, acknowledgement, text), bytes, right));
  }
};

TEST_F(Checksummed, a_forged_end_with_a_bad_checksum_changes_nothing) {
  give_summed(true, client, kSyn, 100, 0);
  give_summed(true, server, kSyn | kAck, 500, 101);
  give_summed(true, client, kAck, 101, 501, "abc");
  give_summed(false, client, kRst, 104, 0);
  give_summed(false, client, kFin | kAck, 104, 501);
  give_summed(false, client, kAck, 104, 501, "EVIL");
  give_summed(true, client, kAck, 104, 501, "good");
  EXPECT_TRUE(handler_.ended.empty());
  finish();
  EXPECT_EQ(only_sink().stream[0], "abcgood");
  EXPECT_EQ(assembler_.counters().bad_checksums, 3U);
  EXPECT_EQ(assembler_.counters().conflicting_packets, 0U);
}

TEST_F(Checksummed, one_right_checksum_among_wrong_ones_is_chance_or_forged_and_hides_nothing) {
  give_summed(false, client, kSyn, 100, 0);
  give_summed(false, server, kSyn | kAck, 500, 101);
  give_summed(false, client, kAck, 101, 501, "one ");
  give_summed(true, client, kAck, 101, 501, "EVILtwo ");  // it conflicts, too, and is one all the same
  give_summed(false, client, kAck, 109, 501, "three ");
  give_summed(true, client, kAck, 115, 501, "four");
  give_summed(false, client, kAck, 119, 501, " five");
  finish();
  EXPECT_EQ(only_sink().stream[0], "one two three four five");
  EXPECT_EQ(assembler_.counters().bad_checksums, 0U);
}

TEST_F(Checksummed, two_right_ones_in_a_row_hold_their_sender_to_them_and_nobody_else) {
  give_summed(false, client, kSyn, 100, 0);
  give_summed(false, server, kSyn | kAck, 500, 101);
  give_summed(true, client, kAck, 101, 501, "one ");
  give_summed(true, client, kAck, 105, 501, "two ");
  give_summed(false, client, kAck, 109, 501, "EVIL");
  give_summed(true, client, kAck, 109, 501, "good");
  give_summed(false, server, kAck, 501, 113, "other");
  finish();
  EXPECT_EQ(only_sink().stream[0], "one two good");
  EXPECT_EQ(only_sink().stream[1], "other");
  EXPECT_EQ(assembler_.counters().bad_checksums, 1U);
}

TEST_F(Checksummed, a_sender_whose_checksums_are_never_right_is_believed) {
  give_summed(false, client, kSyn, 100, 0);
  give_summed(true, server, kSyn | kAck, 500, 101);
  give_summed(false, client, kAck, 101, 501, "rewritten");
  finish();
  EXPECT_EQ(only_sink().stream[0], "rewritten");
  EXPECT_EQ(assembler_.counters().bad_checksums, 0U);
}

}  // namespace
}  // namespace dcmwatch
