// Numbers as decimal digits, for what is written often. Each writes at `at` and returns where it ended.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace dcmwatch {

inline constexpr auto kTwoDigits = [] {
  std::array<std::array<char, 2>, 100> all{};
  for (unsigned i = 0; i < all.size(); ++i) all[i] = {static_cast<char>('0' + i / 10), static_cast<char>('0' + i % 10)};
  return all;
}();

/// 00 to 99.
inline char* put_two_digits(char* at, unsigned number) {
  std::memcpy(at, kTwoDigits[number].data(), 2);
  return at + 2;
}

/// 0 to 255, without leading zeros.
inline char* put_octet(char* at, unsigned number) {
  if (number >= 100) {
    *at++ = static_cast<char>('0' + number / 100);
    return put_two_digits(at, number % 100);
  }
  if (number >= 10) return put_two_digits(at, number);
  *at++ = static_cast<char>('0' + number);
  return at;
}

inline constexpr auto kPowersOfTen = [] {
  std::array<std::uint64_t, 20> all{};
  std::uint64_t power = 1;
  for (std::uint64_t& one : all) one = std::exchange(power, power * 10);
  return all;
}();

/// How many digits it has; 0 has one.
inline std::size_t count_digits(std::uint64_t number) {
  // 1233 / 4096 is the logarithm of 2; it may be one too many where the number of bits is that of a power of ten.
  const std::size_t estimate = static_cast<std::size_t>(std::bit_width(number | 1)) * 1233 >> 12;
  return estimate + (number >= kPowersOfTen[estimate] || number == 0 ? 1 : 0);
}

inline constexpr std::size_t kLongestNumber = 20;  ///< -9223372036854775808

/// At most kLongestNumber characters.
inline char* put_number(char* at, std::int64_t number) {
  auto left = static_cast<std::uint64_t>(number);
  if (number < 0) {
    *at++ = '-';
    left = -left;
  }
  if (left < 100) return put_octet(at, static_cast<unsigned>(left));
  char* const end = at + count_digits(left);
  char* digits = end;
  for (; left >= 100; left /= 100) put_two_digits(digits -= 2, static_cast<unsigned>(left % 100));
  if (left >= 10) {
    put_two_digits(digits - 2, static_cast<unsigned>(left));
  } else {
    digits[-1] = static_cast<char>('0' + left);
  }
  return end;
}

}  // namespace dcmwatch
