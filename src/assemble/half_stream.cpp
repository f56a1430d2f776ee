#include "assemble/half_stream.h"

#include <algorithm>
#include <utility>

namespace dcmwatch {
namespace {

ByteView without_front(ByteView bytes, std::int64_t count) {
  return bytes.subspan(std::min(bytes.size(), static_cast<std::size_t>(count)));
}

}  // namespace

bool HalfStream::on_segment(const Target& target, const Mark& mark, std::int64_t offset, ByteView payload,
                            std::uint32_t wire_bytes) {
  if (wire_bytes == 0) return true;
  const std::int64_t end = offset + wire_bytes;
  if (!plausible(target, mark, offset, end)) return false;
  if (offset < next_) {
    const std::uint64_t filled = fill_holes(offset, std::min(end, next_));
    const bool keep_alive = wire_bytes == 1 && end == next_;  // RFC 9293 3.8.4
    if (filled != 0) {
      ++target.statistics.out_of_order_packets;
    } else if (!keep_alive) {
      ++target.statistics.retransmitted_packets;
    }
    if (end <= next_) return true;
    payload = without_front(payload, next_ - offset);
    wire_bytes = static_cast<std::uint32_t>(end - next_);
    offset = next_;
  }
  if (offset > next_) {
    const auto hole_bytes = static_cast<std::uint64_t>(offset - next_);
    if (hole_bytes > skip_.left) {
      hold(target, mark, offset, payload, wire_bytes);
      return true;
    }
    pass_unseen(target, mark, hole_bytes);
  }
  consume(target, mark, payload, wire_bytes);
  drain(target);
  return true;
}

bool HalfStream::plausible(const Target& target, const Mark& mark, std::int64_t offset, std::int64_t end) {
  if (offset - next_ <= target.limits.sequence_window_bytes) return true;
  constexpr unsigned kBelieved = 3;
  strangers_ = offset == strangers_end_ ? strangers_ + 1 : 1;
  strangers_end_ = end;
  if (strangers_ < kBelieved) return false;
  while (!held_.empty()) give_up_hole(target, mark);
  lose(target, mark, static_cast<std::uint64_t>(offset - next_));
  return true;
}

void HalfStream::on_fin(const Limits& limits, std::int64_t offset) {
  if (offset >= next_ && offset - next_ <= limits.sequence_window_bytes) fin_ = offset;
}

void HalfStream::on_acknowledged(const Target& target, const Mark& mark, std::int64_t offset) {
  if (offset <= acknowledged_ || offset - next_ > target.limits.sequence_window_bytes) return;
  acknowledged_ = offset;
  std::uint64_t missing = 0;
  std::size_t past = 0;
  while (past < holes_.size() && holes_[past].end <= acknowledged_) {
    missing += static_cast<std::uint64_t>(holes_[past].end - holes_[past].begin);
    ++past;
  }
  if (past == 0) return;
  holes_.erase(holes_.begin(), holes_.begin() + static_cast<std::ptrdiff_t>(past));
  count_missing(target, mark, missing);
}

void HalfStream::expire(const Target& target, Timestamp now, const Mark& last) {
  while (!held_.empty()) {
    const bool acknowledged = acknowledged_ >= held_.front().offset;
    const Timestamp deadline =
        hole_since_ + (acknowledged ? target.limits.reorder_window : target.limits.unacknowledged_window);
    if (now < deadline) return;
    give_up_or_drop(target, {deadline, last.source, last.packet}, acknowledged);
  }
}

// Bytes that the peer never acknowledged, while the stream went on before them: they were no part of it.
void HalfStream::give_up_or_drop(const Target& target, const Mark& mark, bool acknowledged) {
  if (acknowledged || next_ == hole_begin_) {
    give_up_hole(target, mark);
    return;
  }
  held_bytes_ -= held_.front().payload.size();
  held_.erase(held_.begin());
  hole_since_ = mark.time;
  hole_begin_ = next_;
}

void HalfStream::give_up_hole(const Target& target, const Mark& mark) {
  if (held_.empty()) return;
  const std::int64_t end = held_.front().offset;
  if (end > next_) lose(target, mark, static_cast<std::uint64_t>(end - next_));
  drain(target);
  hole_since_ = mark.time;
  hole_begin_ = next_;
}

void HalfStream::close(const Target& target, const Mark& mark) {
  while (!held_.empty()) give_up_hole(target, mark);
  // A FIN takes a sequence number: one byte acknowledged beyond the last seen may be a FIN that was not captured.
  std::int64_t known_end = fin_.value_or(acknowledged_);
  if (!fin_ && acknowledged_ == next_ + 1) known_end = next_;
  if (started_ && known_end > next_) lose(target, mark, static_cast<std::uint64_t>(known_end - next_));
  std::uint64_t missing = 0;
  for (const Hole& hole : std::exchange(holes_, {})) missing += static_cast<std::uint64_t>(hole.end - hole.begin);
  if (missing != 0) count_missing(target, mark, missing);
  if (skip_.bytes != 0) tell_skipped(target, mark);
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
      next_ += static_cast<std::int64_t>(given.size());
      target.statistics.bytes += given.size();
      wire_bytes -= given.size();
      skip_ = {};
      skip_.left = target.sink ? target.sink->on_bytes(target.direction, mark, given) : kWantNothing;
    }
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
    ++used;
    held_bytes_ -= first.payload.size();
    const std::int64_t end = first.offset + first.wire_bytes;
    if (end <= next_) continue;
    consume(target, first.mark, without_front(first.payload, next_ - first.offset),
            static_cast<std::uint64_t>(end - next_));
  }
  if (used == 0) return;
  held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(used));
  hole_begin_ = next_;
}

void HalfStream::hold(const Target& target, const Mark& mark, std::int64_t offset, ByteView payload,
                      std::uint32_t wire_bytes) {
  if (held_.empty()) {
    hole_since_ = mark.time;
    hole_begin_ = next_;
  }
  const auto place =
      std::upper_bound(held_.begin(), held_.end(), offset, [](std::int64_t o, const Held& h) { return o < h.offset; });
  held_bytes_ += payload.size();
  held_.insert(place, Held{offset, wire_bytes, mark, {payload.begin(), payload.end()}});
  ++target.statistics.out_of_order_packets;
}

void HalfStream::pass_unseen(const Target& target, const Mark& mark, std::uint64_t bytes) {
  holes_.push_back({next_, next_ + static_cast<std::int64_t>(bytes)});
  skip(target, mark, bytes, 0);
  if (holes_.size() <= target.limits.holes_per_direction) return;
  const Hole oldest = holes_.front();
  holes_.erase(holes_.begin());
  count_missing(target, mark, static_cast<std::uint64_t>(oldest.end - oldest.begin));
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

void HalfStream::count_missing(const Target& target, const Mark& mark, std::uint64_t bytes) {
  target.statistics.missing_bytes += bytes;
  if (skip_.left != 0) {
    skip_.missing += bytes;
  } else if (target.sink) {
    target.sink->on_skipped(target.direction, mark, mark, 0, bytes);
  }
}

// Bytes that came late into holes of skipped bytes.
std::uint64_t HalfStream::fill_holes(std::int64_t begin, std::int64_t end) {
  std::uint64_t filled = 0;
  for (std::size_t i = 0; i < holes_.size(); ++i) {
    const Hole hole = holes_[i];
    const Hole late{std::max(hole.begin, begin), std::min(hole.end, end)};
    if (late.begin >= late.end) continue;
    filled += static_cast<std::uint64_t>(late.end - late.begin);
    std::vector<Hole> left;
    if (hole.begin < late.begin) left.push_back({hole.begin, late.begin});
    if (late.end < hole.end) left.push_back({late.end, hole.end});
    const auto at = holes_.erase(holes_.begin() + static_cast<std::ptrdiff_t>(i));
    holes_.insert(at, left.begin(), left.end());
    i += left.size();
    --i;
  }
  return filled;
}

}  // namespace dcmwatch
