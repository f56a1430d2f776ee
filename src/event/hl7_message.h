// What is told of an HL7 v2 message and of its acknowledgements: codes of closed tables, names of applications,
// numbers, and pseudonyms of identifiers. No name of a person, no free text.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/timestamp.h"
#include "event/texts.h"

namespace dcmwatch {

/// Where an accession number may stand (IHE RAD TF-2 4.2, 4.4), in the order in which it is sought unless a flow
/// declares another.
enum class AccessionField : std::uint8_t { ipc_1, obr_18, obr_3, orc_3 };
inline constexpr std::size_t kAccessionFields = 4;

/// One order, or one result's order, of a message (HL7 v2 chapter 4): an ORC, OBR, IPC or ZDS segment, with those that
/// follow it and belong to it.
struct Hl7Order {
  Code control;                                         ///< ORC-1, table 0119
  Code status;                                          ///< ORC-5, table 0038
  Code result_status;                                   ///< OBR-25, table 0123
  Code observation_status;                              ///< OBX-11, table 0085, the last of its OBX
  Pseudonym placer;                                     ///< ORC-2, else OBR-2
  Pseudonym filler;                                     ///< ORC-3, else OBR-3
  std::array<Pseudonym, kAccessionFields> accession{};  ///< by AccessionField
  Pseudonym study;                                      ///< ZDS-1, IPC-3, or an OBX-5 that says it is one
};

/// What the minority of messages says beyond Hl7Message. Never changed once made: all facts of a message share it.
struct Hl7Content {
  std::vector<Hl7Order> orders;  ///< Limits::hl7_orders at most
  std::uint32_t orders_not_told = 0;
  std::vector<Pseudonym> patients;                              ///< PID-3 beyond the first, PID-2 and PID-4
  std::vector<Pseudonym> merged;                                ///< MRG-1: what Hl7Message::patient replaces (A40)
  Hl7Name software_vendor, software_product, software_version;  ///< SFT-1, SFT-3, SFT-2 of the first SFT
};

/// dataset "hl7.message" (HL7 v2 chapter 2): a message with its acknowledgement.
struct Hl7Message {
  Code message_type;   ///< MSH-9 as type^event: "ADT^A01"; empty if the message was not seen
  Code version;        ///< MSH-12
  Code processing_id;  ///< MSH-11
  Code character_set;  ///< MSH-18
  std::optional<Hl7Name> sending_application, sending_facility;      ///< MSH-3, MSH-4
  std::optional<Hl7Name> receiving_application, receiving_facility;  ///< MSH-5, MSH-6
  Pseudonym control_id;
  Pseudonym patient;
  Pseudonym accession;
  Pseudonym placer_order;
  Pseudonym filler_order;
  Code order_control;  ///< ORC-1
  bool sent_by_opener = true;
  bool message_seen = true;                   ///< false: an acknowledgement whose message was not seen
  std::optional<Code> ack_code;               ///< MSA-1: AA AE AR CA CE CR; nothing if never answered
  std::string_view ack_paired_by;             ///< "control_id" (MSA-2) or "order"; empty if never answered
  std::shared_ptr<const Hl7Content> content;  ///< null: it has none of it
  std::uint64_t bytes = 0;                    ///< of the MLLP block's content
  std::uint64_t ack_bytes = 0;
  std::uint64_t missing_bytes = 0;
  Mark sent;
  std::optional<Mark> acknowledged;
};

}  // namespace dcmwatch
