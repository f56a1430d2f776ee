#include "model/undeclared_places.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <variant>
#include <vector>

#include "event/record.h"

namespace dcmwatch {
namespace {

// Whom somebody calls, and where. What differs besides, as the hours do, makes no other place of it.
constexpr std::array kOfThePlace{DeviationKind::source_device, DeviationKind::destination_device,
                                 DeviationKind::source_mac,    DeviationKind::destination_mac,
                                 DeviationKind::vlan,          DeviationKind::flow,
                                 DeviationKind::zone_crossing, DeviationKind::denied,
                                 DeviationKind::direction,     DeviationKind::port,
                                 DeviationKind::listener,      DeviationKind::outside};

bool is_of_the_place(const Deviation& deviation) {
  return std::ranges::find(kOfThePlace, deviation.kind) != kOfThePlace.end();
}

bool is_declared(const Event& event, const Lookup& lookup) {
  const Declared declared = lookup.judge(event);
  return !declared.flow.empty() && std::ranges::none_of(declared.deviations, is_of_the_place);
}

template <typename Value>
std::vector<Value> those_without(const std::vector<Value>& all, const std::vector<bool>& declared) {
  std::vector<Value> rest;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!declared[i]) rest.push_back(all[i]);
  }
  return rest;
}

}  // namespace

void settle_undeclared_places(Event& event, const Lookup& lookup) {
  auto* const connection = std::get_if<ConnectionFact>(&event.facts);
  if (!connection || !connection->attempts) return;
  UnansweredAttempts& attempts = *connection->attempts;
  if ((attempts.destinations_left_out && attempts.ports_left_out) || !attempts.several_places()) return;
  std::vector<bool> hosts(attempts.destinations.size()), ports(attempts.ports.size());
  Event one = event;  // as if each place had a record of its own
  std::get<ConnectionFact>(one.facts).attempts.reset();
  const bool anybody = !lookup.devices_at(event.parties.source.address).empty();
  for (std::size_t host = 0; anybody && host < hosts.size(); ++host) {
    if (lookup.devices_at(attempts.destinations[host]).empty()) continue;
    for (std::size_t port = 0; port < ports.size(); ++port) {
      if (hosts[host] && ports[port]) continue;
      one.parties.destination = {attempts.destinations[host], attempts.ports[port]};
      if (is_declared(one, lookup)) hosts[host] = ports[port] = true;
    }
  }
  if (attempts.ports_left_out) hosts.assign(hosts.size(), false);
  if (attempts.destinations_left_out) ports.assign(ports.size(), false);
  attempts.undeclared =
      UndeclaredPlaces{those_without(attempts.destinations, hosts), those_without(attempts.ports, ports)};
}

}  // namespace dcmwatch
