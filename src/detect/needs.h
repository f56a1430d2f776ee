// What must be there wherever something holds, so that it need not be asked where that is missing.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <optional>
#include <vector>

#include "detect/deviation_kinds.h"
#include "event/fields.h"

namespace dcmwatch {

/// One bit for each Phase.
using Phases = std::uint64_t;
constexpr Phases only(Phase phase) { return Phases{1} << static_cast<unsigned>(phase); }

/// One of them at least.
using NeededFields = std::vector<const Field*>;

inline std::size_t size_of(DeviationKinds kinds) { return static_cast<std::size_t>(std::popcount(kinds)); }
/// To look whether a list is there takes longer.
inline std::size_t size_of(const NeededFields& fields) {
  return fields.size() + static_cast<std::size_t>(std::ranges::count(fields, FieldType::text_list, &Field::type));
}

/// Of two conditions that must both hold, the one that leaves the fewer. Nothing: it needs none.
template <typename Needs>
std::optional<Needs> fewer(std::optional<Needs> one, std::optional<Needs> other) {
  if (!one || !other) return one ? one : other;
  return size_of(*one) <= size_of(*other) ? one : other;
}

/// Of two conditions of which one must hold.
inline std::optional<DeviationKinds> either(std::optional<DeviationKinds> one, std::optional<DeviationKinds> other) {
  return one && other ? std::optional{*one | *other} : std::nullopt;
}
inline std::optional<NeededFields> either(std::optional<NeededFields> one, std::optional<NeededFields> other) {
  if (!one || !other) return std::nullopt;
  for (const Field* const field : *other) {
    if (std::find(one->begin(), one->end(), field) == one->end()) one->push_back(field);
  }
  return one;
}

}  // namespace dcmwatch
