// What the first bytes of TLS look like.
#include "protocol/tls/hello.h"
#include "protocol/tls/record_framer.h"
#include "protocol/tls/tls.h"

namespace dcmwatch {
namespace tls {
namespace {

Looks looks_like_record(ByteView first_bytes) {
  constexpr std::uint8_t kClientHello = 1, kServerHello = 2, kWarning = 1, kFatal = 2;
  ByteReader reader{first_bytes};
  const auto type = static_cast<ContentType>(reader.u8());
  if (type != ContentType::handshake && type != ContentType::application_data && type != ContentType::alert)
    return Looks::no;
  if (first_bytes.size() > 1 && reader.u8() != 3) return Looks::no;
  if (first_bytes.size() > 2 && reader.u8() > 4) return Looks::no;
  const std::uint16_t length = reader.u16();
  if (reader.failed()) return Looks::need_more;
  if (length == 0 || length > kLongestRecord) return Looks::no;
  if (type == ContentType::application_data) return Looks::yes;
  if (type == ContentType::alert && length != kAlertBytes) return Looks::no;
  const std::uint8_t first = reader.u8();  // a message's type, an alert's level
  if (reader.failed()) return Looks::need_more;
  if (type == ContentType::alert) return first == kWarning || first == kFatal ? Looks::yes : Looks::no;
  return first == kClientHello || first == kServerHello ? Looks::yes : Looks::no;
}

// Its length in two bytes, of which the first bit is set, the message's type, the version, and lengths that add up.
Looks looks_like_sslv2_hello(ByteView first_bytes) {
  constexpr std::size_t kSelfDescription = 11, kTypeAt = 2;
  constexpr std::uint16_t kLongest = 400;  // less than Limits::identify_bytes
  constexpr std::uint8_t kClientHello = 1;
  ByteReader reader{first_bytes};
  const std::uint8_t high = reader.u8();
  const std::uint16_t length = static_cast<std::uint16_t>((high & 0x7FU) << 8U | reader.u8());
  if ((high & 0x80U) == 0) return Looks::no;
  if (reader.failed()) return Looks::need_more;
  if (length < kSelfDescription || length > kLongest) return Looks::no;
  if (first_bytes.size() > kTypeAt && first_bytes[kTypeAt] != kClientHello) return Looks::no;
  const ByteView body = reader.take(length);
  if (reader.failed()) return Looks::need_more;
  return is_sslv2_client_hello(body) ? Looks::yes : Looks::no;
}

}  // namespace
}  // namespace tls

Looks looks_like_tls(ByteView first_bytes) {
  if (first_bytes.empty()) return Looks::need_more;
  return (first_bytes[0] & 0x80U) != 0 ? tls::looks_like_sslv2_hello(first_bytes) : tls::looks_like_record(first_bytes);
}

}  // namespace dcmwatch
