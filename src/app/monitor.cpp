// dcmwatch monitor: live interfaces in, /metrics and records out, until told to stop; SIGHUP: the files that say what
// is judged, and how, are read anew.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "app/broker.h"
#include "app/commands.h"
#include "app/files.h"
#include "app/grounds.h"
#include "app/judge.h"
#include "app/pipeline.h"
#include "app/rereading.h"
#include "output/event_log.h"
#include "service/http_endpoint.h"

namespace dcmwatch {
namespace {

// The worker's own: what was read anew is there.
constexpr int kReread = SIGUSR1;

/// What the worker does with what the broker opened.
class Monitor {
 public:
  Monitor(const MonitorConfiguration& configuration, Opened opened, GroundsFiles files, Grounds grounds)
      : opened_(std::move(opened)),
        files_(std::move(files)),
        grounds_(std::move(grounds)),
        metrics_(metric_names(grounds_.model->model().get(), grounds_.rules)) {
    // Before any thread is made, for each inherits it: one that does not block them is killed by them.
    const sigset_t signals = awaited_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::vector<RecordSink*> sinks{&metrics_};
    const EventLogSettings log{.every_phase = configuration.every_phase,
                               .append = true,
                               .observer = configuration.observer,
                               .pseudonym_key = opened_.pseudonymizer.key_id(),
                               .on_failure = [](std::string_view why) { fmt::print(stderr, "dcmwatch: {}\n", why); }};
    if (opened_.events) {
      log_ = std::make_unique<EventLog>(std::move(opened_.events), configuration.events, log);
    } else if (configuration.events == "-") {
      log_ = std::make_unique<EventLog>("-", log);
    }
    if (log_) sinks.push_back(log_.get());
    output_ = std::make_unique<Output>(sinks, OutputSettings{.when_full = WhenFull::shed});
    settings_.protocol.pseudonymizer = &opened_.pseudonymizer;
    settings_.protocol.digest_pixel_data = configuration.digest_pixel_data;
    settings_.shards = configuration.shards;
    judge_ = std::make_unique<Judge>(Judge::Reading::interfaces, grounds_, settings_.protocol.limits, *output_,
                                     &metrics_, log_.get());
    for (const InterfaceSettings& interface : configuration.interfaces) {
      longest_timeout_ = std::max(longest_timeout_, interface.block_timeout);
    }
  }

  int run() {
    const sigset_t signals = awaited_signals();

    HttpEndpoint endpoint{opened_.listener.release(),
                          {.metrics = [this] { return metrics_.exposition(); }, .unhealthy = {}}};
    for (const auto& interface : opened_.interfaces) {
      for (const std::string& warning : interface_warnings(interface->name()))
        fmt::print(stderr, "dcmwatch: warning: {}\n", warning);
    }
    Pipeline pipeline{settings_, *judge_};
    const std::unique_ptr<Source> source =
        merge_interfaces(std::move(opened_.interfaces), {.quiet_time = [this] { return quiet_time(); }});
    std::atomic<bool> whole = true;
    std::thread reader{[&] {
      const auto failed = [](const std::string& why) { fmt::print(stderr, "dcmwatch: {}\n", why); };
      if (!pipeline.read(*source, {.progress = {}, .failed = failed, .tick = [this] { return quiet_time(); }}))
        whole = false;
      kill(getpid(), SIGTERM);  // nothing is left to watch
    }};
    fmt::print(stderr, "dcmwatch: watching {}; metrics on port {}\n", source->name(), endpoint.port());

    warn_of_unreadable_files();
    while (is_for_reloads(awaited(signals))) {
    }
    source->stop();
    reader.join();
    pipeline.finish();
    judge_->finish();
    output_->close();
    if (log_ && !log_->close()) whole = false;
    endpoint.stop();
    for (const Suppressed& told : judge_->suppressed()) {
      fmt::print(stderr, "dcmwatch: excepted until {:.10}: {}, {} not told, {} told again\n",
                 to_rfc3339(told.exception->until), told.exception->rule->title, told.times, told.expired);
    }
    fmt::print(stderr, "dcmwatch: stopped; {} findings\n", judge_->findings());
    return whole ? kDone : kFailed;
  }

 private:
  // What was read with the broker's rights at the start is read with the worker's own from then on: nothing is handed
  // to a process that looks at what comes off the wire but what anybody may give it.
  void warn_of_unreadable_files() const {
    std::vector<std::filesystem::path> files{files_.model, files_.rules, files_.sigma_fields, files_.exceptions,
                                             files_.fingerprints};
    // The first of them is the model itself.
    const std::vector<std::filesystem::path>& included = grounds_.model->model()->files;
    if (!included.empty()) files.insert(files.end(), included.begin() + 1, included.end());
    std::error_code end_of_rules;
    for (auto entry = std::filesystem::recursive_directory_iterator{files_.rules, end_of_rules};
         !end_of_rules && entry != std::filesystem::recursive_directory_iterator{}; entry.increment(end_of_rules)) {
      if (entry->path().extension() == ".yml" || entry->path().extension() == ".yaml") files.push_back(entry->path());
    }
    for (const std::filesystem::path& file : files) {
      std::error_code error;
      const int wanted = std::filesystem::is_directory(file, error) ? R_OK | X_OK : R_OK;
      if (!file.empty() && access(file.c_str(), wanted) != 0) {
        fmt::print(stderr, "dcmwatch: warning: {} cannot be read by the worker, so that a reload will be refused: {}\n",
                   file.string(), std::strerror(errno));
      }
    }
  }

  // 0: a second has passed while something is read.
  int awaited(const sigset_t& signals) {
    if (!rereading_.reading()) {
      int signal = 0;
      return sigwait(&signals, &signal) == 0 ? signal : SIGTERM;
    }
    constexpr timespec kSecond{1, 0};
    const int signal = sigtimedwait(&signals, nullptr, &kSecond);
    return signal > 0 ? signal : errno == EAGAIN || errno == EINTR ? 0 : SIGTERM;
  }

  bool is_for_reloads(int signal) {
    if (signal != 0 && signal != SIGHUP && signal != kReread) return false;
    if (signal == SIGHUP) rereading_.ask(grounds_);
    if (auto outcome = rereading_.take()) reload(*std::move(outcome));
    const std::chrono::seconds waited = rereading_.reading_for();
    judge_->note_reading(waited);
    if (waited < kSlowReading) {
      slowness_told_ = false;
    } else if (!std::exchange(slowness_told_, true)) {
      fmt::print(stderr,
                 "dcmwatch: warning: reading anew has taken {} s and goes on; does a drive hang? what was read before "
                 "stays in force meanwhile\n",
                 waited.count());
    }
    return true;
  }

  void reload(Rereading::Outcome outcome) {
    try {
      if (!outcome.grounds) throw std::runtime_error(outcome.refused);
      judge_->reload(*outcome.grounds);
      fmt::print(stderr, "dcmwatch: reloaded: {}\n", account_of_changes(grounds_, *outcome.grounds));
      grounds_ = *std::move(outcome.grounds);
    } catch (const std::exception& error) {
      judge_->note_refused_reload();
      fmt::print(stderr, "{}\ndcmwatch: reload refused: what was read before stays in force\n", error.what());
    }
    if (rereading_.asked_again()) rereading_.ask(grounds_);
  }

  // On a quiet link packet time trails the clock by what the capture ring may still hold back.
  [[nodiscard]] Timestamp quiet_time() const {
    const auto now = std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch());
    return Timestamp{now - 2 * longest_timeout_};
  }

  static sigset_t awaited_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, kReread}) sigaddset(&signals, signal);
    return signals;
  }

  static constexpr std::chrono::seconds kSlowReading{30};

  Opened opened_;
  GroundsFiles files_;
  Grounds grounds_;  ///< as read last
  Rereading rereading_{[files = files_](const Grounds& before) { return load_grounds_again(files, before); },
                       [] { kill(getpid(), kReread); }};
  bool slowness_told_ = false;
  PipelineSettings settings_;
  Metrics metrics_;
  std::unique_ptr<EventLog> log_;
  std::unique_ptr<Output> output_;
  std::unique_ptr<Judge> judge_;
  Duration longest_timeout_{};
};

}  // namespace

int monitor(const std::string& file) {
  // Who says it before there is anything to read anew is heard once there is.
  sigset_t reload;
  sigemptyset(&reload);
  sigaddset(&reload, SIGHUP);
  sigprocmask(SIG_BLOCK, &reload, nullptr);
  const MonitorConfiguration configuration = load_configuration(file);
  const GroundsFiles files = with_bundled({configuration.model, configuration.rules, configuration.sigma_fields,
                                           configuration.exceptions, configuration.fingerprints});
  // Read while privileged, so that the worker's user needs access to them for a reload alone.
  const Grounds grounds = load_grounds(files);
  if (!grounds.fingerprints) tell_no_fingerprints();
  signal(SIGPIPE, SIG_IGN);
  return run_apart(configuration.user, open_configured(configuration), [&](Opened opened) {
    return Monitor{configuration, std::move(opened), files, grounds}.run();
  });
}

}  // namespace dcmwatch
