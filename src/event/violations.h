// The rules of all protocols.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "event/dicom_violations.h"
#include "event/hl7_violations.h"

namespace dcmwatch {

inline constexpr auto kViolationNames = [] {
  std::array<std::string_view, dicom::kBreachRules.size() + hl7::kBreakRules.size()> names;
  const auto rest = std::ranges::transform(dicom::kBreachRules, names.begin(), &dicom::BreachRule::name).out;
  std::ranges::transform(hl7::kBreakRules, rest, &hl7::BreakRule::name);
  return names;
}();

}  // namespace dcmwatch
