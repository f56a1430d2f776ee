// One connection's DICOM: what the framers cut becomes associations, operations and violations.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "protocol/conversation.h"
#include "protocol/dicom/association.h"
#include "protocol/dicom/command.h"
#include "protocol/dicom/content.h"
#include "protocol/dicom/forgotten.h"
#include "protocol/dicom/operations.h"
#include "protocol/dicom/pdu_framer.h"
#include "protocol/dicom/state.h"
#include "protocol/dicom/violations.h"
#include "protocol/recycled.h"

namespace dcmwatch::dicom {

/// Where a message's data set is; unknown before the first command, or where a gap took the word on it.
enum class DataSetState : std::uint8_t { unknown, none, due, begun };

/// Keeps per association its contexts and open operations, and per direction a unit's head; never a data set. What is
/// long, and there for a while only, is apart: it would be most of what an idle connection costs.
class Conversation final : public StreamSink, public Recycled {
 public:
  Conversation(Emitter& emitter, const ProtocolSettings& settings);

  Appetite on_bytes(Direction direction, const Mark& mark, ByteView bytes) override;
  void on_skipped(Direction direction, const Mark& first, const Mark& last, std::uint64_t bytes,
                  std::uint64_t missing) override;
  void on_gap(Direction direction, const Mark& mark, std::uint64_t missing) override;
  void give_up_kept(const Mark& mark) override;
  void on_progress(const Mark& mark) override;
  [[nodiscard]] bool in_unit(Direction direction) const override;
  void on_close(const Mark& mark, CloseReason reason) override;

 private:
  /// What is under way in one direction: messages there come one after the other, fragment by fragment (PS3.8 E.1).
  struct Lane {
    Lane(Direction of, const Limits& limits, bool in_step) : direction(of), framer(limits, in_step) {}

    Direction direction;
    PduFramer framer;
    bool seen = false;         ///< anything of it
    bool lost = false;         ///< wanted bytes of this association were lost
    bool undecodable = false;  ///< or are none that can be read
    PdvHead pdv;               ///< the one in hand
    bool pdv_ignored = false;  ///< the association is not in a state for it

    std::unique_ptr<CommandReader> command;  ///< the one in hand, if it comes in pieces
    UnitStart command_start;
    bool in_command = false;
    bool command_cut = false;  ///< only its head is read

    Operations::Id message = 0;  ///< whose data set is due or passing
    MessageKind kind{};
    DataSetState data_set = DataSetState::unknown;  ///< of the latest message
    std::uint8_t message_context = 0;
    std::unique_ptr<MessageContent> reader;  ///< of the data set passing, while it wants something
    DataSetRest rest;                        ///< of it, once nothing more is wanted

    /// Why some of its messages may be gone.
    [[nodiscard]] Shortfall shortfall() const { return {.lost = lost, .undecodable = undecodable}; }
    [[nodiscard]] bool broken() const { return lost || undecodable; }

    /// Of units not yet whole.
    [[nodiscard]] std::size_t kept_bytes() const {
      return framer.kept_bytes() + (command ? sizeof(CommandReader) + command->kept_bytes() : 0) +
             (reader ? reader->kept_bytes() : 0);
    }
  };

  void drain(Lane& lane, const Mark& mark);
  void cut_unit(Lane& lane, const Mark& mark);
  void count_kept();
  [[nodiscard]] Appetite appetite(const Lane& lane) const;

  void on_cut(Lane& lane, const Mark& mark, const WholePdu& pdu);
  void on_cut(Lane& lane, const Mark& mark, const PdvHead& pdv);
  void on_cut(Lane& lane, const Mark& mark, const PdvPiece& piece);
  void on_cut(Lane& lane, const Mark& mark, const Illegal& illegal);
  void orient(const Lane& lane, const Pdu& pdu);

  struct PduContext {
    Lane& lane;
    Mark mark;
    Extent extent = Extent::whole;
  };
  void on_pdu(const PduContext& at, const AssociateRequest& request);
  void on_pdu(const PduContext& at, const AssociateAccept& accept);
  void on_pdu(const PduContext& at, const AssociateReject& reject);
  void on_pdu(const PduContext& at, const ReleaseRequest&);
  void on_pdu(const PduContext& at, const ReleaseResponse&);
  void on_pdu(const PduContext& at, const Abort& abort);
  void on_pdu(const PduContext& at, const UnknownPdu&) const;

  void on_command_head(Lane& lane, const Mark& mark, bool order_kept);
  void on_command_piece(Lane& lane, const Mark& mark, const PdvPiece& piece);
  void on_command(Lane& lane, const Mark& mark, CommandReader& reader);
  void cut_command(Lane& lane, const Mark& mark);
  static void forget_command(Lane& lane);
  void take_command(Lane& lane, const SeenCommand& seen);
  void open_reader(Lane& lane, const SeenCommand& seen);
  void make_room(const Mark& mark);
  void on_data_head(Lane& lane, const Mark& mark, bool order_kept);
  void on_data_piece(Lane& lane, const Mark& mark, const PdvPiece& piece);
  void on_data_passed(Lane& lane, const Mark& mark, std::uint64_t bytes, std::uint64_t missing);
  void close_reader(Lane& lane, const Mark& mark);
  void tell_defects(const MessageContent& content, const Lane& lane, const Mark& mark);
  void end_message(Lane& lane, const Mark& mark);
  void cut_message(Lane& lane, const Mark& mark, Shortfall why);

  /// The step taken, from `before`; nothing if there is none, and then the PDU says nothing.
  std::optional<Step> take_step(Input input, const Lane& lane, const Mark& mark);
  Association& association(const Mark& first);
  void begin_association(const Mark& first);
  void announce_association(const Mark& mark);
  /// `unfinished`: nobody looks any longer, though it may go on.
  void end_association(DicomEnd end, const Mark& mark, bool unfinished = false);
  void close_association(const Mark& mark, CloseReason reason);
  void break_off_request(Lane& lane, const Mark& mark);
  [[nodiscard]] bool waited_in_vain(const Mark& mark) const;
  [[nodiscard]] bool surely_unanswered() const;

  void tell(Breach breach, const Lane& lane, std::uint64_t length, const Mark& mark);
  void tell_faults(const Lane& lane, const std::vector<Fault>& faults, const Mark& mark);
  void tell_unexpected(Input input, const Lane& lane, const Mark& mark);
  void on_taken(const PduContext& at, const OpeningTaken& taken);
  /// The request is answered.
  void on_answer(const Mark& mark);
  /// What a PDV's header says by itself, and after the one `before` it.
  /// False: it is of another message than the one that has not come to its end; that breaks the order, and is told.
  bool judge_pdv(Lane& lane, const PdvHead& before, const Mark& mark);
  [[nodiscard]] Side side_of(const Lane& lane) const;
  [[nodiscard]] Lane& lane_of(Direction direction) { return lanes_[index_of(direction)]; }
  [[nodiscard]] Lane& opposite_lane(const Lane& lane) { return lane_of(opposite(lane.direction)); }
  [[nodiscard]] Shortfall shortfall() const { return lanes_[0].shortfall() | lanes_[1].shortfall(); }
  /// All of both sides was seen: what one of them said breaks the rules or does not.
  [[nodiscard]] bool whole() const;
  /// And in the order in which it was said: what came before what, of the two sides, is known as well.
  [[nodiscard]] bool undisturbed() const;

  Emitter& emitter_;
  const ProtocolSettings& settings_;
  Violations violations_;
  Operations operations_;
  Forgotten pdu_bytes_;            ///< requests and acceptances too long to be held: what they propose
  Forgotten context_uids_;         ///< of presentation contexts
  Forgotten negotiated_items_;     ///< roles and the like
  Forgotten data_set_attributes_;  ///< wanted ones, perhaps
  State state_ = State::idle;
  std::optional<Mark> first_;  ///< bytes of the connection, while no association has begun
  std::unique_ptr<Association> association_;
  bool announced_ = false;
  std::optional<UnitStart> early_data_;  ///< what the opener sent first while its request was not answered
  std::uint32_t early_data_length_ = 0;  ///< of that PDU
  std::array<Lane, 2> lanes_;
};

}  // namespace dcmwatch::dicom
