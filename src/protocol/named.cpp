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

Looks looks_like_tls(ByteView first_bytes) {
  constexpr std::size_t kEnough = 6;  // type, legacy version, length, and the handshake type
  constexpr std::uint8_t kHandshake = 22, kClientHello = 1, kServerHello = 2;
  if (!first_bytes.empty() && first_bytes[0] != kHandshake) return Looks::no;
  if (first_bytes.size() > 1 && first_bytes[1] != 3) return Looks::no;
  if (first_bytes.size() < kEnough) return Looks::need_more;
  return first_bytes[2] <= 4 && (first_bytes[5] == kClientHello || first_bytes[5] == kServerHello) ? Looks::yes
                                                                                                   : Looks::no;
}

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
