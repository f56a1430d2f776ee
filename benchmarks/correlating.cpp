// What a match costs that correlations count.
#include <benchmark/benchmark.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/limits.h"
#include "detect/detector.h"
#include "model/events.h"

namespace dcmwatch {
namespace {

struct Forgetful final : FindingSink {
  void on_finding(const Finding&) override {}
};

// Each match another operation, of as many sources, every millisecond.
void correlate(benchmark::State& state, const std::string& correlation) {
  const auto sources = static_cast<std::size_t>(state.range(0));
  Detector detector{
      parse_rules("title: Many\nid: many\nlevel: low\ncorrelation: {rules: [echo, other], group-by: [source.ip], "
                  "timespan: 10m, " +
                      correlation +
                      "}\n"
                      "---\ntitle: Echo\nname: echo\nlogsource: {product: dcmwatch, service: dicom.operation}\n"
                      "detection: {s: {dicom.command: C-ECHO}, condition: s}\n"
                      "---\ntitle: Other\nname: other\nlogsource: {product: dcmwatch, service: dicom.operation}\n"
                      "detection: {s: {dicom.command: C-GET}, condition: s}\n",
                  "benchmark"),
      Limits{}};
  Forgetful sink;
  std::vector<Observation> observations(sources);
  for (std::size_t i = 0; i < sources; ++i) {
    const std::string source = "10.0." + std::to_string(i / 256) + '.' + std::to_string(i % 256);
    observations[i].event = test::operation(source, "10.1.0.1", 104, "A", "B", "C-ECHO", "");
  }
  std::uint64_t number = 0;
  for (auto _ : state) {
    Event& event = observations[number % sources].event;
    event.conversation = ++number;
    event.parties.source.port = static_cast<std::uint16_t>(number);
    event.last.time += std::chrono::milliseconds{sources};
    detector.observe(observations[(number - 1) % sources], sink);
  }
}
BENCHMARK_CAPTURE(correlate, event_count, "type: event_count, condition: {gte: 20}")->Arg(1)->Arg(1000)->Arg(20'000);
BENCHMARK_CAPTURE(correlate, event_count_of_10000, "type: event_count, condition: {gte: 10000}")->Arg(1);
BENCHMARK_CAPTURE(correlate, value_count, "type: value_count, condition: {gte: 20, field: source.port}")
    ->Arg(1)
    ->Arg(1000);
BENCHMARK_CAPTURE(correlate, few, "type: event_count, condition: {lt: 2}")->Arg(1)->Arg(1000);
BENCHMARK_CAPTURE(correlate, temporal, "type: temporal")->Arg(1)->Arg(1000);
BENCHMARK_CAPTURE(correlate, temporal_ordered, "type: temporal_ordered")->Arg(1)->Arg(1000);

}  // namespace
}  // namespace dcmwatch
