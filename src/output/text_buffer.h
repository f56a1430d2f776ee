// Text on its way out: one piece of memory that grows where it must and is used again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace dcmwatch {

/// Written through bare pointers, so that what is known to be short is checked for room once and not for each byte:
///   char* at = buffer.room(most); …; buffer.end_at(at);
class TextBuffer {
 public:
  explicit TextBuffer(std::size_t bytes = 4096)
      : text_(std::make_unique_for_overwrite<char[]>(bytes)), capacity_(bytes) {}

  /// Where the text ends, with so many bytes behind it to write to. Views and pointers into the text die.
  char* room(std::size_t bytes) {
    if (capacity_ - size_ < bytes) grow(bytes);
    return text_.get() + size_;
  }
  /// `end` is within what room() gave.
  void end_at(const char* end) { size_ = static_cast<std::size_t>(end - text_.get()); }

  [[nodiscard]] char& back() { return text_[size_ - 1]; }
  [[nodiscard]] std::string_view text() const { return {text_.get(), size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  /// Gives up what comes after the first `bytes`.
  void cut(std::size_t bytes) { size_ = bytes; }
  void clear() { size_ = 0; }

 private:
  void grow(std::size_t bytes) {
    const std::size_t capacity = std::max(capacity_ * 2, size_ + bytes);
    auto text = std::make_unique_for_overwrite<char[]>(capacity);
    std::memcpy(text.get(), text_.get(), size_);
    text_ = std::move(text);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> text_;
  std::size_t capacity_;
  std::size_t size_ = 0;
};

}  // namespace dcmwatch
