#include "decode/fragments.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "decode/decoder.h"
#include "frames.h"

namespace dcmwatch {
namespace {

constexpr std::uint16_t kRaw = 101, kMore = 0x2000;

struct Piece {
  std::size_t begin;
  std::size_t end;
};

Bytes cut(const Bytes& bytes, std::size_t begin, std::size_t end) {
  return {bytes.begin() + static_cast<std::ptrdiff_t>(begin), bytes.begin() + static_cast<std::ptrdiff_t>(end)};
}

Bytes fragment_v4(const Bytes& whole, const Piece& piece, std::uint16_t id = 1) {
  const std::uint16_t more = piece.end == whole.size() ? 0 : kMore;
  return ipv4(cut(whole, piece.begin, piece.end), 6, static_cast<std::uint16_t>(more | piece.begin / 8), id);
}

Bytes fragment_v6(const Bytes& whole, const Piece& piece, std::uint32_t id = 1) {
  const std::size_t more = piece.end == whole.size() ? 0 : 1;
  return ipv6(Bytes{6, 0} + be16(piece.begin | more) + be32(id) + cut(whole, piece.begin, piece.end), 44);
}

class Reassembly : public testing::Test {
 protected:
  Decoded decode(const Bytes& frame, std::size_t captured = SIZE_MAX, std::uint16_t link_type = kRaw) {
    const ByteView bytes = frames_.emplace_back(frame);
    return decoder_.decode({.mark = {.time = time_, .packet = packet_++},
                            .bytes = bytes.first(std::min(captured, bytes.size())),
                            .wire_bytes = static_cast<std::uint32_t>(bytes.size()),
                            .link_type = link_type},
                           batch_, segment_);
  }

  void expect_whole() const {
    EXPECT_EQ(as_text(segment_.payload), text_);
    EXPECT_EQ(segment_.wire_payload_bytes, text_.size());
    EXPECT_EQ(segment_.destination.port, 104);
    EXPECT_EQ(segment_.header_bytes, 20);
    EXPECT_EQ(segment_.mark.packet + 1, packet_);
  }

  [[nodiscard]] const FragmentCounters& counters() const { return decoder_.fragments().counters(); }

  std::string text_ = "the quick brown fox jumps over the lazy dog, and it is long enough for four";
  Bytes whole_ = tcp(text_);
  Limits limits_;
  Decoder decoder_{limits_};
  Batch batch_;
  Segment segment_;
  Timestamp time_ = timestamp_from_ns(1'000'000'000);
  std::uint64_t packet_ = 0;

 private:
  std::deque<Bytes> frames_;
};

TEST_F(Reassembly, gives_the_segment_with_the_last_fragment_in_whatever_order) {
  std::vector<Piece> pieces{{0, 8}, {8, 16}, {16, 40}, {40, whole_.size()}};  // the TCP header in three of them
  std::uint16_t id = 1;
  std::ranges::sort(pieces, {}, &Piece::begin);
  do {
    ++id;
    for (const bool v4 : {true, false}) {
      for (std::size_t i = 0; i < pieces.size(); ++i) {
        const Decoded decoded = decode(v4 ? fragment_v4(whole_, pieces[i], id) : fragment_v6(whole_, pieces[i], id));
        EXPECT_EQ(decoded, i + 1 == pieces.size() ? Decoded::segment : Decoded::fragment);
      }
      expect_whole();
      EXPECT_EQ(segment_.ip_id, v4 ? id : 0);
    }
  } while (std::ranges::next_permutation(pieces, {}, &Piece::begin).found);
  EXPECT_EQ(counters().reassembled, 48U);
  EXPECT_EQ(counters().overlaps, 0U);
  EXPECT_EQ(decoder_.fragments().held_bytes(), 0U);
}

TEST_F(Reassembly, takes_second_copies_for_what_they_are) {
  const std::vector<Piece> pieces{{0, 48}, {48, whole_.size()}};
  for (const Piece& piece : pieces) {
    decode(fragment_v4(whole_, piece));
    EXPECT_EQ(decode(fragment_v4(whole_, piece)), Decoded::fragment);
  }
  decoder_.finish();
  EXPECT_EQ(counters().reassembled, 1U);
  EXPECT_EQ(counters().overlaps, 0U);
  EXPECT_EQ(counters().incomplete, 0U);
}

TEST_F(Reassembly, begins_anew_where_a_number_is_taken_again) {
  for (const std::string& text : {text_, std::string(60, 'x')}) {
    text_ = text;
    whole_ = tcp(text);
    decode(fragment_v4(whole_, {0, 48}));
    EXPECT_EQ(decode(fragment_v4(whole_, {48, whole_.size()})), Decoded::segment);
    expect_whole();
  }
}

TEST_F(Reassembly, keeps_datagrams_apart_by_number_protocol_and_direction) {
  decode(fragment_v4(whole_, {0, 48}, 1));
  EXPECT_EQ(decode(fragment_v4(whole_, {48, whole_.size()}, 2)), Decoded::fragment);
  Bytes back = fragment_v4(whole_, {48, whole_.size()}, 1);
  std::swap_ranges(back.begin() + 12, back.begin() + 16, back.begin() + 16);
  EXPECT_EQ(decode(back), Decoded::fragment);
  Bytes other = fragment_v4(whole_, {48, whole_.size()}, 1);
  other[9] = 17;
  EXPECT_EQ(decode(other), Decoded::fragment);
  EXPECT_EQ(decode(fragment_v4(whole_, {48, whole_.size()}, 1)), Decoded::segment);
  expect_whole();
}

// RFC 8200 4.5: what is cut into fragments may begin with extension headers.
TEST_F(Reassembly, finds_the_segment_behind_extension_headers_that_were_in_fragments) {
  constexpr std::uint8_t kDestinationOptions = 60;
  const Bytes whole = Bytes{6, 0, 1, 4, 0, 0, 0, 0} + whole_;
  for (const Piece& piece : {Piece{0, 48}, Piece{48, whole.size()}}) {
    Bytes frame = fragment_v6(whole, piece);
    frame[40] = kDestinationOptions;
    EXPECT_EQ(decode(frame), piece.begin == 0 ? Decoded::fragment : Decoded::segment);
  }
  expect_whole();
}

TEST_F(Reassembly, lets_the_first_count_where_ipv4_fragments_overlap) {
  Bytes forged = whole_;
  std::fill(forged.begin() + 40, forged.end(), '!');
  decode(fragment_v4(whole_, {0, 48}));
  EXPECT_EQ(decode(fragment_v4(forged, {40, 64})), Decoded::fragment);
  EXPECT_EQ(decode(fragment_v4(whole_, {48, whole_.size()})), Decoded::segment);
  text_.replace(28, 16, 16, '!');  // what only the forged one had brought by then
  expect_whole();
  EXPECT_EQ(counters().overlaps, 1U);

  // The same place, other bytes: told too.
  decode(fragment_v4(whole_, {0, 48}, 2));
  EXPECT_EQ(decode(fragment_v4(forged, {0, 48}, 2)), Decoded::fragment);
  EXPECT_EQ(counters().overlaps, 2U);
}

// A digest without a secret (std::hash, as libstdc++ has it) is the same for both.
TEST_F(Reassembly, is_not_deceived_by_a_fragment_made_to_look_like_a_copy) {
  const std::string one = "abcdefghABCDEFGH|the end";
  const std::string other = "XXXXXXXX\x3e\x33\x56\x5b\xc0\x92\x5b\x5f|the end";
  decode(fragment_v4(Bytes{one.begin(), one.end()}, {0, 16}));
  decode(fragment_v4(Bytes{other.begin(), other.end()}, {0, 16}));
  EXPECT_EQ(counters().overlaps, 1U);
}

TEST_F(Reassembly, gives_up_ipv6_datagrams_whose_fragments_overlap) {
  decode(fragment_v6(whole_, {0, 48}));
  EXPECT_EQ(decode(fragment_v6(whole_, {40, 64})), Decoded::fragment);
  EXPECT_EQ(decode(fragment_v6(whole_, {48, whole_.size()})), Decoded::fragment);
  EXPECT_EQ(decode(fragment_v6(whole_, {64, whole_.size()})), Decoded::fragment);
  EXPECT_EQ(counters().overlaps, 1U);
  EXPECT_EQ(counters().reassembled, 0U);
}

TEST_F(Reassembly, knows_the_length_of_fragments_that_were_cut) {
  whole_ = tcp(std::string(2000, 'x'));
  decode(fragment_v4(whole_, {0, 1480}), 256);
  ASSERT_EQ(decode(fragment_v4(whole_, {1480, whole_.size()}), 256), Decoded::segment);
  EXPECT_EQ(segment_.wire_payload_bytes, 2000U);
  EXPECT_EQ(segment_.payload.size(), 256U - 40U);
}

TEST_F(Reassembly, refuses_what_no_datagram_can_be) {
  const Bytes body(64, 1);
  EXPECT_EQ(decode(ipv4(body, 6, 0x1fff)), Decoded::malformed);               // beyond 64 KiB
  EXPECT_EQ(decode(ipv4({}, 6, kMore)), Decoded::malformed);                  // nothing in it
  EXPECT_EQ(decode(fragment_v6(Bytes(100, 1), {0, 9})), Decoded::malformed);  // not in units of eight
  EXPECT_EQ(decode(ipv4(body, 6, 8, 7)), Decoded::fragment);                  // the end is at 128
  EXPECT_EQ(decode(ipv4(body, 6, 16, 7)), Decoded::malformed);                // another end
  EXPECT_EQ(decode(ipv4(body, 6, kMore | 16U, 7)), Decoded::malformed);       // something behind it
}

TEST_F(Reassembly, works_around_and_within_tunnels) {
  // GRE in fragments, and in it fragments of the connection.
  std::size_t segments = 0;
  std::uint16_t id = 1;
  for (const Piece& inner : {Piece{0, 48}, Piece{48, whole_.size()}}) {
    const Bytes tunnel = Bytes{0, 0, 8, 0} + fragment_v4(whole_, inner, 77);
    for (const Piece& outer : {Piece{0, 24}, Piece{24, tunnel.size()}}) {
      const auto place = static_cast<std::uint16_t>((outer.begin == 0 ? kMore : 0U) | outer.begin / 8);
      if (decode(ipv4(cut(tunnel, outer.begin, outer.end), 47, place, id)) == Decoded::segment) ++segments;
    }
    ++id;
  }
  EXPECT_EQ(segments, 1U);
  expect_whole();
}

TEST_F(Reassembly, gives_up_in_time_and_says_so) {
  decode(fragment_v4(whole_, {0, 48}, 1));
  time_ += std::chrono::seconds{20};
  decode(fragment_v4(whole_, {0, 48}, 2));
  time_ += std::chrono::seconds{10};
  decoder_.advance(time_);
  EXPECT_EQ(counters().incomplete, 1U);
  EXPECT_EQ(decode(fragment_v4(whole_, {48, whole_.size()}, 1)), Decoded::fragment);
  EXPECT_EQ(decode(fragment_v4(whole_, {48, whole_.size()}, 2)), Decoded::segment);
  decoder_.finish();
  EXPECT_EQ(counters().incomplete, 2U);
  EXPECT_EQ(decoder_.fragments().held_bytes(), 0U);
}

TEST_F(Reassembly, stays_within_its_limits_under_a_flood) {
  const Bytes body(64, 1);
  Batch batch;
  Bytes frame = ipv4(body, 6, kMore);
  std::mt19937 random{5};
  for (int i = 0; i < 1'000'000; ++i) {
    for (const std::size_t at : {4U, 5U, 13U, 14U, 15U}) frame[at] = static_cast<std::uint8_t>(random());
    decoder_.decode({.mark = {.time = timestamp_from_ns(i)}, .bytes = frame, .link_type = kRaw}, batch, segment_);
    ASSERT_LE(decoder_.fragments().held_bytes(), limits_.fragment_bytes);
    ASSERT_LE(decoder_.fragments().datagrams(), 2 * limits_.fragment_datagrams);
  }
  EXPECT_TRUE(batch.reassembled.empty());
  EXPECT_GT(counters().limit_reached, 900'000U);
  EXPECT_EQ(counters().incomplete, counters().limit_reached);
}

TEST_F(Reassembly, bounds_the_fragments_of_one_datagram) {
  const Bytes body(8, 1);
  for (std::uint16_t i = 0; i < 2000; ++i) decode(ipv4(body, 6, static_cast<std::uint16_t>(kMore | i)));
  EXPECT_EQ(counters().limit_reached, 1U);
  EXPECT_EQ(decoder_.fragments().held_bytes(), 0U);
}

TEST_F(Reassembly, of_random_fragments_agrees_with_a_plain_map_of_bytes) {
  std::mt19937 random{11};
  for (std::uint16_t id = 1; id < 2000; ++id) {
    const std::size_t units = 1 + random() % 12;
    Bytes first(units * 8), known(units * 8);
    bool told = false;
    for (int i = 0; i < 40 && !told; ++i) {
      const std::size_t begin = random() % units, end = begin + 1 + random() % (units - begin);
      if (end - begin == units) continue;  // no fragment
      Bytes bytes(units * 8);
      for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
      told = decode(fragment_v4(bytes, {begin * 8, end * 8}, id)) != Decoded::fragment;
      for (std::size_t at = begin * 8; at < end * 8; ++at) {
        if (known[at] == 0) first[at] = bytes[at];
        known[at] = 1;
      }
    }
    if (!told) continue;
    EXPECT_TRUE(std::ranges::all_of(known, [](std::uint8_t byte) { return byte == 1; }));
    EXPECT_EQ(batch_.reassembled.back(), first);
  }
  EXPECT_GT(batch_.reassembled.size(), 1000U);
}

}  // namespace
}  // namespace dcmwatch
