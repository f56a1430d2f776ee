// Each HL7 interface: what was sent, what was answered and how soon.
#include <array>

#include "output/duration_quantiles.h"
#include "output/hl7_answer.h"
#include "output/per_conversation.h"
#include "output/summary_section.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

/// A declared flow between two peers; where there is none, what the messages name as their sender and receiver.
struct Interface {
  Pair peers;
  std::string flow;
  Hl7Name sending_application, receiving_application;

  friend auto operator<=>(const Interface&, const Interface&) = default;
};

/// Messages of one type, by what became of them.
using Answers = std::array<std::uint64_t, kHl7Answers>;

struct Exchanged {
  BoundedRows<std::string, Answers> types{kSummaryNames};
  std::uint64_t messages = 0;
  std::uint64_t late = 0;
  std::uint64_t unmatched = 0;      ///< acknowledgements whose message was not seen
  std::uint64_t applied = 0;        ///< messages that the application answered on another connection (HL7 v2 2.9.3)
  std::uint64_t never_applied = 0;  ///< that it surely did not answer
  DurationQuantiles answer_time;
  Timestamp last{};
};

constexpr std::array<std::string_view, kHl7Answers> kTitles{"AA", "AE",    "AR",         "CA",          "CE",
                                                            "CR", "other", "unanswered", "none wanted", "not visible"};

// As it should be, or worth a look.
Ink ink_of(Hl7Answer answer) {
  switch (answer) {
    case Hl7Answer::ae:
    case Hl7Answer::ar:
    case Hl7Answer::ce:
    case Hl7Answer::cr:
    case Hl7Answer::other:
    case Hl7Answer::none: return Ink::yellow;
    case Hl7Answer::aa:
    case Hl7Answer::ca:
    case Hl7Answer::not_wanted:
    case Hl7Answer::unknown: return Ink::plain;
  }
  return Ink::plain;
}

// The messages of an interface may come from the side that accepted the connection.
Interface interface_of(const Observation& observation, const Hl7Message& message) {
  Interface interface {
    pair_of(observation), std::string{observation.declared->flow}, {}, {}
  };
  if (!message.sent_by_opener) std::swap(interface.peers.source, interface.peers.destination);
  if (interface.flow.empty()) {
    interface.sending_application = message.sending_application.value_or(Hl7Name{});
    interface.receiving_application = message.receiving_application.value_or(Hl7Name{});
  }
  return interface;
}

/// "his → engine (patients-and-orders)", "10.20.99.66 → ris (LAB → RIS)"
std::string title_of(const Interface& interface) {
  const auto text = [](const Hl7Name& name) { return name.empty() ? std::string{"?"} : shown(name); };
  const bool named = !interface.sending_application.empty() || !interface.receiving_application.empty();
  std::string title = interface.peers.source + " → " + interface.peers.destination;
  if (!interface.flow.empty()) return title + " (" + interface.flow + ')';
  if (!named) return title;
  return title + " (" + text(interface.sending_application) + " → " + text(interface.receiving_application) + ')';
}

void count(Exchanged& exchanged, const Hl7Message& message, const Observation& observation) {
  exchanged.last = std::max(exchanged.last, observation.event.last.time);
  if (!message.message_seen) {
    ++exchanged.unmatched;
    return;
  }
  ++exchanged.messages;
  if (message.late) ++exchanged.late;
  if (message.answered()) exchanged.answer_time.add(elapsed(message.sent.time, message.answered()->time));
  const std::string type = message.message_type.empty() ? "untyped" : shown(message.message_type);
  if (Answers* const answers = exchanged.types.of(type))
    ++(*answers)[static_cast<std::size_t>(answer_to(message, observation))];
}

std::string figures_of(const Exchanged& exchanged) {
  constexpr double kMedian = 0.5, kNearlyAll = 0.99;
  std::string text = counted(exchanged.messages, "message");
  if (exchanged.answer_time.count() != 0) {
    text += ", answered within " + duration_text(exchanged.answer_time.at(kMedian)) + " (median) and " +
            duration_text(exchanged.answer_time.at(kNearlyAll)) + " (99 %)";
  }
  if (exchanged.late != 0) text += ", " + grouped(exchanged.late) + " of them late";
  if (exchanged.unmatched != 0)
    text += ", " + counted(exchanged.unmatched, "acknowledgement") + " of messages not seen";
  if (exchanged.applied != 0)
    text += ", " + grouped(exchanged.applied) + " of them by the application on another connection";
  if (exchanged.never_applied != 0)
    text += ", " + grouped(exchanged.never_applied) + " of them never by the application";
  return text + ", last seen " + time_text(exchanged.last);
}

/// A column for each answer that there was, and for those that are looked for.
Table table_of(const BoundedRows<std::string, Answers>& types) {
  Answers total{};
  for (const auto& [type, answers] : types.rows()) {
    for (std::size_t i = 0; i < kHl7Answers; ++i) total[i] += answers[i];
  }
  Table table{{{"messages", Align::right}}, {}};
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < kHl7Answers; ++i) {
    const auto answer = static_cast<Hl7Answer>(i);
    if (total[i] == 0 && answer != Hl7Answer::aa && answer != Hl7Answer::none) continue;
    columns.push_back(i);
    table.columns.push_back({std::string{kTitles[i]}, Align::right});
  }
  table.columns.push_back({"type"});
  for (const auto& [type, answers] : types.rows()) {
    std::uint64_t messages = 0;
    for (const std::uint64_t answered : answers) messages += answered;
    auto& row = table.rows.emplace_back();
    row.push_back({grouped(messages)});
    for (const std::size_t i : columns) row.push_back(figure(answers[i], ink_of(static_cast<Hl7Answer>(i))));
    row.push_back({type});
  }
  return table;
}

class Hl7Section final : public SummarySection {
 public:
  void observe(const Observation& observation) override {
    if (const auto* message = std::get_if<Hl7Message>(&observation.event.facts)) {
      on_message(observation, *message);
    } else if (const auto* link = std::get_if<Link>(&observation.event.facts)) {
      on_link(*link);
    }
  }

  void render(TextPage& page, const RunFigures&) const override {
    if (interfaces_.rows().empty()) return;
    page.heading("HL7");
    bool first = true;
    for (const auto& [interface, exchanged] : interfaces_.rows()) {
      if (exchanged.messages == 0 && exchanged.unmatched == 0) continue;  // begun, and not told to its end
      if (!std::exchange(first, false)) page.gap();
      page.line(title_of(interface), 2, 2, Ink::bold);
      page.line(figures_of(exchanged), 4, 2);
      if (exchanged.messages != 0) page.table(table_of(exchanged.types), 4);
      if (exchanged.types.refused() != 0)
        page.line("and " + counted(exchanged.types.refused(), "message") + " of other types", 4);
    }
    tell_more_pairs(page, interfaces_.refused());
  }

 private:
  void on_message(const Observation& observation, const Hl7Message& message) {
    const bool over = observation.event.phase == Phase::end;
    const bool may_be_answered_elsewhere =
        message.message_seen && message.ack_wanted != AckCondition::absent && message.ack_wanted != AckCondition::never;
    if (!over && !may_be_answered_elsewhere) return;
    Exchanged* const exchanged = interfaces_.of(interface_of(observation, message));
    if (!exchanged) return;
    if (may_be_answered_elsewhere) of_conversation_.of(observation.event.conversation) = exchanged;
    if (over) count(*exchanged, message, observation);
  }

  void on_link(const Link& link) {
    if (link.kind != LinkKind::message_acknowledged) return;
    Exchanged* const* const exchanged = of_conversation_.find(link.cause);
    if (exchanged) ++(link.effect != 0 ? (*exchanged)->applied : (*exchanged)->never_applied);
  }

  BoundedRows<Interface, Exchanged> interfaces_{kSummaryPairs};
  PerConversation<Exchanged*> of_conversation_{kRememberedConversations};
};

}  // namespace

std::unique_ptr<SummarySection> make_hl7_section() { return std::make_unique<Hl7Section>(); }

}  // namespace dcmwatch
