#include "protocol/named.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace dcmwatch {
namespace {

Looks begins_with(std::string_view text, std::string_view expected) {
  const std::size_t common = std::min(text.size(), expected.size());
  if (text.substr(0, common) != expected.substr(0, common)) return Looks::no;
  return common == expected.size() ? Looks::yes : Looks::need_more;
}

constexpr std::array<std::string_view, 9> kHttpStarts{"GET ",     "HEAD ",  "POST ",  "PUT ",   "DELETE ",
                                                      "OPTIONS ", "PATCH ", "TRACE ", "HTTP/1."};

}  // namespace

Looks looks_like_ssh(ByteView first_bytes) { return begins_with(as_text(first_bytes), "SSH-"); }

Looks looks_like_http(ByteView first_bytes) {
  Looks best = Looks::no;
  for (const std::string_view start : kHttpStarts) {
    const Looks looks = begins_with(as_text(first_bytes), start);
    if (looks == Looks::yes) return looks;
    if (looks == Looks::need_more) best = looks;
  }
  return best;
}

}  // namespace dcmwatch
