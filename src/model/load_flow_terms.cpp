// when: [Mon-Fri 07:00-19:00], seen_every: 1h, per_hour: {objects: 2000}, answer_within: 5s, expires: 2027-03-31
#include "model/load_flow_terms.h"

#include <array>
#include <chrono>

namespace dcmwatch {
namespace {

constexpr Duration kLongestSilence = std::chrono::hours{24 * 92};  // a quarter's backup
constexpr Duration kLongestAnswer = std::chrono::hours{24};
constexpr std::uint64_t kMostPerHour = 1'000'000'000;

/// Which protocols tell it; what another service carries is counted by connections alone.
struct Rate {
  std::string_view key;
  RateOf what;
  bool dicom;
  bool hl7;
};
constexpr std::array kKnownRates{Rate{"connections", RateOf::connections, true, true},
                                 Rate{"operations", RateOf::operations, true, false},
                                 Rate{"objects", RateOf::objects, true, false},
                                 Rate{"studies", RateOf::studies, true, false},
                                 Rate{"messages", RateOf::messages, false, true},
                                 Rate{"studies_retrieved", RateOf::studies_retrieved, true, false},
                                 Rate{"studies_queried", RateOf::studies_queried, true, false}};
static_assert(kKnownRates.size() == kRates);

bool tells(ServiceProtocol protocol, const Rate& rate) {
  switch (protocol) {
    case ServiceProtocol::dicom: return rate.dicom;
    case ServiceProtocol::hl7: return rate.hl7;
    case ServiceProtocol::other: return rate.what == RateOf::connections;
  }
  return false;
}

void read_rate(const Node& node, const Rate& rate, const Service& service, Flow& flow, Problems& problems) {
  if (!tells(service.protocol, rate)) {
    problems.add(node.key_at,
                 in_quotes(rate.key) + " are not counted of service " + in_quotes(service.name) + ", which is " +
                     std::string{to_text(service.protocol)},
                 "leave it out");
    return;
  }
  const auto text = scalar(node, in_quotes(rate.key), problems);
  if (!text) return;
  const auto range = range_from(*text, 0, kMostPerHour);
  if (!range || range->last == 0) {
    problems.add(node.at, in_quotes(*text) + " is no rate",
                 is_of_each_device(rate.what) ? "write how many of one device at most: 60"
                                              : "write how many at most, 2000, or a range, 10-500");
    return;
  }
  const bool at_most = text->find('-') == std::string_view::npos;
  // Each device has its quiet hours: that it is seen at all is for 'seen_every'.
  if (!at_most && is_of_each_device(rate.what)) {
    problems.add(node.at, in_quotes(rate.key) + " are counted of each device, and have no least",
                 "write how many at most: " + std::to_string(range->last));
    return;
  }
  flow.rates.push_back({.what = rate.what, .least = at_most ? 0 : range->first, .most = range->last});
}

std::string_view rate_of(ServiceProtocol protocol) {
  switch (protocol) {
    case ServiceProtocol::dicom: return "{studies_retrieved: 60}";
    case ServiceProtocol::hl7: return "{messages: 10-500}";
    case ServiceProtocol::other: return "{connections: 60}";
  }
  return {};
}

void read_rates(const Node& node, const Service& service, Flow& flow, Problems& problems) {
  const std::string fix = "write of what, and how many: " + std::string{rate_of(service.protocol)};
  MapReader map{node, "'per_hour'", problems, fix};
  if (map.usable() && node.children.empty())
    problems.add(node.at, "'per_hour' says nothing", fix + ", or leave it out");
  for (const Rate& rate : kKnownRates) {
    if (const Node* const entry = map.optional(rate.key)) read_rate(*entry, rate, service, flow, problems);
  }
  map.done();
}

void read_answer_time(const Node& node, const Service& service, Flow& flow, Problems& problems) {
  if (service.protocol == ServiceProtocol::other) {
    problems.add(
        node.key_at,
        "'answer_within' is for a flow of a DICOM or HL7 service, which " + in_quotes(service.name) + " is not",
        "leave it out");
    return;
  }
  flow.answer_within = read_time(node, kLongestAnswer, problems);
}

void read_expiry(const Node& node, Flow& flow, const Loading& loading) {
  const auto day = scalar(node, "'expires'", loading.problems);
  if (!day) return;
  flow.expires = end_of_day(*day, loading.time_zone);
  flow.expires_on = *day;
  if (!flow.expires)
    loading.problems.add(node.at, in_quotes(*day) + " is no day", "write year, month and day: 2027-03-31");
}

/// When the flow is to be seen next, as far as what is in the way now tells: `at` itself, if nothing is; nothing, if
/// that never ends.
std::optional<Timestamp> next_to_be_seen(const Flow& flow, Timestamp at) {
  if (flow.windows && !flow.windows->holds_at(at)) return flow.windows->next_change(at);
  if (flow.quiet_hours && flow.quiet_hours->holds_at(at)) return flow.quiet_hours->next_change(at);
  return at;
}

/// Whether there is any time at all. Clocks of two places are nearer to each other in one half of the year than in the
/// other.
bool is_ever_to_be_seen(const Flow& flow) {
  constexpr Timestamp kWinter{std::chrono::sys_days{std::chrono::January / 5 / 2026}.time_since_epoch()},
      kSummer{std::chrono::sys_days{std::chrono::July / 6 / 2026}.time_since_epoch()};
  for (const Timestamp begin : {kWinter, kSummer}) {
    for (Timestamp at = begin; at < begin + std::chrono::weeks{1};) {
      const auto next = next_to_be_seen(flow, at);
      if (next == at) return true;
      if (!next) break;
      at = *next;
    }
  }
  return false;
}

void refuse_silence_never_due(const Node& seen_every, const Flow& flow, Problems& problems) {
  if (problems.full() || is_ever_to_be_seen(flow)) return;
  problems.add(seen_every.key_at, "'seen_every' is never due: all of the flow's hours are quiet",
               "leave it out, or correct 'when' or 'quiet'");
}

}  // namespace

FlowTermNodes flow_term_nodes(MapReader& map) {
  return {.when = map.optional("when"),
          .quiet = map.optional("quiet"),
          .seen_every = map.optional("seen_every"),
          .per_hour = map.optional("per_hour"),
          .answer_within = map.optional("answer_within"),
          .expires = map.optional("expires")};
}

void read_flow_terms(const FlowTermNodes& nodes, const Service& service, Flow& flow, const Loading& loading) {
  Problems& problems = loading.problems;
  if (nodes.when) flow.windows = read_schedule(*nodes.when, loading);
  if (nodes.quiet) flow.quiet_hours = read_schedule(*nodes.quiet, loading);
  if (nodes.seen_every) flow.seen_every = read_time(*nodes.seen_every, kLongestSilence, problems);
  if (flow.seen_every) refuse_silence_never_due(*nodes.seen_every, flow, problems);
  if (nodes.per_hour) read_rates(*nodes.per_hour, service, flow, problems);
  if (nodes.answer_within) read_answer_time(*nodes.answer_within, service, flow, problems);
  if (nodes.expires) read_expiry(*nodes.expires, flow, loading);
}

}  // namespace dcmwatch
