// What became of an HL7 message: for the metrics and the summary, which count it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "event/record.h"

namespace dcmwatch {

/// The codes of HL7 table 0008, and what there is where no code is.
enum class Hl7Answer : std::uint8_t {
  aa,
  ae,
  ar,
  ca,
  ce,
  cr,
  other,       ///< an answer without a code of the table
  none,        ///< it was never answered
  not_wanted,  ///< nor was an answer asked for, or declared
  unknown      ///< there may have been one unseen
};
inline constexpr std::size_t kHl7Answers = 10;

constexpr std::string_view to_text(Hl7Answer answer) {
  constexpr std::array<std::string_view, kHl7Answers> kWords{"AA", "AE",    "AR",   "CA",         "CE",
                                                             "CR", "other", "none", "not_wanted", "unknown"};
  return kWords[static_cast<std::size_t>(answer)];
}

/// Of a message that is over.
Hl7Answer answer_to(const Hl7Message& message, const Observation& observation);

}  // namespace dcmwatch
