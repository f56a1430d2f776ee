// What was ordered: worklist entries, performed steps and order messages that were seen.
#pragma once

#include <cstdint>
#include <optional>

#include "base/limits.h"
#include "relate/occurrence.h"
#include "relate/open_facts.h"

namespace dcmwatch {

/// Keeps in mind Limits::orders studies and accession numbers, and who was answered by a worklist or reports performed
/// steps; those named longest ago are forgotten first. A device that was not may have its orders from elsewhere.
class Orders {
 public:
  /// `limits` outlives it.
  explicit Orders(const Limits& limits) : known_(limits.orders), askers_(limits.relate_open) {}

  void on_query(const Event& event, const DicomOperation& find);
  void on_step(const Event& event, const DicomOperation& create);
  void on_message(const Event& event, const Hl7Message& message);

  /// Whether an order was seen for the study or the accession number; nothing if there was none and `sender` is not
  /// known to have its orders by DICOM.
  [[nodiscard]] std::optional<bool> ordered(std::uint64_t study, std::uint64_t accession,
                                            const IpAddress& sender) const;

 private:
  struct Nothing {};
  using Prints = OpenFacts<Nothing>;

  void add(const ScheduledStep& step, Timestamp now);
  static void remember(Prints& prints, std::uint64_t print, Timestamp now);

  Prints known_;
  Prints askers_;
};

}  // namespace dcmwatch
