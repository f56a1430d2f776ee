// The conversation's other half: PDVs become messages (PS3.8 E), a command and perhaps a data set, and these become
// operations.
#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "protocol/dicom/conversation.h"

namespace dcmwatch::dicom {
namespace {

constexpr std::array<Tag, 5> kStoreWants{kSopClassUid, kSopInstanceUid, kAccessionNumber, kPatientId,
                                         kStudyInstanceUid};
constexpr std::array<Tag, 1> kFindWants{kQueryLevel};
constexpr std::array<Tag, 2> kRetrieveWants{kQueryLevel, kStudyInstanceUid};
static_assert(std::ranges::is_sorted(kStoreWants) && std::ranges::is_sorted(kRetrieveWants));

// Of the data set that comes with a request. Values of other data sets do not leave, so they are not read.
std::span<const Tag> wanted_of(const Command& command) {
  if (command.field == dimse::kStore) return kStoreWants;
  if (command.field == dimse::kFind) return kFindWants;
  if (command.field == dimse::kMove || command.field == dimse::kGet) return kRetrieveWants;
  return {};
}

// Hands what the reader finds to the operation.
class AttributesOf final : public AttributeSink {
 public:
  AttributesOf(Operations& operations, Operations::Id id, const Mark& mark)
      : operations_(operations), id_(id), mark_(mark) {}
  void on_attribute(Tag tag, ByteView value) override { operations_.on_attribute(id_, tag, value, mark_); }

 private:
  Operations& operations_;
  Operations::Id id_;
  Mark mark_;
};

}  // namespace

void Conversation::on_cut(Lane& lane, const Mark& mark, const PdvHead& pdv) {
  lane.pdv = pdv;
  const auto step = take_step(Input::data, lane, mark);
  lane.pdv_ignored = !step || !is_live(step->next);
  if (lane.pdv_ignored) return;

  const Association& here = association(lane.framer.unit().mark);
  if (here.allows(pdv.context_id) == false) tell(Breach::pdv_context, lane, pdv.pdu_length, mark);
  if (!here.takes_length(side_of(lane), pdv.pdu_length)) tell(Breach::maximum_length, lane, pdv.pdu_length, mark);
  if (pdv.is_command) {
    on_command_head(lane, mark);
  } else {
    on_data_head(lane, mark);
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

void Conversation::on_command_head(Lane& lane, const Mark& mark) {
  if (lane.message != 0) {  // its data set has not come to an end
    if (undisturbed()) tell(Breach::message_order, lane, lane.pdv.pdu_length, mark);
    end_message(lane, mark);
  }
  if (!lane.in_command) {
    lane.in_command = true;
    lane.command_cut = false;
    lane.command_start = lane.framer.unit();
  }
  if (lane.command.size() + lane.pdv.fragment_bytes > settings_.limits.dicom_command_bytes) {
    tell(Breach::command_set, lane, lane.pdv.fragment_bytes, mark);
    lane.command_cut = true;
  }
}

void Conversation::on_command_piece(Lane& lane, const Mark& mark, const PdvPiece& piece) {
  if (!lane.in_command) return;
  const ByteView gathered = lane.command.join(lane.command_cut ? ByteView{} : piece.bytes);
  if (piece.ends && lane.pdv.is_last) {
    on_command(lane, mark, gathered);
  } else {
    lane.command.keep(gathered);
  }
}

void Conversation::on_command(Lane& lane, const Mark& mark, ByteView bytes) {
  const DecodedCommand decoded = decode_command(bytes);
  if (decoded.defect && !lane.command_cut && !lane.lost) tell(Breach::command_set, lane, bytes.size(), mark);
  if (decoded.usable) {
    take_command(lane,
                 {decoded.command, lane.pdv.context_id, side_of(lane), lane.command_start, mark, lane.command_cut});
  }
  lane.in_command = lane.command_cut = false;
  lane.command.clear();
}

void Conversation::take_command(Lane& lane, const SeenCommand& seen) {
  announce_association(seen.last);
  const Command& command = seen.command;
  if (command.field == dimse::kCancel) return operations_.on_cancel(seen);

  lane.message_context = seen.context_id;
  if (command.is_response()) {
    const Lane& requests = opposite_lane(lane);
    const bool request_may_come = !emitter_.connection().joined_midway && requests.seen && !requests.lost;
    lane.kind = MessageKind::response;
    lane.message = operations_.on_response(seen, *association_, request_may_come, requests.lost);
  } else {
    association_->on_operation();
    lane.kind = MessageKind::request;
    lane.message = operations_.on_request(seen, *association_);
    open_reader(lane, seen);
  }
  // Where a gap took the word on it, a data set may follow.
  if (!command.has_data_set() && command.data_set_type) lane.message = 0;
}

void Conversation::open_reader(Lane& lane, const SeenCommand& seen) {
  if (!seen.command.has_data_set()) return;
  const auto encoding = encoding_of(association_->transfer_syntax(seen.context_id));
  const auto wanted = wanted_of(seen.command);
  if (encoding && !wanted.empty()) {
    lane.reader = std::make_unique<DataSetReader>(*encoding, wanted);
  } else {
    operations_.announce(lane.message, seen.last);
  }
}

void Conversation::on_data_head(Lane& lane, const Mark& mark) {
  const bool in_order = !lane.in_command && lane.message != 0 && lane.message_context == lane.pdv.context_id;
  if (!in_order && undisturbed()) tell(Breach::message_order, lane, lane.pdv.pdu_length, mark);
  lane.in_command = false;
  lane.command.clear();
}

void Conversation::on_data_piece(Lane& lane, const Mark& mark, const PdvPiece& piece) {
  on_data_passed(lane, mark, piece.bytes.size(), 0);
  if (lane.reader) {
    AttributesOf attributes{operations_, lane.message, mark};
    lane.reader->feed(piece.bytes, attributes);
    if (lane.reader->done()) {
      if (lane.reader->beyond_limits()) data_set_attributes_.add(mark, mark);
      lane.reader.reset();
      operations_.announce(lane.message, mark);
    }
  }
  if (piece.ends && lane.pdv.is_last) end_message(lane, mark);
}

void Conversation::on_data_passed(Lane& lane, const Mark& mark, std::uint64_t bytes, std::uint64_t missing) {
  if (lane.pdv_ignored || !association_) return;
  association_->on_data(side_of(lane), bytes);
  if (lane.message != 0) operations_.on_data(lane.message, lane.kind, bytes, missing, mark);
}

void Conversation::end_message(Lane& lane, const Mark& mark) {
  if (lane.reader && lane.reader->beyond_limits()) data_set_attributes_.add(mark, mark);
  lane.reader.reset();
  if (lane.message != 0) operations_.on_message_end(std::exchange(lane.message, 0), lane.kind, mark);
}

// The message goes on, for its bytes still count; what it says is not to be had.
void Conversation::cut_message(Lane& lane, const Mark& mark) {
  lane.reader.reset();
  if (lane.message != 0) operations_.on_message_cut(lane.message, lane.kind, mark);
}

}  // namespace dcmwatch::dicom
