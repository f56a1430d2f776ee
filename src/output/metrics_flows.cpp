// dcmwatch_flow_last_seen_timestamp_seconds, dcmwatch_flow_silent, dcmwatch_flow_visible
#include <algorithm>
#include <vector>

#include "output/metric_group.h"

namespace dcmwatch {
namespace {

class FlowMetrics final : public MetricGroup {
 public:
  FlowMetrics(prometheus::Registry& registry, const MetricNames& names)
      : last_seen_(gauges(registry, "dcmwatch_flow_last_seen_timestamp_seconds",
                          "When a declared flow was last seen to carry something, in packet time since 1970-01-01: an "
                          "accepted association, an operation, a message, or a connection that is none of these.",
                          {{"flow", flow_values(names)}})),
        silent_(gauges(registry, "dcmwatch_flow_silent",
                       "1: a declared flow, or of several devices that open it one, was not seen when it had to be.",
                       {{"flow", flow_values(names)}})),
        visible_(gauges(registry, "dcmwatch_flow_visible",
                        "0: whether a declared flow is silent, or below its rate, cannot be said.",
                        {{"flow", flow_values(names)}})),
        silent_devices_(names.flows.size() + 1),
        awaited_(names.flows.size() + 1) {
    for (std::size_t flow = 0; flow < names.flows.size(); ++flow) {
      const MetricNames::Flow& named = names.flows[flow];
      if (!named.awaited) {
        silent_.forget({flow + 1});
        visible_.forget({flow + 1});
        continue;
      }
      awaited_[flow + 1] = true;
      silent_devices_[flow + 1] = named.silent_devices;
      silent_.at({flow + 1}).Set(named.silent_devices != 0 ? 1 : 0);
      visible_.at({flow + 1}).Set(named.visible ? 1 : 0);
    }
  }

  void observe(const Observation& observation) override {
    const Event& event = observation.event;
    const auto* stretch = std::get_if<FlowStretch>(&event.facts);
    if (!stretch && !shows_flow(event, *observation.declared)) return;
    const std::size_t flow = last_seen_.values(0).number_of(observation.declared->flow);
    if (flow == 0) return;
    if (stretch) {
      set_state(flow, *stretch);
    } else {
      prometheus::Gauge& last_seen = last_seen_.at({flow});
      last_seen.Set(std::max(last_seen.Value(), seconds(shown_at(event).time_since_epoch())));
      if (awaited_[flow]) visible_.at({flow}).Set(1);
    }
  }

 private:
  void set_state(std::size_t flow, const FlowStretch& stretch) {
    // It flows, though nobody knows how much of it is whose.
    const bool is_visible = stretch.state != FlowState::not_visible || stretch.unseen == WhyNotVisible::not_told_apart;
    visible_.at({flow}).Set(is_visible ? 1 : 0);
    std::uint64_t& silent = silent_devices_[flow];
    if (stretch.state == FlowState::silent) ++silent;
    if (stretch.state == FlowState::seen_again && silent != 0) --silent;
    silent_.at({flow}).Set(silent != 0 ? 1 : 0);
  }

  Gauges last_seen_;
  Gauges silent_;
  Gauges visible_;
  std::vector<std::uint64_t> silent_devices_;  ///< by the flow's number
  std::vector<bool> awaited_;                  ///< likewise
};

}  // namespace

std::unique_ptr<MetricGroup> make_flow_metrics(prometheus::Registry& registry, const MetricNames& names) {
  return std::make_unique<FlowMetrics>(registry, names);
}

}  // namespace dcmwatch
