// Which names may be told: a host's or a device's may, a person's may not. By their alphabets, for nobody says which is
// which.
#pragma once

#include <algorithm>
#include <string_view>

#include "event/tls.h"

namespace dcmwatch::tls {

constexpr bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

template <std::size_t capacity>
constexpr bool is_of(std::string_view name, std::string_view more_characters) {
  const auto fits = [&](char c) { return is_letter_or_digit(c) || more_characters.find(c) != std::string_view::npos; };
  return !name.empty() && name.size() <= capacity && std::ranges::all_of(name, fits);
}

/// Empty if it is none: RFC 1123 2.1, with the underscore that is common, the asterisk of a wildcard (RFC 6125 6.4.3)
/// and the colon of an address.
inline HostName host_name(std::string_view name) { return is_of<100>(name, ".-_*:") ? HostName{name} : HostName{}; }

/// Empty if it is none: an organisation's, as a certificate authority has it.
inline HostName authority_name(std::string_view name) {
  return is_of<100>(name, ".-_*: ,()&/+'") ? HostName{name} : HostName{};
}

/// RFC 7301 3.1; GREASE (RFC 8701) and whatever else is not printable is none.
inline bool is_protocol_name(std::string_view name) { return is_of<32>(name, ".-_/"); }

}  // namespace dcmwatch::tls
