#include "model/lookup.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace dcmwatch {
namespace {

std::uint64_t number_of(const MacAddress& mac) {
  std::uint64_t number = 0;
  for (const std::uint8_t byte : mac) number = number << 8 | byte;
  return number;
}

template <typename Value>
void keep_each_once(std::vector<Value>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

template <typename Value>
void add_once(std::vector<Value>& values, const Value& value) {
  if (std::ranges::find(values, value) == values.end()) values.push_back(value);
}

}  // namespace

Lookup::Lookup(std::shared_ptr<const Model> model) : model_(std::move(model)), memberships_(model_->devices.size()) {
  for (std::uint32_t zone = 0; zone < model_->zones.size(); ++zone) {
    for (const Network& network : model_->zones[zone].networks) zones_.add(network, zone);
  }
  place_devices();
  join_parties();
  for (std::uint32_t conduit = 0; conduit < model_->conduits.size(); ++conduit) {
    conduits_[pair_of(model_->conduits[conduit].from, model_->conduits[conduit].to)].push_back(conduit);
  }
  note_what_is_judged();
}

void Lookup::place_devices() {
  std::map<std::pair<IpAddress, unsigned>, std::vector<std::uint32_t>> shared;
  for (std::uint32_t number = 0; number < model_->devices.size(); ++number) {
    const Device& device = model_->devices[number];
    numbers_.push_back(number);
    names_.emplace(device.name, number);
    for (const Network& address : device.addresses) devices_.add(address, number);
    for (const Network& address : device.shared_addresses)
      add_once(shared[{address.base(), address.prefix_bits()}], number);
    for (const std::string& title : device.calls_as) add_once(titles_[title], number);
    for (const std::string& title : device.answers_to) add_once(titles_[title], number);
    for (const MacAddress& mac : device.macs) macs_.emplace(number_of(mac), number);
  }
  for (auto& [address, devices] : shared) {
    sharers_.add(Network::around(address.first, address.second), static_cast<std::uint32_t>(sharing_.size()));
    sharing_.push_back(std::move(devices));
  }
}

// Flows are found by the parties that they name, not by every pair of devices that those stand for:
// a flow from a zone of a thousand devices is one entry.
void Lookup::join_parties() {
  std::set<std::tuple<PartyId, Party::Kind, std::uint32_t>> named;
  const auto join = [&](Pairs& pairs, const auto& declared, std::uint32_t number) {
    for (const Party& from : declared.from) {
      named.emplace(id_of(from), from.kind, from.index);
      for (const Party& to : declared.to) {
        named.emplace(id_of(to), to.kind, to.index);
        pairs[pair_of(id_of(from), id_of(to))].push_back(number);
      }
    }
  };
  std::map<std::tuple<PartyId, Transport, TransportSecurity>, Intervals<std::uint16_t>> ports;
  for (std::uint32_t number = 0; number < model_->flows.size(); ++number) {
    const Flow& flow = model_->flows[number];
    flow_names_.emplace(flow.name, &flow);
    join(flows_, flow, number);
    join_zones(flow);
    const Service& service = model_->services[flow.service];
    for (const Party& to : flow.to) {
      for (const Transport transport : service.transports) {
        for (const PortRange& range : flow.ports)
          ports[{id_of(to), transport, service.tls}].push_back({range.first, range.last});
      }
    }
  }
  for (std::uint32_t number = 0; number < model_->denials.size(); ++number) {
    join(denials_, model_->denials[number], number);
  }
  for (const auto& [id, kind, index] : named) {
    for (const std::uint32_t device : devices_of(*model_, {kind, index})) memberships_[device].push_back(id);
  }
  for (auto& [there, spans] : ports) {
    const auto& [party, transport, tls] = there;
    listening_[party].push_back({transport, tls, joined(std::move(spans))});
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

void Lookup::note_what_is_judged() {
  std::set<std::string> seen;
  for (const Zone& zone : model_->zones) {
    judges_.macs |= zone.one_segment;
    judges_.vlans |= !zone.vlans.empty();
  }
  for (const Device& device : model_->devices) judges_.implementations |= !device.implementations.empty();
  for (const Flow& flow : model_->flows) {
    if (flow.windows && seen.insert(to_text(*flow.windows)).second) windows_.push_back(*flow.windows);
    if (flow.expires) expiries_.push_back(*flow.expires);
    if (flow.answer_within) answer_times_.push_back(*flow.answer_within);
    judges_.transfer_syntaxes |= !flow.transfer_syntaxes.any;
  }
  keep_each_once(expiries_);
  keep_each_once(answer_times_);
  judges_.times = !windows_.empty() || !expiries_.empty();
  judges_.answer_times = !answer_times_.empty();
}

std::span<const std::uint32_t> Lookup::devices_at(const IpAddress& address) const {
  if (const auto own = devices_.find(address)) return std::span{numbers_}.subspan(own->value, 1);
  if (sharing_.empty()) return {};
  const auto shared = sharers_.find(address);
  return shared ? std::span<const std::uint32_t>{sharing_[shared->value]} : std::span<const std::uint32_t>{};
}

std::optional<std::uint32_t> Lookup::device_called(std::string_view name) const {
  if (name.empty()) return std::nullopt;
  const auto found = names_.find(name);
  return found == names_.end() ? std::nullopt : std::optional{found->second};
}

const Flow* Lookup::flow_called(std::string_view name) const {
  if (name.empty()) return nullptr;
  const auto found = flow_names_.find(name);
  return found == flow_names_.end() ? nullptr : found->second;
}

std::vector<const Flow*> Lookup::flows_between(std::uint32_t from_device, std::uint32_t to_device) const {
  std::vector<std::uint32_t> found;
  for (const PartyId from : memberships_[from_device]) {
    for (const PartyId to : memberships_[to_device]) {
      const auto flows = flows_.find(pair_of(from, to));
      if (flows != flows_.end()) found.insert(found.end(), flows->second.begin(), flows->second.end());
    }
  }
  keep_each_once(found);
  std::vector<const Flow*> flows;
  flows.reserve(found.size());
  for (const std::uint32_t flow : found) flows.push_back(&model_->flows[flow]);
  return flows;
}

std::vector<Lookup::PartyId> Lookup::parties_of(std::optional<std::uint32_t> device,
                                                std::optional<std::uint32_t> zone) const {
  std::vector<PartyId> parties = device ? memberships_[*device] : std::vector<PartyId>{};
  if (zone) parties.push_back(id_of({Party::Kind::zone, *zone}));
  parties.push_back(anybody());
  keep_each_once(parties);
  return parties;
}

std::vector<const Denial*> Lookup::denials_between(std::optional<std::uint32_t> from_device,
                                                   std::optional<std::uint32_t> from_zone,
                                                   std::optional<std::uint32_t> to_device,
                                                   std::optional<std::uint32_t> to_zone) const {
  if (denials_.empty()) return {};
  std::vector<std::uint32_t> found;
  const std::vector<PartyId> to_parties = parties_of(to_device, to_zone);
  for (const PartyId from : parties_of(from_device, from_zone)) {
    for (const PartyId to : to_parties) {
      const auto denials = denials_.find(pair_of(from, to));
      if (denials != denials_.end()) found.insert(found.end(), denials->second.begin(), denials->second.end());
    }
  }
  keep_each_once(found);
  std::vector<const Denial*> denials;
  denials.reserve(found.size());
  for (const std::uint32_t denial : found) denials.push_back(&model_->denials[denial]);
  return denials;
}

bool Lookup::zones_joined(std::uint32_t from_zone, std::uint32_t to_zone) const {
  return joined_zones_.contains(pair_of(from_zone, to_zone));
}

std::vector<const Conduit*> Lookup::conduits_between(std::uint32_t from_zone, std::uint32_t to_zone) const {
  std::vector<const Conduit*> conduits;
  const auto found = conduits_.find(pair_of(from_zone, to_zone));
  if (found == conduits_.end()) return conduits;
  for (const std::uint32_t conduit : found->second) conduits.push_back(&model_->conduits[conduit]);
  return conduits;
}

std::vector<const Lookup::Listening*> Lookup::listening_of(std::uint32_t device) const {
  std::vector<const Listening*> all;
  for (const PartyId party : memberships_[device]) {
    const auto found = listening_.find(party);
    if (found == listening_.end()) continue;
    for (const Listening& listening : found->second) all.push_back(&listening);
  }
  return all;
}

std::span<const std::uint32_t> Lookup::owners_of_title(std::string_view ae_title) const {
  const auto found = titles_.find(ae_title);
  return found == titles_.end() ? std::span<const std::uint32_t>{} : std::span<const std::uint32_t>{found->second};
}

std::optional<std::uint32_t> Lookup::owner_of_mac(const MacAddress& mac) const {
  const auto found = macs_.find(number_of(mac));
  return found == macs_.end() ? std::nullopt : std::optional{found->second};
}

Timestamp Lookup::next_change(Timestamp time) const {
  const auto expiry = std::ranges::upper_bound(expiries_, time);
  Timestamp next = expiry == expiries_.end() ? Timestamp::max() : *expiry;
  for (const Schedule& windows : windows_) {
    if (const auto change = windows.next_change(time)) next = std::min(next, *change);
    if (const auto change = windows.next_change(time - kOverrun)) next = std::min(next, *change + kOverrun);
  }
  return next;
}

std::size_t Lookup::slowness(Duration time) const {
  return static_cast<std::size_t>(std::ranges::lower_bound(answer_times_, time) - answer_times_.begin());
}

}  // namespace dcmwatch
