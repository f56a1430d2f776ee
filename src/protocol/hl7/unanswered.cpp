#include "protocol/hl7/unanswered.h"

#include <algorithm>
#include <utility>

namespace dcmwatch::hl7 {

void UnansweredMessages::add(Unanswered&& message) {
  content_bytes_ += content_bytes(message);
  if (message.must_be_answered) ++owed_;
  if (spare_.empty()) {
    messages_.push_back(std::move(message));
  } else {
    spare_.front() = std::move(message);
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

bool UnansweredMessages::answered_since(ControlId control_id, Timestamp time) const {
  if (control_id == kNoControlId) return false;
  return std::ranges::any_of(answered_,
                             [&](const Answered& one) { return one.control_id == control_id && one.when >= time; });
}

void UnansweredMessages::remember_answered(ControlId control_id, Timestamp now) {
  if (control_id == kNoControlId) return;
  const auto known = std::ranges::find(answered_, control_id, &Answered::control_id);
  if (known != answered_.end()) {
    known->when = now;
  } else if (answered_.size() < kRemembered) {
    answered_.push_back({control_id, now});
  } else {
    answered_[oldest_answered_] = {control_id, now};
    oldest_answered_ = (oldest_answered_ + 1) % kRemembered;
  }
}

void UnansweredMessages::on_answered(Place place, Timestamp now) {
  remember_answered(place->control_id, now);
  drop(place);
}

void UnansweredMessages::on_accepted(Place place, Timestamp now) {
  if (std::exchange(place->must_be_answered, false)) --owed_;
  place->overdue = false;
  place->since = now;
}

void UnansweredMessages::drop(Place place) {
  content_bytes_ -= content_bytes(*place);
  if (place->must_be_answered) --owed_;
  if (spare_.empty()) {
    spare_.splice(spare_.end(), messages_, place);
  } else {
    messages_.erase(place);
  }
}

void UnansweredMessages::overtakes(Place place) {
  for (auto older = messages_.begin(); older != place; ++older) older->overtaken = true;
}

const Unanswered* UnansweredMessages::oldest_owed() const {
  if (owed_ == 0) return nullptr;
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
