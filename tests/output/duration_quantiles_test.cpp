#include "output/duration_quantiles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace dcmwatch {
namespace {

DurationQuantiles of(const std::vector<std::int64_t>& durations_ns) {
  DurationQuantiles quantiles;
  for (const std::int64_t duration_ns : durations_ns) quantiles.add(Duration{duration_ns});
  return quantiles;
}

std::vector<std::int64_t> some(std::size_t count) {
  std::mt19937_64 random{count};
  std::lognormal_distribution<double> latency{17, 3};  // around 20 ms, from microseconds to minutes
  std::vector<std::int64_t> durations_ns(count);
  for (std::int64_t& duration_ns : durations_ns) duration_ns = static_cast<std::int64_t>(latency(random));
  return durations_ns;
}

constexpr std::array kShares{0.0, 0.01, 0.5, 0.9, 0.99, 1.0};

std::int64_t nearest_rank(std::vector<std::int64_t> durations_ns, double share) {
  std::ranges::sort(durations_ns);
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(durations_ns.size())));
  return durations_ns[std::max<std::size_t>(rank, 1) - 1];
}

TEST(DurationQuantiles, AreExactForAFew) {
  for (const std::size_t count :
       {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{100}, DurationQuantiles::kExactly}) {
    const auto durations_ns = some(count);
    const DurationQuantiles quantiles = of(durations_ns);
    EXPECT_EQ(quantiles.count(), count);
    for (const double share : kShares)
      EXPECT_EQ(quantiles.at(share).count(), nearest_rank(durations_ns, share)) << count;
  }
}

TEST(DurationQuantiles, AreWithinHalfAPerCentForMany) {
  for (const std::size_t count : {DurationQuantiles::kExactly + 1, std::size_t{20'000}}) {
    const auto durations_ns = some(count);
    const DurationQuantiles quantiles = of(durations_ns);
    for (const double share : kShares) {
      const auto exact = static_cast<double>(nearest_rank(durations_ns, share));
      EXPECT_NEAR(static_cast<double>(quantiles.at(share).count()), exact, exact * 0.005 + 1) << count << ' ' << share;
    }
  }
}

TEST(DurationQuantiles, DoNotDependOnTheOrder) {
  auto durations_ns = some(5000);
  const DurationQuantiles one = of(durations_ns);
  std::ranges::sort(durations_ns);
  const DurationQuantiles other = of(durations_ns);
  for (const double share : kShares) EXPECT_EQ(one.at(share), other.at(share));
}

TEST(DurationQuantiles, TakeTheShortestAndTheLongest) {
  std::vector<std::int64_t> durations_ns(1000, 0);
  durations_ns.back() = std::numeric_limits<std::int64_t>::max();
  durations_ns.front() = -5;  // of clocks that were set back
  const DurationQuantiles quantiles = of(durations_ns);
  EXPECT_EQ(quantiles.at(0.5).count(), 0);
  EXPECT_GT(quantiles.at(1).count(), std::numeric_limits<std::int64_t>::max() / 256 * 254);
}

}  // namespace
}  // namespace dcmwatch
