// From both directions' bytes to what the exchange is told: frames, decodes, and names what breaks the rules.
#include <array>
#include <string>
#include <utility>

#include "protocol/conversation.h"
#include "protocol/hl7/exchange.h"
#include "protocol/hl7/facts.h"
#include "protocol/hl7/hl7.h"
#include "protocol/hl7/message.h"
#include "protocol/hl7/mllp_framer.h"
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
bool is_transport_acknowledgement(ByteView content) {
  return content.size() == 1 && (content[0] == 0x06 || content[0] == 0x15);
}

// A cut block may end before its MSA, if it has one: then only the type tells.
bool acknowledges(const Message& message, const Block& block) {
  if (message.is_acknowledgement || !block.cut || message.beyond_header) return message.is_acknowledgement;
  return message.component(Field::message_type) == "ACK";
}

class Conversation final : public StreamSink {
 public:
  Conversation(Emitter& emitter, const ProtocolSettings& settings)
      : emitter_(emitter),
        pseudonymizer_(*settings.pseudonymizer),
        framers_{make_framer(settings), make_framer(settings)},
        violations_(emitter),
        exchange_(emitter, violations_, settings, begins_midway(emitter.connection())) {}

  Appetite on_bytes(Direction direction, const Mark& mark, ByteView bytes) override;
  void on_skipped(Direction direction, const Mark& first, const Mark& last, std::uint64_t bytes,
                  std::uint64_t missing) override;
  void on_gap(Direction direction, const Mark& mark, std::uint64_t missing) override;
  void give_up_kept(const Mark& mark) override;
  void on_close(const Mark& mark, CloseReason reason) override;

 private:
  [[nodiscard]] MllpFramer make_framer(const ProtocolSettings& settings) const {
    return {settings.limits.hl7_message_bytes, begins_midway(emitter_.connection())};
  }
  void count_kept() { set_kept_bytes(framers_[0].kept_bytes() + framers_[1].kept_bytes() + exchange_.kept_bytes()); }
  MllpFramer& framer(Direction direction) { return framers_[index_of(direction)]; }

  void on_block(const Block& block, const Received& received);
  void on_message(const Message& message, const Received& received);
  void on_acknowledgement(const Message& message, const Block& block, const Received& received);
  void tell_framing(const Block& block, const Received& received);
  void tell(Break kind, const Received& received) { violations_.tell(kind, received); }

  Emitter& emitter_;
  const Pseudonymizer& pseudonymizer_;
  std::array<MllpFramer, 2> framers_;
  Violations violations_;
  Exchange exchange_;
};

Received received_of(Direction direction, const Mark& mark, const Block& block, std::uint64_t missing_bytes = 0) {
  return {direction, block.first, mark, block.offset, block.bytes, missing_bytes, {.lost = block.lost()}};
}

Appetite Conversation::on_bytes(Direction direction, const Mark& mark, ByteView bytes) {
  framer(direction).feed(mark, bytes);
  while (const std::optional<Unit> unit = framer(direction).next()) {
    if (const Block* block = std::get_if<Block>(&*unit)) {
      on_block(*block, received_of(direction, mark, *block));
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

void Conversation::on_skipped(Direction direction, const Mark&, const Mark& last, std::uint64_t bytes, std::uint64_t) {
  // Everything was wanted, so nothing should be skipped; what was is lost all the same.
  on_gap(direction, last, bytes);
}

void Conversation::on_gap(Direction direction, const Mark& mark, std::uint64_t missing) {
  if (const std::optional<Block> block = framer(direction).gap(missing)) {
    on_block(*block, received_of(direction, mark, *block, missing));
  }
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

void Conversation::on_close(const Mark& mark, CloseReason reason) {
  for (const Direction direction : {Direction::forward, Direction::backward}) {
    const std::optional<Block> block = framer(direction).close();
    if (!block) continue;
    Received received = received_of(direction, mark, *block);
    if (is_early(reason)) received.shortfall = {.unfinished = true};
    if (reason == CloseReason::finished) tell(Break::end_block, received);
    on_block(*block, received);
  }
  exchange_.on_close(mark, reason);
  violations_.on_close(mark);
}

void Conversation::on_block(const Block& block, const Received& received) {
  tell_framing(block, received);
  if (is_transport_acknowledgement(block.content)) return;
  const auto decoded = decode_message(block.content, block.cut);
  const Message* message = std::get_if<Message>(&decoded);
  // Of a cut block too little may be left to know even what it is; that is a loss, not a break.
  if (!message) {
    if (!block.cut) tell(Break::message_header, received);
    return;
  }
  if (message->header_broken) tell(Break::message_header, received);
  if (acknowledges(*message, block)) {
    on_acknowledgement(*message, block, received);
  } else if (!block.cut || message->has(Field::message_type)) {
    on_message(*message, received);
  }
}

void Conversation::on_message(const Message& message, const Received& received) {
  std::string scratch;
  Unanswered told{.facts = facts_of(message, pseudonymizer_),
                  .control_id = pseudonymizer_.fingerprint(control_id(message, Field::control_id, scratch))};
  if (!message.header_broken && told.facts.message_type.empty()) tell(Break::message_type, received);
  exchange_.on_message(received, told, acknowledgements_wanted(message));
}

void Conversation::on_acknowledgement(const Message& message, const Block& block, const Received& received) {
  if (!message.is_acknowledgement) return;  // an ACK cut before its MSA: of which message, it does not say
  Acknowledgement acknowledgement;
  const std::optional<Code> code = acknowledgement_code(message);
  if (code) acknowledgement.code = *code;
  if (!code && (!block.cut || message.has(Field::acknowledgement_code))) tell(Break::acknowledgement_code, received);
  std::string acknowledged_scratch;
  std::string own_scratch;
  acknowledgement.acknowledged = control_id(message, Field::acknowledged_control_id, acknowledged_scratch);
  if (acknowledgements_wanted(message).accept)
    acknowledgement.control_id = control_id(message, Field::control_id, own_scratch);
  exchange_.on_acknowledgement(received, acknowledgement);
}

void Conversation::tell_framing(const Block& block, const Received& received) {
  if (!block.started) tell(Break::start_block, received);
  if (block.end == BlockEnd::no_carriage_return || block.end == BlockEnd::next_block) tell(Break::end_block, received);
  if (block.beyond_limit()) tell(Break::message_length, received);
}

}  // namespace
}  // namespace hl7

std::unique_ptr<StreamSink> open_hl7(Emitter& emitter, const ProtocolSettings& settings) {
  return std::make_unique<hl7::Conversation>(emitter, settings);
}

}  // namespace dcmwatch
