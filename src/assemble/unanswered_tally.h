// Connections that nobody answered, counted by source and minute of packet time.
#pragma once

#include <cstdint>
#include <vector>

#include "assemble/stream.h"
#include "base/limits.h"

namespace dcmwatch {

/// A partition's part of the count. Its size does not depend on how many there were.
class UnansweredTally {
 public:
  /// In a minute by source address, while half of Limits::unanswered_networks is left; then by network, and the rest
  /// together.
  explicit UnansweredTally(const Limits& limits) : limits_(limits) {}

  /// `one` is a lone connection that was not answered; its `last` is the time of its latest SYN or, of a glimpse, of
  /// its end. Its id is kept if it is the first of its source or network. False if it was counted without its network.
  bool add(const UnansweredConnections& one);
  /// Tells the minutes of which nothing more can come: every connection of theirs has had its time.
  void advance(Timestamp now, StreamHandler& handler);
  /// Tells all, with `now` as the time: at the end, or where the clock was set.
  void finish(Timestamp now, StreamHandler& handler);
  /// How often one whom they called was not listed, for Limits::unanswered_destinations.
  [[nodiscard]] std::uint64_t destinations_left_out() const { return destinations_left_out_; }

 private:
  struct Count {
    std::int64_t minute;
    UnansweredConnections connections;
  };

  const Limits& limits_;
  std::vector<Count> counts_;
  std::uint64_t destinations_left_out_ = 0;
  std::int64_t told_minutes_ = 0;  ///< those before it; what comes later than it should counts in this one
};

}  // namespace dcmwatch
