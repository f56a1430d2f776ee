// Sigma's string values: case does not matter, * stands for any bytes and ? for one, a backslash takes their meaning
// away.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dcmwatch {

/// Nearly all patterns are one text that stands at the start, at the end or anywhere: those are compared as they are.
class Pattern {
 public:
  /// Where a value may stand within the field: what contains, startswith and endswith say.
  enum class Anchor : std::uint8_t { whole, anywhere, start, end };

  Pattern(std::string_view text, Anchor anchor);

  [[nodiscard]] bool matches(std::string_view value) const;

  /// Whether it is one text only, without * and ?.
  [[nodiscard]] bool is_literal() const { return tokens_.empty() && !open_start_ && !open_end_; }

 private:
  // A byte, or one of the two wildcards, which are no bytes.
  using Token = std::uint16_t;
  static constexpr Token kAnyByte = 256, kAnyBytes = 257;

  void simplify();
  [[nodiscard]] bool matches_tokens(std::string_view value) const;

  std::string text_;         // in lower case, where there is no wildcard within
  bool open_start_ = false;  // anything may stand before it
  bool open_end_ = false;
  std::vector<Token> tokens_;  // where there is
};

}  // namespace dcmwatch
