// Within `model`: a draft on its way, from what was learnt to a model. A file for each thing that is drafted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/learn_draft.h"
#include "model/learn_names.h"
#include "model/lookup.h"

namespace dcmwatch {

/// A flow on its way to be one.
struct FlowDraft {
  enum class Kind : std::uint8_t { dicom, hl7, other };

  Kind kind{};  ///< what it is declared as
  bool within_tls = false;
  bool for_refused = false;  ///< titles that are nobody's
  std::set<std::uint32_t> from, to;
  Transport transport{};
  std::set<std::uint16_t> ports;
  bool any_calling = false, any_called = false;
  std::set<std::string> calling, called;  ///< titles of others
  std::set<std::uint16_t> operations, acceptor_operations;
  bool any_content = false;  ///< not visible
  std::set<std::string> sop_classes;
  bool any_sop_class = false;
  std::set<std::string> move_destinations;
  SeenMessages messages;
  std::optional<Duration> slowest_answer;
  std::array<std::map<std::uint32_t, std::uint64_t>, kRates> most_studies;  ///< in an hour, by each of `from`
  std::array<bool, kRates> studies_left_out{};                              ///< it may have been more
  Sighting seen;                                                            ///< connections
  Sighting carried;                                                         ///< operations or messages
  std::set<std::string> reviews;
};

/// For draft_model alone, once: each step of run() builds on those before it.
class Drafting {
 public:
  Drafting(const Learner& learner, const Fingerprints* fingerprints, const Model* known);

  Draft run();

 private:
  using Kind = FlowDraft::Kind;
  enum class Reach : std::uint8_t { private_use, link_local, public_use };

  static constexpr unsigned kAddressBits = 128;
  static constexpr std::size_t kPortsTold = 8;  // by which somebody tries many, not uses some

  struct Backwards {
    std::uint32_t opener, acceptor;
    std::set<std::uint16_t> ports;
    SeenMessages messages;
  };

  // learn_draft_devices.cpp
  void join_addresses();
  [[nodiscard]] bool are_surely_one(const IpAddress& v4, const IpAddress& v6) const;
  [[nodiscard]] std::optional<std::uint32_t> known_device(const IpAddress& address) const;
  void make_devices();
  [[nodiscard]] bool is_alone_with(const MacAddress& mac, std::size_t index) const;
  [[nodiscard]] std::vector<std::size_t> pinged_by_device() const;
  static std::string main_title(const SeenHost& host);
  void declare_move_destinations();
  void remark_on_devices();
  [[nodiscard]] std::string hint_of(const SeenHost& host) const;
  void remark_on_shared_titles();

  // learn_draft_zones.cpp
  void make_zones();
  [[nodiscard]] std::optional<std::uint32_t> known_zone(const IpAddress& address) const;
  [[nodiscard]] Network network_of(const IpAddress& address) const;
  void make_zone(const std::vector<std::size_t>& devices);
  void add_network(Zone& zone, const IpAddress& address, Reach reach) const;
  void make_conduits();
  [[nodiscard]] std::set<std::uint32_t> zones_of(const std::vector<Party>& parties) const;
  [[nodiscard]] bool is_conducted(std::uint32_t from, std::uint32_t to, std::uint32_t service) const;

  // learn_draft_flows.cpp
  void make_flow_drafts();
  static bool has(const std::vector<const SeenTraffic*>& all, Protocol protocol);
  void add_dicom(FlowDraft draft, const std::vector<const SeenTraffic*>& all);
  void name_strangers(FlowDraft& draft, const std::set<std::string>& calling, const std::set<std::string>& called,
                      bool odd_calling, bool odd_called) const;
  void add_hl7(FlowDraft draft, const std::vector<const SeenTraffic*>& all);
  [[nodiscard]] bool is_known_hl7(std::uint32_t from, std::uint32_t to) const;
  void add_messages_backwards();
  void add_other(FlowDraft draft, const std::vector<const SeenTraffic*>& all);
  void merge_flows();
  void join_many_ports();
  [[nodiscard]] std::string likeness_of(const FlowDraft& flow, const std::set<std::uint32_t>& other,
                                        const std::set<std::uint32_t>& side) const;
  static void merge(FlowDraft& all, const FlowDraft& more);

  // learn_draft_terms.cpp
  void make_flows();
  void make_flow(const FlowDraft& draft);
  std::vector<Party> parties_of(const std::set<std::uint32_t>& devices, Kind kind,
                                const std::set<std::uint32_t>& others);
  [[nodiscard]] std::string name_of(const std::vector<Party>& parties) const;
  void declare_dicom(const FlowDraft& draft, Flow& flow);
  [[nodiscard]] std::vector<HourlyRate> rates_of(const FlowDraft& draft) const;
  void remark_on_rates(const FlowDraft& draft, const Flow& flow, Remarks& remarks) const;
  static Operations operations_of(const std::set<std::uint16_t>& fields);
  static void declare_sop_classes(const FlowDraft& draft, Flow& flow);
  void declare_move_destinations(const FlowDraft& draft, Flow& flow) const;
  static void declare_hl7(const FlowDraft& draft, Flow& flow);
  static std::set<std::string> general_types(const std::set<std::string>& types);
  void tell_contradictions_apart();

  // learn_draft_services.cpp
  void count_ports();
  static std::vector<PortRange> ranges_of(const std::set<std::uint16_t>& ports);
  std::uint32_t service_of(const FlowDraft& draft);
  void remark_on_services();

  static Reach reach_of(const IpAddress& address);
  static Network lone(const IpAddress& address);
  static bool contains(const std::vector<std::string>& texts, const std::string& text);

  void remark_on_model();
  static std::string counted(std::uint64_t count, std::string_view thing);
  static std::string sighting_text(const Sighting& seen, std::string_view thing);
  static std::string listed_titles(const std::set<std::string>& titles);
  static void remark(std::vector<Remarks>& all, std::size_t index, Remarks remarks);
  [[nodiscard]] const Device& device(std::uint32_t index) const { return draft_.model.devices[index]; }

  const Learner& learner_;
  const Fingerprints* fingerprints_;
  bool extends_;  ///< a model that is there
  std::optional<Lookup> lookup_;
  std::size_t known_devices_ = 0, known_zones_ = 0, known_services_ = 0;
  Draft draft_;
  std::vector<SeenHost> hosts_;                    // of each new device
  std::vector<std::vector<IpAddress>> addresses_;  // likewise
  std::map<IpAddress, std::uint32_t> device_of_;
  std::map<MacAddress, std::vector<IpAddress>> addresses_of_mac_;
  std::map<std::size_t, Sighting> seen_of_services_;
  std::map<std::uint32_t, std::set<std::string>> reviews_;
  std::set<std::string> undeclared_destinations_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> hl7_ways_;
  std::vector<Backwards> backwards_;
  std::vector<FlowDraft> flows_;
  std::map<std::pair<Kind, bool>, std::map<std::uint16_t, std::uint64_t>> port_counts_;
  std::map<std::set<std::uint32_t>, std::uint32_t> groups_;
  Names zone_names_, party_names_, service_names_, flow_names_;
};

}  // namespace dcmwatch
