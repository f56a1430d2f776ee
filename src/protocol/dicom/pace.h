// How long the parts of an operation took, and which of them held it up.
#pragma once

#include <optional>

#include "assemble/stream.h"
#include "base/timestamp.h"
#include "event/event.h"

namespace dcmwatch::dicom {

/// Order of calls: begin, then on_fragment and on_bytes as the request passes, on_request_end, on_response; slowest
/// last. It is asked once a fragment, not once a packet; what happened in between, the direction's statistics tell.
class Pace {
 public:
  /// `sent`: of the direction in which the request goes, here and below; `back`: of the other.
  void begin(Timestamp first_byte, const DirectionStatistics& sent);
  /// A further fragment of the data set begins.
  void on_fragment(Timestamp time, const DirectionStatistics& sent, Duration round_trip);
  void on_bytes(Timestamp time, const DirectionStatistics& sent);
  void on_request_end(Timestamp last_byte, const DirectionStatistics& sent, const DirectionStatistics& back);
  /// The first byte of a response; the first one counts.
  void on_response(Timestamp first_byte);

  /// First to last byte of the request; nothing before its end.
  [[nodiscard]] std::optional<Duration> transfer_time() const;
  /// Last byte of the request to the first response; nothing where the response came before the request's end.
  [[nodiscard]] std::optional<Duration> response_time() const;

  /// What took at least half of the time until `over`, the final response or, if none came, the end of its association,
  /// where that is long enough to ask:
  /// - sender: pauses before its fragments, beyond a round trip, with nothing to repeat and a receiver that had room;
  ///   and no room for the responses;
  /// - receiver: no room for the request, and the time to respond to the end: a retrieval's sub-operations are part of
  ///   it;
  /// - network: the way to the receiver and back, and what is left of a transfer, or of the wait for the responses, of
  ///   which one packet in a hundred or more had to be repeated.
  /// `sent`, `back`: as of then. `round_trip`: from the capture point to the receiver and back.
  [[nodiscard]] std::optional<SlowPart> slowest(Timestamp over, const DirectionStatistics& sent,
                                                const DirectionStatistics& back, Duration round_trip) const;

 private:
  /// A direction's statistics at some time.
  struct Snapshot {
    std::uint64_t packets = 0;
    std::uint64_t repeated = 0;
    Duration closed{};  ///< without room for more

    Snapshot() = default;
    explicit Snapshot(const DirectionStatistics& at)
        : packets(at.packets), repeated(at.retransmitted_packets), closed(at.zero_window_time) {}

    [[nodiscard]] bool loses_since(const Snapshot& earlier) const;
  };

  Timestamp begin_{};
  Timestamp latest_{};  ///< byte of the request
  std::optional<Timestamp> end_;
  std::optional<Timestamp> response_;
  Snapshot at_begin_, at_latest_, at_end_;
  Snapshot back_at_end_;  ///< of the request
  Duration paused_{};     ///< by the sender
};

}  // namespace dcmwatch::dicom
