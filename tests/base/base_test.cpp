#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/pseudonym.h"
#include "base/timestamp.h"
#include "temporary_folder.h"

namespace dcmwatch {
namespace {

TEST(ByteReader, past_its_end_yields_zeros_and_remembers) {
  const std::array<std::uint8_t, 5> bytes{1, 2, 3, 4, 5};
  ByteReader reader{bytes};
  EXPECT_EQ(reader.u16(), 0x0102);
  EXPECT_EQ(reader.u16_le(), 0x0403);
  EXPECT_FALSE(reader.failed());
  EXPECT_EQ(reader.u32(), 0U);
  EXPECT_TRUE(reader.failed());
  EXPECT_TRUE(reader.take(1).empty());
  EXPECT_EQ(reader.remaining(), 0U);
}

TEST(Timestamp, is_written_the_same_whatever_was_written_before) {
  Rfc3339 writer;
  for (const std::int64_t ns : {0LL, 999'999'999LL, 1'000'000'000LL, 123'456'789LL, -1LL, 951'782'400'000'000'001LL,
                                4'102'444'800'000'000'000LL, 4'102'444'799'987'654'321LL}) {
    std::array<char, Rfc3339::kCharacters> text;
    EXPECT_EQ(writer.put(text.data(), timestamp_from_ns(ns)), text.data() + text.size());
    EXPECT_EQ(std::string(text.data(), text.size()), to_rfc3339(timestamp_from_ns(ns)));
  }
  EXPECT_EQ(to_rfc3339(timestamp_from_ns(-1)), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(to_rfc3339(timestamp_from_ns(951'782'400'000'000'001)), "2000-02-29T00:00:00.000000001Z");
}

// Every choice of zero and other groups, so that each run of zeros stands wherever it can.
TEST(IpAddress, is_written_as_inet_ntop_writes_it) {
  for (const unsigned value : {0x1U, 0x10U, 0xabcU, 0xffffU}) {
    for (unsigned chosen = 0; chosen < 256; ++chosen) {
      std::array<std::uint8_t, 16> bytes{};
      for (unsigned group = 0; group < 8; ++group) {
        if ((chosen >> group & 1) == 0) continue;
        bytes[2 * group] = static_cast<std::uint8_t>(value >> 8);
        bytes[2 * group + 1] = static_cast<std::uint8_t>(value);
      }
      std::array<char, INET6_ADDRSTRLEN> expected{};
      inet_ntop(AF_INET6, bytes.data(), expected.data(), expected.size());
      const IpAddress address = IpAddress::v6(bytes);
      if (address.is_v4()) continue;
      EXPECT_EQ(to_text(address), expected.data());
    }
  }
  for (const std::string_view text : {"0.0.0.0", "10.20.30.40", "255.255.255.255", "1.99.100.9"}) {
    EXPECT_EQ(to_text(*IpAddress::parse(text)), text);
  }
}

TEST(Timestamp, is_written_as_rfc_3339) {
  EXPECT_EQ(to_rfc3339(timestamp_from_ns(0)), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(to_rfc3339(timestamp_from_ns(1'709'210'096'789'012'345)), "2024-02-29T12:34:56.789012345Z");
  EXPECT_EQ(to_rfc3339(timestamp_from_ns(-1)), "1969-12-31T23:59:59.999999999Z");
}

TEST(Network, contains_its_addresses_and_no_others) {
  struct Case {
    const char* network;
    const char* address;
    bool inside;
  };
  for (const Case& c : {Case{"10.20.0.0/16", "10.20.255.1", true}, Case{"10.20.0.0/16", "10.21.0.1", false},
                        Case{"10.20.10.128/25", "10.20.10.127", false}, Case{"10.20.10.7", "10.20.10.7", true},
                        Case{"10.20.10.7", "10.20.10.8", false}, Case{"fd00:20::10:0/112", "fd00:20::10:11", true},
                        Case{"fd00:20::10:0/112", "fd00:20::11:11", false}, Case{"0.0.0.0/0", "1.2.3.4", true},
                        Case{"0.0.0.0/0", "fd00::1", false}}) {
    const auto network = Network::parse(c.network);
    ASSERT_TRUE(network) << c.network;
    EXPECT_EQ(network->contains(*IpAddress::parse(c.address)), c.inside) << c.network << ' ' << c.address;
  }
}

TEST(Network, that_is_none_is_refused) {
  for (const char* text : {"", "10.0.0.0/33", "10.0.0.1/24", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/8 ", "fd00::/129",
                           "fd00::1/64", "ct1"}) {
    EXPECT_FALSE(Network::parse(text)) << text;
  }
}

TEST(Network, is_written_as_it_was_read) {
  for (const char* text : {"10.20.0.0/16", "fd00:20::10:0/112", "10.1.2.3/32"})
    EXPECT_EQ(to_text(*Network::parse(text)), text);
}

TEST(Endpoint, is_written_with_brackets_for_ipv6) {
  EXPECT_EQ(to_text(Endpoint{*IpAddress::parse("10.0.0.1"), 104}), "10.0.0.1:104");
  EXPECT_EQ(to_text(Endpoint{*IpAddress::parse("fd00::1"), 104}), "[fd00::1]:104");
}

TEST(ConnectionKey, is_the_same_both_ways_and_spreads_over_the_partitions) {
  std::array<int, kPartitions> count{};
  std::mt19937 random{1};
  for (int i = 0; i < 6400; ++i) {
    const auto last = static_cast<std::uint8_t>(random());
    const std::array<std::uint8_t, 4> client{10, 0, 0, last}, server{10, 0, 1, 1};
    const Endpoint one{IpAddress::v4(client), static_cast<std::uint16_t>(random())}, other{IpAddress::v4(server), 104};
    const ConnectionKey there = ConnectionKey::between(one, other, Transport::tcp, 0);
    ASSERT_EQ(there, ConnectionKey::between(other, one, Transport::tcp, 0));
    ++count[partition_of(hash_of(there))];
  }
  for (const int each : count) EXPECT_NEAR(each, 100, 50);
}

class PseudonymKey : public testing::Test {
 protected:
  const TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_ / "key";
};

TEST(Pseudonym, is_the_same_for_one_identifier_however_padded_and_tells_kinds_apart) {
  const Pseudonymizer pseudonymizer{"0123456789abcdef"};
  const Pseudonym id = pseudonymizer.pseudonym(IdentifierKind::patient_id, "12345");
  EXPECT_EQ(id.text().size(), 32U);
  EXPECT_EQ(pseudonymizer.pseudonym(IdentifierKind::patient_id, " 12345  "), id);
  EXPECT_EQ(pseudonymizer.pseudonym(IdentifierKind::patient_id, std::string_view{"12345\0", 6}), id);
  EXPECT_NE(pseudonymizer.pseudonym(IdentifierKind::accession_number, "12345"), id);
  EXPECT_NE(Pseudonymizer{"another key, longer"}.pseudonym(IdentifierKind::patient_id, "12345"), id);
  EXPECT_EQ(pseudonymizer.pseudonym(IdentifierKind::patient_id, "  "), Pseudonym{});
  EXPECT_EQ(Pseudonym{}.text(), "");
}

// RFC 2104 as openssl computes it: printf 'patient_id\0%s' 12345 | openssl dgst -sha256 -hmac 0123456789abcdef
TEST(Pseudonym, is_the_hmac_that_another_tool_computes) {
  EXPECT_EQ(Pseudonymizer{"0123456789abcdef"}.pseudonym(IdentifierKind::patient_id, "12345").text(),
            "1543f1e884ba244d44836be16d4bc0fe");
}

// Likewise, of what does not fit one block of the hash: a long identifier, and a key that is hashed first.
TEST(Pseudonym, is_that_hmac_however_long_key_and_identifier_are) {
  const std::string uid(200, '7');
  EXPECT_EQ(Pseudonymizer{"0123456789abcdef"}.pseudonym(IdentifierKind::study_uid, uid).text(),
            "22ec5ca797b638cbcf9a51fe82b651c4");
  EXPECT_EQ(Pseudonymizer{std::string(65, 'k')}.pseudonym(IdentifierKind::control_id, "1").text(),
            "8e2a8fe69e90add9f9df429b0d44fd4b");
  EXPECT_EQ(Pseudonymizer{std::string(64, 'k')}.pseudonym(IdentifierKind::control_id, "1").text(),
            "eda0ede95aa7b8bcadaae108ae7112eb");
}

// Likewise, where what is hashed just fits a block with its padding (FIPS 180-4 5.1.1), and where it just does not.
TEST(Pseudonym, is_that_hmac_at_the_ends_of_a_block) {
  const std::initializer_list<std::pair<std::size_t, std::string_view>> by_length{
      {44, "4b409c1d5f59797f7f4b5ea7a8292c2b"}, {45, "bdc1362934bf3e529875ba54f0fcdf74"},
      {52, "cc52219f7d21ffc22e4c18a2ce0abf8e"}, {53, "55400f660313278200728e91a5446ce8"},
      {54, "eb5559aad101552eb113468c2150643b"}, {117, "c43d99488b7c0277545ed0d64b264836"}};
  const Pseudonymizer pseudonymizer{"0123456789abcdef"};
  for (const auto& [length, expected] : by_length) {
    EXPECT_EQ(pseudonymizer.pseudonym(IdentifierKind::patient_id, std::string(length, '7')).text(), expected) << length;
  }
}

TEST(Pseudonym, of_many_is_the_one_of_each) {
  const Pseudonymizer pseudonymizer{"0123456789abcdef"};
  std::vector<std::string> texts;
  for (std::size_t length = 0; length < 80; ++length) texts.emplace_back(length, '7');
  std::vector<Identifier> identifiers;
  for (const std::string& text : texts)
    identifiers.push_back({text.size() % 2 == 0 ? IdentifierKind::patient_id : IdentifierKind::instance_uid, text});
  std::vector<Pseudonym> told(identifiers.size(), Pseudonym{1, 2});
  pseudonymizer.pseudonyms(identifiers, told);
  for (std::size_t i = 0; i < told.size(); ++i)
    EXPECT_EQ(told[i], pseudonymizer.pseudonym(identifiers[i].kind, identifiers[i].text)) << i;
}

TEST(Fingerprint, is_the_same_for_one_identifier_however_padded) {
  const Pseudonymizer pseudonymizer{"0123456789abcdef"};
  std::set<std::uint64_t> seen;
  for (std::size_t length = 1; length < 40; ++length) {
    const std::string text(length, '7');
    EXPECT_EQ(pseudonymizer.fingerprint(text), pseudonymizer.fingerprint(" " + text + " "));
    EXPECT_TRUE(seen.insert(pseudonymizer.fingerprint(text)).second) << length;
  }
  EXPECT_FALSE(seen.contains(0));
  EXPECT_EQ(pseudonymizer.fingerprint("  "), 0U);
}

TEST_F(PseudonymKey, is_made_for_its_owner_alone_and_kept) {
  const std::string first = Pseudonymizer::from_file(file_).key_id();
  struct stat status {};
  ASSERT_EQ(stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(Pseudonymizer::from_file(file_).key_id(), first);
  EXPECT_NE(Pseudonymizer::ephemeral().key_id(), first);
}

TEST_F(PseudonymKey, that_others_may_read_is_refused) {
  Pseudonymizer::from_file(file_);
  chmod(file_.c_str(), 0644);
  EXPECT_THROW(Pseudonymizer::from_file(file_), std::runtime_error);
}

TEST_F(PseudonymKey, that_is_too_short_is_refused) {
  std::ofstream{file_} << "short";
  chmod(file_.c_str(), 0600);
  EXPECT_THROW(Pseudonymizer::from_file(file_), std::runtime_error);
}

}  // namespace
}  // namespace dcmwatch
