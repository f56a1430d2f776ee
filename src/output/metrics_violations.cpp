// dcmwatch_violations_total
#include <string>
#include <unordered_map>

#include "output/metric_group.h"

namespace dcmwatch {
namespace {

class ViolationMetrics final : public MetricGroup {
 public:
  explicit ViolationMetrics(prometheus::Registry& registry)
      : family_(prometheus::BuildCounter()
                    .Name("dcmwatch_violations_total")
                    .Help("Breaks of a protocol's rules, by which and how bad.")
                    .Register(registry)) {}

  void observe(const Observation& observation) override {
    const auto* violation = std::get_if<Violation>(&observation.event.facts);
    if (!violation) return;
    // The names stand in the protocols' own tables, each with its severity; the wire cannot add one.
    prometheus::Counter*& counter = by_name_[violation->name];
    if (!counter) {
      counter = &family_.Add(
          {{"name", std::string{violation->name}}, {"severity", std::string{to_text(violation->severity)}}});
    }
    counter->Increment();
  }

 private:
  prometheus::Family<prometheus::Counter>& family_;
  std::unordered_map<std::string_view, prometheus::Counter*> by_name_;
};

}  // namespace

std::unique_ptr<MetricGroup> make_violation_metrics(prometheus::Registry& registry, const MetricNames&) {
  return std::make_unique<ViolationMetrics>(registry);
}

}  // namespace dcmwatch
