// Adds up the connections that did not come about, unanswered ones above all, that the assembler's partitions counted
// apart.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "event/event.h"

namespace dcmwatch {

/// One record for each minute and source address or, where half of Limits::unanswered_records are taken, network,
/// however many partitions and shards there are: what they tell of a minute bears the same time and comes in one
/// parcel. Order of calls, for each event in packet time: told() when complete_before() it, then take(); and told() at
/// each parcel's end.
class Unanswered {
 public:
  /// `limits` outlives it.
  explicit Unanswered(const Limits& limits) : limits_(limits) {}

  /// Whether the event is such a part, which is then kept.
  bool take(const Event& event);
  [[nodiscard]] bool complete_before(const Event& event) const {
    return !sums_.empty() && sums_.front().last.time < event.last.time;
  }
  /// The records, in the order in which their sources were first told; Limits::unanswered_records of them at most, and
  /// one for the rest.
  std::vector<Event> told() { return std::exchange(sums_, {}); }
  /// Connections told without their network, for Limits::unanswered_records.
  [[nodiscard]] std::uint64_t without_network() const { return without_network_; }
  /// How often one whom they called was not listed, for Limits::unanswered_destinations.
  [[nodiscard]] std::uint64_t destinations_left_out() const { return destinations_left_out_; }

 private:
  const Limits& limits_;
  std::vector<Event> sums_;
  std::uint64_t without_network_ = 0;
  std::uint64_t destinations_left_out_ = 0;
};

}  // namespace dcmwatch
