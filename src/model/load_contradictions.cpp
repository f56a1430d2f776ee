// Flows of which not both can hold: between the same ends and on the same ports, something else is spoken.
#include <algorithm>
#include <array>
#include <unordered_map>

#include "model/loading.h"

namespace dcmwatch {
namespace {

/// Equal for flows whose connections nothing tells apart but what they carry.
std::string way_of(const Flow& flow, const Service& service) {
  std::string way;
  const auto append = [&way](std::vector<std::uint64_t> numbers) {
    std::ranges::sort(numbers);
    for (const std::uint64_t number : numbers) (way += std::to_string(number)) += ' ';
    way += '|';
  };
  const auto numbers_of = [](const auto& values, const auto& number) {
    std::vector<std::uint64_t> numbers;
    for (const auto& value : values) numbers.push_back(number(value));
    return numbers;
  };
  const auto of_party = [](const Party& party) {
    return std::uint64_t{static_cast<std::uint8_t>(party.kind)} << 32 | party.index;
  };
  append(numbers_of(flow.from, of_party));
  append(numbers_of(flow.to, of_party));
  append(numbers_of(flow.ports, [](PortRange range) { return std::uint64_t{range.first} << 16 | range.last; }));
  append(numbers_of(service.transports, [](Transport transport) { return static_cast<std::uint64_t>(transport); }));
  return way;
}

bool differ(TransportSecurity one, TransportSecurity other) {
  return one != other && one != TransportSecurity::allowed && other != TransportSecurity::allowed;
}

}  // namespace

void refuse_contradictions(const Loading& loading) {
  if (!loading.problems.empty()) return;  // what is not wholly understood would be told twice
  // The first flow of each way, and the first that says something of TLS.
  struct First {
    std::size_t any;
    std::optional<std::size_t> of_tls;
  };
  std::unordered_map<std::string, First> ways;
  const Model& model = loading.model;
  for (std::size_t index = 0; index < model.flows.size(); ++index) {
    const Flow& flow = model.flows[index];
    const Service& service = model.services[flow.service];
    First& first = ways.try_emplace(way_of(flow, service), First{index, {}}).first->second;
    const auto refuse = [&](std::size_t other, const std::string& what) {
      loading.problems.add(loading.flow_at[index],
                           "flow " + in_quotes(flow.name) + ' ' + what + " flow " + in_quotes(model.flows[other].name) +
                               ", which joins the same ends on the same ports",
                           "correct one of them, or give them different ports");
    };
    if (model.services[model.flows[first.any].service].protocol != service.protocol)
      refuse(first.any, "does not speak the protocol of");
    if (service.tls == TransportSecurity::allowed) continue;
    if (!first.of_tls) first.of_tls = index;
    if (differ(model.services[model.flows[*first.of_tls].service].tls, service.tls))
      refuse(*first.of_tls, service.tls == TransportSecurity::required ? "requires the TLS that is forbidden by"
                                                                       : "forbids the TLS that is required by");
  }
}

}  // namespace dcmwatch
