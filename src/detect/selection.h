// What a rule asks of an observation's fields. Compiled once; asking costs no allocation.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/endpoint.h"
#include "detect/needs.h"
#include "detect/pattern.h"
#include "event/fields.h"
#include "model/document.h"

namespace dcmwatch {

/// null: the field is absent.
struct Absent {};
/// Of numbers: what lt, lte, gt and gte say; both ends belong to it.
struct Range {
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
};
using Value = std::variant<Absent, Pattern, std::int64_t, bool, IpAddress, Range>;

/// One field and the values that a rule wants of it.
struct FieldTest {
  enum class Wants : std::uint8_t {
    any,      ///< one of the values is among the field's
    all,      ///< each of the values is among the field's
    present,  ///< |exists: true
    absent    ///< |exists: false
  };

  /// Of values that must all be among the field's: one bit each.
  static constexpr std::size_t kMostOfAll = 64;

  const Field* field = nullptr;
  Wants wants = Wants::any;
  std::vector<Value> values;
  std::optional<DeviationKinds> kinds{};  ///< of flow.deviations: those among the values

  /// Of these kinds there is a deviation wherever this holds; nothing if it may hold without any.
  [[nodiscard]] std::optional<DeviationKinds> needs() const;
  /// The field, if it must be there.
  [[nodiscard]] std::optional<NeededFields> needed_fields() const;
  [[nodiscard]] bool holds(const Record& record) const;
  /// Adds to `text` the field's values that were asked for, but for numbers of a range; a deviation with what was
  /// observed.
  void append_matched(const Record& record, std::string& text) const;
};

/// Fields that must all hold.
using FieldTests = std::vector<FieldTest>;

/// A named part of a rule's detection: any of its maps.
struct Selection {
  std::string name;
  std::vector<FieldTests> any_of;

  /// As FieldTest has it.
  [[nodiscard]] std::optional<DeviationKinds> needs() const;
  [[nodiscard]] std::optional<NeededFields> needed_fields() const;
  [[nodiscard]] bool holds(const Record& record) const;
  void append_matched(const Record& record, std::string& text) const;
};

/// The kinds whose text is among the values.
DeviationKinds kinds_among(const std::vector<Value>& values);

bool is_there(const Field& field, const Record& record);

/// Reads one entry of `detection`. What it does not know is a problem, never ignored.
Selection read_selection(const Node& node, Problems& problems);

}  // namespace dcmwatch
