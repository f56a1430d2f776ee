// Tells the breaks of the rules of event/tls_violations.h, each once a side.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>

#include "event/tls_violations.h"
#include "protocol/conversation.h"
#include "protocol/tls/record_framer.h"

namespace dcmwatch::tls {

class Violations {
 public:
  explicit Violations(Emitter& emitter) : emitter_(emitter) {}

  void tell(Flaw flaw, Direction direction, const Where& where, const Mark& mark) {
    const auto index = static_cast<std::size_t>(flaw);
    std::bitset<kFlawRules.size()>& told = told_[index_of(direction)];
    if (told.test(index)) return;
    told.set(index);
    emitter_.emit(Phase::end, where.first, mark,
                  violation_of(kFlawRules[index], where.offset, where.length, emitter_.from_opener(direction)));
  }

 private:
  Emitter& emitter_;
  std::array<std::bitset<kFlawRules.size()>, 2> told_;
};

}  // namespace dcmwatch::tls
