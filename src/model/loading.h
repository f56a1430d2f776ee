// Within `model`: what the parts of the loader share while a model is being read.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/address_table.h"
#include "model/document.h"
#include "model/map_reader.h"
#include "model/model.h"

namespace dcmwatch {

/// Names of one kind of thing, in the order declared.
class NameIndex {
 public:
  void add(std::string name) {
    const auto index = static_cast<std::uint32_t>(index_.size());
    index_.emplace(std::move(name), index);
  }
  /// Of those with more than one place, the first stays.
  void add(std::string name, std::uint32_t value) { index_.emplace(std::move(name), value); }
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view name) const {
    const auto found = index_.find(name);
    return found == index_.end() ? std::nullopt : std::optional{found->second};
  }
  [[nodiscard]] std::vector<std::string_view> names() const {
    std::vector<std::string_view> names;
    for (const auto& [name, index] : index_) names.push_back(name);
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> index_;
};

struct Loading {
  Problems& problems;
  Model model{};
  std::string time_zone = "UTC";  ///< of schedules that name none, and of days
  NameIndex zones{}, devices{}, groups{}, services{};
  NameIndex calling_titles{};   ///< with which a device calls, in its own name or another's
  NameIndex answered_titles{};  ///< to which a device answers
  AddressTable zone_of{};
  std::vector<std::vector<std::uint32_t>> devices_of_zone{};
  std::vector<Position> flow_at{};  ///< of each flow of the model

  /// As dcmwatch::devices_of, without a copy. `party` outlives it, and is nobody in general.
  [[nodiscard]] std::span<const std::uint32_t> devices_of(const Party& party) const {
    if (party.kind == Party::Kind::device) return {&party.index, 1};
    return party.kind == Party::Kind::group ? model.groups[party.index].devices : devices_of_zone[party.index];
  }
};

/// The entries of a section of the model, each under a usable name.
const std::vector<Node>& entries_of(const Node& section, std::string_view kind, Problems& problems);

/// Leaves the first of each.
void drop_repeated(std::vector<std::string>& texts);

// Values of a setting. What is wrong with one is added to `problems`.

struct NumberRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};
/// "5" or "5-10", within bounds; nothing if it is none.
std::optional<NumberRange> range_from(std::string_view text, std::uint64_t least, std::uint64_t most);
/// 1 to 65535, or "5900-5910".
std::vector<PortRange> read_ports(const Node& node, Problems& problems);
/// Which of the words it is, by its place among them.
std::optional<std::size_t> read_word(const Node& node, std::string_view kind, std::span<const std::string_view> words,
                                     Problems& problems);
bool read_flag(const Node& node, Problems& problems);
/// PS3.5 6.2: at most 16 characters, no backslash, no control character; trimmed.
std::optional<std::string> read_ae_title(const Node& node, Problems& problems);
/// MSH-3 and MSH-4, or MSH-5 and MSH-6.
std::optional<Hl7End> read_hl7_end(const Node& node, Problems& problems);
/// "500ms", "30s", "15m", "2h", "7d", up to the longest.
std::optional<Duration> read_time(const Node& node, Duration longest, Problems& problems);
/// The same, or none.
void read_time_or_none(const Node& node, Duration longest, std::optional<Duration>& time, Problems& problems);
/// A list of hours, or {hours: […], time_zone: …}.
std::optional<Schedule> read_schedule(const Node& node, const Loading& loading);
/// A name of the time zone database.
std::optional<std::string> read_time_zone(const Node& node, Problems& problems);
/// A device, a group or zone:name; with `may_be_any`, any.
std::optional<Party> read_party(const Node& node, const Loading& loading, bool may_be_any);

// Sections, in the order in which they need each other.

void load_zones(const Node& section, Loading& loading);
void load_services(const Node& section, Loading& loading);
void load_devices(const Node& section, Loading& loading);
void load_groups(const Node& section, Loading& loading);
void load_flows(const Node& section, Loading& loading);
/// Also holds the flows against them.
void load_conduits(const Node& section, Loading& loading);
void load_denials(const Node& section, Loading& loading);
/// Flows that cannot both hold.
void refuse_contradictions(const Loading& loading);
/// More flows than can be looked up at once: Limits::flows_of_pair, Limits::joined_pairs.
void refuse_crowds(const Loading& loading);
/// In what time the steps of an order's way are to follow each other.
void load_workflow(const Node& node, Loading& loading);

}  // namespace dcmwatch
