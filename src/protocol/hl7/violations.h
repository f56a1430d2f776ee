// Tells the breaks of the rules of event/hl7_violations.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "event/hl7_violations.h"
#include "protocol/conversation.h"
#include "protocol/hl7/received.h"

namespace dcmwatch::hl7 {

/// Each kind is told once a direction, at the first, and at the close how many more there were of it: a hostile peer
/// would make a violation of every four bytes.
class Violations {
 public:
  explicit Violations(Emitter& emitter) : emitter_(emitter) {}

  void tell(Break kind, const Received& received) {
    const auto index = static_cast<std::size_t>(kind);
    if (std::exchange(told_[index_of(received.direction)][index], true)) {
      ++repeated_[index];
      return;
    }
    emitter_.emit(
        Phase::end, received.first, received.last,
        violation_of(kBreakRules[index], received.offset, received.bytes, emitter_.from_opener(received.direction)));
  }

  void on_close(const Mark& mark) {
    for (std::size_t i = 0; i < repeated_.size(); ++i) {
      if (repeated_[i] == 0) continue;
      emitter_.emit(Phase::end, mark, mark,
                    CaptureNote{"hl7.repeated_violations", std::string{kBreakRules[i].name}, repeated_[i]});
    }
  }

 private:
  Emitter& emitter_;
  std::array<std::array<bool, kBreakRules.size()>, 2> told_{};
  std::array<std::uint64_t, kBreakRules.size()> repeated_{};
};

}  // namespace dcmwatch::hl7
