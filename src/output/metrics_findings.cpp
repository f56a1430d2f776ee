// dcmwatch_findings_total, dcmwatch_folded_findings_total, dcmwatch_suppressed_findings_total
#include <map>
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
                    .Register(registry)),
        folded_(
            prometheus::BuildCounter()
                .Name("dcmwatch_folded_findings_total")
                .Help("What rules matched and is told in a finding of several, since there were too many to be told "
                      "one by one: finding.others.")
                .Register(registry)),
        suppressed_(
            prometheus::BuildCounter()
                .Name("dcmwatch_suppressed_findings_total")
                .Help("What rules matched and no finding tells, since an exception holds for it; each record or "
                      "conversation once, as a finding's count has it.")
                .Register(registry)) {
    for (const auto& rule : names.rules) {
      counter_of(*rule);
      folded_.Add(labels_of(*rule));
      suppressed_.Add(labels_of(*rule));
    }
  }

  void observe(const Finding& finding) override {
    if (finding.phase == Phase::start) counter_of(*finding.rule).Increment();
  }

  void update(const Tallies& tallies) override {
    for (const Tallies::Folded& folded : tallies.folded) raise_to(folded_.Add(labels_of(*folded.rule)), folded.times);
    std::map<prometheus::Labels, std::uint64_t> by_rule;  // what was read anew is another object
    for (const Suppressed& suppressed : tallies.suppressed)
      by_rule[labels_of(*suppressed.exception->rule)] += suppressed.times;
    for (const auto& [rule, times] : by_rule) raise_to(suppressed_.Add(rule), times);
  }

 private:
  static prometheus::Labels labels_of(const RuleInfo& rule) {
    return {{"rule", rule.id}, {"title", rule.title}, {"level", std::string{to_text(rule.level)}}};
  }

  // A rule's id is the rule writer's, not the wire's, and there are as many as there are rules.
  prometheus::Counter& counter_of(const RuleInfo& rule) {
    prometheus::Counter*& counter = by_rule_[rule.id];
    if (!counter) counter = &family_.Add(labels_of(rule));
    return *counter;
  }

  prometheus::Family<prometheus::Counter>& family_;
  prometheus::Family<prometheus::Counter>& folded_;
  prometheus::Family<prometheus::Counter>& suppressed_;
  std::unordered_map<std::string, prometheus::Counter*> by_rule_;
};

}  // namespace

std::unique_ptr<MetricGroup> make_finding_metrics(prometheus::Registry& registry, const MetricNames& names) {
  return std::make_unique<FindingMetrics>(registry, names);
}

}  // namespace dcmwatch
