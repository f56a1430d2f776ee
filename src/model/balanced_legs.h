// The two legs of an association through a balancer, so that it counts once.
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_set>

#include "base/limits.h"
#include "event/event.h"

namespace dcmwatch {

/// A balancer accepts an association and opens another one with the same titles to one of its nodes, within
/// Limits::balanced_leg_window. Whichever becomes known second is the second leg. Only legs of one declared flow are
/// joined: where the two are different flows, each counts once for itself.
class BalancedLegs {
 public:
  explicit BalancedLegs(const Limits& limits) : limits_(limits) {}

  enum class End : std::uint8_t { from_balancer, to_balancer };

  /// An association of a flow with the balancer.
  void on_association(const Event& event, const DicomAssociation& association, std::uint32_t flow,
                      std::uint32_t balancer, End end);
  void on_end(std::uint64_t conversation) { second_.erase(conversation); }
  /// Whether what this conversation carries was counted on the other leg.
  [[nodiscard]] bool is_second(std::uint64_t conversation) const { return second_.contains(conversation); }

  /// Sooner than after the window, to stay within Limits::balanced_legs.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

 private:
  struct Leg {
    std::uint64_t conversation = 0;
    Timestamp time{};
    AeTitle calling, called;
    std::uint32_t flow = 0, balancer = 0;
    End end{};
  };

  const Limits& limits_;
  std::deque<Leg> waiting_;  ///< for their other one, oldest first
  std::deque<std::uint64_t> second_in_order_;
  std::unordered_set<std::uint64_t> second_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace dcmwatch
