#include "protocol/hl7/body_print.h"

#include <algorithm>

namespace dcmwatch::hl7 {

std::uint64_t body_print(const Message& message, const Pseudonymizer& pseudonymizer) {
  const std::string_view time = message.raw(Field::message_time);
  if (time.data() == nullptr) return 0;
  const auto before = static_cast<std::size_t>(time.data() - message.text.data());
  const std::uint64_t head = pseudonymizer.fingerprint(message.text.substr(0, before));
  const std::uint64_t body = pseudonymizer.fingerprint(message.text.substr(before + time.size()));
  return std::max<std::uint64_t>(body + 3 * head, 1);
}

}  // namespace dcmwatch::hl7
