// Memory of what is made and ended with each connection, association or message.
#pragma once

#include <cstddef>

namespace dcmwatch {

/// Whoever derives from it is made where another of about its size was ended, without a word with the allocator: that
/// one, asked for a kilobyte or more, tidies up all that is free. A thread keeps a few blocks of each size for what it
/// makes next; what it gives beyond these, or is larger, is freed.
class Recycled {
 public:
  static void* operator new(std::size_t bytes);
  static void operator delete(void* block, std::size_t bytes) noexcept;

 protected:
  Recycled() = default;
  ~Recycled() = default;
};

}  // namespace dcmwatch
