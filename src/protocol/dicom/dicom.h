// The folder's door: what protocol/table.cpp needs of DICOM.
#pragma once

#include <memory>

#include "protocol/conversation.h"

namespace dcmwatch {

/// Whether a PDU (PS3.8 9.3.1) begins here: an association's opening, or any other PDU of a connection joined midway.
/// Strict: random bytes are not taken for DICOM. Never asks for more than 75 bytes, except to see where the next PDV
/// stands.
Looks looks_like_dicom(ByteView first_bytes);

/// The conversation of one connection, from a byte at which one direction was recognised; the other may stand mid-PDU.
std::unique_ptr<StreamSink> open_dicom(Emitter& emitter, const ProtocolSettings& settings);

}  // namespace dcmwatch
