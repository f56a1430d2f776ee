#include "output/text_page.h"

#include <algorithm>
#include <array>

#include "output/wording.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kColumnGap = 2;
constexpr std::size_t kLeastWrapWidth = 24;
constexpr std::array<std::string_view, 6> kEscapes{"",         "\x1b[1m",  "\x1b[2m",
                                                   "\x1b[31m", "\x1b[33m", "\x1b[32m"};  // by Ink
constexpr std::string_view kEndOfInk = "\x1b[0m";

enum class Break : std::uint8_t { at_spaces, after_commas };

/// Where a line ends that begins at `from`: at the last space that fits, or the first if none does; at the text's end
/// if all fits or there is none. After a comma, if that is preferred and possible, so that "2 C-GET" stays together.
std::size_t end_of_line(std::string_view text, std::size_t from, std::size_t width, Break preferred) {
  std::size_t last = text.size();
  std::size_t comma = text.size();
  std::size_t columns = 0;
  std::size_t counted = from;
  for (std::size_t word = from; columns <= width && counted != text.size();) {
    const std::size_t space = std::min(text.find(' ', word), text.size());
    word = space + 1;
    columns += columns_of(text.substr(counted, space - counted));
    counted = space;
    const bool fits = columns <= width;
    if (fits && space == text.size()) return space;
    if (fits && space > from && (text[space - 1] == ',' || text[space - 1] == ';')) comma = space;
    if (fits || last == text.size()) last = space;
  }
  return preferred == Break::after_commas && comma != text.size() ? comma : last;
}

/// Lines of at most `width` columns, broken at spaces; a longer word stands alone and sticks out. At least one line.
std::vector<std::string_view> wrapped(std::string_view text, std::size_t width, Break preferred) {
  std::vector<std::string_view> lines;
  for (std::size_t from = 0;;) {
    const std::size_t end = end_of_line(text, from, width, preferred);
    lines.push_back(text.substr(from, end - from));
    if (end == text.size()) return lines;
    from = end + 1;
  }
}

std::vector<std::size_t> widths_of(const Table& table) {
  std::vector<std::size_t> widths;
  for (const Column& column : table.columns) widths.push_back(columns_of(column.title));
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i].text));
  }
  return widths;
}

std::string padded(std::string_view text, std::size_t width, Align align) {
  const std::string space(width - std::min(width, columns_of(text)), ' ');
  return align == Align::left ? std::string{text} + space : space + std::string{text};
}

}  // namespace

void TextPage::put(std::string_view text, Ink ink) {
  const bool inked = colour_ && ink != Ink::plain && !text.empty();
  if (inked) text_ += kEscapes[static_cast<std::size_t>(ink)];
  text_ += text;
  if (inked) text_ += kEndOfInk;
}

void TextPage::end_line() {
  while (text_.ends_with(' ')) text_.pop_back();
  text_.push_back('\n');
}

void TextPage::gap() {
  if (!text_.empty()) text_.push_back('\n');
}

void TextPage::heading(std::string_view title) {
  gap();
  put(title, Ink::bold);
  end_line();
}

void TextPage::line(std::string_view text, std::size_t indent, std::size_t hanging, Ink ink) {
  const std::size_t margin = indent + hanging;
  const auto lines = wrapped(text, std::max(kLeastWrapWidth, width_ - std::min(width_, margin)), Break::at_spaces);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    text_.append(i == 0 ? indent : margin, ' ');
    put(lines[i], ink);
    end_line();
  }
}

void TextPage::spans(const std::vector<Cell>& cells, std::size_t indent) {
  text_.append(indent, ' ');
  for (const Cell& cell : cells) put(cell.text, cell.ink);
  end_line();
}

void TextPage::table(const Table& table, std::size_t indent) {
  const auto widths = widths_of(table);
  std::vector<Cell> titles;
  for (const Column& column : table.columns) titles.push_back({column.title, Ink::dim});
  put_row(titles, table, widths, indent);
  for (const auto& row : table.rows) put_row(row, table, widths, indent);
}

void TextPage::put_row(const std::vector<Cell>& row, const Table& table, const std::vector<std::size_t>& widths,
                       std::size_t indent) {
  text_.append(indent, ' ');
  std::size_t at = indent;
  for (std::size_t i = 0; i + 1 < row.size(); ++i) {
    put(padded(row[i].text, widths[i], table.columns[i].align), row[i].ink);
    text_.append(kColumnGap, ' ');
    at += widths[i] + kColumnGap;
  }
  const auto lines =
      wrapped(row.back().text, std::max(kLeastWrapWidth, width_ - std::min(width_, at)), Break::after_commas);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i != 0) text_.append(at, ' ');
    put(lines[i], row.back().ink);
    end_line();
  }
}

}  // namespace dcmwatch
