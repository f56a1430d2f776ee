#include "detect/pattern.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace dcmwatch {
namespace {

struct Case {
  std::string_view pattern;
  Anchor anchor;
  std::string_view value;
  bool matches;
};

class PatternTest : public testing::TestWithParam<Case> {};

TEST_P(PatternTest, Matches) {
  const auto& [pattern, anchor, value, matches] = GetParam();
  EXPECT_EQ((Pattern{pattern, anchor}.matches(value)), matches) << pattern << " on " << value;
}

constexpr auto kWhole = Anchor::whole;

INSTANTIATE_TEST_SUITE_P(
    Table, PatternTest,
    testing::Values(Case{"C-STORE", kWhole, "C-STORE", true}, Case{"c-store", kWhole, "C-STORE", true},
                    Case{"C-STORE", kWhole, "C-STOR", false}, Case{"C-STORE", kWhole, "C-STORES", false},
                    Case{"", kWhole, "", true}, Case{"", kWhole, "x", false}, Case{"*", kWhole, "", true},
                    Case{"*", kWhole, "anything", true}, Case{"ADT^*", kWhole, "ADT^A01", true},
                    Case{"ADT^*", kWhole, "ORM^O01", false}, Case{"A?00", kWhole, "A700", true},
                    Case{"A?00", kWhole, "A00", false}, Case{"*B*C", kWhole, "aBxBxC", true},
                    Case{"*B*C", kWhole, "aBxBxD", false}, Case{R"(ADT^\*)", kWhole, "ADT^*", true},
                    Case{R"(ADT^\*)", kWhole, "ADT^A", false}, Case{R"(a\?)", kWhole, "a?", true},
                    Case{R"(a\?)", kWhole, "ab", false}, Case{R"(a\\b)", kWhole, R"(a\b)", true},
                    Case{R"(a\b)", kWhole, R"(a\b)", true}, Case{"STO", Anchor::anywhere, "C-STORE", true},
                    Case{"STO", Anchor::start, "C-STORE", false}, Case{"C-", Anchor::start, "C-STORE", true},
                    Case{"store", Anchor::end, "C-STORE", true}, Case{"C-", Anchor::end, "C-STORE", false}));

TEST(Pattern, IsLiteralWithoutWildcards) {
  EXPECT_TRUE((Pattern{R"(a\*b)", kWhole}.is_literal()));
  EXPECT_FALSE((Pattern{"a*b", kWhole}.is_literal()));
  EXPECT_FALSE((Pattern{"a", Anchor::anywhere}.is_literal()));
}

TEST(Pattern, ManyStarsTakeNoLongTime) {
  std::string stars;
  for (int i = 0; i < 50; ++i) stars += "a*";
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_FALSE((Pattern{stars + "b", kWhole}.matches(std::string(20'000, 'a'))));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{2});
}

}  // namespace
}  // namespace dcmwatch
