#include "event/event.h"

#include "event/dicom_names.h"

namespace dcmwatch {
namespace {

Outcome outcome(const Event&, const ConnectionFact& fact) {
  if (!fact.end) return Outcome::unknown;
  return *fact.end == ConnectionEnd::finished ? Outcome::success : Outcome::unknown;
}

// How an association ended is told by its end alone, whatever became of its operations: PS3.8 9.2 knows a release.
Outcome outcome(const Event&, const DicomAssociation& association) {
  if (association.rejection || association.abort || association.accepted == false) return Outcome::failure;
  switch (association.end.value_or(DicomEnd::open)) {
    case DicomEnd::reset:
    case DicomEnd::timeout:
    case DicomEnd::closed: return Outcome::failure;
    case DicomEnd::released:
    case DicomEnd::aborted:
    case DicomEnd::rejected:
    case DicomEnd::open: break;
  }
  return association.accepted ? Outcome::success : Outcome::unknown;
}

Outcome outcome(const Event& event, const DicomOperation& operation) {
  if (never_answered(event, operation) && !operation.cancelled) return Outcome::failure;
  if (!operation.status) return Outcome::unknown;
  switch (dicom_status_class(operation.command_field, *operation.status)) {
    case StatusClass::success:
    case StatusClass::warning: return Outcome::success;
    case StatusClass::failure: return Outcome::failure;
    case StatusClass::cancel:
    case StatusClass::pending: return Outcome::unknown;
  }
  return Outcome::unknown;
}

Outcome outcome(const Event&, const DicomStudy& study) {
  if (study.failed != 0 || study.commitment_failed != 0) return Outcome::failure;
  if (study.missing.value_or(0) != 0 || study.not_visible != 0) return Outcome::unknown;
  return study.stored != 0 || study.committed != 0 ? Outcome::success : Outcome::unknown;
}

Outcome outcome(const Event&, const Hl7Message& message) {
  const std::optional<ShortCode>& code = message.answer();
  if (!code) return message.unanswered ? Outcome::failure : Outcome::unknown;
  if (code->size() != 2) return Outcome::unknown;
  switch (code->view()[1]) {  // HL7 table 0008: AA CA, AE CE, AR CR
    case 'A': return Outcome::success;
    case 'E':
    case 'R': return Outcome::failure;
    default: return Outcome::unknown;
  }
}

Outcome outcome(const Event&, const TlsConnection& connection) {
  switch (connection.handshake) {
    case TlsHandshake::unknown: return Outcome::unknown;
    case TlsHandshake::completed: return Outcome::success;
    case TlsHandshake::refused:
    case TlsHandshake::abandoned: return Outcome::failure;
  }
  return Outcome::unknown;
}

Outcome outcome(const Event&, const Violation&) { return Outcome::failure; }
Outcome outcome(const Event&, const Link& link) { return link.outcome; }
Outcome outcome(const Event&, const Workflow& workflow) {
  const auto any = [&workflow](WorkflowStepState state) {
    return std::ranges::any_of(workflow.steps, [state](const Workflow::Step& step) { return step.state == state; });
  };
  if (any(WorkflowStepState::failed)) return Outcome::failure;
  return any(WorkflowStepState::missing) || workflow.cancelled ? Outcome::unknown : Outcome::success;
}

Outcome outcome(const Event&, const FlowStretch&) { return Outcome::unknown; }
Outcome outcome(const Event&, const CaptureNote&) { return Outcome::unknown; }

struct DatasetName {
  std::string_view operator()(const ConnectionFact&) const { return "connection"; }
  std::string_view operator()(const DicomAssociation&) const { return "dicom.association"; }
  std::string_view operator()(const DicomOperation&) const { return "dicom.operation"; }
  std::string_view operator()(const DicomStudy&) const { return "dicom.study"; }
  std::string_view operator()(const Hl7Message&) const { return "hl7.message"; }
  std::string_view operator()(const TlsConnection&) const { return "tls"; }
  std::string_view operator()(const Violation&) const { return "violation"; }
  std::string_view operator()(const Link&) const { return "link"; }
  std::string_view operator()(const Workflow&) const { return "workflow"; }
  std::string_view operator()(const FlowStretch&) const { return "flow"; }
  std::string_view operator()(const CaptureNote&) const { return "capture"; }
};

}  // namespace

Outcome outcome_of(const Event& event) {
  return std::visit([&event](const auto& fact) { return outcome(event, fact); }, event.facts);
}

bool goes_on(const Event& event) {
  if (const auto* connection = std::get_if<ConnectionFact>(&event.facts)) return connection->goes_on;
  return event.phase == Phase::progress && std::holds_alternative<DicomAssociation>(event.facts);
}

bool never_answered(const Event& event, const DicomOperation& operation) {
  return event.phase == Phase::end && operation.request_seen && !operation.status && !event.visibility.impaired();
}

std::string_view dataset_of(const Facts& facts) { return std::visit(DatasetName{}, facts); }

std::string_view to_text(WorkflowStep step) {
  switch (step) {
    case WorkflowStep::order: return "order";
    case WorkflowStep::worklist: return "worklist";
    case WorkflowStep::performed_step: return "performed_step";
    case WorkflowStep::images: return "images";
    case WorkflowStep::commitment: return "commitment";
    case WorkflowStep::report: return "report";
  }
  return {};
}

std::string_view to_text(WorkflowStepState state) {
  switch (state) {
    case WorkflowStepState::unknown: return "unknown";
    case WorkflowStepState::seen: return "seen";
    case WorkflowStepState::late: return "late";
    case WorkflowStepState::failed: return "failed";
    case WorkflowStepState::missing: return "missing";
  }
  return {};
}

std::string_view to_text(WorkflowTold told) {
  switch (told) {
    case WorkflowTold::complete: return "complete";
    case WorkflowTold::quiet: return "quiet";
    case WorkflowTold::limit: return "limit";
    case WorkflowTold::end: return "end";
  }
  return {};
}

std::string_view to_text(RateOf what) {
  switch (what) {
    case RateOf::connections: return "connections";
    case RateOf::operations: return "operations";
    case RateOf::objects: return "objects";
    case RateOf::studies: return "studies";
    case RateOf::messages: return "messages";
    case RateOf::studies_retrieved: return "studies_retrieved";
    case RateOf::studies_queried: return "studies_queried";
  }
  return {};
}

std::string_view to_text(FlowState state) {
  switch (state) {
    case FlowState::silent: return "silent";
    case FlowState::seen_again: return "seen_again";
    case FlowState::above_rate: return "above_rate";
    case FlowState::below_rate: return "below_rate";
    case FlowState::not_visible: return "not_visible";
  }
  return {};
}

std::string_view to_text(WhyNotVisible reason) {
  switch (reason) {
    case WhyNotVisible::capture: return "capture";
    case WhyNotVisible::lost: return "lost";
    case WhyNotVisible::one_direction: return "one_direction";
    case WhyNotVisible::unseen_ends: return "unseen_ends";
    case WhyNotVisible::not_told_apart: return "not_told_apart";
  }
  return {};
}

std::string_view to_text(Phase phase) {
  switch (phase) {
    case Phase::start: return "start";
    case Phase::progress: return "progress";
    case Phase::end: return "end";
  }
  return {};
}

std::string_view to_text(Outcome outcome) {
  switch (outcome) {
    case Outcome::unknown: return "unknown";
    case Outcome::success: return "success";
    case Outcome::failure: return "failure";
  }
  return {};
}

std::string_view to_text(Protocol protocol) {
  switch (protocol) {
    case Protocol::unidentified: return "unidentified";
    case Protocol::dicom: return "dicom";
    case Protocol::hl7: return "hl7";
    case Protocol::hllp: return "hllp";
    case Protocol::tls: return "tls";
    case Protocol::http: return "http";
    case Protocol::ssh: return "ssh";
  }
  return {};
}

std::string_view to_text(ConnectionEnd end) {
  switch (end) {
    case ConnectionEnd::finished: return "finished";
    case ConnectionEnd::reset: return "reset";
    case ConnectionEnd::timed_out: return "timed_out";
    case ConnectionEnd::evicted: return "evicted";
    case ConnectionEnd::open: return "open";
    case ConnectionEnd::unanswered: return "unanswered";
    case ConnectionEnd::answered: return "answered";
  }
  return {};
}

std::string_view to_text(DicomEnd end) {
  switch (end) {
    case DicomEnd::released: return "released";
    case DicomEnd::aborted: return "aborted";
    case DicomEnd::rejected: return "rejected";
    case DicomEnd::reset: return "reset";
    case DicomEnd::closed: return "closed";
    case DicomEnd::timeout: return "timeout";
    case DicomEnd::open: return "open";
  }
  return {};
}

std::string_view to_text(Invoker invoker) { return invoker == Invoker::opener ? "opener" : "acceptor"; }

std::string_view to_text(SlowPart part) {
  switch (part) {
    case SlowPart::sender: return "sender";
    case SlowPart::receiver: return "receiver";
    case SlowPart::network: return "network";
  }
  return {};
}

std::string_view to_text(Severity severity) {
  switch (severity) {
    case Severity::low: return "low";
    case Severity::medium: return "medium";
    case Severity::high: return "high";
  }
  return {};
}

std::string_view to_text(AckCondition condition) {
  switch (condition) {
    case AckCondition::absent: return {};
    case AckCondition::always: return "AL";
    case AckCondition::never: return "NE";
    case AckCondition::on_error: return "ER";
    case AckCondition::on_success: return "SU";
  }
  return {};
}

std::string_view to_text(WhyUnanswered reason) {
  switch (reason) {
    case WhyUnanswered::timeout: return "timeout";
    case WhyUnanswered::overtaken: return "overtaken";
    case WhyUnanswered::closed: return "closed";
    case WhyUnanswered::undelivered: return "undelivered";
    case WhyUnanswered::superseded: return "superseded";
  }
  return {};
}

std::string_view to_text(AcknowledgementMode mode) {
  switch (mode) {
    case AcknowledgementMode::original: return "original";
    case AcknowledgementMode::enhanced: return "enhanced";
    case AcknowledgementMode::none: return "none";
  }
  return {};
}

std::string_view to_text(LinkKind kind) {
  switch (kind) {
    case LinkKind::move_caused_store: return "move_caused_store";
    case LinkKind::get_caused_store: return "get_caused_store";
    case LinkKind::commitment_reported: return "commitment_reported";
    case LinkKind::step_ended: return "step_ended";
    case LinkKind::store_repeated: return "store_repeated";
    case LinkKind::store_resolved: return "store_resolved";
    case LinkKind::pixel_data_changed: return "pixel_data_changed";
    case LinkKind::message_acknowledged: return "message_acknowledged";
    case LinkKind::message_resent: return "message_resent";
    case LinkKind::message_conflicting: return "message_conflicting";
    case LinkKind::burst_after_silence: return "burst_after_silence";
    case LinkKind::patient_merged: return "patient_merged";
  }
  return {};
}

std::string_view to_text(LinkCertainty certainty) {
  switch (certainty) {
    case LinkCertainty::originator: return "originator";
    case LinkCertainty::content: return "content";
    case LinkCertainty::ambiguous: return "ambiguous";
    case LinkCertainty::identifier: return "identifier";
    case LinkCertainty::association: return "association";
    case LinkCertainty::none: return "none";
  }
  return {};
}

}  // namespace dcmwatch
