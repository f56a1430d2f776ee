#include "protocol/dicom/command.h"

#include <gtest/gtest.h>

#include "protocol/dicom/builder.h"

namespace dcmwatch::dicom {
namespace {

using namespace test;

TEST(DicomCommand, StoreRequest) {
  const Octets bytes = store_request(7, "1.2.3.4.5", ae(0x1030, "WS1") + us(0x1031, 12));
  const DecodedCommand decoded = decode_command(bytes);
  EXPECT_FALSE(decoded.defects.any());
  EXPECT_TRUE(decoded.usable);
  const Command& command = decoded.command;
  EXPECT_EQ(command.field, dimse::kStore);
  EXPECT_FALSE(command.is_response());
  EXPECT_EQ(command.message_id, 7);
  EXPECT_TRUE(command.has_data_set());
  EXPECT_EQ(command.sop_class_uid, kCtImageStorage);
  EXPECT_EQ(command.instance_uid, "1.2.3.4.5") << "without its padding";
  EXPECT_EQ(command.originator_ae, "WS1");
  EXPECT_EQ(command.originator_message_id, 12);
  EXPECT_FALSE(command.status);
}

TEST(DicomCommand, MoveResponse) {
  const Octets bytes = response(0x8021, 3, 0xff00, false, counters(4, 3, 2, 1));
  const DecodedCommand decoded = decode_command(bytes);
  EXPECT_TRUE(decoded.usable);
  const Command& command = decoded.command;
  EXPECT_TRUE(command.is_response());
  EXPECT_EQ(command.responded_to, 3);
  EXPECT_EQ(command.status, 0xff00);
  EXPECT_FALSE(command.has_data_set());
  EXPECT_EQ(command.sub_operations.remaining, 4);
  EXPECT_EQ(command.sub_operations.completed, 3);
  EXPECT_EQ(command.sub_operations.failed, 2);
  EXPECT_EQ(command.sub_operations.warning, 1);
}

TEST(DicomCommand, RequestedClassAndInstance) {
  const Octets bytes = command_set(ui(0x0003, "1.2.840.10008.1.20.1") + us(0x0100, 0x0130) + us(0x0110, 1) +
                                   us(0x0800, 1) + ui(0x1001, "1.2.840.10008.1.20.1.1") + us(0x1008, 1));
  const DecodedCommand decoded = decode_command(bytes);
  EXPECT_TRUE(decoded.usable);
  EXPECT_EQ(decoded.command.sop_class_uid, "1.2.840.10008.1.20.1");
  EXPECT_EQ(decoded.command.instance_uid, "1.2.840.10008.1.20.1.1");
  EXPECT_EQ(decoded.command.action_type, 1);
  EXPECT_FALSE(decoded.defects.any());
}

TEST(DicomCommand, WhatAFailureTellsOfItself) {
  const Octets bytes =
      response(0x8120, 9, 0x0106, false,
               from_hex("0000 0109 08000000 1000 2000 4000 5202") + from_hex("0000 0209 06000000 4e6f20776179") +
                   us(0x0903, 0xa710) + ui(0x1000, "1.2.3"));
  const DecodedCommand decoded = decode_command(bytes);
  EXPECT_FALSE(decoded.defects.any());
  EXPECT_EQ(decoded.command.offending_elements, 2);
  EXPECT_TRUE(decoded.command.error_comment);
  EXPECT_EQ(decoded.command.error_id, 0xa710);
}

TEST(DicomCommand, WhatNotificationsAndGetsAskFor) {
  const Octets event = command_set(ui(0x0002, "1.2.840.10008.1.20.1") + us(0x0100, 0x0100) + us(0x0110, 4) +
                                   us(0x0800, 1) + ui(0x1000, "1.2.840.10008.1.20.1.1") + us(0x1002, 2));
  EXPECT_EQ(decode_command(event).command.event_type, 2);
  EXPECT_FALSE(decode_command(event).defects.any());
  const Octets get =
      command_set(ui(0x0003, "1.2.840.10008.5.1.1.16") + us(0x0100, 0x0110) + us(0x0110, 5) + us(0x0800, 0x0101) +
                  ui(0x1001, "1.2.840.10008.5.1.1.17") + from_hex("0000 0510 08000000 1021 1000 1021 2000"));
  EXPECT_EQ(decode_command(get).command.attribute_identifiers, 2);
  EXPECT_FALSE(decode_command(get).defects.any());
}

TEST(DicomCommand, Priority) {
  const Octets bytes =
      command_set(ui(0x0002, kStudyRootFind) + us(0x0100, 0x0020) + us(0x0110, 1) + us(0x0700, 1) + us(0x0800, 1));
  EXPECT_EQ(decode_command(bytes).command.priority, 1);
}

// PS3.7 E.2: old devices send them still.
TEST(DicomCommand, RetiredElementsAreNoDefect) {
  const Octets bytes = command_set(from_hex("0000 0100 04000000 40000000") + ui(0x0002, kVerification) +
                                   from_hex("0000 1000 0c000000 4143522d4e454d4120312e30") + us(0x0100, 0x0030) +
                                   us(0x0110, 1) + us(0x0800, 0x0101) + us(0x0850, 3));
  EXPECT_FALSE(decode_command(bytes).defects.any());
}

// Every head of a command set gives a head of the value, and never more than the whole says.
TEST(DicomCommand, EveryCutOfIt) {
  const Octets whole = store_request(7, "1.2.3.4.5", ae(0x1030, "WS1") + us(0x1031, 12));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Octets head{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
    const DecodedCommand decoded = decode_command(head);
    EXPECT_TRUE(decoded.defects.any()) << size;
    if (decoded.command.message_id) {
      EXPECT_EQ(decoded.command.message_id, 7) << size;
    }
    EXPECT_TRUE(std::string_view{"1.2.3.4.5"}.starts_with(decoded.command.instance_uid)) << size;
  }
}

Octets contradictory_move() {
  return command_set(ui(0x0002, kStudyRootMove) + us(0x0100, 0x0021) + us(0x0110, 1) + ae(0x0600, "NOSUCH") +
                     ae(0x0600, "WS2") + us(0x0700, 0) + us(0x0800, 1));
}

// As DCMTK takes it.
TEST(DicomCommand, OfAnElementThatComesTwiceTheFirstCounts) {
  EXPECT_EQ(decode_command(contradictory_move()).command.move_destination, "NOSUCH");
}

Octets long_element() { return from_hex("0000 9051") + le32(66'000) + Octets(66'000, ' '); }

// Wherever it stands, and however the command is cut: what counts is found, and nearly nothing is kept.
TEST(DicomCommand, WhatIsLongInItHidesNothing) {
  const Octets head = ui(0x0002, kStudyRootMove) + us(0x0100, 0x0021) + us(0x0110, 1);
  const Octets tail = ae(0x0600, "NOSUCH") + us(0x0700, 0) + us(0x0800, 1);
  for (const Octets& bytes :
       {long_element() + head + tail, head + long_element() + tail, head + tail + long_element()}) {
    const Octets whole = command_set(bytes);
    for (const std::size_t size : {1U, 7U, 1000U, 100'000U}) {
      CommandReader reader;
      std::uint64_t passed = 0;
      for (std::size_t at = 0; at < whole.size();) {
        const std::size_t unwanted = std::min<std::size_t>(reader.unwanted(), whole.size() - at);
        reader.pass(unwanted);
        passed += unwanted;
        at += unwanted;
        const std::size_t fed = std::min(size, whole.size() - at);
        const Octets piece{whole.begin() + static_cast<std::ptrdiff_t>(at),
                           whole.begin() + static_cast<std::ptrdiff_t>(at + fed)};
        reader.feed(piece);
        reader.keep();
        EXPECT_LT(reader.kept_bytes(), 1024U);
        at += fed;
      }
      if (size < 1000) {
        EXPECT_GT(passed, 65'000U);
      }
      const DecodedCommand decoded = reader.end();
      EXPECT_TRUE(decoded.usable);
      EXPECT_TRUE(decoded.defects.has(CommandDefect::length));
      EXPECT_FALSE(decoded.defects.has(CommandDefect::truncated));
      EXPECT_EQ(decoded.command.field, dimse::kMove);
      EXPECT_EQ(decoded.command.sop_class_uid, kStudyRootMove);
      EXPECT_EQ(decoded.command.move_destination, "NOSUCH");
      EXPECT_EQ(reader.bytes(), whole.size());
    }
  }
}

// It is little, whatever a peer sends.
TEST(DicomCommand, ManyElementsKeepNoMoreThanOneOfEach) {
  Octets elements;
  for (int i = 0; i < 5000; ++i) elements = std::move(elements) + us(0x0110, 7) + ui(0x0002, kVerification);
  CommandReader reader;
  reader.feed(elements);
  reader.keep();
  EXPECT_LT(reader.kept_bytes(), 256U);
  EXPECT_EQ(reader.end().command.message_id, 7);
}

struct Case {
  std::string name;
  Octets bytes;
  CommandDefects defects;
  bool usable;
};

TEST(DicomCommand, TellsWhatIsWrong) {
  using enum CommandDefect;
  const Octets echo = ui(0x0002, kVerification) + us(0x0100, 0x0030) + us(0x0110, 1) + us(0x0800, 0x0101);
  const Case cases[] = {
      {"whole", echo_request(1), {}, true},
      {"cancel", cancel_request(1), {}, true},
      {"move", move_request(1, "WS1"), {}, true},
      {"nothing", {}, {group_length, incomplete}, false},
      {"an element past the end", echo_request(1) + from_hex("00000009"), {truncated}, true},
      {"a value past the end", from_hex("0000 0001 02000000 30"), {truncated}, false},
      {"another group behind", echo_request(1) + from_hex("0800 0001 02000000 3000"), {group}, true},
      {"another group before", from_hex("0100 1000 02000000 5820") + echo_request(1), {group}, true},
      {"a US of four bytes", from_hex("0000 0001 04000000 30000000"), {length}, false},
      {"a UID of odd length",
       command_set(from_hex("0000 0200 11000000") + text(kVerification) + us(0x0100, 0x0030) + us(0x0110, 1) +
                   us(0x0800, 0x0101)),
       {length},
       true},
      {"a tag and a half",
       command_set(us(0x0100, 0x8030) + us(0x0120, 1) + us(0x0800, 0x0101) + us(0x0900, 0xc000) +
                   from_hex("0000 0109 06000000 100010002000")),
       {length},
       true},
      {"a length of four gigabytes", from_hex("0000 0001 ffffffff 30000000"), {truncated, length}, false},
      {"no group length", echo, {group_length}, true},
      {"a group length too short", from_hex("0000 0000 04000000 10000000") + echo, {group_length}, true},
      {"a group length that counts itself",
       from_hex("0000 0000 04000000") + le32(static_cast<std::uint32_t>(echo.size() + 12)) + echo,
       {group_length},
       true},
      {"descending",
       command_set(us(0x0100, 0x0030) + ui(0x0002, kVerification) + us(0x0110, 1) + us(0x0800, 0x0101)),
       {order},
       true},
      {"twice",
       command_set(ui(0x0002, kVerification) + us(0x0100, 0x0030) + us(0x0110, 1) + us(0x0110, 1) + us(0x0800, 0x0101)),
       {order},
       true},
      {"twice, differently", contradictory_move(), {order, contradiction}, true},
      {"twice, first with nothing",
       command_set(ui(0x0002, kVerification) + us(0x0100, 0x0030) + from_hex("0000 1001 00000000") + us(0x0110, 1) +
                   us(0x0800, 0x0101)),
       {order, contradiction},
       true},
      {"affected and requested, differently",
       command_set(ui(0x0002, kVerification) + ui(0x0003, kCtImageStorage) + us(0x0100, 0x0030) + us(0x0110, 1) +
                   us(0x0800, 0x0101)),
       {contradiction},
       true},
      {"no message id",
       command_set(ui(0x0002, kVerification) + us(0x0100, 0x30) + us(0x0800, 0x0101)),
       {incomplete},
       false},
      {"no data set type",
       command_set(ui(0x0002, kVerification) + us(0x0100, 0x30) + us(0x0110, 1)),
       {incomplete},
       true},
      {"no priority",
       command_set(ui(0x0002, kStudyRootFind) + us(0x0100, 0x20) + us(0x0110, 1) + us(0x0800, 1)),
       {incomplete},
       true},
      {"response without status",
       command_set(us(0x0100, 0x8001) + us(0x0120, 1) + us(0x0800, 0x0101)),
       {incomplete},
       false},
      {"an action on an affected instance",
       command_set(ui(0x0002, "1.2.3") + us(0x0100, 0x0130) + us(0x0110, 1) + us(0x0800, 1) + ui(0x1000, "1.2.3.4") +
                   us(0x1008, 1)),
       {incomplete},
       true},
      {"a move to nobody",
       command_set(ui(0x0002, kStudyRootMove) + us(0x0100, 0x0021) + us(0x0110, 1) + us(0x0700, 0) + us(0x0800, 1)),
       {move_destination},
       true},
      {"a move to spaces", move_request(1, "  "), {move_destination}, true},
      {"a move to what is no title", move_request(1, "A\\B\x07"), {ae_title}, true},
      {"a store for what is no title",
       store_request(1, "1.2.3.4", ae(0x1030, "W\x01") + us(0x1031, 1)),
       {ae_title},
       true},
      {"a store for spaces", store_request(1, "1.2.3.4", ae(0x1030, "  ") + us(0x1031, 1)), {ae_title}, true},
      {"an echo with a data set",
       command_set(ui(0x0002, kVerification) + us(0x0100, 0x30) + us(0x0110, 1) + us(0x0800, 0x0102)),
       {data_set_type},
       true},
      {"a find without an identifier",
       command_set(ui(0x0002, kStudyRootFind) + us(0x0100, 0x20) + us(0x0110, 1) + us(0x0700, 0) + us(0x0800, 0x0101)),
       {data_set_type},
       true},
      {"a match without an identifier", response(0x8020, 1, 0xff00, false), {data_set_type}, true},
      {"an identifier after the matches", response(0x8020, 1, 0, true), {data_set_type}, true},
      {"a list of what could not be moved", response(0x8021, 1, 0xb000, true), {}, true},
      {"a command that there is not",
       command_set(us(0x0100, 0x0002) + us(0x0110, 1) + us(0x0800, 0x0101)),
       {unknown},
       true},
      {"a name for a UID", store_request(1, "Doe^Jane"), {uid}, true},
      {"a leading zero", store_request(1, "1.2.03.4"), {uid}, true},
      {"an empty component", store_request(1, "1.2..4"), {uid}, true},
      {"a dot at the end", store_request(1, "1.2.4."), {uid}, true},
      {"no leading zero", store_request(1, "1.0.4.10"), {}, true},
      {"a UID padded with a space",
       command_set(from_hex("0000 0200 12000000") + text(kVerification) + from_hex("20") + us(0x0100, 0x0030) +
                   us(0x0110, 1) + us(0x0800, 0x0101)),
       {},
       true},
  };
  for (const Case& c : cases) {
    const DecodedCommand decoded = decode_command(c.bytes);
    EXPECT_EQ(decoded.defects, c.defects) << c.name;
    EXPECT_EQ(decoded.usable, c.usable) << c.name;
  }
}

TEST(DicomCommand, NoNameHidesInAUid) {
  const Octets bytes = command_set(ui(0x0002, "Doe^Jane") + us(0x0100, 0x0030) + us(0x0110, 1) + us(0x0800, 0x0101));
  EXPECT_EQ(decode_command(bytes).command.sop_class_uid, "");
}

}  // namespace
}  // namespace dcmwatch::dicom
