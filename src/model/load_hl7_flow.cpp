#include "model/load_hl7_flow.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "model/loading.h"

namespace dcmwatch {
namespace {

/// The members of a closed table, what one of them is called, and what to write.
template <std::size_t size>
struct Words {
  std::array<std::string_view, size> words;
  std::string_view what;
  std::string_view fix;
};

constexpr Words<16> kVersions{{"2.0", "2.0D", "2.1", "2.2", "2.3", "2.3.1", "2.3.2", "2.4", "2.5", "2.5.1", "2.6",
                               "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2"},
                              "version of HL7",
                              "write one of table 0104, 2.1 to 2.8.2"};
constexpr Words<3> kProcessingIds{{"P", "T", "D"}, "processing id", "write P, T or D (table 0103)"};
constexpr Words<3> kAckModes{{"original", "enhanced", "none"},  // by AcknowledgementMode
                             "acknowledgement mode",
                             "write original, enhanced or none"};
constexpr Words<kAccessionFields> kAccessionPlaces{{"IPC-1", "OBR-18", "OBR-3", "ORC-3"},  // by AccessionField
                                                   "place of an accession number",
                                                   "write IPC-1, OBR-18, OBR-3 or ORC-3"};

/// What a list's items are read as: nothing, and what would be right, if they are none of it.
template <typename Value, typename Read>
Allowed<Value> read_list(const Node& node, Problems& problems, const Read& read) {
  if (says_any(node)) return Allowed<Value>::all();
  Allowed<Value> allowed;
  for (const Node* const item : allowed_scalars(node, problems)) {
    if (auto value = read(*item)) allowed.values.push_back(*std::move(value));
  }
  return allowed;
}

template <std::size_t size>
std::optional<std::size_t> place_in(const Words<size>& table, const Node& item, Problems& problems) {
  const auto found = std::ranges::find(table.words, item.text);
  if (found != table.words.end()) return found - table.words.begin();
  problems.add(item.at, "unknown " + std::string{table.what} + ' ' + in_quotes(item.text), std::string{table.fix});
  return std::nullopt;
}

template <std::size_t size>
Allowed<std::string> read_codes(const Node& node, const Words<size>& table, Problems& problems) {
  return read_list<std::string>(node, problems, [&](const Node& item) {
    return place_in(table, item, problems) ? std::optional{item.text} : std::nullopt;
  });
}

Allowed<Hl7End> read_ends(const Node& node, Problems& problems) {
  return read_list<Hl7End>(node, problems, [&](const Node& item) { return read_hl7_end(item, problems); });
}

std::optional<AccessionOrder> read_accession_places(const Node& node, Problems& problems) {
  std::vector<AccessionField> fields;
  for (const Node* const item : scalars(node, in_quotes(node.key), problems)) {
    const auto place = place_in(kAccessionPlaces, *item, problems);
    if (!place) continue;
    const auto field = static_cast<AccessionField>(*place);
    if (std::ranges::find(fields, field) != fields.end()) {
      problems.add(item->at, in_quotes(item->text) + " stands there twice", "name each place once, the best first");
      continue;
    }
    fields.push_back(field);
  }
  return AccessionOrder{fields};
}

// MSH-9 as code^event, three characters each (HL7 tables 0076 and 0003); Z messages too.
bool is_message_type(std::string_view text) {
  const auto is_code = [](std::string_view code) {
    return code.size() == 3 && std::all_of(code.begin(), code.end(),
                                           [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
  };
  const auto caret = text.find('^');
  if (!is_code(text.substr(0, caret))) return false;
  return caret == std::string_view::npos || text.substr(caret + 1) == "*" || is_code(text.substr(caret + 1));
}

}  // namespace

Hl7FlowNodes hl7_nodes(MapReader& map) {
  return {.message_types = map.optional("message_types"),
          .senders = map.optional("senders"),
          .receivers = map.optional("receivers"),
          .versions = map.optional("versions"),
          .processing_ids = map.optional("processing_ids"),
          .ack = map.optional("ack"),
          .accession_from = map.optional("accession_from")};
}

Allowed<std::string> read_message_types(const Node& node, Problems& problems) {
  return read_list<std::string>(node, problems, [&](const Node& item) {
    if (is_message_type(item.text)) return std::optional{item.text};
    problems.add(item.at, in_quotes(item.text) + " is no message type", "write ADT^A01, ADT^* or ORU");
    return std::optional<std::string>{};
  });
}

Hl7Agreement read_hl7_agreement(const Hl7FlowNodes& nodes, Problems& problems) {
  Hl7Agreement agreement;
  if (nodes.senders) agreement.senders = read_ends(*nodes.senders, problems);
  if (nodes.receivers) agreement.receivers = read_ends(*nodes.receivers, problems);
  agreement.any_sender = nodes.senders && agreement.senders.any;
  agreement.any_receiver = nodes.receivers && agreement.receivers.any;
  if (nodes.versions) agreement.versions = read_codes(*nodes.versions, kVersions, problems);
  if (nodes.processing_ids) agreement.processing_ids = read_codes(*nodes.processing_ids, kProcessingIds, problems);
  if (nodes.ack && scalar(*nodes.ack, "'ack'", problems)) {
    if (const auto mode = place_in(kAckModes, *nodes.ack, problems))
      agreement.ack_mode = static_cast<AcknowledgementMode>(*mode);
  }
  if (nodes.accession_from) agreement.accession_sought = read_accession_places(*nodes.accession_from, problems);
  return agreement;
}

}  // namespace dcmwatch
