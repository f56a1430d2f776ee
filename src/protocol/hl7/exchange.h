// Pairs each message with its acknowledgement (HL7 v2 2.9) and tells both as one fact.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
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

/// What an MSA says, and the ERR segments behind it. Views the message.
struct Acknowledgement {
  ShortCode code;                 ///< MSA-1, empty if it was not seen or stands in no table
  ShortCode type;                 ///< MSH-9, as message_type() gives it
  std::string_view acknowledged;  ///< MSA-2, as control_id() gives it
  bool whole = true;              ///< nothing that may have stood in it was cut off
  std::string_view control_id;    ///< MSH-10 of the acknowledgement, if it asks for a commit acknowledgement of its own
  std::shared_ptr<const Hl7Error> error;
};

/// One connection's messages, both ways. Told: start when a message was read; progress when it was committed and more
/// is to come, and when what has to be answered was not in time (Limits::hl7_answer_timeout), each minute while it is
/// the oldest of those; end when it was acknowledged, when none is wanted, when it makes room for a newer one, at
/// close, or when it has waited too long: for its answer Limits::hl7_late_answer, for that of the application, which
/// may come on another connection (2.9.3), Limits::hl7_answer_timeout since it was committed. An acknowledgement of
/// nothing known is a record of its own; one of what was acknowledged before breaks a rule, and so does one of what was
/// surely never sent. Of a message sent again while it waits, the newest copy is answered; the others end with it.
///
/// Order of calls: what comes in the order of the stream; on_time() when packet time has come to wake_at(), or before.
class Exchange {
 public:
  /// `midway`: messages may have been sent before the first that was seen.
  Exchange(Emitter& emitter, Violations& violations, const ProtocolSettings& settings, bool midway);

  /// The rest of what is told of the message is filled in.
  void on_message(const Received& received, Unanswered&& message, const AcknowledgementsWanted& wanted);
  void on_acknowledgement(const Received& received, const Acknowledgement& acknowledgement);
  /// MLLP release 2: of the oldest message that has none yet; a sender waits for it before it sends on.
  void on_transport_acknowledgement(const Received& received, TransportAck ack);
  /// Wanted bytes of this direction were never seen: messages, and acknowledgements of the other direction's messages.
  void on_loss(Direction direction);
  /// Every message that still waits makes room, as the oldest do at Limits::hl7_pending_messages.
  void forget_all(const Mark& mark);
  void on_time(const Mark& mark);
  /// The clock was set back: who waits, waits from there.
  void rebase(Timestamp now);
  /// `delivered`: of each direction, up to which offset its bytes may have reached their receiver.
  void on_close(const Mark& mark, CloseReason reason, const std::array<std::uint64_t, 2>& delivered);

  [[nodiscard]] Timestamp wake_at() const { return wake_at_; }
  [[nodiscard]] std::size_t kept_bytes() const {
    return sides_[0].unanswered.kept_bytes() + sides_[1].unanswered.kept_bytes();
  }

 private:
  /// An acknowledgement of a control id that nobody is known to have given. That its message was lost with the capture
  /// shows later than the acknowledgement.
  struct Stranger {
    Received received;
    ControlId acknowledged;
  };

  /// What one direction sends.
  struct Side {
    UnansweredMessages unanswered;
    bool messages_lost;           ///< an unknown control id may be that of a message never seen
    bool answers_lost;            ///< and an answer that names none may be to a message before the one that waits
    std::uint64_t forgotten = 0;  ///< unanswered messages that made room for newer ones
    bool has_sent = false;        ///< a message was seen
    bool enhanced = false;        ///< the answers to some of them may come on another connection (2.9.3)
    std::optional<Stranger> stranger{};
  };

  void tell_closed(const Side& sender, Unanswered& message, std::uint64_t delivered) const;
  void learn_opener(Direction sent_by_opener);
  void await(const Received& received, Unanswered&& message);
  void forget_oldest(Direction direction, const Mark& mark);
  bool answer_by_control_id(const Received& received, const Acknowledgement& acknowledgement, ControlId acknowledged);
  bool answer_by_shortened_control_id(const Received& received, const Acknowledgement& acknowledgement,
                                      ControlId acknowledged);
  bool answer_by_order(const Received& received, const Acknowledgement& acknowledgement, ControlId acknowledged);
  void supersede_older(Side& sender, UnansweredMessages::Place newest, const Mark& mark);
  void suspect(const Received& received, ControlId acknowledged);
  void tell_stranger(Side& sender, const Mark& mark);
  void answer(const Received& received, const Acknowledgement& acknowledgement, UnansweredMessages::Place place,
              PairedBy paired_by);
  /// Whether the message was acknowledged before, or a copy of it was.
  bool repeats(const Received& received, ControlId acknowledged);
  void tell_orphan(const Received& received, const Acknowledgement& acknowledgement);
  void tell_progress(const Mark& mark, const Unanswered& message);
  /// The last of it.
  void tell_end(const Mark& mark, Unanswered& message);
  void count_queue(Side& sender, Timestamp now, Hl7Message& facts);
  [[nodiscard]] bool surely_unanswered(const Side& sender, const Unanswered& message) const;
  [[nodiscard]] Timestamp due_of(const Unanswered& message, bool is_oldest) const;
  void on_due(Side& sender, UnansweredMessages::Place place, const Mark& mark);
  Timestamp look_at(Side& sender, const Mark& mark);
  Side& side(Direction direction) { return sides_[index_of(direction)]; }

  Emitter& emitter_;
  Violations& violations_;
  const Pseudonymizer& pseudonymizer_;
  const Limits& limits_;
  std::array<Side, 2> sides_;
  Timestamp wake_at_ = Timestamp::max();  ///< nothing is due before
};

}  // namespace dcmwatch::hl7
