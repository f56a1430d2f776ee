#include "model/lookup.h"

#include <algorithm>
#include <set>

namespace dcmwatch {

// Flows are found by the parties that they name, not by every pair of devices that those stand for:
// a flow from a zone of a thousand devices is one entry.
Lookup::Lookup(std::shared_ptr<const Model> model) : model_(std::move(model)), memberships_(model_->devices.size()) {
  for (std::uint32_t zone = 0; zone < model_->zones.size(); ++zone) {
    for (const Network& network : model_->zones[zone].networks) zones_.add(network, zone);
  }
  for (std::uint32_t device = 0; device < model_->devices.size(); ++device) {
    for (const Network& address : model_->devices[device].addresses) devices_.add(address, device);
    for (const std::string& title : model_->devices[device].calls_as) ae_titles_.insert(title);
    for (const std::string& title : model_->devices[device].answers_to) ae_titles_.insert(title);
  }
  for (std::uint32_t flow = 0; flow < model_->flows.size(); ++flow) join(flow);

  std::set<std::pair<PartyId, std::pair<Party::Kind, std::uint32_t>>> named;
  for (const Flow& flow : model_->flows) {
    for (const Party& party : flow.from) named.insert({id_of(party), {party.kind, party.index}});
    for (const Party& party : flow.to) named.insert({id_of(party), {party.kind, party.index}});
  }
  for (const auto& [id, party] : named) {
    for (const std::uint32_t device : devices_of(*model_, {party.first, party.second})) {
      auto& parties = memberships_[device];
      if (parties.empty() || parties.back() != id) parties.push_back(id);
    }
  }
}

Lookup::PartyId Lookup::id_of(const Party& party) const {
  const auto devices = static_cast<PartyId>(model_->devices.size());
  const auto groups = static_cast<PartyId>(model_->groups.size());
  switch (party.kind) {
    case Party::Kind::device: return party.index;
    case Party::Kind::group: return devices + party.index;
    case Party::Kind::zone: return devices + groups + party.index;
    case Party::Kind::anybody: return devices + groups + static_cast<PartyId>(model_->zones.size());
  }
  return 0;
}

void Lookup::join(std::uint32_t flow) {
  const Flow& declared = model_->flows[flow];
  for (const Party& from : declared.from) {
    for (const Party& to : declared.to) flows_[pair_of(id_of(from), id_of(to))].push_back(flow);
  }
  join_zones(declared);
}

void Lookup::join_zones(const Flow& flow) {
  const auto zones_of = [this](const std::vector<Party>& parties) {
    std::set<std::uint32_t> zones;
    for (const Party& party : parties) {
      if (party.kind == Party::Kind::zone) {
        zones.insert(party.index);
        continue;
      }
      for (const std::uint32_t device : devices_of(*model_, party)) zones.insert(model_->devices[device].zone);
    }
    return zones;
  };
  const auto to_zones = zones_of(flow.to);
  for (const std::uint32_t from : zones_of(flow.from)) {
    for (const std::uint32_t to : to_zones) joined_zones_.insert(pair_of(from, to));
  }
}

std::optional<std::uint32_t> Lookup::device_at(const IpAddress& address) const {
  const auto found = devices_.find(address);
  return found ? std::optional{found->value} : std::nullopt;
}

std::vector<const Flow*> Lookup::flows_between(std::uint32_t from_device, std::uint32_t to_device) const {
  std::vector<std::uint32_t> found;
  for (const PartyId from : memberships_[from_device]) {
    for (const PartyId to : memberships_[to_device]) {
      const auto flows = flows_.find(pair_of(from, to));
      if (flows != flows_.end()) found.insert(found.end(), flows->second.begin(), flows->second.end());
    }
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  std::vector<const Flow*> flows;
  flows.reserve(found.size());
  for (const std::uint32_t flow : found) flows.push_back(&model_->flows[flow]);
  return flows;
}

bool Lookup::zones_joined(std::uint32_t from_zone, std::uint32_t to_zone) const {
  return joined_zones_.contains(pair_of(from_zone, to_zone));
}

bool Lookup::is_declared_title(std::string_view ae_title) const { return ae_titles_.contains(ae_title); }

}  // namespace dcmwatch
