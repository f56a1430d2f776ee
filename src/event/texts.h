// What leaves the wire for a fact is bounded, so that a fact is a plain value: nothing to allocate, nothing to free.
#pragma once

#include "base/pseudonym.h"
#include "base/text.h"

namespace dcmwatch {

using AeTitle = Text<16>;    ///< PS3.5 6.2 AE; an SH is as long
using Uid = Text<64>;        ///< PS3.5 9.1
using Code = Text<16>;       ///< of a closed table: a query level, HL7's tables
using ShortCode = Text<7>;   ///< likewise, of one that has shorter codes
using Hl7Name = Text<40>;    ///< of an application or a facility (HD.1 may have 20 characters), cut where longer
using DicomName = Text<64>;  ///< an LO or SH in UTF-8, cut where longer

}  // namespace dcmwatch
