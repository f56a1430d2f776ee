#include "model/difference_account.h"

#include <algorithm>
#include <iterator>

#include "model/address_spans.h"

namespace dcmwatch {
namespace {

std::string or_none(std::string_view text) { return text.empty() ? "none" : '\'' + std::string{text} + '\''; }

Items beyond(const Items& taken, const Items& items) {
  Items left;
  std::ranges::set_difference(items, taken, std::back_inserter(left));
  return left;
}

}  // namespace

std::string filled(std::string_view sentence, const Items& items) {
  const std::vector<std::string_view> views{items.begin(), items.end()};
  std::string text{sentence};
  const auto place = text.find("{}");
  return place == std::string::npos ? text : text.replace(place, 2, listed(views));
}

Items in_order(Items items) {
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return items;
}

void DifferenceAccount::add(Difference difference, const std::string& name) {
  auto key = std::tuple{difference.effect, difference.part,        difference.setting,
                        difference.what,   difference.only_before, difference.only_after};
  const auto [known, added] = places_.try_emplace(std::move(key), differences_.size());
  if (added) differences_.push_back(std::move(difference));
  std::vector<std::string>& names = differences_[known->second].names;
  if (!name.empty() && (names.empty() || names.back() != name)) names.push_back(name);
}

std::vector<Difference> DifferenceAccount::take() {
  std::stable_sort(differences_.begin(), differences_.end(), [](const Difference& one, const Difference& other) {
    return std::pair{one.effect, one.part} < std::pair{other.effect, other.part};
  });
  places_.clear();
  return std::exchange(differences_, {});
}

void ComparedEntry::say(Effect effect, std::string_view setting, std::string what, Items only_before,
                        Items only_after) const {
  account_.add({.effect = effect,
                .part = part_,
                .names = {},
                .setting = std::string{setting},
                .what = std::move(what),
                .only_before = std::move(only_before),
                .only_after = std::move(only_after)},
               name_);
}

void ComparedEntry::renamed(const std::string& before, const std::string& after) const {
  if (before != after) say(Effect::none, "name", "was called '" + before + '\'', {before}, {after});
}

void ComparedEntry::words(std::string_view setting, const std::string& before, const std::string& after,
                          Effect effect) const {
  if (before == after) return;
  say(effect, setting, std::string{setting} + ' ' + or_none(before) + " became " + or_none(after), {before}, {after});
}

void ComparedEntry::list(std::string_view setting, Items before, Items after, std::string_view more,
                         std::string_view less, Effect coming, Effect going) const {
  before = in_order(std::move(before));
  after = in_order(std::move(after));
  const Items came = beyond(before, after);
  const Items went = beyond(after, before);
  if (!came.empty()) say(coming, setting, filled(more, came), {}, came);
  if (!went.empty()) say(going, setting, filled(less, went), went, {});
}

void ComparedEntry::list_if_declared(std::string_view setting, const Items& before, const Items& after,
                                     std::string_view more, std::string_view less) const {
  if (before.empty() == after.empty()) return list(setting, before, after, more, less);
  if (before.empty()) {
    say(Effect::closes, setting, std::string{setting} + " are declared now: " + filled("{}", after), {}, after);
  } else {
    say(Effect::opens, setting, std::string{setting} + " are declared no more: " + filled("{}", before), before, {});
  }
}

void ComparedEntry::addresses(std::string_view setting, const std::vector<Network>& before,
                              const std::vector<Network>& after, std::string_view more, std::string_view less) const {
  const AddressSpans earlier = spans_of(before);
  const AddressSpans later = spans_of(after);
  const Items came = texts_of(dcmwatch::beyond(earlier, later));
  const Items went = texts_of(dcmwatch::beyond(later, earlier));
  if (!came.empty()) say(Effect::opens, setting, filled(more, came), {}, came);
  if (!went.empty()) say(Effect::closes, setting, filled(less, went), went, {});
}

}  // namespace dcmwatch
