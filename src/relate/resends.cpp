#include "relate/resends.h"

#include <charconv>
#include <string_view>
#include <utility>

#include "relate/message_flow.h"

namespace dcmwatch {

std::uint64_t Resends::print_of_id(const Event& event, const Hl7Message& message) const {
  const auto hash_of = [this](const std::optional<Hl7Name>& name) { return names_(name ? name->view() : ""); };
  const std::uint64_t sender = names_(print_of_interface(event, message), hash_of(message.sending_application),
                                      hash_of(message.sending_facility));
  return print_of(sender, message.control_id.first());
}

namespace {

std::uint32_t day_of(const Hl7Message& message) {
  constexpr std::size_t kDigits = 8;  // YYYYMMDD (HL7 v2 2A.22)
  const std::string_view text = message.message_time.view().substr(0, kDigits);
  std::uint32_t day = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), day);
  return error == std::errc{} && end == text.data() + kDigits ? day : 0;
}

// Of one of those that may have the same control id.
std::uint64_t print_of_message(const Event& event, const Hl7Message& message, std::uint64_t print_of_id) {
  return print_of(print_of(print_of_id, message.body_print), print_of(event.conversation, message.sent.packet));
}

}  // namespace

Resends::Seen Resends::seen(const Event& event, const Hl7Message& message, bool proven) {
  return {.body = message.body_print,
          .conversation = event.conversation,
          .sent = message.sent.time,
          .packet = message.sent.packet,
          .day = day_of(message),
          .proven = proven};
}

void Resends::on_message(const Event& event, const Hl7Message& message, Told& told) {
  if (message.control_id.empty() || message.body_print == 0) return;
  if (event.phase == Phase::start && !event.visibility.lost) on_sent(event, message, print_of_id(event, message), told);
  if (event.phase == Phase::end && message.message_seen) on_end(event, message, print_of_id(event, message), told);
}

void Resends::on_sent(const Event& event, const Hl7Message& message, std::uint64_t print, Told& told) {
  const bool* const early = early_.find(print_of_message(event, message, print));
  const Seen now = seen(event, message, event.proven || (early && *early));
  Seen* known = known_.find(print);
  if (!known) {
    const auto gone = known_.add(print, now);
    if (gone && elapsed(gone->sent, now.sent) < limits_.hl7_control_id_window) ++forgotten_;
    return;
  }
  const Seen before = held_against(std::exchange(*known, now), now, print);
  const Duration delay = elapsed(before.sent, now.sent);
  if (delay >= limits_.hl7_control_id_window) return;
  const bool same = before.body == now.body;
  if (!same && before.day != 0 && now.day != 0 && before.day != now.day) return;
  if (same) known->times = before.times + 1;
  if (Seen* const overlaid = proven_.find(print); same && overlaid) overlaid->times = known->times;
  const Link link{.kind = same ? LinkKind::message_resent : LinkKind::message_conflicting,
                  .certainty = LinkCertainty::identifier,
                  .cause = before.conversation,
                  .effect = now.conversation,
                  .delay = delay,
                  .outcome = Outcome::unknown,
                  .times = known->times,
                  .cause_packet = before.packet,
                  .effect_packet = now.packet};
  if (!same && !early) {
    const auto gone = conflicts_.add(print_of_message(event, message, print), {link, before.proven});
    if (gone && !gone->told) ++conflicts_forgotten_;
    return;
  }
  told.push_back(Occurrence::of(event).tell(link));
  if (!same) told.back().proven = now.proven && before.proven;
}

void Resends::keep_proven(std::uint64_t print, const Seen& message) {
  if (Seen* const earlier = proven_.find(print)) {
    if (earlier->sent < message.sent) *earlier = message;
    return;
  }
  const auto gone = proven_.add(print, message);
  if (gone && elapsed(gone->sent, message.sent) < limits_.hl7_control_id_window) ++forgotten_;
}

Resends::Seen Resends::held_against(const Seen& latest, const Seen& now, std::uint64_t print) {
  if (latest.proven) {
    if (!now.proven) keep_proven(print, latest);
    return latest;
  }
  const Seen* const proven = proven_.find(print);
  return proven && elapsed(proven->sent, now.sent) < limits_.hl7_control_id_window ? *proven : latest;
}

void Resends::on_end(const Event& event, const Hl7Message& message, std::uint64_t print, Told& told) {
  const std::uint64_t print_of_this = print_of_message(event, message, print);
  Seen* const known = known_.find(print);
  const bool is_latest = known && known->conversation == event.conversation && known->packet == message.sent.packet &&
                         known->body == message.body_print;
  if (is_latest) known->proven |= event.proven;
  if (!is_latest && event.proven && known && !known->proven && message.sent.time < known->sent)
    keep_proven(print, seen(event, message, true));  // another was sent before this was over
  Conflict* const conflict = conflicts_.find(print_of_this);
  if (!conflict && (!known || known->sent < message.sent.time) && !early_.find(print_of_this))
    early_.add(print_of_this, event.proven);
  if (!conflict || std::exchange(conflict->told, true)) return;
  told.push_back(Occurrence::of(event).tell(conflict->link));
  told.back().proven = event.proven && conflict->cause_proven;
}

}  // namespace dcmwatch
