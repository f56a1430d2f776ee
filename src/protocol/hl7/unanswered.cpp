#include "protocol/hl7/unanswered.h"

#include <algorithm>
#include <functional>

namespace dcmwatch::hl7 {
namespace {

// A pseudonym is keyed, so nobody can choose control ids whose hashes collide.
std::size_t hash_of(std::string_view pseudonym) { return std::hash<std::string_view>{}(pseudonym); }

}  // namespace

void UnansweredMessages::add(const Unanswered& message) {
  if (spare_.empty()) {
    messages_.push_back(message);
  } else {
    spare_.front() = message;
    messages_.splice(messages_.end(), spare_);
  }
}

std::optional<UnansweredMessages::Place> UnansweredMessages::with_control_id(std::string_view pseudonym) {
  if (pseudonym.empty()) return std::nullopt;
  const auto found = std::find_if(messages_.begin(), messages_.end(),
                                  [&](const Unanswered& message) { return message.facts.control_id == pseudonym; });
  if (found == messages_.end()) return std::nullopt;
  return found;
}

std::optional<UnansweredMessages::Place> UnansweredMessages::only(std::string_view acknowledged_pseudonym) {
  if (answered(acknowledged_pseudonym)) return std::nullopt;
  const auto is_message = [](const Unanswered& message) { return !message.is_acknowledgement; };
  const auto first = std::find_if(messages_.begin(), messages_.end(), is_message);
  if (first == messages_.end()) return std::nullopt;
  if (std::find_if(std::next(first), messages_.end(), is_message) != messages_.end()) return std::nullopt;
  return first;
}

bool UnansweredMessages::answered(std::string_view pseudonym) const {
  return !pseudonym.empty() && std::find(answered_.begin(), answered_.end(), hash_of(pseudonym)) != answered_.end();
}

void UnansweredMessages::remember_answered(std::string_view pseudonym) {
  if (pseudonym.empty() || answered(pseudonym)) return;
  if (answered_.size() < kRemembered) {
    answered_.push_back(hash_of(pseudonym));
  } else {
    answered_[oldest_answered_] = hash_of(pseudonym);
    oldest_answered_ = (oldest_answered_ + 1) % kRemembered;
  }
}

void UnansweredMessages::on_answered(Place place) {
  remember_answered(place->facts.control_id);
  drop(place);
}

void UnansweredMessages::drop(Place place) {
  if (spare_.empty()) {
    spare_.splice(spare_.end(), messages_, place);
  } else {
    messages_.erase(place);
  }
}

void UnansweredMessages::acknowledgements_lost() {
  for (Unanswered& message : messages_) message.shortfall.lost = true;
}

void UnansweredMessages::messages_lost() {
  for (Unanswered& message : messages_) message.before_loss = true;
}

}  // namespace dcmwatch::hl7
