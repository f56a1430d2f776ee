#include "relate/studies.h"

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>

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
  Open& open = of(print, now, told);
  Study& study = open.value;
  study.unassigned = unassigned;
  if (!unassigned) {
    keep_latest(study.study, store.study);
    keep_latest(study.patient, store.patient);
    keep_latest(study.accession, store.accession);
  }

  Way* const known_way = with_way(study, event, store, told);
  if (!known_way) return count_on_further_way(open, event, store, told);
  Way& way = *known_way;
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
    note_failure(way.figures, reason_of(store), 1);
    way.figures.last_failure = now;
  }
  way.figures.unassigned += unassigned ? 1 : 0;
  Instance* instance = instance_of(open, print_of(store.instance), told);
  if (!of_others_too_.empty()) move_announcement(study, print_of(store.instance), sender_of(event, store));
  if (instance && !unassigned) {
    count(study, way, *instance, event, store, told);
  } else {
    ++figure_of(way.figures, answer);
    way.figures.not_told_apart += unassigned ? 0 : 1;
  }
  if (elapsed(way.told, now) < limits_.progress_interval) return;
  way.told = now;
  tell_way(study, way, tally(study), Phase::progress, false, told);
}

// 0: nothing says it.
std::uint64_t Studies::study_of(const DicomOperation& store) {
  if (!store.study.empty()) return print_of(store.study);
  const Instance* known = first_known(print_of(store.instance));
  if (!known) return 0;
  const Study& study = known->study->value;
  return study.is_told || study.unassigned ? 0 : study.print;
}

void Studies::note_failure(DicomStudy& figures, Code reason, std::uint64_t count) const {
  auto& failures = figures.failures;
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
  close(*open, Closing::over, told);
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
  close(open_.oldest(), Closing::early, told);
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

// nullptr: it has gone too many already. The study was touched last, so that making room leaves it.
Studies::Way* Studies::with_way(Study& study, const Event& event, const DicomOperation& store, Told& told) {
  if (Way* way = way_of(study, event, store)) return way;
  if (study.ways.size() == kWays) return nullptr;
  while (ways_ >= limits_.studies_ways && make_room(event.last.time, told)) {
  }
  ++ways_;
  Way& way = study.ways.emplace_back();
  way.where = Occurrence::of(event);
  way.where.parties = as_sent(event, store);
  way.port = event.parties.destination.port;
  way.figures.sender_ae = sender_title(store);
  way.figures.receiver_ae = receiver_title(store);
  way.told = event.last.time;
  return &way;
}

void Studies::count_on_further_way(Open& open, const Event& event, const DicomOperation& store, Told& told) {
  ++on_further_ways_;
  add_once(open.value.further_senders, print_of(sender_of(event, store)), kWays);
  if (Instance* instance = instance_of(open, print_of(store.instance), told)) instance->went_further = true;
}

Studies::Ways Studies::ways_from(const Study& study, const IpAddress& sender) {
  Ways ways = 0;
  for (std::size_t i = 0; i < study.ways.size(); ++i)
    ways |= (study.ways[i].where.parties.source.address == sender ? 1U : 0U) << i;
  return ways;
}

bool Studies::may_have_gone_further(const Study& study, const IpAddress& sender) {
  return contains(study.further_senders, print_of(sender));
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

// Of whichever study it was known of first.
Studies::Instance* Studies::first_known(InstancePrint print) {
  const auto known = instances_.find(print);
  return known == instances_.end() ? nullptr : &known->second;
}

// Of the studies that it is known of, the first that fits.
template <typename Fits>
Studies::Instance* Studies::known_where(InstancePrint print, Fits fits) {
  Instance* first = first_known(print);
  if (first && fits(first->study->value)) return first;
  const auto others = other_studies_.find(print);
  if (others == other_studies_.end()) return nullptr;
  for (const std::uint64_t study : others->second) {
    Instance* known = find_instance(study, print);
    if (known && fits(known->study->value)) return known;
  }
  return nullptr;
}

Studies::Instance* Studies::find_instance(std::uint64_t study, InstancePrint print) {
  Instance* first = first_known(print);
  if (first && first->study->value.print == study) return first;
  if (of_others_too_.empty()) return nullptr;
  const auto other = of_others_too_.find(print_of(study, print));
  return other == of_others_too_.end() ? nullptr : &other->second;
}

// nullptr: it cannot be told apart from others.
Studies::Instance* Studies::instance_of(Open& open, InstancePrint print, Told& told) {
  Study& study = open.value;
  Instance* known = find_instance(study.print, print);
  if (known && known->study == &open) return known;
  if (print != 0 && study.instances.size() < limits_.study_instances) {
    const auto full = [this] { return instances_.size() + of_others_too_.size() >= limits_.studies_instances; };
    while (!study.is_told && full() && make_room(open.touched, told)) {
    }
    if (!full()) {
      study.instances.push_back(print);
      const Instance its_own{.study = &open};
      const auto [first, is_first] = instances_.try_emplace(print, its_own);
      const Study& first_study = first->second.study->value;
      if (is_first) return &first->second;
      // What could not be assigned, or was told of this study before, gives way.
      if (first_study.unassigned || first_study.print == study.print) return &(first->second = its_own);
      const auto [other, is_new] = of_others_too_.insert_or_assign(print_of(study.print, print), its_own);
      if (is_new) {
        auto& studies = other_studies_[print];
        if (studies.size() < limits_.instance_studies) {
          studies.push_back(study.print);
        } else {
          ++not_found_by_reports_;
        }
      }
      return &other->second;
    }
  }
  if (study.unassigned) return nullptr;
  ++not_told_apart_;
  return nullptr;
}

void Studies::forget_instance(const Open& open, InstancePrint print) {
  const auto first = instances_.find(print);
  if (first != instances_.end() && first->second.study == &open) {
    instances_.erase(first);
    return;
  }
  const auto other = of_others_too_.find(print_of(open.value.print, print));
  if (other == of_others_too_.end() || other->second.study != &open) return;
  of_others_too_.erase(other);
  const auto studies = other_studies_.find(print);
  if (studies == other_studies_.end()) return;  // all that it holds are forgotten
  std::erase(studies->second, open.value.print);
  if (studies->second.empty()) other_studies_.erase(studies);
}

// What a step lists may be of any of its studies; its C-STORE tells which.
void Studies::move_announcement(Study& to, InstancePrint print, const IpAddress& sender) {
  Instance* first = first_known(print);
  if (!first || first->announced == 0 || &first->study->value == &to || first->study->value.is_told) return;
  Study& from = first->study->value;
  for (std::size_t i = 0; i < from.announcers.size(); ++i) {
    const auto announcer = static_cast<Announcers>(1U << i);
    if ((first->announced & announcer) == 0 || from.announcers[i].where.parties.source.address != sender) continue;
    first->announced &= static_cast<Announcers>(~announcer);
    --from.announcers[i].announced;
  }
}

void Studies::count(const Study& study, Way& way, Instance& instance, const Event& event, const DicomOperation& store,
                    Told& told) const {
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
  const IpAddress& sender = sender_of(event, step);
  const auto known = std::ranges::find_if(
      study.announcers, [&](const Announcer& announcer) { return announcer.where.parties.source.address == sender; });
  if (known != study.announcers.end()) return &*known;
  Announcer* announcer = study.announcers.size() < kAnnouncers ? &study.announcers.emplace_back()
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
Studies::Announcer* Studies::instead_of_one_who_sent_nothing(Study& study, const IpAddress& sender) {
  if (ways_from(study, sender) == 0) return nullptr;
  const auto other = std::ranges::find_if(study.announcers, [&](const Announcer& announcer) {
    return ways_from(study, announcer.where.parties.source.address) == 0;
  });
  if (other == study.announcers.end()) return nullptr;
  const auto its = static_cast<Announcers>(1U << (other - study.announcers.begin()));
  for (const InstancePrint print : study.instances)
    find_instance(study.print, print)->announced &= static_cast<Announcers>(~its);
  not_heard_ += other->announced;
  return &*other;
}

// That of the step's studies which knows it; else the one that the same sender stored it as of; else the step's first.
// 0: none, or it was told.
std::uint64_t Studies::study_of_listed(InstancePrint print, std::span<const std::uint64_t> studies,
                                       const IpAddress& sender) {
  for (const std::uint64_t study : studies) {
    const Instance* known = find_instance(study, print);
    if (known) return known->study->value.is_told ? 0 : study;
  }
  const Instance* first = first_known(print);
  const std::uint64_t own = studies.empty() ? 0 : studies.front();
  if (!first || first->study->value.unassigned) return own;
  const Study& study = first->study->value;
  const Ways sent = first->stored | first->failed | first->unseen;
  if (own != 0 && (sent & ways_from(study, sender)) == 0) return own;
  return study.is_told ? 0 : study.print;
}

void Studies::announce(const Event& event, const DicomOperation& step, std::span<const std::uint64_t> studies,
                       std::span<const InstancePrint> instances, Told& told) {
  const IpAddress& sender = sender_of(event, step);
  for (const InstancePrint print : instances) {
    const std::uint64_t study = study_of_listed(print, studies, sender);
    if (study == 0) continue;
    // What could not be assigned was sent all the same.
    Instance* first = first_known(print);
    const bool sent_unassigned = first && first->study->value.unassigned && ways_from(first->study->value, sender) != 0;
    if (sent_unassigned && std::exchange(first->announced_elsewhere, true)) continue;
    Open& open = of(study, event.last.time, told);
    Announcer* announcer = announcer_of(open.value, event, step);
    if (!announcer) {
      ++not_heard_;
      continue;
    }
    announcer->where.last = event.last;
    const auto its = static_cast<Announcers>(1U << (announcer - open.value.announcers.data()));
    Instance* instance = sent_unassigned ? nullptr : instance_of(open, print, told);
    if (instance && (instance->announced & its) != 0) continue;
    ++announcer->announced;
    if (instance) {
      instance->announced |= its;
    } else if (!sent_unassigned) {
      announcer->not_told_apart = true;
    }
  }
}

// Those to the one who reported, by its title where several AEs share its host; else, where another node of an archive
// reports, those from the one who asked.
Studies::Ways Studies::ways_of_report(const Study& study, const Event& event, const DicomOperation& report,
                                      bool asked) {
  Ways to_reporter = 0;
  Ways to_title = 0;
  for (std::size_t i = 0; i < study.ways.size(); ++i) {
    const Ways way = 1U << i;
    if (study.ways[i].where.parties.destination.address != sender_of(event, report)) continue;
    to_reporter |= way;
    if (study.ways[i].figures.receiver_ae == sender_title(report)) to_title |= way;
  }
  const Ways from_requester = ways_from(study, receiver_of(event, report));
  if (to_title != 0) to_reporter = to_title;
  const Ways both = to_reporter & from_requester;
  if (both != 0) return both;
  return to_reporter != 0 || !asked ? to_reporter : from_requester;
}

void Studies::on_report(const Event& event, const DicomOperation& report, bool asked, Told& told) {
  const auto* commitment = report.content.as<StorageCommitment>();
  if (!commitment) return;
  const Timestamp now = event.last.time;
  std::vector<std::uint64_t> late;  // those that were told, by their numbers
  const auto is_about = [&](const Study& study) {
    return !study.unassigned && ways_of_report(study, event, report, asked) != 0;
  };
  const auto study_of_reported = [&](InstancePrint print) -> Open* {
    const Instance* known = known_where(print, is_about);
    if (!known) return nullptr;
    Open& study = *known->study;
    if (!study.value.is_told && is_over(study, now)) close(study, Closing::over, told);
    return known->study;
  };
  Open* open = nullptr;
  Ways ways = 0;
  const auto take = [&](InstancePrint print, Ways Instance::*verdict, Ways Instance::*no_longer,
                        std::uint64_t DicomStudy::*figure) {
    // One that never came is of the study of those beside it.
    if (Open* its_own = study_of_reported(print); its_own && its_own != open) {
      open = its_own;
      ways = ways_of_report(open->value, event, report, asked);
      for (std::size_t i = 0; i < open->value.ways.size(); ++i) {
        if ((ways >> i & 1U) != 0) open->value.ways[i].figures.last_report = now;
      }
    }
    if (!open) return;
    Study& study = open->value;
    (study.is_told ? told_ : open_).touch(*open, now);
    Instance* instance = instance_of(*open, print, told);
    if (!instance) return;
    const Ways news = ways & ~(instance->*verdict);
    instance->*verdict |= ways;
    instance->*no_longer &= ~ways;
    if (!study.is_told || news == 0) return;
    for (std::size_t i = 0; i < study.ways.size(); ++i) study.ways[i].figures.*figure += news >> i & 1U;
    if (!contains(late, open->print)) late.push_back(open->print);
  };
  for (const InstancePrint print : commitment->instances)
    take(print, &Instance::committed, &Instance::not_committed, &DicomStudy::committed);
  for (const InstancePrint print : commitment->failed_instances)
    take(print, &Instance::not_committed, &Instance::committed, &DicomStudy::commitment_failed);
  tell_late_reports(late, event, told);
}

void Studies::tell_late_reports(std::span<const std::uint64_t> numbers, const Event& event, Told& told) {
  for (const std::uint64_t number : numbers) {
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
      same |= 1U << i;
  }
  return same;
}

Studies::Tally Studies::tally(const Study& study) {
  Tally tally;
  if (study.unassigned) return tally;
  std::array<Announcers, kWays> announcers{};  ///< a way's sender
  std::array<Ways, kWays> to_the_same{};
  for (std::size_t a = 0; a < study.announcers.size(); ++a) {
    const IpAddress& sender = study.announcers[a].where.parties.source.address;
    const Ways its = ways_from(study, sender);
    bool is_told_apart = !study.announcers[a].not_told_apart && !may_have_gone_further(study, sender);
    for (std::size_t i = 0; i < study.ways.size(); ++i)
      is_told_apart &= (its >> i & 1U) == 0 || study.ways[i].figures.not_told_apart == 0;
    for (std::size_t i = 0; i < study.ways.size(); ++i) {
      if ((its >> i & 1U) == 0) continue;
      announcers[i] = static_cast<Announcers>(1U << a);
      to_the_same[i] = ways_to_the_same(study, study.ways[i]);
      tally.ways[i].announced = study.announcers[a].announced;
      if (is_told_apart) tally.ways[i].missing = tally.ways[i].unsent = 0;
    }
  }
  for (const InstancePrint print : study.instances) {
    const Instance& instance = *find_instance(study.print, print);
    const Ways seen = instance.stored | instance.failed | instance.unseen;
    const bool unsent = seen == 0 && !instance.went_further;
    for (std::size_t i = 0; i < study.ways.size(); ++i) {
      const auto on_way = [i](Ways ways) { return std::uint64_t{ways} >> i & 1; };
      DicomStudy& way = tally.ways[i];
      way.stored += on_way(instance.stored);
      way.failed += on_way(instance.failed);
      way.not_visible += on_way(instance.unseen);
      way.forwarded += on_way(instance.forwarded);
      way.committed += on_way(instance.committed);
      way.commitment_failed += on_way(instance.not_committed);
      const bool announced = (instance.announced & announcers[i]) != 0;
      if (!way.missing || !announced || (seen & to_the_same[i]) != 0) continue;
      ++*way.missing;
      *way.unsent += unsent ? 1 : 0;
    }
    for (std::size_t a = 0; unsent && a < study.announcers.size(); ++a) tally.unsent[a] += instance.announced >> a & 1U;
  }
  return tally;
}

void Studies::tell_way(const Study& study, const Way& way, const Tally& tally, Phase phase, bool preliminary,
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
  if (!study.unassigned)
    figures.ordered = orders_.ordered(study.print, print_of(study.accession), way.where.parties.source.address);
  if (way.refused_contexts != 0 && (figures.failed != 0 || figures.missing.value_or(0) != 0))
    note_failure(figures, kRefusedContext, way.refused_contexts);
  std::ranges::sort(figures.failures, std::less{}, [](const StorageFailure& failure) { return failure.reason.view(); });
  told.push_back(way.where.tell(std::move(figures), phase));
}

void Studies::close(Open& open, Closing closing, Told& told) {
  const Study& study = open.value;
  const bool preliminary = closing != Closing::over;
  Tally figures = tally(study);
  // Of what is told early the rest may be on its way.
  if (closing == Closing::early) {
    for (DicomStudy& way : figures.ways) way.missing = way.unsent = std::nullopt;
    figures.unsent = {};
  }
  for (const Way& way : study.ways) tell_way(study, way, figures, Phase::end, preliminary, told);
  tell_nowhere(study, figures, preliminary, told);
  keep_in_mind(open);
}

// What was announced by who was not seen to send any.
void Studies::tell_nowhere(const Study& study, const Tally& tally, bool preliminary, Told& told) const {
  for (std::size_t i = 0; i < study.announcers.size(); ++i) {
    const Announcer& announcer = study.announcers[i];
    const IpAddress& sender = announcer.where.parties.source.address;
    const bool sent_some =
        ways_from(study, sender) != 0 || may_have_gone_further(study, sender) || study.further_senders.size() == kWays;
    if (sent_some || tally.unsent[i] == 0 || announcer.not_told_apart) continue;
    DicomStudy nowhere;
    nowhere.study = study.study;
    nowhere.patient = study.patient;
    nowhere.accession = study.accession;
    nowhere.announced = announcer.announced;
    nowhere.missing = nowhere.unsent = tally.unsent[i];
    nowhere.preliminary = preliminary;
    told.push_back(announcer.where.tell(std::move(nowhere)));
  }
}

// Without what was told of it.
void Studies::keep_in_mind(Open& open) {
  if (told_.full()) forget_oldest_told(open.touched);
  Open& kept = told_.open(++last_told_, open.touched, std::move(open.value));
  Study& study = kept.value;
  study.is_told = true;
  study.announcers = {};
  study.further_senders = {};
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
    Instance* instance = find_instance(study.print, print);
    if (instance && instance->study == &open) instance->study = &kept;
  }
  open_.close(open);
}

void Studies::forget_oldest_told(Timestamp now) {
  forgotten_ += elapsed(told_.oldest().touched, now) < limits_.remembered ? 1 : 0;
  forget(told_.oldest());
}

void Studies::forget(Open& told_one) {
  for (const InstancePrint print : told_one.value.instances) forget_instance(told_one, print);
  ways_ -= told_one.value.ways.size();
  told_.close(told_one);
}

// Some at a time, as at the end: the others wait for the next look, or until they are asked for.
void Studies::advance(Timestamp now, Told& told) {
  const std::size_t enough = told.size() + kToldAtOnce;
  while (told.size() < enough && !open_.empty() && elapsed(open_.oldest().touched, now) > limits_.study_quiet) {
    Open& oldest = open_.oldest();
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
