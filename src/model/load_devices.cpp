// devices: {pacs: {zone: archive, addresses: [10.20.20.10], ae_titles: [PACS]}}, and groups of them
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "event/violations.h"
#include "model/load_addresses.h"
#include "model/loading.h"
#include "model/sop_classes.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kLongestVersion = 16;  // PS3.7 D.3.3.2.3

class DeviceLoader {
 public:
  DeviceLoader(const Node& entry, Loading& loading, std::vector<Claim>& claims)
      : loading_(loading),
        problems_(loading.problems),
        claims_(claims),
        map_(entry, "device " + in_quotes(entry.key), loading.problems),
        index_(static_cast<std::uint32_t>(loading.model.devices.size())) {
    device_.name = entry.key;
    if (entry.key == "any") problems_.add(entry.key_at, "'any' means anybody", "give the device another name");
  }

  void load() {
    read_texts();
    zone_known_ = read_zone();
    read_addresses();
    read_titles();
    if (const Node* const macs = map_.optional("macs")) read_macs(*macs);
    if (const Node* const names = map_.optional("hl7")) read_hl7_names(*names);
    if (const Node* const role = map_.optional("role")) read_role(*role);
    if (const Node* const known = map_.optional("implementation")) read_implementations(*known);
    if (const Node* const quirks = map_.optional("quirks")) read_quirks(*quirks);
    map_.done();
    loading_.devices.add(device_.name);
    if (zone_known_) loading_.devices_of_zone[device_.zone].push_back(index_);
    loading_.model.devices.push_back(std::move(device_));
  }

 private:
  void read_texts() {
    device_.description = map_.text("description");
    device_.vendor = map_.text("vendor");
    device_.product = map_.text("product");
    device_.owner = map_.text("owner");
    device_.contact = map_.text("contact");
  }

  bool read_zone() {
    const Node* const node = map_.required("zone", "name the zone in which it stands");
    const auto name = node ? scalar(*node, "'zone'", problems_) : std::nullopt;
    if (!name) return false;
    const auto zone = loading_.zones.find(*name);
    if (!zone) problems_.add_unknown(node->at, "zone", *name, [&] { return loading_.zones.names(); });
    device_.zone = zone.value_or(0);
    return zone.has_value();
  }

  void read_addresses() {
    const Node* const shared = map_.optional("shared_addresses");
    const Node* const own =
        shared ? map_.optional("addresses") : map_.required("addresses", "list them: addresses: [10.20.30.40]");
    if (own) claim(*own, false, device_.addresses);
    if (shared) claim(*shared, true, device_.shared_addresses);
  }

  void claim(const Node& node, bool shared, std::vector<Network>& addresses) {
    for (Claim& claimed : read_networks(node, index_, problems_)) {
      claimed.shared = shared;
      addresses.push_back(claimed.network);
      if (zone_known_) check(claimed);
      claims_.push_back(claimed);
    }
  }

  void check(const Claim& claimed) {
    const Zone& zone = loading_.model.zones[device_.zone];
    const auto found = loading_.zone_of.find(claimed.network.base());
    const std::string address = "address " + std::string{claimed.text};
    if (!found) {
      problems_.add(claimed.at, address + " lies in no zone",
                    "add its network to zone " + in_quotes(zone.name) + " or correct the address");
    } else if (found->value != device_.zone) {
      const std::string& actual = loading_.model.zones[found->value].name;
      problems_.add(claimed.at, address + " lies in zone " + in_quotes(actual) + ", not in " + in_quotes(zone.name),
                    "write 'zone: " + actual + "' or correct the address");
    } else if (found->prefix_bits > claimed.network.prefix_bits()) {
      problems_.add(claimed.at, "block " + std::string{claimed.text} + " reaches beyond zone " + in_quotes(zone.name),
                    "make it smaller");
    }
  }

  void read_titles() {
    read_titles("ae_titles", {&device_.calls_as, &device_.answers_to});
    read_titles("calls_as", {&device_.calls_as});
    read_titles("answers_to", {&device_.answers_to});
    read_titles("presents", {&device_.presents});
    for (auto* const titles : {&device_.calls_as, &device_.answers_to, &device_.presents}) drop_repeated(*titles);
    for (const std::string& title : device_.calls_as) loading_.calling_titles.add(title, index_);
    for (const std::string& title : device_.presents) loading_.calling_titles.add(title, index_);
    for (const std::string& title : device_.answers_to) loading_.answered_titles.add(title, index_);
  }

  void read_titles(std::string_view key, std::initializer_list<std::vector<std::string>*> uses) {
    const Node* const node = map_.optional(key);
    if (!node) return;
    for (const Node* const item : scalars(*node, in_quotes(key), problems_)) {
      const auto title = read_ae_title(*item, problems_);
      if (!title) continue;
      for (std::vector<std::string>* const titles : uses) titles->push_back(*title);
    }
  }

  void read_macs(const Node& node) {
    for (const Node* const item : scalars(node, "'macs'", problems_)) {
      if (const auto mac = mac_address_from(item->text)) {
        device_.macs.push_back(*mac);
      } else {
        problems_.add(item->at, in_quotes(item->text) + " is no MAC address of a device",
                      "write six pairs of hexadecimal digits in quotes: '00:1b:21:0a:0b:0c'");
      }
    }
  }

  /// Nothing for those of nobody and of many, too (IEEE 802 8.2).
  static std::optional<MacAddress> mac_address_from(std::string_view text) {
    MacAddress mac{};
    if (text.size() != kMacCharacters) return std::nullopt;
    for (std::size_t i = 0; i < mac.size(); ++i) {
      const char* const digits = text.data() + 3 * i;
      const auto [end, error] = std::from_chars(digits, digits + 2, mac[i], 16);
      const bool delimited = i + 1 == mac.size() || digits[2] == ':' || digits[2] == '-';
      if (error != std::errc{} || end != digits + 2 || !delimited) return std::nullopt;
    }
    const bool of_many = (mac[0] & 1U) != 0;
    return of_many || mac == MacAddress{} ? std::nullopt : std::optional{mac};
  }

  void read_hl7_names(const Node& node) {
    for (const Node* const item : scalars(node, "'hl7'", problems_)) {
      if (auto end = read_hl7_end(*item, problems_)) device_.hl7_names.push_back(*std::move(end));
    }
  }

  void read_role(const Node& node) {
    if (const auto role = read_word(node, "role", kDeviceRoles, problems_))
      device_.role = static_cast<DeviceRole>(*role + 1);
  }

  void read_implementations(const Node& node) {
    if (node.kind != Node::Kind::list) return read_implementation(node);
    for (const Node& item : node.children) read_implementation(item);
  }

  void read_implementation(const Node& node) {
    MapReader map{node, "an implementation", problems_};
    ExpectedImplementation implementation;
    const Node* const class_uid = map.optional("class_uid");
    const Node* const version = map.optional("version");
    map.done();
    if (!map.usable()) return;
    if (!class_uid && !version)
      problems_.add(node.at, "an implementation has neither 'class_uid' nor 'version'", "say one of them, or both");
    if (class_uid) implementation.class_uid = read_class_uid(*class_uid);
    if (version) implementation.version_name = read_version(*version);
    device_.implementations.push_back(std::move(implementation));
  }

  std::string read_class_uid(const Node& node) {
    if (!scalar(node, "'class_uid'", problems_)) return {};
    std::string_view uid = node.text;
    const bool open = uid.ends_with('*');
    if (open) uid.remove_suffix(1);
    if (open && uid.ends_with('.')) uid.remove_suffix(1);
    if (is_uid(uid)) return node.text;
    problems_.add(node.at, in_quotes(node.text) + " is no UID",
                  "write all of it, or its beginning with a '*' behind: 1.2.276.0.7230010.3.0.3.6.*");
    return {};
  }

  std::string read_version(const Node& node) {
    if (!scalar(node, "'version'", problems_)) return {};
    const std::string_view name = trimmed(node.text);
    const auto star = name.find('*');
    const bool one_at_the_end = star == std::string_view::npos || star + 1 == name.size();
    const std::size_t size = name.size() - (star == std::string_view::npos ? 0 : 1);
    if (size >= 1 && size <= kLongestVersion && one_at_the_end) return std::string{name};
    problems_.add(node.at, in_quotes(node.text) + " is no implementation version name",
                  "1 to 16 characters (PS3.7 D.3.3.2.3), a '*' at the end for any rest: OFFIS_DCMTK_36*");
    return {};
  }

  void read_quirks(const Node& node) {
    for (const Node* const item : scalars(node, "'quirks'", problems_)) {
      if (std::ranges::find(kViolationNames, item->text) != kViolationNames.end()) {
        device_.quirks.push_back(item->text);
      } else {
        problems_.add_unknown(item->at, "violation", item->text, kViolationNames);
      }
    }
  }

  Loading& loading_;
  Problems& problems_;
  std::vector<Claim>& claims_;
  MapReader map_;
  std::uint32_t index_;
  bool zone_known_ = false;
  Device device_;
};

void load_group(const Node& entry, Loading& loading) {
  Problems& problems = loading.problems;
  Group group{.name = entry.key, .description = {}, .devices = {}};
  if (loading.devices.find(group.name))
    problems.add(entry.key_at, in_quotes(group.name) + " is a device already", "give the group another name");
  if (group.name == "any") problems.add(entry.key_at, "'any' means anybody", "give the group another name");
  MapReader map{entry, "group " + in_quotes(entry.key), problems};
  group.description = map.text("description");
  if (const Node* const devices = map.required("devices", "list them: devices: [ws1, ws2]")) {
    for (const Node* const item : scalars(*devices, "'devices'", problems)) {
      if (const auto device = loading.devices.find(item->text)) {
        group.devices.push_back(*device);
      } else {
        problems.add_unknown(item->at, "device", item->text, [&] { return loading.devices.names(); });
      }
    }
  }
  map.done();
  loading.groups.add(group.name);
  loading.model.groups.push_back(std::move(group));
}

}  // namespace

void load_devices(const Node& section, Loading& loading) {
  std::vector<Claim> claims;
  for (const Node& entry : entries_of(section, "device", loading.problems)) {
    DeviceLoader{entry, loading, claims}.load();
  }
  refuse_overlaps(
      std::move(claims), RestOfTheWorld::is_claimed_as_any,
      [&](std::uint32_t owner) { return "device " + in_quotes(loading.model.devices[owner].name); }, loading.problems);
}

void load_groups(const Node& section, Loading& loading) {
  for (const Node& entry : entries_of(section, "group", loading.problems)) load_group(entry, loading);
}

}  // namespace dcmwatch
