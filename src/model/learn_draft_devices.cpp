// Who is there, by which names and as what; what of them a person should look at.
#include "model/learn_drafting.h"

#include <algorithm>
#include <functional>

#include "event/dicom_names.h"
#include "model/learn_names.h"

namespace dcmwatch {
namespace {

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

}  // namespace

// Addresses of IPv4 and IPv6 are one device's where their one MAC is nobody else's, one title is both's, and they say
// the same of their software. Everybody else is a device for himself.
void Drafting::join_addresses() {
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

bool Drafting::are_surely_one(const IpAddress& v4, const IpAddress& v6) const {
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
std::optional<std::uint32_t> Drafting::known_device(const IpAddress& address) const {
  if (!lookup_) return std::nullopt;
  const auto devices = lookup_->devices_at(address);
  return devices.empty() ? std::nullopt : std::optional{devices.front()};
}

void Drafting::make_devices() {
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
bool Drafting::is_alone_with(const MacAddress& mac, std::size_t index) const {
  return std::ranges::all_of(addresses_of_mac_.at(mac), [&](const IpAddress& address) {
    return device_of_.at(address) == known_devices_ + index;
  });
}

std::vector<std::size_t> Drafting::pinged_by_device() const {
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

std::string Drafting::main_title(const SeenHost& host) {
  std::map<std::string, std::uint64_t> accepted = host.calls_as;
  for (const std::string& title : host.never_accepted) accepted.erase(title);
  for (const auto& [title, count] : host.answers_to) accepted[title] += count;
  const auto titles = by_count(accepted);
  if (!titles.empty()) return titles.front();
  return host.applications.size() == 1 ? *host.applications.begin() : std::string{};
}

// Whoever calls by such a title answers to it; where nobody does, who asked.
void Drafting::declare_move_destinations() {
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

void Drafting::remark_on_devices() {
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

std::string Drafting::hint_of(const SeenHost& host) const {
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

// A title of two devices is told as shared, and no more as used from two places.
void Drafting::remark_on_shared_titles() {
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

}  // namespace dcmwatch
