// Where and when something was seen: what is kept of an event so as to tell of it later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "event/event.h"

namespace dcmwatch {

/// What relations tell, to be judged and told after the event that completed it.
using Told = std::vector<Event>;

/// How many records a relation tells at the end before it is asked again.
inline constexpr std::size_t kToldAtOnce = 256;

struct Occurrence {
  Protocol protocol = Protocol::dicom;
  Visibility visibility;
  std::uint64_t conversation = 0;  ///< 0: it was not seen
  Parties parties;
  Mark first;
  Mark last;

  static Occurrence of(const Event& event) {
    return {event.protocol, event.visibility, event.conversation, event.parties, event.first, event.last};
  }

  /// A record about it. Its ordinal is 0, since it is none of the connection's own.
  [[nodiscard]] Event tell(Facts facts, Phase phase = Phase::end) const {
    Event event;
    event.phase = phase;
    event.protocol = protocol;
    event.visibility = visibility;
    event.conversation = conversation;
    event.parties = parties;
    event.first = first;
    event.last = last;
    event.facts = std::move(facts);
    return event;
  }
};

/// How an operation that is over was answered. Broken off or never answered is failed, unless the answer may have come
/// unseen.
enum class Answer : std::uint8_t { succeeded, failed, unseen };

inline Answer answer_to(const Event& event, const DicomOperation& operation) {
  switch (outcome_of(event)) {
    case Outcome::success: return Answer::succeeded;
    case Outcome::failure: return Answer::failed;
    case Outcome::unknown: break;
  }
  return operation.status || event.visibility.impaired() ? Answer::unseen : Answer::failed;
}

/// Who sent what came with the request.
inline const IpAddress& sender_of(const Event& event, const DicomOperation& operation) {
  const Parties& parties = event.parties;
  return operation.invoker == Invoker::opener ? parties.source.address : parties.destination.address;
}
inline const IpAddress& receiver_of(const Event& event, const DicomOperation& operation) {
  const Parties& parties = event.parties;
  return operation.invoker == Invoker::opener ? parties.destination.address : parties.source.address;
}

/// As each calls itself, and as it is called (PS3.8 9.3.2); nothing if the association's request was not seen.
inline const std::optional<AeTitle>& sender_title(const DicomOperation& operation) {
  return operation.invoker == Invoker::opener ? operation.calling_ae : operation.called_ae;
}
inline const std::optional<AeTitle>& receiver_title(const DicomOperation& operation) {
  return operation.invoker == Invoker::opener ? operation.called_ae : operation.calling_ae;
}

}  // namespace dcmwatch
