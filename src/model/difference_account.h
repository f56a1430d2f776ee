// Within `model`: the differences of two models as they are found, and how they are said.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/endpoint.h"
#include "model/compare.h"

namespace dcmwatch {

using Items = std::vector<std::string>;

/// The sentence with the items, or the first few of them, in the place of its {}.
std::string filled(std::string_view sentence, const Items& items);
/// Sorted, each once.
Items in_order(Items items);

/// Collects differences; what is the same of several entries becomes one.
class DifferenceAccount {
 public:
  void add(Difference difference, const std::string& name);
  /// In order; leaves nothing behind.
  std::vector<Difference> take();

 private:
  std::map<std::tuple<Effect, ModelPart, std::string, std::string, Items, Items>, std::size_t> places_;
  std::vector<Difference> differences_;
};

/// Of one entry that both models have, what is said of its settings. Each says nothing where there is no difference.
class ComparedEntry {
 public:
  /// `name` is empty of the model itself. The account outlives it.
  ComparedEntry(DifferenceAccount& account, ModelPart part, std::string name)
      : account_(account), part_(part), name_(std::move(name)) {}

  void say(Effect effect, std::string_view setting, std::string what, Items only_before = {},
           Items only_after = {}) const;
  void renamed(const std::string& before, const std::string& after) const;
  void words(std::string_view setting, const std::string& before, const std::string& after,
             Effect effect = Effect::none) const;
  /// `more` and `less` are said of those that came and those that went.
  void list(std::string_view setting, Items before, Items after, std::string_view more, std::string_view less,
            Effect coming = Effect::opens, Effect going = Effect::closes) const;
  /// Of a list that restricts nothing where it is empty.
  void list_if_declared(std::string_view setting, const Items& before, const Items& after, std::string_view more,
                        std::string_view less) const;
  void addresses(std::string_view setting, const std::vector<Network>& before, const std::vector<Network>& after,
                 std::string_view more, std::string_view less) const;

 private:
  DifferenceAccount& account_;
  ModelPart part_;
  std::string name_;
};

}  // namespace dcmwatch
