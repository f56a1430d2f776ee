#include "protocol/hl7/facts.h"

#include <algorithm>
#include <array>

#include "protocol/hl7/message_types.h"

namespace dcmwatch::hl7 {
namespace {

constexpr std::size_t kLongestOrderControl = 2;  // HL7 table 0119
constexpr std::size_t kLongestVersion = 5;       // HL7 table 0104: "2.5.1"

constexpr std::array<std::string_view, 6> kAcknowledgementCodes{"AA", "AE", "AR", "CA", "CE", "CR"};  // HL7 table 0008
constexpr std::array<std::string_view, 4> kAcknowledgementConditions{"AL", "ER", "SU", "NE"};         // HL7 table 0155
constexpr std::array<std::string_view, 3> kProcessingIds{"D", "P", "T"};                              // HL7 table 0103
// HL7 table 0211, then two that are in use though they are no members of it.
constexpr std::array<std::string_view, 25> kCharacterSets{
    "8859/1",         "8859/2",         "8859/3",  "8859/4",    "8859/5",    "8859/6",         "8859/7",
    "8859/8",         "8859/9",         "8859/15", "ASCII",     "BIG-5",     "CNS 11643-1992", "GB 18030-2000",
    "ISO IR14",       "ISO IR159",      "ISO IR6", "ISO IR87",  "KS X 1001", "UNICODE",        "UNICODE UTF-8",
    "UNICODE UTF-16", "UNICODE UTF-32", "UTF-8",   "ISO-8859-1"};

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <std::size_t N>
std::string_view one_of(const std::array<std::string_view, N>& table, std::string_view text) {
  if (text.empty()) return {};
  return std::find(table.begin(), table.end(), text) == table.end() ? std::string_view{} : text;
}

bool is_code(std::string_view text, std::size_t longest) {
  return text.size() <= longest && std::all_of(text.begin(), text.end(), is_upper_or_digit);
}

// "2.3", "2.5.1"
bool is_version(std::string_view text) {
  return text.starts_with("2.") && text.size() <= kLongestVersion && is_digit(text.back()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.'; });
}

class Teller {
 public:
  /// `is_header`: MSH-9 holds a message type.
  Teller(const Message& message, bool is_header) : message_(message), is_header_(is_header) {}

  /// The name of an application or facility (HD.1). Nothing if the message was cut before it, or if what stands where
  /// MSH-9 should is no message type: then it may be no header at all, and this a patient's name.
  std::optional<Hl7Name> name(Field field) {
    if (!is_header_ || !message_.has(field)) return std::nullopt;
    Hl7Name text = text_of(field);
    text.replace_if([](char c) { return c < ' ' || c >= 0x7F; }, '?');
    return text;
  }

 private:
  std::string_view text_of(Field field) { return unescape(message_.component(field), message_.delimiters, scratch_); }

  const Message& message_;
  bool is_header_;
  std::string scratch_;
};

/// The fields that may hold an identifier, the best first, and where its pseudonym goes.
struct Wanted {
  Pseudonym Hl7Message::*told;
  IdentifierKind kind;
  std::array<std::optional<Field>, 4> fields;
};

constexpr std::array kIdentifiers{
    Wanted{&Hl7Message::control_id, IdentifierKind::control_id, {Field::control_id}},
    Wanted{&Hl7Message::patient, IdentifierKind::patient_id, {Field::patient_identifiers}},
    // IHE RAD TF-2 4.4 and 4.2 put the accession number in IPC-1 or OBR-18; elsewhere the filler's number serves as
    // one.
    Wanted{&Hl7Message::accession,
           IdentifierKind::accession_number,
           {Field::ipc_accession_identifier, Field::obr_placer_field_1, Field::obr_filler_order_number,
            Field::orc_filler_order_number}},
    Wanted{&Hl7Message::placer_order,
           IdentifierKind::order_number,
           {Field::orc_placer_order_number, Field::obr_placer_order_number}},
    Wanted{&Hl7Message::filler_order,
           IdentifierKind::order_number,
           {Field::orc_filler_order_number, Field::obr_filler_order_number}}};

// Of the first field that holds one.
std::string_view identifier(const Message& message, const Wanted& wanted, std::string& scratch) {
  for (const std::optional<Field> field : wanted.fields) {
    if (!field) break;
    const std::string_view text = normalised(unescape(message.component(*field), message.delimiters, scratch));
    if (!text.empty()) return text;
  }
  return {};
}

void tell_pseudonyms(const Message& message, const Pseudonymizer& pseudonymizer, Hl7Message& facts) {
  std::array<std::string, kIdentifiers.size()> scratch;
  std::array<Identifier, kIdentifiers.size()> identifiers;
  for (std::size_t i = 0; i < kIdentifiers.size(); ++i)
    identifiers[i] = {kIdentifiers[i].kind, identifier(message, kIdentifiers[i], scratch[i])};
  std::array<Pseudonym, kIdentifiers.size()> told;
  pseudonymizer.pseudonyms(identifiers, told);
  for (std::size_t i = 0; i < kIdentifiers.size(); ++i) facts.*kIdentifiers[i].told = told[i];
}

// Absent if MSH was cut before its MSH-15; where another segment follows, MSH is whole.
std::optional<AcknowledgementMode> acknowledgement_mode(const Message& message) {
  const auto wants = [&message](Field field) { return !message.component(field).empty(); };
  if (wants(Field::accept_acknowledgement) || wants(Field::application_acknowledgement))
    return AcknowledgementMode::enhanced;
  if (message.beyond_header || message.has(Field::application_acknowledgement)) return AcknowledgementMode::original;
  return std::nullopt;
}

}  // namespace

std::optional<Code> message_type(const Message& message) {
  const std::string_view code = message.component(Field::message_type, 1);
  const std::string_view event = message.component(Field::message_type, 2);
  if (!is_message_type(code)) return std::nullopt;
  if (event.empty()) return Code{code};
  if (!is_trigger_event(event)) return std::nullopt;
  Code text = code;
  text.append("^");
  text.append(event);
  return text;
}

std::optional<Code> acknowledgement_code(const Message& message) {
  const std::string_view code = one_of(kAcknowledgementCodes, message.component(Field::acknowledgement_code));
  if (code.empty()) return std::nullopt;
  return Code{code};
}

std::string_view control_id(const Message& message, Field field, std::string& scratch) {
  return normalised(unescape(message.component(field), message.delimiters, scratch));
}

AcknowledgementsWanted acknowledgements_wanted(const Message& message) {
  const std::string_view accept = one_of(kAcknowledgementConditions, message.component(Field::accept_acknowledgement));
  const std::string_view application =
      one_of(kAcknowledgementConditions, message.component(Field::application_acknowledgement));
  return {.any = accept != "NE" || application != "NE",
          .accept = !accept.empty() && accept != "NE",
          .application = !application.empty() && application != "NE"};
}

Hl7Message facts_of(const Message& message, const Pseudonymizer& pseudonymizer) {
  const auto type = message_type(message);
  Teller tell{message, type.has_value()};
  Hl7Message facts;
  if (type) facts.message_type = *type;
  facts.mode = acknowledgement_mode(message);
  facts.processing_id = one_of(kProcessingIds, message.component(Field::processing_id));
  facts.character_set = one_of(kCharacterSets, message.component(Field::character_set));
  const std::string_view version = message.component(Field::version_id);
  if (is_version(version)) facts.version = version;
  const std::string_view order_control = message.component(Field::order_control);
  if (is_code(order_control, kLongestOrderControl)) facts.order_control = order_control;

  facts.sending_application = tell.name(Field::sending_application);
  facts.sending_facility = tell.name(Field::sending_facility);
  facts.receiving_application = tell.name(Field::receiving_application);
  facts.receiving_facility = tell.name(Field::receiving_facility);

  tell_pseudonyms(message, pseudonymizer, facts);
  return facts;
}

}  // namespace dcmwatch::hl7
