// The connections of one hash partition: their table, their timers, their limits.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "assemble/assembler.h"
#include "assemble/half_stream.h"

namespace dcmwatch {

class Partition {
 public:
  Partition(unsigned number, const Limits& limits, StreamHandler& handler);

  void on_segment(const Segment& segment);
  void advance(Timestamp now);
  void rebase(Timestamp now);
  void finish(Timestamp now);

  [[nodiscard]] const AssemblyCounters& counters() const { return counters_; }
  [[nodiscard]] std::size_t open_connections() const {
    return index_.size() - ages_[static_cast<std::size_t>(State::closed)].count;
  }

 private:
  /// Each state has a list by last activity and a time-out, in partition.cpp.
  enum class State : std::uint8_t { closed, opening, unproven, datagrams, half_closed, established, states };
  using Slot = std::uint32_t;
  static constexpr Slot kNone = ~Slot{0};

  struct Entry {
    Connection connection;
    ConnectionKey key;
    std::array<HalfStream, 2> half;
    std::unique_ptr<StreamSink> sink;
    Timestamp active{};
    Timestamp syn_time{};
    Slot newer = kNone;
    Slot older = kNone;
    std::uint32_t syn_sequence = 0;
    State state = State::opening;
    bool sink_asked = false;
    bool waits = false;  ///< listed in waiting_
  };

  struct AgeList {
    Slot oldest = kNone;
    Slot newest = kNone;
    std::size_t count = 0;
  };

  /// Keyed anew in every run: who chooses addresses cannot choose collisions. hash_of cannot be, for it decides the
  /// partition.
  struct Hash {
    using is_avalanching = void;
    std::uint64_t key;
    std::size_t operator()(const ConnectionKey& connection) const;
  };

  Slot find_or_open(const Segment& segment);
  Slot open(const Segment& segment, const ConnectionKey& key);
  void on_tcp(Slot slot, const Segment& segment);
  void on_payload(Slot slot, const Segment& segment);
  void on_flags(Slot slot, const Segment& segment);
  void on_datagram(Slot slot, const Segment& segment);
  void open_sink(Entry& entry, const Mark& mark);
  bool starts_anew(const Entry& entry, const Segment& segment) const;
  void limit_held(Slot slot, const Mark& mark);
  void give_up_hole(Slot slot, const Mark& mark);
  Slot holder_of_most() const;
  void prove(Slot slot, Timestamp now);
  void make_room(const Mark& mark);
  void close(Slot slot, const Mark& mark, CloseReason reason);
  void forget(Slot slot);
  void expire_holes(Timestamp now);
  void expire_idle(State state, Timestamp now);
  void note_waiting(Slot slot);
  [[nodiscard]] Timestamp deadline_of(const Entry& entry) const;
  [[nodiscard]] CloseReason reason_of_silence(const Entry& entry) const;

  HalfStream::Target target(Entry& entry, Direction direction);
  void touch(Slot slot, Timestamp now);
  void enter(Slot slot, State state, Timestamp now);
  void unlink(Slot slot);
  void link(Slot slot);
  AgeList& ages(State state) { return ages_[static_cast<std::size_t>(state)]; }

  unsigned number_;
  const Limits& limits_;
  StreamHandler& handler_;
  AssemblyCounters counters_;
  boost::unordered_flat_map<ConnectionKey, Slot, Hash> index_;
  std::deque<Entry> entries_;  ///< addresses are stable: sinks keep a pointer to their connection
  std::vector<Slot> free_;
  std::array<AgeList, static_cast<std::size_t>(State::states)> ages_;
  std::vector<Slot> waiting_;  ///< connections with a hole in wanted bytes
  std::size_t held_bytes_ = 0;
  std::uint64_t serial_ = 0;
};

}  // namespace dcmwatch
