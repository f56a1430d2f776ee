#include "relate/unanswered.h"

#include <algorithm>

namespace dcmwatch {
namespace {

ConnectionFact& fact(Event& event) { return std::get<ConnectionFact>(event.facts); }

// What they do not share is no longer told. How many of those whom they called could not be listed.
std::size_t add_up(Event& sum, Event& more, std::size_t most_destinations) {
  keep_what_is_shared(sum.parties, more.parties);
  sum.first = std::min(sum.first, more.first);
  sum.last = std::max(sum.last, more.last);
  for (std::size_t side = 0; side < 2; ++side) fact(sum).packets[side] += fact(more).packets[side];
  fact(sum).bytes[0] += fact(more).bytes[0];
  UnansweredAttempts& all = *fact(sum).attempts;
  const UnansweredAttempts& others = *fact(more).attempts;
  all.count += others.count;
  const auto list = [&](auto& listed, const auto& further) {
    std::size_t left_out = 0;
    for (const auto& one : further) left_out += list_lowest(listed, one, most_destinations) ? 0 : 1;
    return left_out;
  };
  const std::size_t destinations = list(all.destinations, others.destinations), ports = list(all.ports, others.ports);
  all.destinations_left_out |= others.destinations_left_out || destinations != 0;
  all.ports_left_out |= others.ports_left_out || ports != 0;
  return destinations + ports;
}

}  // namespace

bool Unanswered::take(const Event& event) {
  const auto* connection = std::get_if<ConnectionFact>(&event.facts);
  if (!connection || !connection->attempts) return false;
  Event part = event;
  // Datagrams, SYNs by what became of them, and what may be of connections that were not seen to begin, each apart.
  const auto sum_of_its_kind = [&] {
    return std::ranges::find_if(sums_, [&](Event& sum) {
      return fact(sum).attempts->source_network == fact(part).attempts->source_network &&
             sum.parties.source.address == part.parties.source.address &&
             sum.parties.transport == part.parties.transport && sum.visibility == part.visibility &&
             fact(sum).end == fact(part).end;
    });
  };
  auto sum = sum_of_its_kind();
  if (sum == sums_.end() && sums_.size() >= limits_.unanswered_records / 2) {
    part.parties.source = {};
    part.parties.source_mac = {};
    sum = sum_of_its_kind();
    if (sum == sums_.end() && sums_.size() >= limits_.unanswered_records) {
      without_network_ += fact(part).attempts->count;
      fact(part).attempts->source_network = Network::around({}, 0);
      sum = sum_of_its_kind();
    }
  }
  if (sum == sums_.end()) {
    sums_.push_back(std::move(part));
  } else {
    destinations_left_out_ += add_up(*sum, part, limits_.unanswered_destinations);
  }
  return true;
}

}  // namespace dcmwatch
