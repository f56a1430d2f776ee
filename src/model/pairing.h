// Within `model`: which entries of two models are the same.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dcmwatch {

/// Entries of one kind in both models, one with its counterpart.
struct Pairing {
  std::vector<std::optional<std::uint32_t>> after_of;   ///< by the earlier one's index
  std::vector<std::optional<std::uint32_t>> before_of;  ///< by the later one's
};

template <typename Entry>
Pairing pair_by_name(const std::vector<Entry>& before, const std::vector<Entry>& after) {
  Pairing pairing{.after_of = std::vector<std::optional<std::uint32_t>>(before.size()),
                  .before_of = std::vector<std::optional<std::uint32_t>>(after.size())};
  std::unordered_map<std::string_view, std::uint32_t> by_name;
  for (std::uint32_t i = 0; i < before.size(); ++i) by_name.emplace(before[i].name, i);
  for (std::uint32_t i = 0; i < after.size(); ++i) {
    const auto found = by_name.find(after[i].name);
    if (found == by_name.end()) continue;
    pairing.before_of[i] = found->second;
    pairing.after_of[found->second] = i;
  }
  return pairing;
}

/// Those without a namesake, where what they are says that they are the same.
void pair_by_content(Pairing& pairing, const std::function<std::string(std::uint32_t)>& content_before,
                     const std::function<std::string(std::uint32_t)>& content_after);

/// The same number for both of a pair.
std::vector<std::uint32_t> ids_before(const Pairing& pairing);
std::vector<std::uint32_t> ids_after(const Pairing& pairing);

}  // namespace dcmwatch
