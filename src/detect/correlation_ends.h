// Which of their two ends several observations share.
#pragma once

#include <algorithm>

#include "event/record.h"

namespace dcmwatch {

/// Of each part of an end, when an observation last had another than the latest has.
class SharedEnds {
 public:
  void add(const Observation& observation, Timestamp time) {
    const Parties& parties = observation.event.parties;
    if (time_ != Timestamp::min()) {
      source_.differs(parties.source, latest_.source, time_);
      destination_.differs(parties.destination, latest_.destination, time_);
    }
    latest_ = parties;
    time_ = time;
  }

  /// Takes from the latest observation what those after `since` do not share with it: then its address and its device,
  /// or its port, are none.
  void keep_shared(Observation& latest, Timestamp since) const {
    Parties& parties = latest.event.parties;
    const bool one_source = source_.keep(parties.source, parties.source_mac, since);
    const bool one_destination = destination_.keep(parties.destination, parties.destination_mac, since);
    if (one_source && one_destination) return;
    Declared declared = *latest.declared;
    if (!one_source) declared.source = {};
    if (!one_destination) declared.destination = {};
    latest.declared = SharedDeclared{std::move(declared)};
  }

 private:
  struct End {
    Timestamp other_address = Timestamp::min();
    Timestamp other_port = Timestamp::min();

    void differs(const Endpoint& end, const Endpoint& before, Timestamp time) {
      if (end.address != before.address) other_address = time;
      if (end.port != before.port) other_port = time;
    }
    bool keep(Endpoint& end, MacAddress& mac, Timestamp since) const {
      if (other_address > since) {
        end = {};
        mac = {};
      } else if (other_port > since) {
        end.port = 0;
      }
      return other_address <= since;
    }
  };

  Parties latest_;
  Timestamp time_ = Timestamp::min();
  End source_;
  End destination_;
};

}  // namespace dcmwatch
