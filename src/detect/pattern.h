// Sigma's string values: case does not matter, * stands for any bytes and ? for one, a backslash takes their meaning
// away.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace dcmwatch {

class Pattern {
 public:
  /// Where a value may stand within the field: what contains, startswith and endswith say.
  enum class Anchor : std::uint8_t { whole, anywhere, start, end };

  Pattern(std::string_view text, Anchor anchor);

  [[nodiscard]] bool matches(std::string_view value) const;

  /// Whether it is one text only, without * and ?.
  [[nodiscard]] bool is_literal() const;

 private:
  // A byte, or one of the two wildcards, which are no bytes.
  using Token = std::uint16_t;
  static constexpr Token kAnyByte = 256, kAnyBytes = 257;
  static Token literal(char c);

  std::vector<Token> tokens_;
};

}  // namespace dcmwatch
