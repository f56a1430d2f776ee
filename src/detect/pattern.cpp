#include "detect/pattern.h"

#include <algorithm>

namespace dcmwatch {
namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr std::uint16_t literal(char c) { return static_cast<unsigned char>(lower(c)); }

// `wanted` is in lower case already.
bool is_same(char seen, char wanted) { return lower(seen) == wanted; }

}  // namespace

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
  simplify();
}

void Pattern::simplify() {
  const auto is_byte = [](Token token) { return token < kAnyByte; };
  const auto is_open = [](Token token) { return token == kAnyBytes; };
  const auto first = std::find_if_not(tokens_.begin(), tokens_.end(), is_open);
  const auto last = std::find_if_not(tokens_.rbegin(), std::make_reverse_iterator(first), is_open).base();
  if (!std::all_of(first, last, is_byte)) return;
  open_start_ = first != tokens_.begin();
  open_end_ = last != tokens_.end();
  text_.assign(first, last);
  tokens_.clear();
}

bool Pattern::matches(std::string_view value) const {
  if (!tokens_.empty()) return matches_tokens(value);
  if (value.size() < text_.size()) return false;
  if (open_start_ && open_end_)
    return std::search(value.begin(), value.end(), text_.begin(), text_.end(), is_same) != value.end();
  if (open_start_) value.remove_prefix(value.size() - text_.size());
  if (!open_end_ && value.size() != text_.size()) return false;
  return std::equal(text_.begin(), text_.end(), value.begin(), [](char wanted, char c) { return is_same(c, wanted); });
}

// The last * seen is the only place worth going back to, so this never takes longer than pattern times value.
bool Pattern::matches_tokens(std::string_view value) const {
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

}  // namespace dcmwatch
