// One direction of a TCP connection: its segments put in order, its holes, and the appetite of who reads it.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "assemble/counters.h"
#include "assemble/held_bytes.h"
#include "assemble/stream.h"
#include "base/limits.h"

namespace dcmwatch {

/// Offsets count the direction's payload bytes from the first that was, or should have been, seen.
///
/// A hole inside bytes that nobody wants costs nothing: the stream goes on behind it, the hole is remembered, and
/// counts as missing once the peer has acknowledged beyond it and the reorder window has passed. A hole inside wanted
/// bytes holds what comes after it until it is filled or given up. Wanted bytes that acknowledge what the other
/// direction has not shown yet were captured too early: they are held likewise, for as long as the reorder window, so
/// that an answer never comes before its question.
class HalfStream {
 public:
  /// Where this direction's bytes go.
  struct Target {
    StreamSink* sink;  ///< may be null: everything is skipped
    Direction direction;
    DirectionStatistics& statistics;
    const Limits& limits;
    HeldBuffers& buffers;
    AssemblyCounters& counters;
    std::int64_t peer_seen;  ///< the other direction's seen_up_to()
  };

  /// What a segment is taken for.
  enum class Verdict : std::uint8_t {
    taken,
    stray,   ///< so far from what is expected that it was left out: a stray or forged one
    another  ///< strays that follow each other before what was seen: another connection's, whose start was not seen
  };

  static constexpr std::int64_t kNothing = std::numeric_limits<std::int64_t>::min();

  /// The sequence number of the first payload byte.
  void start(std::uint32_t sequence) {
    base_ = sequence;
    started_ = true;
  }
  [[nodiscard]] bool started() const { return started_; }
  /// As new; small buffers are kept. Only after close().
  void reset();

  /// Unwraps a sequence number to the offset nearest to what is expected next. Negative: before the start.
  [[nodiscard]] std::int64_t offset_of(std::uint32_t sequence) const {
    return next_ + static_cast<std::int32_t>(sequence - expected_sequence());
  }
  [[nodiscard]] std::uint32_t expected_sequence() const {
    return static_cast<std::uint32_t>(base_ + static_cast<std::uint64_t>(next_));
  }

  /// Most of all segments: in order, and all of it inside bytes that nobody wants. A compare and an add; false where it
  /// is anything else, and on_segment() is to be called.
  bool skip_in_order(DirectionStatistics& statistics, std::uint32_t sequence, std::size_t payload_bytes,
                     std::uint32_t wire_bytes) {
    if (sequence != expected_sequence() || wire_bytes >= skip_.left || skip_.bytes == 0 || !held_.empty()) return false;
    const std::uint64_t cut = wire_bytes - payload_bytes;
    next_ += wire_bytes;
    statistics.bytes += wire_bytes;
    statistics.missing_bytes += cut;
    skip_.bytes += wire_bytes;
    skip_.missing += cut;
    if (skip_.left != kWantNothing) skip_.left -= wire_bytes;
    return true;
  }

  /// `payload` may be shorter than `wire_bytes`, cut by a snap length: the rest will not come. `after`: what of the
  /// other direction the segment acknowledges. A segment that is far ahead is a stray; where such ones keep following
  /// each other, the third is believed, and what lies before it is lost.
  Verdict on_segment(const Target& target, const Mark& mark, std::int64_t offset, ByteView payload,
                     std::uint32_t wire_bytes, std::int64_t after = kNothing);
  /// Ignored where no FIN can be: before bytes already seen, or far beyond them.
  void on_fin(const Limits& limits, std::int64_t offset);
  /// The peer has everything before `offset`. Ignored where that is far beyond what was sent.
  void on_acknowledged(const Target& target, const Mark& mark, std::int64_t offset) {
    if (offset > acknowledged_) acknowledge(target, mark, offset);
  }

  /// Whether a segment has bytes that somebody would look at.
  [[nodiscard]] bool wants(std::int64_t offset, std::uint32_t wire_bytes) const {
    const std::int64_t end = offset + wire_bytes;
    return end > next_ && static_cast<std::uint64_t>(end - next_) > skip_.left;
  }
  /// Whether a segment repeats bytes, still kept, with other bytes than the first time. A keep-alive does not: its byte
  /// is anything (RFC 9293 3.8.4).
  [[nodiscard]] bool conflicts(std::int64_t offset, ByteView payload, std::uint32_t wire_bytes) const;
  /// Counts it, and tells the sink the first.
  void tell_conflict(const Target& target, const Mark& mark, std::int64_t offset, std::uint64_t length);

  /// When what has waited longest has had its time; Timestamp::max() where nothing waits.
  [[nodiscard]] Timestamp due(const Target& target) const;
  /// Gives up the holes that have had their time, which is `mark`'s. What stands behind them may still wait for the
  /// other direction.
  void expire_holes(const Target& target, const Mark& mark);
  /// Gives what was captured before what it acknowledges, as far as that is there by now.
  void release_early(const Target& target);
  /// Where that has not come in time: up to where the first of it acknowledges the other direction, which is to
  /// lose_question() before give_up_first().
  [[nodiscard]] std::optional<std::int64_t> overdue_question(const Target& target, Timestamp now) const;
  /// What was not seen before `end`, which the other direction acknowledges, is lost.
  void lose_question(const Target& target, const Mark& mark, std::int64_t end);
  /// Nothing followed what the peer acknowledged and nobody saw: once that has had its time, it is lost.
  void lose_unseen_end(const Target& target, const Mark& mark);
  /// Gives up the hole before what is held, if there is one.
  void give_up_hole(const Target& target, const Mark& mark);
  /// And what stands behind it waits for the other direction no longer: a limit was reached.
  void give_up_first(const Target& target, const Mark& mark);
  /// Tells the skipped bytes that were not told yet; to be called before the other direction's bytes are, which may end
  /// what these belong to.
  void tell_skipped_so_far(const Target& target, const Mark& mark) {
    if (skip_.bytes == 0) return;
    const Appetite left = skip_.left;
    tell_skipped(target, mark);
    skip_.left = left;
  }
  /// Tells everything that is left to tell, and gives back every buffer.
  void close(const Target& target, const Mark& mark);
  /// A clock step: waiting starts anew.
  void rebase(Timestamp now);

  [[nodiscard]] bool finished() const { return fin_seen() && next_ >= fin_; }
  [[nodiscard]] bool fin_seen() const { return fin_ != kNothing; }
  [[nodiscard]] bool fin_acknowledged() const { return fin_seen() && acknowledged_ > fin_; }
  [[nodiscard]] std::int64_t expected() const { return next_; }
  [[nodiscard]] std::int64_t acknowledged() const { return acknowledged_; }
  /// Of the last bytes that were seen: those that surely never arrived. None was acknowledged, and not only by a packet
  /// that was not captured: the first of them was sent again, or `refused` by a RST of who knows of no connection.
  [[nodiscard]] std::uint64_t undelivered_bytes(bool refused) const {
    const bool sure = refused || resent_end_ > acknowledged_;
    return sure && next_ > acknowledged_ ? static_cast<std::uint64_t>(next_ - acknowledged_) : 0;
  }
  /// Everything before it was seen or given up. One more than that, for a FIN takes a sequence number and may be
  /// unseen.
  [[nodiscard]] std::int64_t seen_up_to() const { return (holes_.empty() ? next_ : holes_.front().begin) + 1; }
  [[nodiscard]] std::size_t held_bytes() const { return held_bytes_; }
  [[nodiscard]] std::size_t held_segments() const { return held_.size(); }
  [[nodiscard]] bool waiting() const { return !held_.empty(); }

 private:
  struct Held {
    std::int64_t offset;
    std::uint32_t wire_bytes;
    Mark mark;
    std::int64_t after;
    HeldBuffers::Bytes payload;

    [[nodiscard]] std::int64_t end() const { return offset + wire_bytes; }
    /// Itself too: a byte may come alone.
    [[nodiscard]] std::size_t cost_bytes() const { return sizeof(Held) + payload.size(); }
  };
  struct Hole {
    std::int64_t begin;
    std::int64_t end;
    Timestamp since;
  };
  struct Skip {
    Appetite left = 0;
    std::uint64_t bytes = 0;
    std::uint64_t missing = 0;
    Mark first;
  };

  Verdict judge(const Target& target, const Mark& mark, std::int64_t offset, std::int64_t end);
  void count_repeated(const Target& target, std::int64_t offset, std::int64_t end);
  void acknowledge(const Target& target, const Mark& mark, std::int64_t offset);
  void settle_holes(const Target& target, const Mark& mark);
  [[nodiscard]] Timestamp held_due(const Target& target) const;
  void lose_or_drop(const Target& target, const Mark& mark, bool acknowledged);
  void go_on_behind_hole(const Target& target, const Mark& mark);
  void drop_first(const Target& target);
  void consume(const Target& target, const Mark& mark, ByteView payload, std::uint64_t wire_bytes);
  void keep_for_comparison(const Target& target, ByteView given);
  void drain(const Target& target);
  void hold(const Target& target, const Mark& mark, std::int64_t offset, ByteView payload, std::uint32_t wire_bytes,
            std::int64_t after);
  void pass_unseen(const Target& target, const Mark& mark, std::uint64_t bytes);
  void skip(const Target& target, const Mark& mark, std::uint64_t bytes, std::uint64_t missing);
  void tell_skipped(const Target& target, const Mark& mark);
  void lose_hole(const Target& target, const Mark& mark, std::int64_t end);
  void lose(const Target& target, const Mark& mark, std::uint64_t bytes);
  void count_missing(const Target& target, const Mark& mark, std::size_t holes);
  std::uint64_t fill_holes(std::int64_t begin, std::int64_t end);

  // What an unwanted segment in order touches, and an acknowledgement, stands together.
  std::uint32_t base_ = 0;
  bool started_ = false;
  unsigned char strangers_ = 0;  ///< implausible segments that followed one another
  bool conflict_told_ = false;
  std::int64_t next_ = 0;
  std::int64_t acknowledged_ = 0;
  Skip skip_;
  std::vector<Held> held_;   ///< by offset; none overlaps another
  std::vector<Hole> holes_;  ///< in skipped bytes, by offset, not yet counted as missing
  UnacknowledgedBytes unacknowledged_;
  std::int64_t fin_ = kNothing;  ///< where it stands, once seen
  Timestamp hole_since_{};
  Timestamp acknowledged_beyond_since_{};
  std::int64_t hole_begin_ = 0;       ///< next_ when waiting began
  std::int64_t lost_end_ = kNothing;  ///< of the latest hole given up: what is lost right behind it is no other gap
  std::int64_t strangers_end_ = 0;    ///< where the latest implausible segment ended
  std::int64_t resent_end_ = 0;       ///< of all that was sent again
  std::size_t held_bytes_ = 0;
};

}  // namespace dcmwatch
