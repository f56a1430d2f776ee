// What nobody wants to be told of, until a day: config/exceptions.yml.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "detect/rule.h"
#include "detect/selection.h"
#include "event/record.h"

namespace dcmwatch {

/// Matches of one rule that make no finding as long as the exception holds.
struct Exception {
  std::shared_ptr<const ExceptionInfo> info;
  std::size_t rule = 0;  ///< of the RuleSet that it was loaded for
  Selection match;
  std::uint64_t print = 0;  ///< of what is written of it

  [[nodiscard]] bool holds_at(Timestamp time) const { return time <= info->until; }
};

using Exceptions = std::vector<Exception>;

/// Those of the rules that must be asked of a record's last phase alone, so that it is known by then whether the
/// exception holds: its own, or of a correlation those that it counts. None if its match is known from the start.
std::vector<std::size_t> judged_at_end_for(const Exception& exception, const RuleSet& rules);

/// Reads exceptions from rules of this set, named by their ids or titles. Throws ConfigurationError with every mistake
/// found.
Exceptions load_exceptions(const std::filesystem::path& file, const RuleSet& rules);

/// The same from one text; `name` stands for the file in messages.
Exceptions parse_exceptions(const std::string& text, const std::string& name, const RuleSet& rules);

}  // namespace dcmwatch
