#include "output/field_reference.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "event/fields.h"

namespace dcmwatch {
namespace {

constexpr const char* kPage = DCMWATCH_ROOT "/docs/fields.md";

TEST(FieldReference, IsWhatTheTableSays) {
  if (std::getenv("DCMWATCH_WRITE_DOCS")) std::ofstream{kPage} << fields_markdown();
  std::ostringstream page;
  page << std::ifstream{kPage}.rdbuf();
  EXPECT_TRUE(page.str() == fields_markdown()) << "docs/fields.md is out of date; DCMWATCH_WRITE_DOCS=1 test_output "
                                                  "--gtest_filter='FieldReference.*' writes it anew";
}

TEST(FieldReference, EveryFieldIsExplained) {
  for (const Field& field : fields()) {
    EXPECT_FALSE(field.meaning.empty()) << field.path;
    EXPECT_EQ(field.meaning.find('|'), std::string_view::npos) << field.path << " would break the table";
  }
}

}  // namespace
}  // namespace dcmwatch
