// A JSON string (RFC 8259 section 7) from text that nobody vouches for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace dcmwatch {

/// What put_json_string may write to for such a text, at most.
constexpr std::size_t json_string_bytes(std::string_view text) { return 6 * text.size() + 2 + 16; }

/// Writes `text` in quotes at `at` and returns where they end. Always valid: what is not UTF-8 becomes U+FFFD (as
/// Unicode 3.9 advises, one per maximal subpart), and control characters are escaped, C1 ones and DEL too, so that a
/// log shown on a terminal cannot command it. Plain text goes 16 bytes at a time.
char* put_json_string(char* at, std::string_view text);

/// Copies a short text without a call: its first and its last bytes, which may overlap.
[[gnu::always_inline]] inline char* put_short(char* at, std::string_view text) {
  const auto put_ends = [&]<typename Word>(Word) {
    std::memcpy(at, text.data(), sizeof(Word));
    std::memcpy(at + text.size() - sizeof(Word), text.data() + text.size() - sizeof(Word), sizeof(Word));
  };
  if (text.size() > 2 * sizeof(std::uint64_t)) {
    std::memcpy(at, text.data(), text.size());
  } else if (text.size() >= sizeof(std::uint64_t)) {
    put_ends(std::uint64_t{});
  } else if (text.size() >= sizeof(std::uint32_t)) {
    put_ends(std::uint32_t{});
  } else {
    for (std::size_t i = 0; i < text.size(); ++i) at[i] = text[i];
  }
  return at + text.size();
}

/// The same of a text that needs no escape (FieldSink::word).
[[gnu::always_inline]] inline char* put_json_word(char* at, std::string_view word) {
  *at++ = '"';
  at = put_short(at, word);
  *at++ = '"';
  return at;
}

}  // namespace dcmwatch
