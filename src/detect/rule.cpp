#include "detect/rule.h"

namespace dcmwatch {

bool Rule::matches(const Observation& observation) const {
  if ((datasets >> observation.event.facts.index() & 1) == 0) return false;
  const Record record{observation};
  return condition.evaluate([&](std::size_t index) { return selections[index].holds(record); });
}

std::string Rule::matched(const Observation& observation) const {
  const Record record{observation};
  std::string text;
  for (const Selection& selection : selections) selection.append_matched(record, text);
  return text;
}

}  // namespace dcmwatch
