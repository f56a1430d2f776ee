#include "relate/seen_both_ways.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "relate/prints.h"

namespace dcmwatch {
namespace {

std::uint64_t print_of_host(const Event& event, const IpAddress& host) {
  return print_of(print_of(host), std::uint64_t{event.domain});
}

// When both sides were surely seen, if the event says it.
std::optional<Timestamp> seen_both_ways(const Event& event) {
  if (std::holds_alternative<ConnectionFact>(event.facts)) return event.first.time;
  const auto* const message = std::get_if<Hl7Message>(&event.facts);
  if (message && event.phase == Phase::end && message->message_seen && message->answered())
    return message->answered()->time;
  return std::nullopt;
}

}  // namespace

void SeenBothWays::settle(Event& event) {
  const Parties& ends = event.parties;
  if (event.shown == Shown::both_sides) {
    const auto seen = event.proven ? seen_both_ways(event) : std::nullopt;
    if (!seen) return;
    remember(event, ends.source.address, *seen);
    remember(event, ends.destination.address, *seen);
    return;
  }
  const bool source = is_seen(event, ends.source.address);
  const bool destination = is_seen(event, ends.destination.address);
  if (!source && !destination) return;
  event.provable = source && destination && ends.transport == Transport::tcp;
  event.proven &= event.shown == Shown::much_of_one_side && !event.provable;
}

void SeenBothWays::remember(const Event& event, const IpAddress& host, Timestamp seen) {
  const std::uint64_t print = print_of_host(event, host);
  if (Timestamp* const known = hosts_.find(print)) {
    // Of a time that has not come, if the clock was set back.
    *known = *known > event.last.time ? seen : std::max(*known, seen);
    return;
  }
  const auto gone = hosts_.add(print, seen);
  if (gone && elapsed(*gone, event.last.time) <= limits_.seen_both_ways_for) ++forgotten_;
}

bool SeenBothWays::is_seen(const Event& event, const IpAddress& host) {
  const Timestamp* const known = hosts_.find(print_of_host(event, host));
  return known && *known <= event.last.time && elapsed(*known, event.last.time) <= limits_.seen_both_ways_for;
}

}  // namespace dcmwatch
