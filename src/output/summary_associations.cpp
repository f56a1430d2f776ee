// A line for each association: who asked whom for what, what became of it, and how it ended.
#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "event/dicom_names.h"
#include "output/per_conversation.h"
#include "output/summary_section.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kConversations = 8192;
constexpr std::size_t kLines = 100;  ///< without trouble, and as many with
constexpr std::size_t kDeeds = 12;   ///< kinds of operations told of one association

/// Operations that have words of their own.
struct Wording {
  std::string_view sop_class_uid;
  std::uint16_t command;
  std::string_view text;
  std::optional<std::uint16_t> action = std::nullopt;  ///< of an N-ACTION; nothing: any
};
constexpr std::string_view kFilmSession = "1.2.840.10008.5.1.1.1", kFilmBox = "1.2.840.10008.5.1.1.2",
                           kGrayscaleImageBox = "1.2.840.10008.5.1.1.4", kColorImageBox = "1.2.840.10008.5.1.1.4.1",
                           kPrintJob = "1.2.840.10008.5.1.1.14", kPrinter = "1.2.840.10008.5.1.1.16",
                           kPresentationLut = "1.2.840.10008.5.1.1.23", kProcedureStep = "1.2.840.10008.5.1.4.34.6.1";
constexpr std::array kWordings{
    Wording{sop_class::kPerformedProcedureStep, dimse::kCreate, "began a performed procedure step"},
    Wording{sop_class::kPerformedProcedureStep, dimse::kSet, "updated a performed procedure step"},
    Wording{sop_class::kStorageCommitment, dimse::kAction, "asked for storage commitment"},
    Wording{sop_class::kStorageCommitment, dimse::kEventReport, "reported on storage commitment"},
    // PS3.4 H.4
    Wording{kFilmSession, dimse::kCreate, "began a film session"},
    Wording{kFilmSession, dimse::kSet, "changed a film session"},
    Wording{kFilmSession, dimse::kAction, "printed a film session"},
    Wording{kFilmSession, dimse::kDelete, "ended a film session"},
    Wording{kFilmBox, dimse::kCreate, "laid out a film"},
    Wording{kFilmBox, dimse::kSet, "changed a film"},
    Wording{kFilmBox, dimse::kAction, "printed a film"},
    Wording{kFilmBox, dimse::kDelete, "put a film away"},
    Wording{kGrayscaleImageBox, dimse::kSet, "put an image on film"},
    Wording{kColorImageBox, dimse::kSet, "put an image on film"},
    Wording{kPrintJob, dimse::kNGet, "asked how a print job goes"},
    Wording{kPrintJob, dimse::kEventReport, "reported on a print job"},
    Wording{kPrinter, dimse::kNGet, "asked how the printer is"},
    Wording{kPrinter, dimse::kEventReport, "reported how the printer is"},
    Wording{kPresentationLut, dimse::kCreate, "set a gray scale (presentation LUT)"},
    Wording{kPresentationLut, dimse::kDelete, "put a gray scale (presentation LUT) away"},
    // PS3.4 CC.2; the new state stands in the data set: 1 claims a step, completes or cancels it.
    Wording{kProcedureStep, dimse::kCreate, "scheduled a procedure step"},
    Wording{kProcedureStep, dimse::kNGet, "read a procedure step"},
    Wording{kProcedureStep, dimse::kSet, "updated a procedure step"},
    Wording{kProcedureStep, dimse::kAction, "claimed or ended a procedure step", 1},
    Wording{kProcedureStep, dimse::kAction, "asked to cancel a procedure step", 2},
    Wording{kProcedureStep, dimse::kAction, "subscribed to procedure steps", 3},
    Wording{kProcedureStep, dimse::kAction, "unsubscribed from procedure steps", 4},
    Wording{kProcedureStep, dimse::kAction, "unsubscribed from new procedure steps", 5},
    Wording{kProcedureStep, dimse::kEventReport, "reported on a procedure step"},
};

constexpr std::string_view kNeverAnswered = "never answered";

/// Operations of one kind with one answer.
struct Deed {
  std::uint16_t command = 0;
  Invoker invoker{};
  std::string object;       ///< the SOP class, or the level that is asked at
  std::string target;       ///< where a C-MOVE sends
  std::string answer;       ///< empty: success
  bool refused = false;     ///< the answer is a failure, or never came
  bool broken_off = false;  ///< the request was not sent to its end
  bool programs = false;    ///< documents that are programs
  bool of_commitment = false;
  bool of_worklist = false;
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  std::uint64_t got = 0;     ///< matches, or objects: that a retrieval completed, of which commitment is asked or told
  std::uint64_t failed = 0;  ///< objects that it did not, or that were not committed

  [[nodiscard]] bool same_kind(const Deed& other) const {
    return command == other.command && invoker == other.invoker && object == other.object && target == other.target &&
           answer == other.answer && broken_off == other.broken_off && programs == other.programs;
  }
  [[nodiscard]] bool troubled() const { return refused || failed != 0 || programs; }
};

struct Deeds {
  std::vector<Deed> deeds;
  std::uint64_t more = 0;
  std::array<Duration, 3> slow{};  ///< of the operations that each SlowPart held up most
};

struct Line {
  Timestamp start;
  std::string pair;
  std::string titles;
  std::string text;
  bool troubled = false;
};

// "CT Image Storage" and "Printer SOP Class" are classes; what is stored is a CT image, what is asked is a printer.
std::string sop_class_text(const DicomOperation& operation) {
  const std::string_view ending = operation.command_field == dimse::kStore ? " Storage" : " SOP Class";
  std::string text = shown(dicom_uid_name(operation.sop_class_uid));
  const std::size_t at = text.find(ending);
  if (at != std::string::npos) text.erase(at, ending.size());
  if (!text.empty()) return text;
  if (operation.sop_class_uid.empty()) return "object of a class not seen";
  return "object of unknown class '" + shown(operation.sop_class_uid) + '\'';
}

/// "1 CT Image", "3 CT Images", "2 objects of unknown class '1.2.3'", "2 Encapsulated PDF objects"
std::string several(std::uint64_t count, std::string object) {
  if (count != 1) {
    bool named = false;
    for (const std::string_view noun : {"Image", "object"}) {
      const std::size_t at = object.find(noun);
      if (named || at == std::string::npos) continue;
      object.insert(at + noun.size(), "s");
      named = true;
    }
    if (!named) object += " objects";
  }
  return grouped(count) + ' ' + object;
}

std::string answer_of(const DicomOperation& operation, const Visibility& visibility) {
  if (!operation.status) return visibility.impaired() ? "answer not visible" : std::string{kNeverAnswered};
  const StatusClass status = dicom_status_class(operation.command_field, *operation.status);
  if (status == StatusClass::success) return {};
  std::string text = std::string{to_text(status)} + ' ' + dicom_status_text(*operation.status);
  const std::string_view meaning =
      dicom_status_meaning(operation.command_field, operation.sop_class_uid, *operation.status);
  if (!meaning.empty() && meaning != to_text(status)) text.append(", ").append(meaning);
  return text;
}

// Of a step how it ended; while it goes on, no more is told than that it was updated.
void add_content(Deed& deed, const DicomContent& content) {
  if (const auto* commitment = content.as<StorageCommitment>()) {
    deed.got = commitment->referenced;
    deed.failed = commitment->failed;
  }
  const auto* step = content.as<PerformedStep>();
  if (!step || deed.command != dimse::kSet || (step->status != "COMPLETED" && step->status != "DISCONTINUED")) return;
  deed.object = "set a performed procedure step to " + shown(step->status);
  if (step->images != 0) deed.object += ", " + counted(step->images, "image");
}

Deed deed_of(const DicomOperation& operation, const Visibility& visibility) {
  Deed deed;
  deed.command = operation.command_field;
  deed.invoker = operation.invoker;
  deed.of_commitment = operation.sop_class_uid == sop_class::kStorageCommitment;
  deed.of_worklist = operation.sop_class_uid == sop_class::kModalityWorklist;
  const std::string_view command = dicom_command_name(operation.command_field);
  const bool at_level = dimse::is_query(operation.command_field) && !deed.of_worklist;
  deed.object = at_level ? shown(operation.query_level) : sop_class_text(operation);
  const bool has_words = operation.command_field == dimse::kEcho || operation.command_field == dimse::kStore ||
                         dimse::is_query(operation.command_field);
  if (!has_words) deed.object = std::string{command.empty() ? "an unknown operation" : command} + ' ' + deed.object;
  if (deed.of_worklist) deed.object = "worklist";
  for (const Wording& wording : kWordings) {
    const bool of_action = !wording.action || wording.action == operation.action_type;
    if (operation.sop_class_uid == wording.sop_class_uid && operation.command_field == wording.command && of_action)
      deed.object = wording.text;
  }
  if (operation.command_field == dimse::kMove) deed.target = shown(operation.move_destination);
  deed.answer = answer_of(operation, visibility);
  deed.broken_off = operation.request_broken_off;
  deed.refused = operation.status
                     ? dicom_status_class(operation.command_field, *operation.status) == StatusClass::failure
                     : !visibility.impaired();
  deed.count = 1;
  deed.bytes = operation.command_field == dimse::kStore ? operation.request_bytes : 0;
  const SubOperations& told = operation.sub_operations;
  const std::uint64_t completed = std::uint64_t{told.completed.value_or(0)} + told.warning.value_or(0);
  deed.got = operation.command_field == dimse::kFind ? operation.pending_responses : completed;
  deed.failed = told.failed.value_or(0);
  add_content(deed, operation.content);
  const auto* object = operation.content.as<StoredObject>();
  deed.programs = object && object->executable_document == true;
  return deed;
}

std::string level_text(const std::string& level) {
  if (level == "PATIENT") return " patients";
  if (level == "STUDY") return " studies";
  if (level == "SERIES") return " series";
  if (level == "IMAGE") return " images";
  return {};
}

/// "sent", "was sent", "began to send"
std::string sending_text(const Deed& deed) {
  const bool by_acceptor = deed.invoker == Invoker::acceptor;
  if (deed.broken_off) return by_acceptor ? "began to be sent " : "began to send ";
  return by_acceptor ? "was sent " : "sent ";
}

/// "sent 6 CT Images, 200.2 kB", "queried studies: 12 matches"
std::string text_of(const Deed& deed) {
  if (deed.command == dimse::kEcho && deed.refused && deed.answer == kNeverAnswered)
    return "echo" + (deed.count == 1 ? "" : " (" + grouped(deed.count) + " times)") + ' ' + deed.answer;
  std::string text;
  const std::string times = deed.count == 1 ? "" : " (" + grouped(deed.count) + " times)";
  switch (deed.command) {
    case dimse::kEcho: text = "echoed" + times; break;
    case dimse::kStore:
      text = sending_text(deed) + several(deed.count, deed.object) + ", " + bytes_text(deed.bytes);
      if (deed.programs) text += deed.count == 1 ? ", which is a program" : ", which are programs";
      break;
    case dimse::kFind:
      text = (deed.of_worklist ? "asked the worklist" : "queried" + level_text(deed.object)) + times + ": " +
             counted(deed.got, "match", "matches");
      break;
    case dimse::kGet: text = "fetched " + counted(deed.got, "object") + times; break;
    case dimse::kMove: text = "had " + counted(deed.got, "object") + " sent to " + deed.target + times; break;
    default: text = deed.object + times;
  }
  if (deed.of_commitment && deed.command == dimse::kEventReport) {
    text += ": " + counted(deed.got, "object") + " committed";
  } else if (deed.of_commitment && deed.got != 0) {
    text += " of " + counted(deed.got, "object");
  }
  if (deed.failed != 0) text += ", " + grouped(deed.failed) + (deed.of_commitment ? " not" : " failed");
  if (deed.broken_off) return text + ", not finished";
  if (!deed.answer.empty()) text += ": " + deed.answer;
  return text;
}

std::string by_text(const std::optional<Invoker>& side) {
  return side ? " by the " + std::string{to_text(*side)} : std::string{};
}

std::string end_text(const DicomAssociation& association) {
  if (association.rejection) {
    const DicomRejection& why = *association.rejection;
    return "refused by the " + dicom_rejection_source_text(why.source) + ": " +
           dicom_rejection_text(why.result, why.source, why.reason);
  }
  if (!association.end) return "went on";
  switch (*association.end) {
    case DicomEnd::released: return "released";
    case DicomEnd::aborted:
      if (!association.abort) return "aborted";
      return std::string{"aborted by the "} + (association.abort->by_opener ? "opener" : "acceptor") +
             (association.abort->source == 0
                  ? std::string{}
                  : " (" + dicom_abort_text(association.abort->source, association.abort->reason) + ')');
    case DicomEnd::rejected: return "refused";
    case DicomEnd::reset: return "connection reset" + by_text(association.broken_off_by);
    case DicomEnd::closed: return "connection closed" + by_text(association.broken_off_by) + " without release";
    case DicomEnd::timeout: return "fell silent";
    case DicomEnd::open: return "still open at the end";
  }
  return {};
}

constexpr std::size_t kNamedContexts = 3;

std::string context_text(const PresentationContext& context) {
  const std::string_view name = dicom_uid_name(context.abstract_syntax);
  return shown(name.empty() ? context.abstract_syntax : name);
}

/// "2 of 3 contexts refused (abstract syntax not supported): CT Image Storage, 1.2.3"; empty if none was, or if that
/// was not seen.
std::string refusals_text(const DicomAssociation& association) {
  std::size_t refused = 0;
  std::string why;
  std::string names;
  for (const PresentationContext& context : association.contexts) {
    if (!context.result || context.accepted()) continue;
    ++refused;
    const std::string reason{dicom_context_result_text(*context.result)};
    if (why.find(reason) == std::string::npos) why.append(why.empty() ? "" : ", ").append(reason);
    if (refused <= kNamedContexts) names.append(names.empty() ? "" : ", ").append(context_text(context));
  }
  if (refused == 0) return {};
  if (refused > kNamedContexts) names += ", …";
  return std::to_string(refused) + " of " + counted(association.contexts.size(), "context") + " refused (" + why +
         "): " + names;
}

bool is_troubled(const DicomAssociation& association, const Visibility& visibility) {
  if (association.rejection || association.abort) return true;
  if (!association.end || visibility.impaired()) return false;
  return *association.end != DicomEnd::released && *association.end != DicomEnd::open;
}

constexpr Duration kSlow = std::chrono::seconds{1};

/// "slow: the receiver (2.1 s)"; empty if nothing took long.
std::string slowness_text(const std::array<Duration, 3>& slow) {
  const auto most = std::ranges::max_element(slow);
  if (*most < kSlow) return {};
  return "slow: the " + std::string{to_text(static_cast<SlowPart>(most - slow.begin()))} + " (" + duration_text(*most) +
         ')';
}

std::string titles_text(const DicomAssociation& association) {
  const auto title = [](const std::optional<AeTitle>& ae) { return ae ? shown(*ae) : std::string{"?"}; };
  return title(association.calling_ae) + " → " + title(association.called_ae);
}

class AssociationsSection final : public SummarySection {
 public:
  void observe(const Observation& observation) override {
    const Event& event = observation.event;
    if (event.phase != Phase::end) return;
    if (const auto* operation = std::get_if<DicomOperation>(&event.facts)) take(event, *operation);
    if (const auto* association = std::get_if<DicomAssociation>(&event.facts)) take(observation, *association);
  }

  void render(TextPage& page, const RunFigures&) const override {
    if (lines_.empty()) return;
    std::vector<const Line*> in_order;
    for (const Line& line : lines_) in_order.push_back(&line);
    std::ranges::stable_sort(in_order, {}, &Line::start);
    Table table{{{"began"}, {"from → to"}, {"titles"}, {"what happened"}}, {}};
    constexpr std::size_t kDateCharacters = sizeof("2026-03-02 ") - 1;
    for (const Line* line : in_order) {
      table.rows.push_back({{time_text(line->start).substr(kDateCharacters)},
                            {line->pair},
                            {line->titles},
                            {line->text, line->troubled ? Ink::yellow : Ink::plain}});
    }
    page.heading("Associations");
    page.table(table);
    if (more_ == 0) return;
    std::string rest = "and " + counted(more_, "more association", "more associations");
    if (more_troubled_ != 0) rest += ", " + grouped(more_troubled_) + " of them with trouble";
    page.line(rest + ": --events tells each");
  }

 private:
  void take(const Event& event, const DicomOperation& operation) {
    Deeds& deeds = open_.of(event.conversation);
    if (operation.slowest) {
      const Timestamp over = operation.answered ? operation.answered->time : event.last.time;
      deeds.slow[static_cast<std::size_t>(*operation.slowest)] += elapsed(operation.requested.time, over);
    }
    Deed deed = deed_of(operation, event.visibility);
    const auto same = std::ranges::find_if(deeds.deeds, [&](const Deed& other) { return other.same_kind(deed); });
    if (same != deeds.deeds.end()) {
      same->count += deed.count;
      same->bytes += deed.bytes;
      same->got += deed.got;
      same->failed += deed.failed;
    } else if (deeds.deeds.size() < kDeeds) {
      deeds.deeds.push_back(std::move(deed));
    } else {
      ++deeds.more;
    }
  }

  void take(const Observation& observation, const DicomAssociation& association) {
    Deeds& deeds = open_.of(observation.event.conversation);
    const bool troubled =
        is_troubled(association, observation.event.visibility) || std::ranges::any_of(deeds.deeds, &Deed::troubled);
    std::size_t& told = troubled ? told_troubled_ : told_;
    if (told < kLines) {
      ++told;
      lines_.push_back(line_of(observation, association, deeds, troubled));
    } else {
      ++more_;
      more_troubled_ += troubled ? 1 : 0;
    }
    open_.erase(observation.event.conversation);
  }

  static Line line_of(const Observation& observation, const DicomAssociation& association, const Deeds& deeds,
                      bool troubled) {
    const Pair pair = pair_of(observation);
    Line line{
        observation.event.first.time, pair.source + " → " + pair.destination, titles_text(association), {}, troubled};
    const auto add = [&line](const std::string& text) {
      if (!text.empty()) line.text.append(line.text.empty() ? "" : "; ").append(text);
    };
    for (const Deed& deed : deeds.deeds) add(text_of(deed));
    if (deeds.more != 0) add("and " + counted(deeds.more, "operation") + " of other kinds");
    const bool data_passed = association.data_bytes != decltype(association.data_bytes){};
    if (deeds.deeds.empty() && association.accepted == true) {
      add(data_passed || observation.event.visibility.impaired() ? "what was asked for was not visible"
                                                                 : "asked for nothing");
    }
    if (association.accepted == true && association.setup_time >= kSlow)
      add("accepted only after " + duration_text(*association.setup_time));
    add(slowness_text(deeds.slow));
    if (association.release_time >= kSlow)
      add("release answered only after " + duration_text(*association.release_time));
    add(refusals_text(association));
    if (!association.rejection && !association.accepted && !observation.event.visibility.impaired()) add("no answer");
    const Duration took = observation.event.last.time - observation.event.first.time;
    add(end_text(association) + (association.rejection ? "" : " after " + duration_text(took)));
    return line;
  }

  PerConversation<Deeds> open_{kConversations};
  std::vector<Line> lines_;
  std::size_t told_ = 0;
  std::size_t told_troubled_ = 0;
  std::uint64_t more_ = 0;
  std::uint64_t more_troubled_ = 0;
};

}  // namespace

std::unique_ptr<SummarySection> make_associations_section() { return std::make_unique<AssociationsSection>(); }

}  // namespace dcmwatch
