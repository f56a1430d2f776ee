#include "detect/pattern.h"

#include <algorithm>
#include <array>

namespace dcmwatch {
namespace {

/// Capital letters of which each `step`th is `to_small` before its small letter.
struct Capitals {
  char32_t first;
  char32_t last;
  std::int32_t to_small;
  std::int32_t step = 1;
};

// Unicode, CaseFolding.txt: those of status C that take two bytes of UTF-8, and whose small letters do, but for
// phonetic and historical ones.
constexpr std::array kCapitals{Capitals{0xC0, 0xD6, 32},     Capitals{0xD8, 0xDE, 32},     Capitals{0x100, 0x12E, 1, 2},
                               Capitals{0x132, 0x136, 1, 2}, Capitals{0x139, 0x147, 1, 2}, Capitals{0x14A, 0x176, 1, 2},
                               Capitals{0x178, 0x178, -121}, Capitals{0x179, 0x17D, 1, 2}, Capitals{0x18F, 0x18F, 202},
                               Capitals{0x1A0, 0x1A4, 1, 2}, Capitals{0x1AF, 0x1AF, 1},    Capitals{0x1CD, 0x1DB, 1, 2},
                               Capitals{0x1DE, 0x1EE, 1, 2}, Capitals{0x1F8, 0x21E, 1, 2}, Capitals{0x222, 0x232, 1, 2},
                               Capitals{0x386, 0x386, 38},   Capitals{0x388, 0x38A, 37},   Capitals{0x38C, 0x38C, 64},
                               Capitals{0x38E, 0x38F, 63},   Capitals{0x391, 0x3A1, 32},   Capitals{0x3A3, 0x3AB, 32},
                               Capitals{0x3C2, 0x3C2, 1},    Capitals{0x400, 0x40F, 80},   Capitals{0x410, 0x42F, 32},
                               Capitals{0x460, 0x480, 1, 2}, Capitals{0x48A, 0x4BE, 1, 2}, Capitals{0x4C1, 0x4CD, 1, 2},
                               Capitals{0x4D0, 0x52E, 1, 2}};

char32_t small(char32_t letter) {
  for (const Capitals& capitals : kCapitals) {
    if (letter < capitals.first || letter > capitals.last) continue;
    const bool is_capital = (letter - capitals.first) % static_cast<char32_t>(capitals.step) == 0;
    return is_capital ? static_cast<char32_t>(static_cast<std::int32_t>(letter) + capitals.to_small) : letter;
  }
  return letter;
}

constexpr bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return is_ascii(c); });
}

constexpr bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

/// How many bytes the character at the beginning of a text takes.
std::size_t length_of_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  if (length > text.size() || !std::ranges::all_of(text.substr(1, length - 1), continues)) return 1;
  return length;
}

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

std::string in_lower_case(std::string_view text) {
  std::string small_text;
  small_text.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = length_of_character(text);
    if (length == 2) {
      const auto bits = [&](std::size_t at, unsigned mask) { return static_cast<unsigned char>(text[at]) & mask; };
      const char32_t letter = small(char32_t{bits(0, 0x1F)} << 6U | bits(1, 0x3F));
      small_text += static_cast<char>(0xC0U | letter >> 6U);
      small_text += static_cast<char>(0x80U | (letter & 0x3FU));
    } else if (length == 1) {
      small_text += lower(text.front());
    } else {
      small_text += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return small_text;
}

bool stands_in(std::string_view value, std::string_view text, Anchor anchor, Case letters) {
  if (letters == Case::matters) return stands_in<is_same>(value, text, anchor);
  if (is_ascii(text)) return stands_in<is_same_letter>(value, text, anchor);
  return stands_in<is_same>(in_lower_case(value), in_lower_case(text), anchor);
}

Pattern::Pattern(std::string_view written, Anchor anchor, Case letters)
    : letters_(letters), folds_(letters == Case::ignored && !is_ascii(written)) {
  const std::string text = folds_ ? in_lower_case(written) : std::string{written};
  if (anchor == Anchor::anywhere || anchor == Anchor::end) tokens_.push_back(kAnyText);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escapes =
        text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '*' || text[i + 1] == '?' || text[i + 1] == '\\');
    if (escapes) {
      tokens_.push_back(literal(text[++i], letters));
    } else if (text[i] == '*') {
      tokens_.push_back(kAnyText);
    } else {
      tokens_.push_back(text[i] == '?' ? kAnyCharacter : literal(text[i], letters));
    }
  }
  if (anchor == Anchor::anywhere || anchor == Anchor::start) tokens_.push_back(kAnyText);
  simplify();
}

void Pattern::simplify() {
  const auto is_byte = [](Token token) { return token < kAnyCharacter; };
  const auto is_open = [](Token token) { return token == kAnyText; };
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
  if (folds_) return matches_in_lower_case(value);
  if (!tokens_.empty()) return matches_tokens(value);
  return letters_ == Case::ignored ? stands_in<is_same_letter>(value, text_, anchor_)
                                   : stands_in<is_same>(value, text_, anchor_);
}

// Apart from the others, which are asked for each value of each rule and have no string to make.
bool Pattern::matches_in_lower_case(std::string_view value) const {
  const std::string small_value = in_lower_case(value);
  return tokens_.empty() ? stands_in<is_same>(small_value, text_, anchor_) : matches_tokens(small_value);
}

// The last * seen is the only place worth going back to, so this never takes longer than pattern times value.
bool Pattern::matches_tokens(std::string_view value) const {
  std::size_t token = 0;
  std::size_t at = 0;
  std::size_t star = tokens_.size();
  std::size_t star_at = 0;
  while (at < value.size()) {
    if (token < tokens_.size() && tokens_[token] == kAnyText) {
      star = token++;
      star_at = at;
    } else if (token < tokens_.size() && tokens_[token] == kAnyCharacter) {
      ++token;
      at += length_of_character(value.substr(at));
    } else if (token < tokens_.size() && tokens_[token] == literal(value[at], letters_)) {
      ++token;
      ++at;
    } else if (star < tokens_.size()) {
      token = star + 1;
      star_at += length_of_character(value.substr(star_at));
      at = star_at;
    } else {
      return false;
    }
  }
  return std::all_of(tokens_.begin() + static_cast<std::ptrdiff_t>(token), tokens_.end(),
                     [](Token t) { return t == kAnyText; });
}

}  // namespace dcmwatch
