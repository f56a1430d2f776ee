// Which attributes are wanted of a kind of data set and where they go: a table, one row an attribute.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <span>

#include "protocol/dicom/data_set.h"

namespace dcmwatch::dicom {

/// From the top: (0040,0340), in its items (0008,1140), in the items of that (0008,1155). 0: it goes no deeper.
using TagPath = std::array<Tag, 3>;

/// `Reading` is what is being read. A row of the path of a sequence into which other rows go is called at each item's
/// begin.
template <typename Reading>
struct Row {
  TagPath path;
  void (*take)(Reading&, ByteView value);
  Interest interest = Interest::value;
};

template <typename Reading, std::size_t N>
constexpr bool ascend(const std::array<Row<Reading>, N>& rows) {
  for (std::size_t i = 1; i < N; ++i) {
    if (!(rows[i - 1].path < rows[i].path)) return false;
  }
  return true;
}

/// Answers a DataSetReader from the table. `rows` ascend and outlive it.
template <typename Reading>
class WantedRows {
 public:
  explicit WantedRows(std::span<const Row<Reading>> rows) { levels_[0] = {rows, 0}; }

  Interest interest_in(const Element& element) {
    Level& level = levels_[element.depth];
    const std::span<const Row<Reading>> rows = level.rows;
    std::size_t at = level.at;
    if (at == rows.size() || rows[at].path[element.depth] > element.tag) at = 0;  // what it begins with, or no order
    while (at < rows.size() && rows[at].path[element.depth] < element.tag) ++at;
    level.at = at;
    if (at == rows.size()) return element.depth == 0 ? Interest::over : Interest::none;
    const Row<Reading>& row = rows[at];
    if (row.path[element.depth] != element.tag) return Interest::none;
    const std::size_t below = element.depth + 1;
    std::size_t end = at + 1;
    while (end < rows.size() && rows[end].path[element.depth] == element.tag) ++end;
    if (below < row.path.size() && rows[end - 1].path[below] != 0) {
      levels_[below] = {rows.subspan(at, end - at), 0};
      return Interest::items;
    }
    if (row.interest == Interest::value && element.depth == 0 && end == rows.size()) return Interest::last_value;
    return row.interest;
  }

  void take(Reading& reading, const Element& element, ByteView value) {
    const Level& level = levels_[element.depth];
    level.rows[level.at].take(reading, value);
  }

  /// Of the sequence at `depth` that interest_in was asked for last.
  void begin_item(Reading& reading, unsigned depth) {
    Level& level = levels_[depth + 1];
    level.at = 0;
    const Row<Reading>& first = level.rows.front();
    if (first.path[depth + 1] == 0) first.take(reading, {});
  }

 private:
  struct Level {
    std::span<const Row<Reading>> rows;
    std::size_t at = 0;
  };

  std::array<Level, TagPath{}.size()> levels_;
};

}  // namespace dcmwatch::dicom
