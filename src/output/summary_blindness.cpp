// What was not visible: where nothing is reported, this says whether nothing happened.
#include <array>

#include "output/per_conversation.h"
#include "output/summary_section.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kNamedPairs = 4;
constexpr std::size_t kRememberedConversations = 32768;
constexpr std::size_t kNotes = 100;

struct Reason {
  bool Visibility::*flag;
  std::string_view text;
};
constexpr std::array kReasons{
    Reason{&Visibility::joined_midway, "began before the capture did"},
    Reason{&Visibility::one_direction, "seen in one direction only"},
    Reason{&Visibility::truncated, "cut by the snap length"},
    Reason{&Visibility::lost, "lost packets that mattered"},
    Reason{&Visibility::encrypted, "encrypted"},
};

struct Blindness {
  std::uint64_t connections = 0;
  BoundedRows<Pair, std::uint64_t> pairs{kSummaryPairs};
};

std::string pairs_text(const Blindness& blindness) {
  std::string text;
  std::size_t named = 0;
  for (const auto& [pair, count] : blindness.pairs.rows()) {
    if (named++ == kNamedPairs) {
      text += ", …";
      break;
    }
    text.append(text.empty() ? "" : ", ").append(pair.source + " → " + pair.destination);
  }
  return text;
}

class BlindnessSection final : public SummarySection {
 public:
  void observe(const Observation& observation) override {
    const Event& event = observation.event;
    if (const auto* note = std::get_if<CaptureNote>(&event.facts)) {
      if (std::uint64_t* count = notes_.of({std::string{note->name}, shown(note->detail)})) *count += note->count;
      return;
    }
    count_reasons(observation);
    const auto* connection = std::get_if<ConnectionFact>(&event.facts);
    if (connection && event.phase == Phase::end) count_missing(observation, *connection);
  }

  void render(TextPage& page, const RunFigures& run) const override {
    page.heading("What was not visible");
    Table table{{{"why"}, {"connections", Align::right}, {"where"}}, {}};
    for (std::size_t i = 0; i < kReasons.size(); ++i) add(table, std::string{kReasons[i].text}, reasons_[i]);
    add(table, bytes_text(missing_bytes_) + " sent but not seen", missing_);
    if (!table.rows.empty()) page.table(table);

    for (const auto& [note, count] : notes_.rows()) {
      const std::string detail = note.second.empty() ? "" : " (" + note.second + ')';
      page.line(note.first + detail + ": " + grouped(count));
    }
    if (run.dropped_packets != 0) page.line(counted(run.dropped_packets, "packet") + " lost while capturing");
    if (table.rows.empty() && notes_.rows().empty() && run.dropped_packets == 0) page.line("no gap was noticed");
  }

 private:
  void count_reasons(const Observation& observation) {
    const Visibility& visibility = observation.event.visibility;
    if (visibility == Visibility{}) return;
    Visibility& counted = seen_.of(observation.event.conversation);
    for (std::size_t i = 0; i < kReasons.size(); ++i) {
      const auto flag = kReasons[i].flag;
      if (!(visibility.*flag) || counted.*flag) continue;
      counted.*flag = true;
      count(reasons_[i], observation);
    }
  }

  void count_missing(const Observation& observation, const ConnectionFact& connection) {
    seen_.erase(observation.event.conversation);
    const std::uint64_t missing = connection.missing_bytes[0] + connection.missing_bytes[1];
    if (missing == 0) return;
    missing_bytes_ += missing;
    count(missing_, observation);
  }

  static void count(Blindness& blindness, const Observation& observation) {
    ++blindness.connections;
    if (std::uint64_t* connections = blindness.pairs.of(pair_of(observation))) ++*connections;
  }

  static void add(Table& table, std::string why, const Blindness& blindness) {
    if (blindness.connections == 0) return;
    table.rows.push_back({{std::move(why)}, {grouped(blindness.connections), Ink::yellow}, {pairs_text(blindness)}});
  }

  std::array<Blindness, kReasons.size()> reasons_;
  Blindness missing_;
  std::uint64_t missing_bytes_ = 0;
  BoundedRows<std::pair<std::string, std::string>, std::uint64_t> notes_{kNotes};
  PerConversation<Visibility> seen_{kRememberedConversations};
};

}  // namespace

std::unique_ptr<SummarySection> make_blindness_section() { return std::make_unique<BlindnessSection>(); }

}  // namespace dcmwatch
