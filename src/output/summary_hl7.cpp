// Each HL7 interface: what was sent, what was answered and how soon, and what was not.
#include <array>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "output/duration_quantiles.h"
#include "output/hl7_failures.h"
#include "output/hl7_tally.h"
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

/// What became of messages, each in one column: by the answer that came in time, or late.
using Column = std::size_t;
constexpr Column kLate = kHl7Answers;
constexpr std::size_t kColumns = kHl7Answers + 1;

constexpr Column column_of(Hl7Answer answer) { return static_cast<Column>(answer); }
constexpr Column kNone = column_of(Hl7Answer::none);

/// In the order of the page: what came late stands before what never did.
constexpr auto kOrder = [] {
  std::array<Column, kColumns> order{};
  for (Column column = 0; column < kColumns; ++column) order[column] = column - (column > kNone ? 1 : 0);
  order[kNone] = kLate;
  return order;
}();

std::string_view title_of(Column column) {
  return column == kLate ? "late" : words_for(static_cast<Hl7Answer>(column));
}

Ink ink_of(Column column) {
  return column == kLate || is_failure(static_cast<Hl7Answer>(column)) ? Ink::yellow : Ink::plain;
}

/// Messages that have something in common, by what became of them.
struct Row {
  std::array<std::uint64_t, kColumns> messages{};
  DurationQuantiles answer_time;  ///< not of a type: it would take memory, and is not told

  [[nodiscard]] std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t number : messages) sum += number;
    return sum;
  }
};

struct Exchanged {
  std::string peers;  ///< "his → engine"
  Row all;
  BoundedRows<std::string, Row> types{kSummaryNames};
  BoundedRows<std::string, Row> senders{kSummaryPairs};  ///< as declared of the flow; what else there is, under ""
  std::set<std::string> undeclared_senders;              ///< some of them, as they name themselves
  bool more_undeclared_senders = false;
  std::array<std::uint64_t, kHl7Answers> late_by_answer{};
  std::uint64_t sent_again = 0;     ///< messages of which a copy was sent
  std::uint64_t unmatched = 0;      ///< acknowledgements whose message was not seen
  std::uint64_t applied = 0;        ///< messages that the application answered on another connection (HL7 v2 2.9.3)
  std::uint64_t never_applied = 0;  ///< that it surely did not answer
  std::uint64_t waiting = 0;        ///< when the capture ended
  Duration longest_wait{};          ///< of these
  Timestamp last{};
};

/// Where a message is told, and what is told of it if it fails.
struct Place {
  Exchanged* exchanged = nullptr;  ///< null beyond the limit, as each of them may be
  Row* of_type = nullptr;
  Row* of_sender = nullptr;
  Hl7Failing message;

  template <typename Do>
  void for_each_row(const Do& apply) const {
    if (!exchanged) return;
    apply(exchanged->all);
    if (of_type) apply(*of_type);
    if (of_sender) apply(*of_sender);
  }
};

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

/// "LAB|MAIN", as a model declares it; "?" if it names nobody.
std::string sender_text(const Hl7Message& message) {
  const auto text = [](const std::optional<Hl7Name>& name) { return name ? shown(*name) : std::string{}; };
  const std::string application = text(message.sending_application), facility = text(message.sending_facility);
  return application.empty() && facility.empty() ? "?" : application + '|' + facility;
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

/// "19 ms (median) and 45 s (99 %)"
std::string answer_time_text(const DurationQuantiles& answer_time) {
  constexpr double kMedian = 0.5, kNearlyAll = 0.99;
  return duration_text(answer_time.at(kMedian)) + " (median) and " + duration_text(answer_time.at(kNearlyAll)) +
         " (99 %)";
}

std::string figures_of(const Exchanged& exchanged) {
  std::string text = counted(exchanged.all.total(), "message");
  if (exchanged.sent_again != 0) text += ", " + grouped(exchanged.sent_again) + " of them sent again";
  if (exchanged.all.answer_time.count() != 0)
    text += ", answered within " + answer_time_text(exchanged.all.answer_time);
  return text;
}

/// "5 not answered in time; of these 3 later (2 AA, 1 AE)"
std::string late_text(const Exchanged& exchanged) {
  std::string codes;
  std::uint64_t later = 0;
  for (std::size_t i = 0; i < kHl7Answers; ++i) {
    const std::uint64_t count = exchanged.late_by_answer[i];
    if (count == 0 || static_cast<Hl7Answer>(i) == Hl7Answer::superseded) continue;
    later += count;
    codes.append(codes.empty() ? "" : ", ").append(grouped(count) + ' ').append(title_of(i));
  }
  const std::uint64_t again = exchanged.late_by_answer[static_cast<std::size_t>(Hl7Answer::superseded)];
  std::string text = grouped(exchanged.all.messages[kNone] + later + again) + " not answered in time";
  if (later != 0) text += "; of these " + grouped(later) + " later (" + codes + ')';
  if (again != 0) text += (later == 0 ? "; of these " : ", ") + grouped(again) + " when sent again";
  return text;
}

/// "LAB|LAB, ROGUE|X, …"
std::string undeclared_text(const Exchanged& exchanged) {
  std::string names;
  for (const std::string& name : exchanged.undeclared_senders) names.append(names.empty() ? "" : ", ").append(name);
  return names + (exchanged.more_undeclared_senders ? ", …" : "");
}

/// The declared sender of all messages, if there is but one, or those that are not.
std::optional<std::string> only_sender(const Exchanged& exchanged) {
  const auto& senders = exchanged.senders.rows();
  if (senders.size() != 1 || senders.begin()->second.total() != exchanged.all.total()) return std::nullopt;
  const std::string& sender = senders.begin()->first;
  return sender.empty() ? "undeclared senders: " + undeclared_text(exchanged) : shown(sender);
}

/// What is told of an interface where there is any of it.
std::vector<std::string> remarks_on(const Exchanged& exchanged) {
  std::vector<std::string> remarks;
  const std::string late = late_text(exchanged);
  if (!late.starts_with("0 ")) remarks.push_back(late);
  if (exchanged.waiting != 0) {
    remarks.push_back(grouped(exchanged.waiting) + " waiting for an answer at the end, the oldest for " +
                      duration_text(exchanged.longest_wait));
  }
  if ((exchanged.applied | exchanged.never_applied) != 0) {
    remarks.push_back(grouped(exchanged.applied) + " answered by the application on another connection, " +
                      grouped(exchanged.never_applied) + " never");
  }
  if (exchanged.unmatched != 0)
    remarks.push_back(counted(exchanged.unmatched, "acknowledgement") + " of messages not seen");
  if (const auto sender = only_sender(exchanged)) remarks.push_back("all from " + *sender);
  remarks.push_back("last seen " + time_text(exchanged.last));
  return remarks;
}

/// A column for each thing that became of any, and for those that are looked for.
std::vector<Column> columns_of(const Row& all) {
  std::vector<Column> columns;
  for (const Column column : kOrder) {
    if (all.messages[column] != 0 || column == column_of(Hl7Answer::aa) || column == kNone) columns.push_back(column);
  }
  return columns;
}

using NamedRow = std::pair<std::string, const Row*>;

Table table_of(const std::vector<NamedRow>& rows, const Row& all, const std::string& name, bool with_times) {
  const std::vector<Column> columns = columns_of(all);
  Table table{{{"messages", Align::right}}, {}};
  for (const Column column : columns) table.columns.push_back({std::string{title_of(column)}, Align::right});
  if (with_times) table.columns.push_back({"answered within"});
  table.columns.push_back({name});
  for (const auto& [named, row] : rows) {
    auto& cells = table.rows.emplace_back();
    cells.push_back({grouped(row->total())});
    for (const Column column : columns) cells.push_back(figure(row->messages[column], ink_of(column)));
    if (with_times) cells.push_back({row->answer_time.count() == 0 ? "-" : answer_time_text(row->answer_time)});
    cells.push_back({named});
  }
  return table;
}

Table types_table(const Exchanged& exchanged) {
  std::vector<NamedRow> rows;
  for (const auto& [type, row] : exchanged.types.rows()) rows.emplace_back(type, &row);
  return table_of(rows, exchanged.all, "type", false);
}

Table senders_table(const Exchanged& exchanged) {
  std::vector<NamedRow> rows;
  for (const auto& [sender, row] : exchanged.senders.rows()) {
    if (!sender.empty()) rows.emplace_back(shown(sender), &row);
  }
  const auto others = exchanged.senders.rows().find("");
  if (others != exchanged.senders.rows().end()) rows.emplace_back("undeclared", &others->second);
  return table_of(rows, exchanged.all, "sender", true);
}

class Hl7Section final : public SummarySection, private Hl7Tally<Place>::Counts {
 public:
  void observe(const Observation& observation) override {
    const auto* message = std::get_if<Hl7Message>(&observation.event.facts);
    Exchanged* const exchanged =
        message && observation.event.phase == Phase::end ? on_end(observation, *message) : nullptr;
    tally_.observe(observation, [&] {
      return place_of(observation, *message, exchanged ? exchanged : exchanged_of(observation, *message));
    });
    if (message && observation.event.phase == Phase::start && may_be_answered_elsewhere(*message))
      awaiting_application_.of(print_of(observation.event.conversation, message->sent.packet)) =
          exchanged_of(observation, *message);
    if (const auto* link = std::get_if<Link>(&observation.event.facts)) on_link(*link);
  }

  void finish() override { tally_.finish(); }

  void render(TextPage& page, const RunFigures& run) const override {
    if (interfaces_.rows().empty()) return;
    page.heading("HL7");
    bool first = true;
    for (const auto& [interface, exchanged] : interfaces_.rows()) {
      if (exchanged.all.total() == 0 && exchanged.unmatched == 0) continue;  // begun, and not told to its end
      if (!std::exchange(first, false)) page.gap();
      page.line(title_of(interface), 2, 2, Ink::bold);
      render(page, exchanged);
    }
    tell_more_pairs(page, interfaces_.refused());
    failures_.render(page, run);
  }

 private:
  using Told = Hl7Tally<Place>::Told;

  static void render(TextPage& page, const Exchanged& exchanged) {
    page.line(figures_of(exchanged), 4, 2);
    for (const std::string& remark : remarks_on(exchanged)) page.line(remark, 4, 2);
    if (exchanged.all.total() != 0) page.table(types_table(exchanged), 4);
    if (exchanged.types.refused() != 0)
      page.line("and " + counted(exchanged.types.refused(), "message") + " of other types", 4);
    if (exchanged.senders.rows().empty() || only_sender(exchanged)) return;
    page.table(senders_table(exchanged), 4);
    if (!exchanged.undeclared_senders.empty()) page.line("undeclared: " + undeclared_text(exchanged), 4);
  }

  Exchanged* exchanged_of(const Observation& observation, const Hl7Message& message) {
    return interfaces_.of(interface_of(observation, message));
  }

  Place place_of(const Observation& observation, const Hl7Message& message, Exchanged* exchanged) {
    Place place{exchanged, nullptr, nullptr, {message.sent, message.control_id, message.message_type}};
    if (!exchanged || !message.message_seen) return place;
    if (exchanged->peers.empty()) {
      const Pair peers = pair_of(observation);
      exchanged->peers =
          message.sent_by_opener ? peers.source + " → " + peers.destination : peers.destination + " → " + peers.source;
    }
    place.of_type = exchanged->types.of(message.message_type.empty() ? "untyped" : shown(message.message_type));
    place.of_sender = row_of_sender(*exchanged, observation, message);
    return place;
  }

  /// Where the flow declares no sender, none is told apart.
  static Row* row_of_sender(Exchanged& exchanged, const Observation& observation, const Hl7Message& message) {
    const Declared& declared = *observation.declared;
    if (!declared.message.sender.empty()) return exchanged.senders.of(std::string{declared.message.sender});
    const bool undeclared = std::ranges::any_of(
        declared.deviations, [](const Deviation& deviation) { return deviation.kind == DeviationKind::sender; });
    if (!undeclared) return nullptr;
    std::string name = sender_text(message);
    if (exchanged.undeclared_senders.size() < kNamedSenders) {
      exchanged.undeclared_senders.insert(std::move(name));
    } else if (!exchanged.undeclared_senders.contains(name)) {
      exchanged.more_undeclared_senders = true;
    }
    return exchanged.senders.of("");
  }

  Exchanged* on_end(const Observation& observation, const Hl7Message& message) {
    Exchanged* const exchanged = exchanged_of(observation, message);
    if (!exchanged) return nullptr;
    const Event& event = observation.event;
    exchanged->last = std::max(exchanged->last, event.last.time);
    if (!message.message_seen) return exchanged;
    if (waited_to_the_end(message, observation)) {
      ++exchanged->waiting;
      exchanged->longest_wait = std::max(exchanged->longest_wait, elapsed(message.sent.time, event.last.time));
    }
    if (copies_.size() != 0 && copies_.find(print_of(event.conversation, message.sent.packet))) {
      copies_.erase(print_of(event.conversation, message.sent.packet));
      ++exchanged->sent_again;
    }
    return exchanged;
  }

  void on_link(const Link& link) {
    if (link.kind == LinkKind::message_resent) copies_.of(print_of(link.effect, link.effect_packet)) = true;
    if (link.kind != LinkKind::message_acknowledged || link.cause == link.effect) return;
    Exchanged* const* const exchanged = awaiting_application_.find(print_of(link.cause, link.cause_packet));
    if (exchanged && *exchanged) ++(link.effect != 0 ? (*exchanged)->applied : (*exchanged)->never_applied);
  }

  void count(const Place& place, const Told& told) override {
    place.for_each_row([&](Row& row) { ++row.messages[column_of(told.answer)]; });
    time(place, told);
    if (place.exchanged && is_failure(told.answer))
      failures_.add(place.message, told.answer, told.record, [&] { return place.exchanged->peers; });
  }

  void count_late(const Place& place, const Told& told) override {
    const Column column = told.answer == Hl7Answer::superseded ? column_of(told.answer) : kLate;
    place.for_each_row([&](Row& row) {
      --row.messages[kNone];
      ++row.messages[column];
    });
    time(place, told);
    if (!place.exchanged) return;
    ++place.exchanged->late_by_answer[static_cast<std::size_t>(told.answer)];
    failures_.remove(place.message);
    if (is_failure(told.answer))
      failures_.add(place.message, told.answer, told.record, [&] { return place.exchanged->peers; });
  }

  static void time(const Place& place, const Told& told) {
    if (!place.exchanged || !told.answer_time) return;
    place.exchanged->all.answer_time.add(*told.answer_time);
    if (place.of_sender) place.of_sender->answer_time.add(*told.answer_time);
  }

  void count_unmatched(const Place& place) override {
    if (place.exchanged) ++place.exchanged->unmatched;
  }

  /// A message by where it begins.
  [[nodiscard]] std::uint64_t print_of(std::uint64_t conversation, std::uint64_t packet) const {
    return hash_(conversation, packet, 0);
  }

  static constexpr std::size_t kNamedSenders = 4;

  KeyedHash hash_;
  BoundedRows<Interface, Exchanged> interfaces_{kSummaryPairs};
  PerConversation<Exchanged*> awaiting_application_{kRememberedConversations};  ///< by print_of() the message instead
  PerConversation<bool> copies_{kRememberedConversations};                      ///< of earlier messages, likewise
  Hl7Failures failures_;
  Hl7Tally<Place> tally_{*this};
};

}  // namespace

std::unique_ptr<SummarySection> make_hl7_section() { return std::make_unique<Hl7Section>(); }

}  // namespace dcmwatch
