// Small numbers as decimal digits, for what is written often. Each writes at `at` and returns where it ended.
#pragma once

#include <array>
#include <cstring>

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

}  // namespace dcmwatch
