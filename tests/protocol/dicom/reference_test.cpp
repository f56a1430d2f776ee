// docs/dicom.md
#include "../reference_page.h"

#include <gtest/gtest.h>

#include "event/dicom_violations.h"

namespace dcmwatch::dicom {
namespace {

TEST(DicomReference, is_what_the_tables_say) {
  EXPECT_TRUE(test::is_up_to_date(
      DCMWATCH_ROOT "/docs/dicom.md",
      test::fields_table({"dicom.", "study.", "order.accession", "link.", "patient.", "violation."}),
      test::violations_table(kBreachRules)))
      << "docs/dicom.md is out of date; DCMWATCH_WRITE_DOCS=1 test_protocol_dicom --gtest_filter='DicomReference.*' "
         "writes it anew";
}

TEST(DicomReference, every_violation_is_explained) {
  for (const BreachRule& rule : kBreachRules) EXPECT_FALSE(rule.meaning.empty()) << rule.name;
}

TEST(DicomReference, every_field_has_a_clause_or_is_our_own) {
  for (const Field& field : fields()) {
    if (field.path.starts_with("dicom.") && field.clause.empty()) {
      EXPECT_TRUE(field.path == "dicom.request_seen" || field.path == "dicom.missing_bytes" ||
                  field.path == "dicom.transfer_time" || field.path == "dicom.response_time" ||
                  field.path == "dicom.slowest")
          << field.path;
    }
  }
}

}  // namespace
}  // namespace dcmwatch::dicom
