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

}  // namespace

void Resends::on_message(const Event& event, const Hl7Message& message, Told& told) {
  if (event.phase != Phase::start || message.control_id.empty() || message.body_print == 0 || event.visibility.lost)
    return;
  const std::uint64_t print = print_of_id(event, message);
  const Seen now{.body = message.body_print,
                 .conversation = event.conversation,
                 .sent = message.sent.time,
                 .packet = message.sent.packet,
                 .day = day_of(message)};
  Seen* known = known_.find(print);
  if (!known) {
    const auto gone = known_.add(print, now);
    if (gone && elapsed(gone->sent, now.sent) < limits_.hl7_control_id_window) ++forgotten_;
    return;
  }
  const Seen before = std::exchange(*known, now);
  const Duration delay = elapsed(before.sent, now.sent);
  if (delay >= limits_.hl7_control_id_window) return;
  const bool same = before.body == now.body;
  if (!same && before.day != 0 && now.day != 0 && before.day != now.day) return;
  if (same) known->times = before.times + 1;
  told.push_back(
      Occurrence::of(event).tell(Link{.kind = same ? LinkKind::message_resent : LinkKind::message_conflicting,
                                      .certainty = LinkCertainty::identifier,
                                      .cause = before.conversation,
                                      .effect = now.conversation,
                                      .delay = delay,
                                      .outcome = Outcome::unknown,
                                      .times = known->times,
                                      .cause_packet = before.packet,
                                      .effect_packet = now.packet}));
}

}  // namespace dcmwatch
