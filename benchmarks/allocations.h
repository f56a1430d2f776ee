// How often the benchmarks' program has asked for memory so far.
#pragma once

#include <cstdint>

namespace dcmwatch {

/// Of all threads together, by any form of operator new.
std::uint64_t allocations();

}  // namespace dcmwatch
