#include "model/diagram.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace dcmwatch {
namespace {

constexpr std::size_t kRows = 10;            // of a card
constexpr std::size_t kCardsOfAGroup = 3;    // joined one by one; a larger group has a card of its own
constexpr std::size_t kUndeclaredCards = 3;  // in a zone, each for itself; more share one
constexpr std::size_t kItems = 3;            // of titles, networks, ports

using Index = std::uint32_t;
using End = Diagram::End;

std::string first_few(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size() && i < kItems; ++i) text += (i == 0 ? "" : ", ") + items[i];
  if (items.size() > kItems) text += " +" + std::to_string(items.size() - kItems);
  return text;
}

std::string address_text(const Network& network) {
  constexpr unsigned kLone = 128;
  return network.prefix_bits() == kLone ? to_text(network.base()) : to_text(network);
}

Diagram::Row row_of(const Device& device) {
  std::vector<std::string> titles = device.calls_as;
  for (const std::string& title : device.answers_to) {
    if (std::ranges::find(titles, title) == titles.end()) titles.push_back(title);
  }
  std::string addresses;
  if (!device.addresses.empty()) addresses = address_text(device.addresses.front());
  if (device.addresses.size() > 1) addresses += " +" + std::to_string(device.addresses.size() - 1);
  return {.name = device.name, .titles = first_few(titles), .addresses = addresses, .description = device.description};
}

class Drawing {
 public:
  Drawing(const Model& model, const Sightings* sightings, Folding folding)
      : model_(model), sightings_(sightings), folding_(folding), card_of_(model.devices.size()) {}

  Diagram draw() {
    diagram_.title = model_.name;
    diagram_.denials = model_.denials.size();
    diagram_.overlaid = sightings_ != nullptr;
    add_zones();
    add_devices();
    for (Index flow = 0; flow < model_.flows.size(); ++flow) add_flow(flow);
    if (sightings_) add_undeclared();
    add_conduits();
    return std::move(diagram_);
  }

 private:
  void add_zones() {
    for (const Zone& zone : model_.zones) {
      std::vector<std::string> networks;
      for (const Network& network : zone.networks) networks.push_back(address_text(network));
      diagram_.zones.push_back({.name = zone.name,
                                .purpose = zone.purpose.empty() ? zone.description : zone.purpose,
                                .networks = first_few(networks),
                                .security_level = zone.security_level,
                                .cards = {}});
    }
  }

  // Devices are alike that stand in one zone and are named by no flow but as one of the same groups.
  void add_devices() {
    std::vector<std::vector<Index>> kinds(model_.devices.size());
    if (folding_ != Folding::zones) {
      for (const Flow& flow : model_.flows) {
        for (const auto* parties : {&flow.from, &flow.to}) {
          for (const Party& party : *parties) note(party, kinds);
        }
      }
    }
    std::map<std::pair<Index, std::vector<Index>>, std::size_t> cards;
    for (Index device = 0; device < model_.devices.size(); ++device) {
      std::vector<Index>& kind = kinds[device];
      if (folding_ == Folding::devices) kind = {device};
      std::sort(kind.begin(), kind.end());
      kind.erase(std::unique(kind.begin(), kind.end()), kind.end());
      const Device& declared = model_.devices[device];
      const auto [known, added] = cards.try_emplace({declared.zone, kind}, diagram_.cards.size());
      if (added) {
        diagram_.zones[declared.zone].cards.push_back(known->second);
        diagram_.cards.push_back({.kind = Diagram::Card::Kind::devices,
                                  .zone = declared.zone,
                                  .role = declared.role,
                                  .title = {},
                                  .rows = {},
                                  .not_shown = 0});
      }
      card_of_[device] = known->second;
      Diagram::Card& card = diagram_.cards[known->second];
      if (card.role != declared.role) card.role = DeviceRole::unspecified;
      put_row(card, row_of(declared));
    }
  }

  void note(const Party& party, std::vector<std::vector<Index>>& kinds) const {
    const auto groups = static_cast<Index>(model_.groups.size());
    if (party.kind == Party::Kind::device) kinds[party.index].push_back(groups + party.index);
    if (party.kind != Party::Kind::group) return;
    for (const Index device : model_.groups[party.index].devices) kinds[device].push_back(party.index);
  }

  static void put_row(Diagram::Card& card, Diagram::Row row) {
    if (card.rows.size() < kRows) {
      card.rows.push_back(std::move(row));
    } else {
      ++card.not_shown;
    }
  }

  std::vector<End> ends_of(const Party& party) {
    if (party.kind == Party::Kind::zone) {
      const auto& cards = diagram_.zones[party.index].cards;
      if (cards.size() == 1) return {{End::Kind::card, cards.front()}};
      return {{End::Kind::zone, party.index}};
    }
    std::set<std::size_t> cards;
    for (const Index device : devices_of(model_, party)) cards.insert(card_of_[device]);
    if (cards.size() > kCardsOfAGroup && party.kind == Party::Kind::group) return {group_end(party.index, cards)};
    std::vector<End> ends;
    for (const std::size_t card : cards) ends.push_back({End::Kind::card, card});
    return ends;
  }

  End group_end(Index group, const std::set<std::size_t>& cards) {
    for (std::size_t zone = 0; zone < diagram_.zones.size(); ++zone) {
      const auto& of_zone = diagram_.zones[zone].cards;
      if (cards == std::set(of_zone.begin(), of_zone.end())) return {End::Kind::zone, zone};
    }
    const auto [known, added] = group_cards_.try_emplace(group, diagram_.cards.size());
    if (added) {
      const Group& declared = model_.groups[group];
      std::set<Index> zones;
      for (const Index device : declared.devices) zones.insert(model_.devices[device].zone);
      Diagram::Card card{.kind = Diagram::Card::Kind::group,
                         .zone = std::nullopt,
                         .role = DeviceRole::unspecified,
                         .title = declared.name,
                         .rows = {},
                         .not_shown = 0};
      card.rows.push_back({.name = std::to_string(declared.devices.size()) + " devices in " +
                                   std::to_string(zones.size()) + (zones.size() == 1 ? " zone" : " zones"),
                           .titles = {},
                           .addresses = {},
                           .description = declared.description});
      diagram_.cards.push_back(std::move(card));
    }
    return {End::Kind::card, known->second};
  }

  void add_flow(Index flow) {
    const Flow& declared = model_.flows[flow];
    const Service& service = model_.services[declared.service];
    std::vector<std::string> ports;
    for (const PortRange& range : declared.ports) ports.push_back(to_text(range));
    const Diagram::Label label{.flow = declared.name,
                               .service = service.name + ' ' + first_few(ports),
                               .protocol = service.protocol,
                               .tls = service.tls,
                               .seen = std::nullopt};
    std::set<std::pair<End, End>> joined;
    for (const Party& from : declared.from) {
      for (const Party& to : declared.to) {
        for (const End& one : ends_of(from)) {
          for (const End& other : ends_of(to)) joined.emplace(one, other);
        }
      }
    }
    for (const auto& [from, to] : joined) {
      auto& labels = edge(from, to).labels;
      labels.push_back(label);
      if (sightings_) labels.back().seen = seen_between(flow, from, to);
    }
  }

  [[nodiscard]] SeenFlow seen_between(Index flow, const End& from, const End& to) const {
    SeenFlow seen;
    const std::vector<DeclaredTraffic>& all = sightings_->declared;
    for (auto traffic = std::ranges::lower_bound(all, flow, {}, &DeclaredTraffic::flow);
         traffic != all.end() && traffic->flow == flow; ++traffic) {
      const bool onward = belongs(traffic->from, from) && belongs(traffic->to, to);
      if (!onward && !(belongs(traffic->to, from) && belongs(traffic->from, to))) continue;
      seen.count += traffic->seen.count;
      seen.deviating += traffic->seen.deviating;
      seen.in_part |= traffic->seen.in_part;
      seen.within_tls |= traffic->seen.within_tls;
      seen.in_clear |= traffic->seen.in_clear;
    }
    const bool visible =
        is_in_sight(from) && is_in_sight(to) && !std::ranges::binary_search(sightings_->not_visible, flow);
    seen.out_of_sight = seen.count == 0 && !seen.in_part && !visible;
    return seen;
  }

  [[nodiscard]] bool is_in_sight(const End& end) const {
    const std::vector<bool>& in_sight = sightings_->devices_in_sight;
    for (Index device = 0; device < in_sight.size(); ++device) {
      if (in_sight[device] && belongs(device, end)) return true;
    }
    return false;
  }

  [[nodiscard]] bool belongs(Index device, const End& end) const {
    if (end.kind == End::Kind::zone) return model_.devices[device].zone == end.index;
    if (card_of_[device] == end.index) return true;
    return std::ranges::any_of(group_cards_, [&](const auto& group) {
      return group.second == end.index &&
             std::ranges::find(model_.groups[group.first].devices, device) != model_.groups[group.first].devices.end();
    });
  }

  // Those that deviate lie over the declared ones, so they are edges of their own.
  Diagram::Edge& edge(const End& from, const End& to, bool declared = true) {
    const auto [known, added] = edges_.try_emplace({from, to, declared}, diagram_.edges.size());
    if (added) diagram_.edges.push_back({.from = from, .to = to, .labels = {}, .undeclared = {}});
    return diagram_.edges[known->second];
  }

  void add_undeclared() {
    std::map<std::optional<Index>, std::set<std::string>> strangers;  // by zone
    const auto note = [&](const SeenEnd& end) {
      if (!end.device) strangers[end.zone].insert(end.address);
    };
    for (const UndeclaredTraffic& traffic : sightings_->undeclared) {
      note(traffic.from);
      if (traffic.to) note(*traffic.to);
    }
    std::map<std::string, std::size_t> cards;
    for (const auto& [zone, addresses] : strangers) add_strangers(zone, addresses, cards);
    const auto end_of = [&](const SeenEnd& end) {
      return End{End::Kind::card, end.device ? card_of_[*end.device] : cards.at(end.address)};
    };
    for (const UndeclaredTraffic& traffic : sightings_->undeclared) {
      if (traffic.to) edge(end_of(traffic.from), end_of(*traffic.to), false).undeclared[traffic.what] += traffic.count;
    }
  }

  void add_strangers(std::optional<Index> zone, const std::set<std::string>& addresses,
                     std::map<std::string, std::size_t>& cards) {
    const bool together = addresses.size() > kUndeclaredCards;
    bool first = true;
    for (const std::string& address : addresses) {
      if (first || !together) {
        if (zone) diagram_.zones[*zone].cards.push_back(diagram_.cards.size());
        diagram_.cards.push_back(
            {.kind = Diagram::Card::Kind::undeclared,
             .zone = zone,
             .role = DeviceRole::unspecified,
             .title = together ? "undeclared (" + std::to_string(addresses.size()) + ')' : "undeclared",
             .rows = {},
             .not_shown = 0});
        first = false;
      }
      cards[address] = diagram_.cards.size() - 1;
      put_row(diagram_.cards.back(), {.name = address, .titles = {}, .addresses = {}, .description = {}});
    }
  }

  void add_conduits() {
    for (const Conduit& conduit : model_.conduits) {
      std::vector<std::string> services;
      for (const Index service : conduit.services) services.push_back(model_.services[service].name);
      diagram_.conduits.push_back({.name = conduit.name,
                                   .services = services.empty() ? "any service" : first_few(services),
                                   .from = conduit.from,
                                   .to = conduit.to});
    }
  }

  const Model& model_;
  const Sightings* sightings_;
  Folding folding_;
  std::vector<std::size_t> card_of_;  ///< by device
  std::map<Index, std::size_t> group_cards_;
  std::map<std::tuple<End, End, bool>, std::size_t> edges_;
  Diagram diagram_;
};

}  // namespace

namespace {

template <typename Test>
bool all_labels(const Diagram::Edge& edge, const Test& test) {
  return !edge.labels.empty() && std::ranges::all_of(edge.labels, test);
}

bool was_seen(const Diagram::Label& label) { return label.seen && (label.seen->count != 0 || label.seen->in_part); }

}  // namespace

bool Diagram::Edge::silent() const {
  return !out_of_sight() && all_labels(*this, [](const Label& label) { return label.seen && !was_seen(label); });
}

bool Diagram::Edge::out_of_sight() const {
  return all_labels(*this, [](const Label& label) { return label.seen && label.seen->out_of_sight; });
}

bool Diagram::Edge::hidden() const {
  return std::ranges::any_of(labels, was_seen) &&
         all_labels(*this, [](const Label& label) { return label.seen && label.seen->count == 0; });
}

bool Diagram::Edge::within_tls() const {
  return all_labels(*this, [](const Label& label) {
    if (was_seen(label) && (label.seen->within_tls || label.seen->in_clear)) return !label.seen->in_clear;
    return label.tls == TransportSecurity::required;
  });
}

Diagram diagram_of(const Model& model, const Sightings* sightings, Folding folding) {
  return Drawing{model, sightings, folding}.draw();
}

}  // namespace dcmwatch
