// Tells the breaks of the rules of event/dicom_violations.h, each once per association and side: a quirk of one of the
// two devices must not hide that the other breaks the rule as well.
#pragma once

#include <algorithm>
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
    Told& told = told_[by_opener ? 0 : 1];
    if (told.test(static_cast<std::size_t>(breach))) return nullptr;
    told.set(static_cast<std::size_t>(breach));
    return &emit(breach, unit, length, by_opener, mark);
  }

  /// A title that is suspicious: of each of the two that a request names, once.
  void tell_title(const AeTitle& title, const UnitStart& where, std::uint64_t length, bool by_opener,
                  const Mark& mark) {
    const auto told = std::ranges::find_if(titles_told_, [&](const AeTitle& t) { return t.empty() || t == title; });
    if (told == titles_told_.end() || *told == title) return;
    *told = title;
    emit(Breach::suspicious_ae_title, where, length, by_opener, mark).ae_title = title;
  }

  /// A new association begins.
  void forget() {
    told_ = {};
    if (!titles_told_.front().empty()) titles_told_ = {};
  }

 private:
  using Told = std::bitset<kBreachRules.size()>;

  Violation& emit(Breach breach, const UnitStart& unit, std::uint64_t length, bool by_opener, const Mark& mark) {
    const BreachRule& rule = kBreachRules[static_cast<std::size_t>(breach)];
    return emitter_.emit(Phase::end, unit.mark, mark, violation_of(rule, unit.offset, length, by_opener));
  }

  Emitter& emitter_;
  std::array<Told, 2> told_;            ///< by opener, by acceptor
  std::array<AeTitle, 2> titles_told_;  ///< of those that are suspicious
};

}  // namespace dcmwatch::dicom
