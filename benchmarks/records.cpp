// What a record costs once it is known: its pseudonyms, its line in the log, its metrics, its part of the summary.
#include <benchmark/benchmark.h>

#include <array>

#include "base/community_id.h"
#include "base/pseudonym.h"
#include "output/metrics.h"
#include "output/record_writer.h"
#include "output/samples.h"
#include "output/summary.h"

namespace dcmwatch {
namespace {

void pseudonym(benchmark::State& state) {
  const Pseudonymizer pseudonymizer{"0123456789abcdef"};
  for (auto _ : state) {
    benchmark::DoNotOptimize(pseudonymizer.pseudonym(IdentifierKind::accession_number, "ACC0012345"));
  }
}
BENCHMARK(pseudonym);

void community_id(benchmark::State& state) {
  Parties parties = samples::parties();
  std::array<char, kCommunityIdCharacters> text;
  for (auto _ : state) {
    ++parties.source.port;
    put_community_id(text.data(), parties);
    benchmark::DoNotOptimize(text);
  }
}
BENCHMARK(community_id);

void make_writer(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(RecordWriter{});
}
BENCHMARK(make_writer);

void write(benchmark::State& state, const Facts& facts) {
  Observation observation = samples::rogue(facts);
  RecordWriter writer;
  TextBuffer lines;
  for (auto _ : state) {
    observation.event.last.time += Duration{1'000'000};
    lines.clear();
    writer.append(lines, {observation, nullptr, {}, "aa739f5a"});
    benchmark::DoNotOptimize(lines.text());
  }
  state.counters["bytes"] = static_cast<double>(lines.size());
}
BENCHMARK_CAPTURE(write, operation, samples::operation());
BENCHMARK_CAPTURE(write, association, samples::association());
BENCHMARK_CAPTURE(write, message, samples::message());
BENCHMARK_CAPTURE(write, connection, samples::connection());

void observe(benchmark::State& state, RecordSink& sink, const Facts& facts) {
  Observation observation = samples::observation(facts);
  for (auto _ : state) {
    observation.event.conversation = (observation.event.conversation + 1) % 100;
    sink.observe(observation);
  }
}

void count(benchmark::State& state, const Facts& facts) {
  Metrics metrics{{.flows = {{"ct1-store", Protocol::dicom}, {"his-adt", Protocol::hl7}},
                   .zones = {"modalities", "archive"},
                   .rules = {},
                   .version = "1"}};
  observe(state, metrics, facts);
}
BENCHMARK_CAPTURE(count, operation, samples::operation());
BENCHMARK_CAPTURE(count, association, samples::association());
BENCHMARK_CAPTURE(count, message, samples::message());
BENCHMARK_CAPTURE(count, connection, samples::connection());

void summarise(benchmark::State& state, const Facts& facts) {
  Summary summary{{}};
  observe(state, summary, facts);
}
BENCHMARK_CAPTURE(summarise, operation, samples::operation());
BENCHMARK_CAPTURE(summarise, association, samples::association());
BENCHMARK_CAPTURE(summarise, message, samples::message());
BENCHMARK_CAPTURE(summarise, connection, samples::connection());

}  // namespace
}  // namespace dcmwatch
