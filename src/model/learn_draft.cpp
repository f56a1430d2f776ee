#include "model/learn_draft.h"

#include <algorithm>
#include <initializer_list>

#include "model/learn_drafting.h"

namespace dcmwatch {
namespace {

bool is_in(const IpAddress& address, std::initializer_list<const char*> networks) {
  return std::ranges::any_of(networks,
                             [&](const char* network) { return Network::parse(network).value().contains(address); });
}

}  // namespace

// RFC 1918, RFC 4193, RFC 6598, RFC 3927, RFC 4291; documentation's and tests' networks count as private.
Drafting::Reach Drafting::reach_of(const IpAddress& address) {
  if (is_in(address, {"169.254.0.0/16", "fe80::/10"})) return Reach::link_local;
  if (is_in(address, {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "192.0.2.0/24",
                      "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "fc00::/7", "2001:db8::/32", "::1/128"}))
    return Reach::private_use;
  return Reach::public_use;
}

Network Drafting::lone(const IpAddress& address) { return Network::around(address, kAddressBits); }

std::string Drafting::counted(std::uint64_t count, std::string_view thing) {
  return std::to_string(count) + ' ' + std::string{thing} + (count == 1 ? "" : "s");
}

std::string Drafting::sighting_text(const Sighting& seen, std::string_view thing) {
  std::string text = counted(seen.count, thing);
  if (seen.first) text += ", " + to_rfc3339(*seen.first).substr(0, 19) + "Z";
  if (seen.last && seen.last != seen.first) text += " to " + to_rfc3339(*seen.last).substr(0, 19) + "Z";
  return text;
}

bool Drafting::contains(const std::vector<std::string>& texts, const std::string& text) {
  return std::ranges::find(texts, text) != texts.end();
}

std::string Drafting::listed_titles(const std::set<std::string>& titles) {
  const std::vector<std::string_view> views{titles.begin(), titles.end()};
  return listed(views);
}

Drafting::Drafting(const Learner& learner, const Fingerprints* fingerprints, const Model* known)
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

Draft Drafting::run() {
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

void Drafting::remark(std::vector<Remarks>& all, std::size_t index, Remarks remarks) {
  if (all.size() <= index) all.resize(index + 1);
  all[index] = std::move(remarks);
}

void Drafting::remark_on_model() {
  for (const std::string& title : undeclared_destinations_) {
    draft_.remarks.foot.push_back("not proposed: " + yaml_scalar(title) +
                                  " is a C-MOVE's destination and no device's title; add it to its device");
  }
}

Draft draft_model(const Learner& learner, const Fingerprints* fingerprints, const Model* known) {
  return Drafting{learner, fingerprints, known}.run();
}

}  // namespace dcmwatch
