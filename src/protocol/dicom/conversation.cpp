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

}  // namespace

Conversation::Conversation(Emitter& emitter, const ProtocolSettings& settings)
    : emitter_(emitter),
      settings_(settings),
      violations_(emitter),
      operations_(emitter, settings, violations_),
      context_uids_(emitter, "dicom.presentation_context_uids"),
      data_set_attributes_(emitter, "dicom.data_set_attributes"),
      lanes_{Lane{Direction::forward, settings.limits, starts_in_step(emitter.connection())},
             Lane{Direction::backward, settings.limits, starts_in_step(emitter.connection())}} {}

Appetite Conversation::on_bytes(Direction direction, const Mark& mark, ByteView bytes) {
  Lane& lane = lane_of(direction);
  lane.seen = true;
  lane.framer.feed(bytes, mark);
  drain(lane, mark);
  operations_.settle(mark, undisturbed());
  count_kept();
  return appetite(lane);
}

void Conversation::on_skipped(Direction direction, const Mark&, const Mark& last, std::uint64_t bytes,
                              std::uint64_t missing) {
  Lane& lane = lane_of(direction);
  const std::uint64_t passed = std::min(bytes, lane.framer.passable());
  if (lane.framer.in_fragment() && !lane.pdv.is_command) {
    if (lane.reader) lane.reader->pass(passed);
    on_data_passed(lane, last, passed, missing);
  }
  lane.framer.pass(passed);
  drain(lane, last);
  count_kept();
}

void Conversation::on_gap(Direction direction, const Mark& mark, std::uint64_t missing) {
  Lane& lane = lane_of(direction);
  lane.lost = true;
  const bool in_data = lane.framer.in_fragment() && !lane.pdv.is_command;
  const Loss loss = lane.framer.lose(missing);
  if (loss.head) on_cut(lane, mark, *loss.head);
  if (in_data) on_data_passed(lane, mark, loss.fragment_bytes, loss.fragment_bytes);
  if (lane.in_command) lane.command_cut = true;
  if (loss.pdvs_lost) {
    if (lane.in_command) on_command(lane, mark, lane.command.join({}));
    operations_.on_messages_lost(side_of(lane));
  }
  if (loss.pdvs_lost || lane.reader) cut_message(lane, mark);
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
  if (lane.in_command) on_command(lane, mark, lane.command.join({}));
  lane.framer.forget_lost();
}

void Conversation::count_kept() {
  std::size_t kept = operations_.kept_bytes() + (association_ ? association_->kept_bytes() : 0);
  for (const Lane& lane : lanes_) kept += lane.kept_bytes();
  set_kept_bytes(kept);
}

void Conversation::on_close(const Mark& mark, CloseReason reason) {
  if (association_) close_association(mark, reason);
  operations_.on_close(mark);
  context_uids_.on_close(mark);
  data_set_attributes_.on_close(mark);
}

void Conversation::close_association(const Mark& mark, CloseReason reason) {
  // Where one direction is all that was seen, its release request is all of a release that could be.
  const bool releasing = state_ == State::releasing_by_opener || state_ == State::releasing_by_acceptor;
  if (releasing && reason != CloseReason::reset && emitter_.connection().one_direction_only()) {
    return end_association(DicomEnd::released, mark);
  }
  switch (reason) {
    case CloseReason::finished: return end_association(DicomEnd::closed, mark);
    case CloseReason::reset: return end_association(DicomEnd::reset, mark);
    case CloseReason::timed_out: return end_association(DicomEnd::timeout, mark);
    case CloseReason::evicted:
    case CloseReason::capture_ended: return end_association(DicomEnd::open, mark, true);
  }
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
  if (lane.pdv.is_command) return lane.command_cut ? lane.framer.passable() : kWantAll;
  return lane.reader ? std::min(lane.reader->unwanted(), lane.framer.passable()) : lane.framer.passable();
}

void Conversation::on_cut(Lane& lane, const Mark& mark, const WholePdu& pdu) {
  const DecodedPdu decoded = decode_pdu(pdu.type, pdu.body);
  if (decoded.defect && pdu.complete) tell(Breach::association_pdu, lane, pdu.body.size(), mark);
  const PduContext at{lane, mark, pdu.complete};
  std::visit([&](const auto& value) { on_pdu(at, value); }, decoded.pdu);
}

void Conversation::on_cut(Lane& lane, const Mark& mark, const Illegal& illegal) {
  switch (illegal.defect) {
    case FrameDefect::pdu_type: tell(Breach::pdu_type, lane, illegal.length, mark); break;
    case FrameDefect::pdu_length: tell(Breach::pdu_length, lane, illegal.length, mark); break;
    case FrameDefect::pdv_length: tell(Breach::pdv_length, lane, illegal.length, mark); break;
  }
  lane.lost = true;
  operations_.on_messages_lost(side_of(lane));
  cut_message(lane, mark);
}

void Conversation::on_pdu(const PduContext& at, const AssociateRequest& request) {
  emitter_.set_opener(at.lane.direction);
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
  if (association_) context_uids_.add(first, at.mark, association_->on_request(request, first, at.complete));
}

void Conversation::on_pdu(const PduContext& at, const AssociateAccept& accept) {
  emitter_.set_opener(opposite(at.lane.direction));
  const auto step = take_step(Input::accept, at.lane, at.mark);
  if (!step || !is_live(step->next)) return;
  const Mark first = at.lane.framer.unit().mark;
  context_uids_.add(first, at.mark, association(first).on_accept(accept, at.mark, at.complete));
  announce_association(at.mark);
}

void Conversation::on_pdu(const PduContext& at, const AssociateReject& reject) {
  emitter_.set_opener(opposite(at.lane.direction));
  const auto step = take_step(Input::reject, at.lane, at.mark);
  if (!step || step->next != State::over) return;
  association(at.lane.framer.unit().mark).on_reject(reject, at.mark);
  end_association(DicomEnd::rejected, at.mark);
}

void Conversation::on_pdu(const PduContext& at, const ReleaseRequest&) {
  const auto step = take_step(Input::release_request, at.lane, at.mark);
  if (step && is_live(step->next)) static_cast<void>(association(at.lane.framer.unit().mark));
}

void Conversation::on_pdu(const PduContext& at, const ReleaseResponse&) {
  const auto step = take_step(Input::release_response, at.lane, at.mark);
  if (!step || step->next != State::over || step->state == State::over) return;
  static_cast<void>(association(at.lane.framer.unit().mark));
  end_association(DicomEnd::released, at.mark);
}

void Conversation::on_pdu(const PduContext& at, const Abort& abort) {
  const auto step = take_step(Input::abort, at.lane, at.mark);
  if (!step || step->state >= State::over) return;
  association(at.lane.framer.unit().mark).on_abort(abort, side_of(at.lane));
  end_association(DicomEnd::aborted, at.mark);
}

// The framer told it already.
void Conversation::on_pdu(const PduContext&, const UnknownPdu&) const {}

std::optional<Step> Conversation::take_step(Input input, const Lane& lane, const Mark& mark) {
  const auto step = next(state_, input, side_of(lane));
  if ((!step || step->basis == Basis::inferred) && undisturbed()) tell(Breach::unexpected_pdu, lane, 0, mark);
  if (step) state_ = step->next;
  return step;
}

Association& Conversation::association(const Mark& first) {
  if (!association_) begin_association(first);
  return *association_;
}

void Conversation::begin_association(const Mark& first) {
  association_ = std::make_unique<Association>(first);
  announced_ = false;
}

void Conversation::announce_association(const Mark& mark) {
  if (!association_ || std::exchange(announced_, true)) return;
  emitter_.emit(Phase::start, association_->first(), mark, association_->fact(std::nullopt),
                {.lost = association_->incomplete()});
}

void Conversation::end_association(DicomEnd end, const Mark& mark, bool unfinished) {
  association_->on_outcomes(operations_.end_all(mark, undisturbed(), unfinished));
  const bool lost = association_->incomplete() || any_lost();
  emitter_.emit(Phase::end, association_->first(), mark, association_->fact(end),
                {.lost = lost, .unfinished = unfinished});
  association_.reset();
  violations_.forget();
  for (Lane& lane : lanes_) {
    lane.command.clear();
    lane.in_command = lane.command_cut = lane.lost = false;
    lane.message = 0;
    lane.data_set = DataSetState::unknown;
    lane.reader.reset();
    lane.pdv_ignored = true;  // what is left of the PDV in hand belongs to no association
  }
}

void Conversation::tell(Breach breach, const Lane& lane, std::uint64_t length, const Mark& mark) {
  violations_.tell(breach, lane.framer.unit(), length, side_of(lane) == Side::opener, mark);
}

Side Conversation::side_of(const Lane& lane) const {
  return emitter_.from_opener(lane.direction) ? Side::opener : Side::acceptor;
}

// Nothing was lost or reordered, and both sides are seen: what breaks the order is the peers' doing, not the mirror's.
bool Conversation::undisturbed() const {
  const Connection& connection = emitter_.connection();
  if (connection.joined_midway || connection.truncated) return false;
  return std::ranges::all_of(lanes_, [&](const Lane& lane) {
    const DirectionStatistics& sent = connection.sent(lane.direction);
    return lane.seen && !lane.lost && lane.framer.in_step() && sent.missing_bytes == 0 &&
           sent.out_of_order_packets == 0;
  });
}

}  // namespace dcmwatch::dicom

namespace dcmwatch {

std::unique_ptr<StreamSink> open_dicom(Emitter& emitter, const ProtocolSettings& settings) {
  return std::make_unique<dicom::Conversation>(emitter, settings);
}

}  // namespace dcmwatch
