#include "protocol/hl7/message.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

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
  std::span<const WantedField> fields;  ///< in ascending order
};

/// The fields of a segment that is looked at before it is known whose they are.
enum class Looked : std::uint8_t { patient, merged, accession, study, identifier, value, status };
constexpr std::size_t kLooked = 7;

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
                          WantedField{7, Field::event_facility}};
constexpr std::array kPid{WantedField{2, Field::external_patient_id}, WantedField{3, Field::patient_identifiers},
                          WantedField{4, Field::alternate_patient_ids}, WantedField{18, Field::account_number}};
constexpr std::array kPv1{WantedField{19, Field::visit_number}};
constexpr std::array kDsc{WantedField{1, Field::continued}};
constexpr std::array kOrc{WantedField{1, OrderField::control}, WantedField{2, OrderField::orc_placer},
                          WantedField{3, OrderField::orc_filler}, WantedField{5, OrderField::status}};
constexpr std::array kObr{WantedField{2, OrderField::obr_placer}, WantedField{3, OrderField::obr_filler},
                          WantedField{18, OrderField::placer_field_1}, WantedField{25, OrderField::result_status}};
constexpr std::array kFurtherPid{WantedField{3, Looked::patient}};
constexpr std::array kMrg{WantedField{1, Looked::merged}};
constexpr std::array kIpc{WantedField{1, Looked::accession}, WantedField{3, Looked::study}};
constexpr std::array kZds{WantedField{1, Looked::study}};
constexpr std::array kObx{WantedField{3, Looked::identifier}, WantedField{5, Looked::value},
                          WantedField{11, Looked::status}};

constexpr std::size_t kValueFields = 2;  // of these: what is observed, and its value

constexpr SegmentId kHeader = segment_id("MSH"), kAcknowledgement = segment_id("MSA");
// The most frequent first.
constexpr std::array kWanted{
    WantedSegment{segment_id("OBX"), Part::observation, kObx}, WantedSegment{kHeader, Part::message, kMsh},
    WantedSegment{kAcknowledgement, Part::message, kMsa},      WantedSegment{segment_id("PID"), Part::patient, kPid},
    WantedSegment{segment_id("PV1"), Part::message, kPv1},     WantedSegment{segment_id("EVN"), Part::message, kEvn},
    WantedSegment{segment_id("ORC"), Part::order, kOrc},       WantedSegment{segment_id("OBR"), Part::request, kObr},
    WantedSegment{segment_id("IPC"), Part::procedure, kIpc},   WantedSegment{segment_id("ZDS"), Part::study, kZds},
    WantedSegment{segment_id("MRG"), Part::merge, kMrg},       WantedSegment{segment_id("SFT"), Part::message, kSft},
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
constexpr std::string_view kNull = "\"\"";

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

// The first meaning wins where a sender names one character twice.
std::optional<Delimiters> read_delimiters(std::string_view text) {
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

// Eight bytes as one number, the first byte lowest; behind the text stands `filler`.
constexpr std::size_t kWord = 8;
constexpr std::uint64_t kEveryByte = 0x0101010101010101;
constexpr std::uint64_t kHighBits = 0x80 * kEveryByte;

template <typename Number>
[[gnu::always_inline]] inline std::uint64_t load(const char* from) {
  Number number = 0;
  std::memcpy(&number, from, sizeof number);
  const bool is_little = std::endian::native == std::endian::little;
  return is_little ? number : __builtin_bswap64(number) >> 8 * (kWord - sizeof number);
}

// Less than eight bytes. Some are read twice: that costs less than the call that copies just so many.
[[gnu::always_inline]] inline std::uint64_t short_word(std::string_view text) {
  constexpr std::size_t kHalf = kWord / 2;
  const std::size_t size = text.size();
  if (size >= kHalf) {
    const std::size_t second = size - kHalf;
    return load<std::uint32_t>(text.data()) | load<std::uint32_t>(text.data() + second) << 8 * second;
  }
  if (size == 0) return 0;
  const auto byte = [text](std::size_t at) { return std::uint64_t{static_cast<unsigned char>(text[at])} << 8 * at; };
  return byte(0) | byte(size / 2) | byte(size - 1);
}

[[gnu::always_inline]] inline std::uint64_t word_at(std::string_view text, std::size_t at, std::uint64_t filler) {
  const std::size_t left = text.size() - at;
  if (left >= kWord) return load<std::uint64_t>(text.data() + at);
  // The text's last eight bytes, without those before `at`: bytes one by one would have to wait for each other.
  const std::uint64_t last = text.size() < kWord
                                 ? short_word(text)
                                 : load<std::uint64_t>(text.data() + text.size() - kWord) >> 8 * (kWord - left);
  return last | filler << 8 * left;
}

bool holds_control_character(std::string_view text) {
  std::uint64_t found = 0;
  for (std::size_t at = 0; at < text.size(); at += kWord) {
    const std::uint64_t word = word_at(text, at, ' ' * kEveryByte);
    found |= (word - ' ' * kEveryByte) & ~word & kHighBits;
  }
  return found != 0;
}

// A control character belongs in no field of a header: it most likely ends the segment, and the fields behind it are
// another's, perhaps a patient's name. ESC begins a character set's letters.
std::string_view before_control_character(std::string_view segment) {
  if (!holds_control_character(segment)) return segment;
  const auto control = std::find_if(segment.begin(), segment.end(),
                                    [](char c) { return static_cast<unsigned char>(c) < ' ' && c != kIsoEscape; });
  return segment.substr(0, static_cast<std::size_t>(control - segment.begin()));
}

std::string_view without_broken_field(std::string_view text, const Delimiters& delimiters) {
  const std::array ends{delimiters.field, '\r', '\n'};
  const std::size_t last = text.find_last_of(std::string_view{ends.data(), ends.size()});
  return last == std::string_view::npos ? std::string_view{} : text.substr(0, last);
}

// The highest bit of each byte that is zero.
constexpr std::uint64_t zero_bytes(std::uint64_t word) {
  return ~(((word & ~kHighBits) + ~kHighBits) | word | ~kHighBits);
}

// Whether any is: cheaper than which.
constexpr bool holds_zero_byte(std::uint64_t word) { return ((word - kEveryByte) & ~word & kHighBits) != 0; }

// Eight bytes are looked at as one number: fields are shorter than what a call of memchr is worth.
// `keep` is given each wanted field under its name's number.
template <typename Keep>
void read_fields(std::string_view segment, bool is_header, char delimiter, std::span<const WantedField> wanted,
                 Keep keep) {
  const std::uint64_t pattern = kEveryByte * static_cast<unsigned char>(delimiter);
  const WantedField* next = wanted.data();
  const WantedField* const behind = next + wanted.size();
  // MSH-1 is the separator itself, so there the text behind it is field 2.
  std::size_t number = is_header ? 1 : 0;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < segment.size(); at += kWord) {
    std::uint64_t separators = zero_bytes(word_at(segment, at, ~pattern) ^ pattern);
    for (; separators != 0; separators &= separators - 1) {
      const std::size_t end = at + static_cast<std::size_t>(std::countr_zero(separators)) / 8;
      if (number == next->number) {
        keep(next->kept_as, segment.substr(begin, end - begin));
        if (++next == behind) return;
      }
      ++number;
      begin = end + 1;
    }
  }
  if (number == next->number) keep(next->kept_as, segment.substr(begin));
}

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

  void read(std::string_view segment) {
    const SegmentId id = segment_id(segment);
    if (!belongs_to_header(id)) message_.beyond_header = true;
    if (!is_segment_name(segment) ||
        (segment.size() > kSegmentIdLength && segment[kSegmentIdLength] != message_.delimiters.field)) {
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
  void read_part(std::string_view segment, const WantedSegment& wanted, bool again) {
    // It stands before what an answer tells (2.14.8); behind that it would hide a message.
    if (wanted.id == kAcknowledgement) {
      if (tells_anything_) return;
      message_.is_acknowledgement = true;
    }
    tells_anything_ |= wanted.part != Part::message;
    switch (wanted.part) {
      case Part::message:
        if (!again) read_message(wanted.id == kHeader ? header(segment) : segment, wanted);
        return;
      case Part::patient: return read_patient(segment, wanted, again);
      case Part::merge: return add_merge(look(segment, wanted.fields).raw(Looked::merged));
      case Part::order: begin_order(); return read_order(segment, wanted);
      case Part::request:
        if (!order_ || std::exchange(has_request_, true)) begin_order();
        has_request_ = true;
        return read_order(segment, wanted);
      case Part::procedure: {
        const auto fields = look(segment, wanted.fields);
        add(OrderField::accession, fields.raw(Looked::accession));
        return add(OrderField::study, fields.raw(Looked::study));
      }
      case Part::study: return add(OrderField::study, look(segment, wanted.fields).raw(Looked::study));
      case Part::observation: return read_observation(segment, wanted);
    }
  }

  using LookedAt = RawFields<Looked, kLooked>;
  LookedAt look(std::string_view segment, std::span<const WantedField> wanted) const {
    LookedAt found;
    read_fields(segment, false, message_.delimiters.field, wanted,
                [&found](std::size_t name, std::string_view text) { found.set(static_cast<Looked>(name), text); });
    return found;
  }

  void read_message(std::string_view segment, const WantedSegment& wanted) {
    read_fields(segment, wanted.id == kHeader, message_.delimiters.field, wanted.fields,
                [this](std::size_t name, std::string_view text) { message_.set(static_cast<Field>(name), text); });
  }

  void read_patient(std::string_view segment, const WantedSegment& wanted, bool again) {
    if (again) {
      patient_ = look(segment, kFurtherPid).raw(Looked::patient);
    } else {
      read_message(segment, wanted);
      patient_ = message_.raw(Field::patient_identifiers);
    }
  }

  void add_merge(std::string_view merged) {
    if (message_.merges.size() < limits_.hl7_patient_ids) message_.merges.push_back({patient_, merged});
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

  void read_order(std::string_view segment, const WantedSegment& wanted) {
    read_fields(segment, false, message_.delimiters.field, wanted.fields,
                [this](std::size_t name, std::string_view text) { order_->set(static_cast<OrderField>(name), text); });
  }

  // What an order has another of already is of an order of its own: a report may be of several studies.
  void add(OrderField field, std::string_view text) {
    if (message_.component_of(text).empty()) return;
    if (!order_ || !(order_->raw(field).empty() || order_->raw(field) == text)) begin_order();
    order_->set(field, text);
  }

  // Its status is an order's.
  void read_observation(std::string_view segment, const WantedSegment& wanted) {
    const auto fields = look(segment, order_ ? wanted.fields : wanted.fields.first(kValueFields));
    if (may_be_study_uid(fields.raw(Looked::identifier)) && is_study_uid(fields.raw(Looked::identifier)))
      add(OrderField::study, fields.raw(Looked::value));
    if (order_ && !fields.raw(Looked::status).empty())
      order_->set(OrderField::observation_status, fields.raw(Looked::status));
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

  std::string_view header(std::string_view segment) {
    const std::string_view sound = before_control_character(segment);
    message_.header_broken = sound.size() != segment.size();
    return sound;
  }

  Message& message_;
  const Limits& limits_;
  std::array<bool, kWanted.size()> seen_{};
  std::string_view patient_;     ///< PID-3 of the PID before
  RawOrder* order_ = nullptr;    ///< at hand
  RawOrder beyond_;              ///< the limit
  bool tells_anything_ = false;  ///< about a patient or an order
  bool has_request_ = false;     ///< an OBR
};

/// What stands in a message's bytes, whatever they mean.
struct Seen {
  std::uint64_t high = 0;
  bool escapes = false;
  bool line_feed = false;
  bool escape_sequences = false;  ///< of ISO 2022
  bool controls = false;
};

constexpr SegmentId kAddendum = segment_id("ADD");

/// Cuts the segments of a message, and looks at each of its bytes on the way: all that costs by the byte is here.
class SegmentCutter {
 public:
  /// `cut`: the text does not end where the message does.
  SegmentCutter(std::string_view text, bool cut, Message& message, const Limits& limits)
      : text_(text), cut_(cut), message_(message), reader_(message, limits) {}

  /// Gives where the message ends.
  std::size_t cut() {
    const std::uint64_t escape = kEveryByte * static_cast<unsigned char>(message_.delimiters.escape);
    for (std::size_t at = 0; at < text_.size(); at += kWord) {
      const std::uint64_t word = word_at(text_, at, ' ' * kEveryByte);
      seen_.high |= word;
      seen_.escapes |= at != 0 && holds_zero_byte(word ^ escape);  // MSH-2 names it
      if (!holds_zero_byte(word & kAboveControls)) continue;
      for (std::uint64_t controls = zero_bytes(word & kAboveControls); controls != 0; controls &= controls - 1) {
        if (!take(at + static_cast<std::size_t>(std::countr_zero(controls)) / 8)) return begin_;
      }
    }
    if (begin_ < text_.size()) {
      if (!cut_) message_.breaks.add(Break::segment_terminator);
      reader_.read(text_.substr(begin_));
    }
    return text_.size();
  }

  [[nodiscard]] const Seen& seen() const { return seen_; }

 private:
  static constexpr std::uint64_t kAboveControls = 0xE0 * kEveryByte;

  // A control character; false: what follows it is another's.
  bool take(std::size_t at) {
    const char c = text_[at];
    if (c != '\r' && c != '\n') {
      if (c == kIsoEscape) seen_.escape_sequences = true;
      seen_.controls |= c != kIsoEscape;
      return true;
    }
    seen_.line_feed |= c == '\n';
    if (at != begin_) read(text_.substr(begin_, at - begin_), at + 1);
    begin_ = at + 1;
    return !begins_another();
  }

  // HL7 v2 2.10.2.1: what an ADD follows was ended anywhere, so that its last field is not whole.
  void read(std::string_view segment, std::size_t behind) {
    if (segment_id(text_.substr(behind)) == kAddendum) {
      segment = segment.substr(0, std::min(segment.rfind(message_.delimiters.field), segment.size()));
    }
    reader_.read(segment);
  }

  [[nodiscard]] bool begins_another() const {
    const SegmentId id = segment_id(text_.substr(begin_));
    if (id != kHeader && !is_envelope(id)) return false;
    return text_.size() > begin_ + kSegmentIdLength && may_delimit(text_[begin_ + kSegmentIdLength]);
  }

  std::string_view text_;
  bool cut_;
  Message& message_;
  SegmentReader reader_;
  Seen seen_;
  std::size_t begin_ = 0;
};

using Decoded = std::variant<Message, Defect>;

Decoded read_segments(std::string_view text, bool cut, const Delimiters& delimiters, const Limits& limits) {
  Decoded decoded;
  Message& message = std::get<Message>(decoded);
  message.delimiters = delimiters;
  SegmentCutter cutter{text, cut, message, limits};
  message.text = text.substr(0, cutter.cut());
  const Seen& seen = cutter.seen();
  message.high_bytes = (seen.high & kHighBits) != 0;
  message.escape_sequences = seen.escape_sequences;
  message.literal = !message.high_bytes && !seen.escape_sequences && !seen.escapes;
  if (seen.controls) message.breaks.add(Break::control_character);
  if (seen.line_feed) message.breaks.add(Break::segment_terminator);
  if (seen.escapes && delimiters.escape != '\0' &&
      !escapes_are_legal(message.text.substr(std::min(kWord, message.text.size())), delimiters)) {
    message.breaks.add(Break::escape_sequence);
  }
  return decoded;
}

}  // namespace

std::string_view Message::find_component(std::string_view field, unsigned number) const {
  constexpr std::uint64_t kNoDelimiter = kEveryByte * 'A';
  // A delimiter that is not named (NUL) delimits nothing.
  const char repetition = delimiters.repetition == '\0' ? delimiters.component : delimiters.repetition;
  const std::uint64_t components = kEveryByte * static_cast<unsigned char>(delimiters.component);
  const std::uint64_t repetitions = kEveryByte * static_cast<unsigned char>(repetition);
  const auto found = [](std::string_view part) { return part == kNull ? std::string_view{} : part; };
  std::size_t begin = 0;
  for (std::size_t at = 0; at < field.size(); at += kWord) {
    const std::uint64_t word = word_at(field, at, kNoDelimiter);
    std::uint64_t ends = zero_bytes(word ^ components) | zero_bytes(word ^ repetitions);
    for (; ends != 0; ends &= ends - 1) {
      const std::size_t end = at + static_cast<std::size_t>(std::countr_zero(ends)) / 8;
      if (number == 1) return found(field.substr(begin, end - begin));
      if (field[end] != delimiters.component) return {};
      --number;
      begin = end + 1;
    }
  }
  return number == 1 ? found(field.substr(begin)) : std::string_view{};
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

std::variant<Message, Defect> decode_message(ByteView content, bool cut, const Limits& limits) {
  std::string_view text = without_preamble(as_text(content));
  if (!text.starts_with("MSH")) return Defect::no_header;
  const std::optional<Delimiters> delimiters = read_delimiters(text);
  if (!delimiters) return Defect::delimiters;

  const std::size_t before = content.size() - text.size();
  if (cut) text = without_broken_field(text, *delimiters);
  Decoded decoded = read_segments(text, cut, *delimiters, limits);
  Message& message = std::get<Message>(decoded);
  message.behind = message.text.size() == text.size() ? content.size() : before + message.text.size();
  return decoded;
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
