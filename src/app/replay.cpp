// dcmwatch replay: capture files in, findings, records, metrics and a summary out.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>

#include "app/broker.h"
#include "app/captures.h"
#include "app/commands.h"
#include "app/files.h"
#include "app/grounds.h"
#include "app/judge.h"
#include "app/read_captures.h"
#include "output/event_log.h"
#include "output/summary.h"

namespace dcmwatch {
namespace {

Pseudonymizer pseudonymizer_for(const ReplayOptions& options) {
  if (!options.pseudonym_key.empty()) return Pseudonymizer::from_file(options.pseudonym_key);
  const std::filesystem::path key = default_pseudonym_key();
  if (!key.empty()) return Pseudonymizer::from_file(key);
  fmt::print(stderr, "dcmwatch: no home folder for a pseudonym key: pseudonyms correlate within this run only\n");
  return Pseudonymizer::ephemeral();
}

std::size_t terminal_width(int descriptor) {
  winsize size{};
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40 ? size.ws_col : 100;
}

std::unique_ptr<EventLog> open_log(const ReplayOptions& options, const Pseudonymizer& pseudonymizer) {
  const auto on_failure = [](std::string_view why) { fmt::print(stderr, "dcmwatch: {}\n", why); };
  try {
    return std::make_unique<EventLog>(options.events, EventLogSettings{.every_phase = options.every_phase,
                                                                       .pseudonym_key = pseudonymizer.key_id(),
                                                                       .on_failure = on_failure});
  } catch (const std::system_error& error) {
    throw UsageError(error.what());
  }
}

/// One replay: what it is made of stands in the order in which data flows, last to first.
class Replay {
 public:
  explicit Replay(const ReplayOptions& options)
      : options_(options),
        page_(options.events == "-" || options.metrics == "-" ? STDERR_FILENO : STDOUT_FILENO),
        captures_(find_captures(options.captures)),
        pseudonymizer_(pseudonymizer_for(options)),
        summary_({.width = terminal_width(page_), .colour = isatty(page_) == 1 && !std::getenv("NO_COLOR")}) {
    const Grounds grounds = load_grounds(files_of(options));
    model_ = grounds.model;
    if (!grounds.fingerprints) tell_no_fingerprints();
    if (grounds.rules.empty() && !options.fail_on.empty()) throw UsageError("--fail-on judges nothing without rules");
    std::vector<RecordSink*> sinks;
    if (!options.quiet) sinks.push_back(&summary_);
    if (!options.events.empty()) {
      log_ = open_log(options, pseudonymizer_);
      sinks.push_back(log_.get());
    }
    if (!options.metrics.empty()) {
      open_metrics_file();
      metrics_ = std::make_unique<Metrics>(metric_names(model_ ? model_->model().get() : nullptr, grounds.rules));
      sinks.push_back(metrics_.get());
    }
    output_ = std::make_unique<Output>(sinks, OutputSettings{});
    judge_ = std::make_unique<Judge>(Judge::Reading::files, grounds, settings_.protocol.limits, *output_,
                                     metrics_.get(), log_.get());
    settings_.protocol.pseudonymizer = &pseudonymizer_;
    settings_.protocol.digest_pixel_data = options.digest;
    settings_.shards = options.shards;
  }

  int run() {
    const auto begun = std::chrono::steady_clock::now();
    bool whole =
        read_captures(captures_, {.filter = options_.filter, .follow = options_.follow}, settings_, *judge_, failures_);
    judge_->finish();
    output_->close();
    if (log_ && !log_->close()) whole = false;
    if (metrics_ && !write_metrics()) whole = false;
    // Where nothing could be read there is nothing to sum up but why, and that was said.
    const bool nothing_read = !failures_.empty() && !judge_->first();
    if (!options_.quiet && !nothing_read && !print_summary(std::chrono::steady_clock::now() - begun)) whole = false;
    const bool fails = !options_.fail_on.empty() && judge_->highest_level() &&
                       *judge_->highest_level() >= *level_from(options_.fail_on);
    return fails ? kFindings : whole ? kDone : kFailed;
  }

 private:
  static GroundsFiles files_of(const ReplayOptions& options) {
    const std::filesystem::path rules = options.rules.empty() ? bundled_rules() : std::filesystem::path{options.rules};
    if (rules.empty()) throw UsageError("no rules came with this program; name a folder of them with --rules");
    return with_bundled({options.model, rules, options.sigma_fields, options.exceptions, options.fingerprints});
  }

  void open_metrics_file() {
    if (options_.metrics == "-") return;
    metrics_file_.open(options_.metrics);
    if (!metrics_file_) throw UsageError(options_.metrics + ": cannot be written");
  }

  bool write_metrics() {
    const std::string text = metrics_->exposition();
    if (options_.metrics == "-") return print(stdout, text);
    metrics_file_ << text;
    metrics_file_.close();
    if (!metrics_file_) fmt::print(stderr, "dcmwatch: {}: cannot be written\n", options_.metrics);
    return static_cast<bool>(metrics_file_);
  }

  static bool print(std::FILE* page, const std::string& text) {
    const bool whole = std::fwrite(text.data(), 1, text.size(), page) == text.size() && std::fflush(page) == 0;
    if (!whole && page != stderr) fmt::print(stderr, "dcmwatch: standard output cannot be written\n");
    return whole;
  }

  [[nodiscard]] bool print_summary(std::chrono::nanoseconds took) const {
    RunFigures run{.captures = {},
                   .first = judge_->first(),
                   .last = {},
                   .packets = 0,
                   .bytes = 0,
                   .dropped_packets = 0,
                   .took = took,
                   .failures = failures_,
                   .against_model = model_ != nullptr,
                   .exceptions = judge_->suppressed()};
    if (run.first) run.last = judge_->last();
    const std::span<const FlowTally> flows = judge_->flows();
    for (std::size_t i = 0; i < flows.size(); ++i) {
      run.flows.push_back(
          {model_->model()->flows[i].name, flows[i].seen, flows[i].last, flows[i].silent, flows[i].not_visible});
    }
    for (const std::filesystem::path& file : captures_.files)
      run.captures.push_back(file == "-" ? "standard input" : file.string());
    for (const SourceStatus& source : judge_->sources()) {
      run.packets += source.packets;
      run.bytes += source.bytes;
      run.dropped_packets += source.drops.kernel + source.drops.interface;
    }
    return print(page_ == STDERR_FILENO ? stderr : stdout, summary_.render(run));
  }

  const ReplayOptions& options_;
  int page_;
  CaptureFiles captures_;
  Pseudonymizer pseudonymizer_;
  PipelineSettings settings_;
  Summary summary_;
  std::shared_ptr<const Lookup> model_;
  std::unique_ptr<EventLog> log_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<Output> output_;
  std::unique_ptr<Judge> judge_;
  std::ofstream metrics_file_;
  std::vector<std::string> failures_;
};

}  // namespace

int replay(const ReplayOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is a write that fails, and is said
  stop_on_interrupt();
  forbid_dumps();
  return Replay{options}.run();
}

}  // namespace dcmwatch
