// dcmwatch model coverage: which declared flows captures showed, and which they could not have shown.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "app/commands.h"
#include "app/json_page.h"
#include "app/observed_flows.h"
#include "app/read_captures.h"
#include "output/text_page.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

struct CoverageWords {
  std::string_view name;
  std::string_view heading;
};

const CoverageWords& words_of(Coverage coverage) {
  static constexpr std::array<CoverageWords, 4> kWords{
      CoverageWords{"seen", "Seen"}, CoverageWords{"hidden", "Could not be seen: something stood in the way"},
      CoverageWords{"out_of_sight", "Could not be seen: one of its ends was not in sight, or in one direction alone"},
      CoverageWords{"never_seen", "Never seen"}};
  return kWords[static_cast<std::size_t>(coverage)];
}

std::string words_for(std::string_view obstacle) {
  if (obstacle == "capture") return "the capture was not whole";
  if (obstacle == "lost") return "something that its ends said was lost";
  std::string words{obstacle};
  std::ranges::replace(words, '_', ' ');
  return words;
}

class CoverageReport {
 public:
  CoverageReport(const Model& model, const ObservedFlows& tallies) : model_(model), tallies_(tallies) {
    for (std::uint32_t flow = 0; flow < model.flows.size(); ++flow) {
      coverage_.push_back(tallies.coverage_of(flow));
      ++counts_[static_cast<std::size_t>(coverage_.back())];
    }
  }

  [[nodiscard]] std::size_t count(Coverage coverage) const { return counts_[static_cast<std::size_t>(coverage)]; }

  [[nodiscard]] std::string page(std::size_t width, bool colour) const {
    TextPage page{width, colour};
    page.line(fmt::format("{} of {} seen", count(Coverage::seen), counted(model_.flows.size(), "declared flow")), 0);
    for (const Coverage coverage : {Coverage::never_seen, Coverage::hidden, Coverage::out_of_sight, Coverage::seen})
      put(page, coverage);
    if (tallies_.gaps() != 0) {
      page.gap();
      page.line("Something was lost in " + counted(tallies_.gaps(), "record") +
                    ": what is not here may have been on the wire all the same.",
                0, 2, Ink::yellow);
    }
    return page.text();
  }

  [[nodiscard]] std::string json() const {
    JsonPage page;
    page.open('{').key("flows").open('[');
    for (std::uint32_t flow = 0; flow < model_.flows.size(); ++flow) {
      const ObservedFlow& tally = tallies_.flows()[flow];
      page.open('{').key("flow").text(model_.flows[flow].name);
      page.key("coverage").text(words_of(coverage_[flow]).name);
      page.key("count").number(tally.count).key("deviating").number(tally.deviating);
      page.key("connections").number(tally.connections).key("unanswered").number(tally.unanswered);
      if (tally.first) page.key("first").text(to_rfc3339(*tally.first)).key("last").text(to_rfc3339(*tally.last));
      const auto obstacles = tallies_.obstacles_of(flow);
      page.key("obstacles").texts({obstacles.begin(), obstacles.end()}).close('}');
    }
    page.close(']').key("records_with_loss").number(tallies_.gaps()).close('}');
    return page.done() + '\n';
  }

 private:
  void put(TextPage& page, Coverage coverage) const {
    if (count(coverage) == 0) return;
    page.heading(std::string{words_of(coverage).heading});
    Table table{.columns = {{"flow"}, {"times", Align::right}, {"first"}, {"last"}, {"remarks"}}, .rows = {}};
    for (std::uint32_t flow = 0; flow < model_.flows.size(); ++flow) {
      if (coverage_[flow] != coverage) continue;
      const ObservedFlow& tally = tallies_.flows()[flow];
      const auto time = [](const std::optional<Timestamp>& when) { return when ? time_text(*when).substr(0, 19) : ""; };
      table.rows.push_back({{model_.flows[flow].name},
                            {tally.count == 0 ? "" : grouped(tally.count)},
                            {time(tally.first)},
                            {time(tally.last)},
                            {remark_on(flow)}});
    }
    page.table(table);
  }

  [[nodiscard]] std::string remark_on(std::uint32_t flow) const {
    const ObservedFlow& tally = tallies_.flows()[flow];
    std::string text;
    const auto add = [&text](const std::string& words) { text += (text.empty() ? "" : "; ") + words; };
    if (coverage_[flow] == Coverage::hidden) {
      if (tally.connections != 0) add(counted(tally.connections, "connection"));
      for (const std::string_view obstacle : tallies_.obstacles_of(flow)) add(words_for(obstacle));
    }
    if (tally.deviating != 0) add(grouped(tally.deviating) + " deviate");
    if (tally.unanswered != 0) add(counted(tally.unanswered, "connection") + " not answered");
    return text;
  }

  const Model& model_;
  const ObservedFlows& tallies_;
  std::vector<Coverage> coverage_;  ///< of each flow
  std::array<std::size_t, 4> counts_{};
};

}  // namespace

int cover_model(const ModelCoverageOptions& options) {
  const Lookup model{load_model(options.model)};
  ObservedFlows tallies{*model.model()};
  bool dropped = false;
  const bool whole = observe_captures(options.captures, model, tallies, &dropped);
  if (!whole || dropped) tallies.on_blindness();
  const CoverageReport report{*model.model(), tallies};
  constexpr std::size_t kWidth = 100;
  const bool colour = isatty(STDOUT_FILENO) == 1 && !std::getenv("NO_COLOR");
  fmt::print("{}", options.json ? report.json() : report.page(kWidth, colour));
  if (!whole) return kFailed;
  return report.count(Coverage::seen) == model.model()->flows.size() ? kDone : kFindings;
}

}  // namespace dcmwatch
