// Within `model`: the names of MSH-3 to MSH-6, as declared and as seen.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "event/hl7_message.h"
#include "model/model.h"

namespace dcmwatch {

/// The sender or the receiver that a message names; views the message.
struct Hl7EndSeen {
  std::string_view application, facility;  ///< HD.1, trimmed
  Hl7UniversalId application_id, facility_id;

  /// "LAB|MAIN", "LAB^1.2.3^ISO"
  [[nodiscard]] std::string text() const;
};

/// Nothing if the message was not seen that far.
std::optional<Hl7EndSeen> sender_of(const Hl7Message& message);
std::optional<Hl7EndSeen> receiver_of(const Hl7Message& message);

/// An application, or an application and a facility: "LAB", "LAB|MAIN", "*|MAIN", "LAB^1.2.3^ISO|MAIN". Of a name
/// without '^' the namespace id alone is compared. Nothing if the text is none.
std::optional<Hl7End> hl7_end_from(std::string_view text);

struct Hl7EndMistake {
  std::string what;  ///< "names no application"
  std::string fix;   ///< what to write instead
};
/// Nothing if somebody in particular is meant by it, and can be.
std::optional<Hl7EndMistake> mistake_in_hl7_end(std::string_view text);

bool matches(const Hl7End& declared, const Hl7EndSeen& seen);

}  // namespace dcmwatch
