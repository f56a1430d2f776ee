#include "output/duration_quantiles.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace dcmwatch {
namespace {

constexpr unsigned kDigits = 8;  // binary, of each number
constexpr std::uint64_t kHalf = std::uint64_t{1} << (kDigits - 1);

// Numbers of up to kDigits digits have a bucket each, those of one digit more share it with one other, and so on.
std::uint32_t bucket_of(std::int64_t duration_ns) {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(duration_ns, 0));
  const int shift = std::max(static_cast<int>(std::bit_width(value)) - static_cast<int>(kDigits), 0);
  return static_cast<std::uint32_t>(kHalf * static_cast<unsigned>(shift) + (value >> shift));
}

std::int64_t middle_of(std::uint32_t bucket) {
  const std::uint64_t shift = bucket < 2 * kHalf ? 0 : bucket / kHalf - 1;
  const std::uint64_t first = (bucket - kHalf * shift) << shift;
  return static_cast<std::int64_t>(first + (std::uint64_t{1} << shift) / 2);
}

}  // namespace

void DurationQuantiles::add(Duration duration) {
  ++count_;
  if (count_ <= kExactly) {
    exact_ns_.push_back(duration.count());
    return;
  }
  for (const std::int64_t earlier_ns : exact_ns_) ++buckets_[bucket_of(earlier_ns)];
  exact_ns_ = {};
  ++buckets_[bucket_of(duration.count())];
}

Duration DurationQuantiles::at(double share) const {
  const auto rank =
      std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))));
  if (!exact_ns_.empty()) {
    std::vector<std::int64_t> sorted = exact_ns_;
    const auto place = sorted.begin() + static_cast<std::ptrdiff_t>(rank - 1);
    std::nth_element(sorted.begin(), place, sorted.end());
    return Duration{*place};
  }
  std::uint64_t below = 0;
  for (const auto& [bucket, count] : buckets_) {
    below += count;
    if (below >= rank) return Duration{middle_of(bucket)};
  }
  return Duration{};
}

}  // namespace dcmwatch
