// Whether a segment is as its sender made it: TCP's checksum, verified only where somebody asks.
#pragma once

#include <cstdint>

#include "base/packet.h"

namespace dcmwatch {

enum class Checksum : std::uint8_t {
  good,
  bad,
  partial,  ///< the pseudo-header's sum alone, as a sending host leaves it to its card to complete: nothing is wrong
  unknown   ///< not all of what is summed was captured, or it is no TCP
};

/// RFC 9293 3.1 over the pseudo-header of the segment's addresses (RFC 791, RFC 8200 8.1). Reads every byte of header
/// and payload (some 30 ns a kilobyte), so ask only for what matters. Views the segment's batch as the segment does.
Checksum checksum_of(const Segment& segment);

}  // namespace dcmwatch
