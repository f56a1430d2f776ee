// Counts what rules match, for the rules that ask how many (Sigma's correlations).
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "detect/correlation_ends.h"
#include "detect/correlation_window.h"
#include "detect/counted_once.h"
#include "detect/rule.h"
#include "event/record.h"

namespace dcmwatch {

/// A correlation that matched.
struct Crossing {
  std::uint32_t rule = 0;
  std::string group;    ///< the same text for the same values, whatever they are
  bool again = false;   ///< it was told before, and kept quiet
  Observation example;  ///< that which crossed, or opened the window; without the ends that not all of them share
  std::shared_ptr<const Correlated> correlated;
};

struct CrossingSink {
  virtual ~CrossingSink() = default;
  /// Whether it is told, and other correlations may count it. If not, it is told again with the next match, as long as
  /// the condition holds.
  virtual bool on_crossing(const Crossing& crossing) = 0;
};

/// What is counted together is a group: the matches that have the same values, as text, in all fields of `group-by`. A
/// match that lacks one of them is not counted, nor one that lacks the field of which values are counted; of a list
/// each value is. A match is one thing, however many phases tell it and whichever of its rules it matches; only for the
/// temporal types it matters which (CountedOnce). The values that count are those of the earliest record that has any;
/// of a conversation, where rules about a category are counted, those of each of its records. A sum's are those of a
/// record's end, since they grow until then.
///
/// A condition with a lower bound only is judged with each match, over the timespan before it: it matches when the
/// count reaches the bound, and again once it has been below. One with an upper bound is judged when the window is
/// over: that begins with a match of a group that has none open, and ends a timespan later. Windows that were not
/// whole when the capture ended, or during which the capture was blind, are not judged. A window is half open: two
/// matches that are a timespan apart are not within it.
///
/// Time is that of the observations and goes on from where it was when their clock is set back.
///
/// Order of calls: observe for each match, advance at the batches' ends. Cost of a match: a look-up of its group for
/// each correlation that counts it.
class Correlations {
 public:
  Correlations(const RuleSet& rules, const Limits& limits);

  /// Whether any correlation counts this rule's matches.
  [[nodiscard]] bool count(std::uint32_t rule) const { return !uses_[rule].empty(); }
  /// `sequence` numbers the observations: several rules may match one. `counts` is the rule's.
  void observe(std::uint32_t rule, Counts counts, const Observation& observation, std::uint64_t sequence,
               CrossingSink& sink);
  /// All that was seen before this time has been observed. An earlier time than before is a clock that was set back.
  void advance(Timestamp watermark, CrossingSink& sink);
  /// The capture has not shown something, up to now.
  void note_blindness() { blind_ = now_; }
  /// Forgets all: what is not over is not judged.
  void clear();

  /// Groups forgotten to stay within Limits::correlation_groups, and within Limits::correlation_bytes.
  [[nodiscard]] std::uint64_t groups_forgotten() const { return groups_forgotten_; }
  [[nodiscard]] std::uint64_t bytes_forgotten() const { return bytes_forgotten_; }
  /// Things forgotten as counted, to stay within Limits::counted_things.
  [[nodiscard]] std::uint64_t things_forgotten() const;

  /// Goes on where `old` was with each correlation of which new_rules, by the old index, tells the new one. Called
  /// before anything else.
  void adopt(Correlations&& old, const std::vector<std::optional<std::uint32_t>>& new_rules);

 private:
  struct Group {
    std::string key;
    std::unique_ptr<CorrelationWindow> window;
    SharedEnds ends;
    Timestamp opened{};
    Timestamp latest{};
    Mark latest_mark;
    bool crossed = false;                ///< and told
    bool quiet = false;                  ///< crossed, and kept quiet
    std::optional<Observation> example;  ///< of a window judged at its close: what opened it
    std::size_t bytes = 0;
  };
  using Groups = std::list<Group>;

  /// A correlation at work.
  struct Running {
    std::uint32_t rule = 0;
    std::shared_ptr<const Correlation> correlation;
    CountedOnce counted;                   ///< by the number of the member
    std::vector<std::uint64_t> numbers{};  ///< of the members: those that count the same things together share one
    std::vector<std::uint64_t> latest{};   ///< by the number: the observation that was asked for last
    Groups groups{};                       // the victim first
    boost::unordered_flat_map<std::string_view, Groups::iterator> by_key{};  // views of the groups' keys
    std::size_t bytes = 0;
  };

  /// Who counts a rule's matches, and as which of its members.
  struct Use {
    std::size_t running = 0;
    std::size_t member = 0;
  };

  /// A match: of a record or, with the values that it groups by, of a correlation.
  struct Match {
    const Observation& observation;
    Mark mark;
    Counts counts = Counts::records;
    const std::vector<std::string>* group = nullptr;
  };

  void move_on(Timestamp time, CrossingSink& sink);
  void close_before(Timestamp time, CrossingSink& sink);
  void close_first(Running& running, CrossingSink& sink);
  Running* first_to_close(Timestamp time);
  void feed(const Use& use, const Match& match, CrossingSink& sink);
  bool read_group(const Correlation::Member& member, const Match& match);
  bool add(Running& running, Group& group, const CountedMatch& occurrence);
  Group& group_of(Running& running, const Match& match);
  void forget_idle(Running& running);
  void forget_first(Running& running);
  void bound(Running& running);
  bool counts(Running& running, const Use& use, const Match& match, std::string_view value);
  [[nodiscard]] bool is_first_of_observation(Running& running, std::size_t member);
  bool cross(const Running& running, const Group& group, Observation example, Timestamp since, CrossingSink& sink);

  Limits limits_;
  std::vector<Running> running_;
  std::vector<std::size_t> judged_at_close_;  // among them
  std::vector<std::vector<Use>> uses_;        // by the rule
  std::string key_;                           // of the match at hand
  Timestamp now_{};
  Duration set_back_{};  // by which the observations' clock is behind now_, which never is
  Timestamp watermark_{};
  Timestamp blind_ = Timestamp::min();
  std::uint64_t observed_ = 0;  // the observation at hand
  std::uint64_t sequence_ = 0;  // likewise, of observations that matched and of windows that closed
  std::uint64_t groups_forgotten_ = 0;
  std::uint64_t bytes_forgotten_ = 0;
};

}  // namespace dcmwatch
