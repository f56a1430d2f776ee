#include "protocol/hl7/errors.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace dcmwatch::hl7 {
namespace {

constexpr std::string_view kSegmentEnds = "\r\n";

// HL7 table 0357.
constexpr std::array<std::string_view, 16> kErrorCodes{"0",   "100", "101", "102", "103", "104", "198", "199",
                                                       "200", "201", "202", "203", "204", "205", "206", "207"};
// HL7 table 0516, the gravest last.
constexpr std::array<std::string_view, 4> kSeverities{"I", "W", "E", "F"};

constexpr std::size_t kLocation = 1, kLocationSince25 = 2, kCode = 3, kSeverity = 4;  // ERR's fields
constexpr std::size_t kErrorCondition = 4;                                            // MSA-6, counted from MSA-2
constexpr std::size_t kLongestNumber = 3;                                             // more could be an identifier

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= kLongestNumber && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_segment_id(std::string_view text) {
  const auto is_upper_or_digit = [](char c) { return (c >= 'A' && c <= 'Z') || is_digit(c); };
  return text.size() == 3 && text[0] >= 'A' && text[0] <= 'Z' &&
         std::all_of(text.begin(), text.end(), is_upper_or_digit);
}

/// From 0. Empty if there are not so many; a separator that is not named separates nothing.
std::string_view part_of(std::string_view text, char separator, std::size_t number) {
  for (; number != 0; --number) {
    const std::size_t end = separator == '\0' ? std::string_view::npos : text.find(separator);
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return separator == '\0' ? text : text.substr(0, text.find(separator));
}

template <std::size_t N>
std::string_view one_of(const std::array<std::string_view, N>& table, std::string_view text) {
  return std::find(table.begin(), table.end(), text) == table.end() ? std::string_view{} : text;
}

class ErrReader {
 public:
  ErrReader(std::string_view segment, const Delimiters& delimiters) : segment_(segment), delimiters_(delimiters) {}

  [[nodiscard]] Hl7Error read() const {
    Hl7Error error;
    // Before 2.5 the location has the code with it, as a coded element of its own (2.4, ERR-1.4).
    const std::string_view old_code = part_of(component(kLocation, 3), delimiters_.subcomponent, 0);
    const std::string_view code = component(kCode, 0);
    error.code = one_of(kErrorCodes, code.empty() ? old_code : code);
    error.severity = one_of(kSeverities, component(kSeverity, 0));
    error.location = location(component(kLocationSince25, 0).empty() ? kLocation : kLocationSince25);
    return error;
  }

 private:
  /// Of the field's first repetition; `number` from 0.
  [[nodiscard]] std::string_view component(std::size_t field, std::size_t number) const {
    const std::string_view whole = part_of(segment_, delimiters_.field, field);
    return part_of(part_of(whole, delimiters_.repetition, 0), delimiters_.component, number);
  }

  // Segment id and numbers; what stands behind anything else is not told.
  [[nodiscard]] Text<32> location(std::size_t field) const {
    Text<32> text;
    if (!is_segment_id(component(field, 0))) return text;
    text.append(component(field, 0));
    const std::size_t numbers = field == kLocation ? 2 : 5;
    for (std::size_t i = 1; i <= numbers && is_number(component(field, i)); ++i) {
      text.append("^");
      text.append(component(field, i));
    }
    return text;
  }

  std::string_view segment_;
  const Delimiters& delimiters_;
};

std::size_t weight(const Hl7Error& error) {
  const auto found = std::find(kSeverities.begin(), kSeverities.end(), error.severity);
  return found == kSeverities.end() ? 0 : static_cast<std::size_t>(found - kSeverities.begin()) + 1;
}

/// What is left of the segment at hand; it goes, with the characters that end it.
std::string_view take_segment(std::string_view& rest) {
  const std::string_view segment = rest.substr(0, rest.find_first_of(kSegmentEnds));
  rest.remove_prefix(segment.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(kSegmentEnds), rest.size()));
  return segment;
}

}  // namespace

std::shared_ptr<const Hl7Error> errors_of(const Message& message) {
  const Field last =
      message.has(Field::acknowledged_control_id) ? Field::acknowledged_control_id : Field::acknowledgement_code;
  if (!message.has(last)) return nullptr;
  const std::string_view field = message.raw(last);
  const auto behind = static_cast<std::size_t>(field.data() + field.size() - message.text.data());
  return errors_behind(message.text.substr(behind), message.delimiters);
}

std::shared_ptr<const Hl7Error> errors_behind(std::string_view behind, const Delimiters& delimiters) {
  const std::string_view msa = take_segment(behind);
  std::optional<Hl7Error> told;
  std::uint32_t count = 0;
  for (std::string_view segment = take_segment(behind); segment.starts_with("ERR"); segment = take_segment(behind)) {
    ++count;
    const Hl7Error error = ErrReader{segment, delimiters}.read();
    if (!told || weight(*told) < weight(error)) told = error;
  }
  if (!told) {
    const std::string_view condition = part_of(msa, delimiters.field, kErrorCondition);
    const std::string_view code = one_of(kErrorCodes, part_of(condition, delimiters.component, 0));
    if (code.empty()) return nullptr;
    told.emplace().code = code;
    count = 1;
  }
  told->count = count;
  return std::make_shared<const Hl7Error>(*std::move(told));
}

}  // namespace dcmwatch::hl7
