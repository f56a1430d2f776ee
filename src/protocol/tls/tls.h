// TLS: the folder's door, one line in protocol/table.cpp.
#pragma once

#include <memory>

#include "assemble/stream.h"
#include "protocol/conversation.h"

namespace dcmwatch {

/// A record that begins a handshake with a hello, one of application data, as of a connection joined midway, an alert
/// that stands alone (RFC 8446 5.1), or a client's hello in the form of SSL 2.0 (RFC 5246 E.2).
Looks looks_like_tls(ByteView first_bytes);

/// One TlsConnection: told at the server's hello (Phase::start), and at the handshake's end (Phase::end), at the latest
/// at the close. What is protected is passed over unread; behind the handshake nothing is wanted at all. The emitter
/// and what the settings point to outlive it. Holds at most a record and limits.tls_message_bytes a direction.
std::unique_ptr<StreamSink> open_tls(Emitter& emitter, const ProtocolSettings& settings);

}  // namespace dcmwatch
