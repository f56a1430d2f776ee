// Messages that come all at once after none have for long: what waited while an interface was down.
#pragma once

#include <cstdint>

#include "base/limits.h"
#include "relate/occurrence.h"
#include "relate/open_facts.h"

namespace dcmwatch {

/// An interface is who sends to whom on which port, on one connection after another. After a silence of
/// Limits::hl7_silence, messages that follow each other within Limits::hl7_burst_pause are a burst: told with the
/// silence as its delay when it has kBurst messages, and each time that it has twice as many.
class Bursts {
 public:
  static constexpr std::uint32_t kBurst = 32;

  /// `limits` outlives it.
  explicit Bursts(const Limits& limits) : limits_(limits), interfaces_(limits.relate_open) {}

  void on_message(const Event& event, const Hl7Message& message, Told& told);
  void rebase(Timestamp now);

 private:
  struct Seen {
    std::uint64_t conversation = 0;
    std::uint64_t packet = 0;
  };
  struct Interface {
    Timestamp latest;
    Seen last{};                 ///< message
    Seen before{}, first{};      ///< the silence, and of the burst
    Duration silence{};          ///< zero: there was none
    std::uint32_t messages = 0;  ///< of the burst
  };

  const Limits& limits_;
  OpenFacts<Interface> interfaces_;
};

}  // namespace dcmwatch
