// Pairs each message with its acknowledgement (HL7 v2 2.9) and tells both as one fact.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "protocol/conversation.h"
#include "protocol/hl7/facts.h"
#include "protocol/hl7/received.h"
#include "protocol/hl7/unanswered.h"
#include "protocol/hl7/violations.h"

namespace dcmwatch::hl7 {

/// Whether nobody looked any longer: what was still open may have ended unseen.
constexpr bool is_early(CloseReason reason) {
  return reason == CloseReason::capture_ended || reason == CloseReason::evicted;
}

/// What an MSA says. Views the message.
struct Acknowledgement {
  Code code;                      ///< MSA-1, empty if it was not seen or stands in no table
  std::string_view acknowledged;  ///< MSA-2, as control_id() gives it
  std::string_view control_id;    ///< MSH-10 of the acknowledgement, if it asks for a commit acknowledgement of its own
};

/// One connection's messages, both ways. Told: start when a message was read; progress when it was committed and more
/// is to come; end when it was acknowledged, when none is wanted, when it makes room for a newer one, or at close. An
/// acknowledgement of nothing known is a record of its own; one of what was acknowledged before breaks a rule.
class Exchange {
 public:
  /// `midway`: messages may have been sent before the first that was seen.
  Exchange(Emitter& emitter, Violations& violations, const ProtocolSettings& settings, bool midway);

  /// The rest of what is told of the message is filled in.
  void on_message(const Received& received, Unanswered& message, const AcknowledgementsWanted& wanted);
  void on_acknowledgement(const Received& received, const Acknowledgement& acknowledgement);
  /// MLLP release 2: of the oldest message that has none yet; a sender waits for it before it sends on.
  void on_transport_acknowledgement(const Received& received, TransportAck ack);
  /// Wanted bytes of this direction were never seen: messages, and acknowledgements of the other direction's messages.
  void on_loss(Direction direction);
  /// Every message that still waits makes room, as the oldest do at Limits::hl7_pending_messages.
  void forget_all(const Mark& mark);
  void on_close(const Mark& mark, CloseReason reason);

  [[nodiscard]] std::size_t kept_bytes() const {
    return sides_[0].unanswered.kept_bytes() + sides_[1].unanswered.kept_bytes();
  }

 private:
  /// What one direction sends.
  struct Side {
    UnansweredMessages unanswered;
    bool messages_lost;           ///< an unknown control id may be that of a message never seen
    std::uint64_t forgotten = 0;  ///< unanswered messages that made room for newer ones
  };

  void learn_opener(Direction sent_by_opener);
  void await(const Received& received, const Unanswered& message);
  void forget_oldest(Direction direction, const Mark& mark);
  bool answer_by_control_id(const Received& received, const Acknowledgement& acknowledgement, ControlId acknowledged);
  bool answer_by_order(const Received& received, const Acknowledgement& acknowledgement, ControlId acknowledged);
  void answer(const Received& received, const Acknowledgement& acknowledgement, UnansweredMessages::Place place,
              PairedBy paired_by);
  /// Whether the message was acknowledged before.
  bool repeats(const Received& received, ControlId acknowledged);
  void tell_orphan(const Received& received, const Acknowledgement& acknowledgement);
  void tell_end(const Mark& mark, const Unanswered& message);
  Side& side(Direction direction) { return sides_[index_of(direction)]; }

  Emitter& emitter_;
  Violations& violations_;
  const Pseudonymizer& pseudonymizer_;
  std::array<Side, 2> sides_;
};

}  // namespace dcmwatch::hl7
