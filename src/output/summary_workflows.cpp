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
constexpr std::size_t kStates = 5;

using States = std::array<WorkflowStepState, kWorkflowSteps>;

/// What was told of a way; a later record of it takes its place.
struct Told {
  bool any = false;
  bool cancelled = false;
  States states{};

  [[nodiscard]] bool has(WorkflowStepState state) const { return std::ranges::find(states, state) != states.end(); }
  /// Nothing more is to come of it.
  [[nodiscard]] bool whole() const {
    return !cancelled && !has(WorkflowStepState::missing) && !has(WorkflowStepState::failed) &&
           states.back() != WorkflowStepState::unknown;
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
  Timestamp since;
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
    told = {.any = true, .cancelled = workflow->cancelled};
    for (std::size_t i = 0; i < kWorkflowSteps; ++i) told.states[i] = workflow->steps[i].state;
    count(told, 1);
    list(print, observation, *workflow, told);
  }

  void render(TextPage& page, const RunFigures&) const override {
    if (orders_ == 0) return;
    page.heading("Orders' ways");
    std::string text = counted(orders_, "order") + ": " + grouped(whole_) + " complete";
    const auto add = [&text](std::uint64_t orders, std::string_view how) {
      if (orders != 0) text += ", " + grouped(orders) + ' ' + std::string{how};
    };
    add(lacking_, lacking_ == 1 ? "lacks a step" : "lack a step");
    add(failed_, failed_ == 1 ? "with a failed step" : "with failed steps");
    add(cancelled_, "cancelled");
    page.line(text);
    Table table{{{"step"},
                 {"seen", Align::right},
                 {"late", Align::right},
                 {"failed", Align::right},
                 {"missing", Align::right},
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
                            figure(in(WorkflowStepState::unknown))});
    }
    page.table(table);
    render_lacking(page);
  }

 private:
  void count(const Told& told, int by) {
    if (!told.any) return;
    const auto add = [by](std::uint64_t& figure, bool one) {
      if (one) figure += static_cast<std::uint64_t>(by);
    };
    add(orders_, true);
    add(whole_, told.whole());
    add(lacking_, told.has(WorkflowStepState::missing));
    add(failed_, told.has(WorkflowStepState::failed));
    add(cancelled_, told.cancelled);
    for (std::size_t i = 0; i < kWorkflowSteps; ++i) add(steps_[i][static_cast<std::size_t>(told.states[i])], true);
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
    listed_[print] = {observation.event.first.time, std::string{name.text().view().substr(0, kPseudonymShown)},
                      pair_of(observation), what};
    if (listed_.size() <= kShownWays) return;
    listed_.erase(std::ranges::max_element(listed_, [](const auto& one, const auto& other) {
      return std::tie(one.second.since, one.first) < std::tie(other.second.since, other.first);
    }));
  }

  void render_lacking(TextPage& page) const {
    if (listed_.empty()) return;
    page.gap();
    page.line("Not complete, the first of them");
    std::vector<const Lacking*> ways;
    for (const auto& [_, way] : listed_) ways.push_back(&way);
    std::ranges::stable_sort(ways, {}, [](const Lacking* way) { return way->since; });
    Table table{{{"order"}, {"since"}, {"from → to"}, {"steps"}}, {}};
    for (const Lacking* way : ways) {
      const std::string time = time_text(way->since);
      table.rows.push_back({{way->order},
                            {time.substr(time.find(' ') + 1)},
                            {way->way.source + " → " + way->way.destination},
                            {way->what, Ink::yellow}});
    }
    page.table(table);
  }

  PerConversation<Told> ways_{kRememberedConversations};
  std::map<std::uint64_t, Lacking> listed_;
  std::uint64_t orders_ = 0, whole_ = 0, lacking_ = 0, failed_ = 0, cancelled_ = 0;
  std::array<std::array<std::uint64_t, kStates>, kWorkflowSteps> steps_{};
};

}  // namespace

std::unique_ptr<SummarySection> make_workflows_section() { return std::make_unique<WorkflowsSection>(); }

}  // namespace dcmwatch
