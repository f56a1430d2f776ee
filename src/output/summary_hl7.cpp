// Who sent whom what by HL7.
#include "output/summary_section.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

struct Row {
  std::uint64_t messages = 0;
  std::uint64_t accepted = 0;
  std::uint64_t errors = 0;
  std::uint64_t rejected = 0;
  std::uint64_t unanswered = 0;
  std::uint64_t not_visible = 0;  ///< whether there was an answer
  std::uint64_t unmatched = 0;    ///< acknowledgements whose message was not seen
  BoundedRows<std::string, std::uint64_t> types{kSummaryNames};
};

// HL7 table 0008: AA CA, AE CE, AR CR. Any other answer is none that can be counted here.
void count_answer(Row& row, const std::optional<ShortCode>& code, const Visibility& visibility) {
  if (!code) {
    ++(visibility.impaired() ? row.not_visible : row.unanswered);
  } else if (code->view().ends_with('A')) {
    ++row.accepted;
  } else if (code->view().ends_with('E')) {
    ++row.errors;
  } else if (code->view().ends_with('R')) {
    ++row.rejected;
  }
}

void count(Row& row, const Hl7Message& message, const Visibility& visibility) {
  if (!message.message_seen) {
    ++row.unmatched;
    return;
  }
  ++row.messages;
  count_answer(row, message.answer(), visibility);
  if (std::uint64_t* type = row.types.of(message.message_type.empty() ? "untyped" : shown(message.message_type)))
    ++*type;
}

std::string types_text(const Row& row) {
  std::string text = listed(row.types.rows());
  if (row.types.refused() != 0) text += " and " + grouped(row.types.refused()) + " of other types";
  const auto add = [&text](const std::string& part) { text.append(text.empty() ? "" : "; ").append(part); };
  if (row.not_visible != 0) add(counted(row.not_visible, "answer") + " not visible");
  if (row.unmatched != 0) add(counted(row.unmatched, "acknowledgement") + " of messages not seen");
  return text;
}

/// The interface's parties as the messages go: an interface's messages may come from the side that accepted the
/// connection.
Pair sender_and_receiver(const Observation& observation, const Hl7Message& message) {
  Pair pair = pair_of(observation);
  if (!message.sent_by_opener) std::swap(pair.source, pair.destination);
  return pair;
}

class Hl7Section final : public SummarySection {
 public:
  void observe(const Observation& observation) override {
    const auto* message = std::get_if<Hl7Message>(&observation.event.facts);
    if (!message || observation.event.phase != Phase::end) return;
    if (Row* row = rows_.of(sender_and_receiver(observation, *message)))
      count(*row, *message, observation.event.visibility);
  }

  void render(TextPage& page, const RunFigures&) const override {
    if (rows_.rows().empty()) return;
    Table table{{{"from"},
                 {"to"},
                 {"messages", Align::right},
                 {"AA, CA", Align::right},
                 {"AE, CE", Align::right},
                 {"AR, CR", Align::right},
                 {"unanswered", Align::right},
                 {"types"}},
                {}};
    for (const auto& [pair, row] : rows_.rows()) {
      table.rows.push_back({{pair.source},
                            {pair.destination},
                            {grouped(row.messages)},
                            figure(row.accepted),
                            figure(row.errors, Ink::yellow),
                            figure(row.rejected, Ink::yellow),
                            figure(row.unanswered, Ink::yellow),
                            {types_text(row)}});
    }
    page.heading("HL7");
    page.table(table);
    tell_more_pairs(page, rows_.refused());
  }

 private:
  BoundedRows<Pair, Row> rows_{kSummaryPairs};
};

}  // namespace

std::unique_ptr<SummarySection> make_hl7_section() { return std::make_unique<Hl7Section>(); }

}  // namespace dcmwatch
