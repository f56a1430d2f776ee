// Bytes off the wire: a view, and a reader that never over-reads.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace dcmwatch {

/// Bytes that somebody else owns. Every view handed to a function dies when that call returns.
using ByteView = std::span<const std::uint8_t>;

/// The same bytes as characters, for protocols whose units are text.
inline std::string_view as_text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Read, then check once: a reader past its end yields zeros (or an empty view) and remembers that it failed.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : bytes_(bytes) {}

  std::uint8_t u8() { return number<std::uint8_t, std::endian::big>(); }
  std::uint16_t u16() { return number<std::uint16_t, std::endian::big>(); }
  std::uint32_t u32() { return number<std::uint32_t, std::endian::big>(); }
  std::uint16_t u16_le() { return number<std::uint16_t, std::endian::little>(); }
  std::uint32_t u32_le() { return number<std::uint32_t, std::endian::little>(); }

  ByteView take(std::size_t count) {
    if (count > remaining()) {
      failed_ = true;
      position_ = bytes_.size();
      return {};
    }
    const ByteView taken = bytes_.subspan(position_, count);
    position_ += count;
    return taken;
  }

  void skip(std::size_t count) { static_cast<void>(take(count)); }

  [[nodiscard]] ByteView rest() const { return bytes_.subspan(position_); }
  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - position_; }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool at_end() const { return position_ == bytes_.size(); }

 private:
  template <typename Number, std::endian order>
  Number number() {
    const ByteView taken = take(sizeof(Number));
    if (taken.empty()) return 0;
    std::array<std::uint8_t, sizeof(Number)> bytes;
    std::copy_n(taken.begin(), bytes.size(), bytes.begin());
    if constexpr (order != std::endian::native) std::reverse(bytes.begin(), bytes.end());
    return std::bit_cast<Number>(bytes);
  }

  ByteView bytes_;
  std::size_t position_ = 0;
  bool failed_ = false;
};

}  // namespace dcmwatch
