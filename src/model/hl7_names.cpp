#include "model/hl7_names.h"

#include <algorithm>

#include "base/text.h"

namespace dcmwatch {
namespace {

constexpr std::string_view kAny = "*";
constexpr std::size_t kLongestName = Hl7Name{}.place().size();  // as much as is told of one
constexpr std::size_t kLongestIdType = Code{}.place().size();

/// What stands before the delimiter, which is taken from the text together with it.
std::string_view take_until(std::string_view& text, char delimiter) {
  const auto end = std::min(text.find(delimiter), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trimmed(part);
}

std::optional<Hl7EndName> name_from(std::string_view text) {
  if (text == kAny) return Hl7EndName{.any = true, .namespace_id = {}, .universal_id = {}, .universal_id_type = {}};
  const bool whole = text.find('^') != std::string_view::npos;
  Hl7EndName name;
  name.namespace_id = take_until(text, '^');
  if (whole) {
    name.universal_id = take_until(text, '^');
    name.universal_id_type = take_until(text, '^');
  }
  const bool fits = name.namespace_id.size() <= kLongestName && name.universal_id.value_or("").size() <= kLongestName &&
                    name.universal_id_type.value_or("").size() <= kLongestIdType;
  return fits && text.empty() ? std::optional{std::move(name)} : std::nullopt;
}

bool is_nobody(const Hl7EndName& name) {
  return !name.any && name.namespace_id.empty() && name.universal_id.value_or("").empty() &&
         name.universal_id_type.value_or("").empty();
}

// 2A.33: the universal id and its type are both there, or neither is.
bool is_half(const Hl7EndName& name) {
  return name.universal_id && (name.universal_id->empty() || name.universal_id_type->empty());
}

bool matches(const Hl7EndName& declared, std::string_view namespace_id, const Hl7UniversalId& id) {
  if (declared.any) return true;
  if (declared.namespace_id != namespace_id) return false;
  return !declared.universal_id || (id.id == *declared.universal_id && id.type == *declared.universal_id_type);
}

Hl7UniversalId universal_id(const Hl7Message& message, HeaderName name) {
  const Hl7Origin* const origin = message.content ? message.content->origin.get() : nullptr;
  return origin ? origin->universal_ids[static_cast<std::size_t>(name)] : Hl7UniversalId{};
}

std::string text_of(std::string_view namespace_id, const Hl7UniversalId& id) {
  std::string text{namespace_id};
  if (id != Hl7UniversalId{}) text.append("^").append(id.id.view()).append("^").append(id.type.view());
  return text;
}

}  // namespace

std::string Hl7EndSeen::text() const {
  std::string text = text_of(application, application_id);
  if (!facility.empty() || facility_id != Hl7UniversalId{}) text += '|' + text_of(facility, facility_id);
  return text;
}

std::optional<Hl7EndSeen> sender_of(const Hl7Message& message) {
  if (!message.sending_application || !message.sending_facility) return std::nullopt;
  return Hl7EndSeen{trimmed(*message.sending_application), trimmed(*message.sending_facility),
                    universal_id(message, HeaderName::sending_application),
                    universal_id(message, HeaderName::sending_facility)};
}

std::optional<Hl7EndSeen> receiver_of(const Hl7Message& message) {
  if (!message.receiving_application || !message.receiving_facility) return std::nullopt;
  return Hl7EndSeen{trimmed(*message.receiving_application), trimmed(*message.receiving_facility),
                    universal_id(message, HeaderName::receiving_application),
                    universal_id(message, HeaderName::receiving_facility)};
}

std::optional<Hl7End> hl7_end_from(std::string_view text) {
  if (trimmed(text).empty() || std::ranges::any_of(text, [](unsigned char c) { return c < ' ' || c == 0x7F; }))
    return std::nullopt;
  const bool with_facility = text.find('|') != std::string_view::npos;
  std::string_view rest = text;
  auto application = name_from(take_until(rest, '|'));
  auto facility = name_from(with_facility ? take_until(rest, '|') : kAny);
  if (!application || !facility || !rest.empty()) return std::nullopt;
  return Hl7End{std::string{text}, *std::move(application), *std::move(facility)};
}

std::optional<Hl7EndMistake> mistake_in_hl7_end(std::string_view text) {
  constexpr std::string_view kHow =
      "write LAB, 'LAB|MAIN' with its facility, '*|MAIN' for any of it, or 'LAB^1.2.3^ISO' for the whole name";
  if (text.find('~') != std::string_view::npos)
    return Hl7EndMistake{"has a repetition, which MSH-3 to MSH-6 have not", "make each name an item of the list"};
  const auto end = hl7_end_from(text);
  if (!end || (is_nobody(end->application) && (is_nobody(end->facility) || end->facility.any)))
    return Hl7EndMistake{"names no application", std::string{kHow}};
  const std::string_view application = text.substr(0, text.find('|'));
  const std::string_view facility = text.substr(std::min(application.size() + 1, text.size()));
  if (end->application.any && end->facility.any) return Hl7EndMistake{"is anybody", "write any, or a name"};
  if (is_nobody(end->application))
    return Hl7EndMistake{"names no application", "write '*|" + std::string{facility} + "' for any of the facility"};
  if (is_nobody(end->facility))
    return Hl7EndMistake{"names no facility", "write " + std::string{application} + " for any facility"};
  if (is_half(end->application) || is_half(end->facility))
    return Hl7EndMistake{"is no whole name", "write the first component alone, or all three: 'LAB^1.2.3^ISO'"};
  return std::nullopt;
}

bool matches(const Hl7End& declared, const Hl7EndSeen& seen) {
  return matches(declared.application, seen.application, seen.application_id) &&
         matches(declared.facility, seen.facility, seen.facility_id);
}

}  // namespace dcmwatch
