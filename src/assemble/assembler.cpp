#include "assemble/assembler.h"

#include "assemble/partition.h"

namespace dcmwatch {

AssemblyCounters& AssemblyCounters::operator+=(const AssemblyCounters& other) {
  connections += other.connections;
  connections_evicted += other.connections_evicted;
  holes_given_up_early += other.holes_given_up_early;
  late_packets += other.late_packets;
  implausible_packets += other.implausible_packets;
  return *this;
}

Assembler::Assembler(const Limits& limits, StreamHandler& handler) : limits_(limits), handler_(handler) {}
Assembler::~Assembler() = default;

void Assembler::on_segment(const Segment& segment) {
  const unsigned number = partition_of(segment.hash);
  std::unique_ptr<Partition>& partition = partitions_[number];
  if (!partition) partition = std::make_unique<Partition>(number, limits_, handler_);
  partition->on_segment(segment);
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

void Assembler::finish(Timestamp now) {
  for (const auto& partition : partitions_) {
    if (partition) partition->finish(now);
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
