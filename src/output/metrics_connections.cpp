// dcmwatch_connection*, dcmwatch_missing_bytes_total, dcmwatch_last_seen_timestamp_seconds
#include <algorithm>
#include <array>

#include "output/metric_group.h"
#include "output/per_conversation.h"

namespace dcmwatch {
namespace {

constexpr std::array kProtocols{Protocol::dicom, Protocol::hl7,  Protocol::hllp,
                                Protocol::tls,   Protocol::http, Protocol::ssh};
constexpr std::array kEnds{ConnectionEnd::finished, ConnectionEnd::reset, ConnectionEnd::timed_out,
                           ConnectionEnd::evicted,  ConnectionEnd::open,  ConnectionEnd::unanswered,
                           ConnectionEnd::answered};
constexpr std::array<std::string_view, 2> kSenders{"opener", "acceptor"};

class ConnectionMetrics final : public MetricGroup {
 public:
  ConnectionMetrics(prometheus::Registry& registry, const MetricNames& names)
      : ended_(counters(registry, "dcmwatch_connections_total",
                        "Connections that are over, by what they carried and how they ended.",
                        {{"flow", flow_values(names)},
                         {"protocol", {"unidentified", kProtocols, kWord}},
                         {"end", {"unknown", kEnds, kWord}}})),
        bytes_(counters(registry, "dcmwatch_connection_bytes_total", "Payload bytes of connections, by who sent them.",
                        {{"flow", flow_values(names)}, {"sender", {"unknown", kSenders}}})),
        missing_(counters(registry, "dcmwatch_missing_bytes_total",
                          "Payload bytes that were sent but never seen at the capture point.",
                          {{"flow", flow_values(names)}})),
        impaired_(
            counters(registry, "dcmwatch_impaired_connections_total",
                     "Connections of which something could not be seen, by why; counted once for each reason.",
                     {{"flow", flow_values(names)}, {"reason", {"other", kVisibilityFlags, &VisibilityFlag::name}}})),
        last_seen_(gauges(registry, "dcmwatch_last_seen_timestamp_seconds",
                          "When something of the flow was last seen, in packet time since 1970-01-01.",
                          {{"flow", flow_values(names)}})),
        open_(kRememberedConversations,
              [&limit = limit_reached(registry, "metrics_connections")](const Open&) { limit.Increment(); }) {
    for (std::size_t flow = 0; flow <= names.flows.size(); ++flow) missing_.at({flow});
  }

  void observe(const Observation& observation) override {
    const Event& event = observation.event;
    if (std::holds_alternative<CaptureNote>(event.facts) || std::holds_alternative<FlowStretch>(event.facts)) return;
    const auto* connection = std::get_if<ConnectionFact>(&event.facts);
    if (goes_on(event) && !(connection && connection->carried)) return;
    const std::size_t flow = ended_.values(0).number_of(observation.declared->flow);
    prometheus::Gauge& last_seen = last_seen_.at({flow});
    last_seen.Set(std::max(last_seen.Value(), seconds(shown_at(event).time_since_epoch())));
    if (goes_on(event)) return;

    count_impairments(flow, event);
    if (connection) count(flow, event, *connection);
  }

  void adopt(MetricGroup& old) override { open_.adopt(std::move(static_cast<ConnectionMetrics&>(old).open_)); }

 private:
  struct Open {
    Visibility impaired;
    std::array<std::uint64_t, 2> bytes{};
    std::uint64_t missing_bytes = 0;
  };

  void count_impairments(std::size_t flow, const Event& event) {
    if (event.visibility == Visibility{} || joins_others(event)) return;
    Visibility& counted = open_.of(event.conversation).impaired;
    for (std::size_t i = 0; i < kVisibilityFlags.size(); ++i) {
      const auto flag = kVisibilityFlags[i].flag;
      if (!(event.visibility.*flag) || counted.*flag) continue;
      counted.*flag = true;
      impaired_.at({flow, i + 1}).Increment();
    }
  }

  void count(std::size_t flow, const Event& event, const ConnectionFact& connection) {
    Open& open = open_.of(event.conversation);
    for (std::size_t side = 0; side < connection.bytes.size(); ++side) {
      count_growth(bytes_.at({flow, side + 1}), open.bytes[side], connection.bytes[side]);
    }
    count_growth(missing_.at({flow}), open.missing_bytes, connection.missing_bytes[0] + connection.missing_bytes[1]);
    if (event.phase != Phase::end) return;

    ended_
        .at({flow, ended_.values(1).number_of(to_text(event.protocol)),
             connection.end ? ended_.values(2).number_of(to_text(*connection.end)) : 0})
        .Increment();
    open_.erase(event.conversation);
  }

  Counters ended_;
  Counters bytes_;
  Counters missing_;
  Counters impaired_;
  Gauges last_seen_;
  PerConversation<Open> open_;
};

}  // namespace

std::unique_ptr<MetricGroup> make_connection_metrics(prometheus::Registry& registry, const MetricNames& names) {
  return std::make_unique<ConnectionMetrics>(registry, names);
}

}  // namespace dcmwatch
