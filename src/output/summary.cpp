#include "output/summary.h"

#include <array>

#include "output/summary_section.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

/// From what was seen to what matters, which so stands last, where a terminal's reader looks first.
constexpr std::array kSections{make_run_section,     make_associations_section, make_dicom_section,
                               make_studies_section, make_hl7_section,          make_workflows_section,
                               make_other_section,   make_breaks_section,       make_blindness_section,
                               make_conduct_section, make_findings_section};

class RunSection final : public SummarySection {
 public:
  void render(TextPage& page, const RunFigures& run) const override {
    page.heading("Capture");
    for (const std::string& capture : run.captures) page.line(shown(capture));
    if (!run.first || !run.last) {
      page.line("no packet");
      return;
    }
    page.line(time_text(*run.first) + " to " + time_text(*run.last) + " UTC (" + duration_text(*run.last - *run.first) +
              ")");
    std::string volume = counted(run.packets, "packet") + ", " + bytes_text(run.bytes);
    if (run.took) volume += ", read in " + duration_text(*run.took);
    page.line(volume);
    if (run.dropped_packets != 0) {
      page.line(counted(run.dropped_packets, "packet") + " lost while capturing", 2, 2, Ink::yellow);
    }
  }
};

}  // namespace

struct Summary::State {
  SummarySettings settings;
  std::vector<std::unique_ptr<SummarySection>> sections;
};

Pair pair_of(const Observation& observation) { return {source_name(observation), destination_name(observation)}; }

Cell figure(std::uint64_t number, Ink ink) { return number == 0 ? Cell{"-", Ink::dim} : Cell{grouped(number), ink}; }

void tell_more_pairs(TextPage& page, std::uint64_t refused_records) {
  if (refused_records != 0) page.line("and " + counted(refused_records, "record") + " between more pairs");
}

std::unique_ptr<SummarySection> make_run_section() { return std::make_unique<RunSection>(); }

Summary::Summary(SummarySettings settings) : state_(std::make_unique<State>()) {
  state_->settings = settings;
  for (const SummarySectionMaker make : kSections) state_->sections.push_back(make());
}

Summary::~Summary() = default;

void Summary::observe(const Observation& observation) {
  for (const auto& section : state_->sections) section->observe(observation);
}

void Summary::observe(const Finding& finding) {
  for (const auto& section : state_->sections) section->observe(finding);
}

std::string Summary::render(const RunFigures& run) const {
  TextPage page{state_->settings.width, state_->settings.colour};
  for (const auto& section : state_->sections) section->render(page, run);
  return page.text();
}

}  // namespace dcmwatch
