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
  repeated_back_ = back.retransmitted_packets;
}

void Pace::on_response(Timestamp first_byte, const DirectionStatistics& back) {
  if (response_) return;
  response_ = first_byte;
  repeated_back_ = back.retransmitted_packets - std::min(repeated_back_, back.retransmitted_packets);
}

std::optional<Duration> Pace::transfer_time() const {
  if (!end_) return std::nullopt;
  return elapsed(begin_, *end_);
}

std::optional<Duration> Pace::response_time() const {
  if (!end_ || !response_ || *response_ < *end_) return std::nullopt;
  return *response_ - *end_;
}

std::optional<SlowPart> Pace::slowest(Duration round_trip) const {
  const auto transfer = transfer_time();
  const auto wait = response_time();
  if (!transfer || !wait || *transfer + *wait < kWorthAsking) return std::nullopt;

  const Duration closed = std::min(*transfer, at_end_.closed - at_begin_.closed);
  const Duration on_the_way = std::min(*wait, round_trip);
  Duration receiver = closed;
  Duration network = on_the_way;
  (repeated_back_ != 0 ? network : receiver) += *wait - on_the_way;

  const std::uint64_t repeated = at_end_.repeated - at_begin_.repeated;
  const std::uint64_t packets = at_end_.packets - at_begin_.packets;
  const Duration rest = *transfer - closed - std::min(*transfer - closed, paused_);
  if (repeated != 0 && repeated * kLossyPackets >= packets) network += rest;

  const Duration half = (*transfer + *wait) / 2;
  if (paused_ >= half) return SlowPart::sender;
  if (receiver >= half) return SlowPart::receiver;
  if (network >= half) return SlowPart::network;
  return std::nullopt;
}

}  // namespace dcmwatch::dicom
