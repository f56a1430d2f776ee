// HL7 v2 over MLLP: the folder's door, one line in protocol/table.cpp.
#pragma once

#include <memory>

#include "assemble/stream.h"
#include "protocol/conversation.h"

namespace dcmwatch {

/// A block that begins a message, a batch or a file (HL7 v2 2.10.3), or a message whose start block was forgotten.
/// Up to 16 carriage returns, line feeds, NULs and spaces before the first start block are passed over.
Looks looks_like_mllp(ByteView first_bytes);

/// A block of the hybrid lower layer protocol: a start block, the kind of the block (D of data, N of its refusal), the
/// version and a carriage return; before its end block stand its length and its checksum.
Looks looks_like_hllp(ByteView first_bytes);

/// Messages with their acknowledgements, both directions of one connection. The emitter and what the settings point to
/// outlive it. Holds at most limits.hl7_message_bytes of an unfinished message and limits.hl7_pending_messages facts a
/// direction.
std::unique_ptr<StreamSink> open_hl7(Emitter& emitter, const ProtocolSettings& settings);

}  // namespace dcmwatch
