// Owns the connections of some partitions and gives each direction's bytes in order.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "assemble/stream.h"
#include "base/limits.h"
#include "base/packet.h"

namespace dcmwatch {

/// What the assembler met beyond the connections' own statistics. Every limit reached is here.
struct AssemblyCounters {
  std::uint64_t connections = 0;
  std::uint64_t connections_evicted = 0;   ///< Limits::connections
  std::uint64_t holes_given_up_early = 0;  ///< Limits::held_bytes, Limits::held_segments_per_connection
  std::uint64_t late_packets = 0;          ///< of connections already closed
  std::uint64_t implausible_packets = 0;   ///< Limits::sequence_window_bytes

  AssemblyCounters& operator+=(const AssemblyCounters& other);
};

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
  /// Packet time has reached `now`: timers whose deadline has come act, each with its deadline as its time.
  void advance(Timestamp now);
  /// The clock of the capture stepped back to `now`: waiting starts anew instead of expiring.
  void rebase(Timestamp now);
  /// The capture ended: every connection still open is told, in the order in which they were first seen.
  void finish(Timestamp now);

  [[nodiscard]] AssemblyCounters counters() const;
  [[nodiscard]] std::size_t open_connections() const;

 private:
  const Limits& limits_;
  StreamHandler& handler_;
  std::array<std::unique_ptr<Partition>, kPartitions> partitions_;
};

}  // namespace dcmwatch
