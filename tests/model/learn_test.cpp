// What is learnt from events, so that the same events deviate in nothing.
#include "model/learn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "model/events.h"
#include "model/learn_draft.h"
#include "model/learn_patch.h"
#include "model/lookup.h"

namespace dcmwatch {
namespace {

using test::association;
using test::connection;
using test::operation;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using namespace std::chrono_literals;

Event accepted(Event event) {
  std::get<DicomAssociation>(event.facts).accepted = true;
  return event;
}

Event refused(Event event) {
  std::get<DicomAssociation>(event.facts).accepted = false;
  return event;
}

struct Learnt {
  std::string text;
  std::shared_ptr<const Model> model;
};

Learnt learn(const std::vector<Event>& events) {
  Learner learner;
  for (const Event& event : events) learner.observe(event);
  const Draft draft = draft_model(learner, nullptr, nullptr);
  std::string text = to_yaml(draft.model, draft.remarks);
  return {text, parse_model(text, "draft")};
}

std::vector<std::string> deviations(const std::shared_ptr<const Model>& model, const std::vector<Event>& events) {
  const Lookup lookup{model};
  std::vector<std::string> kinds;
  for (const Event& event : events) {
    const Declared declared = lookup.judge(event);
    for (const Deviation& deviation : declared.deviations)
      kinds.push_back(std::string{to_text(deviation.kind)} + ": " + deviation.observed);
  }
  return kinds;
}

TEST(Learn, NamesDevicesByTheirTitles) {
  const std::vector events{accepted(association("10.0.1.1", "10.0.2.1", 104, "CT 1", "PACS"))};
  const Learnt learnt = learn(events);
  EXPECT_EQ(learnt.model->devices[0].name, "ct-1");
  EXPECT_EQ(learnt.model->devices[1].name, "pacs");
  EXPECT_THAT(deviations(learnt.model, events), IsEmpty());
}

TEST(Learn, DeclaresWhatWasRefusedApartAndSaysSo) {
  const std::vector events{accepted(association("10.0.1.1", "10.0.2.1", 104, "CT1", "PACS")),
                           refused(association("10.0.1.1", "10.0.2.1", 104, "CT1", "WRONG"))};
  const Learnt learnt = learn(events);
  EXPECT_THAT(learnt.text, HasSubstr("review: asks for WRONG"));
  EXPECT_THAT(learnt.model->devices[1].answers_to, testing::ElementsAre("PACS"));
  EXPECT_THAT(deviations(learnt.model, events), IsEmpty());
}

TEST(Learn, DeclaresTwoProtocolsOnOnePort) {
  const std::vector events{accepted(association("10.0.1.1", "10.0.2.1", 104, "CT1", "PACS")),
                           connection("10.0.1.1", "10.0.2.1", 104, Protocol::http)};
  EXPECT_THAT(deviations(learn(events).model, events), IsEmpty());
}

TEST(Learn, TellsAScanOnce) {
  std::vector<Event> events;
  for (std::uint16_t port = 1000; port < 1100; port += 3) {
    events.push_back(connection("10.0.1.1", "10.0.2.1", port));
    std::get<ConnectionFact>(events.back().facts).end = ConnectionEnd::unanswered;
  }
  const Learnt learnt = learn(events);
  EXPECT_EQ(learnt.model->flows.size(), 1);
  EXPECT_THAT(learnt.text, HasSubstr("review: many ports"));
  EXPECT_THAT(deviations(learnt.model, events), IsEmpty());
}

TEST(Learn, MakesAGroupOfThoseWhoDoTheSame) {
  std::vector<Event> events;
  for (const char* const address : {"10.0.1.1", "10.0.1.2", "10.0.1.3"})
    events.push_back(operation(address, "10.0.2.1", 104, "WS", "PACS", "C-FIND", "1.2.840.10008.5.1.4.1.2.2.1"));
  const Learnt learnt = learn(events);
  EXPECT_EQ(learnt.model->flows.size(), 1);
  EXPECT_THAT(learnt.text, HasSubstr("workstations: {devices:"));
  EXPECT_THAT(deviations(learnt.model, events), IsEmpty());
}

TEST(Learn, KeepsAddressesApartUnlessTheyAreSurelyOne) {
  std::vector<Event> events{accepted(association("10.0.1.1", "10.0.2.1", 104, "CT1", "PACS")),
                            accepted(association("fd00::1", "fd00::2:1", 104, "CT1", "PACS"))};
  EXPECT_EQ(learn(events).model->devices.size(), 4);
  for (Event& event : events) event.parties.source_mac = {0, 1, 2, 3, 4, 5};
  const Learnt learnt = learn(events);
  EXPECT_EQ(learnt.model->devices.size(), 3);
  EXPECT_THAT(deviations(learnt.model, events), IsEmpty());
}

// How often, first and last, above each entry.
TEST(Learn, TellsOfEachEntryWhatWasSeenOfIt) {
  Event first = connection("10.0.1.1", "10.0.2.1", 104, Protocol::dicom);
  Event last = first;
  first.first.time = first.last.time = timestamp_from_ns(1'774'267'200'000'000'000);
  last.first.time = last.last.time = timestamp_from_ns(1'774'270'800'000'000'000);
  const std::string text = learn({first, last}).text;
  std::vector<std::string> remarks;
  for (std::size_t at = text.find("# "); at != std::string::npos; at = text.find("# ", at + 1))
    remarks.push_back(text.substr(at, text.find('\n', at) - at));
  const std::string span = ", 2026-03-23T12:00:00Z to 2026-03-23T13:00:00Z";
  EXPECT_THAT(remarks,
              testing::ElementsAre("# 1 device", "# 2 connection ends" + span, "# 1 device",
                                   "# 2 connection ends" + span, "# 2 connections" + span, "# 2 connections" + span,
                                   "# 2 connections" + span, "# 2 connections" + span))
      << text;
}

TEST(Learn, AsksAboutATitleThatTwoDevicesUse) {
  const Learnt learnt = learn({accepted(association("10.0.1.1", "10.0.2.1", 104, "WS1", "PACS")),
                               accepted(association("10.0.9.66", "10.0.2.1", 104, "WS1", "PACS"))});
  EXPECT_THAT(learnt.text, HasSubstr("review: calls as WS1, as host-10-0-1-1 does"));
  EXPECT_THAT(learnt.text, HasSubstr("review: calls as WS1, as host-10-0-9-66 does"));
}

TEST(Learn, TitlesThatCannotBeDeclaredAreAny) {
  const std::vector events{accepted(association("10.0.1.1", "10.0.2.1", 104, "", "any")),
                           accepted(association("10.0.1.1", "10.0.2.1", 104, "A\\B", "PACS"))};
  EXPECT_THAT(deviations(learn(events).model, events), IsEmpty());
}

/// One that had a study sent, or asked about it; each study by its print.
Event about_study(std::string_view command, Duration time, std::uint64_t study, std::string_view from = "10.0.1.1") {
  Event event = operation(from, "10.0.2.1", 104, "WS", "PACS", command, "1.2.840.10008.5.1.4.1.2.2.2");
  auto& asks = std::get<DicomOperation>(event.facts);
  asks.move_destination = command == "C-MOVE" ? "WS" : "";
  asks.sub_operations.completed = std::uint16_t{1};
  asks.pending_responses = 1;
  DicomQuery query;
  query.asked_for.studies = {Pseudonym{study, 1}};
  asks.content = std::move(query);
  event.first.time = event.last.time = timestamp_from_ns(1'770'595'200'000'000'000) + time;  // 2026-02-09 00:00 UTC
  return event;
}

std::vector<Event> a_day_of_reading(Duration length) {
  std::vector<Event> events;
  for (std::uint64_t minute = 0; minute * 1min < length; ++minute) {
    const auto time = 30min + minute * 1min;
    events.push_back(about_study("C-FIND", time, minute));
    events.push_back(about_study("C-FIND", time, minute));
    if (minute % 2 == 0) events.push_back(about_study("C-MOVE", time, minute));
    if (minute % 20 == 0) events.push_back(about_study("C-MOVE", time, minute, "10.0.1.2"));
  }
  return events;
}

TEST(Learn, TakesTwiceWhatTheBusiestDeviceDidInAnHourForItsHabit) {
  const Learnt learnt = learn(a_day_of_reading(7h));
  ASSERT_EQ(learnt.model->flows.size(), 2U);
  EXPECT_THAT(learnt.text, HasSubstr("per_hour: {studies_retrieved: 60, studies_queried: 120}"));
  EXPECT_THAT(learnt.text, HasSubstr("most in an hour: 30 studies"));
  EXPECT_THAT(learnt.text, HasSubstr("per_hour: {studies_retrieved: 50}")) << "who does little may do some more";
}

TEST(Learn, AsksAboutAHabitThatWouldBeFoundOfOthers) {
  constexpr const char* kAsks = "review: above what is found of flows without a rate";
  EXPECT_THAT(learn(a_day_of_reading(7h)).text, Not(HasSubstr(kAsks)));
  std::vector<Event> events = a_day_of_reading(7h);
  for (std::uint64_t study = 1000; study < 1150; ++study) events.push_back(about_study("C-MOVE", 8h, study));
  EXPECT_THAT(learn(events).text, HasSubstr(kAsks)) << "a theft, perhaps, in the capture that is learnt from";
}

TEST(Learn, AsksWhatABusyDayNeedsWhereLittleWasSeen) {
  constexpr const char* kGuess =
      "review: per_hour is a guess, for little was seen: the least that is drafted. What does a busy day need?";
  const std::string text = learn(a_day_of_reading(7h)).text;
  EXPECT_THAT(text, HasSubstr("review: per_hour is drafted from 6 hours alone. What does a busy day need?"));
  EXPECT_THAT(text, HasSubstr(kGuess));
  std::vector<Event> events = a_day_of_reading(7h);
  for (std::uint64_t day = 1; day <= 7; ++day) events.push_back(about_study("C-MOVE", 24h * day, day));
  EXPECT_THAT(learn(events).text, Not(HasSubstr("hours alone")));
}

TEST(Learn, TellsNoHabitFromAFewHours) { EXPECT_THAT(learn(a_day_of_reading(6h)).text, Not(HasSubstr("per_hour"))); }

TEST(Learn, TellsNoHabitOfRetrievalsWhereOneNamesNoStudy) {
  Learner learner{Limits{}};
  for (Event event : a_day_of_reading(7h)) {
    auto& operation = std::get<DicomOperation>(event.facts);
    if (operation.command_field == dimse::kMove) {
      DicomQuery query;
      query.names_no_study = true;
      operation.content = std::move(query);
    }
    learner.observe(event);
  }
  const Draft draft = draft_model(learner, nullptr, nullptr);
  EXPECT_THAT(to_yaml(draft.model, draft.remarks), HasSubstr("per_hour: {studies_queried:"));
}

TEST(Learn, TellsNoHabitWhereMoreStudiesPassedThanAreKept) {
  Learner learner{Limits{.learnt_studies = 31}};
  for (const Event& event : a_day_of_reading(7h)) learner.observe(event);
  const Draft draft = draft_model(learner, nullptr, nullptr);
  EXPECT_THAT(to_yaml(draft.model, draft.remarks), Not(HasSubstr("studies_queried")));
  EXPECT_GT(learner.studies_not_learnt(), 0U);
}

TEST(Learn, IsBounded) {
  Learner learner{Limits{.learnt_hosts = 2}};
  learner.observe(connection("10.0.0.1", "10.0.0.2", 80));
  learner.observe(connection("10.0.0.1", "10.0.0.3", 80));
  EXPECT_EQ(learner.hosts().size(), 2);
  EXPECT_EQ(learner.not_learnt(), 1);
}

// ---- what a model lacks

constexpr const char* kKnown = R"(# A department
zones:
    archive: {networks: [10.0.2.0/24]}

# Who is there
devices:
    pacs:
        zone: archive
        addresses: [10.0.2.1]  # the only one
        answers_to: [PACS]
)";

ModelPatch propose(const std::string& text, const std::vector<Event>& events) {
  const auto known = parse_model(text, "known");
  const Lookup lookup{known};
  Learner learner;
  for (const Event& event : events) {
    if (!lookup.judge(event).deviations.empty()) learner.observe(event);
  }
  return patch_model(text, "model.yaml", *known, draft_model(learner, nullptr, known.get()));
}

TEST(LearnPatch, AddsWhatIsMissingAndTouchesNothing) {
  const std::vector events{accepted(association("10.0.1.1", "10.0.2.1", 104, "CT1", "PACS"))};
  const ModelPatch patch = propose(kKnown, events);
  EXPECT_THAT(patch.diff, testing::StartsWith("--- model.yaml\n+++ model.yaml\n@@ -1,6 +1,8 @@\n"));
  EXPECT_THAT(patch.diff, Not(HasSubstr("\n-")));
  EXPECT_THAT(patch.patched, HasSubstr("\n    ct1: {zone: hosts, "));
  EXPECT_THAT(deviations(parse_model(patch.patched, "patched"), events), IsEmpty());
  EXPECT_THAT(propose(patch.patched, events).diff, IsEmpty());
}

TEST(LearnPatch, MendsALastLineThatDoesNotEnd) {
  std::string text = kKnown;
  text.pop_back();
  const std::vector events{accepted(association("10.0.1.1", "10.0.2.1", 104, "CT1", "PACS"))};
  const ModelPatch patch = propose(text, events);
  EXPECT_THAT(patch.diff, HasSubstr("-        answers_to: [PACS]\n\\ No newline at end of file\n+        answers_to"));
  EXPECT_THAT(deviations(parse_model(patch.patched, "patched"), events), IsEmpty());
}

TEST(LearnPatch, SaysWhereNothingCanBeAdded) {
  const std::string text =
      "zones: {archive: {networks: [10.0.2.0/24]}}\ndevices: {pacs: {zone: archive, addresses: 10.0.2.1}}\n";
  EXPECT_THROW(propose(text, {connection("10.0.1.1", "10.0.2.1", 22)}), ConfigurationError);
}

TEST(LearnPatch, AddsTheConduitThatAFlowNeeds) {
  const std::string text = std::string{kKnown} +
                           "    ws: {zone: reading, addresses: 10.0.3.1, calls_as: WS}\n"
                           "conduits:\n  one: {from: archive, to: reading, services: any}\n";
  const std::string with_zone =
      "zones:\n    reading: {networks: 10.0.3.0/24}\n" + text.substr(text.find("    archive"));
  const std::vector events{accepted(association("10.0.3.1", "10.0.2.1", 104, "WS", "PACS"))};
  const ModelPatch patch = propose(with_zone, events);
  EXPECT_THAT(patch.patched, HasSubstr("from: [reading], to: [archive]"));
  EXPECT_THAT(deviations(parse_model(patch.patched, "patched"), events), IsEmpty());
}

}  // namespace
}  // namespace dcmwatch
