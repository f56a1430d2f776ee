#include "assemble/held_bytes.h"

#include <algorithm>
#include <cstring>

namespace dcmwatch {
namespace {

constexpr std::size_t kSpareBuffers = 64;
constexpr std::size_t kSpareBytes = 16 * 1024;  // a larger buffer (of a merged segment) is not worth keeping

// Calls `visit(place in the block, place in the bytes, count)` for each piece that does not wrap.
template <class Visit>
void in_pieces(std::int64_t offset, std::size_t count, Visit visit) {
  constexpr auto kSize = static_cast<std::size_t>(UnacknowledgedBytes::kBytes);
  for (std::size_t done = 0; done < count;) {
    const std::size_t at = (static_cast<std::size_t>(offset) + done) % kSize;
    const std::size_t piece = std::min(count - done, kSize - at);
    visit(at, done, piece);
    done += piece;
  }
}

}  // namespace

void UnacknowledgedBytes::append(std::int64_t offset, ByteView bytes) {
  // Nearly always one segment is kept, in the lines that were written last.
  if (offset != end_) begin_ = end_ = origin_ = offset;
  const auto size = static_cast<std::int64_t>(bytes.size());
  const std::int64_t passed_over = std::max<std::int64_t>(0, size - kBytes);
  const ByteView kept = bytes.subspan(static_cast<std::size_t>(passed_over));
  in_pieces(offset - origin_ + passed_over, kept.size(), [&](std::size_t at, std::size_t from, std::size_t count) {
    std::memcpy(block_->data() + at, kept.data() + from, count);
  });
  end_ = offset + size;
  begin_ = std::max(begin_, end_ - kBytes);
}

bool UnacknowledgedBytes::same(std::int64_t offset, ByteView bytes) const {
  const std::int64_t from = std::max(offset, begin_);
  const std::int64_t to = std::min(offset + static_cast<std::int64_t>(bytes.size()), end_);
  if (from >= to) return true;
  const ByteView both = bytes.subspan(static_cast<std::size_t>(from - offset), static_cast<std::size_t>(to - from));
  bool same = true;
  in_pieces(from - origin_, both.size(), [&](std::size_t at, std::size_t in, std::size_t count) {
    same = same && std::memcmp(block_->data() + at, both.data() + in, count) == 0;
  });
  return same;
}

HeldBuffers::Bytes HeldBuffers::copy(ByteView bytes) {
  Bytes copied;
  // A byte in a large buffer would hold more than it counts for.
  if (!spare_bytes_.empty() && spare_bytes_.back().capacity() / 2 <= bytes.size()) {
    copied = std::move(spare_bytes_.back());
    spare_bytes_.pop_back();
  }
  copied.assign(bytes.begin(), bytes.end());
  return copied;
}

void HeldBuffers::give_back(Bytes&& bytes) {
  if (spare_bytes_.size() < kSpareBuffers && bytes.capacity() <= kSpareBytes) spare_bytes_.push_back(std::move(bytes));
}

void HeldBuffers::lend(UnacknowledgedBytes& to) {
  if (!spare_blocks_.empty()) {
    to.give_block(std::move(spare_blocks_.back()));
    spare_blocks_.pop_back();
  } else if (blocks_left_ != 0) {
    --blocks_left_;
    to.give_block(std::make_unique_for_overwrite<UnacknowledgedBytes::Block>());
  }
}

void HeldBuffers::take_back(UnacknowledgedBytes& from) { spare_blocks_.push_back(from.take_block()); }

}  // namespace dcmwatch
