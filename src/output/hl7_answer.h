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
  none,        ///< it was not answered in time
  superseded,  ///< nor had it to be: it was sent again, and that was answered
  not_wanted,  ///< nor was an answer asked for, or declared
  waiting,     ///< when nobody looked any longer it had not been answered yet
  unknown      ///< there may have been an answer unseen
};
inline constexpr std::size_t kHl7Answers = 12;

constexpr std::string_view to_text(Hl7Answer answer) {
  constexpr std::array<std::string_view, kHl7Answers> kWords{
      "AA", "AE", "AR", "CA", "CE", "CR", "other", "none", "superseded", "not_wanted", "waiting", "unknown"};
  return kWords[static_cast<std::size_t>(answer)];
}

/// As people read it, of a message: "AA", "unanswered".
constexpr std::string_view words_for(Hl7Answer answer) {
  constexpr std::array<std::string_view, kHl7Answers> kWords{"AA",         "AE",          "AR",      "CA",
                                                             "CE",         "CR",          "no code", "unanswered",
                                                             "sent again", "none wanted", "waiting", "not visible"};
  return kWords[static_cast<std::size_t>(answer)];
}

/// Whether it is worth a look.
bool is_failure(Hl7Answer answer);

/// MSA-1.
Hl7Answer answer_of_code(std::string_view code);

/// Of a message, as far as its record tells.
Hl7Answer answer_to(const Hl7Message& message, const Observation& observation);

/// HL7 v2 2.9.3: whether what its connection tells need not be all, since the application may answer on another one; or
/// so late that it is no longer waited for.
bool may_be_answered_elsewhere(const Hl7Message& message);

/// Whether, as the record that ends it tells, it waited for an answer until nobody looked any longer: the capture
/// ended, or it was forgotten.
bool waited_to_the_end(const Hl7Message& message, const Observation& observation);

}  // namespace dcmwatch
