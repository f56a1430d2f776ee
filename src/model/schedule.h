// Hours of the week in which something is declared, by the clocks of a place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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

/// "Mon-Fri 07:00-19:00", "Sat,Sun" (the whole day), "22:00-06:00" (each day, until the next morning); nothing if it is
/// none of this.
std::optional<WeeklyHours> weekly_hours_from(std::string_view text);
/// As weekly_hours_from reads it.
std::string to_text(const WeeklyHours& hours);

/// Costs a search of the time zone database a call: who asks for each packet keeps the answer until next_change.
struct Schedule {
  std::vector<WeeklyHours> hours;
  std::string time_zone = "UTC";  ///< a name that is_time_zone knows

  /// Whether one of the hours holds. Where clocks are set back, both of an hour that comes twice are meant; one that
  /// is skipped never comes.
  [[nodiscard]] bool holds_at(Timestamp time) const;
  /// The first moment after `time` at which holds_at says otherwise; nothing if it never does.
  [[nodiscard]] std::optional<Timestamp> next_change(Timestamp time) const;

  friend bool operator==(const Schedule&, const Schedule&) = default;
};

/// As the model writes it: "90s", "2m", "1d"
std::string written(Duration time);
/// "Mon-Fri 07:00-19:00, Sat 08:00-12:00 (Europe/Berlin)"
std::string to_text(const Schedule& schedule);

/// Whether the time zone database of this machine knows the name (IANA's: "Europe/Berlin"). UTC is known without one.
/// Reads the zone, so that its schedules can be asked later where no file can be opened any more.
bool is_time_zone(const std::string& name);

/// The names that is_time_zone knows, sorted.
std::vector<std::string_view> time_zone_names();

/// The first moment after a day, "2027-03-31", by the clocks of a known time zone; nothing if there is no such day.
std::optional<Timestamp> end_of_day(std::string_view day, const std::string& time_zone);

}  // namespace dcmwatch
