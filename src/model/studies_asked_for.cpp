#include "model/studies_asked_for.h"

#include <variant>

#include "event/dicom_names.h"

namespace dcmwatch {
namespace {

// PS3.4 C.4.2: the last answer of a retrieval need not tell numbers. What was sent and coerced was sent.
bool may_have_sent_any(const DicomOperation& operation) {
  const SubOperations& told = operation.sub_operations;
  if (told.completed.value_or(0) != 0 || told.warning.value_or(0) != 0) return true;
  if (told.completed || !operation.status) return false;
  const StatusClass status = dicom_status_class(operation.command_field, *operation.status);
  return status == StatusClass::success || status == StatusClass::warning || status == StatusClass::cancel;
}

// The request was seen, and of its answer nobody can know: who asked can bring that about by acknowledging what was
// never sent. Where the mirror does not show a conversation as a whole, it is the mirror's.
bool perhaps_answered_unseen(const Event& event, const DicomOperation& operation) {
  const Visibility& seen = event.visibility;
  return !operation.status && (seen.lost || seen.undecodable || seen.unfinished) && !seen.joined_midway &&
         !seen.one_direction && !seen.truncated && !seen.encrypted;
}

}  // namespace

std::optional<StudiesAskedFor> studies_asked_for(const Event& event) {
  const auto* const operation = std::get_if<DicomOperation>(&event.facts);
  if (!operation || event.phase != Phase::end || !operation->request_seen || operation->invoker != Invoker::opener)
    return std::nullopt;
  const bool is_query = operation->command_field == dimse::kFind;
  const bool is_retrieval = operation->command_field == dimse::kGet || operation->command_field == dimse::kMove;
  // Whoever is gone before a retrieval is answered may be sent all of it: PS3.4 C.4.2, the archive's sub-operations
  // go over associations of their own.
  const bool given_up =
      event.proven && (never_answered(event, *operation) || perhaps_answered_unseen(event, *operation));
  const bool brought_any = is_query       ? operation->pending_responses != 0
                           : is_retrieval ? given_up || may_have_sent_any(*operation)
                                          : false;
  if (!brought_any) return std::nullopt;
  StudiesAskedFor asked{is_query ? RateOf::studies_queried : RateOf::studies_retrieved, {}, false};
  if (const auto* const query = operation->content.as<DicomQuery>()) {
    asked.studies = query->asked_for.studies;
    asked.left_some_out = query->asked_for.left_some_out || (is_retrieval && query->names_no_study);
  }
  // A study's UID would be below the level, and says nothing of what is sent.
  if (is_retrieval && operation->query_level == "PATIENT")
    asked.studies = {&operation->patient, operation->patient.empty() ? 0U : 1U};
  if (asked.studies.empty() && !asked.left_some_out) return std::nullopt;
  return asked;
}

}  // namespace dcmwatch
