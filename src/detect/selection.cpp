#include "detect/selection.h"

#include <algorithm>
#include <utility>

namespace dcmwatch {
namespace {

constexpr DeviationKinds kEveryKind = (DeviationKinds{1} << kDeviationKinds) - 1;

std::string_view as_string(std::string_view value) { return value; }
std::string as_string(std::int64_t value) { return std::to_string(value); }
std::string as_string(bool value) { return value ? "true" : "false"; }
std::string as_string(const IpAddress& value) { return to_text(value); }

bool equal(const Value& wanted, std::string_view seen) {
  const auto* pattern = std::get_if<Pattern>(&wanted);
  return pattern && pattern->matches(seen);
}
bool equal(const Value& wanted, std::int64_t seen) {
  if (const auto* range = std::get_if<Range>(&wanted)) return range->least <= seen && seen <= range->most;
  const auto* number = std::get_if<std::int64_t>(&wanted);
  return number && *number == seen;
}
bool equal(const Value& wanted, bool seen) {
  const auto* truth = std::get_if<bool>(&wanted);
  return truth && *truth == seen;
}
bool equal(const Value& wanted, const IpAddress& seen) {
  if (const auto* address = std::get_if<IpAddress>(&wanted)) return *address == seen;
  return std::holds_alternative<Pattern>(wanted) && equal(wanted, std::string_view{to_text(seen)});
}

/// Gives every value of a field, as its own type, to one function.
template <typename Visit>
class Values final : public FieldSink {
 public:
  explicit Values(Visit& visit) : visit_(visit) {}
  void text(std::string_view value) override { visit_(value); }
  void number(std::int64_t value) override { visit_(value); }
  void boolean(bool value) override { visit_(value); }
  void address(const IpAddress& value) override { visit_(value); }
  void time(Timestamp value) override { visit_(to_ns(value)); }

 private:
  Visit& visit_;
};

template <typename Visit>
void each_value(const Field& field, const Record& record, Visit visit) {
  Values<Visit> values{visit};
  field.visit(record, values);
}

template <typename Seen>
bool is_wanted(const std::vector<Value>& values, const Seen& seen) {
  return std::any_of(values.begin(), values.end(), [&seen](const Value& wanted) { return equal(wanted, seen); });
}

bool wants_absent(const std::vector<Value>& values) {
  return std::any_of(values.begin(), values.end(),
                     [](const Value& wanted) { return std::holds_alternative<Absent>(wanted); });
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
    if (is_wanted(values, to_text(kind))) kinds |= only(kind);
  }
  return kinds;
}

std::optional<DeviationKinds> FieldTest::needs() const {
  if (!kinds || wants == Wants::absent || wants_absent(values)) return std::nullopt;
  return wants == Wants::present ? kEveryKind : *kinds;
}

std::optional<NeededFields> FieldTest::needed_fields() const {
  if (wants == Wants::absent || wants_absent(values)) return std::nullopt;
  return NeededFields{field};
}

bool FieldTest::holds(const Record& record) const {
  if (kinds && wants == Wants::any && !record.observation.declared->deviations.empty())
    return (kinds_of(*record.observation.declared) & *kinds) != 0;
  bool present = false;
  bool found = false;
  std::uint64_t found_of_all = 0;
  each_value(*field, record, [&](const auto& seen) {
    present = true;
    if (wants == Wants::any) found = found || is_wanted(values, seen);
    if (wants != Wants::all) return;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (equal(values[i], seen)) found_of_all |= std::uint64_t{1} << i;
    }
  });
  switch (wants) {
    case Wants::present: return present;
    case Wants::absent: return !present;
    case Wants::all: return found_of_all == ~std::uint64_t{0} >> (kMostOfAll - values.size());
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
    // Five times and six times are the same thing, if at least four was asked for.
    if (is_wanted(values, seen) && !std::holds_alternative<Range>(values.front()))
      text.append(as_string(seen)).append(1, '\0');
  });
}

std::optional<DeviationKinds> Selection::needs() const {
  return needs_of_maps(any_of, [](const FieldTest& test) { return test.needs(); });
}

std::optional<NeededFields> Selection::needed_fields() const {
  return needs_of_maps(any_of, [](const FieldTest& test) { return test.needed_fields(); });
}

bool Selection::holds(const Record& record) const {
  return std::any_of(any_of.begin(), any_of.end(), [&record](const FieldTests& tests) {
    return std::all_of(tests.begin(), tests.end(), [&record](const FieldTest& test) { return test.holds(record); });
  });
}

void Selection::append_matched(const Record& record, std::string& text) const {
  for (const FieldTests& tests : any_of) {
    if (!std::all_of(tests.begin(), tests.end(), [&record](const FieldTest& test) { return test.holds(record); }))
      continue;
    for (const FieldTest& test : tests) test.append_matched(record, text);
  }
}

}  // namespace dcmwatch
