#include "app/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace dcmwatch {
namespace {

constexpr std::chrono::milliseconds kPatience{500};  // a short replay shows no bar at all
constexpr std::chrono::milliseconds kInterval{100};
constexpr unsigned kWidth = 40;

}  // namespace

Progress::Progress(std::uint64_t total_bytes)
    : total_bytes_(total_bytes),
      enabled_(isatty(STDERR_FILENO) == 1),
      begun_(Clock::now()),
      next_(begun_ + kPatience) {}

Progress::~Progress() { clear(); }

void Progress::show(std::uint64_t done_bytes) {
  if (!enabled_ || Clock::now() < next_) return;
  next_ = Clock::now() + kInterval;
  shown_ = true;
  const double mebibytes = static_cast<double>(done_bytes) / (1 << 20);
  const double rate = mebibytes / std::chrono::duration<double>(Clock::now() - begun_).count();
  std::string line;
  if (total_bytes_ == 0) {
    line = fmt::format("\r{:.0f} MiB, {:.0f} MiB/s", mebibytes, rate);
  } else {
    const double share = std::min(1.0, static_cast<double>(done_bytes) / static_cast<double>(total_bytes_));
    const auto filled = static_cast<unsigned>(share * kWidth);
    line =
        fmt::format("\r[{:#<{}}{:.<{}}] {:3.0f} %, {:.0f} MiB/s", "", filled, "", kWidth - filled, share * 100, rate);
  }
  fmt::print(stderr, "{}\x1b[K", line);
  std::fflush(stderr);
}

void Progress::clear() {
  if (!shown_) return;
  shown_ = false;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
}

}  // namespace dcmwatch
