// A legal message at random: what is to be told of it and, beside that, its bytes. Whatever its delimiters, its
// character set and its escape sequences are, what is told of it is the same.
#pragma once

#include <string>

#include "base/pseudonym.h"
#include "event/event.h"
#include "protocol/dicom/dice.h"

namespace dcmwatch::test {

struct PlannedMessage {
  Hl7Message facts;     ///< but for marks, sizes and the envelope
  std::string content;  ///< of its block
};

PlannedMessage plan_message(Dice& dice, const Pseudonymizer& pseudonymizer);

}  // namespace dcmwatch::test
