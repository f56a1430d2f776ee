// Which study went from where to where, and what of it did not arrive.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/limits.h"
#include "relate/occurrence.h"
#include "relate/orders.h"
#include "relate/study_instances.h"

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
/// stored before. Else it is told as unassigned, with others between the same two, each Limits::study_quiet. One that
/// failed there and is stored between the same two with its study later is resolved there.
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
      : limits_(limits),
        orders_(orders),
        open_(limits.studies),
        told_(limits.studies),
        instances_(limits),
        refused_senders_(limits.relate_open) {}

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
    refused_senders_.rebase(now);
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
  [[nodiscard]] std::uint64_t not_found_by_reports() const { return instances_.not_found_by_reports(); }
  /// Studies that were told, forgotten sooner than after Limits::remembered: most reports come within minutes, so that
  /// what is forgotten later, as a busy department's studies are every day, is no loss to speak of.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

 private:
  [[nodiscard]] std::uint64_t study_of(const DicomOperation& store);
  [[nodiscard]] bool is_over(const OpenStudy& open, Timestamp now) const;
  OpenStudy* find(std::uint64_t print, Timestamp now, Told& told);
  OpenStudy& of(std::uint64_t print, Timestamp now, Told& told);
  StudyWay* with_way(Study& study, const Event& event, const DicomOperation& store, Told& told);
  void count_on_further_way(OpenStudy& open, const Event& event, const DicomOperation& store, Told& told);
  static StudyWay* way_of(Study& study, const Event& event, const DicomOperation& store);
  StudyAnnouncer* announcer_of(Study& study, const Event& event, const DicomOperation& step);
  StudyAnnouncer* instead_of_one_who_sent_nothing(Study& study, const IpAddress& sender);
  [[nodiscard]] std::uint64_t study_of_listed(InstancePrint print, std::span<const std::uint64_t> studies,
                                              const IpAddress& sender);
  void move_announcement(Study& to, InstancePrint print, const IpAddress& sender);
  StudyInstance* instance_of(OpenStudy& open, InstancePrint print, Told& told);
  static void keep_failure(const Study& study, const StudyWay& way, StudyInstance& instance, const Event& event,
                           const DicomOperation& store);
  void resolve_unassigned(const Study& study, const Event& event, const DicomOperation& store, Told& told);
  /// Whether the reason has its own count.
  bool note_failure(DicomStudy& figures, Code reason, std::uint64_t count) const;
  void count(const Study& study, StudyWay& way, StudyInstance& instance, const Event& event,
             const DicomOperation& store, Told& told) const;
  void tell_way(const Study& study, const StudyWay& way, const StudyTally& tally, Phase phase, bool preliminary,
                Told& told) const;
  enum class Closing : std::uint8_t { over, unfinished, early };
  void close(OpenStudy& open, Closing closing, Told& told);
  void tell_nowhere(const Study& study, const StudyTally& tally, bool preliminary, Told& told);
  void tell_quietest(Told& told);
  bool make_room(Timestamp now, Told& told);
  void keep_in_mind(OpenStudy& open);
  void forget_oldest_told(Timestamp now);
  void forget(OpenStudy& told_one);
  void tell_late_reports(std::span<const std::uint64_t> numbers, const Event& event, Told& told);

  const Limits& limits_;
  const Orders& orders_;
  OpenFacts<Study> open_;
  OpenFacts<Study> told_;  ///< by a running number: one study may be told several times
  StudyInstances instances_;
  OpenFacts<std::uint64_t> refused_senders_;  ///< how many storage classes, on an association that stored nothing
  std::size_t ways_ = 0;                      ///< of all studies
  std::uint64_t told_early_ = 0;
  std::uint64_t not_kept_in_mind_ = 0;
  std::uint64_t not_told_apart_ = 0;
  std::uint64_t on_further_ways_ = 0;
  std::uint64_t not_heard_ = 0;
  std::uint64_t forgotten_ = 0;
  std::uint64_t last_told_ = 0;  ///< number in told_
};

}  // namespace dcmwatch
