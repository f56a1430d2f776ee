#include "detect/pattern.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace dcmwatch {
namespace {

struct Asked {
  std::string_view pattern;
  Anchor anchor;
  std::string_view value;
  bool matches;
};

class PatternTest : public testing::TestWithParam<Asked> {};

TEST_P(PatternTest, Matches) {
  const auto& [pattern, anchor, value, matches] = GetParam();
  EXPECT_EQ((Pattern{pattern, anchor}.matches(value)), matches) << pattern << " on " << value;
}

constexpr auto kWhole = Anchor::whole;

INSTANTIATE_TEST_SUITE_P(
    Table, PatternTest,
    testing::Values(Asked{"C-STORE", kWhole, "C-STORE", true}, Asked{"c-store", kWhole, "C-STORE", true},
                    Asked{"C-STORE", kWhole, "C-STOR", false}, Asked{"C-STORE", kWhole, "C-STORES", false},
                    Asked{"", kWhole, "", true}, Asked{"", kWhole, "x", false}, Asked{"*", kWhole, "", true},
                    Asked{"*", kWhole, "anything", true}, Asked{"ADT^*", kWhole, "ADT^A01", true},
                    Asked{"ADT^*", kWhole, "ORM^O01", false}, Asked{"A?00", kWhole, "A700", true},
                    Asked{"A?00", kWhole, "A00", false}, Asked{"*B*C", kWhole, "aBxBxC", true},
                    Asked{"*B*C", kWhole, "aBxBxD", false}, Asked{R"(ADT^\*)", kWhole, "ADT^*", true},
                    Asked{R"(ADT^\*)", kWhole, "ADT^A", false}, Asked{R"(a\?)", kWhole, "a?", true},
                    Asked{R"(a\?)", kWhole, "ab", false}, Asked{R"(a\\b)", kWhole, R"(a\b)", true},
                    Asked{R"(a\b)", kWhole, R"(a\b)", true}, Asked{"STO", Anchor::anywhere, "C-STORE", true},
                    Asked{"STO", Anchor::start, "C-STORE", false}, Asked{"C-", Anchor::start, "C-STORE", true},
                    Asked{"store", Anchor::end, "C-STORE", true}, Asked{"C-", Anchor::end, "C-STORE", false}));

INSTANTIATE_TEST_SUITE_P(
    LettersBeyondAscii, PatternTest,
    testing::Values(Asked{"röntgen", kWhole, "RÖNTGEN", true}, Asked{"RÖNTGEN", kWhole, "röntgen", true},
                    Asked{"r?ntgen", kWhole, "RÖNTGEN", true}, Asked{"r??ntgen", kWhole, "RÖNTGEN", false},
                    Asked{"*ÖNT*N", kWhole, "röntgen", true}, Asked{"önt", Anchor::anywhere, "RÖNTGEN", true},
                    Asked{"rÖ", Anchor::start, "RöNTGEN", true}, Asked{"ÄRZTE", Anchor::end, "hausärzte", true},
                    Asked{"röntgen", kWhole, "RONTGEN", false}, Asked{"röntgen", kWhole, "RÄNTGEN", false},
                    Asked{"ŁÓDŹ", kWhole, "łódź", true}, Asked{"ÿ", kWhole, "Ÿ", true},
                    Asked{"ŽIŽKOV", kWhole, "žižkov", true}, Asked{"ΑΚΤΊΝΑΣ", kWhole, "ακτίνας", true},
                    Asked{"РЕНТГЕН", kWhole, "рентген", true}, Asked{"ЁЛКА", kWhole, "ёлка", true},
                    Asked{"×", kWhole, "÷", false}, Asked{"*??", kWhole, "€", false}, Asked{"?", kWhole, "€", true},
                    Asked{"?", kWhole, "😀", true}, Asked{"??", kWhole, "\xC3\xC3", true},
                    Asked{"?", kWhole, "\xF0\x9F", false}, Asked{"ö", kWhole, "\xF6", false}));

TEST(Pattern, CaseMattersBeyondAsciiTooWhereItIsAskedFor) {
  EXPECT_TRUE((Pattern{"RÖNTGEN", kWhole, Case::matters}.matches("RÖNTGEN")));
  EXPECT_FALSE((Pattern{"RÖNTGEN", kWhole, Case::matters}.matches("röntgen")));
  EXPECT_TRUE(stands_in("RÖNTGEN", "önt", Anchor::anywhere, Case::ignored));
  EXPECT_FALSE(stands_in("RÖNTGEN", "önt", Anchor::anywhere, Case::matters));
}

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
