// Tells the breaks of the rules of event/dicom_violations.h, each once per association.
#pragma once

#include <bitset>
#include <cstdint>

#include "event/dicom_violations.h"
#include "protocol/conversation.h"
#include "protocol/dicom/pdu_framer.h"

namespace dcmwatch::dicom {

class Violations {
 public:
  explicit Violations(Emitter& emitter) : emitter_(emitter) {}

  /// Gives the violation to be completed before the next fact is emitted; null if this kind was told before.
  Violation* tell(Breach breach, const UnitStart& unit, std::uint64_t length, bool by_opener, const Mark& mark) {
    const auto index = static_cast<std::size_t>(breach);
    if (told_.test(index)) return nullptr;
    told_.set(index);
    return &emitter_.emit(Phase::end, unit.mark, mark,
                          violation_of(kBreachRules[index], unit.offset, length, by_opener));
  }

  /// A new association begins.
  void forget() { told_.reset(); }

 private:
  Emitter& emitter_;
  std::bitset<kBreachRules.size()> told_;
};

}  // namespace dcmwatch::dicom
