// Regular expressions of rules. RE2 stays behind this header.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace re2 {
class RE2;
}

namespace dcmwatch {

/// Found anywhere in a text, and case matters, unless it says otherwise: as Sigma's `re` has it. Takes time in
/// proportion to the text, whatever the expression, and no more memory than kMemoryBytes.
class RegularExpression {
 public:
  static constexpr std::size_t kMemoryBytes = std::size_t{256} << 10;
  static constexpr std::size_t kCharacters = 4096;

  /// Sigma's sub-modifiers i, m and s.
  struct Flags {
    bool ignores_case = false;
    bool multi_line = false;  ///< ^ and $ stand at each line's ends, too
    bool dot_takes_newline = false;
  };

  /// Or why not, in RE2's words.
  static std::variant<RegularExpression, std::string> compile(std::string_view text, Flags flags);

  [[nodiscard]] bool matches(std::string_view text) const;

 private:
  explicit RegularExpression(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}

  std::shared_ptr<const re2::RE2> compiled_;  // rules are copied
};

}  // namespace dcmwatch
