// Patients that were merged into others (HL7 v2 chapter 3, MRG: A18, A34, A40 and others).
#pragma once

#include <cstdint>

#include "base/limits.h"
#include "relate/occurrence.h"
#include "relate/open_facts.h"

namespace dcmwatch {

/// Keeps in mind who replaces whom, and tells it once however many connections the message passes on. Who was merged
/// into one who is merged himself is followed to the last. The last merge holds: whoever replaces the one who had
/// replaced him is there again. Only what its receiver accepted is a merge.
///
/// Limits::patient_merges are kept, the one told longest ago goes first. Cost: a look-up for each step of the way.
class Merges {
 public:
  /// `limits` outlives it.
  explicit Merges(const Limits& limits) : limits_(limits), replaced_(limits.patient_merges) {}

  /// One that is over; `arrival`: whether its receiver took it.
  void on_message(const Event& event, const Hl7Message& message, Outcome arrival, Told& told);
  /// Who stands for the patient now: himself, if nobody replaced him.
  [[nodiscard]] Pseudonym successor_of(const Pseudonym& patient);
  void rebase(Timestamp now) { replaced_.rebase(now); }

  /// To stay within Limits::patient_merges.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }
  /// Beyond Limits::patient_merge_chain.
  [[nodiscard]] std::uint64_t not_followed() const { return not_followed_; }

 private:
  bool take(const Hl7Merge& merge, Timestamp now);
  void end_cycle(const Hl7Merge& merge);

  const Limits& limits_;
  OpenFacts<Pseudonym> replaced_;  ///< who replaces a patient, by whom he replaces
  std::uint64_t forgotten_ = 0;
  std::uint64_t not_followed_ = 0;
};

}  // namespace dcmwatch
