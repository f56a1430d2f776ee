#include <algorithm>
#include <initializer_list>

#include "base/group_address.h"
#include "base/text.h"
#include "model/allowance.h"
#include "model/judgement.h"

namespace dcmwatch {
namespace {

constexpr std::string_view kOutside = "outside every zone";
constexpr unsigned kMappedBits = 96, kAddressBits = 128, kLongestBroadcastPrefix = 126;

std::string_view name_of(Transport transport) { return transport == Transport::tcp ? "tcp" : "udp"; }

std::string port_text(std::uint16_t port, Transport transport) {
  return std::to_string(port) + '/' + std::string{name_of(transport)};
}

// Of those where a device listens; a scan of one that listens on thousands is told no slower.
constexpr std::size_t kPortsTold = 32;

bool has_no_address(const Endpoint& endpoint) {
  static const IpAddress kNobody = IpAddress::parse("0.0.0.0").value();
  return endpoint.address == kNobody || endpoint.address == IpAddress{};
}

bool calls_declared_places(const Event& event) {
  const auto* const connection = std::get_if<ConnectionFact>(&event.facts);
  return connection && connection->attempts && connection->attempts->declared_throughout();
}

bool is_in(const IpAddress& address, std::initializer_list<Network> networks) {
  return std::ranges::any_of(networks, [&](const Network& network) { return network.contains(address); });
}

// RFC 3927, RFC 4291 2.5.6: of the segment on which it was seen, and routed nowhere.
bool is_link_local(const IpAddress& address) {
  static const Network kV4 = Network::parse("169.254.0.0/16").value(), kV6 = Network::parse("fe80::/10").value();
  return is_in(address, {kV4, kV6});
}

// RFC 1918, RFC 4193
bool is_private(const IpAddress& address) {
  static const Network kA = Network::parse("10.0.0.0/8").value(), kB = Network::parse("172.16.0.0/12").value(),
                       kC = Network::parse("192.168.0.0/16").value(), kV6 = Network::parse("fc00::/7").value();
  return is_in(address, {kA, kB, kC, kV6});
}

// Packets to everybody are no conversation between two devices.
bool is_to_everybody(const Parties& parties, const End& destination) {
  if (parties.transport != Transport::udp) return false;
  const auto& bytes = parties.destination.address.bytes();
  if (is_multicast(parties.destination.address)) return true;
  if (!parties.destination.address.is_v4()) return false;
  const auto all_ones_from = [&bytes](unsigned first_bit) {
    for (unsigned bit = first_bit; bit < kAddressBits; ++bit) {
      if ((bytes[bit / 8] >> (7 - bit % 8) & 1) == 0) return false;
    }
    return true;
  };
  if (all_ones_from(kMappedBits)) return true;  // RFC 919
  return destination.zone && destination.zone->prefix_bits <= kLongestBroadcastPrefix &&
         all_ones_from(destination.zone->prefix_bits);
}

// What is declared as a protocol that dcmwatch decodes.
bool is_told_by_content(Protocol protocol) {
  return protocol == Protocol::dicom || protocol == Protocol::hl7 || protocol == Protocol::hllp;
}

bool is_clear(Protocol protocol) { return is_told_by_content(protocol) || protocol == Protocol::http; }

std::string end_text(const std::string& names, const Endpoint& endpoint) {
  return names.empty() ? to_text(endpoint.address) : names;
}

}  // namespace

// Where the times of a handshake are not known, by what remains: of an opener who is known by a SYN or SYN-ACK, an
// acceptor that sent something and did not end it by a RST.
bool accepted(const Event& event, const ConnectionFact& connection) {
  if (event.parties.transport != Transport::tcp || !event.parties.opener_known) return false;
  // Of many in one record, what all of them share: zero, if not the port.
  if (connection.attempts) return connection.end == ConnectionEnd::answered && event.parties.destination.port != 0;
  if (connection.handshake_time || connection.round_trip_to_acceptor) return true;
  return !event.visibility.joined_midway && connection.packets[1] != 0 && connection.end &&
         connection.end != ConnectionEnd::reset;
}

Unheard unheard_end(const Event& event, const ConnectionFact& connection) {
  if (event.proven || (connection.packets[0] != 0) == (connection.packets[1] != 0)) return Unheard::neither;
  if (connection.packets[0] == 0) return Unheard::source;
  const bool called = event.parties.opener_known || event.parties.transport == Transport::udp;
  return called ? Unheard::neither : Unheard::destination;
}

// Known as TLS it would be by the first bytes of either direction. As long as it goes on it may turn out to be
// anything.
bool begins_without_tls(const Event& event, const ConnectionFact& connection) {
  constexpr std::uint64_t kEnoughToTell = 8;
  Visibility hidden = event.visibility;
  hidden.unfinished = false;  // its beginning was seen
  return event.protocol == Protocol::unidentified && event.phase == Phase::end && !connection.attempts &&
         !hidden.impaired() && std::ranges::min(connection.bytes) >= kEnoughToTell;
}

void Judgement::judge_path() {
  if (has_no_address(parties_.source)) return;  // DHCP, before it has given one
  if (unheard_ != Unheard::neither) return judge_heard_end();
  const bool to_everybody = is_to_everybody(parties_, destination_);
  // Whoever looks for neighbours by an address that it has given itself has not said yet who it is.
  if (to_everybody && !source_.declared() && is_link_local(parties_.source.address))
    return unknown(UnknownKind::source_device);
  judge_end(source_, parties_.source, DeviationKind::source_device);
  if (to_everybody) return;
  if (has_no_address(parties_.destination)) return;  // a record of several connections that share none
  if (calls_declared_places(event_)) return;         // no port, and each of those called was held against the model
  judge_end(destination_, parties_.destination, DeviationKind::destination_device);
  if (judge_denials()) return;
  if (source_.declared() && destination_.declared()) find_flows();
  if (!parties_.opener_known) unknown(UnknownKind::direction);
  if (lookup_.judges().macs) judge_macs();
  if (lookup_.judges().vlans) judge_vlan();
  judge_zones();
  judge_security();
  judge_times();
}

// Who it is that speaks, and to which flow that may belong. What it would say of the other end, and of the two, is not
// known.
void Judgement::judge_heard_end() {
  const bool is_source = unheard_ == Unheard::destination;
  const UnknownKind who = is_source ? UnknownKind::destination_device : UnknownKind::source_device;
  if (std::ranges::find(differences_.unknown, who) == differences_.unknown.end()) unknown(who);
  if (!parties_.opener_known) unknown(UnknownKind::direction);
  if (source_.declared() && destination_.declared()) find_flows();
  if (!differences_.deviations.empty()) flows_.clear();
  differences_.deviations.clear();
  const End& heard = is_source ? source_ : destination_;
  judge_end(heard, is_source ? parties_.source : parties_.destination,
            is_source ? DeviationKind::source_device : DeviationKind::destination_device);
  if (!lookup_.judges().macs) return;
  judge_mac(heard, is_source ? parties_.source_mac : parties_.destination_mac,
            is_source ? DeviationKind::source_mac : DeviationKind::destination_mac);
}

void Judgement::judge_end(const End& end, const Endpoint& endpoint, DeviationKind kind) {
  if (end.declared()) return;
  const std::string address = to_text(endpoint.address);
  deviate(kind, "a declared device", address);
  if (end.zone || is_link_local(endpoint.address)) return;
  std::string observed = address + (is_private(endpoint.address) ? " (private)" : " (public)");
  if (const auto other = std::ranges::find(differences_.deviations, DeviationKind::outside, &Deviation::kind);
      other != differences_.deviations.end()) {
    other->observed.append(", ").append(observed);
  } else {
    deviate(DeviationKind::outside, "addresses of declared zones", std::move(observed));
  }
}

// What is forbidden in so many words is told as that, and not as a missing flow besides.
bool Judgement::judge_denials() {
  const Denial* const denial = denial_of(source_, destination_, parties_.destination.port);
  // Where it is not known who opened the connection, either direction has to be forbidden.
  if (!denial || (!parties_.opener_known && !denial_of(destination_, source_, parties_.source.port))) return false;
  deviate(DeviationKind::denied, "nothing, by " + denial->name,
          end_text(names_of(source_), parties_.source) + " to " +
              end_text(names_of(destination_), parties_.destination) + " (" + std::string{to_text(event_.protocol)} +
              ')');
  return true;
}

// Of several that may stand there, only what all of them are denied.
const Denial* Judgement::denial_of(const End& from, const End& to, std::uint16_t port) const {
  using Devices = std::vector<std::optional<std::uint32_t>>;
  const auto devices_of_end = [](const End& end) {
    return end.declared() ? Devices{end.devices.begin(), end.devices.end()} : Devices{std::nullopt};
  };
  const auto zone_of = [](const End& end) { return end.zone ? std::optional{end.zone->value} : std::nullopt; };
  const Denial* first = nullptr;
  for (const auto from_device : devices_of_end(from)) {
    for (const auto to_device : devices_of_end(to)) {
      const auto denials = lookup_.denials_between(from_device, zone_of(from), to_device, zone_of(to));
      const auto denies = std::ranges::find_if(denials, [&](const Denial* denial) {
        return !denial->service || is_service(model_.services[*denial->service], port);
      });
      if (denies == denials.end()) return nullptr;
      if (!first) first = *denies;
    }
  }
  return first;
}

// By its content, wherever it listens; where that does not tell, by its ports.
bool Judgement::is_service(const Service& service, std::uint16_t port) const {
  const bool transports = std::ranges::find(service.transports, parties_.transport) != service.transports.end();
  if (!transports || !could_be(event_.protocol, service.protocol)) return false;
  return is_told_by_content(event_.protocol) ||
         std::ranges::any_of(service.ports, [port](const PortRange& range) { return range.contains(port); });
}

// Both ends are declared. Where it is not known who opened the connection, either orientation may fit.
void Judgement::find_flows() {
  const std::uint16_t port = parties_.destination.port, back_port = parties_.source.port;
  const auto joining = flows_between(source_, destination_);
  const auto onward = that_could_be(joining);
  flows_ = on_port(onward, port);
  if (!flows_.empty()) return;
  const auto joining_back = flows_between(destination_, source_);
  const auto back = that_could_be(joining_back);
  const auto take = [this](std::vector<const Flow*> flows, bool reversed) {
    if (flows.empty()) return false;
    flows_ = std::move(flows);
    reversed_ = reversed;
    return true;
  };
  if (!parties_.opener_known && take(on_port(back, back_port), true)) return;
  // Of what is known by its port alone, no other port says anything.
  const auto says_another_service = [&] {
    return take(on_port(joining, port), false) ||
           (!parties_.opener_known && take(on_port(joining_back, back_port), true));
  };
  if (is_told_by_content(event_.protocol) && take(onward, false)) {
    deviate_in_port();
  } else if (says_another_service()) {
    another_service_ = true;
    deviate(DeviationKind::service, services_of(flows_), std::string{to_text(event_.protocol)});
  } else if (take(onward, false)) {
    deviate_in_port();
  } else if (back.empty()) {
    deviate(DeviationKind::flow, services_of(joining),
            names_of(source_) + " to " + names_of(destination_) + " (" + std::string{to_text(event_.protocol)} + ')');
  } else if (parties_.opener_known) {
    deviate(DeviationKind::direction, names_of(destination_) + " to " + names_of(source_),
            names_of(source_) + " to " + names_of(destination_));
  } else {
    take(back, true);
    deviate_in_port();
  }
}

// Whichever end listens, where nobody saw that: neither of its ports is one that a flow has.
void Judgement::deviate_in_port() {
  std::string observed = port_text(acceptor_port(), parties_.transport);
  if (!parties_.opener_known) {
    const Endpoint& other = reversed_ ? parties_.destination : parties_.source;
    observed += " of " + names_of(acceptor()) + " or " + port_text(other.port, parties_.transport) + " of " +
                names_of(opener()) + ", whichever listens";
  }
  deviate(DeviationKind::port, ports_of(flows_), std::move(observed));
}

// Of any of the devices that may stand there.
std::vector<const Flow*> Judgement::flows_between(const End& from, const End& to) const {
  std::vector<const Flow*> flows;
  for (const std::uint32_t from_device : from.devices) {
    for (const std::uint32_t to_device : to.devices) {
      const auto found = lookup_.flows_between(from_device, to_device);
      flows.insert(flows.end(), found.begin(), found.end());
    }
  }
  if (from.devices.size() * to.devices.size() > 1) {  // as declared, they stand in one vector
    std::sort(flows.begin(), flows.end());
    flows.erase(std::unique(flows.begin(), flows.end()), flows.end());
  }
  return flows;
}

std::vector<const Flow*> Judgement::that_could_be(std::vector<const Flow*> flows) const {
  std::erase_if(flows, [this](const Flow* flow) { return !could_be(event_.protocol, service_of(*flow).protocol); });
  return flows;
}

std::vector<const Flow*> Judgement::on_port(std::vector<const Flow*> flows, std::uint16_t port) const {
  std::erase_if(flows,
                [&](const Flow* flow) { return !listens_on(*flow, service_of(*flow), parties_.transport, port); });
  return flows;
}

std::string Judgement::ports_of(const std::vector<const Flow*>& flows) const {
  Expected ports;
  for (const Flow* const flow : flows) {
    for (const Transport transport : service_of(*flow).transports) {
      for (const PortRange& range : flow->ports) ports.insert(to_text(range) + '/' + std::string{name_of(transport)});
    }
  }
  return joined(ports);
}

std::string Judgement::services_of(const std::vector<const Flow*>& flows) const {
  Expected services;
  for (const Flow* const flow : flows) services.insert(service_of(*flow).name);
  return joined(services);
}

// Whoever connects to it: what listens there is what nobody declared.
void Judgement::judge_listener(const ConnectionFact& connection) {
  if (!accepted(event_, connection) || !destination_.declared()) return;
  Expected expected;
  for (const std::uint32_t device : destination_.devices) {
    for (const Lookup::Listening* const listening : lookup_.listening_of(device)) {
      if (listening->transport != parties_.transport) continue;
      if (contains(listening->ports, parties_.destination.port)) return;
      for (const auto& [first, last] : listening->ports) {
        if (expected.size() == kPortsTold) break;
        expected.insert(to_text(PortRange{first, last}) + '/' + std::string{name_of(parties_.transport)});
      }
    }
  }
  deviate(DeviationKind::listener, joined(expected), port_text(parties_.destination.port, parties_.transport));
}

void Judgement::judge_macs() {
  judge_mac(source_, parties_.source_mac, DeviationKind::source_mac);
  judge_mac(destination_, parties_.destination_mac, DeviationKind::destination_mac);
}

// Another's is told of whoever has none declared, too, and of who is not declared at all.
void Judgement::judge_mac(const End& end, const MacAddress& seen, DeviationKind kind) {
  if (!end.zone || !model_.zones[end.zone->value].one_segment) return;
  const std::vector<MacAddress> declared = all_of(end, &Device::macs);
  if (seen == MacAddress{}) {
    if (!declared.empty()) unknown(UnknownKind::mac);
    return;
  }
  if (std::ranges::find(declared, seen) != declared.end()) return;
  const auto owner = lookup_.owner_of_mac(seen);
  const bool may_have_any =
      std::ranges::any_of(end.devices, [this](std::uint32_t device) { return model_.devices[device].macs.empty(); });
  if (!owner && (may_have_any || !end.declared())) return;
  Expected expected;
  for (const MacAddress& mac : declared) expected.insert(to_text(mac));
  deviate(kind, declared.empty() ? "one of its own" : joined(expected),
          to_text(seen) + (owner ? ", which is " + model_.devices[*owner].name + "'s" : ""));
}

// Any of the tags: the outer one may be the mirror's or a provider's. A frame without one says nothing of its VLAN.
void Judgement::judge_vlan() {
  if (!source_.zone || !destination_.zone || parties_.vlan.outer == 0) return;
  const std::vector<std::uint16_t>& of_source = model_.zones[source_.zone->value].vlans;
  const std::vector<std::uint16_t>& of_destination = model_.zones[destination_.zone->value].vlans;
  if (of_source.empty() || of_destination.empty()) return;
  const auto is_declared = [&](std::uint16_t vlan) {
    return std::ranges::find(of_source, vlan) != of_source.end() ||
           std::ranges::find(of_destination, vlan) != of_destination.end();
  };
  const auto& [outer, inner] = parties_.vlan;
  if (is_declared(outer) || (inner != 0 && is_declared(inner))) return;
  Expected expected;
  for (const std::uint16_t vlan : of_source) expected.insert(std::to_string(vlan));
  for (const std::uint16_t vlan : of_destination) expected.insert(std::to_string(vlan));
  deviate(DeviationKind::vlan, joined(expected),
          std::to_string(outer) + (inner == 0 ? "" : " around " + std::to_string(inner)));
}

void Judgement::judge_zones() {
  const auto zone_of = [](const End& end) { return end.zone ? std::optional{end.zone->value} : std::nullopt; };
  const auto from = zone_of(source_);
  const auto to = zone_of(destination_);
  if (from == to) return;
  if (from && to &&
      (may_cross(*from, *to, parties_.destination.port) ||
       (!parties_.opener_known && may_cross(*to, *from, parties_.source.port))))
    return;
  const auto name = [](std::string_view zone) { return std::string{zone.empty() ? kOutside : zone}; };
  std::string observed = name(declared_.source.zone) + " to " + name(declared_.destination.zone);
  if (!model_.conduits.empty()) {
    observed += " by " + (!flows_.empty() ? services_of(flows_)
                          : event_.protocol != Protocol::unidentified
                              ? std::string{to_text(event_.protocol)}
                              : port_text(parties_.destination.port, parties_.transport));
  }
  deviate(DeviationKind::zone_crossing, crossings_from(from), std::move(observed));
}

bool Judgement::may_cross(std::uint32_t from, std::uint32_t to, std::uint16_t port) const {
  if (model_.conduits.empty()) return lookup_.zones_joined(from, to);
  const auto is_meant = [&](std::uint32_t service) {
    if (flows_.empty()) return is_service(model_.services[service], port);
    return std::ranges::any_of(flows_, [service](const Flow* flow) { return flow->service == service; });
  };
  return std::ranges::any_of(lookup_.conduits_between(from, to), [&](const Conduit* conduit) {
    return conduit->services.empty() || std::ranges::any_of(conduit->services, is_meant);
  });
}

std::string Judgement::crossings_from(std::optional<std::uint32_t> from) const {
  Expected crossings;
  for (std::uint32_t to = 0; from && to < model_.zones.size(); ++to) {
    const std::string zone = "to " + model_.zones[to].name;
    if (model_.conduits.empty()) {
      if (to != *from && lookup_.zones_joined(*from, to)) crossings.insert(zone);
      continue;
    }
    for (const Conduit* const conduit : lookup_.conduits_between(*from, to)) {
      if (conduit->services.empty()) crossings.insert(zone);
      for (const std::uint32_t service : conduit->services)
        crossings.insert(zone + " by " + model_.services[service].name);
    }
  }
  return joined(crossings);
}

void Judgement::judge_security() {
  if (parties_.transport != Transport::tcp) return;
  const auto* const connection = std::get_if<ConnectionFact>(&event_.facts);
  const bool no_tls = connection && begins_without_tls(event_, *connection);
  const bool clear = is_clear(event_.protocol) || no_tls, within_tls = event_.protocol == Protocol::tls;
  const std::string observed = within_tls ? "TLS"
                               : no_tls   ? "something else, both ways"
                                          : "cleartext " + std::string{to_text(event_.protocol)};
  const std::string expected = clear ? "TLS" : "no TLS";
  const TransportSecurity broken = clear ? TransportSecurity::required : TransportSecurity::forbidden;
  if (flows_.empty()) {
    if ((clear || within_tls) && is_agreed_by_all_who_listen(broken))
      deviate(DeviationKind::transport_security, expected, observed);
    return;
  }
  const auto policy = [this](const Flow& flow) { return service_of(flow).tls; };
  const auto says_nothing = [&](const Flow* flow) { return policy(*flow) == TransportSecurity::allowed; };
  if (std::ranges::all_of(flows_, says_nothing)) return;
  if (!clear && !within_tls) {
    if (event_.protocol == Protocol::unidentified) unknown(UnknownKind::transport_security);
    return;
  }
  narrow(
      DeviationKind::transport_security, observed, [&](const Flow& flow) { return policy(flow) != broken; },
      [&](const Flow&, Expected& all) { all.insert(expected); });
}

// Whoever asks: so it is declared of all that may listen there.
bool Judgement::is_agreed_by_all_who_listen(TransportSecurity policy) const {
  bool any = false;
  for (const std::uint32_t device : destination_.devices) {
    for (const Lookup::Listening* const listening : lookup_.listening_of(device)) {
      if (listening->transport != parties_.transport) continue;
      if (!contains(listening->ports, parties_.destination.port)) continue;
      if (listening->tls != policy) return false;
      any = true;
    }
  }
  return any;
}

}  // namespace dcmwatch
