#include "output/json_text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace dcmwatch {
namespace {

constexpr std::size_t kWordBytes = 8;

/// One byte in each of eight.
constexpr std::uint64_t each(std::uint64_t byte) { return byte * 0x0101010101010101; }

/// GCC and Clang make of them what the processor has. Never in memory: what is stored in halves and loaded as a whole
/// waits.
using TwoWords = std::uint64_t __attribute__((vector_size(2 * kWordBytes)));
using Bytes16 = std::int8_t __attribute__((vector_size(2 * kWordBytes)));

/// The bytes that need no escape: printable ASCII but for the quotation mark and the reverse solidus. As numbers with a
/// sign those beyond ASCII are below the space too.
bool is_plain(const TwoWords& words) {
  const auto bytes = std::bit_cast<Bytes16>(words);
  const Bytes16 special = (bytes < ' ') | (bytes == '"') | (bytes == '\\') | (bytes == 0x7f);
  const auto found = std::bit_cast<TwoWords>(special);
  return (found[0] | found[1]) == 0;
}

bool is_plain(std::uint8_t byte) { return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\'; }

template <typename Word>
std::uint64_t load(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

constexpr std::uint64_t shifted(std::uint64_t word, std::size_t by_bytes) { return word << 8 * by_bytes; }

/// The bytes of a text of at most eight, and as many spaces as make eight of them.
std::uint64_t only_word(const char* text, std::size_t bytes) {
  if (bytes == kWordBytes) return load<std::uint64_t>(text);
  const std::uint64_t padding = shifted(each(' '), bytes);
  if (bytes >= 4) {  // two halves that may overlap
    return load<std::uint32_t>(text) | shifted(load<std::uint32_t>(text + bytes - 4), bytes - 4) | padding;
  }
  const std::size_t middle = bytes / 2;
  return load<std::uint8_t>(text) | shifted(load<std::uint8_t>(text + middle), middle) |
         shifted(load<std::uint8_t>(text + bytes - 1), bytes - 1) | padding;
}

/// The first bytes of the text, at most 16, and as many spaces as make 16 of them. Put together in registers: bytes
/// stored one by one and loaded as a word would wait for each other.
TwoWords first_words(const char* text, std::size_t bytes) {
  static_assert(std::endian::native == std::endian::little);
  if (bytes >= 2 * kWordBytes) return TwoWords{load<std::uint64_t>(text), load<std::uint64_t>(text + kWordBytes)};
  if (bytes <= kWordBytes) return TwoWords{only_word(text, bytes), each(' ')};
  const std::size_t unused = 2 * kWordBytes - bytes;
  const std::uint64_t last = load<std::uint64_t>(text + bytes - kWordBytes) >> 8 * unused;
  return TwoWords{load<std::uint64_t>(text), last | shifted(each(' '), bytes - kWordBytes)};
}

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

char* put(char* at, std::string_view text) { return std::ranges::copy(text, at).out; }

char* put_escape(char* at, std::uint8_t code) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (code) {
    case '"': return put(at, "\\\"");
    case '\\': return put(at, "\\\\");
    case '\n': return put(at, "\\n");
    case '\r': return put(at, "\\r");
    case '\t': return put(at, "\\t");
    default:
      at = put(at, "\\u00");
      *at++ = kHex[code >> 4];
      *at++ = kHex[code & 15];
      return at;
  }
}

/// Writes what `text` begins with, which is not plain, and takes it away.
char* put_special(char* at, std::string_view& text) {
  const std::uint8_t first = byte_at(text, 0);
  const Sequence sequence = first < 0x80 ? Sequence{1, true} : next_sequence(text);
  if (!sequence.well_formed) {
    at = put(at, "\\ufffd");
  } else if (first < 0x80) {
    at = put_escape(at, first);
  } else if (first == 0xc2 && byte_at(text, 1) < 0xa0) {  // C1 control characters
    at = put_escape(at, byte_at(text, 1));
  } else {
    at = put(at, text.substr(0, sequence.length));
  }
  text.remove_prefix(sequence.length);
  return at;
}

}  // namespace

char* put_json_string(char* at, std::string_view text) {
  *at++ = '"';
  while (!text.empty()) {
    const std::size_t count = std::min(text.size(), 2 * kWordBytes);
    const TwoWords words = first_words(text.data(), text.size());
    if (is_plain(words)) {
      std::memcpy(at, &words, sizeof words);
      at += count;
      text.remove_prefix(count);
      continue;
    }
    for (; is_plain(byte_at(text, 0)); text.remove_prefix(1)) *at++ = text[0];
    at = put_special(at, text);
  }
  *at++ = '"';
  return at;
}

}  // namespace dcmwatch
