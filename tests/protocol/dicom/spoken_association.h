// A planned association as it goes over a line: PDUs of what fits into them, both directions at once, in segments of
// any size; and what had been said when it ended.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/dicom/dice.h"
#include "protocol/dicom/planned_association.h"
#include "protocol/dicom/session.h"

namespace dcmwatch::test {

/// Segments are counted from 1, as a Wire's packets are.
using SegmentNumber = std::uint64_t;

/// Of a planned operation, when its association ended.
struct SpokenOperation {
  SegmentNumber begun = 0;       ///< with the first byte of its command
  SegmentNumber known = 0;       ///< with the last; 0: it was not
  SegmentNumber requested = 0;   ///< with the last byte of the request
  SegmentNumber responding = 0;  ///< with the first byte of the first response
  SegmentNumber answered = 0;    ///< with the last byte of the final response's command
  SegmentNumber done = 0;        ///< with the last of its data set, too
  std::size_t responses = 0;     ///< commands of them that came whole
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
  bool cancelled = false;
};

struct SpokenAssociation {
  Session session;
  CloseReason close = CloseReason::finished;
  SegmentNumber asked = 0;     ///< the request came whole; 0: it did not
  SegmentNumber answered = 0;  ///< so did its answer
  bool released = false;
  std::optional<DicomAbort> abort;
  std::vector<SpokenOperation> operations;  ///< as planned
};

SpokenAssociation speak(const PlannedAssociation& plan, Dice& dice);

}  // namespace dcmwatch::test
