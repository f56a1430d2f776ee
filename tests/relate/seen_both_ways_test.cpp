#include "relate/seen_both_ways.h"

#include <gtest/gtest.h>

#include <optional>
#include <string_view>

namespace dcmwatch {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kCt = "10.20.10.11", kPacs = "10.20.20.10", kOutside = "198.51.100.7";

struct SeenBothWaysTest : testing::Test {
  Limits limits;
  std::optional<SeenBothWays> known{limits};
  Timestamp now = timestamp_from_ns(1'000'000'000'000'000'000);

  Event connection(std::string_view from, std::string_view to, Shown shown) const {
    Event event;
    event.parties.source = {*IpAddress::parse(from), 40000};
    event.parties.destination = {*IpAddress::parse(to), 104};
    event.shown = shown;
    event.provable = shown == Shown::both_sides;
    event.first.time = event.last.time = now;
    event.facts = ConnectionFact{};
    return event;
  }
  Event settled(Event event) {
    known->settle(event);
    return event;
  }
  void see_both_ways(std::string_view one, std::string_view other) {
    settled(connection(one, other, Shown::both_sides));
  }
  Event one_side(Shown shown = Shown::one_side) { return settled(connection(kCt, kPacs, shown)); }
};

TEST_F(SeenBothWaysTest, where_the_mirror_shows_one_side_what_it_shows_stands) {
  EXPECT_TRUE(one_side().proven);
  EXPECT_FALSE(one_side().provable);
}

TEST_F(SeenBothWaysTest, where_both_ends_are_seen_both_ways_one_side_alone_proves_nothing_however_much_it_is) {
  see_both_ways(kCt, kOutside);
  see_both_ways(kOutside, kPacs);
  for (const Shown shown : {Shown::one_side, Shown::much_of_one_side}) {
    EXPECT_FALSE(one_side(shown).proven);
    EXPECT_TRUE(one_side(shown).provable);
  }
}

TEST_F(SeenBothWaysTest, the_other_s_answers_may_take_a_way_that_is_not_mirrored_so_much_of_one_side_proves) {
  see_both_ways(kCt, kOutside);
  EXPECT_FALSE(one_side().proven);
  EXPECT_FALSE(one_side().provable);
  EXPECT_TRUE(one_side(Shown::much_of_one_side).proven);
}

TEST_F(SeenBothWaysTest, nobody_has_to_answer_a_datagram) {
  see_both_ways(kCt, kPacs);
  const auto datagrams = [this](Shown shown) {
    Event event = connection(kCt, kPacs, shown);
    event.parties.transport = Transport::udp;
    return settled(event);
  };
  EXPECT_FALSE(datagrams(Shown::one_side).proven);
  EXPECT_FALSE(datagrams(Shown::one_side).provable);
  EXPECT_TRUE(datagrams(Shown::much_of_one_side).proven);
}

TEST_F(SeenBothWaysTest, what_is_not_proven_says_nothing_of_the_mirror) {
  Event forged = connection(kCt, kPacs, Shown::both_sides);
  forged.proven = false;
  settled(forged);
  EXPECT_TRUE(one_side().proven);
}

TEST_F(SeenBothWaysTest, what_the_mirror_showed_an_hour_ago_is_no_longer_held_against_it) {
  see_both_ways(kCt, kPacs);
  now += limits.seen_both_ways_for;
  EXPECT_FALSE(one_side().proven);
  now += 1ns;
  EXPECT_TRUE(one_side().proven);
}

TEST_F(SeenBothWaysTest, a_connection_that_stands_for_long_tells_of_its_beginning_and_an_answer_to_a_message_of_now) {
  Event standing = connection(kCt, kPacs, Shown::both_sides);
  standing.first.time = now - 2 * limits.seen_both_ways_for;
  settled(standing);
  EXPECT_TRUE(one_side().proven);
  Hl7Message message;
  message.ack_code = "AA";
  message.acknowledged = Mark{now, 0, 0};
  standing.facts = message;
  settled(standing);
  EXPECT_FALSE(one_side().proven);
}

TEST_F(SeenBothWaysTest, another_observation_domain_has_another_mirror) {
  see_both_ways(kCt, kPacs);
  Event elsewhere = connection(kCt, kPacs, Shown::one_side);
  elsewhere.domain = 1;
  EXPECT_TRUE(settled(elsewhere).proven);
}

TEST_F(SeenBothWaysTest, the_first_seen_is_forgotten_to_make_room_and_that_is_counted_while_it_would_count) {
  limits.hosts_seen_both_ways = 2;
  known.emplace(limits);
  see_both_ways(kCt, kPacs);
  see_both_ways(kOutside, "10.0.0.1");
  EXPECT_EQ(known->forgotten(), 2U);
  EXPECT_TRUE(one_side().proven);
}

TEST_F(SeenBothWaysTest, a_clock_that_is_set_back_makes_nobody_known_for_longer) {
  see_both_ways(kCt, kPacs);
  now -= 24h;
  EXPECT_TRUE(one_side().proven);
  see_both_ways(kCt, kPacs);
  EXPECT_FALSE(one_side().proven);
}

}  // namespace
}  // namespace dcmwatch
