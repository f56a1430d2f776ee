#include "relate/retrievals.h"

#include <algorithm>
#include <iterator>

#include "event/dicom_names.h"
#include "relate/prints.h"

namespace dcmwatch {

void Retrievals::on_retrieval(const Event& event, const DicomOperation& operation) {
  if (!operation.request_seen) return;
  const std::uint64_t print = print_of(event.conversation, operation.requested.packet << 16 | operation.message_id);
  auto* entry = open_.find(print);
  if (!entry) {
    if (open_.full()) {
      open_.close(open_.oldest());
      ++forgotten_;
    }
    entry = &open_.open(print, event.last.time);
  }
  Retrieval& retrieval = entry->value;
  retrieval.request = Occurrence::of(event);
  retrieval.command_field = operation.command_field;
  retrieval.message_id = operation.message_id;
  retrieval.requested = operation.requested;
  retrieval.calling_ae = operation.calling_ae;
  retrieval.destination = operation.move_destination;
  retrieval.study = operation.study;
  retrieval.completed =
      operation.sub_operations.completed.value_or(0) + std::uint32_t{operation.sub_operations.warning.value_or(0)};
  retrieval.outcome = outcome_of(event);
  if (event.phase == Phase::end) retrieval.ended = event.last.time;
}

void Retrievals::on_store(const Event& event, const DicomOperation& store, Told& told) {
  if (open_.empty() || !store.request_seen) return;
  if (store.invoker == Invoker::acceptor) {
    const Cause get = on_association(event);
    if (get.retrieval)
      link(*get.retrieval, event, store, get.doubtful ? LinkCertainty::ambiguous : LinkCertainty::association, told);
    return;
  }
  if (!store.originator_ae.empty()) {
    const Cause move = by_originator(event, store);
    if (move.retrieval)
      link(*move.retrieval, event, store, move.doubtful ? LinkCertainty::ambiguous : LinkCertainty::originator, told);
    return;
  }
  // Which study it is of is known once that has been read.
  if (event.phase != Phase::end && store.study.empty()) return;
  const Cause move = by_content(event, store);
  if (!move.retrieval) return;
  const bool same_study = !store.study.empty() && move.retrieval->study == store.study;
  link(*move.retrieval, event, store, same_study && !move.doubtful ? LinkCertainty::content : LinkCertainty::ambiguous,
       told);
}

bool Retrievals::is_over(const Retrieval& retrieval, Timestamp now) const {
  return retrieval.ended && elapsed(*retrieval.ended, now) > limits_.retrieval_linger;
}

// Of those that fit as well, the latest is meant, for message ids are often 1; one of another conversation is a doubt.
// A retrieval that goes on is meant before one that has ended.
template <typename Fits>
Retrievals::Cause Retrievals::best(Timestamp now, Fits fits) {
  Cause best;
  int best_fit = 0;
  for (auto entry = std::make_reverse_iterator(open_.end()); entry != std::make_reverse_iterator(open_.begin());
       ++entry) {
    Retrieval& retrieval = entry->value;
    const int fit = is_over(retrieval, now) ? 0 : 2 * fits(retrieval);
    const int goes_on = fit != 0 && !retrieval.ended ? 1 : 0;
    if (fit == 0 || fit + goes_on < best_fit) continue;
    if (fit + goes_on > best_fit) {
      best = {&retrieval, false};
      best_fit = fit + goes_on;
    } else if (retrieval.request.conversation != best.retrieval->request.conversation) {
      best.doubtful = retrieval.in_doubt = best.retrieval->in_doubt = true;
    }
  }
  return best;
}

Retrievals::Cause Retrievals::by_originator(const Event& event, const DicomOperation& store) {
  return best(store.requested.time, [&](const Retrieval& move) {
    if (move.command_field != dimse::kMove || move.calling_ae != store.originator_ae ||
        move.message_id != store.originator_message_id)
      return 0;
    if (move.request.parties.destination.address == sender_of(event, store)) return 2;
    return store.called_ae == move.destination ? 1 : 0;  // another node of the archive
  });
}

Retrievals::Cause Retrievals::by_content(const Event& event, const DicomOperation& store) {
  return best(store.requested.time, [&](const Retrieval& move) {
    if (move.command_field != dimse::kMove || !store.called_ae || *store.called_ae != move.destination) return 0;
    const int from_archive = move.request.parties.destination.address == sender_of(event, store) ? 1 : 0;
    if (move.study.empty() || store.study.empty()) return from_archive;
    return move.study == store.study ? 2 + from_archive : 0;
  });
}

Retrievals::Cause Retrievals::on_association(const Event& event) {
  Cause cause;
  for (auto& entry : open_) {
    Retrieval& get = entry.value;
    if (get.command_field != dimse::kGet || get.request.conversation != event.conversation || get.ended) continue;
    cause = {&get, cause.retrieval != nullptr};
  }
  return cause;
}

void Retrievals::link(Retrieval& cause, const Event& effect, const DicomOperation& store, LinkCertainty certainty,
                      Told& told) {
  if (std::ranges::find(cause.effects, effect.conversation) != cause.effects.end()) return;
  if (cause.effects.size() >= limits_.retrieval_effects) return;
  cause.effects.push_back(effect.conversation);
  const bool get = cause.command_field == dimse::kGet;
  told.push_back(
      Occurrence::of(effect).tell(Link{.kind = get ? LinkKind::get_caused_store : LinkKind::move_caused_store,
                                       .certainty = certainty,
                                       .cause = cause.request.conversation,
                                       .effect = effect.conversation,
                                       .delay = elapsed(cause.requested.time, store.requested.time),
                                       .cause_packet = cause.requested.packet,
                                       .effect_packet = store.requested.packet,
                                       .study = store.study.empty() ? cause.study : store.study}));
}

void Retrievals::tell_unseen(const Retrieval& retrieval, Told& told) {
  if (retrieval.command_field != dimse::kMove || retrieval.in_doubt || !retrieval.effects.empty()) return;
  told.push_back(retrieval.request.tell(Link{.kind = LinkKind::move_caused_store,
                                             .certainty = LinkCertainty::none,
                                             .cause = retrieval.request.conversation,
                                             .outcome = retrieval.completed == 0 ? retrieval.outcome : Outcome::unknown,
                                             .cause_packet = retrieval.requested.packet,
                                             .study = retrieval.study}));
}

void Retrievals::advance(Timestamp now, Told& told) {
  for (auto entry = open_.begin(); entry != open_.end();) {
    auto& here = *entry++;
    if (!is_over(here.value, now)) continue;
    tell_unseen(here.value, told);
    open_.close(here);
  }
}

void Retrievals::rebase(Timestamp now) {
  for (auto& entry : open_) {
    if (entry.value.ended) entry.value.ended = std::min(*entry.value.ended, now);
  }
}

void Retrievals::finish(Told& told) {
  while (!open_.empty() && told.size() < kToldAtOnce) {
    Retrieval& oldest = open_.oldest().value;
    oldest.request.visibility.unfinished |= !oldest.ended;
    tell_unseen(oldest, told);
    open_.close(open_.oldest());
  }
}

}  // namespace dcmwatch
