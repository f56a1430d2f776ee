#include "assemble/assembler.h"

#include "assemble/partition.h"

namespace dcmwatch {

AssemblyCounters& AssemblyCounters::operator+=(const AssemblyCounters& other) {
  connections += other.connections;
  connections_evicted += other.connections_evicted;
  unanswered_evicted += other.unanswered_evicted;
  unanswered_networks += other.unanswered_networks;
  unanswered_destinations += other.unanswered_destinations;
  answered_counted += other.answered_counted;
  refused_counted += other.refused_counted;
  glimpses_counted += other.glimpses_counted;
  closed_forgotten += other.closed_forgotten;
  holes_given_up_early += other.holes_given_up_early;
  segments_given_up += other.segments_given_up;
  holes_forgotten += other.holes_forgotten;
  unacknowledged_not_kept += other.unacknowledged_not_kept;
  kept_given_up += other.kept_given_up;
  late_packets += other.late_packets;
  implausible_packets += other.implausible_packets;
  disbelieved_packets += other.disbelieved_packets;
  bad_checksums += other.bad_checksums;
  duplicate_packets += other.duplicate_packets;
  conflicting_packets += other.conflicting_packets;
  incomparable_packets += other.incomparable_packets;
  unseen_bytes += other.unseen_bytes;
  resets_refuted += other.resets_refuted;
  return *this;
}

Assembler::Assembler(const Limits& limits, StreamHandler& handler) : limits_(limits), handler_(handler) {}
Assembler::~Assembler() = default;

Partition& Assembler::partition_of_segment(const Segment& segment) {
  const unsigned number = partition_of(segment.hash);
  std::unique_ptr<Partition>& partition = partitions_[number];
  if (!partition) partition = std::make_unique<Partition>(number, limits_, handler_, hash_);
  return *partition;
}

void Assembler::on_segment(const Segment& segment) { on_segments({&segment, 1}); }

// Four steps for each segment, each some segments after the one before: hash it and fetch the places in the tables,
// fetch the connection, fetch the payload if it is wanted, work.
void Assembler::on_segments(std::span<const Segment> segments) {
  constexpr std::size_t kToConnection = 4;
  constexpr std::size_t kToPayload = 6;
  constexpr std::size_t kToWork = 8;
  struct Upcoming {
    Partition* partition;
    Partition::Prints prints;
  };
  std::array<Upcoming, kToWork> upcoming;
  for (std::size_t i = 0; i < segments.size() + kToWork; ++i) {
    if (i >= kToWork) {
      const Upcoming& work = upcoming[i % kToWork];
      work.partition->on_segment(segments[i - kToWork], work.prints);
    }
    if (i < segments.size()) {
      Partition& partition = partition_of_segment(segments[i]);
      upcoming[i % kToWork] = {&partition, partition.prints_of(segments[i])};
      partition.prefetch_tables(upcoming[i % kToWork].prints);
    }
    if (i >= kToConnection && i - kToConnection < segments.size()) {
      const Upcoming& fetch = upcoming[(i - kToConnection) % kToWork];
      fetch.partition->prefetch_connection(fetch.prints);
    }
    if (i >= kToPayload && i - kToPayload < segments.size()) {
      const Upcoming& fetch = upcoming[(i - kToPayload) % kToWork];
      fetch.partition->prefetch_payload(segments[i - kToPayload], fetch.prints);
    }
  }
}

void Assembler::advance(Timestamp now) {
  for (const auto& partition : partitions_) {
    if (partition) partition->advance(now);
  }
}

void Assembler::rebase(Timestamp now) {
  for (const auto& partition : partitions_) {
    if (partition) partition->rebase(now);
  }
}

bool Assembler::finish_some(Timestamp now) {
  bool all = true;
  for (const auto& partition : partitions_) {
    if (partition) all &= partition->finish_some(now);
  }
  return all;
}

void Assembler::finish(Timestamp now) {
  while (!finish_some(now)) {
  }
}

AssemblyCounters Assembler::counters() const {
  AssemblyCounters total;
  for (const auto& partition : partitions_) {
    if (partition) total += partition->counters();
  }
  return total;
}

std::size_t Assembler::open_connections() const {
  std::size_t total = 0;
  for (const auto& partition : partitions_) {
    if (partition) total += partition->open_connections();
  }
  return total;
}

}  // namespace dcmwatch
