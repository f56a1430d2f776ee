#include "app/json_page.h"

#include "output/json_text.h"

namespace dcmwatch {

JsonPage& JsonPage::open(char bracket) {
  begin_value();
  text_ += bracket;
  ++depth_;
  first_ = true;
  return *this;
}

JsonPage& JsonPage::close(char bracket) {
  --depth_;
  if (!first_) end_line(depth_);
  text_ += bracket;
  first_ = false;
  return *this;
}

JsonPage& JsonPage::key(std::string_view name) {
  begin_value();
  quote(name);
  text_ += ": ";
  after_key_ = true;
  return *this;
}

JsonPage& JsonPage::text(std::string_view value) {
  begin_value();
  quote(value);
  return *this;
}

JsonPage& JsonPage::texts(const std::vector<std::string>& values) {
  open('[');
  for (const std::string& value : values) text(value);
  return close(']');
}

JsonPage& JsonPage::number(std::uint64_t value) {
  begin_value();
  text_ += std::to_string(value);
  return *this;
}

JsonPage& JsonPage::flag(bool value) {
  begin_value();
  text_ += value ? "true" : "false";
  return *this;
}

void JsonPage::begin_value() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (depth_ == 0) return;
  if (!first_) text_ += ',';
  first_ = false;
  end_line(depth_);
}

void JsonPage::end_line(std::size_t depth) { text_.append(1, '\n').append(2 * depth, ' '); }

void JsonPage::quote(std::string_view value) {
  const std::size_t before = text_.size();
  text_.resize(before + json_string_bytes(value));
  const char* const end = put_json_string(text_.data() + before, value);
  text_.resize(static_cast<std::size_t>(end - text_.data()));
}

}  // namespace dcmwatch
