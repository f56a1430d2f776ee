#include "protocol/tls/hello.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "protocol/tls/names.h"

namespace dcmwatch::tls {
namespace {

constexpr std::size_t kRandomBytes = 32;

// IANA, TLS ExtensionType Values.
constexpr std::uint16_t kServerName = 0, kAlpn = 16, kClientCertificateType = 19, kServerCertificateType = 20,
                        kSessionTicket = 35, kPreSharedKey = 41, kEarlyData = 42, kSupportedVersions = 43;

// What a server's random is if it asks for another hello: SHA-256 of "HelloRetryRequest" (RFC 8446 4.1.3).
constexpr std::array<std::uint8_t, kRandomBytes> kRetryRandom{
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};

// RFC 5746 3.3, RFC 7507: they stand among the suites, and are none.
constexpr std::uint16_t kRenegotiationInfo = 0x00FF, kFallback = 0x5600;

// RFC 8701: both bytes the same, 0x?A.
bool is_grease(std::uint16_t value) { return (value & 0x0F0FU) == 0x0A0AU && value >> 8U == (value & 0xFFU); }

void offer(ClientHello& hello, std::uint16_t cipher_suite) {
  if (is_grease(cipher_suite) || cipher_suite == kRenegotiationInfo || cipher_suite == kFallback) return;
  ++hello.ciphers;
  hello.weaknesses |= tls_weaknesses(cipher_suite);
}

// The extensions of a hello, which older versions leave out. Gives whether all of them were there.
template <typename Take>
bool read_extensions(ByteReader& reader, const Take& take) {
  if (reader.at_end()) return true;
  const std::uint16_t length = reader.u16();
  const bool whole = length == reader.remaining();
  while (!reader.at_end()) {
    const std::uint16_t type = reader.u16();
    const ByteView content = reader.take(reader.u16());
    if (reader.failed()) return false;
    take(type, ByteReader{content});
  }
  return whole;
}

// RFC 6066 3
HostName read_server_name(ByteReader content) {
  constexpr std::uint8_t kHostName = 0;
  ByteReader list{content.take(content.u16())};
  while (!list.at_end()) {
    const std::uint8_t type = list.u8();
    const ByteView name = list.take(list.u16());
    if (type == kHostName) return host_name(as_text(name));
  }
  return {};
}

// RFC 7301 3.1: the server answers with one.
ApplicationProtocol read_application_protocol(ByteReader content) {
  ByteReader list{content.take(content.u16())};
  const std::string_view name = as_text(list.take(list.u8()));
  return is_protocol_name(name) ? ApplicationProtocol{name} : ApplicationProtocol{};
}

void take_extension(ClientHello& hello, std::uint16_t type, ByteReader content) {
  switch (type) {
    case kServerName: hello.server_name = read_server_name(content); break;
    case kSessionTicket: hello.ticket = !content.at_end(); break;
    case kEarlyData: hello.early_data = true; break;
    case kSupportedVersions: {
      hello.versions = {};
      ByteReader list{content.take(content.u8())};
      while (!list.at_end()) hello.versions.add(list.u16());
      break;
    }
    default: break;
  }
}

void take_extension(ServerHello& hello, std::uint16_t type, ByteReader content) {
  switch (type) {
    case kAlpn: hello.application_protocol = read_application_protocol(content); break;
    case kClientCertificateType:
    case kServerCertificateType: hello.other_certificates = true; break;
    case kPreSharedKey: hello.psk = true; break;
    case kSupportedVersions: hello.version = content.u16(); break;
    default: break;
  }
}

struct Sslv2Hello {
  std::uint8_t type = 0;
  std::uint16_t version = 0;
  std::uint16_t cipher_bytes = 0, session_bytes = 0, challenge_bytes = 0;
};

Sslv2Hello read_sslv2(ByteReader& reader) {
  Sslv2Hello hello;
  hello.type = reader.u8();
  hello.version = reader.u16();
  hello.cipher_bytes = reader.u16();
  hello.session_bytes = reader.u16();
  hello.challenge_bytes = reader.u16();
  return hello;
}

constexpr std::size_t kSslv2CipherBytes = 3;

}  // namespace

ClientHello read_client_hello(ByteView body, bool cut) {
  ClientHello hello;
  ByteReader reader{body};
  const std::uint16_t version = reader.u16();
  if (!reader.failed()) hello.versions.add(version);
  reader.skip(kRandomBytes);
  reader.skip(reader.u8());  // session id
  const std::uint16_t cipher_bytes = reader.u16();
  ByteReader ciphers{reader.take(cipher_bytes)};
  while (ciphers.remaining() >= sizeof(std::uint16_t)) offer(hello, ciphers.u16());
  const std::uint8_t compressions = reader.u8();
  reader.skip(compressions);
  bool whole = !reader.failed() && cipher_bytes % 2 == 0 && cipher_bytes != 0 && compressions != 0;
  if (!reader.failed())
    whole &= read_extensions(reader, [&hello](auto type, auto content) { take_extension(hello, type, content); });
  hello.well_formed = whole || cut;
  return hello;
}

ServerHello read_server_hello(ByteView body, bool cut) {
  ServerHello hello;
  ByteReader reader{body};
  const std::uint16_t version = reader.u16();
  const ByteView random = reader.take(kRandomBytes);
  hello.retry = std::ranges::equal(random, kRetryRandom);
  reader.skip(reader.u8());  // session id
  const std::uint16_t cipher_suite = reader.u16();
  reader.skip(1);  // compression
  if (!reader.failed()) hello.cipher_suite = cipher_suite;
  const bool whole = !reader.failed() && read_extensions(reader, [&hello](auto type, auto content) {
    take_extension(hello, type, content);
  });
  // Of TLS 1.3 only the extension says so.
  if (!hello.version && (whole || !cut || version < kTls12)) hello.version = version;
  if (body.size() < sizeof version) hello.version.reset();
  hello.well_formed = whole || cut;
  return hello;
}

bool is_sslv2_client_hello(ByteView body) {
  constexpr std::uint8_t kClientHello = 1;
  ByteReader reader{body};
  const Sslv2Hello hello = read_sslv2(reader);
  const std::size_t told = std::size_t{hello.cipher_bytes} + hello.session_bytes + hello.challenge_bytes;
  return !reader.failed() && hello.type == kClientHello && (hello.version == kSsl2 || hello.version >> 8U == 3) &&
         hello.cipher_bytes != 0 && hello.cipher_bytes % kSslv2CipherBytes == 0 && told == reader.remaining();
}

bool is_sslv2_server_hello(ByteView body) {
  constexpr std::uint8_t kServerHello = 4;
  return !body.empty() && body[0] == kServerHello;
}

ClientHello read_sslv2_hello(ByteView body) {
  ClientHello hello;
  ByteReader reader{body};
  const Sslv2Hello said = read_sslv2(reader);
  hello.versions.add(said.version);
  ByteReader ciphers{reader.take(said.cipher_bytes)};
  while (ciphers.remaining() >= kSslv2CipherBytes) {
    // Those that begin with a zero are those of TLS; the others are SSL 2.0's own.
    const bool is_tls = ciphers.u8() == 0;
    const std::uint16_t cipher_suite = ciphers.u16();
    if (is_tls) offer(hello, cipher_suite);
  }
  return hello;
}

}  // namespace dcmwatch::tls
