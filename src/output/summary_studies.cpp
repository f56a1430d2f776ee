// Which studies went from where to where, and which did not arrive whole.
#include "output/summary_section.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

struct Row {
  std::uint64_t studies = 0;
  std::uint64_t complete = 0;  ///< all that is known of them is well
  std::uint64_t failing = 0;
  std::uint64_t repeated = 0;
  std::uint64_t missing = 0;  ///< with objects that a performed step listed and nobody was seen to send
  std::uint64_t not_committed = 0;
  std::uint64_t late_failures = 0;  ///< told complete, and then reported as not committed
  std::uint64_t not_visible = 0;    ///< with stores whose answer could not be seen
  std::uint64_t objects = 0;
};

void count(Row& row, const DicomStudy& study) {
  const bool fails = study.failed != 0;
  const bool misses = study.missing.value_or(0) != 0;
  const bool uncommitted = study.commitment_failed != 0;
  if (study.is_late_report()) {  // it was counted when it was told
    row.late_failures += uncommitted ? 1 : 0;
    return;
  }
  ++row.studies;
  row.failing += fails ? 1 : 0;
  row.missing += misses ? 1 : 0;
  row.not_committed += uncommitted ? 1 : 0;
  row.repeated += study.repeated != 0 ? 1 : 0;
  row.not_visible += study.not_visible != 0 ? 1 : 0;
  row.complete += fails || misses || uncommitted || study.not_visible != 0 ? 0 : 1;
  row.objects += study.stored;
}

/// "1 with failures, 2 sent in part"
std::string troubles_text(const Row& row) {
  std::string text;
  const auto add = [&text](std::uint64_t studies, std::string_view how) {
    if (studies != 0) text.append(text.empty() ? "" : ", ").append(grouped(studies) + ' ').append(how);
  };
  add(row.missing, "sent in part");
  add(row.failing, "with failures");
  add(row.not_committed, "not committed");
  add(row.late_failures, "later reported as not committed");
  add(row.not_visible, "with answers not visible");
  add(row.repeated, "sent again");
  return text;
}

Pair way_of(const Observation& observation) {
  Pair pair = pair_of(observation);
  if (observation.event.parties.destination == Endpoint{}) pair.destination = "nowhere that was seen";
  return pair;
}

class StudiesSection final : public SummarySection {
 public:
  void observe(const Observation& observation) override {
    const auto* study = std::get_if<DicomStudy>(&observation.event.facts);
    if (!study || observation.event.phase != Phase::end) return;
    if (Row* row = rows_.of(way_of(observation))) count(*row, *study);
  }

  void render(TextPage& page, const RunFigures&) const override {
    if (rows_.rows().empty()) return;
    Table table{{{"from"},
                 {"to"},
                 {"studies", Align::right},
                 {"objects", Align::right},
                 {"complete", Align::right},
                 {"otherwise"}},
                {}};
    for (const auto& [pair, row] : rows_.rows()) {
      table.rows.push_back(
          {{pair.source},
           {pair.destination},
           {grouped(row.studies)},
           figure(row.objects),
           figure(row.complete),
           {troubles_text(row), row.complete == row.studies && row.late_failures == 0 ? Ink::plain : Ink::yellow}});
    }
    page.heading("Studies");
    page.table(table);
    tell_more_pairs(page, rows_.refused());
  }

 private:
  BoundedRows<Pair, Row> rows_{kSummaryPairs};
};

}  // namespace

std::unique_ptr<SummarySection> make_studies_section() { return std::make_unique<StudiesSection>(); }

}  // namespace dcmwatch
