#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "base/text.h"
#include "event/dicom_names.h"
#include "model/allowance.h"
#include "model/hl7_names.h"
#include "model/lookup.h"

namespace dcmwatch {
namespace {

constexpr std::string_view kNone = "none";
constexpr std::string_view kAnOrder = "a worklist entry, a performed step or an order message";
constexpr std::string_view kNoOrder = "none in sight";
constexpr std::string_view kAnAcknowledgement = "an acknowledgement";
constexpr std::string_view kOutside = "outside every zone";
constexpr unsigned kMappedBits = 96, kAddressBits = 128, kLongestBroadcastPrefix = 126;

/// One end of a connection, as far as it is declared.
struct End {
  std::optional<std::uint32_t> device;
  std::optional<AddressTable::Found> zone;
};

std::string joined(const std::set<std::string>& names) {
  if (names.empty()) return std::string{kNone};
  const std::vector<std::string_view> views{names.begin(), names.end()};
  return listed(views);
}

std::string_view name_of(Transport transport) { return transport == Transport::tcp ? "tcp" : "udp"; }

std::string sop_class_name(std::string_view uid) {
  const std::string_view name = dicom_uid_name(uid);
  return std::string{name.empty() ? uid : name};
}

std::string operation_name(std::uint16_t command_field, Invoker invoker) {
  const std::string_view name = dicom_command_name(command_field);
  std::string text = name.empty() ? "command " + std::to_string(command_field) : std::string{name};
  if (invoker == Invoker::acceptor) text += " by acceptor";
  return text;
}

bool has_no_address(const Endpoint& endpoint) {
  static const IpAddress kNobody = IpAddress::parse("0.0.0.0").value();
  return endpoint.address == kNobody || endpoint.address == IpAddress{};
}

// Packets to everybody are no conversation between two devices.
bool is_to_everybody(const Parties& parties, const End& destination) {
  if (parties.transport != Transport::udp) return false;
  const auto& bytes = parties.destination.address.bytes();
  if (!parties.destination.address.is_v4()) return bytes[0] == 0xff;  // RFC 4291 2.7
  if ((bytes[12] & 0xf0) == 0xe0) return true;                        // RFC 5771
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

/// What a Declared looks into, beside the model.
struct Differences {
  std::shared_ptr<const Model> model;
  std::vector<Deviation> deviations;
  std::vector<UnknownKind> unknown;
};

/// One event being judged. First the path: which declared flows could this belong to? Then the flows are narrowed,
/// thing by thing, to those that allow what was seen. Where none of those left allows it, that is a deviation, and all
/// of them stay.
class Judgement {
 public:
  Judgement(const Event& event, const Lookup& lookup, Declared& declared, Differences& differences)
      : event_(event),
        parties_(event.parties),
        lookup_(lookup),
        model_(*lookup.model()),
        declared_(declared),
        differences_(differences) {}

  void run() {
    if (std::holds_alternative<CaptureNote>(event_.facts)) return;
    source_ = place(parties_.source, declared_.source);
    destination_ = place(parties_.destination, declared_.destination);
    std::visit([this](const auto& fact) { judge(fact); }, event_.facts);
    if (!flows_.empty()) declared_.flow = flows_.front()->name;
  }

 private:
  void judge(const ConnectionFact&) { judge_carrier(); }
  void judge(const TlsConnection&) { judge_carrier(); }

  // What is declared of a service holds for what it carries, which cannot be seen if nobody knows it, or in TLS.
  void judge_carrier() {
    judge_path();
    const bool veiled = event_.protocol == Protocol::unidentified || event_.protocol == Protocol::tls;
    const bool by_port_alone = std::all_of(flows_.begin(), flows_.end(), [this](const Flow* flow) {
      return service_of(*flow).protocol == ServiceProtocol::other;
    });
    if (veiled && !by_port_alone) unknown(UnknownKind::service);
  }

  void judge(const DicomAssociation& association) {
    judge_path();
    judge_titles(association.calling_ae, association.called_ae);
  }

  void judge(const DicomOperation& operation) {
    judge_path();
    judge_titles(operation.calling_ae, operation.called_ae);
    if (!flows_.empty()) {
      judge_operation(operation);
    } else if (operation.command_field == dimse::kMove && operation.request_seen) {
      judge_strangers_move(operation);
    }
  }

  void judge(const Hl7Message& message) {
    judge_path();
    if (!flows_.empty()) judge_message(message);
  }

  void judge(const Violation& violation) {
    name_flow();
    declared_.tolerated = is_tolerated(violation);
  }
  void judge(const Link&) { name_flow(); }
  void judge(const DicomStudy& study) {
    judge_path();
    find_storing_flow(study);
    forget_differences();
    // Until it is over an order may still come.
    if (event_.phase == Phase::end && study.has_stores()) judge_order(study);
  }
  void judge(const Workflow&) { name_flow(); }
  void judge(const CaptureNote&) {}

  // A quirk of the device that broke the rule, or a suspicious title that somebody declared.
  [[nodiscard]] bool is_tolerated(const Violation& violation) const {
    if (violation.ae_title && lookup_.is_declared_title(*violation.ae_title)) return true;
    const auto& device = violation.by_opener ? source_.device : destination_.device;
    if (!device) return false;
    const std::vector<std::string>& quirks = model_.devices[*device].quirks;
    return std::find(quirks.begin(), quirks.end(), violation.name) != quirks.end();
  }

  // Whose it is; what else may be wrong with it is told by the facts that are carried.
  void name_flow() {
    judge_path();
    forget_differences();
  }

  void forget_differences() {
    differences_.deviations.clear();
    differences_.unknown.clear();
  }

  [[nodiscard]] End place(const Endpoint& endpoint, Place& named) const {
    const End end{lookup_.device_at(endpoint.address), lookup_.zone_at(endpoint.address)};
    if (end.device) named.device = model_.devices[*end.device].name;
    if (end.zone) named.zone = model_.zones[end.zone->value].name;
    return end;
  }

  [[nodiscard]] const Service& service_of(const Flow& flow) const { return model_.services[flow.service]; }

  void deviate(DeviationKind kind, std::string expected, std::string observed) {
    differences_.deviations.push_back({kind, std::move(expected), std::move(observed)});
  }

  void unknown(UnknownKind kind) { differences_.unknown.push_back(kind); }

  void judge_path() {
    if (has_no_address(parties_.source)) return;  // DHCP, before it has given one
    if (!source_.device) deviate(DeviationKind::source_device, "a declared device", to_text(parties_.source.address));
    if (is_to_everybody(parties_, destination_)) return;
    if (has_no_address(parties_.destination)) return;  // a record of several connections that share none
    if (!destination_.device)
      deviate(DeviationKind::destination_device, "a declared device", to_text(parties_.destination.address));
    if (source_.device && destination_.device) find_flows();
    if (!parties_.opener_known) unknown(UnknownKind::direction);
    judge_zones();
  }

  // Both ends are declared. Where it is not known who opened the connection, either orientation may fit.
  void find_flows() {
    const auto onward = possible_flows(*source_.device, *destination_.device);
    flows_ = on_port(onward, parties_.destination.port);
    if (!flows_.empty()) return;
    const auto back = possible_flows(*destination_.device, *source_.device);
    if (!parties_.opener_known) {
      flows_ = on_port(back, parties_.source.port);
      reversed_ = !flows_.empty();
      if (reversed_) return;
    }
    if (!onward.empty()) {
      flows_ = onward;
      deviate(DeviationKind::port, ports_of(onward),
              std::to_string(parties_.destination.port) + '/' + std::string{name_of(parties_.transport)});
    } else if (back.empty()) {
      deviate(
          DeviationKind::flow, services_between(),
          names_of_ends(declared_.source, declared_.destination) + " (" + std::string{to_text(event_.protocol)} + ')');
    } else if (parties_.opener_known) {
      deviate(DeviationKind::direction, names_of_ends(declared_.destination, declared_.source),
              names_of_ends(declared_.source, declared_.destination));
    } else {
      flows_ = back;
      reversed_ = true;
      deviate(DeviationKind::port, ports_of(back),
              std::to_string(parties_.source.port) + '/' + std::string{name_of(parties_.transport)});
    }
  }

  [[nodiscard]] std::vector<const Flow*> possible_flows(std::uint32_t from, std::uint32_t to) const {
    auto flows = lookup_.flows_between(from, to);
    std::erase_if(flows, [this](const Flow* flow) { return !could_be(event_.protocol, service_of(*flow).protocol); });
    return flows;
  }

  [[nodiscard]] std::vector<const Flow*> on_port(std::vector<const Flow*> flows, std::uint16_t port) const {
    std::erase_if(flows,
                  [&](const Flow* flow) { return !listens_on(*flow, service_of(*flow), parties_.transport, port); });
    return flows;
  }

  [[nodiscard]] std::string ports_of(const std::vector<const Flow*>& flows) const {
    std::set<std::string> ports;
    for (const Flow* const flow : flows) {
      for (const Transport transport : service_of(*flow).transports) {
        for (const PortRange& range : flow->ports) ports.insert(to_text(range) + '/' + std::string{name_of(transport)});
      }
    }
    return joined(ports);
  }

  [[nodiscard]] std::string services_between() const {
    std::set<std::string> services;
    for (const Flow* const flow : lookup_.flows_between(*source_.device, *destination_.device))
      services.insert(service_of(*flow).name);
    return joined(services);
  }

  static std::string names_of_ends(const Place& from, const Place& to) {
    return std::string{from.device} + " to " + std::string{to.device};
  }

  void judge_zones() {
    const auto zone_of = [](const End& end) { return end.zone ? std::optional{end.zone->value} : std::nullopt; };
    const auto from = zone_of(source_);
    const auto to = zone_of(destination_);
    if (from == to) return;
    if (from && to &&
        (lookup_.zones_joined(*from, *to) || (!parties_.opener_known && lookup_.zones_joined(*to, *from))))
      return;
    const auto name = [](std::string_view zone) { return std::string{zone.empty() ? kOutside : zone}; };
    deviate(DeviationKind::zone_crossing, crossings_from(from),
            name(declared_.source.zone) + " to " + name(declared_.destination.zone));
  }

  [[nodiscard]] std::string crossings_from(std::optional<std::uint32_t> from) const {
    std::set<std::string> zones;
    for (std::uint32_t to = 0; from && to < model_.zones.size(); ++to) {
      if (to != *from && lookup_.zones_joined(*from, to)) zones.insert("to " + model_.zones[to].name);
    }
    return joined(zones);
  }

  /// `allowed_by` says whether a flow allows what was seen, `describe` adds what it allows instead.
  template <typename AllowedBy, typename Describe>
  bool narrow(DeviationKind kind, std::string observed, const AllowedBy& allowed_by, const Describe& describe) {
    std::vector<const Flow*> allowing;
    std::copy_if(flows_.begin(), flows_.end(), std::back_inserter(allowing),
                 [&](const Flow* flow) { return allowed_by(*flow); });
    if (!allowing.empty()) {
      flows_ = std::move(allowing);
      return true;
    }
    std::set<std::string> expected;
    for (const Flow* const flow : flows_) describe(*flow, expected);
    deviate(kind, joined(expected), std::move(observed));
    return false;
  }

  [[nodiscard]] std::uint32_t opener() const { return reversed_ ? *destination_.device : *source_.device; }
  [[nodiscard]] std::uint32_t acceptor() const { return reversed_ ? *source_.device : *destination_.device; }

  void judge_titles(const std::optional<AeTitle>& calling_ae, const std::optional<AeTitle>& called_ae) {
    if (flows_.empty()) return;
    judge_title(called_ae, DeviationKind::called_ae_title, UnknownKind::called_ae_title, &Flow::called_ae,
                model_.devices[acceptor()].answers_to);
    judge_title(calling_ae, DeviationKind::calling_ae_title, UnknownKind::calling_ae_title, &Flow::calling_ae,
                model_.devices[opener()].calls_as);
  }

  void judge_title(const std::optional<AeTitle>& seen, DeviationKind kind, UnknownKind unseen,
                   std::optional<Allowed<std::string>> Flow::*restriction,
                   const std::vector<std::string>& titles_of_device) {
    if (!seen) return unknown(unseen);
    const std::string_view title = trimmed(*seen);
    const auto allowed_by = [&](const Flow& flow) {
      if (flow.*restriction) return allows(*(flow.*restriction), title);
      return std::ranges::find(titles_of_device, title) != titles_of_device.end();
    };
    narrow(kind, std::string{title}, allowed_by, [&](const Flow& flow, std::set<std::string>& expected) {
      const auto& titles = flow.*restriction ? (flow.*restriction)->values : titles_of_device;
      expected.insert(titles.begin(), titles.end());
    });
  }

  void judge_operation(const DicomOperation& operation) {
    const bool moves = operation.command_field == dimse::kMove;
    if (!operation.request_seen || operation.command_field == 0) {
      unknown(UnknownKind::operation);
      unknown(UnknownKind::sop_class);
      if (moves) unknown(UnknownKind::move_destination);
      return;
    }
    const Invoker invoker = !reversed_                             ? operation.invoker
                            : operation.invoker == Invoker::opener ? Invoker::acceptor
                                                                   : Invoker::opener;
    const bool declared = narrow(
        DeviationKind::operation, operation_name(operation.command_field, invoker),
        [&](const Flow& flow) { return allows_operation(flow, operation.command_field, invoker); },
        [&](const Flow& flow, std::set<std::string>& expected) {
          const Operations& operations = invoker == Invoker::opener ? flow.operations : flow.acceptor_operations;
          for (const std::uint16_t field : operations.values) expected.insert(operation_name(field, invoker));
        });
    // What an undeclared operation is about needs no second deviation; where a retrieval sends the images to does.
    if (declared) judge_sop_class(operation);
    if (moves) judge_move_destination(operation, declared);
  }

  void judge_sop_class(const DicomOperation& operation) {
    if (operation.sop_class_uid.empty()) return unknown(UnknownKind::sop_class);
    narrow(
        DeviationKind::sop_class, sop_class_name(operation.sop_class_uid),
        [&](const Flow& flow) { return allows_sop_class(flow, operation.command_field, operation.sop_class_uid); },
        [](const Flow& flow, std::set<std::string>& expected) {
          for (const std::string_view family : family_names(flow.sop_classes.families)) expected.emplace(family);
          for (const std::string& uid : flow.sop_classes.uids) expected.insert(sop_class_name(uid));
        });
  }

  // The title means a device only through the archive's own table, so what is declared is the title.
  void judge_move_destination(const DicomOperation& operation, bool operation_declared) {
    const std::string_view title = trimmed(operation.move_destination);
    if (title.empty()) return unknown(UnknownKind::move_destination);
    narrow(
        DeviationKind::move_destination, std::string{title},
        [&](const Flow& flow) {
          if (!operation_declared || flow.move_destinations.any) return lookup_.is_declared_title(title);
          return allows(flow.move_destinations, title);
        },
        [](const Flow& flow, std::set<std::string>& expected) {
          if (flow.move_destinations.any) expected.insert("any title of a declared device");
          expected.insert(flow.move_destinations.values.begin(), flow.move_destinations.values.end());
        });
  }

  // Whoever asks: a title that no declared device has leads nobody knows where.
  void judge_strangers_move(const DicomOperation& operation) {
    const std::string_view title = trimmed(operation.move_destination);
    if (title.empty() || lookup_.is_declared_title(title)) return;
    deviate(DeviationKind::move_destination, "a title of a declared device", std::string{title});
  }

  // A study's source is who sent the objects, whoever opened the connection: of a C-GET, the acceptor.
  void find_storing_flow(const DicomStudy& study) {
    judge_titles(reversed_ ? study.receiver_ae : study.sender_ae, reversed_ ? study.sender_ae : study.receiver_ae);
    const Invoker sender = reversed_ ? Invoker::acceptor : Invoker::opener;
    narrow(
        DeviationKind::operation, operation_name(dimse::kStore, sender),
        [&](const Flow& flow) { return allows_operation(flow, dimse::kStore, sender); },
        [](const Flow&, std::set<std::string>&) {});
  }

  void judge_order(const DicomStudy& study) {
    const auto requires_order = [](const Flow* flow) { return flow->requires_order; };
    if (study.ordered.value_or(false) || !std::ranges::all_of(flows_, requires_order) || flows_.empty()) return;
    if (!study.ordered || event_.visibility.impaired()) return unknown(UnknownKind::order);
    deviate(DeviationKind::order, std::string{kAnOrder}, std::string{kNoOrder});
  }

  // A message is held against the flows in its sender's direction, whoever opened the connection; acknowledgements need
  // no flow.
  void judge_message(const Hl7Message& message) {
    const auto path = flows_;
    if (message.message_seen && message.sent_by_opener == reversed_) flows_ = possible_flows(acceptor(), opener());
    if (flows_.empty()) {
      judge_message_type(message);
      flows_ = path;
      return;
    }
    judge_hl7_end(sender_of(message), DeviationKind::sender, UnknownKind::sender, &Hl7Agreement::senders);
    judge_hl7_end(receiver_of(message), DeviationKind::receiver, UnknownKind::receiver, &Hl7Agreement::receivers);
    judge_message_type(message);
    judge_code(message.version, DeviationKind::version, UnknownKind::version, &Hl7Agreement::versions);
    judge_code(message.processing_id, DeviationKind::processing_id, UnknownKind::processing_id,
               &Hl7Agreement::processing_ids);
    judge_ack_mode(message);
    declare_message(message);
  }

  void judge_message_type(const Hl7Message& message) {
    if (message.message_type.empty()) return unknown(UnknownKind::message_type);
    narrow(
        DeviationKind::message_type, std::string{message.message_type},
        [&](const Flow& flow) { return allows_message_type(flow, message.message_type); },
        [](const Flow& flow, std::set<std::string>& expected) {
          expected.insert(flow.message_types.values.begin(), flow.message_types.values.end());
        });
  }

  void judge_hl7_end(const std::optional<Hl7EndSeen>& seen, DeviationKind kind, UnknownKind unseen,
                     Allowed<Hl7End> Hl7Agreement::*declared) {
    if (!is_declared(declared)) return;
    if (!seen) return unknown(unseen);
    narrow(
        kind, seen->text(),
        [&](const Flow& flow) { return allowed_end(flow.hl7.*declared, *seen) || (flow.hl7.*declared).any; },
        [&](const Flow& flow, std::set<std::string>& expected) {
          for (const Hl7End& end : (flow.hl7.*declared).values) expected.insert(end.text);
        });
  }

  void judge_code(std::string_view seen, DeviationKind kind, UnknownKind unseen,
                  Allowed<std::string> Hl7Agreement::*declared) {
    if (!is_declared(declared)) return;
    if (seen.empty()) return unknown(unseen);
    narrow(
        kind, std::string{seen}, [&](const Flow& flow) { return allows(flow.hl7.*declared, seen); },
        [&](const Flow& flow, std::set<std::string>& expected) {
          expected.insert((flow.hl7.*declared).values.begin(), (flow.hl7.*declared).values.end());
        });
  }

  // What the message asks for; where none is declared, that there is one.
  void judge_ack_mode(const Hl7Message& message) {
    const auto asks = [](const Flow* flow) {
      return flow->hl7.ack_mode && flow->hl7.ack_mode != AcknowledgementMode::none;
    };
    const bool asked = std::ranges::any_of(flows_, asks);
    if (asked && !message.mode) unknown(UnknownKind::ack_mode);
    narrow(
        DeviationKind::ack_mode, std::string{asked && message.mode ? to_text(*message.mode) : kAnAcknowledgement},
        [&](const Flow& flow) {
          if (flow.hl7.ack_mode == AcknowledgementMode::none) return !message.answer();
          return !flow.hl7.ack_mode || !message.mode || flow.hl7.ack_mode == message.mode;
        },
        [](const Flow& flow, std::set<std::string>& expected) {
          if (flow.hl7.ack_mode) expected.emplace(to_text(*flow.hl7.ack_mode));
        });
  }

  template <typename Value>
  [[nodiscard]] bool is_declared(Allowed<Value> Hl7Agreement::*declared) const {
    return std::ranges::any_of(flows_, [&](const Flow* flow) { return !(flow->hl7.*declared).any; });
  }

  // Of the flow that it belongs to: as declared, for whoever counts by it.
  void declare_message(const Hl7Message& message) {
    const Flow& flow = *flows_.front();
    DeclaredMessage& told = declared_.message;
    told.ack_mode = flow.hl7.ack_mode;
    if (flow.hl7.accession_sought) told.accession_sought = &*flow.hl7.accession_sought;
    told.message_type = allowed_message_type(flow, message.message_type);
    const std::optional<Hl7EndSeen> sender = sender_of(message);
    if (!sender) return;
    if (const Hl7End* const end = allowed_end(flow.hl7.senders, *sender)) told.sender = end->text;
  }

  const Event& event_;
  const Parties& parties_;
  const Lookup& lookup_;
  const Model& model_;
  Declared& declared_;
  Differences& differences_;
  End source_;
  End destination_;
  std::vector<const Flow*> flows_;  // that this could belong to, all of the same two devices
  bool reversed_ = false;           // the flows run from what the event calls its destination
};

}  // namespace

Declared Lookup::judge(const Event& event) const {
  Declared declared;
  Differences differences;
  Judgement{event, *this, declared, differences}.run();
  if (differences.deviations.empty() && differences.unknown.empty()) {
    declared.owner = model_;
    return declared;
  }
  differences.model = model_;
  const auto kept = std::make_shared<const Differences>(std::move(differences));
  declared.deviations = kept->deviations;
  declared.unknown = kept->unknown;
  declared.owner = kept;
  return declared;
}

}  // namespace dcmwatch
