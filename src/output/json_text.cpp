#include "output/json_text.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace dcmwatch {
namespace {

constexpr std::array<bool, 256> plain_bytes() {
  std::array<bool, 256> plain{};
  for (std::size_t byte = 0x20; byte < 0x7f; ++byte) plain[byte] = byte != '"' && byte != '\\';
  return plain;
}
constexpr auto kPlain = plain_bytes();

/// Unicode 3.9, table 3-7: the lead bytes of well-formed sequences, and what their second byte may be.
struct Lead {
  std::uint8_t first, last;
  std::uint8_t second_least, second_most;
  std::uint8_t length;
};
constexpr std::array kLeads{Lead{0xc2, 0xdf, 0x80, 0xbf, 2}, Lead{0xe0, 0xe0, 0xa0, 0xbf, 3},
                            Lead{0xe1, 0xec, 0x80, 0xbf, 3}, Lead{0xed, 0xed, 0x80, 0x9f, 3},
                            Lead{0xee, 0xef, 0x80, 0xbf, 3}, Lead{0xf0, 0xf0, 0x90, 0xbf, 4},
                            Lead{0xf1, 0xf3, 0x80, 0xbf, 4}, Lead{0xf4, 0xf4, 0x80, 0x8f, 4}};

struct Sequence {
  std::size_t length;
  bool well_formed;
};

std::uint8_t byte_at(std::string_view text, std::size_t index) { return static_cast<std::uint8_t>(text[index]); }

/// The well-formed sequence that `text` begins with, or its maximal ill-formed subpart. `text` is not empty.
Sequence next_sequence(std::string_view text) {
  const std::uint8_t first = byte_at(text, 0);
  for (const Lead& lead : kLeads) {
    if (first < lead.first || first > lead.last) continue;
    for (std::size_t i = 1; i < lead.length; ++i) {
      const std::uint8_t least = i == 1 ? lead.second_least : 0x80;
      const std::uint8_t most = i == 1 ? lead.second_most : 0xbf;
      if (i == text.size() || byte_at(text, i) < least || byte_at(text, i) > most) return {i, false};
    }
    return {lead.length, true};
  }
  return {1, false};
}

void append_escape(std::string& out, std::uint8_t code) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (code) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default:
      out += "\\u00";
      out += kHex[code >> 4];
      out += kHex[code & 15];
  }
}

/// Appends the beginning of `text`, which is not plain, and says how long it was.
std::size_t append_special(std::string& out, std::string_view text) {
  const std::uint8_t first = byte_at(text, 0);
  if (first < 0x80) {
    append_escape(out, first);
    return 1;
  }
  const Sequence sequence = next_sequence(text);
  if (!sequence.well_formed) {
    out += "\\ufffd";
  } else if (first == 0xc2 && byte_at(text, 1) < 0xa0) {  // C1 control characters
    append_escape(out, byte_at(text, 1));
  } else {
    out += text.substr(0, sequence.length);
  }
  return sequence.length;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (kPlain[byte_at(text, at)]) {
      ++at;
      continue;
    }
    out += text.substr(done, at - done);
    at += append_special(out, text.substr(at));
    done = at;
  }
  out += text.substr(done);
  out.push_back('"');
}

}  // namespace dcmwatch
