// What those whose conversations deviate from the model did: what they asked for, sent and got.
#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "event/dicom_names.h"
#include "output/hl7_tally.h"
#include "output/per_conversation.h"
#include "output/summary_section.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kConversations = 8192;
constexpr std::size_t kDeeds = 64;  ///< distinct things done within one pair
constexpr std::string_view kAssociation = "association";

struct Volume {
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;

  void add(const Volume& other) {
    objects += other.objects;
    bytes += other.bytes;
  }
};

/// What went over the wire, as the opener sees it, and what it was told of what went elsewhere.
struct Carried {
  Volume sent;
  Volume got;
  std::uint64_t both_ways_bytes = 0;  ///< where nothing tells which side asked
  std::uint64_t matches = 0;          ///< got
  std::uint64_t completed = 0;        ///< sub-operations
  std::uint64_t failed = 0;

  void add(const Carried& other) {
    sent.add(other.sent);
    got.add(other.got);
    both_ways_bytes += other.both_ways_bytes;
    matches += other.matches;
    completed += other.completed;
    failed += other.failed;
  }
};

/// One thing that was done, and the answer.
struct Deed {
  std::string what;    ///< "C-FIND STUDY", "received: C-STORE CT Image Storage"
  std::string answer;  ///< "success", "failure A801", "AE"
  Carried carried;
};

std::string subject_of(const DicomOperation& operation) {
  std::string subject{operation.invoker == Invoker::acceptor ? "received: " : ""};
  const std::string_view command = dicom_command_name(operation.command_field);
  subject += command.empty() ? "operation" : command;
  if (!operation.query_level.empty()) {
    subject += ' ' + shown(operation.query_level);
  } else if (operation.command_field == dimse::kStore) {
    const std::string_view name = dicom_uid_name(operation.sop_class_uid);
    subject += ' ' + shown(name.empty() ? operation.sop_class_uid.view() : name);
  }
  if (!operation.move_destination.empty()) subject += " to " + shown(operation.move_destination);
  return subject;
}

std::string no_answer(const Visibility& visibility) {
  return visibility.impaired() ? "answer not visible" : "unanswered";
}

std::string answer_of(const DicomOperation& operation, const Visibility& visibility) {
  if (!operation.status) return no_answer(visibility);
  const StatusClass status = dicom_status_class(operation.command_field, *operation.status);
  std::string text{to_text(status)};
  if (status != StatusClass::success) text += ' ' + dicom_status_text(*operation.status);
  return text;
}

Volume stored_volume(const DicomOperation& operation) {
  const bool stored = operation.command_field == dimse::kStore && operation.status &&
                      dicom_status_class(operation.command_field, *operation.status) != StatusClass::failure;
  return {stored ? std::uint64_t{1} : 0, operation.request_bytes};
}

Deed deed_of(const DicomOperation& operation, const Visibility& visibility) {
  Deed deed{subject_of(operation), answer_of(operation, visibility), {}};
  const bool by_opener = operation.invoker == Invoker::opener;
  Carried& carried = deed.carried;
  // A query's own identifier is no yield: it is not counted.
  if (!dimse::is_query(operation.command_field)) (by_opener ? carried.sent : carried.got).add(stored_volume(operation));
  (by_opener ? carried.got : carried.sent).bytes += operation.response_bytes;
  // PS3.7 9.1.2: a pending response of C-FIND is a match; of C-GET and C-MOVE it tells progress.
  if (operation.command_field == dimse::kFind) carried.matches = operation.pending_responses;
  const SubOperations& told = operation.sub_operations;
  carried.completed = std::uint64_t{told.completed.value_or(0)} + told.warning.value_or(0);
  carried.failed = told.failed.value_or(0);
  return deed;
}

Deed deed_of(const DicomAssociation& association, const Visibility& visibility) {
  Deed deed{std::string{kAssociation}, {}, {}};
  if (association.rejection) {
    const DicomRejection& why = *association.rejection;
    deed.answer = dicom_rejection_text(why.result, why.source, why.reason);
  } else if (association.accepted) {
    deed.answer = *association.accepted ? "accepted" : "rejected";
  } else {
    deed.answer = no_answer(visibility);
  }
  return deed;
}

/// Of an acknowledgement alone its message's other side.
std::string subject_of(const Hl7Message& message) {
  constexpr std::string_view kNoType = "message", kAcknowledgement = "acknowledgement";
  const bool by_opener = message.sent_by_opener == message.message_seen;
  const std::string_view what = !message.message_seen          ? kAcknowledgement
                                : message.message_type.empty() ? kNoType
                                                               : message.message_type.view();
  return (by_opener ? "" : "received: ") + shown(what);
}

/// A connection that carried a protocol tells its deeds itself.
std::optional<Deed> deed_of(const ConnectionFact& connection, const Event& event) {
  if (event.protocol == Protocol::dicom || event.protocol == Protocol::hl7) return std::nullopt;
  const std::string what = event.protocol == Protocol::unidentified ? "" : std::string{to_text(event.protocol)} + ' ';
  Deed deed{what + "connection to port " + std::to_string(event.parties.destination.port),
            connection.end ? std::string{to_text(*connection.end)} : "open",
            {}};
  deed.carried.both_ways_bytes = connection.bytes[0] + connection.bytes[1];
  return deed;
}

std::optional<Deed> deed_of(const Event& event) {
  if (event.phase != Phase::end) return std::nullopt;
  if (const auto* operation = std::get_if<DicomOperation>(&event.facts)) return deed_of(*operation, event.visibility);
  if (const auto* association = std::get_if<DicomAssociation>(&event.facts))
    return deed_of(*association, event.visibility);
  if (const auto* connection = std::get_if<ConnectionFact>(&event.facts)) return deed_of(*connection, event);
  return std::nullopt;
}

class Enumeration {
 public:
  void add(const std::string& part) { text_.append(text_.empty() ? "" : ", ").append(part); }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// "3 objects, 66.1 kB"
std::string volume_text(const Volume& volume) {
  Enumeration parts;
  if (volume.objects != 0) parts.add(counted(volume.objects, "object"));
  if (volume.bytes != 0) parts.add(bytes_text(volume.bytes));
  return parts.text();
}

std::string got_text(const Carried& carried) {
  Enumeration parts;
  if (carried.matches != 0) parts.add(counted(carried.matches, "match", "matches"));
  const std::string volume = volume_text(carried.got);
  if (!volume.empty()) parts.add(volume);
  return parts.text();
}

/// "got 12 matches, 2.9 kB", "4 objects completed, 1 failed"
std::string carried_text(const Carried& carried) {
  Enumeration parts;
  if (carried.completed != 0) parts.add(counted(carried.completed, "object") + " completed");
  if (carried.failed != 0)
    parts.add(grouped(carried.failed) + (carried.completed == 0 ? " objects failed" : " failed"));
  const std::string got = got_text(carried);
  if (!got.empty()) parts.add("got " + got);
  const std::string sent = volume_text(carried.sent);
  if (!sent.empty()) parts.add("sent " + sent);
  if (carried.both_ways_bytes != 0) parts.add(bytes_text(carried.both_ways_bytes) + " both ways");
  return parts.text();
}

/// "12 success, 1 failure A801"
std::string answers_text(const BoundedRows<std::string, std::uint64_t>& answers) {
  std::string text = listed(answers.rows());
  if (answers.refused() != 0) text += " and " + grouped(answers.refused()) + " more of other kinds";
  return text;
}

/// All of one kind that one pair did.
struct Line {
  BoundedRows<std::string, std::uint64_t> answers{kSummaryNames};
  Carried carried;
  std::optional<Mark> first;

  void add(const std::string& answer) {
    if (std::uint64_t* count = answers.of(answer)) ++*count;
  }
};

struct Conduct {
  BoundedRows<std::string, Line> lines{kDeeds};
  std::set<std::string> titles;  ///< AE titles that were called by
  bool more_titles = false;
  std::set<std::uint64_t> moved_by;  ///< conversations in which what it asked to be moved was stored
  bool more_moved = false;
  std::size_t order = 0;
};

/// What was stored in one conversation: where a C-MOVE's objects went.
struct Stored {
  Pair pair;
  Volume volume;
};

class ConductSection final : public SummarySection, private Hl7Tally<Line*>::Counts {
 public:
  void observe(const Observation& observation) override {
    const Event& event = observation.event;
    tally_.observe(observation, [&] { return line_of(observation, std::get<Hl7Message>(event.facts)); });
    if (const auto* link = std::get_if<Link>(&event.facts)) {
      follow(*link);
      return;
    }
    // What they join is told, and a flow in a stretch of time is nobody's conduct.
    if (joins_others(event) || std::holds_alternative<CaptureNote>(event.facts) ||
        std::holds_alternative<FlowStretch>(event.facts))
      return;
    if (const auto* message = std::get_if<Hl7Message>(&event.facts)) return record(observation, *message);
    remember_stored(observation);
    if (deviates(observation)) deviating_.of(event.conversation) = pair_of(observation);
    const Pair* pair = deviating_.find(event.conversation);
    if (pair) record(*pair, event);
  }

  void finish() override { tally_.finish(); }

  void render(TextPage& page, const RunFigures&) const override {
    if (conducts_.rows().empty()) return;
    page.heading("Undeclared or deviating: what was done, and what was carried");
    std::vector<std::pair<const Pair*, const Conduct*>> sorted;
    for (const auto& [pair, conduct] : conducts_.rows()) sorted.emplace_back(&pair, &conduct);
    std::ranges::sort(sorted, {}, [](const auto& entry) { return entry.second->order; });
    for (const auto& [pair, conduct] : sorted) render_one(page, *pair, *conduct);
    tell_more_pairs(page, conducts_.refused());
    if (forgotten_ != 0) {
      page.line("and more: " + counted(forgotten_, "conversation") + " no longer followed, since there were too many");
    }
  }

 private:
  using Told = Hl7Tally<Line*>::Told;

  // That somebody else borrows its title is no conduct of a device that has it rightfully; who borrows it deviates in
  // more than that.
  static bool deviates(const Observation& observation) {
    return std::ranges::any_of(observation.declared->deviations, [](const Deviation& deviation) {
      return deviation.kind != DeviationKind::ae_title_two_places;
    });
  }

  // Each message is held against the model by itself: that another one on its connection deviates says nothing of it.
  Line* line_of(const Observation& observation, const Hl7Message& message) {
    if (observation.declared->deviations.empty()) return nullptr;
    Conduct* conduct = conduct_of(pair_of(observation));
    return conduct ? line_of(*conduct, subject_of(message), observation.event.first) : nullptr;
  }

  // What became of messages the tally counts.
  void record(const Observation& observation, const Hl7Message& message) {
    if (observation.event.phase != Phase::end) return;
    Line* line = line_of(observation, message);
    if (!line) return;
    if (message.message_seen) {
      (message.sent_by_opener ? line->carried.sent : line->carried.got).bytes += message.bytes;
    } else {
      line->add(std::string{words_for(answer_to(message, observation))});
    }
  }

  void count(Line* const& line, const Told& told) override {
    if (line) line->add(std::string{words_for(told.answer)});
  }
  void count_late(Line* const& line, const Told& told) override {
    if (!line) return;
    if (std::uint64_t* unanswered = line->answers.of(std::string{words_for(Hl7Answer::none)})) --*unanswered;
    line->add((told.answer == Hl7Answer::superseded ? "" : "late ") + std::string{words_for(told.answer)});
  }
  void count_unmatched(Line* const&) override {}

  Conduct* conduct_of(const Pair& pair) {
    Conduct* conduct = conducts_.of(pair);
    if (conduct && conduct->order == 0) conduct->order = conducts_.rows().size();
    return conduct;
  }

  static Line* line_of(Conduct& conduct, const std::string& what, const Mark& first) {
    Line* line = conduct.lines.of(what);
    if (line && (!line->first || first < *line->first)) line->first = first;
    return line;
  }

  void remember_stored(const Observation& observation) {
    const auto* operation = std::get_if<DicomOperation>(&observation.event.facts);
    if (!operation || operation->command_field != dimse::kStore || observation.event.phase != Phase::end) return;
    Stored& stored = stored_.of(observation.event.conversation);
    stored.pair = pair_of(observation);
    stored.volume.add(stored_volume(*operation));
  }

  void follow(const Link& link) {
    if (link.kind != LinkKind::move_caused_store || link.effect == 0) return;
    const Pair* pair = deviating_.find(link.cause);
    Conduct* conduct = pair ? conducts_.of(*pair) : nullptr;
    if (!conduct) return;
    if (conduct->moved_by.size() == kConversations) {
      conduct->more_moved = true;
    } else {
      conduct->moved_by.insert(link.effect);
    }
  }

  void record(const Pair& pair, const Event& event) {
    Conduct* conduct = conduct_of(pair);
    if (!conduct) return;
    if (const auto* association = std::get_if<DicomAssociation>(&event.facts)) note_title(*conduct, *association);
    const auto deed = deed_of(event);
    if (!deed) return;
    Line* line = line_of(*conduct, deed->what, event.first);
    if (!line) return;
    line->add(deed->answer);
    line->carried.add(deed->carried);
  }

  static void note_title(Conduct& conduct, const DicomAssociation& association) {
    if (!association.calling_ae) return;
    std::string title = shown(*association.calling_ae);
    if (conduct.titles.size() < kSummaryNames) {
      conduct.titles.insert(std::move(title));
    } else if (!conduct.titles.contains(title)) {
      conduct.more_titles = true;
    }
  }

  void render_one(TextPage& page, const Pair& pair, const Conduct& conduct) const {
    std::string titles;
    for (const std::string& title : conduct.titles) titles.append(titles.empty() ? " as " : ", ").append(title);
    if (conduct.more_titles) titles += " and more";
    page.gap();
    page.spans({{pair.source + " → " + pair.destination, Ink::bold}, {titles}});

    if (!conduct.lines.rows().empty()) page.table(table_of(conduct), 4);
    render_moved(page, conduct);
    if (conduct.lines.refused() != 0)
      page.line("and " + counted(conduct.lines.refused(), "deed") + " of other kinds", 4);
  }

  /// In the order in which they first began; the association, which carries the others, first.
  static Table table_of(const Conduct& conduct) {
    std::vector<std::pair<const std::string*, const Line*>> sorted;
    for (const auto& [what, line] : conduct.lines.rows()) sorted.emplace_back(&what, &line);
    std::ranges::sort(sorted, {}, [](const auto& entry) {
      return std::pair{*entry.first != kAssociation, entry.second->first};
    });
    Table table{{{"what"}, {"carried"}, {"answers"}}, {}};
    for (const auto& [what, line] : sorted)
      table.rows.push_back({{*what}, {carried_text(line->carried)}, {answers_text(line->answers)}});
    return table;
  }

  void render_moved(TextPage& page, const Conduct& conduct) const {
    std::map<Pair, Volume> by_pair;
    bool more = conduct.more_moved;
    for (const std::uint64_t conversation : conduct.moved_by) {
      if (const Stored* stored = stored_.find(conversation)) {
        by_pair[stored->pair].add(stored->volume);
      } else {
        more = true;
      }
    }
    for (const auto& [pair, volume] : by_pair) {
      page.line("what it had moved went " + pair.source + " → " + pair.destination + ": " + volume_text(volume), 4, 2,
                Ink::bold);
    }
    if (more) page.line("and more that it had moved, in conversations no longer remembered", 4);
  }

  BoundedRows<Pair, Conduct> conducts_{kSummaryPairs};
  std::uint64_t forgotten_ = 0;
  PerConversation<Pair> deviating_{kConversations, [this](const Pair&) { ++forgotten_; }};
  PerConversation<Stored> stored_{kConversations};
  Hl7Tally<Line*> tally_{*this};
};

}  // namespace

std::unique_ptr<SummarySection> make_conduct_section() { return std::make_unique<ConductSection>(); }

}  // namespace dcmwatch
