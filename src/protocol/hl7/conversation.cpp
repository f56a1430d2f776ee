// From both directions' bytes to what the exchange is told: frames, decodes, and names what breaks the rules.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "protocol/conversation.h"
#include "protocol/hl7/body_print.h"
#include "protocol/hl7/character_set.h"
#include "protocol/hl7/envelope.h"
#include "protocol/hl7/errors.h"
#include "protocol/hl7/exchange.h"
#include "protocol/hl7/facts.h"
#include "protocol/hl7/hl7.h"
#include "protocol/hl7/message.h"
#include "protocol/hl7/mllp_framer.h"
#include "protocol/hl7/validity.h"
#include "protocol/hl7/violations.h"

namespace dcmwatch {
namespace hl7 {
namespace {

// A stream may begin inside a block, and behind messages never seen, if its beginning was not seen.
bool begins_midway(const Connection& connection) {
  return connection.joined_midway || connection.sent(Direction::forward).missing_bytes != 0 ||
         connection.sent(Direction::backward).missing_bytes != 0;
}

// MLLP Release 2 answers a block with an ACK or a NAK: no HL7 message, and no acknowledgement of HL7's either.
TransportAck transport_acknowledgement(ByteView content) {
  constexpr std::uint8_t kAck = 0x06, kNak = 0x15;
  if (content.size() != 1) return TransportAck::none;
  return content[0] == kAck ? TransportAck::ack : content[0] == kNak ? TransportAck::nak : TransportAck::none;
}

// A cut block may end before its MSA, if it has one: then only the type tells.
bool acknowledges(const Message& message, bool cut) {
  if (message.is_acknowledgement || !cut || message.beyond_header) return message.is_acknowledgement;
  return message.component(Field::message_type) == "ACK";
}

// An acknowledgement without its end block is no longer.
constexpr std::size_t kMostUnended = 4096;

// Up to the last delimiter or line end, so that each message of the block finds it at once.
ByteView without_broken_field(ByteView content) {
  constexpr std::size_t kDelimiter = 3;  // MSH-1
  const std::string_view text = as_text(content);
  const std::array ends{text.size() > kDelimiter ? text[kDelimiter] : '\r', '\r', '\n'};
  return content.first(text.find_last_of(std::string_view{ends.data(), ends.size()}) + 1);
}

class Conversation final : public StreamSink {
 public:
  Conversation(Emitter& emitter, const ProtocolSettings& settings)
      : emitter_(emitter),
        pseudonymizer_(*settings.pseudonymizer),
        limits_(settings.limits),
        envelopes_{Envelope{begins_midway(emitter.connection())}, Envelope{begins_midway(emitter.connection())}},
        framers_{make_framer(settings), make_framer(settings)},
        violations_(emitter),
        exchange_(emitter, violations_, settings, begins_midway(emitter.connection())) {}

  Appetite on_bytes(Direction direction, const Mark& mark, ByteView bytes) override;
  void on_skipped(Direction direction, const Mark& first, const Mark& last, std::uint64_t bytes,
                  std::uint64_t missing) override;
  void on_gap(Direction direction, const Mark& mark, std::uint64_t missing) override;
  void give_up_kept(const Mark& mark) override;
  void on_time(const Mark& mark) override;
  void rebase(Timestamp now) override;
  void on_close(const Mark& mark, CloseReason reason) override;

 private:
  [[nodiscard]] MllpFramer make_framer(const ProtocolSettings& settings) const {
    return {settings.limits.hl7_message_bytes, begins_midway(emitter_.connection())};
  }
  void count_kept() {
    set_kept_bytes(framers_[0].kept_bytes() + framers_[1].kept_bytes() + exchange_.kept_bytes());
    set_wake_at(exchange_.wake_at());
  }
  MllpFramer& framer(Direction direction) { return framers_[index_of(direction)]; }

  void settle(Direction direction, const Mark& mark);
  void on_unended(Direction direction, const Mark& mark, const Unended& unended);
  void on_block(const Block& block, const Received& received);
  std::size_t on_part(ByteView content, const Block& block, const Received& received);
  std::size_t on_other(ByteView content, const Block& block, const Received& received);
  void on_message_or_acknowledgement(const Message& message, bool cut, const Received& received);
  void on_joined(const Message& message, bool cut, const Received& received);
  void on_passed_over(const Received& received, std::size_t messages);
  void on_message(const Message& message, const CharacterSet& character_set, bool cut, const Received& received);
  void on_acknowledgement(const Message& message, bool cut, const Received& received);
  void tell_framing(const Block& block, const Received& received);
  void tell(Break kind, const Received& received) { violations_.tell(kind, received); }
  void tell(const Breaks& breaks, const Received& received);

  Emitter& emitter_;
  const Pseudonymizer& pseudonymizer_;
  const Limits& limits_;
  std::array<Envelope, 2> envelopes_;
  std::array<MllpFramer, 2> framers_;
  Violations violations_;
  Exchange exchange_;
  LastIssuer last_issuer_;
  bool acknowledged_in_block_ = false;
  std::size_t messages_in_block_ = 0;
  std::array<bool, 2> looked_at_{};  ///< what a direction keeps was read, and is no acknowledgement
};

Received received_of(Direction direction, const Mark& mark, const Block& block, std::uint64_t missing_bytes = 0) {
  return {.direction = direction,
          .first = block.first,
          .last = mark,
          .ended = block.last,
          .offset = block.offset,
          .bytes = block.bytes,
          .missing_bytes = missing_bytes,
          .shortfall = {.lost = block.lost()}};
}

Appetite Conversation::on_bytes(Direction direction, const Mark& mark, ByteView bytes) {
  settle(opposite(direction), mark);
  looked_at_[index_of(direction)] = false;
  framer(direction).feed(mark, bytes);
  while (const std::optional<Unit> unit = framer(direction).next()) {
    if (const Block* block = std::get_if<Block>(&*unit)) {
      on_block(*block, received_of(direction, mark, *block));
    } else if (const Unended* unended = std::get_if<Unended>(&*unit)) {
      on_unended(direction, mark, *unended);
    } else {
      Block stray;
      stray.offset = std::get<StrayBytes>(*unit).offset;
      stray.first = mark;
      tell(Break::bytes_between_blocks, received_of(direction, mark, stray));
    }
  }
  count_kept();
  return kWantAll;
}

// The other side speaks, or somebody has waited long enough. A message of which only the carriage return is missing was
// sent, whatever follows; and there are acknowledgements that never get their end block, though their sender is done
// with them.
void Conversation::settle(Direction direction, const Mark& mark) {
  const auto content = framer(direction).seems_whole();
  if (!content) return;
  if (!framer(direction).end_seen()) {
    if (content->size() > kMostUnended || std::exchange(looked_at_[index_of(direction)], true)) return;
    const auto decoded = decode_message(*content, false, limits_);
    const Message* message = std::get_if<Message>(&decoded);
    if (!message || !message->is_acknowledgement) return;
  }
  const Block block = framer(direction).settle();
  on_block(block, received_of(direction, mark, block));
}

void Conversation::on_unended(Direction direction, const Mark& mark, const Unended& unended) {
  Block block;
  block.offset = unended.offset;
  block.bytes = unended.bytes;
  block.first = unended.first;
  tell(unended.end_seen ? Break::end_block : Break::unframed_acknowledgement, received_of(direction, mark, block));
}

void Conversation::on_skipped(Direction direction, const Mark&, const Mark& last, std::uint64_t bytes, std::uint64_t) {
  // Everything was wanted, so nothing should be skipped; what was is lost all the same.
  on_gap(direction, last, bytes);
}

void Conversation::on_gap(Direction direction, const Mark& mark, std::uint64_t missing) {
  if (const std::optional<Block> block = framer(direction).gap(missing)) {
    on_block(*block, received_of(direction, mark, *block, missing));
  }
  envelopes_[index_of(direction)].on_loss();
  exchange_.on_loss(direction);
  count_kept();
}

// The block at hand ends here, as at a gap: its head is told, its rest is passed over up to the next start block.
void Conversation::give_up_kept(const Mark& mark) {
  bool units = false;
  for (const Direction direction : {Direction::forward, Direction::backward}) {
    if (framer(direction).kept_bytes() == 0) continue;
    units = true;
    on_gap(direction, mark, 0);
    framer(direction).next();  // what the block stood in goes
  }
  if (!units) exchange_.forget_all(mark);
  count_kept();
}

// An acknowledgement without its end block has answered in time what would be told now as unanswered.
void Conversation::on_time(const Mark& mark) {
  if (exchange_.wake_at() <= mark.time) {
    for (const Direction direction : {Direction::forward, Direction::backward}) settle(direction, mark);
  }
  exchange_.on_time(mark);
  count_kept();
}

void Conversation::rebase(Timestamp now) {
  exchange_.rebase(now);
  count_kept();
}

void Conversation::on_close(const Mark& mark, CloseReason reason) {
  for (const Direction direction : {Direction::forward, Direction::backward}) {
    if (const auto unended = framer(direction).unended(); unended && reason == CloseReason::finished)
      on_unended(direction, mark, *unended);
    std::optional<Block> block = framer(direction).close();
    if (!block) continue;
    block->cut |= reason != CloseReason::finished;
    Received received = received_of(direction, mark, *block);
    if (is_early(reason)) received.shortfall = {.unfinished = true};
    received.reset_by_receiver = reason == CloseReason::reset && emitter_.connection().ended_by == opposite(direction);
    if (received.reset_by_receiver) received.shortfall.lost = false;
    on_block(*block, received);
  }
  const auto delivered = [this](Direction direction) {
    const std::uint64_t end = framer(direction).offset();
    return end - std::min(end, emitter_.connection().sent(direction).undelivered_bytes);
  };
  exchange_.on_close(mark, reason, {delivered(Direction::forward), delivered(Direction::backward)});
  violations_.on_close(mark);
}

void Conversation::on_block(const Block& block, const Received& received) {
  if (const TransportAck ack = transport_acknowledgement(block.content); ack != TransportAck::none)
    return exchange_.on_transport_acknowledgement(received, ack);
  acknowledged_in_block_ = false;
  messages_in_block_ = 0;
  const ByteView content = block.cut ? without_broken_field(block.content) : block.content;
  std::size_t begin = 0;
  do {
    Received of_part = received;
    of_part.offset += begin;
    begin += on_part(content.subspan(begin), block, of_part);
  } while (begin < content.size());
  if (messages_in_block_ > limits_.hl7_block_messages)
    on_passed_over(received, messages_in_block_ - limits_.hl7_block_messages);
  Envelope& envelope = envelopes_[index_of(received.direction)];
  tell(envelope.on_block_end(), received);
  if (block.beyond_limit()) envelope.on_loss();
  tell_framing(block, received);
}

// One message, or one segment of an envelope; gives how long it is.
std::size_t Conversation::on_part(ByteView content, const Block& block, const Received& received) {
  const auto decoded = decode_message(content, block.cut, limits_);
  const Message* message = std::get_if<Message>(&decoded);
  if (!message) return on_other(content, block, received);

  Received of_message = received;
  const bool last = message->behind == content.size();
  if (messages_in_block_ != 0 || !last) of_message.bytes = message->text.size();
  Envelope& envelope = envelopes_[index_of(received.direction)];
  if (++messages_in_block_ == 2 && envelope.current() == Hl7Envelope::none) tell(Break::repeated_header, of_message);
  if (messages_in_block_ <= limits_.hl7_block_messages)
    on_message_or_acknowledgement(*message, block.cut && last, of_message);
  envelope.on_message();
  return message->behind;
}

// Messages beyond the limit, and answers among them: as if they had not been seen.
void Conversation::on_passed_over(const Received& received, std::size_t messages) {
  emitter_.emit(Phase::end, received.first, received.last, CaptureNote{"hl7.block_messages", {}, messages});
  exchange_.on_loss(received.direction);
}

std::size_t Conversation::on_other(ByteView content, const Block& block, const Received& received) {
  if (const auto segment = decode_envelope_segment(content)) {
    tell(envelopes_[index_of(received.direction)].on_segment(*segment), received);
    return segment->end;
  }
  // Of a cut block too little may be left to know even what it is; that is a loss, not a break. And line ends may stand
  // behind a trailer.
  const bool blank = std::ranges::all_of(as_text(content), [](char c) { return c == '\r' || c == '\n'; });
  if (!block.cut && !(blank && !content.empty())) tell(Break::message_header, received);
  return std::max<std::size_t>(content.size(), 1);
}

void Conversation::on_message_or_acknowledgement(const Message& message, bool cut, const Received& received) {
  if (!message.has_addenda) return on_joined(message, cut, received);
  std::string joined = join_addenda(message);
  if (cut) joined += message.delimiters.field;  // the broken field behind it was taken off before
  const auto decoded = decode_message(as_bytes(joined), cut, limits_);
  if (const Message* whole = std::get_if<Message>(&decoded)) on_joined(*whole, cut, received);
}

void Conversation::on_joined(const Message& message, bool cut, const Received& received) {
  // Where delimiters may be parts of characters, it is read again when that cannot be so any longer.
  CharacterSet character_set{message};
  std::string transcoded;
  std::variant<Message, Defect> again = Defect::no_header;
  const Message* meant = &message;
  const std::optional<CharacterSet> hidden = character_set.behind_hidden_delimiters(message);
  if (hidden || character_set.hides_delimiters(message)) {
    transcoded = hidden.value_or(character_set).to_utf8(message.text);
    again = decode_message(as_bytes(transcoded), cut, limits_);
    const Message* read = std::get_if<Message>(&again);
    if (read && (!hidden || CharacterSet{*read}.name() == hidden->name())) {
      meant = read;
      character_set = CharacterSet{*read};
    }
  }
  Breaks breaks = meant->breaks;
  breaks.add(breaks_of(*meant, cut));
  if (!cut && !character_set.holds(message)) breaks.add(Break::character_set);
  if (meant->header_broken) breaks.add(Break::message_header);
  if (meant != &message) character_set.is_transcoded();
  tell(breaks, received);
  if (acknowledges(*meant, cut)) {
    on_acknowledgement(*meant, cut, received);
  } else if (!cut || meant->has(Field::message_type)) {
    on_message(*meant, character_set, cut, received);
  }
}

void Conversation::on_message(const Message& message, const CharacterSet& character_set, bool cut,
                              const Received& received) {
  std::string scratch;
  const std::string_view id = control_id(message, Field::control_id, scratch);
  Unanswered told{.facts = facts_of(message, character_set, pseudonymizer_, last_issuer_),
                  .control_id = pseudonymizer_.fingerprint(id)};
  if (id.size() > kShortenedControlId)
    told.shortened_control_id = pseudonymizer_.fingerprint(normalised(id.substr(0, kShortenedControlId)));
  told.facts.envelope = envelopes_[index_of(received.direction)].current();
  if (!cut) told.facts.body_print = body_print(message, pseudonymizer_);
  exchange_.on_message(received, std::move(told), acknowledgements_wanted(message));
}

void Conversation::on_acknowledgement(const Message& message, bool cut, const Received& received) {
  if (!message.is_acknowledgement) return;  // an ACK cut before its MSA: of which message, it does not say
  acknowledged_in_block_ = true;
  Acknowledgement acknowledgement;
  const std::optional<Code> code = acknowledgement_code(message);
  if (code) acknowledgement.code = *code;
  if (!code && (!cut || message.has(Field::acknowledgement_code))) tell(Break::acknowledgement_code, received);
  if (message.type) acknowledgement.type = message.type->view();
  acknowledgement.error = errors_of(message);
  acknowledgement.whole = !cut;
  std::string acknowledged_scratch;
  std::string own_scratch;
  acknowledgement.acknowledged = control_id(message, Field::acknowledged_control_id, acknowledged_scratch);
  if (acknowledgements_wanted(message).accept)
    acknowledgement.control_id = control_id(message, Field::control_id, own_scratch);
  exchange_.on_acknowledgement(received, acknowledgement);
}

void Conversation::tell_framing(const Block& block, const Received& received) {
  const bool no_end = block.end == BlockEnd::next_block || (block.end == BlockEnd::stream_end && !block.end_seen);
  const bool bad_end = no_end || block.end == BlockEnd::no_carriage_return || block.end == BlockEnd::stream_end;
  const bool seen_to_end =
      block.end != BlockEnd::stream_end || (!received.shortfall.unfinished && !received.reset_by_receiver);
  if (acknowledged_in_block_ && (!block.started || (no_end && seen_to_end))) {
    tell(Break::unframed_acknowledgement, received);
  } else {
    if (!block.started) tell(Break::start_block, received);
    if (bad_end && seen_to_end) tell(Break::end_block, received);
  }
  if (block.beyond_limit()) tell(Break::message_length, received);
}

void Conversation::tell(const Breaks& breaks, const Received& received) {
  if (breaks.none()) return;
  for (const BreakRule& rule : kBreakRules) {
    if (breaks.has(rule.kind)) tell(rule.kind, received);
  }
}

}  // namespace
}  // namespace hl7

std::unique_ptr<StreamSink> open_hl7(Emitter& emitter, const ProtocolSettings& settings) {
  return std::make_unique<hl7::Conversation>(emitter, settings);
}

}  // namespace dcmwatch
