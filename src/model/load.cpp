#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "event/violations.h"
#include "model/loading.h"
#include "model/map_reader.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::string_view kNameCharacters = "abcdefghijklmnopqrstuvwxyz0123456789_-";
constexpr unsigned kMappedBits = 96;  // before an IPv4 address in its mapped form

/// An address block that somebody claims, and where the claim is written.
struct Claim {
  Network network;
  std::uint32_t owner = 0;
  Position at;
};

// 10.20.10.7/24 → 10.20.10.0/24, if that is all that is wrong with it.
std::string without_host_bits(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return {};
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return {};
  auto bytes = address->bytes();
  for (int bit = 127; bit >= (address->is_v4() ? static_cast<int>(kMappedBits) : 0); --bit) {
    const auto byte = static_cast<std::size_t>(bit / 8);
    bytes[byte] = static_cast<std::uint8_t>(bytes[byte] & ~(1 << (7 - bit % 8)));
    std::string candidate =
        to_text(address->is_v4() ? IpAddress::v4(ByteView{bytes}.subspan(12)) : IpAddress::v6(bytes));
    candidate += text.substr(slash);
    if (Network::parse(candidate)) return candidate;
  }
  return {};
}

std::vector<Claim> read_networks(const Node& node, std::string_view what, std::uint32_t owner, Problems& problems) {
  std::vector<Claim> claims;
  for (const Node* const item : scalars(node, what, problems)) {
    if (const auto network = Network::parse(item->text)) {
      claims.push_back({*network, owner, item->at});
      continue;
    }
    const std::string fix = without_host_bits(item->text);
    problems.add(
        item->at,
        in_quotes(item->text) + (fix.empty() ? " is no address and no network" : " has bits set beyond its prefix"),
        fix.empty() ? "write 10.20.30.40, 10.20.30.0/24 or fd00::/64" : "the network is " + fix);
  }
  return claims;
}

std::string as_written(const Network& network) {
  constexpr unsigned kLoneAddress = 128;
  return network.prefix_bits() == kLoneAddress ? to_text(network.base()) : to_text(network);
}

bool is_rest_of_the_world(const Network& network) {
  return network.prefix_bits() == 0 || (network.prefix_bits() == kMappedBits && network.base().is_v4());
}

// Address blocks are nested or apart. Sorted by base, then widest first, those that enclose the next one form a stack.
void refuse_overlaps(std::vector<Claim> claims, bool allow_rest_of_the_world, const auto& name_of, Problems& problems) {
  std::stable_sort(claims.begin(), claims.end(), [](const Claim& one, const Claim& other) {
    return std::pair{one.network.base(), one.network.prefix_bits()} <
           std::pair{other.network.base(), other.network.prefix_bits()};
  });
  std::vector<const Claim*> enclosing;
  for (const Claim& claim : claims) {
    while (!enclosing.empty() && !enclosing.back()->network.overlaps(claim.network)) enclosing.pop_back();
    const auto other = std::find_if(enclosing.rbegin(), enclosing.rend(), [&](const Claim* outer) {
      const bool harmless =
          allow_rest_of_the_world && is_rest_of_the_world(outer->network) && outer->network != claim.network;
      return outer->owner != claim.owner && !harmless;
    });
    if (other != enclosing.rend()) {
      problems.add(
          claim.at,
          as_written(claim.network) + " overlaps " + as_written((*other)->network) + " of " + name_of((*other)->owner),
          "an address belongs to one only");
    }
    enclosing.push_back(&claim);
  }
}

void load_zones(const Node& section, Loading& loading) {
  std::vector<Claim> all;
  for (const Node& entry : entries_of(section, "zone", loading.problems)) {
    const auto index = static_cast<std::uint32_t>(loading.model.zones.size());
    Zone zone;
    zone.name = entry.key;
    MapReader map{entry, "zone " + in_quotes(entry.key), loading.problems};
    zone.description = map.text("description");
    if (const Node* const networks = map.required("networks", "list them: networks: [10.20.30.0/24]")) {
      for (const Claim& claim : read_networks(*networks, "'networks'", index, loading.problems)) {
        zone.networks.push_back(claim.network);
        loading.zone_of.add(claim.network, index);
        all.push_back(claim);
      }
    }
    map.done();
    loading.zones.add(zone.name);
    loading.model.zones.push_back(std::move(zone));
  }
  refuse_overlaps(
      std::move(all), true, [&](std::uint32_t owner) { return "zone " + in_quotes(loading.model.zones[owner].name); },
      loading.problems);
}

std::vector<Transport> read_transports(const Node* node, Problems& problems) {
  if (!node) return {Transport::tcp};
  std::vector<Transport> transports;
  for (const Node* const item : scalars(*node, "'transport'", problems)) {
    if (item->text == "tcp") {
      transports.push_back(Transport::tcp);
    } else if (item->text == "udp") {
      transports.push_back(Transport::udp);
    } else {
      problems.add(item->at, "unknown transport " + in_quotes(item->text), "one of: tcp, udp");
    }
  }
  return transports;
}

ServiceProtocol read_protocol(const Node& node, Problems& problems) {
  static constexpr std::array<std::string_view, 3> kNames{"dicom", "hl7", "other"};
  const auto text = scalar(node, "'protocol'", problems);
  if (!text) return ServiceProtocol::other;
  const auto found = std::find(kNames.begin(), kNames.end(), *text);
  if (found != kNames.end()) return static_cast<ServiceProtocol>(found - kNames.begin());
  problems.add(node.at, "unknown protocol " + in_quotes(*text), suggest(*text, kNames));
  return ServiceProtocol::other;
}

void load_services(const Node& section, Loading& loading) {
  for (const Node& entry : entries_of(section, "service", loading.problems)) {
    Service service;
    service.name = entry.key;
    MapReader map{entry, "service " + in_quotes(entry.key), loading.problems};
    service.description = map.text("description");
    if (const Node* const protocol = map.required("protocol", "one of: dicom, hl7, other")) {
      service.protocol = read_protocol(*protocol, loading.problems);
    }
    const Node* const transport = map.optional("transport");
    service.transports = read_transports(transport, loading.problems);
    const bool over_udp =
        std::find(service.transports.begin(), service.transports.end(), Transport::udp) != service.transports.end();
    if (service.protocol != ServiceProtocol::other && over_udp) {
      loading.problems.add(transport->at, std::string{to_text(service.protocol)} + " is spoken over TCP only",
                           "leave 'transport' out");
    }
    if (const Node* const ports = map.optional("ports")) service.ports = read_ports(*ports, loading.problems);
    map.done();
    loading.services.add(service.name);
    loading.model.services.push_back(std::move(service));
  }
}

void check_address(const Claim& claim, const Device& device, const Loading& loading) {
  const Zone& zone = loading.model.zones[device.zone];
  const auto found = loading.zone_of.find(claim.network.base());
  if (!found) {
    loading.problems.add(claim.at, "address " + as_written(claim.network) + " lies in no zone",
                         "add its network to zone " + in_quotes(zone.name) + " or correct the address");
  } else if (found->value != device.zone) {
    const std::string actual = in_quotes(loading.model.zones[found->value].name);
    loading.problems.add(
        claim.at,
        "address " + as_written(claim.network) + " lies in zone " + actual + ", not in " + in_quotes(zone.name),
        "write 'zone: " + loading.model.zones[found->value].name + "' or correct the address");
  } else if (found->prefix_bits > claim.network.prefix_bits()) {
    loading.problems.add(claim.at,
                         "block " + as_written(claim.network) + " reaches beyond zone " + in_quotes(zone.name),
                         "make it smaller");
  }
}

// Gives whether the device's zone is known.
bool read_zone_of_device(MapReader& map, Device& device, const Loading& loading) {
  const Node* const node = map.required("zone", "name the zone in which it stands");
  const auto name = node ? scalar(*node, "'zone'", loading.problems) : std::nullopt;
  if (!name) return false;
  const auto zone = loading.zones.find(*name);
  if (!zone) loading.problems.add(node->at, "unknown zone " + in_quotes(*name), suggest(*name, loading.zones.names()));
  device.zone = zone.value_or(0);
  return zone.has_value();
}

std::vector<std::string> read_quirks(const Node& node, Problems& problems) {
  std::vector<std::string> quirks;
  for (const Node* const item : scalars(node, "'quirks'", problems)) {
    if (std::ranges::find(kViolationNames, item->text) != kViolationNames.end()) {
      quirks.push_back(item->text);
    } else {
      problems.add(item->at, "unknown violation " + in_quotes(item->text), suggest(item->text, kViolationNames));
    }
  }
  return quirks;
}

void load_device(const Node& entry, Loading& loading, std::vector<Claim>& all) {
  const auto index = static_cast<std::uint32_t>(loading.model.devices.size());
  Device device;
  device.name = entry.key;
  MapReader map{entry, "device " + in_quotes(entry.key), loading.problems};
  device.description = map.text("description");
  const bool zone_known = read_zone_of_device(map, device, loading);
  if (const Node* const addresses = map.required("addresses", "list them: addresses: [10.20.30.40]")) {
    for (const Claim& claim : read_networks(*addresses, "'addresses'", index, loading.problems)) {
      device.addresses.push_back(claim.network);
      if (zone_known) check_address(claim, device, loading);
      all.push_back(claim);
    }
  }
  if (const Node* const titles = map.optional("ae_titles")) {
    for (const Node* const item : scalars(*titles, "'ae_titles'", loading.problems)) {
      const auto title = read_ae_title(*item, loading.problems);
      if (!title) continue;
      loading.ae_titles.emplace(*title, index);
      device.calls_as.push_back(*title);
      device.answers_to.push_back(*title);
    }
  }
  if (const Node* const quirks = map.optional("quirks")) device.quirks = read_quirks(*quirks, loading.problems);
  map.done();
  loading.devices.add(device.name);
  loading.model.devices.push_back(std::move(device));
}

void load_devices(const Node& section, Loading& loading) {
  std::vector<Claim> all;
  for (const Node& entry : entries_of(section, "device", loading.problems)) load_device(entry, loading, all);
  refuse_overlaps(
      std::move(all), false,
      [&](std::uint32_t owner) { return "device " + in_quotes(loading.model.devices[owner].name); }, loading.problems);
}

void load_groups(const Node& section, Loading& loading) {
  for (const Node& entry : entries_of(section, "group", loading.problems)) {
    Group group{.name = entry.key, .description = {}, .devices = {}};
    if (loading.devices.find(group.name)) {
      loading.problems.add(entry.key_at, in_quotes(group.name) + " is a device already", "give the group another name");
    }
    MapReader map{entry, "group " + in_quotes(entry.key), loading.problems};
    group.description = map.text("description");
    if (const Node* const devices = map.required("devices", "list them: devices: [ws1, ws2]")) {
      for (const Node* const item : scalars(*devices, "'devices'", loading.problems)) {
        if (const auto device = loading.devices.find(item->text)) {
          group.devices.push_back(*device);
        } else {
          loading.problems.add(item->at, "unknown device " + in_quotes(item->text),
                               suggest(item->text, loading.devices.names()));
        }
      }
    }
    map.done();
    loading.groups.add(group.name);
    loading.model.groups.push_back(std::move(group));
  }
}

std::shared_ptr<const Model> load(const std::optional<Node>& root, Problems& problems) {
  if (!root) throw ConfigurationError(problems.take());
  Loading loading{.problems = problems,
                  .model = {},
                  .zones = {},
                  .devices = {},
                  .groups = {},
                  .services = {},
                  .ae_titles = {},
                  .zone_of = {}};
  MapReader map{*root, "a model", problems};
  loading.model.name = map.text("name");
  if (const Node* const zones =
          map.required("zones", "declare where devices stand: zones: {archive: {networks: [10.20.20.0/24]}}")) {
    load_zones(*zones, loading);
  }
  if (const Node* const services = map.optional("services")) load_services(*services, loading);
  if (const Node* const devices =
          map.required("devices", "declare them: devices: {pacs: {zone: archive, addresses: [10.20.20.10]}}")) {
    load_devices(*devices, loading);
  }
  if (const Node* const groups = map.optional("groups")) load_groups(*groups, loading);
  if (const Node* const flows = map.optional("flows")) load_flows(*flows, loading);
  if (const Node* const workflow = map.optional("workflow")) load_workflow(*workflow, loading);
  map.done();
  problems.throw_if_any();
  return std::make_shared<const Model>(std::move(loading.model));
}

// Names become metric labels and file names: the alphabet is small on purpose.
void check_name(const Node& entry, std::string_view kind, Problems& problems) {
  const std::string& name = entry.key;
  if (!name.empty() && name.size() <= kLongestName && name.find_first_not_of(kNameCharacters) == std::string::npos)
    return;
  problems.add(entry.key_at, std::string{kind} + " name " + in_quotes(name) + " is not usable",
               "use 1 to 64 of the characters a-z, 0-9, '_' and '-'");
}

}  // namespace

const std::vector<Node>& entries_of(const Node& section, std::string_view kind, Problems& problems) {
  static const std::vector<Node> kNone;
  if (section.kind == Node::Kind::null) return kNone;
  if (section.kind != Node::Kind::map) {
    problems.add(section.at,
                 "expected '" + std::string{kind} + "-name: ...' entries, one for each " + std::string{kind});
    return kNone;
  }
  for (const Node& entry : section.children) check_name(entry, kind, problems);
  return section.children;
}

std::vector<PortRange> read_ports(const Node& node, Problems& problems) {
  std::vector<PortRange> ports;
  for (const Node* const item : scalars(node, "'ports'", problems)) {
    const std::string& text = item->text;
    PortRange range;
    const char* const end = text.data() + text.size();
    auto parsed = std::from_chars(text.data(), end, range.first);
    range.last = range.first;
    if (parsed.ec == std::errc{} && parsed.ptr != end && *parsed.ptr == '-')
      parsed = std::from_chars(parsed.ptr + 1, end, range.last);
    if (parsed.ec == std::errc{} && parsed.ptr == end && range.first != 0 && range.first <= range.last) {
      ports.push_back(range);
    } else {
      problems.add(item->at, in_quotes(text) + " is no port", "write a number from 1 to 65535 or a range, 5900-5910");
    }
  }
  return ports;
}

std::optional<std::string> read_ae_title(const Node& node, Problems& problems) {
  std::string title{trimmed(node.text)};
  const bool clean = std::all_of(title.begin(), title.end(), [](char c) { return c >= 0x20 && c < 0x7f && c != '\\'; });
  if (!title.empty() && title.size() <= 16 && clean) return title;
  problems.add(node.at, in_quotes(node.text) + " is no AE title", "1 to 16 ASCII characters, no backslash (PS3.5 6.2)");
  return std::nullopt;
}

std::shared_ptr<const Model> load_model(const std::filesystem::path& file) {
  Problems problems{file.string()};
  const auto root = read_document(file, problems);
  return load(root, problems);
}

std::shared_ptr<const Model> parse_model(const std::string& text, const std::string& name) {
  Problems problems{name};
  const auto root = parse_document(text, problems);
  return load(root, problems);
}

}  // namespace dcmwatch
