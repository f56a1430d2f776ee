#include "event/record.h"

#include <algorithm>
#include <array>

namespace dcmwatch {

namespace {

// Whose frame bears neither end's own MAC address: somebody else may speak in its name.
bool is_of_another_host(const Declared& declared) {
  return std::ranges::any_of(declared.deviations, [](const Deviation& deviation) {
    return deviation.kind == DeviationKind::source_mac || deviation.kind == DeviationKind::destination_mac;
  });
}

// An unidentified one on a port where DICOM or HL7 is declared may be a mere look whether somebody listens.
bool shows_flow(const Event& event, const Declared& declared, const ConnectionFact& connection) {
  if (event.protocol == Protocol::dicom || event.protocol == Protocol::hl7 || connection.attempts) return false;
  if (event.protocol == Protocol::unidentified &&
      std::ranges::find(declared.unknown, UnknownKind::service) != declared.unknown.end())
    return false;
  return event.parties.transport == Transport::udp || connection.handshake_time || connection.round_trip_to_acceptor ||
         connection.bytes[0] + connection.bytes[1] != 0;
}

}  // namespace

bool shows_flow(const Event& event, const Declared& declared) {
  if (declared.flow.empty() || event.doubtful()) return false;
  // What is proven is the device's, whatever frame anybody sent in its name before.
  if (!event.proven && is_of_another_host(declared)) return false;
  if (const auto* connection = std::get_if<ConnectionFact>(&event.facts))
    return (!connection->goes_on || connection->carried) && shows_flow(event, declared, *connection);
  if (goes_on(event)) return false;
  if (const auto* association = std::get_if<DicomAssociation>(&event.facts))
    return association->accepted.value_or(false);
  return std::holds_alternative<DicomOperation>(event.facts) || std::holds_alternative<Hl7Message>(event.facts);
}

Timestamp shown_at(const Event& event) {
  const auto* connection = std::get_if<ConnectionFact>(&event.facts);
  return connection && connection->carried ? std::min(*connection->carried, event.last.time) : event.last.time;
}

SharedDeclared with_deviations(const SharedDeclared& declared, const std::vector<Deviation>& more) {
  struct Owned {
    SharedDeclared declared;
    std::vector<Deviation> deviations;
  };
  Owned owned{declared, {declared->deviations.begin(), declared->deviations.end()}};
  owned.deviations.insert(owned.deviations.end(), more.begin(), more.end());
  const auto kept = std::make_shared<const Owned>(std::move(owned));
  Declared with = *declared;
  with.deviations = kept->deviations;
  with.owner = kept;
  return SharedDeclared{std::move(with)};
}

std::string_view to_text(DeviationKind kind) {
  switch (kind) {
    case DeviationKind::source_device: return "source.device";
    case DeviationKind::destination_device: return "destination.device";
    case DeviationKind::flow: return "flow";
    case DeviationKind::zone_crossing: return "zone_crossing";
    case DeviationKind::port: return "port";
    case DeviationKind::direction: return "direction";
    case DeviationKind::calling_ae_title: return "calling_ae";
    case DeviationKind::called_ae_title: return "called_ae";
    case DeviationKind::operation: return "operation";
    case DeviationKind::sop_class: return "sop_class";
    case DeviationKind::sender: return "sender";
    case DeviationKind::receiver: return "receiver";
    case DeviationKind::message_type: return "message_type";
    case DeviationKind::version: return "version";
    case DeviationKind::processing_id: return "processing_id";
    case DeviationKind::ack_mode: return "ack_mode";
    case DeviationKind::move_destination: return "move_destination";
    case DeviationKind::order: return "order";
    case DeviationKind::worklist_entry: return "worklist_entry";
    case DeviationKind::denied: return "denied";
    case DeviationKind::source_mac: return "source.mac";
    case DeviationKind::destination_mac: return "destination.mac";
    case DeviationKind::vlan: return "vlan";
    case DeviationKind::ae_title_case: return "ae_title_case";
    case DeviationKind::ae_title_two_places: return "ae_title_two_places";
    case DeviationKind::service: return "service";
    case DeviationKind::transfer_syntax: return "transfer_syntax";
    case DeviationKind::transport_security: return "transport_security";
    case DeviationKind::window: return "window";
    case DeviationKind::expired: return "expired";
    case DeviationKind::rate: return "rate";
    case DeviationKind::slow_answer: return "slow_answer";
    case DeviationKind::silent: return "silent";
    case DeviationKind::listener: return "listener";
    case DeviationKind::outside: return "outside";
    case DeviationKind::implementation: return "implementation";
    case DeviationKind::implementation_changed: return "implementation_changed";
  }
  return {};
}

std::string_view to_text(UnknownKind kind) {
  switch (kind) {
    case UnknownKind::direction: return "direction";
    case UnknownKind::service: return "service";
    case UnknownKind::calling_ae_title: return "calling_ae";
    case UnknownKind::called_ae_title: return "called_ae";
    case UnknownKind::operation: return "operation";
    case UnknownKind::sop_class: return "sop_class";
    case UnknownKind::sender: return "sender";
    case UnknownKind::receiver: return "receiver";
    case UnknownKind::message_type: return "message_type";
    case UnknownKind::version: return "version";
    case UnknownKind::processing_id: return "processing_id";
    case UnknownKind::ack_mode: return "ack_mode";
    case UnknownKind::move_destination: return "move_destination";
    case UnknownKind::order: return "order";
    case UnknownKind::worklist_entry: return "worklist_entry";
    case UnknownKind::source_device: return "source.device";
    case UnknownKind::destination_device: return "destination.device";
    case UnknownKind::mac: return "mac";
    case UnknownKind::transfer_syntax: return "transfer_syntax";
    case UnknownKind::transport_security: return "transport_security";
    case UnknownKind::rate: return "rate";
    case UnknownKind::answer_time: return "answer_time";
    case UnknownKind::silent: return "silent";
    case UnknownKind::implementation: return "implementation";
  }
  return {};
}

namespace {
constexpr std::array<std::string_view, 5> kLevels{"informational", "low", "medium", "high", "critical"};
}

std::string_view to_text(Level level) { return kLevels[static_cast<std::size_t>(level)]; }

std::optional<Level> level_from(std::string_view text) {
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    if (kLevels[i] == text) return static_cast<Level>(i);
  }
  return std::nullopt;
}

}  // namespace dcmwatch
