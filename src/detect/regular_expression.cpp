#include "detect/regular_expression.h"

#include <re2/re2.h>

namespace dcmwatch {

std::variant<RegularExpression, std::string> RegularExpression::compile(std::string_view text, Flags flags) {
  if (text.size() > kCharacters) return "longer than " + std::to_string(kCharacters) + " characters";
  RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(kMemoryBytes);
  options.set_case_sensitive(!flags.ignores_case);
  options.set_dot_nl(flags.dot_takes_newline);
  // RE2 has no option for m beside Perl's other syntax, but its own notation. It stands before the text, not around it,
  // so that a parenthesis without its partner is told as one.
  const std::string whole = (flags.multi_line ? "(?m)" : "") + std::string{text};
  auto compiled = std::make_shared<const RE2>(whole, options);
  if (!compiled->ok()) return compiled->error();
  return RegularExpression{std::move(compiled)};
}

bool RegularExpression::matches(std::string_view text) const {
  return RE2::PartialMatch(re2::StringPiece{text.data(), text.size()}, *compiled_);
}

}  // namespace dcmwatch
