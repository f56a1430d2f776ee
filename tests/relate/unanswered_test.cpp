#include "relate/unanswered.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

namespace dcmwatch {
namespace {

IpAddress host(std::uint8_t last) { return IpAddress::v4(std::array<std::uint8_t, 4>{10, 0, 1, last}); }

// What a partition counted of a minute: a caller's attempts to reach some hosts.
Event part(std::vector<IpAddress> hosts) {
  Event event;
  event.parties.source.address = IpAddress::v4(std::array<std::uint8_t, 4>{10, 0, 0, 7});
  if (hosts.size() == 1) event.parties.destination.address = hosts.front();
  ConnectionFact fact;
  fact.attempts =
      UnansweredAttempts{hosts.size(), Network::around(event.parties.source.address, 120), std::move(hosts)};
  event.facts = std::move(fact);
  return event;
}

std::vector<IpAddress> listed(const Limits& limits, const std::vector<Event>& parts) {
  Unanswered unanswered{limits};
  for (const Event& event : parts) EXPECT_TRUE(unanswered.take(event));
  const std::vector<Event> told = unanswered.told();
  EXPECT_EQ(told.size(), 1U);
  return std::get<ConnectionFact>(told.front().facts).attempts->destinations;
}

TEST(Unanswered, WhomTheyCalledIsOneListInWhicheverOrderTheyWereCounted) {
  Limits limits;
  limits.unanswered_destinations = 4;
  std::vector<Event> parts{part({host(9)}), part({host(2), host(5)}), part({host(7)}),
                           part({host(2), host(3), host(8)})};
  const std::vector<IpAddress> expected{host(2), host(3), host(5), host(7)};
  EXPECT_EQ(listed(limits, parts), expected);
  std::ranges::reverse(parts);
  EXPECT_EQ(listed(limits, parts), expected);
}

TEST(Unanswered, ThePortsThatTheyCalledAreOneListToo) {
  Limits limits;
  limits.unanswered_destinations = 3;
  std::vector<Event> parts{part({host(1)}), part({host(1)})};
  std::get<ConnectionFact>(parts[0].facts).attempts->ports = {104, 4242};
  std::get<ConnectionFact>(parts[1].facts).attempts->ports = {80, 104, 11112};
  Unanswered unanswered{limits};
  for (const Event& event : parts) unanswered.take(event);
  const std::vector<Event> told = unanswered.told();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(std::get<ConnectionFact>(told.front().facts).attempts->ports, (std::vector<std::uint16_t>{80, 104, 4242}));
  EXPECT_EQ(unanswered.destinations_left_out(), 1U);
  EXPECT_TRUE(std::get<ConnectionFact>(told.front().facts).attempts->ports_left_out);
  EXPECT_FALSE(std::get<ConnectionFact>(told.front().facts).attempts->destinations_left_out);
}

TEST(Unanswered, ItIsToldWhetherAllOfThemAreListed) {
  Limits limits;
  limits.unanswered_destinations = 2;
  const auto left_out = [&](const std::vector<Event>& parts) {
    Unanswered unanswered{limits};
    for (const Event& event : parts) unanswered.take(event);
    return std::get<ConnectionFact>(unanswered.told().front().facts).attempts->destinations_left_out;
  };
  EXPECT_FALSE(left_out({part({host(1)}), part({host(2)}), part({host(1)})}));
  EXPECT_TRUE(left_out({part({host(1)}), part({host(2)}), part({host(3)})}));
  Event of_partition = part({host(1)});  // which could not list them all
  std::get<ConnectionFact>(of_partition.facts).attempts->destinations_left_out = true;
  EXPECT_TRUE(left_out({part({host(2)}), of_partition}));
}

Event part_of(std::uint8_t caller) {
  Event event = part({host(1)});
  event.parties.source.address = IpAddress::v4(std::array<std::uint8_t, 4>{10, 0, 0, caller});
  return event;
}

std::vector<Event> told(const Limits& limits, const std::vector<Event>& parts) {
  Unanswered unanswered{limits};
  for (const Event& event : parts) unanswered.take(event);
  return unanswered.told();
}

TEST(Unanswered, EachCallerOfANetworkHasItsRecord) {
  const std::vector<Event> records = told({}, {part_of(1), part_of(2), part_of(1)});
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].parties.source.address, part_of(1).parties.source.address);
  EXPECT_EQ(std::get<ConnectionFact>(records[0].facts).attempts->count, 2U);
  EXPECT_EQ(records[1].parties.source.address, part_of(2).parties.source.address);
}

TEST(Unanswered, OnceHalfOfTheRoomIsTakenTheRestIsToldByNetwork) {
  Limits limits;
  limits.unanswered_records = 4;
  std::vector<Event> parts;
  for (std::uint8_t caller = 1; caller <= 9; ++caller) parts.push_back(part_of(caller));
  const std::vector<Event> records = told(limits, parts);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[1].parties.source.address, part_of(2).parties.source.address);
  EXPECT_EQ(records[2].parties.source.address, IpAddress{});
  EXPECT_EQ(std::get<ConnectionFact>(records[2].facts).attempts->count, 7U);
}

TEST(Unanswered, AMinuteIsCompleteBeforeThePartsOfTheNext) {
  const Limits limits;
  Unanswered unanswered{limits};
  Event one = part({host(1)});
  Event next = part({host(2)});
  next.last.time = one.last.time + std::chrono::minutes{55};
  EXPECT_FALSE(unanswered.complete_before(one));
  unanswered.take(one);
  EXPECT_FALSE(unanswered.complete_before(one));
  EXPECT_TRUE(unanswered.complete_before(next));
}

}  // namespace
}  // namespace dcmwatch
