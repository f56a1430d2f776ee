// Memory for windows that are filled, used again once nobody views them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "capture/input.h"

namespace dcmwatch {

/// Order of calls: fill the memory at fresh(), then window(). One thread; windows are dropped by any, also after this.
class WindowBuffers {
 public:
  static constexpr std::size_t kFreshBytes = std::size_t{1} << 20;

  /// kFreshBytes of memory, the same until it is made a window.
  std::uint8_t* fresh();

  /// What was written to it.
  Window window(std::size_t count, std::uint64_t position_bytes);

 private:
  using Memory = std::unique_ptr<std::uint8_t[]>;
  struct Pool {
    std::mutex mutex;
    std::vector<Memory> free;
  };

  std::shared_ptr<Pool> pool_ = std::make_shared<Pool>();
  Memory filling_;
};

}  // namespace dcmwatch
