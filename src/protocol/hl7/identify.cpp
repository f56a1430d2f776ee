// What the first bytes of an MLLP stream look like.
#include <algorithm>
#include <array>
#include <string_view>

#include "protocol/hl7/hl7.h"
#include "protocol/hl7/mllp_steps.h"

namespace dcmwatch {
namespace {

using namespace std::string_view_literals;

// A message, a batch, a file of batches (HL7 v2 2.10.3). Without its start block a message must show the usual
// delimiters, or any text that begins with these letters would do.
constexpr std::array kOpenings{"\013MSH"sv, "\013BHS"sv, "\013FHS"sv, "MSH|^~\\&"sv};

// What some senders put before their first block: the carriage return of an earlier one, or padding.
constexpr std::string_view kPadding = "\r\n\0 "sv;
constexpr std::size_t kLongestPadding = 16;

std::size_t padding(std::string_view text) {
  return std::min({text.find_first_not_of(kPadding), text.size(), kLongestPadding});
}

bool is_printable(std::uint8_t byte) { return byte > ' ' && byte < 0x7F; }

// MSH-1 and the first of MSH-2, whatever they are.
Looks looks_delimited(ByteView behind) {
  if (behind.size() < 2) return behind.empty() || is_printable(behind[0]) ? Looks::need_more : Looks::no;
  return is_printable(behind[0]) && is_printable(behind[1]) && behind[0] != behind[1] ? Looks::yes : Looks::no;
}

}  // namespace

Looks looks_like_mllp(ByteView first_bytes) {
  const std::size_t skipped = padding(as_text(first_bytes));
  first_bytes = first_bytes.subspan(skipped);
  const std::string_view text = as_text(first_bytes);
  for (const std::string_view opening : kOpenings) {
    // The framer sees a header without its start block only where a block may begin.
    if (skipped != 0 && opening.front() == 'M' && !text.empty()) continue;
    const std::size_t length = std::min(text.size(), opening.size());
    if (text.substr(0, length) != opening.substr(0, length)) continue;
    if (text.size() < opening.size()) return Looks::need_more;
    return opening.front() == 'M' ? Looks::yes : looks_delimited(first_bytes.subspan(opening.size()));
  }
  return Looks::no;
}

// HL7 Implementation Guide, appendix C: <SB>tvv<CR>ddd…cccccxxx<EB><CR>.
Looks looks_like_hllp(ByteView first_bytes) {
  const std::string_view text = as_text(first_bytes.subspan(padding(as_text(first_bytes))));
  constexpr std::array<bool (*)(char), 5> kShape{
      [](char c) { return c == '\013'; }, [](char c) { return c == 'D' || c == 'N'; },
      [](char c) { return c >= '0' && c <= '9'; }, [](char c) { return c >= '0' && c <= '9'; },
      [](char c) { return c == '\r'; }};
  for (std::size_t at = 0; at < kShape.size(); ++at) {
    if (at == text.size()) return Looks::need_more;
    if (!kShape[at](text[at])) return Looks::no;
  }
  return Looks::yes;
}

}  // namespace dcmwatch
