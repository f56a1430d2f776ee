// What of a message's header and characters breaks the rules of chapter 2.
#pragma once

#include "protocol/hl7/character_set.h"
#include "protocol/hl7/message.h"

namespace dcmwatch::hl7 {

/// Beyond what the decoder found. Of a `cut` message only what was read of it can break a rule. Cost: a look at the
/// header's fields; at every byte where some are not ASCII.
Breaks breaks_of(const Message& message, const CharacterSet& character_set, bool cut);

}  // namespace dcmwatch::hl7
