// How many ends flows join. What is seen between two devices is held against every flow between them, so these are few.
#include <unordered_map>

#include "base/limits.h"
#include "model/loading.h"

namespace dcmwatch {
namespace {

const std::string& name_of(const Party& party, const Model& model) {
  switch (party.kind) {
    case Party::Kind::group: return model.groups[party.index].name;
    case Party::Kind::zone: return model.zones[party.index].name;
    case Party::Kind::device:
    case Party::Kind::anybody: break;
  }
  return model.devices[party.index].name;
}

std::uint64_t number_of(const Party& party) {
  return std::uint64_t{party.index} << 2 | static_cast<std::uint64_t>(party.kind);
}

}  // namespace

void refuse_crowds(const Loading& loading) {
  if (!loading.problems.empty()) return;  // what is not wholly understood would be told twice
  const Limits limits;
  const Model& model = loading.model;
  std::unordered_map<std::uint64_t, std::size_t> flows_of_pair;
  std::size_t pairs = 0;
  for (std::size_t index = 0; index < model.flows.size(); ++index) {
    const Flow& flow = model.flows[index];
    pairs += flow.from.size() * flow.to.size();
    if (pairs > limits.joined_pairs) {
      loading.problems.add(loading.flow_at[index],
                           "up to flow " + in_quotes(flow.name) + ", flows join more ends than can be held",
                           "let them name groups or zones; " + std::to_string(limits.joined_pairs) +
                               " pairs of 'from' and 'to' are the limit");
      return;
    }
    for (const Party& from : flow.from) {
      for (const Party& to : flow.to) {
        if (++flows_of_pair[number_of(from) << 32 | number_of(to)] != limits.flows_of_pair + 1) continue;
        loading.problems.add(loading.flow_at[index],
                             "flow " + in_quotes(flow.name) + " is one more from " + in_quotes(name_of(from, model)) +
                                 " to " + in_quotes(name_of(to, model)) + " than can be held",
                             "join some of them: a flow may name many ports, titles, operations and message types; " +
                                 std::to_string(limits.flows_of_pair) + " between the same ends are the limit");
      }
    }
  }
}

}  // namespace dcmwatch
