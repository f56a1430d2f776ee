// Within `model`: the settings of a flow that are about HL7 messages.
#pragma once

#include <array>

#include "model/document.h"
#include "model/map_reader.h"
#include "model/model.h"

namespace dcmwatch {

/// Those that stand there; nullptr for the others.
struct Hl7FlowNodes {
  const Node* message_types;
  const Node* senders;
  const Node* receivers;
  const Node* versions;
  const Node* processing_ids;
  const Node* ack;
  const Node* accession_from;

  [[nodiscard]] std::array<const Node*, 7> all() const {
    return {message_types, senders, receivers, versions, processing_ids, ack, accession_from};
  }
};

Hl7FlowNodes hl7_nodes(MapReader& map);

/// All but message_types, which every HL7 flow must state.
Hl7Agreement read_hl7_agreement(const Hl7FlowNodes& nodes, Problems& problems);

Allowed<std::string> read_message_types(const Node& node, Problems& problems);

}  // namespace dcmwatch
