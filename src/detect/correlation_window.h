// What of a group's matches lies within a correlation's timespan.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/timestamp.h"
#include "detect/correlation.h"

namespace dcmwatch {

/// A window keeps as many times or values.
constexpr std::size_t kMostCounted = 10'000;

/// A match that is counted.
struct CountedMatch {
  Timestamp time{};            ///< never before an earlier one's
  Mark mark;                   ///< where it was seen
  std::uint64_t sequence = 0;  ///< of the observation: several rules may match one
  std::size_t member = 0;      ///< of Correlation::members
  std::string_view value{};    ///< of value_count
  std::uint64_t amount = 0;    ///< of value_sum: above zero
};

/// Counts up to Correlation::counts_up_to and is exact so far: of what lies within the timespan it keeps the latest, of
/// which the oldest tells when the count falls below. Of more than kMostCounted amounts a sum forgets each up
/// to a five-thousandth of the timespan too early.
///
/// Order of calls: for each occurrence expire with what is too old by then, and add; the others at any time.
class CorrelationWindow {
 public:
  virtual ~CorrelationWindow() = default;

  /// What is not later than this counts no more.
  virtual void expire(Timestamp until) = 0;
  virtual void add(const CountedMatch& occurrence) = 0;
  /// Events, values, their sum, or rules; of temporal_ordered how many of its rules have matched in their order.
  [[nodiscard]] virtual std::size_t count() const = 0;
  /// The earliest that counts. Only if anything does.
  [[nodiscard]] virtual Mark first() const = 0;
  /// Which members are behind it: one bool each.
  [[nodiscard]] virtual std::vector<bool> members() const = 0;
  [[nodiscard]] virtual std::size_t bytes() const = 0;
};

std::unique_ptr<CorrelationWindow> make_window(const Correlation& correlation);

}  // namespace dcmwatch
