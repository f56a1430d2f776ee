#include "event/record.h"

#include <array>

namespace dcmwatch {

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
