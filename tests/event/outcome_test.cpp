// event.outcome: what is a failure, what was merely not seen.
#include <gtest/gtest.h>

#include "event/event.h"

namespace dcmwatch {
namespace {

Outcome outcome_of_association(DicomEnd end, std::uint64_t operations, std::uint64_t unanswered,
                               Visibility visibility = {}) {
  Event event;
  event.visibility = visibility;
  DicomAssociation association;
  association.accepted = true;
  association.end = end;
  association.operations = operations;
  association.unanswered_operations = unanswered;
  event.facts = association;
  return outcome_of(event);
}

TEST(Outcome, OfAnAssociationThatIsBrokenOffIsFailure) {
  EXPECT_EQ(outcome_of_association(DicomEnd::released, 1, 0), Outcome::success);
  EXPECT_EQ(outcome_of_association(DicomEnd::reset, 1, 0), Outcome::failure);
  EXPECT_EQ(outcome_of_association(DicomEnd::timeout, 1, 0), Outcome::failure);
  EXPECT_EQ(outcome_of_association(DicomEnd::closed, 2, 1), Outcome::failure);
  EXPECT_EQ(outcome_of_association(DicomEnd::closed, 0, 0), Outcome::failure) << "it came to nothing";
  EXPECT_EQ(outcome_of_association(DicomEnd::closed, 2, 0), Outcome::success) << "all that was asked for was answered";
  EXPECT_EQ(outcome_of_association(DicomEnd::open, 1, 0), Outcome::success);
}

TEST(Outcome, OfAnEndThatMayHaveBeenAnotherIsUnknown) {
  EXPECT_EQ(outcome_of_association(DicomEnd::reset, 1, 0, {.lost = true}), Outcome::unknown);
  EXPECT_EQ(outcome_of_association(DicomEnd::closed, 1, 1, {.truncated = true}), Outcome::unknown);
}

TEST(Outcome, OfAnOperationThatWasSurelyNeverAnsweredIsFailure) {
  Event event;
  DicomOperation operation;
  operation.command_field = 0x0001;
  event.facts = operation;
  EXPECT_EQ(outcome_of(event), Outcome::failure);
  EXPECT_TRUE(never_answered(event, operation));

  event.visibility.unfinished = true;
  EXPECT_EQ(outcome_of(event), Outcome::unknown) << "the answer may have come later";
  EXPECT_FALSE(never_answered(event, operation));

  event.visibility = {};
  event.phase = Phase::start;
  EXPECT_EQ(outcome_of(event), Outcome::unknown);

  event.phase = Phase::end;
  operation.cancelled = true;
  event.facts = operation;
  EXPECT_EQ(outcome_of(event), Outcome::unknown);
  EXPECT_TRUE(never_answered(event, operation));
}

}  // namespace
}  // namespace dcmwatch
