// Sigma's string values: case does not matter unless asked for, * stands for any text and ? for one character, a
// backslash takes their meaning away. Texts are UTF-8; a byte that is none is a character by itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dcmwatch {

/// Where a value may stand within the field: what contains, startswith and endswith say.
enum class Anchor : std::uint8_t { whole, anywhere, start, end };

enum class Case : std::uint8_t { ignored, matters };

/// The text in lower case, by Unicode's simple case folding, of the Latin, Greek and Cyrillic letters below U+0530 that
/// languages of today are written with.
std::string in_lower_case(std::string_view text);

/// Whether `text`, as it is, stands there within `value`.
bool stands_in(std::string_view value, std::string_view text, Anchor anchor, Case letters);

/// Nearly all patterns are one text that stands at the start, at the end or anywhere: those are compared as they are.
/// Asking one with other letters than ASCII's for any case costs an allocation.
class Pattern {
 public:
  Pattern(std::string_view text, Anchor anchor, Case letters = Case::ignored);

  [[nodiscard]] bool matches(std::string_view value) const;

  /// Whether it is one text only, without * and ?.
  [[nodiscard]] bool is_literal() const { return tokens_.empty() && anchor_ == Anchor::whole; }

  /// The text in lower case, if it is one of ASCII's characters alone and matches it in any case, and nothing else.
  [[nodiscard]] std::optional<std::string_view> any_case_text() const {
    if (!is_literal() || letters_ != Case::ignored || folds_) return std::nullopt;
    return text_;
  }

  friend bool operator==(const Pattern&, const Pattern&) = default;

 private:
  // A byte, or one of the two wildcards, which are no bytes.
  using Token = std::uint16_t;
  static constexpr Token kAnyCharacter = 256, kAnyText = 257;

  void simplify();
  [[nodiscard]] bool matches_in_lower_case(std::string_view value) const;
  [[nodiscard]] bool matches_tokens(std::string_view value) const;

  Case letters_;
  bool folds_ = false;             // what it is compared with is brought to lower case first
  Anchor anchor_ = Anchor::whole;  // of the text
  std::string text_;               // where there is no wildcard within
  std::vector<Token> tokens_;      // where there is
};

}  // namespace dcmwatch
