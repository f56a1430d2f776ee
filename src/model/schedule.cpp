// Howard Hinnant's date library stays in here; it reads the time zone database of the machine (Debian: tzdata).
#include "model/schedule.h"

#include <date/date.h>
#include <date/tz.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <stdexcept>

#include "base/text.h"

namespace dcmwatch {
namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::weeks;

constexpr std::string_view kUtc = "UTC";
constexpr std::size_t kDays = 7;
constexpr std::array<std::string_view, kDays> kDayNames{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::uint16_t kDayMinutes = 24 * 60;
constexpr std::uint8_t kEveryDay = 0x7F;
constexpr days kMondayOfEpoch{3};  // 1970-01-01 was a Thursday

/// What a place's clocks are ahead of UTC, and until when.
struct Offset {
  seconds ahead;
  Timestamp until;
};

/// nullptr if there is no such zone, or no database at all.
const date::time_zone* zone_called(std::string_view name) {
  try {
    return date::locate_zone(name);
  } catch (const std::runtime_error&) {
    return nullptr;
  }
}

Timestamp from_sys(date::sys_seconds time) {
  // A zone without further changes lasts longer than nanoseconds can count.
  constexpr auto kEnd = std::chrono::floor<seconds>(Timestamp::max().time_since_epoch());
  return Timestamp{std::min(time.time_since_epoch(), kEnd)};
}

Offset offset_at(const std::string& zone, Timestamp time) {
  if (zone == kUtc) return {seconds{0}, Timestamp::max()};
  const auto info =
      date::locate_zone(zone)->get_info(date::sys_seconds{std::chrono::floor<seconds>(time.time_since_epoch())});
  return {info.offset, from_sys(info.end)};
}

/// Since Monday 00:00 by the place's clocks.
Duration time_of_week(Timestamp time, const Offset& offset) {
  const Duration into = (time.time_since_epoch() % weeks{1} + offset.ahead + kMondayOfEpoch) % weeks{1};
  return into < Duration::zero() ? into + weeks{1} : into;
}

/// Where in the week the hours that begin on a day begin and end; the end may lie in the week after.
struct Span {
  Duration begin;
  Duration end;
};

Span span_on(const WeeklyHours& hours, std::size_t day) {
  const Duration midnight = days{day};
  return {midnight + minutes{hours.from}, midnight + minutes{hours.to} + (hours.to <= hours.from ? days{1} : days{0})};
}

template <typename Visit>
void for_each_span(const std::vector<WeeklyHours>& all, const Visit& visit) {
  for (const WeeklyHours& hours : all) {
    for (std::size_t day = 0; day < kDays; ++day) {
      if ((hours.days >> day & 1U) != 0) visit(span_on(hours, day));
    }
  }
}

bool holds(const std::vector<WeeklyHours>& hours, Duration now) {
  bool held = false;
  for_each_span(hours, [&](const Span& span) {
    const auto within = [&](Duration at) { return span.begin <= at && at < span.end; };
    held = held || within(now) || within(now + weeks{1});
  });
  return held;
}

/// To where hours begin or end next.
Duration until_next_edge(const std::vector<WeeklyHours>& hours, Duration now) {
  Duration nearest = weeks{1};
  const auto consider = [&](Duration edge) {
    const Duration away = (edge - now + weeks{2}) % weeks{1};
    if (away > Duration::zero()) nearest = std::min(nearest, away);
  };
  for_each_span(hours, [&](const Span& span) {
    consider(span.begin);
    consider(span.end);
  });
  return nearest;
}

/// Takes what stands before the delimiter, and the delimiter, from the text.
std::string_view take_until(std::string_view& text, char delimiter) {
  const auto end = std::min(text.find(delimiter), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

/// Exactly so many digits.
std::optional<unsigned> number_from(std::string_view digits, std::size_t count) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = error == std::errc{} && end == digits.data() + digits.size() && digits.size() == count;
  return whole ? std::optional{number} : std::nullopt;
}

/// "07:00"
std::optional<std::uint16_t> minute_from(std::string_view text) {
  const auto hour = number_from(take_until(text, ':'), 2);
  const auto minute = number_from(text, 2);
  if (!hour || !minute || *minute > 59 || *hour * 60 + *minute > kDayMinutes) return std::nullopt;
  return static_cast<std::uint16_t>(*hour * 60 + *minute);
}

std::optional<std::size_t> day_from(std::string_view text) {
  const auto found = std::ranges::find(kDayNames, text);
  return found == kDayNames.end() ? std::nullopt : std::optional{static_cast<std::size_t>(found - kDayNames.begin())};
}

/// "Mon-Fri", "Sat,Sun", "Fri-Mon"; 0 if it is no such list.
std::uint8_t days_from(std::string_view text) {
  unsigned mask = 0;
  for (bool more = true; more;) {
    more = text.find(',') != std::string_view::npos;
    const std::string_view range = take_until(text, ',');
    const auto dash = range.find('-');
    const auto first = day_from(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : day_from(range.substr(dash + 1));
    if (!first || !last) return 0;
    for (std::size_t day = *first;; day = (day + 1) % kDays) {
      mask |= 1U << day;
      if (day == *last) break;
    }
  }
  return static_cast<std::uint8_t>(mask);
}

std::string minute_text(std::uint16_t minute) {
  const auto two_digits = [](int number) {
    return std::string{static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
  };
  return two_digits(minute / 60) + ':' + two_digits(minute % 60);
}

std::string days_text(std::uint8_t mask) {
  std::string text;
  for (std::size_t first = 0; first < kDays; ++first) {
    if ((mask >> first & 1U) == 0) continue;
    std::size_t last = first;
    while (last + 1 < kDays && (mask >> (last + 1) & 1U) != 0) ++last;
    if (!text.empty()) text += ',';
    text += kDayNames[first];
    if (last != first) (text += last == first + 1 ? ',' : '-') += kDayNames[last];
    first = last;
  }
  return text;
}

}  // namespace

std::optional<WeeklyHours> weekly_hours_from(std::string_view text) {
  text = trimmed(text);
  const bool with_days = !text.empty() && (text.front() < '0' || text.front() > '9');
  WeeklyHours hours{.days = kEveryDay};
  if (with_days) hours.days = days_from(take_until(text, ' '));
  text = trimmed(text);
  if (hours.days == 0 || (text.empty() && !with_days)) return std::nullopt;
  if (text.empty()) return hours;
  const auto from = minute_from(take_until(text, '-'));
  const auto to = minute_from(text);
  if (!from || !to || *from == kDayMinutes) return std::nullopt;
  hours.from = *from;
  hours.to = *to;
  return hours;
}

std::string to_text(const WeeklyHours& hours) {
  const bool whole_day = hours.from == 0 && hours.to == kDayMinutes;
  std::string text = hours.days == kEveryDay && !whole_day ? std::string{} : days_text(hours.days);
  if (whole_day) return text;
  if (!text.empty()) text += ' ';
  return text + minute_text(hours.from) + '-' + minute_text(hours.to);
}

bool Schedule::holds_at(Timestamp time) const { return holds(hours, time_of_week(time, offset_at(time_zone, time))); }

// From edge to edge by the clocks as they go, and to where they are set: either may change the answer. Hours that fall
// into one that is skipped come again a week later, so that after three weeks all has been seen.
std::optional<Timestamp> Schedule::next_change(Timestamp time) const {
  const bool held = holds_at(time);
  const Timestamp last = std::min(time, Timestamp::max() - weeks{4}) + weeks{3};
  for (Timestamp at = time; at < last;) {
    const Offset offset = offset_at(time_zone, at);
    at = std::min(at + until_next_edge(hours, time_of_week(at, offset)), offset.until);
    if (holds_at(at) != held) return at;
  }
  return std::nullopt;
}

bool is_time_zone(const std::string& name) {
  if (name == kUtc) return true;
  const date::time_zone* const zone = zone_called(name);
  if (!zone) return false;
  try {
    (void)zone->get_info(date::sys_seconds{});  // which reads its file
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

std::vector<std::string_view> time_zone_names() {
  std::vector<std::string_view> names{kUtc};
  try {
    for (const date::time_zone& zone : date::get_tzdb().zones) names.emplace_back(zone.name());
  } catch (const std::runtime_error&) {
    return names;  // no database
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::optional<Timestamp> end_of_day(std::string_view day, const std::string& time_zone) {
  const auto year = number_from(take_until(day, '-'), 4);
  const auto month = number_from(take_until(day, '-'), 2);
  const auto of_month = number_from(day, 2);
  if (!year || !month || !of_month) return std::nullopt;
  const date::year_month_day date{date::year{static_cast<int>(*year)}, date::month{*month}, date::day{*of_month}};
  constexpr unsigned kFirstYear = 1970, kLastYear = 2200;  // nanoseconds end in 2262
  if (!date.ok() || *year < kFirstYear || *year > kLastYear) return std::nullopt;
  const date::local_seconds midnight = date::local_days{date} + days{1};
  if (time_zone == kUtc) return Timestamp{midnight.time_since_epoch()};
  // Where midnight itself is skipped, the day after begins later.
  return from_sys(date::locate_zone(time_zone)->to_sys(midnight, date::choose::earliest));
}

std::string written(Duration time) {
  struct Unit {
    Duration length;
    std::string_view name;
  };
  using namespace std::chrono_literals;
  constexpr std::array kUnits{Unit{24h, "d"}, Unit{1h, "h"}, Unit{1min, "m"}, Unit{1s, "s"}, Unit{1ms, "ms"}};
  for (const Unit& unit : kUnits) {
    if (time >= unit.length && time % unit.length == Duration::zero())
      return std::to_string(time / unit.length) + std::string{unit.name};
  }
  return std::to_string(time.count()) + "ns";
}

std::string to_text(const Schedule& schedule) {
  std::string text;
  for (const WeeklyHours& hours : schedule.hours) text.append(text.empty() ? "" : ", ").append(to_text(hours));
  return text + " (" + schedule.time_zone + ')';
}

}  // namespace dcmwatch
