// dcmwatch monitor: live interfaces in, /metrics and records out, until told to stop.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <thread>

#include "app/broker.h"
#include "app/commands.h"
#include "app/files.h"
#include "app/judge.h"
#include "app/pipeline.h"
#include "output/event_log.h"
#include "service/http_endpoint.h"

namespace dcmwatch {
namespace {

/// What the worker does with what the broker opened.
class Monitor {
 public:
  Monitor(const MonitorConfiguration& configuration, Opened opened, std::shared_ptr<const Model> model, RuleSet rules,
          const Exceptions& exceptions, const Fingerprints* fingerprints)
      : opened_(std::move(opened)), model_(std::move(model)), metrics_(metric_names(model_.model().get(), rules)) {
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
    judge_ = std::make_unique<Judge>(Judge::Reading::interfaces, &model_, std::move(rules), exceptions, fingerprints,
                                     settings_.protocol.limits, *output_, &metrics_, log_.get());
    for (const InterfaceSettings& interface : configuration.interfaces) {
      longest_timeout_ = std::max(longest_timeout_, interface.block_timeout);
    }
  }

  int run() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

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

    int signal = SIGHUP;
    while (signal == SIGHUP) sigwait(&signals, &signal);
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
  // On a quiet link packet time trails the clock by what the capture ring may still hold back.
  [[nodiscard]] Timestamp quiet_time() const {
    const auto now = std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch());
    return Timestamp{now - 2 * longest_timeout_};
  }

  Opened opened_;
  Lookup model_;
  PipelineSettings settings_;
  Metrics metrics_;
  std::unique_ptr<EventLog> log_;
  std::unique_ptr<Output> output_;
  std::unique_ptr<Judge> judge_;
  Duration longest_timeout_{};
};

}  // namespace

int monitor(const std::string& file) {
  const MonitorConfiguration configuration = load_configuration(file);
  // Read while privileged, so that the worker's user needs no access to them.
  const std::shared_ptr<const Model> model = load_model(configuration.model);
  const std::optional<SigmaFields> foreign = load_sigma_fields(configuration.sigma_fields);
  const RuleSet rules = load_rules(configuration.rules, {.foreign = foreign ? &*foreign : nullptr});
  Exceptions exceptions;
  if (!configuration.exceptions.empty()) exceptions = load_exceptions(configuration.exceptions, rules);
  const std::optional<Fingerprints> fingerprints = load_fingerprints(configuration.fingerprints);
  if (!fingerprints) tell_no_fingerprints();
  signal(SIGPIPE, SIG_IGN);
  return run_apart(configuration.user, open_configured(configuration), [&](Opened opened) {
    return Monitor{configuration, std::move(opened), model, rules, exceptions, fingerprints ? &*fingerprints : nullptr}
        .run();
  });
}

}  // namespace dcmwatch
