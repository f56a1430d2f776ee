// Reads the wanted fields of one HL7 v2 message (chapter 2): which segment and field holds what is a table in
// message.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"
#include "event/hl7_violations.h"
#include "event/texts.h"
#include "protocol/hl7/byte_masks.h"

namespace dcmwatch::hl7 {

/// HL7 v2 2.5.4: MSH-1 and MSH-2 name them. NUL: not named.
struct Delimiters {
  char field = '|';
  char component = '^';
  char repetition = '~';
  char escape = '\\';
  char subcomponent = '&';

  friend bool operator==(const Delimiters&, const Delimiters&) = default;
};

/// The fields that facts are made of, each from the first segment of its kind.
enum class Field : std::uint8_t {
  sending_application,          // MSH-3
  sending_facility,             // MSH-4
  receiving_application,        // MSH-5
  receiving_facility,           // MSH-6
  message_time,                 // MSH-7
  message_type,                 // MSH-9
  control_id,                   // MSH-10
  processing_id,                // MSH-11
  version_id,                   // MSH-12
  continuation_pointer,         // MSH-14
  accept_acknowledgement,       // MSH-15
  application_acknowledgement,  // MSH-16
  country,                      // MSH-17
  character_set,                // MSH-18
  profile,                      // MSH-21
  acknowledgement_code,         // MSA-1
  acknowledged_control_id,      // MSA-2
  software_vendor,              // SFT-1
  software_version,             // SFT-2
  software_product,             // SFT-3
  event_type,                   // EVN-1
  recorded,                     // EVN-2
  occurred,                     // EVN-6
  event_facility,               // EVN-7
  external_patient_id,          // PID-2
  patient_identifiers,          // PID-3
  alternate_patient_ids,        // PID-4
  account_number,               // PID-18
  visit_number,                 // PV1-19
  continued                     // DSC-1
};
inline constexpr std::size_t kFields = 30;

/// The fields of one order.
enum class OrderField : std::uint8_t {
  control,         // ORC-1
  orc_placer,      // ORC-2
  orc_filler,      // ORC-3
  status,          // ORC-5
  obr_placer,      // OBR-2
  obr_filler,      // OBR-3
  placer_field_1,  // OBR-18
  result_status,   // OBR-25
  accession,       // IPC-1
  study            // IPC-3, ZDS-1, or the OBX-5 of an observation that is a study instance UID
};
inline constexpr std::size_t kOrderFields = 10;

/// Fields as they stand on the wire.
template <typename Name, std::size_t count>
class RawFields {
 public:
  /// Empty if it was not there.
  [[nodiscard]] std::string_view raw(Name name) const { return fields_[static_cast<std::size_t>(name)]; }
  /// The segment reaches that far, though the field may be empty.
  [[nodiscard]] bool has(Name name) const { return raw(name).data() != nullptr; }
  void set(Name name, std::string_view value) { fields_[static_cast<std::size_t>(name)] = value; }

 private:
  std::array<std::string_view, count> fields_{};
};

/// An ORC or OBR segment with those that belong to it, or what stands alone of an IPC, ZDS or OBX.
using RawOrder = RawFields<OrderField, kOrderFields>;

/// MRG-1, and PID-3 of the PID before it.
struct RawMerge {
  std::string_view patient;
  std::string_view merged;
};

/// Which rules of event/hl7_violations.h were broken.
class Breaks {
 public:
  void add(Break kind) { bits_ |= bit(kind); }
  void add(Breaks others) { bits_ |= others.bits_; }
  [[nodiscard]] bool has(Break kind) const { return (bits_ & bit(kind)) != 0; }
  [[nodiscard]] bool none() const { return bits_ == 0; }

 private:
  static constexpr std::uint64_t bit(Break kind) { return std::uint64_t{1} << static_cast<unsigned>(kind); }
  static_assert(kBreakRules.size() <= 64);
  std::uint64_t bits_ = 0;
};

/// Views into the content that was decoded; they die with it.
class Message : public RawFields<Field, kFields> {
 public:
  Delimiters delimiters;
  std::optional<Code> type;         ///< MSH-9, as message_type() gives it
  bool is_acknowledgement = false;  ///< it has an MSA
  bool header_broken = false;       ///< MSH holds a control character; what stands behind it was not read
  bool beyond_header = false;    ///< a segment after MSH, SFT and UAC was read, where an MSA would have stood before it
  std::vector<RawOrder> orders;  ///< Limits::hl7_orders at most
  std::uint32_t orders_not_read = 0;
  Code observation_statuses;     ///< OBX-11 of those that belong to these orders, each letter of table 0085 once
  std::vector<RawMerge> merges;  ///< Limits::hl7_patient_ids at most
  std::uint32_t merges_not_read = 0;
  std::string_view text;          ///< the message from its header on, without what follows it in the block
  std::size_t behind = 0;         ///< where it ends, in the content that was decoded
  bool has_addenda = false;       ///< segments that may go on with the one before them: join_addenda()
  bool high_bytes = false;        ///< it has bytes of 0x80 and above
  bool escape_sequences = false;  ///< and of ISO 2022
  bool literal = false;           ///< neither these nor escape characters: its fields mean what stands in them
  Breaks breaks;                  ///< what the segments show; validity.h adds what the header says

  /// Still escaped: a component, from 1, of the field's first repetition. Empty for HL7's null (two quotes, 2.5.3).
  [[nodiscard]] std::string_view component(Field field, unsigned number = 1) const {
    return component_of(raw(field), number);
  }
  /// Of any field's text.
  [[nodiscard]] std::string_view component_of(std::string_view field, unsigned number = 1) const {
    return field.empty() ? field : find_component(field, number);
  }
  /// Takes the first repetition off, with its delimiter.
  std::string_view take_repetition(std::string_view& field) const;
  /// A subcomponent, from 1, of a component.
  [[nodiscard]] std::string_view subcomponent_of(std::string_view component, unsigned number = 1) const;

 private:
  [[nodiscard]] std::string_view find_component(std::string_view field, unsigned number) const;
  [[nodiscard]] Bytes16 sixteen_from(std::string_view rest) const;
};

enum class Defect : std::uint8_t {
  no_header,   ///< the first segment is no MSH
  delimiters,  ///< MSH-1 and MSH-2 name none
};

/// The message that the content begins with; another header, or a segment of a batch's or file's envelope (2.10.3),
/// ends it. Segments end with CR; LF and CR LF are tolerated. Of a `cut` content the last, broken field is not read.
/// One pass over the content, one over each wanted segment. Allocates only for orders and merges, and where escape
/// sequences or character sets must be looked into. What an ADD segment goes on with is read without its last field,
/// which join_addenda() makes whole.
std::variant<Message, Defect> decode_message(ByteView content, bool cut, const Limits& limits = {});

/// HL7 v2 2.10.2: the message with each ADD segment joined to the one that it goes on with. One that follows the header
/// stays: it goes on with the last segment of an earlier message.
std::string join_addenda(const Message& message);

/// A segment that begins or ends a batch or a file (2.10.3).
struct EnvelopeSegment {
  enum class Kind : std::uint8_t { file_header, batch_header, batch_trailer, file_trailer };
  Kind kind = Kind::file_header;
  std::optional<std::uint64_t> count;  ///< BTS-1, FTS-1
  std::size_t end = 0;                 ///< behind it, in the content
};
std::optional<EnvelopeSegment> decode_envelope_segment(ByteView content);

/// HL7 v2 2.7: \F\ \S\ \T\ \R\ \E\ \P\ \Xhh…\ as what they stand for; \Chhhh\ and \Mhhhh…\ as the escape sequence of
/// ISO 2022 that they name; \.br\ and \.sp\ as a line feed, highlighting and other formatting as nothing; what is no
/// sequence stays as it is. Gives `text` itself if nothing is escaped, else a view of `scratch`.
std::string_view unescape(std::string_view text, const Delimiters& delimiters, std::string& scratch);

/// Whether every escape character stands for a sequence that 2.7 knows, or a site's own (\Z…\).
bool escapes_are_legal(std::string_view text, const Delimiters& delimiters);

}  // namespace dcmwatch::hl7
