#include "assemble/half_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "recording_sink.h"

namespace dcmwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class HalfStreamTest : public testing::Test {
 protected:
  HalfStreamTest() { half_.start(1000); }

  Mark at(int milliseconds) { return {timestamp_from_ns(milliseconds * 1'000'000LL), 0, packet_++}; }
  HalfStream::Target target() {
    return {&sink_, Direction::forward, statistics_, limits_, buffers_, counters_, peer_seen_};
  }
  void segment(std::int64_t offset, std::string_view text, int milliseconds = 0) {
    half_.on_segment(target(), at(milliseconds), offset, as_bytes(text), static_cast<std::uint32_t>(text.size()));
  }
  const std::string& stream() const { return sink_.stream[0]; }

  Limits limits_;
  RecordingSink sink_;
  DirectionStatistics statistics_;
  HeldBuffers buffers_{64};
  AssemblyCounters counters_;
  std::int64_t peer_seen_ = std::numeric_limits<std::int64_t>::max();
  HalfStream half_;
  std::uint64_t packet_ = 0;
};

TEST_F(HalfStreamTest, gives_bytes_in_order) {
  segment(0, "abc");
  segment(3, "def");
  EXPECT_EQ(stream(), "abcdef");
  EXPECT_EQ(statistics_.bytes, 6U);
}

TEST_F(HalfStreamTest, puts_reordered_segments_in_order) {
  segment(6, "ghi");
  segment(3, "def");
  EXPECT_EQ(stream(), "");
  segment(0, "abc");
  EXPECT_EQ(stream(), "abcdefghi");
  EXPECT_EQ(half_.held_bytes(), 0U);
}

TEST_F(HalfStreamTest, drops_what_came_before_and_keeps_what_is_new_of_an_overlap) {
  segment(0, "abcd");
  segment(0, "abcd");
  segment(2, "XXef");
  EXPECT_EQ(stream(), "abcdef");
  EXPECT_EQ(statistics_.retransmitted_packets, 2U);
}

TEST_F(HalfStreamTest, of_two_held_segments_at_one_place_the_first_wins) {
  segment(3, "def");
  segment(3, "XYZ");
  segment(0, "abc");
  EXPECT_EQ(stream(), "abcdef");
}

TEST_F(HalfStreamTest, an_acknowledged_hole_becomes_a_gap_once_the_reorder_window_has_passed) {
  segment(0, "abc");
  segment(6, "ghi", 10);
  half_.on_acknowledged(target(), at(11), 9);
  half_.expire_holes(target(), at(50));
  EXPECT_EQ(stream(), "abc");
  half_.expire_holes(target(), at(111));
  EXPECT_EQ(stream(), "abc???ghi");
  EXPECT_EQ(statistics_.missing_bytes, 3U);
  EXPECT_EQ(statistics_.unseen_bytes, 3U);
  EXPECT_EQ(statistics_.gaps, 1U);
}

TEST_F(HalfStreamTest, an_unacknowledged_hole_waits_for_its_retransmission) {
  segment(0, "abc");
  segment(6, "ghi", 10);
  half_.expire_holes(target(), at(5000));
  segment(3, "def", 5001);
  EXPECT_EQ(stream(), "abcdefghi");
}

TEST_F(HalfStreamTest, a_hole_that_nobody_wants_holds_nothing_up) {
  sink_.appetite = [](Direction, std::uint64_t told) { return told == 2 ? Appetite{6} : kWantAll; };
  segment(0, "ab");
  segment(5, "___ij");
  EXPECT_EQ(stream(), "ab______ij");
  EXPECT_THAT(sink_.log, ElementsAre("skipped 6 missing 0"));
  half_.on_acknowledged(target(), at(1), 10);
  EXPECT_EQ(statistics_.missing_bytes, 0U);  // it may still come: captures show acknowledgements too early
  half_.on_acknowledged(target(), at(101), 11);
  EXPECT_THAT(sink_.log, ElementsAre("skipped 6 missing 0", "skipped 0 missing 3"));
  EXPECT_EQ(statistics_.missing_bytes, 3U);
}

TEST_F(HalfStreamTest, a_late_segment_fills_a_hole_that_nobody_wanted) {
  sink_.appetite = [](Direction, std::uint64_t told) { return told == 2 ? Appetite{6} : kWantAll; };
  segment(0, "ab");
  segment(5, "___ij");
  segment(2, "___");
  half_.on_acknowledged(target(), at(1), 10);
  EXPECT_EQ(statistics_.missing_bytes, 0U);
  EXPECT_EQ(sink_.missing[0], 0U);
}

TEST_F(HalfStreamTest, a_hole_that_reaches_into_wanted_bytes_waits) {
  sink_.appetite = [](Direction, std::uint64_t told) { return told == 2 ? Appetite{3} : kWantAll; };
  segment(0, "ab");
  segment(7, "hi");
  EXPECT_EQ(stream(), "ab");
  segment(4, "_fg");
  EXPECT_EQ(stream(), "ab___fghi");
}

TEST_F(HalfStreamTest, what_a_snap_length_cut_is_missing_where_skipped_and_a_gap_where_wanted) {
  sink_.appetite = [](Direction, std::uint64_t told) { return told == 2 ? Appetite{4} : kWantAll; };
  half_.on_segment(target(), at(0), 0, as_bytes("ab"), 8);
  EXPECT_EQ(stream(), "ab____??");
  EXPECT_EQ(sink_.missing[0], 4U);
  segment(8, "ij");
  EXPECT_EQ(stream(), "ab____??ij");
}

TEST_F(HalfStreamTest, what_was_acknowledged_and_never_seen_is_told_at_the_close) {
  segment(0, "abc");
  half_.on_acknowledged(target(), at(1), 10);
  half_.close(target(), at(2));
  EXPECT_EQ(stream(), "abc???????");
}

TEST_F(HalfStreamTest, the_acknowledgement_of_an_unseen_fin_is_no_loss) {
  segment(0, "abc");
  half_.on_acknowledged(target(), at(1), 4);
  half_.close(target(), at(2));
  EXPECT_EQ(stream(), "abc");
}

TEST_F(HalfStreamTest, a_keep_alive_is_no_retransmission) {
  segment(0, "abc");
  segment(2, "c");
  EXPECT_EQ(statistics_.retransmitted_packets, 0U);
}

TEST_F(HalfStreamTest, sequence_numbers_wrap) {
  HalfStream half;
  half.start(0xfffffffe);
  half.on_segment(target(), at(0), half.offset_of(0xfffffffe), as_bytes("abcd"), 4);
  EXPECT_EQ(half.offset_of(2), 4);
  half.on_segment(target(), at(0), half.offset_of(2), as_bytes("ef"), 2);
  EXPECT_EQ(stream(), "abcdef");
}

TEST_F(HalfStreamTest, a_giving_up_by_limit_tells_the_gap) {
  segment(0, "abc");
  segment(5, "fgh");
  half_.give_up_first(target(), at(1));
  EXPECT_EQ(stream(), "abc??fgh");
  EXPECT_FALSE(half_.waiting());
}

TEST_F(HalfStreamTest, a_segment_far_beyond_what_is_expected_is_left_out) {
  segment(0, "abc");
  EXPECT_EQ(half_.on_segment(target(), at(1), 800'000'000, as_bytes("X"), 1), HalfStream::Verdict::stray);
  half_.on_fin(limits_, 800'000'000);
  half_.on_acknowledged(target(), at(1), 800'000'000);
  segment(3, "def", 20'000);
  half_.close(target(), at(20'001));
  EXPECT_EQ(stream(), "abcdef");
  EXPECT_EQ(statistics_.missing_bytes, 0U);
}

TEST_F(HalfStreamTest, a_stream_that_goes_on_far_beyond_is_believed_and_what_lies_between_is_lost) {
  limits_.sequence_window_bytes = 100;
  segment(0, "abc");
  segment(1000, "x");
  segment(1001, "y");
  segment(1002, "z");
  EXPECT_EQ(stream().size(), 1003U);
  EXPECT_EQ(stream().back(), 'z');
  EXPECT_EQ(statistics_.missing_bytes, 999U);
}

TEST_F(HalfStreamTest, bytes_never_acknowledged_are_dropped_where_the_stream_went_on_before_them) {
  segment(0, "abc", 0);
  segment(5000, "forged", 10);
  segment(3, "def", 20);
  half_.on_acknowledged(target(), at(21), 6);
  half_.expire_holes(target(), at(10'011));
  EXPECT_FALSE(half_.waiting());
  segment(6, "ghi", 10'012);
  half_.close(target(), at(10'013));
  EXPECT_EQ(stream(), "abcdefghi");
  EXPECT_EQ(statistics_.missing_bytes, 0U);
}

// Whatever order, repetition and cutting the network chose, and whatever the sink wants: every byte is told once, in
// place.
TEST(HalfStreamProperty, any_delivery_of_a_stream_tells_each_byte_once) {
  std::mt19937 random{20261121};
  const auto below = [&](std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>{0, bound - 1}(random);
  };
  for (int round = 0; round < 3000; ++round) {
    std::string text(1 + below(300), ' ');
    for (char& c : text) c = static_cast<char>('a' + below(26));

    struct Piece {
      std::size_t offset, length;
    };
    std::vector<Piece> pieces;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t length = std::min(text.size() - at, 1 + below(20));
      pieces.push_back({at, length});
      if (below(4) == 0) pieces.push_back({at, length});
      if (below(4) == 0 && at > 3) pieces.push_back({at - 3, 3 + length});
      at += length;
    }
    for (std::size_t i = 0; i < pieces.size(); ++i)
      std::swap(pieces[i], pieces[std::min(pieces.size() - 1, i + below(6))]);

    Limits limits;
    RecordingSink sink;
    std::vector<std::pair<std::size_t, std::size_t>> unwanted;  // [from, to) of the stream
    const std::size_t every = 1 + below(40);
    sink.appetite = [&](Direction, std::uint64_t told) -> Appetite { return told % every == 0 ? every / 2 : kWantAll; };
    DirectionStatistics statistics;
    HalfStream half;
    half.start(static_cast<std::uint32_t>(random()));
    HeldBuffers buffers{64};
    AssemblyCounters counters;
    const HalfStream::Target target{
        &sink, Direction::forward, statistics, limits, buffers, counters, std::numeric_limits<std::int64_t>::max()};
    for (const Piece& piece : pieces) {
      half.on_segment(target, {}, static_cast<std::int64_t>(piece.offset),
                      as_bytes(text).subspan(piece.offset, piece.length), static_cast<std::uint32_t>(piece.length));
    }
    half.on_acknowledged(target, {}, static_cast<std::int64_t>(text.size()));
    half.close(target, {});

    ASSERT_EQ(sink.stream[0].size(), text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
      ASSERT_TRUE(sink.stream[0][i] == text[i] || sink.stream[0][i] == '_') << "at " << i;
    }
    ASSERT_EQ(statistics.bytes, text.size());
    ASSERT_EQ(statistics.missing_bytes, 0U);
    ASSERT_EQ(half.held_bytes(), 0U);
  }
}

}  // namespace
}  // namespace dcmwatch
