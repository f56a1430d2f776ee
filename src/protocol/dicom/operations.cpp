#include "protocol/dicom/operations.h"

#include <algorithm>
#include <utility>

#include "event/dicom_names.h"

namespace dcmwatch::dicom {
namespace {

Side other(Side side) { return side == Side::opener ? Side::acceptor : Side::opener; }
Invoker invoker_of(Side side) { return side == Side::opener ? Invoker::opener : Invoker::acceptor; }
Side side_of(Invoker invoker) { return invoker == Invoker::opener ? Side::opener : Side::acceptor; }

// PS3.7 9.1.4.1.7 and on: a response carries all the counters that its status allows, or none.
bool has_counters(const SubOperations& counters) {
  return counters.remaining || counters.completed || counters.failed || counters.warning;
}

// PS3.4 C.4.2.1.6 to C.4.2.1.9: what is done is not undone.
bool follow(const SubOperations& earlier, const SubOperations& later) {
  const auto falls = [](const std::optional<std::uint16_t>& from, const std::optional<std::uint16_t>& to) {
    return from && to && *to < *from;
  };
  return !falls(earlier.completed, later.completed) && !falls(earlier.failed, later.failed) &&
         !falls(earlier.warning, later.warning);
}

}  // namespace

Operations::Id Operations::on_request(const SeenCommand& seen, const Association& association) {
  const std::uint16_t message_id = seen.command.message_id.value_or(0);
  const Invoker invoker = invoker_of(seen.sender);
  Open* known = find(seen.context_id, message_id, invoker);
  const bool was_awaited = known && known->awaits_request && known->fact.command_field == seen.command.field;
  if (!was_awaited && seen.undisturbed) judge_outstanding(seen, association);
  if (known && !was_awaited) finish(*known, seen.last);  // its id was used anew

  Open& operation = was_awaited ? *known : open(seen, message_id, invoker, association);
  take_request(operation, seen);
  const Id id = operation.id;
  if (!dimse::is_query(seen.command.field) || !seen.command.has_data_set()) announce(id, seen.last);
  finish_if_done(operation, seen.last);
  return id;
}

Operations::Id Operations::on_response(const SeenCommand& seen, const Association& association, bool request_may_come,
                                       Shortfall of_requests) {
  if (!suspicions_.empty()) settle_suspicions(seen.sender, seen.last, seen.undisturbed);
  const std::uint16_t message_id = seen.command.responded_to.value_or(0);
  const Invoker invoker = invoker_of(other(seen.sender));
  Open* operation = find(seen.context_id, message_id, invoker);
  if (operation && operation->fact.command_field != dimse::request_field(seen.command.field)) operation = nullptr;
  if (!operation) {
    operation = &open(seen, message_id, invoker, association);
    operation->fact.request_seen = false;
    operation->request_done = true;
    operation->awaits_request = request_may_come && !some_pushed_out_;
    operation->after_final = answered_ == Answered{seen.context_id, message_id, invoker, operation->fact.command_field};
    operation->shortfall = of_requests;
  }
  take_response(*operation, seen);
  const Id id = operation->id;
  progress(*operation, seen.last);
  finish_if_done(*operation, seen.last);
  return id;
}

void Operations::on_cancel(const SeenCommand& seen) {
  Open* operation = find(seen.context_id, seen.command.responded_to.value_or(0), invoker_of(seen.sender));
  if (operation && dimse::is_query(operation->fact.command_field)) operation->fact.cancelled = true;
}

void Operations::on_acceptance(const Association& association) {
  for (Entry& entry : open_) {
    Uid& transfer_syntax = entry.operation->fact.transfer_syntax_uid;
    if (transfer_syntax.empty()) transfer_syntax = association.transfer_syntax(entry.context_id);
  }
}

void Operations::on_content(Id id) {
  Open* operation = find(id);
  if (!operation) return;
  content_bytes_ -= std::exchange(operation->content_bytes, operation->fact.content.kept_bytes());
  content_bytes_ += operation->content_bytes;
}

DicomOperation* Operations::fact(Id id) {
  Open* operation = find(id);
  return operation ? &operation->fact : nullptr;
}

void Operations::tell_piece(Id id, const DicomContent& piece, const Mark& mark) {
  Open* operation = find(id);
  if (!operation) return;
  announce(id, mark);
  DicomOperation& told = emit(*operation, Phase::progress, mark);
  told.request_bytes = told.response_bytes = told.missing_bytes = 0;  // as of a start
  told.content = piece;
}

void Operations::on_fragment(Id id, MessageKind kind, const Mark& mark) {
  Open* operation = kind == MessageKind::request ? find(id) : nullptr;
  if (!operation) return;
  const Duration round_trip = emitter_.connection().handshake.whole.value_or(Duration::zero());
  operation->pace.on_fragment(mark.time, sent_by(side_of(operation->fact.invoker)), round_trip);
}

void Operations::on_data(Id id, MessageKind kind, std::uint64_t bytes, std::uint64_t missing, const Mark& mark) {
  Open* operation = find(id);
  if (!operation) return;
  if (kind == MessageKind::request) {
    operation->fact.request_bytes += bytes;
    operation->pace.on_bytes(mark.time, sent_by(side_of(operation->fact.invoker)));
  } else {
    operation->fact.response_bytes += bytes;
  }
  operation->fact.missing_bytes += missing;
  progress(*operation, mark);
}

void Operations::on_message_end(Id id, MessageKind kind, const Mark& mark) {
  Open* operation = find(id);
  if (!operation) return;
  if (kind == MessageKind::request) {
    announce(id, mark);
    end_request(*operation, mark);
  } else {
    operation->response_done = true;
  }
  finish_if_done(*operation, mark);
}

void Operations::on_message_cut(Id id, MessageKind kind, const Mark& mark, Shortfall why) {
  Open* operation = find(id);
  if (!operation) return;
  operation->shortfall = operation->shortfall | why;
  on_message_end(id, kind, mark);
}

void Operations::on_messages_lost(Side sender, Shortfall why) {
  for (Entry& entry : open_) {
    Shortfall& of_responses = entry.operation->responses_lost;
    if (side_of(entry.invoker) != sender) of_responses = of_responses | why;
  }
}

void Operations::announce(Id id, const Mark& mark) {
  Open* operation = find(id);
  if (operation && operation->fact.request_seen && !std::exchange(operation->announced, true))
    emit(*operation, Phase::start, mark);
}

void Operations::settle(const Mark& mark, bool undisturbed) {
  for (std::size_t i = 0; i < open_.size();) {
    Open& operation = *open_[i].operation;
    if (!is_overdue(operation, mark)) {
      ++i;
      continue;
    }
    const std::size_t before = open_.size();
    operation.awaits_request = false;
    if (undisturbed) tell_unrequested(operation, mark);
    finish_if_done(operation, mark);
    if (open_.size() == before) ++i;
  }
}

OperationOutcomes Operations::end_all(const Mark& mark, bool undisturbed, bool unfinished) {
  while (!open_.empty()) {
    Open& oldest = *open_.front().operation;
    if (oldest.awaits_request && undisturbed) tell_unrequested(oldest, mark);
    oldest.shortfall.unfinished |= unfinished;
    finish(oldest, mark);
  }
  answered_ = {};
  suspicions_.clear();
  some_pushed_out_ = false;
  return std::exchange(outcomes_, {});
}

Operations::Open& Operations::open(const SeenCommand& seen, std::uint16_t message_id, Invoker invoker,
                                   const Association& association) {
  make_room(association.kept_bytes() + sizeof(Open), seen.last);
  open_.push_back({++latest_, message_id, seen.context_id, invoker, std::make_unique<Open>()});
  Open& operation = *open_.back().operation;
  operation.id = latest_;
  operation.start = seen.start;
  operation.command_bytes = seen.bytes;
  operation.told = seen.last.time;
  operation.fact.command_field = dimse::request_field(seen.command.field);
  operation.fact.message_id = message_id;
  operation.fact.context_id = seen.context_id;
  operation.fact.invoker = invoker;
  operation.fact.calling_ae = association.calling_ae();
  operation.fact.called_ae = association.called_ae();
  operation.fact.transfer_syntax_uid = association.transfer_syntax(seen.context_id);
  operation.fact.requested = seen.start.mark;
  return operation;
}

// `for_bytes`: what there must be room for beside the operations that are open.
void Operations::make_room(std::size_t for_bytes, const Mark& mark) {
  const Limits& limits = settings_.limits;
  while (open_.size() >= std::max<std::size_t>(1, limits.dicom_pending_operations)) push_out_oldest(mark);
  while (!open_.empty() && kept_bytes() + for_bytes > limits.dicom_association_bytes) push_out_oldest(mark);
}

void Operations::make_room_beside(std::size_t bytes, const Mark& mark) {
  while (open_.size() > 1 && kept_bytes() + bytes > settings_.limits.dicom_association_bytes) push_out_oldest(mark);
}

void Operations::push_out_all(const Mark& mark) {
  while (!open_.empty()) push_out_oldest(mark);
}

void Operations::push_out_oldest(const Mark& mark) {
  Open& oldest = *open_.front().operation;
  pushed_out_.add(oldest.fact.requested, mark);
  oldest.shortfall.unfinished = some_pushed_out_ = true;
  finish(oldest, mark);
}

Operations::Open* Operations::find(Id id) {
  const auto found = std::ranges::lower_bound(open_, id, {}, &Entry::id);
  return found == open_.end() || found->id != id ? nullptr : found->operation.get();
}

Operations::Open* Operations::find(std::uint8_t context_id, std::uint16_t message_id, Invoker invoker) {
  const auto same = [&](const Entry& entry) {
    return entry.context_id == context_id && entry.message_id == message_id && entry.invoker == invoker;
  };
  const auto found = std::ranges::find_if(open_, same);
  return found == open_.end() ? nullptr : found->operation.get();
}

// What is outstanding when a request comes, unless its answer was lost and that is not known yet.
void Operations::judge_outstanding(const SeenCommand& seen, const Association& association) {
  const Invoker invoker = invoker_of(seen.sender);
  std::size_t outstanding = 0;
  bool id_is_used = false;
  for (const Entry& entry : open_) {
    if (entry.invoker != invoker || !entry.operation->fact.request_seen || entry.operation->fact.status) continue;
    ++outstanding;
    id_is_used |= entry.message_id == seen.command.message_id;
  }
  if (id_is_used) suspect(Breach::message_id_reused, seen);
  const std::uint16_t window = association.window_of(invoker);
  if (window != 0 && outstanding >= window) suspect(Breach::asynchronous_window, seen);
}

void Operations::suspect(Breach breach, const SeenCommand& seen) {
  const auto same = [&](const Suspicion& earlier) { return earlier.breach == breach && earlier.sender == seen.sender; };
  if (std::ranges::none_of(suspicions_, same)) suspicions_.push_back({breach, seen.sender, seen.start, seen.bytes});
}

void Operations::settle_suspicions(Side answering, const Mark& mark, bool undisturbed) {
  std::erase_if(suspicions_, [&](const Suspicion& suspicion) {
    if (suspicion.sender == answering) return false;
    // A mirror may show an answer after the request that followed it.
    const bool sure = mark.time - suspicion.start.mark.time >= settings_.limits.duplicate_window;
    if (undisturbed && sure)
      violations_.tell(suspicion.breach, suspicion.start, suspicion.bytes, suspicion.sender == Side::opener, mark);
    return true;
  });
}

void Operations::take_request(Open& operation, const SeenCommand& seen) {
  const Command& command = seen.command;
  DicomOperation& fact = operation.fact;
  fact.request_seen = true;
  fact.requested = std::min(fact.requested, seen.start.mark);
  if (!command.sop_class_uid.empty()) fact.sop_class_uid = command.sop_class_uid;
  fact.move_destination = command.move_destination;
  fact.originator_ae = command.originator_ae;
  fact.originator_message_id = command.originator_message_id;
  fact.priority = command.priority;
  fact.event_type = command.event_type;
  fact.action_type = command.action_type;
  fact.requested_attributes = command.attribute_identifiers;
  fact.instance = settings_.pseudonymizer->pseudonym(IdentifierKind::instance_uid, command.instance_uid);
  operation.start = seen.start;
  operation.command_bytes = seen.bytes;
  operation.awaits_request = false;
  operation.shortfall.lost |= seen.cut;
  operation.pace.begin(seen.start.mark.time, sent_by(seen.sender));
  operation.pace.on_bytes(seen.last.time, sent_by(seen.sender));
  operation.request_done = false;
  if (!command.has_data_set()) end_request(operation, seen.last);
}

void Operations::end_request(Open& operation, const Mark& last) {
  operation.request_done = true;
  const Side sender = side_of(operation.fact.invoker);
  operation.pace.on_request_end(last.time, sent_by(sender), sent_by(other(sender)));
}

void Operations::take_response(Open& operation, const SeenCommand& seen) {
  const Command& command = seen.command;
  DicomOperation& fact = operation.fact;
  if (fact.sop_class_uid.empty()) fact.sop_class_uid = command.sop_class_uid;
  // PS3.7 10.1.5.1.3: of an N-CREATE the performer may have chosen the instance.
  if (fact.instance.empty())
    fact.instance = settings_.pseudonymizer->pseudonym(IdentifierKind::instance_uid, command.instance_uid);
  take_counters(operation, seen);
  operation.shortfall.lost |= seen.cut;
  operation.response_done = !command.has_data_set();
  operation.pace.on_response(seen.start.mark.time);
  const auto tell = [&](Breach breach) {
    violations_.tell(breach, seen.start, seen.bytes, seen.sender == Side::opener, seen.last);
  };
  if (!dicom_regular_status_class(fact.command_field, *command.status)) tell(Breach::status);
  if (fact.status) {
    if (seen.undisturbed && !operation.awaits_request) tell(Breach::response_after_final);
    return;
  }
  if (dicom_status_class(fact.command_field, *command.status) == StatusClass::pending) {
    ++fact.pending_responses;
    return;
  }
  fact.status = command.status;
  fact.error_id = command.error_id;
  fact.error_comment = command.error_comment;
  fact.offending_elements = command.offending_elements;
  fact.answered = seen.last;
}

void Operations::take_counters(Open& operation, const SeenCommand& seen) {
  const SubOperations& counters = seen.command.sub_operations;
  if (!has_counters(counters)) return;
  if (!follow(operation.fact.sub_operations, counters))
    violations_.tell(Breach::sub_operations, seen.start, seen.bytes, seen.sender == Side::opener, seen.last);
  operation.fact.sub_operations = counters;
}

void Operations::progress(Open& operation, const Mark& mark) {
  if (operation.announced && mark.time - operation.told >= settings_.limits.progress_interval)
    emit(operation, Phase::progress, mark);
}

void Operations::finish_if_done(Open& operation, const Mark& mark) {
  if (operation.fact.status && operation.request_done && operation.response_done && !operation.awaits_request) {
    finish(operation, mark);
  }
}

// The operation is gone when this returns.
void Operations::finish(Open& operation, const Mark& mark) {
  announce(operation.id, mark);
  if (!operation.fact.status || dimse::is_query(operation.fact.command_field))
    operation.shortfall = operation.shortfall | operation.responses_lost;
  operation.fact.request_broken_off = operation.fact.request_seen && !operation.request_done && is_visible(operation);
  tell_times(operation, mark);
  count_outcome(operation);
  if (operation.fact.status) {
    const DicomOperation& fact = operation.fact;
    answered_ = {fact.context_id, fact.message_id, fact.invoker, fact.command_field};
  }
  emit(operation, Phase::end, mark);
  content_bytes_ -= operation.content_bytes;
  open_.erase(std::ranges::lower_bound(open_, operation.id, {}, &Entry::id));
}

// Whether all that was said of it was seen.
bool Operations::is_visible(const Open& operation) const {
  const Connection& connection = emitter_.connection();
  return !connection.joined_midway && !connection.truncated && !connection.one_direction_only() &&
         !operation.shortfall.lost && !operation.shortfall.unfinished && !operation.shortfall.undecodable;
}

void Operations::count_outcome(const Open& operation) {
  const DicomOperation& fact = operation.fact;
  if (!fact.request_seen) return;
  if (fact.status) {
    const StatusClass status = dicom_status_class(fact.command_field, *fact.status);
    outcomes_.failed += status == StatusClass::failure ? 1 : 0;
    outcomes_.warned += status == StatusClass::warning ? 1 : 0;
    return;
  }
  outcomes_.unanswered += is_visible(operation) ? 1 : 0;
}

// Where bytes were lost, the time at which they were given up says nothing.
void Operations::tell_times(Open& operation, const Mark& mark) const {
  DicomOperation& fact = operation.fact;
  const Side sender = side_of(fact.invoker);
  if (!fact.request_seen || operation.shortfall.lost || operation.shortfall.undecodable ||
      sent_by(sender).unseen_bytes != 0)
    return;
  fact.transfer_time = operation.pace.transfer_time();
  if (fact.request_bytes == 0 && fact.transfer_time == Duration::zero()) fact.transfer_time.reset();
  fact.response_time = operation.pace.response_time();

  const HandshakeTimes& handshake = emitter_.connection().handshake;
  const auto& to_receiver = sender == Side::opener ? handshake.to_acceptor : handshake.to_opener;
  if (!to_receiver || sent_by(other(sender)).unseen_bytes != 0 || (!fact.answered && !is_visible(operation))) return;
  const Timestamp over = fact.answered.value_or(mark).time;
  fact.slowest = operation.pace.slowest(over, sent_by(sender), sent_by(other(sender)), *to_receiver);
}

const DirectionStatistics& Operations::sent_by(Side side) const {
  const Direction opener = emitter_.opener();
  return emitter_.connection().sent(side == Side::opener ? opener : opposite(opener));
}

DicomOperation& Operations::emit(Open& operation, Phase phase, const Mark& mark) {
  operation.told = mark.time;
  DicomOperation& told = emitter_.emit(phase, operation.fact.requested, mark, operation.fact, operation.shortfall);
  // How much had passed when a start became known depends on how the stream was cut, so it tells no sizes.
  if (phase == Phase::start) told.request_bytes = told.response_bytes = told.missing_bytes = 0;
  return told;
}

void Operations::tell_unrequested(const Open& operation, const Mark& mark) {
  const bool by_opener = operation.fact.invoker == Invoker::acceptor;
  const Breach breach = operation.after_final ? Breach::response_after_final : Breach::response_without_request;
  violations_.tell(breach, operation.start, operation.command_bytes, by_opener, mark);
}

}  // namespace dcmwatch::dicom
