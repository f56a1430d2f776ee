#include "detect/time_part.h"

namespace dcmwatch {
namespace {

using std::chrono::days, std::chrono::sys_days, std::chrono::year_month_day;

// ISO 8601: a week belongs to the year that its Thursday is in.
std::int64_t week_of(sys_days day) {
  const unsigned from_monday = std::chrono::weekday{day}.iso_encoding() - 1;
  const sys_days thursday = day - days{from_monday} + days{3};
  const sys_days new_year{year_month_day{thursday}.year() / std::chrono::January / 1};
  return (thursday - new_year).count() / 7 + 1;
}

}  // namespace

std::int64_t part_of(Timestamp time, TimePart part) {
  const Duration since_epoch = time.time_since_epoch();
  const auto since_day = std::chrono::floor<days>(since_epoch);
  const sys_days day{since_day};
  const year_month_day date{day};
  const std::chrono::hh_mm_ss of_day{since_epoch - since_day};
  switch (part) {
    case TimePart::minute: return of_day.minutes().count();
    case TimePart::hour: return of_day.hours().count();
    case TimePart::day: return static_cast<unsigned>(date.day());
    case TimePart::week: return week_of(day);
    case TimePart::month: return static_cast<unsigned>(date.month());
    case TimePart::year: return static_cast<int>(date.year());
  }
  return 0;
}

std::pair<std::int64_t, std::int64_t> bounds_of(TimePart part) {
  switch (part) {
    case TimePart::minute: return {0, 59};
    case TimePart::hour: return {0, 23};
    case TimePart::day: return {1, 31};
    case TimePart::week: return {1, 53};
    case TimePart::month: return {1, 12};
    case TimePart::year: return {1677, 2262};  // what 64 bits of nanoseconds hold
  }
  return {};
}

}  // namespace dcmwatch
