#include "model/recent_implementations.h"

#include <utility>

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

void append(std::string& key, const DicomImplementation& side) {
  key.append(side.class_uid).append(1, '\0').append(side.version_name).append(1, '\0');
}

}  // namespace

std::shared_ptr<const Implementations> RecentImplementations::of(const DicomAssociation& association) {
  std::string key;
  append(key, association.opener);
  append(key, association.acceptor);
  constexpr std::size_t kEmpty = 4;
  if (key.size() == kEmpty) return nullptr;
  const auto found = known_.find(key);
  if (found != known_.end()) return found->second;
  if (known_.size() >= limits_.implementations) known_.clear();
  Implementations both{guess(fingerprints_, association.opener), guess(fingerprints_, association.acceptor)};
  return known_.emplace(std::move(key), std::make_shared<const Implementations>(std::move(both))).first->second;
}

}  // namespace dcmwatch
