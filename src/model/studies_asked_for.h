// Within `model`: the studies that retrievals and queries are about, and how many different ones that is in an hour.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <unordered_set>
#include <utility>

#include "base/pseudonym.h"
#include "event/event.h"

namespace dcmwatch {

/// What a retrieval had sent (or may have, if its client was gone before the answer, nobody can know of one, or it told
/// no numbers), or what a query that was answered was about. Views the event.
struct StudiesAskedFor {
  RateOf what{};
  std::span<const Pseudonym> studies;  ///< each, or the patient
  bool left_some_out = false;          ///< there may have been more of them
};

/// Of the record of an operation that is over, and that the side which opened the association had begun. A retrieval at
/// the level of patients names no study: its patient stands for those it had sent. Of one that names neither, by a
/// wildcard, by lists of patients or of what is below a study, nobody knows how many it had sent; of a query that is no
/// more than many workstations do, and it counts for nothing here.
std::optional<StudiesAskedFor> studies_asked_for(const Event& event);

/// Different studies of each key, no more than so many in all. Costs a hash look-up, and for each new one an
/// allocation.
template <typename Key>
class DistinctStudies {
 public:
  explicit DistinctStudies(std::size_t most) : most_(most) {}

  /// False: there is no room for one of them.
  bool add(const Key& key, const StudiesAskedFor& asked) {
    return std::ranges::all_of(asked.studies, [&](const Pseudonym& study) { return add(key, study.first()); });
  }
  [[nodiscard]] std::size_t count(const Key& key) const {
    const auto found = studies_.find(key);
    return found == studies_.end() ? 0 : found->second.size();
  }
  void clear() {
    studies_.clear();
    kept_ = 0;
  }

  /// Goes on with those of `old`, under the keys that `key_of` gives for its own; nothing: they are forgotten.
  template <typename KeyOf>
  void adopt(DistinctStudies&& old, const KeyOf& key_of) {
    for (auto& [key, studies] : old.studies_) {
      const std::optional<Key> here = key_of(key);
      if (!here) continue;
      kept_ += studies.size();
      studies_[*here] = std::move(studies);
    }
    not_kept_ = old.not_kept_;
  }

  /// Of how many no room was found, the same one as often as it came.
  [[nodiscard]] std::uint64_t not_kept() const { return not_kept_; }

 private:
  bool add(const Key& key, std::uint64_t study) {
    if (kept_ >= most_) {
      const auto found = studies_.find(key);
      if (found != studies_.end() && found->second.contains(study)) return true;
      ++not_kept_;
      return false;
    }
    kept_ += studies_[key].insert(study).second ? 1U : 0U;
    return true;
  }

  std::size_t most_;
  std::size_t kept_ = 0;
  std::map<Key, std::unordered_set<std::uint64_t>> studies_;
  std::uint64_t not_kept_ = 0;
};

}  // namespace dcmwatch
