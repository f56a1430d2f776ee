#include "protocol/hl7/exchange.h"

#include <algorithm>
#include <utility>

namespace dcmwatch::hl7 {
namespace {

constexpr std::string_view kForgotten = "hl7.pending_messages";

// HL7 table 0008: CA, CE and CR are commit acknowledgements (2.9.3).
bool is_accept(const Acknowledgement& acknowledgement) { return acknowledgement.code.view().starts_with('C'); }

void tell_answer(const Received& received, const Acknowledgement& acknowledgement, Hl7Message& facts) {
  (is_accept(acknowledgement) ? facts.accept_code : facts.ack_code) = acknowledgement.code;
  (is_accept(acknowledgement) ? facts.accepted : facts.acknowledged) = received.ended;
  facts.ack_type = acknowledgement.type;
  facts.ack_bytes = received.bytes;
  facts.error = acknowledgement.error;
}

bool is_original(const Hl7Message& message) {
  return message.accept_wanted == AckCondition::absent && message.ack_wanted == AckCondition::absent;
}

// HL7 v2 2.9.2: every message, in the original mode; in the enhanced one, if it always is to be committed. That of the
// application may come on another connection (2.9.3).
bool must_be_answered(const Hl7Message& message) {
  return is_original(message) || message.accept_wanted == AckCondition::always;
}

}  // namespace

Exchange::Exchange(Emitter& emitter, Violations& violations, const ProtocolSettings& settings, bool midway)
    : emitter_(emitter),
      violations_(violations),
      pseudonymizer_(*settings.pseudonymizer),
      limits_(settings.limits),
      sides_{Side{UnansweredMessages{settings.limits.hl7_pending_messages}, midway, midway},
             Side{UnansweredMessages{settings.limits.hl7_pending_messages}, midway, midway}} {}

void Exchange::on_message(const Received& received, Unanswered&& message, const AcknowledgementsWanted& wanted) {
  learn_opener(received.direction);
  message.shortfall = received.shortfall;
  message.awaits_application = wanted.application || is_original(message.facts);  // some commit unasked, then answer
  message.must_be_answered = must_be_answered(message.facts);
  message.since = received.ended.time;
  message.end_offset = received.offset + received.bytes;
  const auto& [lost, unfinished, undecodable] = message.shortfall;
  message.owed = message.must_be_answered && !lost && !unfinished && !undecodable;
  Side& sender = side(received.direction);
  if (sender.stranger && sender.stranger->acknowledged == message.control_id) sender.stranger.reset();
  tell_stranger(sender, received.last);
  sender.has_sent = true;
  sender.enhanced |= !is_original(message.facts);
  Hl7Message& facts = message.facts;
  facts.sent_by_opener = emitter_.from_opener(received.direction);
  facts.bytes = received.bytes;
  facts.missing_bytes = received.missing_bytes;
  facts.sent = received.first;
  if (wanted.any) sender.unanswered.on_sent_again(message.control_id);
  count_queue(sender, received.last.time, facts);
  if (message.owed && !emitter_.connection().one_direction_only()) ++facts.unacknowledged;
  emitter_.emit(Phase::start, received.first, received.last, facts, received.shortfall);
  if (wanted.any) {
    await(received, std::move(message));
  } else {
    sender.unanswered.forget(message.control_id);
    tell_end(received.last, message);
  }
}

void Exchange::on_acknowledgement(const Received& received, const Acknowledgement& acknowledgement) {
  learn_opener(opposite(received.direction));
  const ControlId acknowledged = pseudonymizer_.fingerprint(acknowledgement.acknowledged);
  const Side& sender = side(opposite(received.direction));
  const bool unnamed = acknowledged == kNoControlId && acknowledgement.whole && !sender.messages_lost &&
                       !sender.answers_lost && !sender.unanswered.any_unnamed();
  if (!answer_by_control_id(received, acknowledgement, acknowledged) &&
      !answer_by_shortened_control_id(received, acknowledgement, acknowledged) &&
      !answer_by_order(received, acknowledgement, acknowledged) && !repeats(received, acknowledged)) {
    tell_orphan(received, acknowledgement);
    suspect(received, acknowledged);
  }
  if (unnamed) violations_.tell(Break::unnamed_message, received);
  if (!acknowledgement.control_id.empty()) {
    Unanswered own{.control_id = pseudonymizer_.fingerprint(acknowledgement.control_id), .is_acknowledgement = true};
    own.since = received.last.time;
    await(received, std::move(own));
  }
}

void Exchange::on_transport_acknowledgement(const Received& received, TransportAck ack) {
  if (Hl7Message* facts = side(opposite(received.direction)).unanswered.without_transport_ack())
    facts->transport_ack = ack;
}

// Whoever sends the first message most likely opened the connection to send it, but an engine may also fetch its
// messages.
void Exchange::learn_opener(Direction sent_by_opener) { emitter_.suppose_opener(sent_by_opener); }

void Exchange::await(const Received& received, Unanswered&& message) {
  Side& sender = side(received.direction);
  if (sender.unanswered.full()) forget_oldest(received.direction, received.last);
  wake_at_ = std::min(wake_at_, due_of(message, false));
  sender.unanswered.add(std::move(message));
}

// Told at the first, and at the close for all the others: a receiver that never acknowledges would make a note a
// message.
void Exchange::forget_oldest(Direction direction, const Mark& mark) {
  Side& sender = side(direction);
  Unanswered* message = sender.unanswered.oldest();
  if (message == nullptr) return;
  if (!message->is_acknowledgement) {
    if (!message->facts.answer() && ++sender.forgotten == 1) {
      emitter_.emit(Phase::end, message->facts.sent, mark, CaptureNote{kForgotten, {}, 1});
    }
    message->shortfall.unfinished |= !message->facts.answer();
    tell_end(mark, *message);
  }
  sender.unanswered.drop_oldest();
}

bool Exchange::answer_by_control_id(const Received& received, const Acknowledgement& acknowledgement,
                                    ControlId acknowledged) {
  Side& sender = side(opposite(received.direction));
  const auto place = sender.unanswered.with_control_id(acknowledged);
  if (!place) return false;
  // Acknowledgements come in the order of the messages, mostly: those of the lost ones would have come before.
  if (!(*place)->before_loss) sender.messages_lost = false;
  if (!(*place)->shortfall.lost) sender.answers_lost = false;
  answer(received, acknowledgement, *place, PairedBy::control_id);
  return true;
}

// Up to version 2.5.1 a control id has 20 characters at most (2.14.9.10), and there are receivers that hold no more.
bool Exchange::answer_by_shortened_control_id(const Received& received, const Acknowledgement& acknowledgement,
                                              ControlId acknowledged) {
  if (acknowledgement.acknowledged.size() != kShortenedControlId) return false;
  const auto place = side(opposite(received.direction)).unanswered.with_shortened_control_id(acknowledged);
  if (!place) return false;
  answer(received, acknowledgement, *place, PairedBy::control_id);
  violations_.tell(Break::shortened_control_id, received);
  return true;
}

// Only if it names none, and all is determined: one message waits, in time, and neither a message nor an answer went by
// unseen. What names another control id is another message's: that one may have been lost, which shows only later.
bool Exchange::answer_by_order(const Received& received, const Acknowledgement& acknowledgement,
                               ControlId acknowledged) {
  Side& sender = side(opposite(received.direction));
  if (acknowledged != kNoControlId || sender.messages_lost || sender.answers_lost) return false;
  const auto place = sender.unanswered.only();
  if (!place || (*place)->shortfall.lost || (*place)->overdue) return false;
  answer(received, acknowledgement, *place, PairedBy::order);
  return true;
}

void Exchange::answer(const Received& received, const Acknowledgement& acknowledgement, UnansweredMessages::Place place,
                      PairedBy paired_by) {
  UnansweredMessages& unanswered = side(opposite(received.direction)).unanswered;
  if (place->is_acknowledgement) {
    unanswered.on_answered(place, received.last.time);
    return;
  }
  supersede_older(side(opposite(received.direction)), place, received.last);
  unanswered.overtakes(place);
  tell_answer(received, acknowledgement, place->facts);
  place->facts.unanswered.reset();
  place->facts.late |=
      place->must_be_answered && elapsed(place->since, received.ended.time) > limits_.hl7_answer_timeout;
  place->facts.ack_paired_by = paired_by;
  place->facts.missing_bytes += received.missing_bytes;
  if (acknowledgement.code.empty()) {
    place->shortfall.lost |= received.shortfall.lost;
    place->shortfall.unfinished |= received.shortfall.unfinished;
  }
  // 2.9.3: committed to safe storage; what the application makes of it is still to come.
  if (acknowledgement.code == "CA" && place->awaits_application) {
    unanswered.on_accepted(place, received.last.time);
    tell_progress(received.last, *place);
  } else {
    tell_end(received.last, *place);
    unanswered.on_answered(place, received.last.time);
  }
}

// One answer may stand for all copies of a message that were sent while it waited.
void Exchange::supersede_older(Side& sender, UnansweredMessages::Place newest, const Mark& mark) {
  if (newest->control_id == kNoControlId) return;
  for (auto place = sender.unanswered.begin(); place != newest;) {
    const auto older = place++;
    if (older->control_id != newest->control_id) continue;
    if (surely_unanswered(sender, *older)) older->facts.unanswered = WhyUnanswered::superseded;
    if (!older->is_acknowledgement) tell_end(mark, *older);
    sender.unanswered.supersede(older, newest);
  }
}

// While messages may have gone by unseen, it may be the first answer to one of them that reuses a control id.
bool Exchange::repeats(const Received& received, ControlId acknowledged) {
  Side& sender = side(opposite(received.direction));
  if (sender.messages_lost || !sender.unanswered.answered(acknowledged)) return false;
  if (!sender.unanswered.answers_superseded(acknowledged)) violations_.tell(Break::repeated_acknowledgement, received);
  return true;
}

// Its message may be one that was lost, or one that made room.
void Exchange::tell_orphan(const Received& received, const Acknowledgement& acknowledgement) {
  const Direction message_direction = opposite(received.direction);
  Side& sender = side(message_direction);
  sender.unanswered.answer_not_told_apart();
  Hl7Message facts;
  facts.message_seen = false;
  facts.control_id = pseudonymizer_.pseudonym(IdentifierKind::control_id, acknowledgement.acknowledged);
  facts.sent_by_opener = emitter_.from_opener(message_direction);
  tell_answer(received, acknowledgement, facts);
  facts.missing_bytes = received.missing_bytes;
  facts.sent = received.first;
  emitter_.emit(Phase::end, received.first, received.last, std::move(facts),
                {.lost = received.shortfall.lost || sender.messages_lost,
                 .unfinished = received.shortfall.unfinished || sender.forgotten != 0});
}

// Where all that was sent is known, and is answered on this connection.
void Exchange::suspect(const Received& received, ControlId acknowledged) {
  Side& sender = side(opposite(received.direction));
  const auto& [lost, unfinished, undecodable] = received.shortfall;
  if (acknowledged != kNoControlId && !sender.messages_lost && sender.unanswered.knows_all() && sender.has_sent &&
      !sender.enhanced && !lost && !unfinished && !undecodable && !sender.stranger)
    sender.stranger = Stranger{received, acknowledged};
}

// What its sender sent next has come without a gap, or nothing more will.
void Exchange::tell_stranger(Side& sender, const Mark& mark) {
  if (!sender.stranger) return;
  Received received = sender.stranger->received;
  sender.stranger.reset();
  received.last = mark;
  violations_.tell(Break::acknowledged_control_id, received);
}

void Exchange::tell_progress(const Mark& mark, const Unanswered& message) {
  emitter_.emit(Phase::progress, message.facts.sent, mark, message.facts, message.shortfall);
}

void Exchange::tell_end(const Mark& mark, Unanswered& message) {
  emitter_.emit(Phase::end, message.facts.sent, mark, std::move(message.facts), message.shortfall);
}

void Exchange::count_queue(Side& sender, Timestamp now, Hl7Message& facts) {
  const bool visible = !emitter_.connection().one_direction_only();
  const Unanswered* oldest = visible ? sender.unanswered.oldest_owed() : nullptr;
  facts.unacknowledged = visible ? static_cast<std::uint32_t>(sender.unanswered.owed()) : 0;
  facts.unacknowledged_age = oldest ? elapsed(oldest->since, now) : Duration::zero();
}

// A message that was sent twice may be answered once.
bool Exchange::surely_unanswered(const Side& sender, const Unanswered& message) const {
  const auto& [lost, unfinished, undecodable] = message.shortfall;
  return message.must_be_answered && message.facts.mode && !message.in_doubt && !lost && !unfinished && !undecodable &&
         !sender.unanswered.answered_since(message.control_id, message.since) &&
         !emitter_.connection().one_direction_only();
}

/// When something becomes of it without anything being seen.
Timestamp Exchange::due_of(const Unanswered& message, bool is_oldest) const {
  if (message.is_acknowledgement) return message.since + limits_.hl7_late_answer;
  if (!message.overdue) return message.since + limits_.hl7_answer_timeout;
  const Timestamp end = message.since + limits_.hl7_late_answer;
  return is_oldest ? std::min(end, message.told + limits_.progress_interval) : end;
}

void Exchange::on_due(Side& sender, UnansweredMessages::Place place, const Mark& mark) {
  Unanswered& message = *place;
  const bool over =
      !message.must_be_answered || (message.overdue && message.since + limits_.hl7_late_answer <= mark.time);
  if (message.must_be_answered && !message.overdue && surely_unanswered(sender, message))
    message.facts.unanswered = message.overtaken ? WhyUnanswered::overtaken : WhyUnanswered::timeout;
  message.overdue = true;
  message.told = mark.time;
  if (over) {
    if (!message.is_acknowledgement) tell_end(mark, message);
    sender.unanswered.drop(place);
  } else if (message.facts.unanswered) {
    count_queue(sender, mark.time, message.facts);
    tell_progress(mark, message);
  }
}

// What is due becomes of each. Returns when something else is.
Timestamp Exchange::look_at(Side& sender, const Mark& mark) {
  Timestamp next = Timestamp::max();
  bool is_oldest = true;
  for (auto place = sender.unanswered.begin(); place != sender.unanswered.end();) {
    const auto here = place++;
    const Timestamp due = due_of(*here, is_oldest);
    is_oldest &= !here->must_be_answered;
    if (due > mark.time) {
      next = std::min(next, due);
    } else {
      on_due(sender, here, mark);
      next = std::min(next, mark.time);
    }
  }
  return next;
}

void Exchange::on_time(const Mark& mark) {
  do {
    wake_at_ = std::min(look_at(sides_[0], mark), look_at(sides_[1], mark));
  } while (wake_at_ <= mark.time);
}

void Exchange::rebase(Timestamp now) {
  for (Side& sender : sides_) {
    for (Unanswered& message : sender.unanswered) {
      message.since = std::min(message.since, now);
      message.told = std::min(message.told, now);
    }
  }
  wake_at_ = std::min(wake_at_, now);
}

void Exchange::on_loss(Direction direction) {
  side(direction).messages_lost = true;
  side(direction).stranger.reset();
  side(direction).unanswered.messages_lost();
  side(opposite(direction)).answers_lost = true;
  side(opposite(direction)).unanswered.acknowledgements_lost();
}

void Exchange::forget_all(const Mark& mark) {
  for (const Direction direction : {Direction::forward, Direction::backward}) {
    while (side(direction).unanswered.oldest() != nullptr) forget_oldest(direction, mark);
  }
}

// What never arrived could not be answered, whatever else is known of it.
void Exchange::tell_closed(const Side& sender, Unanswered& message, std::uint64_t delivered) const {
  if (!surely_unanswered(sender, message)) return;
  std::optional<WhyUnanswered>& why = message.facts.unanswered;
  if (message.end_offset > delivered) {
    why = WhyUnanswered::undelivered;
  } else if (message.overtaken) {
    why = WhyUnanswered::overtaken;
  } else if (!why) {
    why = WhyUnanswered::closed;
  }
  const bool closed = why == WhyUnanswered::closed || why == WhyUnanswered::undelivered;
  const std::optional<Direction>& by = emitter_.connection().ended_by;
  if (closed && by) message.facts.closed_by_opener = emitter_.from_opener(*by);
}

void Exchange::on_close(const Mark& mark, CloseReason reason, const std::array<std::uint64_t, 2>& delivered) {
  for (const Direction direction : {Direction::forward, Direction::backward}) {
    Side& sender = side(direction);
    if (is_early(reason)) sender.stranger.reset();
    tell_stranger(sender, mark);
    while (Unanswered* message = sender.unanswered.oldest()) {
      message->shortfall.unfinished |= is_early(reason);
      tell_closed(sender, *message, delivered[index_of(direction)]);
      if (!message->is_acknowledgement) tell_end(mark, *message);
      sender.unanswered.drop_oldest();
    }
    if (sender.forgotten > 1) emitter_.emit(Phase::end, mark, mark, CaptureNote{kForgotten, {}, sender.forgotten - 1});
  }
}

}  // namespace dcmwatch::hl7
