// Certificates that OpenSSL makes, and what of them may be told.
#include "protocol/tls/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

namespace dcmwatch::tls {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Wanted {
  std::string subject = "pacs.hospital.example";
  std::string issuer = "Hospital Device CA";
  std::string alternative_names = {};  ///< as OpenSSL's configuration has them
  std::string not_after = "20361231235959Z";
};

void set_name(X509_NAME* name, const std::string& common_name) {
  X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.data()),
                             static_cast<int>(common_name.size()), -1, 0);
}

std::vector<std::uint8_t> made(const Wanted& wanted) {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key{EVP_EC_gen("P-256"), EVP_PKEY_free};
  const std::unique_ptr<X509, void (*)(X509*)> certificate{X509_new(), X509_free};
  X509_set_version(certificate.get(), 2);
  set_name(X509_get_subject_name(certificate.get()), wanted.subject);
  set_name(X509_get_issuer_name(certificate.get()), wanted.issuer);
  ASN1_TIME_set_string(X509_getm_notBefore(certificate.get()), "20260101000000Z");
  ASN1_TIME_set_string(X509_getm_notAfter(certificate.get()), wanted.not_after.c_str());
  X509_set_pubkey(certificate.get(), key.get());
  if (!wanted.alternative_names.empty()) {
    X509_EXTENSION* const extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, wanted.alternative_names.c_str());
    X509_add_ext(certificate.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  std::vector<std::uint8_t> der(static_cast<std::size_t>(i2d_X509(certificate.get(), nullptr)));
  unsigned char* at = der.data();
  i2d_X509(certificate.get(), &at);
  return der;
}

std::shared_ptr<const TlsCertificate> told_of(const Wanted& wanted) { return read_certificate(made(wanted), 2); }

TEST(TlsCertificate, OfADeviceSaysWhoseItIs) {
  const auto told = told_of({.alternative_names = "DNS:pacs.hospital.example,IP:10.20.20.10"});
  ASSERT_TRUE(told);
  EXPECT_EQ(told->subject, "pacs.hospital.example");
  EXPECT_EQ(told->issuer, "Hospital Device CA");
  EXPECT_THAT(told->names, ElementsAre("pacs.hospital.example"));
  EXPECT_FALSE(told->names_withheld);
  EXPECT_FALSE(told->self_issued);
  EXPECT_EQ(told->key_algorithm, "EC");
  EXPECT_EQ(told->key_bits, 256U);
  EXPECT_EQ(told->signature_algorithm, "ecdsa-with-SHA256");
  EXPECT_EQ(to_rfc3339(told->not_before.value_or(Timestamp{})), "2026-01-01T00:00:00.000000000Z");
  EXPECT_EQ(to_rfc3339(told->not_after.value_or(Timestamp{})), "2036-12-31T23:59:59.000000000Z");
  EXPECT_FALSE(told->is_valid_at(Timestamp{}));
  EXPECT_TRUE(told->is_valid_at(*told->not_before));
}

TEST(TlsCertificate, OfAPersonSaysNotWhose) {
  for (const Wanted& wanted :
       {Wanted{.subject = "Doe Jane"}, Wanted{.subject = "DOE^JANE"}, Wanted{.subject = "jane@hospital.example"},
        Wanted{.subject = "jdoe", .alternative_names = "email:jane@hospital.example"},
        Wanted{.subject = "jdoe", .alternative_names = "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:jane@hospital.example"},
        Wanted{.subject = "Doe Jane", .issuer = "Doe Jane"}}) {
    const auto told = told_of(wanted);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->subject, "") << wanted.subject;
    EXPECT_NE(told->issuer, wanted.subject);
    EXPECT_THAT(told->names, IsEmpty());
    EXPECT_TRUE(told->names_withheld);
  }
}

TEST(TlsCertificate, WithoutACommonNameHidesNothing) {
  const auto told = told_of({.subject = "", .alternative_names = "DNS:a.example,DNS:b.example,DNS:c.example"});
  ASSERT_TRUE(told);
  EXPECT_THAT(told->names, ElementsAre("a.example", "b.example")) << "two is the limit here";
  EXPECT_EQ(told->names_not_told, 1U);
  EXPECT_FALSE(told->names_withheld);
}

TEST(TlsCertificate, ThatIssuedItselfIsSaidTo) {
  const auto told = told_of({.subject = "engine", .issuer = "engine"});
  ASSERT_TRUE(told);
  EXPECT_TRUE(told->self_issued);
  EXPECT_EQ(told->issuer, "engine");
}

TEST(TlsCertificate, ThatNeverExpiresHasNoEnd) {
  const auto told = told_of({.not_after = "99991231235959Z"});
  ASSERT_TRUE(told);
  EXPECT_FALSE(told->not_after);
  EXPECT_TRUE(told->is_valid_at(timestamp_from_ns(9'000'000'000'000'000'000)));
}

TEST(TlsCertificate, ThatIsBrokenIsNone) {
  const std::vector<std::uint8_t> whole = made({});
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(read_certificate(ByteView{whole}.first(size), 2));
  EXPECT_FALSE(read_certificate(as_bytes("no certificate"), 2));
}

}  // namespace
}  // namespace dcmwatch::tls
