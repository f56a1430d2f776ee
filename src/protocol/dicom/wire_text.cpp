#include "protocol/dicom/wire_text.h"

#include <array>
#include <cstring>

namespace dcmwatch::dicom {
namespace {

constexpr std::size_t kLongestUid = 64;

bool is_printable(char c) { return c >= ' ' && c <= '~'; }

// Looked at all at once, as many as there may be: UIDs are what most of an association's bytes are.
bool are_uid_characters(std::string_view text) {
  std::array<char, kLongestUid> characters;
  characters.fill('.');
  std::memcpy(characters.data(), text.data(), text.size());
  unsigned char strangers = 0;
  for (const char c : characters) {
    const auto above = static_cast<unsigned char>(c - '.');  // '/' comes between it and the digits
    strangers |= static_cast<unsigned char>(above > '9' - '.' ? 1 : 0) | static_cast<unsigned char>(c == '/' ? 1 : 0);
  }
  return strangers == 0;
}

// What a character of an AE title says of it (PS3.5 6.2).
constexpr unsigned kIllegal = 1, kSuspicious = 2, kVisible = 4;

constexpr std::array<std::uint8_t, 256> make_title_characters() {
  std::array<std::uint8_t, 256> all{};
  all.fill(kIllegal | kVisible);
  for (std::size_t c = ' '; c <= '~'; ++c) all[c] = kVisible;
  all[' '] = 0;
  all['\\'] = kIllegal;
  for (const char c : std::string_view{"/;$|&<>`'\"*?"}) all[static_cast<unsigned char>(c)] |= kSuspicious;
  return all;
}
constexpr std::array<std::uint8_t, 256> kTitleCharacters = make_title_characters();

bool is_padding(char c) { return c == ' ' || c == '\0'; }

}  // namespace

std::string_view trimmed(ByteView value) {
  std::string_view text = as_text(value);
  while (!text.empty() && is_padding(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_padding(text.back())) text.remove_suffix(1);
  return text;
}

AeTitle ae_title(ByteView value) {
  AeTitle title = trimmed(value);
  title.replace_if([](char c) { return !is_printable(c); }, '?');
  return title;
}

bool is_legal_ae_title(ByteView value) {
  unsigned seen = 0;
  for (const std::uint8_t c : value) seen |= kTitleCharacters[c];
  return (seen & kIllegal) == 0 && (seen & kVisible) != 0;
}

bool is_suspicious_ae_title(std::string_view title) {
  unsigned seen = title.starts_with('-') ? kSuspicious : 0U;
  for (const char c : title) seen |= kTitleCharacters[static_cast<unsigned char>(c)];
  return (seen & kSuspicious) != 0 || title.find("..") != std::string_view::npos;
}

// Each character beside the two before it, all at once: that takes a quarter of a walk from one to the next.
bool is_legal_uid(ByteView value) {
  constexpr std::size_t kBefore = 2;
  constexpr std::size_t kLooked = 80;  // 16 at a time, the longest and what ends it among them
  if (value.empty() || value.size() > kLongestUid) return false;
  std::array<std::uint8_t, kBefore + kLooked> characters;
  characters.fill('1');
  characters[kBefore - 1] = characters[kBefore + value.size()] = '.';
  std::memcpy(characters.data() + kBefore, value.data(), value.size());
  std::uint8_t illegal = 0;
  for (std::size_t i = 0; i < kLooked; ++i) {
    const std::uint8_t c = characters[i + 2], before = characters[i + 1], first = characters[i];
    const bool is_digit = static_cast<std::uint8_t>(c - '0') <= 9;
    const bool is_dot = c == '.';
    const bool leads_zero = is_digit & (before == '0') & (first == '.');
    illegal |= static_cast<std::uint8_t>((!is_digit & !is_dot) | (is_dot & (before == '.')) | leads_zero);
  }
  return illegal == 0;
}

std::string_view uid(ByteView value) {
  const std::string_view text = trimmed(value);
  if (text.empty() || text.size() > kLongestUid || !are_uid_characters(text)) return {};
  return text;
}

}  // namespace dcmwatch::dicom
