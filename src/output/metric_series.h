// Labelled series whose label values come from closed sets: names declared in the model, or fixed enums.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/labels.h>
#include <prometheus/registry.h>

#include <cassert>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace dcmwatch {

/// The values of one label, numbered. Value 0 is the one for whatever is not among the names.
class LabelValues {
 public:
  /// `name_of` makes a name of each element of `names`.
  template <typename Names, typename NameOf = std::identity>
  LabelValues(std::string_view otherwise, const Names& names, NameOf name_of = {}) {
    values_.reserve(names.size() + 1);
    values_.emplace_back(otherwise);
    for (const auto& name : names) values_.emplace_back(std::invoke(name_of, name));
    for (std::size_t i = 0; i < values_.size(); ++i) numbers_.emplace(values_[i], i);
  }

  [[nodiscard]] std::size_t number_of(std::string_view name) const {
    const auto found = numbers_.find(name);
    return found == numbers_.end() ? 0 : found->second;
  }
  [[nodiscard]] const std::string& operator[](std::size_t number) const { return values_[number]; }
  [[nodiscard]] std::size_t size() const { return values_.size(); }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::vector<std::string> values_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> numbers_;
};

/// The series of one family, found by the numbers of their label values. A series is made when it is first asked
/// for, so that combinations that never happen are not exposed; ask at start for those that are to show zero.
template <typename Metric>
class Series {
 public:
  struct Label {
    std::string name;
    LabelValues values;
  };

  Series(prometheus::Family<Metric>& family, std::vector<Label> labels, std::vector<double> buckets = {})
      : family_(&family), labels_(std::move(labels)), buckets_(std::move(buckets)) {
    std::size_t combinations = 1;
    for (const Label& label : labels_) combinations *= label.values.size();
    metrics_.resize(combinations);
  }

  /// One number a label, in the labels' order.
  Metric& at(std::initializer_list<std::size_t> numbers) {
    const std::span<const std::size_t> each{numbers.begin(), numbers.size()};
    Metric*& metric = metrics_[index_of(each)];
    if (!metric) metric = &make(each);
    return *metric;
  }

  /// It is not told any more.
  void forget(std::initializer_list<std::size_t> numbers) {
    const std::span<const std::size_t> each{numbers.begin(), numbers.size()};
    if (!family_->Has(labels_of(each))) return;
    family_->Remove(&make(each));
    metrics_[index_of(each)] = nullptr;
  }

  /// The label's values, to number a name.
  [[nodiscard]] const LabelValues& values(std::size_t label) const { return labels_[label].values; }

 private:
  [[nodiscard]] std::size_t index_of(std::span<const std::size_t> numbers) const {
    assert(numbers.size() == labels_.size());
    std::size_t index = 0;
    for (std::size_t i = 0; i < labels_.size(); ++i) index = index * labels_[i].values.size() + numbers[i];
    return index;
  }

  [[nodiscard]] prometheus::Labels labels_of(std::span<const std::size_t> numbers) const {
    prometheus::Labels labels;
    for (std::size_t i = 0; i < labels_.size(); ++i) labels.emplace(labels_[i].name, labels_[i].values[numbers[i]]);
    return labels;
  }

  Metric& make(std::span<const std::size_t> numbers) {
    const prometheus::Labels labels = labels_of(numbers);
    if constexpr (std::is_same_v<Metric, prometheus::Histogram>) {
      return family_->Add(labels, buckets_);
    } else {
      return family_->Add(labels);
    }
  }

  prometheus::Family<Metric>* family_;
  std::vector<Label> labels_;
  std::vector<double> buckets_;
  std::vector<Metric*> metrics_;
};

/// For the values of an enum: its words.
inline constexpr auto kWord = [](auto value) { return to_text(value); };

using Counters = Series<prometheus::Counter>;
using Gauges = Series<prometheus::Gauge>;
using Histograms = Series<prometheus::Histogram>;

inline Counters counters(prometheus::Registry& registry, const char* name, const char* help,
                         std::vector<Counters::Label> labels) {
  return {prometheus::BuildCounter().Name(name).Help(help).Register(registry), std::move(labels)};
}

inline Gauges gauges(prometheus::Registry& registry, const char* name, const char* help,
                     std::vector<Gauges::Label> labels) {
  return {prometheus::BuildGauge().Name(name).Help(help).Register(registry), std::move(labels)};
}

inline Histograms histograms(prometheus::Registry& registry, const char* name, const char* help,
                             std::vector<Histograms::Label> labels, std::vector<double> buckets) {
  return {prometheus::BuildHistogram().Name(name).Help(help).Register(registry), std::move(labels), std::move(buckets)};
}

}  // namespace dcmwatch
