#include <gtest/gtest.h>

#include "relate/department.h"

namespace dcmwatch {
namespace {

using namespace test;

struct Commitments : testing::Test {
  Department department;

  Event request(unsigned transaction, std::uint64_t conversation, std::uint16_t status = 0) {
    return department.operation(dimse::kAction, kCt, kPacs, conversation, [&](DicomOperation& action) {
      StorageCommitment commitment;
      commitment.transaction = pseudonym(transaction);
      action.content = DicomContent{commitment};
      action.status = status;
    });
  }
  Event report(unsigned transaction, std::uint64_t conversation, std::uint16_t event_type = 1) {
    return department.operation(dimse::kEventReport, kPacs, kCt, conversation, [&](DicomOperation& report) {
      StorageCommitment commitment;
      commitment.transaction = pseudonym(transaction);
      report.content = DicomContent{commitment};
      report.event_type = event_type;
    });
  }
};

TEST_F(Commitments, ARequestIsTiedToItsReportOnAnotherAssociationDaysLater) {
  department.see(request(1, 7));
  department.pass(std::chrono::hours{75});
  department.see(report(1, 8));
  ASSERT_EQ(department.links().size(), 1U);
  const Link link = department.links().front();
  EXPECT_EQ(link.kind, LinkKind::commitment_reported);
  EXPECT_EQ(link.certainty, LinkCertainty::identifier);
  EXPECT_EQ(link.cause, 7U);
  EXPECT_EQ(link.effect, 8U);
  EXPECT_EQ(link.outcome, Outcome::success);
  EXPECT_EQ(link.delay, std::chrono::hours{75} + 2ms);
  EXPECT_EQ(to_text(department.told.front().parties.source.address), kPacs) << "the report's parties";
}

TEST_F(Commitments, TheOutcomeIsTheEventTypeAlthoughTheStatusIsSuccess) {
  department.see(request(1, 7));
  department.see(report(1, 8, 2));
  EXPECT_EQ(department.links().at(0).outcome, Outcome::failure);
}

TEST_F(Commitments, AReportThatAnyoneMayHaveSentTellsOfNothing) {
  department.see(request(1, 7));
  Event forged = report(1, 8, 2);
  forged.proven = false;
  department.see(forged);
  EXPECT_TRUE(department.links().empty());
  department.see(report(1, 9));
  ASSERT_EQ(department.links().size(), 1U);
  EXPECT_EQ(department.links().at(0).outcome, Outcome::success) << "the archive's own";
}

TEST_F(Commitments, AReportOfWhichOneSideAloneIsMirroredIsTold) {
  Event seen_in_part = report(1, 8, 2);
  seen_in_part.proven = seen_in_part.provable = false;
  department.see(request(1, 7));
  department.see(seen_in_part);
  EXPECT_EQ(department.links().at(0).outcome, Outcome::failure);
}

TEST_F(Commitments, AServerMayReportBeforeItAnswersTheRequest) {
  const Event asked = request(1, 7);
  department.see(report(1, 8));
  department.see(asked);
  ASSERT_EQ(department.links().size(), 1U);
  EXPECT_EQ(department.links().front().cause, 7U);
  EXPECT_EQ(department.links().front().effect, 8U);
  department.finish();
  EXPECT_EQ(department.links().size(), 1U);
}

TEST_F(Commitments, AReportToldAgainIsNoOther) {
  department.see(request(1, 7));
  department.see(report(1, 8, 2));
  department.pass(30s);
  department.see(report(1, 9, 2));
  department.finish();
  EXPECT_EQ(department.links().size(), 1U);
}

TEST_F(Commitments, ARequestThatIsNeverReportedIsToldSo) {
  department.see(request(1, 7));
  department.pass(std::chrono::hours{24 * 7} + 1s);
  ASSERT_EQ(department.links().size(), 1U);
  EXPECT_EQ(department.links().front().cause, 7U);
  EXPECT_EQ(department.links().front().effect, 0U);
  EXPECT_EQ(department.links().front().certainty, LinkCertainty::none);
  EXPECT_EQ(department.links().front().outcome, Outcome::unknown);
  EXPECT_FALSE(department.told.front().visibility.unfinished);
}

TEST_F(Commitments, AtTheEndWhatIsOpenMayStillBeReported) {
  department.see(request(1, 7));
  department.finish();
  ASSERT_EQ(department.links().size(), 1U);
  EXPECT_TRUE(department.told.front().visibility.unfinished);
}

TEST_F(Commitments, AReportWhoseRequestWasNotSeenIsToldAfterAWhile) {
  department.see(report(1, 8, 2));
  EXPECT_TRUE(department.links().empty()) << "the request may still end";
  department.pass(61s);
  ASSERT_EQ(department.links().size(), 1U);
  EXPECT_EQ(department.links().front().cause, 0U);
  EXPECT_EQ(department.links().front().effect, 8U);
  EXPECT_EQ(department.links().front().outcome, Outcome::failure);
}

TEST_F(Commitments, OfARequestThatWasRefusedNothingIsAwaited) {
  department.see(request(1, 7, 0x0110));
  department.finish();
  EXPECT_TRUE(department.links().empty());
}

TEST_F(Commitments, WhenTheClockIsSetBackWaitingStartsAnew) {
  department.see(report(1, 8));
  department.pass(1s);
  department.set_clock_back(std::chrono::hours{1});
  department.pass(61s);
  EXPECT_EQ(department.links().size(), 1U);
}

TEST_F(Commitments, BeyondTheLimitTheOldestIsForgotten) {
  department.limits.relate_open = 2;
  for (unsigned transaction = 1; transaction <= 3; ++transaction) department.see(request(transaction, transaction));
  department.finish();
  EXPECT_EQ(department.links().size(), 2U);
  EXPECT_EQ(department.relater().forgotten(), 1U);
}

}  // namespace
}  // namespace dcmwatch
