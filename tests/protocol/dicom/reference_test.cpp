// docs/dicom.md: its tables are those of the program.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "event/fields.h"
#include "protocol/dicom/violations.h"

namespace dcmwatch::dicom {
namespace {

constexpr const char* kPage = DCMWATCH_ROOT "/docs/dicom.md";

std::string page() {
  std::ostringstream text;
  text << std::ifstream{kPage}.rdbuf();
  return text.str();
}

std::string fields_table() {
  constexpr std::array<std::string_view, 4> kOurs{"dicom.", "study.", "link.", "patient."};
  std::string table{"| field | meaning | clause |\n|---|---|---|\n"};
  for (const Field& field : fields()) {
    for (const std::string_view ours : kOurs) {
      if (!field.path.starts_with(ours)) continue;
      table.append("| `").append(field.path).append("` | ").append(field.meaning);
      table.append(" | ").append(field.clause).append(" |\n");
    }
  }
  return table;
}

std::string violations_table() {
  std::string table{"| violation | severity | what is wrong | clause |\n|---|---|---|---|\n"};
  for (const BreachRule& rule : kBreachRules) {
    table.append("| `").append(rule.name).append("` | ").append(to_text(rule.severity)).append(" | ");
    table.append(rule.meaning).append(" | ").append(rule.clause).append(" |\n");
  }
  return table;
}

/// The page with `table` between its marks.
std::string with_table(std::string text, std::string_view name, const std::string& table) {
  const std::string begin = "<!-- " + std::string{name} + " -->\n";
  const std::size_t from = text.find(begin) + begin.size();
  const std::size_t to = text.find("<!-- end of " + std::string{name} + " -->");
  if (to == std::string::npos || to < from) return "no place for the " + std::string{name};
  return text.replace(from, to - from, table);
}

TEST(DicomReference, is_what_the_tables_say) {
  const std::string current =
      with_table(with_table(page(), "fields", fields_table()), "violations", violations_table());
  if (std::getenv("DCMWATCH_WRITE_DOCS")) std::ofstream{kPage} << current;
  EXPECT_TRUE(page() == current) << "docs/dicom.md is out of date; DCMWATCH_WRITE_DOCS=1 test_protocol_dicom "
                                    "--gtest_filter='DicomReference.*' writes it anew";
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
