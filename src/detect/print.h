// What tells whether two documents say the same.
#pragma once

#include <cstdint>

#include "model/document.h"

namespace dcmwatch {

/// Of what a document says, whatever its comments and its layout.
std::uint64_t print_of(const Node& document);

/// The print of two things together, in this order.
std::uint64_t joined(std::uint64_t one, std::uint64_t other);

}  // namespace dcmwatch
