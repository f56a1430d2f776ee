// denials: {no-internet: {from: zone:modalities, to: any, justification: They must not be patched by themselves}}
#include <algorithm>

#include "model/loading.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kMost = 200;

std::vector<Party> read_parties(const Node& node, const Loading& loading) {
  std::vector<Party> parties;
  const bool alone = node.kind == Node::Kind::scalar;
  for (const Node* const item : scalars(node, in_quotes(node.key), loading.problems)) {
    if (!alone && says_any(*item)) {
      loading.problems.add(item->at, "'any' stands in a list", "write '" + node.key + ": any' without one");
    } else if (const auto party = read_party(*item, loading, true)) {
      parties.push_back(*party);
    }
  }
  return parties;
}

/// Whether all of a party's devices are of those.
class Covered {
 public:
  Covered(const std::vector<Party>& parties, const Loading& loading)
      : loading_(loading), devices_(loading.model.devices.size()), zones_(loading.model.zones.size()) {
    for (const Party& party : parties) {
      everybody_ = everybody_ || party.kind == Party::Kind::anybody;
      if (everybody_) return;
      if (party.kind == Party::Kind::zone) zones_[party.index] = true;
      for (const std::uint32_t device : loading.devices_of(party)) devices_[device] = true;
    }
  }

  [[nodiscard]] bool all_of(const std::vector<Party>& parties) const {
    return everybody_ || std::ranges::all_of(parties, [this](const Party& party) { return has(party); });
  }

 private:
  [[nodiscard]] bool has(const Party& party) const {
    if (party.kind == Party::Kind::zone && zones_[party.index]) return true;
    return std::ranges::all_of(loading_.devices_of(party), [this](std::uint32_t device) { return devices_[device]; });
  }

  const Loading& loading_;
  bool everybody_ = false;
  std::vector<bool> devices_;
  std::vector<bool> zones_;
};

// A flow of which nothing could pass contradicts the denial. One of which something could is narrowed by it: so one
// says "all modalities but this one".
void refuse_denied_flows(const Denial& denial, const Loading& loading) {
  const Covered from{denial.from, loading};
  const Covered to{denial.to, loading};
  for (std::size_t index = 0; index < loading.model.flows.size(); ++index) {
    const Flow& flow = loading.model.flows[index];
    if (denial.service && *denial.service != flow.service) continue;
    if (!from.all_of(flow.from) || !to.all_of(flow.to)) continue;
    loading.problems.add(loading.flow_at[index],
                         "flow " + in_quotes(flow.name) + " is denied by " + in_quotes(denial.name),
                         "leave one of them out, or let the denial name fewer");
  }
}

void load_denial(const Node& entry, Loading& loading) {
  Denial denial;
  denial.name = entry.key;
  MapReader map{entry, "denial " + in_quotes(entry.key), loading.problems};
  denial.description = map.text("description");
  denial.justification = map.text("justification");
  const Node* const from = map.required("from", "say who must not open the connection: devices, groups, zones or any");
  const Node* const to = map.required("to", "say to whom: devices, groups, zones or any");
  const Node* const service = map.optional("service");
  map.done();
  if (from) denial.from = read_parties(*from, loading);
  if (to) denial.to = read_parties(*to, loading);
  if (service && !says_any(*service)) {
    if (const auto name = scalar(*service, "'service'", loading.problems)) {
      denial.service = loading.services.find(*name);
      if (!denial.service)
        loading.problems.add_unknown(service->at, "service", *name, [&] { return loading.services.names(); });
    }
  }
  loading.model.denials.push_back(std::move(denial));
}

}  // namespace

void load_denials(const Node& section, Loading& loading) {
  const auto& entries = entries_of(section, "denial", loading.problems);
  if (entries.size() > kMost) {
    loading.problems.add(entries[kMost].key_at, "more denials than can be held", "200 are the limit");
    return;
  }
  for (const Node& entry : entries) load_denial(entry, loading);
  if (!loading.problems.empty()) return;  // what is not wholly understood would be told twice
  for (const Denial& denial : loading.model.denials) refuse_denied_flows(denial, loading);
}

}  // namespace dcmwatch
