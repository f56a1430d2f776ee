// The rules of all protocols.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "event/dicom_violations.h"
#include "event/hl7_violations.h"
#include "event/tls_violations.h"

namespace dcmwatch {

inline constexpr auto kViolationNames = [] {
  std::array<std::string_view, dicom::kBreachRules.size() + hl7::kBreakRules.size() + tls::kFlawRules.size()> names;
  const auto behind_dicom = std::ranges::transform(dicom::kBreachRules, names.begin(), &dicom::BreachRule::name).out;
  const auto behind_hl7 = std::ranges::transform(hl7::kBreakRules, behind_dicom, &hl7::BreakRule::name).out;
  std::ranges::transform(tls::kFlawRules, behind_hl7, &tls::FlawRule::name);
  return names;
}();

}  // namespace dcmwatch
