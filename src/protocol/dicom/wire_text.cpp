#include "protocol/dicom/wire_text.h"

#include <algorithm>

namespace dcmwatch::dicom {
namespace {

constexpr std::size_t kLongestUid = 64;

bool is_printable(char c) { return c >= ' ' && c <= '~'; }
constexpr auto is_uid_character = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
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

std::string_view uid(ByteView value) {
  const std::string_view text = trimmed(value);
  if (text.size() > kLongestUid || !std::all_of(text.begin(), text.end(), is_uid_character)) return {};
  return text;
}

}  // namespace dcmwatch::dicom
