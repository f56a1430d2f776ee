// Which study went from where to where, and what of it did not arrive.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/limits.h"
#include "relate/occurrence.h"
#include "relate/open_facts.h"
#include "relate/orders.h"

namespace dcmwatch {

/// A study is open from its first C-STORE or performed step until nothing of it was seen for Limits::study_quiet, and
/// while a step of it is in progress. Then it tells one record for each way that it went, and one without destination
/// for what a performed step listed and nobody was seen to store. In between a way tells how far it is, once each
/// Limits::progress_interval in which something is stored. A way is from one AE to another: their addresses, their
/// titles and the port that one of them listens on, for several AEs may share a host, and what one of them has taken
/// another may have refused.
///
/// What became of an instance on a way, from what it was there before and how its C-STORE ended:
///
/// | before    | C-STORE      | then      | counted                      | link                    |
/// |-----------|--------------|-----------|------------------------------|-------------------------|
/// | -, unseen | succeeded    | stored    | stored                       |                         |
/// | -, unseen | failed       | failed    | failed, failures             |                         |
/// | -, unseen | not visible  | unseen    | not_visible                  |                         |
/// | failed    | succeeded    | stored    | stored, resolved             | store_resolved          |
/// | failed    | failed       | failed    | failed, failures             |                         |
/// | failed    | not visible  | failed    | failed                       |                         |
/// | stored    | succeeded    | stored    | stored, repeated             | store_repeated, success |
/// | stored    | failed       | stored    | stored, failed_repetitions,  | store_repeated, failure |
/// |           |              |           | failures                     |                         |
/// | stored    | not visible  | stored    | stored                       | store_repeated, unknown |
/// | announced | not here     | announced | missing                      |                         |
/// | announced | nowhere      | announced | missing, unsent              |                         |
///
/// Each instance counts once as stored, failed or not_visible, by its last state, and what its sender announced also as
/// missing: stored, failed, not_visible and missing are at least as many as announced. It is not missing where another
/// AE title of the same sender took it to the same receiver.
///
/// A C-STORE whose data set does not say its study is of the one that its instance is known of: announced, or stored
/// before. Else it is told as unassigned, with others between the same two, each Limits::study_quiet.
///
/// One that was told is kept in mind for what comes late, for Limits::commitment_window at most: a storage commitment's
/// report makes another record of each way that it is about, with nothing but what it says. Where a limit is reached,
/// those that were told are the first to be forgotten.
///
/// Each instance is kept in mind by its print, within Limits::study_instances of a study and Limits::studies_instances
/// of all; ways, within kWays and Limits::studies_ways. What is beyond is counted as stored or failed, and as not told
/// apart; of such a study nothing is missing.
///
/// Order of calls: stores, steps, reports and associations in packet time; advance() now and then; finish() last. A
/// C-STORE costs two hash look-ups.
class Studies {
 public:
  /// Both outlive it.
  Studies(const Limits& limits, const Orders& orders)
      : limits_(limits), orders_(orders), open_(limits.studies), told_(limits.studies) {}

  void on_store(const Event& event, const DicomOperation& store, Told& told);
  /// A performed step of the study is in progress, or is no longer.
  void begin_step(const ScheduledStep& step, Timestamp now, Told& told);
  void end_step(std::uint64_t study, Timestamp now);
  /// Who performed the step lists instances that it made. `study`: 0 if it is known of none.
  void announce(const Event& event, const DicomOperation& step, std::uint64_t study,
                std::span<const InstancePrint> instances, Told& told);
  /// The end of an association: which contexts for storage were refused on it.
  void on_association(const Event& event, const DicomAssociation& association);
  /// A storage commitment's report.
  void on_report(const Event& event, const DicomOperation& report, Told& told);

  void advance(Timestamp now, Told& told);
  void rebase(Timestamp now) {
    open_.rebase(now);
    told_.rebase(now);
  }
  void finish(Told& told);

  [[nodiscard]] std::size_t open() const { return open_.size(); }
  /// Studies told early, and instances not told apart, to stay within the limits.
  [[nodiscard]] std::uint64_t told_early() const { return told_early_; }
  [[nodiscard]] std::uint64_t not_told_apart() const { return not_told_apart_; }
  /// Studies that were told, forgotten before their time for the same reason.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

 private:
  using Ways = std::uint16_t;  ///< a bit for each way of a study
  static constexpr std::size_t kWays = 16;
  static constexpr std::size_t kAnnouncers = 8;
  static constexpr std::size_t kConversations = 16;

  struct Way {
    Occurrence where;        ///< its source is who sent
    std::uint16_t port = 0;  ///< of the acceptor
    DicomStudy figures;      ///< what is counted as it comes; what the instances say is counted when it is told
    std::vector<std::uint64_t> series;
    std::vector<std::uint64_t>
        conversations;  ///< that stored last, whose end may be told later; kConversations at most
    std::uint64_t refused_contexts = 0;
    Timestamp told;
  };
  struct Announcer {
    Occurrence where;
    std::uint64_t announced = 0;
  };
  struct Study {
    std::uint64_t print = 0;
    Pseudonym study, patient, accession;
    std::vector<Way> ways;
    std::vector<Announcer> announcers;
    std::vector<InstancePrint> instances;
    std::uint64_t not_told_apart = 0;
    unsigned steps_in_progress = 0;
    bool is_told = false;
    bool unassigned = false;  ///< it is none: C-STOREs between two addresses of which no study is known
  };
  using Open = OpenFacts<Study>::Entry;

  /// What became of an instance, on which ways.
  struct Instance {
    Open* study = nullptr;
    std::uint64_t conversation = 0;  ///< that stored it last, or failed to
    std::uint64_t packet = 0;        ///< where that C-STORE began
    Ways stored = 0, failed = 0, unseen = 0, forwarded = 0, committed = 0, not_committed = 0;
    std::uint8_t announcer = 0;  ///< counted from 1; 0: not announced
    std::uint8_t times = 0;      ///< stored again
  };
  struct Tally;

  [[nodiscard]] std::uint64_t study_of(const DicomOperation& store) const;
  [[nodiscard]] bool is_over(const Open& open, Timestamp now) const;
  Open* find(std::uint64_t print, Timestamp now, Told& told);
  Open& of(std::uint64_t print, Timestamp now, Told& told);
  Open& with_way(std::uint64_t print, const Event& event, const DicomOperation& store, Told& told);
  static Way* way_of(Study& study, const Event& event, const DicomOperation& store);
  static bool sends_on(const Way& from, const Way& to);
  static Ways ways_to_the_same(const Study& study, const Way& way);
  static Ways ways_of_report(const Study& study, const Event& event, const DicomOperation& report);
  static Announcer* announcer_of(Study& study, const Event& event, const DicomOperation& step);
  Instance* instance_of(Open& open, InstancePrint print, Told& told);
  void note_failure(Way& way, Code reason, std::uint64_t count) const;
  void count(const Study& study, Way& way, Instance& instance, const Event& event, const DicomOperation& store,
             Told& told) const;
  [[nodiscard]] Tally tally(const Study& study) const;
  void tell_way(const Study& study, const Way& way, const Tally& tally, Phase phase, bool preliminary,
                Told& told) const;
  void close(Open& open, bool preliminary, Told& told);
  void tell_quiet(Timestamp now, Told& told);
  void tell_quietest(Told& told);
  bool make_room(Told& told);
  void keep_in_mind(Open& open);
  void forget(Open& told_one);
  void tell_late_reports(const Event& event, Told& told);

  const Limits& limits_;
  const Orders& orders_;
  OpenFacts<Study> open_;
  OpenFacts<Study> told_;            ///< by a running number: one study may be told several times
  std::vector<std::uint64_t> late_;  ///< of these, with a report that is still to be told
  boost::unordered_flat_map<InstancePrint, Instance> instances_;
  std::size_t ways_ = 0;  ///< of all studies
  std::uint64_t told_early_ = 0;
  std::uint64_t not_told_apart_ = 0;
  std::uint64_t forgotten_ = 0;
  std::uint64_t last_told_ = 0;  ///< number in told_
};

}  // namespace dcmwatch
