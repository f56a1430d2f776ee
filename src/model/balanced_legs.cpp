#include "model/balanced_legs.h"

#include <algorithm>

namespace dcmwatch {

void BalancedLegs::on_association(const Event& event, const DicomAssociation& association, std::uint32_t flow,
                                  std::uint32_t balancer, End end) {
  if (!association.calling_ae || !association.called_ae || is_second(event.conversation)) return;
  const Timestamp now = event.last.time;
  while (!waiting_.empty() && elapsed(waiting_.front().time, now) > limits_.balanced_leg_window) waiting_.pop_front();
  const Leg leg{event.conversation, now, *association.calling_ae, *association.called_ae, flow, balancer, end};
  if (std::ranges::find(waiting_, leg.conversation, &Leg::conversation) != waiting_.end()) return;  // told before
  const auto other = std::ranges::find_if(waiting_, [&](const Leg& waiting) {
    return waiting.end != leg.end && waiting.balancer == leg.balancer && waiting.flow == leg.flow &&
           waiting.calling == leg.calling && waiting.called == leg.called;
  });
  if (other == waiting_.end()) {
    if (waiting_.size() == limits_.balanced_legs) {
      waiting_.pop_front();
      ++forgotten_;
    }
    waiting_.push_back(leg);
    return;
  }
  waiting_.erase(other);
  if (second_in_order_.size() == limits_.balanced_legs) {
    forgotten_ += second_.erase(second_in_order_.front());
    second_in_order_.pop_front();
  }
  second_in_order_.push_back(leg.conversation);
  second_.insert(leg.conversation);
}

}  // namespace dcmwatch
