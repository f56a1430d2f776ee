#include "output/hl7_failures.h"

#include <algorithm>
#include <array>

#include "output/wording.h"

namespace dcmwatch {
namespace {

// Enough to find it by in the records, and among the numbers that dcmwatch pseudonym is given.
constexpr std::size_t kShownDigits = 8;

/// "AE, error 101 at PID^1^3"
std::string text_of_answer(Hl7Answer answer, const Hl7Message& record) {
  std::string text{answer == Hl7Answer::other ? "answered without a code" : to_text(answer)};
  if (!record.error) return text;
  const Hl7Error& error = *record.error;
  text += ", error";
  if (!error.code.empty()) text += ' ' + shown(error.code);
  if (!error.location.empty()) text += " at " + shown(error.location);
  if (error.count > 1) text += " and " + grouped(error.count - 1) + " more";
  return text;
}

/// What hl7.unanswered says, for people.
std::string text_of_silence(WhyUnanswered reason) {
  struct Meaning {
    std::string_view reason, text;
  };
  constexpr std::array kMeanings{
      Meaning{"timeout", "not answered in time"}, Meaning{"overtaken", "not answered, later messages were"},
      Meaning{"undelivered", "never reached its receiver"}, Meaning{"closed", "connection closed before an answer"}};
  const std::string_view told = to_text(reason);
  const auto* meaning = std::ranges::find(kMeanings, told, &Meaning::reason);
  return std::string{meaning == kMeanings.end() ? told : meaning->text};
}

}  // namespace

std::string Hl7Failures::reason_of(Hl7Answer answer, const Hl7Message* record) {
  if (!record) return "its application never answered";
  if (answer != Hl7Answer::none) return text_of_answer(answer, *record);
  return record->unanswered ? text_of_silence(*record->unanswered) : "not answered in time";
}

Hl7Failures::Key Hl7Failures::key_of(const Hl7Failing& message) {
  return {message.sent, std::string{message.control_id.text().view()}};
}

void Hl7Failures::remove(const Hl7Failing& message) {
  --count_;
  kept_.erase(key_of(message));
}

void Hl7Failures::render(TextPage& page, const RunFigures& run) const {
  if (kept_.empty()) return;
  Table table{{{"sent"}, {"from → to"}, {"control id"}, {"type"}, {"what became of it"}}, {}};
  std::size_t shown_rows = 0;
  for (const auto& [key, failure] : kept_) {
    if (shown_rows++ == kShown) break;
    const std::string id = key.second.substr(0, kShownDigits);
    table.rows.push_back({{where_text(key.first, run)},
                          {failure.peers},
                          {id.empty() ? "-" : id},
                          {failure.message_type.empty() ? "untyped" : shown(failure.message_type)},
                          {failure.reason}});
  }
  page.gap();
  page.line("Not answered or refused, the first of them", 2, 2, Ink::bold);
  page.table(table, 4);
  const std::size_t told = std::min(kept_.size(), kShown);
  if (count_ > told) page.line("and " + grouped(count_ - told) + " more: see --events", 4);
}

}  // namespace dcmwatch
