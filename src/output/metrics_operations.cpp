// dcmwatch_operation*
#include <array>

#include "event/dicom_names.h"
#include "output/metric_group.h"

namespace dcmwatch {
namespace {

constexpr std::array<std::string_view, 11> kCommands{"C-STORE",  "C-GET",          "C-FIND",  "C-MOVE",
                                                     "C-ECHO",   "N-EVENT-REPORT", "N-GET",   "N-SET",
                                                     "N-ACTION", "N-CREATE",       "N-DELETE"};
// PS3.7 C; "none" for an operation that never had a final response, "unknown" where it may not have been visible.
constexpr std::array<std::string_view, 6> kStatusClasses{"success", "warning", "failure", "cancel", "pending", "none"};

constexpr std::array kSlowParts{SlowPart::sender, SlowPart::receiver, SlowPart::network};

std::string_view status_class_of(const DicomOperation& operation, const Visibility& visibility) {
  if (operation.status) return to_text(dicom_status_class(operation.command_field, *operation.status));
  return visibility.impaired() ? "unknown" : "none";
}

class OperationMetrics final : public MetricGroup {
 public:
  OperationMetrics(prometheus::Registry& registry, const MetricNames& names)
      : started_(counters(registry, "dcmwatch_operations_started_total", "DIMSE requests seen to begin.",
                          {{"flow", flow_values(names)}, {"command", {"other", kCommands}}})),
        done_(counters(
            registry, "dcmwatch_operations_total",
            "DIMSE requests that are over, by the class of their final status; none: there was no final response; "
            "unknown: it was not visible.",
            {{"flow", flow_values(names)},
             {"command", {"other", kCommands}},
             {"status_class", {"unknown", kStatusClasses}}})),
        duration_(histograms(registry, "dcmwatch_operation_duration_seconds",
                             "Time from a DIMSE request to its final response.",
                             {{"flow", flow_values(names)}, {"command", {"other", kCommands}}},
                             {.005, .025, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600})),
        slow_(counters(registry, "dcmwatch_slow_operations_total",
                       "DIMSE requests that took 100 ms or more, by what took at least half of that: the sender, the "
                       "receiver or the network between them.",
                       {{"flow", flow_values(names)},
                        {"command", {"other", kCommands}},
                        {"slowest", {"unknown", kSlowParts, kWord}}})) {}

  void observe(const Observation& observation) override {
    const auto* operation = std::get_if<DicomOperation>(&observation.event.facts);
    if (!operation) return;
    const std::size_t flow = done_.values(0).number_of(observation.declared->flow);
    const std::size_t command = done_.values(1).number_of(dicom_command_name(operation->command_field));
    if (observation.event.phase == Phase::start) started_.at({flow, command}).Increment();
    if (observation.event.phase != Phase::end) return;

    const std::string_view status = status_class_of(*operation, observation.event.visibility);
    done_.at({flow, command, done_.values(2).number_of(status)}).Increment();
    if (operation->slowest)
      slow_.at({flow, command, slow_.values(2).number_of(to_text(*operation->slowest))}).Increment();
    if (operation->request_seen && operation->answered) {
      duration_.at({flow, command}).Observe(seconds(elapsed(operation->requested.time, operation->answered->time)));
    }
  }

 private:
  Counters started_;
  Counters done_;
  Histograms duration_;
  Counters slow_;
};

}  // namespace

std::unique_ptr<MetricGroup> make_operation_metrics(prometheus::Registry& registry, const MetricNames& names) {
  return std::make_unique<OperationMetrics>(registry, names);
}

}  // namespace dcmwatch
