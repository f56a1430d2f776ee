#include "base/recent_places.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace dcmwatch {
namespace {

struct Entry {
  std::uint64_t key = 0;  ///< 0: blank
};

using Places = RecentPlaces<Entry, 64>;

bool asked_again(Places& places, std::uint64_t key, std::uint64_t hash) {
  const auto [entry, known] = places.find(hash, [key](const Entry& other) { return other.key == key; });
  if (!known) entry.key = key;
  return known;
}

TEST(RecentPlaces, RememberAsManyOfOneHashAsThereAreWays) {
  Places places;
  for (std::uint64_t key = 1; key <= Places::kWays; ++key) EXPECT_FALSE(asked_again(places, key, 7));
  for (std::uint64_t key = 1; key <= Places::kWays; ++key) EXPECT_TRUE(asked_again(places, key, 7));
}

TEST(RecentPlaces, ForgetTheOneThatIsThereLongest) {
  Places places;
  for (std::uint64_t key = 1; key <= Places::kWays + 1; ++key) static_cast<void>(asked_again(places, key, 7));
  EXPECT_TRUE(asked_again(places, 2, 7));
  EXPECT_FALSE(asked_again(places, 1, 7));
}

TEST(RecentPlaces, KnowNothingOnceCleared) {
  Places places;
  static_cast<void>(asked_again(places, 1, ~std::uint64_t{0}));
  EXPECT_TRUE(asked_again(places, 1, ~std::uint64_t{0}));
  places.clear();
  EXPECT_FALSE(asked_again(places, 1, ~std::uint64_t{0}));
}

}  // namespace
}  // namespace dcmwatch
