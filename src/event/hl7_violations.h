// The rules of HL7 v2 and MLLP whose break is told: the one table of names, clauses and severities, from which the
// records, the check of a model's quirks and docs/hl7.md come.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "event/violation_rule.h"

namespace dcmwatch::hl7 {

/// In the order of kBreakRules.
enum class Break : std::uint8_t {
  bytes_between_blocks,
  start_block,
  end_block,
  unframed_acknowledgement,
  message_header,
  repeated_header,
  message_time,
  message_type,
  message_structure,
  control_id,
  processing_id,
  version,
  character_set_name,
  character_set,
  control_character,
  escape_sequence,
  segment_name,
  segment_terminator,
  envelope,
  batch_count,
  file_count,
  acknowledgement_code,
  repeated_acknowledgement,
  acknowledged_control_id,
  unnamed_message,
  shortened_control_id,
  message_length
};

using BreakRule = ViolationRule<Break>;

inline constexpr std::array kBreakRules{
    BreakRule{Break::bytes_between_blocks, "hl7.bytes_between_blocks", "MLLP R1 block format", Severity::low,
              "Bytes stand between two blocks, where none should."},
    BreakRule{Break::start_block, "hl7.start_block", "MLLP R1 block format", Severity::high,
              "A message begins without a start block character."},
    BreakRule{Break::end_block, "hl7.end_block", "MLLP R1 block format", Severity::high,
              "A block does not end with an end block character and a carriage return."},
    BreakRule{Break::unframed_acknowledgement, "hl7.unframed_acknowledgement", "MLLP R1 block format", Severity::high,
              "An acknowledgement comes without its block characters: a sender may wait for them until it gives up."},
    BreakRule{Break::message_header, "hl7.message_header", "HL7 v2 ch. 2, MSH", Severity::high,
              "A block does not begin with a message header that can be read."},
    BreakRule{Break::repeated_header, "hl7.repeated_header", "HL7 v2 2.10.3", Severity::medium,
              "A block holds several messages, and no header of a batch or a file."},
    BreakRule{Break::message_time, "hl7.message_time", "HL7 v2 2.14.9.7, MSH-7", Severity::low,
              "A message does not say when it was made, which it must from version 2.4 on, or says no time."},
    BreakRule{Break::message_type, "hl7.message_type", "HL7 v2 ch. 2, MSH-9", Severity::high,
              "A message does not say of which type it is."},
    BreakRule{Break::message_structure, "hl7.message_structure", "HL7 v2 2.14.9.9, MSH-9", Severity::low,
              "A message is said to have the structure of another type, or of none."},
    BreakRule{Break::control_id, "hl7.control_id", "HL7 v2 2.14.9.10, MSH-10", Severity::high,
              "A message has no control id, so that no acknowledgement can name it."},
    BreakRule{Break::processing_id, "hl7.processing_id", "HL7 v2 2.14.9.11, MSH-11", Severity::medium,
              "A message does not say whether it is for production, training or debugging, or says something else."},
    BreakRule{Break::version, "hl7.version", "HL7 v2 2.14.9.12, MSH-12", Severity::medium,
              "A message does not say of which version it is, or names one that there is not."},
    BreakRule{Break::character_set_name, "hl7.character_set_name", "HL7 v2 2.14.9.18, MSH-18", Severity::low,
              "A message names a character set that the standard does not know."},
    BreakRule{Break::character_set, "hl7.character_set", "HL7 v2 2.14.9.18, MSH-18", Severity::medium,
              "A message has characters that the set it names does not have; where it names none, other than ASCII."},
    BreakRule{Break::control_character, "hl7.control_character", "HL7 v2 2A, ST and TX", Severity::low,
              "A message has control characters within its fields."},
    BreakRule{Break::escape_sequence, "hl7.escape_sequence", "HL7 v2 2.7", Severity::low,
              "An escape character begins no escape sequence that the standard knows."},
    BreakRule{Break::segment_name, "hl7.segment_name", "HL7 v2 2.5.2", Severity::medium,
              "A line of a message does not begin with the name of a segment."},
    BreakRule{Break::segment_terminator, "hl7.segment_terminator", "HL7 v2 2.5.4", Severity::low,
              "A segment does not end with a carriage return, or not with it alone."},
    BreakRule{Break::envelope, "hl7.envelope", "HL7 v2 2.10.3", Severity::medium,
              "A batch or a file does not begin with its header, or not end with its trailer."},
    BreakRule{Break::batch_count, "hl7.batch_count", "HL7 v2 2.14.3.1, BTS-1", Severity::medium,
              "A batch has more or fewer messages than its trailer says."},
    BreakRule{Break::file_count, "hl7.file_count", "HL7 v2 2.14.7.1, FTS-1", Severity::medium,
              "A file has more or fewer batches than its trailer says."},
    BreakRule{Break::acknowledgement_code, "hl7.acknowledgement_code", "HL7 v2 ch. 2, MSA-1", Severity::medium,
              "An acknowledgement has no code that the standard knows."},
    BreakRule{Break::repeated_acknowledgement, "hl7.repeated_acknowledgement", "HL7 v2 2.9.2", Severity::medium,
              "A message is acknowledged that had been acknowledged."},
    BreakRule{Break::acknowledged_control_id, "hl7.acknowledged_control_id", "HL7 v2 2.14.8.2, MSA-2", Severity::medium,
              "An acknowledgement names no message that was sent to its sender on this connection."},
    BreakRule{Break::unnamed_message, "hl7.unnamed_message", "HL7 v2 2.14.8.2, MSA-2", Severity::medium,
              "An acknowledgement does not name the message that it acknowledges."},
    BreakRule{Break::shortened_control_id, "hl7.shortened_control_id", "HL7 v2 2.14.8.2, MSA-2", Severity::low,
              "An acknowledgement names its message by the first 20 characters of a longer control id."},
    BreakRule{Break::message_length, "hl7.message_length", "", Severity::low,
              "A message is longer than what is read of one; of the rest only the length is told."},
};

static_assert(are_in_order(kBreakRules));

}  // namespace dcmwatch::hl7
