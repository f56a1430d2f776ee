#include "relate/steps.h"

#include <algorithm>

#include "relate/prints.h"

namespace dcmwatch {
namespace {

// PS3.3 C.4.14: IN PROGRESS is no end.
std::optional<Outcome> outcome_of_step(const PerformedStep& step) {
  if (step.status == "COMPLETED") return Outcome::success;
  if (step.status == "DISCONTINUED") return Outcome::failure;
  return std::nullopt;
}

}  // namespace

Steps::Open& Steps::of(const Event& event, const DicomOperation& operation) {
  const Timestamp now = event.last.time;
  const std::uint64_t print = print_of(print_of(operation.instance), print_of(sender_of(event, operation)));
  return open_.of(print, now, [&](Open& oldest) {
    end(oldest.value, now);
    ++forgotten_;
  });
}

void Steps::on_create(const Event& event, const DicomOperation& create, Told& told) {
  const auto* content = create.content.as<PerformedStep>();
  if (!content || create.instance.empty()) return;
  Step& step = of(event, create).value;
  if (!step.begun) {
    step.begun = Occurrence::of(event);
    step.requested = create.requested;
  }
  for (const ScheduledStep& scheduled : content->scheduled) {
    const std::uint64_t study = print_of(scheduled.study);
    if (step.over || study == 0 || std::ranges::find(step.studies, study) != step.studies.end()) continue;
    if (step.studies.size() >= limits_.step_studies) {
      ++not_followed_;
      continue;
    }
    step.studies.push_back(study);
    if (step.study.empty()) step.study = scheduled.study;
    studies_.begin_step(scheduled, event.last.time, told);
  }
  studies_.announce(event, create, step.studies, content->instances, told);
}

void Steps::on_set(const Event& event, const DicomOperation& set, Told& told) {
  const auto* content = set.content.as<PerformedStep>();
  if (!content || set.instance.empty()) return;
  Open& open = of(event, set);
  Step& step = open.value;
  studies_.announce(event, set, step.studies, content->instances, told);
  const auto outcome = outcome_of_step(*content);
  if (step.over || !outcome) return;
  Link link{.kind = LinkKind::step_ended,
            .certainty = step.begun ? LinkCertainty::identifier : LinkCertainty::none,
            .cause = step.begun ? step.begun->conversation : 0,
            .effect = event.conversation,
            .outcome = *outcome,
            .effect_packet = set.requested.packet,
            .study = step.study};
  if (step.begun) {
    link.delay = elapsed(step.requested.time, set.requested.time);
    link.cause_packet = step.requested.packet;
  }
  told.push_back(Occurrence::of(event).tell(link));
  end(step, event.last.time);
  open_.touch(open, event.last.time);
}

void Steps::end(Step& step, Timestamp now) {
  step.over = true;
  for (const std::uint64_t study : step.studies) studies_.end_step(study, now);
  step.studies.clear();
}

void Steps::tell_unended(const Step& step, bool unfinished, Told& told) {
  if (!step.begun || step.over) return;
  Occurrence begun = *step.begun;
  begun.visibility.unfinished |= unfinished;
  told.push_back(begun.tell(Link{.kind = LinkKind::step_ended,
                                 .certainty = LinkCertainty::none,
                                 .cause = begun.conversation,
                                 .outcome = Outcome::unknown,
                                 .cause_packet = step.requested.packet,
                                 .study = step.study}));
}

void Steps::advance(Timestamp now, Told& told) {
  for (auto entry = open_.begin(); entry != open_.end();) {
    Open& open = *entry++;
    const Duration quiet = elapsed(open.touched, now);
    if (quiet <= limits_.relate_linger) break;
    if (!open.value.over && quiet <= limits_.step_window) continue;
    tell_unended(open.value, false, told);
    end(open.value, now);
    open_.close(open);
  }
}

void Steps::finish(Told& told) {
  while (!open_.empty() && told.size() < kToldAtOnce) {
    tell_unended(open_.oldest().value, true, told);
    open_.close(open_.oldest());
  }
}

}  // namespace dcmwatch
