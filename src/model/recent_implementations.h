// Who the two sides of an association may be, remembered: a department has some dozens of pairs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/limits.h"
#include "event/event.h"
#include "event/record.h"
#include "model/fingerprints.h"

namespace dcmwatch {

class RecentImplementations {
 public:
  /// Both outlive it.
  RecentImplementations(const Fingerprints& fingerprints, const Limits& limits)
      : fingerprints_(fingerprints), limits_(limits) {}

  /// Null if neither side said what it is.
  std::shared_ptr<const Implementations> of(const DicomAssociation& association);

 private:
  const Fingerprints& fingerprints_;
  const Limits& limits_;
  /// By the four texts. Beyond Limits::implementations all are forgotten, and looked up anew: nothing is lost by it.
  std::unordered_map<std::string, std::shared_ptr<const Implementations>> known_;
};

}  // namespace dcmwatch
