#include "assemble/unanswered_tally.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace dcmwatch {
namespace {

constexpr Duration kMinute = std::chrono::minutes{1};
constexpr unsigned kV4Bits = 120;  // a /24 in the mapped form
constexpr unsigned kV6Bits = 64;

Network network_of(const IpAddress& address) { return Network::around(address, address.is_v4() ? kV4Bits : kV6Bits); }

std::int64_t minute_of(Timestamp time) { return time.time_since_epoch() / kMinute; }

// Whether each whom they called could be listed, and each port. What they do not share is no longer told.
bool add_up(UnansweredConnections& sum, const UnansweredConnections& more, std::size_t most_destinations) {
  const bool address_listed = list_lowest(sum.destinations, more.parties.destination.address, most_destinations);
  const bool port_listed = list_lowest(sum.ports, more.parties.destination.port, most_destinations);
  keep_what_is_shared(sum.parties, more.parties);
  sum.count += more.count;
  sum.packets += more.packets;
  sum.answers += more.answers;
  sum.bytes += more.bytes;
  sum.first = std::min(sum.first, more.first);
  sum.last = std::max(sum.last, more.last);
  sum.destinations_left_out |= !address_listed;
  sum.ports_left_out |= !port_listed;
  return address_listed && port_listed;
}

}  // namespace

bool UnansweredTally::add(const UnansweredConnections& one) {
  const std::int64_t minute = std::max(minute_of(one.last.time), told_minutes_);
  UnansweredConnections added = one;
  added.source_network = network_of(one.parties.source.address);
  const auto count_of = [&] {
    return std::ranges::find_if(counts_, [&](const Count& count) {
      const UnansweredConnections& others = count.connections;
      return count.minute == minute && others.source_network == added.source_network &&
             others.parties.source.address == added.parties.source.address && others.became == one.became &&
             others.parties.transport == one.parties.transport;
    });
  };
  auto place = count_of();
  bool told = true;
  const auto in_minute = static_cast<std::size_t>(std::ranges::count(counts_, minute, &Count::minute));
  if (place == counts_.end() && in_minute >= limits_.unanswered_networks / 2) {
    added.parties.source = {};
    added.parties.source_mac = {};
    place = count_of();
    if (place == counts_.end() && in_minute >= limits_.unanswered_networks) {
      told = false;
      added.source_network = Network::around({}, 0);
      place = count_of();
    }
  }
  if (place == counts_.end()) {
    added.destinations = {one.parties.destination.address};
    added.ports = {one.parties.destination.port};
    counts_.push_back({minute, std::move(added)});
  } else if (!add_up(place->connections, added, limits_.unanswered_destinations)) {
    ++destinations_left_out_;
  }
  return told;
}

void UnansweredTally::advance(Timestamp now, StreamHandler& handler) {
  told_minutes_ = minute_of(now - limits_.handshake_timeout);
  std::size_t kept = 0;
  for (Count& count : counts_) {
    const Timestamp over = Timestamp{(count.minute + 1) * kMinute} + limits_.handshake_timeout;
    if (over <= now) {
      handler.on_unanswered(count.connections, over);
    } else {
      counts_[kept++] = count;
    }
  }
  counts_.resize(kept);
}

void UnansweredTally::finish(Timestamp now, StreamHandler& handler) {
  for (const Count& count : counts_) handler.on_unanswered(count.connections, now);
  counts_.clear();
  told_minutes_ = 0;
}

}  // namespace dcmwatch
