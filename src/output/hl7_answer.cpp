#include "output/hl7_answer.h"

#include <algorithm>

namespace dcmwatch {
namespace {

Hl7Answer answer_of_code(std::string_view code) {
  for (int i = 0; i < static_cast<int>(Hl7Answer::other); ++i) {
    const auto answer = static_cast<Hl7Answer>(i);
    if (to_text(answer) == code) return answer;
  }
  return Hl7Answer::other;
}

// HL7 v2 2.9.2, 2.9.3: in the enhanced mode, what is wanted on an error alone, or on success alone, may rightly never
// come.
bool asks_for_an_answer(const Hl7Message& message) {
  return message.mode != AcknowledgementMode::enhanced || message.accept_wanted == AckCondition::always ||
         message.ack_wanted == AckCondition::always;
}

}  // namespace

Hl7Answer answer_to(const Hl7Message& message, const Observation& observation) {
  if (message.answer()) return answer_of_code(*message.answer());
  if (observation.declared->message.ack_mode == AcknowledgementMode::none) return Hl7Answer::not_wanted;
  if (message.unanswered) return Hl7Answer::none;
  return asks_for_an_answer(message) || observation.event.visibility.impaired() ? Hl7Answer::unknown
                                                                                : Hl7Answer::not_wanted;
}

}  // namespace dcmwatch
