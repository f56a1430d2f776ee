// Which declared flows captures showed, and what they showed that was not declared.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/balanced_legs.h"
#include "model/diagram.h"
#include "model/flow_visibility.h"
#include "output/record_sink.h"

namespace dcmwatch {

/// Of a declared flow.
struct ObservedFlow {
  std::uint64_t count =
      0;  ///< operations, messages or, of what is not decoded, connections; a balancer's two legs once
  std::uint64_t deviating = 0;
  std::uint64_t connections = 0;  ///< that could have been its, whatever they carried
  std::uint64_t unanswered = 0;   ///< tried, and nobody answered
  std::optional<Timestamp> first, last;
  Visibility hidden;  ///< what stood in the way of seeing the rest of those connections
};

enum class Coverage : std::uint8_t {
  seen,
  hidden,  ///< something of it was seen, and not what it carried; or it may have passed where the capture has holes
  out_of_sight,  ///< nobody at one of its ends was seen at all, or answered or was answered: perhaps the capture was
                 ///< taken elsewhere
  never_seen
};

/// Takes the records of a run, those of every phase, since an association's titles tell which leg of a balancer's its
/// operations are of; asked when it is over. One entry a flow, one a pair of ends: bounded by the
/// model, and by Limits::drawn_pairs.
class ObservedFlows final : public RecordSink {
 public:
  /// `model` outlives it.
  explicit ObservedFlows(const Model& model);

  void observe(const Observation& observation) override;
  void observe(const Finding&) override {}
  /// Packets were dropped.
  void on_blindness() { visibility_.on_blindness({}); }

  [[nodiscard]] const std::vector<ObservedFlow>& flows() const { return flows_; }
  [[nodiscard]] Coverage coverage_of(std::uint32_t flow) const;
  /// Of one that was not seen: what stood in the way, by name.
  [[nodiscard]] std::vector<std::string_view> obstacles_of(std::uint32_t flow) const;
  /// Whether the capture itself lacks something: packets dropped, bytes never seen.
  [[nodiscard]] std::uint64_t gaps() const { return gaps_; }
  [[nodiscard]] Sightings sightings() const;

 private:
  void count(const Observation& observation, std::uint32_t flow, bool second_leg);
  [[nodiscard]] std::uint32_t place_of(const Place& place) const;
  [[nodiscard]] std::optional<WhyNotVisible> why_not_visible(std::uint32_t flow) const;
  /// What of the flow went between the observation's devices.
  SeenFlow& between(const Observation& observation, std::uint32_t flow);
  void note_undeclared(const Observation& observation);
  [[nodiscard]] SeenEnd end_of(const Place& place, const Endpoint& endpoint) const;

  const Model& model_;
  std::unordered_map<std::string_view, std::uint32_t> flow_index_, device_index_, zone_index_;
  std::vector<ObservedFlow> flows_;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, SeenFlow> traffic_;  ///< by flow and devices
  std::vector<bool> devices_seen_;
  FlowVisibility visibility_;
  BalancedLegs legs_;
  std::map<std::tuple<SeenEnd, std::optional<SeenEnd>, std::string>, std::uint64_t> undeclared_;  ///< with what
  std::uint64_t gaps_ = 0;
};

}  // namespace dcmwatch
