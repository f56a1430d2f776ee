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
  message_header,
  message_type,
  acknowledgement_code,
  repeated_acknowledgement,
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
    BreakRule{Break::message_header, "hl7.message_header", "HL7 v2 ch. 2, MSH", Severity::high,
              "A block does not begin with a message header that can be read."},
    BreakRule{Break::message_type, "hl7.message_type", "HL7 v2 ch. 2, MSH-9", Severity::high,
              "A message does not say of which type it is."},
    BreakRule{Break::acknowledgement_code, "hl7.acknowledgement_code", "HL7 v2 ch. 2, MSA-1", Severity::medium,
              "An acknowledgement has no code that the standard knows."},
    BreakRule{Break::repeated_acknowledgement, "hl7.repeated_acknowledgement", "HL7 v2 2.9.2", Severity::medium,
              "A message is acknowledged that had been acknowledged."},
    BreakRule{Break::message_length, "hl7.message_length", "", Severity::low,
              "A message is longer than what is read of one; of the rest only the length is told."},
};

static_assert(are_in_order(kBreakRules));

}  // namespace dcmwatch::hl7
