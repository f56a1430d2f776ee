// What is remembered of each conversation, within a bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <unordered_map>
#include <utility>
#include <variant>

#include "event/event.h"

namespace dcmwatch {

/// How many conversations are remembered so as to count a fact once that is told several times.
inline constexpr std::size_t kRememberedConversations = 32768;

/// Whether the record joins several facts: how far these were visible is told by each of them.
inline bool joins_others(const Event& event) {
  return std::holds_alternative<Link>(event.facts) || std::holds_alternative<DicomStudy>(event.facts) ||
         std::holds_alternative<Workflow>(event.facts);
}

/// By conversation id, or another number for each. Beyond the limit the conversation that was not asked for longest is
/// forgotten, and on_forget is told.
template <typename Value>
class PerConversation {
 public:
  explicit PerConversation(std::size_t limit, std::function<void(const Value&)> on_forget = {})
      : limit_(limit), on_forget_(std::move(on_forget)) {}

  /// Made if it is not there. The reference lives until the next call.
  Value& of(std::uint64_t conversation) {
    const auto found = entries_.find(conversation);
    if (found != entries_.end()) {
      order_.splice(order_.end(), order_, found->second.position);
      return found->second.value;
    }
    if (entries_.size() == limit_) forget_idle();
    order_.push_back(conversation);
    return entries_.emplace(conversation, Entry{Value{}, --order_.end()}).first->second.value;
  }

  /// nullptr if it is not there.
  Value* find(std::uint64_t conversation) {
    const auto found = entries_.find(conversation);
    return found == entries_.end() ? nullptr : &found->second.value;
  }

  const Value* find(std::uint64_t conversation) const {
    const auto found = entries_.find(conversation);
    return found == entries_.end() ? nullptr : &found->second.value;
  }

  /// That was not asked for longest; nullptr if there is none.
  Value* oldest() { return order_.empty() ? nullptr : &entries_.find(order_.front())->second.value; }

  void erase(std::uint64_t conversation) {
    const auto found = entries_.find(conversation);
    if (found == entries_.end()) return;
    order_.erase(found->second.position);
    entries_.erase(found);
  }

  /// Goes on where `old` was, which is done with. Called before anything else.
  void adopt(PerConversation&& old) {
    order_ = std::move(old.order_);
    entries_ = std::move(old.entries_);
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Value value;
    std::list<std::uint64_t>::iterator position;
  };

  void forget_idle() {
    const auto idle = entries_.find(order_.front());
    if (on_forget_) on_forget_(idle->second.value);
    entries_.erase(idle);
    order_.pop_front();
  }

  std::size_t limit_;
  std::function<void(const Value&)> on_forget_;
  std::list<std::uint64_t> order_;  ///< idle longest first
  std::unordered_map<std::uint64_t, Entry> entries_;
};

}  // namespace dcmwatch
