#include "protocol/hl7/validity.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "protocol/hl7/character_set.h"
#include "protocol/hl7/codes.h"

namespace dcmwatch::hl7 {
namespace {

// HL7 table 0354: the type, or the type and an event; a site's own begins with Z.
bool is_structure_of(std::string_view type, std::string_view structure) {
  return structure == type || structure.starts_with('Z') ||
         (structure.size() > type.size() + 1 && structure.starts_with(type) && structure[type.size()] == '_');
}

// Before version 2.4 MSH-7 is optional.
bool must_say_its_time(std::string_view version) {
  constexpr std::array<std::string_view, 7> kEarlier{"", "2.0", "2.0D", "2.1", "2.2", "2.3", "2.3.1"};
  return std::ranges::find(kEarlier, version) == kEarlier.end();
}

void look_at_header(const Message& message, Breaks& breaks) {
  const std::string_view version = message.component(Field::version_id);
  if (!is_known_version(version)) breaks.add(Break::version);
  std::string scratch;
  const std::string_view time = unescape(message.component(Field::message_time), message.delimiters, scratch);
  if (time.empty() ? must_say_its_time(version) : !is_time(time)) breaks.add(Break::message_time);
  if (message.component(Field::control_id).empty()) breaks.add(Break::control_id);
  if (processing_id(message).empty()) breaks.add(Break::processing_id);
  if (!message.type) breaks.add(Break::message_type);
  const std::string_view structure = message.component(Field::message_type, 3);
  if (!structure.empty() && !is_structure_of(message.component(Field::message_type), structure))
    breaks.add(Break::message_structure);
}

}  // namespace

Breaks breaks_of(const Message& message, bool cut) {
  Breaks breaks;
  if (!message.header_broken && (!cut || message.beyond_header || message.is_acknowledgement))
    look_at_header(message, breaks);
  if (!CharacterSet{message}.is_known()) breaks.add(Break::character_set_name);
  return breaks;
}

}  // namespace dcmwatch::hl7
