// memchr that remembers.
#pragma once

#include <cstring>

#include "base/bytes.h"

namespace dcmwatch::hl7 {

/// Where one byte value stands next in a view. Asked for rising positions it looks at each byte once, so a scan for
/// several values side by side stays linear whatever the bytes are.
class ByteFinder {
 public:
  ByteFinder() = default;
  ByteFinder(ByteView bytes, std::uint8_t wanted) : bytes_(bytes), wanted_(wanted) {}

  /// The view's size if there is none.
  std::size_t at_or_after(std::size_t position) {
    if (searched_ && found_ >= position) return found_;
    searched_ = true;
    found_ = find(position);
    return found_;
  }

 private:
  [[nodiscard]] std::size_t find(std::size_t position) const {
    if (position >= bytes_.size()) return bytes_.size();
    const void* at = std::memchr(bytes_.data() + position, wanted_, bytes_.size() - position);
    return at ? static_cast<std::size_t>(static_cast<const std::uint8_t*>(at) - bytes_.data()) : bytes_.size();
  }

  ByteView bytes_;
  std::size_t found_ = 0;
  std::uint8_t wanted_ = 0;
  bool searched_ = false;
};

}  // namespace dcmwatch::hl7
