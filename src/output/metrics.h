// The Prometheus metrics. docs/metrics.md says what each family means.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "output/output.h"
#include "output/record_sink.h"

namespace dcmwatch {

/// What label values are made of: everything that is declared. Nothing off the wire ever becomes a label.
struct MetricNames {
  struct Flow {
    std::string name;
    Protocol protocol = Protocol::unidentified;
    std::vector<std::string> senders{};        ///< of HL7 messages, as declared
    std::vector<std::string> message_types{};  ///< likewise
    bool awaited = false;                      ///< it is declared how often it has to be seen
    std::uint32_t silent_devices = 0;          ///< of an awaited one, as it is when these names begin to hold
    bool visible = true;                       ///< likewise
  };
  std::vector<Flow> flows;
  std::vector<std::string> zones;
  std::vector<std::string> devices;
  std::vector<std::shared_ptr<const RuleInfo>> rules;
  std::string version;
};

/// Cumulative counts that no record carries, as they stand now.
struct Tallies {
  struct Source {
    std::string name;  ///< an interface's, or one for all capture files
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    std::uint64_t dropped_by_kernel = 0;
    std::uint64_t dropped_by_interface = 0;
    bool interrupted = false;  ///< an interface that is down or gone
  };
  struct Limit {
    std::string_view name;  ///< the member of Limits
    std::uint64_t reached = 0;
  };
  std::vector<Source> sources;
  std::vector<Limit> limits;
  std::vector<Limit> irregular_packets;  ///< those that do not simply continue their connection, by what they are
  std::uint64_t unseen_bytes = 0;        ///< acknowledged, and in no captured packet
  std::uint64_t resets_refuted = 0;      ///< RSTs that their supposed sender went on after
  std::uint64_t open_studies = 0;
  std::vector<Suppressed> suppressed{};  ///< by exception, those of before included
  struct Folded {
    std::shared_ptr<const RuleInfo> rule;
    std::uint64_t times = 0;
  };
  std::vector<Folded> folded{};  ///< matches that findings of several tell; by rule, those that have any
  std::uint64_t reloads_taken = 0;
  std::uint64_t reloads_refused = 0;
  std::optional<Timestamp> reloaded{};  ///< when the last one was taken
  std::chrono::seconds reading_for{};   ///< what reads them anew has taken so far; 0: nothing does
  ShedCounts shed{};
  std::uint64_t lost_log_records = 0;
};

/// Every series is found by index; its labels are resolved when the model is loaded. What belongs to no declared
/// flow, zone or rule counts under "undeclared". A fact is counted at the earliest record that tells it, and once.
/// observe() and redeclare() are for one thread, update() for one, exposition() for any; they may run at the same time.
class Metrics final : public RecordSink {
 public:
  explicit Metrics(const MetricNames& names);
  ~Metrics() override;

  void observe(const Observation& observation) override;
  void observe(const Finding& finding) override;
  void finish() override;
  /// From here on what is observed bears these names: the same labels go on counting, new ones begin with 0, and what
  /// bears a name that is declared no more is not told, unless it is declared again.
  void redeclare(const MetricNames& names) override;
  void update(const Tallies& tallies);

  /// Prometheus' text format 0.0.4, families and series in a fixed order.
  [[nodiscard]] std::string exposition() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dcmwatch
