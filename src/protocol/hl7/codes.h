// The codes of a message that the standard's tables know: what stands in none of them is not told.
#pragma once

#include <optional>
#include <string_view>

#include "event/event.h"
#include "protocol/hl7/message.h"

namespace dcmwatch::hl7 {

/// MSH-9 as "ADT^A01", whatever the component delimiter. Nothing unless message_types.h knows both (the event may be
/// absent).
std::optional<Code> message_type(const Message& message);

/// MSA-1. Nothing unless it stands in HL7 table 0008.
std::optional<Code> acknowledgement_code(const Message& message);

/// MSH-11, empty unless it stands in HL7 table 0103.
std::string_view processing_id(const Message& message);

/// HL7 table 0104.
bool is_known_version(std::string_view version);
/// Of the shape of those of table 0104: "2.3", "2.5.1".
bool is_version(std::string_view version);

/// HL7 v2 2A, DTM and TS: YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ].
bool is_time(std::string_view text);

/// Empty unless they stand in their tables: ORC-5 in 0038, OBR-25 in 0123, OBX-11 in 0085; of table 0119, which sites
/// add to, the shape of two letters.
std::string_view order_control(std::string_view text);
std::string_view order_status(std::string_view text);
std::string_view result_status(std::string_view text);
std::string_view observation_status(std::string_view text);

/// ISO 3166: two or three letters.
bool is_country(std::string_view text);

}  // namespace dcmwatch::hl7
