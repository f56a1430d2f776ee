// Escape sequences of HL7 v2 2.7.
#include <algorithm>
#include <array>
#include <iterator>
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

// 2.7.1; a truncation character (\P\) is one that no default has.
std::optional<char> delimiter_named(char letter, const Delimiters& delimiters) {
  switch (letter) {
    case 'F': return delimiters.field;
    case 'S': return delimiters.component;
    case 'T': return delimiters.subcomponent;
    case 'R': return delimiters.repetition;
    case 'E': return delimiters.escape;
    case 'P': return '#';
    default: return std::nullopt;
  }
}

bool is_hexadecimal(std::string_view digits) {
  return !digits.empty() && digits.size() % 2 == 0 &&
         std::ranges::all_of(digits, [](char c) { return hexadecimal_digit(c).has_value(); });
}

void append_hexadecimal(std::string_view digits, std::string& out) {
  for (std::size_t at = 0; at < digits.size(); at += 2) {
    out.push_back(static_cast<char>(*hexadecimal_digit(digits[at]) << 4 | *hexadecimal_digit(digits[at + 1])));
  }
}

constexpr char kIsoEscape = '\x1b';
constexpr std::string_view kNewLines[] = {".br", ".sp"};

// 2.7.6: a command of two letters, and a number.
bool is_formatting(std::string_view sequence) {
  constexpr std::array<std::string_view, 8> kCommands{".br", ".sp", ".fi", ".nf", ".in", ".ti", ".sk", ".ce"};
  if (std::ranges::find(kCommands, sequence.substr(0, 3)) == kCommands.end()) return false;
  return sequence.find_first_not_of("0123456789+- ", 3) == std::string_view::npos;
}

/// What a sequence between two escape characters means; false: it is none.
bool append_meaning(std::string_view sequence, const Delimiters& delimiters, std::string& out) {
  if (sequence.empty()) return false;
  const std::string_view rest = sequence.substr(1);
  switch (sequence.front()) {
    case 'H':  // 2.7.1: highlighting
    case 'N': return rest.empty();
    case 'X':  // 2.7.4: any number of bytes, two digits each
      if (!is_hexadecimal(rest)) return false;
      append_hexadecimal(rest, out);
      return true;
    case 'C':  // 2.7.2: ISO 2022, of a single-byte set
    case 'M':  // and of a multi-byte set
      if (!is_hexadecimal(rest) || (rest.size() != 4 && (sequence.front() == 'C' || rest.size() != 6))) return false;
      out.push_back(kIsoEscape);
      append_hexadecimal(rest, out);
      return true;
    case '.':
      if (!is_formatting(sequence)) return false;
      if (std::ranges::find(kNewLines, sequence.substr(0, 3)) != std::end(kNewLines)) out.push_back('\n');
      return true;
    default: break;
  }
  const std::optional<char> delimiter = delimiter_named(sequence.front(), delimiters);
  if (!rest.empty() || !delimiter || *delimiter == '\0') return false;
  out.push_back(*delimiter);
  return true;
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

bool escapes_are_legal(std::string_view text, const Delimiters& delimiters) {
  const std::array ends{delimiters.escape, delimiters.field, '\r', '\n'};
  std::string meaning;
  while (true) {
    const std::size_t open = text.find(delimiters.escape);
    if (open == std::string_view::npos) return true;
    text.remove_prefix(open + 1);
    const std::size_t close = text.find_first_of(std::string_view{ends.data(), ends.size()});
    if (close == std::string_view::npos || text[close] != delimiters.escape) return false;
    const std::string_view sequence = text.substr(0, close);
    meaning.clear();
    if (!sequence.starts_with('Z') && !append_meaning(sequence, delimiters, meaning)) return false;
    text.remove_prefix(close + 1);
  }
}

}  // namespace dcmwatch::hl7
