#include "model/allowance.h"

#include <algorithm>

#include "event/dicom_names.h"

namespace dcmwatch {
namespace {

constexpr std::string_view kVerification = "1.2.840.10008.1.1";  // PS3.4 A

bool lists(const Operations& operations, std::uint16_t command_field) {
  return operations.any ||
         std::find(operations.values.begin(), operations.values.end(), command_field) != operations.values.end();
}

}  // namespace

bool allows(const Allowed<std::string>& list, std::string_view value) {
  return list.any || std::find(list.values.begin(), list.values.end(), value) != list.values.end();
}

bool allows_operation(const Flow& flow, std::uint16_t command_field, Invoker invoker) {
  if (invoker == Invoker::opener) return lists(flow.operations, command_field);
  // PS3.4 C.4.3: a C-GET is answered with C-STOREs on the same association.
  return lists(flow.acceptor_operations, command_field) ||
         (command_field == dimse::kStore && lists(flow.operations, dimse::kGet));
}

bool allows_sop_class(const Flow& flow, std::uint16_t command_field, std::string_view uid) {
  if (flow.sop_classes.any || (command_field == dimse::kEcho && uid == kVerification)) return true;
  if ((family_of(uid) & flow.sop_classes.families) != 0) return true;
  return std::find(flow.sop_classes.uids.begin(), flow.sop_classes.uids.end(), uid) != flow.sop_classes.uids.end();
}

bool allows_message_type(const Flow& flow, std::string_view message_type) {
  return flow.message_types.any || !allowed_message_type(flow, message_type).empty();
}

std::string_view allowed_message_type(const Flow& flow, std::string_view message_type) {
  const auto matches = [message_type](std::string_view pattern) {
    return pattern == message_type || (pattern.ends_with("^*") && message_type.substr(0, message_type.find('^')) ==
                                                                      pattern.substr(0, pattern.size() - 2));
  };
  const auto found = std::ranges::find_if(flow.message_types.values, matches);
  return found == flow.message_types.values.end() ? std::string_view{} : *found;
}

const Hl7End* allowed_end(const Allowed<Hl7End>& ends, const Hl7EndSeen& seen) {
  const auto found = std::ranges::find_if(ends.values, [&](const Hl7End& end) { return matches(end, seen); });
  return found == ends.values.end() ? nullptr : &*found;
}

bool listens_on(const Flow& flow, const Service& service, Transport transport, std::uint16_t port) {
  return std::find(service.transports.begin(), service.transports.end(), transport) != service.transports.end() &&
         std::any_of(flow.ports.begin(), flow.ports.end(),
                     [port](const PortRange& range) { return range.contains(port); });
}

bool could_be(Protocol seen, ServiceProtocol declared) {
  switch (seen) {
    case Protocol::dicom: return declared == ServiceProtocol::dicom;
    case Protocol::hl7:
    case Protocol::hllp: return declared == ServiceProtocol::hl7;
    case Protocol::http:
    case Protocol::ssh: return declared == ServiceProtocol::other;
    case Protocol::tls:           // what it carries cannot be seen
    case Protocol::unidentified:  // nothing was said yet, or nothing that we know
      return true;
  }
  return true;
}

}  // namespace dcmwatch
