// Who sent whom what by DICOM.
#include <array>

#include "event/dicom_names.h"
#include "output/summary_section.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

struct Operations {
  std::uint64_t count = 0;
  std::uint64_t failed = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t unanswered = 0;
  std::uint64_t not_visible = 0;  ///< whether there was an answer
};

struct Row {
  std::uint64_t associations = 0;
  std::uint64_t rejected = 0;
  std::uint64_t broken_off = 0;  ///< that ended otherwise than by a rejection or a release
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;
  std::map<std::string, Operations> operations;  ///< by command
};

bool is_broken_off(DicomEnd end) {
  switch (end) {
    case DicomEnd::aborted:
    case DicomEnd::reset:
    case DicomEnd::closed:
    case DicomEnd::timeout: return true;
    case DicomEnd::released:
    case DicomEnd::rejected:
    case DicomEnd::open: return false;
  }
  return false;
}

void count(Row& row, const DicomAssociation& association) {
  ++row.associations;
  if (association.accepted == false || association.rejection) {
    ++row.rejected;
  } else if (association.end && is_broken_off(*association.end)) {
    ++row.broken_off;
  }
}

void count_answer(Operations& operations, const DicomOperation& operation, const Visibility& visibility) {
  ++operations.count;
  if (!operation.status) {
    ++(visibility.impaired() ? operations.not_visible : operations.unanswered);
    return;
  }
  const StatusClass status = dicom_status_class(operation.command_field, *operation.status);
  if (status == StatusClass::failure) ++operations.failed;
  if (status == StatusClass::cancel) ++operations.cancelled;
}

void count(Row& row, const DicomOperation& operation, const Event& event) {
  std::string name{dicom_command_name(operation.command_field)};
  if (name.empty()) name = "other";
  if (operation.invoker == Invoker::acceptor) name += " back";
  count_answer(row.operations[name], operation, event.visibility);
  row.bytes += operation.request_bytes + operation.response_bytes;
  if (operation.command_field == dimse::kStore && outcome_of(event) == Outcome::success) ++row.objects;
}

/// "1 failed, 2 unanswered"
std::string troubles_text(const Operations& operations) {
  std::string text;
  const auto add = [&text](std::uint64_t number, const std::string& what) {
    if (number != 0) text.append(text.empty() ? "" : ", ").append(what);
  };
  add(operations.failed, grouped(operations.failed) + " failed");
  add(operations.cancelled, grouped(operations.cancelled) + " cancelled");
  add(operations.unanswered, grouped(operations.unanswered) + " unanswered");
  add(operations.not_visible, counted(operations.not_visible, "answer") + " not visible");
  return text;
}

std::string operations_text(const Row& row) {
  std::string text;
  for (const auto& [command, operations] : row.operations) {
    if (!text.empty()) text += ", ";
    text += grouped(operations.count) + ' ' + command;
    const std::string troubles = troubles_text(operations);
    if (!troubles.empty()) text += " (" + troubles + ')';
  }
  return text;
}

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
    if (operation) count(*row, *operation, observation.event);
  }

  void render(TextPage& page, const RunFigures&) const override {
    if (rows_.rows().empty()) return;
    Table table{{{"from"},
                 {"to"},
                 {"associations", Align::right},
                 {"rejected", Align::right},
                 {"broken off", Align::right},
                 {"objects", Align::right},
                 {"volume", Align::right},
                 {"operations"}},
                {}};
    for (const auto& [pair, row] : rows_.rows()) {
      table.rows.push_back({{pair.source},
                            {pair.destination},
                            {grouped(row.associations)},
                            figure(row.rejected, Ink::yellow),
                            figure(row.broken_off, Ink::yellow),
                            figure(row.objects),
                            {bytes_text(row.bytes)},
                            {operations_text(row)}});
    }
    page.heading("DICOM");
    page.table(table);
    tell_more_pairs(page, rows_.refused());
  }

 private:
  BoundedRows<Pair, Row> rows_{kSummaryPairs};
};

}  // namespace

std::unique_ptr<SummarySection> make_dicom_section() { return std::make_unique<DicomSection>(); }

}  // namespace dcmwatch
