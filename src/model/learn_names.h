// Within `model`: names for what is learnt.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "model/model.h"

namespace dcmwatch {

/// Those of a section: each is given once.
class Names {
 public:
  void take(const std::string& name) { taken_.insert(name); }
  /// It, or where that is taken, it and a number; no longer than a name may be.
  std::string unique(std::string name);

 private:
  std::set<std::string> taken_;
};

/// In the characters that names have; empty if none is left.
std::string name_from(std::string_view text);

/// "modality", for a device of which nothing better is known.
std::string_view singular_of(DeviceRole role);
/// "modalities", for a group.
std::string_view plural_of(DeviceRole role);
/// "reading", for where such devices stand.
std::string_view zone_of(DeviceRole role);
/// "dns"; empty if the port is nobody's in particular.
std::string_view well_known_service(std::uint16_t port);

}  // namespace dcmwatch
