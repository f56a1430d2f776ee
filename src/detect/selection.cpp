#include "detect/selection.h"

#include <algorithm>
#include <array>
#include <utility>

#include "detect/settled_fields.h"
#include "detect/values.h"

namespace dcmwatch {
namespace {

constexpr DeviationKinds kEveryKind = (DeviationKinds{1} << kDeviationKinds) - 1;

std::string_view as_string(std::string_view value) { return value; }
std::string as_string(std::int64_t value) { return std::to_string(value); }
std::string as_string(bool value) { return value ? "true" : "false"; }
std::string as_string(const IpAddress& value) { return to_text(value); }
std::string as_string(Timestamp value) { return to_rfc3339(value); }

bool wants_absent(const std::vector<Value>& values) {
  return std::any_of(values.begin(), values.end(),
                     [](const Value& wanted) { return std::holds_alternative<Absent>(wanted); });
}

// Five times and six times are the same thing, if at least four was asked for; and so is any hour of the night.
bool tells_apart(const Value& value) {
  return !std::holds_alternative<Range>(value) && !std::holds_alternative<TimeRange>(value);
}

// What is not there is equal to nothing, and different from nothing.
bool has_others(const std::vector<Value>& values, const Record& record) {
  return std::all_of(values.begin(), values.end(), [&record](const Value& value) {
    const auto* other = std::get_if<FieldReference>(&value);
    return !other || is_there(*other->field, record);
  });
}

bool is_lower_bound(const Value& value) {
  const auto* range = std::get_if<Range>(&value);
  return range && range->most == Range{}.most;
}

// The latest of a test's own field and those that it is compared with.
Settles settles(const FieldTest& test, std::uint32_t datasets) {
  Settles latest = settles(*test.field, datasets);
  for (const Value& value : test.values) {
    if (const auto* other = std::get_if<FieldReference>(&value))
      latest = std::max(latest, settles(*other->field, datasets));
  }
  return latest;
}

// One of the maps must hold, and of a map every test: the test that leaves the least tells the most.
template <typename NeedsOf>
auto needs_of_maps(const std::vector<FieldTests>& any_of, NeedsOf needs_of) -> decltype(needs_of(any_of[0][0])) {
  using Needs = decltype(needs_of(any_of[0][0]));
  Needs needs{std::in_place};
  for (const FieldTests& tests : any_of) {
    Needs of_map;
    for (const FieldTest& test : tests) of_map = fewer(of_map, needs_of(test));
    needs = either(needs, of_map);
  }
  return needs;
}

/// Takes no value: that there is one is enough.
class Presence final : public FieldSink {
 public:
  [[nodiscard]] bool seen() const { return seen_; }
  void text(std::string_view) override { seen_ = true; }
  void word(std::string_view) override { seen_ = true; }
  void number(std::int64_t) override { seen_ = true; }
  void boolean(bool) override { seen_ = true; }
  void address(const IpAddress&) override { seen_ = true; }
  void time(Timestamp) override { seen_ = true; }

 private:
  bool seen_ = false;
};

}  // namespace

bool is_there(const Field& field, const Record& record) {
  Presence presence;
  field.visit(record, presence);
  return presence.seen();
}

DeviationKinds kinds_among(const std::vector<Value>& values) {
  DeviationKinds kinds = 0;
  for (unsigned i = 0; i < kDeviationKinds; ++i) {
    const auto kind = static_cast<DeviationKind>(i);
    const auto is_kind = [&](const Value& wanted) {
      const auto* pattern = std::get_if<Pattern>(&wanted);
      const auto* expression = std::get_if<RegularExpression>(&wanted);
      return (pattern && pattern->matches(to_text(kind))) || (expression && expression->matches(to_text(kind)));
    };
    if (std::any_of(values.begin(), values.end(), is_kind)) kinds |= only(kind);
  }
  return kinds;
}

std::optional<DeviationKinds> FieldTest::needs() const {
  if (!kinds || wants == Wants::absent || wants_absent(values)) return std::nullopt;
  return wants == Wants::present || wants == Wants::none ? kEveryKind : *kinds;
}

std::optional<NeededFields> FieldTest::needed_fields() const {
  if (wants == Wants::absent || wants_absent(values)) return std::nullopt;
  return NeededFields{field};
}

Lasts FieldTest::lasts(std::uint32_t datasets) const {
  constexpr Lasts kNeither{false, false};
  constexpr Lasts kYes{true, false};
  constexpr Lasts kNo{false, true};
  const Settles when = settles(*this, datasets);
  if (when == Settles::at_once) return {};
  if (when == Settles::at_end) return kNeither;
  if (wants == Wants::present) return kYes;
  if (wants == Wants::absent) return kNo;
  if (wants_absent(values)) return values.size() == 1 ? kNo : kNeither;
  if (field->type == FieldType::time) return kNeither;  // an end, say, is put off as long as something goes on
  const bool is_number = field->type == FieldType::number;
  if (wants == Wants::none) return is_number || field->type == FieldType::text_list ? kNeither : kYes;
  return is_number && !std::ranges::all_of(values, is_lower_bound) ? kNeither : kYes;
}

bool FieldTest::asks_for(const Field& asked) const {
  return field == &asked || std::ranges::any_of(values, [&](const Value& value) {
           const auto* other = std::get_if<FieldReference>(&value);
           return other && other->field == &asked;
         });
}

std::optional<Phases> FieldTest::phases() const {
  if (field->path != "event.phase" || wants != Wants::any) return std::nullopt;
  Phases phases = 0;
  for (const Phase phase : {Phase::start, Phase::progress, Phase::end}) {
    const auto is_it = [&](const Value& value) {
      const auto* pattern = std::get_if<Pattern>(&value);
      return !pattern || pattern->matches(to_text(phase));
    };
    if (std::ranges::any_of(values, is_it)) phases |= only(phase);
  }
  return phases;
}

bool FieldTest::holds(const Record& record) const {
  if (kinds && wants == Wants::any && !record.observation.declared->deviations.empty())
    return (kinds_of(*record.observation.declared) & *kinds) != 0;
  bool present = false;
  bool found = false;
  std::uint64_t found_of_all = 0;
  const Equal equal{record};
  each_value(*field, record, [&](const auto& seen) {
    present = true;
    if (wants == Wants::any || wants == Wants::none) found = found || is_wanted(values, seen, equal);
    if (wants != Wants::all) return;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (equal(values[i], seen)) found_of_all |= std::uint64_t{1} << i;
    }
  });
  switch (wants) {
    case Wants::present: return present;
    case Wants::absent: return !present;
    case Wants::all: return found_of_all == ~std::uint64_t{0} >> (kMostOfAll - values.size());
    case Wants::none: return present && !found && has_others(values, record);
    case Wants::any: break;
  }
  return present ? found : wants_absent(values);
}

void FieldTest::append_matched(const Record& record, std::string& text) const {
  if (wants != Wants::any && wants != Wants::all) return;
  if (kinds) {
    for (const Deviation& deviation : record.observation.declared->deviations) {
      if ((only(deviation.kind) & *kinds) != 0)
        text.append(to_text(deviation.kind)).append(1, '\0').append(deviation.observed).append(1, '\0');
    }
    return;
  }
  each_value(*field, record, [&](const auto& seen) {
    if (tells_apart(values.front()) && is_wanted(values, seen, Equal{record}))
      text.append(as_string(seen)).append(1, '\0');
  });
}

std::optional<DeviationKinds> Selection::needs() const {
  return needs_of_maps(any_of, [](const FieldTest& test) { return test.needs(); });
}

std::optional<NeededFields> Selection::needed_fields() const {
  return needs_of_maps(any_of, [](const FieldTest& test) { return test.needed_fields(); });
}

Lasts Selection::lasts(std::uint32_t datasets) const {
  Lasts all;
  for (const FieldTests& tests : any_of) {
    for (const FieldTest& test : tests) all = all & test.lasts(datasets);
  }
  return all;
}

bool Selection::asks_for(const Field& asked) const {
  return std::ranges::any_of(any_of, [&](const FieldTests& tests) {
    return std::ranges::any_of(tests, [&](const FieldTest& test) { return test.asks_for(asked); });
  });
}

std::optional<Phases> Selection::phases() const {
  return needs_of_maps(any_of, [](const FieldTest& test) { return test.phases(); });
}

bool Selection::holds(const Record& record) const {
  return std::any_of(any_of.begin(), any_of.end(), [&record](const FieldTests& tests) {
    return std::all_of(tests.begin(), tests.end(), [&record](const FieldTest& test) { return test.holds(record); });
  });
}

}  // namespace dcmwatch
