// The conversation's other half: PDVs become messages (PS3.8 E), a command and perhaps a data set, and these become
// operations.
#include <array>
#include <utility>

#include "protocol/dicom/conversation.h"

namespace dcmwatch::dicom {
namespace {

struct DefectBreach {
  CommandDefect defect;
  Breach breach;
};

constexpr auto kDefectBreaches = std::to_array<DefectBreach>({
    {CommandDefect::truncated, Breach::command_set},
    {CommandDefect::group, Breach::command_group},
    {CommandDefect::length, Breach::command_element_length},
    {CommandDefect::contradiction, Breach::command_contradiction},
    {CommandDefect::uid, Breach::command_uid},
    {CommandDefect::order, Breach::command_element_order},
    {CommandDefect::group_length, Breach::command_group_length},
    {CommandDefect::unknown, Breach::unknown_command},
    {CommandDefect::incomplete, Breach::command_elements},
    {CommandDefect::move_destination, Breach::move_destination},
    {CommandDefect::ae_title, Breach::ae_title},
    {CommandDefect::data_set_type, Breach::data_set_type},
});

struct NamedInContext {
  std::string_view abstract_syntax;
  std::string_view sop_classes;  ///< how their UIDs begin
};

// Where commands name another SOP class than their context does: meta SOP classes (PS3.7 3.5, PS3.4 H.3) and classes
// that share the instances of one of them (PS3.4 CC.3.1, F.8, F.9).
constexpr auto kNamedInContexts = std::to_array<NamedInContext>({
    {"1.2.840.10008.5.1.1.9", "1.2.840.10008.5.1.1.1"},   // basic grayscale print: film session, printer
    {"1.2.840.10008.5.1.1.9", "1.2.840.10008.5.1.1.2"},   // film box
    {"1.2.840.10008.5.1.1.9", "1.2.840.10008.5.1.1.4"},   // image boxes
    {"1.2.840.10008.5.1.1.18", "1.2.840.10008.5.1.1.1"},  // basic color print
    {"1.2.840.10008.5.1.1.18", "1.2.840.10008.5.1.1.2"},
    {"1.2.840.10008.5.1.1.18", "1.2.840.10008.5.1.1.4"},
    {"1.2.840.10008.5.1.1.9.1", "1.2.840.10008.5.1.1."},  // referenced print, retired
    {"1.2.840.10008.5.1.1.18.1", "1.2.840.10008.5.1.1."},
    {"1.2.840.10008.5.1.1.32", "1.2.840.10008.5.1.1."},            // pull stored print, retired
    {"1.2.840.10008.5.1.4.34.6.2", "1.2.840.10008.5.1.4.34.6.1"},  // unified procedure step: all name push
    {"1.2.840.10008.5.1.4.34.6.3", "1.2.840.10008.5.1.4.34.6.1"},
    {"1.2.840.10008.5.1.4.34.6.4", "1.2.840.10008.5.1.4.34.6.1"},
    {"1.2.840.10008.5.1.4.34.6.5", "1.2.840.10008.5.1.4.34.6.1"},
    {"1.2.840.10008.5.1.4.34.4.2", "1.2.840.10008.5.1.4.34.4.1"},  // the same on trial
    {"1.2.840.10008.5.1.4.34.4.3", "1.2.840.10008.5.1.4.34.4.1"},
    {"1.2.840.10008.5.1.4.34.4.4", "1.2.840.10008.5.1.4.34.4.1"},
    {"1.2.840.10008.3.1.2.3.4", "1.2.840.10008.3.1.2.3.3"},  // performed step: retrieve, notification
    {"1.2.840.10008.3.1.2.3.5", "1.2.840.10008.3.1.2.3.3"},
    {"1.2.840.10008.5.1.4.32", "1.2.840.10008.5.1.4.32."},  // general purpose worklist, retired
    {"1.2.840.10008.3.1.2.1.4", "1.2.840.10008.3.1.2."},    // detached management, retired
    {"1.2.840.10008.3.1.2.5.4", "1.2.840.10008.3.1.2."},
    {"1.2.840.10008.3.1.2.5.5", "1.2.840.10008.3.1.2."},
});

bool may_name(std::string_view abstract_syntax, std::string_view sop_class) {
  if (abstract_syntax.empty() || sop_class.empty() || abstract_syntax == sop_class) return true;
  return std::ranges::any_of(kNamedInContexts, [&](const NamedInContext& row) {
    return row.abstract_syntax == abstract_syntax && sop_class.starts_with(row.sop_classes);
  });
}

// Hands what fills a record to the operation.
class PiecesOf final : public PieceSink {
 public:
  PiecesOf(Operations& operations, Operations::Id id, const Mark& mark)
      : operations_(operations), id_(id), mark_(mark) {}
  void on_piece(const DicomContent& piece) override { operations_.tell_piece(id_, piece, mark_); }

 private:
  Operations& operations_;
  Operations::Id id_;
  Mark mark_;
};

}  // namespace

void Conversation::on_cut(Lane& lane, const Mark& mark, const PdvHead& pdv) {
  const PdvHead before = std::exchange(lane.pdv, pdv);
  const auto step = take_step(Input::data, lane, mark);
  lane.pdv_ignored = !step || !is_live(step->next);
  if (lane.pdv_ignored) return;

  const bool order_kept = judge_pdv(lane, before, mark);
  const Association& here = association(lane.framer.unit().mark);
  if (here.allows(pdv.context_id) == false) tell(Breach::pdv_context, lane, pdv.pdu_length, mark);
  if (!here.takes_length(side_of(lane), pdv.pdu_length)) tell(Breach::maximum_length, lane, pdv.pdu_length, mark);
  if (pdv.is_command) {
    on_command_head(lane, mark, order_kept);
  } else {
    on_data_head(lane, mark, order_kept);
  }
}

void Conversation::on_cut(Lane& lane, const Mark& mark, const PdvPiece& piece) {
  if (lane.pdv_ignored) return;
  if (lane.pdv.is_command) {
    on_command_piece(lane, mark, piece);
  } else {
    on_data_piece(lane, mark, piece);
  }
}

void Conversation::on_command_head(Lane& lane, const Mark& mark, bool order_kept) {
  if (lane.message != 0) {  // its data set has not come to an end
    const Breach breach = lane.data_set == DataSetState::due ? Breach::data_set_missing : Breach::message_order;
    if (order_kept && undisturbed()) tell(breach, lane, lane.pdv.pdu_length, mark);
    end_message(lane, mark);
  }
  if (!lane.in_command) {
    lane.in_command = true;
    lane.command_cut = false;
    lane.command_start = lane.framer.unit();
  }
}

void Conversation::on_command_piece(Lane& lane, const Mark& mark, const PdvPiece& piece) {
  if (!lane.in_command) return;
  const bool ends = piece.ends && lane.pdv.is_last;
  if (ends && !lane.command) {
    CommandReader whole;
    whole.feed(piece.bytes);
    return on_command(lane, mark, whole);
  }
  if (!lane.command) lane.command = std::make_unique<CommandReader>();
  if (!lane.command_cut) lane.command->feed(piece.bytes);
  if (ends) return on_command(lane, mark, *lane.command);
  lane.command->keep();
}

void Conversation::on_command(Lane& lane, const Mark& mark, CommandReader& reader) {
  const DecodedCommand decoded = reader.end();
  if (!lane.command_cut && !lane.broken()) {
    const auto tell_of_command = [&](Breach breach) {
      violations_.tell(breach, lane.command_start, reader.bytes(), side_of(lane) == Side::opener, mark);
    };
    if (!decoded.usable) tell_of_command(Breach::command_set);
    for (const auto& [defect, breach] : kDefectBreaches) {
      if (decoded.defects.has(defect)) tell_of_command(breach);
    }
  }
  if (decoded.usable) {
    take_command(lane, {decoded.command, lane.pdv.context_id, side_of(lane), lane.command_start, mark, reader.bytes(),
                        lane.command_cut, undisturbed()});
  }
  forget_command(lane);
}

// What there is of it is all that comes.
void Conversation::cut_command(Lane& lane, const Mark& mark) {
  if (!lane.in_command) return;
  if (lane.command) return on_command(lane, mark, *lane.command);
  forget_command(lane);
}

void Conversation::forget_command(Lane& lane) {
  lane.in_command = lane.command_cut = false;
  lane.command.reset();
}

void Conversation::take_command(Lane& lane, const SeenCommand& seen) {
  announce_association(seen.last);
  const Command& command = seen.command;
  // Where a gap took the word on it, a data set may follow.
  lane.data_set = command.has_data_set()  ? DataSetState::due
                  : command.data_set_type ? DataSetState::none
                                          : DataSetState::unknown;
  if (command.field == dimse::kCancel) return operations_.on_cancel(seen);

  lane.message_context = seen.context_id;
  if (command.is_response()) {
    const Lane& requests = opposite_lane(lane);
    const bool request_may_come = !emitter_.connection().joined_midway && requests.seen && !requests.broken();
    lane.kind = MessageKind::response;
    lane.message = operations_.on_response(seen, *association_, request_may_come, requests.shortfall());
    if (dicom_status_class(command.field, *command.status) == StatusClass::pending) open_reader(lane, seen);
  } else {
    association_->on_operation();
    if (!may_name(association_->abstract_syntax(seen.context_id), command.sop_class_uid))
      violations_.tell(Breach::sop_class_of_context, seen.start, seen.bytes, seen.sender == Side::opener, seen.last);
    lane.kind = MessageKind::request;
    lane.message = operations_.on_request(seen, *association_);
    open_reader(lane, seen);
  }
  if (lane.data_set == DataSetState::none) lane.message = 0;
}

void Conversation::open_reader(Lane& lane, const SeenCommand& seen) {
  if (!seen.command.has_data_set()) return;
  const DicomOperation* fact = operations_.fact(lane.message);
  if (fact) {
    lane.reader = open_content(
        {seen.command.field, fact->sop_class_uid, fact->transfer_syntax_uid, fact->requested.time}, settings_);
  }
  if (!lane.reader && lane.kind == MessageKind::request) operations_.announce(lane.message, seen.last);
  if (lane.reader) make_room(seen.last);
}

// What an association keeps is bounded as a whole; its operations are what can be told before their time. A window is
// soon gone again.
void Conversation::make_room(const Mark& mark) {
  std::size_t beside = association_->kept_bytes();
  for (const Lane& lane : lanes_) beside += lane.reader ? lane.reader->kept_bytes() - lane.reader->window_bytes() : 0;
  operations_.make_room_beside(beside, mark);
}

void Conversation::on_data_head(Lane& lane, const Mark& mark, bool order_kept) {
  const bool in_order = !lane.in_command && lane.message != 0 && lane.message_context == lane.pdv.context_id;
  if (!in_order && order_kept && undisturbed()) {
    const bool unannounced = !lane.in_command && lane.message == 0 && lane.data_set == DataSetState::none;
    tell(unannounced ? Breach::data_set_unannounced : Breach::message_order, lane, lane.pdv.pdu_length, mark);
  }
  if (lane.message != 0) {
    lane.data_set = DataSetState::begun;
    operations_.on_fragment(lane.message, lane.kind, mark);
  }
  forget_command(lane);
}

void Conversation::on_data_piece(Lane& lane, const Mark& mark, const PdvPiece& piece) {
  on_data_passed(lane, mark, piece.bytes.size(), 0);
  if (lane.reader) {
    PiecesOf pieces{operations_, lane.message, mark};
    lane.reader->feed(piece.bytes, pieces);
    if (piece.ends && lane.pdv.is_last) lane.reader->end();
    if (lane.reader->done()) {
      lane.rest = lane.reader->reader().rest();
      close_reader(lane, mark);
    }
  } else {
    lane.rest.feed(piece.bytes);
  }
  if (!piece.ends || !lane.pdv.is_last) return;
  if (lane.rest.is_cut_short() && whole()) tell(Breach::data_set_length, lane, lane.pdv.pdu_length, mark);
  if (lane.rest.is_out_of_order() && whole()) tell(Breach::data_set_order, lane, lane.pdv.pdu_length, mark);
  end_message(lane, mark);
}

void Conversation::on_data_passed(Lane& lane, const Mark& mark, std::uint64_t bytes, std::uint64_t missing) {
  if (lane.pdv_ignored || !association_) return;
  association_->on_data(side_of(lane), bytes);
  if (lane.message != 0) operations_.on_data(lane.message, lane.kind, bytes, missing, mark);
}

void Conversation::end_message(Lane& lane, const Mark& mark) {
  lane.rest = {};
  close_reader(lane, mark);
  if (lane.message != 0) operations_.on_message_end(std::exchange(lane.message, 0), lane.kind, mark);
}

// Nothing more is read of the data set: what was read goes to its operation.
void Conversation::close_reader(Lane& lane, const Mark& mark) {
  const std::unique_ptr<MessageContent> reader = std::move(lane.reader);
  if (!reader) return;
  tell_defects(*reader, lane, mark);
  if (reader->beyond_limits()) data_set_attributes_.add(mark, mark);
  if (DicomOperation* fact = reader->reader().is_disproved() ? nullptr : operations_.fact(lane.message)) {
    PiecesOf pieces{operations_, lane.message, mark};
    reader->tell(*fact, pieces);
    const auto* object = fact->content.as<StoredObject>();
    if (object && !object->sop_class_uid.empty() && object->sop_class_uid != fact->sop_class_uid && whole())
      tell(Breach::sop_class_of_data_set, lane, lane.pdv.pdu_length, mark);
    operations_.on_content(lane.message);
    make_room(mark);
  }
  if (lane.kind == MessageKind::request) operations_.announce(lane.message, mark);
}

void Conversation::tell_defects(const MessageContent& content, const Lane& lane, const Mark& mark) {
  const bool has_illegal_value = content.has_illegal_uid() || content.has_illegal_level();
  if ((!content.reader().has_defects() && !has_illegal_value) || !whole()) return;
  if (content.reader().is_disproved()) return;  // a wrong guess of ours
  constexpr std::array kBreaches{std::pair{DataSetDefect::nesting, Breach::data_set_nesting},
                                 std::pair{DataSetDefect::value_representation, Breach::data_set_vr},
                                 std::pair{DataSetDefect::odd_length, Breach::data_set_odd_length},
                                 std::pair{DataSetDefect::length, Breach::data_set_length},
                                 std::pair{DataSetDefect::order, Breach::data_set_order}};
  for (const auto& [defect, breach] : kBreaches) {
    if (content.reader().has(defect)) tell(breach, lane, lane.pdv.pdu_length, mark);
  }
  if (content.has_illegal_uid()) tell(Breach::data_set_uid, lane, lane.pdv.pdu_length, mark);
  if (content.has_illegal_level()) tell(Breach::query_level, lane, lane.pdv.pdu_length, mark);
}

// The message goes on, for its bytes still count; what it says is not to be had.
void Conversation::cut_message(Lane& lane, const Mark& mark, Shortfall why) {
  close_reader(lane, mark);
  if (lane.message != 0) operations_.on_message_cut(lane.message, lane.kind, mark, why);
}

}  // namespace dcmwatch::dicom
