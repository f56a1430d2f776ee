// The data-flow model that a department declares: plain values, made by load.cpp or by hand, immutable once shared.
// Things refer to each other by their index in the model.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/endpoint.h"
#include "event/hl7_message.h"
#include "event/workflow.h"
#include "model/problems.h"
#include "model/sop_classes.h"

namespace dcmwatch {

/// Networks of one trust level (IEC 62443-3-2). No two zones share an address, except that a block of prefix length 0
/// is the rest of the world.
struct Zone {
  std::string name;
  std::string description;
  std::vector<Network> networks;
};

struct Device {
  std::string name;
  std::string description;
  std::uint32_t zone = 0;
  std::vector<Network> addresses;      ///< single addresses or blocks; no two devices share one
  std::vector<std::string> ae_titles;  ///< trimmed, case-sensitive (PS3.5 6.2); devices may share one
  std::vector<std::string> quirks;     ///< violations that are known of it, and tolerated
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
};

/// What a service speaks, as far as dcmwatch tells protocols apart; `other` is known by its transport and port alone.
enum class ServiceProtocol : std::uint8_t { dicom, hl7, other };

struct Service {
  std::string name;
  std::string description;
  ServiceProtocol protocol = ServiceProtocol::other;
  std::vector<Transport> transports;
  std::vector<PortRange> ports;  ///< for flows that name none
};

/// A list of what is allowed, or "any".
template <typename Value>
struct Allowed {
  bool any = false;
  std::vector<Value> values;

  [[nodiscard]] static Allowed all() { return {.any = true, .values = {}}; }
};

/// One end of a flow: a device, the devices of a group, or the devices of a zone.
struct Party {
  enum class Kind : std::uint8_t { device, group, zone };
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

/// What the two sides of an HL7 interface agreed on beside the types of its messages.
struct Hl7Agreement {
  Allowed<Hl7End> senders = Allowed<Hl7End>::all();
  Allowed<Hl7End> receivers = Allowed<Hl7End>::all();
  Allowed<std::string> versions = Allowed<std::string>::all();            ///< MSH-12
  Allowed<std::string> processing_ids = {.any = false, .values = {"P"}};  ///< MSH-11
  std::optional<AcknowledgementMode> ack_mode;                            ///< nothing: any
  std::optional<AccessionOrder> accession_sought;
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
  bool requires_order = false;             ///< what is stored has to be ordered
  Hl7Agreement hl7;
};

struct Model {
  std::string name;
  std::vector<Zone> zones;
  std::vector<Device> devices;
  std::vector<Group> groups;
  std::vector<Service> services;
  std::vector<Flow> flows;
  WorkflowTimes workflow;
};

std::string_view to_text(ServiceProtocol protocol);
/// "104", "5900-5910"
std::string to_text(const PortRange& range);

/// Every device that a party stands for.
std::vector<std::uint32_t> devices_of(const Model& model, const Party& party);

/// Throws ConfigurationError with every mistake found, each with its line, its column and what would be right.
std::shared_ptr<const Model> load_model(const std::filesystem::path& file);
/// The same from text; `name` stands for the file in messages.
std::shared_ptr<const Model> parse_model(const std::string& text, const std::string& name);

}  // namespace dcmwatch
