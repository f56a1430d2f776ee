// Escape sequences of HL7 v2 2.7.1.
#include <optional>

#include "protocol/hl7/message.h"

namespace dcmwatch::hl7 {
namespace {

std::optional<unsigned> hexadecimal_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  return std::nullopt;
}

char delimiter_named(char letter, const Delimiters& delimiters) {
  switch (letter) {
    case 'F': return delimiters.field;
    case 'S': return delimiters.component;
    case 'T': return delimiters.subcomponent;
    case 'R': return delimiters.repetition;
    case 'E': return delimiters.escape;
    default: return '\0';
  }
}

// 2.7.1: any number of bytes, two digits each.
bool append_hexadecimal(std::string_view digits, std::string& out) {
  if (digits.empty() || digits.size() % 2 != 0) return false;
  const std::size_t length = out.size();
  for (std::size_t at = 0; at < digits.size(); at += 2) {
    const auto high = hexadecimal_digit(digits[at]);
    const auto low = hexadecimal_digit(digits[at + 1]);
    if (!high || !low) {
      out.resize(length);
      return false;
    }
    out.push_back(static_cast<char>(*high << 4 | *low));
  }
  return true;
}

bool append_meaning(std::string_view sequence, const Delimiters& delimiters, std::string& out) {
  if (sequence.size() == 1) {
    const char delimiter = delimiter_named(sequence.front(), delimiters);
    if (delimiter != '\0') out.push_back(delimiter);
    return delimiter != '\0';
  }
  return sequence.starts_with('X') && append_hexadecimal(sequence.substr(1), out);
}

}  // namespace

std::string_view unescape(std::string_view text, const Delimiters& delimiters, std::string& scratch) {
  const char escape = delimiters.escape;
  if (escape == '\0' || text.find(escape) == std::string_view::npos) return text;
  scratch.clear();
  while (!text.empty()) {
    const std::size_t open = text.find(escape);
    const std::size_t close = open == std::string_view::npos ? open : text.find(escape, open + 1);
    if (close == std::string_view::npos) break;
    scratch.append(text.substr(0, open));
    if (append_meaning(text.substr(open + 1, close - open - 1), delimiters, scratch)) {
      text.remove_prefix(close + 1);
    } else {
      // Not a sequence: its second escape character may open one.
      scratch.append(text.substr(open, close - open));
      text.remove_prefix(close);
    }
  }
  scratch.append(text);
  return scratch;
}

}  // namespace dcmwatch::hl7
