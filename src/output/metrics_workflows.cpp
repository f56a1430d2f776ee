// dcmwatch_order_steps_total
#include <array>

#include "output/metric_group.h"
#include "output/per_conversation.h"

namespace dcmwatch {
namespace {

constexpr std::array kAfterTheOrder{WorkflowStep::worklist, WorkflowStep::performed_step, WorkflowStep::images,
                                    WorkflowStep::commitment, WorkflowStep::report};
constexpr std::array kKnown{WorkflowStepState::seen, WorkflowStepState::late, WorkflowStepState::failed,
                            WorkflowStepState::missing};

// What is missing as long as it may still come is not known to be.
WorkflowStepState state_of(const Workflow& workflow, std::size_t step) {
  const WorkflowStepState state = workflow.steps[step].state;
  return workflow.preliminary && state == WorkflowStepState::missing ? WorkflowStepState::unknown : state;
}

class WorkflowMetrics final : public MetricGroup {
 public:
  WorkflowMetrics(prometheus::Registry& registry, const MetricNames&)
      : steps_(
            counters(registry, "dcmwatch_order_steps_total",
                     "Steps of orders' ways, by what became of them; one that comes after it was missed counts again.",
                     {{"step", {to_text(WorkflowStep::order), kAfterTheOrder, kWord}},
                      {"state", {to_text(WorkflowStepState::unknown), kKnown, kWord}}})),
        ways_(kRememberedConversations,
              [&limit = limit_reached(registry, "metrics_workflows")](const Counted&) { limit.Increment(); }) {
    for (std::size_t step = 0; step < kWorkflowSteps; ++step) {
      for (std::size_t state = 0; state <= kKnown.size(); ++state) steps_.at({step, state});
    }
  }

  // Each record of a way tells the whole of it.
  void observe(const Observation& observation) override {
    const auto* workflow = std::get_if<Workflow>(&observation.event.facts);
    if (!workflow) return;
    Counted& counted = ways_.of(workflow->accession.empty() ? workflow->study.first() : workflow->accession.first());
    for (std::size_t step = 0; step < kWorkflowSteps; ++step) {
      const auto state = static_cast<std::size_t>(state_of(*workflow, step));
      if ((counted[step] >> state & 1) != 0) continue;
      counted[step] |= 1U << state;
      steps_.at({step, state}).Increment();
    }
  }

  void adopt(MetricGroup& old) override { ways_.adopt(std::move(static_cast<WorkflowMetrics&>(old).ways_)); }

 private:
  using Counted = std::array<unsigned, kWorkflowSteps>;  ///< of each step, a bit for each state that was counted

  Counters steps_;
  PerConversation<Counted> ways_;  ///< by the print of the order
};

}  // namespace

std::unique_ptr<MetricGroup> make_workflow_metrics(prometheus::Registry& registry, const MetricNames& names) {
  return std::make_unique<WorkflowMetrics>(registry, names);
}

}  // namespace dcmwatch
