#include "relate/study_instances.h"

#include "relate/prints.h"

namespace dcmwatch {

StudyInstance* StudyInstances::first(InstancePrint print) {
  const auto known = first_.find(print);
  return known == first_.end() ? nullptr : &known->second;
}

StudyInstance* StudyInstances::find(std::uint64_t study, InstancePrint print) {
  StudyInstance* known = first(print);
  if (known && known->study->value.print == study) return known;
  if (further_.empty()) return nullptr;
  const auto other = further_.find(print_of(study, print));
  return other == further_.end() ? nullptr : &other->second;
}

StudyInstance& StudyInstances::add(OpenStudy& study, InstancePrint print) {
  const StudyInstance its_own{.study = &study};
  const auto [known, is_first] = first_.try_emplace(print, its_own);
  if (is_first) return known->second;
  // What could not be assigned stands behind, and what was told of this study before gives way.
  const Study& first_study = known->second.study->value;
  if (first_study.unassigned && !study.value.unassigned)
    further_.insert_or_assign(print_of(first_study.print, print), known->second);
  if (first_study.unassigned || first_study.print == study.value.print) return known->second = its_own;
  const auto [other, is_new] = further_.insert_or_assign(print_of(study.value.print, print), its_own);
  if (is_new) {
    auto& studies = studies_[print];
    if (studies.size() < limits_.instance_studies) {
      studies.push_back(study.value.print);
    } else {
      ++not_found_by_reports_;
    }
  }
  return other->second;
}

void StudyInstances::forget(const OpenStudy& study, InstancePrint print) {
  const auto known = first_.find(print);
  if (known != first_.end() && known->second.study == &study) {
    first_.erase(known);
    return;
  }
  const auto other = further_.find(print_of(study.value.print, print));
  if (other == further_.end() || other->second.study != &study) return;
  further_.erase(other);
  const auto studies = studies_.find(print);
  if (studies == studies_.end()) return;  // all that it holds are forgotten
  std::erase(studies->second, study.value.print);
  if (studies->second.empty()) studies_.erase(studies);
}

}  // namespace dcmwatch
