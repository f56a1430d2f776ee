// What of a message's header breaks the rules of chapter 2.
#pragma once

#include "protocol/hl7/message.h"

namespace dcmwatch::hl7 {

/// Beyond what the decoder found. Of a `cut` message only what was read of it can break a rule. Cost: a look at the
/// header's fields.
Breaks breaks_of(const Message& message, bool cut);

}  // namespace dcmwatch::hl7
