#include "detect/rule.h"

#include <algorithm>

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

}  // namespace dcmwatch
