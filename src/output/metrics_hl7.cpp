// dcmwatch_hl7_*
#include <array>
#include <set>
#include <utility>
#include <vector>

#include "output/hl7_answer.h"
#include "output/metric_group.h"
#include "output/per_conversation.h"

namespace dcmwatch {
namespace {

constexpr std::array kAnswers{Hl7Answer::aa, Hl7Answer::ae,   Hl7Answer::ar,         Hl7Answer::ca,     Hl7Answer::ce,
                              Hl7Answer::cr, Hl7Answer::none, Hl7Answer::not_wanted, Hl7Answer::unknown};
constexpr std::array kShownAsZero{Hl7Answer::aa, Hl7Answer::ae, Hl7Answer::ar, Hl7Answer::none};

/// The series of one flow: who sends on it, and what, is declared of each flow by itself.
class FlowSeries {
 public:
  struct Families {
    prometheus::Family<prometheus::Counter>& messages;
    prometheus::Family<prometheus::Counter>& types;
    prometheus::Family<prometheus::Histogram>& answer;
  };

  FlowSeries(const Families& families, const MetricNames::Flow& flow)
      : messages_(families.messages,
                  {{"flow", only(flow)}, {"sender", {kUndeclared, flow.senders}}, {"ack", {"other", kAnswers, kWord}}}),
        types_(
            families.types,
            {{"flow", only(flow)}, {"type", {kUndeclared, flow.message_types}}, {"ack", {"other", kAnswers, kWord}}}),
        answer_(families.answer, {{"flow", only(flow)}, {"sender", {kUndeclared, flow.senders}}},
                {.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}) {}

  /// So that what never happened is exposed as zero.
  void ask_for_all() {
    for (std::size_t sender = 0; sender < messages_.values(1).size(); ++sender) {
      for (const Hl7Answer answer : kShownAsZero) messages_.at({0, sender, number_of(messages_, answer)});
    }
  }

  void count(const DeclaredMessage& declared, Hl7Answer answer) {
    messages_.at({0, messages_.values(1).number_of(declared.sender), number_of(messages_, answer)}).Increment();
    types_.at({0, types_.values(1).number_of(declared.message_type), number_of(types_, answer)}).Increment();
  }

  void time(const Hl7Message& message, const DeclaredMessage& declared) {
    answer_.at({0, answer_.values(1).number_of(declared.sender)})
        .Observe(seconds(elapsed(message.sent.time, message.answered()->time)));
  }

 private:
  static LabelValues only(const MetricNames::Flow& flow) { return {flow.name, std::array<std::string_view, 0>{}}; }
  static std::size_t number_of(const Counters& counters, Hl7Answer answer) {
    return counters.values(2).number_of(to_text(answer));
  }

  Counters messages_;
  Counters types_;
  Histograms answer_;
};

class Hl7Metrics final : public MetricGroup {
 public:
  Hl7Metrics(prometheus::Registry& registry, const MetricNames& names)
      : unmatched_(counters(registry, "dcmwatch_hl7_unmatched_acknowledgements_total",
                            "HL7 acknowledgements whose message was not seen.", {{"flow", flow_values(names)}})),
        bytes_(counters(registry, "dcmwatch_hl7_message_bytes_total",
                        "Bytes of HL7 messages, without acknowledgements.", {{"flow", flow_values(names)}})),
        late_(counters(registry, "dcmwatch_hl7_late_answers_total",
                       "HL7 messages that were answered after the time-out.", {{"flow", flow_values(names)}})),
        waiting_(gauges(registry, "dcmwatch_hl7_waiting_messages",
                        "HL7 messages that were sent and are neither answered nor given up.",
                        {{"flow", flow_values(names)}})),
        waits_(kRememberedConversations, [this, &limit = limit_reached(registry, "metrics_hl7")](const Waits& waits) {
          waiting_.at({waits.flow}).Decrement(static_cast<double>(waits.messages));
          limit.Increment();
        }) {
    const FlowSeries::Families families{
        prometheus::BuildCounter()
            .Name("dcmwatch_hl7_messages_total")
            .Help("HL7 messages by declared sender and by the code of their acknowledgement; none: never answered; "
                  "not_wanted: nor was an answer asked for; unknown: the answer was not visible.")
            .Register(registry),
        prometheus::BuildCounter()
            .Name("dcmwatch_hl7_message_types_total")
            .Help("HL7 messages by declared type and by the code of their acknowledgement.")
            .Register(registry),
        prometheus::BuildHistogram()
            .Name("dcmwatch_hl7_answer_seconds")
            .Help("Time from an HL7 message to its acknowledgement.")
            .Register(registry)};
    flows_.emplace_back(families, MetricNames::Flow{.name = std::string{kUndeclared}});
    for (const MetricNames::Flow& flow : names.flows) flows_.emplace_back(families, flow);
    for_each_flow(names, Protocol::hl7, [this](std::size_t flow) {
      flows_[flow].ask_for_all();
      late_.at({flow});
      waiting_.at({flow});
    });
  }

  void observe(const Observation& observation) override {
    const auto* message = std::get_if<Hl7Message>(&observation.event.facts);
    if (!message) return forget_if_over(observation.event);
    const std::size_t flow = bytes_.values(0).number_of(observation.declared->flow);
    if (!message->message_seen) {
      if (observation.event.phase == Phase::end) unmatched_.at({flow}).Increment();
      return;
    }
    const bool counted = count_waiting(flow, *message, observation.event);
    const bool over = observation.event.phase == Phase::end;
    if (!counted && (over || message->unanswered))
      flows_[flow].count(observation.declared->message, answer_to(*message, observation));
    if (!over) return;
    if (message->answered()) flows_[flow].time(*message, observation.declared->message);
    if (message->late) late_.at({flow}).Increment();
    bytes_.at({flow}).Increment(static_cast<double>(message->bytes));
  }

 private:
  using MessageKey = std::pair<std::uint64_t, std::uint64_t>;

  struct Waits {
    std::size_t flow = 0;  ///< that of the first
    std::uint64_t messages = 0;
    std::set<MessageKey> unanswered;  ///< of these, counted as such
  };

  static MessageKey key_of(const Hl7Message& message) { return {message.sent.packet, message.control_id.first()}; }

  /// Whether it was counted as unanswered before: then its answer, if it still comes, is a late one.
  bool count_waiting(std::size_t flow, const Hl7Message& message, const Event& event) {
    if (event.phase == Phase::start) {
      Waits& waits = waits_.of(event.conversation);
      if (waits.messages++ == 0) waits.flow = flow;
      waiting_.at({waits.flow}).Increment();
      return false;
    }
    Waits* const waits = waits_.find(event.conversation);
    if (!waits) return event.phase != Phase::end;  // no longer remembered: it is counted when it is over
    if (event.phase != Phase::end) return message.unanswered && !waits->unanswered.insert(key_of(message)).second;
    const bool counted = waits->unanswered.erase(key_of(message)) != 0;
    if (waits->messages == 0) return counted;  // its beginning was not told
    --waits->messages;
    waiting_.at({waits->flow}).Decrement();
    return counted;
  }

  void forget_if_over(const Event& event) {
    if (event.phase != Phase::end || !std::holds_alternative<ConnectionFact>(event.facts)) return;
    if (const Waits* const waits = waits_.find(event.conversation))
      waiting_.at({waits->flow}).Decrement(static_cast<double>(waits->messages));
    waits_.erase(event.conversation);
  }

  std::vector<FlowSeries> flows_;  ///< by number; the first is what is undeclared
  Counters unmatched_;
  Counters bytes_;
  Counters late_;
  Gauges waiting_;
  PerConversation<Waits> waits_;
};

}  // namespace

std::unique_ptr<MetricGroup> make_hl7_metrics(prometheus::Registry& registry, const MetricNames& names) {
  return std::make_unique<Hl7Metrics>(registry, names);
}

}  // namespace dcmwatch
