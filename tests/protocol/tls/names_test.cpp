// Versions, suites, alerts and names.
#include <gtest/gtest.h>

#include "event/tls.h"
#include "event/tls_cipher_suites.h"
#include "protocol/tls/names.h"

namespace dcmwatch {
namespace {

TEST(TlsNames, SuitesAreWeakByTheirNames) {
  const auto is = [](std::uint16_t suite, TlsWeakness weakness) { return tls_weaknesses(suite).has(weakness); };
  EXPECT_TRUE(is(0x0000, TlsWeakness::null));
  EXPECT_TRUE(is(0xC0B4, TlsWeakness::null)) << "TLS_SHA256_SHA256 (RFC 9150)";
  EXPECT_TRUE(is(0x0018, TlsWeakness::anonymous));
  EXPECT_TRUE(is(0x0003, TlsWeakness::export_grade));
  EXPECT_TRUE(is(0x0003, TlsWeakness::rc4));
  EXPECT_TRUE(is(0x0006, TlsWeakness::rc2));
  EXPECT_TRUE(is(0x0009, TlsWeakness::des));
  EXPECT_TRUE(is(0x000A, TlsWeakness::triple_des));
  EXPECT_FALSE(is(0x000A, TlsWeakness::des));
  for (const std::uint16_t suite : std::initializer_list<std::uint16_t>{0x1301, 0xC02F, 0xCCA8, 0x009E})
    EXPECT_TRUE(tls_weaknesses(suite).empty());
}

TEST(TlsNames, StrangersHaveNone) {
  EXPECT_EQ(tls_cipher_name(0xFFFF), "");
  EXPECT_EQ(tls_alert_name(200), "");
  EXPECT_EQ(tls_version_number(0x7F1C), "other");
  EXPECT_EQ(tls_version_number(kSsl3), "3.0");
  EXPECT_EQ(tls_version_protocol(kSsl3), "ssl");
}

TEST(TlsNames, HostsAreToldAndPeopleAreNot) {
  EXPECT_EQ(tls::host_name("pacs-1.hospital.example"), "pacs-1.hospital.example");
  EXPECT_EQ(tls::host_name("*.hospital.example"), "*.hospital.example");
  for (const char* name : {"Doe Jane", "Doe, Jane", "DOE^JANE", "jane@hospital.example", "M\xC3\xBCller", ""})
    EXPECT_EQ(tls::host_name(name), "") << name;
  EXPECT_EQ(tls::host_name(std::string(101, 'a')), "") << "rather none than half of one";
  EXPECT_EQ(tls::authority_name("Let's Encrypt (R3)"), "Let's Encrypt (R3)");
}

}  // namespace
}  // namespace dcmwatch
