// A command set as a value (PS3.7 6.3.1 and E): always implicit VR little endian, group 0000.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "event/dicom_names.h"
#include "event/event.h"
#include "protocol/recycled.h"

namespace dcmwatch::dicom {

inline constexpr std::uint16_t kNoDataSet = 0x0101;  ///< (0000,0800)

/// What a command says; what it left out is nothing or empty. Of the affected and the requested SOP class or instance,
/// a command carries one. Its UIDs are views into the bytes that were read, or into what the reader kept of them.
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
  contradiction,     ///< an element that comes twice with different values
  uid,               ///< a UID that is none
  order,             ///< elements that do not ascend, or come twice
  group_length,      ///< (0000,0000) is not there, or tells another length
  unknown,           ///< a command field that the registry does not have
  incomplete,        ///< without what every command of its kind carries
  move_destination,  ///< a C-MOVE to nobody
  ae_title,          ///< of its destination, or of who asked for the C-MOVE that it serves, which can be no AE's
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

/// Reads a command set as its fragments pass. Order of calls: feed, each followed by keep unless it was the last; pass,
/// for as many bytes as are unwanted(); end, once.
///
/// Whatever a peer puts before, between or behind the elements that count, these are found: of each, the first value
/// and of that its first bytes are kept, and what is long is passed over unread. Of an element that comes twice the
/// first value counts, as it does to DCMTK; to others the last does, so that it is told where they differ.
class CommandReader : public Recycled {
 public:
  CommandReader() = default;
  CommandReader(const CommandReader&) = delete;
  CommandReader& operator=(const CommandReader&) = delete;

  /// Its views are held until keep or the value of end is done with. Costs nothing per byte of what is long.
  void feed(ByteView bytes);
  /// Makes what is held its own.
  void keep();
  /// How many of the following bytes need not be fed, but passed.
  [[nodiscard]] std::uint64_t unwanted() const { return skip_bytes_; }
  void pass(std::uint64_t bytes);
  /// The command set is at its end, or a head of it is all that there is: that gives a head of the value, which may
  /// still be usable.
  DecodedCommand end();

  /// So far.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// In memory, beyond itself.
  [[nodiscard]] std::size_t kept_bytes() const { return kept_.capacity() + gathered_.capacity(); }

 private:
  static constexpr std::size_t kHead = 8;
  static constexpr std::size_t kMostElements = 24;  ///< that are looked at (PS3.7 E.1)
  /// Elements that are looked at, a bit each.
  using Elements = std::uint32_t;
  /// Of the first value of an element.
  struct Value {
    ByteView head;
    std::uint32_t length;
  };

  ByteView take_whole(ByteView bytes);
  ByteView gather(ByteView bytes);
  void on_head(ByteView head);
  void on_value(ByteView head);
  void read_values(Command& command);
  void judge(const Command& command);
  [[nodiscard]] bool has_value(std::size_t row) const { return (valued_ >> row & 1U) != 0; }
  /// Both there, and not the same.
  [[nodiscard]] bool contradict(std::size_t row, std::size_t other) const;

  CommandDefects defects_;
  Elements came_ = 0;                        ///< these elements
  Elements valued_ = 0;                      ///< and these of them, not empty
  std::array<Value, kMostElements> values_;  ///< of those that came
  std::vector<std::uint8_t> kept_;           ///< what the values view
  std::vector<std::uint8_t> gathered_;       ///< of the head or the value that comes in pieces
  std::uint64_t bytes_ = 0;
  std::uint64_t skip_bytes_ = 0;
  std::uint64_t group_bytes_ = 0;  ///< of group 0000 behind its length
  std::uint32_t length_ = 0;       ///< of the value in hand
  std::uint16_t value_bytes_ = 0;  ///< of it that are wanted; 0: a head is in hand
  std::uint8_t row_ = 0;           ///< whose it is, or was
  std::uint16_t latest_ = 0;
  bool any_ = false;
};

/// Of a whole command set, or a head of one.
DecodedCommand decode_command(ByteView bytes);

}  // namespace dcmwatch::dicom
