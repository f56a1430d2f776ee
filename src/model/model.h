// The data-flow model that a department declares: plain values, made by load.cpp or by hand, immutable once shared.
// Things refer to each other by their index in the model.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/endpoint.h"
#include "event/event.h"
#include "event/hl7_message.h"
#include "event/workflow.h"
#include "model/problems.h"
#include "model/schedule.h"
#include "model/sop_classes.h"

namespace dcmwatch {

/// Networks of one trust level (IEC 62443-3-2). No two zones share an address, except that a block of prefix length 0
/// is the rest of the world.
struct Zone {
  std::string name;
  std::string description;
  std::string purpose;
  std::vector<Network> networks;
  std::vector<std::uint16_t> vlans;            ///< IEEE 802.1Q ids; empty: not declared
  std::optional<std::uint8_t> security_level;  ///< SL-T, 0 to 4 (IEC 62443-3-3 A)
  bool one_segment = false;  ///< the mirror shows its devices' own MACs, not a router's: they can be checked
};

/// The name of an application or a facility (HL7 v2 2A.33 HD).
struct Hl7EndName {
  bool any = false;
  std::string namespace_id;                      ///< HD.1
  std::optional<std::string> universal_id;       ///< HD.2; nothing: HD.1 alone is compared
  std::optional<std::string> universal_id_type;  ///< HD.3; likewise
};

/// Who sends messages (MSH-3 and MSH-4) or receives them (MSH-5 and MSH-6). One connection of an integration engine
/// carries those of many.
struct Hl7End {
  std::string text;  ///< as declared
  Hl7EndName application;
  Hl7EndName facility;
};

/// What a device is there for, as far as its conduct follows from it: a monitor's echoes to everybody are its work.
enum class DeviceRole : std::uint8_t {
  unspecified,
  modality,
  archive,
  workstation,
  information_system,  ///< RIS, HIS
  engine,              ///< of HL7 interfaces
  router,              ///< passes objects on, perhaps under titles of others
  algorithm,
  printer,
  monitor,    ///< asks everybody whether they live
  balancer,   ///< one address for several nodes; both legs of a connection may be seen
  migration,  ///< moves whole archives
  scanner,    ///< looks for vulnerabilities, with leave
  vendor      ///< remote service of a manufacturer
};
/// Their names, but for the unspecified one, in the same order.
inline constexpr std::array<std::string_view, 13> kDeviceRoles{
    "modality", "archive", "workstation", "information system", "engine",  "router", "algorithm",
    "printer",  "monitor", "balancer",    "migration",          "scanner", "vendor"};

/// What a side of an association calls itself (PS3.7 D.3.3.2). A '*' at the end stands for any rest.
struct ExpectedImplementation {
  std::string class_uid;     ///< empty: any
  std::string version_name;  ///< likewise
};

struct Device {
  std::string name;
  std::string description;
  std::uint32_t zone = 0;
  std::vector<Network> addresses;         ///< of it alone; blocks and ranges for DHCP; no two devices share one
  std::vector<Network> shared_addresses;  ///< behind which others stand, too: NAT, a cluster's virtual address
  std::vector<MacAddress> macs;           ///< empty: not declared
  std::vector<std::string> calls_as;      ///< AE titles, trimmed, case-sensitive (PS3.5 6.2); devices may share one
  std::vector<std::string> answers_to;    ///< likewise
  std::vector<std::string> presents;      ///< titles of others under which it calls: a router, a balancer
  std::vector<Hl7End> hl7_names;          ///< empty: not declared
  DeviceRole role = DeviceRole::unspecified;
  std::string vendor, product, owner, contact;
  std::vector<ExpectedImplementation> implementations;  ///< empty: not declared
  std::vector<std::string> quirks;                      ///< violations that are known of it, and tolerated
};

/// Devices that a flow names together.
struct Group {
  std::string name;
  std::string description;
  std::vector<std::uint32_t> devices;
};

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;

  [[nodiscard]] bool contains(std::uint16_t port) const { return first <= port && port <= last; }
  friend bool operator==(const PortRange&, const PortRange&) = default;
};

/// What a service speaks, as far as dcmwatch tells protocols apart; `other` is known by its transport and port alone.
enum class ServiceProtocol : std::uint8_t { dicom, hl7, other };

/// Whether it may, or has to, be spoken within TLS.
enum class TransportSecurity : std::uint8_t { allowed, forbidden, required };

struct Service {
  std::string name;
  std::string description;
  ServiceProtocol protocol = ServiceProtocol::other;
  std::vector<Transport> transports;
  std::vector<PortRange> ports;  ///< for flows that name none
  TransportSecurity tls = TransportSecurity::allowed;
};

/// A list of what is allowed, or "any".
template <typename Value>
struct Allowed {
  bool any = false;
  std::vector<Value> values;

  [[nodiscard]] static Allowed all() { return {.any = true, .values = {}}; }
};

/// One end of a flow: a device, the devices of a group, or the devices of a zone. Of a denial also anybody, declared
/// or not.
struct Party {
  enum class Kind : std::uint8_t { device, group, zone, anybody };
  Kind kind = Kind::device;
  std::uint32_t index = 0;

  friend bool operator==(const Party&, const Party&) = default;
};

/// DIMSE commands by their command field (PS3.7 E.1).
using Operations = Allowed<std::uint16_t>;

struct SopClasses {
  bool any = false;
  FamilyMask families = 0;
  std::vector<std::string> uids;
};

/// What the two sides of an HL7 interface agreed on beside the types of its messages.
struct Hl7Agreement {
  Allowed<Hl7End> senders = Allowed<Hl7End>::all();
  Allowed<Hl7End> receivers = Allowed<Hl7End>::all();
  bool any_sender = false;    ///< `senders: any` is written, and not only left out: no name is a guess
  bool any_receiver = false;  ///< likewise
  Allowed<std::string> versions = Allowed<std::string>::all();            ///< MSH-12
  Allowed<std::string> processing_ids = {.any = false, .values = {"P"}};  ///< MSH-11
  std::optional<AcknowledgementMode> ack_mode;                            ///< nothing: any
  std::optional<AccessionOrder> accession_sought;
};

/// How many in an hour of UTC, of all its devices together or of each that opens it (is_of_each_device); above `most`
/// or, in a whole hour of its windows and out of its quiet hours, below `least`, which is 0 of what is each device's.
struct HourlyRate {
  RateOf what = RateOf::objects;
  std::uint64_t least = 0;
  std::uint64_t most = 0;
};

/// What may pass between devices. `from` opens the connection, `to` listens.
struct Flow {
  std::string name;
  std::string description;
  std::vector<Party> from;
  std::vector<Party> to;
  std::uint32_t service = 0;
  std::vector<PortRange> ports;
  std::optional<Allowed<std::string>> calling_ae;  ///< nothing: the titles of the device that opens
  std::optional<Allowed<std::string>> called_ae;   ///< nothing: the titles of the device that listens
  Operations operations;                           ///< that the opener may invoke
  Operations acceptor_operations;                  ///< that the acceptor may invoke
  SopClasses sop_classes;
  Allowed<std::string> move_destinations;  ///< AE titles; any: any title of a declared device
  Allowed<std::string> message_types;      ///< "ADT^A01", "ADT^*"
  Allowed<std::string> transfer_syntaxes = Allowed<std::string>::all();  ///< UIDs
  bool requires_order = false;                                           ///< what is stored has to be ordered
  bool requires_worklist_entry = false;                                  ///< its sender has to have been given it
  Hl7Agreement hl7;
  std::optional<Schedule> windows;      ///< nothing passes outside; nothing: at any time
  std::optional<Schedule> quiet_hours;  ///< in which silence means nothing
  std::optional<Duration> seen_every;   ///< within its windows and out of its quiet hours
  std::vector<HourlyRate> rates;
  std::optional<Duration> answer_within;  ///< a DIMSE request's first response, a message's acknowledgement
  std::optional<Timestamp> expires;       ///< the first moment at which it is declared no more
  std::string expires_on;                 ///< the last day on which it is, as declared
  std::string justification, ticket, owner;
};

/// Which zones may be crossed by which services (IEC 62443-3-2), in the direction in which connections are opened. One
/// that is declared from or to several zones stands here once for each pair, under the same name.
struct Conduit {
  std::string name;
  std::string description;
  std::uint32_t from = 0;               ///< a zone
  std::uint32_t to = 0;                 ///< a zone
  std::vector<std::uint32_t> services;  ///< empty: any
};

/// What must not pass, whatever a flow says.
struct Denial {
  std::string name;
  std::string description;
  std::vector<Party> from;
  std::vector<Party> to;
  std::optional<std::uint32_t> service;  ///< nothing: any
  std::string justification;
};

struct Model {
  std::string name;
  std::string description;
  std::vector<Zone> zones;
  std::vector<Device> devices;
  std::vector<Group> groups;
  std::vector<Service> services;
  std::vector<Flow> flows;
  std::vector<Conduit> conduits;  ///< none: any flow between devices of two zones declares their crossing
  std::vector<Denial> denials;
  WorkflowTimes workflow;
  std::vector<std::filesystem::path> files;  ///< that it was read from, the one that was named first
};

/// Of what the flow declares rates.
RatesOf rates_declared_by(const Flow& flow);

std::string_view to_text(ServiceProtocol protocol);
/// As it is declared: "information system"; empty if it is unspecified.
std::string_view to_text(DeviceRole role);
/// "104", "5900-5910"
std::string to_text(const PortRange& range);

/// Every device that a party stands for.
std::vector<std::uint32_t> devices_of(const Model& model, const Party& party);

/// Throws ConfigurationError with every mistake found, each with its line, its column and what would be right.
std::shared_ptr<const Model> load_model(const std::filesystem::path& file);
/// The same from text; `name` stands for the file in messages.
std::shared_ptr<const Model> parse_model(const std::string& text, const std::string& name);

}  // namespace dcmwatch
