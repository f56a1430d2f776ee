// A compiled rule, and the set of rules that a detector runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "detect/condition.h"
#include "detect/correlation.h"
#include "detect/selection.h"
#include "event/record.h"

namespace dcmwatch {

/// What a finding's count counts. A rule about one dataset counts its records (an operation once, however many phases
/// it tells); a rule about a category counts conversations.
enum class Counts : std::uint8_t { records, conversations };

/// Of records; or a correlation, which asks no record itself but counts other rules' matches.
struct Rule {
  std::shared_ptr<const RuleInfo> info;
  std::shared_ptr<const Correlation> correlation{};  ///< null: of records
  bool reports = true;         ///< what it matches is a finding: not so if it is only counted by correlations
  std::uint64_t print = 0;     ///< of what its document says, and those of the rules that it counts
  std::uint32_t datasets = 0;  ///< one bit for each alternative of Facts
  Counts counts = Counts::records;
  /// Asked of a record's last phase alone: what an earlier one makes of it may not last, or some exception's match may
  /// not.
  bool at_end = false;
  std::vector<Selection> selections;
  Condition condition;
  NeededFields needed{};                       ///< of needed_fields(); empty: none
  std::vector<std::uint16_t> needed_places{};  ///< of these, as Verdicts has them

  [[nodiscard]] bool matches(const Observation& observation) const;

  /// Whether a match in one phase of a record is one of the record, whatever its later phases tell: not so if it asks
  /// that something be absent, below a bound or otherwise, and that may come.
  [[nodiscard]] bool match_lasts() const;

  /// Whether it says itself of which phases it asks.
  [[nodiscard]] bool asks_for_phase() const;

  /// Only in one of these can it match; nothing if in any.
  [[nodiscard]] std::optional<Phases> phases() const;

  /// Only a record that has one of these fields can match; nothing if any can.
  [[nodiscard]] std::optional<NeededFields> needed_fields() const;

  /// Only an observation with a deviation of one of these kinds can match; nothing if any can.
  [[nodiscard]] std::optional<DeviationKinds> needs() const;
};

/// Correlations refer to others by their index.
using RuleSet = std::vector<Rule>;

class SigmaFields;

struct RuleReading {
  /// For rules of other log sources than ours. Null: they are refused.
  const SigmaFields* foreign = nullptr;
  /// Whether each rule of ours that reports has to say all that a catalogue says of it: what it is for, when it errs,
  /// what suffers, who acts first, and a runbook that exists beneath `documents`.
  bool complete = false;
  std::filesystem::path documents{};
};

/// Reads every *.yml and *.yaml beneath a folder (or one file), in the order of their paths; each may hold several
/// documents. Throws ConfigurationError with the problems of all of them.
RuleSet load_rules(const std::filesystem::path& path, const RuleReading& reading = {});

/// The same from one text; `name` stands for the file in messages.
RuleSet parse_rules(const std::string& text, const std::string& name, const RuleReading& reading = {});
/// The first of them.
Rule parse_rule(const std::string& text, const std::string& name, const RuleReading& reading = {});

}  // namespace dcmwatch
