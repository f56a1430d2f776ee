// Addresses of groups: to which many listen, and from which nobody speaks.
#pragma once

#include "base/endpoint.h"

namespace dcmwatch {

/// RFC 5771, RFC 4291 2.7.
inline bool is_multicast(const IpAddress& address) {
  constexpr unsigned kFirstOfV4 = 12;
  const auto& bytes = address.bytes();
  return address.is_v4() ? (bytes[kFirstOfV4] & 0xf0) == 0xe0 : bytes[0] == 0xff;
}

/// Also that of a whole segment (RFC 919).
inline bool is_group(const IpAddress& address) {
  static const IpAddress kEverybody = IpAddress::parse("255.255.255.255").value();
  return is_multicast(address) || address == kEverybody;
}

}  // namespace dcmwatch
