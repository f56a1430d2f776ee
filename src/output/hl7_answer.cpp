#include "output/hl7_answer.h"

namespace dcmwatch {
namespace {

// HL7 v2 2.9.2, 2.9.3: in the enhanced mode, what is wanted on an error alone, or on success alone, may rightly never
// come.
bool asks_for_an_answer(const Hl7Message& message) {
  return message.mode != AcknowledgementMode::enhanced || message.accept_wanted == AckCondition::always ||
         message.ack_wanted == AckCondition::always;
}

bool none_agreed(const Observation& observation) {
  return observation.declared->message.ack_mode == AcknowledgementMode::none;
}

}  // namespace

bool is_failure(Hl7Answer answer) {
  switch (answer) {
    case Hl7Answer::ae:
    case Hl7Answer::ar:
    case Hl7Answer::ce:
    case Hl7Answer::cr:
    case Hl7Answer::other:
    case Hl7Answer::none: return true;
    case Hl7Answer::aa:
    case Hl7Answer::ca:
    case Hl7Answer::superseded:
    case Hl7Answer::not_wanted:
    case Hl7Answer::waiting:
    case Hl7Answer::unknown: return false;
  }
  return false;
}

Hl7Answer answer_of_code(std::string_view code) {
  for (int i = 0; i < static_cast<int>(Hl7Answer::other); ++i) {
    const auto answer = static_cast<Hl7Answer>(i);
    if (to_text(answer) == code) return answer;
  }
  return Hl7Answer::other;
}

Hl7Answer answer_to(const Hl7Message& message, const Observation& observation) {
  if (message.answer()) return answer_of_code(*message.answer());
  if (none_agreed(observation)) return Hl7Answer::not_wanted;
  if (message.unanswered == WhyUnanswered::superseded) return Hl7Answer::superseded;
  if (message.unanswered) return Hl7Answer::none;
  if (waited_to_the_end(message, observation)) return Hl7Answer::waiting;
  return asks_for_an_answer(message) || observation.event.visibility.impaired() ? Hl7Answer::unknown
                                                                                : Hl7Answer::not_wanted;
}

bool may_be_answered_elsewhere(const Hl7Message& message) {
  if (message.control_id.empty() || message.ack_code || message.unanswered == WhyUnanswered::superseded) return false;
  if (message.accept_code && *message.accept_code != "CA") return false;
  return message.unanswered ||
         (message.ack_wanted != AckCondition::absent && message.ack_wanted != AckCondition::never);
}

bool waited_to_the_end(const Hl7Message& message, const Observation& observation) {
  const Visibility& seen = observation.event.visibility;
  return observation.event.phase == Phase::end && seen.unfinished && !seen.one_direction && !seen.lost &&
         !seen.undecodable && !message.answer() && asks_for_an_answer(message) && !none_agreed(observation);
}

}  // namespace dcmwatch
