#include "base/timestamp.h"

#include <algorithm>

#include "base/digits.h"

namespace dcmwatch {
namespace {

/// 2026-01-31T23:59:59.
void put_second(char* at, std::chrono::seconds since_epoch) {
  using std::chrono::days, std::chrono::floor;
  const auto day = floor<days>(since_epoch);
  const std::chrono::year_month_day date{std::chrono::sys_days{day}};
  const std::chrono::hh_mm_ss of_day{since_epoch - day};
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  at = put_two_digits(at, year / 100);
  at = put_two_digits(at, year % 100);
  *at++ = '-';
  at = put_two_digits(at, static_cast<unsigned>(date.month()));
  *at++ = '-';
  at = put_two_digits(at, static_cast<unsigned>(date.day()));
  *at++ = 'T';
  at = put_two_digits(at, static_cast<unsigned>(of_day.hours().count()));
  *at++ = ':';
  at = put_two_digits(at, static_cast<unsigned>(of_day.minutes().count()));
  *at++ = ':';
  at = put_two_digits(at, static_cast<unsigned>(of_day.seconds().count()));
  *at = '.';
}

}  // namespace

char* Rfc3339::put(char* at, Timestamp time) {
  const auto since_epoch = time.time_since_epoch();
  const auto second = std::chrono::floor<std::chrono::seconds>(since_epoch);
  if (second != second_) {
    put_second(text_.data(), second);
    second_ = second;
  }
  at = std::copy(text_.begin(), text_.end(), at);

  const auto nanoseconds = static_cast<unsigned>((since_epoch - second).count());
  *at++ = static_cast<char>('0' + nanoseconds / 100'000'000);
  at = put_two_digits(at, nanoseconds / 1'000'000 % 100);
  at = put_two_digits(at, nanoseconds / 10'000 % 100);
  at = put_two_digits(at, nanoseconds / 100 % 100);
  at = put_two_digits(at, nanoseconds % 100);
  *at++ = 'Z';
  return at;
}

void append_rfc3339(std::string& out, Timestamp time) {
  std::array<char, Rfc3339::kCharacters> text;
  Rfc3339{}.put(text.data(), time);
  out.append(text.data(), text.size());
}

std::string to_rfc3339(Timestamp time) {
  std::string text;
  append_rfc3339(text, time);
  return text;
}

}  // namespace dcmwatch
