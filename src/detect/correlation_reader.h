// A correlation as a rule file has it, before the rules that it names are known (link_correlations).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "detect/correlation.h"
#include "model/document.h"

namespace dcmwatch {

/// A name and where it stands.
struct WrittenName {
  std::string text;
  Position at;
};

struct WrittenCorrelation {
  /// A name for what is another field of each rule's records.
  struct Alias {
    WrittenName name;
    std::vector<std::pair<WrittenName, WrittenName>> fields;  ///< by the rule
  };

  Correlation correlation;  ///< but for its members
  std::vector<WrittenName> rules;
  std::vector<WrittenName> group_by;
  std::optional<WrittenName> counted;
  std::vector<Alias> aliases;
  std::optional<bool> generate;  ///< as some write it: within
};

/// Reads the value of `correlation`. What it does not know is a problem, never ignored.
WrittenCorrelation read_correlation(const Node& node, Problems& problems);

/// true or false; a problem if it is neither.
bool read_generate(const Node& node, Problems& problems);

}  // namespace dcmwatch
