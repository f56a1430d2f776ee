#include "capture/window_buffers.h"

#include <utility>

namespace dcmwatch {

std::uint8_t* WindowBuffers::fresh() {
  if (!filling_) {
    const std::lock_guard lock{pool_->mutex};
    if (!pool_->free.empty()) {
      filling_ = std::move(pool_->free.back());
      pool_->free.pop_back();
    }
  }
  if (!filling_) filling_ = std::make_unique_for_overwrite<std::uint8_t[]>(kUnitBytes + kFreshBytes);
  return filling_.get() + kUnitBytes;
}

Window WindowBuffers::window(std::size_t count, std::uint64_t position_bytes) {
  std::uint8_t* const memory = filling_.release();
  const auto give_back = [pool = pool_](std::uint8_t* given) {
    Memory mine{given};
    const std::lock_guard lock{pool->mutex};
    pool->free.push_back(std::move(mine));
  };
  const std::shared_ptr<const void> owner{memory, give_back};
  return {owner, {memory + kUnitBytes, count}, memory, position_bytes, nullptr};
}

}  // namespace dcmwatch
