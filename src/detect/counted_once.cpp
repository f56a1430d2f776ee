#include "detect/counted_once.h"

#include <functional>
#include <string_view>
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
std::size_t CountedOnce::Hash::operator()(const Counted& counted) const {
  return folded_product(counted.number ^ 0xa0761d6478bd642fU, counted.conversation ^ 0xe7037ed1a0b428dbU) ^
         folded_product(counted.packet ^ 0x8ebc6af09c88c6e3U, counted.identifier ^ 0x589965cc75374cc3U) ^
         folded_product(counted.dataset ^ 0x1d8e4e27c47d124fU, counted.part ^ 0x9e3779b97f4a7c15U);
}

bool CountedOnce::count(std::uint64_t number, Counts counts, const Event& event, std::uint64_t part) {
  Counted counted{.number = number, .conversation = event.conversation, .part = part};
  if (counts == Counts::records) {
    const Identity identity = std::visit(IdentityOf{event}, event.facts);
    counted.packet = identity.packet;
    counted.identifier = identity.identifier;
    counted.dataset = event.facts.index();
  }
  return ends(event, counts) ? !counted_.forget(counted) : counted_.remember(counted);
}

}  // namespace dcmwatch
