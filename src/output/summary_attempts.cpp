// Connections that never came about: who did not listen, or was not there.
#include <algorithm>
#include <tuple>
#include <vector>

#include "output/summary_section.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kShown = 20;

/// From whom to which port of whom; and for which declared flow, if that is what it was for.
struct Way {
  std::string flow;
  std::string source;
  std::string destination;

  friend auto operator<=>(const Way&, const Way&) = default;
};

struct Row {
  std::uint64_t refused = 0;
  std::uint64_t unanswered = 0;
  Mark first;
  Mark last;

  [[nodiscard]] std::uint64_t attempts() const { return refused + unanswered; }
};

using Entry = std::pair<const Way, Row>;

Way way_of(const Observation& observation, const ConnectionFact& connection) {
  const Declared& declared = *observation.declared;
  const Parties& parties = observation.event.parties;
  // What several attempts of one record do not share is blank.
  const auto is_blank = [](const Endpoint& endpoint) { return endpoint.address == IpAddress{}; };
  Way way{declared.deviations.empty() ? shown(declared.flow) : "", source_name(observation),
          is_blank(parties.destination)
              ? "several"
              : destination_name(observation) + ':' + std::to_string(parties.destination.port)};
  if (is_blank(parties.source) && connection.attempts) way.source = to_text(connection.attempts->source_network);
  return way;
}

class AttemptsSection final : public SummarySection {
 public:
  void observe(const Observation& observation) override {
    const auto* connection = std::get_if<ConnectionFact>(&observation.event.facts);
    if (!connection || !never_came_about(observation.event, *connection)) return;
    Row* row = rows_.of(way_of(observation, *connection));
    if (!row) return;
    if (row->attempts() == 0 || observation.event.first < row->first) row->first = observation.event.first;
    row->last = std::max(row->last, observation.event.last);
    const std::uint64_t count = connection->attempts ? connection->attempts->count : 1;
    (connection->end == ConnectionEnd::reset ? row->refused : row->unanswered) += count;
  }

  void render(TextPage& page, const RunFigures& run) const override {
    if (rows_.rows().empty()) return;
    std::vector<const Entry*> sorted;
    for (const Entry& entry : rows_.rows()) sorted.push_back(&entry);
    // What is declared to work comes first, then what was tried most.
    std::ranges::stable_sort(sorted, {}, [](const Entry* entry) {
      return std::pair{entry->first.flow.empty(), ~entry->second.attempts()};
    });
    page.heading("Connections that were refused, or that nobody answered");
    Table table{{{"from → to"},
                 {"refused", Align::right},
                 {"unanswered", Align::right},
                 {"first"},
                 {"last"},
                 {"declared flow"}},
                {}};
    for (std::size_t i = 0; i < std::min(sorted.size(), kShown); ++i) {
      const auto& [way, row] = *sorted[i];
      const Ink ink = way.flow.empty() ? Ink::plain : Ink::yellow;
      table.rows.push_back({{way.source + " → " + way.destination},
                            figure(row.refused, ink),
                            figure(row.unanswered, ink),
                            {where_text(row.first, run)},
                            {where_text(row.last, run)},
                            {way.flow.empty() ? "-" : way.flow}});
    }
    page.table(table);
    tell_rest(page, sorted);
  }

 private:
  void tell_rest(TextPage& page, const std::vector<const Entry*>& sorted) const {
    std::uint64_t rest = rows_.refused();
    for (std::size_t i = kShown; i < sorted.size(); ++i) rest += sorted[i]->second.attempts();
    if (rest != 0) page.line("and " + grouped(rest) + " more, of others: see --events");
  }

  BoundedRows<Way, Row> rows_{kSummaryPairs};
};

}  // namespace

bool never_came_about(const Event& event, const ConnectionFact& connection) {
  if (event.phase != Phase::end || event.parties.transport != Transport::tcp) return false;
  if (connection.end == ConnectionEnd::unanswered) return connection.bytes[0] + connection.bytes[1] == 0;
  return connection.end == ConnectionEnd::reset && !connection.handshake_time && !connection.round_trip_to_acceptor &&
         connection.packets[1] != 0 && connection.bytes[0] + connection.bytes[1] == 0 && !event.visibility.impaired();
}

std::unique_ptr<SummarySection> make_attempts_section() { return std::make_unique<AttemptsSection>(); }

}  // namespace dcmwatch
