#include "relate/workflows.h"

#include <algorithm>
#include <utility>

#include "relate/message_flow.h"
#include "relate/orders.h"
#include "relate/prints.h"

namespace dcmwatch {
namespace {

// HL7 table 0119: cancel, discontinue, and what the filler says of either.
constexpr std::array<std::string_view, 6> kCancelling{"CA", "DC", "OC", "OD", "CR", "DR"};
// HL7 v2 chapters 7 and 9.
constexpr std::array<std::string_view, 2> kReports{"ORU^", "MDM^"};
// HL7 table 0123: final and corrected; where nothing is said, it is not said to be preliminary.
constexpr std::array<std::string_view, 3> kFinal{"", "F", "C"};

constexpr std::array kSteps{WorkflowStep::order,  WorkflowStep::worklist,   WorkflowStep::performed_step,
                            WorkflowStep::images, WorkflowStep::commitment, WorkflowStep::report};
static_assert(kSteps.size() == kWorkflowSteps);

// What waits, waits for hours.
constexpr Duration kBetweenLooks = std::chrono::minutes{1};

constexpr std::size_t index_of(WorkflowStep step) { return static_cast<std::size_t>(step); }

template <std::size_t size>
bool is_one_of(const std::array<std::string_view, size>& table, std::string_view text) {
  return std::ranges::find(table, text) != table.end();
}

bool is_report(const Hl7Message& message) {
  return std::ranges::any_of(kReports,
                             [&](std::string_view type) { return message.message_type.view().starts_with(type); });
}

// Where the answers to its C-STOREs were not visible, too.
bool has_arrived(const DicomStudy& study) {
  return study.stored != 0 || study.not_visible != 0 || study.is_late_report();
}

void keep_first(Pseudonym& kept, const Pseudonym& told) {
  if (kept.empty()) kept = told;
}

// 0: any device.
std::uint64_t print_of_habit(WorkflowStep step, std::uint64_t who) { return print_of(index_of(step) + 1, who); }

}  // namespace

void Workflows::on_blindness(const Event& event) {
  const Visibility& visibility = event.visibility;
  if (!visibility.lost && !visibility.truncated && !visibility.undecodable) return;
  if (event.protocol == Protocol::hl7) hl7_unseen_ = std::max(hl7_unseen_, event.last.time);
  if (event.protocol == Protocol::dicom) dicom_unseen_ = std::max(dicom_unseen_, event.last.time);
}

// What is said of several orders in one message is said of each.
void Workflows::on_message(const Event& event, const Hl7Message& message, Outcome arrival, Told& told) {
  const bool accepted = arrival == Outcome::success;
  const bool ordering = is_order(message);
  if (!ordering && !is_report(message)) return;
  Sent sent{.step = ordering ? WorkflowStep::order : WorkflowStep::report,
            .sender = sender_of(event, message),
            .sent = message.sent,
            .about = {}};
  const auto take = [&](Names names, const Code& control, const Code& status) {
    names.teller = print_of(sent.sender);
    names.in_doubt = !accepted;
    each_way(names, event, told, [&](Open& open) {
      Way& way = open.value;
      if (accepted || !way.steps[index_of(sent.step)].succeeded)
        (ordering ? way.known.order_control : way.known.report_status) = ordering ? control : status;
      if (!ordering && !is_one_of(kFinal, status)) return;
      const bool cancels = ordering && is_one_of(kCancelling, control);
      if (sent.about.size() < limits_.hl7_orders) sent.about.push_back({open.print, cancels});
      note(open, sent, cancels, event, arrival, told);
    });
  };
  if (!message.content || message.content->orders.empty()) {
    take({message.accession, {}, message.patient}, message.order_control, {});
  } else {
    for (const Hl7Order& order : message.content->orders) {
      take({accession_of(order, message.accession_sought), order.study, message.patient}, order.control,
           order.result_status);
    }
  }
  if (!accepted && (message.unanswered || wants_application(message)))
    await(event.conversation, std::move(sent), event.last.time);
}

void Workflows::await(std::uint64_t conversation, Sent&& sent, Timestamp now) {
  const std::uint64_t print = print_of(conversation, sent.sent.packet);
  if (sent.about.empty()) return;
  auto& awaiting = awaiting_.of(print, now, [&](const auto& oldest) {
    if (elapsed(oldest.touched, now) < limits_.hl7_application_timeout) ++not_awaited_;
  });
  awaiting.value = std::move(sent);
}

void Workflows::on_answer(const Event& event, const Link& answer, Told& told) {
  auto* awaiting = awaiting_.find(print_of(answer.cause, answer.cause_packet));
  if (!awaiting) return;
  const Sent sent = std::move(awaiting->value);
  awaiting_.close(*awaiting);
  for (const auto& [print, cancels] : sent.about) {
    Open* way = ways_.find(print);
    if (!way) continue;
    if (answer.outcome == Outcome::success) believe(*way, print_of(sent.sender));
    note(*way, sent, cancels, event, answer.outcome, told);
  }
}

void Workflows::on_query(const Event& event, const DicomOperation& find, Told& told) {
  const WorklistAnswer* answer = worklist_answer(find);
  if (!answer) return;
  const std::uint64_t asker = print_of(sender_of(event, find));
  const std::uint64_t teller = print_of(receiver_of(event, find));
  for (const ScheduledStep& step : answer->steps) {
    each_way({step.accession, step.study, step.patient, teller}, event, told, [&](Open& open) {
      // It is listed again and again until it is performed: that moves nothing.
      if (!open.value.steps[index_of(WorkflowStep::worklist)].seen)
        note(open, WorkflowStep::worklist, event, event.last.time, Outcome::success, told);
    });
  }
  learn(WorkflowStep::worklist, asker, event.last.time);
}

void Workflows::on_step(const Event& event, const DicomOperation& create, Told& told) {
  const auto* step = create.content.as<PerformedStep>();
  if (!step) return;
  const std::uint64_t performer = print_of(sender_of(event, create));
  learn(WorkflowStep::performed_step, performer, event.last.time);
  for (const ScheduledStep& scheduled : step->scheduled) {
    each_way({scheduled.accession, scheduled.study, scheduled.patient, performer}, event, told, [&](Open& open) {
      if (!open.value.has_images) open.value.performer = performer;
      note(open, WorkflowStep::performed_step, event, create.requested.time, Outcome::success, told);
    });
  }
}

void Workflows::on_commitment_asked(const Event& event, const DicomOperation& action) {
  if (action.content.as<StorageCommitment>())
    learn(WorkflowStep::commitment, print_of(sender_of(event, action)), event.last.time);
}

void Workflows::on_told(const Event& event, Told& told) {
  if (const auto* link = std::get_if<Link>(&event.facts)) {
    if (link->kind == LinkKind::message_acknowledged) return on_answer(event, *link, told);
    if (link->kind != LinkKind::step_ended || link->outcome != Outcome::failure || link->study.empty()) return;
    each_way({{}, link->study, {}, print_of(event.parties.source.address)}, event, told,
             [&](Open& open) { open.value.discontinued = true; });
    return;
  }
  const auto* study = std::get_if<DicomStudy>(&event.facts);
  if (!study || event.phase != Phase::end || study->study.empty()) return;
  each_way(
      {study->accession, study->study, study->patient, print_of(event.parties.source.address), !has_arrived(*study)},
      event, told, [&](Open& open) { take_images(open, event, *study, told); });
}

// A study goes on from the archive to others: its images are those of the way that it went first.
void Workflows::take_images(Open& open, const Event& event, const DicomStudy& study, Told& told) {
  Way& way = open.value;
  if (study.committed != 0 || study.commitment_failed != 0) {
    note(open, WorkflowStep::commitment, event, study.last_report.value_or(event.last.time),
         study.commitment_failed == 0 ? Outcome::success : Outcome::failure, told);
  }
  if (study.stored + study.failed + study.not_visible == 0) return;
  const bool is_first = !way.images_from || event.first.time < *way.images_from;
  if (is_first) {
    way.images_from = event.first.time;
    way.performer = print_of(event.parties.source.address);
    way.where = Occurrence::of(event);
    way.has_images = true;
    way.known.images = study.stored;
    way.steps[index_of(WorkflowStep::images)] = {};
  } else if (way.where->parties.source.address == event.parties.source.address &&
             way.where->parties.destination.address == event.parties.destination.address) {
    way.known.images += study.stored;
  } else {
    return;
  }
  note(open, WorkflowStep::images, event, event.last.time, has_arrived(study) ? Outcome::success : Outcome::failure,
       told);
}

// Each way that is named, made if there is none: that of the accession number, else those of the study.
template <typename Take>
void Workflows::each_way(const Names& names, const Event& event, Told& told, Take take) {
  const Timestamp now = event.last.time;
  if (!since_) since_ = event.first.time;
  const auto take_one = [&](std::uint64_t print) {
    Open& way = open(print, now, told);
    join(way, names);
    if (!way.value.where) way.value.where = Occurrence::of(event);
    take(way);
  };
  if (!names.accession.empty()) return take_one(print_of(names.accession));
  if (names.study.empty()) return;
  const auto known = of_studies_.find(print_of(names.study));
  if (known == of_studies_.end()) return take_one(print_of(names.study));
  const std::vector<std::uint64_t> ways = known->second;  // looking at one may close it
  for (const std::uint64_t way : ways) take_one(way);
}

Workflows::Open& Workflows::open(std::uint64_t print, Timestamp now, Told& told) {
  Open* known = ways_.find(print);
  if (known && !look_at(*known, now, told)) return *known;
  if (ways_.full()) make_room(now, told);
  Open& open = ways_.open(print, now);
  open.value.held = holders_.add(Holders::kNobody, print);
  return open;
}

void Workflows::make_room(Timestamp now, Told& told) {
  Open& victim = *ways_.find(holders_.victim());
  if (elapsed(victim.touched, now) < limits_.workflow_window) ++forgotten_;
  if (!victim.value.told) tell(victim.value, WorkflowTold::limit, told);
  close(victim);
}

void Workflows::believe(Open& open, std::uint64_t teller) {
  if (!std::exchange(open.value.in_doubt, false)) return;
  holders_.remove(open.value.held);
  open.value.held = holders_.add(teller, open.print);
}

// What was said in doubt gives way to what is said without.
void Workflows::name(Way& way, const Names& names) {
  if (names.in_doubt && !way.in_doubt) return;
  if (way.in_doubt && !names.in_doubt) {
    way.known.study = way.known.patient = {};
    if (!way.has_images) way.where.reset();
  }
  keep_first(way.known.accession, names.accession);
  keep_first(way.known.study, names.study);
  if (!names.patient.empty()) way.known.patient = names.patient;
}

// What else names it. A study that was known by itself alone is of the first order that names it.
void Workflows::join(Open& open, const Names& names) {
  Way& way = open.value;
  name(way, names);
  if (names.in_doubt) return;
  believe(open, names.teller);
  const std::uint64_t study = print_of(names.study);
  if (study == 0 || std::ranges::find(way.studies, study) != way.studies.end()) return;
  auto& ways = of_studies_[study];
  if (way.studies.size() >= limits_.workflow_studies || ways.size() >= limits_.workflow_studies) {
    if (ways.empty()) of_studies_.erase(study);
    ++not_joined_;
    return;
  }
  way.studies.push_back(study);
  ways.push_back(open.print);
  Open* alone = open.print == study ? nullptr : ways_.find(study);
  if (!alone) return;
  absorb(way, alone->value);
  close(*alone);
}

void Workflows::absorb(Way& way, Way& other) {
  for (std::size_t i = 0; i < kWorkflowSteps; ++i) {
    const auto earlier = [](std::optional<Timestamp>& kept, const std::optional<Timestamp>& taken) {
      if (taken && (!kept || *taken < *kept)) kept = taken;
    };
    way.told &= way.steps[i].succeeded || !other.steps[i].succeeded;
    earlier(way.steps[i].seen, other.steps[i].seen);
    earlier(way.steps[i].succeeded, other.steps[i].succeeded);
    way.steps[i].failed |= other.steps[i].failed;
  }
  take_time(way, other.first, other.last);
  if (other.has_images && (!way.has_images || *other.images_from < *way.images_from)) {
    way.where = std::move(other.where);
    way.images_from = other.images_from;
    way.performer = other.performer;
    way.known.images = other.known.images;
    way.has_images = true;
  }
  if (way.performer == 0) way.performer = other.performer;
  if (way.known.reported_by == IpAddress{}) way.known.reported_by = other.known.reported_by;
  way.discontinued |= other.discontinued;
}

void Workflows::take_time(Way& way, const Mark& first, const Mark& last) {
  if (way.last.time == Timestamp{} || first.time < way.first.time) way.first = first;
  if (way.last.time < last.time) way.last = last;
}

void Workflows::note(Open& open, WorkflowStep step, const Event& event, Timestamp time, Outcome outcome, Told& told) {
  Way& way = open.value;
  const bool succeeded = outcome == Outcome::success;
  take_time(way, event.first, event.last);
  Step& one = way.steps[index_of(step)];
  if (!one.seen) one.seen = time;
  one.failed |= outcome == Outcome::failure;
  if (succeeded) learn(step, 0, event.last.time);
  if (succeeded || way.in_doubt) touch(open, event.last.time);
  if (!succeeded || one.succeeded) return;
  one.succeeded = time;
  way.told = false;
  if (is_complete(way)) tell(way, WorkflowTold::complete, told);
}

void Workflows::note(Open& open, const Sent& sent, bool cancels, const Event& event, Outcome outcome, Told& told) {
  Way& way = open.value;
  const Step& step = way.steps[index_of(sent.step)];
  const bool accepted = outcome == Outcome::success;
  if (sent.step == WorkflowStep::order) {
    if (accepted) way.known.cancelled = cancels;
  } else if (!step.seen || (accepted && !step.succeeded)) {
    way.known.reported_by = sent.sender;
  }
  note(open, sent.step, event, sent.sent.time, outcome, told);
}

void Workflows::touch(Open& open, Timestamp now) {
  ways_.touch(open, now);
  holders_.touch(open.value.held);
}

void Workflows::learn(WorkflowStep step, std::uint64_t who, Timestamp now) {
  const std::uint64_t print = print_of_habit(step, who);
  if (auto* known = habits_.find(print)) {
    habits_.touch(*known, now);
    return;
  }
  if (habits_.full()) habits_.close(habits_.oldest());
  habits_.open(print, now);
}

bool Workflows::is_habit(WorkflowStep step, std::uint64_t who) const {
  return habits_.contains(print_of_habit(step, who));
}

bool Workflows::is_expected(const Way& way, WorkflowStep step) const {
  if (way.known.cancelled || way.discontinued) return false;
  if (const auto* within = time_for(step); within && !*within) return false;
  const bool by_hl7 = step == WorkflowStep::order || step == WorkflowStep::report;
  if ((by_hl7 ? hl7_unseen_ : dicom_unseen_) >= way.first.time) return false;
  const auto first = std::ranges::find_if(way.steps, [](const Step& one) { return one.succeeded.has_value(); });
  if (first == way.steps.end()) return false;
  const bool came_before = index_of(step) < static_cast<std::size_t>(first - way.steps.begin());
  if (came_before && elapsed(*since_, *first->succeeded) < limits_.workflow_quiet) return false;
  switch (step) {
    case WorkflowStep::worklist:
    case WorkflowStep::performed_step: return is_habit(step, way.performer);
    case WorkflowStep::commitment: return way.has_images && is_habit(step, way.performer);
    case WorkflowStep::order:
    case WorkflowStep::images:
    case WorkflowStep::report: return is_habit(step, 0);
  }
  return false;
}

bool Workflows::is_late(const Way& way, WorkflowStep step) const {
  const auto* within = time_for(step);
  if (!within || !*within) return false;
  const WorkflowStep before = step == WorkflowStep::images ? WorkflowStep::performed_step : WorkflowStep::images;
  const auto& from = way.steps[index_of(before)].succeeded;
  const auto& to = way.steps[index_of(step)].succeeded;
  return from && to && *to > *from && elapsed(*from, *to) > **within;
}

// nullptr: none is set for it.
const std::optional<Duration>* Workflows::time_for(WorkflowStep step) const {
  switch (step) {
    case WorkflowStep::images: return &times_.images;
    case WorkflowStep::commitment: return &times_.commitment;
    case WorkflowStep::report: return &times_.report;
    case WorkflowStep::order:
    case WorkflowStep::worklist:
    case WorkflowStep::performed_step: return nullptr;
  }
  return nullptr;
}

WorkflowStepState Workflows::state_of(const Way& way, WorkflowStep step) const {
  const Step& one = way.steps[index_of(step)];
  if (step == WorkflowStep::performed_step && way.discontinued) return WorkflowStepState::failed;
  if (one.succeeded) return is_late(way, step) ? WorkflowStepState::late : WorkflowStepState::seen;
  if (one.failed) return WorkflowStepState::failed;
  if (one.seen) return WorkflowStepState::unknown;
  return is_expected(way, step) ? WorkflowStepState::missing : WorkflowStepState::unknown;
}

bool Workflows::is_complete(const Way& way) const {
  if (!way.steps[index_of(WorkflowStep::report)].succeeded) return false;
  if (!way.steps[index_of(WorkflowStep::images)].succeeded) return false;
  return std::ranges::none_of(kSteps, [&](WorkflowStep step) {
    const WorkflowStepState state = state_of(way, step);
    return state == WorkflowStepState::missing || state == WorkflowStepState::failed;
  });
}

void Workflows::tell(Way& way, WorkflowTold why, Told& told) {
  way.told = true;
  const auto seen = [&](WorkflowStep step) { return way.steps[index_of(step)].seen.has_value(); };
  const bool begun = seen(WorkflowStep::order) || seen(WorkflowStep::worklist) || seen(WorkflowStep::performed_step);
  if (!begun && !(seen(WorkflowStep::images) && seen(WorkflowStep::report))) return;
  Workflow workflow = way.known;
  workflow.told = why;
  workflow.preliminary = why == WorkflowTold::end || why == WorkflowTold::limit;
  workflow.studies = static_cast<std::uint32_t>(way.studies.size());
  workflow.cancelled |= way.discontinued;
  if (const Pseudonym successor = merges_.successor_of(workflow.patient); successor != workflow.patient)
    workflow.merged = std::exchange(workflow.patient, successor);
  for (const WorkflowStep step : kSteps) {
    const Step& one = way.steps[index_of(step)];
    workflow.at(step) = {state_of(way, step), one.succeeded ? one.succeeded : one.seen};
  }
  Occurrence where = *way.where;
  where.first = way.first;
  where.last = way.last;
  where.visibility.unfinished |= workflow.preliminary;
  told.push_back(where.tell(workflow));
}

void Workflows::close(Open& open) {
  for (const std::uint64_t study : open.value.studies) {
    const auto known = of_studies_.find(study);
    if (known == of_studies_.end()) continue;
    std::erase(known->second, open.print);
    if (known->second.empty()) of_studies_.erase(known);
  }
  holders_.remove(open.value.held);
  ways_.close(open);
}

// As long as the latest step may take.
Duration Workflows::quiet() const {
  return std::max({limits_.workflow_quiet, times_.commitment.value_or(Duration{}), times_.report.value_or(Duration{})});
}

// True: it is closed.
bool Workflows::look_at(Open& open, Timestamp now, Told& told) {
  const Duration idle = elapsed(open.touched, now);
  if (idle > quiet() && !open.value.told) tell(open.value, WorkflowTold::quiet, told);
  if (idle <= std::max(quiet(), limits_.workflow_window)) return false;
  close(open);
  return true;
}

// Those that were told wait longer than the others, so there may be some behind them.
void Workflows::advance(Timestamp now, Told& told) {
  if (elapsed(looked_, now) < kBetweenLooks) return;
  looked_ = now;
  for (auto entry = ways_.begin(); entry != ways_.end();) {
    Open& open = *entry++;
    if (elapsed(open.touched, now) <= quiet()) break;
    look_at(open, now, told);
  }
}

void Workflows::rebase(Timestamp now) {
  ways_.rebase(now);
  habits_.rebase(now);
  awaiting_.rebase(now);
  looked_ = std::min(looked_, now);
  if (since_) since_ = std::min(*since_, now);
}

void Workflows::finish(Told& told) {
  while (!ways_.empty() && told.size() < kToldAtOnce) {
    if (!ways_.oldest().value.told) tell(ways_.oldest().value, WorkflowTold::end, told);
    close(ways_.oldest());
  }
}

}  // namespace dcmwatch
