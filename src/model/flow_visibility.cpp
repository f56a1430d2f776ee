#include "model/flow_visibility.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace dcmwatch {
namespace {

constexpr std::array<std::string_view, 4> kBlind{"capture.interrupted", "capture.resumed", "capture.broken_off",
                                                 "capture.truncated_file"};

bool is_of_one_connection(const Facts& facts) {
  return std::holds_alternative<ConnectionFact>(facts) || std::holds_alternative<DicomAssociation>(facts) ||
         std::holds_alternative<DicomOperation>(facts) || std::holds_alternative<Hl7Message>(facts);
}

// Of what was wanted, or acknowledged and never shown: then the capture lacks it, and may lack more.
bool is_lost(const Event& event) {
  const auto* const connection = std::get_if<ConnectionFact>(&event.facts);
  return event.visibility.lost || (connection && connection->unseen_bytes[0] + connection->unseen_bytes[1] != 0);
}

}  // namespace

void FlowVisibility::observe(const Event& event, std::uint32_t source, std::uint32_t destination) {
  if (const auto* const note = std::get_if<CaptureNote>(&event.facts)) {
    if (std::ranges::find(kBlind, note->name) != kBlind.end()) on_blindness(event.last.time);
    return;
  }
  if (!is_of_one_connection(event.facts)) return;
  const Timestamp now = event.last.time;
  const bool lost = is_lost(event), both_ways = event.phase != Phase::start && !event.visibility.one_direction;
  if (both_ways) alive_ = std::max<std::optional<Timestamp>>(alive_, now);
  for (const std::uint32_t end : {source, destination}) {
    if (end == kNobody) continue;
    Device& device = devices_[end];
    device.both_ways |= both_ways;
    if (lost) device.lost = std::max<std::optional<Timestamp>>(device.lost, now);
  }
}

void FlowVisibility::on_blindness(Timestamp now) { blind_ = std::max<std::optional<Timestamp>>(blind_, now); }

void FlowVisibility::rebase(Timestamp now) {
  const auto not_after = [now](std::optional<Timestamp>& time) {
    if (time) time = std::min(*time, now);
  };
  not_after(alive_);
  not_after(blind_);
  for (Device& device : devices_) not_after(device.lost);
}

std::optional<WhyNotVisible> FlowVisibility::why_not(std::span<const std::uint32_t> openers,
                                                     std::span<const std::uint32_t> listeners, Timestamp since,
                                                     Timestamp alive_after) const {
  if (blind_ >= since) return WhyNotVisible::capture;
  const auto any = [&](const auto& is_so) {
    const auto is_so_of = [&](std::uint32_t device) { return is_so(devices_[device]); };
    return std::ranges::any_of(openers, is_so_of) || std::ranges::any_of(listeners, is_so_of);
  };
  if (any([since](const Device& device) { return device.lost >= since; })) return WhyNotVisible::lost;
  if (alive_ <= std::max(since, alive_after) || !any([](const Device& device) { return device.both_ways; }))
    return WhyNotVisible::unseen_ends;
  return std::nullopt;
}

}  // namespace dcmwatch
