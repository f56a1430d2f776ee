// What a fact costs to be held against the example department and the rules that come with dcmwatch.
#include <benchmark/benchmark.h>

#include "base/limits.h"
#include "detect/detector.h"
#include "model/events.h"
#include "model/lookup.h"
#include "model/model.h"

namespace dcmwatch {
namespace {

Lookup department() { return Lookup{load_model(DCMWATCH_ROOT "/config/model.yaml")}; }

Event declared() { return test::association("10.20.10.11", "10.20.20.10", 11112, "CT1", "PACS"); }
Event undeclared() { return test::association("10.0.0.1", "10.0.0.2", 11112, "MODALITY", "STORAGE"); }

void look_up(benchmark::State& state, const Event& event) {
  const Lookup lookup = department();
  for (auto _ : state) benchmark::DoNotOptimize(lookup.judge(event));
}
BENCHMARK_CAPTURE(look_up, declared, declared());
BENCHMARK_CAPTURE(look_up, undeclared, undeclared());

struct Forgetful final : FindingSink {
  void on_finding(const Finding&) override {}
};

// Each time another association of the same two: findings are told once and counted from then on.
void detect(benchmark::State& state, const Event& event) {
  const Lookup lookup = department();
  Detector detector{load_rules(DCMWATCH_ROOT "/rules/detection"), Limits{}};
  Forgetful sink;
  Observation observation{event, lookup.judge(event)};
  for (auto _ : state) {
    ++observation.event.conversation;
    detector.observe(observation, sink);
  }
}
BENCHMARK_CAPTURE(detect, declared, declared());
BENCHMARK_CAPTURE(detect, undeclared, undeclared());

}  // namespace
}  // namespace dcmwatch
