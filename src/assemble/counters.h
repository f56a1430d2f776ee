// What the assembler met beyond the connections' own statistics.
#pragma once

#include <cstdint>

namespace dcmwatch {

/// Every limit reached is here. Cumulative.
struct AssemblyCounters {
  std::uint64_t connections = 0;
  std::uint64_t connections_evicted = 0;      ///< Limits::connections and its kin, but for unanswered ones
  std::uint64_t unanswered_evicted = 0;       ///< Limits::unanswered_connections
  std::uint64_t unanswered_networks = 0;      ///< attempts counted without their network: Limits::unanswered_networks
  std::uint64_t unanswered_destinations = 0;  ///< whom they called, not listed: Limits::unanswered_destinations
  std::uint64_t answered_counted = 0;         ///< answered and no more, not told one by one: Limits::answered_records
  std::uint64_t refused_counted = 0;          ///< refused, likewise: Limits::refused_records
  std::uint64_t glimpses_counted = 0;         ///< glimpses, likewise: Limits::glimpse_records
  std::uint64_t closed_forgotten = 0;         ///< before they had lingered: Limits::closed_connections
  std::uint64_t holes_given_up_early = 0;     ///< Limits::held_bytes
  std::uint64_t segments_given_up = 0;        ///< holes, too: Limits::held_segments_per_connection
  std::uint64_t holes_forgotten = 0;          ///< in skipped bytes: Limits::holes_per_direction
  std::uint64_t unacknowledged_not_kept = 0;  ///< payloads, to compare with: Limits::unacknowledged_blocks
  std::uint64_t kept_given_up = 0;            ///< what a sink kept: Limits::kept_bytes
  std::uint64_t late_packets = 0;             ///< of connections already closed
  std::uint64_t implausible_packets = 0;      ///< Limits::sequence_window_bytes
  std::uint64_t disbelieved_packets = 0;      ///< a SYN or RST that nothing bore out
  std::uint64_t bad_checksums = 0;            ///< left out for it
  std::uint64_t duplicate_packets = 0;        ///< a mirror's second copies
  std::uint64_t conflicting_packets = 0;      ///< retransmitted with other bytes
  std::uint64_t incomparable_packets = 0;     ///< retransmitted, and what came first was no longer kept
  std::uint64_t unseen_bytes = 0;             ///< acknowledged, and in no captured packet
  std::uint64_t resets_refuted = 0;           ///< a RST that its supposed sender went on after

  AssemblyCounters& operator+=(const AssemblyCounters& other);
};

}  // namespace dcmwatch
