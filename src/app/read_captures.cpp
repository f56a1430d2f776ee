#include "app/read_captures.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <atomic>

#include "app/broker.h"
#include "app/judge.h"
#include "app/progress.h"

namespace dcmwatch {
namespace {

std::atomic<bool> interrupted = false;

}  // namespace

void stop_on_interrupt() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
}

bool read_captures(CaptureFiles& captures, const CaptureReading& reading, const PipelineSettings& settings,
                   Analyst& analyst, std::vector<std::string>& failures) {
  Pipeline pipeline{settings, analyst};
  Progress progress{reading.follow ? 0 : captures.bytes};
  FilesSettings files{.filter = reading.filter, .follow = reading.follow, .appeared = {}};
  if (reading.follow) files.appeared = [&captures] { return captures.find_more(); };
  const std::unique_ptr<Source> source = open_files(captures.files, files);
  const auto on_batch = [&](std::uint64_t bytes) {
    progress.show(bytes);
    if (interrupted) source->stop();
  };
  const auto on_failure = [&](const std::string& why) {
    progress.clear();
    fmt::print(stderr, "dcmwatch: {}\n", why);
    failures.push_back(why);
  };
  pipeline.read(*source, {.progress = on_batch, .failed = on_failure, .tick = {}});
  pipeline.finish();
  progress.clear();
  // What is followed ends like this.
  const bool cut_off = interrupted && !reading.follow;
  if (cut_off) fmt::print(stderr, "dcmwatch: interrupted; this is what was read until then\n");
  return failures.empty() && !cut_off;
}

bool observe_captures(const std::vector<std::string>& arguments, const Lookup& model, RecordSink& sink, bool* dropped) {
  stop_on_interrupt();
  forbid_dumps();
  CaptureFiles captures = find_captures(arguments);
  const Pseudonymizer pseudonymizer = Pseudonymizer::ephemeral();
  PipelineSettings settings;
  settings.protocol.pseudonymizer = &pseudonymizer;
  Output output{{&sink}, OutputSettings{}};
  const std::shared_ptr<const Lookup> borrowed{std::shared_ptr<const void>{}, &model};
  Judge judge{Judge::Reading::files, {.model = borrowed}, settings.protocol.limits, output, nullptr, nullptr};
  std::vector<std::string> failures;
  const bool whole = read_captures(captures, {}, settings, judge, failures);
  judge.finish();
  output.close();
  if (dropped) {
    *dropped = std::ranges::any_of(judge.sources(), [](const SourceStatus& source) {
      return source.drops.kernel != 0 || source.drops.interface != 0;
    });
  }
  return whole;
}

}  // namespace dcmwatch
