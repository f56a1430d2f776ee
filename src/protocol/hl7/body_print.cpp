#include "protocol/hl7/body_print.h"

#include <algorithm>

namespace dcmwatch::hl7 {

std::uint64_t body_print(std::string_view content, const Message& message, const Pseudonymizer& pseudonymizer) {
  const std::string_view facility = message.raw(Field::receiving_facility);
  if (facility.data() == nullptr) return 0;
  const auto head_bytes = static_cast<std::size_t>(facility.data() + facility.size() - content.data());
  const std::size_t behind = content.find(message.delimiters.field, head_bytes + 1);
  if (behind == std::string_view::npos) return 0;
  const std::uint64_t head = pseudonymizer.fingerprint(content.substr(0, head_bytes));
  const std::uint64_t body = pseudonymizer.fingerprint(content.substr(behind));
  return std::max<std::uint64_t>(body + 3 * head, 1);
}

}  // namespace dcmwatch::hl7
