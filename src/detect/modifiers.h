// Sigma's value modifiers: what stands behind a field's name in a selection, "field|contains|all".
#pragma once

#include <optional>
#include <string_view>

#include "detect/pattern.h"
#include "detect/regular_expression.h"
#include "detect/time_part.h"
#include "model/problems.h"

namespace dcmwatch {

/// What a field's modifiers say together. They go with one another, or would not have been read.
struct Modifiers {
  std::optional<Anchor> anchor;    ///< contains, startswith, endswith
  std::string_view bound;          ///< lt, lte, gt, gte; else empty
  std::optional<TimePart> part;    ///< minute, hour, day, week, month, year
  RegularExpression::Flags flags;  ///< i, m, s: of `re`
  bool all = false;
  bool neq = false;
  bool exists = false;
  bool cased = false;
  bool re = false;
  bool cidr = false;
  bool fieldref = false;

  /// Nothing but all and neq, which say what is made of the values, and not what a value is.
  [[nodiscard]] bool leave_values_alone() const {
    return !anchor && bound.empty() && !part && !exists && !cased && !re && !cidr && !fieldref;
  }
};

/// Reads "contains|all". Nothing, and a problem at the modifier that is wrong, if one is not known, makes no sense on a
/// stream of records, or does not go with the others. `at` is where the text begins.
std::optional<Modifiers> read_modifiers(std::string_view text, Position at, Problems& problems);

}  // namespace dcmwatch
