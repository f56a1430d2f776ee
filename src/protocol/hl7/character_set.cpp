#include "protocol/hl7/character_set.h"

#include <algorithm>
#include <array>

#include "protocol/character_sets.h"

namespace dcmwatch::hl7 {
namespace {

using enum GraphicSet;

/// How the bytes of a character and those of delimiters keep apart.
enum class Bytes : std::uint8_t {
  apart,     ///< those of other characters are 0x80 and above
  escaped,   ///< behind an escape sequence of ISO 2022 they may be delimiters
  may_trail  ///< the second of two may be one
};

struct Term {
  std::string_view name;
  Repertoire repertoire = {};
  Bytes bytes = Bytes::apart;
};

// HL7 table 0211 of all versions, then two that are in use though they are no members of it. UTF-16 and UTF-32 cannot
// be: MSH-18 itself would not be read.
constexpr auto kTerms = std::to_array<Term>({
    {"ASCII"},
    {"8859/1", {ascii, latin1}},
    {"8859/2", {ascii, latin2}},
    {"8859/3", {ascii, latin3}},
    {"8859/4", {ascii, latin4}},
    {"8859/5", {ascii, cyrillic}},
    {"8859/6", {ascii, arabic}},
    {"8859/7", {ascii, greek}},
    {"8859/8", {ascii, hebrew}},
    {"8859/9", {ascii, latin5}},
    {"8859/15", {ascii, latin9}},
    {"ISO IR6", {}, Bytes::escaped},
    {"ISO IR14", {romaji, katakana}, Bytes::escaped},
    {"ISO IR87", {}, Bytes::escaped},
    {"ISO IR159", {}, Bytes::escaped},
    {"JAS2020", {romaji, katakana}, Bytes::escaped},
    {"JIS X 0202", {romaji, katakana}, Bytes::escaped},
    {"GB 18030-2000", {ascii, ascii, "GB18030"}, Bytes::may_trail},
    {"KS X 1001", {ascii, korean}},
    {"CNS 11643-1992", {ascii, ascii, "EUC-TW"}},
    {"BIG-5", {ascii, ascii, "BIG5"}, Bytes::may_trail},
    {"UNICODE", {ascii, ascii, "UTF-8"}},
    {"UNICODE UTF-8", {ascii, ascii, "UTF-8"}},
    {"UNICODE UTF-16", {ascii, ascii, "UTF-8"}},
    {"UNICODE UTF-32", {ascii, ascii, "UTF-8"}},
    {"UTF-8", {ascii, ascii, "UTF-8"}},
    {"ISO-8859-1", {ascii, latin1}},
});

const Term* find(std::string_view name) {
  const auto found = std::ranges::find(kTerms, name, &Term::name);
  return found == kTerms.end() ? nullptr : &*found;
}

bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }
// ISO 6429's control characters: in 8859 they mean nothing, in code page 1252 the characters that it is taken for.
bool is_c1(char c) { return static_cast<unsigned char>(c) >= 0x80 && static_cast<unsigned char>(c) < 0xA0; }

// 2.14.9.18: behind a segment's end the set is again the first.
constexpr std::string_view kSegmentEnds = "\r\n";

}  // namespace

CharacterSet::CharacterSet(const Message& message) {
  std::string_view rest = message.raw(Field::character_set);
  for (bool first = true; !rest.empty(); first = false) {
    const std::string_view name = message.component_of(message.take_repetition(rest));
    if (name.empty()) continue;
    const Term* term = find(name);
    known_ &= term != nullptr;
    if (!term) continue;
    if (first) term_ = static_cast<std::uint8_t>(term - kTerms.data());
    named_ |= first;
    iso_2022_ |= term->bytes == Bytes::escaped;
  }
}

std::string_view CharacterSet::name() const { return named_ ? kTerms[term_].name : ""; }

bool CharacterSet::hides_delimiters(const Message& message) const {
  return message.escape_sequences || (message.high_bytes && kTerms[term_].bytes == Bytes::may_trail);
}

std::optional<CharacterSet> CharacterSet::behind_hidden_delimiters(const Message& message) const {
  if (named_ || !message.high_bytes) return std::nullopt;
  const std::string_view header = message.text.substr(0, message.text.find_first_of(kSegmentEnds));
  for (const Term& term : kTerms) {
    const std::size_t at = term.bytes == Bytes::may_trail ? header.find(term.name) : header.npos;
    if (at == header.npos || header[at - 1] != message.delimiters.field) continue;
    CharacterSet hidden = *this;
    hidden.term_ = static_cast<std::uint8_t>(&term - kTerms.data());
    hidden.named_ = true;
    return hidden;
  }
  return std::nullopt;
}

std::string CharacterSet::to_utf8(std::string_view text) const {
  static constexpr Repertoire kUtf8{ascii, ascii, "UTF-8"};
  if (transcoded_) return dcmwatch::to_utf8(kUtf8, text, kSegmentEnds);
  const bool meant = term_ != 0 || !std::ranges::any_of(text, is_high);  // ISO 2022 says itself what is meant
  return meant ? dcmwatch::to_utf8(kTerms[term_].repertoire, text, kSegmentEnds) : std::string{text};
}

bool CharacterSet::holds(const Message& message) const {
  if (message.escape_sequences && !iso_2022_) return false;
  if (!message.high_bytes || !known_) return true;
  const Repertoire& repertoire = kTerms[term_].repertoire;
  if (!repertoire.encoding && repertoire.g1 == ascii) return false;
  if (!repertoire.encoding && !iso_2022_ && std::ranges::any_of(message.text, is_c1)) return false;
  std::size_t unknown = 0;
  dcmwatch::to_utf8(repertoire, message.text, kSegmentEnds, &unknown);
  return unknown == 0;
}

}  // namespace dcmwatch::hl7
