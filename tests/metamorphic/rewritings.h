// What a network, a mirror port or a capturing host does to packets without changing what was said in them.
// Frames that a rewriting has no business with (other protocols, cut frames) pass as they are.
#pragma once

#include "frames.h"

namespace dcmwatch::metamorphic {

// As the mirror gives them.

/// Every packet twice, a few microseconds apart. `copy` makes the second.
Frames duplicated(const Frames& frames, Frame (*copy)(const Frame&));
Frame same(const Frame& frame);
/// Behind a router: other MAC addresses and a lower TTL.
Frame at_another_hop(const Frame& frame);
/// With a VLAN tag; Ethernet only.
Frame on_a_trunk(const Frame& frame);
/// Neighbours less than `window` apart change places, as often as not.
Frames neighbours_swapped(const Frames& frames, Duration window, std::uint64_t seed);
/// What the ends with the higher (or the lower) address and port sent comes late.
Frames one_direction_late(Frames frames, bool upward, Duration delay);
/// Cut by a snap length.
Frames cut_to(Frames frames, std::size_t snap_length);
/// Some frames are missing: one in `one_in`.
Frames thinned(const Frames& frames, unsigned one_in, std::uint64_t seed);
/// Four bytes of trailer behind each frame, and at least 64 in all.
Frames with_trailers(Frames frames);

// As the hosts send them.

/// Each segment's payload in random pieces.
Frames cut_smaller(const Frames& frames, std::uint64_t seed);
/// Segments that follow each other in one, as a host that coalesces on reception sees them.
/// `total_length_unknown`: the IP length says 0, as for those that do not fit 16 bits.
Frames coalesced(const Frames& frames, std::size_t most_bytes, bool total_length_unknown);
/// Each IPv4 and IPv6 datagram in two to four fragments, in order or the last one first.
Frames fragmented(const Frames& frames, bool last_first, std::uint64_t seed);
/// Checksums of one direction hold what a host leaves to its card.
Frames with_partial_checksums(const Frames& frames);
/// Every connection's sequence numbers pass 2^32 in the middle of what it sends.
Frames wrapping(const Frames& frames);
/// One payload in a hundred comes again 20 ms later.
Frames retransmitting(const Frames& frames, std::uint64_t seed);
/// Keep-alives (RFC 9293 3.8.4) where everything is acknowledged, with and without their byte of garbage.
Frames with_keep_alives(const Frames& frames);
/// The same hosts with IPv6 addresses: 10.20.10.11 is fd64::10.20.10.11. TCP only.
Frames over_ipv6(const Frames& frames);
IpAddress back_to_ipv4(const IpAddress& address);

// As an attacker would.

/// In each connection's middle, with a bad checksum and right sequence numbers, both ways: RST, FIN, SYN and other
/// bytes.
Frames with_forgeries(const Frames& frames);

}  // namespace dcmwatch::metamorphic
