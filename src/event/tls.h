// What is told of a TLS connection: how its handshake went, and whose certificates were shown. Numbers are as on the
// wire; of the names in a certificate only those that look like a host's or a device's are kept (docs/tls.md).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "base/timestamp.h"
#include "event/texts.h"

namespace dcmwatch {

using HostName = Text<100>;            ///< of letters, digits, dots and hyphens; what is longer is told as nothing
using ApplicationProtocol = Text<32>;  ///< RFC 7301 3.1: an ALPN protocol name, printable

/// ProtocolVersion as on the wire (RFC 8446 4.1.2).
using TlsVersion = std::uint16_t;
inline constexpr TlsVersion kSsl2 = 0x0002, kSsl3 = 0x0300, kTls10 = 0x0301, kTls11 = 0x0302, kTls12 = 0x0303,
                            kTls13 = 0x0304;
inline constexpr std::array kTlsVersions{kSsl2, kSsl3, kTls10, kTls11, kTls12, kTls13};

/// A set of kTlsVersions: others, and those that only keep servers tolerant (RFC 8701, GREASE), are not in it.
class TlsVersions {
 public:
  void add(TlsVersion version);
  [[nodiscard]] bool has(TlsVersion version) const;
  [[nodiscard]] bool empty() const { return bits_ == 0; }

  friend bool operator==(TlsVersions, TlsVersions) = default;

 private:
  std::uint8_t bits_ = 0;
};

/// What makes a cipher suite one that must not be negotiated.
enum class TlsWeakness : std::uint8_t { null, anonymous, export_grade, rc2, rc4, des, triple_des };

/// A set of them.
class TlsWeaknesses {
 public:
  constexpr void add(TlsWeakness weakness) { bits_ = static_cast<std::uint8_t>(bits_ | bit(weakness)); }
  [[nodiscard]] constexpr bool has(TlsWeakness weakness) const { return (bits_ & bit(weakness)) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  constexpr TlsWeaknesses& operator|=(TlsWeaknesses more) {
    bits_ = static_cast<std::uint8_t>(bits_ | more.bits_);
    return *this;
  }

  friend constexpr bool operator==(TlsWeaknesses, TlsWeaknesses) = default;

 private:
  static constexpr std::uint8_t bit(TlsWeakness weakness) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(weakness));
  }

  std::uint8_t bits_ = 0;
};

/// By which mark in its registered name a suite is known to be weak, and who says that it is.
struct TlsWeaknessRule {
  TlsWeakness weakness;
  std::string_view word;  ///< how it is told
  std::string_view mark;
  std::string_view clause;
};
inline constexpr std::array kTlsWeaknessRules{
    TlsWeaknessRule{TlsWeakness::null, "null", "_WITH_NULL_", "RFC 9325 4.1"},
    TlsWeaknessRule{TlsWeakness::anonymous, "anonymous", "_anon_", "RFC 5246 A.5"},
    TlsWeaknessRule{TlsWeakness::export_grade, "export", "_EXPORT", "RFC 9325 4.1"},
    TlsWeaknessRule{TlsWeakness::rc2, "rc2", "_RC2_", "RFC 9325 4.1"},
    TlsWeaknessRule{TlsWeakness::rc4, "rc4", "_RC4_", "RFC 7465 2"},
    TlsWeaknessRule{TlsWeakness::des, "des", "_DES_", "RFC 5469 2"},
    TlsWeaknessRule{TlsWeakness::triple_des, "3des", "_3DES_", "RFC 9325 4.1"}};

/// How the handshake ended, as far as it can be seen.
enum class TlsHandshake : std::uint8_t {
  unknown,    ///< not over, or its end was not visible
  completed,  ///< both sides went on to protected data
  refused,    ///< one side ended it by a fatal alert
  abandoned   ///< the connection ended in the middle of it, without an alert
};

/// By what an earlier session was continued, so that no certificate is shown.
enum class TlsResumption : std::uint8_t {
  session_id,  ///< RFC 5246 7.3
  ticket,      ///< RFC 5077
  psk          ///< RFC 8446 2.2; also a key that was agreed upon otherwise
};

/// RFC 8446 6. A protected one tells neither its level nor its description.
struct TlsAlert {
  bool by_opener = false;
  std::optional<std::uint8_t> level;        ///< 1 warning, 2 fatal
  std::optional<std::uint8_t> description;  ///< number as on the wire
};

/// A side's own certificate (X.509, RFC 5280), the first that it shows. Nobody verified it.
struct TlsCertificate {
  HostName subject;                  ///< common name; empty if there is none, or if it does not look like a host's
  HostName issuer;                   ///< likewise, of who issued it; that may be an organisation's name, with spaces
  std::vector<HostName> names;       ///< alternative names that are DNS names (RFC 5280 4.2.1.6)
  std::uint32_t names_not_told = 0;  ///< of these: Limits::tls_certificate_names
  bool names_withheld = false;       ///< it has names that may be a person's
  bool self_issued = false;          ///< subject and issuer are the same
  std::optional<Timestamp> not_before, not_after;
  Code key_algorithm;            ///< "RSA", "EC", …; empty if it is not known
  std::uint32_t key_bits = 0;    ///< 0: not known
  Text<64> signature_algorithm;  ///< "sha256WithRSAEncryption"; empty if it is not known

  /// As far as it says; it may have been revoked.
  [[nodiscard]] bool is_valid_at(Timestamp time) const {
    return (!not_before || *not_before <= time) && (!not_after || time <= *not_after);
  }
};

/// dataset "tls": of a connection with TLS, one. Of what a protected handshake says (RFC 8446 2: certificates, ALPN) a
/// bystander sees nothing.
struct TlsConnection {
  bool client_hello_seen = false;
  bool server_hello_seen = false;
  TlsVersions versions_offered;
  std::optional<TlsVersion> version;  ///< chosen
  std::uint16_t ciphers_offered = 0;
  TlsWeaknesses weak_ciphers_offered;
  std::optional<std::uint16_t> cipher_suite;  ///< chosen
  HostName server_name;                       ///< RFC 6066 3; empty if there is none, or none that is a host's
  ApplicationProtocol application_protocol;   ///< RFC 7301, chosen; empty where not visible
  bool retried = false;                       ///< RFC 8446 4.1.4: the server asked for another hello
  TlsHandshake handshake = TlsHandshake::unknown;
  bool not_followed = false;  ///< to its end, for Limits::tls_protected_records
  std::optional<TlsResumption> resumption;
  std::optional<bool> resumed;  ///< nothing where it was not visible
  std::optional<TlsAlert> alert;
  std::optional<Duration> handshake_time;  ///< client's hello to the end, where both were seen
  bool client_certificate_requested = false;
  std::optional<bool> client_certificate_given;              ///< nothing where it was not visible
  std::shared_ptr<const TlsCertificate> server_certificate;  ///< null: none was seen
  std::shared_ptr<const TlsCertificate> client_certificate;
};

/// "1.2", "3.0" of SSL; "other" of a version that nobody knows.
std::string_view tls_version_number(TlsVersion version);
/// "tls" or "ssl"
std::string_view tls_version_protocol(TlsVersion version);
/// "TLSv1.2", "SSLv3": both in one word, unique.
std::string_view tls_version_name(TlsVersion version);

/// As registered; empty of a number that is not.
std::string_view tls_cipher_name(std::uint16_t cipher_suite);
TlsWeaknesses tls_weaknesses(std::uint16_t cipher_suite);

/// RFC 8446 6.2's name of an alert, or that of an older version's; empty of a number that has none.
std::string_view tls_alert_name(std::uint8_t description);

std::string_view to_text(TlsHandshake handshake);
std::string_view to_text(TlsResumption resumption);

}  // namespace dcmwatch
