#include "protocol/dicom/conversation.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "protocol/dicom/dicom.h"

namespace dcmwatch::dicom {
namespace {

bool starts_in_step(const Connection& connection) {
  return !connection.joined_midway && connection.direction[0].missing_bytes == 0 &&
         connection.direction[1].missing_bytes == 0;
}

// What a PDU breaks that comes in a state in which it cannot.
Breach breach_of(State state, Input input, Side side) {
  const bool released = state == State::over || state == State::colliding || state == State::half_released ||
                        (state == State::releasing_by_opener && side == Side::opener) ||
                        (state == State::releasing_unanswered && side == Side::opener) ||
                        (state == State::releasing_by_acceptor && side == Side::acceptor);
  return released && input == Input::data ? Breach::data_after_release : Breach::unexpected_pdu;
}

// The worst of what a PDV breaks, coming after the one `before` it.
std::optional<Breach> breach_of(const PdvHead& before, const PdvHead& pdv) {
  if (before.context_id == 0) return std::nullopt;
  const bool same_context = before.context_id == pdv.context_id;
  const bool begins_message = pdv.is_command && (before.is_last || !before.is_command);
  if (!before.is_last && (!same_context || begins_message)) return Breach::interleaved_messages;
  if (pdv.first_of_pdu) return std::nullopt;
  if (!same_context || begins_message) return Breach::messages_in_one_pdu;
  if (before.is_command && !pdv.is_command) return Breach::command_and_data_in_one_pdu;
  return std::nullopt;
}

}  // namespace

Conversation::Conversation(Emitter& emitter, const ProtocolSettings& settings)
    : emitter_(emitter),
      settings_(settings),
      violations_(emitter),
      operations_(emitter, settings, violations_),
      pdu_bytes_(emitter, "dicom.pdu_bytes"),
      context_uids_(emitter, "dicom.presentation_context_uids"),
      negotiated_items_(emitter, "dicom.negotiated_items"),
      data_set_attributes_(emitter, "dicom.data_set_attributes"),
      lanes_{Lane{Direction::forward, settings.limits, starts_in_step(emitter.connection())},
             Lane{Direction::backward, settings.limits, starts_in_step(emitter.connection())}} {}

Appetite Conversation::on_bytes(Direction direction, const Mark& mark, ByteView bytes) {
  Lane& lane = lane_of(direction);
  if (!lane.seen) {
    if (!opposite_lane(lane).seen) first_ = mark;
    lane.seen = true;
  }
  lane.framer.feed(bytes, mark);
  drain(lane, mark);
  if (operations_.any_overdue(mark)) operations_.settle(mark, undisturbed());
  count_kept();
  return appetite(lane);
}

void Conversation::on_skipped(Direction direction, const Mark&, const Mark& last, std::uint64_t bytes,
                              std::uint64_t missing) {
  Lane& lane = lane_of(direction);
  const std::uint64_t passed = std::min(bytes, lane.framer.passable());
  if (lane.framer.in_fragment() && lane.pdv.is_command) {
    if (lane.command && !lane.command_cut) lane.command->pass(passed);
  } else if (lane.framer.in_fragment()) {
    lane.reader ? lane.reader->pass(passed) : lane.rest.pass(passed);
    on_data_passed(lane, last, passed, missing);
  }
  lane.framer.pass(passed);
  drain(lane, last);
  count_kept();
}

void Conversation::on_gap(Direction direction, const Mark& mark, std::uint64_t missing) {
  Lane& lane = lane_of(direction);
  lane.lost = true;
  lane.rest = {};
  const bool in_data = lane.framer.in_fragment() && !lane.pdv.is_command;
  const Loss loss = lane.framer.lose(missing);
  if (loss.head) on_cut(lane, mark, *loss.head);
  if (in_data) on_data_passed(lane, mark, loss.fragment_bytes, loss.fragment_bytes);
  if (lane.in_command) lane.command_cut = true;
  if (loss.pdvs_lost) {
    cut_command(lane, mark);
    operations_.on_messages_lost(side_of(lane), {.lost = true});
    lane.pdv = {};
  }
  if (loss.pdvs_lost || lane.reader) cut_message(lane, mark, {.lost = true});
  drain(lane, mark);
  count_kept();
}

void Conversation::give_up_kept(const Mark& mark) {
  const bool units = std::ranges::any_of(lanes_, [](const Lane& lane) { return lane.kept_bytes() != 0; });
  for (Lane& lane : lanes_) {
    if (lane.kept_bytes() != 0) cut_unit(lane, mark);
    lane.lost = true;
  }
  if (!units) {
    operations_.push_out_all(mark);
    if (association_) context_uids_.add(mark, mark, association_->forget_contexts());
  }
  count_kept();
}

// The PDU or the command in hand ends here, as at a gap.
void Conversation::cut_unit(Lane& lane, const Mark& mark) {
  on_gap(lane.direction, mark, 0);
  cut_command(lane, mark);
  lane.framer.forget_lost();
}

void Conversation::count_kept() {
  std::size_t kept = operations_.kept_bytes() + (association_ ? association_->kept_bytes() : 0);
  for (const Lane& lane : lanes_) kept += lane.kept_bytes();
  set_kept_bytes(kept);
}

void Conversation::on_progress(const Mark& mark) {
  if (!association_) return;
  emitter_.emit(Phase::progress, association_->first(), mark, association_->fact(std::nullopt),
                shortfall() | association_->shortfall());
}

bool Conversation::in_unit(Direction direction) const {
  const Lane& lane = lanes_[index_of(direction)];
  return lane.framer.in_step() && !lane.broken() && lane.framer.in_unit();
}

void Conversation::on_close(const Mark& mark, CloseReason reason) {
  for (Lane& lane : lanes_) break_off_request(lane, mark);
  // It is DICOM's, though no unit could be read that begins an association.
  if (first_) begin_association(*first_);
  if (association_) close_association(mark, reason);
  operations_.on_close(mark);
  pdu_bytes_.on_close(mark);
  context_uids_.on_close(mark);
  negotiated_items_.on_close(mark);
  data_set_attributes_.on_close(mark);
}

void Conversation::close_association(const Mark& mark, CloseReason reason) {
  // Where one direction is all that was seen, its release request is all of a release that could be.
  const bool releasing = state_ >= State::releasing_by_opener && state_ <= State::releasing_unanswered;
  if (releasing && reason != CloseReason::reset && emitter_.connection().one_direction_only()) {
    return end_association(DicomEnd::released, mark);
  }
  const bool ended = reason == CloseReason::finished || reason == CloseReason::reset;
  if (const auto& by = emitter_.connection().ended_by; ended && by) association_->on_broken_off(side_of(lane_of(*by)));
  if (ended && waited_in_vain(mark)) return end_association(DicomEnd::timeout, mark);
  switch (reason) {
    case CloseReason::finished: return end_association(DicomEnd::closed, mark);
    case CloseReason::reset: return end_association(DicomEnd::reset, mark);
    case CloseReason::timed_out: return end_association(DicomEnd::timeout, mark);
    case CloseReason::evicted:
    case CloseReason::capture_ended: return end_association(DicomEnd::open, mark, true);
  }
}

// The opener asked, was not answered although that would have been seen, and gave up: as its ARTIM-like timers tell it
// to (PS3.8 9.1.5).
bool Conversation::waited_in_vain(const Mark& mark) const {
  return state_ == State::requested && !association_->incomplete() && !shortfall().lost && !shortfall().undecodable &&
         !emitter_.connection().one_direction_only() &&
         elapsed(association_->first().time, mark.time) >= settings_.limits.dicom_answer_timeout;
}

// An answer would be the acceptor's: what is lost of the opener's after its request hides none. Who asks may leave
// holes in what he says, and would choose by them what is told of him.
bool Conversation::surely_unanswered() const {
  const Connection& connection = emitter_.connection();
  if (!association_->awaits_answer() || connection.joined_midway || connection.truncated ||
      connection.one_direction_only())
    return false;
  return std::ranges::none_of(lanes_, [&](const Lane& lane) {
    return side_of(lane) == Side::acceptor && (lane.broken() || connection.sent(lane.direction).missing_bytes != 0);
  });
}

// What is there of a request whose rest does not come, or has come to be of no account. An acceptance that is not whole
// is none: its receiver cannot know what was accepted.
void Conversation::break_off_request(Lane& lane, const Mark& mark) {
  const auto head = lane.framer.break_off_request();
  if (!head) return;
  on_cut(lane, mark, *head);
  lane.framer.forget_lost();
}

void Conversation::drain(Lane& lane, const Mark& mark) {
  for (;;) {
    const Cut cut = lane.framer.next();
    if (std::holds_alternative<NeedMore>(cut)) return;
    std::visit(
        [&](const auto& unit) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(unit)>, NeedMore>) on_cut(lane, mark, unit);
        },
        cut);
  }
}

Appetite Conversation::appetite(const Lane& lane) const {
  if (!lane.framer.in_fragment() || lane.pdv_ignored) return lane.framer.passable();
  if (lane.pdv.is_command) {
    if (lane.command_cut) return lane.framer.passable();
    return lane.command ? std::min(lane.command->unwanted(), lane.framer.passable()) : kWantAll;
  }
  const std::uint64_t unwanted = lane.reader ? lane.reader->unwanted() : lane.rest.unwanted();
  return std::min(unwanted, lane.framer.passable());
}

void Conversation::on_cut(Lane& lane, const Mark& mark, const WholePdu& pdu) {
  const DecodedPdu decoded = decode_pdu(pdu.type, pdu.body);
  orient(lane, decoded.pdu);
  if (!decoded.faults.empty() && pdu.extent == Extent::whole) tell_faults(lane, decoded.faults, mark);
  const PduContext at{lane, mark, pdu.extent};
  std::visit([&](const auto& value) { on_pdu(at, value); }, decoded.pdu);
}

// Who opened the connection is told by who asks for an association, and by who answers.
void Conversation::orient(const Lane& lane, const Pdu& pdu) {
  if (std::holds_alternative<AssociateRequest>(pdu)) emitter_.set_opener(lane.direction);
  const bool answer = std::holds_alternative<AssociateAccept>(pdu) || std::holds_alternative<AssociateReject>(pdu);
  if (answer) emitter_.set_opener(opposite(lane.direction));
}

void Conversation::on_cut(Lane& lane, const Mark& mark, const Illegal& illegal) {
  tell(illegal.breach, lane, illegal.length, mark);
  lane.undecodable = true;
  operations_.on_messages_lost(side_of(lane), {.undecodable = true});
  cut_message(lane, mark, {.undecodable = true});
  lane.pdv = {};
}

void Conversation::on_pdu(const PduContext& at, const AssociateRequest& request) {
  const Mark first = at.lane.framer.unit().mark;
  // Nothing is missing, so neither is a release: an association within an association, which goes on or is aborted as
  // if it had not been asked for (PS3.8 9.2.3, AA-8).
  const bool within = state_ == State::open && undisturbed();
  const auto step = take_step(Input::request, at.lane, at.mark);
  if (within) state_ = State::open;
  if (!step || within) return;
  if (step->next == State::requested) {
    if (association_) end_association(DicomEnd::closed, at.mark);
    begin_association(first);
  }
  if (association_) on_taken(at, association_->on_request(request, first, at.extent, settings_.limits));
}

void Conversation::on_taken(const PduContext& at, const OpeningTaken& taken) {
  const Mark first = at.lane.framer.unit().mark;
  pdu_bytes_.add(first, at.mark, at.extent == Extent::oversize ? 1 : 0);
  context_uids_.add(first, at.mark, taken.uids_without_room);
  negotiated_items_.add(first, at.mark, taken.items_without_room);
  if (taken.breaches.empty() || !undisturbed()) return;
  for (const Breach breach : taken.breaches) tell(breach, at.lane, at.lane.framer.pdu_length(), at.mark);
}

// Whether the opener's data came before the answer is known when the answer was seen, and both in order.
void Conversation::on_answer(const Mark& mark) {
  if (!early_data_) return;
  if (undisturbed()) violations_.tell(Breach::data_before_acceptance, *early_data_, early_data_length_, true, mark);
  early_data_.reset();
}

void Conversation::on_pdu(const PduContext& at, const AssociateAccept& accept) {
  const auto step = take_step(Input::accept, at.lane, at.mark);
  if (!step || !is_live(step->next)) return;
  const Mark first = at.lane.framer.unit().mark;
  on_answer(at.mark);
  on_taken(at, association(first).on_accept(accept, at.mark, at.extent, settings_.limits));
  operations_.on_acceptance(*association_);
  announce_association(at.mark);
}

void Conversation::on_pdu(const PduContext& at, const AssociateReject& reject) {
  break_off_request(opposite_lane(at.lane), at.mark);
  const auto step = take_step(Input::reject, at.lane, at.mark);
  if (!step || step->next != State::over) return;
  on_answer(at.mark);
  association(at.lane.framer.unit().mark).on_reject(reject, at.mark);
  end_association(DicomEnd::rejected, at.mark);
}

void Conversation::on_pdu(const PduContext& at, const ReleaseRequest&) {
  const auto step = take_step(Input::release_request, at.lane, at.mark);
  if (step && is_live(step->next)) association(at.lane.framer.unit().mark).on_release_request(at.mark);
}

void Conversation::on_pdu(const PduContext& at, const ReleaseResponse&) {
  const auto step = take_step(Input::release_response, at.lane, at.mark);
  if (!step || step->next != State::over || step->state == State::over) return;
  association(at.lane.framer.unit().mark).on_release_response(at.mark);
  end_association(DicomEnd::released, at.mark);
}

void Conversation::on_pdu(const PduContext& at, const Abort& abort) {
  break_off_request(opposite_lane(at.lane), at.mark);
  const auto step = take_step(Input::abort, at.lane, at.mark);
  if (!step || step->state >= State::over) return;
  association(at.lane.framer.unit().mark).on_abort(abort, side_of(at.lane));
  end_association(DicomEnd::aborted, at.mark);
}

// The framer told it already.
void Conversation::on_pdu(const PduContext&, const UnknownPdu&) const {}

std::optional<Step> Conversation::take_step(Input input, const Lane& lane, const Mark& mark) {
  const auto step = next(state_, input, side_of(lane));
  if (!step || step->basis == Basis::inferred) tell_unexpected(input, lane, mark);
  if (step) state_ = step->next;
  return step;
}

void Conversation::tell_unexpected(Input input, const Lane& lane, const Mark& mark) {
  const Side side = side_of(lane);
  const bool early = input == Input::data || input == Input::release_request;
  if (state_ == State::requested && early && side == Side::opener) {
    if (!early_data_) {
      early_data_ = lane.framer.unit();
      early_data_length_ = lane.framer.pdu_length();
    }
    return;
  }
  if (undisturbed()) tell(breach_of(state_, input, side), lane, lane.framer.pdu_length(), mark);
}

Association& Conversation::association(const Mark& first) {
  if (!association_) begin_association(first);
  return *association_;
}

void Conversation::begin_association(const Mark& first) {
  association_ = std::make_unique<Association>(first);
  first_.reset();
  announced_ = false;
  early_data_.reset();
}

void Conversation::announce_association(const Mark& mark) {
  if (!association_ || std::exchange(announced_, true)) return;
  emitter_.emit(Phase::start, association_->first(), mark, association_->fact(std::nullopt), association_->shortfall());
}

void Conversation::end_association(DicomEnd end, const Mark& mark, bool unfinished) {
  for (Lane& lane : lanes_) {
    // Who is released has nothing more to send.
    if (lane.message != 0 && lane.data_set == DataSetState::due && end == DicomEnd::released && undisturbed())
      tell(Breach::data_set_missing, lane, lane.framer.pdu_length(), mark);
    close_reader(lane, mark);
    lane.rest = {};
  }
  // Both sides said all that they had to say.
  const bool said_all = undisturbed() && (end == DicomEnd::released || end == DicomEnd::closed);
  for (const Side side : {Side::opener, Side::acceptor}) operations_.settle_suspicions(side, mark, said_all);
  association_->on_outcomes(operations_.end_all(mark, undisturbed(), unfinished));
  const Shortfall why = shortfall() | association_->shortfall() | Shortfall{.unfinished = unfinished};
  association_->set_unanswered(!unfinished && surely_unanswered());
  emitter_.emit(Phase::end, association_->first(), mark, association_->fact(end), why);
  association_.reset();
  violations_.forget();
  for (Lane& lane : lanes_) {
    forget_command(lane);
    lane.lost = lane.undecodable = false;
    lane.message = 0;
    lane.data_set = DataSetState::unknown;
    lane.pdv = {};
    lane.pdv_ignored = true;  // what is left of the PDV in hand belongs to no association
  }
}

void Conversation::tell(Breach breach, const Lane& lane, std::uint64_t length, const Mark& mark) {
  violations_.tell(breach, lane.framer.unit(), length, side_of(lane) == Side::opener, mark);
}

void Conversation::tell_faults(const Lane& lane, const std::vector<Fault>& faults, const Mark& mark) {
  for (const Fault& fault : faults) {
    UnitStart where = lane.framer.unit();
    where.offset += kPduHeaderBytes + fault.offset;
    if (fault.ae_title) {
      violations_.tell_title(*fault.ae_title, where, fault.length, side_of(lane) == Side::opener, mark);
    } else {
      violations_.tell(fault.breach, where, fault.length, side_of(lane) == Side::opener, mark);
    }
  }
}

// PS3.8 E.1 and E.2: the fragments of a message come one after the other, those of a PDU are of one message.
bool Conversation::judge_pdv(Lane& lane, const PdvHead& before, const Mark& mark) {
  const PdvHead& pdv = lane.pdv;
  const std::uint64_t length = pdv.fragment_bytes;
  if (pdv.reserved_bits) tell(Breach::control_header, lane, length, mark);
  if (pdv.fragment_bytes % 2 != 0) tell(Breach::odd_fragment, lane, length, mark);
  if (pdv.fragment_bytes == 0 && !pdv.is_last) tell(Breach::empty_fragment, lane, length, mark);

  const auto breach = breach_of(before, pdv);
  if (!breach) return true;
  if (whole()) tell(*breach, lane, length, mark);
  if (*breach != Breach::interleaved_messages) return true;
  forget_command(lane);  // its fragments would be taken for those of another message
  return false;
}

Side Conversation::side_of(const Lane& lane) const {
  return emitter_.from_opener(lane.direction) ? Side::opener : Side::acceptor;
}

// Nothing was lost or reordered, and both sides are seen: what breaks the order is the peers' doing, not the mirror's.
bool Conversation::whole() const {
  const Connection& connection = emitter_.connection();
  if (connection.joined_midway || connection.truncated) return false;
  return std::ranges::all_of(lanes_, [&](const Lane& lane) {
    return lane.seen && !lane.broken() && lane.framer.in_step() && connection.sent(lane.direction).missing_bytes == 0;
  });
}

bool Conversation::undisturbed() const {
  return whole() && std::ranges::all_of(lanes_, [this](const Lane& lane) {
           return emitter_.connection().sent(lane.direction).out_of_order_packets == 0;
         });
}

}  // namespace dcmwatch::dicom

namespace dcmwatch {

std::unique_ptr<StreamSink> open_dicom(Emitter& emitter, const ProtocolSettings& settings) {
  return std::make_unique<dicom::Conversation>(emitter, settings);
}

}  // namespace dcmwatch
