#include "relate/studies.h"

#include <algorithm>
#include <limits>

#include "event/dicom_names.h"
#include "relate/prints.h"

namespace dcmwatch {
namespace {

// As the objects go: of C-GET, from the acceptor.
Parties as_sent(const Event& event, const DicomOperation& operation) {
  Parties parties = event.parties;
  if (operation.invoker == Invoker::acceptor) {
    parties.reverse();
    parties.opener_known = false;
  }
  return parties;
}

void add(Occurrence& all, const Event& event, const DicomOperation& operation) {
  if (all.conversation != event.conversation) {
    const Parties parties = as_sent(event, operation);
    keep_what_is_shared(all.parties, parties);
    all.parties.opener_known &= parties.opener_known;
    all.conversation = event.conversation;
  }
  all.visibility |= event.visibility;
  all.first = std::min(all.first, event.first);
  all.last = std::max(all.last, event.last);
}

// The objects of a series mostly come one after the other.
template <typename Element>
bool contains(const std::vector<Element>& all, const Element& one) {
  return (!all.empty() && all.back() == one) || std::ranges::find(all, one) != all.end();
}

/// False: it is another one, and the limit is reached.
template <typename Element>
bool add_once(std::vector<Element>& all, const Element& one, std::size_t limit) {
  if (contains(all, one)) return true;
  if (all.size() >= limit) return false;
  all.push_back(one);
  return true;
}

// Beyond the limit the one that was added first goes.
bool add_latest(std::vector<std::uint64_t>& all, std::uint64_t one, std::size_t limit) {
  if (contains(all, one)) return true;
  const bool full = all.size() == limit;
  if (full) all.erase(all.begin());
  all.push_back(one);
  return !full;
}

void keep_latest(Pseudonym& kept, const Pseudonym& told) {
  if (!told.empty()) kept = told;
}

Outcome outcome_of(Answer answer) {
  switch (answer) {
    case Answer::succeeded: return Outcome::success;
    case Answer::failed: return Outcome::failure;
    case Answer::unseen: return Outcome::unknown;
  }
  return Outcome::unknown;
}

std::uint64_t& figure_of(DicomStudy& figures, Answer answer) {
  return answer == Answer::succeeded ? figures.stored : answer == Answer::failed ? figures.failed : figures.not_visible;
}

// Of what cannot be assigned between the two.
std::uint64_t unassigned_print(const Event& event, const DicomOperation& store) {
  return print_of(print_of(sender_of(event, store)), print_of(receiver_of(event, store)));
}

constexpr std::string_view kUnanswered = "unanswered", kRefusedContext = "refused_context", kOther = "other";

Code reason_of(const DicomOperation& store) {
  return store.status ? Code{dicom_status_text(*store.status)} : Code{kUnanswered};
}

}  // namespace

void Studies::on_store(const Event& event, const DicomOperation& store, Told& told) {
  const std::uint64_t known_study = study_of(store);
  const Timestamp now = event.last.time;
  if (event.phase != Phase::end) {
    if (known_study == 0) return;
    if (OpenStudy* open = find(known_study, now, told)) open_.touch(*open, now);
    return;
  }
  const bool unassigned = known_study == 0;
  const std::uint64_t print = unassigned ? unassigned_print(event, store) : known_study;
  OpenStudy& open = of(print, now, told);
  Study& study = open.value;
  study.unassigned = unassigned;
  if (!unassigned) {
    keep_latest(study.study, store.study);
    keep_latest(study.patient, store.patient);
    keep_latest(study.accession, store.accession);
  }

  StudyWay* const known_way = with_way(study, event, store, told);
  if (!known_way) return count_on_further_way(open, event, store, told);
  StudyWay& way = *known_way;
  add(way.where, event, store);
  const auto count_if_full = [this](bool fits) { not_kept_in_mind_ += fits ? 0 : 1; };
  count_if_full(add_latest(way.conversations, event.conversation, limits_.study_conversations));
  way.figures.bytes += store.request_bytes;
  if (const auto* object = store.content.as<StoredObject>()) {
    if (!object->modality.empty())
      count_if_full(add_once(way.figures.modalities, object->modality, limits_.study_modalities));
    if (!object->series.empty()) count_if_full(add_once(way.series, print_of(object->series), limits_.study_series));
  }
  const Answer answer = answer_to(event, store);
  if (answer == Answer::failed) {
    count_if_full(note_failure(way.figures, reason_of(store), 1));
    way.figures.last_failure = now;
  }
  way.figures.unassigned += unassigned ? 1 : 0;
  if (!unassigned && answer == Answer::succeeded) resolve_unassigned(study, event, store, told);
  StudyInstance* instance = instance_of(open, print_of(store.instance), told);
  if (instances_.some_shared()) move_announcement(study, print_of(store.instance), sender_of(event, store));
  if (instance && !unassigned) {
    count(study, way, *instance, event, store, told);
  } else {
    if (instance && answer == Answer::failed) keep_failure(study, way, *instance, event, store);
    ++figure_of(way.figures, answer);
    way.figures.not_told_apart += unassigned ? 0 : 1;
  }
  if (elapsed(way.told, now) < limits_.progress_interval) return;
  way.told = now;
  tell_way(study, way, tally(study, instances_), Phase::progress, false, told);
}

void Studies::keep_failure(const Study& study, const StudyWay& way, StudyInstance& instance, const Event& event,
                           const DicomOperation& store) {
  instance.failed |= 1U << (&way - study.ways.data());
  instance.conversation = event.conversation;
  instance.packet = store.requested.packet;
  if (instance.times < std::numeric_limits<std::uint8_t>::max()) ++instance.times;
}

// What was broken off before its study could be read, and is stored between the same two by now.
void Studies::resolve_unassigned(const Study& study, const Event& event, const DicomOperation& store, Told& told) {
  StudyInstance* failed = instances_.find(unassigned_print(event, store), print_of(store.instance));
  if (!failed || !failed->study->value.unassigned) return;
  Study& unassigned = failed->study->value;
  StudyWay* way = way_of(unassigned, event, store);
  const Ways here = way ? 1U << (way - unassigned.ways.data()) : 0;
  if ((failed->failed & here) == 0) return;
  failed->failed &= ~here;
  const std::uint64_t times = std::exchange(failed->times, 0);
  if (!unassigned.is_told) {
    way->figures.failed -= std::min(way->figures.failed, times);
    ++way->figures.resolved;
  }
  told.push_back(Occurrence::of(event).tell(Link{.kind = LinkKind::store_resolved,
                                                 .certainty = LinkCertainty::identifier,
                                                 .cause = failed->conversation,
                                                 .effect = event.conversation,
                                                 .outcome = Outcome::success,
                                                 .cause_packet = failed->packet,
                                                 .effect_packet = store.requested.packet,
                                                 .study = study.study}));
}

// 0: nothing says it.
std::uint64_t Studies::study_of(const DicomOperation& store) {
  if (!store.study.empty()) return print_of(store.study);
  const StudyInstance* known = instances_.first(print_of(store.instance));
  if (!known) return 0;
  const Study& study = known->study->value;
  return study.is_told || study.unassigned ? 0 : study.print;
}

bool Studies::note_failure(DicomStudy& figures, Code reason, std::uint64_t count) const {
  auto& failures = figures.failures;
  const auto of = [&failures](const Code& wanted) {
    return std::ranges::find_if(failures, [&](const StorageFailure& known) { return known.reason == wanted; });
  };
  auto known = of(reason);
  const bool fits = known != failures.end() || failures.size() < limits_.study_failures;
  if (!fits) known = of(reason = kOther);
  if (known == failures.end()) {
    failures.push_back({reason, count});
  } else {
    known->count += count;
  }
  return fits;
}

// What was stored on it was touched since it began.
void Studies::on_association(const Event& event, const DicomAssociation& association) {
  const std::uint64_t refused = refused_storage_classes(association.contexts);
  if (refused == 0) return;
  bool stored_some = false;
  for (auto open = open_.end(); open != open_.begin();) {
    if ((--open)->touched < event.first.time) break;
    for (StudyWay& way : open->value.ways) {
      if (!contains(way.conversations, event.conversation)) continue;
      way.refused_contexts = std::max(way.refused_contexts, refused);
      stored_some = true;
    }
  }
  if (stored_some) return;
  const Timestamp now = event.last.time;
  auto& sender = refused_senders_.of(print_of(event.parties.source.address), now, [&](const auto& oldest) {
    not_kept_in_mind_ += elapsed(oldest.touched, now) < limits_.study_quiet ? 1 : 0;
  });
  sender.value = refused;
  refused_senders_.touch(sender, now);
}

bool Studies::is_over(const OpenStudy& open, Timestamp now) const {
  const Study& study = open.value;
  if (study.steps_in_progress != 0) return false;
  // What cannot be assigned never falls quiet while the two go on.
  const Timestamp since = study.unassigned ? study.ways.front().where.first.time : open.touched;
  return elapsed(since, now) > limits_.study_quiet;
}

// nullptr: it is not open. One that has been quiet for too long is told first, whenever that is found out.
OpenStudy* Studies::find(std::uint64_t print, Timestamp now, Told& told) {
  OpenStudy* open = open_.find(print);
  if (!open || !is_over(*open, now)) return open;
  close(*open, Closing::over, told);
  return nullptr;
}

OpenStudy& Studies::of(std::uint64_t print, Timestamp now, Told& told) {
  if (OpenStudy* open = find(print, now, told)) {
    open_.touch(*open, now);
    return *open;
  }
  if (open_.full()) tell_quietest(told);
  OpenStudy& open = open_.open(print, now);
  open.value.print = print;
  return open;
}

// To make room for the one in hand, which was touched last, so that it is not this one.
void Studies::tell_quietest(Told& told) {
  close(open_.oldest(), Closing::early, told);
  ++told_early_;
}

// nullptr: it has not gone that way yet.
StudyWay* Studies::way_of(Study& study, const Event& event, const DicomOperation& store) {
  const IpAddress& sender = sender_of(event, store);
  const IpAddress& receiver = receiver_of(event, store);
  const auto way = std::ranges::find_if(study.ways, [&](const StudyWay& known) {
    const Parties& parties = known.where.parties;
    return parties.source.address == sender && parties.destination.address == receiver &&
           known.port == event.parties.destination.port && known.figures.sender_ae == sender_title(store) &&
           known.figures.receiver_ae == receiver_title(store);
  });
  return way == study.ways.end() ? nullptr : &*way;
}

// nullptr: it has gone too many already. The study was touched last, so that making room leaves it.
StudyWay* Studies::with_way(Study& study, const Event& event, const DicomOperation& store, Told& told) {
  if (StudyWay* way = way_of(study, event, store)) return way;
  if (study.ways.size() == Limits::study_ways) return nullptr;
  while (ways_ >= limits_.studies_ways && make_room(event.last.time, told)) {
  }
  ++ways_;
  StudyWay& way = study.ways.emplace_back();
  way.where = Occurrence::of(event);
  way.where.parties = as_sent(event, store);
  way.port = event.parties.destination.port;
  way.figures.sender_ae = sender_title(store);
  way.figures.receiver_ae = receiver_title(store);
  way.told = event.last.time;
  return &way;
}

void Studies::count_on_further_way(OpenStudy& open, const Event& event, const DicomOperation& store, Told& told) {
  ++on_further_ways_;
  add_once(open.value.further_senders, print_of(sender_of(event, store)), Limits::study_ways);
  if (StudyInstance* instance = instance_of(open, print_of(store.instance), told)) instance->went_further = true;
}

// Of those that were told the oldest is forgotten, else the quietest is told. False: there is none but the one in hand.
bool Studies::make_room(Timestamp now, Told& told) {
  if (!told_.empty()) {
    forget_oldest_told(now);
    return true;
  }
  if (open_.size() <= 1) return false;
  tell_quietest(told);
  return true;
}

// nullptr: it cannot be told apart from others.
StudyInstance* Studies::instance_of(OpenStudy& open, InstancePrint print, Told& told) {
  Study& study = open.value;
  StudyInstance* known = instances_.find(study.print, print);
  if (known && known->study == &open) return known;
  if (print != 0 && study.instances.size() < limits_.study_instances) {
    while (!study.is_told && instances_.full() && make_room(open.touched, told)) {
    }
    if (!instances_.full()) {
      study.instances.push_back(print);
      return &instances_.add(open, print);
    }
  }
  if (study.unassigned) return nullptr;
  ++not_told_apart_;
  return nullptr;
}

// What a step lists may be of any of its studies; its C-STORE tells which.
void Studies::move_announcement(Study& to, InstancePrint print, const IpAddress& sender) {
  StudyInstance* first = instances_.first(print);
  if (!first || first->announced == 0 || &first->study->value == &to || first->study->value.is_told) return;
  Study& from = first->study->value;
  for (std::size_t i = 0; i < from.announcers.size(); ++i) {
    const auto announcer = static_cast<Announcers>(1U << i);
    if ((first->announced & announcer) == 0 || from.announcers[i].where.parties.source.address != sender) continue;
    first->announced &= static_cast<Announcers>(~announcer);
    --from.announcers[i].announced;
  }
}

void Studies::count(const Study& study, StudyWay& way, StudyInstance& instance, const Event& event,
                    const DicomOperation& store, Told& told) const {
  const Ways here = 1U << (&way - study.ways.data());
  const Answer answer = answer_to(event, store);
  Link link{.certainty = LinkCertainty::identifier,
            .cause = std::exchange(instance.conversation, event.conversation),
            .effect = event.conversation,
            .outcome = outcome_of(answer),
            .cause_packet = std::exchange(instance.packet, store.requested.packet),
            .effect_packet = store.requested.packet,
            .study = study.study};
  if ((instance.stored & here) != 0) {
    way.figures.repeated += answer == Answer::succeeded ? 1 : 0;
    way.figures.failed_repetitions += answer == Answer::failed ? 1 : 0;
    if (instance.times < std::numeric_limits<std::uint8_t>::max()) ++instance.times;
    link.kind = LinkKind::store_repeated;
    link.times = instance.times;
    told.push_back(Occurrence::of(event).tell(link));
    return;
  }
  const bool had_failed = (instance.failed & here) != 0;
  if (answer == Answer::unseen && had_failed) return;
  instance.failed &= ~here;
  instance.unseen &= ~here;
  (answer == Answer::succeeded ? instance.stored
   : answer == Answer::failed  ? instance.failed
                               : instance.unseen) |= here;
  if (answer != Answer::succeeded) return;
  if (had_failed) {
    ++way.figures.resolved;
    link.kind = LinkKind::store_resolved;
    told.push_back(Occurrence::of(event).tell(link));
  }
  for (std::size_t i = 0; i < study.ways.size(); ++i) {
    const Ways to_the_sender = 1U << i;
    if (sends_on(study.ways[i], way)) instance.forwarded |= instance.stored & to_the_sender;
  }
}

void Studies::begin_step(const ScheduledStep& step, Timestamp now, Told& told) {
  Study& study = of(print_of(step.study), now, told).value;
  ++study.steps_in_progress;
  keep_latest(study.study, step.study);
  keep_latest(study.patient, step.patient);
  keep_latest(study.accession, step.accession);
}

// From now on it may fall quiet.
void Studies::end_step(std::uint64_t study, Timestamp now) {
  OpenStudy* open = open_.find(study);
  if (!open || open->value.steps_in_progress == 0) return;
  --open->value.steps_in_progress;
  open_.touch(*open, now);
}

// nullptr: there are too many.
StudyAnnouncer* Studies::announcer_of(Study& study, const Event& event, const DicomOperation& step) {
  const IpAddress& sender = sender_of(event, step);
  const auto known = std::ranges::find_if(study.announcers, [&](const StudyAnnouncer& announcer) {
    return announcer.where.parties.source.address == sender;
  });
  if (known != study.announcers.end()) return &*known;
  StudyAnnouncer* announcer = study.announcers.size() < Limits::study_announcers
                                  ? &study.announcers.emplace_back()
                                  : instead_of_one_who_sent_nothing(study, sender);
  if (!announcer) return nullptr;
  *announcer = {};
  announcer->where = Occurrence::of(event);
  announcer->where.parties = as_sent(event, step);
  announcer->where.parties.destination = {};  // of the objects, that is not known
  announcer->where.parties.destination_mac = {};
  return announcer;
}

// To announce costs nothing; who sent some of it is believed before others.
StudyAnnouncer* Studies::instead_of_one_who_sent_nothing(Study& study, const IpAddress& sender) {
  if (study.ways_from(sender) == 0) return nullptr;
  const auto other = std::ranges::find_if(study.announcers, [&](const StudyAnnouncer& announcer) {
    return study.ways_from(announcer.where.parties.source.address) == 0;
  });
  if (other == study.announcers.end()) return nullptr;
  const auto its = static_cast<Announcers>(1U << (other - study.announcers.begin()));
  for (const InstancePrint print : study.instances)
    instances_.find(study.print, print)->announced &= static_cast<Announcers>(~its);
  not_heard_ += other->announced;
  return &*other;
}

// That of the step's studies which knows it; else the one that the same sender stored it as of; else the step's first.
// 0: none, or it was told.
std::uint64_t Studies::study_of_listed(InstancePrint print, std::span<const std::uint64_t> studies,
                                       const IpAddress& sender) {
  for (const std::uint64_t study : studies) {
    const StudyInstance* known = instances_.find(study, print);
    if (known) return known->study->value.is_told ? 0 : study;
  }
  const StudyInstance* first = instances_.first(print);
  const std::uint64_t own = studies.empty() ? 0 : studies.front();
  if (!first || first->study->value.unassigned) return own;
  const Study& study = first->study->value;
  const Ways sent = first->stored | first->failed | first->unseen;
  if (own != 0 && (sent & study.ways_from(sender)) == 0) return own;
  return study.is_told ? 0 : study.print;
}

void Studies::announce(const Event& event, const DicomOperation& step, std::span<const std::uint64_t> studies,
                       std::span<const InstancePrint> instances, Told& told) {
  const IpAddress& sender = sender_of(event, step);
  for (const InstancePrint print : instances) {
    const std::uint64_t study = study_of_listed(print, studies, sender);
    if (study == 0) continue;
    // What could not be assigned was sent all the same.
    StudyInstance* first = instances_.first(print);
    const bool sent_unassigned = first && first->study->value.unassigned && first->study->value.ways_from(sender) != 0;
    if (sent_unassigned && std::exchange(first->announced_elsewhere, true)) continue;
    OpenStudy& open = of(study, event.last.time, told);
    StudyAnnouncer* announcer = announcer_of(open.value, event, step);
    if (!announcer) {
      ++not_heard_;
      continue;
    }
    announcer->where.last = event.last;
    const auto its = static_cast<Announcers>(1U << (announcer - open.value.announcers.data()));
    StudyInstance* instance = sent_unassigned ? nullptr : instance_of(open, print, told);
    if (instance && (instance->announced & its) != 0) continue;
    ++announcer->announced;
    if (instance) {
      instance->announced |= its;
    } else if (!sent_unassigned) {
      announcer->not_told_apart = true;
    }
  }
}

void Studies::on_report(const Event& event, const DicomOperation& report, bool asked, Told& told) {
  const auto* commitment = report.content.as<StorageCommitment>();
  if (!commitment) return;
  const Timestamp now = event.last.time;
  std::vector<std::uint64_t> late;  // those that were told, by their numbers
  const auto is_about = [&](const Study& study) {
    return !study.unassigned && study.ways_of_report(event, report, asked) != 0;
  };
  const auto study_of_reported = [&](InstancePrint print) -> OpenStudy* {
    const StudyInstance* known = instances_.find_where(print, is_about);
    if (!known) return nullptr;
    OpenStudy& study = *known->study;
    if (!study.value.is_told && is_over(study, now)) close(study, Closing::over, told);
    return known->study;
  };
  OpenStudy* open = nullptr;
  Ways ways = 0;
  const auto take = [&](InstancePrint print, Ways StudyInstance::*verdict, Ways StudyInstance::*no_longer,
                        std::uint64_t DicomStudy::*figure) {
    // One that never came is of the study of those beside it.
    if (OpenStudy* its_own = study_of_reported(print); its_own && its_own != open) {
      open = its_own;
      ways = open->value.ways_of_report(event, report, asked);
      for (std::size_t i = 0; i < open->value.ways.size(); ++i) {
        if ((ways >> i & 1U) != 0) open->value.ways[i].figures.last_report = now;
      }
    }
    if (!open) return;
    Study& study = open->value;
    (study.is_told ? told_ : open_).touch(*open, now);
    StudyInstance* instance = instance_of(*open, print, told);
    if (!instance) return;
    const Ways news = ways & ~(instance->*verdict);
    instance->*verdict |= ways;
    instance->*no_longer &= ~ways;
    if (!study.is_told || news == 0) return;
    for (std::size_t i = 0; i < study.ways.size(); ++i) study.ways[i].figures.*figure += news >> i & 1U;
    if (!contains(late, open->print)) late.push_back(open->print);
  };
  for (const InstancePrint print : commitment->instances)
    take(print, &StudyInstance::committed, &StudyInstance::not_committed, &DicomStudy::committed);
  for (const InstancePrint print : commitment->failed_instances)
    take(print, &StudyInstance::not_committed, &StudyInstance::committed, &DicomStudy::commitment_failed);
  tell_late_reports(late, event, told);
}

void Studies::tell_late_reports(std::span<const std::uint64_t> numbers, const Event& event, Told& told) {
  for (const std::uint64_t number : numbers) {
    OpenStudy* open = told_.find(number);
    if (!open) continue;
    for (StudyWay& way : open->value.ways) {
      if (way.figures.committed == 0 && way.figures.commitment_failed == 0) continue;
      Occurrence where = way.where;
      where.last = event.last;
      told.push_back(where.tell(way.figures));
      way.figures.committed = way.figures.commitment_failed = 0;
    }
  }
}

void Studies::tell_way(const Study& study, const StudyWay& way, const StudyTally& tally, Phase phase, bool preliminary,
                       Told& told) const {
  const DicomStudy& of_way = tally.ways[static_cast<std::size_t>(&way - study.ways.data())];
  DicomStudy figures = way.figures;
  figures.study = study.study;
  figures.patient = study.patient;
  figures.accession = study.accession;
  figures.series = way.series.size();
  figures.stored += of_way.stored;
  figures.failed += of_way.failed;
  figures.not_visible += of_way.not_visible;
  figures.forwarded = of_way.forwarded;
  figures.committed = of_way.committed;
  figures.commitment_failed = of_way.commitment_failed;
  figures.announced = of_way.announced;
  figures.missing = of_way.missing;
  figures.unsent = of_way.unsent;
  figures.preliminary = preliminary;
  if (!study.unassigned) {
    const IpAddress& sender = way.where.parties.source.address;
    figures.ordered = orders_.ordered(study.print, print_of(study.accession), sender);
    figures.on_worklist = orders_.on_worklist(study.print, print_of(study.accession), sender);
  }
  if (way.refused_contexts != 0 && (figures.failed != 0 || figures.missing.value_or(0) != 0))
    note_failure(figures, kRefusedContext, way.refused_contexts);
  std::ranges::sort(figures.failures, std::less{}, [](const StorageFailure& failure) { return failure.reason.view(); });
  told.push_back(way.where.tell(std::move(figures), phase));
}

void Studies::close(OpenStudy& open, Closing closing, Told& told) {
  const Study& study = open.value;
  const bool preliminary = closing != Closing::over;
  StudyTally figures = tally(study, instances_);
  // Of what is told early the rest may be on its way.
  if (closing == Closing::early) {
    for (DicomStudy& way : figures.ways) way.missing = way.unsent = std::nullopt;
    figures.unsent = {};
  }
  for (const StudyWay& way : study.ways) tell_way(study, way, figures, Phase::end, preliminary, told);
  tell_nowhere(study, figures, preliminary, told);
  keep_in_mind(open);
}

// What was announced by who was not seen to send any.
void Studies::tell_nowhere(const Study& study, const StudyTally& tally, bool preliminary, Told& told) {
  for (std::size_t i = 0; i < study.announcers.size(); ++i) {
    const StudyAnnouncer& announcer = study.announcers[i];
    const IpAddress& sender = announcer.where.parties.source.address;
    const bool sent_some = study.ways_from(sender) != 0 || study.may_have_gone_further(sender) ||
                           study.further_senders.size() == Limits::study_ways;
    if (sent_some || tally.unsent[i] == 0 || announcer.not_told_apart) continue;
    DicomStudy nowhere;
    nowhere.study = study.study;
    nowhere.patient = study.patient;
    nowhere.accession = study.accession;
    nowhere.announced = announcer.announced;
    nowhere.missing = nowhere.unsent = tally.unsent[i];
    nowhere.preliminary = preliminary;
    const auto* refused = refused_senders_.find(print_of(sender));
    if (refused && elapsed(refused->touched, announcer.where.first.time) < limits_.study_quiet)
      note_failure(nowhere, kRefusedContext, refused->value);
    told.push_back(announcer.where.tell(std::move(nowhere)));
  }
}

// Without what was told of it.
void Studies::keep_in_mind(OpenStudy& open) {
  if (told_.full()) forget_oldest_told(open.touched);
  OpenStudy& kept = told_.open(++last_told_, open.touched, std::move(open.value));
  Study& study = kept.value;
  study.is_told = true;
  study.announcers = {};
  study.further_senders = {};
  for (StudyWay& way : study.ways) {
    way.series = {};
    way.conversations = {};
    DicomStudy whose;
    whose.study = study.study;
    whose.patient = study.patient;
    whose.accession = study.accession;
    whose.sender_ae = way.figures.sender_ae;
    whose.receiver_ae = way.figures.receiver_ae;
    way.figures = std::move(whose);
  }
  for (const InstancePrint print : study.instances) {
    StudyInstance* instance = instances_.find(study.print, print);
    if (instance && instance->study == &open) instance->study = &kept;
  }
  open_.close(open);
}

void Studies::forget_oldest_told(Timestamp now) {
  forgotten_ += elapsed(told_.oldest().touched, now) < limits_.remembered ? 1 : 0;
  forget(told_.oldest());
}

void Studies::forget(OpenStudy& told_one) {
  for (const InstancePrint print : told_one.value.instances) instances_.forget(told_one, print);
  ways_ -= told_one.value.ways.size();
  told_.close(told_one);
}

// Some at a time, as at the end: the others wait for the next look, or until they are asked for.
void Studies::advance(Timestamp now, Told& told) {
  const std::size_t enough = told.size() + kToldAtOnce;
  while (told.size() < enough && !open_.empty() && elapsed(open_.oldest().touched, now) > limits_.study_quiet) {
    OpenStudy& oldest = open_.oldest();
    if (oldest.value.steps_in_progress != 0) {
      open_.touch(oldest, now);  // the step's end is awaited
    } else {
      close(oldest, Closing::over, told);
    }
  }
  for (std::size_t forgotten = 0; forgotten < kToldAtOnce && !told_.empty(); ++forgotten) {
    if (elapsed(told_.oldest().touched, now) <= limits_.commitment_window) break;
    forget(told_.oldest());
  }
}

void Studies::finish(Told& told) {
  while (!open_.empty() && told.size() < kToldAtOnce) close(open_.oldest(), Closing::unfinished, told);
}

}  // namespace dcmwatch
