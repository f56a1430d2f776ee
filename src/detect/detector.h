// Runs the rules over observations and folds what matches into findings.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/limits.h"
#include "base/recent_places.h"
#include "detect/correlations.h"
#include "detect/counted_once.h"
#include "detect/exceptions.h"
#include "detect/rule.h"
#include "detect/verdicts.h"
#include "event/record.h"

namespace dcmwatch {

struct FindingSink {
  virtual ~FindingSink() = default;
  virtual void on_finding(const Finding& finding) = 0;
};

/// What rules make of that which many records have in common is remembered with the model's judgement, which these
/// share (Plan). Cost of another observation like them: that of the few rules that ask for more and, of these, mostly a
/// look whether a field that they cannot do without is there (needs.h); each field is read once for all of them
/// (Verdicts).
///
/// Order of calls: observe for each observation in the order of packet time, advance in between, then finish once.
///
/// A finding is one distinct thing that a rule matched: the rule, the two ends (a device's name, or the address of an
/// undeclared one) and the values that were matched. It is told at its first match (Phase::start, count 1), repeats are
/// counted, and it is told again with its count when finishing or when forgotten (Phase::end).
///
/// How many new ones a rule may tell is bounded over all sources, too (Limits::rule_findings in each stretch of packet
/// time), since anyone can forge those. A declared device's first is always told, as is that of one source beyond
/// others that have theirs; what is beyond the bound goes under one finding with others: those of its source, if that
/// has one already; else those of the rule at that declared destination; else all others of the rule. So a flood hides
/// neither which declared device somebody speaks as, nor to which he speaks, and no address for longer than it lasts.
///
/// A count counts things, however many phases tell them (CountedOnce, of the latest Limits::counted_things of them).
///
/// What an exception holds for makes no finding and counts in no correlation, but is counted by itself; once the
/// exception has ended, in packet time, the finding is there again, and says so. Rules that have no exception pay
/// nothing for those of others. Whether one holds is known before its rule is asked: of one that asks for what comes
/// late, the rule is asked at the end of a record alone.
class Detector {
 public:
  /// The exceptions are from these rules.
  Detector(RuleSet rules, const Limits& limits, const Exceptions& exceptions = {});

  void observe(const Observation& observation, FindingSink& sink);
  /// All that was seen before this time has been observed: what correlations judge at the close of a window is due.
  void advance(Timestamp watermark, FindingSink& sink);
  /// The capture has not shown something, up to now. What is said of CaptureNotes need not be said.
  void note_blindness() { correlations_.note_blindness(); }
  /// In the order in which they were first matched.
  void finish(FindingSink& sink);

  /// Goes on where `old` was with every rule that is the same here, by its id and all that it says, and those of a
  /// correlation: findings that are open, their counts, correlations' windows, and how often each exception held that
  /// is the same. Findings of other rules are told to their end. Called before anything else; `old` is done with.
  void adopt(Detector&& old, FindingSink& sink);

  [[nodiscard]] const RuleSet& rules() const { return rules_; }
  /// By exception, in their order.
  [[nodiscard]] const std::vector<Suppressed>& suppressed() const { return suppressed_; }
  /// Of those that are no more, since others were adopted from; one a rule.
  [[nodiscard]] const std::vector<Suppressed>& suppressed_before() const { return suppressed_before_; }
  [[nodiscard]] const Correlations& correlations() const { return correlations_; }
  /// Findings told to their end early, to remember no more than Limits::findings; the victim is the one matched longest
  /// ago.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }
  /// Matches that went under one finding with others because one source had kDistinctPerSource findings of that rule
  /// already, and because the rule had told as many new ones as it may.
  [[nodiscard]] std::uint64_t folded() const { return folded_; }
  [[nodiscard]] std::uint64_t folded_by_rule() const { return folded_by_rule_; }
  /// Both, by the rule's id; also those of rules that are no more.
  [[nodiscard]] const std::map<std::string, std::uint64_t, std::less<>>& folded_matches() const {
    return folded_matches_;
  }
  /// Things forgotten as counted, by findings or correlations: what is told of them then counts again.
  [[nodiscard]] std::uint64_t things_forgotten() const {
    return counted_.forgotten() + correlations_.things_forgotten();
  }

  /// A scan of a network, or of an archive for its AE titles, is one thing to look into, not ten thousand.
  static constexpr std::size_t kDistinctPerSource = 64;

 private:
  /// A rule among those for one dataset.
  struct Candidate {
    DeviationKinds needs = 0;  ///< one of them at least
    std::uint32_t rule = 0;
  };

  struct Open {
    Finding finding;
    std::string key;
    std::string family;  ///< rule and source; empty: several sources, none of them more than another

    /// All others of a rule: never forgotten, since nothing could be told in its stead.
    [[nodiscard]] bool of_all() const {
      return finding.others == Others::of_rule && finding.example.declared->destination.device.empty();
    }
  };
  using Findings = std::list<Open>;

  /// What a rule has told that is new, since when.
  struct Stretch {
    Timestamp since{};
    std::size_t first = 0;    ///< findings of sources that nobody declared, and that had none
    std::size_t further = 0;  ///< findings of sources that had one
    boost::unordered_flat_set<std::string>
        once{};  ///< keys of those that are bounded by the model, or by the above, and of others
  };

  class CrossingTeller;

  struct TextHash {
    using is_transparent = void;
    using is_avalanching = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  /// A rule that matches and, if it is known, under which finding.
  struct Step {
    std::uint32_t rule = 0;
    bool known = false;
    Others others = Others::none;
    Findings::iterator open{};  ///< if known
  };

  /// What the rules made of an observation, and of all like it that have the same in what was asked of it.
  struct Outcome {
    std::vector<Verdicts::Known> particular;
    std::vector<Step> steps;
    std::uint64_t forgotten = 0;  ///< findings: a step may name one that was forgotten since
  };

  /// The rules that observations that are like one another (Verdicts::decided) may match, and what they made of those
  /// seen lately.
  struct Plan {
    static constexpr std::size_t kMostOutcomes = 8;

    SharedDeclared declared;  ///< kept alive, so that no other can come to stand where it stands
    IpAddress source;
    IpAddress destination;
    std::size_t dataset = 0;
    std::uint64_t kind = 0;
    bool proven = false;
    Phase phase{};
    std::vector<Verdicts::Known> alike;  ///< of what the rules ask
    std::vector<std::uint32_t> rules;
    std::vector<Outcome> outcomes;  ///< the latest first
  };
  static constexpr std::size_t kPlans = 4096;

  [[nodiscard]] static bool fits(const Plan& plan, const Observation& observation);
  [[nodiscard]] bool leaves_out_none(const Plan& plan, const Observation& observation) const;
  void make(Plan& plan, const Observation& observation);
  Outcome& outcome_of(Plan& plan);
  void ask(Outcome& outcome, const Plan& plan);
  /// Whether its match by the observation at hand falls under one finding with that of all that have its outcome.
  [[nodiscard]] bool matches_alike(std::uint32_t rule) const;
  /// One that the match falls under; one that holds still at this time, if there is any.
  [[nodiscard]] std::optional<std::size_t> exception_for(std::uint32_t rule, const Observation& observation,
                                                         Timestamp time) const;
  void tell_expired(Finding& finding, std::size_t exception);
  Step match(std::uint32_t rule, const Observation& observation, FindingSink& sink);
  void repeat(const Step& step, const Observation& observation);
  void write_key(std::uint32_t rule, const Observation& observation);
  void write_key(const Crossing& crossing);
  Step find(std::uint32_t rule, const Observation& observation, FindingSink& sink);
  [[nodiscard]] bool look_up(Step& step);
  bool takes_place(Stretch& stretch, const Observation& observation);
  Stretch& stretch_of(std::uint32_t rule, FindingSink& sink);
  void end_others(const Stretch& stretch, FindingSink& sink);
  void erase(Findings::iterator open);
  void note_folded(const Step& step);
  Findings::iterator start(const Step& step, const Observation& observation, FindingSink& sink);
  bool on_crossing(const Crossing& crossing, FindingSink& sink);
  void insert(Open&& open);
  void adopt_stretches(Detector& old, const std::vector<std::optional<std::uint32_t>>& same);
  void adopt_suppressed(Detector& old, const std::vector<std::optional<std::uint32_t>>& same);
  static void tell_ends(std::vector<Finding*> findings, FindingSink& sink);
  void forget_oldest(FindingSink& sink);

  RuleSet rules_;
  Verdicts verdicts_;
  Exceptions exceptions_;
  std::vector<std::vector<std::size_t>> exceptions_of_;  // by rule
  std::vector<Suppressed> suppressed_;                   // by exception
  std::vector<Suppressed> suppressed_before_;
  std::array<std::vector<Candidate>, std::variant_size_v<Facts>> candidates_;
  Correlations correlations_;
  std::uint64_t observed_ = 0;
  RecentPlaces<Plan, kPlans> plans_;
  Limits limits_;
  Findings findings_;                                                                 // matched longest ago first
  boost::unordered_flat_map<std::string_view, Findings::iterator, TextHash> by_key_;  // views of the findings' keys
  boost::unordered_flat_map<std::string, std::size_t, TextHash, std::equal_to<>> distinct_;  // of a rule and a source
  CountedOnce counted_;                                                                      // by the finding's number
  std::string key_;                                                                          // of the match at hand
  std::string family_;                                                                       // likewise
  std::uint64_t started_ = 0;
  std::uint64_t forgotten_ = 0;
  std::uint64_t folded_ = 0;
  std::uint64_t folded_by_rule_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> folded_matches_;
  std::vector<Stretch> stretches_;  // by rule
  Timestamp now_{};                 // no record that is told late sets it back, only the capture's clock does
  Timestamp watermark_{};
};

}  // namespace dcmwatch
