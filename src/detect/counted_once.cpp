#include "detect/counted_once.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>
#include <variant>

#include "base/endpoint.h"

namespace dcmwatch {
namespace {

/// By what a record is known in all its phases: operations and messages by the packet that began them.
struct Identity {
  std::uint64_t packet = 0;
  std::uint64_t identifier = 0;
};

struct IdentityOf {
  const Event& event;

  Identity operator()(const ConnectionFact&) const { return {}; }
  Identity operator()(const DicomAssociation&) const { return {}; }  // PS3.8 9.1: a connection carries one
  Identity operator()(const DicomOperation& operation) const {
    return {operation.requested.packet, operation.message_id};
  }
  Identity operator()(const DicomStudy& study) const { return {event.first.packet, print_of(study.study)}; }
  // The control id is a keyed pseudonym, so nobody can choose two of one hash.
  Identity operator()(const Hl7Message& message) const { return {message.sent.packet, print_of(message.control_id)}; }
  Identity operator()(const TlsConnection&) const { return {}; }  // a connection carries one
  Identity operator()(const Violation&) const { return {0, event.ordinal}; }
  Identity operator()(const Link& link) const {
    return {event.last.packet, link.cause << 8 | static_cast<std::uint64_t>(link.kind)};
  }
  Identity operator()(const Workflow& workflow) const {
    return {event.first.packet, print_of(workflow.accession) ^ print_of(workflow.study)};
  }
  Identity operator()(const FlowStretch& stretch) const {
    return {static_cast<std::uint64_t>(to_ns(event.last.time)), std::hash<std::string_view>{}(stretch.device)};
  }
  Identity operator()(const CaptureNote&) const { return {event.last.packet, 0}; }
};

// Whether nothing more will be told of what was counted.
bool ends(const Event& event, Counts counts) {
  return event.phase == Phase::end &&
         (counts == Counts::records || std::holds_alternative<ConnectionFact>(event.facts));
}

}  // namespace

// Odd constants of no meaning. No product waits for another.
std::size_t CountedOnce::Hash::operator()(const Thing& thing) const {
  return folded_product(thing.conversation ^ 0xe7037ed1a0b428dbU, thing.packet ^ 0x8ebc6af09c88c6e3U) ^
         folded_product(thing.identifier ^ 0x589965cc75374cc3U, thing.dataset ^ 0x1d8e4e27c47d124fU) ^
         folded_product(thing.part ^ 0x9e3779b97f4a7c15U, 0xa0761d6478bd642fU);
}

bool CountedOnce::Numbers::has(std::uint64_t number) const {
  const auto end = first_.begin() + few_;
  return std::find(first_.begin(), end, number) != end ||
         (!more_.empty() && std::ranges::find(more_, number) != more_.end());
}

void CountedOnce::Numbers::add(std::uint64_t number) {
  if (few_ == first_.size()) return more_.push_back(number);
  first_[few_++] = number;
}

void CountedOnce::Numbers::remove(std::uint64_t number) {
  if (const auto beyond = std::ranges::find(more_, number); beyond != more_.end()) {
    more_.erase(beyond);
    return;
  }
  *std::find(first_.begin(), first_.begin() + few_, number) = first_[few_ - 1];
  if (more_.empty()) {
    --few_;
  } else {
    first_[few_ - 1] = more_.back();
    more_.pop_back();
  }
}

CountedOnce::Thing CountedOnce::thing_of(Counts counts, const Event& event, std::uint64_t part) {
  constexpr std::uint64_t kConversation = std::variant_size_v<Facts>;  // of no dataset
  if (counts == Counts::conversations)
    return {.conversation = event.conversation, .dataset = kConversation, .part = part};
  const Identity identity = std::visit(IdentityOf{event}, event.facts);
  return {event.conversation, identity.packet, identity.identifier, event.facts.index(), part};
}

CountedOnce::Asked& CountedOnce::asked_of(Counts counts, const Event& event, std::uint64_t record, std::uint64_t part) {
  Asked& asked = asked_[static_cast<std::size_t>(counts)];
  if (asked.record == record && asked.thing.part == part) return asked;
  asked.record = record;
  asked.thing = thing_of(counts, event, part);
  asked.slot = things_.find(asked.thing);
  return asked;
}

bool CountedOnce::count(std::uint64_t number, Counts counts, const Event& event, std::uint64_t record,
                        std::uint64_t part) {
  Asked& asked = asked_of(counts, event, record, part);
  const bool known = asked.slot != Things::kNone && things_[asked.slot].has(number);
  if (ends(event, counts)) {
    if (!known) return true;
    things_[asked.slot].remove(number);
    if (things_[asked.slot].empty()) things_.forget(std::exchange(asked.slot, Things::kNone));
    return false;
  }
  if (known) return false;
  if (asked.slot == Things::kNone) {
    for (Asked& other : asked_) other.record = 0;  // it may make room
    asked.slot = things_.add(asked.thing);
    asked.record = record;
  }
  things_[asked.slot].add(number);
  return true;
}

void CountedOnce::clear() {
  things_.clear();
  asked_ = {};
}

}  // namespace dcmwatch
