#include "protocol/hl7/message.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace dcmwatch::hl7 {
namespace {

constexpr std::string_view kOrder =
    "MSH|^~\\&|RIS^1.2^ISO|HOSPITAL|PACS|RADIOLOGY|20240101||ORM^O01^ORM_O01|4711|P^T|2.5^DEU|||AL|NE|DEU|8859/"
    "1~ASCII\r"
    "PID|1|OLD|P1^^^HIS~P2^^^LAB||DOE^JANE\r"
    "PV1|1|I|||||||||||||||||V9^^^HIS\r"
    "ORC|NW|PL1^RIS|FI1^RIS\r"
    "OBR|1|PL2|FI2||||||||||||||||ACC2\r"
    "OBR|2|PL3|FI3\r"
    "IPC|ACC1^RIS|RP1\r";

Message decoded(std::string_view content, bool cut = false) {
  const auto result = decode_message(as_bytes(content), cut);
  EXPECT_TRUE(std::holds_alternative<Message>(result));
  return std::holds_alternative<Message>(result) ? std::get<Message>(result) : Message{};
}

struct Read {
  Field field;
  std::string_view raw;
  std::string_view first_component;
};

class Fields : public testing::TestWithParam<Read> {};

TEST_P(Fields, AreReadFromTheirSegments) {
  const Message message = decoded(kOrder);
  EXPECT_EQ(message.raw(GetParam().field), GetParam().raw);
  EXPECT_EQ(message.component(GetParam().field), GetParam().first_component);
}

INSTANTIATE_TEST_SUITE_P(
    Order, Fields,
    testing::Values(
        Read{Field::sending_application, "RIS^1.2^ISO", "RIS"}, Read{Field::sending_facility, "HOSPITAL", "HOSPITAL"},
        Read{Field::receiving_application, "PACS", "PACS"}, Read{Field::receiving_facility, "RADIOLOGY", "RADIOLOGY"},
        Read{Field::message_type, "ORM^O01^ORM_O01", "ORM"}, Read{Field::control_id, "4711", "4711"},
        Read{Field::processing_id, "P^T", "P"}, Read{Field::version_id, "2.5^DEU", "2.5"},
        Read{Field::accept_acknowledgement, "AL", "AL"}, Read{Field::application_acknowledgement, "NE", "NE"},
        Read{Field::character_set, "8859/1~ASCII", "8859/1"}, Read{Field::acknowledgement_code, "", ""},
        Read{Field::patient_identifiers, "P1^^^HIS~P2^^^LAB", "P1"}, Read{Field::visit_number, "V9^^^HIS", "V9"}));

TEST(DecodeMessage, EachOrderHasItsSegments) {
  const Message message = decoded(kOrder);
  ASSERT_EQ(message.orders.size(), 2U);
  const RawOrder& first = message.orders[0];
  EXPECT_EQ(first.raw(OrderField::control), "NW");
  EXPECT_EQ(first.raw(OrderField::orc_placer), "PL1^RIS");
  EXPECT_EQ(first.raw(OrderField::orc_filler), "FI1^RIS");
  EXPECT_EQ(first.raw(OrderField::obr_placer), "PL2");
  EXPECT_EQ(first.raw(OrderField::obr_filler), "FI2");
  EXPECT_EQ(first.raw(OrderField::accession), "");
  EXPECT_EQ(message.orders[1].raw(OrderField::obr_placer), "PL3");
  EXPECT_EQ(message.orders[1].raw(OrderField::accession), "ACC1^RIS");
  EXPECT_EQ(message.orders[1].raw(OrderField::orc_placer), "");
}

TEST(DecodeMessage, TheSegmentCounterOfObr18IsRight) {
  const Message message = decoded("MSH|^~\\&|\rOBR|1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|17|18|19\r");
  EXPECT_EQ(message.orders.at(0).raw(OrderField::placer_field_1), "18");
}

TEST(DecodeMessage, FieldsBeyondTheSegmentAreAbsentAndEmptyOnesAreThere) {
  const Message message = decoded("MSH|^~\\&|||PACS\r");
  EXPECT_TRUE(message.has(Field::sending_application));
  EXPECT_EQ(message.raw(Field::sending_application), "");
  EXPECT_EQ(message.raw(Field::receiving_application), "PACS");
  EXPECT_FALSE(message.has(Field::receiving_facility));
}

struct Spelling {
  std::string_view name;
  std::string_view content;
  std::string_view type;
  std::string_view event;
  std::string_view patient;
};

class Spellings : public testing::TestWithParam<Spelling> {};

TEST_P(Spellings, GiveTheSameFields) {
  const Message message = decoded(GetParam().content);
  EXPECT_EQ(message.component(Field::message_type, 1), GetParam().type);
  EXPECT_EQ(message.component(Field::message_type, 2), GetParam().event);
  EXPECT_EQ(message.component(Field::patient_identifiers), GetParam().patient);
}

INSTANTIATE_TEST_SUITE_P(
    Senders, Spellings,
    testing::Values(Spelling{"carriage_returns", "MSH|^~\\&|||||||ADT^A01\rPID|||7^x~8\r", "ADT", "A01", "7"},
                    Spelling{"line_feeds", "MSH|^~\\&|||||||ADT^A01\nPID|||7^x~8\n", "ADT", "A01", "7"},
                    Spelling{"both", "MSH|^~\\&|||||||ADT^A01\r\nPID|||7^x~8\r\n", "ADT", "A01", "7"},
                    Spelling{"unended", "MSH|^~\\&|||||||ADT^A01\rPID|||7", "ADT", "A01", "7"},
                    Spelling{"byte_order_mark", "\xEF\xBB\xBFMSH|^~\\&|||||||ADT^A01\rPID|||7\r", "ADT", "A01", "7"},
                    Spelling{"empty_line_first", "\r\nMSH|^~\\&|||||||ADT^A01\r\r\rPID|||7\r", "ADT", "A01", "7"},
                    Spelling{"other_delimiters", "MSH#*+!%#######ADT*A01\rPID###7*x+8\r", "ADT", "A01", "7"},
                    Spelling{"five_delimiters", "MSH|^~\\&#|||||||ADT^A01\rPID|||7^x~8\r", "ADT", "A01", "7"},
                    Spelling{"one_delimiter", "MSH|^|||||||ADT^A01\rPID|||7~8\r", "ADT", "A01", "7~8"},
                    Spelling{"one_for_all", "MSH|&&&&|||||||ADT&A01\rPID|||7&x\r", "ADT", "A01", "7"},
                    Spelling{"no_event", "MSH|^~\\&|||||||ACK\rPID|||\"\"\r", "ACK", "", ""},
                    Spelling{"second_pid", "MSH|^~\\&|||||||ADT^A24\rPID|||7\rPID|||8\r", "ADT", "A24", "7"},
                    Spelling{"longer_segment_name", "MSH|^~\\&|||||||ADT^A01\rPIDX|||6\rPID|||7\r", "ADT", "A01", "7"}),
    [](const auto& spelling) { return std::string{spelling.param.name}; });

struct Bad {
  std::string_view content;
  Defect defect;
};

class Malformed : public testing::TestWithParam<Bad> {};

TEST_P(Malformed, IsToldAndNotRead) {
  const auto result = decode_message(as_bytes(GetParam().content), false);
  ASSERT_TRUE(std::holds_alternative<Defect>(result));
  EXPECT_EQ(std::get<Defect>(result), GetParam().defect);
}

INSTANTIATE_TEST_SUITE_P(Contents, Malformed,
                         testing::Values(Bad{"", Defect::no_header}, Bad{"\r\n", Defect::no_header},
                                         Bad{"MS", Defect::no_header}, Bad{"PID|1", Defect::no_header},
                                         Bad{"msh|^~\\&", Defect::no_header}, Bad{"MSH", Defect::delimiters},
                                         Bad{"MSH|", Defect::delimiters}, Bad{"MSH||a", Defect::delimiters},
                                         Bad{"MSH|\r", Defect::delimiters}, Bad{"MSHello world", Defect::delimiters},
                                         Bad{"MSH ^~\\&", Defect::delimiters}));

TEST(DecodeMessage, OfACutMessageTheBrokenFieldIsNotRead) {
  const std::string_view whole = "MSH|^~\\&|RIS|H|PACS|R|1||ADT^A01|4711|P|2.5\rPID|||4711^a\r";
  EXPECT_FALSE(decoded(whole.substr(0, whole.find("A01")), true).has(Field::message_type));
  EXPECT_EQ(decoded(whole.substr(0, whole.find("A01") + 4), true).raw(Field::message_type), "ADT^A01");
  EXPECT_FALSE(decoded(whole.substr(0, whole.size() - 3), true).has(Field::patient_identifiers));
  EXPECT_EQ(decoded(whole, true).raw(Field::patient_identifiers), "4711^a");
  for (std::size_t size = 5; size < whole.size(); ++size) {
    const Message part = decoded(whole.substr(0, size), true);
    const Message all = decoded(whole);
    for (std::size_t field = 0; field < kFields; ++field) {
      const auto id = static_cast<Field>(field);
      if (!part.has(id)) continue;
      EXPECT_EQ(part.raw(id), all.raw(id)) << size;
    }
  }
}

TEST(DecodeMessage, WhatStandsBehindAControlCharacterOfTheHeaderIsNotRead) {
  const Message message = decoded("MSH|^~\\&|A|B\x01|C\rEVN|A01\x02|2024\r");
  EXPECT_TRUE(message.header_broken);
  EXPECT_EQ(message.raw(Field::sending_facility), "B");
  EXPECT_FALSE(message.has(Field::receiving_application));
  EXPECT_EQ(message.raw(Field::recorded), "2024");
  EXPECT_FALSE(decoded("MSH|^~\\&|A|B|C\rMSH\x01^~\\&|\r").header_broken);
}

// Sixty-four bytes are looked at at once: whatever stands where among them is the same.
class Shifts : public testing::TestWithParam<std::size_t> {
 protected:
  [[nodiscard]] std::string shifted(std::string_view behind) const {
    return "MSH|^~\\&|" + std::string(GetParam(), 'A') + "|B\r" + std::string{behind};
  }
};

TEST_P(Shifts, ChangeNoField) {
  const std::string content = shifted(
      "EVN|A01|2024||||\rPID|1|X^Y|1^^^H~2|4\rPV1|1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|"
      "16|17|18|19^A|20|21|22|23|24|25|26|27|28|29|30|31|32|33|34|35|36|37\r");
  const Message message = decoded(content);
  EXPECT_EQ(message.raw(Field::sending_application).size(), GetParam());
  EXPECT_EQ(message.raw(Field::sending_facility), "B");
  EXPECT_EQ(message.raw(Field::recorded), "2024");
  EXPECT_EQ(message.component(Field::external_patient_id, 2), "Y");
  EXPECT_EQ(message.component(Field::patient_identifiers, 4), "H");
  EXPECT_EQ(message.component(Field::visit_number), "19");
  EXPECT_TRUE(message.literal);
  EXPECT_TRUE(message.breaks.none());
}

TEST_P(Shifts, ChangeNothingThatIsKnownOfAllItsBytes) {
  EXPECT_TRUE(decoded(shifted("PID|1|\xC4\r")).high_bytes);
  EXPECT_TRUE(decoded(shifted("PID|1|\x1b(B\r")).escape_sequences);
  EXPECT_TRUE(decoded(shifted("PID|1|\x01\r")).breaks.has(Break::control_character));
  EXPECT_TRUE(decoded(shifted("PID|1|\\Q\r")).breaks.has(Break::escape_sequence));
  EXPECT_FALSE(decoded(shifted("PID|1|\\F\\\r")).literal);
}

TEST_P(Shifts, GiveItNoneOfTheNextMessagesBytes) {
  const std::string content = shifted("MSH|\xC4\\~&|C\r");
  const Message message = decoded(content);
  EXPECT_EQ(message.text, shifted(""));
  EXPECT_FALSE(message.high_bytes);
  EXPECT_TRUE(message.literal);
}

INSTANTIATE_TEST_SUITE_P(Blocks, Shifts, testing::Range<std::size_t>(0, 130));

TEST(DecodeMessage, AnMsaMakesAnAcknowledgement) {
  EXPECT_TRUE(decoded("MSH|^~\\&|||||||ORR^O02\rMSA|AA|1\rPID|||7\r").is_acknowledgement);
  EXPECT_TRUE(decoded("MSH|^~\\&|||||||ACK\rSFT|x\rMSA\r").is_acknowledgement);
  EXPECT_FALSE(decoded("MSH|^~\\&|||||||ADT^A01\rMSAX|AA|1\r").is_acknowledgement);
  EXPECT_FALSE(decoded("MSH|^~\\&|||||||ACK\rSFT|x\rUAC|y\r").beyond_header);
  EXPECT_TRUE(decoded("MSH|^~\\&|||||||ADT^A01\rEVN|A01\r").beyond_header);
}

struct Escaped {
  std::string_view text;
  std::string_view meaning;
};

class Unescape : public testing::TestWithParam<Escaped> {};

TEST_P(Unescape, GivesWhatIsMeant) {
  std::string scratch = "left from before";
  EXPECT_EQ(unescape(GetParam().text, Delimiters{}, scratch), GetParam().meaning);
}

INSTANTIATE_TEST_SUITE_P(
    Sequences, Unescape,
    testing::Values(Escaped{"", ""}, Escaped{"plain", "plain"}, Escaped{"\\F\\\\S\\\\T\\\\R\\\\E\\", "|^&~\\"},
                    Escaped{"A\\S\\B", "A^B"}, Escaped{"\\X41\\", "A"}, Escaped{"\\X4142c3A4\\!", "ABä!"},
                    Escaped{"\\X4\\", "\\X4\\"}, Escaped{"\\XZZ\\", "\\XZZ\\"}, Escaped{"\\X\\", "\\X\\"},
                    Escaped{"\\H\\x\\N\\", "x"}, Escaped{"a\\.br\\b\\.sp+2\\c\\.in-3\\", "a\nb\nc"},
                    Escaped{"\\.brown\\", "\\.brown\\"}, Escaped{"\\C2D41\\", "\x1b-A"},
                    Escaped{"\\M2442\\x\\M242844\\", "\x1b$Bx\x1b$(D"}, Escaped{"\\C2D4\\", "\\C2D4\\"},
                    Escaped{"\\P\\", "#"}, Escaped{"C:\\E", "C:\\E"}, Escaped{"\\", "\\"}, Escaped{"\\\\", "\\\\"},
                    Escaped{"a\\b\\T\\c", "a\\b&c"}));

TEST(Unescape, UsesTheMessagesOwnDelimiters) {
  std::string scratch;
  EXPECT_EQ(unescape("a!F!b!S!c", {'#', '*', '+', '!', '%'}, scratch), "a#b*c");
  EXPECT_EQ(unescape("a\\F\\b", {'#', '*', '+', '\0', '\0'}, scratch), "a\\F\\b");
  EXPECT_EQ(unescape("a\\T\\b", {'|', '^', '~', '\\', '\0'}, scratch), "a\\T\\b");
}

}  // namespace
}  // namespace dcmwatch::hl7
