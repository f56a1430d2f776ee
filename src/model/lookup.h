// Holds events against the declared model. Prepared once; then a lookup costs the same for ten devices as for ten
// thousand.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "event/record.h"
#include "model/address_table.h"
#include "model/model.h"

namespace dcmwatch {

/// Immutable, so several threads may ask at once.
class Lookup {
 public:
  explicit Lookup(std::shared_ptr<const Model> model);

  /// What the model says of an event: places, flow, deviations, and what could not be seen. Stated of every fact that
  /// carries it (an operation repeats what its connection deviates in); it is for rules to say which facts they count.
  [[nodiscard]] Declared judge(const Event& event) const;

  [[nodiscard]] const std::shared_ptr<const Model>& model() const { return model_; }

  [[nodiscard]] std::optional<std::uint32_t> device_at(const IpAddress& address) const;
  [[nodiscard]] std::optional<AddressTable::Found> zone_at(const IpAddress& address) const {
    return zones_.find(address);
  }
  /// In the order declared.
  [[nodiscard]] std::vector<const Flow*> flows_between(std::uint32_t from_device, std::uint32_t to_device) const;
  /// Whether any flow is declared from a device of one zone to a device of the other.
  [[nodiscard]] bool zones_joined(std::uint32_t from_zone, std::uint32_t to_zone) const;
  [[nodiscard]] bool is_declared_title(std::string_view ae_title) const;

 private:
  using PartyId = std::uint32_t;
  static std::uint64_t pair_of(std::uint32_t from, std::uint32_t to) { return std::uint64_t{from} << 32 | to; }

  [[nodiscard]] PartyId id_of(const Party& party) const;
  void join(std::uint32_t flow);
  void join_zones(const Flow& flow);

  std::shared_ptr<const Model> model_;
  AddressTable devices_;
  AddressTable zones_;
  std::vector<std::vector<PartyId>> memberships_;  // of each device: the parties named by flows that it belongs to
  std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> flows_;  // by pair of parties
  std::unordered_set<std::uint64_t> joined_zones_;
  std::unordered_set<std::string_view> ae_titles_;
};

}  // namespace dcmwatch
