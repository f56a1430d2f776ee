// The instances of all studies that are kept in mind, by their prints.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <vector>

#include "relate/study.h"

namespace dcmwatch {

/// An instance is another in each study, for anybody may name anybody's instances. Pointers hold until the next add()
/// or forget(). Cost: a hash look-up or two.
class StudyInstances {
 public:
  explicit StudyInstances(const Limits& limits) : limits_(limits) {}

  /// Of whichever study it was known of first. nullptr: of none.
  StudyInstance* first(InstancePrint print);
  StudyInstance* find(std::uint64_t study, InstancePrint print);
  /// Of the studies that it is known of, the first that fits.
  template <typename Fits>
  StudyInstance* find_where(InstancePrint print, Fits fits);

  [[nodiscard]] bool full() const { return first_.size() + further_.size() >= limits_.studies_instances; }
  /// Some are known of several studies.
  [[nodiscard]] bool some_shared() const { return !further_.empty(); }
  /// Of an instance that is not known of this study, while not full().
  StudyInstance& add(OpenStudy& study, InstancePrint print);
  /// Unless it belongs to another by now.
  void forget(const OpenStudy& study, InstancePrint print);

  /// Those of studies beyond Limits::instance_studies.
  [[nodiscard]] std::uint64_t not_found_by_reports() const { return not_found_by_reports_; }

 private:
  const Limits& limits_;
  boost::unordered_flat_map<InstancePrint, StudyInstance> first_;    ///< of the study that each was first known of
  boost::unordered_flat_map<std::uint64_t, StudyInstance> further_;  ///< of further ones, by study and instance
  boost::unordered_flat_map<InstancePrint, std::vector<std::uint64_t>> studies_;  ///< the prints of these
  std::uint64_t not_found_by_reports_ = 0;
};

template <typename Fits>
StudyInstance* StudyInstances::find_where(InstancePrint print, Fits fits) {
  StudyInstance* known = first(print);
  if (known && fits(known->study->value)) return known;
  const auto others = studies_.find(print);
  if (others == studies_.end()) return nullptr;
  for (const std::uint64_t study : others->second) {
    known = find(study, print);
    if (known && fits(known->study->value)) return known;
  }
  return nullptr;
}

}  // namespace dcmwatch
