// dcmwatch_findings_total
#include <unordered_map>

#include "output/metric_group.h"

namespace dcmwatch {
namespace {

class FindingMetrics final : public MetricGroup {
 public:
  FindingMetrics(prometheus::Registry& registry, const MetricNames& names)
      : family_(prometheus::BuildCounter()
                    .Name("dcmwatch_findings_total")
                    .Help("Findings, by the rule that matched; counted when the rule first matches, not again for its "
                          "repetitions.")
                    .Register(registry)) {
    for (const auto& rule : names.rules) counter_of(*rule);
  }

  void observe(const Finding& finding) override {
    if (finding.phase == Phase::start) counter_of(*finding.rule).Increment();
  }

 private:
  // A rule's id is the rule writer's, not the wire's, and there are as many as there are rules.
  prometheus::Counter& counter_of(const RuleInfo& rule) {
    prometheus::Counter*& counter = by_rule_[rule.id];
    if (!counter) {
      counter = &family_.Add({{"rule", rule.id}, {"title", rule.title}, {"level", std::string{to_text(rule.level)}}});
    }
    return *counter;
  }

  prometheus::Family<prometheus::Counter>& family_;
  std::unordered_map<std::string, prometheus::Counter*> by_rule_;
};

}  // namespace

std::unique_ptr<MetricGroup> make_finding_metrics(prometheus::Registry& registry, const MetricNames& names) {
  return std::make_unique<FindingMetrics>(registry, names);
}

}  // namespace dcmwatch
