// Tunnels, tags and link types around (or instead of) the frames' own Ethernet header.
#pragma once

#include <span>

#include "frames.h"

namespace dcmwatch::metamorphic {

struct Encapsulation {
  const char* name;
  /// From an Ethernet frame's bytes; what it cannot carry is given back as it was.
  Bytes (*around)(const Bytes& ethernet);
  std::uint16_t link_type = kEthernet;
  bool mac_addresses_stay = true;
  /// VLAN ids that the records then name, "" for none.
  const char* vlan = "";
  const char* inner_vlan = "";
};

std::span<const Encapsulation> encapsulations();

/// Every Ethernet frame of whole IP packets; frames of other link types stay as they are.
Frames encapsulated(const Frames& frames, const Encapsulation& encapsulation);

}  // namespace dcmwatch::metamorphic
