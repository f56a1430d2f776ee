// dcmwatch_deviations_total, dcmwatch_unknown_total
#include <array>
#include <cstdint>

#include "output/metric_group.h"
#include "output/per_conversation.h"

namespace dcmwatch {
namespace {

/// Every kind, in the order of their numbers.
template <typename Kind, unsigned count>
constexpr std::array<Kind, count> every() {
  std::array<Kind, count> kinds{};
  for (unsigned i = 0; i < count; ++i) kinds[i] = static_cast<Kind>(i);
  return kinds;
}
constexpr auto kDeviations = every<DeviationKind, kDeviationKinds>();
constexpr auto kUnknowns = every<UnknownKind, kUnknownKinds>();

/// True the first time it is asked of a kind.
template <typename Kind>
bool first_time(std::uint64_t& seen, Kind kind) {
  const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(kind);
  const bool first = (seen & bit) == 0;
  seen |= bit;
  return first;
}

class DeviationMetrics final : public MetricGroup {
 public:
  DeviationMetrics(prometheus::Registry& registry, const MetricNames& names)
      : deviations_(counters(
            registry, "dcmwatch_deviations_total",
            "Conversations, and of the kind order studies, that differ from the declared model, by how; counted at the "
            "first fact that shows it, once a conversation and kind.",
            {{"kind", {"other", kDeviations, kWord}},
             {"source_zone", {kUndeclared, names.zones}},
             {"destination_zone", {kUndeclared, names.zones}}})),
        unknown_(counters(registry, "dcmwatch_unknown_total",
                          "Conversations, and of the kind order studies, of which something declared could not be "
                          "checked, for it was not seen; counted once a conversation and kind.",
                          {{"what", {"other", kUnknowns, kWord}}, {"flow", flow_values(names)}})),
        counted_(kRememberedConversations,
                 [&limit = limit_reached(registry, "metrics_deviations")](const Counted&) { limit.Increment(); }) {}

  void observe(const Observation& observation) override {
    const Declared& declared = *observation.declared;
    const std::uint64_t conversation = observation.event.conversation;
    if (std::holds_alternative<DicomStudy>(observation.event.facts) ||
        std::holds_alternative<FlowStretch>(observation.event.facts)) {
      Counted
          none;  // judged once, when it is over; a conversation may carry several studies, and a stretch of time none
      count(declared, none);
    } else if (!declared.deviations.empty() || !declared.unknown.empty()) {
      count(declared, counted_.of(conversation));
    }
    if (std::holds_alternative<ConnectionFact>(observation.event.facts) && observation.event.phase == Phase::end) {
      counted_.erase(conversation);
    }
  }

  void adopt(MetricGroup& old) override { counted_.adopt(std::move(static_cast<DeviationMetrics&>(old).counted_)); }

 private:
  struct Counted {
    std::uint64_t deviations = 0;
    std::uint64_t unknown = 0;
  };

  void count(const Declared& declared, Counted& counted) {
    for (const Deviation& deviation : declared.deviations) {
      if (!first_time(counted.deviations, deviation.kind)) continue;
      deviations_
          .at({deviations_.values(0).number_of(to_text(deviation.kind)),
               deviations_.values(1).number_of(declared.source.zone),
               deviations_.values(2).number_of(declared.destination.zone)})
          .Increment();
    }
    for (const UnknownKind kind : declared.unknown) {
      if (!first_time(counted.unknown, kind)) continue;
      unknown_.at({unknown_.values(0).number_of(to_text(kind)), unknown_.values(1).number_of(declared.flow)})
          .Increment();
    }
  }

  Counters deviations_;
  Counters unknown_;
  PerConversation<Counted> counted_;
};

}  // namespace

std::unique_ptr<MetricGroup> make_deviation_metrics(prometheus::Registry& registry, const MetricNames& names) {
  return std::make_unique<DeviationMetrics>(registry, names);
}

}  // namespace dcmwatch
