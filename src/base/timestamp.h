// Packet time. Nothing below `app` reads a clock: time enters with packets.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace dcmwatch {

/// A clock that cannot be read, on purpose: it has no now().
struct PacketClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<PacketClock, duration>;
  static constexpr bool is_steady = false;
};

/// Nanoseconds since 1970-01-01T00:00:00Z, as the capture says.
using Timestamp = PacketClock::time_point;
using Duration = PacketClock::duration;

constexpr Timestamp timestamp_from_ns(std::int64_t nanoseconds) { return Timestamp{Duration{nanoseconds}}; }
/// The latest second that a source may tell, in 2261: any time-out can be added to it without leaving 64 bits.
inline constexpr std::int64_t kLatestSecond = 9'200'000'000;
/// None, where the clock was set back in between.
constexpr Duration elapsed(Timestamp from, Timestamp to) { return from < to ? to - from : Duration::zero(); }
constexpr std::int64_t to_ns(Timestamp time) { return time.time_since_epoch().count(); }

/// RFC 3339 in UTC with nanoseconds, the form that Elastic Common Schema asks for in @timestamp.
/// Appends exactly 30 characters for the years 0000 to 9999.
void append_rfc3339(std::string& out, Timestamp time);
std::string to_rfc3339(Timestamp time);

/// The same, for one who writes many: what two successive times have in common is written once.
class Rfc3339 {
 public:
  static constexpr std::size_t kCharacters = 30;

  /// Writes kCharacters at `at`; returns where they end.
  char* put(char* at, Timestamp time);

 private:
  std::chrono::seconds second_ = std::chrono::seconds::min();  ///< none
  std::array<char, 20> text_{};                                ///< of that second, with the point after it
};

/// The packet that a fact rests on: when it was seen, in which source, and its index there (from 0).
struct Mark {
  Timestamp time{};
  std::uint32_t source = 0;
  std::uint64_t packet = 0;

  friend bool operator==(const Mark&, const Mark&) = default;
  friend auto operator<=>(const Mark&, const Mark&) = default;
};

}  // namespace dcmwatch
