// What a group of metric families is. Each stands in its own metrics_*.cpp; metrics.cpp lists them.
#pragma once

#include <memory>

#include "output/metric_series.h"
#include "output/metrics.h"

namespace dcmwatch {

class MetricGroup {
 public:
  virtual ~MetricGroup() = default;
  virtual void observe(const Observation&) {}
  virtual void observe(const Finding&) {}
  virtual void update(const Tallies&) {}
  virtual void finish() {}
  /// Goes on where the same group was, made of the names before these, by which flows had the numbers that they still
  /// have. Called before anything else; `old` is done with.
  virtual void adopt(MetricGroup& old) { static_cast<void>(old); }
};

inline constexpr std::string_view kUndeclared = "undeclared";

/// The label "flow": the declared flows' names, and "undeclared" as number 0.
LabelValues flow_values(const MetricNames& names);

/// Asks for the series of every declared flow that may carry `protocol`, and of the undeclared, so that they show zero.
template <typename Make>
void for_each_flow(const MetricNames& names, Protocol protocol, const Make& make) {
  make(std::size_t{0});
  for (std::size_t i = 0; i < names.flows.size(); ++i) {
    const Protocol carried = names.flows[i].protocol;
    if (carried == protocol || carried == Protocol::unidentified) make(i + 1);
  }
}

inline double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

/// dcmwatch_limit_reached_total{limit}
prometheus::Counter& limit_reached(prometheus::Registry& registry, std::string_view limit);

/// Adds what a cumulative count told again has grown by.
inline void count_growth(prometheus::Counter& counter, std::uint64_t& counted, std::uint64_t now) {
  if (now > counted) counter.Increment(static_cast<double>(now - counted));
  counted = now;
}

/// Moves a counter to a cumulative count kept elsewhere.
void raise_to(prometheus::Counter& counter, std::uint64_t count);

using MetricGroupMaker = std::unique_ptr<MetricGroup> (*)(prometheus::Registry&, const MetricNames&);

std::unique_ptr<MetricGroup> make_association_metrics(prometheus::Registry& registry, const MetricNames& names);
std::unique_ptr<MetricGroup> make_operation_metrics(prometheus::Registry& registry, const MetricNames& names);
std::unique_ptr<MetricGroup> make_study_metrics(prometheus::Registry& registry, const MetricNames& names);
std::unique_ptr<MetricGroup> make_link_metrics(prometheus::Registry& registry, const MetricNames& names);
std::unique_ptr<MetricGroup> make_workflow_metrics(prometheus::Registry& registry, const MetricNames& names);
std::unique_ptr<MetricGroup> make_hl7_metrics(prometheus::Registry& registry, const MetricNames& names);
std::unique_ptr<MetricGroup> make_connection_metrics(prometheus::Registry& registry, const MetricNames& names);
std::unique_ptr<MetricGroup> make_tls_metrics(prometheus::Registry& registry, const MetricNames& names);
std::unique_ptr<MetricGroup> make_deviation_metrics(prometheus::Registry& registry, const MetricNames& names);
std::unique_ptr<MetricGroup> make_flow_metrics(prometheus::Registry& registry, const MetricNames& names);
std::unique_ptr<MetricGroup> make_finding_metrics(prometheus::Registry& registry, const MetricNames& names);
std::unique_ptr<MetricGroup> make_violation_metrics(prometheus::Registry& registry, const MetricNames& names);
std::unique_ptr<MetricGroup> make_limit_metrics(prometheus::Registry& registry, const MetricNames& names);
std::unique_ptr<MetricGroup> make_capture_metrics(prometheus::Registry& registry, const MetricNames& names);
std::unique_ptr<MetricGroup> make_output_metrics(prometheus::Registry& registry, const MetricNames& names);
std::unique_ptr<MetricGroup> make_reload_metrics(prometheus::Registry& registry, const MetricNames& names);
std::unique_ptr<MetricGroup> make_build_info(prometheus::Registry& registry, const MetricNames& names);

}  // namespace dcmwatch
