#include "protocol/dicom/date_time.h"

#include <algorithm>

namespace dcmwatch::dicom {
namespace {

constexpr int kEarliestYear = 1900;
constexpr std::chrono::sys_days
    kEpoch{};                      // before it there were no packets; two times since it differ by 64 bits at most
constexpr int kLatestYear = 2260;  // 64 bits of nanoseconds end two years later
constexpr std::size_t kMostFractionDigits = 6;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes exactly so many digits from the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits || !std::all_of(text.begin(), text.begin() + digits, is_digit)) return std::nullopt;
  int number = 0;
  for (const char c : text.substr(0, digits)) number = number * 10 + (c - '0');
  text.remove_prefix(digits);
  return number;
}

// Of a minute or a second, which need not be there.
std::optional<int> take_sixtieths(std::string_view& text, int most) {
  if (text.starts_with(':')) text.remove_prefix(1);
  if (text.empty()) return 0;
  const auto number = take_number(text, 2);
  return number && *number <= most ? number : std::nullopt;
}

std::optional<Duration> take_fraction(std::string_view text) {
  if (text.empty()) return Duration::zero();
  if (text.front() != '.') return std::nullopt;
  text.remove_prefix(1);
  const std::size_t digits = text.size();
  if (digits == 0 || digits > kMostFractionDigits) return std::nullopt;
  const auto number = take_number(text, digits);
  if (!number) return std::nullopt;
  Duration unit = std::chrono::seconds{1};
  for (std::size_t i = 0; i < digits; ++i) unit /= 10;
  return *number * unit;
}

}  // namespace

std::optional<std::chrono::sys_days> date_of(std::string_view da) {
  const auto year = take_number(da, 4);
  const bool dotted = da.starts_with('.');
  if (dotted) da.remove_prefix(1);
  const auto month = take_number(da, 2);
  if (dotted && !da.starts_with('.')) return std::nullopt;
  if (dotted) da.remove_prefix(1);
  const auto day = take_number(da, 2);
  if (!year || !month || !day || !da.empty() || *year < kEarliestYear || *year > kLatestYear) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date};
}

std::optional<Duration> time_of(std::string_view tm) {
  const auto hours = take_number(tm, 2);
  if (!hours || *hours > 23) return std::nullopt;
  const auto minutes = take_sixtieths(tm, 59);
  const auto seconds = take_sixtieths(tm, 60);  // 60: a leap second
  const auto fraction = take_fraction(tm);
  if (!minutes || !seconds || !fraction) return std::nullopt;
  return std::chrono::hours{*hours} + std::chrono::minutes{*minutes} + std::chrono::seconds{*seconds} + *fraction;
}

std::optional<std::chrono::minutes> offset_of(std::string_view offset) {
  if (offset.size() != 5 || (offset.front() != '+' && offset.front() != '-')) return std::nullopt;
  const int sign = offset.front() == '-' ? -1 : 1;
  offset.remove_prefix(1);
  const auto hours = take_number(offset, 2);
  const auto minutes = take_number(offset, 2);
  if (!hours || !minutes || *hours > 14 || *minutes > 59) return std::nullopt;
  return sign * (std::chrono::hours{*hours} + std::chrono::minutes{*minutes});
}

std::optional<DateTime> date_time_of(std::string_view dt, std::optional<std::chrono::minutes> offset) {
  constexpr std::size_t kDateDigits = 8;
  const std::size_t sign = dt.find_first_of("+-");
  if (sign != std::string_view::npos) {
    offset = offset_of(dt.substr(sign));
    if (!offset) return std::nullopt;
    dt = dt.substr(0, sign);
  }
  if (dt.size() <= kDateDigits) return std::nullopt;
  return date_time_of(dt.substr(0, kDateDigits), dt.substr(kDateDigits), offset);
}

std::optional<DateTime> date_time_of(std::string_view da, std::string_view tm,
                                     std::optional<std::chrono::minutes> offset) {
  const auto date = date_of(da);
  const auto time = time_of(tm);
  if (!date || !time || *date < kEpoch) return std::nullopt;
  const Duration written = date->time_since_epoch() + *time;
  return DateTime{Timestamp{written - offset.value_or(std::chrono::minutes{0})}, offset.has_value()};
}

}  // namespace dcmwatch::dicom
