// Within `model`: whether one flow allows one thing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "event/event.h"
#include "model/hl7_names.h"
#include "model/model.h"

namespace dcmwatch {

bool allows(const Allowed<std::string>& list, std::string_view value);
bool allows_operation(const Flow& flow, std::uint16_t command_field, Invoker invoker);
bool allows_sop_class(const Flow& flow, std::uint16_t command_field, std::string_view uid);
/// "ADT^*" allows every ADT.
bool allows_message_type(const Flow& flow, std::string_view message_type);
/// Which of those declared allows it; empty if none does, though any may.
std::string_view allowed_message_type(const Flow& flow, std::string_view message_type);
/// Likewise; nullptr if none does.
const Hl7End* allowed_end(const Allowed<Hl7End>& ends, const Hl7EndSeen& seen);
bool listens_on(const Flow& flow, const Service& service, Transport transport, std::uint16_t port);
/// Whether what was seen could be the service, as far as its content tells.
bool could_be(Protocol seen, ServiceProtocol declared);

}  // namespace dcmwatch
