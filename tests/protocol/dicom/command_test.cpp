#include "protocol/dicom/command.h"

#include <gtest/gtest.h>

#include "protocol/dicom/builder.h"

namespace dcmwatch::dicom {
namespace {

using namespace test;

TEST(DicomCommand, StoreRequest) {
  const Octets bytes = store_request(7, "1.2.3.4.5", ae(0x1030, "WS1") + us(0x1031, 12));
  const DecodedCommand decoded = decode_command(bytes);
  EXPECT_FALSE(decoded.defect);
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
}

struct Case {
  std::string name;
  Octets bytes;
  std::optional<CommandDefect> defect;
  bool usable;
};

TEST(DicomCommand, TellsWhatIsWrong) {
  const Case cases[] = {
      {"whole", echo_request(1), std::nullopt, true},
      {"cancel", cancel_request(1), std::nullopt, true},
      {"move", move_request(1, "WS1"), std::nullopt, true},
      {"nothing", {}, CommandDefect::incomplete, false},
      {"an element past the end", echo_request(1) + from_hex("00000009"), CommandDefect::truncated, true},
      {"a value past the end", from_hex("0000 0001 02000000 30"), CommandDefect::truncated, false},
      {"another group", from_hex("0800 0001 02000000 3000"), CommandDefect::group, false},
      {"a US of four bytes", from_hex("0000 0001 04000000 30000000"), CommandDefect::length, false},
      {"a length of four gigabytes", from_hex("0000 0001 ffffffff 30000000"), CommandDefect::truncated, false},
      {"no message id", command_set(us(0x0100, 1) + us(0x0800, 1)), CommandDefect::incomplete, false},
      {"no data set type", command_set(us(0x0100, 1) + us(0x0110, 1)), CommandDefect::incomplete, true},
      {"response without status", command_set(us(0x0100, 0x8001) + us(0x0120, 1) + us(0x0800, 0x0101)),
       CommandDefect::incomplete, false},
  };
  for (const Case& c : cases) {
    const DecodedCommand decoded = decode_command(c.bytes);
    EXPECT_EQ(decoded.defect, c.defect) << c.name;
    EXPECT_EQ(decoded.usable, c.usable) << c.name;
  }
}

TEST(DicomCommand, NoNameHidesInAUid) {
  const Octets bytes = command_set(ui(0x0002, "Doe^Jane") + us(0x0100, 0x0030) + us(0x0110, 1) + us(0x0800, 0x0101));
  EXPECT_EQ(decode_command(bytes).command.sop_class_uid, "");
}

}  // namespace
}  // namespace dcmwatch::dicom
