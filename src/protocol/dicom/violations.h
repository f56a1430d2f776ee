// Tells the breaks of the rules of event/dicom_violations.h, each once per association and side: a quirk of one of the
// two devices must not hide that the other breaks the rule as well.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>

#include "event/dicom_violations.h"
#include "protocol/conversation.h"
#include "protocol/dicom/pdu_framer.h"

namespace dcmwatch::dicom {

class Violations {
 public:
  explicit Violations(Emitter& emitter) : emitter_(emitter) {}

  /// Gives the violation to be completed before the next fact is emitted; null if it was told of this side before.
  Violation* tell(Breach breach, const UnitStart& unit, std::uint64_t length, bool by_opener, const Mark& mark) {
    const auto index = static_cast<std::size_t>(breach);
    Told& told = told_[by_opener ? 0 : 1];
    if (told.test(index)) return nullptr;
    told.set(index);
    return &emitter_.emit(Phase::end, unit.mark, mark,
                          violation_of(kBreachRules[index], unit.offset, length, by_opener));
  }

  /// A new association begins.
  void forget() { told_ = {}; }

 private:
  using Told = std::bitset<kBreachRules.size()>;

  Emitter& emitter_;
  std::array<Told, 2> told_;  ///< by opener, by acceptor
};

}  // namespace dcmwatch::dicom
