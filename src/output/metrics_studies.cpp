// dcmwatch_studies_*, dcmwatch_study_objects_total
#include <array>

#include "output/metric_group.h"

namespace dcmwatch {
namespace {

// What a study came to, the worst first; the others follow from its figures.
constexpr std::array<std::string_view, 6> kOutcomes{"unsent",      "failed",       "not_committed",
                                                    "not_visible", "sent_in_part", "complete"};

std::string_view verdict_of(const DicomStudy& study) {
  if (study.unsent.value_or(0) != 0) return "unsent";
  if (study.failed != 0) return "failed";
  if (study.commitment_failed != 0) return "not_committed";
  if (study.not_visible != 0 || study.stored == 0) return "not_visible";
  if (study.missing.value_or(0) != 0) return "sent_in_part";
  return "complete";
}

struct Count {
  std::string_view name;
  std::uint64_t (*of)(const DicomStudy&);
};
constexpr std::array kCounts{
    Count{"stored", [](const DicomStudy& study) { return study.stored; }},
    Count{"failed", [](const DicomStudy& study) { return study.failed; }},
    Count{"resolved", [](const DicomStudy& study) { return study.resolved; }},
    Count{"repeated", [](const DicomStudy& study) { return study.repeated; }},
    Count{"failed_repetitions", [](const DicomStudy& study) { return study.failed_repetitions; }},
    Count{"not_visible", [](const DicomStudy& study) { return study.not_visible; }},
    Count{"missing", [](const DicomStudy& study) { return study.missing.value_or(0); }},
    Count{"unsent", [](const DicomStudy& study) { return study.unsent.value_or(0); }},
    Count{"unassigned", [](const DicomStudy& study) { return study.unassigned; }},
    Count{"committed", [](const DicomStudy& study) { return study.committed; }},
    Count{"not_committed", [](const DicomStudy& study) { return study.commitment_failed; }},
    Count{"forwarded", [](const DicomStudy& study) { return study.forwarded; }},
};

class StudyMetrics final : public MetricGroup {
 public:
  StudyMetrics(prometheus::Registry& registry, const MetricNames& names)
      : open_(gauges(registry, "dcmwatch_studies_open", "Studies of which something was seen lately.", {})),
        closed_(counters(registry, "dcmwatch_studies_total",
                         "Studies that are over, each way that they went, by the worst that was known of them then.",
                         {{"flow", flow_values(names)}, {"outcome", {"unknown", kOutcomes}}})),
        objects_(counters(registry, "dcmwatch_study_objects_total",
                          "Objects of studies that are over, by what became of them.",
                          {{"flow", flow_values(names)}, {"what", {"other", kCounts, &Count::name}}})) {
    open_.at({});
  }

  void observe(const Observation& observation) override {
    const auto* study = std::get_if<DicomStudy>(&observation.event.facts);
    if (!study || observation.event.phase != Phase::end) return;
    const std::size_t flow = closed_.values(0).number_of(observation.declared->flow);
    const bool counts = !study->is_late_report() && study->unassigned == 0;
    if (counts) closed_.at({flow, closed_.values(1).number_of(verdict_of(*study))}).Increment();
    for (std::size_t i = 0; i < kCounts.size(); ++i) {
      const std::uint64_t count = kCounts[i].of(*study);
      if (count != 0) objects_.at({flow, i + 1}).Increment(static_cast<double>(count));
    }
  }

  void update(const Tallies& tallies) override { open_.at({}).Set(static_cast<double>(tallies.open_studies)); }

 private:
  Gauges open_;
  Counters closed_;
  Counters objects_;
};

}  // namespace

std::unique_ptr<MetricGroup> make_study_metrics(prometheus::Registry& registry, const MetricNames& names) {
  return std::make_unique<StudyMetrics>(registry, names);
}

}  // namespace dcmwatch
