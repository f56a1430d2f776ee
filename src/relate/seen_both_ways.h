// Of whom the mirror shows both what they send and what is sent to them.
#pragma once

#include <cstdint>

#include "base/limits.h"
#include "event/event.h"
#include "relate/remembered.h"

namespace dcmwatch {

/// Whether the mirror shows one side alone is not said by a connection of which one side was seen: anyone can send that
/// in another's name. It is said by what else is seen of its two ends. What a port, a link or a path shows it shows
/// of an address, so where proven conversations showed both ends' packets coming and going within
/// Limits::seen_both_ways_for, an answer of either to the other would have been seen: then segments of one side prove
/// nothing, however many. Where that holds of one end, the other may answer by a way that is not mirrored: then it
/// takes Limits::many_one_sided_packets. Where it holds of neither, as with a mirror of one direction, a connection's
/// own packets stand. Nobody has to answer a datagram: of those it takes as many as of segments whose one end is known.
///
/// A conversation counts by when it began, and by a message's answer: one that was proven months ago says nothing of
/// what the mirror shows today. Bounded by Limits::hosts_seen_both_ways, of which the first seen goes first. Cost: two
/// look-ups for a connection's record, a message's answer, and what was seen of one side. It depends on the order of
/// events alone.
class SeenBothWays {
 public:
  /// `limits` outlives it.
  explicit SeenBothWays(const Limits& limits) : limits_(limits), hosts_(limits.hosts_seen_both_ways) {}

  /// Of each of a connection's events, before it is judged: takes back what one side alone proves not.
  void settle(Event& event);

  /// Hosts forgotten while they still counted, to stay within the limit.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

 private:
  void remember(const Event& event, const IpAddress& host, Timestamp seen);
  [[nodiscard]] bool is_seen(const Event& event, const IpAddress& host);

  const Limits& limits_;
  Remembered<Timestamp> hosts_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace dcmwatch
