// Text on its way out: one piece of memory that grows where it must and is used again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace dcmwatch {

/// Written through bare pointers, so that what is known to be short is checked for room once and not for each byte:
///   char* at = buffer.room(most); …; buffer.end_at(at);
class TextBuffer {
 public:
  explicit TextBuffer(std::size_t bytes = 4096)
      : text_(std::make_unique_for_overwrite<char[]>(bytes)), end_(text_.get()), room_end_(end_ + bytes) {}

  /// Where the text ends, with so many bytes behind it to write to. Views and pointers into the text die.
  [[gnu::always_inline]] char* room(std::size_t bytes) {
    if (static_cast<std::size_t>(room_end_ - end_) < bytes) [[unlikely]]
      grow(bytes);
    return end_;
  }
  /// `end` is within what room() gave; or before, to give up what comes after it.
  void end_at(char* end) { end_ = end; }

  [[gnu::always_inline]] void put(char character) {
    *room(1) = character;
    ++end_;
  }
  void put(std::string_view text) {
    std::memcpy(room(text.size()), text.data(), text.size());
    end_ += text.size();
  }

  [[nodiscard]] char& back() { return end_[-1]; }
  [[nodiscard]] std::string_view text() const { return {text_.get(), size()}; }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(end_ - text_.get()); }
  [[nodiscard]] bool empty() const { return end_ == text_.get(); }
  /// Gives up what comes after the first `bytes`.
  void cut(std::size_t bytes) { end_ = text_.get() + bytes; }
  void clear() { cut(0); }

 private:
  [[gnu::noinline]] void grow(std::size_t bytes) {
    const std::size_t capacity = std::max(2 * static_cast<std::size_t>(room_end_ - text_.get()), size() + bytes);
    TextBuffer larger{capacity};
    std::memcpy(larger.text_.get(), text_.get(), size());
    larger.end_ += size();
    *this = std::move(larger);
  }

  std::unique_ptr<char[]> text_;
  char* end_;
  char* room_end_;
};

}  // namespace dcmwatch
