// A JSON string (RFC 8259 section 7) from text that nobody vouches for.
#pragma once

#include <string>
#include <string_view>

namespace dcmwatch {

/// Appends `text` in quotes, always valid: what is not UTF-8 becomes U+FFFD (as Unicode 3.9 advises, one per maximal
/// subpart), and control characters are escaped, C1 ones and DEL too, so that a log shown on a terminal cannot command
/// it.
void append_json_string(std::string& out, std::string_view text);

}  // namespace dcmwatch
