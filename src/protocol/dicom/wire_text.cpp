#include "protocol/dicom/wire_text.h"

#include <algorithm>
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
  const std::string_view text = as_text(value);
  const auto is_legal = [](char c) { return is_printable(c) && c != '\\'; };
  return std::ranges::all_of(text, is_legal) && text.find_first_not_of(' ') != std::string_view::npos;
}

bool is_suspicious_ae_title(std::string_view title) {
  constexpr std::string_view kSuspicious = "/;$|&<>`'\"*?";
  return title.starts_with('-') || title.find_first_of(kSuspicious) != std::string_view::npos ||
         title.find("..") != std::string_view::npos;
}

bool is_legal_uid(ByteView value) {
  if (value.empty() || value.size() > kLongestUid) return false;
  std::size_t digits = 0;  // of the component in hand
  bool begins_with_zero = false;
  for (const std::uint8_t c : value) {
    if (c == '.') {
      if (digits == 0) return false;
      digits = 0;
      continue;
    }
    if (c < '0' || c > '9' || (digits != 0 && begins_with_zero)) return false;
    if (digits++ == 0) begins_with_zero = c == '0';
  }
  return digits != 0;
}

std::string_view uid(ByteView value) {
  const std::string_view text = trimmed(value);
  if (text.empty() || text.size() > kLongestUid || !are_uid_characters(text)) return {};
  return text;
}

bool is_uid(std::string_view text) {
  if (text.empty() || text.size() > kLongestUid) return false;
  char before = '.';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool ends = i + 1 == text.size() || text[i + 1] == '.';
    if (c == '.' ? before == '.' || i + 1 == text.size() : c < '0' || c > '9') return false;
    if (c == '0' && before == '.' && !ends) return false;
    before = c;
  }
  return true;
}

}  // namespace dcmwatch::dicom
