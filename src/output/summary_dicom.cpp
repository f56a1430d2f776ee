// Who sent whom what by DICOM.
#include <array>

#include "event/dicom_names.h"
#include "output/summary_section.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

constexpr std::uint16_t kStore = 0x0001;  // PS3.7 E.1, C-STORE-RQ

struct Operations {
  std::uint64_t count = 0;
  std::uint64_t failed = 0;
  std::uint64_t unanswered = 0;
};

struct Row {
  std::uint64_t associations = 0;
  std::uint64_t rejected = 0;
  std::uint64_t aborted = 0;
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;
  std::map<std::string, Operations> operations;  ///< by command
};

void count(Row& row, const DicomAssociation& association) {
  ++row.associations;
  if (association.accepted == false || association.rejection) {
    ++row.rejected;
  } else if (association.end == DicomEnd::aborted || association.end == DicomEnd::reset) {
    ++row.aborted;
  }
}

void count(Row& row, const DicomOperation& operation, Outcome outcome) {
  std::string command{dicom_command_name(operation.command_field)};
  if (command.empty()) command = "other";
  if (operation.invoker == Invoker::acceptor) command += " back";
  Operations& operations = row.operations[command];
  ++operations.count;
  if (outcome == Outcome::failure) ++operations.failed;
  if (!operation.status) ++operations.unanswered;

  row.bytes += operation.request_bytes + operation.response_bytes;
  if (operation.command_field == kStore && outcome == Outcome::success) ++row.objects;
}

std::string operations_text(const Row& row) {
  std::string text;
  for (const auto& [command, operations] : row.operations) {
    if (!text.empty()) text += ", ";
    text += grouped(operations.count) + ' ' + command;
    std::map<std::string, std::uint64_t> troubles;
    if (operations.failed != 0) troubles["failed"] = operations.failed;
    if (operations.unanswered != 0) troubles["unanswered"] = operations.unanswered;
    if (!troubles.empty()) text += " (" + listed(troubles) + ')';
  }
  return text;
}

Cell trouble(std::uint64_t number) { return number == 0 ? Cell{"-", Ink::dim} : Cell{grouped(number), Ink::yellow}; }

class DicomSection final : public SummarySection {
 public:
  void observe(const Observation& observation) override {
    if (observation.event.phase != Phase::end) return;
    const auto* association = std::get_if<DicomAssociation>(&observation.event.facts);
    const auto* operation = std::get_if<DicomOperation>(&observation.event.facts);
    if (!association && !operation) return;
    Row* row = rows_.of(pair_of(observation));
    if (!row) return;
    if (association) count(*row, *association);
    if (operation) count(*row, *operation, outcome_of(observation.event));
  }

  void render(TextPage& page, const RunFigures&) const override {
    if (rows_.rows().empty()) return;
    Table table{{{"from"},
                 {"to"},
                 {"associations", Align::right},
                 {"rejected", Align::right},
                 {"aborted", Align::right},
                 {"objects", Align::right},
                 {"volume", Align::right},
                 {"operations"}},
                {}};
    for (const auto& [pair, row] : rows_.rows()) {
      table.rows.push_back({{pair.source},
                            {pair.destination},
                            {grouped(row.associations)},
                            trouble(row.rejected),
                            trouble(row.aborted),
                            {grouped(row.objects)},
                            {bytes_text(row.bytes)},
                            {operations_text(row)}});
    }
    page.heading("DICOM");
    page.table(table);
    if (rows_.refused() != 0) page.line("and " + counted(rows_.refused(), "record") + " between more pairs");
  }

 private:
  BoundedRows<Pair, Row> rows_{kSummaryPairs};
};

}  // namespace

std::unique_ptr<SummarySection> make_dicom_section() { return std::make_unique<DicomSection>(); }

}  // namespace dcmwatch
