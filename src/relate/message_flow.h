// Between whom an HL7 message goes, as relations know it.
#pragma once

#include <cstdint>

#include "event/event.h"
#include "relate/prints.h"

namespace dcmwatch {

inline const IpAddress& sender_of(const Event& event, const Hl7Message& message) {
  return message.sent_by_opener ? event.parties.source.address : event.parties.destination.address;
}
inline const IpAddress& receiver_of(const Event& event, const Hl7Message& message) {
  return message.sent_by_opener ? event.parties.destination.address : event.parties.source.address;
}

/// Whether an answer of the application may follow, on whichever connection (HL7 v2 2.9.3).
inline bool wants_application(const Hl7Message& message) {
  return message.ack_wanted != AckCondition::absent && message.ack_wanted != AckCondition::never;
}

/// Of who sends to whom, whichever connection it is.
inline std::uint64_t print_of_hosts(const Event& event, const Hl7Message& message) {
  return print_of(print_of(sender_of(event, message)), print_of(receiver_of(event, message)));
}

/// Of that and the port that accepts: the interface, of which each connection is one after another.
inline std::uint64_t print_of_interface(const Event& event, const Hl7Message& message) {
  return print_of(print_of_hosts(event, message), event.parties.destination.port);
}

}  // namespace dcmwatch
