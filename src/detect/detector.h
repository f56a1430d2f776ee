// Runs the rules over observations and folds what matches into findings.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>

#include "base/limits.h"
#include "detect/rule.h"
#include "event/record.h"

namespace dcmwatch {

struct FindingSink {
  virtual ~FindingSink() = default;
  virtual void on_finding(const Finding& finding) = 0;
};

/// Order of calls: observe for each observation in the order of packet time, then finish once.
///
/// A finding is one distinct thing that a rule matched: the rule, the two ends (a device's name, or the address of an
/// undeclared one) and the values that were matched. It is told at its first match (Phase::start, count 1), repeats are
/// counted, and it is told again with its count when finishing or when forgotten (Phase::end).
///
/// A conversation tells the same thing several times: at its start, each minute and at its end. So that a count counts
/// things, what was counted is remembered until it has ended (the latest Limits::findings of them): for a rule about
/// one dataset the record (an operation, say, is known by the packet of its request), for a rule about a category the
/// conversation.
class Detector {
 public:
  Detector(RuleSet rules, const Limits& limits) : rules_(std::move(rules)), limits_(limits) {}

  void observe(const Observation& observation, FindingSink& sink);
  /// In the order in which they were first matched.
  void finish(FindingSink& sink);

  [[nodiscard]] const RuleSet& rules() const { return rules_; }
  /// Findings told to their end early, to remember no more than Limits::findings; the victim is the one matched longest
  /// ago.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }
  /// Matches that went under one finding with others because one source had kDistinctPerSource findings of that rule
  /// already.
  [[nodiscard]] std::uint64_t folded() const { return folded_; }

  /// A scan of a network, or of an archive for its AE titles, is one thing to look into, not ten thousand.
  static constexpr std::size_t kDistinctPerSource = 64;

 private:
  struct Open {
    Finding finding;
    std::string key;
    std::string family;
  };
  using Findings = std::list<Open>;

  void match(const Rule& rule, const Observation& observation, FindingSink& sink);
  Findings::iterator find_or_start(const Rule& rule, const Observation& observation, FindingSink& sink, bool& fresh);
  bool counts_anew(const Rule& rule, std::uint64_t number, const Observation& observation);
  void forget_oldest(FindingSink& sink);

  RuleSet rules_;
  Limits limits_;
  Findings findings_;  // matched longest ago first
  std::unordered_map<std::string, Findings::iterator> by_key_;
  std::unordered_map<std::string, std::size_t> distinct_;  // findings of a rule and a source
  std::list<std::string> counted_;                         // asked for longest ago first
  std::unordered_map<std::string, std::list<std::string>::iterator> counted_by_key_;
  std::uint64_t started_ = 0;
  std::uint64_t forgotten_ = 0;
  std::uint64_t folded_ = 0;
};

}  // namespace dcmwatch
