// The median and its like of any number of durations, in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "base/timestamp.h"

namespace dcmwatch {

/// Exact for the first kExactly durations; beyond, to half a per cent. What it answers depends on the durations alone,
/// not on the order in which they came.
///
/// No library of Debian does this: its quantile sketches for C++ depend on the order, its HDR histograms are for other
/// languages. Beyond the exact ones they are counted as such a histogram does, by their first eight binary digits.
/// At most some 7,300 counts, of which latencies need a few hundred.
class DurationQuantiles {
 public:
  static constexpr std::size_t kExactly = 512;

  void add(Duration duration);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// The smallest of them that is no less than the given share of all, by nearest rank. There is at least one.
  [[nodiscard]] Duration at(double share) const;

 private:
  std::uint64_t count_ = 0;
  std::vector<std::int64_t> exact_ns_;              ///< empty once there are too many
  std::map<std::uint32_t, std::uint64_t> buckets_;  ///< how many are in each, once there are
};

}  // namespace dcmwatch
