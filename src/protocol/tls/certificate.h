// What a certificate says (RFC 5280 4.1), as far as it may be told.
#pragma once

#include <cstddef>
#include <memory>

#include "base/bytes.h"
#include "event/tls.h"

namespace dcmwatch::tls {

/// The first of a Certificate message before TLS 1.3 (RFC 5246 7.4.2), the sender's own.
struct CertificateList {
  bool empty = false;  ///< the sender has none
  ByteView own;        ///< DER; empty also if the cut message has not all of it
  bool well_formed = true;
};
CertificateList read_certificate_list(ByteView body, bool cut);

/// Null if it is none. Nothing of it is verified: what it says is what somebody says. At most `most_names` alternative
/// names are told. Cost: some tens of microseconds, for each handshake that is no resumption.
std::shared_ptr<const TlsCertificate> read_certificate(ByteView der, std::size_t most_names);

}  // namespace dcmwatch::tls
