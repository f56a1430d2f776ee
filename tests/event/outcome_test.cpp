// event.outcome: what is a failure, what was merely not seen.
#include <gtest/gtest.h>

#include "event/event.h"

namespace dcmwatch {
namespace {

Outcome outcome_of_association(DicomEnd end, Visibility visibility = {}) {
  Event event;
  event.visibility = visibility;
  DicomAssociation association;
  association.accepted = true;
  association.end = end;
  event.facts = association;
  return outcome_of(event);
}

TEST(Outcome, OfAnAssociationThatIsBrokenOffIsFailure) {
  EXPECT_EQ(outcome_of_association(DicomEnd::released), Outcome::success);
  EXPECT_EQ(outcome_of_association(DicomEnd::open), Outcome::success);
  for (const DicomEnd end : {DicomEnd::reset, DicomEnd::timeout, DicomEnd::closed}) {
    EXPECT_EQ(outcome_of_association(end), Outcome::failure);
    EXPECT_EQ(outcome_of_association(end, {.truncated = true}), Outcome::failure)
        << "as the end is told, so its outcome";
  }
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
