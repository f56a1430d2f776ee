#include "base/timestamp.h"

#include <array>
#include <cstddef>

namespace dcmwatch {
namespace {

void put_digits(char* at, std::size_t width, std::int64_t value) {
  for (std::size_t i = width; i-- > 0; value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

void append_rfc3339(std::string& out, Timestamp time) {
  using std::chrono::days, std::chrono::floor, std::chrono::seconds;
  const auto since_epoch = time.time_since_epoch();
  const auto day = floor<days>(since_epoch);
  const std::chrono::year_month_day date{std::chrono::sys_days{day}};
  const std::chrono::hh_mm_ss of_day{since_epoch - day};

  std::array<char, 30> text;  // 2026-01-31T23:59:59.123456789Z
  put_digits(&text[0], 4, static_cast<int>(date.year()));
  text[4] = text[7] = '-';
  put_digits(&text[5], 2, static_cast<unsigned>(date.month()));
  put_digits(&text[8], 2, static_cast<unsigned>(date.day()));
  text[10] = 'T';
  put_digits(&text[11], 2, of_day.hours().count());
  text[13] = text[16] = ':';
  put_digits(&text[14], 2, of_day.minutes().count());
  put_digits(&text[17], 2, of_day.seconds().count());
  text[19] = '.';
  put_digits(&text[20], 9, of_day.subseconds().count());
  text[29] = 'Z';
  out.append(text.data(), text.size());
}

std::string to_rfc3339(Timestamp time) {
  std::string text;
  append_rfc3339(text, time);
  return text;
}

}  // namespace dcmwatch
