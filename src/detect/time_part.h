// What Sigma's time modifiers take of a time, in UTC.
#pragma once

#include <cstdint>

#include "base/timestamp.h"

namespace dcmwatch {

enum class TimePart : std::uint8_t { minute, hour, day, week, month, year };

/// `week` as ISO 8601 counts them.
std::int64_t part_of(Timestamp time, TimePart part);

}  // namespace dcmwatch
