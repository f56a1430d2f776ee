// The data-flow diagram of a model: what is drawn, and joined by what, whatever draws it. A department has to stay
// legible on one sheet, so devices that all flows treat alike share a card, flows between the same two ends share an
// edge, and a flow from a whole zone begins at the zone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/model.h"

namespace dcmwatch {

/// Of a flow, or of what of it went between two devices, what captures showed.
struct SeenFlow {
  std::uint64_t count = 0;      ///< operations, messages or, of what is not decoded, connections
  std::uint64_t deviating = 0;  ///< of these
  bool in_part = false;         ///< something of it was seen, and not what it carried
  bool within_tls = false;      ///< some of it
  bool in_clear = false;        ///< likewise
  bool out_of_sight = false;    ///< nothing was seen, and need not have been: of one of its ends nothing, or not all
};

struct DeclaredTraffic {
  std::uint32_t flow = 0;
  std::uint32_t from = 0, to = 0;  ///< devices; the other way round where nobody saw who opened the connection
  SeenFlow seen;
};

/// One end of what was seen and not declared: a device, or somebody undeclared.
struct SeenEnd {
  std::optional<std::uint32_t> device;
  std::optional<std::uint32_t> zone;
  std::string address;  ///< of somebody undeclared

  friend auto operator<=>(const SeenEnd&, const SeenEnd&) = default;
};

struct UndeclaredTraffic {
  SeenEnd from;
  std::optional<SeenEnd> to;  ///< nothing: everybody
  std::string what;           ///< "dicom 11112", "tls 443"
  std::uint64_t count = 0;
};

/// What is laid over what was declared.
struct Sightings {
  std::vector<DeclaredTraffic> declared;  ///< by flow
  std::vector<bool> devices_in_sight;     ///< by device: something of it was seen
  std::vector<UndeclaredTraffic> undeclared;
  std::vector<std::uint32_t> not_visible;  ///< flows, ascending, of which nothing was seen that need not be silent
};

enum class Folding : std::uint8_t {
  alike,    ///< devices of a zone that every flow treats alike stand together
  devices,  ///< each for itself
  zones     ///< all of a zone stand together
};

struct Diagram {
  /// A part of the drawing that edges may end at.
  struct End {
    enum class Kind : std::uint8_t { card, zone };
    Kind kind = Kind::card;
    std::size_t index = 0;

    friend auto operator<=>(const End&, const End&) = default;
  };
  struct Row {
    std::string name, titles, addresses, description;
  };
  struct Card {
    enum class Kind : std::uint8_t { devices, group, undeclared };
    Kind kind = Kind::devices;
    std::optional<std::size_t> zone;  ///< nothing: outside all of them
    DeviceRole role = DeviceRole::unspecified;
    std::string title;  ///< of a group and of several undeclared
    std::vector<Row> rows;
    std::size_t not_shown = 0;  ///< rows beyond the first few
  };
  struct Zone {
    std::string name, purpose, networks;
    std::optional<std::uint8_t> security_level;
    std::vector<std::size_t> cards;
  };
  /// One flow on an edge.
  struct Label {
    std::string flow, service;  ///< "dicom 11112"
    ServiceProtocol protocol = ServiceProtocol::other;
    TransportSecurity tls = TransportSecurity::allowed;
    std::optional<SeenFlow> seen;  ///< nothing: no captures were laid over it
  };
  struct Edge {
    End from, to;
    std::vector<Label> labels;                        ///< none: undeclared
    std::map<std::string, std::uint64_t> undeclared;  ///< what, and how often

    [[nodiscard]] bool silent() const;        ///< none of it was seen, though it could have been
    [[nodiscard]] bool out_of_sight() const;  ///< none of it could be seen
    [[nodiscard]] bool hidden() const;        ///< connections were seen, and nothing of what they carried
    [[nodiscard]] bool within_tls() const;    ///< all that flows here has to be, or was seen to be
  };
  struct Conduit {
    std::string name, services;
    std::size_t from = 0, to = 0;  ///< zones
  };

  std::string title;
  std::vector<Zone> zones;
  std::vector<Card> cards;
  std::vector<Edge> edges;  ///< each two ends once, in each direction
  std::vector<Conduit> conduits;
  std::size_t denials = 0;
  bool overlaid = false;
};

/// `sightings` may be null.
Diagram diagram_of(const Model& model, const Sightings* sightings, Folding folding);

/// `date` is said beside the title. Whatever the model's texts hold, each stays within its label.
std::string draw_dot(const Diagram& diagram, const std::string& date);
std::string draw_mermaid(const Diagram& diagram, const std::string& date);

}  // namespace dcmwatch
