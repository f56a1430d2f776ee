// Joins facts of different connections: bounded state on the analyst; a link is a record of its own.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "base/limits.h"
#include "event/event.h"

namespace dcmwatch {

/// Ties the C-STOREs that an archive sends to the C-MOVE that asked for them, where the C-STORE names it by move
/// originator AE title and message id (PS3.7 9.1.1.1; both are optional). Order of calls: every event, in packet time.
class Relater {
 public:
  /// `limits` outlives it.
  explicit Relater(const Limits& limits) : limits_(limits) {}

  /// The link that the event completes, to be told after it.
  std::optional<Event> on_event(const Event& event);

  /// Retrievals forgotten to stay within Limits::relate_open.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

 private:
  struct Move {
    std::uint64_t conversation = 0;
    std::uint16_t message_id = 0;
    AeTitle calling_ae;
    IpAddress archive;
  };

  void remember(const Event& event, const DicomOperation& move);
  std::optional<Event> relate(const Event& event, const DicomOperation& store);

  const Limits& limits_;
  std::deque<Move> moves_;                                      ///< oldest first
  std::deque<std::pair<std::uint64_t, std::uint64_t>> linked_;  ///< (cause, effect) already told, oldest first
  std::uint64_t forgotten_ = 0;
};

}  // namespace dcmwatch
