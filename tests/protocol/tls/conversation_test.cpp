// Handshakes, whole and broken, as a bystander sees them.
#include <string>

#include "wire.h"

namespace dcmwatch::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::string_literals;

constexpr int kHandshake = 22, kData = 23;
const std::string kSuites = u16(0xC02F) + u16(0x1301);

std::string hello(std::string_view extensions = {}) { return record(kHandshake, client_hello(kSuites, extensions)); }

/// RFC 5246 7.3, without certificates.
std::vector<Said> tls12() {
  return {there(hello(server_name("pacs.hospital.example"))),
          back(record(kHandshake, server_hello(0xC02F) + message(12, "key") + message(14, ""))),
          there(record(kHandshake, message(16, "key")) + kChangeCipherSpec + protected_record(kHandshake, 40)),
          back(kChangeCipherSpec + protected_record(kHandshake, 40)),
          there(protected_record(kData, 100)),
          back(protected_record(kData, 100))};
}

/// RFC 8446 2, figure 1.
std::vector<Said> tls13() {
  return {there(hello(kTls13Offered)),
          back(record(kHandshake, server_hello(0x1301, kTls13Chosen)) + kChangeCipherSpec +
               protected_record(kData, 900) + protected_record(kData, 69)),
          there(kChangeCipherSpec + protected_record(kData, 69)), back(protected_record(kData, 250)),
          there(protected_record(kData, 1000))};
}

TEST(Tls, AHandshakeOfTls12IsToldAtItsStartAndItsEnd) {
  Wire wire;
  wire.say_all(tls12()).close();
  EXPECT_THAT(wire.summary(), ElementsAre("start 1.2 unknown", "end 1.2 completed"));
  const TlsConnection told = wire.told();
  EXPECT_EQ(told.server_name, "pacs.hospital.example");
  EXPECT_EQ(told.ciphers_offered, 2);
  EXPECT_EQ(tls_cipher_name(told.cipher_suite.value_or(0)), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
  EXPECT_EQ(told.resumed, false);
  EXPECT_EQ(told.handshake_time, std::chrono::milliseconds{3});
}

TEST(Tls, AHandshakeOfTls13IsOverWhenTheServerGoesOnAfterTheClientsFinished) {
  Wire wire;
  wire.say_all(tls13()).close();
  EXPECT_THAT(wire.summary(), ElementsAre("start 1.3 unknown", "end 1.3 completed"));
  EXPECT_TRUE(wire.told().versions_offered.has(kTls12));
  EXPECT_EQ(wire.told().resumed, false);
}

TEST(Tls, HowTheBytesAreCutDoesNotMatter) {
  for (const auto& script : {tls12(), tls13()}) {
    Wire whole, cut;
    whole.say_all(script).close();
    cut.say_all(script, true).close();
    EXPECT_EQ(whole.summary(), cut.summary());
    EXPECT_EQ(whole.told().handshake_time, cut.told().handshake_time);
  }
}

TEST(Tls, MessagesMayStretchOverRecordsAndShareThem) {
  const std::string messages = server_hello(0xC02F) + message(12, "key") + message(14, "");
  Wire wire;
  wire.say(there(hello()));
  for (std::size_t i = 0; i < messages.size(); ++i) wire.say(back(record(kHandshake, messages.substr(i, 1))));
  wire.close();
  EXPECT_THAT(wire.summary(), ElementsAre("start 1.2 unknown", "end 1.2 abandoned"));
}

TEST(Tls, WhatIsProtectedIsNotRead) {
  Wire wire;
  wire.say_all(tls13());
  const std::uint64_t read = wire.read_bytes();
  for (int i = 0; i < 100; ++i)
    wire.say(there(protected_record(kData, 16000))).say(back(protected_record(kData, 16000)));
  EXPECT_EQ(wire.read_bytes() - read, 16005U) << "one record behind the handshake, to see that there is one";
  EXPECT_EQ(wire.kept_bytes(), 0U);
}

TEST(Tls, AHandshakeOfTooManyProtectedRecordsIsFollowedNoFurtherAndThatIsTold) {
  const auto not_followed = [](std::size_t records) {
    Wire wire;
    const std::vector<Said> hellos = tls13();
    wire.say(hellos[0]).say(hellos[1]);
    for (std::size_t i = 2; i < records; ++i) wire.say(back(protected_record(kData, 900)));
    wire.close();
    return wire.told().not_followed;
  };
  EXPECT_FALSE(not_followed(Limits{}.tls_protected_records));
  EXPECT_TRUE(not_followed(Limits{}.tls_protected_records + 1));
}

TEST(Tls, ASessionMayBeContinuedByItsId) {
  Wire wire;
  wire.say(there(hello()))
      .say(back(record(kHandshake, server_hello(0xC02F)) + kChangeCipherSpec + protected_record(kHandshake, 40)))
      .say(there(kChangeCipherSpec + protected_record(kHandshake, 40)))
      .close();
  EXPECT_THAT(wire.summary(), ElementsAre("start 1.2 unknown", "end 1.2 completed"));
  EXPECT_EQ(wire.told().resumed, true);
  EXPECT_EQ(wire.told().resumption, TlsResumption::session_id);
}

TEST(Tls, ASessionMayBeContinuedByATicketOrAKey) {
  Wire ticket;
  ticket.say(there(hello(extension(35, "ticket"))))
      .say(back(record(kHandshake, server_hello(0xC02F) + message(4, "another")) + kChangeCipherSpec))
      .close();
  EXPECT_EQ(ticket.told().resumption, TlsResumption::ticket);
  Wire key;
  key.say(there(hello(kTls13Offered)))
      .say(back(record(kHandshake, server_hello(0x1301, kTls13Chosen + extension(41, "\0\0"s)))))
      .close();
  EXPECT_EQ(key.told().resumption, TlsResumption::psk);
}

TEST(Tls, AnAlertRefusesAndItIsSaidWhose) {
  Wire wire;
  wire.say(there(hello())).say(back(alert(2, 40))).close();
  EXPECT_THAT(wire.summary(), ElementsAre("tls.fatal_alert by acceptor", "end ? refused"));
  ASSERT_TRUE(wire.told().alert);
  EXPECT_FALSE(wire.told().alert->by_opener);
  EXPECT_EQ(wire.told().alert->description, 40);
}

TEST(Tls, AProtectedAlertOfTls13IsKnownByItsLength) {
  const auto script = tls13();
  Wire by_client;
  by_client.say(script[0]).say(script[1]).say(there(kChangeCipherSpec + protected_record(kData, 19))).close();
  EXPECT_THAT(by_client.summary(), ElementsAre("start 1.3 unknown", "end 1.3 refused"));
  EXPECT_TRUE(by_client.told().alert.value_or(TlsAlert{}).by_opener);
  Wire by_server;
  by_server.say(script[0]).say(script[1]).say(script[2]).say(back(protected_record(kData, 19))).close();
  EXPECT_THAT(by_server.summary(), ElementsAre("start 1.3 unknown", "end 1.3 refused"));
}

TEST(Tls, AClientThatHangsUpAtOnceIsNotRefused) {
  const auto script = tls13();
  Wire wire;
  wire.say(script[0]).say(script[1]).say(script[2]).say(there(protected_record(kData, 19)));
  wire.say(back(protected_record(kData, 19))).close();
  EXPECT_THAT(wire.summary(), ElementsAre("start 1.3 unknown", "end 1.3 unknown"));
}

TEST(Tls, AHandshakeThatNobodyEndsIsAbandoned) {
  Wire wire;
  wire.say(there(hello())).say(back(alert(1, 0))).close(CloseReason::reset);
  EXPECT_THAT(wire.summary(), ElementsAre("end ? abandoned"));
  Wire open;
  open.say(there(hello())).close(CloseReason::capture_ended);
  EXPECT_THAT(open.summary(), ElementsAre("end ? unknown unfinished"));
}

TEST(Tls, TheServerMayAskForAnotherHello) {
  Wire wire;
  wire.say(there(hello(kTls13Offered)))
      .say(back(record(kHandshake, server_hello(0x1301, kTls13Chosen, 0x0303, true)) + kChangeCipherSpec))
      .say(there(kChangeCipherSpec + hello(kTls13Offered + server_name("second.example"))))
      .say(back(record(kHandshake, server_hello(0x1301, kTls13Chosen)) + protected_record(kData, 900)))
      .say(there(protected_record(kData, 69)))
      .say(back(protected_record(kData, 250)))
      .close();
  EXPECT_THAT(wire.summary(), ElementsAre("start 1.3 unknown", "end 1.3 completed"));
  EXPECT_TRUE(wire.told().retried);
  EXPECT_EQ(wire.told().server_name, "second.example");
}

TEST(Tls, EarlyDataIsNoEndOfAHandshake) {
  Wire wire;
  wire.say(there(hello(kTls13Offered + extension(42, "")) + kChangeCipherSpec + protected_record(kData, 19) +
                 protected_record(kData, 500)))
      .say(back(record(kHandshake, server_hello(0x1301, kTls13Chosen + extension(41, "\0\0"s))) +
                protected_record(kData, 100)))
      .say(there(protected_record(kData, 22) + protected_record(kData, 69)))
      .say(back(protected_record(kData, 250)))
      .close();
  EXPECT_THAT(wire.summary(), ElementsAre("start 1.3 unknown", "end 1.3 completed"));
}

TEST(Tls, GreaseIsNeitherAVersionNorASuite) {
  Wire wire;
  wire.say(there(record(kHandshake, client_hello(u16(0x0A0A) + u16(0x1301) + u16(0x00FF) + u16(0x5600),
                                                 extension(43, "\x04\x3A\x3A\x03\x04") + extension(0x1A1A, "")))))
      .close();
  EXPECT_EQ(wire.told().ciphers_offered, 1);
  EXPECT_TRUE(wire.told().versions_offered.has(kTls13));
  EXPECT_FALSE(wire.told().versions_offered.has(kTls12));
}

TEST(Tls, WeakSuitesAndOldVersionsAreNamed) {
  Wire wire;
  const std::string suites =
      u16(0x0003) + u16(0x0034) + u16(0x0002) + u16(0x0005) + u16(0x0006) + u16(0x0009) + u16(0x000A);
  wire.say(there(record(kHandshake, client_hello(suites, "", 0x0301), 0x0301)))
      .say(back(record(kHandshake, server_hello(0x0005, "", 0x0301), 0x0301)))
      .close();
  EXPECT_THAT(wire.violations(), ElementsAre("tls.obsolete_version", "tls.weak_cipher"));
  for (const TlsWeaknessRule& rule : kTlsWeaknessRules)
    EXPECT_TRUE(wire.told().weak_ciphers_offered.has(rule.weakness)) << rule.word;
}

TEST(Tls, AClientMayBeginInTheFormOfSsl2) {
  const std::string body =
      "\x01\x03\x01"s + u16(9) + u16(0) + u16(16) + "\x00\x00\x05\x00\x00\x0A\x01\x00\x80"s + std::string(16, 'c');
  Wire wire;
  wire.say_byte_by_byte(there("\x80"s + static_cast<char>(body.size()) + body))
      .say(back(record(kHandshake, server_hello(0x0005, "", 0x0301), 0x0301)))
      .close();
  EXPECT_THAT(wire.violations(), ElementsAre("tls.sslv2_hello", "tls.obsolete_version", "tls.weak_cipher"));
  EXPECT_EQ(wire.told().ciphers_offered, 2);
  EXPECT_EQ(wire.told().version, kTls10);
}

TEST(Tls, OneJoinedMidwayIsToldAtOnceAndReadNoFurther) {
  Wire wire{true};
  wire.say(there(protected_record(kData, 100))).say(back("in the middle of a record")).say(there("likewise")).close();
  EXPECT_THAT(wire.summary(), ElementsAre("end ? unknown"));
  EXPECT_TRUE(wire.visibility().joined_midway);
  EXPECT_TRUE(wire.visibility().encrypted);
}

TEST(Tls, AHelloThatIsCutSaysWhatItSays) {
  const std::string whole = hello(server_name("pacs.hospital.example") + extension(10, std::string(40, 'g')));
  Wire wire;
  wire.say(there(whole.substr(0, whole.size() - 20))).say(gap(Direction::forward, 20)).close();
  EXPECT_THAT(wire.summary(), ElementsAre("end ? unknown lost"));
  EXPECT_EQ(wire.told().server_name, "pacs.hospital.example");
}

TEST(Tls, AServersHelloThatIsCutBeforeItsVersionSaysNone) {
  const std::string whole = record(kHandshake, server_hello(0x1301, extension(51, "key") + kTls13Chosen));
  Wire wire;
  wire.say(there(hello())).say(back(whole.substr(0, whole.size() - 5))).say(gap(Direction::backward, 5)).close();
  EXPECT_FALSE(wire.told().version);
  EXPECT_EQ(wire.told().cipher_suite, 0x1301);
}

TEST(Tls, AHoleInOneDirectionLeavesTheOther) {
  Wire wire;
  wire.say(there(hello()))
      .say(gap(Direction::forward, 100))
      .say(back(record(kHandshake, server_hello(0xC02F))))
      .close();
  EXPECT_THAT(wire.summary(), ElementsAre("start 1.2 unknown lost", "end 1.2 unknown lost"));
}

TEST(Tls, ALongMessageIsReadByItsHead) {
  Limits limits;
  limits.tls_message_bytes = 200;
  Wire wire{false, limits};
  wire.say(there(hello(server_name("pacs.hospital.example") + extension(21, std::string(500, '\0')))))
      .say(back(record(kHandshake, server_hello(0xC02F) + message(11, std::string(400, 'c')) + message(14, ""))))
      .say(back(alert(2, 80)))
      .close();
  EXPECT_EQ(wire.told().server_name, "pacs.hospital.example");
  EXPECT_THAT(wire.violations(), ElementsAre("tls.message_length", "tls.message_length", "tls.fatal_alert"));
}

TEST(Tls, WhatItKeepsItGivesUp) {
  Wire wire;
  const std::string whole = hello(server_name("pacs.hospital.example"));
  wire.say(there(whole.substr(0, whole.size() - 1)));
  EXPECT_GT(wire.kept_bytes(), 0U);
  wire.give_up_kept();
  EXPECT_EQ(wire.kept_bytes(), 0U);
  wire.say(there(whole.substr(whole.size() - 1))).close();
  EXPECT_THAT(wire.summary(), ElementsAre("end ? unknown lost"));
}

TEST(Tls, BreaksOfItsRulesAreNamed) {
  struct Case {
    std::string name;
    std::string bytes;
  };
  const std::vector<Case> cases{
      {"tls.record_type", "GET / HTTP/1.1\r\n"},
      {"tls.record_length", "\x16\x03\x03\xFF\xFF"s},
      {"tls.record_version", record(kHandshake, "", 0x03FF)},
      {"tls.empty_record", record(kHandshake, "")},
      {"tls.handshake_message", record(kHandshake, message(99, "what"))},
      {"tls.handshake_message", record(kHandshake, message(2, "short"))},
      {"tls.handshake_order", record(kHandshake, message(16, "a client's key"))},
      {"tls.certificate", record(kHandshake, certificate_message("no certificate"))},
  };
  for (const Case& broken : cases) {
    Wire wire;
    wire.say(there(hello())).say(back(broken.bytes)).close();
    EXPECT_THAT(wire.violations(), testing::Contains(broken.name)) << broken.name;
  }
}

TEST(Tls, CleartextBehindAHandshakeIsABreak) {
  Wire wire;
  auto script = tls12();
  script.resize(4);
  wire.say_all(script).say(there("MSH|^~\\&|in clear")).close();
  EXPECT_THAT(wire.violations(), ElementsAre("tls.cleartext"));
  EXPECT_THAT(wire.summary().back(), "tls.cleartext by opener");
}

TEST(Tls, AHealthyHandshakeBreaksNothing) {
  for (const auto& script : {tls12(), tls13()}) {
    Wire wire;
    wire.say_all(script).close();
    EXPECT_THAT(wire.violations(), IsEmpty());
  }
}

}  // namespace
}  // namespace dcmwatch::test
