#include "detect/closed_values.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "event/dicom_names.h"
#include "event/record.h"
#include "model/model.h"

namespace dcmwatch {
namespace {

// The texts of the enumerators from the first to the last, which have no gaps.
template <typename Enum>
std::vector<std::string_view> texts(Enum first, Enum last) {
  std::vector<std::string_view> names;
  for (int i = static_cast<int>(first); i <= static_cast<int>(last); ++i)
    names.push_back(to_text(static_cast<Enum>(i)));
  return names;
}

// PS3.7 E.1, the requests.
std::vector<std::string_view> commands() {
  constexpr std::array<std::uint16_t, 11> kFields{0x0001, 0x0010, 0x0020, 0x0021, 0x0030, 0x0100,
                                                  0x0110, 0x0120, 0x0130, 0x0140, 0x0150};
  std::vector<std::string_view> names(kFields.size());
  std::transform(kFields.begin(), kFields.end(), names.begin(), dicom_command_name);
  return names;
}

std::vector<std::string_view> tls_versions() {
  std::vector<std::string_view> names(kTlsVersions.size());
  std::ranges::transform(kTlsVersions, names.begin(), tls_version_name);
  return names;
}

std::vector<std::string_view> tls_weakness_words() {
  std::vector<std::string_view> words(kTlsWeaknessRules.size());
  std::ranges::transform(kTlsWeaknessRules, words.begin(), &TlsWeaknessRule::word);
  return words;
}

template <std::size_t... Index>
std::vector<std::string_view> names_of_alternatives(std::index_sequence<Index...>) {
  return {dataset_of(Facts{std::in_place_index<Index>})...};
}

using Values = std::map<std::string_view, std::vector<std::string_view>>;

Values all_closed_values() {
  return {{"event.dataset", dataset_names()},
          {"event.phase", texts(Phase::start, Phase::end)},
          {"event.outcome", texts(Outcome::unknown, Outcome::failure)},
          {"network.protocol", texts(Protocol::dicom, Protocol::ssh)},
          {"network.transport", {"tcp", "udp"}},
          {"source.role", {kDeviceRoles.begin(), kDeviceRoles.end()}},
          {"destination.role", {kDeviceRoles.begin(), kDeviceRoles.end()}},
          {"connection.end", texts(ConnectionEnd::finished, ConnectionEnd::answered)},
          {"flow.deviations", texts(DeviationKind::source_device, DeviationKind::implementation_changed)},
          {"flow.unknown", texts(UnknownKind::direction, UnknownKind::implementation)},
          {"flow.state", texts(FlowState::silent, FlowState::not_visible)},
          {"flow.not_visible", texts(WhyNotVisible::capture, WhyNotVisible::not_told_apart)},
          {"flow.declares_rate", texts(RateOf::connections, RateOf::studies_queried)},
          {"flow.rate_of", texts(RateOf::connections, RateOf::studies_queried)},
          {"flow.ack_mode", texts(AcknowledgementMode::original, AcknowledgementMode::none)},
          {"dicom.command", commands()},
          {"dicom.invoker", texts(Invoker::opener, Invoker::acceptor)},
          {"dicom.end", texts(DicomEnd::released, DicomEnd::open)},
          {"dicom.status_class", texts(StatusClass::success, StatusClass::pending)},
          {"dicom.rejection_kind", {"configuration", "availability", "protocol"}},
          {"dicom.aborted_by", {"opener", "acceptor"}},
          {"dicom.broken_off_by", texts(Invoker::opener, Invoker::acceptor)},
          {"dicom.slowest", texts(SlowPart::sender, SlowPart::network)},
          {"hl7.sent_by", {"opener", "acceptor"}},
          {"hl7.ack_mode", texts(AcknowledgementMode::original, AcknowledgementMode::enhanced)},
          {"hl7.accept_wanted", texts(AckCondition::always, AckCondition::on_success)},
          {"hl7.ack_wanted", texts(AckCondition::always, AckCondition::on_success)},
          {"hl7.accept_code", {"CA", "CE", "CR"}},
          {"hl7.ack_code", {"AA", "AE", "AR"}},
          {"hl7.ack_paired_by", texts(PairedBy::control_id, PairedBy::order)},
          {"hl7.unanswered", texts(WhyUnanswered::timeout, WhyUnanswered::superseded)},
          {"hl7.closed_by", {"opener", "acceptor"}},
          {"workflow.steps.seen", texts(WorkflowStep::order, WorkflowStep::report)},
          {"workflow.steps.late", texts(WorkflowStep::order, WorkflowStep::report)},
          {"workflow.steps.failed", texts(WorkflowStep::order, WorkflowStep::report)},
          {"workflow.steps.missing", texts(WorkflowStep::order, WorkflowStep::report)},
          {"workflow.steps.unknown", texts(WorkflowStep::order, WorkflowStep::report)},
          {"workflow.told", texts(WorkflowTold::complete, WorkflowTold::end)},
          {"tls.version", {"2.0", "3.0", "1.0", "1.1", "1.2", "1.3", "other"}},
          {"tls.version_protocol", {"tls", "ssl"}},
          {"tls.versions_offered", tls_versions()},
          {"tls.cipher_weaknesses", tls_weakness_words()},
          {"tls.weaknesses_offered", tls_weakness_words()},
          {"tls.handshake", texts(TlsHandshake::unknown, TlsHandshake::abandoned)},
          {"tls.resumption", texts(TlsResumption::session_id, TlsResumption::psk)},
          {"tls.alert.level", {"warning", "fatal"}},
          {"tls.alert.by", {"opener", "acceptor"}},
          {"violation.by", {"opener", "acceptor"}},
          {"violation.severity", texts(Severity::low, Severity::high)},
          {"link.kind", texts(LinkKind::move_caused_store, LinkKind::patient_merged)},
          {"link.certainty", texts(LinkCertainty::originator, LinkCertainty::none)}};
}

// Written even where they are empty. Of lists some items may be.
constexpr std::array<std::string_view, 9> kMayBeEmpty{
    "dicom.calling_ae",          "dicom.called_ae",         "study.sender_ae",
    "study.receiver_ae",         "hl7.sending_application", "hl7.sending_facility",
    "hl7.receiving_application", "hl7.receiving_facility",  "violation.ae_title"};

constexpr std::array<std::string_view, 2> kStatuses{"dicom.status", "dicom.commitment.failure_reasons"};
constexpr std::string_view kHexadecimal = "0123456789abcdefABCDEF";

template <std::size_t size>
bool is_among(const std::array<std::string_view, size>& paths, std::string_view path) {
  return std::ranges::find(paths, path) != paths.end();
}

}  // namespace

std::string_view instead_of(const Field& field, std::string_view written, bool is_literal) {
  if (written.empty() && is_literal && field.type == FieldType::text && !is_among(kMayBeEmpty, field.path))
    return "what is empty is absent: write null";
  if (!is_among(kStatuses, field.path)) return {};
  const std::size_t digits = std::min(written.find_first_not_of(kHexadecimal), written.size());
  const bool has_others = written.find_first_not_of("0123456789abcdefABCDEF*?") != std::string_view::npos;
  const bool is_status = is_literal ? digits == 4 && written.size() == 4 : !has_others;
  return is_status ? std::string_view{} : "write four hexadecimal digits, '0000'";
}

RecordKinds record_kinds(std::uint32_t datasets) {
  std::optional<RecordKinds> kinds;
  for (std::size_t dataset = 0; dataset < std::variant_size_v<Facts>; ++dataset) {
    if ((datasets >> dataset & 1) == 0) continue;
    kinds = kinds ? *kinds | RecordKinds::of_fact(dataset) : RecordKinds::of_fact(dataset);
  }
  return kinds.value_or(RecordKinds::all());
}

const std::vector<std::string_view>& dataset_names() {
  static const auto kNames = names_of_alternatives(std::make_index_sequence<std::variant_size_v<Facts>>{});
  return kNames;
}

const std::vector<std::string_view>& closed_values(std::string_view field_path) {
  static const Values kValues = all_closed_values();
  static const std::vector<std::string_view> kAny;
  const auto found = kValues.find(field_path);
  return found == kValues.end() ? kAny : found->second;
}

}  // namespace dcmwatch
