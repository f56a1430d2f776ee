#include "relate/relater.h"

#include <algorithm>

#include "event/dicom_names.h"

namespace dcmwatch {

void Relater::on_event(Event&& event) {
  const auto* operation = std::get_if<DicomOperation>(&event.facts);
  const std::string_view command = operation ? dicom_command_name(operation->command_field) : std::string_view{};
  if (command == "C-MOVE" && operation->request_seen && event.phase == Phase::start) remember(event, *operation);
  if (command != "C-STORE" || operation->originator_ae.empty() || event.phase != Phase::start) {
    sink_.on_event(std::move(event));
    return;
  }
  const Event store = event;  // the link comes after the record that completes it
  sink_.on_event(std::move(event));
  relate(store, std::get<DicomOperation>(store.facts));
}

void Relater::remember(const Event& event, const DicomOperation& move) {
  if (!move.calling_ae) return;
  moves_.push_back({event.conversation, move.message_id, *move.calling_ae, event.parties.destination.address});
  if (moves_.size() <= limits_.relate_open) return;
  moves_.pop_front();
  ++forgotten_;
}

void Relater::relate(const Event& event, const DicomOperation& store) {
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
  if (!cause) return;
  const std::pair pair{cause->conversation, event.conversation};
  if (std::find(linked_.begin(), linked_.end(), pair) != linked_.end()) return;
  linked_.push_back(pair);
  if (linked_.size() > limits_.relate_open) linked_.pop_front();

  Event link = event;
  link.ordinal = 0;
  link.phase = Phase::end;
  link.facts = Link{LinkKind::move_caused_store, candidates == 1 ? LinkCertainty::originator : LinkCertainty::ambiguous,
                    pair.first, pair.second};
  sink_.on_event(std::move(link));
}

}  // namespace dcmwatch
