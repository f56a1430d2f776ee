// What a fact costs to be held against the example department and the rules that come with dcmwatch.
#include <benchmark/benchmark.h>

#include <vector>

#include "base/limits.h"
#include "detect/detector.h"
#include "model/events.h"
#include "model/lookup.h"
#include "model/model.h"
#include "model/recent_judgements.h"

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

/// A modality's minute: connections, associations, stores and queries, orders and their answers, a study and its way.
std::vector<Event> mixture() {
  const auto operation = [](const char* command) {
    return test::operation("10.20.10.11", "10.20.20.10", 11112, "CT1", "PACS", command, "1.2.840.10008.5.1.4.1.1.2");
  };
  return {test::connection("10.20.10.11", "10.20.20.10", 11112, Protocol::dicom),
          declared(),
          operation("C-STORE"),
          operation("C-STORE"),
          operation("C-FIND"),
          test::message("10.20.30.10", "10.20.20.10", 2575, "ORM^O01"),
          test::study("10.20.10.11", "10.20.20.10", 11112, "CT1", "PACS", true),
          test::event_of(Link{LinkKind::store_repeated, LinkCertainty::identifier, 6, 7}, "10.20.10.11", "10.20.20.10",
                         11112),
          test::event_of(Workflow{}, "10.20.10.11", "10.20.20.10", 11112),
          undeclared()};
}

// All that the analyst does with an observation but relate it: the model's judgement, mostly remembered, and the rules.
void judge(benchmark::State& state) {
  const Lookup lookup = department();
  RecentJudgements model{lookup};
  Detector detector{load_rules(DCMWATCH_ROOT "/rules/detection"), Limits{}};
  Forgetful sink;
  std::vector<Observation> observations;
  for (Event& event : mixture()) observations.push_back({std::move(event)});
  for (auto _ : state) {
    for (Observation& observation : observations) {
      ++observation.event.conversation;
      observation.declared = model.judge(observation.event);
      detector.observe(observation, sink);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(observations.size()));
}
BENCHMARK(judge);

}  // namespace
}  // namespace dcmwatch
