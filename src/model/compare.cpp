#include "model/compare.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "model/address_spans.h"
#include "model/compared_model.h"
#include "model/difference_account.h"
#include "model/pairing.h"
#include "model/terms.h"

namespace dcmwatch {
namespace {

using Index = std::uint32_t;

template <typename Values, typename Text>
Items texts_of(const Values& values, const Text& text) {
  Items items;
  for (const auto& value : values) items.emplace_back(text(value));
  return items;
}

std::string block_text(const std::vector<Network>& networks) {
  std::string text;
  for (const std::string& block : texts_of(spans_of(networks))) text += block + ' ';
  return text;
}

std::string port_text(const PortRange& range) { return to_text(range); }
std::string vlan_text(std::uint16_t vlan) { return std::to_string(vlan); }
std::string mac_text(const MacAddress& mac) { return to_text(mac); }
std::string_view transport_text(Transport transport) { return transport == Transport::tcp ? "tcp" : "udp"; }
std::string end_text(const Hl7End& end) { return end.text; }
std::string implementation_text(const ExpectedImplementation& expected) {
  return expected.class_uid + (expected.version_name.empty() ? "" : ' ' + expected.version_name);
}
std::string_view security_text(TransportSecurity security) {
  static constexpr std::array<std::string_view, 3> kNames{"allowed", "forbidden", "required"};
  return kNames[static_cast<std::size_t>(security)];
}
std::string level_text(const std::optional<std::uint8_t>& level) { return level ? std::to_string(*level) : ""; }

/// Between each from and each to, over whichever service: what a conduit or a denial is about.
struct Joint {
  bool any = false;  ///< service
  std::vector<Index> services;
};

class Comparer {
 public:
  Comparer(const std::shared_ptr<const Model>& before, const std::shared_ptr<const Model>& after, std::size_t steps)
      : before_(*before),
        after_(*after),
        zones_(pair_zones()),
        devices_(pair_devices()),
        services_(pair_services()),
        zone_ids_(ids_after(zones_)),
        service_ids_(ids_after(services_)),
        earlier_(before, ids_before(devices_)),
        later_(after, ids_after(devices_)),
        groups_(pair_groups()),
        flows_(pair_by_name(before_.flows, after_.flows)),
        steps_(steps) {
    pair_by_content(
        flows_, [this](Index flow) { return content_of(earlier_, flow); },
        [this](Index flow) { return content_of(later_, flow); });
  }

  Comparison run() {
    compare_model();
    for_each(ModelPart::zone, zones_, before_.zones, after_.zones, compare_zone);
    for_each(
        ModelPart::device, devices_, before_.devices, after_.devices,
        [this](const ComparedEntry& entry, const Device& was, const Device& is) { compare_device(entry, was, is); });
    for_each(ModelPart::group, groups_, before_.groups, after_.groups,
             [this](const ComparedEntry& entry, const Group& was, const Group& is) { compare_group(entry, was, is); });
    for_each(ModelPart::service, services_, before_.services, after_.services, compare_service);
    compare_flows();
    compare_conduits();
    compare_denials();
    return {.differences = account_.take(), .whole = steps_ != 0};
  }

 private:
  // Who has the same networks, addresses, devices, … is the same, under whatever name.

  Pairing pair_zones() {
    Pairing zones = pair_by_name(before_.zones, after_.zones);
    pair_by_content(
        zones, [this](Index zone) { return block_text(before_.zones[zone].networks); },
        [this](Index zone) { return block_text(after_.zones[zone].networks); });
    return zones;
  }

  Pairing pair_devices() {
    Pairing devices = pair_by_name(before_.devices, after_.devices);
    pair_by_content(
        devices, [this](Index device) { return block_text(before_.devices[device].addresses); },
        [this](Index device) { return block_text(after_.devices[device].addresses); });
    return devices;
  }

  static std::string content_of(const Service& service) {
    std::string content = std::string{to_text(service.protocol)} + ' ' + std::string{security_text(service.tls)};
    for (const std::string& port : in_order(texts_of(service.ports, port_text))) content += ' ' + port;
    for (const std::string& transport : in_order(texts_of(service.transports, transport_text)))
      content += ' ' + transport;
    return content;
  }

  Pairing pair_services() {
    Pairing services = pair_by_name(before_.services, after_.services);
    pair_by_content(
        services, [this](Index service) { return content_of(before_.services[service]); },
        [this](Index service) { return content_of(after_.services[service]); });
    return services;
  }

  Pairing pair_groups() {
    Pairing groups = pair_by_name(before_.groups, after_.groups);
    const auto content = [](ComparedModel& model, Index group) {
      std::string text;
      for (const DeviceId device : model.ends_of({{Party::Kind::group, group}}).devices)
        text += std::to_string(device) + ' ';
      return text;
    };
    pair_by_content(
        groups, [&](Index group) { return content(earlier_, group); },
        [&](Index group) { return content(later_, group); });
    return groups;
  }

  static std::string content_of(ComparedModel& model, Index flow) {
    const Flow& declared = model.model().flows[flow];
    std::string content;
    for (const auto* parties : {&declared.from, &declared.to}) {
      for (const DeviceId device : model.ends_of(*parties).devices) content += std::to_string(device) + ' ';
      content += '/';
    }
    const Terms& terms = model.terms_of(flow);
    for (const Choice& choice : terms.choices) {
      content += choice.any ? "any" : choice.own ? "own" : "";
      for (const std::string& item : choice.items) content += item + ',';
      content += '/';
    }
    for (const std::int64_t bound : terms.bounds) content += std::to_string(bound) + '/';
    for (const auto* schedule : {terms.windows, terms.quiet_hours})
      content += (*schedule ? as_declared(**schedule) : "") + '/';
    return content;
  }

  /// What is new and what is gone of one kind; of the others, `compare` and whether they were renamed.
  template <typename Part, typename Compare>
  void for_each(ModelPart part, const Pairing& pairing, const std::vector<Part>& before, const std::vector<Part>& after,
                const Compare& compare) {
    const bool opens = part == ModelPart::zone || part == ModelPart::device;
    for (Index i = 0; i < after.size(); ++i) {
      const ComparedEntry entry{account_, part, after[i].name};
      if (!pairing.before_of[i]) {
        entry.say(opens ? Effect::opens : Effect::none, {}, "is new" + description_of(after_, after[i]));
        continue;
      }
      const Part& was = before[*pairing.before_of[i]];
      entry.renamed(was.name, after[i].name);
      entry.words("description", was.description, after[i].description);
      compare(entry, was, after[i]);
    }
    for (Index i = 0; i < before.size(); ++i) {
      if (pairing.after_of[i]) continue;
      ComparedEntry{account_, part, before[i].name}.say(opens ? Effect::closes : Effect::none, {},
                                                        "is gone" + description_of(before_, before[i]));
    }
  }

  static std::string description_of(const Model&, const Zone& zone) {
    return filled(": {}", texts_of(spans_of(zone.networks)));
  }
  static std::string description_of(const Model& model, const Device& device) {
    const Items addresses = texts_of(spans_of(device.addresses));
    return " in zone " + model.zones[device.zone].name + (addresses.empty() ? "" : filled(", at {}", addresses));
  }
  static std::string description_of(const Model& model, const Group& group) {
    return filled(": {}", texts_of(group.devices, [&](Index device) { return model.devices[device].name; }));
  }
  static std::string description_of(const Model&, const Service& service) {
    return ": " + std::string{to_text(service.protocol)} + filled(" on {}", texts_of(service.ports, port_text));
  }

  void compare_model() {
    const ComparedEntry entry{account_, ModelPart::model, {}};
    entry.words("name", before_.name, after_.name);
    const auto step = [&](std::string_view name, const std::optional<Duration>& was,
                          const std::optional<Duration>& is) {
      if (was == is) return;
      const auto text = [](const std::optional<Duration>& time) { return time ? as_declared(*time) : "none"; };
      // A step that is not expected at all is never late.
      const bool opens = was && (!is || *is > *was);
      entry.say(opens ? Effect::opens : Effect::closes, "workflow",
                "the time for " + std::string{name} + ' ' + text(was) + " became " + text(is), {text(was)}, {text(is)});
    };
    step("images", before_.workflow.images, after_.workflow.images);
    step("commitment", before_.workflow.commitment, after_.workflow.commitment);
    step("report", before_.workflow.report, after_.workflow.report);
  }

  static void compare_zone(const ComparedEntry& entry, const Zone& was, const Zone& is) {
    entry.addresses("networks", was.networks, is.networks, "{} belongs to it", "{} belongs to it no more");
    entry.list_if_declared("vlans", texts_of(was.vlans, vlan_text), texts_of(is.vlans, vlan_text),
                           "VLAN {} may be seen", "VLAN {} may be seen no more");
    if (was.one_segment != is.one_segment) {
      entry.say(is.one_segment ? Effect::closes : Effect::opens, "one_segment",
                is.one_segment ? "its devices' MACs are checked" : "its devices' MACs are checked no more");
    }
    entry.words("security_level", level_text(was.security_level), level_text(is.security_level));
    entry.words("purpose", was.purpose, is.purpose);
  }

  void compare_device(const ComparedEntry& entry, const Device& was, const Device& is) const {
    if (was.zone != zone_ids_[is.zone]) {
      const std::string from = before_.zones[was.zone].name, to = after_.zones[is.zone].name;
      entry.say(Effect::opens, "zone", "moved from zone " + from + " to " + to, {from}, {to});
    }
    entry.addresses("addresses", was.addresses, is.addresses, "may be at {}", "may be at {} no more");
    entry.addresses("shared_addresses", was.shared_addresses, is.shared_addresses, "may stand behind {}",
                    "may stand behind {} no more");
    entry.list_if_declared("macs", texts_of(was.macs, mac_text), texts_of(is.macs, mac_text), "may have the MAC {}",
                           "may have the MAC {} no more");
    entry.list("calls_as", was.calls_as, is.calls_as, "may call as {}", "may call as {} no more");
    entry.list("answers_to", was.answers_to, is.answers_to, "may answer to {}", "may answer to {} no more");
    entry.list("presents", was.presents, is.presents, "may present the title {}", "may present the title {} no more");
    entry.list_if_declared("hl7_names", texts_of(was.hl7_names, end_text), texts_of(is.hl7_names, end_text),
                           "may call itself {} in HL7", "may call itself {} in HL7 no more");
    entry.list_if_declared("implementations", texts_of(was.implementations, implementation_text),
                           texts_of(is.implementations, implementation_text), "may run {}", "may run {} no more");
    entry.list("quirks", was.quirks, is.quirks, "{} is tolerated", "{} is tolerated no more");
    // Rules spare what is a role's work.
    entry.words("role", std::string{to_text(was.role)}, std::string{to_text(is.role)},
                is.role == DeviceRole::unspecified ? Effect::closes : Effect::opens);
    entry.words("vendor", was.vendor, is.vendor);
    entry.words("product", was.product, is.product);
    entry.words("owner", was.owner, is.owner);
    entry.words("contact", was.contact, is.contact);
  }

  // What follows from a group or a service is told of the flows that name it.
  void compare_group(const ComparedEntry& entry, const Group& was, const Group& is) const {
    const auto name = [](const Model& model) { return [&model](Index device) { return model.devices[device].name; }; };
    // By the later names, so that who was renamed neither came nor went.
    const auto later_name = [&](Index device) {
      return devices_.after_of[device] ? after_.devices[*devices_.after_of[device]].name : before_.devices[device].name;
    };
    entry.list("devices", texts_of(was.devices, later_name), texts_of(is.devices, name(after_)), "{} belongs to it",
               "{} belongs to it no more", Effect::none, Effect::none);
  }

  static void compare_service(const ComparedEntry& entry, const Service& was, const Service& is) {
    entry.words("protocol", std::string{to_text(was.protocol)}, std::string{to_text(is.protocol)});
    entry.words("tls", std::string{security_text(was.tls)}, std::string{security_text(is.tls)});
    entry.list("ports", texts_of(was.ports, port_text), texts_of(is.ports, port_text), "port {} is its own",
               "port {} is its own no more", Effect::none, Effect::none);
    entry.list("transport", texts_of(was.transports, transport_text), texts_of(is.transports, transport_text),
               "goes over {}", "goes over {} no more", Effect::none, Effect::none);
  }

  void compare_flows() {
    for (Index flow = 0; flow < after_.flows.size(); ++flow) {
      const ComparedEntry entry{account_, ModelPart::flow, after_.flows[flow].name};
      if (!flows_.before_of[flow]) {
        tell_whole(entry, later_, earlier_, flow, Effect::opens, "is new", "all of it was allowed before");
      } else {
        compare_flow(entry, *flows_.before_of[flow], flow);
      }
    }
    for (Index flow = 0; flow < before_.flows.size(); ++flow) {
      if (flows_.after_of[flow]) continue;
      const ComparedEntry entry{account_, ModelPart::flow, before_.flows[flow].name};
      tell_whole(entry, earlier_, later_, flow, Effect::closes, "is gone", "all of it is still allowed");
    }
  }

  void tell_whole(const ComparedEntry& entry, ComparedModel& model, ComparedModel& other, Index flow, Effect effect,
                  std::string what, std::string_view if_allowed) {
    const Flow& declared = model.model().flows[flow];
    const Items from = names_of(model, model.ends_of(declared.from).devices);
    const Items to = names_of(model, model.ends_of(declared.to).devices);
    what += ": " + filled("{}", from) + " to " + filled("{}", to) + ", " +
            model.model().services[declared.service].name + filled(" on {}", texts_of(declared.ports, port_text));
    const bool allowed = other.allows(model.ends_of(declared.from).devices, model.ends_of(declared.to).devices,
                                      model.terms_of(flow), steps_);
    if (allowed) what += "; " + std::string{if_allowed};
    entry.say(allowed ? Effect::none : effect, {}, std::move(what));
  }

  static Items names_of(const ComparedModel& model, const std::vector<DeviceId>& devices) {
    return texts_of(devices, [&](DeviceId device) { return model.name_of(device); });
  }

  /// One of two flows, to be asked what it has beyond the other.
  struct Half {
    ComparedModel& model;
    Index flow;
    const Ends& from;
    const Ends& to;
    const Terms& terms;

    Half(ComparedModel& its_model, Index its_flow)
        : model(its_model),
          flow(its_flow),
          from(model.ends_of(declared().from)),
          to(model.ends_of(declared().to)),
          terms(model.terms_of(flow)) {}
    [[nodiscard]] const Flow& declared() const { return model.model().flows[flow]; }
  };

  void compare_flow(const ComparedEntry& entry, Index before, Index after) {
    const Half was{earlier_, before};
    const Half is{later_, after};
    const Flow& old_flow = was.declared();
    const Flow& new_flow = is.declared();
    entry.renamed(old_flow.name, new_flow.name);
    compare_halves(entry, was, is, Effect::opens);
    compare_halves(entry, is, was, Effect::closes);
    compare_bounds(entry, was, is);
    compare_schedules(entry, was, is);
    if (old_flow.service != service_ids_[new_flow.service])
      entry.words("service", before_.services[old_flow.service].name, after_.services[new_flow.service].name);
    entry.words("description", old_flow.description, new_flow.description);
    entry.words("justification", old_flow.justification, new_flow.justification);
    entry.words("ticket", old_flow.ticket, new_flow.ticket);
    entry.words("owner", old_flow.owner, new_flow.owner);
    if (sought(old_flow) != sought(new_flow)) entry.words("accession_from", sought(old_flow), sought(new_flow));
  }

  static std::string sought(const Flow& flow) {
    static constexpr std::array<std::string_view, kAccessionFields> kFields{"IPC-1", "OBR-18", "OBR-3", "ORC-3"};
    std::string text;
    if (!flow.hl7.accession_sought) return text;
    for (const AccessionField field : flow.hl7.accession_sought->fields())
      text += (text.empty() ? "" : ", ") + std::string{kFields[static_cast<std::size_t>(field)]};
    return text;
  }

  /// What `half` has beyond `other`: devices and choices. The effect if no other flow makes up for it.
  void compare_halves(const ComparedEntry& entry, const Half& other, const Half& half, Effect effect) {
    const bool came = effect == Effect::opens;
    const auto say = [&](Effect said, std::string_view setting, const std::string& what, const Items& items) {
      entry.say(said, setting, what, came ? Items{} : items, came ? items : Items{});
    };
    const auto say_devices = [&](std::string_view setting, const std::vector<DeviceId>& devices, bool opener,
                                 std::string_view sentence) {
      std::vector<DeviceId> told, made_up;
      for (const DeviceId device : devices) {
        const std::vector<DeviceId> lone{device};
        const bool allowed =
            other.model.allows(opener ? lone : half.from.devices, opener ? half.to.devices : lone, half.terms, steps_);
        (allowed ? made_up : told).push_back(device);
      }
      if (!told.empty()) {
        const Items names = names_of(half.model, told);
        say(effect, setting, filled(sentence, names), names);
      }
      if (!made_up.empty()) {
        const Items names = names_of(half.model, made_up);
        say(Effect::none, setting, filled(sentence, names) + made_up_for(effect), names);
      }
    };
    say_devices("from", beyond_devices(other.from, half.from), true,
                came ? "{} may open it" : "{} may open it no more");
    say_devices("to", beyond_devices(other.to, half.to), false,
                came ? "{} may be reached" : "{} may be reached no more");
    for (std::size_t setting = 0; setting < kChoices; ++setting) {
      const Items items = beyond(other.terms, half.terms, setting);
      if (items.empty()) continue;
      Items told, made_up;
      for (const std::string& item : items) {
        Terms part = half.terms;
        if (!part.choices[setting].any) part.choices[setting] = {.any = false, .items = {item}, .own = nullptr};
        const bool allowed = other.model.allows(half.from.devices, half.to.devices, part, steps_);
        (allowed ? made_up : told).push_back(item);
      }
      const ChoiceSetting& said = choice_setting(setting);
      const std::string_view sentence = came ? said.more : said.less;
      if (const Items names = named(setting, told); !told.empty())
        say(effect, said.name, filled(sentence, names), names);
      if (const Items names = named(setting, made_up); !made_up.empty())
        say(Effect::none, said.name, filled(sentence, names) + made_up_for(effect), names);
    }
  }

  static std::string made_up_for(Effect effect) {
    return effect == Effect::opens ? ", as it was before by another flow" : ", but still is by another flow";
  }

  static std::vector<DeviceId> beyond_devices(const Ends& taken, const Ends& ends) {
    std::vector<DeviceId> left;
    std::ranges::set_difference(ends.devices, taken.devices, std::back_inserter(left));
    return left;
  }

  /// The effect of what loosened or tightened, unless another flow makes up for it.
  Effect effect_of(bool opens, const Half& was, const Half& is) {
    const Half& wider = opens ? is : was;
    ComparedModel& other = opens ? was.model : is.model;
    if (other.allows(wider.from.devices, wider.to.devices, wider.terms, steps_)) return Effect::none;
    return opens ? Effect::opens : Effect::closes;
  }

  void compare_bounds(const ComparedEntry& entry, const Half& was, const Half& is) {
    for (std::size_t setting = 0; setting < kBounds; ++setting) {
      const std::int64_t before = was.terms.bounds[setting], after = is.terms.bounds[setting];
      if (before == after) continue;
      const BoundSetting& said = bound_setting(setting);
      entry.say(effect_of(after > before, was, is), said.name,
                std::string{said.meaning} + ": " + said.text(before) + " became " + said.text(after),
                {said.text(before)}, {said.text(after)});
    }
  }

  void compare_schedules(const ComparedEntry& entry, const Half& was, const Half& is) {
    const auto compare = [&](std::string_view setting, const std::optional<Schedule>& before,
                             const std::optional<Schedule>& after, bool absent_is_none) {
      const bool more = reaches_beyond(before, after, absent_is_none);
      const bool less = reaches_beyond(after, before, absent_is_none);
      if (!more && !less) return;
      const auto text = [&](const std::optional<Schedule>& schedule) {
        return schedule ? as_declared(*schedule) : absent_is_none ? "none" : "any time";
      };
      entry.say(effect_of(more, was, is), setting, std::string{setting} + ' ' + text(before) + " became " + text(after),
                {text(before)}, {text(after)});
    };
    compare("windows", *was.terms.windows, *is.terms.windows, false);
    compare("quiet_hours", *was.terms.quiet_hours, *is.terms.quiet_hours, true);
  }

  // Conduits are one by the zones that they join.

  struct Crossing {
    Joint joint;
    std::string name;  ///< of the conduits
  };
  using Crossings = std::map<std::pair<Index, Index>, Crossing>;

  static Crossings crossings_of(const Model& model, const std::vector<Index>& zones,
                                const std::vector<Index>& services) {
    Crossings crossings;
    for (const Conduit& conduit : model.conduits) {
      Crossing& crossing = crossings[{zones[conduit.from], zones[conduit.to]}];
      crossing.name += (crossing.name.empty() ? "" : "+") + conduit.name;
      crossing.joint.any |= conduit.services.empty();
      for (const Index service : conduit.services) crossing.joint.services.push_back(services[service]);
      std::sort(crossing.joint.services.begin(), crossing.joint.services.end());
    }
    return crossings;
  }

  [[nodiscard]] std::string service_name(Index id) const {
    if (id < before_.services.size()) return before_.services[id].name;
    return after_.services[static_cast<std::size_t>(std::ranges::find(service_ids_, id) - service_ids_.begin())].name;
  }
  [[nodiscard]] std::string zone_name(Index id) const {
    if (id < before_.zones.size()) return before_.zones[id].name;
    return after_.zones[static_cast<std::size_t>(std::ranges::find(zone_ids_, id) - zone_ids_.begin())].name;
  }

  void compare_conduits() {
    compare_words_of_conduits();
    if (before_.conduits.empty() != after_.conduits.empty()) {
      const bool closes = before_.conduits.empty();
      ComparedEntry{account_, ModelPart::model, {}}.say(
          closes ? Effect::closes : Effect::opens, "conduits",
          closes ? "zones may be crossed where a conduit is declared, and no more where any flow is"
                 : "zones may be crossed where any flow is declared, since there are no conduits any more");
    }
    const Crossings were = crossings_of(before_, ids_before(zones_), ids_before(services_));
    const Crossings are = crossings_of(after_, zone_ids_, service_ids_);
    tell_crossings(were, are, before_.conduits.empty() ? Effect::none : Effect::opens, "may cross");
    tell_crossings(are, were, after_.conduits.empty() ? Effect::none : Effect::closes, "may cross no more");
  }

  void compare_words_of_conduits() {
    const Pairing conduits = pair_by_name(before_.conduits, after_.conduits);
    for (Index i = 0; i < after_.conduits.size(); ++i) {
      if (!conduits.before_of[i]) continue;
      ComparedEntry{account_, ModelPart::conduit, after_.conduits[i].name}.words(
          "description", before_.conduits[*conduits.before_of[i]].description, after_.conduits[i].description);
    }
  }

  void tell_crossings(const Crossings& other, const Crossings& crossings, Effect effect, std::string_view may) {
    for (const auto& [zones, crossing] : crossings) {
      const auto found = other.find(zones);
      const Joint none;
      const Joint& taken = found == other.end() ? none : found->second.joint;
      const ComparedEntry entry{account_, ModelPart::conduit, crossing.name};
      if (found != other.end() && effect == Effect::opens) entry.renamed(found->second.name, crossing.name);
      if (taken.any) continue;
      Items services;
      if (crossing.joint.any) services.emplace_back("any service");
      for (const Index service : crossing.joint.services) {
        if (!crossing.joint.any && !std::ranges::binary_search(taken.services, service))
          services.push_back(service_name(service));
      }
      if (services.empty()) continue;
      const bool came = may == "may cross";
      entry.say(effect, "services",
                filled("{} ", services) + std::string{may} + " from " + zone_name(zones.first) + " to " +
                    zone_name(zones.second),
                came ? Items{} : services, came ? services : Items{});
    }
  }

  // What is denied is allowed no more, so that all is the other way round here.

  void compare_denials() {
    Pairing denials = pair_by_name(before_.denials, after_.denials);
    pair_by_content(
        denials, [this](Index denial) { return content_of(earlier_, before_.denials[denial], ids_before(services_)); },
        [this](Index denial) { return content_of(later_, after_.denials[denial], service_ids_); });
    for (Index i = 0; i < after_.denials.size(); ++i) {
      const Denial& is = after_.denials[i];
      const ComparedEntry entry{account_, ModelPart::denial, is.name};
      if (!denials.before_of[i]) {
        entry.say(Effect::closes, {}, "is new: " + denied_by(later_, is));
      } else {
        compare_denial(entry, before_.denials[*denials.before_of[i]], is);
      }
    }
    for (Index i = 0; i < before_.denials.size(); ++i) {
      if (denials.after_of[i]) continue;
      ComparedEntry{account_, ModelPart::denial, before_.denials[i].name}.say(
          Effect::opens, {}, "is gone: " + denied_by(earlier_, before_.denials[i]));
    }
  }

  static std::string content_of(ComparedModel& model, const Denial& denial, const std::vector<Index>& services) {
    std::string content = denial.service ? std::to_string(services[*denial.service]) : "any";
    for (const auto* parties : {&denial.from, &denial.to}) {
      content += '/';
      for (const DeviceId device : model.ends_of(*parties).devices) content += std::to_string(device) + ' ';
    }
    return content;
  }

  static std::string denied_by(ComparedModel& model, const Denial& denial) {
    return filled("{}", names_of(model, model.ends_of(denial.from).devices)) + " to " +
           filled("{}", names_of(model, model.ends_of(denial.to).devices)) + ", " +
           (denial.service ? model.model().services[*denial.service].name : "any service");
  }

  void compare_denial(const ComparedEntry& entry, const Denial& was, const Denial& is) {
    entry.renamed(was.name, is.name);
    const auto service = [](const std::optional<Index>& index, const Model& model) {
      return index ? model.services[*index].name : std::string{"any"};
    };
    const auto id = [&](const std::optional<Index>& index) {
      return index ? std::optional{service_ids_[*index]} : index;
    };
    if (was.service != id(is.service)) {
      const std::string before = service(was.service, before_), after = service(is.service, after_);
      entry.say(is.service ? Effect::opens : Effect::closes, "service", "denies service " + after + ", not " + before,
                {before}, {after});
    }
    compare_denied(entry, "from", earlier_.ends_of(was.from), later_.ends_of(is.from), "may open nothing there");
    compare_denied(entry, "to", earlier_.ends_of(was.to), later_.ends_of(is.to), "may not be reached");
    entry.words("description", was.description, is.description);
    entry.words("justification", was.justification, is.justification);
  }

  void compare_denied(const ComparedEntry& entry, std::string_view setting, const Ends& was, const Ends& is,
                      std::string_view denied) {
    const Items came = names_of(later_, beyond_devices(was, is));
    const Items went = names_of(earlier_, beyond_devices(is, was));
    if (!came.empty()) entry.say(Effect::closes, setting, filled("{} ", came) + std::string{denied}, {}, came);
    if (!went.empty()) entry.say(Effect::opens, setting, filled("{} is denied nothing by it any more", went), went, {});
  }

  const Model& before_;
  const Model& after_;
  Pairing zones_, devices_, services_;
  std::vector<Index> zone_ids_, service_ids_;  ///< of the later model's
  ComparedModel earlier_, later_;
  Pairing groups_, flows_;
  std::size_t steps_;
  DifferenceAccount account_;
};

}  // namespace

bool Comparison::allow_the_same() const {
  return std::ranges::all_of(differences,
                             [](const Difference& difference) { return difference.effect == Effect::none; });
}

Comparison compare(const std::shared_ptr<const Model>& before, const std::shared_ptr<const Model>& after,
                   const Limits& limits) {
  return Comparer{before, after, limits.comparison_steps}.run();
}

std::string to_text(const Difference& difference) {
  Items quoted;
  for (const std::string& name : difference.names) quoted.push_back('\'' + name + '\'');
  std::string text{to_text(difference.part)};
  if (!quoted.empty()) text += filled(quoted.size() > 1 ? "s {}" : " {}", quoted);
  return text + ": " + difference.what;
}

std::string_view to_text(Effect effect) {
  static constexpr std::array<std::string_view, 3> kNames{"opens", "closes", "none"};
  return kNames[static_cast<std::size_t>(effect)];
}

std::string_view to_text(ModelPart part) {
  static constexpr std::array<std::string_view, 8> kNames{"model",   "zone", "device",  "group",
                                                          "service", "flow", "conduit", "denial"};
  return kNames[static_cast<std::size_t>(part)];
}

}  // namespace dcmwatch
