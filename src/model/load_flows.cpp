#include <algorithm>
#include <array>

#include "event/dicom_names.h"
#include "model/allowance.h"
#include "model/load_flow_terms.h"
#include "model/load_hl7_flow.h"
#include "model/loading.h"
#include "model/transfer_syntaxes.h"

namespace dcmwatch {
namespace {

// PS3.7 E.1, the requests.
constexpr std::array<std::string_view, 11> kOperations{"C-ECHO",   "C-STORE",        "C-FIND",  "C-MOVE",
                                                       "C-GET",    "N-EVENT-REPORT", "N-GET",   "N-SET",
                                                       "N-ACTION", "N-CREATE",       "N-DELETE"};

// What a flow may require of what it carries.
constexpr std::string_view kOrder = "order";
constexpr std::string_view kWorklistEntry = "worklist entry";
constexpr std::array kRequirements{kOrder, kWorklistEntry};

/// Every setting that a flow may have, so that each is asked for once and the rest are mistakes.
struct FlowNodes {
  const Node* from;
  const Node* to;
  const Node* service;
  const Node* ports;
  const Node* calling_ae;
  const Node* called_ae;
  const Node* operations;
  const Node* acceptor_operations;
  const Node* sop_classes;
  const Node* move_destinations;
  const Node* transfer_syntaxes;
  const Node* requirements;
  Hl7FlowNodes hl7;
  FlowTermNodes terms;
};

class FlowLoader {
 public:
  FlowLoader(const Node& entry, Loading& loading)
      : entry_(entry), loading_(loading), problems_(loading.problems), what_("flow " + in_quotes(entry.key)) {
    flow_.name = entry.key;
  }

  void load() {
    MapReader map{entry_, what_, problems_};
    flow_.description = map.text("description");
    nodes_ = {.from = map.required("from", "say who opens the connection: a device, a group or zone:name"),
              .to = map.required("to", "say who listens: a device, a group or zone:name"),
              .service = map.required("service", "name one of the services"),
              .ports = map.optional("ports"),
              .calling_ae = map.optional("calling_ae"),
              .called_ae = map.optional("called_ae"),
              .operations = map.optional("operations"),
              .acceptor_operations = map.optional("acceptor_operations"),
              .sop_classes = map.optional("sop_classes"),
              .move_destinations = map.optional("move_destinations"),
              .transfer_syntaxes = map.optional("transfer_syntaxes"),
              .requirements = map.optional("requires"),
              .hl7 = hl7_nodes(map),
              .terms = flow_term_nodes(map)};
    flow_.justification = map.text("justification");
    flow_.ticket = map.text("ticket");
    flow_.owner = map.text("owner");
    map.done();
    if (!map.usable()) return;
    if (nodes_.from) flow_.from = read_parties(*nodes_.from, "'from'");
    if (nodes_.to) flow_.to = read_parties(*nodes_.to, "'to'");
    if (read_service()) read_settings();
    loading_.flow_at.push_back(entry_.key_at);
    loading_.model.flows.push_back(std::move(flow_));
  }

 private:
  std::vector<Party> read_parties(const Node& node, std::string_view what) {
    std::vector<Party> parties;
    for (const Node* const item : scalars(node, what, problems_)) {
      const auto party = read_party(*item, loading_, false);
      if (!party) continue;
      parties.push_back(*party);
      if (loading_.devices_of(*party).empty()) {
        problems_.add(item->at, in_quotes(item->text) + " holds no device, so nothing could flow",
                      "declare its devices first");
      }
    }
    return parties;
  }

  bool read_service() {
    const auto name = nodes_.service ? scalar(*nodes_.service, "'service'", problems_) : std::nullopt;
    if (!name) return false;
    const auto index = loading_.services.find(*name);
    if (!index) {
      problems_.add_unknown(nodes_.service->at, "service", *name, [&] { return loading_.services.names(); });
      return false;
    }
    flow_.service = *index;
    const Service& service = loading_.model.services[*index];
    flow_.ports = nodes_.ports ? read_ports(*nodes_.ports, problems_) : service.ports;
    if (!nodes_.ports && service.ports.empty()) {
      problems_.add(entry_.key_at, what_ + " has no port",
                    "add 'ports: [11112]' to it or to service " + in_quotes(service.name));
    }
    return true;
  }

  void read_settings() {
    read_flow_terms(nodes_.terms, loading_.model.services[flow_.service], flow_, loading_);
    switch (loading_.model.services[flow_.service].protocol) {
      case ServiceProtocol::dicom: return read_dicom();
      case ServiceProtocol::hl7: refuse_dicom(); return read_hl7();
      case ServiceProtocol::other: refuse_dicom(); return refuse_hl7();
    }
  }

  void refuse(const Node* node, std::string_view protocol) {
    if (!node) return;
    const std::string& service = loading_.model.services[flow_.service].name;
    problems_.add(node->key_at,
                  in_quotes(node->key) + " is for a flow of " + std::string{protocol} + " service, which " +
                      in_quotes(service) + " is not",
                  "leave it out");
  }

  void refuse_dicom() {
    for (const Node* const node :
         {nodes_.calling_ae, nodes_.called_ae, nodes_.operations, nodes_.acceptor_operations, nodes_.sop_classes,
          nodes_.move_destinations, nodes_.transfer_syntaxes, nodes_.requirements}) {
      refuse(node, "a DICOM");
    }
  }

  void refuse_hl7() {
    for (const Node* const node : nodes_.hl7.all()) refuse(node, "an HL7");
  }

  // What is not restricted has to be called so: a flow without its lists is a mistake, not an open door.
  bool is_stated(const Node* node, std::string_view key, std::string_view example) {
    if (node) return true;
    problems_.add(
        entry_.key_at, what_ + " has no '" + std::string{key} + '\'',
        "say which, '" + std::string{key} + ": " + std::string{example} + "', or '" + std::string{key} + ": any'");
    return false;
  }

  void read_dicom() {
    refuse_hl7();
    if (is_stated(nodes_.operations, "operations", "[C-ECHO, C-STORE]"))
      flow_.operations = read_operations(*nodes_.operations);
    if (nodes_.acceptor_operations) flow_.acceptor_operations = read_operations(*nodes_.acceptor_operations);
    read_sop_classes();
    read_move_destinations();
    if (nodes_.transfer_syntaxes) read_transfer_syntaxes(*nodes_.transfer_syntaxes);
    if (nodes_.requirements) read_requirements(*nodes_.requirements);
    refuse_rates_of_what_it_may_not();
    flow_.calling_ae = read_titles_or_bound(nodes_.calling_ae, nodes_.from, flow_.from, kCalling);
    flow_.called_ae = read_titles_or_bound(nodes_.called_ae, nodes_.to, flow_.to, kCalled);
  }

  Operations read_operations(const Node& node) {
    if (says_any(node)) return {.any = true, .values = {}};
    Operations operations;
    for (const Node* const item : allowed_scalars(node, problems_)) {
      if (std::find(kOperations.begin(), kOperations.end(), item->text) != kOperations.end()) {
        operations.values.push_back(dicom_command_field(item->text));
      } else {
        problems_.add_unknown(item->at, "operation", item->text, kOperations);
      }
    }
    return operations;
  }

  void read_sop_classes() {
    const std::uint16_t echo = dicom_command_field("C-ECHO");
    const auto only_echo = [echo](const Operations& operations) {
      return !operations.any && std::all_of(operations.values.begin(), operations.values.end(),
                                            [echo](auto field) { return field == echo; });
    };
    if (!nodes_.sop_classes && only_echo(flow_.operations) && only_echo(flow_.acceptor_operations)) return;
    if (!is_stated(nodes_.sop_classes, "sop_classes", "[image storage]")) return;
    flow_.sop_classes.any = says_any(*nodes_.sop_classes);
    if (flow_.sop_classes.any) return;
    for (const Node* const item : allowed_scalars(*nodes_.sop_classes, problems_)) read_sop_class(*item);
  }

  void read_sop_class(const Node& item) {
    if (const auto family = family_from(item.text)) {
      flow_.sop_classes.families |= *family;
    } else if (is_uid(item.text)) {
      refuse_other_uid(item, is_no_sop_class(item.text), "SOP class",
                       is_transfer_syntax(item.text) ? "name it in 'transfer_syntaxes'" : "name a SOP class");
      flow_.sop_classes.uids.push_back(item.text);
    } else if (const auto uid = sop_class_uid_from(item.text); !uid.empty()) {
      flow_.sop_classes.uids.emplace_back(uid);
    } else {
      problems_.add_unknown(item.at, "SOP class", item.text, known_sop_classes);
    }
  }

  // Of what the standard's registry has under another heading; what it does not have may be anything.
  static bool is_no_sop_class(std::string_view uid) {
    constexpr std::string_view kApplicationContext = "1.2.840.10008.3.1.1.1";  // PS3.7 A.2.1
    return is_transfer_syntax(uid) || uid == kApplicationContext || dicom_uid_name(uid).ends_with("SOP Instance");
  }
  static bool is_no_transfer_syntax(std::string_view uid) {
    return !is_transfer_syntax(uid) && !dicom_uid_name(uid).empty();
  }

  void refuse_other_uid(const Node& item, bool is_other, const std::string& wanted, std::string fix) {
    if (!is_other) return;
    const std::string name{dicom_uid_name(item.text)};
    problems_.add(item.at, in_quotes(item.text) + (name.empty() ? "" : ", " + name + ',') + " is no " + wanted,
                  std::move(fix));
  }

  [[nodiscard]] bool opener_may(std::uint16_t command_field) const {
    return allows_operation(flow_, command_field, Invoker::opener);
  }

  void read_move_destinations() {
    if (!opener_may(dimse::kMove)) {
      if (nodes_.move_destinations && nodes_.operations) {
        problems_.add(nodes_.move_destinations->key_at, what_ + " has 'move_destinations' but no C-MOVE",
                      "add C-MOVE to its operations or leave it out");
      }
    } else if (is_stated(nodes_.move_destinations, "move_destinations", "[WS1]")) {
      flow_.move_destinations = read_titles(*nodes_.move_destinations, kCalled);
    }
  }

  // Of studies, which go the way of C-STOREs.
  void read_requirements(const Node& node) {
    for (const Node* const item : scalars(node, "'requires'", problems_)) {
      if (item->text == kOrder) {
        flow_.requires_order = true;
      } else if (item->text == kWorklistEntry) {
        flow_.requires_worklist_entry = true;
      } else {
        problems_.add_unknown(item->at, "requirement", item->text, kRequirements);
      }
    }
    if (nodes_.operations && !opener_may(dimse::kStore)) {
      problems_.add(node.key_at, what_ + " has 'requires' but no C-STORE",
                    "add C-STORE to its operations or leave it out");
    }
  }

  void refuse_rates_of_what_it_may_not() {
    if (!nodes_.operations) return;
    for (const HourlyRate& rate : flow_.rates) {
      const std::string_view needed = operation_needed_for(rate.what);
      if (needed.empty()) continue;
      problems_.add(nodes_.terms.per_hour->key_at,
                    what_ + " has 'per_hour' of " + std::string{to_text(rate.what)} + " but no " + std::string{needed},
                    "add " + std::string{needed} + " to its operations or leave it out");
    }
  }

  // Nothing: the flow has one by which it is counted. Objects and studies are by C-STOREs, those that answer a C-GET
  // among them.
  [[nodiscard]] std::string_view operation_needed_for(RateOf what) const {
    switch (what) {
      case RateOf::connections:
      case RateOf::operations:
      case RateOf::messages: return {};
      case RateOf::objects:
      case RateOf::studies:
        return opener_may(dimse::kStore) || allows_operation(flow_, dimse::kStore, Invoker::acceptor) ? "" : "C-STORE";
      case RateOf::studies_retrieved:
        return opener_may(dimse::kGet) || opener_may(dimse::kMove) ? "" : "C-MOVE or C-GET";
      case RateOf::studies_queried: return opener_may(dimse::kFind) ? "" : "C-FIND";
    }
    return {};
  }

  void read_transfer_syntaxes(const Node& node) {
    if (says_any(node)) return;
    flow_.transfer_syntaxes.any = false;
    std::vector<std::string>& uids = flow_.transfer_syntaxes.values;
    for (const Node* const item : allowed_scalars(node, problems_)) {
      const auto named = transfer_syntaxes_from(item->text);
      if (named.empty()) problems_.add_unknown(item->at, "transfer syntax", item->text, known_transfer_syntaxes);
      refuse_other_uid(*item, is_uid(item->text) && is_no_transfer_syntax(item->text), "transfer syntax",
                       family_of(item->text) != 0 ? "name it in 'sop_classes'" : "name a transfer syntax");
      uids.insert(uids.end(), named.begin(), named.end());
    }
    drop_repeated(uids);
  }

  /// The titles of one end of an association: with which one calls, or to which one answers.
  struct TitleUse {
    std::string_view key;
    NameIndex Loading::*titles;
    std::string_view done;
  };
  static constexpr TitleUse kCalling{"calling_ae", &Loading::calling_titles, "calls with it"};
  static constexpr TitleUse kCalled{"called_ae", &Loading::answered_titles, "answers to it"};

  Allowed<std::string> read_titles(const Node& node, const TitleUse& use) {
    if (says_any(node)) return {.any = true, .values = {}};
    Allowed<std::string> titles;
    for (const Node* const item : allowed_scalars(node, problems_)) {
      const auto title = read_ae_title(*item, problems_);
      if (!title) continue;
      titles.values.push_back(*title);
      if (!(loading_.*use.titles).find(*title)) refuse_title(*item, *title, use);
    }
    return titles;
  }

  void refuse_title(const Node& item, const std::string& title, const TitleUse& use) {
    if (loading_.calling_titles.find(title) || loading_.answered_titles.find(title)) {
      problems_.add(item.at, "no device " + std::string{use.done} + ": AE title " + in_quotes(title),
                    "add it to the device's 'ae_titles'");
    } else {
      problems_.add(item.at, "AE title " + in_quotes(title) + " belongs to no device",
                    [&] { return suggest(title, (loading_.*use.titles).names()); });
    }
  }

  // Without a list the titles are those of the device at that end, which must have some then.
  std::optional<Allowed<std::string>> read_titles_or_bound(const Node* node, const Node* parties_node,
                                                           const std::vector<Party>& parties, const TitleUse& use) {
    if (node) return read_titles(*node, use);
    for (const Party& party : parties) {
      const auto devices = loading_.devices_of(party);
      const auto end = std::ranges::find_if(devices, [&](std::uint32_t device) { return !has_title(device, use); });
      if (end == devices.end()) continue;
      problems_.add(parties_node->at,
                    "device " + in_quotes(loading_.model.devices[*end].name) + " speaks DICOM in " + what_ +
                        " but has no AE title",
                    "give it 'ae_titles', or give the flow '" + std::string{use.key} + '\'');
      break;
    }
    return std::nullopt;
  }

  [[nodiscard]] bool has_title(std::uint32_t device, const TitleUse& use) const {
    const Device& end = loading_.model.devices[device];
    return use.key == kCalling.key ? !end.calls_as.empty() || !end.presents.empty() : !end.answers_to.empty();
  }

  static KnownNames known_transfer_syntaxes() {
    return {.few = names_of(transfer_syntax_families()), .many = transfer_syntax_names()};
  }
  static KnownNames known_sop_classes() { return {.few = names_of(sop_class_families()), .many = sop_class_names()}; }

  template <typename Families>
  static std::vector<std::string_view> names_of(const Families& families) {
    std::vector<std::string_view> names;
    for (const auto& family : families) names.push_back(family.name);
    return names;
  }

  void read_hl7() {
    if (is_stated(nodes_.hl7.message_types, "message_types", "[ADT^*, ORM^O01]"))
      flow_.message_types = read_message_types(*nodes_.hl7.message_types, problems_);
    flow_.hl7 = read_hl7_agreement(nodes_.hl7, problems_);
  }

  const Node& entry_;
  Loading& loading_;
  Problems& problems_;
  std::string what_;
  Flow flow_;
  FlowNodes nodes_{};
};

}  // namespace

void load_flows(const Node& node, Loading& loading) {
  const std::vector<Node>& entries = entries_of(node, "flow", loading.problems);
  loading.model.flows.reserve(entries.size());
  for (const Node& entry : entries) FlowLoader{entry, loading}.load();
}

}  // namespace dcmwatch
