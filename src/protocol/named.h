// Protocols that are named and not decoded: a department declares them, and their payload is not our business.
#pragma once

#include "protocol/conversation.h"

namespace dcmwatch {

Looks looks_like_ssh(ByteView first_bytes);   ///< RFC 4253 4.2: the identification string
Looks looks_like_http(ByteView first_bytes);  ///< RFC 9112 3: a request line's method, or a status line

}  // namespace dcmwatch
