// What the two hellos say (RFC 8446 4.1, RFC 5246 7.4.1): how TLS is agreed upon, in clear in every version.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "event/tls.h"

namespace dcmwatch::tls {

struct ClientHello {
  TlsVersions versions;  ///< offered; of a hello that has no list, the highest
  std::uint16_t ciphers = 0;
  TlsWeaknesses weaknesses;  ///< of any of them
  HostName server_name;
  bool ticket = false;      ///< RFC 5077: it has one, and does not only ask for one
  bool early_data = false;  ///< RFC 8446 4.2.10
  bool well_formed = true;
};

struct ServerHello {
  bool retry = false;                 ///< RFC 8446 4.1.4: it asks for another hello
  std::optional<TlsVersion> version;  ///< chosen; nothing where a cut hello may yet say another
  std::optional<std::uint16_t> cipher_suite;
  ApplicationProtocol application_protocol;
  bool psk = false;                 ///< RFC 8446 4.2.11
  bool other_certificates = false;  ///< RFC 7250: what is called a certificate may be a bare key
  bool well_formed = true;
};

/// `cut`: the body is the head of a longer one, and says what it says as far as it goes. Cost: one pass.
ClientHello read_client_hello(ByteView body, bool cut);
ServerHello read_server_hello(ByteView body, bool cut);

/// Of the form of SSL 2.0 (RFC 5246 E.2), from the message's type on.
ClientHello read_sslv2_hello(ByteView body);
/// Whether it is one at all: its lengths add up.
bool is_sslv2_client_hello(ByteView body);
/// An answer in that form, so that SSL 2.0 is spoken.
bool is_sslv2_server_hello(ByteView body);

}  // namespace dcmwatch::tls
