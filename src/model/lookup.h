// Holds events against the declared model. Prepared once; then a lookup costs the same for ten devices as for ten
// thousand.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "event/record.h"
#include "model/address_table.h"
#include "model/intervals.h"
#include "model/model.h"

namespace dcmwatch {

/// What of an event a judgement depends on beyond addresses and ports, as far as the model declares any such thing:
/// who remembers judgements need not look at the rest.
struct Judges {
  bool macs = false;
  bool vlans = false;
  bool times = false;              ///< windows and days of expiry
  bool answer_times = false;       ///< of operations and messages
  bool transfer_syntaxes = false;  ///< of associations and operations
  bool implementations = false;    ///< of associations
};

/// By how much what was begun in its hours may overrun them to be told apart from what overruns them longer.
constexpr Duration kOverrun = std::chrono::minutes{15};

/// Immutable, so several threads may ask at once.
class Lookup {
 public:
  explicit Lookup(std::shared_ptr<const Model> model);

  /// What the model says of an event: places, flow, deviations, and what could not be seen. Stated of every fact that
  /// carries it (an operation repeats what its connection deviates in); it is for rules to say which facts they count.
  [[nodiscard]] Declared judge(const Event& event) const;

  [[nodiscard]] const std::shared_ptr<const Model>& model() const { return model_; }
  [[nodiscard]] const Judges& judges() const { return judges_; }

  /// The device that has the address to itself, else those that share it, in the order declared; empty: nobody
  /// declared.
  [[nodiscard]] std::span<const std::uint32_t> devices_at(const IpAddress& address) const;
  [[nodiscard]] std::optional<AddressTable::Found> zone_at(const IpAddress& address) const {
    return zones_.find(address);
  }
  /// Nothing if there is no such device.
  [[nodiscard]] std::optional<std::uint32_t> device_called(std::string_view name) const;
  /// nullptr if there is no such flow.
  [[nodiscard]] const Flow* flow_called(std::string_view name) const;
  /// In the order declared.
  [[nodiscard]] std::vector<const Flow*> flows_between(std::uint32_t from_device, std::uint32_t to_device) const;
  /// In the order declared. `device` is nothing where the end is undeclared; its zone may still be forbidden something.
  [[nodiscard]] std::vector<const Denial*> denials_between(std::optional<std::uint32_t> from_device,
                                                           std::optional<std::uint32_t> from_zone,
                                                           std::optional<std::uint32_t> to_device,
                                                           std::optional<std::uint32_t> to_zone) const;
  /// Whether any flow is declared from a device of one zone to a device of the other.
  [[nodiscard]] bool zones_joined(std::uint32_t from_zone, std::uint32_t to_zone) const;
  /// In the order declared.
  [[nodiscard]] std::vector<const Conduit*> conduits_between(std::uint32_t from_zone, std::uint32_t to_zone) const;

  /// Where the devices of one party are to listen, by the flows to it.
  struct Listening {
    Transport transport{};
    TransportSecurity tls{};
    Intervals<std::uint16_t> ports;  ///< in order, none of them beside another
  };
  /// Of each party that the device belongs to.
  [[nodiscard]] std::vector<const Listening*> listening_of(std::uint32_t device) const;

  [[nodiscard]] bool is_declared_title(std::string_view ae_title) const { return titles_.contains(ae_title); }
  /// Those that call by it or answer to it themselves, in the order declared; who presents it for them is not among
  /// them.
  [[nodiscard]] std::span<const std::uint32_t> owners_of_title(std::string_view ae_title) const;
  [[nodiscard]] std::optional<std::uint32_t> owner_of_mac(const MacAddress& mac) const;

  /// The hours in which nothing changes: which windows hold, or held kOverrun ago, which flows have expired. Costs a
  /// look at every different schedule of the model; who asks of each packet keeps the answer.
  [[nodiscard]] Timestamp next_change(Timestamp time) const;
  /// How many of the times in which answers are declared to come the time is beyond: what takes as many is judged
  /// alike.
  [[nodiscard]] std::size_t slowness(Duration time) const;

 private:
  using PartyId = std::uint32_t;
  using Pairs = std::unordered_map<std::uint64_t, std::vector<std::uint32_t>>;
  using Owners = std::unordered_map<std::string_view, std::vector<std::uint32_t>>;
  static std::uint64_t pair_of(std::uint32_t from, std::uint32_t to) { return std::uint64_t{from} << 32 | to; }

  void place_devices();
  void join_parties();
  void join_zones(const Flow& flow);
  void note_what_is_judged();
  [[nodiscard]] PartyId id_of(const Party& party) const;
  [[nodiscard]] PartyId anybody() const { return id_of({Party::Kind::anybody, 0}); }
  [[nodiscard]] std::vector<PartyId> parties_of(std::optional<std::uint32_t> device,
                                                std::optional<std::uint32_t> zone) const;

  std::shared_ptr<const Model> model_;
  Judges judges_;
  AddressTable devices_;
  AddressTable sharers_;  // by their place in sharing_
  AddressTable zones_;
  std::vector<std::uint32_t> numbers_;  // each device's own
  std::vector<std::vector<std::uint32_t>> sharing_;
  std::unordered_map<std::string_view, std::uint32_t> names_;
  std::unordered_map<std::string_view, const Flow*> flow_names_;
  std::vector<std::vector<PartyId>> memberships_;  // of each device: the parties named by flows that it belongs to
  Pairs flows_;                                    // by pair of parties
  Pairs denials_;                                  // likewise
  Pairs conduits_;                                 // by pair of zones
  std::unordered_map<PartyId, std::vector<Listening>> listening_;
  std::unordered_set<std::uint64_t> joined_zones_;
  Owners titles_;
  std::unordered_map<std::uint64_t, std::uint32_t> macs_;
  std::vector<Schedule> windows_;       // each once
  std::vector<Timestamp> expiries_;     // ascending, each once
  std::vector<Duration> answer_times_;  // likewise
};

}  // namespace dcmwatch
