#include "relate/relater.h"

#include <iterator>
#include <variant>

#include "event/dicom_names.h"

namespace dcmwatch {
namespace {

// What waits, waits for minutes: to look at it more often would only cost.
constexpr Duration kBetweenLooks = std::chrono::seconds{1};

}  // namespace

std::span<Event> Relater::observe(const Event& event) {
  told_.clear();
  of_workflows_.clear();
  if (event.visibility.impaired() && !goes_on(event)) workflows_.on_blindness(event);
  if (const auto* message = std::get_if<Hl7Message>(&event.facts)) {
    relate(event, *message);
  } else if (event.doubtful()) {
    // Nobody's study, step or commitment is told as failed, or as done, by what anyone may have sent.
  } else if (const auto* operation = std::get_if<DicomOperation>(&event.facts)) {
    relate(event, *operation);
  } else if (const auto* association = std::get_if<DicomAssociation>(&event.facts);
             association && event.phase == Phase::end) {
    studies_.on_association(event, *association);
  }
  tell_workflows();
  return with_workflows();
}

void Relater::tell_workflows() {
  for (const Event& event : told_) workflows_.on_told(event, of_workflows_);
}

std::span<Event> Relater::with_workflows() {
  told_.insert(told_.end(), std::make_move_iterator(of_workflows_.begin()),
               std::make_move_iterator(of_workflows_.end()));
  of_workflows_.clear();
  return told_;
}

void Relater::relate(const Event& event, const DicomOperation& operation) {
  const bool over = event.phase == Phase::end;
  switch (operation.command_field) {
    case dimse::kStore:
      retrievals_.on_store(event, operation, told_);
      studies_.on_store(event, operation, told_);
      pixel_data_.on_store(event, operation, told_);
      break;
    case dimse::kMove:
    case dimse::kGet: retrievals_.on_retrieval(event, operation); break;
    case dimse::kFind:
      orders_.on_query(event, operation);
      workflows_.on_query(event, operation, of_workflows_);
      break;
    case dimse::kCreate:
    case dimse::kSet:
    case dimse::kEventReport:
      if (over) {
        relate_listing(event, listings_.whole(event, operation));
      } else {
        listings_.keep(event, operation);
      }
      break;
    case dimse::kAction:
      if (!over) break;
      commitments_.on_request(event, operation, told_);
      workflows_.on_commitment_asked(event, operation);
      break;
    default: break;
  }
}

void Relater::relate(const Event& event, const Hl7Message& message) {
  resends_.on_message(event, message, told_);  // which knows itself what is proven of two
  if (event.doubtful()) return;
  orders_.on_message(event, message);
  acknowledgements_.on_message(event, message, told_);
  bursts_.on_message(event, message, told_);
  if (event.phase != Phase::end || !message.message_seen) return;
  const Outcome arrival = acknowledgements_.arrival_of(event, message);
  merges_.on_message(event, message, arrival, told_);
  workflows_.on_message(event, message, arrival, of_workflows_);
}

// What was refused did not come to pass, whoever said it of whatever study.
void Relater::relate_listing(const Event& event, const DicomOperation& operation) {
  const bool refused = answer_to(event, operation) == Answer::failed;
  switch (operation.command_field) {
    case dimse::kCreate:
      if (refused) return;
      orders_.on_step(event, operation);
      steps_.on_create(event, operation, told_);
      workflows_.on_step(event, operation, of_workflows_);
      break;
    case dimse::kSet:
      if (!refused) steps_.on_set(event, operation, told_);
      break;
    default:
      if (!refused) studies_.on_report(event, operation, commitments_.was_asked(event, operation), told_);
      commitments_.on_report(event, operation, told_);
      break;
  }
}

std::vector<Relater::LimitReached> Relater::limits_reached() const {
  return {{"relate_open", forgotten()},
          {"retrieval_effects", retrievals_.effects_not_told()},
          {"retrieval_candidates", retrievals_.not_looked_at()},
          {"listed_instances", listings_.forgotten()},
          {"step_studies", steps_.not_followed()},
          {"studies", studies_.told_early()},
          {"study_instances", studies_.not_told_apart()},
          {"study_series", studies_.not_kept_in_mind()},
          {"study_ways", studies_.on_further_ways()},
          {"instance_studies", studies_.not_found_by_reports()},
          {"study_announcers", studies_.not_heard()},
          {"told_studies", studies_.forgotten()},
          {"orders", orders_.forgotten()},
          {"hl7_control_ids", resends_.forgotten()},
          {"patient_merges", merges_.forgotten()},
          {"patient_merge_chain", merges_.not_followed()},
          {"workflows", workflows_.forgotten()},
          {"workflow_studies", workflows_.not_joined()},
          {"pixel_digests", pixel_data_.forgotten()}};
}

std::span<Event> Relater::advance(Timestamp now) {
  told_.clear();
  if (now < now_) {
    studies_.rebase(now);
    retrievals_.rebase(now);
    commitments_.rebase(now);
    steps_.rebase(now);
    acknowledgements_.rebase(now);
    bursts_.rebase(now);
    merges_.rebase(now);
    workflows_.rebase(now);
  } else if (now - now_ < kBetweenLooks) {
    return {};
  }
  now_ = now;
  retrievals_.advance(now, told_);
  commitments_.advance(now, told_);
  steps_.advance(now, told_);
  acknowledgements_.advance(now, told_);
  studies_.advance(now, told_);
  tell_workflows();  // before an order's own time is up: on a quiet network `now` may have come on by a day
  workflows_.advance(now, of_workflows_);
  return with_workflows();
}

std::span<Event> Relater::finish() {
  told_.clear();
  retrievals_.finish(told_);
  commitments_.finish(told_);
  steps_.finish(told_);
  studies_.finish(told_);
  if (told_.empty()) workflows_.finish(of_workflows_);  // after what the others have to tell
  tell_workflows();
  return with_workflows();
}

}  // namespace dcmwatch
