// One direction of a TCP connection: its segments put in order, its holes, and the appetite of who reads it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "assemble/stream.h"
#include "base/limits.h"

namespace dcmwatch {

/// Offsets count the direction's payload bytes from the first that was, or should have been, seen.
///
/// A hole inside bytes that nobody wants costs nothing: the stream goes on behind it, the hole is remembered, and
/// counts as missing once the peer acknowledges beyond it. A hole inside wanted bytes holds what comes after it until
/// it is filled or given up.
class HalfStream {
 public:
  /// Where this direction's bytes go.
  struct Target {
    StreamSink* sink;  ///< may be null: everything is skipped
    Direction direction;
    DirectionStatistics& statistics;
    const Limits& limits;
  };

  /// The sequence number of the first payload byte.
  void start(std::uint32_t sequence) {
    base_ = sequence;
    started_ = true;
  }
  [[nodiscard]] bool started() const { return started_; }

  /// Unwraps a sequence number to the offset nearest to what is expected next. Negative: before the start.
  [[nodiscard]] std::int64_t offset_of(std::uint32_t sequence) const {
    const auto expected = static_cast<std::uint32_t>(base_ + static_cast<std::uint64_t>(next_));
    return next_ + static_cast<std::int32_t>(sequence - expected);
  }

  /// `payload` may be shorter than `wire_bytes`, cut by a snap length: the rest will not come.
  /// False if the segment is so far beyond what is expected that it is left out: a stray or forged one. Where segments
  /// keep following each other out there, the third is believed, and what lies before it is lost.
  bool on_segment(const Target& target, const Mark& mark, std::int64_t offset, ByteView payload,
                  std::uint32_t wire_bytes);
  /// Ignored where no FIN can be: before bytes already seen, or far beyond them.
  void on_fin(const Limits& limits, std::int64_t offset);
  /// The peer has everything before `offset`. Ignored where that is far beyond what was sent.
  void on_acknowledged(const Target& target, const Mark& mark, std::int64_t offset);

  /// Gives up a hole whose time has come, however many follow. The mark of what it tells bears the deadline.
  void expire(const Target& target, Timestamp now, const Mark& last);
  /// Gives up the hole before what is held, if there is one: a limit was reached.
  void give_up_hole(const Target& target, const Mark& mark);
  /// Tells everything that is left to tell.
  void close(const Target& target, const Mark& mark);
  /// A clock step: waiting starts anew.
  void rebase(Timestamp now) { hole_since_ = now; }

  [[nodiscard]] bool finished() const { return fin_ && next_ >= *fin_; }
  [[nodiscard]] bool fin_seen() const { return fin_.has_value(); }
  [[nodiscard]] std::int64_t expected() const { return next_; }
  [[nodiscard]] std::size_t held_bytes() const { return held_bytes_; }
  [[nodiscard]] std::size_t held_segments() const { return held_.size(); }
  [[nodiscard]] bool waiting() const { return !held_.empty(); }

 private:
  struct Held {
    std::int64_t offset;
    std::uint32_t wire_bytes;
    Mark mark;
    std::vector<std::uint8_t> payload;
  };
  struct Hole {
    std::int64_t begin;
    std::int64_t end;
  };
  struct Skip {
    Appetite left = 0;
    std::uint64_t bytes = 0;
    std::uint64_t missing = 0;
    Mark first;
  };

  bool plausible(const Target& target, const Mark& mark, std::int64_t offset, std::int64_t end);
  void give_up_or_drop(const Target& target, const Mark& mark, bool acknowledged);
  void consume(const Target& target, const Mark& mark, ByteView payload, std::uint64_t wire_bytes);
  void drain(const Target& target);
  void hold(const Target& target, const Mark& mark, std::int64_t offset, ByteView payload, std::uint32_t wire_bytes);
  void pass_unseen(const Target& target, const Mark& mark, std::uint64_t bytes);
  void skip(const Target& target, const Mark& mark, std::uint64_t bytes, std::uint64_t missing);
  void tell_skipped(const Target& target, const Mark& mark);
  void lose(const Target& target, const Mark& mark, std::uint64_t bytes);
  void count_missing(const Target& target, const Mark& mark, std::uint64_t bytes);
  std::uint64_t fill_holes(std::int64_t begin, std::int64_t end);

  std::vector<Held> held_;   ///< by offset; what came first stands first among equals
  std::vector<Hole> holes_;  ///< in skipped bytes, by offset, not yet acknowledged
  Skip skip_;
  std::int64_t next_ = 0;
  std::int64_t acknowledged_ = 0;
  std::optional<std::int64_t> fin_;
  Timestamp hole_since_{};
  std::int64_t hole_begin_ = 0;     ///< next_ when waiting began
  std::int64_t strangers_end_ = 0;  ///< where the latest implausible segment ended
  unsigned strangers_ = 0;          ///< implausible segments that followed one another
  std::size_t held_bytes_ = 0;
  std::uint32_t base_ = 0;
  bool started_ = false;
};

}  // namespace dcmwatch
