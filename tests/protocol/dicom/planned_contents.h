// What the data sets of each service say: the facts that are to be told of them, and their elements.
#pragma once

#include "protocol/dicom/planned_association.h"
#include "protocol/dicom/planned_data_set.h"

namespace dcmwatch::test {

/// Each adds what it says to the operation's fact.
PlannedDataSet plan_stored_object(PlannedOperation& operation, bool encapsulated, Dice& dice);
PlannedDataSet plan_query(PlannedOperation& operation, Dice& dice);
PlannedDataSet plan_retrieval(PlannedOperation& operation, Dice& dice);
PlannedDataSet plan_worklist_query(PlannedOperation& operation, Dice& dice);
PlannedDataSet plan_worklist_answer(PlannedOperation& operation, Dice& dice);
PlannedDataSet plan_commitment(PlannedOperation& operation, bool is_report, Dice& dice);
PlannedDataSet plan_performed_step(PlannedOperation& operation, bool begins, Dice& dice);

}  // namespace dcmwatch::test
