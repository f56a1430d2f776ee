#include "output/summary.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "output/summary_section.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

/// From what was seen to what matters, which so stands last, where a terminal's reader looks first.
constexpr std::array kSections{
    make_run_section,       make_associations_section, make_dicom_section,   make_studies_section, make_hl7_section,
    make_workflows_section, make_attempts_section,     make_tls_section,     make_other_section,   make_flows_section,
    make_breaks_section,    make_blindness_section,    make_conduct_section, make_findings_section};

/// The file's name without its folders, unless several captures have the same.
std::string capture_name(std::size_t number, const RunFigures& run) {
  const auto file_of = [](const std::string& capture) { return std::filesystem::path{capture}.filename().string(); };
  const std::string file = file_of(run.captures[number]);
  return shown(std::ranges::count(run.captures, file, file_of) == 1 ? file : run.captures[number]);
}

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

std::string where_text(const Mark& mark, const RunFigures& run) {
  constexpr std::size_t kDay = 10, kSeconds = 19;  // of "2026-03-02 08:00:01.500"
  const bool one_day =
      run.first && run.last && time_text(*run.first).substr(0, kDay) == time_text(*run.last).substr(0, kDay);
  std::string text = time_text(mark.time).substr(0, kSeconds);
  if (one_day) text.erase(0, kDay + 1);
  text += ", frame " + grouped(mark.packet + 1);
  if (run.captures.size() > 1 && mark.source < run.captures.size()) text += " of " + capture_name(mark.source, run);
  return text;
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

void Summary::finish() {
  for (const auto& section : state_->sections) section->finish();
}

std::string Summary::render(const RunFigures& run) const {
  TextPage page{state_->settings.width, state_->settings.colour};
  for (const auto& section : state_->sections) section->render(page, run);
  return page.text();
}

}  // namespace dcmwatch
