#include "model/recent_implementations.h"

#include <utility>

#include "base/endpoint.h"
#include "base/text_hash.h"

namespace dcmwatch {
namespace {

ImplementationGuess guess(const Fingerprints& fingerprints, const DicomImplementation& side) {
  const ImplementationHint hint = fingerprints.find(side.class_uid, side.version_name);
  return {.root = std::string{hint.root},
          .manufacturer = std::string{hint.manufacturer},
          .toolkit = std::string{hint.toolkit},
          .product = std::string{hint.product},
          .version = std::string{hint.version},
          .confidence = to_text(hint.confidence)};
}

bool says_nothing(const DicomImplementation& side) { return side.class_uid.empty() && side.version_name.empty(); }

// Odd constants of no meaning. Who makes them collide has them looked up, no more.
std::uint64_t hash_of(const DicomImplementation& side) {
  return folded_product(hash_of(side.class_uid) ^ 0xa0761d6478bd642fU,
                        hash_of(side.version_name) ^ 0xe7037ed1a0b428dbU);
}

}  // namespace

const std::shared_ptr<const Implementations>& RecentImplementations::of(const DicomAssociation& association) {
  const DicomImplementation &opener = association.opener, &acceptor = association.acceptor;
  if (says_nothing(opener) && says_nothing(acceptor)) return none_;
  const auto is = [](const Side& side, const DicomImplementation& told) {
    return side.class_uid == told.class_uid && side.version_name == told.version_name;
  };
  const auto [place, known] =
      known_.find(folded_product(hash_of(opener) ^ 0x8ebc6af09c88c6e3U, hash_of(acceptor)), [&](const Known& pair) {
        return pair.implementations && is(pair.opener, opener) && is(pair.acceptor, acceptor);
      });
  if (!known) {
    Implementations both{guess(fingerprints_, opener), guess(fingerprints_, acceptor)};
    place = {{opener.class_uid, opener.version_name},
             {acceptor.class_uid, acceptor.version_name},
             std::make_shared<const Implementations>(std::move(both))};
  }
  return place.implementations;
}

}  // namespace dcmwatch
