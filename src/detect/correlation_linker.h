// Rules of several documents joined: correlations to the rules that they name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "detect/correlation_reader.h"
#include "detect/rule.h"
#include "detect/sigma_fields.h"

namespace dcmwatch {

/// One document of a rule file. One that could not be read whole has its problems already.
struct WrittenRule {
  Rule rule;
  Problems* problems = nullptr;  ///< of its file
  Position at;
  std::optional<WrittenName> name;
  bool has_id = false;  ///< else its info has one made up, of its print
  bool has_level = false;
  const ForeignSource* foreign = nullptr;  ///< by which its fields are called, also where it is counted; null: by ours
  std::optional<WrittenCorrelation> correlation;
  bool generate = false;  ///< of a correlation: the rules that it names report what they match, too
};

/// Gives each correlation its members, by index; silences the rules that only correlations count; and gives each rule
/// its print. Two of one name or id, names that nobody has, correlations that wait for themselves, and fields that the
/// rules' records cannot have are problems.
void link_rules(std::vector<WrittenRule>& rules);

}  // namespace dcmwatch
