// Buffers for bytes that have to be kept, used again and again, within a partition's limits.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace dcmwatch {

/// The last bytes of one direction that were wanted and are not yet acknowledged: what a retransmission is held
/// against.
class UnacknowledgedBytes {
 public:
  static constexpr std::int64_t kBytes = 4096;
  using Block = std::array<std::uint8_t, kBytes>;

  [[nodiscard]] std::int64_t begin() const { return begin_; }
  [[nodiscard]] std::int64_t end() const { return end_; }

  /// They follow what is kept, or take its place.
  void append(std::int64_t offset, ByteView bytes);
  void acknowledge(std::int64_t offset) { begin_ = offset > begin_ ? offset : begin_; }
  /// Of `bytes` from `offset`, which overlap what is kept: whether those that do are the same.
  [[nodiscard]] bool same(std::int64_t offset, ByteView bytes) const;

  [[nodiscard]] bool has_block() const { return block_ != nullptr; }
  void give_block(std::unique_ptr<Block> block) { block_ = std::move(block); }
  /// What was kept is forgotten.
  std::unique_ptr<Block> take_block() {
    begin_ = end_ = origin_ = 0;
    return std::move(block_);
  }

 private:
  std::int64_t begin_ = 0;
  std::int64_t end_ = 0;
  std::int64_t origin_ = 0;  ///< what stands at the block's first byte, or a multiple of its size before that
  std::unique_ptr<Block> block_;
};

/// What a partition's directions keep bytes in. In the steady state nothing is allocated.
class HeldBuffers {
 public:
  using Bytes = std::vector<std::uint8_t>;

  /// At most `blocks` are lent for unacknowledged bytes.
  explicit HeldBuffers(std::size_t blocks) : blocks_left_(blocks) {}

  Bytes copy(ByteView bytes);
  void give_back(Bytes&& bytes);

  /// Does nothing where all are lent: what comes is then not kept.
  void lend(UnacknowledgedBytes& to);
  void take_back(UnacknowledgedBytes& from);

 private:
  std::vector<Bytes> spare_bytes_;
  std::vector<std::unique_ptr<UnacknowledgedBytes::Block>> spare_blocks_;
  std::size_t blocks_left_;
};

}  // namespace dcmwatch
