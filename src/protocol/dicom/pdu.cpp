#include "protocol/dicom/pdu.h"

#include <bitset>
#include <utility>

#include "protocol/dicom/wire_text.h"

namespace dcmwatch::dicom {
namespace {

// PS3.8 9.3.2 and 9.3.3, PS3.7 D.3.3. Items that say nothing we tell (53 to 59: window, roles, negotiation, user
// identity) are passed over unread; a passcode in one is never looked at.
enum class ItemType : std::uint8_t {
  application_context = 0x10,
  proposed_context = 0x20,
  answered_context = 0x21,
  abstract_syntax = 0x30,
  transfer_syntax = 0x40,
  user_information = 0x50,
  maximum_length = 0x51,
  implementation_class_uid = 0x52,
  implementation_version_name = 0x55
};

struct Item {
  ItemType type{};
  ByteView value;
};

using Defect = std::optional<PduDefect>;

constexpr std::uint8_t kAccepted = 0;

// A sequence of items: type, a reserved byte, length, value. The last may be cut short; its head is still given.
class Items {
 public:
  explicit Items(ByteView bytes) : reader_(bytes) {}

  std::optional<Item> next() {
    if (reader_.at_end() || truncated_) return std::nullopt;
    const auto type = static_cast<ItemType>(reader_.u8());
    reader_.skip(1);
    const std::size_t length = reader_.u16();
    truncated_ = reader_.failed() || length > reader_.remaining();
    if (reader_.failed()) return std::nullopt;
    return Item{type, reader_.take(std::min(length, reader_.remaining()))};
  }

  [[nodiscard]] bool truncated() const { return truncated_; }
  [[nodiscard]] Defect defect() const { return truncated_ ? Defect{PduDefect::truncated} : std::nullopt; }

 private:
  ByteReader reader_;
  bool truncated_ = false;
};

// The first defect is the one to tell.
void note(Defect& first, Defect found) {
  if (!first) first = found;
}

std::string_view read_uid(ByteView value, Defect& defect) {
  const std::string_view text = uid(value);
  if (text.empty()) note(defect, PduDefect::uid);
  return text;
}

Defect read_user_information(ByteView value, DicomImplementation& implementation) {
  Defect defect;
  Items items{value};
  while (const auto item = items.next()) {
    if (items.truncated()) break;
    switch (item->type) {
      case ItemType::maximum_length:
        if (item->value.size() == 4) implementation.maximum_length = ByteReader{item->value}.u32();
        break;
      case ItemType::implementation_class_uid: implementation.class_uid = read_uid(item->value, defect); break;
      case ItemType::implementation_version_name: implementation.version_name = ae_title(item->value); break;
      default: break;
    }
  }
  note(defect, items.defect());
  return defect;
}

// PS3.8 9.3.2.2: id, three reserved bytes, one abstract syntax, one or more transfer syntaxes.
Defect read_context(ByteView value, ProposedContext& context) {
  Defect defect;
  ByteReader reader{value};
  context.id = reader.u8();
  reader.skip(3);
  if (reader.failed()) return PduDefect::truncated;
  Items items{reader.rest()};
  while (const auto item = items.next()) {
    if (items.truncated()) break;
    if (item->type == ItemType::abstract_syntax) context.abstract_syntax = read_uid(item->value, defect);
    if (item->type == ItemType::transfer_syntax) context.transfer_syntaxes.push_back(read_uid(item->value, defect));
  }
  note(defect, items.defect());
  return defect;
}

// PS3.8 9.3.3.2: id, reserved, result, reserved, one transfer syntax, which is not significant unless accepted.
Defect read_context(ByteView value, AnsweredContext& context) {
  Defect defect;
  ByteReader reader{value};
  context.id = reader.u8();
  reader.skip(1);
  context.result = reader.u8();
  reader.skip(1);
  if (reader.failed()) return PduDefect::truncated;
  Items items{reader.rest()};
  while (const auto item = items.next()) {
    if (items.truncated()) break;
    if (item->type == ItemType::transfer_syntax && context.result == kAccepted) {
      context.transfer_syntax = read_uid(item->value, defect);
    }
  }
  note(defect, items.defect());
  return defect;
}

template <typename Association, typename Context>
Defect read_items(ByteView variable_part, ItemType context_type, Association& association) {
  Defect defect;
  std::bitset<256> ids;
  Items items{variable_part};
  while (const auto item = items.next()) {
    if (item->type == ItemType::application_context && !items.truncated()) {
      association.application_context = read_uid(item->value, defect);
    } else if (item->type == ItemType::user_information) {
      note(defect, read_user_information(item->value, association.implementation));
    } else if (item->type == context_type) {
      Context context;
      note(defect, read_context(item->value, context));
      const bool legal = context.id % 2 == 1 && !ids.test(context.id);
      if (!legal) note(defect, PduDefect::context_id);
      ids.set(context.id);
      if (legal) association.contexts.push_back(std::move(context));
    }
  }
  note(defect, items.defect());
  return defect;
}

DecodedPdu decode_request(ByteView body) {
  AssociateRequest request;
  ByteReader reader{body};
  reader.skip(4);  // protocol version, reserved
  request.called_ae = ae_title(reader.take(16));
  request.calling_ae = ae_title(reader.take(16));
  if (reader.failed()) return {AssociateRequest{}, PduDefect::truncated};
  reader.skip(32);
  if (reader.failed()) return {std::move(request), PduDefect::truncated};
  const Defect defect =
      read_items<AssociateRequest, ProposedContext>(reader.rest(), ItemType::proposed_context, request);
  return {std::move(request), defect};
}

DecodedPdu decode_accept(ByteView body) {
  AssociateAccept accept;
  ByteReader reader{body};
  reader.skip(kAssociationFixedBytes);
  if (reader.failed()) return {std::move(accept), PduDefect::truncated};
  const Defect defect = read_items<AssociateAccept, AnsweredContext>(reader.rest(), ItemType::answered_context, accept);
  return {std::move(accept), defect};
}

// A-ASSOCIATE-RJ (9.3.4) has a result at byte 8; A-ABORT (9.3.8) has two reserved bytes before source and reason.
DecodedPdu decode_reject(ByteView body) {
  ByteReader reader{body};
  reader.skip(1);
  DicomRejection rejection;
  rejection.result = reader.u8();
  rejection.source = reader.u8();
  rejection.reason = reader.u8();
  return {AssociateReject{rejection}, reader.failed() ? Defect{PduDefect::truncated} : std::nullopt};
}

DecodedPdu decode_abort(ByteView body) {
  ByteReader reader{body};
  reader.skip(2);
  Abort abort;
  abort.source = reader.u8();
  abort.reason = reader.u8();
  return {abort, reader.failed() ? Defect{PduDefect::truncated} : std::nullopt};
}

}  // namespace

DecodedPdu decode_pdu(std::uint8_t type, ByteView body) {
  switch (static_cast<PduType>(type)) {
    case PduType::associate_request: return decode_request(body);
    case PduType::associate_accept: return decode_accept(body);
    case PduType::associate_reject: return decode_reject(body);
    case PduType::release_request: return {ReleaseRequest{}, std::nullopt};
    case PduType::release_response: return {ReleaseResponse{}, std::nullopt};
    case PduType::abort: return decode_abort(body);
    case PduType::data_transfer: break;
  }
  return {UnknownPdu{type}, std::nullopt};
}

}  // namespace dcmwatch::dicom
