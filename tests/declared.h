// Declared values made by hand.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "event/record.h"

namespace dcmwatch::test {

/// What of it is to be different from now on, for the holder of this one alone.
inline Declared& change(SharedDeclared& shared) {
  const auto copy = std::make_shared<Declared>(*shared);
  shared = SharedDeclared{copy};
  return *copy;
}

inline void set_deviations(Declared& declared, std::vector<Deviation> deviations) {
  const auto owner = std::make_shared<const std::vector<Deviation>>(std::move(deviations));
  declared.deviations = *owner;
  declared.owner = owner;
}

inline void set_unknown(Declared& declared, std::vector<UnknownKind> unknown) {
  const auto owner = std::make_shared<const std::vector<UnknownKind>>(std::move(unknown));
  declared.unknown = *owner;
  declared.owner = owner;
}

}  // namespace dcmwatch::test
