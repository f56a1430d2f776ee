// The output thread: takes what was found from the analyst and feeds log, metrics and summary, so that writing never
// holds up watching.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "output/page.h"
#include "output/record_sink.h"

namespace dcmwatch {

/// What happens to items that the sinks are too slow for.
enum class WhenFull : std::uint8_t {
  wait,  ///< replay: submit() waits
  shed   ///< live: connection summaries go first, findings last; each is counted
};

struct OutputSettings {
  std::size_t queued_items =
      4096;  ///< summaries may fill the queue this far, other records twice, findings three times
  WhenFull when_full = WhenFull::wait;
  /// For so long a little to tell waits for more: to wake a thread for each record would cost more than writing it. No
  /// result depends on it.
  std::chrono::milliseconds patience{20};
};

/// Items that were shed, in the order in which they are given up.
enum class ItemRank : std::uint8_t { connection, record, finding };
using ShedCounts = std::array<std::uint64_t, 3>;  ///< by ItemRank

/// Order of calls: submit as often as wanted, from one thread, then close. The sinks outlive it and are called by its
/// thread alone; after close() they may be used again.
class Output {
 public:
  Output(std::vector<RecordSink*> sinks, OutputSettings settings);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  /// Whether any sink takes it: others need not be among a page's items, which would only be carried along.
  [[nodiscard]] bool takes(const Observation& observation) const {
    return takes_every_phase_ || observation.event.phase == Phase::end;
  }

  /// Once told, the page goes back to where it came from.
  void submit(PagePointer page);

  /// Waits until every item has reached the sinks and has been flushed.
  void close();

  /// May be asked from any thread.
  [[nodiscard]] ShedCounts shed() const;

 private:
  void run();
  void wait_until_worth_waking(std::unique_lock<std::mutex>& lock);
  [[nodiscard]] bool is_worth_waking() const;
  void wait_for_room(std::unique_lock<std::mutex>& lock, std::size_t items);
  void shed_from(PagePointer& page);

  const std::vector<RecordSink*> sinks_;
  const bool takes_every_phase_;
  const OutputSettings settings_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<PagePointer> queue_;
  std::size_t queued_items_ = 0;  ///< waiting or being written
  ShedCounts shed_{};
  bool awaits_room_ = false;  ///< whoever submits
  bool closing_ = false;

  std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace dcmwatch
