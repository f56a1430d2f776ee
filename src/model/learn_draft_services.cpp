// What is spoken, where.
#include "model/learn_drafting.h"

#include <algorithm>

namespace dcmwatch {

// The port on which most of a protocol goes needs no name.
void Drafting::count_ports() {
  for (const FlowDraft& draft : flows_) {
    for (const std::uint16_t port : draft.ports) port_counts_[{draft.kind, draft.within_tls}][port] += draft.seen.count;
  }
}

std::vector<PortRange> Drafting::ranges_of(const std::set<std::uint16_t>& ports) {
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

std::uint32_t Drafting::service_of(const FlowDraft& draft) {
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

void Drafting::remark_on_services() {
  for (std::size_t i = known_services_; i < draft_.model.services.size(); ++i) {
    Remarks remarks;
    const auto seen = seen_of_services_.find(i);
    if (seen != seen_of_services_.end() && seen->second.count != 0)
      remarks.push_back(sighting_text(seen->second, "connection"));
    if (draft_.model.services[i].tls == TransportSecurity::required) remarks.emplace_back("seen within TLS alone");
    remark(draft_.remarks.services, i, std::move(remarks));
  }
}

}  // namespace dcmwatch
