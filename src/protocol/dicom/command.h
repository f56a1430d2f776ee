// A command set as a value (PS3.7 6.3.1 and E): always implicit VR little endian, group 0000.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "event/dicom_names.h"
#include "event/event.h"

namespace dcmwatch::dicom {

inline constexpr std::uint16_t kNoDataSet = 0x0101;  ///< (0000,0800)

/// What a command says; what it left out is nothing or empty. Of the affected and the requested SOP class or instance,
/// a command carries one. Its UIDs are views into the bytes that were decoded.
struct Command {
  std::uint16_t field = 0;                             ///< (0000,0100)
  std::optional<std::uint16_t> message_id;             ///< (0000,0110)
  std::optional<std::uint16_t> responded_to;           ///< (0000,0120)
  std::optional<std::uint16_t> data_set_type;          ///< (0000,0800)
  std::optional<std::uint16_t> status;                 ///< (0000,0900)
  std::string_view sop_class_uid;                      ///< (0000,0002), (0000,0003)
  std::string_view instance_uid;                       ///< (0000,1000), (0000,1001): it may identify a person
  AeTitle move_destination;                            ///< (0000,0600)
  AeTitle originator_ae;                               ///< (0000,1030)
  std::optional<std::uint16_t> originator_message_id;  ///< (0000,1031)
  SubOperations sub_operations;                        ///< (0000,1020) to (0000,1023)

  [[nodiscard]] bool is_response() const { return (field & dimse::kResponseBit) != 0; }
  [[nodiscard]] bool has_data_set() const { return data_set_type && *data_set_type != kNoDataSet; }
};

enum class CommandDefect : std::uint8_t {
  truncated,  ///< an element runs past the end
  group,      ///< an element that is not of group 0000
  length,     ///< a value of a length that its representation has not
  incomplete  ///< without what every command of its kind carries
};

struct DecodedCommand {
  Command command;
  std::optional<CommandDefect> defect;
  bool usable = false;  ///< it says what it is and, as a response, what it answers and how
};

/// `bytes` is a whole command set; a head of one gives a head of the value, which may still be usable.
DecodedCommand decode_command(ByteView bytes);

}  // namespace dcmwatch::dicom
