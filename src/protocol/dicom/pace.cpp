#include "protocol/dicom/pace.h"

#include <algorithm>

namespace dcmwatch::dicom {
namespace {

constexpr Duration kWorthAsking = std::chrono::milliseconds{100};
constexpr std::uint64_t kLossyPackets = 100;  ///< one in as many

}  // namespace

void Pace::begin(Timestamp first_byte, const DirectionStatistics& sent) {
  begin_ = latest_ = first_byte;
  at_begin_ = at_latest_ = Snapshot{sent};
}

void Pace::on_fragment(Timestamp time, const DirectionStatistics& sent, Duration round_trip) {
  const Duration pause = elapsed(latest_, time);
  const bool free_to_send =
      sent.retransmitted_packets == at_latest_.repeated && sent.zero_window_time == at_latest_.closed;
  if (free_to_send && pause > round_trip) paused_ += pause - round_trip;
  on_bytes(time, sent);
}

void Pace::on_bytes(Timestamp time, const DirectionStatistics& sent) {
  latest_ = time;
  at_latest_ = Snapshot{sent};
}

void Pace::on_request_end(Timestamp last_byte, const DirectionStatistics& sent, const DirectionStatistics& back) {
  end_ = last_byte;
  at_end_ = Snapshot{sent};
  back_at_end_ = Snapshot{back};
}

void Pace::on_response(Timestamp first_byte) {
  if (!response_) response_ = first_byte;
}

std::optional<Duration> Pace::transfer_time() const {
  if (!end_) return std::nullopt;
  return elapsed(begin_, *end_);
}

std::optional<Duration> Pace::response_time() const {
  if (!end_ || !response_ || *response_ < *end_) return std::nullopt;
  return *response_ - *end_;
}

bool Pace::Snapshot::loses_since(const Snapshot& earlier) const {
  const std::uint64_t again = repeated - earlier.repeated;
  return again != 0 && again * kLossyPackets >= packets - earlier.packets;
}

std::optional<SlowPart> Pace::slowest(Timestamp over, const DirectionStatistics& sent, const DirectionStatistics& back,
                                      Duration round_trip) const {
  if (response_ && end_ && *response_ < *end_) return std::nullopt;  // it answers what it did not wait for
  const Timestamp sent_until = end_.value_or(over);
  const Duration transfer = elapsed(begin_, sent_until);
  const Duration wait = elapsed(sent_until, over);
  if (transfer + wait < kWorthAsking) return std::nullopt;

  const Snapshot at_end = end_ ? at_end_ : Snapshot{sent};
  const Duration closed = std::min(transfer, at_end.closed - at_begin_.closed);
  Duration paused = paused_;
  // Of a request that never came to its end, what follows its latest byte is a pause, too.
  const bool free_to_send = at_end.repeated == at_latest_.repeated && at_end.closed == at_latest_.closed;
  if (!end_ && free_to_send) paused += elapsed(latest_ + round_trip, over);
  Duration sender = paused;
  Duration receiver = closed;
  const Duration on_the_way = std::min(wait, round_trip);
  Duration network = on_the_way;
  if (at_end.loses_since(at_begin_)) network += transfer - closed - std::min(transfer - closed, paused);

  if (end_) {
    const Snapshot now{back};
    const Duration unread = std::min(wait - on_the_way, now.closed - back_at_end_.closed);
    sender += unread;
    (now.loses_since(back_at_end_) ? network : receiver) += wait - on_the_way - unread;
  }

  const Duration half = (transfer + wait) / 2;
  if (sender >= half) return SlowPart::sender;
  if (receiver >= half) return SlowPart::receiver;
  if (network >= half) return SlowPart::network;
  return std::nullopt;
}

}  // namespace dcmwatch::dicom
