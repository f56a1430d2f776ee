// Declared flows in packet time: which are silent that were to be seen, which pass more or less than is expected.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <tuple>
#include <vector>

#include "base/limits.h"
#include "base/recent_places.h"
#include "event/record.h"
#include "model/balanced_legs.h"
#include "model/flow_visibility.h"
#include "model/lookup.h"
#include "model/studies_asked_for.h"

namespace dcmwatch {

/// What became of a declared flow in this run.
struct FlowTally {
  std::optional<Timestamp> first, last;        ///< seen
  std::uint64_t seen = 0;                      ///< records that show it
  std::array<std::uint64_t, kRates> counts{};  ///< by RateOf, but for what is each device's; of a balancer's legs one
  std::uint32_t silent = 0;                    ///< of its devices that are watched: silent now
  std::optional<WhyNotVisible> not_visible;    ///< why nothing can be said of it, since it was last seen or silent

  [[nodiscard]] std::uint64_t count(RateOf what) const { return counts[static_cast<std::size_t>(what)]; }
};

/// Silence. A flow with `seen_every` has to be seen (shows_flow) in every so long of the hours that its windows and
/// quiet hours leave. A flow that several devices open is watched for each of them. It is told once, at the packet time
/// at which it was due, and again when it is over. Where that could not have been seen, it is told as not visible
/// instead, once, and waiting starts anew. What has to be so for it to be visible, since it was last seen or the run
/// began, stands in FlowVisibility; and what last showed it was seen both ways and whole. What was never seen in this
/// run is told at the end of a whole window of its hours, if it has any: a run that begins in the midst of one has
/// perhaps missed it.
///
/// Nothing that is doubtful is counted. Rates are counted in hours of UTC, of all the flow's devices together:
/// connections, operations, objects (C-STOREs that did not fail), studies and messages, when they are over; connections
/// when they are first told. Above the rate is told as soon as it is crossed, once an hour; below it at the end of an
/// hour all of which was declared and visible. Of each device that opens the flow: different studies that it had sent,
/// or asked about, by retrievals and queries that are over (studies_asked_for). Where not all of them could be told
/// apart, and those that could are not above the rate, that is told instead.
///
/// Bounded by the model, Limits::flow_devices and Limits::flow_studies; no allocation for a record but where something
/// is told. Order of calls: adopt() first, if at all; advance() before each judged record, with its time, and for each
/// watermark; observe() for each judged record; rebase() where the clock was set back. What they tell is to be told
/// next, and is the caller's until the next call. Captures that end make no hour whole. Not shared between threads; the
/// lookup and the limits outlive it.
class FlowWatch {
 public:
  FlowWatch(const Lookup& lookup, const Limits& limits);

  /// Whether advance() would do anything.
  [[nodiscard]] bool due(Timestamp now) const { return now >= next_; }
  std::span<const Observation> advance(Timestamp now);
  std::span<const Observation> observe(const Observation& record);
  /// The capture was not whole by then.
  void on_blindness(Timestamp now) { visibility_.on_blindness(now); }
  void rebase(Timestamp now);

  /// Goes on where the watch of the model before this one was, at this time. A flow of which the same is declared (it,
  /// its service, its devices' addresses) keeps its watch; any other is waited for anew, a whole declared time from
  /// now. `old` is done with.
  void adopt(FlowWatch&& old, Timestamp now);

  /// By the flows' place in the model.
  [[nodiscard]] const std::vector<FlowTally>& tallies() const { return tallies_; }
  /// Devices that are watched together with the others of their flow, to stay within Limits::flow_devices.
  [[nodiscard]] std::uint64_t not_told_apart() const { return not_told_apart_; }
  [[nodiscard]] std::uint64_t legs_forgotten() const { return legs_.forgotten(); }
  /// Studies of which no room was found, to stay within Limits::flow_studies.
  [[nodiscard]] std::uint64_t studies_not_kept() const { return studies_.not_kept(); }

 private:
  static constexpr std::uint32_t kNone = FlowVisibility::kNobody;

  static constexpr Timestamp kNever = Timestamp::max();

  /// A flow with `seen_every`, or one of its devices.
  struct Watched {
    std::uint32_t flow = 0;
    std::uint32_t device = kNone;
    Timestamp since{};           ///< last seen, or since when it could have been
    Timestamp awaited = kNever;  ///< when it is looked at next; what else stands in dues_ is passed over
    Visibility shortfall;        ///< of what last showed it
    std::optional<Timestamp> first, last;
    std::uint64_t count = 0;
    std::optional<Timestamp> silent_since;  ///< told
    bool told_not_visible = false;
  };
  struct Due {
    Timestamp time;
    std::uint32_t watched;

    friend bool operator>(const Due& one, const Due& other) {
      return one.time != other.time ? one.time > other.time : one.watched > other.watched;
    }
  };
  /// A flow that has rates.
  struct Hourly {
    std::uint32_t flow = 0;
    Timestamp since{};  ///< no hour that began before is whole
    std::array<std::uint64_t, kRates> counts{};
    std::array<bool, kRates> told{};  ///< above
    Visibility shortfall;             ///< of any of what was counted
    bool told_not_visible = false;
  };
  /// Who asks for studies on which flow, by their places in the model; kNone: one of several, nobody knows which.
  using Asker = std::tuple<std::uint32_t, std::uint32_t, RateOf>;
  /// Whom a judgement is about, by their places in the model.
  struct Parts {
    SharedDeclared declared;
    std::uint32_t flow = kNone, source = kNone, destination = kNone;
  };

  void watch(std::uint32_t flow, std::size_t most);
  void begin(Timestamp now);
  void wait_for(std::uint32_t watched);
  void wait_until(Timestamp due, std::uint32_t watched);
  void take_prints();
  void adopt_watched(const FlowWatch& old, const std::vector<std::uint32_t>& same);
  void on_due(std::uint32_t watched, Timestamp awaited, Timestamp now);
  void end_hour();
  void judge_hour(Hourly& hourly, Timestamp begin, Timestamp end);
  void note_seen(const Observation& record, const Parts& parts);
  void see(std::uint32_t watched, const Event& event);
  void count(const Event& event, std::uint32_t flow, RateOf what);
  void count_studies(const Event& event, const Parts& parts);
  void tell_studies(const Event& event, const Asker& asker, std::uint64_t most, std::uint64_t count);
  void forget_hour();
  [[nodiscard]] const HourlyRate* rate_of(std::uint32_t flow, RateOf what) const;
  void set_next();
  const Parts& parts_of(const SharedDeclared& declared);
  [[nodiscard]] std::uint32_t watched_of(const Parts& parts) const;
  [[nodiscard]] std::uint32_t same_device(const FlowWatch& old, std::uint32_t device) const;
  [[nodiscard]] const Flow& flow_of(std::uint32_t flow) const { return lookup_.model()->flows[flow]; }
  [[nodiscard]] bool is_to_be_seen(const Flow& flow, Timestamp time) const;
  [[nodiscard]] std::optional<Timestamp> next_change(const Flow& flow, Timestamp time) const;
  [[nodiscard]] std::optional<Timestamp> due_after(const Flow& flow, Timestamp since) const;
  [[nodiscard]] std::optional<Timestamp> end_of_whole_window(const Flow& flow, Timestamp since) const;
  [[nodiscard]] std::optional<WhyNotVisible> why_not_visible(std::uint32_t flow, std::uint32_t device,
                                                             const Visibility& shortfall, Timestamp since,
                                                             Timestamp alive_after) const;
  void tell(std::uint32_t flow, std::uint32_t device, Timestamp begin, Timestamp end, const FlowStretch& stretch,
            std::vector<Deviation> deviations, std::vector<UnknownKind> unknown);

  const Lookup& lookup_;
  std::vector<FlowTally> tallies_;
  std::vector<std::uint64_t> prints_;  ///< of what is declared of each flow that is watched or has rates; else 0
  std::vector<Watched> watched_;
  std::vector<std::uint32_t> first_watched_;  ///< of each flow; kNone: not watched
  std::vector<std::uint32_t> watched_count_;
  std::vector<Due> dues_;  ///< a heap; a time that is not the latest is looked at again when it comes
  std::vector<Hourly> hourly_;
  std::vector<std::uint32_t> hourly_of_;                         ///< of each flow; kNone: it has no rates
  std::vector<std::vector<std::uint32_t>> openers_, listeners_;  ///< of each watched or hourly flow
  FlowVisibility visibility_;
  BalancedLegs legs_;
  DistinctStudies<Asker> studies_;  ///< of this hour
  std::set<Asker> studies_told_;    ///< in this hour: above, or not told apart
  RecentPlaces<Parts, 1024> parts_;
  std::vector<Observation> told_;
  Mark latest_;  ///< of a record
  std::optional<Timestamp> began_;
  Timestamp next_ = Timestamp::min();  ///< when something is due, until then at the earliest
  Timestamp hour_end_{};
  std::uint64_t not_told_apart_ = 0;
};

}  // namespace dcmwatch
