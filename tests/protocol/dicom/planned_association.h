// What two peers who keep to the rules would say to each other: the facts that are to be told of it and, beside them,
// the bytes of their messages. `speak` (spoken_association.h) makes of it a stream each way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "event/event.h"
#include "protocol/dicom/builder.h"
#include "protocol/dicom/dice.h"

namespace dcmwatch::test {

struct PlannedMessage {
  Octets command;
  Octets data_set;  ///< empty: there is none
};

struct PlannedResponse {
  std::uint16_t status = 0;
  SubOperations counters;
  PlannedMessage message;
};

struct PlannedOperation {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  DicomOperation fact;  ///< once it is over, but for times and marks
  PlannedMessage request;
  std::vector<PlannedResponse> responses;  ///< the last is final
  bool cancel = false;                     ///< by its invoker, before the final response
  std::size_t cause = kNone;               ///< of a C-GET's C-STORE: the C-GET
  std::optional<Timestamp> created;        ///< of a C-STORE's object, where its offset to UTC is told
};

/// How it comes to its end. The peers of all but the first two are cut short anywhere.
enum class PlannedEnd : std::uint8_t {
  released_by_opener,
  released_by_acceptor,
  released_by_both,
  rejected,
  aborted_by_opener,
  aborted_by_acceptor,
  closed,
  reset,
  capture_ended
};

/// What is in an acceptance or a request beside its facts.
struct PlannedOpening {
  Octets request;
  Octets answer;  ///< A-ASSOCIATE-AC or -RJ
};

struct PlannedAssociation {
  DicomAssociation fact;  ///< as agreed: counts, abort and end come of how it is spoken
  PlannedOpening opening;
  std::vector<PlannedOperation> operations;  ///< in each side's order
  PlannedEnd end{};
  std::array<std::size_t, 2> window{1, 1};  ///< outstanding at most: invoked by the opener, by the acceptor
  bool reuses_message_ids = false;
};

PlannedAssociation plan_association(Dice& dice);

}  // namespace dcmwatch::test
