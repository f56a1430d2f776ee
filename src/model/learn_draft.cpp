#include "model/learn_draft.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <numeric>

#include "event/dicom_names.h"
#include "model/address_table.h"
#include "model/allowance.h"
#include "model/learn_names.h"
#include "model/lookup.h"

namespace dcmwatch {
namespace {

constexpr unsigned kV4NetworkBits = 120, kV6NetworkBits = 64, kAddressBits = 128;
constexpr std::size_t kPortsTold = 8;  // by which somebody tries many, not uses some
constexpr std::uint16_t kDicomTls = 2762, kHl7 = 2575;

bool is_in(const IpAddress& address, std::initializer_list<const char*> networks) {
  return std::ranges::any_of(networks,
                             [&](const char* network) { return Network::parse(network).value().contains(address); });
}

enum class Reach : std::uint8_t { private_use, link_local, public_use };

// RFC 1918, RFC 4193, RFC 6598, RFC 3927, RFC 4291; documentation's and tests' networks count as private.
Reach reach_of(const IpAddress& address) {
  if (is_in(address, {"169.254.0.0/16", "fe80::/10"})) return Reach::link_local;
  if (is_in(address, {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "192.0.2.0/24",
                      "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "fc00::/7", "2001:db8::/32", "::1/128"}))
    return Reach::private_use;
  return Reach::public_use;
}

Network lone(const IpAddress& address) { return Network::around(address, kAddressBits); }

std::string counted(std::uint64_t count, std::string_view thing) {
  return std::to_string(count) + ' ' + std::string{thing} + (count == 1 ? "" : "s");
}

std::string sighting_text(const Sighting& seen, std::string_view thing) {
  std::string text = counted(seen.count, thing);
  if (seen.first) text += ", " + to_rfc3339(*seen.first).substr(0, 19) + "Z";
  if (seen.last && seen.last != seen.first) text += " to " + to_rfc3339(*seen.last).substr(0, 19) + "Z";
  return text;
}

DeviceRole role_of(const SeenHost& host, std::size_t pinged) {
  using enum Conduct;
  if (host.does(takes_prints)) return DeviceRole::printer;
  if (host.does(takes_stores) && host.does(answers_queries)) return DeviceRole::archive;
  if (host.does(commits) || (host.does(answers_queries) && !host.does(asks_worklists))) return DeviceRole::archive;
  if (host.does(answers_worklists) || host.does(takes_steps)) return DeviceRole::information_system;
  if (host.does(asks_worklists) || host.does(reports_steps) || host.does(asks_commitment)) return DeviceRole::modality;
  if (host.does(queries)) return DeviceRole::workstation;
  if (host.does(stores) && !host.does(takes_stores)) return DeviceRole::modality;
  if (host.does(sends_messages) && host.does(takes_messages)) return DeviceRole::engine;
  constexpr std::size_t kMany = 3;
  if (pinged >= kMany && std::ranges::none_of(host.conduct, std::identity{})) return DeviceRole::monitor;
  return DeviceRole::unspecified;
}

void join(SeenHost& all, const SeenHost& more) {
  all.seen.add(more.seen);
  const auto insert = [](auto& to, const auto& from) { to.insert(from.begin(), from.end()); };
  insert(all.macs, more.macs);
  insert(all.vlans, more.vlans);
  insert(all.applications, more.applications);
  insert(all.implementations, more.implementations);
  for (const auto& [title, count] : more.calls_as) all.calls_as[title] += count;
  for (const auto& [title, count] : more.answers_to) all.answers_to[title] += count;
  for (const std::string& title : more.never_accepted) all.never_accepted.insert(title);
  all.implementations_complete &= more.implementations_complete;
  for (std::size_t i = 0; i < kConducts; ++i) all.conduct[i] |= more.conduct[i];
}

template <typename Map>
std::vector<std::string> by_count(const Map& counts) {
  std::vector<std::pair<std::uint64_t, std::string>> sorted;
  for (const auto& [text, count] : counts) sorted.emplace_back(count, text);
  std::ranges::stable_sort(sorted, std::greater{}, [](const auto& entry) { return entry.first; });
  std::vector<std::string> texts;
  for (auto& [count, text] : sorted) texts.push_back(std::move(text));
  return texts;
}

bool contains(const std::vector<std::string>& texts, const std::string& text) {
  return std::ranges::find(texts, text) != texts.end();
}

std::string listed_titles(const std::set<std::string>& titles) {
  const std::vector<std::string_view> views{titles.begin(), titles.end()};
  return listed(views);
}

/// What a way is declared as.
enum class Kind : std::uint8_t { dicom, hl7, other };

/// A flow on its way to be one.
struct FlowDraft {
  Kind kind{};
  bool within_tls = false;
  bool for_refused = false;  ///< titles that are nobody's
  std::set<std::uint32_t> from, to;
  Transport transport{};
  std::set<std::uint16_t> ports;
  bool any_calling = false, any_called = false;
  std::set<std::string> calling, called;  ///< titles of others
  std::set<std::uint16_t> operations, acceptor_operations;
  bool any_content = false;  ///< not visible
  std::set<std::string> sop_classes;
  bool any_sop_class = false;
  std::set<std::string> move_destinations;
  SeenMessages messages;
  std::optional<Duration> slowest_answer;
  Sighting seen;     ///< connections
  Sighting carried;  ///< operations or messages
  std::set<std::string> reviews;
};

class Drafting {
 public:
  Drafting(const Learner& learner, const Fingerprints* fingerprints, const Model* known)
      : learner_(learner), fingerprints_(fingerprints), extends_(known != nullptr) {
    if (known) draft_.model = *known;
    if (known) lookup_.emplace(std::make_shared<const Model>(*known));
    known_devices_ = draft_.model.devices.size();
    known_zones_ = draft_.model.zones.size();
    known_services_ = draft_.model.services.size();
    for (const auto* names : {&draft_.model}) {
      for (const Zone& zone : names->zones) zone_names_.take(zone.name);
      for (const Device& device : names->devices) party_names_.take(device.name);
      for (const Group& group : names->groups) party_names_.take(group.name);
      for (const Service& service : names->services) service_names_.take(service.name);
      for (const Flow& flow : names->flows) flow_names_.take(flow.name);
    }
    party_names_.take("any");
  }

  Draft run() {
    join_addresses();
    make_devices();
    make_zones();
    declare_move_destinations();
    make_flow_drafts();
    merge_flows();
    make_flows();
    make_conduits();
    remark_on_shared_titles();
    remark_on_devices();
    remark_on_model();
    return std::move(draft_);
  }

 private:
  // ---- devices

  // Addresses of IPv4 and IPv6 are one device's where their one MAC is nobody else's, one title is both's, and they say
  // the same of their software. Everybody else is a device for himself.
  void join_addresses() {
    for (const auto& [address, host] : learner_.hosts()) {
      for (const MacAddress& mac : host.macs) addresses_of_mac_[mac].push_back(address);
    }
    std::map<IpAddress, IpAddress> joined;  // to whom
    for (const auto& [mac, addresses] : addresses_of_mac_) {
      const auto of_v4 = [](const IpAddress& address) { return address.is_v4(); };
      if (addresses.size() < 2 || std::ranges::count_if(addresses, of_v4) != 1) continue;
      const IpAddress v4 = *std::ranges::find_if(addresses, of_v4);
      for (const IpAddress& address : addresses) {
        if (address != v4 && are_surely_one(v4, address)) joined.emplace(address, v4);
      }
    }
    for (const auto& [address, host] : learner_.hosts()) {
      if (const auto device = known_device(address)) {
        device_of_[address] = *device;
        continue;
      }
      const auto first = joined.find(address);
      const IpAddress key = first == joined.end() ? address : first->second;
      if (!device_of_.contains(key)) {
        device_of_[key] = static_cast<std::uint32_t>(known_devices_ + hosts_.size());
        hosts_.push_back({});
        addresses_.push_back({key});
        join(hosts_.back(), learner_.hosts().at(key));
      }
      if (key == address) continue;
      const std::uint32_t device = device_of_[key];
      device_of_[address] = device;
      addresses_[device - known_devices_].push_back(address);
      join(hosts_[device - known_devices_], host);
    }
  }

  [[nodiscard]] bool are_surely_one(const IpAddress& v4, const IpAddress& v6) const {
    const SeenHost &one = learner_.hosts().at(v4), &other = learner_.hosts().at(v6);
    if (known_device(v4) || known_device(v6)) return false;
    const auto share = [](const auto& titles, const auto& more) {
      return std::ranges::any_of(titles, [&](const auto& entry) { return more.contains(entry.first); });
    };
    return one.macs.size() == 1 && one.macs == other.macs && reach_of(v4) == reach_of(v6) &&
           (share(one.calls_as, other.calls_as) || share(one.answers_to, other.answers_to)) &&
           (one.implementations == other.implementations);
  }

  // Where several stand, what any of them may do is no deviation.
  [[nodiscard]] std::optional<std::uint32_t> known_device(const IpAddress& address) const {
    if (!lookup_) return std::nullopt;
    const auto devices = lookup_->devices_at(address);
    return devices.empty() ? std::nullopt : std::optional{devices.front()};
  }

  void make_devices() {
    const std::vector<std::size_t> pinged = pinged_by_device();
    std::map<std::string, std::size_t> owners;  // of the title by which one would be called
    for (const SeenHost& host : hosts_) ++owners[main_title(host)];
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      const SeenHost& host = hosts_[i];
      Device device;
      device.role = role_of(host, pinged[i]);
      const std::string title = name_from(main_title(host));
      const std::string address = name_from(to_text(addresses_[i].front()));
      const bool titled = !title.empty() && owners[main_title(host)] == 1;
      device.name = party_names_.unique(titled ? title : std::string{singular_of(device.role)} + '-' + address);
      for (const IpAddress& one : addresses_[i]) device.addresses.push_back(lone(one));
      device.calls_as = by_count(host.calls_as);
      device.answers_to = by_count(host.answers_to);
      if (std::set(device.calls_as.begin(), device.calls_as.end()) ==
          std::set(device.answers_to.begin(), device.answers_to.end()))
        device.answers_to = device.calls_as;
      if (host.macs.size() == 1 && is_alone_with(*host.macs.begin(), i)) device.macs = {*host.macs.begin()};
      if (host.implementations_complete) {
        for (const auto& [uid, version] : host.implementations) device.implementations.push_back({uid, version});
      }
      draft_.model.devices.push_back(std::move(device));
    }
  }

  // A router's MAC is that of many.
  [[nodiscard]] bool is_alone_with(const MacAddress& mac, std::size_t index) const {
    return std::ranges::all_of(addresses_of_mac_.at(mac), [&](const IpAddress& address) {
      return device_of_.at(address) == known_devices_ + index;
    });
  }

  [[nodiscard]] std::vector<std::size_t> pinged_by_device() const {
    std::vector<std::set<IpAddress>> pinged(hosts_.size());
    for (const auto& [way, traffic] : learner_.ways()) {
      const std::uint32_t device = device_of_.at(way.from);
      if (device >= known_devices_ && traffic.operations == std::set{dimse::kEcho})
        pinged[device - known_devices_].insert(way.to);
    }
    std::vector<std::size_t> counts;
    for (const auto& peers : pinged) counts.push_back(peers.size());
    return counts;
  }

  static std::string main_title(const SeenHost& host) {
    std::map<std::string, std::uint64_t> accepted = host.calls_as;
    for (const std::string& title : host.never_accepted) accepted.erase(title);
    for (const auto& [title, count] : host.answers_to) accepted[title] += count;
    const auto titles = by_count(accepted);
    if (!titles.empty()) return titles.front();
    return host.applications.size() == 1 ? *host.applications.begin() : std::string{};
  }

  // ---- zones

  void make_zones() {
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

  [[nodiscard]] std::optional<std::uint32_t> known_zone(const IpAddress& address) const {
    if (!lookup_) return std::nullopt;
    const auto found = lookup_->zone_at(address);
    return found ? std::optional{found->value} : std::nullopt;
  }

  // Where a declared zone has some of it, the address alone.
  [[nodiscard]] Network network_of(const IpAddress& address) const {
    const Network network = Network::around(address, address.is_v4() ? kV4NetworkBits : kV6NetworkBits);
    const std::span known{draft_.model.zones.data(), known_zones_};
    const bool taken = std::ranges::any_of(known, [&](const Zone& zone) {
      return std::ranges::any_of(zone.networks, [&](const Network& other) { return other.overlaps(network); });
    });
    return taken ? lone(address) : network;
  }

  void make_zone(const std::vector<std::size_t>& devices) {
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

  void add_network(Zone& zone, const IpAddress& address, Reach reach) const {
    static const Network kV4LinkLocal = Network::parse("169.254.0.0/16").value(),
                         kV6LinkLocal = Network::parse("fe80::/10").value();
    Network network = network_of(address);
    if (reach == Reach::link_local && network.prefix_bits() != kAddressBits)
      network = address.is_v4() ? kV4LinkLocal : kV6LinkLocal;
    if (std::ranges::find(zone.networks, network) == zone.networks.end()) zone.networks.push_back(network);
  }

  // ---- titles

  // Whoever calls by such a title answers to it; where nobody does, who asked.
  void declare_move_destinations() {
    std::vector<Device>& devices = draft_.model.devices;
    std::set<std::string> answered;
    std::map<std::string, std::uint32_t> callers;
    for (std::uint32_t i = 0; i < devices.size(); ++i) {
      answered.insert(devices[i].answers_to.begin(), devices[i].answers_to.end());
      if (i < known_devices_) continue;
      for (const std::string& title : devices[i].calls_as) callers.emplace(title, i);
    }
    for (const auto& [way, traffic] : learner_.ways()) {
      for (const auto& [title, failures] : traffic.move_destinations) {
        if (answered.contains(title)) continue;
        const auto caller = callers.find(title);
        const std::uint32_t owner = caller == callers.end() ? device_of_.at(way.from) : caller->second;
        if (owner < known_devices_) {
          undeclared_destinations_.insert(title);
          continue;
        }
        devices[owner].answers_to.push_back(title);
        answered.insert(title);
        if (caller != callers.end()) continue;
        const std::string status = failures.empty() ? "" : ", refused: " + dicom_status_text(*failures.begin());
        reviews_[owner].insert("review: a C-MOVE named " + yaml_scalar(title) + ", by which nobody was seen to answer" +
                               status + ". Whose title is it?");
      }
    }
  }

  // ---- flows

  void make_flow_drafts() {
    std::map<std::tuple<std::uint32_t, std::uint32_t, Transport, std::uint16_t>, std::vector<const SeenTraffic*>>
        joined;
    for (const auto& [way, traffic] : learner_.ways())
      joined[{device_of_.at(way.from), device_of_.at(way.to), way.transport, way.port}].push_back(&traffic);
    for (const auto& [key, all] : joined) {
      const auto& [from, to, transport, port] = key;
      if (has(all, Protocol::hl7) || has(all, Protocol::hllp)) hl7_ways_.insert({from, to});
    }
    for (const auto& [key, all] : joined) {
      const auto& [from, to, transport, port] = key;
      const bool dicom = has(all, Protocol::dicom), hl7 = has(all, Protocol::hl7) || has(all, Protocol::hllp);
      const bool told = has(all, Protocol::http) || has(all, Protocol::ssh);
      const bool only_tls = !dicom && !hl7 && !told && has(all, Protocol::tls);
      FlowDraft draft;
      draft.from = {from};
      draft.to = {to};
      draft.transport = transport;
      draft.ports = {port};
      for (const SeenTraffic* const traffic : all) {
        draft.seen.add(traffic->connections);
        draft.carried.add(traffic->operations_seen);
        draft.carried.add(traffic->messages_seen);
      }
      if (dicom) add_dicom(draft, all);
      if (hl7) add_hl7(draft, all);
      if (only_tls && (port == kDicomTls || port == kHl7)) {
        FlowDraft hidden = draft;
        hidden.kind = port == kHl7 ? Kind::hl7 : Kind::dicom;
        hidden.within_tls = hidden.any_content = hidden.any_calling = hidden.any_called = true;
        hidden.messages.any_type = hidden.messages.any_processing_id = true;
        hidden.reviews.insert("review: within TLS nothing was seen of what it carries. What may it?");
        flows_.push_back(std::move(hidden));
      } else if (told || (!dicom && !hl7)) {
        add_other(draft, all);
      }
    }
    add_messages_backwards();
  }

  static bool has(const std::vector<const SeenTraffic*>& all, Protocol protocol) {
    return std::ranges::any_of(all, [&](const SeenTraffic* traffic) { return traffic->protocols.contains(protocol); });
  }

  void add_dicom(FlowDraft draft, const std::vector<const SeenTraffic*>& all) {
    const Device &from = device(*draft.from.begin()), &to = device(*draft.to.begin());
    draft.kind = Kind::dicom;
    std::set<std::string> strange_calling, strange_called;
    bool odd_calling = false, odd_called = false, accepted = false;
    std::uint64_t refused = 0, associations = 0;
    for (const SeenTraffic* const traffic : all) {
      draft.operations.insert(traffic->operations.begin(), traffic->operations.end());
      draft.acceptor_operations.insert(traffic->acceptor_operations.begin(), traffic->acceptor_operations.end());
      draft.sop_classes.insert(traffic->sop_classes.begin(), traffic->sop_classes.end());
      draft.any_sop_class |= traffic->any_sop_class;
      for (const auto& [title, failures] : traffic->move_destinations) draft.move_destinations.insert(title);
      for (const std::string& title : traffic->calling) {
        if (!contains(from.calls_as, title) && !contains(from.presents, title)) strange_calling.insert(title);
      }
      for (const std::string& title : traffic->called) {
        if (!contains(to.answers_to, title)) strange_called.insert(title);
      }
      odd_calling |= traffic->odd_calling;
      odd_called |= traffic->odd_called;
      draft.any_calling |= traffic->accepted_odd_calling;
      draft.any_called |= traffic->accepted_odd_called;
      accepted |= traffic->accepted;
      refused += traffic->refused_associations;
      associations += traffic->associations;
      if (traffic->slowest_answer)
        draft.slowest_answer = std::max(draft.slowest_answer.value_or(Duration{}), *traffic->slowest_answer);
    }
    if (draft.any_calling || draft.any_called)
      draft.reviews.insert("review: AE titles that cannot be declared, or more than are kept in mind");
    // What any title may do needs no word of strange ones.
    if (draft.any_calling) odd_calling = false, strange_calling.clear();
    if (draft.any_called) odd_called = false, strange_called.clear();
    const bool strange = !strange_calling.empty() || !strange_called.empty() || odd_calling || odd_called;
    if (refused != 0) {
      draft.reviews.insert("review: " + std::to_string(refused) + " of " + std::to_string(associations) +
                           " associations refused");
    }
    if (accepted && extends_ && strange) {
      name_strangers(draft, strange_calling, strange_called, odd_calling, odd_called);
      flows_.push_back(std::move(draft));
      return;
    }
    if (strange) {
      FlowDraft refused_titles = draft;
      refused_titles.for_refused = true;
      refused_titles.operations = {dimse::kEcho};
      refused_titles.acceptor_operations.clear();
      refused_titles.sop_classes.clear();
      refused_titles.any_sop_class = false;
      refused_titles.move_destinations.clear();
      refused_titles.slowest_answer.reset();
      name_strangers(refused_titles, strange_calling, strange_called, odd_calling, odd_called);
      if (accepted) refused_titles.seen = {};
      refused_titles.carried = {};
      flows_.push_back(std::move(refused_titles));
    }
    if (accepted || !strange) flows_.push_back(std::move(draft));
  }

  // Titles that are nobody's, or not this device's.
  void name_strangers(FlowDraft& draft, const std::set<std::string>& calling, const std::set<std::string>& called,
                      bool odd_calling, bool odd_called) const {
    const auto all_are = [&](const std::set<std::string>& titles, auto member) {
      return std::ranges::all_of(titles, [&](const std::string& title) {
        return std::ranges::any_of(draft_.model.devices,
                                   [&](const Device& device) { return contains(device.*member, title); });
      });
    };
    const auto name = [&](const std::set<std::string>& titles, bool odd, auto member, std::set<std::string>& named,
                          bool& any, std::string_view what) {
      if (titles.empty() && !odd) return;
      any |= odd || !all_are(titles, member);
      if (!any) named.insert(titles.begin(), titles.end());
      draft.reviews.insert("review: " + std::string{what} + ' ' +
                           (titles.empty() ? "a title that cannot be declared" : listed_titles(titles)) +
                           ". Correct it where it is configured, or add it to the device");
    };
    name(calling, odd_calling, &Device::calls_as, draft.calling, draft.any_calling, "calls as");
    name(called, odd_called, &Device::answers_to, draft.called, draft.any_called, "asks for");
  }

  void add_hl7(FlowDraft draft, const std::vector<const SeenTraffic*>& all) {
    draft.kind = Kind::hl7;
    const std::uint32_t from = *draft.from.begin(), to = *draft.to.begin();
    SeenMessages backwards;
    for (const SeenTraffic* const traffic : all) {
      draft.messages.add(traffic->by_opener);
      backwards.add(traffic->by_acceptor);
      if (traffic->slowest_answer)
        draft.slowest_answer = std::max(draft.slowest_answer.value_or(Duration{}), *traffic->slowest_answer);
    }
    if (backwards.count != 0 || !backwards.types.empty() || backwards.any_type) {
      // Messages are held against the flows in their direction, if there are any.
      if (hl7_ways_.contains({to, from}) || is_known_hl7(to, from)) {
        backwards_.push_back({from, to, draft.ports, backwards});
      } else {
        draft.messages.types.insert(backwards.types.begin(), backwards.types.end());
        draft.messages.any_type |= backwards.any_type;
        draft.reviews.insert("review: who listens sends messages, too: " + listed_titles(backwards.types));
      }
    }
    flows_.push_back(std::move(draft));
  }

  [[nodiscard]] bool is_known_hl7(std::uint32_t from, std::uint32_t to) const {
    if (from >= known_devices_ || to >= known_devices_) return false;
    return std::ranges::any_of(lookup_->flows_between(from, to), [this](const Flow* flow) {
      return draft_.model.services[flow->service].protocol == ServiceProtocol::hl7;
    });
  }

  struct Backwards {
    std::uint32_t opener, acceptor;
    std::set<std::uint16_t> ports;
    SeenMessages messages;
  };

  void add_messages_backwards() {
    for (const Backwards& back : backwards_) {
      bool told = false;
      for (FlowDraft& flow : flows_) {
        if (flow.kind != Kind::hl7 || !flow.from.contains(back.acceptor) || !flow.to.contains(back.opener)) continue;
        flow.messages.add(back.messages);
        told = true;
      }
      if (told) continue;
      FlowDraft draft;
      draft.kind = Kind::hl7;
      draft.from = {back.acceptor};
      draft.to = {back.opener};
      draft.transport = Transport::tcp;
      draft.ports = back.ports;
      draft.messages = back.messages;
      draft.reviews.insert("review: sent on a connection that its receiver opens");
      flows_.push_back(std::move(draft));
    }
  }

  void add_other(FlowDraft draft, const std::vector<const SeenTraffic*>& all) {
    draft.kind = Kind::other;
    std::uint64_t unanswered = 0;
    for (const SeenTraffic* const traffic : all) unanswered += traffic->unanswered;
    if (draft.seen.count != 0 && unanswered >= draft.seen.count)
      draft.reviews.insert("review: nobody answered. Declare it only if it is meant to be");
    else if (unanswered != 0)
      draft.reviews.insert("review: some were not answered");
    flows_.push_back(std::move(draft));
  }

  // Whoever does the same with the same device on the same port, then whoever the same do the same with: only what was
  // seen of every pair.
  void merge_flows() {
    join_many_ports();
    for (const auto side : {&FlowDraft::from, &FlowDraft::to}) {
      const auto other = side == &FlowDraft::from ? &FlowDraft::to : &FlowDraft::from;
      std::vector<FlowDraft> merged;
      std::map<std::string, std::size_t> places;
      for (FlowDraft& flow : flows_) {
        const auto [place, is_new] = places.emplace(likeness_of(flow, flow.*other, flow.*side), merged.size());
        if (is_new) {
          merged.push_back(std::move(flow));
          continue;
        }
        merge(merged[place->second], flow);
      }
      flows_ = std::move(merged);
    }
  }

  // Who tries many ports is told once.
  void join_many_ports() {
    std::map<std::tuple<std::uint32_t, std::uint32_t, Transport>, std::vector<std::size_t>> pairs;
    for (std::size_t i = 0; i < flows_.size(); ++i) {
      if (flows_[i].kind == Kind::other)
        pairs[{*flows_[i].from.begin(), *flows_[i].to.begin(), flows_[i].transport}].push_back(i);
    }
    std::vector<bool> gone(flows_.size());
    for (const auto& [pair, places] : pairs) {
      if (places.size() <= kPortsTold) continue;
      for (std::size_t i = 1; i < places.size(); ++i) {
        merge(flows_[places.front()], flows_[places[i]]);
        gone[places[i]] = true;
      }
      flows_[places.front()].reviews.insert("review: many ports, as a scan tries them");
    }
    std::size_t index = 0;
    std::erase_if(flows_, [&](const FlowDraft&) { return gone[index++]; });
  }

  [[nodiscard]] std::string likeness_of(const FlowDraft& flow, const std::set<std::uint32_t>& other,
                                        const std::set<std::uint32_t>& side) const {
    std::string likeness;
    const auto append = [&likeness](const auto& values) {
      for (const auto& value : values) {
        if constexpr (std::is_convertible_v<decltype(value), std::string_view>) {
          likeness += value;
        } else {
          likeness += std::to_string(static_cast<std::uint64_t>(value));
        }
        likeness += ',';
      }
      likeness += '|';
    };
    append(std::initializer_list<std::uint64_t>{
        static_cast<std::uint64_t>(flow.kind), flow.within_tls, flow.for_refused, flow.any_calling, flow.any_called,
        static_cast<std::uint64_t>(flow.transport), flow.messages.any_type, flow.messages.any_processing_id});
    append(other);
    append(flow.ports);
    append(flow.calling);
    append(flow.called);
    append(flow.operations);
    append(flow.acceptor_operations);
    append(flow.messages.types);
    append(flow.messages.modes);
    append(flow.messages.processing_ids);
    if (flow.for_refused) append(flow.reviews);
    if (flow.kind != Kind::other) {
      std::set<std::uint64_t> roles;
      for (const std::uint32_t one : side) roles.insert(static_cast<std::uint64_t>(device(one).role));
      append(roles);
    } else {
      append(std::initializer_list<std::uint64_t>{flow.reviews.empty()});
    }
    return likeness;
  }

  static void merge(FlowDraft& all, const FlowDraft& more) {
    const auto insert = [](auto& to, const auto& from) { to.insert(from.begin(), from.end()); };
    insert(all.from, more.from);
    insert(all.to, more.to);
    insert(all.ports, more.ports);
    insert(all.sop_classes, more.sop_classes);
    insert(all.move_destinations, more.move_destinations);
    insert(all.reviews, more.reviews);
    all.any_sop_class |= more.any_sop_class;
    all.messages.add(more.messages);
    all.seen.add(more.seen);
    all.carried.add(more.carried);
    if (more.slowest_answer)
      all.slowest_answer = std::max(all.slowest_answer.value_or(Duration{}), *more.slowest_answer);
  }

  void make_flows() {
    count_ports();
    for (const FlowDraft& draft : flows_) make_flow(draft);
    tell_contradictions_apart();
    remark_on_services();
  }

  // The port on which most of a protocol goes needs no name.
  void count_ports() {
    for (const FlowDraft& draft : flows_) {
      for (const std::uint16_t port : draft.ports)
        port_counts_[{draft.kind, draft.within_tls}][port] += draft.seen.count;
    }
  }

  void make_flow(const FlowDraft& draft) {
    const auto index = static_cast<std::uint32_t>(draft_.model.flows.size());
    Flow flow;
    flow.ports = ranges_of(draft.ports);
    flow.service = service_of(draft);
    seen_of_services_[flow.service].add(draft.seen);
    const Service& service = draft_.model.services[flow.service];
    flow.from = parties_of(draft.from, draft.kind, draft.to);
    flow.to = parties_of(draft.to, draft.kind, draft.from);
    flow.name = flow_names_.unique(name_of(flow.from) + "-to-" + name_of(flow.to) +
                                   (draft.kind == Kind::other ? '-' + service.name : "") +
                                   (draft.for_refused ? "-refused" : ""));
    if (draft.kind == Kind::dicom) declare_dicom(draft, flow);
    if (draft.kind == Kind::hl7) declare_hl7(draft, flow);
    Remarks remarks;
    if (draft.seen.count != 0) remarks.push_back(sighting_text(draft.seen, "connection"));
    if (draft.carried.count != 0)
      remarks.push_back(sighting_text(draft.carried, draft.kind == Kind::dicom ? "operation" : "message"));
    if (draft.slowest_answer) {
      const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(*draft.slowest_answer).count();
      remarks.push_back("slowest answer " + std::to_string(milliseconds) + " ms");
    }
    remarks.insert(remarks.end(), draft.reviews.begin(), draft.reviews.end());
    if (draft.for_refused)
      remarks.emplace_back("review: seen refused alone, and declared to be silent. Leave it out to be told");
    remark(draft_.remarks.flows, index, std::move(remarks));
    draft_.model.flows.push_back(std::move(flow));
  }

  static std::vector<PortRange> ranges_of(const std::set<std::uint16_t>& ports) {
    constexpr std::size_t kMost = 32;
    std::vector<PortRange> ranges;
    for (const std::uint16_t port : ports) {
      if (!ranges.empty() && ranges.back().last + 1 == port) {
        ranges.back().last = port;
      } else {
        ranges.push_back({port, port});
      }
    }
    if (ranges.size() > kMost) return {{ranges.front().first, ranges.back().last}};
    return ranges;
  }

  std::uint32_t service_of(const FlowDraft& draft) {
    const ServiceProtocol protocol = draft.kind == Kind::dicom ? ServiceProtocol::dicom
                                     : draft.kind == Kind::hl7 ? ServiceProtocol::hl7
                                                               : ServiceProtocol::other;
    std::vector<Service>& services = draft_.model.services;
    const auto is_for = [&](const Service& service) {
      return service.protocol == protocol && (service.tls == TransportSecurity::required) == draft.within_tls &&
             service.tls != TransportSecurity::forbidden &&
             std::ranges::find(service.transports, draft.transport) != service.transports.end();
    };
    const auto has_ports = [&](const Service& service) {
      return std::ranges::all_of(draft.ports, [&](std::uint16_t port) {
        return std::ranges::any_of(service.ports, [port](const PortRange& range) { return range.contains(port); });
      });
    };
    const auto found =
        std::ranges::find_if(services, [&](const Service& service) { return is_for(service) && has_ports(service); });
    if (found != services.end()) return static_cast<std::uint32_t>(found - services.begin());
    Service service{.name = {},
                    .description = {},
                    .protocol = protocol,
                    .transports = {draft.transport},
                    .ports = {},
                    .tls = draft.within_tls ? TransportSecurity::required : TransportSecurity::allowed};
    const std::string base = protocol == ServiceProtocol::other
                                 ? std::string{}
                                 : std::string{to_text(protocol)} + (draft.within_tls ? "-tls" : "");
    const bool many = draft.ports.size() > kPortsTold;
    const std::uint16_t port = *draft.ports.begin();
    const auto& counts = port_counts_[{draft.kind, draft.within_tls}];
    const auto main = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
    if (protocol == ServiceProtocol::other) {
      service.name = many ? "various" : std::string{well_known_service(port)};
      if (service.name.empty())
        service.name = (draft.transport == Transport::tcp ? "tcp-" : "udp-") + std::to_string(port);
    } else {
      service.name = main != counts.end() && main->first == port ? base : base + '-' + std::to_string(port);
    }
    service.name = service_names_.unique(service.name);
    service.ports = many ? std::vector<PortRange>{{1, 65535}} : ranges_of(draft.ports);
    services.push_back(std::move(service));
    return static_cast<std::uint32_t>(services.size() - 1);
  }

  // Devices that flows name together are a group, unless there are few.
  std::vector<Party> parties_of(const std::set<std::uint32_t>& devices, Kind kind,
                                const std::set<std::uint32_t>& others) {
    std::vector<Party> parties;
    constexpr std::size_t kFew = 2;
    if (devices.size() <= kFew || extends_) {
      for (const std::uint32_t one : devices) parties.push_back({Party::Kind::device, one});
      return parties;
    }
    const auto found = groups_.find(devices);
    if (found != groups_.end()) return {{Party::Kind::group, found->second}};
    std::set<DeviceRole> roles;
    for (const std::uint32_t one : devices) roles.insert(device(one).role);
    std::string name = roles.size() == 1 && *roles.begin() != DeviceRole::unspecified
                           ? std::string{plural_of(*roles.begin())}
                       : others.size() == 1  ? "around-" + device(*others.begin()).name
                       : kind == Kind::other ? "many"
                                             : "several";
    Group group{.name = party_names_.unique(name), .description = {}, .devices = {devices.begin(), devices.end()}};
    const auto index = static_cast<std::uint32_t>(draft_.model.groups.size());
    draft_.model.groups.push_back(std::move(group));
    groups_[devices] = index;
    return {{Party::Kind::group, index}};
  }

  [[nodiscard]] std::string name_of(const std::vector<Party>& parties) const {
    const Party& party = parties.front();
    std::string name =
        party.kind == Party::Kind::group ? draft_.model.groups[party.index].name : device(party.index).name;
    if (parties.size() > 1) name += "-and-" + device(parties[1].index).name;
    return name;
  }

  void declare_dicom(const FlowDraft& draft, Flow& flow) {
    const auto titles = [&](bool any, const std::set<std::string>& named, const std::set<std::uint32_t>& ends,
                            auto titles_of) -> std::optional<Allowed<std::string>> {
      if (any) return Allowed<std::string>::all();
      std::set<std::string> all = named;
      bool bound = true;
      for (const std::uint32_t end : ends) {
        const std::vector<std::string> own = titles_of(device(end));
        bound &= !own.empty();
        if (!named.empty()) all.insert(own.begin(), own.end());
      }
      if (!bound) return Allowed<std::string>::all();
      if (named.empty()) return std::nullopt;
      return Allowed<std::string>{.any = false, .values = {all.begin(), all.end()}};
    };
    flow.calling_ae = titles(draft.any_calling, draft.calling, draft.from, [](const Device& device) {
      std::vector<std::string> own = device.calls_as;
      own.insert(own.end(), device.presents.begin(), device.presents.end());
      return own;
    });
    flow.called_ae =
        titles(draft.any_called, draft.called, draft.to, [](const Device& device) { return device.answers_to; });
    if (draft.any_content) {
      flow.operations.any = flow.sop_classes.any = flow.move_destinations.any = true;
      return;
    }
    flow.operations = operations_of(draft.operations);
    // What a C-GET brings needs no word.
    std::set<std::uint16_t> by_acceptor = draft.acceptor_operations;
    if (allows_operation(flow, dimse::kGet, Invoker::opener)) by_acceptor.erase(dimse::kStore);
    flow.acceptor_operations = operations_of(by_acceptor);
    if (!flow.operations.any && flow.operations.values.empty()) flow.operations.values = {dimse::kEcho};
    declare_sop_classes(draft, flow);
    if (allows_operation(flow, dimse::kMove, Invoker::opener)) declare_move_destinations(draft, flow);
  }

  static Operations operations_of(const std::set<std::uint16_t>& fields) {
    Operations operations;
    for (const std::uint16_t field : fields) {
      if (dicom_command_name(field).empty() || field == dimse::kCancel || (field & dimse::kResponseBit) != 0)
        operations.any = true;
    }
    if (!operations.any) operations.values = {fields.begin(), fields.end()};
    // C-ECHO first, as people write it.
    std::ranges::stable_sort(operations.values, std::greater{},
                             [](std::uint16_t field) { return field == dimse::kEcho; });
    return operations;
  }

  static void declare_sop_classes(const FlowDraft& draft, Flow& flow) {
    const auto only_echoes = [](const Operations& operations) {
      return !operations.any &&
             std::ranges::all_of(operations.values, [](auto field) { return field == dimse::kEcho; });
    };
    SopClasses& classes = flow.sop_classes;
    if (draft.any_sop_class) {
      classes.any = true;
      return;
    }
    const FamilyMask storage = family_from("storage").value_or(0);
    std::map<FamilyMask, std::vector<std::string>> families;
    for (const std::string& uid : draft.sop_classes) families[family_of(uid)].push_back(uid);
    for (const auto& [family, uids] : families) {
      const bool general = family != 0 && (uids.size() > 1 || (family & storage) == 0);
      if (general) {
        classes.families |= family;
      } else {
        classes.uids.insert(classes.uids.end(), uids.begin(), uids.end());
      }
    }
    if (classes.families != 0 || !classes.uids.empty()) return;
    if (!only_echoes(flow.operations) || !only_echoes(flow.acceptor_operations)) classes.any = true;
  }

  void declare_move_destinations(const FlowDraft& draft, Flow& flow) const {
    for (const std::string& title : draft.move_destinations) {
      if (undeclared_destinations_.contains(title)) continue;
      flow.move_destinations.values.push_back(title);
    }
    if (flow.move_destinations.values.empty()) flow.move_destinations.any = true;
  }

  static void declare_hl7(const FlowDraft& draft, Flow& flow) {
    const SeenMessages& messages = draft.messages;
    const auto codes = [](const std::set<std::string>& values, bool any) {
      if (any || values.empty()) return Allowed<std::string>::all();
      return Allowed<std::string>{.any = false, .values = {values.begin(), values.end()}};
    };
    const auto ends = [](const std::set<std::string>& names, bool any) {
      constexpr std::size_t kMost = 24;
      if (any || names.empty() || names.size() > kMost) return Allowed<Hl7End>::all();
      Allowed<Hl7End> allowed;
      for (const std::string& name : names) allowed.values.push_back(*hl7_end_from(name));
      return allowed;
    };
    flow.message_types = codes(general_types(messages.types), messages.any_type);
    flow.hl7.senders = ends(messages.senders, messages.any_sender);
    flow.hl7.receivers = ends(messages.receivers, messages.any_receiver);
    flow.hl7.versions = codes(messages.versions, messages.any_version);
    if (messages.any_processing_id)
      flow.hl7.processing_ids = Allowed<std::string>::all();
    else if (!messages.processing_ids.empty())
      flow.hl7.processing_ids = codes(messages.processing_ids, false);
    if (messages.modes.size() == 1) flow.hl7.ack_mode = *messages.modes.begin();
  }

  // ADT^A01 and ADT^A08 are ADT^*.
  static std::set<std::string> general_types(const std::set<std::string>& types) {
    std::map<std::string, std::vector<std::string>> by_code;
    for (const std::string& type : types) by_code[type.substr(0, type.find('^'))].push_back(type);
    std::set<std::string> general;
    for (const auto& [code, of_it] : by_code) {
      if (of_it.size() > 1) {
        general.insert(code + "^*");
        // A message without an event is not of it.
        if (types.contains(code)) general.insert(code);
      } else {
        general.insert(of_it.front());
      }
    }
    return general;
  }

  // A model may not declare two protocols for the same ends and ports: one of them gets a group of its own.
  void tell_contradictions_apart() {
    std::vector<Flow>& flows = draft_.model.flows;
    const auto key_of = [&](const Flow& flow) {
      std::string key;
      for (const auto* parties : {&flow.from, &flow.to}) {
        std::set<std::pair<int, std::uint32_t>> sorted;
        for (const Party& party : *parties) sorted.insert({static_cast<int>(party.kind), party.index});
        for (const auto& [kind, index] : sorted) key += std::to_string(kind) + ':' + std::to_string(index) + ',';
        key += '|';
      }
      for (const PortRange& range : flow.ports) key += to_text(range) + ',';
      return key;
    };
    std::map<std::string, ServiceProtocol> protocols;
    for (Flow& flow : flows) {
      const ServiceProtocol protocol = draft_.model.services[flow.service].protocol;
      const auto [found, is_new] = protocols.emplace(key_of(flow), protocol);
      if (is_new || found->second == protocol) continue;
      const auto index = static_cast<std::uint32_t>(draft_.model.groups.size());
      std::set<std::uint32_t> devices;
      for (const Party& party : flow.from) {
        for (const std::uint32_t one : devices_of(draft_.model, party)) devices.insert(one);
      }
      draft_.model.groups.push_back({.name = party_names_.unique(flow.name + "-openers"),
                                     .description = "Speak more than one protocol to the same port",
                                     .devices = {devices.begin(), devices.end()}});
      flow.from = {{Party::Kind::group, index}};
    }
  }

  // Where conduits are declared, a flow needs one.
  void make_conduits() {
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

  [[nodiscard]] std::set<std::uint32_t> zones_of(const std::vector<Party>& parties) const {
    std::set<std::uint32_t> zones;
    for (const Party& party : parties) {
      for (const std::uint32_t one : devices_of(draft_.model, party)) zones.insert(device(one).zone);
    }
    return zones;
  }

  [[nodiscard]] bool is_conducted(std::uint32_t from, std::uint32_t to, std::uint32_t service) const {
    return std::ranges::any_of(draft_.model.conduits, [&](const Conduit& conduit) {
      return conduit.from == from && conduit.to == to &&
             (conduit.services.empty() || std::ranges::find(conduit.services, service) != conduit.services.end());
    });
  }

  // ---- remarks

  static void remark(std::vector<Remarks>& all, std::size_t index, Remarks remarks) {
    if (all.size() <= index) all.resize(index + 1);
    all[index] = std::move(remarks);
  }

  void remark_on_devices() {
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      const SeenHost& host = hosts_[i];
      const auto index = static_cast<std::uint32_t>(known_devices_ + i);
      Remarks remarks;
      if (host.seen.count != 0) remarks.push_back(sighting_text(host.seen, "connection"));
      if (const std::string hint = hint_of(host); !hint.empty()) remarks.push_back("calls itself " + hint);
      if (!host.never_accepted.empty())
        remarks.push_back("review: nobody accepted it as " + listed_titles(host.never_accepted));
      if (!host.implementations_complete)
        remarks.emplace_back("review: software that cannot be declared in full is left out");
      const auto found = reviews_.find(index);
      if (found != reviews_.end()) remarks.insert(remarks.end(), found->second.begin(), found->second.end());
      remark(draft_.remarks.devices, index, std::move(remarks));
    }
  }

  [[nodiscard]] std::string hint_of(const SeenHost& host) const {
    if (!fingerprints_) return {};
    std::set<std::string> hints;
    for (const auto& [uid, version] : host.implementations) {
      const ImplementationHint hint = fingerprints_->find(uid, version);
      const std::string_view what = !hint.product.empty() ? hint.product : hint.toolkit;
      if (what.empty()) continue;
      hints.insert(std::string{what} + (hint.version.empty() ? "" : " ") + std::string{hint.version} + " (" +
                   std::string{to_text(hint.confidence)} + " confidence)");
    }
    return hints.empty() ? std::string{} : listed_titles(hints);
  }

  void remark_on_services() {
    for (std::size_t i = known_services_; i < draft_.model.services.size(); ++i) {
      Remarks remarks;
      const auto seen = seen_of_services_.find(i);
      if (seen != seen_of_services_.end() && seen->second.count != 0)
        remarks.push_back(sighting_text(seen->second, "connection"));
      if (draft_.model.services[i].tls == TransportSecurity::required) remarks.emplace_back("seen within TLS alone");
      remark(draft_.remarks.services, i, std::move(remarks));
    }
  }

  // A title of two devices is told as shared, and no more as used from two places.
  void remark_on_shared_titles() {
    std::map<std::string, std::set<std::uint32_t>> callers;
    const std::vector<Device>& devices = draft_.model.devices;
    for (std::uint32_t i = 0; i < devices.size(); ++i) {
      for (const std::string& title : devices[i].calls_as) callers[title].insert(i);
    }
    for (const auto& [title, sharing] : callers) {
      for (const std::uint32_t one : sharing) {
        std::set<std::string> others;
        for (const std::uint32_t other : sharing) {
          if (other != one) others.insert(devices[other].name);
        }
        if (one < known_devices_ || others.empty()) continue;
        reviews_[one].insert("review: calls as " + yaml_scalar(title) + ", as " + listed_titles(others) +
                             " does. If it is not meant to be shared, one of them is not who it says");
      }
    }
  }

  void remark_on_model() {
    for (const std::string& title : undeclared_destinations_) {
      draft_.remarks.foot.push_back("not proposed: " + yaml_scalar(title) +
                                    " is a C-MOVE's destination and no device's title; add it to its device");
    }
  }

  [[nodiscard]] const Device& device(std::uint32_t index) const { return draft_.model.devices[index]; }

  const Learner& learner_;
  const Fingerprints* fingerprints_;
  bool extends_;  ///< a model that is there
  std::optional<Lookup> lookup_;
  std::size_t known_devices_ = 0, known_zones_ = 0, known_services_ = 0;
  Draft draft_;
  std::vector<SeenHost> hosts_;                    // of each new device
  std::vector<std::vector<IpAddress>> addresses_;  // likewise
  std::map<IpAddress, std::uint32_t> device_of_;
  std::map<MacAddress, std::vector<IpAddress>> addresses_of_mac_;
  std::map<std::size_t, Sighting> seen_of_services_;
  std::map<std::uint32_t, std::set<std::string>> reviews_;
  std::set<std::string> undeclared_destinations_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> hl7_ways_;
  std::vector<Backwards> backwards_;
  std::vector<FlowDraft> flows_;
  std::map<std::pair<Kind, bool>, std::map<std::uint16_t, std::uint64_t>> port_counts_;
  std::map<std::set<std::uint32_t>, std::uint32_t> groups_;
  Names zone_names_, party_names_, service_names_, flow_names_;
};

}  // namespace

Draft draft_model(const Learner& learner, const Fingerprints* fingerprints, const Model* known) {
  return Drafting{learner, fingerprints, known}.run();
}

}  // namespace dcmwatch
