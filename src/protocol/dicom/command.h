// A command set as a value (PS3.7 6.3.1 and E): always implicit VR little endian, group 0000.
#pragma once

#include <cstdint>
#include <initializer_list>
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
  std::optional<std::uint16_t> priority;               ///< (0000,0700)
  std::optional<std::uint16_t> event_type;             ///< (0000,1002)
  std::optional<std::uint16_t> action_type;            ///< (0000,1008)
  std::optional<std::uint16_t> error_id;               ///< (0000,0903)
  bool error_comment = false;                          ///< (0000,0902) has a value
  std::uint16_t offending_elements = 0;                ///< (0000,0901), how many
  std::uint16_t attribute_identifiers = 0;             ///< (0000,1005), how many

  [[nodiscard]] bool is_response() const { return (field & dimse::kResponseBit) != 0; }
  [[nodiscard]] bool has_data_set() const { return data_set_type && *data_set_type != kNoDataSet; }
};

enum class CommandDefect : std::uint8_t {
  truncated,         ///< an element runs past the end
  group,             ///< an element that is not of group 0000
  length,            ///< a value of a length that its representation has not
  uid,               ///< a UID that is none
  order,             ///< elements that do not ascend, or come twice
  group_length,      ///< (0000,0000) is not there, or tells another length
  unknown,           ///< a command field that the registry does not have
  incomplete,        ///< without what every command of its kind carries
  move_destination,  ///< a C-MOVE to nobody
  data_set_type      ///< announces a data set where commands of its kind have none, or none where they have one
};

class CommandDefects {
 public:
  constexpr CommandDefects() = default;
  constexpr CommandDefects(std::initializer_list<CommandDefect> defects) {
    for (const CommandDefect defect : defects) add(defect);
  }

  constexpr void add(CommandDefect defect) { bits_ = static_cast<std::uint16_t>(bits_ | bit(defect)); }
  [[nodiscard]] constexpr bool has(CommandDefect defect) const { return (bits_ & bit(defect)) != 0; }
  [[nodiscard]] constexpr bool any() const { return bits_ != 0; }
  friend bool operator==(const CommandDefects&, const CommandDefects&) = default;

 private:
  static constexpr unsigned bit(CommandDefect defect) { return 1U << static_cast<unsigned>(defect); }
  std::uint16_t bits_ = 0;
};

struct DecodedCommand {
  Command command;
  CommandDefects defects;
  bool usable = false;  ///< it says what it is and, as a response, what it answers and how
};

/// `bytes` is a whole command set; a head of one gives a head of the value, which may still be usable.
DecodedCommand decode_command(ByteView bytes);

}  // namespace dcmwatch::dicom
