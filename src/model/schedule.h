// Hours of the week in which something is declared, by the clocks of a place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/timestamp.h"

namespace dcmwatch {

/// "Mon-Fri 07:00-19:00"
struct WeeklyHours {
  std::uint8_t days = 0;       ///< bit 0 Monday … bit 6 Sunday: those on which it begins
  std::uint16_t from = 0;      ///< minute of the day, 0 to 1439
  std::uint16_t to = 24 * 60;  ///< minute of the day; at or before `from`: of the next day

  friend bool operator==(const WeeklyHours&, const WeeklyHours&) = default;
};

struct Schedule {
  std::vector<WeeklyHours> hours;
  std::string time_zone = "UTC";  ///< a name of the IANA time zone database

  /// Whether one of the hours holds. Where clocks are set back, both of an hour that comes twice are meant; one that
  /// is skipped never comes.
  [[nodiscard]] bool holds_at(Timestamp time) const;
  /// The first moment after `time` at which holds_at says otherwise; nothing if it never does.
  [[nodiscard]] std::optional<Timestamp> next_change(Timestamp time) const;

  friend bool operator==(const Schedule&, const Schedule&) = default;
};

/// Whether the time zone database of this machine knows the name.
bool is_time_zone(const std::string& name);

}  // namespace dcmwatch
