// Dates and times as data sets write them (PS3.5 6.2: DA, TM, DT). What is none, or nonsense, is nothing.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/timestamp.h"

namespace dcmwatch::dicom {

/// DA: "20261121", or as ACR-NEMA wrote it "2026.11.21".
std::optional<std::chrono::sys_days> date_of(std::string_view da);

/// TM: "14", "1430", "143015.25", or "14:30:15"; since midnight.
std::optional<Duration> time_of(std::string_view tm);

/// "+0200", "-0500": from UTC (PS3.3 C.12.1.1.8).
std::optional<std::chrono::minutes> offset_of(std::string_view offset);

struct DateTime {
  Timestamp time;  ///< UTC if there is an offset, else as it is written
  bool offset_told = false;
};

/// DT: "20261121143015.25&ZZXX", where &ZZXX is its own offset from UTC, which may be absent. An hour at least.
std::optional<DateTime> date_time_of(std::string_view dt, std::optional<std::chrono::minutes> offset);
/// Nothing unless both are dates and times.
std::optional<DateTime> date_time_of(std::string_view da, std::string_view tm,
                                     std::optional<std::chrono::minutes> offset);

}  // namespace dcmwatch::dicom
