// What the ERR segments of an acknowledgement say (HL7 v2 2.14.5).
#pragma once

#include <memory>
#include <string_view>

#include "event/hl7_message.h"
#include "protocol/hl7/message.h"

namespace dcmwatch::hl7 {

/// Of an acknowledgement; null if it tells no error.
std::shared_ptr<const Hl7Error> errors_of(const Message& message);

/// ERR segments stand right behind the MSA: `behind` begins with what follows MSA-2. Before 2.4 MSA-6 has the code.
/// Codes of tables 0357 and 0516 and places of the message are read, no text. Null if there is no error. Cost: of a
/// message without one, a look at the segment behind the MSA.
std::shared_ptr<const Hl7Error> errors_behind(std::string_view behind, const Delimiters& delimiters);

}  // namespace dcmwatch::hl7
