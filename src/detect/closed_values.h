// What a field can never be, so that a rule that asks for it could never match.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "event/fields.h"

namespace dcmwatch {

/// Empty if the field may have any value.
const std::vector<std::string_view>& closed_values(std::string_view field_path);

/// What to write instead, if a text of the field is never as this one, which is one text if `is_literal`, and else
/// has wildcards or stands for a part. Empty: it may be.
std::string_view instead_of(const Field& field, std::string_view written, bool is_literal);

/// The datasets by name, in the order of Facts' alternatives.
const std::vector<std::string_view>& dataset_names();

/// The records of datasets, one bit for each alternative of Facts; of none: all.
RecordKinds record_kinds(std::uint32_t datasets);

}  // namespace dcmwatch
