// Where and when a unit was read.
#pragma once

#include <cstdint>

#include "assemble/stream.h"
#include "base/timestamp.h"
#include "protocol/conversation.h"

namespace dcmwatch::hl7 {

struct Received {
  Direction direction = Direction::forward;
  Mark first;
  Mark last;                 ///< of the packet by which it became known
  Mark ended;                ///< of its last byte: earlier, where nothing but what followed showed that it was the last
  std::uint64_t offset = 0;  ///< in the stream
  std::uint64_t bytes = 0;
  std::uint64_t missing_bytes = 0;
  bool reset_by_receiver = false;  ///< before it was over: whatever is missing was not to come
  Shortfall shortfall;             ///< some of it was never seen, or is still to come
};

}  // namespace dcmwatch::hl7
