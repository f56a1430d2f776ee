// The only door by which text leaves this folder: an allow-list for codes, pseudonyms for identifiers, nothing else.
#pragma once

#include <string>
#include <string_view>

#include "base/pseudonym.h"
#include "event/event.h"
#include "protocol/hl7/character_set.h"
#include "protocol/hl7/codes.h"
#include "protocol/hl7/message.h"

namespace dcmwatch::hl7 {

/// Who assigned the patient id of the message before: mostly the same.
struct LastIssuer {
  Text<64> text;
  Pseudonym pseudonym;
};

/// What may be told of a message. No name, free text, MSA-3 or ERR is read at all; codes outside their table are left
/// out. Marks, sizes, the envelope and sent_by_opener are the conversation's to fill in. Allocates where the message
/// says more than its header and its patient's first id.
Hl7Message facts_of(const Message& message, const CharacterSet& character_set, const Pseudonymizer& pseudonymizer,
                    LastIssuer& last_issuer);
Hl7Message facts_of(const Message& message, const Pseudonymizer& pseudonymizer);

/// MSH-10 or MSA-2, which are the same identifier, to be compared or made a pseudonym of. Empty if there is none. Views
/// the message or `scratch`.
std::string_view control_id(const Message& message, Field field, std::string& scratch);

/// MSH-15 and MSH-16, HL7 table 0155. Both absent is the original mode (2.9.2), in which every message is acknowledged.
struct AcknowledgementsWanted {
  bool any = true;           ///< false: both are NE
  bool accept = false;       ///< a commit acknowledgement was asked for, on some condition at least
  bool application = false;  ///< beyond the commit acknowledgement, on some condition at least
};
AcknowledgementsWanted acknowledgements_wanted(const Message& message);

}  // namespace dcmwatch::hl7
