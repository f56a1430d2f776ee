#include "output/metrics.h"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <mutex>
#include <set>
#include <string_view>
#include <unordered_map>

#include "output/metric_group.h"

namespace dcmwatch {
namespace {

/// A family group is a file and a line here.
constexpr std::array kGroups{
    make_association_metrics, make_operation_metrics, make_study_metrics,      make_link_metrics,
    make_workflow_metrics,    make_hl7_metrics,       make_connection_metrics, make_tls_metrics,
    make_deviation_metrics,   make_flow_metrics,      make_finding_metrics,    make_violation_metrics,
    make_limit_metrics,       make_capture_metrics,   make_output_metrics,     make_reload_metrics,
    make_build_info,
};

constexpr std::string_view kFlow = "flow", kZone = "zone", kDevice = "device", kRule = "rule";

/// Labels whose values are declared, and of what.
struct DeclaredLabel {
  std::string_view label;
  std::string_view kind;
};
constexpr std::array kDeclaredLabels{DeclaredLabel{"flow", kFlow}, DeclaredLabel{"source_zone", kZone},
                                     DeclaredLabel{"destination_zone", kZone}, DeclaredLabel{"device", kDevice},
                                     DeclaredLabel{"rule", kRule}};

std::string key_of(std::string_view kind, std::string_view name) {
  return std::string{kind}.append(1, '\n').append(name);
}

// One that has another title or level has other labels.
std::string key_of_rule(std::string_view id, std::string_view title, std::string_view level) {
  return key_of(kRule, id).append(1, '\n').append(title).append(1, '\n').append(level);
}

std::set<std::string> keys_of(const MetricNames& names) {
  std::set<std::string> keys;
  for (const MetricNames::Flow& flow : names.flows) keys.insert(key_of(kFlow, flow.name));
  for (const std::string& zone : names.zones) keys.insert(key_of(kZone, zone));
  for (const std::string& device : names.devices) keys.insert(key_of(kDevice, device));
  for (const auto& rule : names.rules) keys.insert(key_of_rule(rule->id, rule->title, to_text(rule->level)));
  return keys;
}

// Those there were stay where they were: what is counted under their numbers goes on.
void add_new(std::vector<std::string>& known, const std::vector<std::string>& now) {
  for (const std::string& name : now) {
    if (std::ranges::find(known, name) == known.end()) known.push_back(name);
  }
}

// A flow that is declared no more keeps its number.
std::vector<MetricNames::Flow> joined(const std::vector<MetricNames::Flow>& known,
                                      const std::vector<MetricNames::Flow>& now) {
  std::vector<MetricNames::Flow> flows = known;
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < known.size(); ++i) {
    places.emplace(known[i].name, i);
    flows[i].awaited = false;
  }
  for (const MetricNames::Flow& flow : now) {
    const auto place = places.find(flow.name);
    if (place == places.end()) {
      flows.push_back(flow);
      continue;
    }
    MetricNames::Flow joint = flow;
    joint.senders = known[place->second].senders;
    joint.message_types = known[place->second].message_types;
    add_new(joint.senders, flow.senders);
    add_new(joint.message_types, flow.message_types);
    flows[place->second] = std::move(joint);
  }
  return flows;
}

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  MetricNames names;  ///< those declared no more included, so that flows keep their numbers
  mutable std::mutex mutex;
  std::vector<std::unique_ptr<MetricGroup>> groups;  ///< replaced under the mutex
  std::set<std::string> known;                       ///< key_of every name there ever was
  std::set<std::string> gone;                        ///< of them, those declared no more; guarded by the mutex

  [[nodiscard]] std::vector<std::unique_ptr<MetricGroup>> make_groups() {
    std::vector<std::unique_ptr<MetricGroup>> made;
    for (const MetricGroupMaker make : kGroups) made.push_back(make(registry, names));
    return made;
  }
  [[nodiscard]] bool is_told(const prometheus::ClientMetric& metric) const;
};

bool Metrics::State::is_told(const prometheus::ClientMetric& metric) const {
  const auto value_of = [&](std::string_view name) {
    const auto label = std::ranges::find(metric.label, name, &prometheus::ClientMetric::Label::name);
    return label == metric.label.end() ? std::string{} : label->value;
  };
  return std::ranges::none_of(metric.label, [&](const auto& label) {
    const auto* const kind = std::ranges::find(kDeclaredLabels, label.name, &DeclaredLabel::label);
    if (kind == kDeclaredLabels.end()) return false;
    const bool is_rule = kind->kind == kRule;
    return gone.contains(is_rule ? key_of_rule(label.value, value_of("title"), value_of("level"))
                                 : key_of(kind->kind, label.value));
  });
}

LabelValues flow_values(const MetricNames& names) { return {kUndeclared, names.flows, &MetricNames::Flow::name}; }

void raise_to(prometheus::Counter& counter, std::uint64_t count) {
  counter.Increment(std::max(0.0, static_cast<double>(count) - counter.Value()));
}

Metrics::Metrics(const MetricNames& names) : state_(std::make_unique<State>()) {
  state_->names = names;
  state_->known = keys_of(names);
  state_->groups = state_->make_groups();
}

// The registry keeps every series by its labels, and gives the groups made anew those that there are.
void Metrics::redeclare(const MetricNames& names) {
  State& state = *state_;
  std::vector<MetricNames::Flow> flows = joined(state.names.flows, names.flows);
  state.names = names;
  state.names.flows = std::move(flows);
  std::vector<std::unique_ptr<MetricGroup>> groups = state.make_groups();
  for (std::size_t i = 0; i < groups.size(); ++i) groups[i]->adopt(*state.groups[i]);
  const std::set<std::string> declared = keys_of(names);
  state.known.insert(declared.begin(), declared.end());
  std::set<std::string> gone;
  std::ranges::set_difference(state.known, declared, std::inserter(gone, gone.end()));
  const std::lock_guard lock{state.mutex};
  state.groups = std::move(groups);
  state.gone = std::move(gone);
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
  const std::lock_guard lock{state_->mutex};
  for (const auto& group : state_->groups) group->update(tallies);
}

std::string Metrics::exposition() const {
  // The library keeps series in hash tables: sorted, the same run gives the same text.
  std::vector<prometheus::MetricFamily> families = state_->registry.Collect();
  std::ranges::sort(families, {}, &prometheus::MetricFamily::name);
  if (const std::lock_guard lock{state_->mutex}; !state_->gone.empty()) {
    for (prometheus::MetricFamily& family : families)
      std::erase_if(family.metric, [this](const auto& metric) { return !state_->is_told(metric); });
    std::erase_if(families, [](const auto& family) { return family.metric.empty(); });
  }
  for (prometheus::MetricFamily& family : families) {
    std::ranges::sort(family.metric, {}, &prometheus::ClientMetric::label);
  }
  return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace dcmwatch
