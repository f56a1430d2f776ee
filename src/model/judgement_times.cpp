#include <algorithm>

#include "model/judgement.h"

namespace dcmwatch {
// From the last byte of the request (PS3.7 7.5); where none came, to when that was sure.
Waited waited_in(const Event& event, const DicomOperation& operation) {
  using enum Waited::For;
  if (operation.response_time) return {some_time, *operation.response_time};
  if (!operation.request_seen || operation.cancelled || operation.request_broken_off || event.phase != Phase::end)
    return {};
  const bool request_timed = operation.transfer_time || operation.request_bytes == 0;
  if (!never_answered(event, operation) || !request_timed) return {nobody_knows, {}};
  const Timestamp sent = operation.requested.time + operation.transfer_time.value_or(Duration::zero());
  return {some_time, elapsed(sent, event.last.time)};
}

Waited waited_in(const Event& event, const Hl7Message& message) {
  using enum Waited::For;
  if (!message.message_seen) return {};
  if (const auto& answered = message.answered()) return {some_time, elapsed(message.sent.time, answered->time)};
  if (message.unanswered) return {some_time, elapsed(message.sent.time, event.last.time)};
  if (event.phase == Phase::end && event.visibility.impaired()) return {nobody_knows, {}};
  return {};
}

// What is said must not depend on when exactly: many records share a judgement.
void Judgement::judge_answer(const Waited& waited) {
  if (!lookup_.judges().answer_times || waited.what == Waited::For::nothing) return;
  if (std::ranges::none_of(flows_, [](const Flow* flow) { return flow->answer_within.has_value(); })) return;
  if (waited.what == Waited::For::nobody_knows) return unknown(UnknownKind::answer_time);
  narrow(
      DeviationKind::slow_answer, "none in that time",
      [&](const Flow& flow) { return !flow.answer_within || waited.time <= *flow.answer_within; },
      [](const Flow& flow, Expected& expected) {
        if (flow.answer_within) expected.insert("an answer within " + written(*flow.answer_within));
      });
}

void Judgement::judge_times() {
  if (!lookup_.judges().times || flows_.empty()) return;
  const Timestamp began = event_.first.time, ended = last_time_judged(event_);
  narrow(
      DeviationKind::expired, "used after its last day",
      [&](const Flow& flow) { return !flow.expires || ended < *flow.expires; },
      [](const Flow& flow, Expected& expected) { expected.insert("until " + flow.expires_on); });
  narrow(
      DeviationKind::window, hours_observed(began, ended),
      [&](const Flow& flow) {
        return !flow.windows || (flow.windows->holds_at(began) && flow.windows->holds_at(ended));
      },
      [](const Flow& flow, Expected& expected) {
        if (flow.windows) expected.insert(to_text(*flow.windows));
      });
}

// What was begun in time and goes on is another matter than what is begun at night, and by its length it becomes one.
std::string Judgement::hours_observed(Timestamp began, Timestamp ended) const {
  const auto some_hold_at = [this](Timestamp time) {
    return std::ranges::any_of(flows_,
                               [time](const Flow* flow) { return !flow->windows || flow->windows->holds_at(time); });
  };
  if (!some_hold_at(began)) return "outside of these hours";
  return some_hold_at(std::max(began, ended - kOverrun)) ? "up to 15 minutes over these hours"
                                                         : "longer than 15 minutes over these hours";
}

// What is said on an open DICOM or HL7 connection is judged for itself, when it is said.
Timestamp last_time_judged(const Event& event) {
  const bool told_by_units = event.protocol == Protocol::dicom || event.protocol == Protocol::hl7;
  return std::holds_alternative<ConnectionFact>(event.facts) && !told_by_units ? event.last.time : event.first.time;
}

}  // namespace dcmwatch
