// Text of bounded length as a plain value.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string_view>

namespace dcmwatch {

/// At most `Capacity` characters, in place: copied like a number, and nothing to free. What is longer is cut; who must
/// know compares sizes before.
template <std::size_t Capacity>
class Text {
  static_assert(Capacity <= 255);

 public:
  constexpr Text() = default;
  template <std::convertible_to<std::string_view> Source>
  constexpr Text(const Source& text) {  // NOLINT(google-explicit-constructor): it stands wherever a string would
    append(text);
  }

  constexpr void append(std::string_view text) {
    const std::size_t added = std::min(text.size(), Capacity - size_);
    std::copy_n(text.data(), added, characters_.data() + size_);
    size_ = static_cast<std::uint8_t>(size_ + added);
  }

  constexpr operator std::string_view() const {  // NOLINT(google-explicit-constructor)
    return {characters_.data(), size_};
  }
  [[nodiscard]] constexpr std::string_view view() const { return *this; }
  [[nodiscard]] constexpr std::size_t size() const { return size_; }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
  /// All of its place; zero beyond size().
  [[nodiscard]] constexpr const std::array<char, Capacity>& place() const { return characters_; }

  template <typename Predicate>
  constexpr void replace_if(Predicate predicate, char by) {
    std::replace_if(characters_.begin(), characters_.begin() + size_, predicate, by);
  }

  template <std::convertible_to<std::string_view> Other>
  friend constexpr bool operator==(const Text& one, const Other& other) {
    return one.view() == std::string_view{other};
  }
  friend constexpr auto operator<=>(const Text& one, const Text& other) { return one.view() <=> other.view(); }
  friend std::ostream& operator<<(std::ostream& out, const Text& text) { return out << text.view(); }

 private:
  std::array<char, Capacity> characters_{};
  std::uint8_t size_ = 0;
};

/// Without the spaces around it.
constexpr std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace dcmwatch
