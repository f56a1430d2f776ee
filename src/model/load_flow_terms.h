// Within `model`: when a flow is declared, and how much of it.
#pragma once

#include "model/loading.h"

namespace dcmwatch {

/// Those that stand there; nullptr for the others.
struct FlowTermNodes {
  const Node* when;
  const Node* quiet;
  const Node* seen_every;
  const Node* per_hour;
  const Node* answer_within;
  const Node* expires;
};

FlowTermNodes flow_term_nodes(MapReader& map);

void read_flow_terms(const FlowTermNodes& nodes, const Service& service, Flow& flow, const Loading& loading);

}  // namespace dcmwatch
