#include "relate/commitments.h"

#include "relate/prints.h"

namespace dcmwatch {
namespace {

// PS3.4 J.3.3.1.1: storage commitment request successful; complete, failures exist.
constexpr std::uint16_t kSuccessful = 1, kFailuresExist = 2;

Outcome outcome_of_report(const DicomOperation& report) {
  if (report.event_type == kSuccessful) return Outcome::success;
  return report.event_type == kFailuresExist ? Outcome::failure : Outcome::unknown;
}

}  // namespace

// nullptr: it names no transaction.
Commitments::Open* Commitments::of(const Event& event, const DicomOperation& operation) {
  const auto* content = operation.content.as<StorageCommitment>();
  const std::uint64_t print = content ? print_of(content->transaction) : 0;
  if (print == 0) return nullptr;
  return &open_.of(print, event.last.time, [this](const Open&) { ++forgotten_; });
}

void Commitments::on_request(const Event& event, const DicomOperation& action, Told& told) {
  if (outcome_of(event) == Outcome::failure) return;  // refused: nothing will be reported
  Open* open = of(event, action);
  if (!open || open->value.request) return;
  open->value.request = Seen{Occurrence::of(event), action.requested, sender_of(event, action)};
  tell_if_whole(*open, event.last.time, told);
}

void Commitments::on_report(const Event& event, const DicomOperation& report, Told& told) {
  Open* open = of(event, report);
  if (!open || open->value.report) return;  // some servers report until they are answered
  open->value.report = Seen{Occurrence::of(event), report.requested, receiver_of(event, report)};
  open->value.outcome = outcome_of_report(report);
  tell_if_whole(*open, event.last.time, told);
}

bool Commitments::was_asked(const Event& event, const DicomOperation& report) {
  const auto* content = report.content.as<StorageCommitment>();
  const Open* open = content ? open_.find(print_of(content->transaction)) : nullptr;
  return open && open->value.request && open->value.request->requester == receiver_of(event, report);
}

void Commitments::tell_if_whole(Open& open, Timestamp now, Told& told) {
  if (open.value.request && open.value.report) tell(open.value, told);
  open_.touch(open, now);
}

void Commitments::tell(Commitment& commitment, Told& told) {
  if (commitment.told) return;
  commitment.told = true;
  const auto& [request, report, outcome, _] = commitment;
  Link link{.kind = LinkKind::commitment_reported,
            .certainty = request && report ? LinkCertainty::identifier : LinkCertainty::none,
            .cause = request ? request->where.conversation : 0,
            .effect = report ? report->where.conversation : 0,
            .outcome = outcome,
            .cause_packet = request ? request->requested.packet : 0,
            .effect_packet = report ? report->requested.packet : 0};
  if (request && report) link.delay = elapsed(request->requested.time, report->requested.time);
  told.push_back((report ? report : request)->where.tell(link));
}

void Commitments::advance(Timestamp now, Told& told) {
  // Those that wait for a report wait longer than the others, so there may be some behind them.
  for (auto entry = open_.begin(); entry != open_.end();) {
    Open& open = *entry++;
    const Duration quiet = elapsed(open.touched, now);
    if (quiet <= limits_.relate_linger) break;
    if (!open.value.report && quiet <= limits_.commitment_window) continue;
    tell(open.value, told);
    open_.close(open);
  }
}

void Commitments::finish(Told& told) {
  while (!open_.empty() && told.size() < kToldAtOnce) {
    Commitment& oldest = open_.oldest().value;
    if (oldest.request && !oldest.report) oldest.request->where.visibility.unfinished = true;
    tell(oldest, told);
    open_.close(open_.oldest());
  }
}

}  // namespace dcmwatch
