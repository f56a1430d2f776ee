// Counts operator new for a test program that asks what something costs. Included by one source of the program.
#pragma once

#include <atomic>
#include <cstdlib>
#include <new>

namespace dcmwatch {
inline std::atomic<std::size_t> allocations = 0;
}  // namespace dcmwatch

void* operator new(std::size_t bytes) {
  ++dcmwatch::allocations;
  if (void* const memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
