// dcmwatch_hl7_*
#include <algorithm>
#include <array>
#include <span>

#include "output/metric_group.h"

namespace dcmwatch {
namespace {

// HL7 table 0008; "none" for a message that was never answered, "unknown" for one whose answer may not have been
// visible. Codes off the wire that are none of the table's count as "other".
constexpr std::size_t kCodes = 6;
constexpr std::array<std::string_view, kCodes + 2> kAcknowledgements{"AA", "AE", "AR",   "CA",
                                                                     "CE", "CR", "none", "unknown"};

std::string_view acknowledgement_of(const Hl7Message& message, const Visibility& visibility) {
  if (!message.answer()) return visibility.impaired() ? "unknown" : "none";
  const auto codes = std::span{kAcknowledgements}.first(kCodes);
  return std::ranges::find(codes, message.answer()->view()) == codes.end() ? "other" : message.answer()->view();
}

class Hl7Metrics final : public MetricGroup {
 public:
  Hl7Metrics(prometheus::Registry& registry, const MetricNames& names)
      : messages_(counters(
            registry, "dcmwatch_hl7_messages_total",
            "HL7 messages, by the code of their acknowledgement; none: never answered; unknown: the answer was "
            "not visible.",
            {{"flow", flow_values(names)}, {"ack", {"other", kAcknowledgements}}})),
        unmatched_(counters(registry, "dcmwatch_hl7_unmatched_acknowledgements_total",
                            "HL7 acknowledgements whose message was not seen.", {{"flow", flow_values(names)}})),
        bytes_(counters(registry, "dcmwatch_hl7_message_bytes_total",
                        "Bytes of HL7 messages, without acknowledgements.", {{"flow", flow_values(names)}})),
        answer_(histograms(registry, "dcmwatch_hl7_answer_seconds", "Time from an HL7 message to its acknowledgement.",
                           {{"flow", flow_values(names)}},
                           {.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60})) {
    for_each_flow(names, Protocol::hl7, [this](std::size_t flow) {
      for (const std::string_view ack : {"AA", "AE", "AR", "none"})
        messages_.at({flow, messages_.values(1).number_of(ack)});
    });
  }

  void observe(const Observation& observation) override {
    const auto* message = std::get_if<Hl7Message>(&observation.event.facts);
    if (!message || observation.event.phase != Phase::end) return;
    const std::size_t flow = messages_.values(0).number_of(observation.declared->flow);
    if (!message->message_seen) {
      unmatched_.at({flow}).Increment();
      return;
    }
    messages_.at({flow, messages_.values(1).number_of(acknowledgement_of(*message, observation.event.visibility))})
        .Increment();
    bytes_.at({flow}).Increment(static_cast<double>(message->bytes));
    if (message->answered())
      answer_.at({flow}).Observe(seconds(elapsed(message->sent.time, message->answered()->time)));
  }

 private:
  Counters messages_;
  Counters unmatched_;
  Counters bytes_;
  Histograms answer_;
};

}  // namespace

std::unique_ptr<MetricGroup> make_hl7_metrics(prometheus::Registry& registry, const MetricNames& names) {
  return std::make_unique<Hl7Metrics>(registry, names);
}

}  // namespace dcmwatch
