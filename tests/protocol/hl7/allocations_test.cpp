// What a message costs in allocations: none for what it does not say.
#include <gtest/gtest.h>

#include <string_view>

#include "counted_allocations.h"
#include "protocol/hl7/facts.h"
#include "protocol/hl7/validity.h"

namespace dcmwatch::hl7 {
namespace {

constexpr std::string_view kHeader =
    "MSH|^~\\&|RIS|H|PACS|R|20240101||ADT^A01|4711|P|2.5\r"
    "PID|1||4711||DOE^JANE||19700101|F|||STREET 1^^TOWN\r"
    "NK1|1|DOE^JOHN\rAL1|1||^PENICILLIN\rOBX|1|TX|REPORT||A text of some length, as they are\r";

std::size_t decoding(std::string_view content) {
  const std::size_t before = allocations;
  const auto decoded = decode_message(as_bytes(content), false);
  const std::size_t asked = allocations - before;
  EXPECT_TRUE(std::holds_alternative<Message>(decoded));
  return asked;
}

std::size_t telling(std::string_view content) {
  static const Pseudonymizer kPseudonymizer{"a key that is for tests only"};
  LastIssuer last_issuer;
  const auto decoded = decode_message(as_bytes(content), false);
  const std::size_t before = allocations;
  const Message& message = std::get<Message>(decoded);
  const CharacterSet character_set{message};
  const Hl7Message facts = facts_of(message, character_set, kPseudonymizer, last_issuer);
  EXPECT_TRUE(breaks_of(message, false).none());
  return allocations - before;
}

TEST(Hl7Allocations, NoneForAMessageThatSaysItsHeaderAndItsPatient) {
  EXPECT_EQ(decoding(kHeader), 0U);
  EXPECT_EQ(telling(kHeader), 0U);
}

TEST(Hl7Allocations, OneForTheOrdersReadAndTwoForThoseTold) {
  const std::string content = std::string{kHeader} + "ORC|NW|1|2\rOBR|1|1|2\rZDS|1.2.3\r";
  EXPECT_EQ(decoding(content), 1U);
  EXPECT_EQ(telling(content), 2U);
}

TEST(Hl7Allocations, HowLongAMessageIsDoesNotMatter) {
  std::string content{kHeader};
  for (int line = 0; line < 10000; ++line) content += "OBX|1|TX|REPORT||A text of some length, as they are\r";
  EXPECT_EQ(decoding(content), 0U);
  EXPECT_EQ(telling(content), 0U);
}

}  // namespace
}  // namespace dcmwatch::hl7
