// What was ordered: worklist entries, performed steps and order messages that were seen.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/limits.h"
#include "relate/occurrence.h"
#include "relate/open_facts.h"

namespace dcmwatch {

/// HL7 v2 chapter 4: general, imaging and other orders; not their results.
bool is_order(const Hl7Message& message);
/// PS3.4 K: what a worklist answered; nullptr if it was asked of none, or gave nothing.
const WorklistAnswer* worklist_answer(const DicomOperation& find);

/// Keeps in mind Limits::orders studies and accession numbers, and who was answered by a worklist or reports performed
/// steps that were not refused; those named longest ago are forgotten first. A device that was not may have its orders
/// from elsewhere.
class Orders {
 public:
  /// `limits` outlives it.
  explicit Orders(const Limits& limits)
      : limits_(limits),
        known_(limits.orders),
        given_(limits.orders),
        given_any_(limits.relate_open),
        askers_(limits.relate_open) {}

  void on_query(const Event& event, const DicomOperation& find);
  /// One that is over, and was not refused.
  void on_step(const Event& event, const DicomOperation& create);
  void on_message(const Event& event, const Hl7Message& message);

  /// Whether an order was seen for the study or the accession number; nothing if there was none and `sender` is not
  /// known to have its orders by DICOM.
  [[nodiscard]] std::optional<bool> ordered(std::uint64_t study, std::uint64_t accession,
                                            const IpAddress& sender) const;
  /// Whether a worklist gave the study or the accession number to `sender`; nothing if none was seen to give
  /// it any.
  [[nodiscard]] std::optional<bool> on_worklist(std::uint64_t study, std::uint64_t accession,
                                                const IpAddress& sender) const;

  /// Sooner than after Limits::remembered, to stay within Limits::orders: an entry of a worklist in both ways once.
  [[nodiscard]] std::uint64_t forgotten() const { return std::max(forgotten_, given_forgotten_); }

 private:
  struct Nothing {};
  using Prints = OpenFacts<Nothing>;

  void add(const ScheduledStep& step, Timestamp now);
  void remember(Prints& prints, std::uint64_t print, Timestamp now, std::uint64_t& forgotten);

  const Limits& limits_;
  Prints known_;
  Prints given_;      ///< by a worklist, and to whom
  Prints given_any_;  ///< to whom a worklist gave anything
  Prints askers_;
  std::uint64_t forgotten_ = 0;
  std::uint64_t given_forgotten_ = 0;
};

}  // namespace dcmwatch
