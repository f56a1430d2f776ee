#include "event/fields.h"

#include "event/field_table.h"

namespace dcmwatch {

std::span<const Field> fields() { return field_table::kFields; }

const Field* find_field(std::string_view path) {
  for (const Field& field : fields()) {
    if (field.path == path) return &field;
  }
  return nullptr;
}

std::vector<std::string_view> field_paths() {
  std::vector<std::string_view> paths;
  for (const Field& field : fields()) paths.push_back(field.path);
  return paths;
}

}  // namespace dcmwatch
