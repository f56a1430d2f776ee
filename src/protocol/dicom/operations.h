// Pairs requests with their responses (PS3.7 8): by context, message id and who invoked.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "protocol/conversation.h"
#include "protocol/dicom/association.h"
#include "protocol/dicom/command.h"
#include "protocol/dicom/forgotten.h"
#include "protocol/dicom/pace.h"
#include "protocol/dicom/pdu_framer.h"
#include "protocol/dicom/state.h"
#include "protocol/dicom/violations.h"
#include "protocol/recycled.h"

namespace dcmwatch::dicom {

/// A command that was seen to its end.
struct SeenCommand {
  const Command& command;
  std::uint8_t context_id = 0;
  Side sender{};
  UnitStart start;           ///< of its first PDV
  Mark last;                 ///< its last byte
  std::uint64_t bytes = 0;   ///< of the command set
  bool cut = false;          ///< a gap took part of it
  bool undisturbed = false;  ///< nothing was lost or reordered so far: what breaks an order is the peers' doing
};

enum class MessageKind : std::uint8_t { request, response };

/// The open operations of one association, oldest first; at most Limits::dicom_pending_operations of them, and, but for
/// the latest, no more than Limits::dicom_association_bytes leaves room for.
class Operations {
 public:
  using Id = std::uint64_t;  ///< never used twice; 0: none

  Operations(Emitter& emitter, const ProtocolSettings& settings, Violations& violations)
      : emitter_(emitter),
        settings_(settings),
        violations_(violations),
        pushed_out_(emitter, "dicom.pending_operations") {}

  /// Opens an operation. It is announced (Phase::start) at once or, if its identifier is to tell what is asked for,
  /// by announce.
  Id on_request(const SeenCommand& seen, const Association& association);

  /// `request_may_come`: both directions are whole so far, yet one may run behind the other, so an unknown response
  /// waits. `of_requests`: why one may be gone.
  Id on_response(const SeenCommand& seen, const Association& association, bool request_may_come, Shortfall of_requests);

  void on_cancel(const SeenCommand& seen);
  /// What was agreed is known now, which requests that did not wait for the answer could not tell.
  void on_acceptance(const Association& association);
  /// A fragment of the data set begins.
  void on_fragment(Id id, MessageKind kind, const Mark& mark);
  /// Where what a data set says goes. Null if the operation is over.
  [[nodiscard]] DicomOperation* fact(Id id);
  /// What its data set says was added to the operation.
  void on_content(Id id);
  /// Tells what a record holds of a content that goes on.
  void tell_piece(Id id, const DicomContent& piece, const Mark& mark);
  void on_data(Id id, MessageKind kind, std::uint64_t bytes, std::uint64_t missing, const Mark& mark);
  /// Nothing more of the request or response will come, or be recognised.
  void on_message_end(Id id, MessageKind kind, const Mark& mark);
  /// Part of the message was wanted and is gone.
  void on_message_cut(Id id, MessageKind kind, const Mark& mark, Shortfall why);
  /// Whole messages of this side may be gone.
  void on_messages_lost(Side sender, Shortfall why);

  /// Once; later calls do nothing.
  void announce(Id id, const Mark& mark);

  /// Gives up waiting for requests that are overdue. `undisturbed`: nothing was lost or reordered, so that it is the
  /// peer's fault.
  void settle(const Mark& mark, bool undisturbed);
  /// Whether settle would; nearly always nothing is.
  [[nodiscard]] bool any_overdue(const Mark& mark) const {
    return std::ranges::any_of(open_, [&](const Entry& entry) { return is_overdue(*entry.operation, mark); });
  }
  /// `unfinished`: nobody looks any longer, though they may go on. Gives how all of the association's operations ended.
  OperationOutcomes end_all(const Mark& mark, bool undisturbed, bool unfinished);
  /// What this side has sent so far is whole or, not `undisturbed`, perhaps is not: so is what it had answered.
  void settle_suspicions(Side answering, const Mark& mark, bool undisturbed);
  /// The oldest make room for what else is kept of the association, the latest stays.
  void make_room_beside(std::size_t bytes, const Mark& mark);
  /// Every operation makes room, as the oldest do at Limits::dicom_pending_operations.
  void push_out_all(const Mark& mark);
  [[nodiscard]] std::size_t kept_bytes() const {
    return open_.size() * (sizeof(Open) + sizeof(Entry)) + content_bytes_;
  }
  /// Once, last, after end_all.
  void on_close(const Mark& mark) { pushed_out_.on_close(mark); }

 private:
  struct Open : Recycled {
    Id id = 0;
    DicomOperation fact;
    Timestamp told;                   ///< when it was last emitted
    UnitStart start;                  ///< of the request or, if it was not seen, of the response
    std::uint64_t command_bytes = 0;  ///< of that
    bool announced = false;
    bool request_done = false;
    bool response_done = false;  ///< of the latest response
    bool awaits_request = false;
    bool after_final = false;  ///< a response as the latest operation that is over had
    Shortfall shortfall;
    Pace pace;
    std::size_t content_bytes = 0;
    Shortfall responses_lost;
  };

  /// What an open operation is found by, apart from it: to look at hundreds of these, or to move them up, costs little.
  struct Entry {
    Id id = 0;
    std::uint16_t message_id = 0;
    std::uint8_t context_id = 0;
    Invoker invoker{};
    std::unique_ptr<Open> operation;
  };

  Open& open(const SeenCommand& seen, std::uint16_t message_id, Invoker invoker, const Association& association);
  Open* find(Id id);
  Open* find(std::uint8_t context_id, std::uint16_t message_id, Invoker invoker);
  // A hole in one direction is waited for while the other goes on; after twice that time nothing will come.
  [[nodiscard]] bool is_overdue(const Open& operation, const Mark& mark) const {
    return operation.awaits_request && mark.time - operation.fact.requested.time > 2 * settings_.limits.reorder_window;
  }
  void end_request(Open& operation, const Mark& last);
  void judge_outstanding(const SeenCommand& seen, const Association& association);
  void suspect(Breach breach, const SeenCommand& seen);
  void take_request(Open& operation, const SeenCommand& seen);
  void take_response(Open& operation, const SeenCommand& seen);
  void take_counters(Open& operation, const SeenCommand& seen);
  void progress(Open& operation, const Mark& mark);
  void finish_if_done(Open& operation, const Mark& mark);
  void finish(Open& operation, const Mark& mark);
  [[nodiscard]] bool is_visible(const Open& operation) const;
  void count_outcome(const Open& operation);
  void tell_times(Open& operation, const Mark& mark) const;
  [[nodiscard]] const DirectionStatistics& sent_by(Side side) const;
  void make_room(std::size_t for_bytes, const Mark& mark);
  void push_out_oldest(const Mark& mark);
  DicomOperation& emit(Open& operation, Phase phase, const Mark& mark);
  void tell_unrequested(const Open& operation, const Mark& mark);

  Emitter& emitter_;
  const ProtocolSettings& settings_;
  Violations& violations_;
  Forgotten pushed_out_;     ///< by newer ones
  std::vector<Entry> open_;  ///< by ascending id; nearly always there is one
  Id latest_ = 0;
  std::size_t content_bytes_ = 0;
  bool some_pushed_out_ = false;  ///< their responses may still come
  OperationOutcomes outcomes_;
  /// The latest that was answered: context, message id, invoker and command.
  struct Answered {
    std::uint8_t context_id = 0;
    std::uint16_t message_id = 0;
    Invoker invoker{};
    std::uint16_t command_field = 0;
    friend bool operator==(const Answered&, const Answered&) = default;
  };
  Answered answered_;
  /// A request that came too early, unless an answer before it was lost: that is seen by what follows the answer.
  struct Suspicion {
    Breach breach{};
    Side sender{};
    UnitStart start;
    std::uint64_t bytes = 0;  ///< of its command
  };
  std::vector<Suspicion> suspicions_;  ///< each breach of each side once
};

}  // namespace dcmwatch::dicom
