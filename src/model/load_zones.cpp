// zones: {modalities: {networks: [10.20.10.0/24], vlans: [110, 112-115], security_level: 2, one_segment: true}}
#include <bitset>
#include <utility>

#include "model/load_addresses.h"
#include "model/loading.h"

namespace dcmwatch {
namespace {

constexpr std::uint64_t kLastVlan = 4094;  // IEEE 802.1Q 9.6

std::vector<std::uint16_t> read_vlans(const Node& node, Problems& problems) {
  std::bitset<kLastVlan + 1> named;
  for (const Node* const item : scalars(node, "'vlans'", problems)) {
    if (const auto range = range_from(item->text, 1, kLastVlan)) {
      for (std::uint64_t vlan = range->first; vlan <= range->last; ++vlan) named.set(vlan);
    } else {
      problems.add(item->at, in_quotes(item->text) + " is no VLAN",
                   "write a number from 1 to 4094 or a range, 110-115");
    }
  }
  std::vector<std::uint16_t> vlans;
  for (std::size_t vlan = 1; vlan <= kLastVlan; ++vlan) {
    if (named[vlan]) vlans.push_back(static_cast<std::uint16_t>(vlan));
  }
  return vlans;
}

std::optional<std::uint8_t> read_security_level(const Node& node, Problems& problems) {
  const auto text = scalar(node, "'security_level'", problems);
  if (!text) return std::nullopt;
  const auto level = range_from(*text, 0, 4);
  if (level && level->first == level->last) return static_cast<std::uint8_t>(level->first);
  problems.add(node.at, in_quotes(*text) + " is no security level", "write 0 to 4 (IEC 62443-3-3 A)");
  return std::nullopt;
}

void load_zone(const Node& entry, Loading& loading, std::vector<Claim>& all) {
  const auto index = static_cast<std::uint32_t>(loading.model.zones.size());
  Problems& problems = loading.problems;
  Zone zone;
  zone.name = entry.key;
  MapReader map{entry, "zone " + in_quotes(entry.key), problems};
  zone.description = map.text("description");
  zone.purpose = map.text("purpose");
  if (const Node* const networks = map.required("networks", "list them: networks: [10.20.30.0/24]")) {
    for (const Claim& claim : read_networks(*networks, index, problems)) {
      zone.networks.push_back(claim.network);
      loading.zone_of.add(claim.network, index);
      all.push_back(claim);
    }
  }
  if (const Node* const vlans = map.optional("vlans")) zone.vlans = read_vlans(*vlans, problems);
  if (const Node* const level = map.optional("security_level"))
    zone.security_level = read_security_level(*level, problems);
  if (const Node* const flag = map.optional("one_segment")) zone.one_segment = read_flag(*flag, problems);
  map.done();
  loading.zones.add(zone.name);
  loading.model.zones.push_back(std::move(zone));
}

}  // namespace

void load_zones(const Node& section, Loading& loading) {
  std::vector<Claim> all;
  for (const Node& entry : entries_of(section, "zone", loading.problems)) load_zone(entry, loading, all);
  loading.devices_of_zone.resize(loading.model.zones.size());
  refuse_overlaps(
      std::move(all), RestOfTheWorld::may_contain_others,
      [&](std::uint32_t owner) { return "zone " + in_quotes(loading.model.zones[owner].name); }, loading.problems);
}

}  // namespace dcmwatch
