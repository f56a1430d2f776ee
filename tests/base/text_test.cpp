#include "base/text.h"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>

namespace dcmwatch {
namespace {

static_assert(std::is_trivially_copyable_v<Text<16>>);

TEST(Text, IsCutAtItsCapacity) {
  const Text<4> text = std::string{"CT1 and more"};
  EXPECT_EQ(text, "CT1 ");
  EXPECT_EQ(text.size(), 4U);
  EXPECT_EQ(Text<4>{text}, text);
}

TEST(Text, MayBeEmptyAndHoldAnyByte) {
  EXPECT_TRUE(Text<4>{}.empty());
  EXPECT_EQ(Text<4>{std::string_view{}}, "");
  const Text<4> zeros = std::string(2, '\0');
  EXPECT_EQ(zeros.view(), std::string(2, '\0'));
  EXPECT_NE(zeros, "");
}

TEST(Text, IsAppendedToAsFarAsThereIsRoom) {
  Text<7> text = "ADT";
  text.append("^");
  text.append("A01 and more");
  EXPECT_EQ(text, "ADT^A01");
  text.append("x");
  EXPECT_EQ(text, "ADT^A01");
}

TEST(Text, ComparesByWhatItHolds) {
  Text<8> longer = "PACS";
  EXPECT_EQ(longer, Text<4>{"PACS"});
  EXPECT_LT(Text<8>{"A"}, Text<8>{"AB"});
  longer = "P";
  EXPECT_EQ(longer, Text<8>{"P"}) << "what was there before does not count";
}

TEST(Text, ReplacesWhatMayNotLeave) {
  Text<8> text = "P\x01Z";
  text.replace_if([](char c) { return c < ' '; }, '?');
  EXPECT_EQ(text, "P?Z");
}

}  // namespace
}  // namespace dcmwatch
