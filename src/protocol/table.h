// The one visible table of protocols.
#pragma once

#include <span>

#include "protocol/conversation.h"

namespace dcmwatch {

/// In the order in which they are asked. A protocol without `open` is named and not looked into.
std::span<const ProtocolEntry> protocols();

}  // namespace dcmwatch
