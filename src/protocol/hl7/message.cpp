#include "protocol/hl7/message.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <span>

#include "protocol/hl7/byte_finder.h"

namespace dcmwatch::hl7 {
namespace {

struct WantedField {
  std::size_t number;
  Field field;
};

constexpr std::array kMsh{WantedField{3, Field::sending_application},
                          WantedField{4, Field::sending_facility},
                          WantedField{5, Field::receiving_application},
                          WantedField{6, Field::receiving_facility},
                          WantedField{9, Field::message_type},
                          WantedField{10, Field::control_id},
                          WantedField{11, Field::processing_id},
                          WantedField{12, Field::version_id},
                          WantedField{15, Field::accept_acknowledgement},
                          WantedField{16, Field::application_acknowledgement},
                          WantedField{18, Field::character_set}};
constexpr std::array kMsa{WantedField{1, Field::acknowledgement_code}, WantedField{2, Field::acknowledged_control_id}};
constexpr std::array kPid{WantedField{3, Field::patient_identifiers}};
constexpr std::array kPv1{WantedField{19, Field::visit_number}};
constexpr std::array kOrc{WantedField{1, Field::order_control}, WantedField{2, Field::orc_placer_order_number},
                          WantedField{3, Field::orc_filler_order_number}};
constexpr std::array kObr{WantedField{2, Field::obr_placer_order_number},
                          WantedField{3, Field::obr_filler_order_number}, WantedField{18, Field::obr_placer_field_1}};
constexpr std::array kIpc{WantedField{1, Field::ipc_accession_identifier}};

/// A segment's three letters as one number, so that they are compared at once. A shorter segment has no id.
using SegmentId = std::uint32_t;
constexpr std::size_t kSegmentIdLength = 3;
constexpr SegmentId segment_id(std::string_view segment) {
  if (segment.size() < kSegmentIdLength) return 0;
  const auto letter = [segment](std::size_t at) { return SegmentId{static_cast<unsigned char>(segment[at])}; };
  return letter(0) << 16 | letter(1) << 8 | letter(2);
}

struct WantedSegment {
  SegmentId id;
  std::span<const WantedField> fields;  ///< in ascending order
};

constexpr SegmentId kHeader = segment_id("MSH"), kAcknowledgement = segment_id("MSA");
constexpr std::array kWanted{WantedSegment{kHeader, kMsh},           WantedSegment{kAcknowledgement, kMsa},
                             WantedSegment{segment_id("PID"), kPid}, WantedSegment{segment_id("PV1"), kPv1},
                             WantedSegment{segment_id("ORC"), kOrc}, WantedSegment{segment_id("OBR"), kObr},
                             WantedSegment{segment_id("IPC"), kIpc}};

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kSegmentEnds = "\r\n";
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
std::uint64_t word_at(std::string_view text, std::size_t at, std::uint64_t filler) {
  const auto load = [text](std::size_t from, std::size_t bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + from, bytes);
    return std::endian::native == std::endian::little ? word : __builtin_bswap64(word);
  };
  const std::size_t left = text.size() - at;
  if (left >= kWord) return load(at, kWord);
  // The text's last eight bytes, without those before `at`: bytes one by one would have to wait for each other.
  const std::uint64_t last =
      text.size() < kWord ? load(at, left) : load(text.size() - kWord, kWord) >> 8 * (kWord - left);
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
// another's, perhaps a patient's name.
std::string_view before_control_character(std::string_view segment) {
  if (!holds_control_character(segment)) return segment;
  const auto control =
      std::find_if(segment.begin(), segment.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; });
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

// Eight bytes are looked at as one number: fields are shorter than what a call of memchr is worth.
void read_fields(std::string_view segment, const WantedSegment& wanted, Message& message) {
  const std::uint64_t pattern = kEveryByte * static_cast<unsigned char>(message.delimiters.field);
  const WantedField* next = wanted.fields.data();
  const WantedField* const behind = next + wanted.fields.size();
  // MSH-1 is the separator itself, so there the text behind it is field 2.
  std::size_t number = wanted.id == kHeader ? 1 : 0;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < segment.size(); at += kWord) {
    std::uint64_t separators = zero_bytes(word_at(segment, at, ~pattern) ^ pattern);
    for (; separators != 0; separators &= separators - 1) {
      const std::size_t end = at + static_cast<std::size_t>(std::countr_zero(separators)) / 8;
      if (number == next->number) {
        message.set(next->field, segment.substr(begin, end - begin));
        if (++next == behind) return;
      }
      ++number;
      begin = end + 1;
    }
  }
  if (number == next->number) message.set(next->field, segment.substr(begin));
}

/// Takes the segments of one message, and reads the first of each wanted kind.
class SegmentReader {
 public:
  explicit SegmentReader(Message& message) : message_(message) {}

  void read(std::string_view segment) {
    const SegmentId id = segment_id(segment);
    if (!belongs_to_header(id)) message_.beyond_header = true;
    if (segment.size() > kSegmentIdLength && segment[kSegmentIdLength] != message_.delimiters.field) return;
    for (std::size_t kind = 0; kind < kWanted.size(); ++kind) {
      if (kWanted[kind].id != id) continue;
      if (!seen_[kind]) read_fields(id == kHeader ? header(segment) : segment, kWanted[kind], message_);
      seen_[kind] = true;
      if (id == kAcknowledgement) message_.is_acknowledgement = true;
      return;
    }
  }

 private:
  std::string_view header(std::string_view segment) {
    const std::string_view sound = before_control_character(segment);
    message_.header_broken = sound.size() != segment.size();
    return sound;
  }

  Message& message_;
  std::array<bool, kWanted.size()> seen_{};
};

using Decoded = std::variant<Message, Defect>;

Decoded read_segments(std::string_view text, const Delimiters& delimiters) {
  Decoded decoded;
  Message& message = std::get<Message>(decoded);
  message.delimiters = delimiters;
  SegmentReader reader{message};
  ByteFinder carriage_returns{as_bytes(text), '\r'};
  ByteFinder line_feeds{as_bytes(text), '\n'};
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(carriage_returns.at_or_after(begin), line_feeds.at_or_after(begin));
    if (end > begin) reader.read(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return decoded;
}

}  // namespace

std::string_view Message::component_of(std::string_view text, unsigned number) const {
  // A delimiter that is not named (NUL) delimits nothing.
  const char component = delimiters.component;
  const char repetition = delimiters.repetition == '\0' ? component : delimiters.repetition;
  std::size_t begin = 0;
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if (text[end] != component && text[end] != repetition) continue;
    if (number == 1 || text[end] != component) break;
    --number;
    begin = end + 1;
  }
  if (number != 1) return {};
  const std::string_view found = text.substr(begin, end - begin);
  return found == kNull ? std::string_view{} : found;
}

std::variant<Message, Defect> decode_message(ByteView content, bool cut) {
  std::string_view text = without_preamble(as_text(content));
  if (!text.starts_with("MSH")) return Defect::no_header;
  const std::optional<Delimiters> delimiters = read_delimiters(text);
  if (!delimiters) return Defect::delimiters;

  if (cut) text = without_broken_field(text, *delimiters);
  return read_segments(text, *delimiters);
}

}  // namespace dcmwatch::hl7
