// Who holds how many of the entries of a bounded table, so that the one who holds most makes room for the others.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <list>
#include <set>
#include <utility>

namespace dcmwatch {

/// Entries are known by their print, holders likewise. What nobody answers for (kNobody) makes room before all that
/// somebody does. Order of calls: any; victim() while there is an entry. Cost: a look-up in a tree of the holders where
/// an entry comes or goes.
class Holders {
  using Entries = std::list<std::uint64_t>;  ///< touched longest ago first

 public:
  static constexpr std::uint64_t kNobody = 0;

  /// Where an entry is noted down.
  struct Place {
    std::uint64_t holder = kNobody;
    Entries::iterator entry;
  };

  Place add(std::uint64_t holder, std::uint64_t print) {
    Entries& entries = of_[holder];
    entries.push_back(print);
    count(holder, entries.size() - 1, entries.size());
    return {holder, std::prev(entries.end())};
  }
  /// It is the latest of its holder's now.
  void touch(const Place& place) {
    Entries& entries = of_[place.holder];
    entries.splice(entries.end(), entries, place.entry);
  }
  void remove(const Place& place) {
    const auto found = of_.find(place.holder);
    found->second.erase(place.entry);
    count(place.holder, found->second.size() + 1, found->second.size());
    if (found->second.empty()) of_.erase(found);
  }

  /// The print of the entry that is to go: of who holds most, the one touched longest ago.
  [[nodiscard]] std::uint64_t victim() const {
    const auto nobody = of_.find(kNobody);
    return nobody != of_.end() ? nobody->second.front() : of_.find(by_count_.rbegin()->second)->second.front();
  }

 private:
  void count(std::uint64_t holder, std::size_t before, std::size_t now) {
    by_count_.erase({before, holder});
    if (now != 0) by_count_.emplace(now, holder);
  }

  boost::unordered_flat_map<std::uint64_t, Entries> of_;
  std::set<std::pair<std::size_t, std::uint64_t>> by_count_;
};

}  // namespace dcmwatch
