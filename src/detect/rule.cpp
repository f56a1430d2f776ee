#include "detect/rule.h"

#include <algorithm>
#include <array>

namespace dcmwatch {

bool Rule::matches(const Observation& observation) const {
  if ((datasets >> observation.event.facts.index() & 1) == 0) return false;
  if (at_end && observation.event.phase != Phase::end) return false;
  const Record record{observation};
  // Most rules about messages ask for what hardly any has.
  if (!needed.empty() && std::ranges::none_of(needed, [&](const Field* field) { return is_there(*field, record); }))
    return false;
  return condition.evaluate([&](std::size_t index) { return selections[index].holds(record); });
}

bool Rule::match_lasts() const {
  std::vector<Lasts> lasts;
  for (const Selection& selection : selections) lasts.push_back(selection.lasts(datasets));
  return condition.lasts([&](std::size_t index) { return lasts[index]; }).yes;
}

bool Rule::asks_for_phase() const {
  static const Field* const kPhase = find_field("event.phase");
  return std::ranges::any_of(selections, [](const Selection& selection) { return selection.asks_for(*kPhase); });
}

std::optional<Phases> Rule::phases() const {
  return condition.needs([this](std::size_t index) { return selections[index].phases(); });
}

std::optional<DeviationKinds> Rule::needs() const {
  return condition.needs([this](std::size_t index) { return selections[index].needs(); });
}

std::optional<NeededFields> Rule::needed_fields() const {
  return condition.needs([this](std::size_t index) { return selections[index].needed_fields(); });
}

bool Rule::asks_what_is_alike(const Record& record) const {
  return std::ranges::all_of(selections, [&](const Selection& selection) {
    return std::ranges::all_of(selection.any_of, [&](const FieldTests& tests) {
      return std::ranges::all_of(tests,
                                 [&](const FieldTest& test) { return dcmwatch::asks_what_is_alike(test, record); });
    });
  });
}

bool compares_fields(const FieldTest& test) {
  return std::ranges::any_of(test.values,
                             [](const Value& value) { return std::holds_alternative<FieldReference>(value); });
}

bool is_alike(const Field& field, const Record& record) {
  static const std::array kAlike{
      find_field("conversation.proven"), find_field("destination.device"), find_field("destination.ip"),
      find_field("destination.role"),    find_field("destination.zone"),   find_field("event.dataset"),
      find_field("event.phase"),         find_field("source.device"),      find_field("source.ip"),
      find_field("source.role"),         find_field("source.zone")};
  return field.visit.reads() == Reads::judgement || !field.visit.kinds().overlaps(RecordKinds::of(record)) ||
         std::ranges::find(kAlike, &field) != kAlike.end();
}

bool asks_what_is_alike(const FieldTest& test, const Record& record) {
  return is_alike(*test.field, record) && !compares_fields(test);
}

}  // namespace dcmwatch
