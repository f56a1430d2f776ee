// dcmwatch_hl7_*
#include <array>
#include <vector>

#include "output/hl7_tally.h"
#include "output/metric_group.h"
#include "output/per_conversation.h"

namespace dcmwatch {
namespace {

constexpr std::array kAnswers{Hl7Answer::aa,         Hl7Answer::ae,      Hl7Answer::ar,     Hl7Answer::ca,
                              Hl7Answer::ce,         Hl7Answer::cr,      Hl7Answer::none,   Hl7Answer::superseded,
                              Hl7Answer::not_wanted, Hl7Answer::waiting, Hl7Answer::unknown};
constexpr std::array kShownAsZero{Hl7Answer::aa, Hl7Answer::ae, Hl7Answer::ar, Hl7Answer::none};

/// Where a message counts: the numbers of its labels' values.
struct Place {
  std::size_t flow = 0;
  std::size_t sender = 0;
  std::size_t type = 0;
};

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

  [[nodiscard]] Place place_of(std::size_t flow, const DeclaredMessage& declared) const {
    return {flow, messages_.values(1).number_of(declared.sender), types_.values(1).number_of(declared.message_type)};
  }

  void count(const Place& place, Hl7Answer answer) {
    messages_.at({0, place.sender, number_of(messages_, answer)}).Increment();
    types_.at({0, place.type, number_of(types_, answer)}).Increment();
  }

  void time(const Place& place, Duration answer_time) { answer_.at({0, place.sender}).Observe(seconds(answer_time)); }

 private:
  static LabelValues only(const MetricNames::Flow& flow) { return {flow.name, std::array<std::string_view, 0>{}}; }
  static std::size_t number_of(const Counters& counters, Hl7Answer answer) {
    return counters.values(2).number_of(to_text(answer));
  }

  Counters messages_;
  Counters types_;
  Histograms answer_;
};

class Hl7Metrics final : public MetricGroup, private Hl7Tally<Place>::Counts {
 public:
  Hl7Metrics(prometheus::Registry& registry, const MetricNames& names)
      : unmatched_(counters(registry, "dcmwatch_hl7_unmatched_acknowledgements_total",
                            "HL7 acknowledgements whose message was not seen.", {{"flow", flow_values(names)}})),
        bytes_(counters(registry, "dcmwatch_hl7_message_bytes_total",
                        "Bytes of HL7 messages, without acknowledgements.", {{"flow", flow_values(names)}})),
        late_(counters(registry, "dcmwatch_hl7_late_answers_total", "HL7 messages that were answered, but not in time.",
                       {{"flow", flow_values(names)}})),
        waiting_(gauges(registry, "dcmwatch_hl7_waiting_messages",
                        "HL7 messages that were sent and are neither answered nor given up.",
                        {{"flow", flow_values(names)}})),
        forgotten_(limit_reached(registry, "metrics_hl7")),
        waits_(kRememberedConversations, [this](const Waits& waits) {
          waiting_.at({waits.flow}).Decrement(static_cast<double>(waits.messages));
          on_forgotten();
        }) {
    const FlowSeries::Families families{
        prometheus::BuildCounter()
            .Name("dcmwatch_hl7_messages_total")
            .Help(
                "HL7 messages by declared sender and by the code of their acknowledgement; none: not answered in time; "
                "superseded: sent again and then answered; not_wanted: no answer was asked for; waiting: for one, when "
                "nobody looked any longer; unknown: it was not visible.")
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
    const auto flow_of = [&] { return bytes_.values(0).number_of(observation.declared->flow); };
    tally_.observe(observation, [&] {
      const std::size_t flow = flow_of();
      return flows_[flow].place_of(flow, observation.declared->message);
    });
    const auto* message = std::get_if<Hl7Message>(&observation.event.facts);
    if (!message) return forget_if_over(observation.event);
    if (!message->message_seen) return;
    const std::size_t flow = flow_of();
    count_waiting(flow, *message, observation);
    if (observation.event.phase == Phase::end) bytes_.at({flow}).Increment(static_cast<double>(message->bytes));
  }

  void finish() override { tally_.finish(); }

  void adopt(MetricGroup& old) override {
    waits_.adopt(std::move(static_cast<Hl7Metrics&>(old).waits_));
    tally_.adopt(std::move(static_cast<Hl7Metrics&>(old).tally_));
  }

 private:
  /// Messages of a conversation, all of which count where the first does.
  struct Waits {
    std::size_t flow = 0;
    std::uint64_t messages = 0;
  };
  using Told = Hl7Tally<Place>::Told;

  void count(const Place& place, const Told& told) override {
    flows_[place.flow].count(place, told.answer);
    if (told.answer_time) flows_[place.flow].time(place, *told.answer_time);
  }

  void count_late(const Place& place, const Told& told) override {
    if (told.answer == Hl7Answer::superseded) return;
    late_.at({place.flow}).Increment();
    if (told.answer_time) flows_[place.flow].time(place, *told.answer_time);
  }

  void count_unmatched(const Place& place) override { unmatched_.at({place.flow}).Increment(); }
  void on_forgotten() override { forgotten_.Increment(); }

  // What waited until the capture ended, waits: it shows in a replay's metrics.
  void count_waiting(std::size_t flow, const Hl7Message& message, const Observation& observation) {
    const Event& event = observation.event;
    if (event.phase == Phase::start) {
      Waits& waits = waits_.of(event.conversation);
      if (waits.messages++ == 0) waits.flow = flow;
      waiting_.at({waits.flow}).Increment();
    } else if (event.phase == Phase::end && !waited_to_the_end(message, observation)) {
      Waits* const waits = waits_.find(event.conversation);
      if (!waits || waits->messages == 0) return;  // its beginning was not told
      --waits->messages;
      waiting_.at({waits->flow}).Decrement();
    }
  }

  void forget_if_over(const Event& event) {
    const auto* connection = std::get_if<ConnectionFact>(&event.facts);
    if (event.phase != Phase::end || !connection) return;
    const Waits* const waits = waits_.find(event.conversation);
    if (waits && connection->end != ConnectionEnd::open)
      waiting_.at({waits->flow}).Decrement(static_cast<double>(waits->messages));
    waits_.erase(event.conversation);
  }

  std::vector<FlowSeries> flows_;  ///< by number; the first is what is undeclared
  Counters unmatched_;
  Counters bytes_;
  Counters late_;
  Gauges waiting_;
  prometheus::Counter& forgotten_;
  PerConversation<Waits> waits_;
  Hl7Tally<Place> tally_{*this};
};

}  // namespace

std::unique_ptr<MetricGroup> make_hl7_metrics(prometheus::Registry& registry, const MetricNames& names) {
  return std::make_unique<Hl7Metrics>(registry, names);
}

}  // namespace dcmwatch
