// The rules whose break is told, each once per association.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string_view>

#include "protocol/conversation.h"
#include "protocol/dicom/pdu_framer.h"

namespace dcmwatch::dicom {

/// In the order of kBreachRules.
enum class Breach : std::uint8_t {
  pdu_type,
  pdu_length,
  association_pdu,
  item_length,
  item_nesting,
  protocol_version,
  ae_title,
  suspicious_ae_title,
  uid,
  application_context,
  application_context_name,
  presentation_context,
  even_context_id,
  repeated_context_id,
  abstract_syntax,
  transfer_syntax,
  user_information,
  maximum_length_item,
  implementation_class_uid,
  user_identity_type,
  context_result,
  unproposed_context,
  unanswered_context,
  unproposed_transfer_syntax,
  unproposed_item,
  rejection_code,
  abort_code,
  pdv_length,
  pdv_context,
  maximum_length,
  control_header,
  odd_fragment,
  empty_fragment,
  interleaved_messages,
  messages_in_one_pdu,
  command_and_data_in_one_pdu,
  data_before_acceptance,
  data_after_release,
  unexpected_pdu,
  command_set,
  message_order,
  response_without_request,
  command_element_order,
  command_group_length,
  command_elements,
  command_uid,
  unknown_command,
  move_destination,
  data_set_type,
  data_set_missing,
  data_set_unannounced,
  sop_class_of_context,
  message_id_reused,
  response_after_final,
  status,
  sub_operations,
  data_set_nesting,
  data_set_vr,
  data_set_odd_length,
  data_set_length,
  data_set_order,
  data_set_uid
};

struct BreachRule {
  Breach breach;
  std::string_view name;
  std::string_view clause;
  Severity severity = Severity::medium;
  std::string_view meaning = {};  ///< a sentence for people
};

inline constexpr std::array kBreachRules{
    BreachRule{Breach::pdu_type, "dicom.pdu_type", "PS3.8 9.3.1", Severity::high,
               "A PDU has a type that the standard does not know."},
    BreachRule{Breach::pdu_length, "dicom.pdu_length", "PS3.8 9.3.1", Severity::high,
               "A PDU is shorter or longer than its type can be."},
    BreachRule{Breach::association_pdu, "dicom.association_pdu", "PS3.8 9.3.2", Severity::high,
               "A field or an item of an association PDU runs past the end of what holds it."},
    BreachRule{Breach::item_length, "dicom.item_length", "PS3.8 9.3.1", Severity::medium,
               "An item of an association PDU has another length than what it says needs."},
    BreachRule{Breach::item_nesting, "dicom.item_nesting", "PS3.8 9.3.2", Severity::medium,
               "An item of an association PDU stands where it does not belong."},
    BreachRule{Breach::protocol_version, "dicom.protocol_version", "PS3.8 9.3.2", Severity::medium,
               "The association is offered or accepted without version 1 of the upper layer protocol."},
    BreachRule{Breach::ae_title, "dicom.ae_title", "PS3.8 9.3.2", Severity::medium,
               "An AE title has a backslash, a control character or one that is not ASCII, or nothing but spaces."},
    BreachRule{Breach::suspicious_ae_title, "dicom.suspicious_ae_title", "PS3.5 6.2", Severity::low,
               "An AE title is legal, yet has characters that a careless receiver may run or take for a path."},
    BreachRule{Breach::uid, "dicom.uid", "PS3.8 F.1", Severity::low,
               "What should be a UID is none, is padded, or has empty components or leading zeros."},
    BreachRule{Breach::application_context, "dicom.application_context", "PS3.8 9.3.2", Severity::medium,
               "The application context is missing or said more than once."},
    BreachRule{Breach::application_context_name, "dicom.application_context_name", "PS3.7 A.2.1", Severity::medium,
               "The application context is another than DICOM's."},
    BreachRule{Breach::presentation_context, "dicom.presentation_context", "PS3.8 9.3.2", Severity::medium,
               "No presentation context is proposed or answered."},
    BreachRule{Breach::even_context_id, "dicom.even_context_id", "PS3.8 9.3.2.2", Severity::medium,
               "A presentation context has an even id."},
    BreachRule{Breach::repeated_context_id, "dicom.repeated_context_id", "PS3.8 9.3.2.2", Severity::high,
               "Two presentation contexts have the same id; the first of them counts."},
    BreachRule{Breach::abstract_syntax, "dicom.abstract_syntax", "PS3.8 9.3.2.2", Severity::medium,
               "A presentation context is proposed with no abstract syntax, or with several."},
    BreachRule{Breach::transfer_syntax, "dicom.transfer_syntax", "PS3.8 9.3.2.2, 9.3.3.2", Severity::medium,
               "A presentation context is proposed without a transfer syntax, or accepted with none or several."},
    BreachRule{Breach::user_information, "dicom.user_information", "PS3.8 9.3.2", Severity::medium,
               "The user information is missing or said more than once."},
    BreachRule{Breach::maximum_length_item, "dicom.maximum_length_item", "PS3.8 D.1", Severity::medium,
               "The longest PDU that is taken is not told, or more than once."},
    BreachRule{Breach::implementation_class_uid, "dicom.implementation_class_uid", "PS3.7 D.3.3.2", Severity::low,
               "The implementation class UID is missing or said more than once."},
    BreachRule{Breach::user_identity_type, "dicom.user_identity_type", "PS3.7 D.3.3.7.1", Severity::medium,
               "A user identity is of a type that the standard does not know."},
    BreachRule{Breach::context_result, "dicom.context_result", "PS3.8 9.3.3.2", Severity::medium,
               "A presentation context is answered with a result that the standard does not know."},
    BreachRule{Breach::unproposed_context, "dicom.unproposed_context", "PS3.8 9.3.3.2", Severity::medium,
               "A presentation context is answered that was not proposed."},
    BreachRule{Breach::unanswered_context, "dicom.unanswered_context", "PS3.8 7.1.1.14", Severity::low,
               "The acceptance leaves a proposed presentation context without an answer."},
    BreachRule{Breach::unproposed_transfer_syntax, "dicom.unproposed_transfer_syntax", "PS3.8 9.3.3.2", Severity::high,
               "A presentation context is accepted with a transfer syntax that was not proposed for it."},
    BreachRule{Breach::unproposed_item, "dicom.unproposed_item", "PS3.7 D.3.3", Severity::low,
               "The acceptance grants a role, a window or a negotiation that was not proposed."},
    BreachRule{Breach::rejection_code, "dicom.rejection_code", "PS3.8 9.3.4", Severity::low,
               "The association is rejected with a result, source or reason that the standard does not know."},
    BreachRule{Breach::abort_code, "dicom.abort_code", "PS3.8 9.3.8", Severity::low,
               "The association is aborted with a source or reason that the standard does not know."},
    BreachRule{Breach::pdv_length, "dicom.pdv_length", "PS3.8 9.3.5.1", Severity::high,
               "A presentation data value is too short for its header, or longer than the PDU that holds it."},
    BreachRule{Breach::pdv_context, "dicom.pdv_context", "PS3.8 9.3.5.1", Severity::high,
               "Data is sent on a presentation context that was not accepted."},
    BreachRule{Breach::maximum_length, "dicom.maximum_length", "PS3.8 D.1", Severity::medium,
               "A PDU is longer than its receiver said that it takes."},
    BreachRule{Breach::control_header, "dicom.control_header", "PS3.8 E.2", Severity::low,
               "Reserved bits of a message control header are set."},
    BreachRule{Breach::odd_fragment, "dicom.odd_fragment", "PS3.8 E.1", Severity::low,
               "A fragment of a message has an odd number of bytes."},
    BreachRule{Breach::empty_fragment, "dicom.empty_fragment", "PS3.8 E.1", Severity::low,
               "A fragment of a message is empty, though it is not the last."},
    BreachRule{Breach::interleaved_messages, "dicom.interleaved_messages", "PS3.8 E.1", Severity::high,
               "A message begins before the last fragment of the one before it was sent."},
    BreachRule{Breach::messages_in_one_pdu, "dicom.messages_in_one_pdu", "PS3.8 E.1", Severity::medium,
               "One PDU holds fragments of two messages."},
    BreachRule{Breach::command_and_data_in_one_pdu, "dicom.command_and_data_in_one_pdu", "PS3.8 E.1", Severity::low,
               "One PDU holds a command and its data set: legal, yet some receivers do not understand it."},
    BreachRule{Breach::data_before_acceptance, "dicom.data_before_acceptance", "PS3.8 9.2", Severity::medium,
               "The opener sends data, or asks for release, before the association is accepted."},
    BreachRule{Breach::data_after_release, "dicom.data_after_release", "PS3.8 9.2", Severity::medium,
               "A side sends data although it asked for release, or after the release."},
    BreachRule{Breach::unexpected_pdu, "dicom.unexpected_pdu", "PS3.8 9.2", Severity::medium,
               "A PDU comes in a state of the association in which it cannot."},
    BreachRule{Breach::command_set, "dicom.command_set", "PS3.7 6.3.1", Severity::high,
               "A command set cannot be read."},
    BreachRule{Breach::message_order, "dicom.message_order", "PS3.8 E.1", Severity::high,
               "A command comes where a data set should, or a data set where none should."},
    BreachRule{Breach::response_without_request, "dicom.response_without_request", "PS3.7 8.1", Severity::medium,
               "A response answers no request."},
    BreachRule{Breach::command_element_order, "dicom.command_element_order", "PS3.7 6.3", Severity::low,
               "The elements of a command set do not ascend."},
    BreachRule{Breach::command_group_length, "dicom.command_group_length", "PS3.7 E.1", Severity::low,
               "The group length of a command set is missing or wrong."},
    BreachRule{Breach::command_elements, "dicom.command_elements", "PS3.7 9.3, 10.3", Severity::medium,
               "A command lacks an element that it must have, or has one that it must not."},
    BreachRule{Breach::command_uid, "dicom.command_uid", "PS3.5 9.1", Severity::low, "A UID of a command set is none."},
    BreachRule{Breach::unknown_command, "dicom.unknown_command", "PS3.7 E.1", Severity::medium,
               "A command field is none that the standard knows."},
    BreachRule{Breach::move_destination, "dicom.move_destination", "PS3.7 9.3.4.1", Severity::medium,
               "A C-MOVE names no destination."},
    BreachRule{Breach::data_set_type, "dicom.data_set_type", "PS3.7 9.3, 10.3", Severity::medium,
               "A command announces a data set that it cannot have, or none where it must have one."},
    BreachRule{Breach::data_set_missing, "dicom.data_set_missing", "PS3.7 E.1", Severity::high,
               "A data set was announced and does not come."},
    BreachRule{Breach::data_set_unannounced, "dicom.data_set_unannounced", "PS3.7 E.1", Severity::high,
               "A data set comes that was not announced."},
    BreachRule{Breach::sop_class_of_context, "dicom.sop_class_of_context", "PS3.8 9.3.2.2", Severity::medium,
               "A command names another SOP class than its presentation context does."},
    BreachRule{Breach::message_id_reused, "dicom.message_id_reused", "PS3.7 9.1.1.1.1", Severity::medium,
               "A message id is used again before the operation that bears it was answered."},
    BreachRule{Breach::response_after_final, "dicom.response_after_final", "PS3.7 8.1", Severity::medium,
               "A response comes after the final one."},
    BreachRule{Breach::status, "dicom.status", "PS3.7 C", Severity::low, "A status is none that the standard knows."},
    BreachRule{Breach::sub_operations, "dicom.sub_operations", "PS3.4 C.4.2.1", Severity::low,
               "The counts of sub-operations contradict one another."},
    BreachRule{Breach::data_set_nesting, "dicom.data_set_nesting", "PS3.5 7.5", Severity::high,
               "A sequence or an item of a data set does not end where it should, or is nested too deep."},
    BreachRule{Breach::data_set_vr, "dicom.data_set_vr", "PS3.5 6.2", Severity::medium,
               "An element of a data set has a value representation that the standard does not know."},
    BreachRule{Breach::data_set_odd_length, "dicom.data_set_odd_length", "PS3.5 7.1.1", Severity::low,
               "An element of a data set has an odd length."},
    BreachRule{Breach::data_set_length, "dicom.data_set_length", "PS3.5 7.1.1", Severity::high,
               "An element of a data set runs past the end of what holds it."},
    BreachRule{Breach::data_set_order, "dicom.data_set_order", "PS3.5 7.1", Severity::medium,
               "The elements of a data set do not ascend."},
    BreachRule{Breach::data_set_uid, "dicom.data_set_uid", "PS3.5 9.1", Severity::low, "A UID of a data set is none."},
};

constexpr bool rules_are_in_order() {
  for (std::size_t i = 0; i < kBreachRules.size(); ++i) {
    if (static_cast<std::size_t>(kBreachRules[i].breach) != i) return false;
  }
  return true;
}
static_assert(rules_are_in_order());

class Violations {
 public:
  explicit Violations(Emitter& emitter) : emitter_(emitter) {}

  /// Gives the violation to be completed before the next fact is emitted; null if this kind was told before.
  Violation* tell(Breach breach, const UnitStart& unit, std::uint64_t length, bool by_opener, const Mark& mark) {
    const auto index = static_cast<std::size_t>(breach);
    if (told_.test(index)) return nullptr;
    told_.set(index);
    const BreachRule& rule = kBreachRules[index];
    return &emitter_.emit(Phase::end, unit.mark, mark,
                          Violation{.name = rule.name,
                                    .clause = rule.clause,
                                    .offset = unit.offset,
                                    .length = length,
                                    .by_opener = by_opener,
                                    .severity = rule.severity,
                                    .meaning = rule.meaning});
  }

  /// A new association begins.
  void forget() { told_.reset(); }

 private:
  Emitter& emitter_;
  std::bitset<kBreachRules.size()> told_;
};

}  // namespace dcmwatch::dicom
