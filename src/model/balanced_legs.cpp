#include "model/balanced_legs.h"

#include <algorithm>
#include <string_view>

namespace dcmwatch {
namespace {

std::string joined(std::initializer_list<std::string_view> texts) {
  std::string all;
  for (const std::string_view text : texts) all.append(text).push_back('\n');  // in no title and no name
  return all;
}

std::string likeness_of(const DicomAssociation& association) {
  if (!association.calling_ae || !association.called_ae) return {};
  return joined({*association.calling_ae, *association.called_ae});
}

// When it is over, as it is counted.
std::string likeness_of(const Event& event, const Hl7Message& message) {
  if (event.phase != Phase::end || !message.message_seen || message.control_id.empty()) return {};
  return joined({message.control_id.text(), message.sending_application.value_or(Hl7Name{}),
                 message.sending_facility.value_or(Hl7Name{})});
}

}  // namespace

BalancedLegs::BalancedLegs(const Model& model, const Limits& limits)
    : model_(model), most_(limits.balanced_legs), window_(limits.balanced_leg_window) {
  any_balancer_ = std::ranges::any_of(model.devices, [](const Device& d) { return d.role == DeviceRole::balancer; });
}

bool BalancedLegs::balances(std::uint32_t device) const {
  return device < model_.devices.size() && model_.devices[device].role == DeviceRole::balancer;
}

bool BalancedLegs::is_second(const Event& event, std::uint32_t flow, std::uint32_t source, std::uint32_t destination) {
  if (!any_balancer_) return false;
  const auto* const association = std::get_if<DicomAssociation>(&event.facts);
  const auto* const message = std::get_if<Hl7Message>(&event.facts);
  if (std::holds_alternative<ConnectionFact>(event.facts) && event.phase == Phase::end)
    second_.erase(event.conversation);
  if (second_.contains(event.conversation)) return true;
  const bool from_balancer = balances(source);
  if ((!association && !message) || (!from_balancer && !balances(destination))) return false;
  Leg leg{.conversation = event.conversation,
          .time = event.last.time,
          .likeness = association ? likeness_of(*association) : likeness_of(event, *message),
          .flow = flow,
          .balancer = from_balancer ? source : destination,
          .from_balancer = from_balancer};
  if (leg.likeness.empty() || (association && waits(event.conversation))) return false;
  if (!joins(std::move(leg))) return false;
  if (association) keep_second(event.conversation);
  return true;
}

// An association is told several times.
bool BalancedLegs::waits(std::uint64_t conversation) const {
  return std::ranges::find(waiting_, conversation, &Leg::conversation) != waiting_.end();
}

bool BalancedLegs::joins(Leg leg) {
  while (!waiting_.empty() && elapsed(waiting_.front().time, leg.time) > window_) waiting_.pop_front();
  const auto other = std::ranges::find_if(waiting_, [&](const Leg& waiting) {
    return waiting.from_balancer != leg.from_balancer && waiting.balancer == leg.balancer && waiting.flow == leg.flow &&
           waiting.likeness == leg.likeness;
  });
  if (other != waiting_.end()) {
    waiting_.erase(other);
    return true;
  }
  if (waiting_.size() == most_) {
    waiting_.pop_front();
    ++forgotten_;
  }
  waiting_.push_back(std::move(leg));
  return false;
}

void BalancedLegs::keep_second(std::uint64_t conversation) {
  if (second_in_order_.size() == most_) {
    forgotten_ += second_.erase(second_in_order_.front());
    second_in_order_.pop_front();
  }
  second_in_order_.push_back(conversation);
  second_.insert(conversation);
}

}  // namespace dcmwatch
