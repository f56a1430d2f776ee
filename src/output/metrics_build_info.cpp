// dcmwatch_build_info
#include "output/metric_group.h"

namespace dcmwatch {

std::unique_ptr<MetricGroup> make_build_info(prometheus::Registry& registry, const MetricNames& names) {
  prometheus::BuildGauge()
      .Name("dcmwatch_build_info")
      .Help("Always 1; its labels say which build this is.")
      .Register(registry)
      .Add({{"version", names.version}, {"compiler", __VERSION__}})
      .Set(1);
  return std::make_unique<MetricGroup>();
}

}  // namespace dcmwatch
