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
/// AE title of the same sender took it to the same receiver, nor where its sender stored it as of another study.
///
/// Anybody may name anybody's study and instances. So what one device announces takes nothing from what another does,
/// an instance is another in each study, a report speaks for the ways to who reports or from who asked it, and what
/// cannot be told apart on one way leaves the others as they are.
///
/// A C-STORE whose data set does not say its study is of the one that its instance was first known of: announced, or
/// stored before. Else it is told as unassigned, with others between the same two, each Limits::study_quiet.
///
/// One that was told is kept in mind for what comes late, for Limits::commitment_window at most: a storage commitment's
/// report makes another record of each way that it is about, with nothing but what it says. Where a limit is reached,
/// those that were told are the first to be forgotten.
///
/// Each instance is kept in mind by its print, within Limits::study_instances of a study and Limits::studies_instances
/// of all. What is beyond is counted as stored or failed, and as not told apart; of what its sender announced nothing
/// is missing then. Ways are kept within Limits::study_ways and Limits::studies_ways; C-STOREs on further ways are
/// counted by the limit only. A study that is told early, to make room, is told as preliminary and without what is
/// missing.
///
/// Order of calls: stores, steps, reports and associations in packet time, of steps and reports those that are over and
/// were not refused; advance() now and then; finish() last. A C-STORE costs a few hash look-ups.
class Studies {
 public:
  /// Both outlive it.
  Studies(const Limits& limits, const Orders& orders)
      : limits_(limits), orders_(orders), open_(limits.studies), told_(limits.studies) {}

  void on_store(const Event& event, const DicomOperation& store, Told& told);
  /// A performed step of the study is in progress, or is no longer.
  void begin_step(const ScheduledStep& step, Timestamp now, Told& told);
  void end_step(std::uint64_t study, Timestamp now);
  /// Who performed the step lists instances that it made. `studies`: of the step, as far as known.
  void announce(const Event& event, const DicomOperation& step, std::span<const std::uint64_t> studies,
                std::span<const InstancePrint> instances, Told& told);
  /// The end of an association: which contexts for storage were refused on it.
  void on_association(const Event& event, const DicomAssociation& association);
  /// A storage commitment's report. `asked`: the one who is told it was seen to ask for it.
  void on_report(const Event& event, const DicomOperation& report, bool asked, Told& told);

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
  /// C-STOREs of series, modalities and associations beyond those that are counted of a way.
  [[nodiscard]] std::uint64_t not_kept_in_mind() const { return not_kept_in_mind_; }
  /// C-STOREs on ways beyond Limits::study_ways, and announcements of who is beyond Limits::study_announcers.
  [[nodiscard]] std::uint64_t on_further_ways() const { return on_further_ways_; }
  [[nodiscard]] std::uint64_t not_heard() const { return not_heard_; }
  /// Instances of studies beyond Limits::instance_studies.
  [[nodiscard]] std::uint64_t not_found_by_reports() const { return not_found_by_reports_; }
  /// Studies that were told, forgotten sooner than after Limits::remembered: most reports come within minutes, so that
  /// what is forgotten later, as a busy department's studies are every day, is no loss to speak of.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

 private:
  using Ways = std::uint32_t;       ///< a bit for each way of a study
  using Announcers = std::uint8_t;  ///< likewise, of those who announced some of it
  static constexpr std::size_t kWays = Limits::study_ways;
  static constexpr std::size_t kAnnouncers = Limits::study_announcers;

  struct Way {
    Occurrence where;        ///< its source is who sent
    std::uint16_t port = 0;  ///< of the acceptor
    DicomStudy figures;      ///< what is counted as it comes; what the instances say is counted when it is told
    std::vector<std::uint64_t> series;
    std::vector<std::uint64_t> conversations;  ///< that stored last, whose end may be told later
    std::uint64_t refused_contexts = 0;
    Timestamp told;
  };
  struct Announcer {
    Occurrence where;
    std::uint64_t announced = 0;
    bool not_told_apart = false;  ///< some of these
  };
  struct Study {
    std::uint64_t print = 0;
    Pseudonym study, patient, accession;
    std::vector<Way> ways;
    std::vector<Announcer> announcers;
    std::vector<InstancePrint> instances;
    std::vector<std::uint64_t> further_senders;  ///< on further ways than kWays; as many at most
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
    Announcers announced = 0;
    std::uint8_t times = 0;            ///< stored again
    bool announced_elsewhere = false;  ///< it could not be assigned, and a performed step of its sender lists it
    bool went_further = false;         ///< it was sent on a way beyond kWays
  };
  struct Tally;

  [[nodiscard]] std::uint64_t study_of(const DicomOperation& store);
  [[nodiscard]] bool is_over(const Open& open, Timestamp now) const;
  Open* find(std::uint64_t print, Timestamp now, Told& told);
  Open& of(std::uint64_t print, Timestamp now, Told& told);
  Way* with_way(Study& study, const Event& event, const DicomOperation& store, Told& told);
  void count_on_further_way(Open& open, const Event& event, const DicomOperation& store, Told& told);
  static Way* way_of(Study& study, const Event& event, const DicomOperation& store);
  static bool sends_on(const Way& from, const Way& to);
  static Ways ways_to_the_same(const Study& study, const Way& way);
  static Ways ways_from(const Study& study, const IpAddress& sender);
  static bool may_have_gone_further(const Study& study, const IpAddress& sender);
  static Ways ways_of_report(const Study& study, const Event& event, const DicomOperation& report, bool asked);
  Announcer* announcer_of(Study& study, const Event& event, const DicomOperation& step);
  Announcer* instead_of_one_who_sent_nothing(Study& study, const IpAddress& sender);
  [[nodiscard]] std::uint64_t study_of_listed(InstancePrint print, std::span<const std::uint64_t> studies,
                                              const IpAddress& sender);
  void move_announcement(Study& to, InstancePrint print, const IpAddress& sender);
  Instance* first_known(InstancePrint print);
  template <typename Fits>
  Instance* known_where(InstancePrint print, Fits fits);
  Instance* find_instance(std::uint64_t study, InstancePrint print);
  void forget_instance(const Open& open, InstancePrint print);
  Instance* instance_of(Open& open, InstancePrint print, Told& told);
  void note_failure(DicomStudy& figures, Code reason, std::uint64_t count) const;
  void count(const Study& study, Way& way, Instance& instance, const Event& event, const DicomOperation& store,
             Told& told) const;
  [[nodiscard]] Tally tally(const Study& study);
  void tell_way(const Study& study, const Way& way, const Tally& tally, Phase phase, bool preliminary,
                Told& told) const;
  enum class Closing : std::uint8_t { over, unfinished, early };
  void close(Open& open, Closing closing, Told& told);
  void tell_nowhere(const Study& study, const Tally& tally, bool preliminary, Told& told) const;
  void tell_quietest(Told& told);
  bool make_room(Timestamp now, Told& told);
  void keep_in_mind(Open& open);
  void forget_oldest_told(Timestamp now);
  void forget(Open& told_one);
  void tell_late_reports(std::span<const std::uint64_t> numbers, const Event& event, Told& told);

  const Limits& limits_;
  const Orders& orders_;
  OpenFacts<Study> open_;
  OpenFacts<Study> told_;  ///< by a running number: one study may be told several times
  boost::unordered_flat_map<InstancePrint, Instance> instances_;      ///< of the study that each was first known of
  boost::unordered_flat_map<std::uint64_t, Instance> of_others_too_;  ///< of further ones, by study and instance
  boost::unordered_flat_map<InstancePrint, std::vector<std::uint64_t>> other_studies_;  ///< the prints of these
  std::size_t ways_ = 0;                                                                ///< of all studies
  std::uint64_t told_early_ = 0;
  std::uint64_t not_kept_in_mind_ = 0;
  std::uint64_t not_told_apart_ = 0;
  std::uint64_t on_further_ways_ = 0;
  std::uint64_t not_heard_ = 0;
  std::uint64_t not_found_by_reports_ = 0;
  std::uint64_t forgotten_ = 0;
  std::uint64_t last_told_ = 0;  ///< number in told_
};

}  // namespace dcmwatch
