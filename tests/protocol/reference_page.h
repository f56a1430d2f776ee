// The page of a protocol: its tables of fields and of violations are those of the program.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <string>
#include <string_view>

#include "event/event.h"
#include "event/fields.h"

namespace dcmwatch::test {

/// The fields whose paths begin with one of `beginnings`.
inline std::string fields_table(std::initializer_list<std::string_view> beginnings) {
  std::string table{"| field | meaning | clause |\n|---|---|---|\n"};
  for (const Field& field : fields()) {
    if (std::ranges::none_of(beginnings, [&](std::string_view begin) { return field.path.starts_with(begin); }))
      continue;
    table.append("| `").append(field.path).append("` | ").append(field.meaning);
    table.append(" | ").append(field.clause).append(" |\n");
  }
  return table;
}

template <typename Rules>
std::string violations_table(const Rules& rules) {
  std::string table{"| violation | severity | what is wrong | clause |\n|---|---|---|---|\n"};
  for (const auto& rule : rules) {
    table.append("| `").append(rule.name).append("` | ").append(to_text(rule.severity)).append(" | ");
    table.append(rule.meaning).append(" | ").append(rule.clause).append(" |\n");
  }
  return table;
}

/// The page with `table` between its marks.
inline std::string with_table(std::string text, std::string_view name, const std::string& table) {
  const std::string begin = "<!-- " + std::string{name} + " -->\n";
  const std::size_t from = text.find(begin) + begin.size();
  const std::size_t to = text.find("<!-- end of " + std::string{name} + " -->");
  if (to == std::string::npos || to < from) return "no place for the " + std::string{name};
  return text.replace(from, to - from, table);
}

/// Whether the page says what the tables do. DCMWATCH_WRITE_DOCS in the environment: writes it anew first.
inline bool is_up_to_date(const std::string& file, const std::string& fields, const std::string& violations) {
  const auto page = [&file] {
    std::ostringstream text;
    text << std::ifstream{file}.rdbuf();
    return text.str();
  };
  const std::string current = with_table(with_table(page(), "fields", fields), "violations", violations);
  if (std::getenv("DCMWATCH_WRITE_DOCS")) std::ofstream{file} << current;
  return page() == current;
}

}  // namespace dcmwatch::test
