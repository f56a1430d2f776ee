// Reads the wanted fields of one HL7 v2 message (chapter 2): which segment and field holds what is a table in
// message.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"

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
  message_type,                 // MSH-9
  control_id,                   // MSH-10
  processing_id,                // MSH-11
  version_id,                   // MSH-12
  accept_acknowledgement,       // MSH-15
  application_acknowledgement,  // MSH-16
  character_set,                // MSH-18
  acknowledgement_code,         // MSA-1
  acknowledged_control_id,      // MSA-2
  patient_identifiers,          // PID-3
  visit_number,                 // PV1-19
  order_control,                // ORC-1
  orc_placer_order_number,      // ORC-2
  orc_filler_order_number,      // ORC-3
  obr_placer_order_number,      // OBR-2
  obr_filler_order_number,      // OBR-3
  obr_placer_field_1,           // OBR-18
  ipc_accession_identifier,     // IPC-1
};
inline constexpr std::size_t kFields = 22;

/// Views into the content that was decoded; they die with it.
class Message {
 public:
  Delimiters delimiters;
  bool is_acknowledgement = false;  ///< it has an MSA
  bool header_broken = false;       ///< MSH holds a control character; what stands behind it was not read
  bool beyond_header = false;  ///< a segment after MSH, SFT and UAC was read, where an MSA would have stood before it

  /// The field as it stands on the wire, empty if it was not there.
  [[nodiscard]] std::string_view raw(Field field) const { return fields_[static_cast<std::size_t>(field)]; }
  /// The segment reaches that far, though the field may be empty.
  [[nodiscard]] bool has(Field field) const { return raw(field).data() != nullptr; }
  /// Still escaped: a component, from 1, of the field's first repetition. Empty for HL7's null (two quotes, 2.5.3).
  [[nodiscard]] std::string_view component(Field field, unsigned number = 1) const {
    const std::string_view text = raw(field);
    return text.empty() ? text : component_of(text, number);
  }

  void set(Field field, std::string_view value) { fields_[static_cast<std::size_t>(field)] = value; }

 private:
  [[nodiscard]] std::string_view component_of(std::string_view text, unsigned number) const;

  std::array<std::string_view, kFields> fields_{};
};

enum class Defect : std::uint8_t {
  no_header,   ///< the first segment is no MSH
  delimiters,  ///< MSH-1 and MSH-2 name none
};

/// Segments end with CR; LF and CR LF are tolerated. Of a `cut` content the last, broken field is not read.
/// Allocates nothing; one pass over the content, one over each wanted segment.
std::variant<Message, Defect> decode_message(ByteView content, bool cut);

/// HL7 v2 2.7.1: \F\ \S\ \T\ \R\ \E\ \Xhh…\ as what they stand for; other sequences stay as they are.
/// Gives `text` itself if nothing is escaped, else a view of `scratch`.
std::string_view unescape(std::string_view text, const Delimiters& delimiters, std::string& scratch);

}  // namespace dcmwatch::hl7
