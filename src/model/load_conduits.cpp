// conduits: {to-archive: {from: modalities, to: archive, services: [dicom]}}
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "model/loading.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kMost = 10'000;  // pairs of zones

std::uint64_t pair_of(std::uint32_t from, std::uint32_t to) { return std::uint64_t{from} << 32 | to; }

std::vector<std::uint32_t> read_zones(const Node& node, const Loading& loading) {
  std::vector<std::uint32_t> zones;
  for (const Node* const item : scalars(node, in_quotes(node.key), loading.problems)) {
    if (const auto zone = loading.zones.find(item->text)) {
      zones.push_back(*zone);
    } else {
      loading.problems.add_unknown(item->at, "zone", item->text, [&] { return loading.zones.names(); });
    }
  }
  return zones;
}

/// Empty for any.
std::vector<std::uint32_t> read_services(const Node& node, const Loading& loading) {
  std::vector<std::uint32_t> services;
  if (says_any(node)) return services;
  for (const Node* const item : allowed_scalars(node, loading.problems)) {
    if (const auto service = loading.services.find(item->text)) {
      services.push_back(*service);
    } else {
      loading.problems.add_unknown(item->at, "service", item->text, [&] { return loading.services.names(); });
    }
  }
  return services;
}

/// One for each pair of different zones.
void add_pairs(const Conduit& conduit, const std::vector<std::uint32_t>& from, const std::vector<std::uint32_t>& to,
               const Node& entry, Loading& loading) {
  bool crosses = from.empty() || to.empty();  // told already
  for (const std::uint32_t one : from) {
    for (const std::uint32_t other : to) {
      if (one == other) continue;
      crosses = true;
      if (loading.model.conduits.size() == kMost) {
        loading.problems.add(entry.key_at, "more conduits than can be held", "10 000 pairs of zones are the limit");
        return;
      }
      Conduit pair = conduit;
      pair.from = one;
      pair.to = other;
      loading.model.conduits.push_back(std::move(pair));
    }
  }
  if (!crosses)
    loading.problems.add(entry.key_at, "conduit " + in_quotes(entry.key) + " leads from a zone to itself",
                         "leave it out: within a zone none is needed");
}

void load_conduit(const Node& entry, Loading& loading) {
  Conduit conduit;
  conduit.name = entry.key;
  MapReader map{entry, "conduit " + in_quotes(entry.key), loading.problems};
  conduit.description = map.text("description");
  const Node* const from = map.required("from", "name the zones from which connections are opened");
  const Node* const to = map.required("to", "name the zones to which they are opened");
  const Node* const services = map.required("services", "name those that may cross, or write 'services: any'");
  map.done();
  if (services) conduit.services = read_services(*services, loading);
  if (from && to) add_pairs(conduit, read_zones(*from, loading), read_zones(*to, loading), entry, loading);
}

/// Holds the flows against the conduits.
class Crossings {
 public:
  explicit Crossings(const Loading& loading) : loading_(loading), zones_of_group_(loading.model.groups.size()) {
    for (const Conduit& conduit : loading.model.conduits)
      conduits_[pair_of(conduit.from, conduit.to)].push_back(&conduit);
    for (std::size_t group = 0; group < zones_of_group_.size(); ++group) {
      std::unordered_set<std::uint32_t> zones;
      for (const std::uint32_t device : loading.model.groups[group].devices) {
        const std::uint32_t zone = loading.model.devices[device].zone;
        if (zones.insert(zone).second) zones_of_group_[group].push_back(zone);
      }
    }
  }

  /// Tells the first that is missing.
  void check(std::size_t index) const {
    const Flow& flow = loading_.model.flows[index];
    for (const Party& opener : flow.from) {
      for (const Party& listener : flow.to) {
        for (const std::uint32_t from : zones_of(opener)) {
          for (const std::uint32_t to : zones_of(listener)) {
            if (from != to && !leads(from, to, flow.service)) return refuse(index, from, to);
          }
        }
      }
    }
  }

 private:
  [[nodiscard]] std::span<const std::uint32_t> zones_of(const Party& party) const {
    switch (party.kind) {
      case Party::Kind::device: return {&loading_.model.devices[party.index].zone, 1};
      case Party::Kind::group: return zones_of_group_[party.index];
      case Party::Kind::zone: return {&party.index, 1};
      case Party::Kind::anybody: break;
    }
    return {};
  }

  [[nodiscard]] bool leads(std::uint32_t from, std::uint32_t to, std::uint32_t service) const {
    const auto found = conduits_.find(pair_of(from, to));
    return found != conduits_.end() && std::ranges::any_of(found->second, [service](const Conduit* conduit) {
             return conduit->services.empty() ||
                    std::ranges::find(conduit->services, service) != conduit->services.end();
           });
  }

  void refuse(std::size_t index, std::uint32_t from, std::uint32_t to) const {
    const Model& model = loading_.model;
    const Flow& flow = model.flows[index];
    const std::string& service = model.services[flow.service].name;
    const std::string &opener = model.zones[from].name, &listener = model.zones[to].name;
    const auto found = conduits_.find(pair_of(from, to));
    loading_.problems.add(
        loading_.flow_at[index],
        "flow " + in_quotes(flow.name) + " crosses from zone " + in_quotes(opener) + " to " + in_quotes(listener) +
            ", and no conduit is for service " + in_quotes(service),
        found != conduits_.end()
            ? "add " + service + " to the services of conduit " + in_quotes(found->second.front()->name)
            : "declare it: " + opener + "-to-" + listener + ": {from: " + opener + ", to: " + listener +
                  ", services: [" + service + "]}");
  }

  const Loading& loading_;
  std::vector<std::vector<std::uint32_t>> zones_of_group_;
  std::unordered_map<std::uint64_t, std::vector<const Conduit*>> conduits_;
};

}  // namespace

void load_conduits(const Node& section, Loading& loading) {
  for (const Node& entry : entries_of(section, "conduit", loading.problems)) load_conduit(entry, loading);
  if (!loading.problems.empty()) return;  // what is not wholly understood would be told twice
  const Crossings crossings{loading};
  for (std::size_t flow = 0; flow < loading.model.flows.size(); ++flow) crossings.check(flow);
}

}  // namespace dcmwatch
