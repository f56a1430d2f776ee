#include "output/wording.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/unicode.h"

namespace dcmwatch {
namespace {

constexpr char kUnprintable = '?';

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80; }

/// Length of the UTF-8 sequence that a lead byte announces; 0 for a byte that leads none.
std::size_t announced_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

bool is_printable(std::string_view sequence) {
  return std::ranges::all_of(sequence.substr(1), is_continuation) && control_length(sequence) == 0;
}

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string text = fmt::format("{}", number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::string counted(std::uint64_t number, std::string_view singular) {
  return counted(number, singular, fmt::format("{}s", singular));
}

std::string counted(std::uint64_t number, std::string_view singular, std::string_view plural) {
  return fmt::format("{} {}", grouped(number), number == 1 ? singular : plural);
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"kB", "MB", "GB", "TB", "PB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double amount = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  for (; amount >= 999.95 && unit + 1 < kUnits.size(); ++unit) amount /= 1000;
  return fmt::format("{:.1f} {}", amount, kUnits[unit]);
}

std::string duration_text(Duration duration) {
  using namespace std::chrono;
  if (duration > 0s && duration < 1ms)
    return fmt::format("{:.2g} ms", std::chrono::duration<double, std::milli>(duration).count());
  if (duration < 1s) return fmt::format("{} ms", duration_cast<milliseconds>(duration).count());
  if (duration < 10s) return fmt::format("{:.1f} s", std::chrono::duration<double>(duration).count());
  const auto whole = [&](auto unit) { return duration_cast<decltype(unit)>(duration).count(); };
  if (duration < minutes{1}) return fmt::format("{} s", whole(seconds{}));
  if (duration < hours{1}) return fmt::format("{} min {:02} s", whole(minutes{}), whole(seconds{}) % 60);
  if (duration < days{1}) return fmt::format("{} h {:02} min", whole(hours{}), whole(minutes{}) % 60);
  return fmt::format("{} d {} h", whole(days{}), whole(hours{}) % 24);
}

std::string time_text(Timestamp time) {
  std::string text = to_rfc3339(time);  // 2026-01-31T23:59:59.123456789Z
  text[10] = ' ';
  return text.substr(0, 23);
}

std::string shown(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const std::size_t length = announced_length(static_cast<unsigned char>(text[0]));
    const bool whole = length != 0 && length <= text.size() && is_printable(text.substr(0, length));
    safe += whole ? text.substr(0, length) : std::string_view{&kUnprintable, 1};
    text.remove_prefix(whole ? length : 1);
  }
  return safe;
}

std::size_t columns_of(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, is_continuation));
}

std::string name_of(const Place& place, const Endpoint& endpoint) {
  return place.device.empty() ? to_text(endpoint.address) : shown(place.device);
}

std::string source_name(const Observation& observation) {
  return name_of(observation.declared->source, observation.event.parties.source);
}

std::string destination_name(const Observation& observation) {
  return name_of(observation.declared->destination, observation.event.parties.destination);
}

}  // namespace dcmwatch
