#include "relate/relater.h"

#include <algorithm>

#include "event/dicom_names.h"

namespace dcmwatch {

std::optional<Event> Relater::on_event(const Event& event) {
  const auto* operation = std::get_if<DicomOperation>(&event.facts);
  const std::string_view command = operation ? dicom_command_name(operation->command_field) : std::string_view{};
  if (command == "C-MOVE" && operation->request_seen && event.phase == Phase::start) remember(event, *operation);
  if (command != "C-STORE" || operation->originator_ae.empty() || event.phase != Phase::start) return std::nullopt;
  return relate(event, *operation);
}

void Relater::remember(const Event& event, const DicomOperation& move) {
  if (!move.calling_ae) return;
  moves_.push_back({event.conversation, move.message_id, *move.calling_ae, event.parties.destination.address});
  if (moves_.size() <= limits_.relate_open) return;
  moves_.pop_front();
  ++forgotten_;
}

std::optional<Event> Relater::relate(const Event& event, const DicomOperation& store) {
  const Move* cause = nullptr;
  std::size_t candidates = 0;
  // Message ids are often 1, so the latest retrieval with these words is meant; another conversation with the same is a
  // doubt.
  for (auto move = moves_.rbegin(); move != moves_.rend(); ++move) {
    const bool fits = move->calling_ae == store.originator_ae && move->message_id == store.originator_message_id &&
                      move->archive == event.parties.source.address;
    if (!fits || (cause && cause->conversation == move->conversation)) continue;
    if (!cause) cause = &*move;
    ++candidates;
  }
  if (!cause) return std::nullopt;
  const std::pair pair{cause->conversation, event.conversation};
  if (std::find(linked_.begin(), linked_.end(), pair) != linked_.end()) return std::nullopt;
  linked_.push_back(pair);
  if (linked_.size() > limits_.relate_open) linked_.pop_front();

  Event link = event;
  link.ordinal = 0;
  link.phase = Phase::end;
  link.facts = Link{.kind = LinkKind::move_caused_store,
                    .certainty = candidates == 1 ? LinkCertainty::originator : LinkCertainty::ambiguous,
                    .cause = pair.first,
                    .effect = pair.second};
  return link;
}

}  // namespace dcmwatch
