#include "output/field_reference.h"

#include <string_view>

#include "event/fields.h"

namespace dcmwatch {
namespace {

constexpr std::string_view kIntroduction =
    R"(# Fields

Every field of a log record, by its dotted path: records are nested JSON, one a line, so `dicom.calling_ae` is member
`calling_ae` of object `dicom`. Rules name fields by the same paths. A field that does not apply, or was not seen, is absent.
Names are those of the Elastic Common Schema (ECS) where it has one.

*Identifies* says whom a value could identify if it were written as it is: a person (then it is a keyed pseudonym), a device
or piece of software, or nobody.

This page is made from the table in `src/event/field_table.h`; a test says when it is out of date, and how to make it anew.
)";

std::string_view to_text(FieldType type) {
  switch (type) {
    case FieldType::text: return "text";
    case FieldType::text_list: return "list of texts";
    case FieldType::number: return "number";
    case FieldType::boolean: return "true or false";
    case FieldType::address: return "IP address";
    case FieldType::time: return "time (RFC 3339, UTC)";
  }
  return {};
}

std::string_view to_text(Identifies identifies) {
  switch (identifies) {
    case Identifies::nobody: return "nobody";
    case Identifies::pseudonymised: return "a person: pseudonym";
    case Identifies::device: return "a device";
  }
  return {};
}

std::string_view object_of(std::string_view path) { return path.substr(0, path.find('.')); }

void append_row(std::string& page, const Field& field) {
  page.append("| `").append(field.path).append("` | ").append(to_text(field.type)).append(" | ");
  page.append(field.meaning)
      .append(" | ")
      .append(field.clause)
      .append(" | ")
      .append(to_text(field.identifies))
      .append(" |\n");
}

}  // namespace

std::string fields_markdown() {
  std::string page{kIntroduction};
  std::string_view object;
  for (const Field& field : fields()) {
    if (object_of(field.path) != object) {
      object = object_of(field.path);
      page.append("\n## ").append(object).append(
          "\n\n| field | type | meaning | source | identifies |\n|---|---|---|---|---|\n");
    }
    append_row(page, field);
  }
  return page;
}

}  // namespace dcmwatch
