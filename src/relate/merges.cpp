#include "relate/merges.h"

namespace dcmwatch {

void Merges::on_message(const Event& event, const Hl7Message& message, Outcome arrival, Told& told) {
  if (arrival != Outcome::success || !message.content) return;
  for (const Hl7Merge& merge : message.content->merges) {
    if (merge.merged.empty() || merge.patient.empty() || merge.merged == merge.patient) continue;
    if (!take(merge, event.last.time)) continue;
    told.push_back(Occurrence::of(event).tell(Link{.kind = LinkKind::patient_merged,
                                                   .certainty = LinkCertainty::identifier,
                                                   .cause = event.conversation,
                                                   .effect = event.conversation,
                                                   .cause_packet = message.sent.packet,
                                                   .effect_packet = message.sent.packet,
                                                   .patient = successor_of(merge.patient),
                                                   .merge = merge}));
  }
}

// False: it was known.
bool Merges::take(const Hl7Merge& merge, Timestamp now) {
  const std::uint64_t print = print_of(merge.merged);
  auto* known = replaced_.find(print);
  if (known && known->value == merge.patient) {
    replaced_.touch(*known, now);
    return false;
  }
  end_cycle(merge);
  auto& replaced = replaced_.of(print, now, [&](const auto& oldest) {
    if (elapsed(oldest.touched, now) < limits_.workflow_window) ++forgotten_;
  });
  replaced.value = merge.patient;
  replaced_.touch(replaced, now);
  return true;
}

void Merges::end_cycle(const Hl7Merge& merge) {
  const auto* next = replaced_.find(print_of(merge.patient));
  for (std::size_t step = 0; next && step < limits_.patient_merge_chain; ++step) {
    if (next->value == merge.merged) return replaced_.close(*replaced_.find(print_of(merge.patient)));
    next = replaced_.find(print_of(next->value));
  }
  if (next) ++not_followed_;
}

Pseudonym Merges::successor_of(const Pseudonym& patient) {
  Pseudonym last = patient;
  for (std::size_t step = 0; step < limits_.patient_merge_chain; ++step) {
    const auto* next = replaced_.find(print_of(last));
    if (!next) break;
    last = next->value;
  }
  return last;
}

}  // namespace dcmwatch
