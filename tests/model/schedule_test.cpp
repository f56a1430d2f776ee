#include "model/schedule.h"

#include <gtest/gtest.h>

namespace dcmwatch {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

/// Of 2026-03-23, a Monday, 00:00 UTC. Berlin is an hour ahead until Sunday 29, 01:00 UTC, then two.
constexpr Timestamp kMonday = timestamp_from_ns(1'774'224'000'000'000'000);
/// Of 2026-10-19, a Monday; Berlin's clocks are set back on Sunday 25, 01:00 UTC.
constexpr Timestamp kAutumnMonday = kMonday + days{7 * 30};

Schedule schedule(std::vector<std::string_view> texts, std::string zone = "Europe/Berlin") {
  Schedule all{.hours = {}, .time_zone = std::move(zone)};
  for (const std::string_view text : texts) all.hours.push_back(weekly_hours_from(text).value());
  return all;
}

TEST(WeeklyHours, AreReadAndWritten) {
  EXPECT_EQ(weekly_hours_from("Mon-Fri 07:00-19:30"), (WeeklyHours{.days = 0x1F, .from = 420, .to = 1170}));
  EXPECT_EQ(weekly_hours_from("Sat,Sun"), (WeeklyHours{.days = 0x60}));
  EXPECT_EQ(weekly_hours_from("Sat-Mon 22:00-06:00"), (WeeklyHours{.days = 0x61, .from = 1320, .to = 360}));
  EXPECT_EQ(weekly_hours_from(" 00:00-24:00 "), (WeeklyHours{.days = 0x7F}));
  for (const std::string_view text :
       {"Mon-Fri 07:00-19:30", "Sat,Sun", "22:00-06:00", "Mon-Sun", "Mon,Wed-Fri 00:00-12:00"})
    EXPECT_EQ(to_text(weekly_hours_from(text).value()), text);
}

TEST(WeeklyHours, WhatIsNoneIsRefused) {
  for (const std::string_view text :
       {"", " ", "Mon-", "Mon,", "-Fri", "Mo-Fr 07:00-19:00", "mon", "Mon 7:00-19:00", "Mon 07:00", "07:00", "07:00-",
        "07:60-08:00", "24:00-06:00", "07:00-24:01", "07:00-19:00 Mon", "Mon 07:00-19:00-20:00", "Mon 07:00–19:00"})
    EXPECT_FALSE(weekly_hours_from(text)) << text;
}

TEST(Schedule, HoldsByTheClocksOfItsPlace) {
  const Schedule office = schedule({"Mon-Fri 07:00-19:00"});
  EXPECT_FALSE(office.holds_at(kMonday + hours{5} + minutes{59}));
  EXPECT_TRUE(office.holds_at(kMonday + hours{6}));
  EXPECT_TRUE(office.holds_at(kMonday + hours{17} + minutes{59}));
  EXPECT_FALSE(office.holds_at(kMonday + hours{18}));
  EXPECT_FALSE(office.holds_at(kMonday + days{5} + hours{12})) << "a Saturday";
  EXPECT_TRUE(office.holds_at(kMonday + days{7} + hours{5})) << "an hour earlier in summer";
}

TEST(Schedule, HoldsBeyondMidnightAndBeyondTheWeek) {
  const Schedule night = schedule({"Sun 22:00-06:00"}, "UTC");
  EXPECT_TRUE(night.holds_at(kMonday - hours{2}));
  EXPECT_TRUE(night.holds_at(kMonday + hours{5}));
  EXPECT_FALSE(night.holds_at(kMonday + hours{6}));
  EXPECT_FALSE(night.holds_at(kMonday + days{1}));
  EXPECT_TRUE(schedule({"Mon 08:00-08:00"}, "UTC").holds_at(kMonday + hours{31})) << "a whole day, from 8 to 8";
}

TEST(Schedule, TellsWhenItsAnswerChanges) {
  const Schedule office = schedule({"Mon-Fri 07:00-19:00", "Fri 18:00-20:00"});
  EXPECT_EQ(office.next_change(kMonday), kMonday + hours{6});
  EXPECT_EQ(office.next_change(kMonday + hours{6}), kMonday + hours{18});
  EXPECT_EQ(office.next_change(kMonday + days{4} + hours{7}), kMonday + days{4} + hours{19}) << "hours may overlap";
  EXPECT_EQ(office.next_change(kMonday + days{4} + hours{19}), kMonday + days{7} + hours{5}) << "by then it is summer";
  EXPECT_EQ(schedule({"Mon-Sun"}).next_change(kMonday), std::nullopt);
  EXPECT_EQ(schedule({}).next_change(kMonday), std::nullopt);
}

TEST(Schedule, AnHourThatIsSkippedNeverComesAndOneThatComesTwiceIsMeantTwice) {
  const Schedule at_night = schedule({"Sun 02:15-02:45"});
  EXPECT_EQ(at_night.next_change(kMonday), kMonday + days{13} + minutes{15}) << "not on the 29th";
  EXPECT_EQ(at_night.next_change(kAutumnMonday), kAutumnMonday + days{6} + minutes{15});
  EXPECT_TRUE(at_night.holds_at(kAutumnMonday + days{6} + minutes{30}));
  EXPECT_FALSE(at_night.holds_at(kAutumnMonday + days{6} + minutes{50}));
  EXPECT_TRUE(at_night.holds_at(kAutumnMonday + days{6} + hours{1} + minutes{30}));
  const Schedule morning = schedule({"Sun 02:30-06:00"});
  EXPECT_EQ(morning.next_change(kMonday), kMonday + days{6} + hours{1}) << "it begins when the clocks are set";
}

TEST(Schedule, AnswersAtBothEndsOfTime) {
  const Schedule office = schedule({"Mon-Fri 07:00-19:00"});
  for (const Timestamp time :
       {Timestamp::min(), Timestamp{}, timestamp_from_ns(kLatestSecond * 1'000'000'000), Timestamp::max()}) {
    static_cast<void>(office.holds_at(time));
    static_cast<void>(office.next_change(time));
  }
  EXPECT_TRUE(office.next_change(Timestamp{}));
}

TEST(Schedule, KnowsThePlacesOfTheDatabase) {
  EXPECT_TRUE(is_time_zone("UTC"));
  EXPECT_TRUE(is_time_zone("America/New_York"));
  for (const char* const name : {"", "Berlin", "Europe/Berlim", "../../etc/passwd", "Europe"})
    EXPECT_FALSE(is_time_zone(name)) << name;
  EXPECT_GT(time_zone_names().size(), 300U);
}

TEST(EndOfDay, IsMidnightByTheClocksOfThePlace) {
  EXPECT_EQ(end_of_day("2026-03-23", "UTC"), kMonday + days{1});
  EXPECT_EQ(end_of_day("2026-03-23", "Europe/Berlin"), kMonday + hours{23});
  EXPECT_EQ(end_of_day("2026-03-29", "Europe/Berlin"), kMonday + days{7} - hours{2});
  for (const std::string_view day :
       {"", "2026", "2026-02-29", "2026-13-01", "26-01-01", "2026-1-1", "2026-01-01 ", "1969-12-31", "2201-01-01"})
    EXPECT_FALSE(end_of_day(day, "UTC")) << day;
}

}  // namespace
}  // namespace dcmwatch
