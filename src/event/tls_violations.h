// The rules of TLS whose break is told: the one table of names, clauses and severities, from which the records, the
// check of a model's quirks and docs/tls.md come.
#pragma once

#include <array>
#include <cstdint>

#include "event/violation_rule.h"

namespace dcmwatch::tls {

/// In the order of kFlawRules.
enum class Flaw : std::uint8_t {
  record_type,
  record_version,
  record_length,
  empty_record,
  handshake_message,
  handshake_order,
  message_length,
  certificate,
  sslv2_hello,
  obsolete_version,
  weak_cipher,
  fatal_alert,
  cleartext
};

using FlawRule = ViolationRule<Flaw>;

inline constexpr std::array kFlawRules{
    FlawRule{Flaw::record_type, "tls.record_type", "RFC 8446 5.1", Severity::medium,
             "Within a handshake comes what is no TLS record."},
    FlawRule{Flaw::record_version, "tls.record_version", "RFC 8446 5.1", Severity::low,
             "A record names a version of TLS that there is not."},
    FlawRule{Flaw::record_length, "tls.record_length", "RFC 8446 5.1, 5.2", Severity::medium,
             "A record is longer than TLS allows."},
    FlawRule{Flaw::empty_record, "tls.empty_record", "RFC 8446 5.1", Severity::medium,
             "A record of a handshake or an alert is empty."},
    FlawRule{Flaw::handshake_message, "tls.handshake_message", "RFC 8446 4", Severity::medium,
             "A message of the handshake is not built as its type says."},
    FlawRule{Flaw::handshake_order, "tls.handshake_order", "RFC 8446 4, RFC 5246 7.3", Severity::medium,
             "A message of the handshake comes from the side that does not send it, or before the hello."},
    FlawRule{Flaw::message_length, "tls.message_length", "", Severity::low,
             "A message of the handshake is longer than what is read of one; of the rest only the length is told."},
    FlawRule{Flaw::certificate, "tls.certificate", "RFC 5280 4.1", Severity::medium, "A certificate cannot be read."},
    FlawRule{Flaw::sslv2_hello, "tls.sslv2_hello", "RFC 6176 3", Severity::low,
             "A client begins with a hello in the form of SSL 2.0, which must not be sent."},
    FlawRule{Flaw::obsolete_version, "tls.obsolete_version", "RFC 9325 3.1.1, RFC 8996", Severity::medium,
             "The two sides chose a version before TLS 1.2, which must not be negotiated."},
    FlawRule{Flaw::weak_cipher, "tls.weak_cipher", "RFC 9325 4.1", Severity::medium,
             "The two sides chose a cipher suite that encrypts or authenticates too weakly, or not at all."},
    FlawRule{Flaw::fatal_alert, "tls.fatal_alert", "RFC 8446 6.2", Severity::low,
             "One side ended the handshake by a fatal alert."},
    FlawRule{Flaw::cleartext, "tls.cleartext", "RFC 8446 5.1", Severity::high,
             "Behind a handshake that was completed comes what is no TLS record: data that nothing protects."}};

static_assert(are_in_order(kFlawRules));

}  // namespace dcmwatch::tls
