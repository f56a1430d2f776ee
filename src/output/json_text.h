// A JSON string (RFC 8259 section 7) from text that nobody vouches for.
#pragma once

#include <cstddef>
#include <string_view>

namespace dcmwatch {

/// What put_json_string may write to for such a text, at most.
constexpr std::size_t json_string_bytes(std::string_view text) { return 6 * text.size() + 2 + 16; }

/// Writes `text` in quotes at `at` and returns where they end. Always valid: what is not UTF-8 becomes U+FFFD (as
/// Unicode 3.9 advises, one per maximal subpart), and control characters are escaped, C1 ones and DEL too, so that a
/// log shown on a terminal cannot command it. Plain text goes 16 bytes at a time.
char* put_json_string(char* at, std::string_view text);

}  // namespace dcmwatch
