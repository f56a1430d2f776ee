// docs/fields.md, from the field table.
#pragma once

#include <string>

namespace dcmwatch {

std::string fields_markdown();

}  // namespace dcmwatch
