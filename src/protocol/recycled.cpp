#include "protocol/recycled.h"

#include <array>
#include <new>
#include <utility>

namespace dcmwatch {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kRecycles = false;  // who looks at what has ended is to be found
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kRecycles = false;
#else
constexpr bool kRecycles = true;
#endif
#else
constexpr bool kRecycles = true;
#endif

constexpr std::size_t kGrain = 64;  ///< bytes: sizes are rounded up to multiples of it
constexpr std::size_t kLargest = 4096;
constexpr unsigned kMostBlocks = 32;  ///< of a size

class FreeBlocks {
 public:
  FreeBlocks() = default;
  FreeBlocks(const FreeBlocks&) = delete;
  FreeBlocks& operator=(const FreeBlocks&) = delete;
  ~FreeBlocks() {
    for (auto& [first, count] : sizes_) {
      while (first) ::operator delete(std::exchange(first, first->next));
      count = kMostBlocks;  // what outlives the thread is freed
    }
  }

  void* take(std::size_t bytes) {
    if (bytes > kLargest || !kRecycles) return ::operator new(bytes);
    auto& [first, count] = sizes_[size_of(bytes)];
    if (!first) return ::operator new((size_of(bytes) + 1) * kGrain);
    --count;
    return std::exchange(first, first->next);
  }

  void give(void* block, std::size_t bytes) {
    if (bytes > kLargest || !kRecycles) return ::operator delete(block);
    auto& [first, count] = sizes_[size_of(bytes)];
    if (count == kMostBlocks) return ::operator delete(block);
    ++count;
    first = new (block) Block{first};
  }

 private:
  struct Block {
    Block* next;
  };
  struct OfOneSize {
    Block* first = nullptr;
    unsigned count = 0;
  };
  static std::size_t size_of(std::size_t bytes) { return (bytes - 1) / kGrain; }

  std::array<OfOneSize, kLargest / kGrain> sizes_;
};

thread_local FreeBlocks free_blocks;

}  // namespace

void* Recycled::operator new(std::size_t bytes) { return free_blocks.take(bytes); }

void Recycled::operator delete(void* block, std::size_t bytes) noexcept { free_blocks.give(block, bytes); }

}  // namespace dcmwatch
