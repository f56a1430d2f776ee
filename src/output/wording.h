// Figures, times and names as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "event/record.h"

namespace dcmwatch {

/// "48,211"
std::string grouped(std::uint64_t number);

/// "1 object", "48,211 objects"
std::string counted(std::uint64_t number, std::string_view singular);
std::string counted(std::uint64_t number, std::string_view singular, std::string_view plural);

/// "612 B", "3.1 MB": decimal, as networks are measured
std::string bytes_text(std::uint64_t bytes);

/// "0.12 ms", "12 ms", "3.4 s", "41 min 12 s", "6 h 03 min", "2 d 4 h"
std::string duration_text(Duration duration);

/// "2026-03-02 08:00:01.500"
std::string time_text(Timestamp time);

/// Text off the wire, safe to show: what is not printable, or no UTF-8, becomes "?".
std::string shown(std::string_view text);

/// How many columns a terminal gives the text: its code points.
std::size_t columns_of(std::string_view text);

/// The device's name, or the address of an undeclared one.
std::string name_of(const Place& place, const Endpoint& endpoint);
std::string source_name(const Observation& observation);
std::string destination_name(const Observation& observation);

/// "6 C-STORE, 1 C-ECHO" from counts by name, without those that are zero.
template <typename Counts>
std::string listed(const Counts& counts) {
  std::string text;
  for (const auto& [name, count] : counts) {
    if (count != 0) text.append(text.empty() ? "" : ", ").append(grouped(count) + ' ' + name);
  }
  return text;
}

}  // namespace dcmwatch
