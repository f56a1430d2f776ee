// A bar for people who wait. Silent where standard error is not a terminal.
#pragma once

#include <chrono>
#include <cstdint>

namespace dcmwatch {

class Progress {
 public:
  /// `total_bytes` 0: the length is not known, only the amount read is shown.
  explicit Progress(std::uint64_t total_bytes);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(std::uint64_t done_bytes);
  /// Wipes the bar off, so that what is printed next stands alone.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  std::uint64_t total_bytes_;
  bool enabled_;
  bool shown_ = false;
  Clock::time_point begun_;
  Clock::time_point next_;
};

}  // namespace dcmwatch
