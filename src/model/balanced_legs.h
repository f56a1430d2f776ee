// The two legs of what passes through a balancer, so that it counts once.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

#include "base/limits.h"
#include "event/event.h"
#include "model/model.h"

namespace dcmwatch {

/// A balancer accepts an association and opens another one with the same titles to one of its nodes, or passes a
/// message on with its control id and its sender, within Limits::balanced_leg_window. Whichever becomes known second is
/// the second leg. Only legs of one declared flow are joined: where the two are different flows, each counts once for
/// itself. Without a balancer in the model it costs a comparison.
class BalancedLegs {
 public:
  /// `model` outlives it.
  BalancedLegs(const Model& model, const Limits& limits);

  /// Each record of a flow once, as it comes, with the flow and the devices by their places in the model. Whether what
  /// it tells was told of the other leg, and is not to be counted again.
  bool is_second(const Event& event, std::uint32_t flow, std::uint32_t source, std::uint32_t destination);

  /// Goes on where `old` was. `flow_of` and `device_of` give the places of its flows and devices in the model as it is
  /// now; nothing: gone, or another.
  template <typename FlowOf, typename DeviceOf>
  void adopt(BalancedLegs&& old, const FlowOf& flow_of, const DeviceOf& device_of) {
    for (Leg& leg : old.waiting_) {
      const std::optional<std::uint32_t> flow = flow_of(leg.flow), balancer = device_of(leg.balancer);
      if (!flow || !balancer) continue;
      leg.flow = *flow;
      leg.balancer = *balancer;
      waiting_.push_back(std::move(leg));
    }
    second_in_order_ = std::move(old.second_in_order_);
    second_ = std::move(old.second_);
    forgotten_ = old.forgotten_;
  }

  /// Sooner than after the window, to stay within Limits::balanced_legs.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

 private:
  struct Leg {
    std::uint64_t conversation = 0;
    Timestamp time{};
    std::string likeness;  ///< what both legs have in common
    std::uint32_t flow = 0, balancer = 0;
    bool from_balancer = false;
  };

  [[nodiscard]] bool balances(std::uint32_t device) const;
  [[nodiscard]] bool waits(std::uint64_t conversation) const;
  bool joins(Leg leg);
  void keep_second(std::uint64_t conversation);

  const Model& model_;
  const std::size_t most_;
  const Duration window_;
  bool any_balancer_ = false;
  std::deque<Leg> waiting_;  ///< for their other one, oldest first
  std::deque<std::uint64_t> second_in_order_;
  std::unordered_set<std::uint64_t> second_;  ///< conversations of associations
  std::uint64_t forgotten_ = 0;
};

}  // namespace dcmwatch
