// dcmwatch_shed_records_total, dcmwatch_log_lost_records_total
#include <array>

#include "output/metric_group.h"

namespace dcmwatch {
namespace {

constexpr std::array<std::string_view, 3> kRanks{"connection", "record", "finding"};

class OutputMetrics final : public MetricGroup {
 public:
  explicit OutputMetrics(prometheus::Registry& registry)
      : shed_(counters(registry, "dcmwatch_shed_records_total",
                       "Records given up because output could not keep up: neither logged nor counted elsewhere.",
                       {{"kind", {"other", kRanks}}})),
        lost_(counters(registry, "dcmwatch_log_lost_records_total", "Records that could not be written to the log.",
                       {})) {
    update({});
  }

  void update(const Tallies& tallies) override {
    for (std::size_t rank = 0; rank < kRanks.size(); ++rank) raise_to(shed_.at({rank + 1}), tallies.shed[rank]);
    raise_to(lost_.at({}), tallies.lost_log_records);
  }

 private:
  Counters shed_;
  Counters lost_;
};

}  // namespace

std::unique_ptr<MetricGroup> make_output_metrics(prometheus::Registry& registry, const MetricNames&) {
  return std::make_unique<OutputMetrics>(registry);
}

}  // namespace dcmwatch
