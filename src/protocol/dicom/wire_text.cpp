#include "protocol/dicom/wire_text.h"

#include <algorithm>

namespace dcmwatch::dicom {
namespace {

constexpr std::size_t kLongestUid = 64;

bool is_printable(char c) { return c >= ' ' && c <= '~'; }
bool is_uid_character(char c) { return (c >= '0' && c <= '9') || c == '.'; }

}  // namespace

std::string_view trimmed(ByteView value) {
  constexpr std::string_view kPadding{" \0", 2};
  const std::string_view text = as_text(value);
  const auto first = text.find_first_not_of(kPadding);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kPadding) - first + 1);
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
