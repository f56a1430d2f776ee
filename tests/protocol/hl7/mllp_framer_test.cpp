#include "protocol/hl7/mllp_framer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "protocol/hl7/hl7.h"

namespace dcmwatch::hl7 {
namespace {

using std::string_view_literals::operator""sv;
using testing::ElementsAre;

std::string told(const Unit& unit) {
  if (const auto* stray = std::get_if<StrayBytes>(&unit)) return "stray " + std::to_string(stray->offset);
  if (const auto* unended = std::get_if<Unended>(&unit)) return "unended " + std::to_string(unended->offset);
  const Block& block = std::get<Block>(unit);
  std::string text{as_text(block.content)};
  text += " +" + std::to_string(block.bytes) + " at " + std::to_string(block.offset);
  switch (block.end) {
    case BlockEnd::complete: break;
    case BlockEnd::no_carriage_return: text += " no-cr"; break;
    case BlockEnd::next_block: text += " next"; break;
    case BlockEnd::settled: text += " settled"; break;
    case BlockEnd::gap: text += " gap"; break;
    case BlockEnd::stream_end: text += " end"; break;
  }
  if (!block.started) text += " unstarted";
  if (block.cut) text += " cut";
  return text;
}

std::vector<std::string> units_of(MllpFramer& framer, std::string_view bytes) {
  std::vector<std::string> units;
  framer.feed({}, as_bytes(bytes));
  while (const auto unit = framer.next()) units.push_back(told(*unit));
  return units;
}

std::vector<std::string> units_of(std::string_view bytes, bool midway = false, std::size_t limit = 100) {
  MllpFramer framer{limit, midway};
  std::vector<std::string> units = units_of(framer, bytes);
  if (const auto block = framer.close()) units.push_back(told(*block));
  return units;
}

TEST(MllpFramer, CutsBlocks) {
  EXPECT_THAT(units_of("\x0BMSH|a\x1C\r"sv), ElementsAre("MSH|a +5 at 0"));
  EXPECT_THAT(units_of("\x0BMSH|a\x1C\r\x0BMSH|b\x1C\r\x0B\x1C\r"sv),
              ElementsAre("MSH|a +5 at 0", "MSH|b +5 at 8", " +0 at 16"));
  EXPECT_THAT(units_of("\x0B not HL7\x1C\r"sv), ElementsAre(" not HL7 +8 at 0"));
}

TEST(MllpFramer, AnEndBlockOrStartBlockInContentIsContent) {
  EXPECT_THAT(units_of("\x0BMSH|\x1C|\x0BM|\x0BMS|\x0B\x0Bx\x1C\x1C\r"sv),
              ElementsAre("MSH|\x1C|\x0BM|\x0BMS|\x0B\x0Bx\x1C +17 at 0"));
}

TEST(MllpFramer, TellsStrayBytesOnce) {
  EXPECT_THAT(units_of("\x0BMSH|a\x1C\r\r\nxx\x0BMSH|b\x1C\rMS\x0BMSH|c\x1C\r"sv),
              ElementsAre("MSH|a +5 at 0", "stray 8", "MSH|b +5 at 12", "MSH|c +5 at 22"));
}

TEST(MllpFramer, BeginsANewBlockWhereTheLastNeverEnded) {
  EXPECT_THAT(units_of("\x0BMSH|a\x0BMSH|b\x1C\x0BMSH|c\x1C\r"sv),
              ElementsAre("MSH|a +5 at 0 next cut", "MSH|b +5 at 6 no-cr", "MSH|c +5 at 13"));
}

TEST(MllpFramer, TakesAHeaderWithoutItsStartBlock) {
  EXPECT_THAT(units_of("MSH|a\x1C\rMSH|b\x1C\r"sv), ElementsAre("MSH|a +5 at 0 unstarted", "MSH|b +5 at 7 unstarted"));
}

TEST(MllpFramer, ResynchronisesMidway) {
  EXPECT_THAT(units_of("|rest\x0B|x|\x0BMSH|a\x1C\r"sv, true), ElementsAre("MSH|a +5 at 9"));
  EXPECT_THAT(units_of("|rest\x1C\r\x0B|x|\x1C\r"sv, true), ElementsAre("|x| +3 at 7"));
  EXPECT_THAT(units_of("|rest\x1CMSH|\rMSH|a\x1C\r"sv, true), ElementsAre("MSH|a +5 at 11"));
  EXPECT_THAT(units_of("MSH|a\x1C\r"sv, true), ElementsAre("MSH|a +5 at 0"));
}

TEST(MllpFramer, ResynchronisesAfterAGap) {
  MllpFramer framer{100, false};
  EXPECT_THAT(units_of(framer, "\x0BMSH|a"sv), ElementsAre());
  const auto block = framer.gap(10);
  ASSERT_TRUE(block);
  EXPECT_EQ(told(*block), "MSH|a +5 at 0 gap cut");
  EXPECT_TRUE(block->lost());
  EXPECT_THAT(units_of(framer, "MSH|\x1C\r\x0BMSH|b\x1C\r"sv), ElementsAre("MSH| +4 at 16", "MSH|b +5 at 22"))
      << "its start block may have been lost";
  EXPECT_FALSE(framer.gap(10));
}

TEST(MllpFramer, ABlockThatWantsOnlyItsCarriageReturnIsWhole) {
  EXPECT_THAT(units_of("\x0BMSH|a\x1C"sv), ElementsAre("MSH|a +5 at 0 end"));
  EXPECT_THAT(units_of("\x0BMSH|a\x0BMS"sv), ElementsAre("MSH|a +5 at 0 end cut"));
}

TEST(MllpFramer, WithoutBlockCharactersALineWithAHeaderBeginsTheNextBlock) {
  EXPECT_THAT(units_of("MSH|a\rMSA|\rMSH|b\rMS\r\nMSH|c"sv),
              ElementsAre("MSH|a\rMSA|\r +11 at 0 next unstarted", "MSH|b\rMS\r\n +10 at 11 next unstarted",
                          "MSH|c +5 at 21 end unstarted cut"));
  EXPECT_THAT(units_of("\x0BMSH|a\rMSH|b\r\x1C\r"sv), ElementsAre("MSH|a\rMSH|b\r +12 at 0")) << "a batch";
}

TEST(MllpFramer, ALineFeedMayStandForTheCarriageReturn) {
  EXPECT_THAT(units_of("\x0BMSH|a\x1C\n\x0BMSH|b\x1C\r"sv), ElementsAre("MSH|a +5 at 0 no-cr", "MSH|b +5 at 8"));
}

TEST(MllpFramer, SettlesABlockOfWhichOnlyTheEndIsMissing) {
  for (const std::string_view missing : {"\x1C\r"sv, "\r"sv}) {
    const std::string whole = "\x0BMSH|a\r\x1C\r";
    MllpFramer framer{100, false};
    EXPECT_THAT(units_of(framer, whole.substr(0, whole.size() - missing.size())), ElementsAre());
    ASSERT_TRUE(framer.seems_whole());
    EXPECT_EQ(as_text(*framer.seems_whole()), "MSH|a\r");
    EXPECT_EQ(told(framer.settle()), "MSH|a\r +6 at 0 settled");
    EXPECT_FALSE(framer.seems_whole());
    EXPECT_THAT(units_of(framer, std::string{missing} + "\x0B\x06\x1C\r\x0BMSH|b\x1C\r"),
                ElementsAre("\x06 +1 at 9", "MSH|b +5 at 13"));
    EXPECT_FALSE(framer.unended());
  }
}

TEST(MllpFramer, ASettledBlockThatNeverEndsIsToldAtTheNext) {
  for (const std::string_view begun : {"\x0BMSH|a\r"sv, "\x0BMSH|a\x1C"sv}) {
    for (const std::string_view next : {"\x0BMSH|b\x1C\r"sv, "\rMSH|b\x1C\r"sv}) {
      if (begun.ends_with('\x1C') && next.starts_with('\r')) continue;
      MllpFramer framer{100, false};
      EXPECT_THAT(units_of(framer, begun), ElementsAre());
      framer.settle();
      EXPECT_THAT(units_of(framer, next), ElementsAre("unended 0", testing::StartsWith("MSH|b +5")));
    }
    MllpFramer framer{100, false};
    EXPECT_THAT(units_of(framer, begun), ElementsAre());
    framer.settle();
    EXPECT_TRUE(framer.unended());
    EXPECT_FALSE(framer.close());
  }
}

TEST(MllpFramer, WhatIsNotWholeDoesNotSettle) {
  for (const std::string_view begun :
       {""sv, "\x0B"sv, "\x0BMSH|a"sv, "\x0BMSH|a\r\x0BM"sv, "stray\r"sv, "MSH|a\rM"sv}) {
    MllpFramer framer{100, false};
    EXPECT_THAT(units_of(framer, begun).size(), testing::Le(1U));
    EXPECT_FALSE(framer.seems_whole()) << begun;
  }
}

TEST(MllpFramer, KeepsTheHeadOfALongBlockAndCountsTheRest) {
  EXPECT_THAT(units_of("\x0BMSH|abcdef\x1C\r\x0BMSH|\x1C\r"sv, false, 5),
              ElementsAre("MSH|a +10 at 0 cut", "MSH| +4 at 13"));
  MllpFramer framer{5, false};
  EXPECT_THAT(units_of(framer, "\x0BMS"sv), ElementsAre());
  EXPECT_THAT(units_of(framer, "H|ab"sv), ElementsAre());
  EXPECT_THAT(units_of(framer, "cdef\x1C"sv), ElementsAre());
  EXPECT_THAT(units_of(framer, "\r\x0BMSH|\x1C\r"sv), ElementsAre("MSH|a +10 at 0 cut", "MSH| +4 at 13"));
}

// What is kept is held against the limit of all connections, and must not depend on how the block was cut.
TEST(MllpFramer, KeepsNoMoreThanTheLimitHoweverTheBlockIsCut) {
  constexpr std::size_t kLimit = 512 * 1024;
  for (const std::size_t bytes : {kLimit - 24'150, kLimit, kLimit + 1, 2 * kLimit}) {
    const std::string content = "MSH|" + std::string(bytes - 4, 'A');
    for (const std::size_t segment : {536UL, 1448UL, 8948UL, 16'060UL, 26'064UL, 43'440UL, 65'160UL}) {
      MllpFramer framer{kLimit, false};
      const std::string stream = '\x0B' + content;
      for (std::size_t at = 0; at < stream.size(); at += segment) {
        framer.feed({}, as_bytes(std::string_view{stream}.substr(at, segment)));
        ASSERT_FALSE(framer.next()) << bytes << ' ' << segment;
        ASSERT_LE(framer.kept_bytes(), std::min(kLimit, (at + segment) * 5 / 4)) << bytes << ' ' << segment;
      }
      framer.feed({}, as_bytes("\x1C\r"sv));
      const auto unit = framer.next();
      ASSERT_TRUE(unit && std::holds_alternative<Block>(*unit)) << bytes << ' ' << segment;
      const Block& block = std::get<Block>(*unit);
      EXPECT_EQ(block.bytes, content.size());
      EXPECT_EQ(as_text(block.content), std::string_view{content}.substr(0, kLimit)) << bytes << ' ' << segment;
    }
  }
}

TEST(MllpFramer, ABlockInsideOneSegmentIsGivenInPlace) {
  const std::string segment = "\x0BMSH|a\x1C\r";
  MllpFramer framer{100, false};
  framer.feed({}, as_bytes(segment));
  const auto unit = framer.next();
  ASSERT_TRUE(unit);
  EXPECT_EQ(std::get<Block>(*unit).content.data(), as_bytes(segment).data() + 1);
}

TEST(MllpFramer, TheFirstPacketIsThatOfTheStartBlock) {
  const Mark one{.packet = 1};
  const Mark two{.packet = 2};
  const Mark three{.packet = 3};
  MllpFramer framer{100, false};
  framer.feed(one, as_bytes("\x0BMSH|a\x0BM"sv));
  ASSERT_FALSE(framer.next());
  framer.feed(two, as_bytes("S"sv));
  ASSERT_FALSE(framer.next());
  framer.feed(three, as_bytes("H|b\x1C\r"sv));
  const auto first = framer.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(std::get<Block>(*first).first, one);
  EXPECT_EQ(told(*first), "MSH|a +5 at 0 next cut");
  const auto second = framer.next();
  ASSERT_TRUE(second);
  EXPECT_EQ(std::get<Block>(*second).first, one);
  EXPECT_EQ(told(*second), "MSH|b +5 at 6");
}

TEST(MllpFramer, EveryRowOfTheTableHolds) {
  for (const Row& row : kRows) EXPECT_EQ(step(row.state, row.input), row.step);
}

TEST(MllpFramer, EveryStateKnowsWhatToDoWithAnyByte) {
  for (std::size_t state = 0; state < kStates; ++state) {
    const auto rows = std::count_if(kRows.begin(), kRows.end(), [&](const Row& row) {
      return row.state == certain(static_cast<State>(state)) && row.input == Input::other;
    });
    EXPECT_EQ(rows, 1) << state;
  }
}

static_assert(step(State::content_end, Input::carriage_return).ends);
static_assert(step(State::content, Input::letter_m) == step(State::content, Input::other));
static_assert(in_block(State::content) && in_block(State::content_start_ms) && !in_block(State::lost) &&
              !in_block(State::stray));

struct Opening {
  std::string_view bytes;
  Looks looks;
};

class LooksLikeHllp : public testing::TestWithParam<Opening> {};

TEST_P(LooksLikeHllp, ByItsFirstBytes) {
  EXPECT_EQ(looks_like_hllp(as_bytes(GetParam().bytes)), GetParam().looks);
  EXPECT_NE(looks_like_mllp(as_bytes(GetParam().bytes)), Looks::yes);
}

INSTANTIATE_TEST_SUITE_P(Openings, LooksLikeHllp,
                         testing::Values(Opening{"\x0B"
                                                 "D23\rMSH|^~\\&",
                                                 Looks::yes},
                                         Opening{"\x0BN21\r", Looks::yes}, Opening{"\x0BN21", Looks::need_more},
                                         Opening{"\r\n\x0BN21\r", Looks::yes}, Opening{"\x0B", Looks::need_more},
                                         Opening{"\x0BX21\r", Looks::no}, Opening{"\x0BN2a\r", Looks::no},
                                         Opening{"\x0BN21|", Looks::no}, Opening{"D21\r", Looks::no}));

class LooksLikeMllp : public testing::TestWithParam<Opening> {};

TEST_P(LooksLikeMllp, ByItsFirstBytes) { EXPECT_EQ(looks_like_mllp(as_bytes(GetParam().bytes)), GetParam().looks); }

INSTANTIATE_TEST_SUITE_P(Openings, LooksLikeMllp,
                         testing::Values(Opening{"", Looks::need_more}, Opening{"\x0B", Looks::need_more},
                                         Opening{"\x0BMSH", Looks::need_more}, Opening{"\x0BMSH|", Looks::need_more},
                                         Opening{"\x0BMSH|^", Looks::yes}, Opening{"\x0BMSH#*~\\&", Looks::yes},
                                         Opening{"\x0BMSH||", Looks::no}, Opening{"\x0BMSH\r", Looks::no},
                                         Opening{"\x0B"
                                                 "BHS|^~\\&",
                                                 Looks::yes},
                                         Opening{"\x0B"
                                                 "FHS|^",
                                                 Looks::yes},
                                         Opening{"\x0BMSA", Looks::no}, Opening{"MSH|^~\\&", Looks::yes},
                                         Opening{"MSH|^~", Looks::need_more}, Opening{"MSHello", Looks::no},
                                         Opening{"\r\x0BMSH|^", Looks::yes}, Opening{"\r\n \x0BMSH|^", Looks::yes},
                                         Opening{{"\0\0\x0BMSH|^", 8}, Looks::yes}, Opening{"\r", Looks::need_more},
                                         Opening{"\r\x0BMS", Looks::need_more}, Opening{"\rGET", Looks::no},
                                         Opening{"\rMSH|^~\\&", Looks::no},
                                         Opening{"                \x0BMSH|^", Looks::yes},
                                         Opening{"                 \x0BMSH|^", Looks::no},
                                         Opening{"GET / HTTP/1.1", Looks::no}));

}  // namespace
}  // namespace dcmwatch::hl7
