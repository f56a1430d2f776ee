// dcmwatch rules check: do the rules load, and which are there? Do the exceptions from them?
#include <fmt/format.h>

#include "app/commands.h"
#include "app/files.h"
#include "detect/exceptions.h"
#include "detect/rule.h"

namespace dcmwatch {
namespace {

// Rules stand in rules/detection beside docs/, where they name pages of it.
std::filesystem::path beside(const std::filesystem::path& rules) {
  return std::filesystem::absolute(rules / "").lexically_normal().parent_path().parent_path().parent_path();
}

}  // namespace

int check_rules(const RulesCheckOptions& options) {
  const std::optional<SigmaFields> foreign = load_sigma_fields(options.sigma_fields);
  const RuleSet rules = load_rules(
      options.folder,
      {.foreign = foreign ? &*foreign : nullptr, .complete = options.complete, .documents = beside(options.folder)});
  for (const Rule& rule : rules)
    fmt::print("{:<13}  {}\n", rule.reports ? to_text(rule.info->level) : "(counted)", rule.info->title);
  for (const Rule& rule : rules) {
    if (rule.correlation && rule.correlation->judged_at_close())
      fmt::print(
          "note: '{}' has an upper bound: its windows stand side by side, and miss what lies across two of them\n",
          rule.info->title);
  }
  fmt::print("{}: {} rules; no fault found\n", options.folder, rules.size());
  if (options.exceptions.empty()) return kDone;
  const Exceptions exceptions = load_exceptions(options.exceptions, rules);
  for (const Exception& exception : exceptions) {
    fmt::print("until {:.10}  {}: {} ({})\n", to_rfc3339(exception.info->until), exception.info->rule->title,
               exception.info->reason, exception.info->owner);
  }
  fmt::print("{}: {} exceptions; no fault found\n", options.exceptions, exceptions.size());
  return kDone;
}

}  // namespace dcmwatch
