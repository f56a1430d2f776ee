// Who broke which rule of a standard, how often, and how bad it is.
#include <algorithm>
#include <array>
#include <vector>

#include "output/summary_section.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

/// By whom, towards whom, which rule.
struct Break {
  std::string by;
  std::string with;
  std::string_view name;  ///< stands in the protocols' own tables

  friend auto operator<=>(const Break&, const Break&) = default;
};

struct Row {
  std::uint64_t count = 0;
  std::uint64_t tolerated = 0;
  Severity severity{};
  std::string_view clause;
  std::string_view meaning;
};

Ink ink_of(Severity severity) { return severity == Severity::high ? Ink::yellow : Ink::plain; }

class BreaksSection final : public SummarySection {
 public:
  void observe(const Observation& observation) override {
    const auto* note = std::get_if<CaptureNote>(&observation.event.facts);
    if (note && note->name == "hl7.repeated_violations") more_[note->detail] += note->count;
    const auto* violation = std::get_if<Violation>(&observation.event.facts);
    if (!violation) return;
    Pair pair = pair_of(observation);
    if (!violation->by_opener) std::swap(pair.source, pair.destination);
    Row* row = rows_.of({std::move(pair.source), std::move(pair.destination), violation->name});
    if (!row) return;
    ++row->count;
    row->tolerated += observation.declared->tolerated ? 1 : 0;
    row->severity = violation->severity;
    row->clause = violation->clause;
    row->meaning = violation->meaning;
  }

  void render(TextPage& page, const RunFigures&) const override {
    std::vector<const std::pair<const Break, Row>*> told;
    for (const auto& row : rows_.rows()) {
      if (row.second.tolerated != row.second.count) told.push_back(&row);
    }
    if (told.empty() && more_.empty()) return;
    // The worst first.
    std::ranges::stable_sort(
        told, [](const auto* one, const auto* other) { return one->second.severity > other->second.severity; });
    page.heading("Breaks of the standard");
    if (!told.empty()) page.table(table_of(told));
    if (rows_.refused() != 0) page.line("and " + counted(rows_.refused(), "break") + " of other kinds");
    for (const auto& [name, count] : more_)
      page.line("and " + counted(count, "more break") + " of " + shown(name) + " on the same connections");
  }

 private:
  static Table table_of(const std::vector<const std::pair<const Break, Row>*>& told) {
    Table table{{{"who"}, {"towards"}, {"how bad"}, {"times", Align::right}, {"what"}, {"rule"}}, {}};
    for (const auto* row : told) {
      const auto& [rule, it] = *row;
      const std::string clause = it.clause.empty() ? "" : ", " + std::string{it.clause};
      table.rows.push_back({{rule.by},
                            {rule.with},
                            {std::string{to_text(it.severity)}, ink_of(it.severity)},
                            {grouped(it.count - it.tolerated), Ink::plain},
                            {std::string{it.meaning}},
                            {std::string{rule.name} + clause}});
    }
    return table;
  }

  BoundedRows<Break, Row> rows_{kSummaryPairs};
  std::map<std::string, std::uint64_t> more_;  ///< by rule: bounded by HL7's table
};

}  // namespace

std::unique_ptr<SummarySection> make_breaks_section() { return std::make_unique<BreaksSection>(); }

}  // namespace dcmwatch
