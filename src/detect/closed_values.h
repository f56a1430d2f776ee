// Fields that can have few values only: a rule that asks for another one could never match.
#pragma once

#include <string_view>
#include <vector>

namespace dcmwatch {

/// Empty if the field may have any value.
const std::vector<std::string_view>& closed_values(std::string_view field_path);

/// The datasets by name, in the order of Facts' alternatives.
const std::vector<std::string_view>& dataset_names();

}  // namespace dcmwatch
