#include "detect/settled_fields.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <variant>
#include <vector>

#include "detect/closed_values.h"

namespace dcmwatch {
namespace {

using Paths = std::vector<std::string_view>;

// Their records have one phase.
constexpr std::array<std::string_view, 5> kToldOnce{"violation", "link", "workflow", "flow", "capture"};

// What is known of a conversation before anything is told of it.
const Paths& at_once_everywhere() {
  static const Paths kPaths{"event.kind",
                            "event.dataset",
                            "source.ip",
                            "source.port",
                            "source.mac",
                            "source.device",
                            "source.zone",
                            "source.role",
                            "destination.role",
                            "destination.ip",
                            "destination.port",
                            "destination.mac",
                            "destination.device",
                            "destination.zone",
                            "network.transport",
                            "network.community_id",
                            "network.opener_known",
                            "network.vlan.id",
                            "network.inner.vlan.id",
                            "conversation.id",
                            "event.start"};
  return kPaths;
}

// What the first thing that is told of a record says: the association's request and its answer's beginning, a command,
// an HL7 message, the hellos of TLS.
const std::map<std::string_view, Paths>& at_once_of_dataset() {
  static const std::map<std::string_view, Paths> kPaths{
      {"dicom.association",
       {"network.protocol",
        "flow.name",
        "flow.declares_rate",
        "dicom.calling_ae",
        "dicom.called_ae",
        "dicom.contexts.proposed",
        "dicom.opener.implementation_class_uid",
        "dicom.opener.implementation_version_name",
        "dicom.opener.toolkit",
        "dicom.opener.product",
        "dicom.opener.version",
        "dicom.opener.manufacturer",
        "dicom.opener.root",
        "dicom.opener.confidence",
        "dicom.opener.maximum_length",
        "dicom.roles.sop_classes",
        "dicom.roles.proposed",
        "dicom.extended_negotiation",
        "dicom.common_extended_negotiation",
        "dicom.window.proposed",
        "dicom.user_identity.type",
        "dicom.user_identity.clear_passcode"}},
      {"dicom.operation",
       {"network.protocol",
        "flow.name",
        "flow.declares_rate",
        "event.action",
        "dicom.calling_ae",
        "dicom.called_ae",
        "dicom.command",
        "dicom.invoker",
        "dicom.message_id",
        "dicom.context_id",
        "dicom.request_seen",
        "dicom.move_destination",
        "dicom.originator_ae",
        "dicom.originator_message_id",
        "dicom.priority",
        "dicom.event_type",
        "dicom.action_type",
        "dicom.requested_attributes",
        "dicom.query_level",
        "dicom.query.matched",
        "dicom.query.wildcards",
        "dicom.query.returned",
        "dicom.query.date_range_days",
        "dicom.query.open_date_range",
        "dicom.query.unique_keys",
        "dicom.query.studies",
        "dicom.query.names_no_study",
        "dicom.query.identifiers",
        "dicom.query.keys_not_told"}},
      {"hl7.message",
       {"network.protocol",
        "flow.name",
        "flow.declares_rate",
        "flow.receiver",
        "flow.sender",
        "flow.ack_mode",
        "event.action",
        "hl7.message_type",
        "hl7.version",
        "hl7.processing_id",
        "hl7.character_set",
        "hl7.message_time",
        "hl7.recorded",
        "hl7.occurred",
        "hl7.event_type",
        "hl7.event_facility",
        "hl7.country",
        "hl7.profile",
        "hl7.envelope",
        "hl7.part",
        "hl7.sending_application",
        "hl7.sending_facility",
        "hl7.receiving_application",
        "hl7.receiving_facility",
        "hl7.software.vendor",
        "hl7.software.product",
        "hl7.software.version",
        "hl7.control_id",
        "hl7.order_control",
        "hl7.message_seen",
        "hl7.sent_by",
        "hl7.ack_mode",
        "hl7.accept_wanted",
        "hl7.ack_wanted",
        "hl7.bytes",
        "hl7.patient.issuer",
        "hl7.patient.others",
        "hl7.merge.into",
        "hl7.merge.from",
        "hl7.patient.ids_not_told",
        "hl7.visit",
        "hl7.account",
        "patient.pseudonym",
        "order.accession",
        "order.placer",
        "order.filler",
        "order.count",
        "order.not_told",
        "order.controls",
        "order.statuses",
        "order.result_statuses",
        "order.observation_statuses",
        "order.placers",
        "order.fillers",
        "order.accessions",
        "order.studies"}},
      {"tls",
       {"network.protocol", "flow.name", "flow.declares_rate", "tls.version", "tls.version_protocol",
        "tls.versions_offered", "tls.cipher", "tls.cipher_weaknesses", "tls.ciphers_offered", "tls.weaknesses_offered",
        "tls.client.server_name"}}};
  return kPaths;
}

// Outcomes that turn out otherwise, counts of what is left, guesses.
const Paths& at_end() {
  static const Paths kPaths{"event.phase",
                            "event.outcome",
                            "source.in_unit",
                            "destination.in_unit",
                            "flow.unknown",
                            "dicom.acceptor.confidence",
                            "dicom.sub_operations.remaining",
                            "study.failed",
                            "study.missing",
                            "study.unsent",
                            "study.ordered",
                            "study.on_worklist",
                            "hl7.ack_type",
                            "tls.handshake"};
  return kPaths;
}

bool holds(const Paths& paths, std::string_view path) { return std::ranges::find(paths, path) != paths.end(); }

bool settles_at_once(const Field& field, std::size_t dataset) {
  const bool is_told_once = std::ranges::find(kToldOnce, dataset_names()[dataset]) != kToldOnce.end();
  const bool is_never_there = !field.visit.kinds().overlaps(RecordKinds::of_fact(dataset));
  if (is_told_once || is_never_there) return true;
  const auto more = at_once_of_dataset().find(dataset_names()[dataset]);
  return more != at_once_of_dataset().end() && holds(more->second, field.path);
}

}  // namespace

Settles settles(const Field& field, std::uint32_t datasets) {
  if (holds(at_once_everywhere(), field.path)) return Settles::at_once;
  for (std::size_t dataset = 0; dataset < std::variant_size_v<Facts>; ++dataset) {
    if ((datasets >> dataset & 1) == 0 || settles_at_once(field, dataset)) continue;
    return holds(at_end(), field.path) ? Settles::at_end : Settles::once_known;
  }
  return Settles::at_once;
}

}  // namespace dcmwatch
