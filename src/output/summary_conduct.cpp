// What those whose conversations deviate from the model asked for, and what they got.
#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "event/dicom_names.h"
#include "output/per_conversation.h"
#include "output/summary_section.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

constexpr std::uint16_t kStore = 0x0001;  // PS3.7 E.1: C-STORE-RQ, C-FIND-RQ
constexpr std::uint16_t kFind = 0x0020;
constexpr std::size_t kConversations = 8192;
constexpr std::size_t kDeeds = 64;  ///< distinct things asked within one pair

struct Got {
  std::uint64_t matches = 0;
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;

  void add(const Got& other) {
    matches += other.matches;
    objects += other.objects;
    bytes += other.bytes;
  }
};

/// One thing asked, and the answer.
struct Deed {
  std::string asked;   ///< "C-FIND STUDY"
  std::string result;  ///< "success", "failure A801", "AE"
  Got got;
};

std::string subject_of(const DicomOperation& operation) {
  std::string subject{dicom_command_name(operation.command_field)};
  if (subject.empty()) subject = "operation";
  if (!operation.query_level.empty()) {
    subject += ' ' + shown(operation.query_level);
  } else if (operation.command_field == kStore) {
    const std::string_view name = dicom_uid_name(operation.sop_class_uid);
    subject += ' ' + shown(name.empty() ? operation.sop_class_uid : name);
  }
  if (!operation.move_destination.empty()) subject += " to " + shown(operation.move_destination);
  if (operation.invoker == Invoker::acceptor) subject += ", back";
  return subject;
}

std::string result_of(const DicomOperation& operation) {
  if (!operation.status) return "no answer seen";
  const StatusClass status = dicom_status_class(*operation.status);
  std::string text{to_text(status)};
  if (status != StatusClass::success) text += ' ' + dicom_status_text(*operation.status);
  return text;
}

Deed deed_of(const DicomOperation& operation) {
  Deed deed{subject_of(operation), result_of(operation), {}};
  // PS3.7 9.1.2: a pending response of C-FIND is a match; of C-GET and C-MOVE it tells progress.
  if (operation.command_field == kFind) deed.got.matches = operation.pending_responses;
  deed.got.bytes = operation.request_bytes + operation.response_bytes;
  if (operation.command_field == kStore && operation.status &&
      dicom_status_class(*operation.status) != StatusClass::failure) {
    deed.got.objects = 1;
  }
  return deed;
}

Deed deed_of(const DicomAssociation& association) {
  if (association.rejection) {
    const DicomRejection& why = *association.rejection;
    return {"association", dicom_rejection_text(why.result, why.source, why.reason), {}};
  }
  if (!association.accepted) return {"association", "no answer seen", {}};
  return {"association", *association.accepted ? "accepted" : "rejected", {}};
}

Deed deed_of(const Hl7Message& message) {
  const std::string type = message.message_type.empty() ? "message" : shown(message.message_type);
  const std::string sender = message.sent_by_opener ? "" : ", back";
  return {type + sender, message.ack_code ? shown(*message.ack_code) : "unanswered", {0, 0, message.bytes}};
}

/// A connection that carried a protocol tells its deeds itself.
std::optional<Deed> deed_of(const ConnectionFact& connection, const Event& event) {
  if (event.protocol == Protocol::dicom || event.protocol == Protocol::hl7) return std::nullopt;
  const std::string what = event.protocol == Protocol::unidentified ? "" : std::string{to_text(event.protocol)} + ' ';
  return Deed{what + "connection to port " + std::to_string(event.parties.destination.port),
              connection.end ? std::string{to_text(*connection.end)} : "open",
              {0, 0, connection.bytes[0] + connection.bytes[1]}};
}

std::optional<Deed> deed_of(const Event& event) {
  if (event.phase != Phase::end) return std::nullopt;
  if (const auto* operation = std::get_if<DicomOperation>(&event.facts)) return deed_of(*operation);
  if (const auto* association = std::get_if<DicomAssociation>(&event.facts)) return deed_of(*association);
  if (const auto* message = std::get_if<Hl7Message>(&event.facts)) return deed_of(*message);
  if (const auto* connection = std::get_if<ConnectionFact>(&event.facts)) return deed_of(*connection, event);
  return std::nullopt;
}

std::string got_text(const Got& got) {
  std::string text;
  const auto add = [&text](const std::string& part) { text.append(text.empty() ? "" : ", ").append(part); };
  if (got.matches != 0) add(counted(got.matches, "match", "matches"));
  if (got.objects != 0) add(counted(got.objects, "object"));
  if (got.bytes != 0) add(bytes_text(got.bytes));
  return text;
}

/// All of one kind that one pair did.
struct Line {
  std::map<std::string, std::uint64_t> results;
  Got got;
  std::size_t order = 0;
};

struct Conduct {
  BoundedRows<std::string, Line> lines{kDeeds};
  std::set<std::string> titles;      ///< AE titles that were called by
  std::set<std::uint64_t> moved_by;  ///< conversations in which what it asked to be moved was stored
  std::size_t order = 0;
};

/// What was stored in one conversation: where a C-MOVE's objects went.
struct Stored {
  Pair pair;
  Got got;
};

class ConductSection final : public SummarySection {
 public:
  void observe(const Observation& observation) override {
    const Event& event = observation.event;
    if (const auto* link = std::get_if<Link>(&event.facts)) {
      follow(*link);
      return;
    }
    if (std::holds_alternative<CaptureNote>(event.facts)) return;
    remember_stored(observation);
    if (!observation.declared.deviations.empty()) deviating_.of(event.conversation) = pair_of(observation);
    const Pair* pair = deviating_.find(event.conversation);
    if (pair) record(*pair, event);
  }

  void render(TextPage& page, const RunFigures&) const override {
    if (conducts_.rows().empty()) return;
    page.heading("Undeclared or deviating: what was asked for, and what was got");
    std::vector<std::pair<const Pair*, const Conduct*>> sorted;
    for (const auto& [pair, conduct] : conducts_.rows()) sorted.emplace_back(&pair, &conduct);
    std::ranges::sort(sorted, {}, [](const auto& entry) { return entry.second->order; });
    for (const auto& [pair, conduct] : sorted) render_one(page, *pair, *conduct);
    if (conducts_.refused() != 0) page.line("and " + counted(conducts_.refused(), "record") + " between more pairs");
  }

 private:
  void remember_stored(const Observation& observation) {
    const auto* operation = std::get_if<DicomOperation>(&observation.event.facts);
    if (!operation || operation->command_field != kStore || observation.event.phase != Phase::end) return;
    Stored& stored = stored_.of(observation.event.conversation);
    stored.pair = pair_of(observation);
    stored.got.add(deed_of(*operation).got);
  }

  void follow(const Link& link) {
    const Pair* pair = deviating_.find(link.cause);
    Conduct* conduct = pair ? conducts_.of(*pair) : nullptr;
    if (conduct && conduct->moved_by.size() < kConversations) conduct->moved_by.insert(link.effect);
  }

  void record(const Pair& pair, const Event& event) {
    Conduct* conduct = conducts_.of(pair);
    if (!conduct) return;
    if (conduct->order == 0) conduct->order = conducts_.rows().size();
    if (const auto* association = std::get_if<DicomAssociation>(&event.facts)) note_title(*conduct, *association);
    const auto deed = deed_of(event);
    if (!deed) return;
    Line* line = conduct->lines.of(deed->asked);
    if (!line) return;
    if (line->order == 0) line->order = conduct->lines.rows().size();
    ++line->results[deed->result];
    line->got.add(deed->got);
  }

  static void note_title(Conduct& conduct, const DicomAssociation& association) {
    if (association.calling_ae && conduct.titles.size() < kSummaryNames)
      conduct.titles.insert(shown(*association.calling_ae));
  }

  void render_one(TextPage& page, const Pair& pair, const Conduct& conduct) const {
    std::string titles;
    for (const std::string& title : conduct.titles) titles.append(titles.empty() ? " as " : ", ").append(title);
    page.gap();
    page.spans({{pair.source + " → " + pair.destination, Ink::bold}, {titles}});

    std::vector<std::pair<const std::string*, const Line*>> sorted;
    for (const auto& [asked, line] : conduct.lines.rows()) sorted.emplace_back(&asked, &line);
    std::ranges::sort(sorted, {}, [](const auto& entry) { return entry.second->order; });
    Table table{{{"asked for"}, {"got"}, {"answers"}}, {}};
    for (const auto& [asked, line] : sorted)
      table.rows.push_back({{*asked}, {got_text(line->got)}, {listed(line->results)}});
    if (!table.rows.empty()) page.table(table, 4);
    render_moved(page, conduct);
    if (conduct.lines.refused() != 0)
      page.line("and " + counted(conduct.lines.refused(), "deed") + " of other kinds", 4);
  }

  void render_moved(TextPage& page, const Conduct& conduct) const {
    std::map<Pair, Got> by_pair;
    for (const std::uint64_t conversation : conduct.moved_by) {
      if (const Stored* stored = stored_.find(conversation)) by_pair[stored->pair].add(stored->got);
    }
    for (const auto& [pair, got] : by_pair) {
      page.line("what it had moved went " + pair.source + " → " + pair.destination + ": " + got_text(got), 4, 2,
                Ink::bold);
    }
  }

  BoundedRows<Pair, Conduct> conducts_{kSummaryPairs};
  PerConversation<Pair> deviating_{kConversations};
  PerConversation<Stored> stored_{kConversations};
};

}  // namespace

std::unique_ptr<SummarySection> make_conduct_section() { return std::make_unique<ConductSection>(); }

}  // namespace dcmwatch
