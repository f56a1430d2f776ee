// A row of a protocol's table of rules whose break is told: from it come the records, the check of a model's quirks and
// the reference pages.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "event/event.h"

namespace dcmwatch {

template <typename Kind>
struct ViolationRule {
  Kind kind;
  std::string_view name;
  std::string_view clause;  ///< empty: a limit of ours, no rule of the standard
  Severity severity;
  std::string_view meaning;  ///< a sentence for people
};

/// Whether each rule stands where its kind says, so that a kind finds its rule by number.
template <typename Kind, std::size_t count>
constexpr bool are_in_order(const std::array<ViolationRule<Kind>, count>& rules) {
  for (std::size_t i = 0; i < count; ++i) {
    if (static_cast<std::size_t>(rules[i].kind) != i) return false;
  }
  return true;
}

/// `offset` and `length` of the offending unit, in the stream of who sent it.
template <typename Kind>
Violation violation_of(const ViolationRule<Kind>& rule, std::uint64_t offset, std::uint64_t length, bool by_opener) {
  return {.name = rule.name,
          .clause = rule.clause,
          .offset = offset,
          .length = length,
          .by_opener = by_opener,
          .severity = rule.severity,
          .meaning = rule.meaning};
}

}  // namespace dcmwatch
