// What a later phase of a record may make of its fields: whether what is absent from a record's start, or below a
// number there, is so of the whole record.
#pragma once

#include <cstdint>

#include "event/fields.h"

namespace dcmwatch {

/// When a field has the value that it has in the record's last phase. In that order.
enum class Settles : std::uint8_t {
  at_once,     ///< in the record's first phase
  once_known,  ///< absent until it is known; from then on a value stays, a list only gains, a number only grows
  at_end       ///< a value may give way to another
};

/// Of the records of these datasets, one bit for each alternative of Facts. Of what no field is said to be, it is
/// taken to settle once known.
Settles settles(const Field& field, std::uint32_t datasets);

}  // namespace dcmwatch
