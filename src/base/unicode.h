// What of UTF-8 does not show as itself.
#pragma once

#include <cstddef>
#include <string_view>

namespace dcmwatch {

/// Length of the control character that the text begins with; 0: it begins with none. These are C0, DEL and C1, the
/// line and the paragraph separator, and what turns the direction of the text around it (Unicode UAX #9 2): with it a
/// name can be made to read as another.
constexpr std::size_t control_length(std::string_view text) {
  const auto byte = [text](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
  const auto within = [](unsigned value, unsigned first, unsigned last) { return value >= first && value <= last; };
  if (text.empty()) return 0;
  if (byte(0) < 0x20 || byte(0) == 0x7f) return 1;
  if (byte(0) == 0xc2 && within(byte(1), 0x80, 0x9f)) return 2;
  if (byte(0) != 0xe2) return 0;
  const bool turns = byte(1) == 0x80 && within(byte(2), 0xa8, 0xae);     // U+2028 to U+202E
  const bool isolates = byte(1) == 0x81 && within(byte(2), 0xa6, 0xa9);  // U+2066 to U+2069
  return turns || isolates ? 3 : 0;
}

}  // namespace dcmwatch
