// A JSON document, written in order: the reports of subcommands, which are short.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dcmwatch {

/// Order of calls: as the document goes; key() before each value of an object.
class JsonPage {
 public:
  JsonPage& open(char bracket);
  JsonPage& close(char bracket);
  JsonPage& key(std::string_view name);
  JsonPage& text(std::string_view value);
  JsonPage& texts(const std::vector<std::string>& values);
  JsonPage& number(std::uint64_t value);
  JsonPage& flag(bool value);

  [[nodiscard]] const std::string& done() const { return text_; }

 private:
  void begin_value();
  void end_line(std::size_t depth);
  void quote(std::string_view value);

  std::string text_;
  std::size_t depth_ = 0;
  bool first_ = true;  ///< of its object or list
  bool after_key_ = false;
};

}  // namespace dcmwatch
