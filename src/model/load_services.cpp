// services: {dicom: {protocol: dicom, ports: [11112], tls: required}}
#include <algorithm>
#include <array>

#include "model/loading.h"

namespace dcmwatch {
namespace {

constexpr std::array<std::string_view, 3> kProtocols{"dicom", "hl7", "other"};                     // by ServiceProtocol
constexpr std::array<std::string_view, 3> kTransportSecurity{"allowed", "forbidden", "required"};  // likewise

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

void load_service(const Node& entry, Loading& loading) {
  Problems& problems = loading.problems;
  Service service;
  service.name = entry.key;
  MapReader map{entry, "service " + in_quotes(entry.key), problems};
  service.description = map.text("description");
  if (const Node* const protocol = map.required("protocol", "one of: dicom, hl7, other"))
    service.protocol =
        static_cast<ServiceProtocol>(read_word(*protocol, "protocol", kProtocols, problems).value_or(std::size_t{2}));
  const Node* const transport = map.optional("transport");
  service.transports = read_transports(transport, problems);
  if (service.protocol != ServiceProtocol::other &&
      std::ranges::find(service.transports, Transport::udp) != service.transports.end()) {
    problems.add(transport->at, std::string{to_text(service.protocol)} + " is spoken over TCP only",
                 "leave 'transport' out");
  }
  if (const Node* const ports = map.optional("ports")) service.ports = read_ports(*ports, problems);
  if (const Node* const tls = map.optional("tls"))
    service.tls =
        static_cast<TransportSecurity>(read_word(*tls, "transport security", kTransportSecurity, problems).value_or(0));
  map.done();
  loading.services.add(service.name);
  loading.model.services.push_back(std::move(service));
}

}  // namespace

void load_services(const Node& section, Loading& loading) {
  for (const Node& entry : entries_of(section, "service", loading.problems)) load_service(entry, loading);
}

}  // namespace dcmwatch
