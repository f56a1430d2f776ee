#include "output/text_page.h"

#include <gtest/gtest.h>

#include "output/wording.h"

namespace dcmwatch {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;

TEST(TextPage, AlignsColumnsAndWrapsTheLast) {
  TextPage page{50, false};
  page.heading("DICOM");
  page.table({{{"from"}, {"n", Align::right}, {"operations"}},
              {{{"ct1"}, {"1,200"}, {"6 C-STORE, 1 C-ECHO, 12 N-EVENT-REPORT, 1 C-FIND"}},
               {{"R\xc3\xb6ntgen-1"}, {"7"}, {"1 C-ECHO"}}}});
  EXPECT_EQ(page.text(),
            "DICOM\n"
            "  from           n  operations\n"
            "  ct1        1,200  6 C-STORE, 1 C-ECHO,\n"
            "                    12 N-EVENT-REPORT, 1 C-FIND\n"
            "  R\xc3\xb6ntgen-1      7  1 C-ECHO\n");
}

TEST(TextPage, WrapsLinesAndLetsALongWordStickOut) {
  TextPage page{30, false};
  page.line("the quick brown fox jumps over the lazy dog", 2, 2);
  page.line("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bb", 2, 2);
  page.line("", 2, 2);
  EXPECT_EQ(page.text(),
            "  the quick brown fox jumps\n    over the lazy dog\n"
            "  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n    bb\n"
            "\n");
}

TEST(TextPage, WrapsManyWordsInTimeProportionalToThem) {
  std::string words;
  for (int i = 0; i < 200'000; ++i) words += " word,";
  TextPage page{80, false};
  page.line(words);
  EXPECT_GT(page.text().size(), words.size());
}

TEST(TextPage, ColoursOnlyWhereAskedTo) {
  for (const bool colour : {false, true}) {
    TextPage page{80, colour};
    page.spans({{"HIGH", Ink::red}, {" plain"}});
    EXPECT_EQ(page.text(), colour ? "  \x1b[31mHIGH\x1b[0m plain\n" : "  HIGH plain\n");
  }
}

TEST(Wording, FiguresAndTimes) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'000), "1,000");
  EXPECT_EQ(grouped(48'211'000), "48,211,000");
  EXPECT_EQ(counted(1, "object"), "1 object");
  EXPECT_EQ(counted(2, "match", "matches"), "2 matches");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1'000), "1.0 kB");
  EXPECT_EQ(bytes_text(999'949), "999.9 kB");
  EXPECT_EQ(bytes_text(999'950), "1.0 MB");
  EXPECT_EQ(bytes_text(4'200'000'000), "4.2 GB");
  EXPECT_EQ(duration_text(0s), "0 ms");
  EXPECT_EQ(duration_text(85us), "0.085 ms");
  EXPECT_EQ(duration_text(123'456ns), "0.12 ms");
  EXPECT_EQ(duration_text(3400ms), "3.4 s");
  EXPECT_EQ(duration_text(59s), "59 s");
  EXPECT_EQ(duration_text(2472s), "41 min 12 s");
  EXPECT_EQ(duration_text(21780s), "6 h 03 min");
  EXPECT_EQ(duration_text(52h), "2 d 4 h");
  EXPECT_EQ(time_text(timestamp_from_ns(1'772'438'401'500'000'000)), "2026-03-02 08:00:01.500");
}

TEST(Wording, ShowsNothingThatCommandsATerminal) {
  EXPECT_EQ(shown("CT1 R\xc3\xb6ntgen"), "CT1 R\xc3\xb6ntgen");
  EXPECT_EQ(shown("\x1b[31mRED\x07\r\n"), "?[31mRED???");
  EXPECT_EQ(shown("\xc2\x9b"
                  "31m"),
            "??31m");
  EXPECT_EQ(shown("\xff\xc3"), "??");
  EXPECT_EQ(shown("a\0b"sv), "a?b");
}

}  // namespace
}  // namespace dcmwatch
