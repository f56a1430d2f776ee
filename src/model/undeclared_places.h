// Of connections told in one record, whom they called without any flow that declares it.
#pragma once

#include "event/event.h"
#include "model/lookup.h"

namespace dcmwatch {

/// Looks at each place that a record of several connections may be of, so that it can be judged though it names no
/// flow: writes UnansweredAttempts::undeclared. Which host was called at which port is not told, so that a host counts
/// as declared by any of the ports, and a port by any of the hosts. Of places of which both were left out, and of any
/// other event, it says nothing. Cost: Limits::unanswered_destinations squared judgements at most, of
/// Limits::unanswered_records records a minute.
void settle_undeclared_places(Event& event, const Lookup& lookup);

}  // namespace dcmwatch
