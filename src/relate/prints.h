// What facts are kept in mind by: 64 bits each.
#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

#include "base/endpoint.h"

namespace dcmwatch {

/// The first 64 bits of what is written in hexadecimal digits: a pseudonym, as InstancePrint has them, or a digest. 0:
/// there is none.
inline std::uint64_t print_of(std::string_view digits) {
  digits = digits.substr(0, 16);
  std::uint64_t print = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), print, 16);
  return print;
}

inline std::uint64_t print_of(const IpAddress& address) {
  const auto [high, low] = address.words();
  return folded_product(high ^ 0xa0761d6478bd642fU, low ^ 0xe7037ed1a0b428dbU);
}

/// Of two numbers that are something only together.
inline std::uint64_t print_of(std::uint64_t one, std::uint64_t other) {
  return folded_product(one ^ 0x8ebc6af09c88c6e3U, other ^ 0x589965cc75374cc3U);
}

}  // namespace dcmwatch
