// What a flow declares of what passed.
#include "model/learn_drafting.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>

#include "event/dicom_names.h"
#include "model/allowance.h"
#include "model/hl7_names.h"

namespace dcmwatch {
namespace {

/// From how many different studies on the bundled rules tell of a flow that declares no rate: bulk_retrieval.yml and
/// query_walk.yml.
constexpr std::uint64_t most_without(RateOf what) { return what == RateOf::studies_queried ? 400 : 200; }

/// As much again as was seen, in tens.
constexpr std::uint64_t twice(std::uint64_t most) { return (2 * most + 9) / 10 * 10; }

/// Of which a department's work days are: fewer tell no habit.
constexpr std::int64_t kHoursOfAWeek = std::int64_t{5} * 24;

}  // namespace

void Drafting::make_flows() {
  count_ports();
  for (const FlowDraft& draft : flows_) make_flow(draft);
  tell_contradictions_apart();
  remark_on_services();
}

void Drafting::make_flow(const FlowDraft& draft) {
  const auto index = static_cast<std::uint32_t>(draft_.model.flows.size());
  Flow flow;
  flow.ports = ranges_of(draft.ports);
  flow.service = service_of(draft);
  seen_of_services_[flow.service].add(draft.seen);
  const Service& service = draft_.model.services[flow.service];
  flow.from = parties_of(draft.from, draft.kind, draft.to);
  flow.to = parties_of(draft.to, draft.kind, draft.from);
  flow.name =
      flow_names_.unique(name_of(flow.from) + "-to-" + name_of(flow.to) +
                         (draft.kind == Kind::other ? '-' + service.name : "") + (draft.for_refused ? "-refused" : ""));
  if (draft.kind == Kind::dicom) declare_dicom(draft, flow);
  if (draft.kind == Kind::hl7) declare_hl7(draft, flow);
  Remarks remarks;
  if (draft.seen.count != 0) remarks.push_back(sighting_text(draft.seen, "connection"));
  if (draft.carried.count != 0)
    remarks.push_back(sighting_text(draft.carried, draft.kind == Kind::dicom ? "operation" : "message"));
  if (draft.slowest_answer) {
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(*draft.slowest_answer).count();
    remarks.push_back("slowest answer " + std::to_string(milliseconds) + " ms");
  }
  remark_on_rates(draft, flow, remarks);
  remarks.insert(remarks.end(), draft.reviews.begin(), draft.reviews.end());
  if (draft.for_refused)
    remarks.emplace_back("review: seen refused alone, and declared to be silent. Leave it out to be told");
  remark(draft_.remarks.flows, index, std::move(remarks));
  draft_.model.flows.push_back(std::move(flow));
}

void Drafting::remark_on_rates(const FlowDraft& draft, const Flow& flow, Remarks& remarks) const {
  bool quiet = false;
  for (const HourlyRate& rate : flow.rates) {
    const auto& seen = draft.most_studies[static_cast<std::size_t>(rate.what)];
    const auto most = std::ranges::max_element(seen, {}, [](const auto& one) { return one.second; });
    remarks.push_back(std::string{rate.what == RateOf::studies_queried ? "queried" : "retrieved"} + " by " +
                      device(most->first).name + ", most in an hour: " + std::to_string(most->second) +
                      (most->second == 1 ? " study" : " studies"));
    if (rate.most >= most_without(rate.what))
      remarks.push_back("review: above what is found of flows without a rate. Is that its work?");
    quiet |= rate.most > twice(most->second);
  }
  if (quiet) {
    remarks.emplace_back(
        "review: per_hour is a guess, for little was seen: the least that is drafted. What does a busy day need?");
  } else if (!flow.rates.empty() && learner_.whole_hours() < kHoursOfAWeek) {
    remarks.push_back("review: per_hour is drafted from " + std::to_string(learner_.whole_hours()) +
                      " hours alone. What does a busy day need?");
  }
}

// Devices that flows name together are a group, unless there are few.
std::vector<Party> Drafting::parties_of(const std::set<std::uint32_t>& devices, Kind kind,
                                        const std::set<std::uint32_t>& others) {
  std::vector<Party> parties;
  constexpr std::size_t kFew = 2;
  if (devices.size() <= kFew || extends_) {
    for (const std::uint32_t one : devices) parties.push_back({Party::Kind::device, one});
    return parties;
  }
  const auto found = groups_.find(devices);
  if (found != groups_.end()) return {{Party::Kind::group, found->second}};
  std::set<DeviceRole> roles;
  for (const std::uint32_t one : devices) roles.insert(device(one).role);
  std::string name = roles.size() == 1 && *roles.begin() != DeviceRole::unspecified
                         ? std::string{plural_of(*roles.begin())}
                     : others.size() == 1  ? "around-" + device(*others.begin()).name
                     : kind == Kind::other ? "many"
                                           : "several";
  Group group{.name = party_names_.unique(name), .description = {}, .devices = {devices.begin(), devices.end()}};
  const auto index = static_cast<std::uint32_t>(draft_.model.groups.size());
  draft_.model.groups.push_back(std::move(group));
  groups_[devices] = index;
  return {{Party::Kind::group, index}};
}

std::string Drafting::name_of(const std::vector<Party>& parties) const {
  const Party& party = parties.front();
  std::string name =
      party.kind == Party::Kind::group ? draft_.model.groups[party.index].name : device(party.index).name;
  if (parties.size() > 1) name += "-and-" + device(parties[1].index).name;
  return name;
}

void Drafting::declare_dicom(const FlowDraft& draft, Flow& flow) {
  const auto titles = [&](bool any, const std::set<std::string>& named, const std::set<std::uint32_t>& ends,
                          auto titles_of) -> std::optional<Allowed<std::string>> {
    if (any) return Allowed<std::string>::all();
    std::set<std::string> all = named;
    bool bound = true;
    for (const std::uint32_t end : ends) {
      const std::vector<std::string> own = titles_of(device(end));
      bound &= !own.empty();
      if (!named.empty()) all.insert(own.begin(), own.end());
    }
    if (!bound) return Allowed<std::string>::all();
    if (named.empty()) return std::nullopt;
    return Allowed<std::string>{.any = false, .values = {all.begin(), all.end()}};
  };
  flow.calling_ae = titles(draft.any_calling, draft.calling, draft.from, [](const Device& device) {
    std::vector<std::string> own = device.calls_as;
    own.insert(own.end(), device.presents.begin(), device.presents.end());
    return own;
  });
  flow.called_ae =
      titles(draft.any_called, draft.called, draft.to, [](const Device& device) { return device.answers_to; });
  if (draft.any_content) {
    flow.operations.any = flow.sop_classes.any = flow.move_destinations.any = true;
    return;
  }
  flow.rates = rates_of(draft);
  flow.operations = operations_of(draft.operations);
  // What a C-GET brings needs no word.
  std::set<std::uint16_t> by_acceptor = draft.acceptor_operations;
  if (allows_operation(flow, dimse::kGet, Invoker::opener)) by_acceptor.erase(dimse::kStore);
  flow.acceptor_operations = operations_of(by_acceptor);
  if (!flow.operations.any && flow.operations.values.empty()) flow.operations.values = {dimse::kEcho};
  declare_sop_classes(draft, flow);
  if (allows_operation(flow, dimse::kMove, Invoker::opener)) declare_move_destinations(draft, flow);
}

// The habit of whoever asked for most, and as much again. A capture of less than some hours tells no habit, and of what
// a model has already it is not known: the rules for flows without a rate hold then.
std::vector<HourlyRate> Drafting::rates_of(const FlowDraft& draft) const {
  constexpr std::int64_t kLeastHours = 6;
  struct Drafted {
    RateOf what;
    std::uint64_t least;  ///< a device that was seen little may yet do its work
  };
  std::vector<HourlyRate> rates;
  if (extends_ || learner_.whole_hours() < kLeastHours) return rates;
  for (const auto& [what, least] : {Drafted{RateOf::studies_retrieved, 50}, Drafted{RateOf::studies_queried, 100}}) {
    const auto& seen = draft.most_studies[static_cast<std::size_t>(what)];
    if (seen.empty() || draft.studies_left_out[static_cast<std::size_t>(what)]) continue;
    const std::uint64_t most = std::ranges::max_element(seen, {}, [](const auto& one) { return one.second; })->second;
    rates.push_back({.what = what, .least = 0, .most = std::max(twice(most), least)});
  }
  return rates;
}

Operations Drafting::operations_of(const std::set<std::uint16_t>& fields) {
  Operations operations;
  for (const std::uint16_t field : fields) {
    if (dicom_command_name(field).empty() || field == dimse::kCancel || (field & dimse::kResponseBit) != 0)
      operations.any = true;
  }
  if (!operations.any) operations.values = {fields.begin(), fields.end()};
  // C-ECHO first, as people write it.
  std::ranges::stable_sort(operations.values, std::greater{},
                           [](std::uint16_t field) { return field == dimse::kEcho; });
  return operations;
}

void Drafting::declare_sop_classes(const FlowDraft& draft, Flow& flow) {
  const auto only_echoes = [](const Operations& operations) {
    return !operations.any && std::ranges::all_of(operations.values, [](auto field) { return field == dimse::kEcho; });
  };
  SopClasses& classes = flow.sop_classes;
  if (draft.any_sop_class) {
    classes.any = true;
    return;
  }
  const FamilyMask storage = family_from("storage").value_or(0);
  std::map<FamilyMask, std::vector<std::string>> families;
  for (const std::string& uid : draft.sop_classes) families[family_of(uid)].push_back(uid);
  for (const auto& [family, uids] : families) {
    const bool general = family != 0 && (uids.size() > 1 || (family & storage) == 0);
    if (general) {
      classes.families |= family;
    } else {
      classes.uids.insert(classes.uids.end(), uids.begin(), uids.end());
    }
  }
  if (classes.families != 0 || !classes.uids.empty()) return;
  if (!only_echoes(flow.operations) || !only_echoes(flow.acceptor_operations)) classes.any = true;
}

void Drafting::declare_move_destinations(const FlowDraft& draft, Flow& flow) const {
  for (const std::string& title : draft.move_destinations) {
    if (undeclared_destinations_.contains(title)) continue;
    flow.move_destinations.values.push_back(title);
  }
  if (flow.move_destinations.values.empty()) flow.move_destinations.any = true;
}

void Drafting::declare_hl7(const FlowDraft& draft, Flow& flow) {
  const SeenMessages& messages = draft.messages;
  const auto codes = [](const std::set<std::string>& values, bool any) {
    if (any || values.empty()) return Allowed<std::string>::all();
    return Allowed<std::string>{.any = false, .values = {values.begin(), values.end()}};
  };
  const auto ends = [](const std::set<std::string>& names, bool any) {
    constexpr std::size_t kMost = 24;
    if (any || names.empty() || names.size() > kMost) return Allowed<Hl7End>::all();
    Allowed<Hl7End> allowed;
    for (const std::string& name : names) allowed.values.push_back(*hl7_end_from(name));
    return allowed;
  };
  flow.message_types = codes(general_types(messages.types), messages.any_type);
  flow.hl7.senders = ends(messages.senders, messages.any_sender);
  flow.hl7.receivers = ends(messages.receivers, messages.any_receiver);
  flow.hl7.versions = codes(messages.versions, messages.any_version);
  if (messages.any_processing_id)
    flow.hl7.processing_ids = Allowed<std::string>::all();
  else if (!messages.processing_ids.empty())
    flow.hl7.processing_ids = codes(messages.processing_ids, false);
  if (messages.modes.size() == 1) flow.hl7.ack_mode = *messages.modes.begin();
}

// ADT^A01 and ADT^A08 are ADT^*.
std::set<std::string> Drafting::general_types(const std::set<std::string>& types) {
  std::map<std::string, std::vector<std::string>> by_code;
  for (const std::string& type : types) by_code[type.substr(0, type.find('^'))].push_back(type);
  std::set<std::string> general;
  for (const auto& [code, of_it] : by_code) {
    if (of_it.size() > 1) {
      general.insert(code + "^*");
      // A message without an event is not of it.
      if (types.contains(code)) general.insert(code);
    } else {
      general.insert(of_it.front());
    }
  }
  return general;
}

// A model may not declare two protocols for the same ends and ports: one of them gets a group of its own.
void Drafting::tell_contradictions_apart() {
  std::vector<Flow>& flows = draft_.model.flows;
  const auto key_of = [&](const Flow& flow) {
    std::string key;
    for (const auto* parties : {&flow.from, &flow.to}) {
      std::set<std::pair<int, std::uint32_t>> sorted;
      for (const Party& party : *parties) sorted.insert({static_cast<int>(party.kind), party.index});
      for (const auto& [kind, index] : sorted) key += std::to_string(kind) + ':' + std::to_string(index) + ',';
      key += '|';
    }
    for (const PortRange& range : flow.ports) key += to_text(range) + ',';
    return key;
  };
  std::map<std::string, ServiceProtocol> protocols;
  for (Flow& flow : flows) {
    const ServiceProtocol protocol = draft_.model.services[flow.service].protocol;
    const auto [found, is_new] = protocols.emplace(key_of(flow), protocol);
    if (is_new || found->second == protocol) continue;
    const auto index = static_cast<std::uint32_t>(draft_.model.groups.size());
    std::set<std::uint32_t> devices;
    for (const Party& party : flow.from) {
      for (const std::uint32_t one : devices_of(draft_.model, party)) devices.insert(one);
    }
    draft_.model.groups.push_back({.name = party_names_.unique(flow.name + "-openers"),
                                   .description = "Speak more than one protocol to the same port",
                                   .devices = {devices.begin(), devices.end()}});
    flow.from = {{Party::Kind::group, index}};
  }
}

}  // namespace dcmwatch
