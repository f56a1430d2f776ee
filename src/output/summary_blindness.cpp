// What was not visible: where nothing is reported, this says whether nothing happened.
#include <algorithm>
#include <array>

#include "output/per_conversation.h"
#include "output/summary_section.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kNamedPairs = 4;
constexpr std::size_t kNotes = 100;

struct Reason {
  bool Visibility::*flag;
  std::string_view text;
};
// What is undecodable was seen: it is told as a break of the standard.
constexpr std::array kReasons{
    Reason{&Visibility::joined_midway, "began before the capture did"},
    Reason{&Visibility::one_direction, "seen in one direction only"},
    Reason{&Visibility::truncated, "cut by the snap length"},
    Reason{&Visibility::lost, "lost packets that mattered"},
    Reason{&Visibility::unfinished, "not over when the capture ended"},
    Reason{&Visibility::encrypted, "encrypted"},
};
static_assert(kReasons.size() + 1 == kVisibilityFlags.size());

/// What a CaptureNote means to people.
struct NoteMeaning {
  std::string_view name;
  std::string_view detail;  ///< empty: any, and it is told in brackets
  std::string_view singular;
  std::string_view plural;
};
constexpr std::array kMeanings{
    NoteMeaning{"capture.broken_off", "", "capture broke off: what came after was not seen",
                "captures broke off: what came after was not seen"},
    NoteMeaning{"capture.clock_step", "", "time the clock of the capture was set back",
                "times the clock of the capture was set back"},
    NoteMeaning{"decode.truncated", "", "packet is cut off within its headers",
                "packets are cut off within their headers"},
    NoteMeaning{"decode.malformed", "", "packet has headers that contradict each other",
                "packets have headers that contradict each other"},
    NoteMeaning{"decode.unknown_link_type", "", "packet is of a link layer that dcmwatch does not know",
                "packets are of a link layer that dcmwatch does not know"},
    NoteMeaning{"decode.encrypted", "", "packet is encrypted below TCP (IPsec, MACsec, wireless)",
                "packets are encrypted below TCP (IPsec, MACsec, wireless)"},
    NoteMeaning{"decode.compressed", "", "packet is compressed below TCP", "packets are compressed below TCP"},
    NoteMeaning{"decode.nested_too_deep", "", "packet has more headers around it than are looked through",
                "packets have more headers around them than are looked through"},
    NoteMeaning{"decode.fragment_incomplete", "", "IP datagram was not seen whole: some of its fragments are missing",
                "IP datagrams were not seen whole: some of their fragments are missing"},
    NoteMeaning{"decode.fragment_overlap", "",
                "IP datagram came in fragments that overlap, as nobody sends them by chance",
                "IP datagrams came in fragments that overlap, as nobody sends them by chance"},
    NoteMeaning{"decode.fragment_limit", "", "IP datagram was given up, since too many waited for their fragments",
                "IP datagrams were given up, since too many waited for their fragments"},
    NoteMeaning{"assemble.bad_checksum", "",
                "TCP segment was left out: its checksum is wrong, unlike others of its sender",
                "TCP segments were left out: their checksums are wrong, unlike others of their senders"},
    NoteMeaning{"limit.reached", "connections", "connection was forgotten, since too many were open",
                "connections were forgotten, those idle longest first, since too many were open"},
    NoteMeaning{"limit.reached", "unanswered_connections",
                "unanswered connection was counted before its time, since too many waited for an answer",
                "unanswered connections were counted before their time, since too many waited for an answer"},
    NoteMeaning{"limit.reached", "unanswered_networks",
                "unanswered connection was counted without its network, since there were too many networks",
                "unanswered connections were counted without their networks, since there were too many networks"},
    NoteMeaning{"limit.reached", "unanswered_records",
                "unanswered connection was told without its network, since there were too many networks",
                "unanswered connections were told without their networks, since there were too many networks"},
    NoteMeaning{"limit.reached", "answered_records",
                "connection that was answered and no more was told together with others, since there were too many",
                "connections that were answered and no more were told together, since there were too many"},
    NoteMeaning{"limit.reached", "refused_records",
                "refused connection was told together with others, since there were too many",
                "refused connections were told together, since there were too many"},
    NoteMeaning{"limit.reached", "glimpse_records",
                "connection of a few packets one way was told together with others, since there were too many",
                "connections of a few packets one way were told together, since there were too many"},
    NoteMeaning{"limit.reached", "closed_connections",
                "closed connection was forgotten early, so that late packets of it would look like another",
                "closed connections were forgotten early, so that late packets of them would look like others"},
    NoteMeaning{"limit.reached", "held_segments_per_connection",
                "hole was given up early, since too many segments waited for it",
                "holes were given up early, since too many segments waited for them"},
    NoteMeaning{"limit.reached", "holes_per_direction",
                "hole in what nobody reads was taken for lost, since there were too many",
                "holes in what nobody reads were taken for lost, since there were too many"},
    NoteMeaning{"limit.reached", "sequence_window_bytes",
                "packet was left out, since it was too far from what its connection had shown",
                "packets were left out, since they were too far from what their connections had shown"},
    NoteMeaning{"limit.reached", "held_bytes", "hole was given up early, since too many bytes waited for it",
                "holes were given up early, since too many bytes waited for them"},
    NoteMeaning{"limit.reached", "kept_bytes", "message or request was cut short, since too many were unfinished",
                "messages or requests were cut short, those of who kept most first, since too many were unfinished"},
    NoteMeaning{"limit.reached", "relate_open", "fact was forgotten before what it belongs to was seen",
                "facts were forgotten before what they belong to was seen"},
    NoteMeaning{"limit.reached", "unacknowledged_blocks",
                "payload was not kept to be compared with a retransmission of it, since there was too much",
                "payloads were not kept to be compared with retransmissions of them, since there was too much"},
    NoteMeaning{"limit.reached", "studies", "study was told before it was over, since too much was being stored",
                "studies were told before they were over, since too much was being stored"},
    NoteMeaning{"limit.reached", "study_instances",
                "stored object was not told apart from others of its study, since there were too many",
                "stored objects were not told apart from others of their studies, since there were too many"},
    NoteMeaning{"limit.reached", "told_studies",
                "study was forgotten before a late report of its commitment, since too much was being stored",
                "studies were forgotten before late reports of their commitment, since too much was being stored"},
    NoteMeaning{"limit.reached", "study_series",
                "object is of one more series, modality or association than are counted of a study on one way",
                "objects are of more series, modalities or associations than are counted of a study on one way"},
    NoteMeaning{"limit.reached", "study_ways", "object was sent on one more way than a study's ways are told",
                "objects were sent on more ways than a study's ways are told"},
    NoteMeaning{
        "limit.reached", "study_announcers",
        "object that a performed step lists was left out, since too many devices listed objects of its study",
        "objects that performed steps list were left out, since too many devices listed objects of their study"},
    NoteMeaning{"limit.reached", "instance_studies",
                "stored object was not looked for in a commitment's report, since too many studies have its UID",
                "stored objects were not looked for in commitments' reports, since too many studies have their UIDs"},
    NoteMeaning{"limit.reached", "step_studies", "study of a performed step was not followed, since it has too many",
                "studies of performed steps were not followed, since they have too many"},
    NoteMeaning{"limit.reached", "listed_instances",
                "performed step or commitment report was cut short, since too much was listed by unfinished ones",
                "performed steps or commitment reports were cut short, since too much was listed by unfinished ones"},
    NoteMeaning{"limit.reached", "retrieval_effects",
                "association was not tied to the retrieval that caused it, since there were too many",
                "associations were not tied to the retrievals that caused them, since there were too many"},
    NoteMeaning{"limit.reached", "retrieval_candidates",
                "object was held against the latest retrievals only, since too many fitted it",
                "objects were held against the latest retrievals only, since too many fitted them"},
    NoteMeaning{"limit.reached", "orders", "order was forgotten within the hour, since there were too many",
                "orders were forgotten within the hour, since there were too many"},
    NoteMeaning{"limit.reached", "patient_merges", "merge of patients was forgotten, since there were too many",
                "merges of patients were forgotten, since there were too many"},
    NoteMeaning{"limit.reached", "patient_merge_chain",
                "merge of patients was not followed to its end, since too many followed each other",
                "merges of patients were not followed to their end, since too many followed each other"},
    NoteMeaning{"limit.reached", "workflows", "order's way was told before its time, since there were too many",
                "orders' ways were told before their time, since there were too many"},
    NoteMeaning{"limit.reached", "workflow_studies",
                "study was not joined to an order that it was named with, since there were too many",
                "studies were not joined to orders that they were named with, since there were too many"},
    NoteMeaning{"limit.reached", "pixel_digests",
                "object's pixel data was forgotten within the hour, since there were too many",
                "objects' pixel data was forgotten within the hour, since there were too many"},
    NoteMeaning{"limit.reached", "findings", "finding was forgotten or counted with others, since there were too many",
                "findings were forgotten or counted with others, since there were too many"},
    NoteMeaning{"limit.reached", "correlation_groups",
                "group of a correlation was forgotten within its timespan, since there were too many",
                "groups of correlations were forgotten within their timespans, since there were too many"},
    NoteMeaning{"limit.reached", "correlation_bytes",
                "group of a correlation was forgotten within its timespan, since they took too much room",
                "groups of correlations were forgotten within their timespans, since they took too much room"},
    NoteMeaning{"dicom.pending_operations", "",
                "DICOM operation was forgotten before its answer, since too many were open",
                "DICOM operations were forgotten before their answers, since too many were open"},
    NoteMeaning{"dicom.pdu_bytes", "", "association request or acceptance was too long to tell more than its titles",
                "association requests or acceptances were too long to tell more than their titles"},
    NoteMeaning{"dicom.presentation_context_uids", "",
                "UID of a presentation context was not kept, since there were too many",
                "UIDs of presentation contexts were not kept, since there were too many"},
    NoteMeaning{"dicom.data_set_attributes", "", "data set was too large to find all that is wanted of it",
                "data sets were too large to find all that is wanted of them"},
    NoteMeaning{"hl7.pending_messages", "", "HL7 message was forgotten before its answer, since too many were waiting",
                "HL7 messages were forgotten before their answers, since too many were waiting"},
    NoteMeaning{"hl7.block_messages", "", "HL7 message was not told, since too many stood in one block",
                "HL7 messages were not told, since too many stood in one block"},
};

/// Of notes that nobody gave a meaning the name is shown.
std::string note_text(std::string_view name, std::string_view detail, std::uint64_t count) {
  const auto meaning = std::ranges::find_if(kMeanings, [&](const NoteMeaning& known) {
    return known.name == name && (known.detail.empty() || known.detail == detail);
  });
  const bool known = meaning != kMeanings.end();
  const bool told = detail.empty() || (known && !meaning->detail.empty());
  const std::string where = told ? "" : " (" + std::string{detail} + ')';
  if (!known) return std::string{name} + where + ": " + grouped(count);
  return counted(count, meaning->singular, meaning->plural) + where;
}

/// Whether the failures tell the note already, and better.
bool is_told(std::string_view name, const std::string& detail, const std::vector<std::string>& failures) {
  return name == "capture.broken_off" && !detail.empty() &&
         std::ranges::any_of(failures,
                             [&](const std::string& failure) { return failure.find(detail) != failure.npos; });
}

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
    if (goes_on(event)) return;
    if (const auto* note = std::get_if<CaptureNote>(&event.facts)) {
      if (note->name == "hl7.repeated_violations") return;  // seen well enough to be counted: summary_breaks.cpp
      if (std::uint64_t* count = notes_.of({std::string{note->name}, shown(note->detail)})) *count += note->count;
      return;
    }
    if (const auto* study = std::get_if<DicomStudy>(&event.facts); study && event.phase == Phase::end)
      unassigned_objects_ += study->unassigned;
    count_reasons(observation);
    const auto* connection = std::get_if<ConnectionFact>(&event.facts);
    if (connection && event.phase == Phase::end) count_missing(observation, *connection);
  }

  void render(TextPage& page, const RunFigures& run) const override {
    page.heading("What was not visible");
    Table table{{{"why"}, {"connections", Align::right}, {"where"}}, {}};
    for (std::size_t i = 0; i < kReasons.size(); ++i) add(table, std::string{kReasons[i].text}, reasons_[i]);
    add(table, bytes_text(missing_bytes_) + " sent but not seen", missing_);
    add(table, bytes_text(unseen_bytes_) + " of these lost by the mirror or the capture", unseen_);
    if (!table.rows.empty()) page.table(table);

    if (unassigned_objects_ != 0)
      page.line("of " + counted(unassigned_objects_, "stored object") + " the study: see Studies", 2, 2, Ink::yellow);
    for (const std::string& failure : run.failures) page.line(shown(failure), 2, 2, Ink::yellow);
    for (const auto& [note, count] : notes_.rows()) {
      if (!is_told(note.first, note.second, run.failures)) page.line(note_text(note.first, note.second, count));
    }
    if (notes_.refused() != 0) page.line("and " + grouped(notes_.refused()) + " of other kinds");
    if (run.dropped_packets != 0) page.line(counted(run.dropped_packets, "packet") + " lost while capturing");
    const bool nothing_told = table.rows.empty() && notes_.rows().empty() && run.dropped_packets == 0 &&
                              run.failures.empty() && unassigned_objects_ == 0;
    if (nothing_told) page.line(run.packets == 0 ? "everything: no packet was read" : "no gap was noticed");
  }

 private:
  void count_reasons(const Observation& observation) {
    const Visibility& visibility = observation.event.visibility;
    if (visibility == Visibility{} || joins_others(observation.event)) return;
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
    const std::uint64_t unseen = connection.unseen_bytes[0] + connection.unseen_bytes[1];
    if (unseen == 0) return;
    unseen_bytes_ += unseen;
    count(unseen_, observation);
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
  Blindness unseen_;  ///< of missing_, what was acknowledged
  std::uint64_t unseen_bytes_ = 0;
  std::uint64_t unassigned_objects_ = 0;
  BoundedRows<std::pair<std::string, std::string>, std::uint64_t> notes_{kNotes};
  PerConversation<Visibility> seen_{kRememberedConversations};
};

}  // namespace

std::unique_ptr<SummarySection> make_blindness_section() { return std::make_unique<BlindnessSection>(); }

}  // namespace dcmwatch
