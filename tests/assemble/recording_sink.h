// A sink that writes down what it is told, and answers the appetite that it was given.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "assemble/stream.h"

namespace dcmwatch {

struct RecordingSink final : StreamSink {
  /// How many of the bytes after `told` (of this direction, given or skipped so far) nobody wants.
  std::function<Appetite(Direction, std::uint64_t told)> appetite = [](Direction, std::uint64_t) { return kWantAll; };

  std::array<std::string, 2> stream;  ///< wanted bytes as they came, '_' for skipped, '?' for gaps
  std::array<std::uint64_t, 2> missing{};
  std::vector<std::string> log;

  std::optional<Duration> wakes_after;  ///< bytes

  Appetite on_bytes(Direction d, const Mark& mark, ByteView bytes) override {
    stream[index_of(d)] += as_text(bytes);
    if (wakes_after) set_wake_at(mark.time + *wakes_after);
    return appetite(d, stream[index_of(d)].size());
  }
  void on_skipped(Direction d, const Mark&, const Mark&, std::uint64_t bytes, std::uint64_t lost) override {
    stream[index_of(d)].append(bytes, '_');
    missing[index_of(d)] += lost;
    log.push_back("skipped " + std::to_string(bytes) + " missing " + std::to_string(lost));
  }
  void on_gap(Direction d, const Mark&, std::uint64_t lost) override {
    stream[index_of(d)].append(lost, '?');
    log.push_back("gap " + std::to_string(lost));
  }
  void on_conflict(Direction, const Mark&, std::uint64_t offset, std::uint64_t length) override {
    log.push_back("conflict at " + std::to_string(offset) + " of " + std::to_string(length));
  }
  void on_time(const Mark& mark) override {
    set_wake_at(Timestamp::max());
    log.push_back("woken " + std::to_string(to_ns(mark.time) / 1'000'000 % 1'000'000) + " by " +
                  std::to_string(mark.packet));
  }
  void rebase(Timestamp now) override {
    if (wakes_after) set_wake_at(now + *wakes_after);
  }
  void on_close(const Mark&, CloseReason) override { log.push_back("close"); }
};

}  // namespace dcmwatch
