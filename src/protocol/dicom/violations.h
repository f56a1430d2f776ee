// The rules whose break is told, each once per association.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string_view>

#include "protocol/conversation.h"
#include "protocol/dicom/pdu_framer.h"

namespace dcmwatch::dicom {

enum class Breach : std::uint8_t {
  pdu_type,
  pdu_length,
  association_pdu,
  pdv_length,
  pdv_context,
  maximum_length,
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
  sub_operations
};

struct BreachRule {
  Breach breach;
  std::string_view name;
  std::string_view clause;
};

inline constexpr std::array kBreachRules{
    BreachRule{Breach::pdu_type, "dicom.pdu_type", "PS3.8 9.3.1"},
    BreachRule{Breach::pdu_length, "dicom.pdu_length", "PS3.8 9.3.1"},
    BreachRule{Breach::association_pdu, "dicom.association_pdu", "PS3.8 9.3.2"},
    BreachRule{Breach::pdv_length, "dicom.pdv_length", "PS3.8 9.3.5.1"},
    BreachRule{Breach::pdv_context, "dicom.pdv_context", "PS3.8 9.3.5.1"},
    BreachRule{Breach::maximum_length, "dicom.maximum_length", "PS3.8 D.1"},
    BreachRule{Breach::unexpected_pdu, "dicom.unexpected_pdu", "PS3.8 9.2"},
    BreachRule{Breach::command_set, "dicom.command_set", "PS3.7 6.3.1"},
    BreachRule{Breach::message_order, "dicom.message_order", "PS3.7 6.3"},
    BreachRule{Breach::response_without_request, "dicom.response_without_request", "PS3.7 8.1"},
    BreachRule{Breach::command_element_order, "dicom.command_element_order", "PS3.7 6.3"},
    BreachRule{Breach::command_group_length, "dicom.command_group_length", "PS3.7 E.1"},
    BreachRule{Breach::command_elements, "dicom.command_elements", "PS3.7 9.3, 10.3"},
    BreachRule{Breach::command_uid, "dicom.command_uid", "PS3.5 9.1"},
    BreachRule{Breach::unknown_command, "dicom.unknown_command", "PS3.7 E.1"},
    BreachRule{Breach::move_destination, "dicom.move_destination", "PS3.7 9.3.4.1"},
    BreachRule{Breach::data_set_type, "dicom.data_set_type", "PS3.7 9.3, 10.3"},
    BreachRule{Breach::data_set_missing, "dicom.data_set_missing", "PS3.7 E.1"},
    BreachRule{Breach::data_set_unannounced, "dicom.data_set_unannounced", "PS3.7 E.1"},
    BreachRule{Breach::sop_class_of_context, "dicom.sop_class_of_context", "PS3.8 9.3.2.2"},
    BreachRule{Breach::message_id_reused, "dicom.message_id_reused", "PS3.7 9.1.1.1.1"},
    BreachRule{Breach::response_after_final, "dicom.response_after_final", "PS3.7 8.1"},
    BreachRule{Breach::status, "dicom.status", "PS3.7 C"},
    BreachRule{Breach::sub_operations, "dicom.sub_operations", "PS3.4 C.4.2.1"},
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

  void tell(Breach breach, const UnitStart& unit, std::uint64_t length, bool by_opener, const Mark& mark) {
    const auto index = static_cast<std::size_t>(breach);
    if (told_.test(index)) return;
    told_.set(index);
    const BreachRule& rule = kBreachRules[index];
    emitter_.emit(Phase::end, unit.mark, mark, Violation{rule.name, rule.clause, unit.offset, length, by_opener});
  }

  /// A new association begins.
  void forget() { told_.reset(); }

 private:
  Emitter& emitter_;
  std::bitset<kBreachRules.size()> told_;
};

}  // namespace dcmwatch::dicom
