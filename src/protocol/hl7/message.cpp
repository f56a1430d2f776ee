#include "protocol/hl7/message.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include "protocol/hl7/byte_masks.h"
#include "protocol/hl7/codes.h"

namespace dcmwatch::hl7 {
namespace {

/// A segment's three letters as one number, so that they are compared at once. A shorter segment has no id.
using SegmentId = std::uint32_t;
constexpr std::size_t kSegmentIdLength = 3;
constexpr SegmentId segment_id(std::string_view segment) {
  if (segment.size() < kSegmentIdLength) return 0;
  const auto letter = [segment](std::size_t at) { return SegmentId{static_cast<unsigned char>(segment[at])}; };
  return letter(0) << 16 | letter(1) << 8 | letter(2);
}

/// A field of a segment, and the number under which it is kept.
struct WantedField {
  std::size_t number;
  std::size_t kept_as;

  template <typename Name>
  constexpr WantedField(std::size_t field_number, Name name)
      : number(field_number), kept_as(static_cast<std::size_t>(name)) {}
};

/// Whose the fields of a segment are.
enum class Part : std::uint8_t { message, patient, merge, order, request, procedure, study, observation };

struct WantedSegment {
  SegmentId id;
  Part part;
  std::span<const WantedField> fields;  ///< in ascending order; none of what is looked at before
};

constexpr std::array kMsh{WantedField{3, Field::sending_application},
                          WantedField{4, Field::sending_facility},
                          WantedField{5, Field::receiving_application},
                          WantedField{6, Field::receiving_facility},
                          WantedField{7, Field::message_time},
                          WantedField{9, Field::message_type},
                          WantedField{10, Field::control_id},
                          WantedField{11, Field::processing_id},
                          WantedField{12, Field::version_id},
                          WantedField{14, Field::continuation_pointer},
                          WantedField{15, Field::accept_acknowledgement},
                          WantedField{16, Field::application_acknowledgement},
                          WantedField{17, Field::country},
                          WantedField{18, Field::character_set},
                          WantedField{21, Field::profile}};
constexpr std::array kMsa{WantedField{1, Field::acknowledgement_code}, WantedField{2, Field::acknowledged_control_id}};
constexpr std::array kSft{WantedField{1, Field::software_vendor}, WantedField{2, Field::software_version},
                          WantedField{3, Field::software_product}};
constexpr std::array kEvn{WantedField{1, Field::event_type}, WantedField{2, Field::recorded},
                          WantedField{6, Field::occurred}, WantedField{7, Field::event_facility}};
constexpr std::array kPid{WantedField{2, Field::external_patient_id}, WantedField{3, Field::patient_identifiers},
                          WantedField{4, Field::alternate_patient_ids}, WantedField{18, Field::account_number}};
constexpr std::array kPv1{WantedField{19, Field::visit_number}};
constexpr std::array kDsc{WantedField{1, Field::continued}};
constexpr std::array kOrc{WantedField{1, OrderField::control}, WantedField{2, OrderField::orc_placer},
                          WantedField{3, OrderField::orc_filler}, WantedField{5, OrderField::status}};
constexpr std::array kObr{WantedField{2, OrderField::obr_placer}, WantedField{3, OrderField::obr_filler},
                          WantedField{18, OrderField::placer_field_1}, WantedField{25, OrderField::result_status}};
// Of segments that are looked at before it is known whose they are.
constexpr std::size_t kPidPatient = 3, kMrgMerged = 1, kIpcAccession = 1, kIpcStudy = 3, kZdsStudy = 1;
constexpr std::size_t kObxIdentifier = 3, kObxValue = 5, kObxStatus = 11;

constexpr SegmentId kHeader = segment_id("MSH"), kAcknowledgement = segment_id("MSA");
// The most frequent first.
constexpr std::array kWanted{
    WantedSegment{segment_id("OBX"), Part::observation, {}}, WantedSegment{kHeader, Part::message, kMsh},
    WantedSegment{kAcknowledgement, Part::message, kMsa},    WantedSegment{segment_id("PID"), Part::patient, kPid},
    WantedSegment{segment_id("PV1"), Part::message, kPv1},   WantedSegment{segment_id("EVN"), Part::message, kEvn},
    WantedSegment{segment_id("ORC"), Part::order, kOrc},     WantedSegment{segment_id("OBR"), Part::request, kObr},
    WantedSegment{segment_id("IPC"), Part::procedure, {}},   WantedSegment{segment_id("ZDS"), Part::study, {}},
    WantedSegment{segment_id("MRG"), Part::merge, {}},       WantedSegment{segment_id("SFT"), Part::message, kSft},
    WantedSegment{segment_id("DSC"), Part::message, kDsc}};

struct Envelope {
  SegmentId id;
  EnvelopeSegment::Kind kind;
};
constexpr std::array kEnvelopes{Envelope{segment_id("FHS"), EnvelopeSegment::Kind::file_header},
                                Envelope{segment_id("BHS"), EnvelopeSegment::Kind::batch_header},
                                Envelope{segment_id("BTS"), EnvelopeSegment::Kind::batch_trailer},
                                Envelope{segment_id("FTS"), EnvelopeSegment::Kind::file_trailer}};

// Of an observation that says the UID of the study it is of (PS3.16 CID 7010 and TID 1204; DICOM Part 20).
constexpr std::array<std::string_view, 2> kStudyConcepts{"113014", "110180"};
constexpr std::string_view kStudyConceptsBegin = "11";
constexpr std::string_view kDicomConcepts = "DCM";
constexpr std::string_view kStudyUidName = "Study Instance UID";

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kSegmentEnds = "\r\n";
constexpr char kIsoEscape = '\x1b';

// Software and user segments may stand between MSH and MSA (the ACK message, HL7 v2 2.13.1).
constexpr bool belongs_to_header(SegmentId id) {
  return id == kHeader || id == segment_id("SFT") || id == segment_id("UAC");
}

// Any punctuation will do; a letter or a digit would be no MSH but text that begins with these three letters.
constexpr bool may_delimit(char c) {
  const bool letter_or_digit = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return c > ' ' && c < 0x7F && !letter_or_digit;
}

// Some senders put a byte order mark or an empty line before the header.
std::string_view without_preamble(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  text.remove_prefix(std::min(text.find_first_not_of(kSegmentEnds), text.size()));
  return text;
}

constexpr std::string_view kUsualDelimiters = "|^~\\&";
constexpr std::size_t kDelimitersEnd = 8;  // behind MSH-2

// The first meaning wins where a sender names one character twice.
std::optional<Delimiters> read_delimiters(std::string_view text) {
  if (text.substr(kSegmentIdLength).starts_with(kUsualDelimiters)) return Delimiters{};
  if (text.size() <= kSegmentIdLength + 1 || !may_delimit(text[kSegmentIdLength])) return std::nullopt;
  Delimiters delimiters{text[kSegmentIdLength], '\0', '\0', '\0', '\0'};
  const std::string_view encoding = text.substr(kSegmentIdLength + 1);
  std::size_t place = 0;
  for (char* named : {&delimiters.component, &delimiters.repetition, &delimiters.escape, &delimiters.subcomponent}) {
    if (place >= encoding.size() || encoding[place] == delimiters.field || !may_delimit(encoding[place])) break;
    if (encoding.substr(0, place).find(encoding[place]) == std::string_view::npos) *named = encoding[place];
    ++place;
  }
  if (delimiters.component == '\0') return std::nullopt;
  return delimiters;
}

std::string_view without_broken_field(std::string_view text, const Delimiters& delimiters) {
  const std::array ends{delimiters.field, '\r', '\n'};
  const std::size_t last = text.find_last_of(std::string_view{ends.data(), ends.size()});
  return last == std::string_view::npos ? std::string_view{} : text.substr(0, last);
}

/// One segment of a message, and where its fields end.
class Segment {
 public:
  using Place = std::uint32_t;

  /// `separators`: where they stand in it, as far as a field behind them is wanted.
  Segment(std::string_view text, std::span<const Place> separators) : text_(text), separators_(separators) {}

  [[nodiscard]] std::string_view text() const { return text_; }

  /// Without what stands from there on.
  void end_at(std::size_t place) {
    text_ = text_.substr(0, place);
    while (!separators_.empty() && separators_.back() >= text_.size())
      separators_ = separators_.first(separators_.size() - 1);
  }

  /// From 1. No text at all if the segment does not reach that far.
  [[nodiscard]] std::string_view field(std::size_t number) const {
    if (number > separators_.size()) return {};
    const std::size_t begin = separators_[number - 1] + 1;
    const std::size_t end = number < separators_.size() ? separators_[number] : text_.size();
    return {text_.data() + begin, end - begin};
  }

 private:
  std::string_view text_;
  std::span<const Place> separators_;
};

// HL7 v2 2.5.2: a letter, and two letters or digits; a site's own begins with Z (2.11).
bool is_segment_name(std::string_view segment) {
  const auto is_letter = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return segment.size() >= kSegmentIdLength && is_letter(segment[0]) &&
         (is_letter(segment[1]) || is_digit(segment[1])) && (is_letter(segment[2]) || is_digit(segment[2]));
}

bool is_envelope(SegmentId id) {
  return std::ranges::any_of(kEnvelopes, [id](const Envelope& envelope) { return envelope.id == id; });
}

/// Takes the segments of one message, and reads those that are wanted.
class SegmentReader {
 public:
  SegmentReader(Message& message, const Limits& limits) : message_(message), limits_(limits) {}

  void read(const Segment& segment) {
    const std::string_view text = segment.text();
    const SegmentId id = segment_id(text);
    if (!belongs_to_header(id)) message_.beyond_header = true;
    if (!is_segment_name(text) ||
        (text.size() > kSegmentIdLength && text[kSegmentIdLength] != message_.delimiters.field)) {
      message_.breaks.add(Break::segment_name);
      return;
    }
    for (std::size_t kind = 0; kind < kWanted.size(); ++kind) {
      if (kWanted[kind].id != id) continue;
      read_part(segment, kWanted[kind], std::exchange(seen_[kind], true));
      return;
    }
  }

 private:
  void read_part(const Segment& segment, const WantedSegment& wanted, bool again) {
    // It stands before what an answer tells (2.14.8); behind that it would hide a message.
    if (wanted.id == kAcknowledgement) {
      if (tells_anything_) return;
      message_.is_acknowledgement = true;
    }
    tells_anything_ |= wanted.part != Part::message;
    switch (wanted.part) {
      case Part::message:
        if (!again) read_message(segment, wanted);
        return;
      case Part::patient: return read_patient(segment, wanted, again);
      case Part::merge: return add_merge(segment.field(kMrgMerged));
      case Part::order: begin_order(); return read_order(segment, wanted);
      case Part::request:
        if (!order_ || std::exchange(has_request_, true)) begin_order();
        has_request_ = true;
        return read_order(segment, wanted);
      case Part::procedure:
        add(OrderField::accession, segment.field(kIpcAccession));
        return add(OrderField::study, segment.field(kIpcStudy));
      case Part::study: return add(OrderField::study, segment.field(kZdsStudy));
      case Part::observation: return read_observation(segment);
    }
  }

  // `keep` is given each wanted field that the segment has under its name's number.
  template <typename Keep>
  static void read_fields(const Segment& segment, const WantedSegment& wanted, Keep keep) {
    // MSH-1 is the separator itself, so what stands behind it is MSH-2.
    const std::size_t own = wanted.id == kHeader ? 1 : 0;
    for (const auto& [number, name] : wanted.fields) {
      const std::string_view text = segment.field(number - own);
      if (text.data() == nullptr) return;
      keep(name, text);
    }
  }

  void read_message(const Segment& segment, const WantedSegment& wanted) {
    read_fields(segment, wanted,
                [this](std::size_t name, std::string_view text) { message_.set(static_cast<Field>(name), text); });
  }

  void read_patient(const Segment& segment, const WantedSegment& wanted, bool again) {
    if (!again) read_message(segment, wanted);
    patient_ = segment.field(kPidPatient);
  }

  void add_merge(std::string_view merged) {
    if (message_.merges.size() < limits_.hl7_patient_ids) {
      message_.merges.push_back({patient_, merged});
    } else {
      ++message_.merges_not_read;
    }
  }

  void begin_order() {
    has_request_ = false;
    if (message_.orders.size() == limits_.hl7_orders) {
      ++message_.orders_not_read;
      beyond_ = {};
      order_ = &beyond_;
      return;
    }
    order_ = &message_.orders.emplace_back();
  }

  void read_order(const Segment& segment, const WantedSegment& wanted) {
    read_fields(segment, wanted,
                [this](std::size_t name, std::string_view text) { order_->set(static_cast<OrderField>(name), text); });
  }

  // What an order has another of already is of an order of its own: a report may be of several studies.
  void add(OrderField field, std::string_view text) {
    if (message_.component_of(text).empty()) return;
    if (!order_ || !(order_->raw(field).empty() || order_->raw(field) == text)) begin_order();
    order_->set(field, text);
  }

  // Its status is told of the message: a correction must not vanish behind the observations that follow it.
  void read_observation(const Segment& segment) {
    const std::string_view identifier = segment.field(kObxIdentifier);
    if (may_be_study_uid(identifier) && is_study_uid(identifier)) add(OrderField::study, segment.field(kObxValue));
    if (!order_ || order_ == &beyond_) return;
    const std::string_view field = segment.field(kObxStatus);
    if (field.empty() || field == last_status_) return;
    last_status_ = field;
    const std::string_view status = observation_status(message_.component_of(field));
    Code& told = message_.observation_statuses;
    if (!status.empty() && told.view().find(status) == std::string_view::npos) told.append(status);
  }

  // Most observations are something else.
  static bool may_be_study_uid(std::string_view identifier) {
    return identifier.starts_with(kStudyConceptsBegin) ||
           (identifier.size() > kStudyUidName.size() && identifier.find(kStudyUidName) != std::string_view::npos);
  }

  [[nodiscard]] bool is_study_uid(std::string_view identifier) const {
    const std::string_view code = message_.component_of(identifier, 1);
    if (message_.component_of(identifier, 3) == kDicomConcepts)
      return std::ranges::find(kStudyConcepts, code) != kStudyConcepts.end();
    return message_.component_of(identifier, 2) == kStudyUidName;
  }

  Message& message_;
  const Limits& limits_;
  std::array<bool, kWanted.size()> seen_{};
  std::string_view patient_;      ///< PID-3 of the PID before
  RawOrder* order_ = nullptr;     ///< at hand
  RawOrder beyond_;               ///< the limit
  std::string_view last_status_;  ///< OBX-11 of the observation before: mostly all say the same
  bool tells_anything_ = false;   ///< about a patient or an order
  bool has_request_ = false;      ///< an OBR
};

/// What stands in a message's bytes, whatever they mean.
struct Seen {
  bool high = false;
  bool escapes = false;
  bool line_feed = false;
  bool escape_sequences = false;  ///< of ISO 2022
  bool controls = false;
};

constexpr SegmentId kAddendum = segment_id("ADD");

/// Cuts the segments of a message and their fields: all that costs by the byte is here. Sixty-four bytes are looked at
/// at once: fields are shorter than what a call of memchr is worth.
class SegmentCutter {
 public:
  /// `cut`: the text does not end where the message does.
  SegmentCutter(std::string_view text, bool cut, Message& message, const Limits& limits)
      : text_(text), cut_(cut), message_(message), reader_(message, limits) {}

  /// Gives where the message ends.
  std::size_t cut() {
    const Delimiters delimiters = message_.delimiters;
    for (std::size_t at = 0; at < text_.size(); at += Bytes64::kSize) {
      const Bytes64 bytes{text_, at};
      const Mask high = bytes.high();
      const Mask escapes = bytes.equal_to(delimiters.escape) & (at == 0 ? kBehindDelimiters : kAll);
      Mask separators = bytes.equal_to(delimiters.field);
      for (Mask controls = bytes.controls(); controls != 0; controls &= controls - 1) {
        const int place = std::countr_zero(controls);
        const Mask until = kAll >> (Bytes64::kSize - 1 - static_cast<std::size_t>(place));
        add_separators(at, separators & until);
        separators &= ~until;
        if (take(at + static_cast<std::size_t>(place))) continue;
        look_at(high & until, escapes & until);
        return begin_;
      }
      add_separators(at, separators);
      look_at(high, escapes);
    }
    if (begin_ < text_.size()) {
      if (!cut_) message_.breaks.add(Break::segment_terminator);
      read(text_.size(), SegmentId{});
    }
    return text_.size();
  }

  [[nodiscard]] const Seen& seen() const { return seen_; }

 private:
  using Mask = std::uint64_t;
  static constexpr Mask kAll = ~Mask{0};
  static constexpr Mask kBehindDelimiters = kAll << kDelimitersEnd;
  static constexpr std::size_t kNone = std::string_view::npos;

  void add_separators(std::size_t at, Mask separators) {
    if (separator_count_ >= kMostSeparators) return;
    for (; separators != 0; separators &= separators - 1) {
      const std::size_t place = at + static_cast<std::size_t>(std::countr_zero(separators));
      separators_[separator_count_++] = static_cast<Segment::Place>(place - begin_);
    }
  }

  void look_at(Mask high, Mask escapes) {
    seen_.high |= high != 0;
    seen_.escapes |= escapes != 0;
  }

  // A control character; false: what follows it is another's.
  bool take(std::size_t at) {
    const char c = text_[at];
    if (c == kIsoEscape) {
      seen_.escape_sequences = true;
      return true;
    }
    if (c != '\r' && c != '\n') {
      seen_.controls = true;
      control_ = std::min(control_, at);
      return true;
    }
    seen_.line_feed |= c == '\n';
    const SegmentId next = segment_id(from(at + 1));
    if (at != begin_) read(at, next);
    begin_ = at + 1;
    separator_count_ = 0;
    control_ = kNone;
    return !begins_another(next);
  }

  void read(std::size_t end, SegmentId next) {
    Segment segment{{text_.data() + begin_, end - begin_}, std::span{separators_}.first(separator_count_)};
    // HL7 v2 2.10.2: what an ADD follows was ended anywhere, so that its last field is not whole.
    // Behind the header it goes on with what the message before this one ended with.
    if (next == kAddendum && begin_ != 0) segment.end_at(segment.text().rfind(message_.delimiters.field));
    message_.has_addenda |= separator_count_ != 0 && segment_id(segment.text()) == kAddendum;
    // A control character belongs in no field of a header: it most likely ends the segment, and the fields behind it
    // are another's, perhaps a patient's name. ESC begins a character set's letters.
    if (begin_ == 0 && control_ < segment.text().size()) {
      message_.header_broken = true;
      segment.end_at(control_);
    }
    reader_.read(segment);
  }

  [[nodiscard]] std::string_view from(std::size_t place) const { return {text_.data() + place, text_.size() - place}; }

  [[nodiscard]] bool begins_another(SegmentId id) const {
    if (id != kHeader && !is_envelope(id)) return false;
    return text_.size() > begin_ + kSegmentIdLength && may_delimit(text_[begin_ + kSegmentIdLength]);
  }

  static constexpr std::size_t kMostSeparators = 32;
  static_assert(std::ranges::all_of(kWanted, [](const WantedSegment& segment) {
    return segment.fields.empty() || segment.fields.back().number < kMostSeparators;
  }));

  std::string_view text_;
  bool cut_;
  Message& message_;
  SegmentReader reader_;
  Seen seen_;
  // The segment at hand.
  std::size_t begin_ = 0;
  std::size_t control_ = kNone;  ///< the first control character in it, but for ESC
  std::size_t separator_count_ = 0;
  std::array<Segment::Place, kMostSeparators + Bytes64::kSize> separators_;  ///< from its beginning
};

void read_segments(std::string_view text, bool cut, const Limits& limits, Message& message) {
  message.text = text;
  SegmentCutter cutter{text, cut, message, limits};
  message.text = text.substr(0, cutter.cut());
  const Seen& seen = cutter.seen();
  message.high_bytes = seen.high;
  message.escape_sequences = seen.escape_sequences;
  message.literal = !message.high_bytes && !seen.escape_sequences && !seen.escapes;
  if (seen.controls) message.breaks.add(Break::control_character);
  if (seen.line_feed) message.breaks.add(Break::segment_terminator);
  if (seen.escapes && message.delimiters.escape != '\0' &&
      !escapes_are_legal(message.text.substr(std::min(kDelimitersEnd, message.text.size())), message.delimiters)) {
    message.breaks.add(Break::escape_sequence);
  }
}

}  // namespace

std::string_view Message::find_component(std::string_view field, unsigned number) const {
  // A delimiter that is not named (NUL) delimits nothing.
  const char repetition = delimiters.repetition == '\0' ? delimiters.component : delimiters.repetition;
  const auto found = [&field](std::size_t begin, std::size_t end) {
    const std::string_view part{field.data() + begin, end - begin};
    const bool is_null = part.size() == 2 && part[0] == '"' && part[1] == '"';
    return is_null ? std::string_view{} : part;
  };
  std::size_t begin = 0;
  for (std::size_t at = 0; at < field.size(); at += Bytes16::kSize) {
    const Bytes16 bytes = sixteen_from({field.data() + at, field.size() - at});
    std::uint32_t ends = bytes.equal_to(delimiters.component) | bytes.equal_to(repetition);
    for (; ends != 0; ends &= ends - 1) {
      const std::size_t end = at + static_cast<std::size_t>(std::countr_zero(ends));
      if (end >= field.size()) break;
      if (number == 1) return found(begin, end);
      if (field[end] != delimiters.component) return {};
      --number;
      begin = end + 1;
    }
  }
  return number == 1 ? found(begin, field.size()) : std::string_view{};
}

// What stands behind a field in its message is read with it: to copy so few bytes would cost more than all else.
Bytes16 Message::sixteen_from(std::string_view rest) const {
  const auto begin = reinterpret_cast<std::uintptr_t>(text.data());
  const auto from = reinterpret_cast<std::uintptr_t>(rest.data());
  const bool are_there = from - begin <= text.size() && text.size() - (from - begin) >= Bytes16::kSize;
  if (are_there || rest.size() >= Bytes16::kSize) return Bytes16{rest.data()};
  std::array<char, Bytes16::kSize> copy{};
  std::memcpy(copy.data(), rest.data(), rest.size());
  return Bytes16{copy.data()};
}

std::string_view Message::take_repetition(std::string_view& field) const {
  const std::size_t end =
      delimiters.repetition == '\0' ? field.size() : std::min(field.find(delimiters.repetition), field.size());
  const std::string_view first = field.substr(0, end);
  field.remove_prefix(std::min(end + 1, field.size()));
  return first;
}

std::string_view Message::subcomponent_of(std::string_view component, unsigned number) const {
  if (delimiters.subcomponent == '\0') return number == 1 ? component : std::string_view{};
  for (; number > 1; --number) {
    const std::size_t at = component.find(delimiters.subcomponent);
    if (at == std::string_view::npos) return {};
    component.remove_prefix(at + 1);
  }
  return component.substr(0, component.find(delimiters.subcomponent));
}

// Made where it stays: it is long.
std::variant<Message, Defect> decode_message(ByteView content, bool cut, const Limits& limits) {
  std::variant<Message, Defect> decoded;
  Message& message = std::get<Message>(decoded);
  std::string_view text = without_preamble(as_text(content));
  if (!text.starts_with("MSH")) {
    decoded = Defect::no_header;
    return decoded;
  }
  const std::optional<Delimiters> delimiters = read_delimiters(text);
  if (!delimiters) {
    decoded = Defect::delimiters;
    return decoded;
  }
  const std::size_t before = content.size() - text.size();
  if (cut) text = without_broken_field(text, *delimiters);
  message.delimiters = *delimiters;
  read_segments(text, cut, limits, message);
  message.behind = message.text.size() == text.size() ? content.size() : before + message.text.size();
  message.type = message_type(message);
  return decoded;
}

std::string join_addenda(const Message& message) {
  std::string joined;
  joined.reserve(message.text.size() + 1);
  bool behind_header = true;
  for (std::string_view rest = message.text; !rest.empty();) {
    const std::string_view segment = rest.substr(0, rest.find_first_of(kSegmentEnds));
    rest.remove_prefix(segment.size());
    const std::string_view end = rest.substr(0, std::min(rest.find_first_not_of(kSegmentEnds), rest.size()));
    rest.remove_prefix(end.size());
    const bool goes_on = !behind_header && segment_id(segment) == kAddendum && segment.size() > kSegmentIdLength &&
                         segment[kSegmentIdLength] == message.delimiters.field;
    if (goes_on) joined.resize(joined.find_last_not_of(kSegmentEnds) + 1);
    behind_header &= segment.data() == message.text.data();
    joined.append(goes_on ? segment.substr(kSegmentIdLength + 1) : segment).append(end);
  }
  return joined;
}

std::optional<EnvelopeSegment> decode_envelope_segment(ByteView content) {
  const std::string_view text = without_preamble(as_text(content));
  const SegmentId id = segment_id(text);
  const auto found = std::ranges::find(kEnvelopes, id, &Envelope::id);
  if (found == kEnvelopes.end()) return std::nullopt;
  if (text.size() > kSegmentIdLength && !may_delimit(text[kSegmentIdLength]) && text[kSegmentIdLength] >= ' ')
    return std::nullopt;
  const std::size_t length = std::min(text.find_first_of(kSegmentEnds), text.size());
  EnvelopeSegment segment{.kind = found->kind, .count = {}, .end = content.size() - text.size() + length};
  std::string_view digits = text.substr(0, length).substr(std::min(kSegmentIdLength + 1, length));
  std::uint64_t count = 0;
  const auto [behind, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (error == std::errc{} && behind != digits.data()) segment.count = count;
  return segment;
}

}  // namespace dcmwatch::hl7
