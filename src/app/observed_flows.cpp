#include "app/observed_flows.h"

#include <algorithm>

#include "base/limits.h"

namespace dcmwatch {
namespace {

template <typename Entries>
std::unordered_map<std::string_view, std::uint32_t> index_of(const Entries& entries) {
  std::unordered_map<std::string_view, std::uint32_t> index;
  for (std::uint32_t i = 0; i < entries.size(); ++i) index.emplace(entries[i].name, i);
  return index;
}

// What a flow of such a service is counted by.
bool counts(const Facts& facts, ServiceProtocol protocol) {
  switch (protocol) {
    case ServiceProtocol::dicom: return std::holds_alternative<DicomOperation>(facts);
    case ServiceProtocol::hl7: return std::holds_alternative<Hl7Message>(facts);
    case ServiceProtocol::other: return std::holds_alternative<ConnectionFact>(facts);
  }
  return false;
}

bool is_traffic(const Facts& facts) {
  return std::holds_alternative<ConnectionFact>(facts) || std::holds_alternative<DicomAssociation>(facts) ||
         std::holds_alternative<DicomOperation>(facts) || std::holds_alternative<Hl7Message>(facts);
}

bool is_nobody(const IpAddress& address) {
  static const IpAddress kNobody = IpAddress::parse("0.0.0.0").value();
  return address == kNobody || address == IpAddress{};
}

std::uint64_t unanswered_in(const ConnectionFact& connection) {
  if (connection.end != ConnectionEnd::unanswered) return 0;
  return connection.attempts ? connection.attempts->count : 1;
}

}  // namespace

ObservedFlows::ObservedFlows(const Model& model)
    : model_(model),
      flow_index_(index_of(model.flows)),
      device_index_(index_of(model.devices)),
      zone_index_(index_of(model.zones)),
      flows_(model.flows.size()),
      devices_seen_(model.devices.size()),
      visibility_(model.devices.size()),
      legs_(model, Limits{}) {}

void ObservedFlows::observe(const Observation& observation) {
  const Event& event = observation.event;
  const Declared& declared = *observation.declared;
  const std::uint32_t source = place_of(declared.source), destination = place_of(declared.destination);
  visibility_.observe(event, source, destination);
  if (!is_traffic(event.facts)) return;
  const auto flow = flow_index_.find(declared.flow);
  const bool second_leg = flow != flow_index_.end() && legs_.is_second(event, flow->second, source, destination);
  if (event.phase != Phase::end) return;
  for (const std::uint32_t device : {source, destination}) {
    if (device != FlowVisibility::kNobody) devices_seen_[device] = true;
  }
  if (event.visibility.lost) ++gaps_;
  if (flow != flow_index_.end()) {
    count(observation, flow->second, second_leg);
  } else if (!declared.deviations.empty()) {
    note_undeclared(observation);
  }
}

std::uint32_t ObservedFlows::place_of(const Place& place) const {
  const auto found = device_index_.find(place.device);
  return found == device_index_.end() ? FlowVisibility::kNobody : found->second;
}

void ObservedFlows::count(const Observation& observation, std::uint32_t flow, bool second_leg) {
  ObservedFlow& tally = flows_[flow];
  const Event& event = observation.event;
  const ServiceProtocol protocol = model_.services[model_.flows[flow].service].protocol;
  const auto* const connection = std::get_if<ConnectionFact>(&event.facts);
  const std::uint64_t unanswered = connection ? unanswered_in(*connection) : 0;
  tally.unanswered += unanswered;
  if (connection) tally.connections += unanswered == 0 ? 1 : 0;
  if (unanswered != 0) return;
  if (connection && protocol != ServiceProtocol::other) {
    tally.hidden |= event.visibility;
    tally.hidden.encrypted |= event.protocol == Protocol::tls;
    between(observation, flow).in_part = true;
    if (event.protocol == Protocol::tls) between(observation, flow).within_tls = true;
    return;
  }
  if (!counts(event.facts, protocol)) return;
  (event.protocol == Protocol::tls ? between(observation, flow).within_tls : between(observation, flow).in_clear) =
      true;
  const bool deviates = !observation.declared->deviations.empty();
  SeenFlow& traffic = between(observation, flow);  // each leg is an arrow of its own
  ++traffic.count;
  traffic.deviating += deviates ? 1 : 0;
  if (second_leg) return;
  ++tally.count;
  tally.deviating += deviates ? 1 : 0;
  tally.first = tally.first ? std::min(*tally.first, event.first.time) : event.first.time;
  tally.last = tally.last ? std::max(*tally.last, event.last.time) : event.last.time;
}

SeenFlow& ObservedFlows::between(const Observation& observation, std::uint32_t flow) {
  const Declared& declared = *observation.declared;
  const std::tuple ends{flow, device_index_.at(declared.source.device), device_index_.at(declared.destination.device)};
  if (const auto found = traffic_.find(ends); found != traffic_.end()) return found->second;
  if (traffic_.size() < Limits{}.drawn_pairs) return traffic_[ends];
  return traffic_.rbegin()->second;
}

// Once for each connection, since all that it carried repeats it.
void ObservedFlows::note_undeclared(const Observation& observation) {
  const Event& event = observation.event;
  if (!std::holds_alternative<ConnectionFact>(event.facts) || is_nobody(event.parties.source.address)) return;
  const Declared& declared = *observation.declared;
  const SeenEnd from = end_of(declared.source, event.parties.source);
  std::optional<SeenEnd> to;
  const bool names_destination =
      !declared.destination.device.empty() || std::ranges::any_of(declared.deviations, [](const Deviation& deviation) {
        return deviation.kind == DeviationKind::destination_device;
      });
  if (names_destination && !is_nobody(event.parties.destination.address))
    to = end_of(declared.destination, event.parties.destination);
  const std::string_view spoken = event.protocol != Protocol::unidentified    ? to_text(event.protocol)
                                  : event.parties.transport == Transport::udp ? "udp"
                                                                              : "tcp";
  const std::string what = std::string{spoken} + ' ' + std::to_string(event.parties.destination.port);
  const auto found = undeclared_.find({from, to, what});
  if (found != undeclared_.end()) {
    ++found->second;
  } else if (undeclared_.size() < Limits{}.drawn_pairs) {
    undeclared_.emplace(std::tuple{from, to, what}, 1);
  } else {
    ++undeclared_.rbegin()->second;
  }
}

SeenEnd ObservedFlows::end_of(const Place& place, const Endpoint& endpoint) const {
  SeenEnd end;
  if (const auto device = device_index_.find(place.device); device != device_index_.end()) {
    end.device = device->second;
  } else {
    end.address = to_text(endpoint.address);
  }
  if (const auto zone = zone_index_.find(place.zone); zone != zone_index_.end()) end.zone = zone->second;
  return end;
}

Coverage ObservedFlows::coverage_of(std::uint32_t flow) const {
  const ObservedFlow& tally = flows_[flow];
  if (tally.count != 0) return Coverage::seen;
  if (tally.connections != 0) return Coverage::hidden;
  const auto in_sight = [this](const std::vector<Party>& parties) {
    return std::ranges::any_of(parties, [this](const Party& party) {
      return std::ranges::any_of(devices_of(model_, party),
                                 [this](std::uint32_t device) { return devices_seen_[device]; });
    });
  };
  const Flow& declared = model_.flows[flow];
  if (!in_sight(declared.from) || !in_sight(declared.to)) return Coverage::out_of_sight;
  const auto why = why_not_visible(flow);
  if (!why) return Coverage::never_seen;
  return *why == WhyNotVisible::unseen_ends ? Coverage::out_of_sight : Coverage::hidden;
}

std::optional<WhyNotVisible> ObservedFlows::why_not_visible(std::uint32_t flow) const {
  const auto all = [this](const std::vector<Party>& parties) {
    std::vector<std::uint32_t> devices;
    for (const Party& party : parties) {
      for (const std::uint32_t device : devices_of(model_, party)) devices.push_back(device);
    }
    return devices;
  };
  return visibility_.why_not(all(model_.flows[flow].from), all(model_.flows[flow].to), Timestamp::min(),
                             Timestamp::min());
}

std::vector<std::string_view> ObservedFlows::obstacles_of(std::uint32_t flow) const {
  const ObservedFlow& tally = flows_[flow];
  std::vector<std::string_view> obstacles;
  for (const VisibilityFlag& known : kVisibilityFlags) {
    if (tally.hidden.*known.flag) obstacles.push_back(known.name);
  }
  if (coverage_of(flow) != Coverage::hidden || tally.connections != 0) return obstacles;
  if (const auto why = why_not_visible(flow)) obstacles.push_back(to_text(*why));
  return obstacles;
}

Sightings ObservedFlows::sightings() const {
  Sightings sightings;
  for (std::uint32_t flow = 0; flow < flows_.size(); ++flow) {
    const Coverage coverage = coverage_of(flow);
    if (coverage == Coverage::hidden || coverage == Coverage::out_of_sight) sightings.not_visible.push_back(flow);
  }
  for (const auto& [ends, seen] : traffic_) {
    const auto& [flow, from, to] = ends;
    sightings.declared.push_back({.flow = flow, .from = from, .to = to, .seen = seen});
  }
  sightings.devices_in_sight = devices_seen_;
  for (const auto& [key, count] : undeclared_) {
    const auto& [from, to, what] = key;
    sightings.undeclared.push_back({.from = from, .to = to, .what = what, .count = count});
  }
  return sightings;
}

}  // namespace dcmwatch
