#include "protocol/dicom/pdu.h"

#include <algorithm>
#include <array>
#include <utility>

#include "event/dicom_names.h"
#include "protocol/dicom/wire_text.h"

namespace dcmwatch::dicom {
namespace {

// PS3.8 9.3.2 and 9.3.3, D.1; PS3.7 D.3.3.
enum class ItemType : std::uint8_t {
  application_context = 0x10,
  proposed_context = 0x20,
  answered_context = 0x21,
  abstract_syntax = 0x30,
  transfer_syntax = 0x40,
  user_information = 0x50,
  maximum_length = 0x51,
  implementation_class_uid = 0x52,
  asynchronous_window = 0x53,
  role_selection = 0x54,
  implementation_version_name = 0x55,
  extended_negotiation = 0x56,
  common_extended_negotiation = 0x57,
  user_identity = 0x58,
  user_identity_answer = 0x59
};

constexpr std::array kKnownItems{ItemType::application_context,
                                 ItemType::proposed_context,
                                 ItemType::answered_context,
                                 ItemType::abstract_syntax,
                                 ItemType::transfer_syntax,
                                 ItemType::user_information,
                                 ItemType::maximum_length,
                                 ItemType::implementation_class_uid,
                                 ItemType::asynchronous_window,
                                 ItemType::role_selection,
                                 ItemType::implementation_version_name,
                                 ItemType::extended_negotiation,
                                 ItemType::common_extended_negotiation,
                                 ItemType::user_identity,
                                 ItemType::user_identity_answer};

constexpr std::uint8_t kAccepted = 0;
constexpr std::uint8_t kLastContextResult = 4;
constexpr std::uint8_t kLastUserIdentityType = 5;
constexpr std::size_t kTitleBytes = 16;
constexpr std::size_t kLongestVersionName = 16;
constexpr std::string_view kDicomApplicationContext = "1.2.840.10008.3.1.1.1";

struct Item {
  ItemType type{};
  ByteView value;
  ByteView whole;
};

// One body while it is read: what is wrong with it, each breach where it is first found.
class Reading {
 public:
  explicit Reading(ByteView body) : body_(body) {}

  void tell(Breach breach, ByteView where) {
    if (std::ranges::find(faults_, breach, &Fault::breach) != faults_.end()) return;
    const auto offset = where.data() - body_.data();
    faults_.push_back({breach, static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(where.size())});
  }

  void tell_title(ByteView where, const AeTitle& title) {
    const auto offset = where.data() - body_.data();
    faults_.push_back({Breach::suspicious_ae_title, static_cast<std::uint32_t>(offset),
                       static_cast<std::uint32_t>(where.size()), title});
  }

  std::string_view uid(ByteView value, ByteView holder) {
    if (is_legal_uid(value)) return as_text(value);
    tell(Breach::uid, holder);
    return dicom::uid(value);
  }

  PlacedUid placed_uid(ByteView value, ByteView holder) {
    if (const auto place = dicom_uid_place(as_text(value))) return {as_text(value), place};
    const std::string_view text = uid(value, holder);
    return {text, dicom_uid_place(text)};  // it was padded, perhaps
  }

  // Something runs past the end of what is here: what else may be missing is not told.
  void tell_truncated(ByteView where) {
    tell(Breach::association_pdu, where);
    truncated_ = true;
  }
  [[nodiscard]] bool truncated() const { return truncated_; }

  [[nodiscard]] ByteView body() const { return body_; }
  [[nodiscard]] std::vector<Fault> faults() && { return std::move(faults_); }

 private:
  ByteView body_;
  std::vector<Fault> faults_;
  bool truncated_ = false;
};

// A sequence of items: type, a reserved byte, length, value. One that is cut short is told, and is the last.
class Items {
 public:
  Items(ByteView bytes, Reading& reading) : bytes_(bytes), reader_(bytes), reading_(reading) {}

  std::optional<Item> next() {
    if (reader_.at_end() || cut_) return std::nullopt;
    const ByteView rest = bytes_.subspan(reader_.position());
    const auto type = static_cast<ItemType>(reader_.u8());
    reader_.skip(1);
    const std::size_t length = reader_.u16();
    cut_ = reader_.failed() || length > reader_.remaining();
    if (cut_) reading_.tell_truncated(rest);
    if (reader_.failed()) return std::nullopt;
    const ByteView value = reader_.take(std::min(length, reader_.remaining()));
    return Item{type, value, rest.first(rest.size() - reader_.remaining())};
  }

  // The one that next gave is only the head of an item.
  [[nodiscard]] bool cut() const { return cut_; }

 private:
  ByteView bytes_;
  ByteReader reader_;
  Reading& reading_;
  bool cut_ = false;
};

// An item that there shall be one of.
class One {
 public:
  explicit One(Breach breach) : breach_(breach) {}

  void on_item(const Item& item, Reading& reading) {
    if (std::exchange(seen_, true)) reading.tell(breach_, item.whole);
  }
  void on_end(ByteView of_holder, Reading& reading) const {
    if (!seen_ && !reading.truncated()) reading.tell(breach_, of_holder);
  }

 private:
  Breach breach_;
  bool seen_ = false;
};

RareItems& rare_of(AssociationItems& association) {
  if (!association.rare) association.rare = std::make_unique<RareItems>();
  return *association.rare;
}

// Items that are unknown are passed over by their receivers (PS3.8 9.3.1), for later editions may define them.
void read_other_item(const Item& item, AssociationItems& association, Reading& reading) {
  if (std::ranges::find(kKnownItems, item.type) != kKnownItems.end()) {
    reading.tell(Breach::item_nesting, item.whole);
  } else {
    rare_of(association).unknown.set(static_cast<std::size_t>(item.type));
  }
}

// PS3.7 D.3.3.4: the length of a UID, the UID, and a byte for each role.
void read_role(const Item& item, AssociationItems& association, Reading& reading) {
  ByteReader reader{item.value};
  Role role;
  const ByteView name = reader.take(reader.u16());
  role.scu = reader.u8() != 0;
  role.scp = reader.u8() != 0;
  if (reader.failed()) return reading.tell(Breach::item_length, item.whole);
  if (!reader.at_end()) reading.tell(Breach::item_length, item.whole);
  role.sop_class_uid = reading.uid(name, item.whole);
  rare_of(association).roles.push_back(role);
}

// PS3.7 D.3.3.5 and D.3.3.6: the length of a UID, the UID, and what is negotiated for it.
void read_extended(const Item& item, AssociationItems& association, Reading& reading) {
  ByteReader reader{item.value};
  const ByteView name = reader.take(reader.u16());
  if (reader.failed()) return reading.tell(Breach::item_length, item.whole);
  RareItems& rare = rare_of(association);
  auto& classes = item.type == ItemType::extended_negotiation ? rare.extended : rare.common_extended;
  classes.push_back(reading.uid(name, item.whole));
}

// PS3.7 D.3.3.7.1: type, whether a response is asked for, and two fields that are nobody's business: their lengths
// alone are looked at.
void read_user_identity(const Item& item, AssociationItems& association, Reading& reading) {
  ByteReader reader{item.value};
  UserIdentity identity;
  identity.type = reader.u8();
  identity.response_requested = reader.u8() != 0;
  reader.skip(reader.u16());
  reader.skip(reader.u16());
  if (reader.failed() || !reader.at_end()) reading.tell(Breach::item_length, item.whole);
  if (item.value.size() < 2) return;
  if (identity.type == 0 || identity.type > kLastUserIdentityType) reading.tell(Breach::user_identity_type, item.whole);
  rare_of(association).user_identity = identity;
}

// PS3.7 D.3.3.7.2
void read_user_identity_answer(const Item& item, AssociationItems& association, Reading& reading) {
  ByteReader reader{item.value};
  reader.skip(reader.u16());
  if (reader.failed() || !reader.at_end()) reading.tell(Breach::item_length, item.whole);
  rare_of(association).identity_answered = true;
}

void read_maximum_length(const Item& item, AssociationItems& association, Reading& reading) {
  if (item.value.size() != 4) return reading.tell(Breach::item_length, item.whole);
  association.implementation.maximum_length = ByteReader{item.value}.u32();
}

void read_window(const Item& item, AssociationItems& association, Reading& reading) {
  ByteReader reader{item.value};
  AsynchronousWindow window;
  window.invoked = reader.u16();
  window.performed = reader.u16();
  if (reader.failed() || !reader.at_end()) return reading.tell(Breach::item_length, item.whole);
  rare_of(association).window = window;
}

void read_version_name(const Item& item, AssociationItems& association, Reading& reading) {
  if (item.value.empty() || item.value.size() > kLongestVersionName) reading.tell(Breach::item_length, item.whole);
  association.implementation.version_name = ae_title(item.value);
}

enum class Of : std::uint8_t { request, acceptance };

void read_user_item(const Item& item, Of pdu, AssociationItems& association, Reading& reading) {
  const bool of_request = pdu == Of::request;
  switch (item.type) {
    case ItemType::maximum_length: return read_maximum_length(item, association, reading);
    case ItemType::implementation_class_uid:
      association.implementation.class_uid = reading.uid(item.value, item.whole);
      return;
    case ItemType::asynchronous_window: return read_window(item, association, reading);
    case ItemType::role_selection: return read_role(item, association, reading);
    case ItemType::implementation_version_name: return read_version_name(item, association, reading);
    case ItemType::extended_negotiation: return read_extended(item, association, reading);
    case ItemType::common_extended_negotiation:
      if (of_request) return read_extended(item, association, reading);
      break;
    case ItemType::user_identity:
      if (of_request) return read_user_identity(item, association, reading);
      break;
    case ItemType::user_identity_answer:
      if (!of_request) return read_user_identity_answer(item, association, reading);
      break;
    default: break;
  }
  read_other_item(item, association, reading);
}

void read_user_information(const Item& holder, Of pdu, AssociationItems& association, Reading& reading) {
  One maximum_length{Breach::maximum_length_item};
  One class_uid{Breach::implementation_class_uid};
  Items items{holder.value, reading};
  while (const auto item = items.next()) {
    if (items.cut()) break;
    if (item->type == ItemType::maximum_length) maximum_length.on_item(*item, reading);
    if (item->type == ItemType::implementation_class_uid) class_uid.on_item(*item, reading);
    read_user_item(*item, pdu, association, reading);
  }
  maximum_length.on_end(holder.whole, reading);
  class_uid.on_end(holder.whole, reading);
}

// PS3.8 9.3.2.2: id, three reserved bytes, one abstract syntax, one or more transfer syntaxes.
void read_context(const Item& holder, ProposedContext& context, AssociateRequest& request, Reading& reading) {
  ByteReader reader{holder.value};
  context.id = reader.u8();
  reader.skip(3);
  if (reader.failed()) return reading.tell_truncated(holder.whole);
  context.first_transfer_syntax = request.transfer_syntaxes.size();
  One abstract_syntax{Breach::abstract_syntax};
  Items items{reader.rest(), reading};
  while (const auto item = items.next()) {
    if (items.cut()) break;
    if (item->type == ItemType::abstract_syntax) {
      abstract_syntax.on_item(*item, reading);
      context.abstract_syntax = reading.placed_uid(item->value, item->whole);
    } else if (item->type == ItemType::transfer_syntax) {
      request.transfer_syntaxes.push_back(reading.placed_uid(item->value, item->whole));
      ++context.transfer_syntaxes;
    } else {
      read_other_item(*item, request, reading);
    }
  }
  abstract_syntax.on_end(holder.whole, reading);
  if (context.transfer_syntaxes == 0 && !reading.truncated()) reading.tell(Breach::transfer_syntax, holder.whole);
}

// PS3.8 9.3.3.2: id, reserved, result, reserved, one transfer syntax, which is not significant unless accepted.
void read_context(const Item& holder, AnsweredContext& context, AssociationItems& association, Reading& reading) {
  ByteReader reader{holder.value};
  context.id = reader.u8();
  reader.skip(1);
  context.result = reader.u8();
  reader.skip(1);
  if (reader.failed()) return reading.tell_truncated(holder.whole);
  if (context.result > kLastContextResult) reading.tell(Breach::context_result, holder.whole);
  One transfer_syntax{Breach::transfer_syntax};
  Items items{reader.rest(), reading};
  while (const auto item = items.next()) {
    if (items.cut()) break;
    if (item->type != ItemType::transfer_syntax) {
      read_other_item(*item, association, reading);
    } else if (context.result == kAccepted) {
      transfer_syntax.on_item(*item, reading);
      context.transfer_syntax = reading.placed_uid(item->value, item->whole);
    }
  }
  if (context.result == kAccepted) transfer_syntax.on_end(holder.whole, reading);
}

// The contexts of one PDU, of which each id shall be odd and there once (PS3.8 9.3.2.2).
class Contexts {
 public:
  template <typename Association>
  void on_item(const Item& item, Association& association, Reading& reading) {
    typename decltype(association.contexts)::value_type context;
    read_context(item, context, association, reading);
    if (item.value.empty()) return;
    if (context.id % 2 == 0) reading.tell(Breach::even_context_id, item.whole);
    if (ids_.test(context.id)) return reading.tell(Breach::repeated_context_id, item.whole);
    ids_.set(context.id);
    association.contexts.push_back(context);
  }

 private:
  std::bitset<256> ids_;
};

void read_application_context(const Item& item, AssociationItems& association, Reading& reading) {
  association.application_context = reading.placed_uid(item.value, item.whole);
  if (association.application_context != kDicomApplicationContext) {
    reading.tell(Breach::application_context_name, item.whole);
  }
}

template <typename Association>
void read_items(ByteView variable_part, Of pdu, Association& association, Reading& reading) {
  const ItemType context_type = pdu == Of::request ? ItemType::proposed_context : ItemType::answered_context;
  One application_context{Breach::application_context};
  One user_information{Breach::user_information};
  Contexts contexts;
  Items items{variable_part, reading};
  while (const auto item = items.next()) {
    if (item->type == context_type) {
      contexts.on_item(*item, association, reading);
    } else if (item->type == ItemType::user_information) {
      user_information.on_item(*item, reading);
      read_user_information(*item, pdu, association, reading);
    } else if (items.cut()) {
      break;
    } else if (item->type == ItemType::application_context) {
      application_context.on_item(*item, reading);
      read_application_context(*item, association, reading);
    } else {
      read_other_item(*item, association, reading);
    }
  }
  application_context.on_end(reading.body(), reading);
  user_information.on_end(reading.body(), reading);
  if (association.contexts.empty() && !reading.truncated()) {
    reading.tell(Breach::presentation_context, reading.body());
  }
}

AeTitle read_title(ByteView value, Reading& reading) {
  const AeTitle title = ae_title(value);
  if (!is_legal_ae_title(value)) {
    reading.tell(Breach::ae_title, value);
  } else if (is_suspicious_ae_title(title)) {
    reading.tell_title(value, title);
  }
  return title;
}

// PS3.8 table 9-11: a bit for each version, the lowest for version 1.
void read_version(ByteReader& reader, Reading& reading) {
  if ((reader.u16() & 1U) == 0) reading.tell(Breach::protocol_version, reading.body().first(2));
}

DecodedPdu decode_request(ByteView body) {
  constexpr std::size_t kTitlesEnd = 4 + 2 * kTitleBytes;
  Reading reading{body};
  AssociateRequest request;
  if (body.size() < kTitlesEnd) {
    reading.tell_truncated(body);
    return {std::move(request), std::move(reading).faults()};
  }
  ByteReader reader{body};
  read_version(reader, reading);
  reader.skip(2);
  const ByteView called = reader.take(kTitleBytes), calling = reader.take(kTitleBytes);
  request.calling_ae = read_title(calling, reading);  // first: it is the opener's own
  request.called_ae = read_title(called, reading);
  reader.skip(kAssociationFixedBytes - kTitlesEnd);
  if (reader.failed()) {
    reading.tell_truncated(body);
  } else {
    read_items(reader.rest(), Of::request, request, reading);
  }
  return {std::move(request), std::move(reading).faults()};
}

DecodedPdu decode_accept(ByteView body) {
  Reading reading{body};
  AssociateAccept accept;
  if (body.size() < kAssociationFixedBytes) {
    reading.tell_truncated(body);
  } else {
    ByteReader reader{body};
    read_version(reader, reading);
    read_items(body.subspan(kAssociationFixedBytes), Of::acceptance, accept, reading);
  }
  return {std::move(accept), std::move(reading).faults()};
}

// A-ASSOCIATE-RJ (9.3.4) has a result at byte 8; A-ABORT (9.3.8) has two reserved bytes before source and reason.
DecodedPdu decode_reject(ByteView body) {
  Reading reading{body};
  ByteReader reader{body};
  reader.skip(1);
  DicomRejection rejection;
  rejection.result = reader.u8();
  rejection.source = reader.u8();
  rejection.reason = reader.u8();
  if (reader.failed()) reading.tell_truncated(body);
  if (!reader.failed() && !dicom_rejection_is_known(rejection.result, rejection.source, rejection.reason)) {
    reading.tell(Breach::rejection_code, body);
  }
  return {AssociateReject{rejection}, std::move(reading).faults()};
}

DecodedPdu decode_abort(ByteView body) {
  Reading reading{body};
  ByteReader reader{body};
  reader.skip(2);
  Abort abort;
  abort.source = reader.u8();
  abort.reason = reader.u8();
  if (reader.failed()) reading.tell_truncated(body);
  if (!reader.failed() && !dicom_abort_is_known(abort.source, abort.reason)) reading.tell(Breach::abort_code, body);
  return {abort, std::move(reading).faults()};
}

}  // namespace

DecodedPdu decode_pdu(std::uint8_t type, ByteView body) {
  switch (static_cast<PduType>(type)) {
    case PduType::associate_request: return decode_request(body);
    case PduType::associate_accept: return decode_accept(body);
    case PduType::associate_reject: return decode_reject(body);
    case PduType::release_request: return {ReleaseRequest{}, {}};
    case PduType::release_response: return {ReleaseResponse{}, {}};
    case PduType::abort: return decode_abort(body);
    case PduType::data_transfer: break;
  }
  return {UnknownPdu{type}, {}};
}

}  // namespace dcmwatch::dicom
