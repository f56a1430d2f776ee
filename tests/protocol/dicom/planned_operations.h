// Operations of each DIMSE service as its standard has them (PS3.4), at random.
#pragma once

#include <string_view>
#include <vector>

#include "protocol/dicom/planned_association.h"
#include "protocol/dicom/planned_data_set.h"
#include "written_contexts.h"

namespace dcmwatch::test {

/// On an accepted presentation context; those of a C-GET come with the C-STOREs that it causes.
using PlanService = void (*)(class OperationPlanner& planner, const WrittenContext& context);

struct PlannedService {
  std::string_view sop_class_uid;  ///< abstract syntax
  PlanService plan;
};
const std::vector<PlannedService>& planned_services();

bool is_planned_storage(std::string_view sop_class);

std::vector<PlannedOperation> plan_operations(const std::vector<WrittenContext>& contexts,
                                              const DicomNegotiation& negotiation, const DicomAssociation& of,
                                              bool reuses_message_ids, Dice& dice);

}  // namespace dcmwatch::test
