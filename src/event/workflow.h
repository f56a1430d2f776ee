// One order's way through the department: from the order to the report.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/endpoint.h"
#include "base/timestamp.h"
#include "event/texts.h"

namespace dcmwatch {

/// In the order in which they come (IHE RAD TF-1 3, Scheduled Workflow).
enum class WorkflowStep : std::uint8_t {
  order,           ///< ORM, OMG or OMI (HL7 v2 chapter 4)
  worklist,        ///< it was in a worklist's answer (PS3.4 K)
  performed_step,  ///< MPPS N-CREATE (PS3.4 F.7)
  images,          ///< the first way that its study went, over
  commitment,      ///< a storage commitment's report (PS3.4 J)
  report           ///< ORU or MDM (HL7 v2 chapters 7 and 9), not a preliminary one
};
inline constexpr std::size_t kWorkflowSteps = 6;

enum class WorkflowStepState : std::uint8_t {
  unknown,  ///< not seen, and it could not be expected to be: nobody was seen to do such a thing here; or seen, and not
            ///< whether it was accepted
  seen,
  late,    ///< seen, after its time
  failed,  ///< seen, and refused, never answered, discontinued or failed whenever that could be told
  missing  ///< not seen, though it was to be expected
};

/// Why it is told now.
enum class WorkflowTold : std::uint8_t {
  complete,  ///< all its steps were seen that could be expected, the report among them
  quiet,     ///< nothing of it was seen for Limits::workflow_quiet
  limit,     ///< to make room
  end        ///< the capture ended
};

/// In what time a step is to follow another; after that it is late. Nothing: the step is not expected at all.
struct WorkflowTimes {
  std::optional<Duration> images = std::chrono::hours{1};      ///< after the performed step began
  std::optional<Duration> commitment = std::chrono::hours{1};  ///< after the last image
  std::optional<Duration> report = std::chrono::hours{24};     ///< likewise
};

/// dataset "workflow" (relate makes it, not protocol). A step that comes after it was told makes another record of the
/// whole way; the last one holds. What is a step's and when it is expected: relate/workflows.h.
struct Workflow {
  struct Step {
    WorkflowStepState state = WorkflowStepState::unknown;
    std::optional<Timestamp> time;  ///< when it was first seen, as it succeeded if it did
  };

  Pseudonym accession;
  Pseudonym study;    ///< the first
  Pseudonym patient;  ///< as of the last merge (ADT^A40)
  Pseudonym merged;   ///< the patient that it was of before
  std::array<Step, kWorkflowSteps> steps;
  std::uint32_t studies = 0;  ///< different ones
  std::uint64_t images = 0;   ///< stored on the first way that they went
  Code order_control;         ///< ORC-1 of the last order message, likewise
  Code report_status;         ///< OBR-25 of the last report, of the last that was accepted if one was
  IpAddress reported_by;      ///< who sent the report's step: the first that was accepted, else the first
  bool cancelled = false;     ///< by order control or a discontinued step: nothing more is expected
  bool preliminary = false;   ///< told before it was over: what is missing may still come
  WorkflowTold told = WorkflowTold::quiet;

  [[nodiscard]] Step& at(WorkflowStep step) { return steps[static_cast<std::size_t>(step)]; }
  [[nodiscard]] const Step& at(WorkflowStep step) const { return steps[static_cast<std::size_t>(step)]; }
};

std::string_view to_text(WorkflowStep step);
std::string_view to_text(WorkflowStepState state);
std::string_view to_text(WorkflowTold told);

}  // namespace dcmwatch
