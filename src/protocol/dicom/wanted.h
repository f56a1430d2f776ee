// Which attributes are wanted of a kind of data set and where they go: a table, one row an attribute.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "protocol/dicom/data_set.h"

namespace dcmwatch::dicom {

/// From the top: (0040,0340), in its items (0008,1140), in the items of that (0008,1155). 0: it goes no deeper.
using TagPath = std::array<Tag, 3>;

/// Looked for to the data set's end, whatever stands before it: what a sender could hide by putting another element
/// first.
inline constexpr bool kSought = true;

/// `Reading` is what is being read. A row of the path of a sequence into which other rows go is called at each item's
/// begin.
template <typename Reading>
struct Row {
  TagPath path;
  void (*take)(Reading&, ByteView value);
  Interest interest = Interest::value;
  bool sought = false;
};

template <typename Reading, std::size_t N>
constexpr bool ascend(const std::array<Row<Reading>, N>& rows) {
  static_assert(N <= std::numeric_limits<std::uint32_t>::digits, "WantedRows has a bit for each");
  for (std::size_t i = 1; i < N; ++i) {
    if (!(rows[i - 1].path < rows[i].path)) return false;
  }
  return true;
}

/// Answers a DataSetReader from the table. `rows` ascend and outlive it. Of an element that comes twice, among others
/// of the same item, the first counts, as it does to DCMTK.
template <typename Reading>
class WantedRows {
 public:
  explicit WantedRows(std::span<const Row<Reading>> rows) {
    levels_[0] = {rows};
    for (std::size_t i = 0; i < rows.size(); ++i) sought_ |= rows[i].sought ? bit(i) : 0;
  }

  Interest interest_in(const Element& element) {
    Level& level = levels_[element.depth];
    const std::span<const Row<Reading>> rows = level.rows;
    std::size_t at = level.at;
    if (at == rows.size() || rows[at].path[element.depth] > element.tag) at = 0;  // what it begins with, or no order
    while (at < rows.size() && rows[at].path[element.depth] < element.tag) ++at;
    level.at = at;
    if (at == rows.size()) return element.depth == 0 && found_all() ? Interest::over : Interest::none;
    const Row<Reading>& row = rows[at];
    if (row.path[element.depth] != element.tag || (level.found & bit(at)) != 0) return Interest::none;
    level.found |= bit(at);
    const std::size_t below = element.depth + 1;
    std::size_t end = at + 1;
    while (end < rows.size() && rows[end].path[element.depth] == element.tag) ++end;
    if (below < row.path.size() && rows[end - 1].path[below] != 0) {
      levels_[below] = {rows.subspan(at, end - at)};
      return Interest::items;
    }
    const bool is_last = element.depth == 0 && end == rows.size() && found_all();
    if (row.interest == Interest::value && is_last) return Interest::last_value;
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
    level.found = 0;
    const Row<Reading>& first = level.rows.front();
    if (first.path[depth + 1] == 0) first.take(reading, {});
  }

 private:
  using Rows = std::uint32_t;  ///< a bit each
  static constexpr Rows bit(std::size_t row) { return Rows{1} << row; }
  [[nodiscard]] bool found_all() const { return (sought_ & ~levels_[0].found) == 0; }

  struct Level {
    std::span<const Row<Reading>> rows;
    std::size_t at = 0;
    Rows found = 0;
  };

  std::array<Level, TagPath{}.size()> levels_;
  Rows sought_ = 0;
};

}  // namespace dcmwatch::dicom
