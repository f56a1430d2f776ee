// Owns the connections of some partitions and gives each direction's bytes in order.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "assemble/counters.h"
#include "assemble/stream.h"
#include "base/keyed_hash.h"
#include "base/limits.h"
#include "base/packet.h"

namespace dcmwatch {

class Partition;

/// One per shard; it makes a partition when the first segment for it comes. What a partition does depends on its own
/// segments and on the times given to advance() alone, so how partitions are spread over assemblers never changes a
/// result.
class Assembler {
 public:
  /// `limits` and `handler` outlive it.
  Assembler(const Limits& limits, StreamHandler& handler);
  ~Assembler();
  Assembler(const Assembler&) = delete;
  Assembler& operator=(const Assembler&) = delete;

  void on_segment(const Segment& segment);
  /// The same for many, in order: what each will touch is fetched into the cache while those before it are worked on.
  void on_segments(std::span<const Segment> segments);
  /// Packet time has reached `now`: timers whose deadline has come act, each with its deadline as its time. Where more
  /// than Limits::ends_per_advance connections of a partition are to end, the rest end at the next call.
  void advance(Timestamp now);
  /// The clock of the capture stepped back to `now`: waiting starts anew instead of expiring.
  void rebase(Timestamp now);
  /// The capture ended: every connection still open is told, each partition's in the order in which they were first
  /// seen, at most Limits::ends_per_advance of each partition in one call, so that a million idle connections are no
  /// million facts at once. False while there are more: call it again, with the same time.
  bool finish_some(Timestamp now);
  /// All of them.
  void finish(Timestamp now);

  [[nodiscard]] AssemblyCounters counters() const;
  [[nodiscard]] std::size_t open_connections() const;

 private:
  Partition& partition_of_segment(const Segment& segment);

  const Limits& limits_;
  StreamHandler& handler_;
  const KeyedHash hash_;
  std::array<std::unique_ptr<Partition>, kPartitions> partitions_;
};

}  // namespace dcmwatch
