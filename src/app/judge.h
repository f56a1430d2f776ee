// The analyst's work: relate → model → detect → output, in packet time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

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
#include "relate/unanswered.h"

namespace dcmwatch {

/// Order of calls: given to a Pipeline, which calls it from one thread; finish() once that pipeline has finished.
class Judge final : public Analyst, private FindingSink {
 public:
  /// How metrics name what is read: interfaces by their names, capture files all together.
  enum class Reading : std::uint8_t { interfaces, files };

  /// Without a model nothing deviates; without fingerprints nobody guesses who somebody is; without metrics or a log
  /// there are none. All but the rules
  /// and exceptions outlive it.
  Judge(Reading reading, const Lookup* model, RuleSet rules, const Exceptions& exceptions,
        const Fingerprints* fingerprints, const Limits& limits, Output& output, Metrics* metrics, const EventLog* log);

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
  /// Of the records; where there are none, nothing.
  [[nodiscard]] std::optional<Timestamp> first() const { return first_; }
  [[nodiscard]] Timestamp last() const { return last_; }

 private:
  /// What is declared and can be held against packets in time alone.
  struct Watch {
    Watch(const Lookup& lookup, const Limits& limits)
        : flows(lookup, limits), titles(lookup, limits), implementations(lookup, limits) {}

    FlowWatch flows;
    TitlePlaces titles;
    SeenImplementations implementations;
  };

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
  std::optional<RecentJudgements> model_;
  std::optional<Watch> watch_;
  std::optional<RecentImplementations> implementations_;
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
};

/// The names that metrics are labelled with. `model` may be null.
MetricNames metric_names(const Model* model, const RuleSet& rules);

}  // namespace dcmwatch
