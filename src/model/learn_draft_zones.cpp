// The networks in which devices stand, and the conduits between them.
#include "model/learn_drafting.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace dcmwatch {
namespace {

constexpr unsigned kV4NetworkBits = 120, kV6NetworkBits = 64;

}  // namespace

void Drafting::make_zones() {
  std::vector<std::size_t> parent(hosts_.size());
  std::iota(parent.begin(), parent.end(), std::size_t{0});
  const auto root = [&](std::size_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  std::map<std::string, std::size_t> first_of;  // of each network
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    for (const IpAddress& address : addresses_[i]) {
      if (const auto zone = known_zone(address)) {
        draft_.model.devices[known_devices_ + i].zone = *zone;
        continue;
      }
      const Reach reach = reach_of(address);
      const std::string network = reach == Reach::public_use   ? "outside"
                                  : reach == Reach::link_local ? "link-local"
                                                               : to_text(network_of(address));
      const auto [found, is_new] = first_of.emplace(network, i);
      if (!is_new) parent[root(i)] = root(found->second);
    }
  }
  std::map<std::size_t, std::vector<std::size_t>> members;
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    if (!known_zone(addresses_[i].front())) members[root(i)].push_back(i);
  }
  for (const auto& [first, devices] : members) make_zone(devices);
}

std::optional<std::uint32_t> Drafting::known_zone(const IpAddress& address) const {
  if (!lookup_) return std::nullopt;
  const auto found = lookup_->zone_at(address);
  return found ? std::optional{found->value} : std::nullopt;
}

// Where a declared zone has some of it, the address alone.
Network Drafting::network_of(const IpAddress& address) const {
  const Network network = Network::around(address, address.is_v4() ? kV4NetworkBits : kV6NetworkBits);
  const std::span known{draft_.model.zones.data(), known_zones_};
  const bool taken = std::ranges::any_of(known, [&](const Zone& zone) {
    return std::ranges::any_of(zone.networks, [&](const Network& other) { return other.overlaps(network); });
  });
  return taken ? lone(address) : network;
}

void Drafting::make_zone(const std::vector<std::size_t>& devices) {
  const auto index = static_cast<std::uint32_t>(draft_.model.zones.size());
  Zone zone;
  std::map<DeviceRole, std::size_t> roles;
  std::set<std::uint16_t> vlans;
  Reach reach = Reach::private_use;
  for (const std::size_t i : devices) {
    Device& device = draft_.model.devices[known_devices_ + i];
    device.zone = index;
    ++roles[device.role];
    vlans.insert(hosts_[i].vlans.begin(), hosts_[i].vlans.end());
    for (const IpAddress& address : addresses_[i]) {
      reach = reach_of(address);
      add_network(zone, address, reach);
    }
  }
  if (roles.size() > 1) roles.erase(DeviceRole::unspecified);
  const auto most = std::ranges::max_element(roles, {}, [](const auto& entry) { return entry.second; });
  zone.name = zone_names_.unique(reach == Reach::public_use   ? "outside"
                                 : reach == Reach::link_local ? "link-local"
                                                              : std::string{zone_of(most->first)});
  Sighting seen;
  for (const std::size_t i : devices) seen.add(hosts_[i].seen);
  Remarks remarks{counted(devices.size(), "device")};
  if (seen.count != 0) remarks.push_back(sighting_text(seen, "connection end"));
  if (!vlans.empty()) {
    std::string text = "VLANs seen:";
    for (const std::uint16_t vlan : vlans) text += ' ' + std::to_string(vlan);
    remarks.push_back(text);
  }
  if (reach == Reach::public_use)
    remarks.emplace_back("review: public addresses. Is anybody of these meant to be reached, or to reach you?");
  remark(draft_.remarks.zones, index, std::move(remarks));
  draft_.model.zones.push_back(std::move(zone));
}

void Drafting::add_network(Zone& zone, const IpAddress& address, Reach reach) const {
  static const Network kV4LinkLocal = Network::parse("169.254.0.0/16").value(),
                       kV6LinkLocal = Network::parse("fe80::/10").value();
  Network network = network_of(address);
  if (reach == Reach::link_local && network.prefix_bits() != kAddressBits)
    network = address.is_v4() ? kV4LinkLocal : kV6LinkLocal;
  if (std::ranges::find(zone.networks, network) == zone.networks.end()) zone.networks.push_back(network);
}

// Where conduits are declared, a flow needs one.
void Drafting::make_conduits() {
  if (draft_.model.conduits.empty() || !extends_) return;
  std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>> missing;
  for (std::size_t i = lookup_->model()->flows.size(); i < draft_.model.flows.size(); ++i) {
    const Flow& flow = draft_.model.flows[i];
    for (const std::uint32_t from : zones_of(flow.from)) {
      for (const std::uint32_t to : zones_of(flow.to)) {
        if (from != to && !is_conducted(from, to, flow.service)) missing.insert({from, to, flow.service});
      }
    }
  }
  Names names;
  for (const Conduit& conduit : draft_.model.conduits) names.take(conduit.name);
  for (const auto& [from, to, service] : missing) {
    const std::string name = names.unique(draft_.model.zones[from].name + "-to-" + draft_.model.zones[to].name + '-' +
                                          draft_.model.services[service].name);
    draft_.model.conduits.push_back({.name = name, .description = {}, .from = from, .to = to, .services = {service}});
  }
}

std::set<std::uint32_t> Drafting::zones_of(const std::vector<Party>& parties) const {
  std::set<std::uint32_t> zones;
  for (const Party& party : parties) {
    for (const std::uint32_t one : devices_of(draft_.model, party)) zones.insert(device(one).zone);
  }
  return zones;
}

bool Drafting::is_conducted(std::uint32_t from, std::uint32_t to, std::uint32_t service) const {
  return std::ranges::any_of(draft_.model.conduits, [&](const Conduit& conduit) {
    return conduit.from == from && conduit.to == to &&
           (conduit.services.empty() || std::ranges::find(conduit.services, service) != conduit.services.end());
  });
}

}  // namespace dcmwatch
