#include "relate/retrievals.h"

#include <algorithm>
#include <functional>
#include <string_view>

#include "event/dicom_names.h"
#include "relate/prints.h"

namespace dcmwatch {

namespace {

// A 16-bit number beside it tells what the words are of.
enum class Of : std::uint8_t { conversation = 1, originator, destination };

std::uint64_t word(Of what, std::uint64_t value, std::uint16_t number = 0) {
  return print_of(value, std::uint64_t{number} << 8 | static_cast<std::uint8_t>(what));
}
std::uint64_t word(Of what, const AeTitle& title, std::uint16_t number = 0) {
  return word(what, std::hash<std::string_view>{}(title.view()), number);
}

}  // namespace

Retrievals::Open& Retrievals::of(const Event& event, const DicomOperation& operation) {
  const std::uint64_t print = print_of_operation(event, operation);
  if (Open* open = open_.find(print)) return *open;
  if (open_.full()) {
    close(open_.oldest());
    ++forgotten_;
  }
  Open& open = open_.open(print, event.last.time);
  Retrieval& retrieval = open.value;
  retrieval.number = ++last_number_;
  retrieval.command_field = operation.command_field;
  retrieval.message_id = operation.message_id;
  retrieval.calling_ae = operation.calling_ae;
  retrieval.destination = operation.move_destination;
  retrieval.request = Occurrence::of(event);
  for (const std::uint64_t print_of_word : words_of(retrieval)) words_.insert({print_of_word, retrieval.number, &open});
  return open;
}

std::vector<std::uint64_t> Retrievals::words_of(const Retrieval& retrieval) {
  if (retrieval.command_field == dimse::kGet) return {word(Of::conversation, retrieval.request.conversation)};
  std::vector<std::uint64_t> words{word(Of::destination, retrieval.destination)};
  if (retrieval.calling_ae) words.push_back(word(Of::originator, *retrieval.calling_ae, retrieval.message_id));
  return words;
}

void Retrievals::close(Open& open) {
  for (const std::uint64_t print : words_of(open.value)) words_.erase({print, open.value.number, nullptr});
  open_.close(open);
}

void Retrievals::on_retrieval(const Event& event, const DicomOperation& operation) {
  if (!operation.request_seen) return;
  Retrieval& retrieval = of(event, operation).value;
  retrieval.request = Occurrence::of(event);
  retrieval.requested = operation.requested;
  retrieval.study = operation.study;
  retrieval.patient = operation.patient;
  retrieval.asked = operation.content;
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
  if (!store.originator_ae.empty() && store.originator_message_id) {
    const Cause move = by_originator(event, store);
    if (move.retrieval)
      link(*move.retrieval, event, store, move.doubtful ? LinkCertainty::ambiguous : LinkCertainty::originator, told);
    return;
  }
  // What it is of is known once that has been read.
  if (event.phase != Phase::end) return;
  const Cause move = by_content(event, store);
  if (!move.retrieval) return;
  const bool asked_for = held_against(*move.retrieval, store) == Fit::asked_for;
  link(*move.retrieval, event, store, asked_for && !move.doubtful ? LinkCertainty::content : LinkCertainty::ambiguous,
       told);
}

bool Retrievals::is_over(const Retrieval& retrieval, Timestamp now) const {
  return retrieval.ended && elapsed(*retrieval.ended, now) > limits_.retrieval_linger;
}

// What it stored, it stored before it failed.
bool Retrievals::is_no_cause(const Retrieval& retrieval, Timestamp now) const {
  const bool did_nothing = retrieval.outcome == Outcome::failure && retrieval.completed == 0;
  return is_over(retrieval, now) || (did_nothing && retrieval.ended && *retrieval.ended < now);
}

// False: there are more than are looked at.
template <typename Look>
bool Retrievals::look_at(std::uint64_t word, Look look) {
  std::size_t looked_at = 0;
  for (auto after = words_.lower_bound({word + 1, 0, nullptr}); after != words_.begin();) {
    --after;
    if (after->print != word) return true;
    if (++looked_at > limits_.retrieval_candidates) {
      ++not_looked_at_;
      return false;
    }
    look(after->retrieval->value);
  }
  return true;
}

// One that fits as well is a doubt; where message ids tell them apart, only if it is of another conversation: ids are
// used again, and the latest is meant. A retrieval that goes on is meant before one that has ended.
template <typename Fits>
Retrievals::Cause Retrievals::best(std::uint64_t word, Timestamp now, bool ids_tell, Fits fits) {
  Cause best;
  int best_fit = 0;
  const bool all = look_at(word, [&](Retrieval& retrieval) {
    const int fit = is_no_cause(retrieval, now) ? 0 : 2 * fits(retrieval);
    const int goes_on = fit != 0 && !retrieval.ended ? 1 : 0;
    if (fit == 0 || fit + goes_on < best_fit) return;
    if (fit + goes_on > best_fit) {
      best = {&retrieval, false};
      best_fit = fit + goes_on;
    } else if (!ids_tell || retrieval.request.conversation != best.retrieval->request.conversation) {
      best.doubtful = retrieval.in_doubt = best.retrieval->in_doubt = true;
    }
  });
  best.doubtful |= !all;
  return best;
}

// Whom the C-STORE calls says more than where it comes from, for another node of the archive may send.
Retrievals::Cause Retrievals::by_originator(const Event& event, const DicomOperation& store) {
  const std::uint64_t named = word(Of::originator, store.originator_ae, *store.originator_message_id);
  Cause cause = best(named, store.requested.time, /*ids_tell=*/true, [&](const Retrieval& move) {
    if (move.calling_ae != store.originator_ae || move.message_id != *store.originator_message_id) return 0;
    const int from_archive = move.request.parties.destination.address == sender_of(event, store) ? 1 : 0;
    return store.called_ae == move.destination ? 2 + from_archive : from_archive;
  });
  if (cause.retrieval && store.called_ae && *store.called_ae != cause.retrieval->destination) cause.doubtful = true;
  return cause;
}

/// Of a level, what of it the retrieval lists and the C-STORE says.
struct Retrievals::Level {
  bool listed, said, same;

  template <typename Print>
  static Level of(const std::vector<Print>& listed, const Print& said) {
    return {!listed.empty(), said != Print{}, std::ranges::find(listed, said) != listed.end()};
  }
};

// Whether what is stored was asked for, by every level at which the retrieval lists UIDs and the C-STORE says its own.
Retrievals::Fit Retrievals::held_against(const Retrieval& retrieval, const DicomOperation& store) {
  const auto* query = retrieval.asked.as<DicomQuery>();
  if (!query) return Fit::unknown;
  const auto* object = store.content.as<StoredObject>();
  const AskedFor& asked = query->asked_for;
  const Level levels[] = {Level::of(asked.studies, store.study),
                          Level::of(asked.series, object ? print_of(object->series) : 0),
                          Level::of(asked.instances, print_of(store.instance))};
  Fit fit = Fit::unknown;
  bool all_told = true;
  for (const Level& level : levels) {
    if (!level.listed) continue;
    if (!level.said) {
      all_told = false;
    } else if (level.same) {
      fit = Fit::asked_for;
    } else if (asked.left_some_out) {
      all_told = false;
    } else {
      return Fit::none;
    }
  }
  const bool by_patient = asked.studies.empty() && asked.series.empty() && asked.instances.empty();
  if (by_patient && !retrieval.patient.empty() && !store.patient.empty())
    fit = retrieval.patient == store.patient ? Fit::asked_for : Fit::none;
  return fit == Fit::asked_for && !all_told ? Fit::unknown : fit;
}

Retrievals::Cause Retrievals::by_content(const Event& event, const DicomOperation& store) {
  if (!store.called_ae) return {};
  return best(word(Of::destination, *store.called_ae), store.requested.time, /*ids_tell=*/false,
              [&](const Retrieval& move) {
                if (*store.called_ae != move.destination) return 0;
                if (!store.originator_ae.empty() && move.calling_ae && *move.calling_ae != store.originator_ae)
                  return 0;
                const int from_archive = move.request.parties.destination.address == sender_of(event, store) ? 1 : 0;
                switch (held_against(move, store)) {
                  case Fit::asked_for: return 2 + from_archive;
                  case Fit::unknown: return from_archive;
                  case Fit::none: break;
                }
                return 0;
              });
}

Retrievals::Cause Retrievals::on_association(const Event& event) {
  Cause cause;
  look_at(word(Of::conversation, event.conversation), [&](Retrieval& get) {
    if (get.request.conversation != event.conversation || get.ended) return;
    cause = cause.retrieval ? Cause{cause.retrieval, true} : Cause{&get, false};
  });
  return cause;
}

void Retrievals::link(Retrieval& cause, const Event& effect, const DicomOperation& store, LinkCertainty certainty,
                      Told& told) {
  if (std::ranges::find(cause.effects, effect.conversation) != cause.effects.end()) return;
  if (cause.effects.size() >= limits_.retrieval_effects) {
    ++effects_not_told_;
    return;
  }
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
    close(here);
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
    close(open_.oldest());
  }
}

}  // namespace dcmwatch
