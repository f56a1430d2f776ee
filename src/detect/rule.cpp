#include "detect/rule.h"

namespace dcmwatch {

bool Rule::matches(const Observation& observation) const {
  if ((datasets >> observation.event.facts.index() & 1) == 0) return false;
  const Record record{observation};
  return condition.evaluate([&](std::size_t index) { return selections[index].holds(record); });
}

std::optional<DeviationKinds> Rule::needs() const {
  return condition.needs([this](std::size_t index) { return selections[index].needs(); });
}

void Rule::append_matched(const Observation& observation, std::string& text) const {
  const Record record{observation};
  for (const Selection& selection : selections) selection.append_matched(record, text);
}

}  // namespace dcmwatch
