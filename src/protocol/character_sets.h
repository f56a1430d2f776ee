// Text in the character sets of DICOM and HL7 v2, made UTF-8: the encodings that iconv knows, and ISO 2022, whose
// escape sequences say what the bytes behind them are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"

namespace dcmwatch {

/// A set of graphic characters that a code element (G0, below 0x80; G1, above) may be.
enum class GraphicSet : std::uint8_t {
  ascii,
  romaji,
  katakana,
  latin1,
  latin2,
  latin3,
  latin4,
  cyrillic,
  arabic,
  greek,
  hebrew,
  latin5,
  latin9,
  thai,
  kanji,
  more_kanji,
  korean,
  chinese
};

/// What bytes are: the sets that a text begins with, or an encoding of its own, as iconv calls it (a literal).
struct Repertoire {
  GraphicSet g0 = GraphicSet::ascii;
  GraphicSet g1 = GraphicSet::ascii;  ///< ascii: none
  const char* encoding = nullptr;
};

/// What is no character of the repertoire becomes '?', and is counted if anybody wants to know. Behind one of the
/// characters of `resets` the sets are again those that the text begins with. ASCII costs a look at each byte.
std::string to_utf8(const Repertoire& repertoire, std::string_view text, std::string_view resets,
                    std::size_t* unknown = nullptr);

/// Printable ASCII, spaces and the control characters but for ESC, which begins an escape sequence.
bool is_plain_ascii(std::string_view text);

/// A name fit to leave: control characters as '?', cut at the end of a character.
Text<64> as_name(std::string utf8, std::size_t longest_bytes = 64);

}  // namespace dcmwatch
