#include "protocol/dicom/pdu_framer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <utility>

#include "protocol/dicom/dicom.h"
#include "protocol/dicom/recognise.h"

namespace dcmwatch::dicom {
namespace {

constexpr std::uint32_t kAnyLength = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t kShortestData = kPdvHeaderBytes;
constexpr std::uint32_t kShortestPdv = 2;  // context id and message control header

// PS3.8 9.3.2 to 9.3.8: how long each PDU may be. kAnyLength stands for the limit on association PDUs, too.
struct LengthRule {
  PduType type;
  std::uint32_t least;
  std::uint32_t most;
};

constexpr std::array kLengthRules{
    LengthRule{PduType::associate_request, kAssociationFixedBytes, kAnyLength},
    LengthRule{PduType::associate_accept, kAssociationFixedBytes, kAnyLength},
    LengthRule{PduType::associate_reject, kShortPduBytes, kShortPduBytes},
    LengthRule{PduType::data_transfer, kShortestData, kAnyLength},
    LengthRule{PduType::release_request, kShortPduBytes, kShortPduBytes},
    LengthRule{PduType::release_response, kShortPduBytes, kShortPduBytes},
    LengthRule{PduType::abort, kShortPduBytes, kShortPduBytes},
};

constexpr bool each_in_its_place() {
  for (std::size_t i = 0; i < kLengthRules.size(); ++i) {
    if (static_cast<std::size_t>(kLengthRules[i].type) != i + 1) return false;
  }
  return true;
}
static_assert(each_in_its_place());

const LengthRule* rule_of(std::uint8_t type) {
  return type >= 1 && type <= kLengthRules.size() ? &kLengthRules[type - 1U] : nullptr;
}

// PDUs found in a row, each where the one before it ended, before the framer trusts what it found.
constexpr unsigned kTrusted = 2;

// What seems a PDU is none if another plainly does not begin where it ends.
bool next_contradicts(ByteView found) {
  ByteReader reader{found};
  reader.skip(2);
  const std::uint64_t whole = std::uint64_t{kPduHeaderBytes} + reader.u32();
  return whole < found.size() && looks_like_dicom(found.subspan(static_cast<std::size_t>(whole))) == Looks::no;
}

}  // namespace

void PduFramer::feed(ByteView bytes, const Mark& mark) {
  lost_.clear();
  input_ = pending_.join(bytes);
  mark_ = mark;
}

Cut PduFramer::next() {
  for (;;) {
    const std::size_t before = input_.size();
    const State state = state_;
    if (auto cut = step()) return *cut;
    if (input_.size() == before && state == state_) break;
  }
  pending_.keep(input_);
  input_ = {};
  return NeedMore{};
}

// Nothing if no unit is to be told: either the state or the input moved, or there is not enough yet.
std::optional<Cut> PduFramer::step() {
  switch (state_) {
    case State::pdu_header: return cut_pdu_header();
    case State::body: return cut_body();
    case State::body_head: return cut_body_head();
    case State::pdv_header: return cut_pdv_header();
    case State::fragment: return cut_fragment();
    case State::skipping: return skip();
  }
  return std::nullopt;
}

std::optional<Cut> PduFramer::cut_pdu_header() {
  if (!in_step_ && !seek()) return std::nullopt;
  begin_unit();
  if (input_.size() < kPduHeaderBytes) return std::nullopt;
  ByteReader reader{consume(kPduHeaderBytes)};
  const std::uint8_t type = reader.u8();
  reader.skip(1);  // reserved, not tested (PS3.8 9.3.1)
  return judge(type, reader.u32());
}

// The length is judged before any byte is waited for.
std::optional<Cut> PduFramer::judge(std::uint8_t type, std::uint32_t length) {
  type_ = type;
  pdu_length_ = length;
  pdu_left_ = length;
  const LengthRule* rule = rule_of(type);
  if (rule == nullptr) {
    lose_step();
    return Illegal{Breach::pdu_type, length};
  }
  const bool is_data = rule->type == PduType::data_transfer;
  if (length >= rule->least && length <= rule->most && (is_data || length <= limit_bytes_)) {
    state_ = is_data ? State::pdv_header : State::body;
    return std::nullopt;
  }
  if (rule->most == kAnyLength) {
    state_ = length >= rule->least ? State::body_head : State::skipping;
  } else {
    lose_step();  // a PDU of fixed length with another length is more likely none
  }
  return Illegal{Breach::pdu_length, length};
}

std::optional<Cut> PduFramer::cut_body() {
  if (input_.size() < pdu_left_) return std::nullopt;
  const ByteView body = consume_body(pdu_left_);
  end_unit(State::pdu_header);
  return WholePdu{type_, body};
}

// Of an association PDU beyond the limit, who asks whom; its items are not waited for.
std::optional<Cut> PduFramer::cut_body_head() {
  if (input_.size() < kAssociationFixedBytes) return std::nullopt;
  const ByteView head = consume_body(kAssociationFixedBytes);
  state_ = State::skipping;
  return WholePdu{type_, head, Extent::oversize};
}

std::optional<Cut> PduFramer::cut_pdv_header() {
  if (pdu_left_ == 0) {
    end_unit(State::pdu_header);
    return std::nullopt;
  }
  begin_unit();
  if (pdu_left_ < kPdvHeaderBytes) {
    state_ = State::skipping;
    return Illegal{Breach::pdv_length, pdu_left_};
  }
  if (input_.size() < kPdvHeaderBytes) return std::nullopt;
  const bool first_of_pdu = pdu_left_ == pdu_length_;
  ByteReader reader{consume_body(kPdvHeaderBytes)};
  const std::uint32_t length = reader.u32();
  const std::uint8_t context_id = reader.u8();
  const std::uint8_t control = reader.u8();
  if (length < kShortestPdv || length - kShortestPdv > pdu_left_) {
    state_ = State::skipping;
    return Illegal{Breach::pdv_length, length};
  }
  state_ = State::fragment;
  fragment_left_ = length - kShortestPdv;
  fragment_due_ = fragment_left_ == 0;
  return PdvHead{.context_id = context_id,
                 .is_command = (control & 1) != 0,
                 .is_last = (control & 2) != 0,
                 .reserved_bits = (control & ~3) != 0,  // not for the receiver to check (PS3.8 E.2)
                 .first_of_pdu = first_of_pdu,
                 .fragment_bytes = length - kShortestPdv,
                 .pdu_length = pdu_length_};
}

std::optional<Cut> PduFramer::cut_fragment() {
  if (input_.empty() && !fragment_due_) return std::nullopt;
  const ByteView piece = consume_body(std::min<std::uint64_t>(input_.size(), fragment_left_));
  fragment_left_ -= piece.size();
  fragment_due_ = false;
  const bool ends = fragment_left_ == 0;
  if (ends) end_unit(State::pdv_header);
  return PdvPiece{piece, ends};
}

std::optional<Cut> PduFramer::skip() {
  consume_body(std::min<std::uint64_t>(input_.size(), pdu_left_));
  if (pdu_left_ == 0) end_unit(State::pdu_header);
  return std::nullopt;
}

// Finds the first place at which a PDU plausibly begins. Only the undecided tail is kept.
bool PduFramer::seek() {
  std::size_t at = 0;
  Looks looks = Looks::no;
  for (; at < input_.size(); ++at) {
    const ByteView candidate = input_.subspan(at);
    looks = looks_like_pdu_amid(candidate);
    if (looks == Looks::yes && next_contradicts(candidate)) looks = Looks::no;
    if (looks != Looks::no) break;
  }
  consume(at);
  if (at != 0) found_in_a_row_ = 0;
  if (looks != Looks::yes) return false;
  in_step_ = ++found_in_a_row_ >= kTrusted;
  return true;
}

std::uint64_t PduFramer::passable() const {
  if (state_ == State::fragment) return fragment_left_;
  return state_ == State::skipping ? pdu_left_ : 0;
}

void PduFramer::pass(std::uint64_t bytes) {
  assert(bytes <= passable());
  position_ += bytes;
  pdu_left_ -= bytes;
  if (state_ != State::fragment) return;
  fragment_left_ -= bytes;
  fragment_due_ = fragment_left_ == 0;
}

Loss PduFramer::lose(std::uint64_t missing) {
  std::swap(lost_, pending_);
  pending_.clear();
  const std::uint64_t gone = lost_.size() + missing;
  Loss loss;
  switch (state_) {
    case State::pdu_header:
      loss.pdvs_lost = true;
      position_ += gone;
      lose_step();
      break;
    case State::body:
    case State::body_head:
      loss.head = WholePdu{type_, lost_.join({}), Extent::lost};
      skip_rest_of_pdu(gone);
      break;
    case State::pdv_header:
      loss.pdvs_lost = true;
      skip_rest_of_pdu(gone);
      break;
    case State::fragment:
      loss.fragment_bytes = std::min(missing, fragment_left_);
      loss.pdvs_lost = missing > fragment_left_;
      if (loss.pdvs_lost) {
        skip_rest_of_pdu(missing);
      } else {
        pass(missing);
      }
      break;
    case State::skipping: skip_rest_of_pdu(gone); break;
  }
  return loss;
}

std::optional<WholePdu> PduFramer::break_off_request() {
  const bool is_request = static_cast<PduType>(type_) == PduType::associate_request;
  if (!is_request || (state_ != State::body && state_ != State::body_head)) return std::nullopt;
  std::optional<WholePdu> head = lose(0).head;
  head->extent = Extent::broken_off;
  return head;
}

// Where the gap ends within the PDU, the next one's place is known.
void PduFramer::skip_rest_of_pdu(std::uint64_t gone) {
  position_ += gone;
  if (gone > pdu_left_) return lose_step();
  pdu_left_ -= gone;
  state_ = State::skipping;
}

void PduFramer::lose_step() {
  in_step_ = false;
  found_in_a_row_ = 0;
  end_unit(State::pdu_header);
}

void PduFramer::begin_unit() {
  if (unit_begun_ || input_.empty()) return;
  unit_ = {mark_, position_};
  unit_begun_ = true;
}

void PduFramer::end_unit(State next) {
  state_ = next;
  unit_begun_ = false;
}

ByteView PduFramer::consume(std::uint64_t count) {
  const ByteView taken = input_.first(static_cast<std::size_t>(count));
  input_ = input_.subspan(taken.size());
  position_ += taken.size();
  return taken;
}

ByteView PduFramer::consume_body(std::uint64_t count) {
  pdu_left_ -= count;
  return consume(count);
}

}  // namespace dcmwatch::dicom
