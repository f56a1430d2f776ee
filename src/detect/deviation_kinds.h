// Sets of deviation kinds: what most rules ask for, and what most observations have none of.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>

#include "event/record.h"

namespace dcmwatch {

/// One bit a kind.
using DeviationKinds = std::uint32_t;

constexpr DeviationKinds only(DeviationKind kind) { return DeviationKinds{1} << static_cast<unsigned>(kind); }

/// Of two conditions that must both hold, the one that needs the fewer kinds. Nothing: it needs none.
constexpr std::optional<DeviationKinds> fewer(std::optional<DeviationKinds> one, std::optional<DeviationKinds> other) {
  if (!one || !other) return one ? one : other;
  return std::popcount(*one) <= std::popcount(*other) ? one : other;
}

inline DeviationKinds kinds_of(const Declared& declared) {
  DeviationKinds kinds = 0;
  for (const Deviation& deviation : declared.deviations) kinds |= only(deviation.kind);
  return kinds;
}

}  // namespace dcmwatch
