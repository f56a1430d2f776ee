// Text for a terminal: headings, wrapped lines, aligned tables, colour where there is any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dcmwatch {

enum class Ink : std::uint8_t { plain, bold, dim, red, yellow, green };

struct Cell {
  std::string text;
  Ink ink = Ink::plain;
};

enum class Align : std::uint8_t { left, right };

struct Column {
  std::string title;
  Align align = Align::left;
};

/// Its last column takes what width is left and wraps, after commas where it can.
struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
};

class TextPage {
 public:
  TextPage(std::size_t width, bool colour) : width_(width), colour_(colour) {}

  /// Preceded by an empty line, unless it is the first.
  void heading(std::string_view title);
  /// Wrapped; the lines after the first stand `hanging` columns further right.
  void line(std::string_view text, std::size_t indent = 2, std::size_t hanging = 2, Ink ink = Ink::plain);
  /// Several inks on one line, not wrapped.
  void spans(const std::vector<Cell>& cells, std::size_t indent = 2);
  void table(const Table& table, std::size_t indent = 2);
  void gap();

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void put(std::string_view text, Ink ink);
  void end_line();
  void put_row(const std::vector<Cell>& row, const Table& table, const std::vector<std::size_t>& widths,
               std::size_t indent);

  std::size_t width_;
  bool colour_;
  std::string text_;
};

}  // namespace dcmwatch
