#include "model/pairing.h"

namespace dcmwatch {

using Index = std::uint32_t;

void pair_by_content(Pairing& pairing, const std::function<std::string(Index)>& content_before,
                     const std::function<std::string(Index)>& content_after) {
  std::unordered_map<std::string, Index> by_content;
  for (Index i = 0; i < pairing.after_of.size(); ++i) {
    if (!pairing.after_of[i]) by_content.emplace(content_before(i), i);
  }
  if (by_content.empty()) return;
  for (Index i = 0; i < pairing.before_of.size(); ++i) {
    if (pairing.before_of[i]) continue;
    const auto found = by_content.find(content_after(i));
    if (found == by_content.end()) continue;
    pairing.before_of[i] = found->second;
    pairing.after_of[found->second] = i;
    by_content.erase(found);
  }
}

std::vector<Index> ids_after(const Pairing& pairing) {
  std::vector<Index> ids;
  Index next = static_cast<Index>(pairing.after_of.size());
  for (const std::optional<Index>& before : pairing.before_of) ids.push_back(before ? *before : next++);
  return ids;
}

std::vector<Index> ids_before(const Pairing& pairing) {
  std::vector<Index> ids(pairing.after_of.size());
  for (Index i = 0; i < ids.size(); ++i) ids[i] = i;
  return ids;
}

}  // namespace dcmwatch
