// The connections of one hash partition: their table, their timers, their limits.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "assemble/assembler.h"
#include "assemble/connection_entry.h"
#include "assemble/connection_index.h"
#include "assemble/keepers.h"
#include "assemble/progress_times.h"
#include "assemble/recent_packets.h"
#include "assemble/unanswered_tally.h"

namespace dcmwatch {

class Partition {
 public:
  /// `hash` outlives it, as the others do.
  Partition(unsigned number, const Limits& limits, StreamHandler& handler, const KeyedHash& hash);

  /// By what a segment is found again: its connection, and itself.
  struct Prints {
    std::uint64_t connection;
    std::uint64_t packet;
  };
  [[nodiscard]] Prints prints_of(const Segment& segment) const {
    const std::uint64_t connection = hash_(segment);
    return {connection, RecentPackets::fingerprint(hash_, connection, segment)};
  }
  void prefetch_tables(const Prints& prints) const {
    index_.prefetch(prints.connection);
    recent_.prefetch(prints.packet);
  }
  void prefetch_connection(const Prints& prints) const {
    const Slot slot = index_.likely(prints.connection);
    if (slot != kNoSlot) __builtin_prefetch(&entry(slot));
  }
  void prefetch_payload(const Segment& segment, const Prints& prints) const;

  void on_segment(const Segment& segment, const Prints& prints);
  void advance(Timestamp now);
  void rebase(Timestamp now);
  bool finish_some(Timestamp now);

  [[nodiscard]] const AssemblyCounters& counters() const { return counters_; }
  [[nodiscard]] std::size_t open_connections() const {
    return entries_in_use_ - ages_[static_cast<std::size_t>(State::closed)].count;
  }

 private:
  using State = ConnectionState;
  using Entry = ConnectionEntry;
  using Live = LiveConnection;

  /// How many of something there were in the latest minute of packet time that had any.
  struct Minutely {
    std::int64_t minute = 0;
    std::size_t count = 0;

    /// Of that time, or counted as such if it is an earlier one; and how many it makes.
    std::size_t one_more(Timestamp seen) {
      const std::int64_t its_minute = seen.time_since_epoch() / std::chrono::minutes{1};
      if (its_minute > minute) *this = {its_minute, 0};
      return ++count;
    }
  };

  /// By when each took its place in it, which is never long before it was last active.
  struct AgeList {
    Slot oldest = kNoSlot;
    Slot newest = kNoSlot;
    std::size_t count = 0;
    Timestamp due = Timestamp::max();  ///< no deadline is before it
  };

  // partition.cpp: what a segment does
  bool goes_on_unwanted(Slot slot, const Segment& segment);
  void on_copy(Slot slot, const Segment& segment);
  Slot admit(Slot slot, const Segment& segment, std::uint64_t hash);
  Slot admit_to_closed(Slot slot, const Segment& segment, std::uint64_t hash);
  Slot admit_syn(Slot slot, const Segment& segment);
  bool goes_on_after_reset(const Entry& entry, Direction direction, const Segment& segment) const;
  static void mend_late_syn(Entry& entry, Direction direction, const Segment& segment);
  static void reverse(Entry& entry);
  static void reverse(Live& live);
  Slot confirm_candidate(Slot slot, const Segment& segment);
  static bool wanted(const Entry& entry, Direction direction, const Segment& segment);
  bool believed(Entry& entry, Direction direction, const Segment& segment);
  void on_tcp(Slot slot, Direction direction, const Segment& segment);
  void on_syn(Slot slot, Direction direction, const Segment& segment);
  void on_answer(Slot slot, Direction direction, const Segment& segment);
  void on_handshake_end(Slot slot, Direction direction, const Segment& segment);
  void start_midway(Entry& entry, Direction direction, const Segment& segment);
  static void note_heard(Entry& entry, Direction direction, const Segment& segment);
  void acknowledge(Entry& entry, Direction acknowledged, const Mark& mark, std::uint32_t number);
  void on_acknowledgement(Entry& entry, Direction direction, const Segment& segment);
  void on_last_acknowledgement(Live& connection, Direction direction, const Segment& segment);
  static void on_window(Live& connection, Direction direction, const Segment& segment);
  bool on_payload(Slot slot, Direction direction, const Segment& segment);
  void on_fin(Slot slot, Direction direction, const Segment& segment);
  static void tell_who_ends(Live& live, Direction direction);
  static bool answers_what_was_of_nothing(const Entry& entry);
  void on_reset(Slot slot, Direction direction, const Segment& segment);
  void refute_reset(Slot slot, Direction direction, const Segment& segment);
  void on_datagram(Slot slot, Direction direction, const Segment& segment);
  void prove(Slot slot, Timestamp now);

  // connections.cpp: what becomes of a connection
  Slot find(const Segment& segment, std::uint64_t hash) const {
    return index_.find(hash, [&](Slot slot) { return entry(slot).is_of(segment); });
  }
  Slot open(const Segment& segment, std::uint64_t hash);
  Slot open_apart(const Segment& segment);
  Live& live(Entry& entry);
  void open_sink(Entry& entry, const Mark& mark);
  void limit_held(Slot slot, const Mark& mark);
  void give_up_hole(Slot slot, const Mark& mark);
  void give_up_most_held(const Mark& mark);
  void note_kept(Live& connection, const Mark& mark);
  void give_up_most_kept(const Mark& mark);
  void make_room(Timestamp now);
  void limit(State state, Timestamp now);
  void evict(Slot slot, Timestamp now);
  void close(Slot slot, const Mark& mark, CloseReason reason);
  void conclude(Slot slot, const Mark& mark, CloseReason reason);
  void count_unanswered(const Entry& entry, Unopened became);
  void tell_end(const Connection& connection, StreamSink* sink, const Mark& mark, CloseReason reason);
  [[nodiscard]] bool is_glimpse(const Connection& connection, const StreamSink* sink) const;
  [[nodiscard]] bool is_glimpse(Slot slot) const;
  bool glimpse_is_told(Timestamp seen);
  void count_glimpse(const Connection& connection, const Mark& mark);
  void count(const UnansweredConnections& one);
  static Unopened became_of(const Entry& entry, CloseReason reason);
  bool attempt_is_told(const Entry& entry, const Mark& mark, Unopened became);
  void end_in_silence(Slot slot);
  void end_with_capture(Slot slot, Timestamp now);
  void forget(Slot slot);
  void expire_holes(Timestamp now);
  /// What was to become of a connection by now becomes of it, at the time at which it was to: so it does not matter
  /// whether a batch ended in between. False if it has been forgotten. Nearly always there is nothing.
  bool catch_up(Slot slot, Timestamp now) {
    const Entry& it = entry(slot);
    return (deadline_of(it) > now && !(it.live && (it.live->waits || it.live->wakes_at <= now))) ||
           catch_up_late(slot, now);
  }
  bool catch_up_late(Slot slot, Timestamp now);
  void end_waiting(Slot slot, Timestamp now);
  Timestamp expire_waiting(Slot slot, Timestamp now);
  void release_early(Live& connection);
  bool give_up_question(Live& connection, Direction direction, const Mark& mark, Timestamp now);
  void release_held(Live& connection, const Mark& mark);
  void note_wake(Slot slot);
  void wake(Slot slot, const Mark& mark);
  Timestamp due_of(Live& connection);
  void expire_idle(State state, Timestamp now, std::size_t& ended);
  void follow(Slot slot, Timestamp since);
  [[nodiscard]] bool is_current(const ProgressTimes::Due& due) const;
  void tell_progress(Timestamp now);
  bool tell_progress(const ProgressTimes::Due& due, Timestamp now);
  void tell_goes_on(Slot slot, Timestamp now);
  void note_waiting(Slot slot);
  [[nodiscard]] Duration timeout_of(State state) const { return timeouts_[static_cast<std::size_t>(state)]; }
  [[nodiscard]] Timestamp deadline_of(const Entry& entry) const { return entry.active + timeout_of(entry.state); }
  HalfStream::Target target(Live& live, Direction direction);
  void touch(Slot slot, Timestamp now);
  void enter(Slot slot, State state, Timestamp now);
  void unlink(Slot slot);
  void link(Slot slot);

  [[nodiscard]] Entry& entry(Slot slot) { return chunks_[slot / kChunk][slot % kChunk]; }
  [[nodiscard]] const Entry& entry(Slot slot) const { return chunks_[slot / kChunk][slot % kChunk]; }
  AgeList& ages(State state) { return ages_[static_cast<std::size_t>(state)]; }

  static constexpr std::size_t kChunk = 64;

  const unsigned number_;
  const Limits& limits_;
  const std::array<Duration, static_cast<std::size_t>(State::states)> timeouts_;
  const std::array<std::size_t, static_cast<std::size_t>(State::states)> most_;  ///< connections in each state
  StreamHandler& handler_;
  const KeyedHash& hash_;
  AssemblyCounters counters_;
  ConnectionIndex index_;
  RecentPackets recent_;
  std::vector<std::unique_ptr<Entry[]>> chunks_;  ///< an entry never moves
  std::vector<Slot> free_;
  std::size_t entries_in_use_ = 0;
  std::vector<std::unique_ptr<Live>> spare_;
  std::array<AgeList, static_cast<std::size_t>(State::states)> ages_;
  std::vector<Slot> waiting_;                   ///< connections with something held
  std::vector<Slot> waited_;                    ///< its other buffer
  std::set<std::pair<Timestamp, Slot>> wakes_;  ///< connections whose sinks are to be woken; each once
  ProgressTimes progress_;
  std::size_t progress_told_ = 0;  ///< since the latest advance()
  HeldBuffers buffers_;
  std::size_t held_bytes_ = 0;
  Keepers keepers_;
  UnansweredTally unanswered_;
  Minutely refusals_;
  Minutely answers_;
  Minutely glimpses_;
  bool finishing_ = false;
  std::vector<Slot> closing_;  ///< what finish_some() still has to close, the next one last
  std::uint64_t serial_ = 0;
};

}  // namespace dcmwatch
