#include "assemble/half_stream.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace dcmwatch {
namespace {

// Room for so many held segments, or holes, is not given back.
constexpr std::size_t kKeptPlaces = 64;

ByteView without_front(ByteView bytes, std::int64_t count) {
  return bytes.subspan(std::min(bytes.size(), static_cast<std::size_t>(count)));
}

// Of bytes at `offset`, those from `begin` up to `end`, as far as they were captured.
ByteView part(ByteView bytes, std::int64_t offset, std::int64_t begin, std::int64_t end) {
  const ByteView rest = without_front(bytes, begin - offset);
  return rest.first(std::min(rest.size(), static_cast<std::size_t>(end - begin)));
}

bool differ(ByteView one, ByteView other) {
  const std::size_t both = std::min(one.size(), other.size());
  return both != 0 && std::memcmp(one.data(), other.data(), both) != 0;
}

}  // namespace

HalfStream::Verdict HalfStream::on_segment(const Target& target, const Mark& mark, std::int64_t offset,
                                           ByteView payload, std::uint32_t wire_bytes, std::int64_t after) {
  if (wire_bytes == 0) return Verdict::taken;
  const std::int64_t end = offset + wire_bytes;
  if (const Verdict verdict = judge(target, mark, offset, end); verdict != Verdict::taken) return verdict;
  if (offset < next_) {
    count_repeated(target, offset, end);
    if (end <= next_) return Verdict::taken;
    payload = without_front(payload, next_ - offset);
    wire_bytes = static_cast<std::uint32_t>(end - next_);
    offset = next_;
  }
  const auto hole_bytes = static_cast<std::uint64_t>(offset - next_);
  const bool early = after > target.peer_seen && wants(offset, wire_bytes);
  const bool behind_early = !held_.empty() && held_.front().offset <= next_;
  if (hole_bytes > skip_.left || early || behind_early) {
    hold(target, mark, offset, payload, wire_bytes, after);
    return Verdict::taken;
  }
  if (hole_bytes != 0) pass_unseen(target, mark, hole_bytes);
  consume(target, mark, payload, wire_bytes);
  drain(target);
  return Verdict::taken;
}

HalfStream::Verdict HalfStream::judge(const Target& target, const Mark& mark, std::int64_t offset, std::int64_t end) {
  const std::int64_t distance = offset - next_;
  if (std::abs(distance) <= target.limits.sequence_window_bytes) return Verdict::taken;
  constexpr unsigned kBelieved = 3;
  strangers_ = offset == strangers_end_ ? strangers_ + 1 : 1;
  strangers_end_ = end;
  if (strangers_ < kBelieved) return Verdict::stray;
  if (distance < 0) return Verdict::another;
  while (!held_.empty()) give_up_first(target, mark);
  if (offset > next_) lose_hole(target, mark, offset);
  return Verdict::taken;
}

// Of a segment's bytes, those before what is expected: they came late, or again.
void HalfStream::count_repeated(const Target& target, std::int64_t offset, std::int64_t end) {
  if (fill_holes(offset, std::min(end, next_)) != 0) {
    ++target.statistics.out_of_order_packets;
    return;
  }
  // A keep-alive, or a segment whose first byte has probed a closed window before (RFC 9293 3.8.4, 3.8.6.1).
  if (offset == next_ - 1) return;
  ++target.statistics.retransmitted_packets;
  resent_end_ = std::max(resent_end_, end);
  const bool kept = unacknowledged_.begin() <= offset && std::min(end, next_) <= unacknowledged_.end();
  if (!kept) ++target.counters.incomparable_packets;
}

bool HalfStream::conflicts(std::int64_t offset, ByteView payload, std::uint32_t wire_bytes) const {
  if (wire_bytes == 1 && offset == next_ - 1) return false;
  if (offset < unacknowledged_.end() && !unacknowledged_.same(offset, payload)) return true;
  const std::int64_t end = offset + wire_bytes;
  return std::ranges::any_of(held_, [&](const Held& held) {
    const std::int64_t from = std::max(offset, held.offset);
    const std::int64_t to = std::min(end, held.end());
    return from < to && differ(part(payload, offset, from, to), part(held.payload, held.offset, from, to));
  });
}

void HalfStream::tell_conflict(const Target& target, const Mark& mark, std::int64_t offset, std::uint64_t length) {
  ++target.statistics.conflicting_packets;
  ++target.counters.conflicting_packets;
  if (!target.sink || std::exchange(conflict_told_, true)) return;
  target.sink->on_conflict(target.direction, mark, static_cast<std::uint64_t>(std::max<std::int64_t>(offset, 0)),
                           length);
}

void HalfStream::on_fin(const Limits& limits, std::int64_t offset) {
  if (offset >= next_ && offset - next_ <= limits.sequence_window_bytes) fin_ = offset;
}

void HalfStream::acknowledge(const Target& target, const Mark& mark, std::int64_t offset) {
  if (offset - next_ > target.limits.sequence_window_bytes) return;
  if (offset > next_ && acknowledged_ <= next_) acknowledged_beyond_since_ = mark.time;
  acknowledged_ = offset;
  if (unacknowledged_.has_block()) {
    unacknowledged_.acknowledge(offset);
    if (offset >= unacknowledged_.end()) target.buffers.take_back(unacknowledged_);
  }
  if (!holes_.empty()) settle_holes(target, mark);
}

// Holes that were acknowledged and have had their time count as missing.
void HalfStream::settle_holes(const Target& target, const Mark& mark) {
  std::size_t past = 0;
  while (past < holes_.size() && holes_[past].end <= acknowledged_ &&
         holes_[past].since + target.limits.reorder_window <= mark.time) {
    ++past;
  }
  if (past != 0) count_missing(target, mark, past);
}

Timestamp HalfStream::due(const Target& target) const {
  const bool unsettled = !holes_.empty() && holes_.front().end <= acknowledged_;
  const Timestamp settled = unsettled ? holes_.front().since + target.limits.reorder_window : Timestamp::max();
  return std::min(settled, held_due(target));
}

Timestamp HalfStream::held_due(const Target& target) const {
  if (held_.empty()) return Timestamp::max();
  const Held& first = held_.front();
  if (first.offset <= next_)
    return first.after > target.peer_seen ? first.mark.time + target.limits.reorder_window : Timestamp::min();
  if (acknowledged_ < first.offset) return hole_since_ + target.limits.unacknowledged_window;
  return std::max(hole_since_, acknowledged_beyond_since_) + target.limits.reorder_window;
}

void HalfStream::expire_holes(const Target& target, const Mark& mark) {
  if (!holes_.empty()) settle_holes(target, mark);
  while (!held_.empty() && held_.front().offset > next_ && held_due(target) <= mark.time) {
    lose_or_drop(target, mark, acknowledged_ >= held_.front().offset);
  }
}

std::optional<std::int64_t> HalfStream::overdue_question(const Target& target, Timestamp now) const {
  if (held_.empty() || held_.front().offset > next_ || held_.front().after <= target.peer_seen) return std::nullopt;
  return held_due(target) <= now ? std::optional{held_.front().after} : std::nullopt;
}

void HalfStream::lose_question(const Target& target, const Mark& mark, std::int64_t end) {
  const std::int64_t lost_end = fin_seen() ? std::min(fin_, end) : end;
  // One byte that nobody saw may be a FIN.
  while (next_ + 1 < end && next_ < lost_end && (held_.empty() || held_.front().offset > next_)) {
    lose_hole(target, mark, held_.empty() ? lost_end : std::min(held_.front().offset, lost_end));
    go_on_behind_hole(target, mark);
  }
  std::size_t holes = 0;
  while (holes < holes_.size() && holes_[holes].begin + 1 < end) ++holes;
  if (holes != 0) count_missing(target, mark, holes);
  tell_skipped_so_far(target, mark);
}

void HalfStream::release_early(const Target& target) {
  if (!held_.empty() && held_.front().offset <= next_) drain(target);
}

// Bytes that the peer never acknowledged, while the stream went on before them: they were no part of it.
void HalfStream::lose_or_drop(const Target& target, const Mark& mark, bool acknowledged) {
  if (acknowledged || next_ == hole_begin_) {
    give_up_hole(target, mark);
    return;
  }
  drop_first(target);
  hole_since_ = mark.time;
  hole_begin_ = next_;
}

void HalfStream::drop_first(const Target& target) {
  held_bytes_ -= held_.front().cost_bytes();
  target.buffers.give_back(std::move(held_.front().payload));
  held_.erase(held_.begin());
}

void HalfStream::give_up_first(const Target& target, const Mark& mark) {
  if (held_.empty()) return;
  held_.front().after = kNothing;
  give_up_hole(target, mark);
}

void HalfStream::give_up_hole(const Target& target, const Mark& mark) {
  if (held_.empty()) return;
  if (held_.front().offset > next_) lose_hole(target, mark, held_.front().offset);
  go_on_behind_hole(target, mark);
}

void HalfStream::go_on_behind_hole(const Target& target, const Mark& mark) {
  drain(target);
  // The next hole has waited, too, since what stands behind it came: answers to that wait no longer.
  hole_since_ = held_.empty() ? mark.time : std::min(mark.time, held_.front().mark.time);
  hole_begin_ = next_;
}

// A FIN takes a sequence number: one byte acknowledged beyond the last seen may be a FIN that was not captured.
void HalfStream::lose_unseen_end(const Target& target, const Mark& mark) {
  if (!started_ || !held_.empty() || acknowledged_ <= next_ + 1) return;
  if (acknowledged_beyond_since_ + target.limits.reorder_window > mark.time) return;
  lose_hole(target, mark, fin_seen() ? std::min(fin_, acknowledged_) : acknowledged_);
}

void HalfStream::close(const Target& target, const Mark& mark) {
  while (!held_.empty()) give_up_first(target, mark);
  std::int64_t known_end = fin_seen() ? fin_ : acknowledged_;
  if (!fin_seen() && acknowledged_ == next_ + 1) known_end = next_;
  if (started_ && known_end > next_) lose_hole(target, mark, known_end);
  if (!holes_.empty()) count_missing(target, mark, holes_.size());
  if (skip_.bytes != 0) tell_skipped(target, mark);
  if (unacknowledged_.has_block()) target.buffers.take_back(unacknowledged_);
}

void HalfStream::reset() {
  std::vector<Held> held = std::exchange(held_, {});
  std::vector<Hole> holes = std::exchange(holes_, {});
  *this = {};
  if (held.capacity() <= kKeptPlaces) held_ = std::move(held);
  if (holes.capacity() <= kKeptPlaces) holes_ = std::move(holes);
}

void HalfStream::rebase(Timestamp now) {
  hole_since_ = acknowledged_beyond_since_ = now;
  for (Hole& hole : holes_) hole.since = now;
  for (Held& held : held_) held.after = kNothing;
}

// What stands at next_, in order: to the sink what it wants, to the count what it does not.
void HalfStream::consume(const Target& target, const Mark& mark, ByteView payload, std::uint64_t wire_bytes) {
  while (wire_bytes != 0) {
    if (skip_.left != 0) {
      const std::uint64_t bytes = std::min(skip_.left, wire_bytes);
      const std::uint64_t seen = std::min<std::uint64_t>(bytes, payload.size());
      payload = payload.subspan(seen);
      wire_bytes -= bytes;
      skip(target, mark, bytes, bytes - seen);
    } else if (payload.empty()) {
      lose(target, mark, wire_bytes);
      wire_bytes = 0;
    } else {
      const ByteView given = std::exchange(payload, {});
      keep_for_comparison(target, given);
      next_ += static_cast<std::int64_t>(given.size());
      target.statistics.bytes += given.size();
      wire_bytes -= given.size();
      skip_ = {};
      skip_.left = target.sink ? target.sink->on_bytes(target.direction, mark, given) : kWantNothing;
    }
  }
}

void HalfStream::keep_for_comparison(const Target& target, ByteView given) {
  if (!target.sink || acknowledged_ >= next_ + static_cast<std::int64_t>(given.size())) return;
  if (!unacknowledged_.has_block()) target.buffers.lend(unacknowledged_);
  if (unacknowledged_.has_block()) {
    unacknowledged_.append(next_, given);
  } else {
    ++target.counters.unacknowledged_not_kept;
  }
}

void HalfStream::drain(const Target& target) {
  std::size_t used = 0;
  while (used < held_.size()) {
    Held& first = held_[used];
    if (first.offset > next_) {
      const auto hole_bytes = static_cast<std::uint64_t>(first.offset - next_);
      if (hole_bytes > skip_.left) break;
      pass_unseen(target, first.mark, hole_bytes);
    }
    if (first.after > target.peer_seen) break;
    ++used;
    held_bytes_ -= first.cost_bytes();
    if (first.end() > next_) {
      consume(target, first.mark, without_front(first.payload, next_ - first.offset),
              static_cast<std::uint64_t>(first.end() - next_));
    }
    target.buffers.give_back(std::move(first.payload));
  }
  if (used == 0) return;
  held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(used));
  if (held_.empty() && held_.capacity() > kKeptPlaces) held_ = {};
  hole_begin_ = next_;
}

// Keeps what is not held yet: of two segments at one place, what came first counts.
void HalfStream::hold(const Target& target, const Mark& mark, std::int64_t offset, ByteView payload,
                      std::uint32_t wire_bytes, std::int64_t after) {
  if (held_.empty()) {
    hole_since_ = mark.time;
    hole_begin_ = next_;
  }
  const std::int64_t end = offset + wire_bytes;
  bool fresh = false;
  std::int64_t from = offset;
  std::size_t at = 0;
  while (from < end) {
    while (at < held_.size() && held_[at].end() <= from) ++at;
    const bool another = at < held_.size() && held_[at].offset < end;
    const std::int64_t to = another ? held_[at].offset : end;
    if (from < to) {
      const ByteView piece = part(payload, offset, from, to);
      const auto held =
          held_.insert(held_.begin() + static_cast<std::ptrdiff_t>(at),
                       Held{from, static_cast<std::uint32_t>(to - from), mark, after, target.buffers.copy(piece)});
      held_bytes_ += held->cost_bytes();
      fresh = true;
      ++at;
    }
    from = another ? held_[at].end() : end;
  }
  ++(fresh ? target.statistics.out_of_order_packets : target.statistics.retransmitted_packets);
}

void HalfStream::pass_unseen(const Target& target, const Mark& mark, std::uint64_t bytes) {
  holes_.push_back({next_, next_ + static_cast<std::int64_t>(bytes), mark.time});
  skip(target, mark, bytes, 0);
  if (holes_.size() <= target.limits.holes_per_direction) return;
  ++target.counters.holes_forgotten;
  count_missing(target, mark, 1);
}

void HalfStream::skip(const Target& target, const Mark& mark, std::uint64_t bytes, std::uint64_t missing) {
  if (skip_.bytes == 0) skip_.first = mark;
  next_ += static_cast<std::int64_t>(bytes);
  target.statistics.bytes += bytes;
  target.statistics.missing_bytes += missing;
  skip_.bytes += bytes;
  skip_.missing += missing;
  if (skip_.left == kWantNothing) return;
  skip_.left -= bytes;
  if (skip_.left == 0) tell_skipped(target, mark);
}

void HalfStream::tell_skipped(const Target& target, const Mark& mark) {
  const Skip told = std::exchange(skip_, {});
  if (target.sink) target.sink->on_skipped(target.direction, told.first, mark, told.bytes, told.missing);
}

// The bytes from next_ to `end` were in no packet that was captured.
void HalfStream::lose_hole(const Target& target, const Mark& mark, std::int64_t end) {
  if (next_ != lost_end_) ++target.statistics.gaps;
  lost_end_ = end;
  const auto unseen = static_cast<std::uint64_t>(std::clamp<std::int64_t>(acknowledged_ - next_, 0, end - next_));
  target.statistics.unseen_bytes += unseen;
  target.counters.unseen_bytes += unseen;
  lose(target, mark, static_cast<std::uint64_t>(end - next_));
}

// The bytes at next_ will not come: those that nobody wants are skipped, the others are a gap.
void HalfStream::lose(const Target& target, const Mark& mark, std::uint64_t bytes) {
  const std::uint64_t unwanted = std::min(skip_.left, bytes);
  if (unwanted != 0) skip(target, mark, unwanted, unwanted);
  bytes -= unwanted;
  if (bytes == 0) return;
  next_ += static_cast<std::int64_t>(bytes);
  target.statistics.bytes += bytes;
  target.statistics.missing_bytes += bytes;
  if (target.sink) target.sink->on_gap(target.direction, mark, bytes);
}

// The first `holes` of them will not be filled.
void HalfStream::count_missing(const Target& target, const Mark& mark, std::size_t holes) {
  std::uint64_t missing = 0;
  std::uint64_t unseen = 0;
  for (std::size_t i = 0; i < holes; ++i) {
    const auto bytes = static_cast<std::uint64_t>(holes_[i].end - holes_[i].begin);
    missing += bytes;
    if (holes_[i].end <= acknowledged_) unseen += bytes;
  }
  holes_.erase(holes_.begin(), holes_.begin() + static_cast<std::ptrdiff_t>(holes));
  target.statistics.gaps += holes;
  target.statistics.missing_bytes += missing;
  target.statistics.unseen_bytes += unseen;
  target.counters.unseen_bytes += unseen;
  if (skip_.left != 0) {
    skip_.missing += missing;
  } else if (target.sink) {
    target.sink->on_skipped(target.direction, mark, mark, 0, missing);
  }
}

// Bytes that came late into holes of skipped bytes: how many.
std::uint64_t HalfStream::fill_holes(std::int64_t begin, std::int64_t end) {
  std::uint64_t filled = 0;
  for (std::size_t i = 0; i < holes_.size();) {
    const Hole hole = holes_[i];
    const std::int64_t from = std::max(hole.begin, begin);
    const std::int64_t to = std::min(hole.end, end);
    if (from >= to) {
      ++i;
      continue;
    }
    filled += static_cast<std::uint64_t>(to - from);
    auto at = holes_.erase(holes_.begin() + static_cast<std::ptrdiff_t>(i));
    if (to < hole.end) at = holes_.insert(at, {to, hole.end, hole.since});
    if (hole.begin < from) at = holes_.insert(at, {hole.begin, from, hole.since});
    i = static_cast<std::size_t>(at - holes_.begin()) + (to < hole.end ? 1 : 0) + (hole.begin < from ? 1 : 0);
  }
  return filled;
}

}  // namespace dcmwatch
