#include "base/digits.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace dcmwatch {
namespace {

std::string text_of(std::int64_t number) {
  std::array<char, kLongestNumber> text;
  return {text.data(), put_number(text.data(), number)};
}

TEST(Digits, WriteNumbersOfEveryLength) {
  for (const std::uint64_t power : kPowersOfTen) {
    for (const std::uint64_t number : {power - 1, power, power + 1}) {
      const auto value = static_cast<std::int64_t>(number);
      EXPECT_EQ(text_of(value), std::to_string(value));
    }
  }
  for (int bit = 0; bit < 64; ++bit) {
    const auto value = static_cast<std::int64_t>(std::uint64_t{1} << bit);
    EXPECT_EQ(text_of(value), std::to_string(value));
    EXPECT_EQ(text_of(value - (value != std::numeric_limits<std::int64_t>::min())),
              std::to_string(value - (value != std::numeric_limits<std::int64_t>::min())));
  }
  for (std::int64_t value = -1100; value <= 1100; ++value) EXPECT_EQ(text_of(value), std::to_string(value));
}

}  // namespace
}  // namespace dcmwatch
