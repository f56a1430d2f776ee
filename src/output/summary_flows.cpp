// The declared flows: which were seen, and how often; which are silent, were never seen, or could not be seen.
#include <algorithm>
#include <vector>

#include "output/summary_section.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kShownFlows = 40;

std::string names_of(const std::vector<const FlowFigures*>& flows) {
  std::string names;
  for (std::size_t i = 0; i < std::min(flows.size(), kShownFlows); ++i)
    names.append(names.empty() ? "" : ", ").append(shown(flows[i]->name));
  if (flows.size() > kShownFlows) names += " and " + grouped(flows.size() - kShownFlows) + " more";
  return names;
}

std::string reason_text(WhyNotVisible reason) {
  switch (reason) {
    case WhyNotVisible::capture: return "the capture was not whole";
    case WhyNotVisible::lost: return "something that its ends said was lost";
    case WhyNotVisible::one_direction: return "one direction alone was seen";
    case WhyNotVisible::unseen_ends: return "nothing was seen of its devices";
    case WhyNotVisible::not_told_apart: return "devices or studies could not be told apart";
  }
  return {};
}

class FlowsSection final : public SummarySection {
 public:
  void render(TextPage& page, const RunFigures& run) const override {
    if (run.flows.empty()) return;
    page.heading("Declared flows");
    std::vector<const FlowFigures*> seen, never, silent, not_visible;
    for (const FlowFigures& flow : run.flows) {
      (flow.seen != 0 ? seen : never).push_back(&flow);
      if (flow.silent != 0) silent.push_back(&flow);
      if (flow.not_visible) not_visible.push_back(&flow);
    }
    page.line(grouped(seen.size()) + " of " + counted(run.flows.size(), "flow") + " seen");
    Table table{{{"flow"}, {"records", Align::right}, {"last seen"}, {""}}, {}};
    for (std::size_t i = 0; i < std::min(seen.size(), kShownFlows); ++i) {
      constexpr std::size_t kSeconds = 19;  // of "2026-03-02 08:00:01.500"
      table.rows.push_back(
          {{shown(seen[i]->name)}, {grouped(seen[i]->seen)}, {time_text(*seen[i]->last).substr(0, kSeconds)}, {}});
    }
    if (!table.rows.empty()) page.table(table);
    if (seen.size() > kShownFlows) page.line("and " + grouped(seen.size() - kShownFlows) + " more");
    if (!silent.empty()) page.line("silent when the capture ended: " + names_of(silent), 2, 2, Ink::yellow);
    if (!never.empty()) page.line("never seen: " + names_of(never));
    for (std::size_t i = 0; i < std::min(not_visible.size(), kShownFlows); ++i)
      page.line("not visible: " + shown(not_visible[i]->name) + ", " + reason_text(*not_visible[i]->not_visible));
  }
};

}  // namespace

std::unique_ptr<SummarySection> make_flows_section() { return std::make_unique<FlowsSection>(); }

}  // namespace dcmwatch
