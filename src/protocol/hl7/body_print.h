// By what a message that is sent again is told from another with the same control id.
#pragma once

#include <cstdint>

#include "base/pseudonym.h"
#include "protocol/hl7/message.h"

namespace dcmwatch::hl7 {

/// Pseudonymizer::fingerprint() of all that a message says but for MSH-7, which says when it was made: who sends it
/// again may say so. 0 if its MSH ends before MSH-7.
std::uint64_t body_print(const Message& message, const Pseudonymizer& pseudonymizer);

}  // namespace dcmwatch::hl7
