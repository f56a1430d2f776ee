// Who the two sides of an association may be, remembered: a department has some dozens of pairs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/recent_places.h"
#include "event/event.h"
#include "event/record.h"
#include "model/fingerprints.h"

namespace dcmwatch {

/// By the four texts that say it. A table of fixed size: who is forgotten is looked up again. Not shared between
/// threads.
class RecentImplementations {
 public:
  static constexpr std::size_t kPlaces = 256;

  /// `fingerprints` outlives it.
  explicit RecentImplementations(const Fingerprints& fingerprints) : fingerprints_(fingerprints) {}

  /// Null if neither side said what it is.
  const std::shared_ptr<const Implementations>& of(const DicomAssociation& association);

 private:
  struct Side {
    Uid class_uid;
    AeTitle version_name;
  };
  struct Known {
    Side opener, acceptor;
    std::shared_ptr<const Implementations> implementations;  ///< null of a blank place
  };

  const Fingerprints& fingerprints_;
  const std::shared_ptr<const Implementations> none_;
  RecentPlaces<Known, kPlaces> known_;
};

}  // namespace dcmwatch
