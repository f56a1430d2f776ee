// Sets of deviation kinds: what most rules ask for, and what most observations have none of.
#pragma once

#include <cstdint>

#include "event/record.h"

namespace dcmwatch {

/// One bit a kind.
using DeviationKinds = std::uint64_t;
static_assert(kDeviationKinds < 63);

constexpr DeviationKinds only(DeviationKind kind) { return DeviationKinds{1} << static_cast<unsigned>(kind); }

inline DeviationKinds kinds_of(const Declared& declared) {
  DeviationKinds kinds = 0;
  for (const Deviation& deviation : declared.deviations) kinds |= only(deviation.kind);
  return kinds;
}

}  // namespace dcmwatch
