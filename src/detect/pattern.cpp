#include "detect/pattern.h"

#include <algorithm>

namespace dcmwatch {

Pattern::Token Pattern::literal(char c) { return static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); }

Pattern::Pattern(std::string_view text, Anchor anchor) {
  if (anchor == Anchor::anywhere || anchor == Anchor::end) tokens_.push_back(kAnyBytes);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escapes =
        text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '*' || text[i + 1] == '?' || text[i + 1] == '\\');
    if (escapes) {
      tokens_.push_back(literal(text[++i]));
    } else if (text[i] == '*') {
      tokens_.push_back(kAnyBytes);
    } else {
      tokens_.push_back(text[i] == '?' ? kAnyByte : literal(text[i]));
    }
  }
  if (anchor == Anchor::anywhere || anchor == Anchor::start) tokens_.push_back(kAnyBytes);
}

// The last * seen is the only place worth going back to, so this never takes longer than pattern times value.
bool Pattern::matches(std::string_view value) const {
  std::size_t token = 0;
  std::size_t at = 0;
  std::size_t star = tokens_.size();
  std::size_t star_at = 0;
  while (at < value.size()) {
    if (token < tokens_.size() && tokens_[token] == kAnyBytes) {
      star = token++;
      star_at = at;
    } else if (token < tokens_.size() && (tokens_[token] == kAnyByte || tokens_[token] == literal(value[at]))) {
      ++token;
      ++at;
    } else if (star < tokens_.size()) {
      token = star + 1;
      at = ++star_at;
    } else {
      return false;
    }
  }
  return std::all_of(tokens_.begin() + static_cast<std::ptrdiff_t>(token), tokens_.end(),
                     [](Token t) { return t == kAnyBytes; });
}

bool Pattern::is_literal() const {
  return std::none_of(tokens_.begin(), tokens_.end(), [](Token t) { return t >= kAnyByte; });
}

}  // namespace dcmwatch
