// What the two ends of a connection say, as a script.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "assemble/stream.h"

namespace dcmwatch::test {

/// One call of the assembler: bytes, or a gap if there are none.
struct Said {
  Direction direction;
  std::string bytes;
  std::uint64_t missing = 0;
};
inline Said there(std::string bytes) { return {Direction::forward, std::move(bytes)}; }
inline Said back(std::string bytes) { return {Direction::backward, std::move(bytes)}; }
inline Said gap(Direction direction, std::uint64_t missing) { return {direction, {}, missing}; }

}  // namespace dcmwatch::test
