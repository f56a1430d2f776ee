// dcmwatch rules check: do the rules load, and which are there?
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <memory>

#include "app/commands.h"
#include "detect/rule.h"

namespace dcmwatch {

Command add_rules_check(CLI::App& app) {
  auto folder = std::make_shared<std::string>();
  app.add_option("DIR", *folder, "a folder of Sigma rules")->required();
  return [folder] {
    const RuleSet rules = load_rules(*folder);
    for (const Rule& rule : rules) fmt::print("{:<13}  {}\n", to_text(rule.info->level), rule.info->title);
    fmt::print("{}: {} rules; no fault found\n", *folder, rules.size());
    return static_cast<int>(kDone);
  };
}

}  // namespace dcmwatch
