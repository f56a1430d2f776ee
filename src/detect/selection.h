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
#include "detect/regular_expression.h"
#include "detect/time_part.h"
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
/// Of times: the same of a part of them.
struct TimeRange {
  TimePart part{};
  Range range;
};
/// What another field of the record has.
struct FieldReference {
  const Field* field = nullptr;
  Anchor anchor = Anchor::whole;
  Case letters = Case::ignored;
};
using Value = std::variant<Absent, Pattern, RegularExpression, std::int64_t, Range, bool, IpAddress, Network, TimeRange,
                           FieldReference>;

/// Whether an answer that one phase of a record gives is that of the record, whatever its later phases tell.
struct Lasts {
  bool yes = true;
  bool no = true;

  friend Lasts operator&(Lasts one, Lasts other) { return {one.yes && other.yes, one.no && other.no}; }
};

/// One field and the values that a rule wants of it.
struct FieldTest {
  enum class Wants : std::uint8_t {
    any,      ///< one of the values is among the field's
    all,      ///< each of the values is among the field's
    none,     ///< |neq: the field is there, and none of the values is among its own
    present,  ///< |exists: true
    absent    ///< |exists: false
  };

  /// Of values that must all be among the field's: one bit each.
  static constexpr std::size_t kMostOfAll = 64;
  /// Each is compared with: a rule is no place for a list of the internet's addresses.
  static constexpr std::size_t kMostValues = 4096;
  static constexpr std::uint8_t kNoPlace = 0xFF;

  const Field* field = nullptr;
  Wants wants = Wants::any;
  std::vector<Value> values;
  std::optional<DeviationKinds> kinds{};  ///< of flow.deviations, unless compared with another field: those among the
                                          ///< values
  std::uint8_t place = kNoPlace;          ///< among all tests of the field, as Verdicts has them
  std::uint16_t field_place = 0;          ///< the field's place among all that are asked for, likewise
  bool compares = false;                  ///< with another field of the record, not with values; likewise
  bool has_one_value = false;             ///< wherever it holds the field has the same value, or none; likewise

  /// Of these kinds there is a deviation wherever this holds; nothing if it may hold without any.
  [[nodiscard]] std::optional<DeviationKinds> needs() const;
  /// The field, if it must be there.
  [[nodiscard]] std::optional<NeededFields> needed_fields() const;
  /// Of records of these datasets, one bit for each alternative of Facts.
  [[nodiscard]] Lasts lasts(std::uint32_t datasets) const;
  [[nodiscard]] bool asks_for(const Field& asked) const;
  /// In none but these phases it holds; nothing if it does not say.
  [[nodiscard]] std::optional<Phases> phases() const;
  [[nodiscard]] bool holds(const Record& record) const;
  /// Adds to `text` the field's values that were asked for, but for numbers and times of a range; a deviation with what
  /// was observed.
  void append_matched(const Record& record, std::string& text) const;
};

/// Fields that must all hold.
using FieldTests = std::vector<FieldTest>;

/// A named part of a rule's detection: any of its maps.
struct Selection {
  static constexpr std::size_t kMostMaps = 1024;

  std::string name;
  std::vector<FieldTests> any_of;

  /// As FieldTest has it.
  [[nodiscard]] std::optional<DeviationKinds> needs() const;
  [[nodiscard]] std::optional<NeededFields> needed_fields() const;
  [[nodiscard]] Lasts lasts(std::uint32_t datasets) const;
  [[nodiscard]] bool asks_for(const Field& asked) const;
  [[nodiscard]] std::optional<Phases> phases() const;
  [[nodiscard]] bool holds(const Record& record) const;
};

/// The kinds whose text is among the values.
DeviationKinds kinds_among(const std::vector<Value>& values);

bool is_there(const Field& field, const Record& record);

struct ForeignSource;

/// What the selections of one rule have in common.
struct SelectionReading {
  Problems& problems;
  std::size_t& expressions_left;           ///< of all that is loaded: regular expressions take time to compile
  const ForeignSource* foreign = nullptr;  ///< by which fields are called; null: as docs/fields.md calls them
  std::uint32_t datasets = 0;  ///< whose records are asked, one bit for each alternative of Facts; 0: not known
};

/// Reads one entry of `detection`, or of what is like it. What it does not know is a problem, never ignored.
Selection read_selection(const Node& node, SelectionReading& reading);

}  // namespace dcmwatch
