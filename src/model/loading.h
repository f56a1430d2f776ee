// Within `model`: what the parts of the loader share while a model is being read.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/address_table.h"
#include "model/document.h"
#include "model/model.h"

namespace dcmwatch {

/// Names of one kind of thing, in the order declared.
class NameIndex {
 public:
  void add(std::string name) {
    const auto index = static_cast<std::uint32_t>(index_.size());
    index_.emplace(std::move(name), index);
  }
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view name) const {
    const auto found = index_.find(std::string{name});
    return found == index_.end() ? std::nullopt : std::optional{found->second};
  }
  [[nodiscard]] std::vector<std::string_view> names() const {
    std::vector<std::string_view> names;
    for (const auto& [name, index] : index_) names.push_back(name);
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::unordered_map<std::string, std::uint32_t> index_;
};

struct Loading {
  Problems& problems;
  Model model;
  NameIndex zones, devices, groups, services;
  std::unordered_map<std::string, std::uint32_t> ae_titles;  ///< a device that has it
  AddressTable zone_of;
};

/// The entries of a section of the model, each under a usable name.
const std::vector<Node>& entries_of(const Node& section, std::string_view kind, Problems& problems);

/// 1 to 65535, or "5900-5910".
std::vector<PortRange> read_ports(const Node& node, Problems& problems);

/// PS3.5 6.2: at most 16 characters, no backslash, no control character; trimmed.
std::optional<std::string> read_ae_title(const Node& node, Problems& problems);

/// In what time the steps of an order's way are to follow each other.
void load_workflow(const Node& node, Loading& loading);

/// Zones, services, devices and groups must stand in `loading` already.
void load_flows(const Node& node, Loading& loading);

}  // namespace dcmwatch
