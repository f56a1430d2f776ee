#include "relate/studies.h"

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>

#include "event/dicom_names.h"
#include "relate/prints.h"

namespace dcmwatch {
namespace {

enum class Arrival : std::uint8_t { stored, failed, unseen };

// Broken off or never answered is failed, unless the answer may have come unseen.
Arrival arrival_of(const Event& event, const DicomOperation& store) {
  switch (outcome_of(event)) {
    case Outcome::success: return Arrival::stored;
    case Outcome::failure: return Arrival::failed;
    case Outcome::unknown: break;
  }
  return store.status || event.visibility.impaired() ? Arrival::unseen : Arrival::failed;
}

// As the objects go: of C-GET, from the acceptor.
Parties as_sent(const Event& event, const DicomOperation& operation) {
  Parties parties = event.parties;
  if (operation.invoker == Invoker::acceptor) {
    parties.reverse();
    parties.opener_known = false;
  }
  return parties;
}

void add(Visibility& all, const Visibility& more) {
  for (const auto flag : {&Visibility::joined_midway, &Visibility::one_direction, &Visibility::truncated,
                          &Visibility::lost, &Visibility::unfinished, &Visibility::encrypted, &Visibility::undecodable})
    all.*flag |= more.*flag;
}

void add(Occurrence& all, const Event& event, const DicomOperation& operation) {
  if (all.conversation != event.conversation) {
    const Parties parties = as_sent(event, operation);
    keep_what_is_shared(all.parties, parties);
    all.parties.opener_known &= parties.opener_known;
    all.conversation = event.conversation;
  }
  add(all.visibility, event.visibility);
  all.first = std::min(all.first, event.first);
  all.last = std::max(all.last, event.last);
}

template <typename Element>
void add_once(std::vector<Element>& all, const Element& one, std::size_t limit) {
  // The objects of a series mostly come one after the other.
  if (!all.empty() && all.back() == one) return;
  if (all.size() < limit && std::ranges::find(all, one) == all.end()) all.push_back(one);
}

bool contains(const std::vector<std::uint64_t>& all, std::uint64_t one) {
  return (!all.empty() && all.back() == one) || std::ranges::find(all, one) != all.end();
}

// Beyond the limit the one that was added first goes.
void add_latest(std::vector<std::uint64_t>& all, std::uint64_t one, std::size_t limit) {
  if (contains(all, one)) return;
  if (all.size() == limit) all.erase(all.begin());
  all.push_back(one);
}

void keep_latest(Pseudonym& kept, const Pseudonym& told) {
  if (!told.empty()) kept = told;
}

Outcome outcome_of(Arrival arrival) {
  switch (arrival) {
    case Arrival::stored: return Outcome::success;
    case Arrival::failed: return Outcome::failure;
    case Arrival::unseen: return Outcome::unknown;
  }
  return Outcome::unknown;
}

std::uint64_t& figure_of(DicomStudy& figures, Arrival arrival) {
  return arrival == Arrival::stored   ? figures.stored
         : arrival == Arrival::failed ? figures.failed
                                      : figures.not_visible;
}

constexpr std::string_view kUnanswered = "unanswered", kRefusedContext = "refused_context", kOther = "other";

Code reason_of(const DicomOperation& store) {
  return store.status ? Code{dicom_status_text(*store.status)} : Code{kUnanswered};
}

// Of all that the sender proposed for storage (PS3.4 B.5), those for which no context was accepted.
std::uint64_t refused_storage_classes(const PresentationContexts& contexts) {
  constexpr std::string_view kStorage = "1.2.840.10008.5.1.4.1.1.";
  const auto count = [&](std::size_t end, const auto& fits) {
    std::size_t found = 0;
    for (std::size_t i = 0; i < end; ++i) found += fits(contexts[i]) ? 1U : 0U;
    return found;
  };
  std::uint64_t refused = 0;
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    const PresentationContext context = contexts[i];
    if (!context.result || context.accepted() || !context.abstract_syntax.starts_with(kStorage)) continue;
    const auto of_it = [&](const PresentationContext& other) {
      return other.abstract_syntax == context.abstract_syntax;
    };
    const auto taken = [&](const PresentationContext& other) { return of_it(other) && other.accepted(); };
    const bool counted_before = count(i, of_it) != 0;
    refused += counted_before || count(contexts.size(), taken) != 0 ? 0 : 1;
  }
  return refused;
}

}  // namespace

/// What the instances of a study say of each of its ways and of those who announced them.
struct Studies::Tally {
  std::array<DicomStudy, kWays> ways;
  std::array<std::uint64_t, kAnnouncers> unsent{};
};

void Studies::on_store(const Event& event, const DicomOperation& store, Told& told) {
  const std::uint64_t known_study = study_of(store);
  const Timestamp now = event.last.time;
  if (event.phase != Phase::end) {
    if (known_study == 0) return;
    if (Open* open = find(known_study, now, told)) open_.touch(*open, now);
    return;
  }
  const bool unassigned = known_study == 0;
  const std::uint64_t print =
      unassigned ? print_of(print_of(sender_of(event, store)), print_of(receiver_of(event, store))) : known_study;
  Open& open = with_way(print, event, store, told);
  Study& study = open.value;
  study.unassigned = unassigned;
  if (!unassigned) {
    keep_latest(study.study, store.study);
    keep_latest(study.patient, store.patient);
    keep_latest(study.accession, store.accession);
  }

  Way& way = *way_of(study, event, store);
  add(way.where, event, store);
  add_latest(way.conversations, event.conversation, kConversations);
  way.figures.bytes += store.request_bytes;
  if (const auto* object = store.content.as<StoredObject>()) {
    if (!object->modality.empty()) add_once(way.figures.modalities, object->modality, limits_.study_modalities);
    if (!object->series.empty()) add_once(way.series, print_of(object->series), limits_.study_series);
  }
  const Arrival arrival = arrival_of(event, store);
  if (arrival == Arrival::failed) {
    note_failure(way, reason_of(store), 1);
    way.figures.last_failure = now;
  }
  way.figures.unassigned += unassigned ? 1 : 0;
  Instance* instance = instance_of(open, print_of(store.instance), told);
  if (instance && !unassigned) {
    count(study, way, *instance, event, store, told);
  } else {
    ++figure_of(way.figures, arrival);
  }
  if (elapsed(way.told, now) < limits_.progress_interval) return;
  way.told = now;
  tell_way(study, way, tally(study), Phase::progress, false, told);
}

// 0: nothing says it.
std::uint64_t Studies::study_of(const DicomOperation& store) const {
  if (!store.study.empty()) return print_of(store.study);
  const auto known = instances_.find(print_of(store.instance));
  if (known == instances_.end()) return 0;
  const Study& study = known->second.study->value;
  return study.is_told || study.unassigned ? 0 : study.print;
}

void Studies::note_failure(Way& way, Code reason, std::uint64_t count) const {
  auto& failures = way.figures.failures;
  const auto of = [&failures](const Code& wanted) {
    return std::ranges::find_if(failures, [&](const StorageFailure& known) { return known.reason == wanted; });
  };
  auto known = of(reason);
  if (known == failures.end() && failures.size() >= limits_.study_failures) known = of(reason = kOther);
  if (known == failures.end()) {
    failures.push_back({reason, count});
  } else {
    known->count += count;
  }
}

// What was stored on it was touched since it began.
void Studies::on_association(const Event& event, const DicomAssociation& association) {
  const std::uint64_t refused = refused_storage_classes(association.contexts);
  if (refused == 0) return;
  for (auto open = open_.end(); open != open_.begin();) {
    if ((--open)->touched < event.first.time) break;
    for (Way& way : open->value.ways) {
      if (!contains(way.conversations, event.conversation)) continue;
      way.refused_contexts = std::max(way.refused_contexts, refused);
    }
  }
}

bool Studies::is_over(const Open& open, Timestamp now) const {
  const Study& study = open.value;
  if (study.steps_in_progress != 0) return false;
  // What cannot be assigned never falls quiet while the two go on.
  const Timestamp since = study.unassigned ? study.ways.front().where.first.time : open.touched;
  return elapsed(since, now) > limits_.study_quiet;
}

// nullptr: it is not open. One that has been quiet for too long is told first, whenever that is found out.
Studies::Open* Studies::find(std::uint64_t print, Timestamp now, Told& told) {
  Open* open = open_.find(print);
  if (!open || !is_over(*open, now)) return open;
  close(*open, false, told);
  return nullptr;
}

Studies::Open& Studies::of(std::uint64_t print, Timestamp now, Told& told) {
  if (Open* open = find(print, now, told)) {
    open_.touch(*open, now);
    return *open;
  }
  if (open_.full()) tell_quietest(told);
  Open& open = open_.open(print, now);
  open.value.print = print;
  return open;
}

// To make room for the one in hand, which was touched last, so that it is not this one.
void Studies::tell_quietest(Told& told) {
  close(open_.oldest(), false, told);
  ++told_early_;
}

// nullptr: it has not gone that way yet.
Studies::Way* Studies::way_of(Study& study, const Event& event, const DicomOperation& store) {
  const IpAddress& sender = sender_of(event, store);
  const IpAddress& receiver = receiver_of(event, store);
  const auto way = std::ranges::find_if(study.ways, [&](const Way& known) {
    const Parties& parties = known.where.parties;
    return parties.source.address == sender && parties.destination.address == receiver &&
           known.port == event.parties.destination.port && known.figures.sender_ae == sender_title(store) &&
           known.figures.receiver_ae == receiver_title(store);
  });
  return way == study.ways.end() ? nullptr : &*way;
}

// The study, with this way among its ways. One that goes to everybody is told when it has gone kWays ways.
Studies::Open& Studies::with_way(std::uint64_t print, const Event& event, const DicomOperation& store, Told& told) {
  Open* open = &of(print, event.last.time, told);
  if (way_of(open->value, event, store)) return *open;
  if (open->value.ways.size() == kWays) {
    close(*open, false, told);
    ++told_early_;
    open = &of(print, event.last.time, told);
  }
  while (ways_ >= limits_.studies_ways && make_room(told)) {
  }
  ++ways_;
  Way& way = open->value.ways.emplace_back();
  way.where = Occurrence::of(event);
  way.where.parties = as_sent(event, store);
  way.port = event.parties.destination.port;
  way.figures.sender_ae = sender_title(store);
  way.figures.receiver_ae = receiver_title(store);
  way.told = event.last.time;
  return *open;
}

// Of those that were told the oldest is forgotten, else the quietest is told. False: there is none but the one in hand.
bool Studies::make_room(Told& told) {
  if (!told_.empty()) {
    forget(told_.oldest());
    ++forgotten_;
    return true;
  }
  if (open_.size() <= 1) return false;
  tell_quietest(told);
  return true;
}

// nullptr: it cannot be told apart from others.
Studies::Instance* Studies::instance_of(Open& open, InstancePrint print, Told& told) {
  Study& study = open.value;
  const auto known = instances_.find(print);
  if (known != instances_.end() && known->second.study == &open) return &known->second;
  const bool is_free = print != 0 && (known == instances_.end() || known->second.study->value.is_told ||
                                      known->second.study->value.unassigned);
  if (is_free && study.instances.size() < limits_.study_instances) {
    while (!study.is_told && instances_.size() >= limits_.studies_instances && make_room(told)) {
    }
    if (instances_.size() < limits_.studies_instances) {
      study.instances.push_back(print);
      return &instances_.insert_or_assign(print, Instance{.study = &open}).first->second;
    }
  }
  if (study.unassigned) return nullptr;
  ++study.not_told_apart;
  ++not_told_apart_;
  return nullptr;
}

void Studies::count(const Study& study, Way& way, Instance& instance, const Event& event, const DicomOperation& store,
                    Told& told) const {
  const Ways here = static_cast<Ways>(1U << (&way - study.ways.data()));
  const Arrival arrival = arrival_of(event, store);
  Link link{.certainty = LinkCertainty::identifier,
            .cause = std::exchange(instance.conversation, event.conversation),
            .effect = event.conversation,
            .outcome = outcome_of(arrival),
            .cause_packet = std::exchange(instance.packet, store.requested.packet),
            .effect_packet = store.requested.packet,
            .study = study.study};
  if ((instance.stored & here) != 0) {
    way.figures.repeated += arrival == Arrival::stored ? 1 : 0;
    way.figures.failed_repetitions += arrival == Arrival::failed ? 1 : 0;
    if (instance.times < std::numeric_limits<std::uint8_t>::max()) ++instance.times;
    link.kind = LinkKind::store_repeated;
    link.times = instance.times;
    told.push_back(Occurrence::of(event).tell(link));
    return;
  }
  const bool had_failed = (instance.failed & here) != 0;
  if (arrival == Arrival::unseen && had_failed) return;
  instance.failed &= static_cast<Ways>(~here);
  instance.unseen &= static_cast<Ways>(~here);
  (arrival == Arrival::stored   ? instance.stored
   : arrival == Arrival::failed ? instance.failed
                                : instance.unseen) |= here;
  if (arrival != Arrival::stored) return;
  if (had_failed) {
    ++way.figures.resolved;
    link.kind = LinkKind::store_resolved;
    told.push_back(Occurrence::of(event).tell(link));
  }
  for (std::size_t i = 0; i < study.ways.size(); ++i) {
    const auto to_the_sender = static_cast<Ways>(1U << i);
    if (sends_on(study.ways[i], way)) instance.forwarded |= static_cast<Ways>(instance.stored & to_the_sender);
  }
}

// What came `from` somebody, `to` others. On one host the titles tell who took it.
bool Studies::sends_on(const Way& from, const Way& to) {
  const IpAddress& host = from.where.parties.destination.address;
  if (host != to.where.parties.source.address) return false;
  const bool within_one_host =
      from.where.parties.source.address == host || to.where.parties.destination.address == host;
  return !within_one_host || from.figures.receiver_ae == to.figures.sender_ae;
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
  Open* open = open_.find(study);
  if (!open || open->value.steps_in_progress == 0) return;
  --open->value.steps_in_progress;
  open_.touch(*open, now);
}

// nullptr: there are too many.
Studies::Announcer* Studies::announcer_of(Study& study, const Event& event, const DicomOperation& step) {
  const auto known = std::ranges::find_if(study.announcers, [&](const Announcer& announcer) {
    return announcer.where.parties.source.address == sender_of(event, step);
  });
  if (known != study.announcers.end()) return &*known;
  if (study.announcers.size() == kAnnouncers) return nullptr;
  Announcer& announcer = study.announcers.emplace_back();
  announcer.where = Occurrence::of(event);
  announcer.where.parties = as_sent(event, step);
  announcer.where.parties.destination = {};  // of the objects, that is not known
  announcer.where.parties.destination_mac = {};
  return &announcer;
}

void Studies::announce(const Event& event, const DicomOperation& step, std::uint64_t study,
                       std::span<const InstancePrint> instances, Told& told) {
  for (const InstancePrint print : instances) {
    const auto known = instances_.find(print);
    const Study* where_known = known == instances_.end() ? nullptr : &known->second.study->value;
    const bool unassigned = where_known && where_known->unassigned;
    const std::uint64_t its_study = where_known && !unassigned ? where_known->print : study;
    if (its_study == 0 || (where_known && where_known->is_told && !unassigned)) continue;
    if (unassigned && std::exchange(known->second.announcer, 1) != 0) continue;
    Open& open = of(its_study, event.last.time, told);
    Announcer* announcer = announcer_of(open.value, event, step);
    if (!announcer) continue;
    announcer->where.last = event.last;
    // What could not be assigned was sent all the same.
    Instance* instance = unassigned ? nullptr : instance_of(open, print, told);
    if (instance && instance->announcer != 0) continue;
    ++announcer->announced;
    if (instance) instance->announcer = static_cast<std::uint8_t>(announcer - open.value.announcers.data() + 1);
  }
}

// Those to the one who reported, by its title where several AEs share its host; else, where another node of an archive
// reports, those from the one who asked.
Studies::Ways Studies::ways_of_report(const Study& study, const Event& event, const DicomOperation& report) {
  Ways to_reporter = 0;
  Ways to_title = 0;
  Ways from_requester = 0;
  for (std::size_t i = 0; i < study.ways.size(); ++i) {
    const Parties& parties = study.ways[i].where.parties;
    const auto way = static_cast<Ways>(1U << i);
    if (parties.destination.address == sender_of(event, report)) {
      to_reporter |= way;
      if (study.ways[i].figures.receiver_ae == sender_title(report)) to_title |= way;
    }
    if (parties.source.address == receiver_of(event, report)) from_requester |= way;
  }
  if (to_title != 0) to_reporter = to_title;
  const auto both = static_cast<Ways>(to_reporter & from_requester);
  return both != 0 ? both : to_reporter != 0 ? to_reporter : from_requester;
}

void Studies::on_report(const Event& event, const DicomOperation& report, Told& told) {
  const auto* commitment = report.content.as<StorageCommitment>();
  if (!commitment) return;
  const Timestamp now = event.last.time;
  tell_quiet(now, told);
  Open* open = nullptr;
  const auto take = [&](InstancePrint print, Ways Instance::*verdict, Ways Instance::*no_longer,
                        std::uint64_t DicomStudy::*figure) {
    const auto known = instances_.find(print);
    // One that never came is of the study of those beside it.
    if (known != instances_.end()) open = known->second.study;
    if (!open || open->value.unassigned) return;
    Study& study = open->value;
    (study.is_told ? told_ : open_).touch(*open, now);
    Instance* instance = instance_of(*open, print, told);
    if (!instance) return;
    const Ways ways = ways_of_report(study, event, report);
    const auto news = static_cast<Ways>(ways & ~(instance->*verdict));
    instance->*verdict |= ways;
    instance->*no_longer &= static_cast<Ways>(~ways);
    if (!study.is_told || news == 0) return;
    for (std::size_t i = 0; i < study.ways.size(); ++i) study.ways[i].figures.*figure += news >> i & 1U;
    add_once(late_, open->print, told_.size());
  };
  for (const InstancePrint print : commitment->instances)
    take(print, &Instance::committed, &Instance::not_committed, &DicomStudy::committed);
  for (const InstancePrint print : commitment->failed_instances)
    take(print, &Instance::not_committed, &Instance::committed, &DicomStudy::commitment_failed);
  if (event.phase == Phase::end) tell_late_reports(event, told);
}

void Studies::tell_late_reports(const Event& event, Told& told) {
  for (const std::uint64_t number : late_) {
    Open* open = told_.find(number);
    if (!open) continue;
    for (Way& way : open->value.ways) {
      if (way.figures.committed == 0 && way.figures.commitment_failed == 0) continue;
      Occurrence where = way.where;
      where.last = event.last;
      told.push_back(where.tell(way.figures));
      way.figures.committed = way.figures.commitment_failed = 0;
    }
  }
  late_.clear();
}

// As far as is known: who was not seen to say its title may be any of them.
Studies::Ways Studies::ways_to_the_same(const Study& study, const Way& way) {
  Ways same = 0;
  for (std::size_t i = 0; i < study.ways.size(); ++i) {
    const Way& other = study.ways[i];
    const auto& [title, other_title] = std::tie(way.figures.receiver_ae, other.figures.receiver_ae);
    if (other.where.parties.source.address == way.where.parties.source.address &&
        other.where.parties.destination.address == way.where.parties.destination.address && other.port == way.port &&
        (!title || !other_title || title == other_title))
      same |= static_cast<Ways>(1U << i);
  }
  return same;
}

Studies::Tally Studies::tally(const Study& study) const {
  Tally tally;
  if (study.unassigned) return tally;
  std::array<std::uint8_t, kWays> announcers{};  ///< of a way's sender, counted from 1
  std::array<Ways, kWays> to_the_same{};
  for (std::size_t i = 0; i < study.ways.size(); ++i) {
    to_the_same[i] = ways_to_the_same(study, study.ways[i]);
    for (std::size_t a = 0; a < study.announcers.size(); ++a) {
      if (study.announcers[a].where.parties.source.address == study.ways[i].where.parties.source.address)
        announcers[i] = static_cast<std::uint8_t>(a + 1);
    }
    if (announcers[i] == 0) continue;
    tally.ways[i].announced = study.announcers[announcers[i] - 1U].announced;
    if (study.not_told_apart == 0) tally.ways[i].missing = tally.ways[i].unsent = 0;
  }
  for (const InstancePrint print : study.instances) {
    const Instance& instance = instances_.find(print)->second;
    const auto seen = static_cast<Ways>(instance.stored | instance.failed | instance.unseen);
    for (std::size_t i = 0; i < study.ways.size(); ++i) {
      const auto on_way = [i](Ways ways) { return std::uint64_t{ways} >> i & 1; };
      DicomStudy& way = tally.ways[i];
      way.stored += on_way(instance.stored);
      way.failed += on_way(instance.failed);
      way.not_visible += on_way(instance.unseen);
      way.forwarded += on_way(instance.forwarded);
      way.committed += on_way(instance.committed);
      way.commitment_failed += on_way(instance.not_committed);
      const bool announced = instance.announcer != 0 && instance.announcer == announcers[i];
      if (!way.missing || !announced || (seen & to_the_same[i]) != 0) continue;
      ++*way.missing;
      *way.unsent += seen == 0 ? 1 : 0;
    }
    if (instance.announcer != 0 && seen == 0) ++tally.unsent[instance.announcer - 1U];
  }
  return tally;
}

void Studies::tell_way(const Study& study, const Way& way, const Tally& tally, Phase phase, bool preliminary,
                       Told& told) const {
  const DicomStudy& of_way = tally.ways[static_cast<std::size_t>(&way - study.ways.data())];
  Way shown = way;
  DicomStudy& figures = shown.figures;
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
  figures.not_told_apart = study.not_told_apart;
  figures.announced = of_way.announced;
  figures.missing = of_way.missing;
  figures.unsent = of_way.unsent;
  figures.preliminary = preliminary;
  if (!study.unassigned)
    figures.ordered = orders_.ordered(study.print, print_of(study.accession), way.where.parties.source.address);
  if (way.refused_contexts != 0 && (figures.failed != 0 || figures.missing.value_or(0) != 0))
    note_failure(shown, kRefusedContext, way.refused_contexts);
  std::ranges::sort(figures.failures, std::less{}, [](const StorageFailure& failure) { return failure.reason.view(); });
  told.push_back(way.where.tell(std::move(figures), phase));
}

void Studies::close(Open& open, bool preliminary, Told& told) {
  const Study& study = open.value;
  const Tally figures = tally(study);
  for (const Way& way : study.ways) tell_way(study, way, figures, Phase::end, preliminary, told);
  for (std::size_t i = 0; i < study.announcers.size(); ++i) {
    const Announcer& announcer = study.announcers[i];
    const bool sent_some = std::ranges::any_of(study.ways, [&](const Way& way) {
      return way.where.parties.source.address == announcer.where.parties.source.address;
    });
    if (sent_some || figures.unsent[i] == 0 || study.not_told_apart != 0) continue;
    DicomStudy nowhere;
    nowhere.study = study.study;
    nowhere.patient = study.patient;
    nowhere.accession = study.accession;
    nowhere.announced = announcer.announced;
    nowhere.missing = nowhere.unsent = figures.unsent[i];
    nowhere.preliminary = preliminary;
    told.push_back(announcer.where.tell(std::move(nowhere)));
  }
  keep_in_mind(open);
}

// Without what was told of it.
void Studies::keep_in_mind(Open& open) {
  if (told_.full()) {
    forget(told_.oldest());
    ++forgotten_;
  }
  Open& kept = told_.open(++last_told_, open.touched, std::move(open.value));
  Study& study = kept.value;
  study.is_told = true;
  study.announcers = {};
  for (Way& way : study.ways) {
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
    Instance& instance = instances_.find(print)->second;
    if (instance.study == &open) instance.study = &kept;
  }
  open_.close(open);
}

void Studies::forget(Open& told_one) {
  for (const InstancePrint print : told_one.value.instances) {
    const auto known = instances_.find(print);
    if (known != instances_.end() && known->second.study == &told_one) instances_.erase(known);
  }
  ways_ -= told_one.value.ways.size();
  told_.close(told_one);
}

void Studies::advance(Timestamp now, Told& told) {
  tell_quiet(now, told);
  while (!told_.empty() && elapsed(told_.oldest().touched, now) > limits_.commitment_window) forget(told_.oldest());
}

void Studies::tell_quiet(Timestamp now, Told& told) {
  while (!open_.empty() && elapsed(open_.oldest().touched, now) > limits_.study_quiet) {
    Open& oldest = open_.oldest();
    if (oldest.value.steps_in_progress != 0) {
      open_.touch(oldest, now);  // the step's end is awaited
    } else {
      close(oldest, false, told);
    }
  }
}

void Studies::finish(Told& told) {
  while (!open_.empty() && told.size() < kToldAtOnce) close(open_.oldest(), true, told);
}

}  // namespace dcmwatch
