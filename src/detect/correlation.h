// A compiled correlation: what is counted of which rules' matches, by what, and how many of it within which time are a
// match of its own (Sigma's correlation rules specification 2.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/timestamp.h"
#include "event/fields.h"

namespace dcmwatch {

enum class CorrelationType : std::uint8_t { event_count, value_count, temporal, temporal_ordered, value_sum };

struct Correlation {
  /// Where a value is had from: a field of the record that matched or, of a correlation, one of the values by which it
  /// groups.
  struct Source {
    const Field* field = nullptr;  ///< null: of a correlation
    std::size_t group_value = 0;

    friend bool operator==(const Source&, const Source&) = default;
  };

  /// A rule whose matches are counted.
  struct Member {
    std::uint32_t rule = 0;  ///< index in the RuleSet
    std::string name;        ///< as the correlation calls it
    std::vector<Source> group_by;
    Source counted{};  ///< of value_count and value_sum
  };

  CorrelationType type = CorrelationType::event_count;
  std::vector<Member> members;
  std::vector<std::string> group_by;  ///< fields, or aliases of fields
  std::string counted;                ///< of value_count and value_sum: the field, or an alias
  Duration timespan{};
  std::size_t least = 1;  ///< events, values or rules, or the sum; at least one
  std::size_t most = std::numeric_limits<std::size_t>::max();

  /// Whether only a window that is over can tell: more may come before.
  [[nodiscard]] bool judged_at_close() const { return most != std::numeric_limits<std::size_t>::max(); }
  /// More need not be told apart.
  [[nodiscard]] std::size_t counts_up_to() const { return judged_at_close() ? most + 1 : least; }
};

/// As a rule file has it: "event_count".
std::string_view to_text(CorrelationType type);

}  // namespace dcmwatch
