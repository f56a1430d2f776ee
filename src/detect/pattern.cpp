#include "detect/pattern.h"

#include <algorithm>

namespace dcmwatch {
namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::uint16_t literal(char c, Case letters) {
  return static_cast<unsigned char>(letters == Case::ignored ? lower(c) : c);
}

bool is_same(char one, char other) { return one == other; }
bool is_same_letter(char one, char other) { return lower(one) == lower(other); }

// Comparing is said at compile time: it is done for each character of each value of each rule.
template <bool (*same)(char, char)>
bool stands_in(std::string_view value, std::string_view text, Anchor anchor) {
  if (value.size() < text.size()) return false;
  switch (anchor) {
    case Anchor::anywhere:
      return std::search(value.begin(), value.end(), text.begin(), text.end(), same) != value.end();
    case Anchor::end: value.remove_prefix(value.size() - text.size()); break;
    case Anchor::start: value = value.substr(0, text.size()); break;
    case Anchor::whole: break;
  }
  return std::equal(text.begin(), text.end(), value.begin(), value.end(), same);
}

}  // namespace

bool stands_in(std::string_view value, std::string_view text, Anchor anchor, Case letters) {
  return letters == Case::ignored ? stands_in<is_same_letter>(value, text, anchor)
                                  : stands_in<is_same>(value, text, anchor);
}

Pattern::Pattern(std::string_view text, Anchor anchor, Case letters) : letters_(letters) {
  if (anchor == Anchor::anywhere || anchor == Anchor::end) tokens_.push_back(kAnyBytes);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escapes =
        text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '*' || text[i + 1] == '?' || text[i + 1] == '\\');
    if (escapes) {
      tokens_.push_back(literal(text[++i], letters));
    } else if (text[i] == '*') {
      tokens_.push_back(kAnyBytes);
    } else {
      tokens_.push_back(text[i] == '?' ? kAnyByte : literal(text[i], letters));
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
  const bool open_start = first != tokens_.begin();
  const bool open_end = last != tokens_.end();
  anchor_ = open_start ? (open_end ? Anchor::anywhere : Anchor::end) : open_end ? Anchor::start : Anchor::whole;
  text_.assign(first, last);
  tokens_.clear();
}

bool Pattern::matches(std::string_view value) const {
  return tokens_.empty() ? stands_in(value, text_, anchor_, letters_) : matches_tokens(value);
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
    } else if (token < tokens_.size() &&
               (tokens_[token] == kAnyByte || tokens_[token] == literal(value[at], letters_))) {
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
