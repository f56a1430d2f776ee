// dcmwatch_reloads_total, dcmwatch_last_reload_success_timestamp_seconds, dcmwatch_reload_in_progress_seconds
#include <array>

#include "output/metric_group.h"

namespace dcmwatch {
namespace {

constexpr std::array<std::string_view, 2> kOutcomes{"taken", "refused"};

class ReloadMetrics final : public MetricGroup {
 public:
  explicit ReloadMetrics(prometheus::Registry& registry)
      : reloads_(counters(registry, "dcmwatch_reloads_total",
                          "How often model, rules, field map, exceptions and fingerprints were read anew; refused: a "
                          "file was faulty, and what was read before went on.",
                          {{"outcome", {"other", kOutcomes}}})),
        last_success_(gauges(registry, "dcmwatch_last_reload_success_timestamp_seconds",
                             "Since when what was read anew last holds, in packet time since 1970-01-01; 0: since the "
                             "start.",
                             {})),
        in_progress_(gauges(registry, "dcmwatch_reload_in_progress_seconds",
                            "For how long files have been read anew by now; 0: none are.", {})) {
    update({});
  }

  void update(const Tallies& tallies) override {
    raise_to(reloads_.at({1}), tallies.reloads_taken);
    raise_to(reloads_.at({2}), tallies.reloads_refused);
    prometheus::Gauge& last_success = last_success_.at({});
    in_progress_.at({}).Set(static_cast<double>(tallies.reading_for.count()));
    if (tallies.reloaded) last_success.Set(seconds(tallies.reloaded->time_since_epoch()));
  }

 private:
  Counters reloads_;
  Gauges last_success_;
  Gauges in_progress_;
};

}  // namespace

std::unique_ptr<MetricGroup> make_reload_metrics(prometheus::Registry& registry, const MetricNames&) {
  return std::make_unique<ReloadMetrics>(registry);
}

}  // namespace dcmwatch
