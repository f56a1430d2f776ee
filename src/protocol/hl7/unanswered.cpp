#include "protocol/hl7/unanswered.h"

#include <algorithm>
#include <utility>

namespace dcmwatch::hl7 {

void UnansweredMessages::add(Unanswered&& message) {
  message.content_bytes = message.facts.content ? message.facts.content->kept_bytes() : 0;
  content_bytes_ += message.content_bytes;
  if (spare_.empty()) {
    messages_.push_back(std::move(message));
  } else {
    spare_.front() = std::move(message);
    messages_.splice(messages_.end(), spare_);
  }
  if (messages_.back().owed) ++owed_;
}

void UnansweredMessages::on_sent_again(ControlId control_id) {
  if (control_id == kNoControlId) return;
  for (Unanswered& older : messages_) {
    if (older.control_id != control_id) continue;
    older.sent_again = true;
    owes_no_longer(older);
  }
}

std::optional<UnansweredMessages::Place> UnansweredMessages::with_control_id(ControlId control_id) {
  if (control_id == kNoControlId) return std::nullopt;
  const auto found = std::ranges::find_if(
      messages_, [&](const Unanswered& message) { return message.control_id == control_id && !message.sent_again; });
  if (found == messages_.end()) return std::nullopt;
  return found;
}

std::optional<UnansweredMessages::Place> UnansweredMessages::with_shortened_control_id(ControlId shortened) {
  if (shortened == kNoControlId) return std::nullopt;
  const auto is_meant = [&](const Unanswered& message) {
    return message.shortened_control_id == shortened && !message.sent_again;
  };
  const auto first = std::find_if(messages_.begin(), messages_.end(), is_meant);
  if (first == messages_.end()) return std::nullopt;
  if (std::find_if(std::next(first), messages_.end(), is_meant) != messages_.end()) return std::nullopt;
  return first;
}

bool UnansweredMessages::any_unnamed() const {
  return std::ranges::find(messages_, kNoControlId, &Unanswered::control_id) != messages_.end();
}

std::optional<UnansweredMessages::Place> UnansweredMessages::only() {
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
  return std::ranges::any_of(answered_, [&](const Answered& one) { return one.is(control_id) && one.when >= time; });
}

bool UnansweredMessages::answers_superseded(ControlId control_id) {
  const auto known = std::ranges::find_if(answered_, [&](const Answered& one) { return one.is(control_id); });
  if (known == answered_.end() || known->superseded == 0) return false;
  --known->superseded;
  return true;
}

void UnansweredMessages::remember_answered(const Unanswered& message, Timestamp now) {
  if (message.control_id == kNoControlId) return;
  const Answered one{message.control_id, message.shortened_control_id, now, message.superseded};
  const auto known = std::ranges::find(answered_, one.control_id, &Answered::control_id);
  if (known != answered_.end()) {
    *known = one;
  } else if (answered_.size() < kRemembered) {
    answered_.push_back(one);
  } else {
    forgot_ = true;
    answered_[oldest_answered_] = one;
    oldest_answered_ = (oldest_answered_ + 1) % kRemembered;
  }
}

void UnansweredMessages::on_answered(Place place, Timestamp now) {
  remember_answered(*place, now);
  remove(place);
}

void UnansweredMessages::on_accepted(Place place, Timestamp now) {
  place->must_be_answered = false;
  owes_no_longer(*place);
  place->overdue = false;
  place->since = now;
}

void UnansweredMessages::owes_no_longer(Unanswered& message) {
  if (std::exchange(message.owed, false)) --owed_;
}

void UnansweredMessages::drop(Place place) {
  forget(place->control_id);
  remove(place);
}

void UnansweredMessages::supersede(Place older, Place newest) {
  newest->superseded += 1 + older->superseded;
  remove(older);
}

void UnansweredMessages::remove(Place place) {
  content_bytes_ -= place->content_bytes;
  owes_no_longer(*place);
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
  const auto found = std::ranges::find_if(messages_, &Unanswered::owed);
  return found == messages_.end() ? nullptr : &*found;
}

// It is one answer, so it can be missing to one of them: not to one whose own was lost, or may have been.
void UnansweredMessages::answer_not_told_apart() {
  const auto meant = std::ranges::find_if(messages_, [](const Unanswered& message) {
    const auto& [lost, unfinished, undecodable] = message.shortfall;
    return message.must_be_answered && !message.in_doubt && !lost && !unfinished && !undecodable;
  });
  if (meant == messages_.end()) return;
  meant->in_doubt = true;
  meant->facts.unanswered.reset();
}

void UnansweredMessages::acknowledgements_lost() {
  for (Unanswered& message : messages_) {
    message.shortfall.lost = true;
    message.facts.unacknowledged = 0;
    message.facts.unacknowledged_age = {};
    owes_no_longer(message);
    message.facts.unanswered.reset();
  }
}

void UnansweredMessages::messages_lost() {
  for (Unanswered& message : messages_) message.before_loss = true;
}

}  // namespace dcmwatch::hl7
