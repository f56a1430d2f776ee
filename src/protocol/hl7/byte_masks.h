// Bytes that are looked at all at once.
#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace dcmwatch::hl7 {

/// Sixteen bytes. Of a mask, bit i is that of byte i.
class Bytes16 {
 public:
  static constexpr std::size_t kSize = 16;

  Bytes16() = default;
  /// Sixteen can be read there.
#if defined(__SSE2__)
  explicit Bytes16(const char* from) : bytes_(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))) {}

  [[nodiscard]] std::uint32_t equal_to(char c) const { return mask(_mm_cmpeq_epi8(bytes_, _mm_set1_epi8(c))); }
  /// Those below 0x20.
  [[nodiscard]] std::uint32_t controls() const {
    const __m128i upper_bits = _mm_and_si128(bytes_, _mm_set1_epi8(static_cast<char>(0xE0)));
    return mask(_mm_cmpeq_epi8(upper_bits, _mm_setzero_si128()));
  }
  /// Those from 0x80 on.
  [[nodiscard]] std::uint32_t high() const { return mask(bytes_); }

 private:
  static std::uint32_t mask(__m128i bytes) { return static_cast<std::uint32_t>(_mm_movemask_epi8(bytes)); }

  __m128i bytes_{};
#else
  explicit Bytes16(const char* from) { std::memcpy(bytes_.data(), from, kSize); }

  [[nodiscard]] std::uint32_t equal_to(char c) const {
    return mask([c](unsigned char byte) { return byte == static_cast<unsigned char>(c); });
  }
  /// Those below 0x20.
  [[nodiscard]] std::uint32_t controls() const {
    return mask([](unsigned char byte) { return byte < 0x20; });
  }
  /// Those from 0x80 on.
  [[nodiscard]] std::uint32_t high() const {
    return mask([](unsigned char byte) { return byte >= 0x80; });
  }

 private:
  template <typename Is>
  [[nodiscard]] std::uint32_t mask(Is is) const {
    std::uint32_t mask = 0;
    for (std::size_t i = 0; i < kSize; ++i) mask |= std::uint32_t{is(bytes_[i])} << i;
    return mask;
  }

  std::array<unsigned char, kSize> bytes_{};
#endif
};

/// Likewise sixty-four bytes of a text, from a place in it on. Behind its end no bit is set.
class Bytes64 {
 public:
  static constexpr std::size_t kSize = 64;

  Bytes64(std::string_view text, std::size_t at) {
    const std::size_t left = text.size() - at;
    if (left >= kSize) {
      read(text.data() + at);
    } else if (text.size() >= kSize) {
      before_ = kSize - left;
      read(text.data() + text.size() - kSize);
    } else {
      there_ = (std::uint64_t{1} << left) - 1;
      std::array<char, kSize> copy{};
      std::memcpy(copy.data(), text.data() + at, left);
      read(copy.data());
    }
  }

  [[nodiscard]] std::uint64_t equal_to(char c) const {
    return mask([c](const Bytes16& bytes) { return bytes.equal_to(c); });
  }
  [[nodiscard]] std::uint64_t controls() const {
    return mask([](const Bytes16& bytes) { return bytes.controls(); });
  }
  [[nodiscard]] std::uint64_t high() const {
    return mask([](const Bytes16& bytes) { return bytes.high(); });
  }

 private:
  void read(const char* from) {
    for (Bytes16& part : parts_) {
      part = Bytes16{from};
      from += Bytes16::kSize;
    }
  }

  template <typename MaskOf>
  [[nodiscard]] std::uint64_t mask(MaskOf mask_of) const {
    const auto part = [&](std::size_t i) { return std::uint64_t{mask_of(parts_[i])} << i * Bytes16::kSize; };
    return (part(0) | part(1) | part(2) | part(3)) >> before_ & there_;
  }

  std::array<Bytes16, kSize / Bytes16::kSize> parts_;
  std::size_t before_ = 0;  ///< of what was read, so many stand before the place
  std::uint64_t there_ = ~std::uint64_t{0};
};

}  // namespace dcmwatch::hl7
