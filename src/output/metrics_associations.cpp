// dcmwatch_association*, dcmwatch_data_set_bytes_total
#include <array>
#include <optional>

#include "output/metric_group.h"
#include "output/per_conversation.h"

namespace dcmwatch {
namespace {

constexpr std::array<std::string_view, 4> kOutcomes{"accepted", "rejected", "aborted", "unanswered"};
constexpr std::array kEnds{DicomEnd::released, DicomEnd::aborted, DicomEnd::rejected, DicomEnd::reset,
                           DicomEnd::closed,   DicomEnd::timeout, DicomEnd::open};
constexpr std::array<std::string_view, 2> kSenders{"opener", "acceptor"};

/// How the request for an association was answered; empty while that is not known, or if it could not be seen.
std::string_view answer_of(const DicomAssociation& association, const Event& event) {
  if (association.accepted) return *association.accepted ? "accepted" : "rejected";
  if (association.rejection) return "rejected";
  if (event.phase != Phase::end || event.visibility.impaired()) return {};
  return association.abort ? "aborted" : "unanswered";
}

class AssociationMetrics final : public MetricGroup {
 public:
  AssociationMetrics(prometheus::Registry& registry, const MetricNames& names)
      : answers_(counters(registry, "dcmwatch_associations_total",
                          "DICOM associations requested, by how the request was answered.",
                          {{"flow", flow_values(names)}, {"outcome", {"unknown", kOutcomes}}})),
        ends_(counters(registry, "dcmwatch_association_ends_total",
                       "DICOM associations that are over, by how they ended.",
                       {{"flow", flow_values(names)}, {"end", {"unknown", kEnds, kWord}}})),
        active_(gauges(registry, "dcmwatch_associations_active", "DICOM associations that have begun and not ended.",
                       {{"flow", flow_values(names)}})),
        setup_(histograms(registry, "dcmwatch_association_setup_seconds",
                          "Time from the association request to its answer.", {{"flow", flow_values(names)}},
                          {.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30})),
        data_bytes_(counters(
            registry, "dcmwatch_data_set_bytes_total",
            "Bytes of DICOM data sets transferred, by who sent them: the opener of the association or its acceptor.",
            {{"flow", flow_values(names)}, {"sender", {"unknown", kSenders}}})),
        open_(kRememberedConversations,
              [this, &limit = limit_reached(registry, "metrics_associations")](const Open& open) {
                active_.at({*open.flow}).Decrement();
                limit.Increment();
              }) {
    for_each_flow(names, Protocol::dicom, [this](std::size_t flow) {
      active_.at({flow});
      for (const std::string_view outcome : kOutcomes) answers_.at({flow, answers_.values(1).number_of(outcome)});
    });
  }

  void observe(const Observation& observation) override {
    const auto* const association = std::get_if<DicomAssociation>(&observation.event.facts);
    // Of one that was forgotten, or whose request is not answered, it tells nothing to be counted.
    const bool counts = !goes_on(observation.event) || open_.find(observation.event.conversation);
    if (association && counts) {
      count(observation, *association);
    }
  }

  void adopt(MetricGroup& old) override { open_.adopt(std::move(static_cast<AssociationMetrics&>(old).open_)); }

 private:
  struct Open {
    std::optional<std::size_t> flow;  ///< nothing before the first record was counted
    bool answered = false;
    std::array<std::uint64_t, 2> data_bytes{};
  };

  void count(const Observation& observation, const DicomAssociation& association) {
    const Event& event = observation.event;
    Open& open = open_.of(event.conversation);
    if (!open.flow) {
      open.flow = answers_.values(0).number_of(observation.declared->flow);
      active_.at({*open.flow}).Increment();
    }
    const std::size_t flow = *open.flow;
    count_answer(flow, open, association, event);
    count_data(flow, open, association);
    if (event.phase != Phase::end) return;

    ends_.at({flow, association.end ? ends_.values(1).number_of(to_text(*association.end)) : 0}).Increment();
    active_.at({flow}).Decrement();
    open_.erase(event.conversation);
  }

  void count_answer(std::size_t flow, Open& open, const DicomAssociation& association, const Event& event) {
    const std::string_view answer = answer_of(association, event);
    if (open.answered || (answer.empty() && event.phase != Phase::end)) return;
    open.answered = true;
    answers_.at({flow, answers_.values(1).number_of(answer)}).Increment();
    if (association.setup_time) setup_.at({flow}).Observe(seconds(*association.setup_time));
  }

  void count_data(std::size_t flow, Open& open, const DicomAssociation& association) {
    for (std::size_t side = 0; side < association.data_bytes.size(); ++side) {
      count_growth(data_bytes_.at({flow, side + 1}), open.data_bytes[side], association.data_bytes[side]);
    }
  }

  Counters answers_;
  Counters ends_;
  Gauges active_;
  Histograms setup_;
  Counters data_bytes_;
  PerConversation<Open> open_;
};

}  // namespace

std::unique_ptr<MetricGroup> make_association_metrics(prometheus::Registry& registry, const MetricNames& names) {
  return std::make_unique<AssociationMetrics>(registry, names);
}

}  // namespace dcmwatch
