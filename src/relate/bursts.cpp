#include "relate/bursts.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "relate/message_flow.h"

namespace dcmwatch {

void Bursts::on_message(const Event& event, const Hl7Message& message, Told& told) {
  if (event.phase != Phase::start) return;
  const Timestamp now = message.sent.time;
  const Seen seen{event.conversation, message.sent.packet};
  const std::uint64_t print = print_of_interface(event, message);
  auto* known = interfaces_.find(print);
  if (!known) {
    if (interfaces_.full()) interfaces_.close(interfaces_.oldest());
    interfaces_.open(print, now, {.latest = now, .last = seen});
    return;
  }
  interfaces_.touch(*known, now);
  Interface& interface = known->value;
  const Duration pause = elapsed(std::exchange(interface.latest, now), now);
  const Seen last = std::exchange(interface.last, seen);
  if (pause >= limits_.hl7_silence) {
    interface.silence = pause;
    interface.before = last;
    interface.first = seen;
    interface.messages = 0;
  } else if (pause > limits_.hl7_burst_pause) {
    interface.silence = {};
  }
  if (interface.silence == Duration::zero()) return;
  ++interface.messages;
  if (interface.messages < kBurst || !std::has_single_bit(interface.messages)) return;
  told.push_back(Occurrence::of(event).tell(Link{.kind = LinkKind::burst_after_silence,
                                                 .certainty = LinkCertainty::content,
                                                 .cause = interface.before.conversation,
                                                 .effect = interface.first.conversation,
                                                 .delay = interface.silence,
                                                 .outcome = Outcome::unknown,
                                                 .times = interface.messages,
                                                 .cause_packet = interface.before.packet,
                                                 .effect_packet = interface.first.packet}));
}

void Bursts::rebase(Timestamp now) {
  interfaces_.rebase(now);
  for (auto& entry : interfaces_) entry.value.latest = std::min(entry.value.latest, now);
}

}  // namespace dcmwatch
