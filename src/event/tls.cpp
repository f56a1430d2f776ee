#include "event/tls.h"

#include <algorithm>
#include <cstddef>

#include "event/tls_cipher_suites.h"

namespace dcmwatch {
namespace {

struct VersionName {
  TlsVersion version;
  std::string_view number;
  std::string_view protocol;
  std::string_view name;
};
constexpr std::array kVersionNames{
    VersionName{kSsl2, "2.0", "ssl", "SSLv2"},    VersionName{kSsl3, "3.0", "ssl", "SSLv3"},
    VersionName{kTls10, "1.0", "tls", "TLSv1.0"}, VersionName{kTls11, "1.1", "tls", "TLSv1.1"},
    VersionName{kTls12, "1.2", "tls", "TLSv1.2"}, VersionName{kTls13, "1.3", "tls", "TLSv1.3"}};
constexpr VersionName kOtherVersion{0, "other", "tls", "other"};

const VersionName& name_of(TlsVersion version) {
  const auto* const found = std::ranges::find(kVersionNames, version, &VersionName::version);
  return found == kVersionNames.end() ? kOtherVersion : *found;
}

std::uint8_t bit_of(TlsVersion version) {
  const auto* const found = std::ranges::find(kTlsVersions, version);
  if (found == kTlsVersions.end()) return 0;
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(found - kTlsVersions.begin()));
}

constexpr TlsWeaknesses weaknesses_of(std::string_view name) {
  TlsWeaknesses weaknesses;
  for (const TlsWeaknessRule& rule : kTlsWeaknessRules) {
    if (name.find(rule.mark) != std::string_view::npos) weaknesses.add(rule.weakness);
  }
  return weaknesses;
}

// RFC 9150: they authenticate and do not encrypt, which their names do not say.
constexpr std::uint16_t kSha256Sha256 = 0xC0B4, kSha384Sha384 = 0xC0B5;

// By place in the table of suites: a hello may offer hundreds, and nobody is to search a hundred names for each.
constexpr auto kWeaknessesOfSuites = [] {
  std::array<TlsWeaknesses, kTlsCipherSuites.size()> weaknesses;
  for (std::size_t i = 0; i < weaknesses.size(); ++i) {
    const TlsCipherSuite& suite = kTlsCipherSuites[i];
    weaknesses[i] = weaknesses_of(suite.name);
    if (suite.number == kSha256Sha256 || suite.number == kSha384Sha384) weaknesses[i].add(TlsWeakness::null);
  }
  return weaknesses;
}();

static_assert(std::ranges::is_sorted(kTlsCipherSuites, {}, &TlsCipherSuite::number));

// The suite's place; the table's size if it is not there.
std::size_t place_of(std::uint16_t cipher_suite) {
  const auto* const found = std::ranges::lower_bound(kTlsCipherSuites, cipher_suite, {}, &TlsCipherSuite::number);
  if (found == kTlsCipherSuites.end() || found->number != cipher_suite) return kTlsCipherSuites.size();
  return static_cast<std::size_t>(found - kTlsCipherSuites.begin());
}

struct AlertName {
  std::uint8_t description;
  std::string_view name;
};
constexpr std::array kAlertNames{AlertName{0, "close_notify"},
                                 AlertName{10, "unexpected_message"},
                                 AlertName{20, "bad_record_mac"},
                                 AlertName{21, "decryption_failed"},  // RFC 5246 7.2, as those below that are older
                                 AlertName{22, "record_overflow"},
                                 AlertName{30, "decompression_failure"},
                                 AlertName{40, "handshake_failure"},
                                 AlertName{41, "no_certificate"},
                                 AlertName{42, "bad_certificate"},
                                 AlertName{43, "unsupported_certificate"},
                                 AlertName{44, "certificate_revoked"},
                                 AlertName{45, "certificate_expired"},
                                 AlertName{46, "certificate_unknown"},
                                 AlertName{47, "illegal_parameter"},
                                 AlertName{48, "unknown_ca"},
                                 AlertName{49, "access_denied"},
                                 AlertName{50, "decode_error"},
                                 AlertName{51, "decrypt_error"},
                                 AlertName{52, "too_many_cids_requested"},
                                 AlertName{60, "export_restriction"},
                                 AlertName{70, "protocol_version"},
                                 AlertName{71, "insufficient_security"},
                                 AlertName{80, "internal_error"},
                                 AlertName{86, "inappropriate_fallback"},
                                 AlertName{90, "user_canceled"},
                                 AlertName{100, "no_renegotiation"},
                                 AlertName{109, "missing_extension"},
                                 AlertName{110, "unsupported_extension"},
                                 AlertName{111, "certificate_unobtainable"},
                                 AlertName{112, "unrecognized_name"},
                                 AlertName{113, "bad_certificate_status_response"},
                                 AlertName{114, "bad_certificate_hash_value"},
                                 AlertName{115, "unknown_psk_identity"},
                                 AlertName{116, "certificate_required"},
                                 AlertName{120, "no_application_protocol"},
                                 AlertName{121, "ech_required"}};

}  // namespace

void TlsVersions::add(TlsVersion version) { bits_ = static_cast<std::uint8_t>(bits_ | bit_of(version)); }

bool TlsVersions::has(TlsVersion version) const { return (bits_ & bit_of(version)) != 0; }

std::string_view tls_version_number(TlsVersion version) { return name_of(version).number; }

std::string_view tls_version_protocol(TlsVersion version) { return name_of(version).protocol; }

std::string_view tls_version_name(TlsVersion version) { return name_of(version).name; }

std::string_view tls_cipher_name(std::uint16_t cipher_suite) {
  const std::size_t place = place_of(cipher_suite);
  return place == kTlsCipherSuites.size() ? std::string_view{} : kTlsCipherSuites[place].name;
}

TlsWeaknesses tls_weaknesses(std::uint16_t cipher_suite) {
  const std::size_t place = place_of(cipher_suite);
  return place == kTlsCipherSuites.size() ? TlsWeaknesses{} : kWeaknessesOfSuites[place];
}

std::string_view tls_alert_name(std::uint8_t description) {
  const auto* const found = std::ranges::find(kAlertNames, description, &AlertName::description);
  return found == kAlertNames.end() ? std::string_view{} : found->name;
}

std::string_view to_text(TlsHandshake handshake) {
  switch (handshake) {
    case TlsHandshake::unknown: return "unknown";
    case TlsHandshake::completed: return "completed";
    case TlsHandshake::refused: return "refused";
    case TlsHandshake::abandoned: return "abandoned";
  }
  return {};
}

std::string_view to_text(TlsResumption resumption) {
  switch (resumption) {
    case TlsResumption::session_id: return "session_id";
    case TlsResumption::ticket: return "ticket";
    case TlsResumption::psk: return "psk";
  }
  return {};
}

}  // namespace dcmwatch
