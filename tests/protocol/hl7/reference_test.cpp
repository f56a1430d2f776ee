// docs/hl7.md
#include "../reference_page.h"

#include <gtest/gtest.h>

#include "event/hl7_violations.h"

namespace dcmwatch::hl7 {
namespace {

TEST(Hl7Reference, IsWhatTheTableSays) {
  EXPECT_TRUE(test::is_up_to_date(DCMWATCH_ROOT "/docs/hl7.md", test::fields_table({"hl7.", "order.", "patient."}),
                                  test::violations_table(kBreakRules)))
      << "docs/hl7.md is out of date; DCMWATCH_WRITE_DOCS=1 test_protocol_hl7 --gtest_filter='Hl7Reference.*' writes "
         "it anew";
}

TEST(Hl7Reference, EveryViolationIsExplained) {
  for (const BreakRule& rule : kBreakRules) EXPECT_FALSE(rule.meaning.empty()) << rule.name;
}

}  // namespace
}  // namespace dcmwatch::hl7
