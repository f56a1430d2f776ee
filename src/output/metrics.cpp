#include "output/metrics.h"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>

#include "output/metric_group.h"

namespace dcmwatch {
namespace {

/// A family group is a file and a line here.
constexpr std::array kGroups{
    make_association_metrics, make_operation_metrics, make_study_metrics,      make_link_metrics,
    make_workflow_metrics,    make_hl7_metrics,       make_connection_metrics, make_tls_metrics,
    make_deviation_metrics,   make_flow_metrics,      make_finding_metrics,    make_violation_metrics,
    make_capture_metrics,     make_output_metrics,    make_build_info,
};

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  std::vector<std::unique_ptr<MetricGroup>> groups;
};

LabelValues flow_values(const MetricNames& names) { return {kUndeclared, names.flows, &MetricNames::Flow::name}; }

void raise_to(prometheus::Counter& counter, std::uint64_t count) {
  counter.Increment(std::max(0.0, static_cast<double>(count) - counter.Value()));
}

Metrics::Metrics(const MetricNames& names) : state_(std::make_unique<State>()) {
  for (const MetricGroupMaker make : kGroups) state_->groups.push_back(make(state_->registry, names));
}

Metrics::~Metrics() = default;

void Metrics::observe(const Observation& observation) {
  for (const auto& group : state_->groups) group->observe(observation);
}

void Metrics::observe(const Finding& finding) {
  for (const auto& group : state_->groups) group->observe(finding);
}

void Metrics::finish() {
  for (const auto& group : state_->groups) group->finish();
}

void Metrics::update(const Tallies& tallies) {
  for (const auto& group : state_->groups) group->update(tallies);
}

std::string Metrics::exposition() const {
  // The library keeps series in hash tables: sorted, the same run gives the same text.
  std::vector<prometheus::MetricFamily> families = state_->registry.Collect();
  std::ranges::sort(families, {}, &prometheus::MetricFamily::name);
  for (prometheus::MetricFamily& family : families) {
    std::ranges::sort(family.metric, {}, &prometheus::ClientMetric::label);
  }
  return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace dcmwatch
