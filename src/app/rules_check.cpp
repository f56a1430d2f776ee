// dcmwatch rules check: do the rules load, and which are there?
#include <fmt/format.h>

#include "app/commands.h"
#include "detect/rule.h"

namespace dcmwatch {

int check_rules(const std::string& folder) {
  const RuleSet rules = load_rules(folder);
  for (const Rule& rule : rules) fmt::print("{:<13}  {}\n", to_text(rule.info->level), rule.info->title);
  fmt::print("{}: {} rules; no fault found\n", folder, rules.size());
  return kDone;
}

}  // namespace dcmwatch
