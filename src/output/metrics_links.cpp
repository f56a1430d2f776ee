// dcmwatch_commitment*, dcmwatch_steps_total, dcmwatch_links_total
#include <array>

#include "output/metric_group.h"

namespace dcmwatch {
namespace {

constexpr std::array kKinds{
    LinkKind::move_caused_store,   LinkKind::get_caused_store,     LinkKind::commitment_reported,
    LinkKind::step_ended,          LinkKind::store_repeated,       LinkKind::store_resolved,
    LinkKind::pixel_data_changed,  LinkKind::message_acknowledged, LinkKind::message_resent,
    LinkKind::message_conflicting, LinkKind::burst_after_silence,  LinkKind::patient_merged};
constexpr std::array<std::string_view, 3> kReports{"committed", "failures", "unreported"};
constexpr std::array<std::string_view, 3> kSteps{"completed", "discontinued", "unended"};

// Of the words for success, for failure, and for what was never seen to come.
std::string_view word_of(const Link& link, const std::array<std::string_view, 3>& of) {
  if (link.effect == 0) return of[2];
  if (link.outcome == Outcome::success) return of[0];
  return link.outcome == Outcome::failure ? of[1] : std::string_view{};
}

class LinkMetrics final : public MetricGroup {
 public:
  LinkMetrics(prometheus::Registry& registry, const MetricNames& names)
      : links_(counters(registry, "dcmwatch_links_total", "Facts that were found to belong together, by how.",
                        {{"flow", flow_values(names)}, {"kind", {"other", kKinds, kWord}}})),
        commitments_(counters(registry, "dcmwatch_commitments_total",
                              "Storage commitments by what was reported; unreported: nothing was, within days.",
                              {{"flow", flow_values(names)}, {"outcome", {"unknown", kReports}}})),
        delay_(histograms(registry, "dcmwatch_commitment_delay_seconds",
                          "Time from a storage commitment request to its report.", {{"flow", flow_values(names)}},
                          {1, 5, 30, 60, 300, 900, 3600, 21600, 86400, 259200, 604800})),
        steps_(counters(registry, "dcmwatch_steps_total",
                        "Performed procedure steps by their last status; unended: they had none within a day.",
                        {{"flow", flow_values(names)}, {"status", {"unknown", kSteps}}})) {}

  void observe(const Observation& observation) override {
    const auto* link = std::get_if<Link>(&observation.event.facts);
    if (!link) return;
    const std::size_t flow = links_.values(0).number_of(observation.declared->flow);
    // Whether what is open when a capture ends would have found its partner is not known.
    const bool open = link->effect == 0 && observation.event.visibility.unfinished;
    if (link->cause != 0 && link->effect != 0)
      links_.at({flow, links_.values(1).number_of(to_text(link->kind))}).Increment();
    if (link->kind == LinkKind::commitment_reported) {
      commitments_.at({flow, open ? 0 : commitments_.values(1).number_of(word_of(*link, kReports))}).Increment();
      if (link->delay) delay_.at({flow}).Observe(seconds(*link->delay));
    }
    if (link->kind == LinkKind::step_ended)
      steps_.at({flow, open ? 0 : steps_.values(1).number_of(word_of(*link, kSteps))}).Increment();
  }

 private:
  Counters links_;
  Counters commitments_;
  Histograms delay_;
  Counters steps_;
};

}  // namespace

std::unique_ptr<MetricGroup> make_link_metrics(prometheus::Registry& registry, const MetricNames& names) {
  return std::make_unique<LinkMetrics>(registry, names);
}

}  // namespace dcmwatch
