#include <gtest/gtest.h>

#include "relate/department.h"

namespace dcmwatch {
namespace {

using namespace test;

struct Steps : testing::Test {
  Department department;

  Event create(unsigned step, std::uint64_t conversation, std::vector<unsigned> studies = {}) {
    return department.operation(dimse::kCreate, kCt, kRis, conversation, [&](DicomOperation& create) {
      PerformedStep content;
      content.status = "IN PROGRESS";
      for (const unsigned study : studies) content.scheduled.push_back(step_of_study(study));
      create.instance = pseudonym(step);
      create.content = DicomContent{content};
    });
  }
  Event set(unsigned step, std::uint64_t conversation, std::string_view status = "COMPLETED",
            std::vector<InstancePrint> instances = {}) {
    return department.operation(dimse::kSet, kCt, kRis, conversation, [&](DicomOperation& set) {
      PerformedStep content;
      content.status = status;
      content.instances = std::move(instances);
      set.instance = pseudonym(step);
      set.content = DicomContent{content};
    });
  }
};

TEST_F(Steps, WhatBeganAStepIsTiedToWhatCompletedIt) {
  const Event begun = create(1, 7);
  department.see_in(Phase::start, begun);
  department.see(begun);
  department.see(set(1, 8, "IN PROGRESS"));
  EXPECT_TRUE(department.links().empty());
  department.pass(20min);
  department.see(set(1, 9));
  ASSERT_EQ(department.links().size(), 1U);
  const Link link = department.links().front();
  EXPECT_EQ(link.kind, LinkKind::step_ended);
  EXPECT_EQ(link.certainty, LinkCertainty::identifier);
  EXPECT_EQ(link.cause, 7U);
  EXPECT_EQ(link.effect, 9U);
  EXPECT_EQ(link.outcome, Outcome::success);
  EXPECT_GT(link.delay, 20min);
  EXPECT_EQ(link.cause_packet, 1U);
  EXPECT_EQ(link.effect_packet, 5U);
  department.finish();
  EXPECT_EQ(department.links().size(), 1U);
}

TEST_F(Steps, ADiscontinuedStepFailed) {
  department.see(create(1, 7));
  department.see(set(1, 8, "DISCONTINUED"));
  EXPECT_EQ(department.links().at(0).outcome, Outcome::failure);
}

TEST_F(Steps, ARefusedBeginningIsNone) {
  Event refused = create(1, 7);
  const auto begun = refused;
  std::get<DicomOperation>(refused.facts).status = 0x0111;
  department.see_in(Phase::start, begun);
  department.see(refused);
  department.finish();
  EXPECT_TRUE(department.links().empty());
}

TEST_F(Steps, AnEndWhoseBeginningWasNotSeenHasNoCause) {
  department.see(set(1, 8));
  ASSERT_EQ(department.links().size(), 1U);
  EXPECT_EQ(department.links().front().cause, 0U);
  EXPECT_EQ(department.links().front().certainty, LinkCertainty::none);
}

TEST_F(Steps, AStepThatNeverEndsIsToldSo) {
  department.see(create(1, 7));
  department.pass(std::chrono::hours{24} + 1s);
  ASSERT_EQ(department.links().size(), 1U);
  EXPECT_EQ(department.links().front().effect, 0U);
  EXPECT_EQ(department.links().front().outcome, Outcome::unknown);
}

TEST_F(Steps, AStudyStaysOpenWhileItsStepIsInProgress) {
  department.see(create(1, 7, {100}));
  department.see(department.store(100, 1, kCt, kPacs, 9));
  for (int minute = 0; minute < 45; ++minute) department.pass(1min);
  EXPECT_TRUE(department.studies().empty());
  department.see(department.store(100, 2, kCt, kPacs, 10));
  department.see(set(1, 11, "COMPLETED", {print(1), print(2)}));
  department.pass(11min);
  ASSERT_EQ(department.studies().size(), 1U);
  EXPECT_EQ(department.studies().front().stored, 2U);
  EXPECT_EQ(department.studies().front().announced, 2U);
  EXPECT_EQ(department.studies().front().missing, 0U);
}

TEST_F(Steps, WhatWasListedAndNotStoredIsMissing) {
  department.see(create(1, 7, {100}));
  department.see(department.store(100, 1, kCt, kPacs, 9));
  Event listed = set(1, 11, "COMPLETED", {print(1), print(2)});
  department.see_in(Phase::progress, listed);
  auto& operation = std::get<DicomOperation>(listed.facts);
  PerformedStep rest = *operation.content.as<PerformedStep>();
  rest.instances = {print(3)};
  operation.content = DicomContent{rest};
  department.see(listed);
  department.see(department.store(100, 3, kCt, kAi, 12));  // to another
  department.pass(11min);
  ASSERT_EQ(department.studies().size(), 2U);
  for (const DicomStudy& study : department.studies()) {
    EXPECT_EQ(study.announced, 3U);
    EXPECT_EQ(study.missing, 2U) << "what went to the other place is missing here";
    EXPECT_EQ(study.unsent, 1U) << "but was sent";
    EXPECT_EQ(outcome_of(department.told.back()), Outcome::unknown);
  }
}

TEST_F(Steps, WhatWasSentAndFailedIsNotMissingToo) {
  department.see(create(1, 7, {100}));
  department.see(department.store(100, 1, kCt, kPacs, 9));
  department.see(department.store(100, 2, kCt, kPacs, 9, 0xA700));
  department.see(department.store(100, 3, kVna, kWs, 10));  // that has it from where nobody looked
  department.see(set(1, 11, "COMPLETED", {print(1), print(2), print(3), print(4)}));
  department.pass(11min);
  const DicomStudy study = department.studies().front();
  EXPECT_EQ(study.announced, 4U);
  EXPECT_EQ(study.stored, 1U);
  EXPECT_EQ(study.failed, 1U);
  EXPECT_EQ(study.missing, 2U);
  EXPECT_EQ(study.unsent, 1U);
  EXPECT_EQ(department.studies().back().announced, std::nullopt) << "by another";
}

TEST_F(Steps, WhoWasNotSeenToSayItsTitleMayBeTheOneThatTookTheRest) {
  department.see(create(1, 7, {100}));
  department.see(department.store(100, 1, kCt, kPacs, 9));
  Event midway = department.store(100, 2, kCt, kPacs, 10);
  std::get<DicomOperation>(midway.facts).called_ae.reset();
  department.see(midway);
  department.see(set(1, 11, "COMPLETED", {print(1), print(2)}));
  department.pass(11min);
  ASSERT_EQ(department.studies().size(), 2U);
  for (const DicomStudy& study : department.studies()) EXPECT_EQ(study.missing, 0U);
}

TEST_F(Steps, AStudyOfWhichNothingWasStoredIsToldWithoutDestination) {
  department.see(create(1, 7, {100}));
  department.see(set(1, 8, "COMPLETED", {print(1), print(2)}));
  department.pass(11min);
  ASSERT_EQ(department.studies().size(), 1U);
  EXPECT_EQ(department.studies().front().study, pseudonym(100));
  EXPECT_EQ(department.studies().front().stored, 0U);
  EXPECT_EQ(department.studies().front().missing, 2U);
  EXPECT_EQ(department.studies().front().unsent, 2U);
  const Event& event = department.told.back();
  EXPECT_EQ(to_text(event.parties.source.address), kCt);
  EXPECT_EQ(event.parties.destination, Endpoint{});
}

TEST_F(Steps, AnEndThatWasRefusedIsNone) {
  department.see(create(1, 7, {100}));
  department.see(department.store(100, 1, kCt, kPacs, 9));
  Event refused = set(1, 8, "COMPLETED", {print(1), print(2)});
  std::get<DicomOperation>(refused.facts).status = 0x0110;
  department.see(refused);
  department.finish();
  ASSERT_EQ(department.links().size(), 1U);
  EXPECT_EQ(department.links().front().effect, 0U) << "it never ended";
  EXPECT_EQ(department.studies().front().announced, std::nullopt);
}

TEST_F(Steps, WhatAnotherSaysOfAStepDoesNotEndIt) {
  department.see(create(1, 7, {100}));
  department.see(department.store(100, 1, kCt, kPacs, 9));
  Event foreign = set(1, 8, "DISCONTINUED");
  foreign.parties.source.address = *IpAddress::parse(kWs);
  department.see(foreign);
  department.pass(20min);
  EXPECT_TRUE(department.studies().empty()) << "the step is in progress";
  department.see(set(1, 10, "COMPLETED", {print(1), print(2)}));
  department.pass(11min);
  const std::vector<Link> links = department.links();
  ASSERT_EQ(links.size(), 2U);
  EXPECT_EQ(links[0].certainty, LinkCertainty::none);
  EXPECT_EQ(links[1].certainty, LinkCertainty::identifier);
  EXPECT_EQ(links[1].outcome, Outcome::success);
  EXPECT_EQ(department.studies().at(0).missing, 1U);
}

TEST_F(Steps, ABeginningThatIsNotAnsweredHoldsNoStudyOpen) {
  department.see(department.store(100, 1, kCt, kPacs, 9));
  const Event begun = create(1, 7, {100});
  department.see_in(Phase::start, begun);
  department.see_in(Phase::progress, begun);
  department.pass(11min);
  EXPECT_EQ(department.studies().size(), 1U);
}

TEST_F(Steps, ABeginningWhoseAnswerMayHaveComeUnseenHoldsItsStudyOpen) {
  department.see(department.store(100, 1, kCt, kPacs, 9));
  Event begun = create(1, 7, {100});
  std::get<DicomOperation>(begun.facts).status.reset();
  begun.visibility.one_direction = true;
  department.see(begun);
  department.pass(11min);
  EXPECT_TRUE(department.studies().empty());
}

TEST_F(Steps, WhatAStepListsMayBeOfAnyOfItsStudies) {
  department.see(create(1, 7, {100, 200}));
  department.see(department.store(100, 1, kCt, kPacs, 9));
  department.see(set(1, 10, "COMPLETED", {print(1), print(2)}));
  department.see(department.store(200, 2, kCt, kPacs, 9));
  department.pass(11min);
  ASSERT_EQ(department.studies().size(), 2U);
  EXPECT_EQ(department.studies()[0].announced, 1U);
  EXPECT_EQ(department.studies()[0].missing, 0U);
}

TEST_F(Steps, StudiesBeyondTheLimitAreCounted) {
  department.limits.step_studies = 2;
  department.see(create(1, 7, {100, 200, 300}));
  EXPECT_EQ(department.times_reached("step_studies"), 1U);
}

}  // namespace
}  // namespace dcmwatch
