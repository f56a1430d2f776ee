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

#include "event/event.h"

namespace dcmwatch {

/// What a retrieval had sent, or what a query that was answered was about. Views the event.
struct StudiesAskedFor {
  RateOf what{};
  std::span<const std::uint64_t> studies;  ///< each as print_of its pseudonym, or as that of the patient
  bool left_some_out = false;
};

/// Of the record of an operation that is over, and that the side which opened the association had begun. A retrieval at
/// the level of patients names no study: its patient stands for those it had sent. `patient` holds what is viewed then.
std::optional<StudiesAskedFor> studies_asked_for(const Event& event, std::uint64_t& patient);

/// Different studies of each key, no more than so many in all. Costs a hash look-up, and for each new one an
/// allocation.
template <typename Key>
class DistinctStudies {
 public:
  explicit DistinctStudies(std::size_t most) : most_(most) {}

  /// False: there is no room for one of them.
  bool add(const Key& key, const StudiesAskedFor& asked) {
    return std::ranges::all_of(asked.studies, [&](std::uint64_t study) { return add(key, study); });
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
