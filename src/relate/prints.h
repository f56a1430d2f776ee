// What facts are kept in mind by: 64 bits each.
#pragma once

#include <cstdint>

#include "base/endpoint.h"
#include "event/event.h"

namespace dcmwatch {

// 0 is none, and no choice of addresses comes to it.
inline std::uint64_t some_print(std::uint64_t print) { return print == 0 ? 1 : print; }

inline std::uint64_t print_of(const IpAddress& address) {
  const auto [high, low] = address.words();
  return some_print(folded_product(high ^ 0xa0761d6478bd642fU, low ^ 0xe7037ed1a0b428dbU));
}

/// Of two numbers that are something only together.
inline std::uint64_t print_of(std::uint64_t one, std::uint64_t other) {
  return some_print(folded_product(one ^ 0x8ebc6af09c88c6e3U, other ^ 0x589965cc75374cc3U));
}

/// An association may have many with the same message id, one after another.
inline std::uint64_t print_of_operation(const Event& event, const DicomOperation& operation) {
  return print_of(event.conversation, operation.requested.packet << 16 | operation.message_id);
}

}  // namespace dcmwatch
