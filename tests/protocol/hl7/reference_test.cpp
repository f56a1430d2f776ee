// docs/hl7.md: its table is that of the program.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "event/hl7_violations.h"

namespace dcmwatch::hl7 {
namespace {

constexpr const char* kPage = DCMWATCH_ROOT "/docs/hl7.md";

std::string page() {
  std::ostringstream text;
  text << std::ifstream{kPage}.rdbuf();
  return text.str();
}

std::string violations_table() {
  std::string table{"<!-- violations -->\n| violation | severity | what is wrong | clause |\n|---|---|---|---|\n"};
  for (const BreakRule& rule : kBreakRules) {
    table.append("| `").append(rule.name).append("` | ").append(to_text(rule.severity)).append(" | ");
    table.append(rule.meaning).append(" | ").append(rule.clause).append(" |\n");
  }
  return table + "<!-- end of violations -->\n";
}

TEST(Hl7Reference, IsWhatTheTableSays) {
  const std::string before = page();
  const std::string current = before.substr(0, before.find("<!-- violations -->")) + violations_table();
  if (std::getenv("DCMWATCH_WRITE_DOCS")) std::ofstream{kPage} << current;
  EXPECT_TRUE(page() == current) << "docs/hl7.md is out of date; DCMWATCH_WRITE_DOCS=1 test_protocol_hl7 "
                                    "--gtest_filter='Hl7Reference.*' writes it anew";
}

TEST(Hl7Reference, EveryViolationIsExplained) {
  for (const BreakRule& rule : kBreakRules) EXPECT_FALSE(rule.meaning.empty()) << rule.name;
}

}  // namespace
}  // namespace dcmwatch::hl7
