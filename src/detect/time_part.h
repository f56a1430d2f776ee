// What Sigma's time modifiers take of a time, in UTC.
#pragma once

#include <cstdint>
#include <utility>

#include "base/timestamp.h"

namespace dcmwatch {

enum class TimePart : std::uint8_t { minute, hour, day, week, month, year };

/// `week` as ISO 8601 counts them.
std::int64_t part_of(Timestamp time, TimePart part);

/// The least and the most that it can be.
std::pair<std::int64_t, std::int64_t> bounds_of(TimePart part);

}  // namespace dcmwatch
