#include "protocol/hl7/mllp_framer.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace dcmwatch::hl7 {
namespace {

constexpr std::string_view kHeader = "MSH";

constexpr bool may_begin_block(State state) {
  return state == State::between_m || state == State::content_start || state == State::bare_m ||
         state == State::lost_start || state == State::lost_m;
}

bool ends_segment(ByteView content) {
  return !content.empty() && (content.back() == kCarriageReturn || content.back() == kLineFeed);
}

// Gives the memory back: a connection stays open for months.
void release(std::vector<std::uint8_t>& bytes) { std::vector<std::uint8_t>{}.swap(bytes); }

}  // namespace

void MllpFramer::feed(const Mark& mark, ByteView bytes) {
  mark_ = mark;
  fresh_ = bytes;
  position_ = 0;
  begin_ = 0;
  start_blocks_ = ByteFinder{bytes, kStartBlock};
  end_blocks_ = ByteFinder{bytes, kEndBlock};
  carriage_returns_ = ByteFinder{bytes, kCarriageReturn};
  line_feeds_ = ByteFinder{bytes, kLineFeed};
}

std::optional<Unit> MllpFramer::next() {
  release(delivered_);
  for (skip_indifferent(); position_ < fresh_.size(); skip_indifferent()) {
    const Step& taken = step(state_, input_of(fresh_[position_]));
    std::optional<Unit> unit = take(taken);
    state_ = taken.next;
    ++position_;
    if (may_begin_block(state_)) candidate_ = mark_;
    if (unit) return unit;
  }
  keep_rest();
  return std::nullopt;
}

// Almost every byte is content, and means nothing to the framer unless it is one of two; without a start block, or
// where it is sought, a line may begin the next.
void MllpFramer::skip_indifferent() {
  if (state_ == State::content) {
    position_ = std::min(end_blocks_.at_or_after(position_), start_blocks_.at_or_after(position_));
  } else if (state_ == State::bare || state_ == State::lost) {
    position_ = std::min({end_blocks_.at_or_after(position_), start_blocks_.at_or_after(position_),
                          carriage_returns_.at_or_after(position_), line_feeds_.at_or_after(position_)});
  }
}

std::optional<Unit> MllpFramer::take(const Step& taken) {
  std::optional<Unit> unit;
  if (taken.ends) unit = finish(taken.end, state_);
  if (taken.stray && !stray_told_) {
    stray_told_ = true;
    unit = StrayBytes{fresh_offset_ + position_};
  }
  if (taken.begins != Begins::nothing) {
    if (const auto before = unended()) unit = *before;
    begin(taken.begins);
  } else if (state_ == State::lost_end && taken.next == State::between) {
    settled_.reset();
  }
  return unit;
}

void MllpFramer::begin(Begins how) {
  started_ = how != Begins::with_bare_header || certain(state_) == State::lost;
  if (how == Begins::after_this) {
    begin_ = position_ + 1;
    offset_ = fresh_offset_ + position_;
    first_ = mark_;
    return;
  }
  // The header's first letters, and its start block, may have come with earlier segments: what they were is known.
  const std::size_t letters_here = std::min(position_, kHeader.size() - 1);
  begin_ = position_ - letters_here;
  keep(as_bytes(kHeader.substr(0, kHeader.size() - 1 - letters_here)));
  const std::size_t behind = kHeader.size() - 1 + (how == Begins::with_header ? 1 : 0);
  offset_ = fresh_offset_ + position_ - behind;
  first_ = candidate_;
}

Block MllpFramer::finish(BlockEnd end, State state) {
  const std::size_t trailing = trailing_bytes(state);
  const std::uint64_t bytes = earlier_bytes_ + (position_ - begin_) - trailing;
  ByteView seen = fresh_.subspan(begin_);
  if (earlier_bytes_ != 0) {
    keep(fresh_.subspan(begin_, position_ - begin_));
    release(delivered_);
    delivered_.swap(head_);
    seen = delivered_;
  }
  Block block;
  block.content = seen.first(static_cast<std::size_t>(std::min<std::uint64_t>({bytes, head_limit_, seen.size()})));
  block.bytes = bytes;
  block.offset = offset_;
  block.first = first_;
  block.last = end == BlockEnd::complete || position_ > begin_ + trailing ? mark_ : kept_last_;
  block.end = end;
  block.end_seen = state == State::content_end;
  block.started = started_;
  // After an end block only the carriage return is wanting; and a sender that knows of none ends its last segment.
  const bool whole =
      end == BlockEnd::complete || state == State::content_end || (end != BlockEnd::gap && ends_segment(block.content));
  block.cut = block.beyond_limit() || !whole;
  earlier_bytes_ = 0;
  return block;
}

void MllpFramer::keep_rest() {
  if (in_block(state_)) {
    if (fresh_.size() - begin_ > trailing_bytes(state_)) kept_last_ = mark_;
    keep(fresh_.subspan(begin_));
  }
  fresh_offset_ += fresh_.size();
  feed(mark_, {});
}

// Its bytes and a quarter more, and never beyond the limit: what is reserved counts as kept, however it was cut.
void MllpFramer::keep(ByteView content) {
  earlier_bytes_ += content.size();
  const ByteView wanted = content.first(std::min(content.size(), head_limit_ - std::min(head_limit_, head_.size())));
  const std::size_t needed = head_.size() + wanted.size();
  if (needed > head_.capacity()) head_.reserve(std::min(needed + needed / 4, std::max(head_limit_, needed)));
  head_.insert(head_.end(), wanted.begin(), wanted.end());
}

std::optional<Block> MllpFramer::gap(std::uint64_t missing) {
  std::optional<Block> block = interrupt(BlockEnd::gap);
  settled_.reset();  // what ended it may have been lost
  fresh_offset_ += missing;
  return block;
}

std::optional<Block> MllpFramer::close() { return interrupt(BlockEnd::stream_end); }

std::optional<ByteView> MllpFramer::seems_whole() const {
  if (earlier_bytes_ > head_.size()) return std::nullopt;
  if (state_ == State::content_end) return ByteView{head_}.first(head_.size() - 1);
  if ((state_ == State::content || state_ == State::bare_line) && ends_segment(head_)) return ByteView{head_};
  return std::nullopt;
}

Block MllpFramer::settle() {
  const Block block = finish(BlockEnd::settled, state_);
  if (block.started) settled_ = Unended{block.offset, block.bytes, block.first, block.end_seen};
  state_ = block.end_seen ? State::lost_end : State::lost_line;
  return block;
}

std::optional<Unended> MllpFramer::unended() { return std::exchange(settled_, std::nullopt); }

std::optional<Block> MllpFramer::interrupt(BlockEnd end) {
  std::optional<Block> block;
  if (in_block(state_)) block = finish(end, state_);
  state_ = State::lost_line;
  return block;
}

}  // namespace dcmwatch::hl7
