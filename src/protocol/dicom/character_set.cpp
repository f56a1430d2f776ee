#include "protocol/dicom/character_set.h"

#include <algorithm>

#include "base/unicode.h"
#include "protocol/character_sets.h"
#include "protocol/dicom/wire_text.h"

namespace dcmwatch::dicom {
namespace {

// PS3.5 6.1.2.5.3: behind a delimiter the sets are as they were at the beginning.
constexpr std::string_view kDelimiters = "\\\n\f\r\t";

using enum GraphicSet;

/// PS3.3 tables C.12-2 to C.12-5.
struct DefinedTerm {
  std::string_view name;
  Repertoire repertoire = {};
};

constexpr auto kTerms = std::to_array<DefinedTerm>({
    {"ISO_IR 6"},
    {"ISO_IR 100", {ascii, latin1}},
    {"ISO_IR 101", {ascii, latin2}},
    {"ISO_IR 109", {ascii, latin3}},
    {"ISO_IR 110", {ascii, latin4}},
    {"ISO_IR 144", {ascii, cyrillic}},
    {"ISO_IR 127", {ascii, arabic}},
    {"ISO_IR 126", {ascii, greek}},
    {"ISO_IR 138", {ascii, hebrew}},
    {"ISO_IR 148", {ascii, latin5}},
    {"ISO_IR 203", {ascii, latin9}},
    {"ISO_IR 13", {romaji, katakana}},
    {"ISO_IR 166", {ascii, thai}},
    {"ISO_IR 192", {ascii, ascii, "UTF-8"}},
    {"GB18030", {ascii, ascii, "GB18030"}},
    {"GBK", {ascii, ascii, "GBK"}},
    {"ISO 2022 IR 6"},
    {"ISO 2022 IR 100", {ascii, latin1}},
    {"ISO 2022 IR 101", {ascii, latin2}},
    {"ISO 2022 IR 109", {ascii, latin3}},
    {"ISO 2022 IR 110", {ascii, latin4}},
    {"ISO 2022 IR 144", {ascii, cyrillic}},
    {"ISO 2022 IR 127", {ascii, arabic}},
    {"ISO 2022 IR 126", {ascii, greek}},
    {"ISO 2022 IR 138", {ascii, hebrew}},
    {"ISO 2022 IR 148", {ascii, latin5}},
    {"ISO 2022 IR 203", {ascii, latin9}},
    {"ISO 2022 IR 13", {romaji, katakana}},
    {"ISO 2022 IR 166", {ascii, thai}},
    {"ISO 2022 IR 87"},
    {"ISO 2022 IR 159"},
    {"ISO 2022 IR 149", {ascii, korean}},
    {"ISO 2022 IR 58", {ascii, chinese}},
});

}  // namespace

CharacterSet::CharacterSet(ByteView value) {
  std::string_view terms = as_text(value);
  while (!terms.empty() && count_ < kMostTerms) {
    const std::size_t end = std::min(terms.find('\\'), terms.size());
    const auto found = std::ranges::find(kTerms, trimmed(as_bytes(terms.substr(0, end))), &DefinedTerm::name);
    terms_[count_++] = static_cast<std::uint8_t>(found == kTerms.end() ? 0 : found - kTerms.begin() + 1);
    terms.remove_prefix(std::min(end + 1, terms.size()));
  }
}

CharacterSet CharacterSet::utf8() {
  using namespace std::string_view_literals;
  return CharacterSet{as_bytes("ISO_IR 192"sv)};
}

std::string CharacterSet::to_utf8(ByteView text) const {
  return dcmwatch::to_utf8(terms_[0] == 0 ? Repertoire{} : kTerms[terms_[0] - 1U].repertoire, as_text(text),
                           kDelimiters);
}

std::string_view CharacterSet::name() const {
  const auto known = std::ranges::find_if(terms_, [](std::uint8_t term) { return term != 0; });
  return known == terms_.end() ? std::string_view{} : kTerms[*known - 1U].name;
}

DicomName name_of(ByteView value, const CharacterSet& character_set) {
  const std::string_view written = trimmed(value);
  if (!is_plain_ascii(written)) return as_name(character_set.to_utf8(as_bytes(written)));
  DicomName name = written;
  name.replace_if([](char c) { return control_length({&c, 1}) != 0; }, '?');
  return name;
}

}  // namespace dcmwatch::dicom
