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

/// Each kind is told once a direction, at the first, and at the close how many more there were: a hostile peer would
/// make a violation of every four bytes.
class Violations {
 public:
  explicit Violations(Emitter& emitter) : emitter_(emitter) {}

  void tell(Break kind, const Received& received) {
    bool& told = told_[index_of(received.direction)][static_cast<std::size_t>(kind)];
    if (std::exchange(told, true)) {
      ++repeated_;
      return;
    }
    const BreakRule& rule = rule_of(kind);
    emitter_.emit(Phase::end, received.first, received.last,
                  Violation{.name = rule.name,
                            .clause = rule.clause,
                            .offset = received.offset,
                            .length = received.bytes,
                            .by_opener = emitter_.from_opener(received.direction),
                            .severity = rule.severity,
                            .meaning = rule.meaning});
  }

  void on_close(const Mark& mark) {
    if (repeated_ != 0) emitter_.emit(Phase::end, mark, mark, CaptureNote{"hl7.repeated_violations", {}, repeated_});
  }

 private:
  Emitter& emitter_;
  std::array<std::array<bool, kBreakRules.size()>, 2> told_{};
  std::uint64_t repeated_ = 0;
};

}  // namespace dcmwatch::hl7
