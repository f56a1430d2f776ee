#include "protocol/hl7/unanswered.h"

#include <algorithm>

namespace dcmwatch::hl7 {

void UnansweredMessages::add(const Unanswered& message) {
  if (spare_.empty()) {
    messages_.push_back(message);
  } else {
    spare_.front() = message;
    messages_.splice(messages_.end(), spare_);
  }
}

std::optional<UnansweredMessages::Place> UnansweredMessages::with_control_id(ControlId control_id) {
  if (control_id == kNoControlId) return std::nullopt;
  const auto found = std::ranges::find(messages_, control_id, &Unanswered::control_id);
  if (found == messages_.end()) return std::nullopt;
  return found;
}

std::optional<UnansweredMessages::Place> UnansweredMessages::only(ControlId acknowledged) {
  if (answered(acknowledged)) return std::nullopt;
  const auto is_message = [](const Unanswered& message) { return !message.is_acknowledgement; };
  const auto first = std::find_if(messages_.begin(), messages_.end(), is_message);
  if (first == messages_.end()) return std::nullopt;
  if (std::find_if(std::next(first), messages_.end(), is_message) != messages_.end()) return std::nullopt;
  return first;
}

Hl7Message* UnansweredMessages::without_transport_ack() {
  const auto found = std::ranges::find_if(messages_, [](const Unanswered& message) {
    return !message.is_acknowledgement && message.facts.transport_ack == TransportAck::none;
  });
  return found == messages_.end() ? nullptr : &found->facts;
}

bool UnansweredMessages::answered(ControlId control_id) const {
  return control_id != kNoControlId && std::find(answered_.begin(), answered_.end(), control_id) != answered_.end();
}

void UnansweredMessages::remember_answered(ControlId control_id) {
  if (control_id == kNoControlId || answered(control_id)) return;
  if (answered_.size() < kRemembered) {
    answered_.push_back(control_id);
  } else {
    answered_[oldest_answered_] = control_id;
    oldest_answered_ = (oldest_answered_ + 1) % kRemembered;
  }
}

void UnansweredMessages::on_answered(Place place) {
  remember_answered(place->control_id);
  drop(place);
}

void UnansweredMessages::drop(Place place) {
  if (spare_.empty()) {
    spare_.splice(spare_.end(), messages_, place);
  } else {
    messages_.erase(place);
  }
}

void UnansweredMessages::overtakes(Place place) {
  for (auto older = messages_.begin(); older != place; ++older) older->overtaken = true;
}

std::size_t UnansweredMessages::owed() const {
  return static_cast<std::size_t>(std::ranges::count_if(messages_, &Unanswered::must_be_answered));
}

const Unanswered* UnansweredMessages::oldest_owed() const {
  const auto found = std::ranges::find_if(messages_, &Unanswered::must_be_answered);
  return found == messages_.end() ? nullptr : &*found;
}

void UnansweredMessages::answer_not_told_apart() {
  for (Unanswered& message : messages_) {
    message.in_doubt = true;
    message.facts.unanswered.reset();
  }
}

void UnansweredMessages::acknowledgements_lost() {
  for (Unanswered& message : messages_) {
    message.shortfall.lost = true;
    message.facts.unanswered.reset();
  }
}

void UnansweredMessages::messages_lost() {
  for (Unanswered& message : messages_) message.before_loss = true;
}

}  // namespace dcmwatch::hl7
