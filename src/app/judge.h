// The analyst's work: relate → model → detect → output, in packet time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "app/grounds.h"
#include "app/pipeline.h"
#include "detect/detector.h"
#include "model/flow_watch.h"
#include "model/recent_implementations.h"
#include "model/recent_judgements.h"
#include "model/seen_implementations.h"
#include "model/title_places.h"
#include "output/event_log.h"
#include "output/metrics.h"
#include "output/output.h"
#include "relate/relater.h"
#include "relate/seen_both_ways.h"
#include "relate/unanswered.h"

namespace dcmwatch {

/// Order of calls: given to a Pipeline, which calls it from one thread; finish() once that pipeline has finished.
class Judge final : public Analyst, private FindingSink {
 public:
  /// How metrics name what is read: interfaces by their names, capture files all together.
  enum class Reading : std::uint8_t { interfaces, files };

  /// Without metrics or a log there are none. All but the grounds outlive it.
  Judge(Reading reading, const Grounds& grounds, const Limits& limits, Output& output, Metrics* metrics,
        const EventLog* log);

  /// What becomes known from the next parcel on is judged by these. Rules that are the same go on with what they
  /// counted, and so do flows that are declared as they were; what is on its way to the output is told as it was
  /// judged. For one thread, which may be another than the analyst's: what takes time is done here, and the analyst
  /// takes up what is ready.
  void reload(const Grounds& grounds);
  /// What should have been read anew could not be, and is counted. From any thread.
  void note_refused_reload() { ++reloads_refused_; }
  /// For how long files have been read anew by now; 0: none are. From any thread.
  void note_reading(std::chrono::seconds time) { reading_for_ = time.count(); }

  void on_parcel(PagePointer page, Timestamp watermark, const std::vector<SourceStatus>& sources,
                 const AssemblyCounters& assembly) override;
  /// Tells every limit that was reached, and the findings' final counts.
  void finish();

  [[nodiscard]] std::optional<Level> highest_level() const { return highest_; }
  [[nodiscard]] std::uint64_t findings() const { return findings_; }
  [[nodiscard]] const std::vector<SourceStatus>& sources() const { return sources_; }
  /// What became of each exception.
  [[nodiscard]] const std::vector<Suppressed>& suppressed() const { return detector_.suppressed(); }
  /// By the flows' place in the model; empty without one.
  [[nodiscard]] std::span<const FlowTally> flows() const;
  /// The rules that judge.
  [[nodiscard]] const RuleSet& rules() const { return detector_.rules(); }
  /// Of the records; where there are none, nothing.
  [[nodiscard]] std::optional<Timestamp> first() const { return first_; }
  [[nodiscard]] Timestamp last() const { return last_; }

 private:
  /// What is declared, and what of it can be held against packets in time alone.
  struct Watch {
    Watch(std::shared_ptr<const Lookup> model, const Limits& limits)
        : lookup(std::move(model)),
          judgements(*lookup),
          flows(*lookup, limits),
          titles(*lookup, limits),
          implementations(*lookup, limits) {}

    const std::shared_ptr<const Lookup> lookup;
    RecentJudgements judgements;
    FlowWatch flows;
    TitlePlaces titles;
    SeenImplementations implementations;
  };
  /// Who somebody may be, by a table.
  struct Guess {
    explicit Guess(std::shared_ptr<const Fingerprints> table)
        : fingerprints(std::move(table)), implementations(*fingerprints) {}

    const std::shared_ptr<const Fingerprints> fingerprints;
    RecentImplementations implementations;
  };
  /// Made ready for the analyst.
  struct Reload {
    std::unique_ptr<Watch> watch;  ///< null: the model is the one before
    std::unique_ptr<Guess> guess;
    Detector detector;
    std::shared_ptr<MetricNames> names;
  };

  void take_up_reloads();
  void take_up(Reload&& reload);

  /// A fact, and what it is related to.
  void observe(Observation& record);
  void judge_related(std::span<Event> events);
  void judge(Observation& record);
  void judge_watched(std::span<const Observation> told);
  void give_out(Observation& record);
  void hold_against_model(Observation& record);
  void hold_against_others(Observation& record, const DicomAssociation& association);
  void on_finding(const Finding& finding) override;
  void tell_unanswered();
  void note_at_end(CaptureNote facts);
  /// A record that no shard made, in the page in hand.
  Observation& made_known(Event&& event);
  void watch_until(Timestamp watermark);
  bool keep(const SourceStatus& status);
  void update_metrics();
  [[nodiscard]] std::vector<Tallies::Limit> limits_reached() const;

  Reading reading_;
  const Limits& limits_;
  std::unique_ptr<Watch> watch_;  ///< null: without a model
  std::unique_ptr<Guess> guess_;  ///< null: without fingerprints
  SeenBothWays seen_both_ways_;
  Unanswered unanswered_;
  Relater relater_;
  Detector detector_;
  Output& output_;
  Metrics* metrics_;
  const EventLog* log_;
  PagePointer page_;  ///< the one in hand
  std::vector<SourceStatus> sources_;
  AssemblyCounters assembly_;
  std::optional<Level> highest_;
  std::uint64_t findings_ = 0;
  std::optional<Timestamp> first_;
  Timestamp last_{};
  Timestamp watermark_{};
  std::uint64_t reloads_taken_ = 0;
  std::atomic<std::uint64_t> reloads_refused_ = 0;
  std::atomic<std::int64_t> reading_for_ = 0;
  std::optional<Timestamp> reloaded_;

  std::shared_ptr<const Lookup> latest_model_;  ///< that was given to judge by; of the thread that reloads
  std::atomic<bool> reloads_due_ = false;       ///< so that a parcel costs no lock
  std::mutex reloads_mutex_;
  std::vector<Reload> reloads_;  ///< guarded by the mutex
};

/// The names that metrics are labelled with. `model` may be null.
MetricNames metric_names(const Model* model, const RuleSet& rules);

}  // namespace dcmwatch
