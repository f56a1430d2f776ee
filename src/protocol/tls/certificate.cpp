// The only one to know OpenSSL's certificates.
#include "protocol/tls/certificate.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/tls/names.h"

namespace dcmwatch::tls {
namespace {

constexpr std::size_t kLengthBytes = 3;

struct Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
using Certificate = std::unique_ptr<X509, Free>;
using AlternativeNames = std::unique_ptr<GENERAL_NAMES, Free>;

std::size_t read_length(ByteReader& reader) {
  const std::size_t high = reader.u8();
  return high << 16U | reader.u16();
}

std::string_view text_of(const ASN1_STRING* string) {
  if (!string) return {};
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

// The last common name, as RFC 6125 2.3.1 has it of several the most specific. Those in two bytes a character are not
// made into others: no host is called so.
std::string_view common_name(const X509_NAME* name) {
  int last = -1;
  for (int i = X509_NAME_get_index_by_NID(name, NID_commonName, -1); i >= 0;
       i = X509_NAME_get_index_by_NID(name, NID_commonName, i))
    last = i;
  if (last < 0) return {};
  return text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last)));
}

std::optional<Timestamp> time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (!time || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  using namespace std::chrono;
  const year_month_day day{year{parts.tm_year + 1900}, month{static_cast<unsigned>(parts.tm_mon + 1)},
                           std::chrono::day{static_cast<unsigned>(parts.tm_mday)}};
  if (!day.ok()) return std::nullopt;
  // RFC 5280 4.1.2.5: 99991231235959Z is for one that never expires, which nanoseconds since 1970 cannot tell.
  const seconds since_epoch =
      sys_days{day}.time_since_epoch() + hours{parts.tm_hour} + minutes{parts.tm_min} + seconds{parts.tm_sec};
  if (since_epoch < seconds::zero() || since_epoch.count() > kLatestSecond) return std::nullopt;
  return Timestamp{since_epoch};
}

// Whose alternative names have a mail address or a login name is a person's, or may be.
void read_alternative_names(const X509* certificate, std::size_t most_names, TlsCertificate& told, bool& personal) {
  const AlternativeNames names{
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
  if (!names) return;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    personal |= name->type == GEN_EMAIL || name->type == GEN_OTHERNAME || name->type == GEN_DIRNAME;
    if (name->type != GEN_DNS) continue;
    HostName host = host_name(text_of(name->d.dNSName));
    told.names_withheld |= host.empty();
    if (host.empty()) continue;
    if (told.names.size() < most_names) {
      told.names.push_back(host);
    } else {
      ++told.names_not_told;
    }
  }
}

void read_names(const X509* certificate, std::size_t most_names, TlsCertificate& told) {
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  const X509_NAME* const issuer = X509_get_issuer_name(certificate);
  told.self_issued = X509_NAME_cmp(subject, issuer) == 0;
  bool personal = false;
  read_alternative_names(certificate, most_names, told, personal);
  const std::string_view subject_name = common_name(subject), issuer_name = common_name(issuer);
  if (!personal) told.subject = host_name(subject_name);
  if (!told.self_issued) told.issuer = authority_name(issuer_name);
  if (told.self_issued) told.issuer = told.subject;
  if (personal) {
    told.names.clear();
    told.names_not_told = 0;
  }
  told.names_withheld |=
      personal || (!subject_name.empty() && told.subject.empty()) || (!issuer_name.empty() && told.issuer.empty());
}

std::string_view name_of_type(int type) {
  switch (type) {
    case EVP_PKEY_RSA: return "RSA";
    case EVP_PKEY_RSA_PSS: return "RSA-PSS";
    case EVP_PKEY_EC: return "EC";
    case EVP_PKEY_DSA: return "DSA";
    case EVP_PKEY_ED25519: return "Ed25519";
    case EVP_PKEY_ED448: return "Ed448";
    default: return {};
  }
}

void read_key(const X509* certificate, TlsCertificate& told) {
  const EVP_PKEY* const key = X509_get0_pubkey(certificate);
  if (!key) return;
  told.key_algorithm = name_of_type(EVP_PKEY_get_base_id(key));
  const int bits = EVP_PKEY_get_bits(key);
  if (bits > 0) told.key_bits = static_cast<std::uint32_t>(bits);
}

}  // namespace

CertificateList read_certificate_list(ByteView body, bool cut) {
  CertificateList list;
  ByteReader reader{body};
  const std::size_t length = read_length(reader);
  list.well_formed = !reader.failed() && (cut || length == reader.remaining());
  list.empty = list.well_formed && length == 0;
  if (!list.well_formed || list.empty) return list;
  const std::size_t own_length = read_length(reader);
  list.own = reader.take(own_length);
  list.well_formed = cut || (!reader.failed() && own_length != 0 && own_length + kLengthBytes <= length);
  return list;
}

std::shared_ptr<const TlsCertificate> read_certificate(ByteView der, std::size_t most_names) {
  const unsigned char* at = der.data();
  const Certificate certificate{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
  std::shared_ptr<TlsCertificate> told;
  if (certificate) {
    told = std::make_shared<TlsCertificate>();
    read_names(certificate.get(), most_names, *told);
    told->not_before = time_of(X509_get0_notBefore(certificate.get()));
    told->not_after = time_of(X509_get0_notAfter(certificate.get()));
    read_key(certificate.get(), *told);
    const int signature = X509_get_signature_nid(certificate.get());
    if (signature != NID_undef) told->signature_algorithm = std::string_view{OBJ_nid2ln(signature)};
  }
  ERR_clear_error();  // what OpenSSL has to say of it is kept for each thread
  return told;
}

}  // namespace dcmwatch::tls
