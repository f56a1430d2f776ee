#include "model/account.h"

#include <algorithm>
#include <map>
#include <set>

namespace dcmwatch {
namespace {

using Names = std::vector<std::string>;

std::string listed_names(const Names& names) {
  const std::vector<std::string_view> views{names.begin(), names.end()};
  return listed(views);
}

/// The names of those of which it is true.
template <typename Things, typename Test>
Names names_of(const Things& things, const Test& is_meant) {
  Names names;
  for (const auto& thing : things) {
    if (is_meant(thing)) names.push_back(thing.name);
  }
  return names;
}

class Warnings {
 public:
  std::vector<ModelWarning> take() { return std::move(warnings_); }

  void add(std::string_view kind, Names names, std::string_view things, std::string_view what) {
    if (names.empty()) return;
    std::string text = std::to_string(names.size());
    text.append(" ").append(names.size() == 1 ? things.substr(0, things.size() - 1) : things);
    text.append(" ").append(what).append(": ").append(listed_names(names));
    warnings_.push_back({kind, std::move(names), std::move(text)});
  }

  void add_shared(std::string_view kind, const std::string& what, const std::set<std::string>& devices) {
    if (devices.size() < 2) return;
    Names names{devices.begin(), devices.end()};
    std::string text = what + " by " + listed_names(names);
    warnings_.push_back({kind, std::move(names), std::move(text)});
  }

 private:
  std::vector<ModelWarning> warnings_;
};

Names devices_in_no_flow(const Model& model) {
  std::vector<bool> used(model.devices.size());
  std::set<std::pair<Party::Kind, std::uint32_t>> parties;
  for (const Flow& flow : model.flows) {
    for (const auto* const ends : {&flow.from, &flow.to}) {
      for (const Party& party : *ends) parties.emplace(party.kind, party.index);
    }
  }
  for (const auto& [kind, index] : parties) {
    for (const std::uint32_t device : devices_of(model, {kind, index})) used[device] = true;
  }
  Names names;
  for (std::size_t device = 0; device < used.size(); ++device) {
    if (!used[device]) names.push_back(model.devices[device].name);
  }
  return names;
}

void warn_of_titles(const Model& model, Warnings& warnings) {
  std::map<std::string, std::set<std::string>> devices_of_title;
  std::map<std::string, std::set<std::string>> spellings;
  for (const Device& device : model.devices) {
    for (const auto* const titles : {&device.calls_as, &device.answers_to}) {
      for (const std::string& title : *titles) {
        devices_of_title[title].insert(device.name);
        std::string folded = title;
        std::ranges::transform(folded, folded.begin(),
                               [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
        spellings[folded].insert(title);
      }
    }
  }
  for (const auto& [title, devices] : devices_of_title)
    warnings.add_shared("title_shared", "AE title " + in_quotes(title) + " is used", devices);
  for (const auto& [folded, titles] : spellings) {
    if (titles.size() < 2) continue;
    const Names names{titles.begin(), titles.end()};
    warnings.add("title_case", names, "AE titles", "differ in upper and lower case alone");
  }
}

void warn_of_macs(const Model& model, Warnings& warnings) {
  warnings.add(
      "mac_unchecked",
      names_of(model.devices,
               [&](const Device& device) { return !device.macs.empty() && !model.zones[device.zone].one_segment; }),
      "devices", "whose MAC addresses are not checked, for the zone is not 'one_segment'");
  std::map<MacAddress, std::set<std::string>> devices_of_mac;
  for (const Device& device : model.devices) {
    for (const MacAddress& mac : device.macs) devices_of_mac[mac].insert(device.name);
  }
  for (const auto& [mac, devices] : devices_of_mac)
    warnings.add_shared("mac_shared", "MAC address " + to_text(mac) + " is declared", devices);
}

}  // namespace

std::vector<ModelWarning> warnings_of(const Model& model, Timestamp at) {
  Warnings warnings;
  warnings.add("expired", names_of(model.flows, [at](const Flow& flow) { return flow.expires && *flow.expires <= at; }),
               "flows", "expired");
  warnings.add("device_without_flow", devices_in_no_flow(model), "devices", "in no flow");
  const auto unjustified = [](const Flow& flow) { return flow.justification.empty(); };
  if (!std::ranges::all_of(model.flows, unjustified))
    warnings.add("no_justification", names_of(model.flows, unjustified), "flows",
                 "without a justification, which others have");
  warnings.add("no_security_level",
               names_of(model.zones, [](const Zone& zone) { return !zone.security_level.has_value(); }), "zones",
               "without a security level");
  warn_of_titles(model, warnings);
  warn_of_macs(model, warnings);
  return warnings.take();
}

}  // namespace dcmwatch
