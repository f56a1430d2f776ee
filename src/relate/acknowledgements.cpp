#include "relate/acknowledgements.h"

#include "relate/message_flow.h"

namespace dcmwatch {
namespace {

std::uint64_t print_of_message(const Event& event, const Hl7Message& message) {
  return print_of(print_of_hosts(event, message), message.control_id.first());
}

// HL7 table 0008: CE and CR.
bool not_accepted(const Hl7Message& message) { return message.accept_code && *message.accept_code != "CA"; }

}  // namespace

void Acknowledgements::on_message(const Event& event, const Hl7Message& message, Told& told) {
  if (first_ == Timestamp{}) first_ = event.last.time;
  if (!message.message_seen) {
    on_answer(event, message, told);
  } else if (event.phase == Phase::end) {
    on_end(event, message);
  } else if (event.phase == Phase::start && wants_application(message) && !message.none_declared) {
    wait_for(event, message, message.ack_wanted == AckCondition::always);
  }
}

Outcome Acknowledgements::arrival_of(const Event& event, const Hl7Message& message) {
  if (message.none_declared && !message.answer()) return Outcome::success;
  const Open* open = message.answer() ? nullptr : open_.find(print_of_message(event, message));
  return open && open->value.answer ? *open->value.answer : outcome_of(event);
}

void Acknowledgements::wait_for(const Event& event, const Hl7Message& message, bool owed) {
  if (message.control_id.empty()) return;
  const std::uint64_t print = print_of_message(event, message);
  if (Open* resent = open_.find(print)) open_.close(*resent);
  if (open_.full()) {
    forgotten_ += open_.oldest().value.answer ? 0 : 1;
    open_.close(open_.oldest());
  }
  open_.open(print, event.last.time,
             {.where = Occurrence::of(event),
              .sent = message.sent,
              .hosts = print_of_hosts(event, message),
              .owed = owed,
              .alone = message.accept_wanted != AckCondition::always,
              .answer = std::nullopt});
}

void Acknowledgements::on_end(const Event& event, const Hl7Message& message) {
  if (message.unanswered == WhyUnanswered::superseded) return;  // its newest copy was answered
  if (!message.unanswered && !wants_application(message)) return;
  Open* open = open_.find(print_of_message(event, message));
  if (message.ack_code && open) remember_answering(open->value.hosts, event.last.time);
  if (open && (message.ack_code || not_accepted(message))) {
    open_.close(*open);
  } else if (message.unanswered) {
    wait_for(event, message, /*owed=*/false);  // which the message itself has told
  } else if (open) {
    open->value.where.visibility |= event.visibility;
    open->value.alone &= !message.accept_code;
  }
}

// That an answer names no message breaks a rule of its own; it does not show that there was none.
void Acknowledgements::on_answer(const Event& event, const Hl7Message& answer, Told& told) {
  if (answer.control_id.empty()) return;
  Link link{.kind = LinkKind::message_acknowledged,
            .certainty = LinkCertainty::none,
            .effect = event.conversation,
            .outcome = outcome_of(event),
            .effect_packet = answer.sent.packet};
  if (Open* open = open_.find(print_of_message(event, answer))) {
    Message& message = open->value;
    if (message.answer) return;
    message.answer = link.outcome;
    remember_answering(message.hosts, event.last.time);
    link.certainty = LinkCertainty::identifier;
    link.cause = message.where.conversation;
    link.cause_packet = message.sent.packet;
    link.delay = elapsed(message.sent.time, answer.sent.time);
  } else if (may_be_of_something_unseen(event, answer)) {
    return;
  }
  told.push_back(Occurrence::of(event).tell(link));
}

// Who answers on a connection of its own may answer what went by before anybody looked.
bool Acknowledgements::may_be_of_something_unseen(const Event& event, const Hl7Message& answer) const {
  const auto& seen = event.visibility;
  if (seen.lost || seen.one_direction || seen.unfinished || seen.undecodable) return true;
  return !answer.sent_by_opener && elapsed(first_, event.last.time) < limits_.hl7_application_timeout;
}

void Acknowledgements::tell_unanswered(const Message& message, Told& told) const {
  const auto& seen = message.where.visibility;
  if (!message.owed || message.answer || seen.lost) return;
  const bool nobody = message.alone && !seen.one_direction && !seen.unfinished && !seen.truncated && !seen.undecodable;
  if (!nobody && !answering_.contains(message.hosts)) return;
  told.push_back(message.where.tell(Link{.kind = LinkKind::message_acknowledged,
                                         .certainty = LinkCertainty::none,
                                         .cause = message.where.conversation,
                                         .outcome = Outcome::failure,
                                         .cause_packet = message.sent.packet,
                                         .unanswered = nobody ? std::optional{WhyUnanswered::timeout} : std::nullopt}));
}

void Acknowledgements::remember_answering(std::uint64_t hosts, Timestamp now) {
  if (auto* known = answering_.find(hosts)) return answering_.touch(*known, now);
  if (answering_.full()) answering_.close(answering_.oldest());
  answering_.open(hosts, now);
}

void Acknowledgements::advance(Timestamp now, Told& told) {
  while (!open_.empty() && elapsed(open_.oldest().touched, now) > limits_.hl7_application_timeout) {
    Message& message = open_.oldest().value;
    message.where.last.time = open_.oldest().touched + limits_.hl7_application_timeout;
    tell_unanswered(message, told);
    open_.close(open_.oldest());
  }
}

}  // namespace dcmwatch
