#include "model/model_writer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <utility>

#include "event/dicom_names.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kWidth = 120;
constexpr std::string_view kAny = "any";

/// One entry of a map: a key and its value as it stands in YAML's flow style.
using Settings = std::vector<std::pair<std::string_view, std::string>>;

std::string list_of(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items) text.append(text.size() == 1 ? "" : ", ").append(item);
  return text + ']';
}

std::string list_of_scalars(const std::vector<std::string>& items) {
  std::vector<std::string> scalars;
  std::ranges::transform(items, std::back_inserter(scalars), yaml_scalar);
  return list_of(scalars);
}

template <typename Values, typename ToText>
std::string listed_as(const Values& values, const ToText& text_of) {
  std::vector<std::string> items;
  for (const auto& value : values) items.push_back(yaml_scalar(text_of(value)));
  return list_of(items);
}

std::string map_of(const Settings& settings) {
  std::string text = "{";
  for (const auto& [key, value] : settings)
    text.append(text.size() == 1 ? "" : ", ").append(key).append(": ").append(value);
  return text + '}';
}

void add_text(Settings& settings, std::string_view key, const std::string& text) {
  if (!text.empty()) settings.emplace_back(key, yaml_scalar(text));
}

void add_list(Settings& settings, std::string_view key, const std::vector<std::string>& items) {
  if (!items.empty()) settings.emplace_back(key, list_of_scalars(items));
}

void add_networks(Settings& settings, std::string_view key, const std::vector<Network>& networks) {
  if (networks.empty()) return;
  settings.emplace_back(key, listed_as(networks, [](const Network& network) {
                          const std::string text = to_text(network);
                          // A lone address stands alone.
                          return network.prefix_bits() == 128 ? text.substr(0, text.find('/')) : text;
                        }));
}

void add_ports(Settings& settings, const std::vector<PortRange>& ports) {
  if (!ports.empty())
    settings.emplace_back("ports", listed_as(ports, [](const PortRange& range) { return to_text(range); }));
}

std::string time_text(Duration time) {
  using namespace std::chrono;
  struct Unit {
    Duration length;
    std::string_view name;
  };
  static constexpr std::array<Unit, 5> kUnits{
      Unit{hours{24}, "d"}, {hours{1}, "h"}, {minutes{1}, "m"}, {seconds{1}, "s"}, {milliseconds{1}, "ms"}};
  const auto* const unit =
      std::ranges::find_if(kUnits, [time](const Unit& candidate) { return time % candidate.length == Duration{}; });
  const Unit& used = unit == kUnits.end() ? kUnits.back() : *unit;
  return std::to_string(time / used.length) + std::string{used.name};
}

std::string ends_text(const Allowed<Hl7End>& ends) {
  if (ends.any) return std::string{kAny};
  return listed_as(ends.values, [](const Hl7End& end) { return end.text; });
}

std::string allowed_text(const Allowed<std::string>& values) {
  return values.any ? std::string{kAny} : list_of_scalars(values.values);
}

std::string operations_text(const Operations& operations) {
  if (operations.any) return std::string{kAny};
  return listed_as(operations.values, [](std::uint16_t field) { return dicom_command_name(field); });
}

// By its name where that means it again.
std::string sop_class_text(const std::string& uid) {
  const std::string name{dicom_uid_name(uid)};
  return !name.empty() && !family_from(name) && !is_uid(name) && sop_class_uid_from(name) == uid ? name : uid;
}

std::string sop_classes_text(const SopClasses& classes) {
  if (classes.any) return std::string{kAny};
  std::vector<std::string> items;
  for (const std::string_view family : family_names(classes.families)) items.emplace_back(family);
  std::ranges::transform(classes.uids, std::back_inserter(items), sop_class_text);
  return list_of_scalars(items);
}

std::string party_text(const Model& model, const Party& party) {
  switch (party.kind) {
    case Party::Kind::device: return model.devices[party.index].name;
    case Party::Kind::group: return model.groups[party.index].name;
    case Party::Kind::zone: return "zone:" + model.zones[party.index].name;
    case Party::Kind::anybody: break;
  }
  return std::string{kAny};
}

std::string parties_text(const Model& model, const std::vector<Party>& parties) {
  if (parties.size() == 1) return yaml_scalar(party_text(model, parties.front()));
  return listed_as(parties, [&](const Party& party) { return party_text(model, party); });
}

/// Writes the entries of a section.
class Section {
 public:
  explicit Section(std::string indentation) : indentation_(std::move(indentation)) {}

  void put(const std::string& name, const Settings& settings, const Remarks& remarks) {
    for (const std::string& remark : remarks) text_ += indentation_ + "# " + remark + '\n';
    const std::string line = indentation_ + name + ": " + map_of(settings);
    if (line.size() <= kWidth) {
      text_ += line + '\n';
      return;
    }
    text_ += indentation_ + name + ":\n";
    for (const auto& [key, value] : settings) {
      text_ += indentation_ + "  ";
      text_.append(key).append(": ").append(value).append("\n");
    }
  }

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string indentation_;
  std::string text_;
};

const Remarks& remarks_at(const std::vector<Remarks>& remarks, std::size_t index) {
  static const Remarks kNone;
  return index < remarks.size() ? remarks[index] : kNone;
}

template <typename Entries, typename SettingsOf>
std::string entries_of(const Entries& entries, const std::vector<Remarks>& remarks, const EntriesWanted& wanted,
                       const SettingsOf& settings_of) {
  Section section{wanted.indentation};
  for (std::size_t i = wanted.first; i < entries.size(); ++i)
    section.put(entries[i].name, settings_of(entries[i]), remarks_at(remarks, i));
  return section.take();
}

Settings settings_of(const Zone& zone) {
  Settings settings;
  add_text(settings, "description", zone.description);
  add_text(settings, "purpose", zone.purpose);
  add_networks(settings, "networks", zone.networks);
  if (!zone.vlans.empty())
    settings.emplace_back("vlans", listed_as(zone.vlans, [](std::uint16_t vlan) { return std::to_string(vlan); }));
  if (zone.security_level) settings.emplace_back("security_level", std::to_string(*zone.security_level));
  if (zone.one_segment) settings.emplace_back("one_segment", "true");
  return settings;
}

std::string implementations_text(const std::vector<ExpectedImplementation>& implementations) {
  std::vector<std::string> maps;
  for (const ExpectedImplementation& one : implementations) {
    Settings settings;
    add_text(settings, "class_uid", one.class_uid);
    add_text(settings, "version", one.version_name);
    maps.push_back(map_of(settings));
  }
  return maps.size() == 1 ? maps.front() : list_of(maps);
}

Settings settings_of(const Model& model, const Device& device) {
  Settings settings;
  add_text(settings, "description", device.description);
  settings.emplace_back("zone", model.zones[device.zone].name);
  add_networks(settings, "addresses", device.addresses);
  add_networks(settings, "shared_addresses", device.shared_addresses);
  if (!device.macs.empty())
    settings.emplace_back("macs", listed_as(device.macs, [](const MacAddress& mac) { return to_text(mac); }));
  if (device.calls_as == device.answers_to) {
    add_list(settings, "ae_titles", device.calls_as);
  } else {
    add_list(settings, "calls_as", device.calls_as);
    add_list(settings, "answers_to", device.answers_to);
  }
  add_list(settings, "presents", device.presents);
  if (!device.hl7_names.empty())
    settings.emplace_back("hl7", listed_as(device.hl7_names, [](const Hl7End& end) { return end.text; }));
  add_text(settings, "role", std::string{to_text(device.role)});
  add_text(settings, "vendor", device.vendor);
  add_text(settings, "product", device.product);
  add_text(settings, "owner", device.owner);
  add_text(settings, "contact", device.contact);
  if (!device.implementations.empty())
    settings.emplace_back("implementation", implementations_text(device.implementations));
  add_list(settings, "quirks", device.quirks);
  return settings;
}

Settings settings_of(const Model& model, const Group& group) {
  Settings settings;
  add_text(settings, "description", group.description);
  settings.emplace_back("devices",
                        listed_as(group.devices, [&](std::uint32_t device) { return model.devices[device].name; }));
  return settings;
}

Settings settings_of(const Service& service) {
  Settings settings;
  add_text(settings, "description", service.description);
  settings.emplace_back("protocol", to_text(service.protocol));
  if (service.transports != std::vector{Transport::tcp}) {
    const auto name = [](Transport transport) { return transport == Transport::tcp ? "tcp" : "udp"; };
    settings.emplace_back("transport", service.transports.size() == 1 ? name(service.transports.front())
                                                                      : listed_as(service.transports, name));
  }
  add_ports(settings, service.ports);
  if (service.tls != TransportSecurity::allowed)
    settings.emplace_back("tls", service.tls == TransportSecurity::required ? "required" : "forbidden");
  return settings;
}

void add_schedule(Settings& settings, std::string_view key, const std::optional<Schedule>& schedule,
                  const std::string& time_zone) {
  if (!schedule) return;
  std::string hours = listed_as(schedule->hours, [](const WeeklyHours& one) { return to_text(one); });
  if (schedule->time_zone != time_zone)
    hours = map_of({{"hours", hours}, {"time_zone", yaml_scalar(schedule->time_zone)}});
  settings.emplace_back(key, std::move(hours));
}

void add_rates(Settings& settings, const std::vector<HourlyRate>& rates) {
  if (rates.empty()) return;
  Settings all;
  for (const HourlyRate& rate : rates) {
    std::string range = std::to_string(rate.most);
    if (rate.least != 0) range = std::to_string(rate.least) + '-' + range;
    all.emplace_back(to_text(rate.what), std::move(range));
  }
  settings.emplace_back("per_hour", map_of(all));
}

void add_dicom(Settings& settings, const Flow& flow) {
  if (flow.calling_ae) settings.emplace_back("calling_ae", allowed_text(*flow.calling_ae));
  if (flow.called_ae) settings.emplace_back("called_ae", allowed_text(*flow.called_ae));
  settings.emplace_back("operations", operations_text(flow.operations));
  const Operations& by_acceptor = flow.acceptor_operations;
  if (by_acceptor.any || !by_acceptor.values.empty())
    settings.emplace_back("acceptor_operations", operations_text(by_acceptor));
  const SopClasses& classes = flow.sop_classes;
  if (classes.any || classes.families != 0 || !classes.uids.empty())
    settings.emplace_back("sop_classes", sop_classes_text(classes));
  if (flow.move_destinations.any || !flow.move_destinations.values.empty())
    settings.emplace_back("move_destinations", allowed_text(flow.move_destinations));
  if (!flow.transfer_syntaxes.any)
    settings.emplace_back("transfer_syntaxes", list_of_scalars(flow.transfer_syntaxes.values));
  std::vector<std::string> required;
  if (flow.requires_order) required.emplace_back("order");
  if (flow.requires_worklist_entry) required.emplace_back("worklist entry");
  add_list(settings, "requires", required);
}

void add_hl7(Settings& settings, const Flow& flow) {
  static constexpr std::array<std::string_view, 3> kModes{"original", "enhanced", "none"};  // by AcknowledgementMode
  static constexpr std::array<std::string_view, kAccessionFields> kPlaces{"IPC-1", "OBR-18", "OBR-3",
                                                                          "ORC-3"};  // by AccessionField
  const Hl7Agreement& agreed = flow.hl7;
  settings.emplace_back("message_types", allowed_text(flow.message_types));
  if (!agreed.senders.any || agreed.any_sender) settings.emplace_back("senders", ends_text(agreed.senders));
  if (!agreed.receivers.any || agreed.any_receiver) settings.emplace_back("receivers", ends_text(agreed.receivers));
  if (!agreed.versions.any) settings.emplace_back("versions", allowed_text(agreed.versions));
  if (agreed.processing_ids.any || agreed.processing_ids.values != Hl7Agreement{}.processing_ids.values)
    settings.emplace_back("processing_ids", allowed_text(agreed.processing_ids));
  if (agreed.ack_mode) settings.emplace_back("ack", kModes[static_cast<std::size_t>(*agreed.ack_mode)]);
  if (agreed.accession_sought) {
    settings.emplace_back("accession_from", listed_as(agreed.accession_sought->fields(), [](AccessionField field) {
                            return kPlaces[static_cast<std::size_t>(field)];
                          }));
  }
}

Settings settings_of(const Model& model, const Flow& flow, const std::string& time_zone) {
  const Service& service = model.services[flow.service];
  const auto same_range = [](PortRange one, PortRange other) {
    return one.first == other.first && one.last == other.last;
  };
  Settings settings;
  add_text(settings, "description", flow.description);
  settings.emplace_back("from", parties_text(model, flow.from));
  settings.emplace_back("to", parties_text(model, flow.to));
  settings.emplace_back("service", service.name);
  if (!std::ranges::equal(flow.ports, service.ports, same_range)) add_ports(settings, flow.ports);
  if (service.protocol == ServiceProtocol::dicom) add_dicom(settings, flow);
  if (service.protocol == ServiceProtocol::hl7) add_hl7(settings, flow);
  add_schedule(settings, "when", flow.windows, time_zone);
  add_schedule(settings, "quiet", flow.quiet_hours, time_zone);
  if (flow.seen_every) settings.emplace_back("seen_every", time_text(*flow.seen_every));
  add_rates(settings, flow.rates);
  if (flow.answer_within) settings.emplace_back("answer_within", time_text(*flow.answer_within));
  add_text(settings, "justification", flow.justification);
  add_text(settings, "ticket", flow.ticket);
  add_text(settings, "owner", flow.owner);
  add_text(settings, "expires", flow.expires_on);
  return settings;
}

// Declared once from and to several zones.
Settings settings_of_conduits(const Model& model, std::size_t first) {
  const Conduit& conduit = model.conduits[first];
  std::vector<std::string> from, to, services;
  const auto add = [](std::vector<std::string>& names, const std::string& name) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  };
  for (const Conduit& pair : model.conduits) {
    if (pair.name != conduit.name) continue;
    add(from, model.zones[pair.from].name);
    add(to, model.zones[pair.to].name);
  }
  for (const std::uint32_t service : conduit.services) services.push_back(model.services[service].name);
  Settings settings;
  add_text(settings, "description", conduit.description);
  settings.emplace_back("from", list_of(from));
  settings.emplace_back("to", list_of(to));
  settings.emplace_back("services", services.empty() ? std::string{kAny} : list_of(services));
  return settings;
}

Settings settings_of(const Model& model, const Denial& denial) {
  Settings settings;
  add_text(settings, "description", denial.description);
  settings.emplace_back("from", parties_text(model, denial.from));
  settings.emplace_back("to", parties_text(model, denial.to));
  if (denial.service) settings.emplace_back("service", model.services[*denial.service].name);
  add_text(settings, "justification", denial.justification);
  return settings;
}

Settings settings_of(const WorkflowTimes& times) {
  const WorkflowTimes usual;
  Settings settings;
  const auto add = [&](std::string_view key, const std::optional<Duration>& time,
                       const std::optional<Duration>& usually) {
    if (time != usually) settings.emplace_back(key, time ? time_text(*time) : "none");
  };
  add("images", times.images, usual.images);
  add("commitment", times.commitment, usual.commitment);
  add("report", times.report, usual.report);
  return settings;
}

/// The clocks by which the last days of flows end; the model keeps the moments alone.
std::string time_zone_of(const Model& model) {
  const auto ends_all = [&](const std::string& zone) {
    return std::ranges::all_of(model.flows, [&](const Flow& flow) {
      return !flow.expires || end_of_day(flow.expires_on, zone) == flow.expires;
    });
  };
  std::set<std::string> likely{Schedule{}.time_zone};
  for (const Flow& flow : model.flows) {
    for (const auto* const schedule : {&flow.windows, &flow.quiet_hours}) {
      if (*schedule) likely.insert((*schedule)->time_zone);
    }
  }
  if (ends_all(Schedule{}.time_zone)) return Schedule{}.time_zone;
  for (const std::string& zone : likely) {
    if (ends_all(zone)) return zone;
  }
  for (const std::string_view zone : time_zone_names()) {
    if (ends_all(std::string{zone})) return std::string{zone};
  }
  return Schedule{}.time_zone;
}

std::string denial_entries(const Model& model) {
  return entries_of(model.denials, {}, {}, [&](const Denial& denial) { return settings_of(model, denial); });
}

}  // namespace

std::string yaml_scalar(std::string_view text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '^' || c == '/' || c == '-' || c == ' ';
  };
  const auto is_edge = [&](char c) { return is_plain(c) && c != ' ' && c != '-'; };
  if (!text.empty() && std::ranges::all_of(text, is_plain) && is_edge(text.front()) && is_edge(text.back()) &&
      text != "null" && text != "Null" && text != "NULL") {
    return std::string{text};
  }
  std::string quoted = "\"";
  for (const char c : text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += "\\x";
      quoted += kDigits[byte >> 4];
      quoted += kDigits[byte & 15];
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string zone_entries(const Model& model, const ModelRemarks& remarks, const EntriesWanted& wanted) {
  return entries_of(model.zones, remarks.zones, wanted, [](const Zone& zone) { return settings_of(zone); });
}

std::string device_entries(const Model& model, const ModelRemarks& remarks, const EntriesWanted& wanted) {
  return entries_of(model.devices, remarks.devices, wanted,
                    [&](const Device& device) { return settings_of(model, device); });
}

std::string group_entries(const Model& model, const ModelRemarks& remarks, const EntriesWanted& wanted) {
  return entries_of(model.groups, remarks.groups, wanted,
                    [&](const Group& group) { return settings_of(model, group); });
}

std::string service_entries(const Model& model, const ModelRemarks& remarks, const EntriesWanted& wanted) {
  return entries_of(model.services, remarks.services, wanted,
                    [](const Service& service) { return settings_of(service); });
}

std::string flow_entries(const Model& model, const ModelRemarks& remarks, const EntriesWanted& wanted) {
  const std::string zone = time_zone_of(model);
  return entries_of(model.flows, remarks.flows, wanted,
                    [&](const Flow& flow) { return settings_of(model, flow, zone); });
}

std::vector<std::string> flow_lines(const Model& model, const std::vector<std::uint32_t>& flows) {
  const std::string zone;  // so that each says its own
  std::vector<std::string> lines;
  for (const std::uint32_t flow : flows) {
    const Flow& declared = model.flows[flow];
    lines.push_back(declared.name + map_of(settings_of(model, declared, zone)) +
                    map_of(settings_of(model.services[declared.service])));
  }
  return lines;
}

std::string conduit_entries(const Model& model, const EntriesWanted& wanted) {
  Section section{wanted.indentation};
  for (std::size_t i = wanted.first; i < model.conduits.size(); ++i) {
    const auto is_same = [&](const Conduit& conduit) { return conduit.name == model.conduits[i].name; };
    const auto first = std::ranges::find_if(model.conduits, is_same);
    if (static_cast<std::size_t>(first - model.conduits.begin()) == i)
      section.put(model.conduits[i].name, settings_of_conduits(model, i), {});
  }
  return section.take();
}

std::string to_yaml(const Model& model, const ModelRemarks& remarks) {
  std::string text;
  for (const std::string& line : remarks.head) text += line.empty() ? "#\n" : "# " + line + '\n';
  if (!model.name.empty()) text += "name: " + yaml_scalar(model.name) + '\n';
  if (!model.description.empty()) text += "description: " + yaml_scalar(model.description) + '\n';
  if (const std::string zone = time_zone_of(model); zone != Schedule{}.time_zone)
    text += "time_zone: " + yaml_scalar(zone) + '\n';
  const auto put = [&text](std::string_view section, const std::string& entries) {
    if (!entries.empty()) text.append("\n").append(section).append(":\n").append(entries);
  };
  put("zones", zone_entries(model, remarks, {}));
  put("devices", device_entries(model, remarks, {}));
  put("groups", group_entries(model, remarks, {}));
  put("services", service_entries(model, remarks, {}));
  put("flows", flow_entries(model, remarks, {}));
  put("conduits", conduit_entries(model, {}));
  put("denials", denial_entries(model));
  if (const Settings workflow = settings_of(model.workflow); !workflow.empty())
    text += "\nworkflow: " + map_of(workflow) + '\n';
  if (!remarks.foot.empty()) text += '\n';
  for (const std::string& line : remarks.foot) text += "# " + line + '\n';
  return text;
}

}  // namespace dcmwatch
