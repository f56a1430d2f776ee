// How far orders got, and which step they lack.
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <tuple>

#include "output/per_conversation.h"
#include "output/summary_section.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kShownWays = 20;  // those that began first
constexpr std::size_t kPseudonymShown = 8;
constexpr std::size_t kStates = 6;
constexpr std::size_t kNotYet = 5;  ///< missing when the capture ended, which is no state of its own

/// What became of an order.
enum Outcome : std::size_t { kComplete, kLacking, kUnfinished, kFailed, kCancelled, kUnknown, kOutcomes };

using States = std::array<WorkflowStepState, kWorkflowSteps>;

/// What was told of a way; a later record of it takes its place.
struct Told {
  bool any = false;
  bool cancelled = false;
  bool preliminary = false;
  States states{};

  [[nodiscard]] bool has(WorkflowStepState state) const { return std::ranges::find(states, state) != states.end(); }
  /// What is told of the order: the gravest alone.
  [[nodiscard]] std::size_t outcome() const {
    if (cancelled) return kCancelled;
    if (has(WorkflowStepState::failed)) return kFailed;
    if (has(WorkflowStepState::missing)) return preliminary ? kUnfinished : kLacking;
    return states.back() == WorkflowStepState::unknown ? kUnknown : kComplete;
  }
};

std::string steps_in(const Told& told, WorkflowStepState state) {
  std::string text;
  for (std::size_t i = 0; i < kWorkflowSteps; ++i) {
    if (told.states[i] == state) text.append(text.empty() ? "" : ", ").append(to_text(static_cast<WorkflowStep>(i)));
  }
  std::ranges::replace(text, '_', ' ');
  return text;
}

struct Lacking {
  Mark since;
  std::string order;  ///< shortened
  Pair way;
  std::string what;
};

class WorkflowsSection final : public SummarySection {
 public:
  void observe(const Observation& observation) override {
    const auto* workflow = std::get_if<Workflow>(&observation.event.facts);
    if (!workflow || observation.event.phase != Phase::end) return;
    const std::uint64_t print = workflow->accession.empty() ? workflow->study.first() : workflow->accession.first();
    Told& told = ways_.of(print);
    count(told, -1);
    told = {true, workflow->cancelled, workflow->preliminary, {}};
    for (std::size_t i = 0; i < kWorkflowSteps; ++i) told.states[i] = workflow->steps[i].state;
    count(told, 1);
    list(print, observation, *workflow, told);
  }

  void render(TextPage& page, const RunFigures& run) const override {
    if (orders_ == 0) return;
    page.heading("Orders' ways");
    const auto orders = [this](Outcome outcome) { return outcomes_[outcome]; };
    std::string text = counted(orders_, "order") + ": " + grouped(orders(kComplete)) + " complete";
    const auto add = [&text](std::uint64_t number, std::string_view how) {
      if (number != 0) text += ", " + grouped(number) + ' ' + std::string{how};
    };
    add(orders(kLacking), orders(kLacking) == 1 ? "lacks a step" : "lack a step");
    add(orders(kUnfinished), "not complete when the capture ended");
    add(orders(kFailed), orders(kFailed) == 1 ? "with a failed step" : "with failed steps");
    add(orders(kCancelled), "cancelled");
    add(orders(kUnknown), "of which no report could be expected");
    page.line(text);
    Table table{{{"step"},
                 {"seen", Align::right},
                 {"late", Align::right},
                 {"failed", Align::right},
                 {"missing", Align::right},
                 {"not yet", Align::right},
                 {"not known", Align::right}},
                {}};
    for (std::size_t i = 0; i < kWorkflowSteps; ++i) {
      std::string step{to_text(static_cast<WorkflowStep>(i))};
      std::ranges::replace(step, '_', ' ');
      const auto in = [&](WorkflowStepState state) { return steps_[i][static_cast<std::size_t>(state)]; };
      table.rows.push_back({{step},
                            figure(in(WorkflowStepState::seen)),
                            figure(in(WorkflowStepState::late), Ink::yellow),
                            figure(in(WorkflowStepState::failed), Ink::yellow),
                            figure(in(WorkflowStepState::missing), Ink::yellow),
                            figure(steps_[i][kNotYet]),
                            figure(in(WorkflowStepState::unknown))});
    }
    page.table(table);
    render_lacking(page, run);
  }

 private:
  void count(const Told& told, int by) {
    if (!told.any) return;
    const auto add = [by](std::uint64_t& figure) { figure += static_cast<std::uint64_t>(by); };
    add(orders_);
    add(outcomes_[told.outcome()]);
    for (std::size_t i = 0; i < kWorkflowSteps; ++i) {
      const bool not_yet = told.preliminary && told.states[i] == WorkflowStepState::missing;
      add(steps_[i][not_yet ? kNotYet : static_cast<std::size_t>(told.states[i])]);
    }
  }

  void list(std::uint64_t print, const Observation& observation, const Workflow& workflow, const Told& told) {
    listed_.erase(print);
    std::string what;
    const auto add = [&what](const std::string& steps, std::string_view how) {
      if (!steps.empty()) what.append(what.empty() ? "" : "; ").append(how).append(steps);
    };
    add(steps_in(told, WorkflowStepState::missing), workflow.preliminary ? "no sign yet of: " : "missing: ");
    add(steps_in(told, WorkflowStepState::failed), "failed: ");
    if (what.empty()) return;
    const Pseudonym& name = workflow.accession.empty() ? workflow.study : workflow.accession;
    listed_[print] = {observation.event.first, std::string{name.text().view().substr(0, kPseudonymShown)},
                      pair_of(observation), what};
    if (listed_.size() <= kShownWays) return;
    listed_.erase(std::ranges::max_element(listed_, [](const auto& one, const auto& other) {
      return std::tie(one.second.since, one.first) < std::tie(other.second.since, other.first);
    }));
  }

  void render_lacking(TextPage& page, const RunFigures& run) const {
    if (listed_.empty()) return;
    page.gap();
    page.line("Not complete, the first of them");
    std::vector<const Lacking*> ways;
    for (const auto& [_, way] : listed_) ways.push_back(&way);
    std::ranges::stable_sort(ways, {}, [](const Lacking* way) { return way->since; });
    Table table{{{"order"}, {"since"}, {"from → to"}, {"steps"}}, {}};
    for (const Lacking* way : ways) {
      table.rows.push_back({{way->order},
                            {where_text(way->since, run)},
                            {way->way.source + " → " + way->way.destination},
                            {way->what, Ink::yellow}});
    }
    page.table(table);
  }

  PerConversation<Told> ways_{kRememberedConversations};
  std::map<std::uint64_t, Lacking> listed_;
  std::uint64_t orders_ = 0;
  std::array<std::uint64_t, kOutcomes> outcomes_{};
  std::array<std::array<std::uint64_t, kStates>, kWorkflowSteps> steps_{};
};

}  // namespace

std::unique_ptr<SummarySection> make_workflows_section() { return std::make_unique<WorkflowsSection>(); }

}  // namespace dcmwatch
