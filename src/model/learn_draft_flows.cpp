// Who does what with whom, and which of them do the same.
#include "model/learn_drafting.h"

#include <algorithm>
#include <initializer_list>
#include <tuple>

#include "event/dicom_names.h"

namespace dcmwatch {
namespace {

constexpr std::uint16_t kDicomTls = 2762, kHl7 = 2575;

}  // namespace

void Drafting::make_flow_drafts() {
  std::map<std::tuple<std::uint32_t, std::uint32_t, Transport, std::uint16_t>, std::vector<const SeenTraffic*>> joined;
  for (const auto& [way, traffic] : learner_.ways())
    joined[{device_of_.at(way.from), device_of_.at(way.to), way.transport, way.port}].push_back(&traffic);
  for (const auto& [key, all] : joined) {
    const auto& [from, to, transport, port] = key;
    if (has(all, Protocol::hl7) || has(all, Protocol::hllp)) hl7_ways_.insert({from, to});
  }
  for (const auto& [key, all] : joined) {
    const auto& [from, to, transport, port] = key;
    const bool dicom = has(all, Protocol::dicom), hl7 = has(all, Protocol::hl7) || has(all, Protocol::hllp);
    const bool told = has(all, Protocol::http) || has(all, Protocol::ssh);
    const bool only_tls = !dicom && !hl7 && !told && has(all, Protocol::tls);
    FlowDraft draft;
    draft.from = {from};
    draft.to = {to};
    draft.transport = transport;
    draft.ports = {port};
    for (const SeenTraffic* const traffic : all) {
      draft.seen.add(traffic->connections);
      draft.carried.add(traffic->operations_seen);
      draft.carried.add(traffic->messages_seen);
      for (std::size_t what = 0; what < kRates; ++what) {
        if (traffic->most_studies[what] != 0) draft.most_studies[what][from] += traffic->most_studies[what];
        draft.studies_left_out[what] = draft.studies_left_out[what] || traffic->studies_left_out[what];
      }
    }
    if (dicom) add_dicom(draft, all);
    if (hl7) add_hl7(draft, all);
    if (only_tls && (port == kDicomTls || port == kHl7)) {
      FlowDraft hidden = draft;
      hidden.kind = port == kHl7 ? Kind::hl7 : Kind::dicom;
      hidden.within_tls = hidden.any_content = hidden.any_calling = hidden.any_called = true;
      hidden.messages.any_type = hidden.messages.any_processing_id = true;
      hidden.reviews.insert("review: within TLS nothing was seen of what it carries. What may it?");
      flows_.push_back(std::move(hidden));
    } else if (told || (!dicom && !hl7)) {
      add_other(draft, all);
    }
  }
  add_messages_backwards();
}

bool Drafting::has(const std::vector<const SeenTraffic*>& all, Protocol protocol) {
  return std::ranges::any_of(all, [&](const SeenTraffic* traffic) { return traffic->protocols.contains(protocol); });
}

void Drafting::add_dicom(FlowDraft draft, const std::vector<const SeenTraffic*>& all) {
  const Device &from = device(*draft.from.begin()), &to = device(*draft.to.begin());
  draft.kind = Kind::dicom;
  std::set<std::string> strange_calling, strange_called;
  bool odd_calling = false, odd_called = false, accepted = false;
  std::uint64_t refused = 0, associations = 0;
  for (const SeenTraffic* const traffic : all) {
    draft.operations.insert(traffic->operations.begin(), traffic->operations.end());
    draft.acceptor_operations.insert(traffic->acceptor_operations.begin(), traffic->acceptor_operations.end());
    draft.sop_classes.insert(traffic->sop_classes.begin(), traffic->sop_classes.end());
    draft.any_sop_class |= traffic->any_sop_class;
    for (const auto& [title, failures] : traffic->move_destinations) draft.move_destinations.insert(title);
    for (const std::string& title : traffic->calling) {
      if (!contains(from.calls_as, title) && !contains(from.presents, title)) strange_calling.insert(title);
    }
    for (const std::string& title : traffic->called) {
      if (!contains(to.answers_to, title)) strange_called.insert(title);
    }
    odd_calling |= traffic->odd_calling;
    odd_called |= traffic->odd_called;
    draft.any_calling |= traffic->accepted_odd_calling;
    draft.any_called |= traffic->accepted_odd_called;
    accepted |= traffic->accepted;
    refused += traffic->refused_associations;
    associations += traffic->associations;
    if (traffic->slowest_answer)
      draft.slowest_answer = std::max(draft.slowest_answer.value_or(Duration{}), *traffic->slowest_answer);
  }
  if (draft.any_calling || draft.any_called)
    draft.reviews.insert("review: AE titles that cannot be declared, or more than are kept in mind");
  // What any title may do needs no word of strange ones.
  if (draft.any_calling) odd_calling = false, strange_calling.clear();
  if (draft.any_called) odd_called = false, strange_called.clear();
  const bool strange = !strange_calling.empty() || !strange_called.empty() || odd_calling || odd_called;
  if (refused != 0) {
    draft.reviews.insert("review: " + std::to_string(refused) + " of " + std::to_string(associations) +
                         " associations refused");
  }
  if (accepted && extends_ && strange) {
    name_strangers(draft, strange_calling, strange_called, odd_calling, odd_called);
    flows_.push_back(std::move(draft));
    return;
  }
  if (strange) {
    FlowDraft refused_titles = draft;
    refused_titles.for_refused = true;
    refused_titles.operations = {dimse::kEcho};
    refused_titles.acceptor_operations.clear();
    refused_titles.sop_classes.clear();
    refused_titles.any_sop_class = false;
    refused_titles.move_destinations.clear();
    refused_titles.slowest_answer.reset();
    refused_titles.most_studies = {};
    name_strangers(refused_titles, strange_calling, strange_called, odd_calling, odd_called);
    if (accepted) refused_titles.seen = {};
    refused_titles.carried = {};
    flows_.push_back(std::move(refused_titles));
  }
  if (accepted || !strange) flows_.push_back(std::move(draft));
}

// Titles that are nobody's, or not this device's.
void Drafting::name_strangers(FlowDraft& draft, const std::set<std::string>& calling,
                              const std::set<std::string>& called, bool odd_calling, bool odd_called) const {
  const auto all_are = [&](const std::set<std::string>& titles, auto member) {
    return std::ranges::all_of(titles, [&](const std::string& title) {
      return std::ranges::any_of(draft_.model.devices,
                                 [&](const Device& device) { return contains(device.*member, title); });
    });
  };
  const auto name = [&](const std::set<std::string>& titles, bool odd, auto member, std::set<std::string>& named,
                        bool& any, std::string_view what) {
    if (titles.empty() && !odd) return;
    any |= odd || !all_are(titles, member);
    if (!any) named.insert(titles.begin(), titles.end());
    draft.reviews.insert("review: " + std::string{what} + ' ' +
                         (titles.empty() ? "a title that cannot be declared" : listed_titles(titles)) +
                         ". Correct it where it is configured, or add it to the device");
  };
  name(calling, odd_calling, &Device::calls_as, draft.calling, draft.any_calling, "calls as");
  name(called, odd_called, &Device::answers_to, draft.called, draft.any_called, "asks for");
}

void Drafting::add_hl7(FlowDraft draft, const std::vector<const SeenTraffic*>& all) {
  draft.kind = Kind::hl7;
  const std::uint32_t from = *draft.from.begin(), to = *draft.to.begin();
  SeenMessages backwards;
  for (const SeenTraffic* const traffic : all) {
    draft.messages.add(traffic->by_opener);
    backwards.add(traffic->by_acceptor);
    if (traffic->slowest_answer)
      draft.slowest_answer = std::max(draft.slowest_answer.value_or(Duration{}), *traffic->slowest_answer);
  }
  if (backwards.count != 0 || !backwards.types.empty() || backwards.any_type) {
    // Messages are held against the flows in their direction, if there are any.
    if (hl7_ways_.contains({to, from}) || is_known_hl7(to, from)) {
      backwards_.push_back({from, to, draft.ports, backwards});
    } else {
      draft.messages.types.insert(backwards.types.begin(), backwards.types.end());
      draft.messages.any_type |= backwards.any_type;
      draft.reviews.insert("review: who listens sends messages, too: " + listed_titles(backwards.types));
    }
  }
  flows_.push_back(std::move(draft));
}

bool Drafting::is_known_hl7(std::uint32_t from, std::uint32_t to) const {
  if (from >= known_devices_ || to >= known_devices_) return false;
  return std::ranges::any_of(lookup_->flows_between(from, to), [this](const Flow* flow) {
    return draft_.model.services[flow->service].protocol == ServiceProtocol::hl7;
  });
}

void Drafting::add_messages_backwards() {
  for (const Backwards& back : backwards_) {
    bool told = false;
    for (FlowDraft& flow : flows_) {
      if (flow.kind != Kind::hl7 || !flow.from.contains(back.acceptor) || !flow.to.contains(back.opener)) continue;
      flow.messages.add(back.messages);
      told = true;
    }
    if (told) continue;
    FlowDraft draft;
    draft.kind = Kind::hl7;
    draft.from = {back.acceptor};
    draft.to = {back.opener};
    draft.transport = Transport::tcp;
    draft.ports = back.ports;
    draft.messages = back.messages;
    draft.reviews.insert("review: sent on a connection that its receiver opens");
    flows_.push_back(std::move(draft));
  }
}

void Drafting::add_other(FlowDraft draft, const std::vector<const SeenTraffic*>& all) {
  draft.kind = Kind::other;
  std::uint64_t unanswered = 0;
  for (const SeenTraffic* const traffic : all) unanswered += traffic->unanswered;
  if (draft.seen.count != 0 && unanswered >= draft.seen.count)
    draft.reviews.insert("review: nobody answered. Declare it only if it is meant to be");
  else if (unanswered != 0)
    draft.reviews.insert("review: some were not answered");
  flows_.push_back(std::move(draft));
}

// Whoever does the same with the same device on the same port, then whoever the same do the same with: only what was
// seen of every pair.
void Drafting::merge_flows() {
  join_many_ports();
  for (const auto side : {&FlowDraft::from, &FlowDraft::to}) {
    const auto other = side == &FlowDraft::from ? &FlowDraft::to : &FlowDraft::from;
    std::vector<FlowDraft> merged;
    std::map<std::string, std::size_t> places;
    for (FlowDraft& flow : flows_) {
      const auto [place, is_new] = places.emplace(likeness_of(flow, flow.*other, flow.*side), merged.size());
      if (is_new) {
        merged.push_back(std::move(flow));
        continue;
      }
      merge(merged[place->second], flow);
    }
    flows_ = std::move(merged);
  }
}

// Who tries many ports is told once.
void Drafting::join_many_ports() {
  std::map<std::tuple<std::uint32_t, std::uint32_t, Transport>, std::vector<std::size_t>> pairs;
  for (std::size_t i = 0; i < flows_.size(); ++i) {
    if (flows_[i].kind == Kind::other)
      pairs[{*flows_[i].from.begin(), *flows_[i].to.begin(), flows_[i].transport}].push_back(i);
  }
  std::vector<bool> gone(flows_.size());
  for (const auto& [pair, places] : pairs) {
    if (places.size() <= kPortsTold) continue;
    for (std::size_t i = 1; i < places.size(); ++i) {
      merge(flows_[places.front()], flows_[places[i]]);
      gone[places[i]] = true;
    }
    flows_[places.front()].reviews.insert("review: many ports, as a scan tries them");
  }
  std::size_t index = 0;
  std::erase_if(flows_, [&](const FlowDraft&) { return gone[index++]; });
}

std::string Drafting::likeness_of(const FlowDraft& flow, const std::set<std::uint32_t>& other,
                                  const std::set<std::uint32_t>& side) const {
  std::string likeness;
  const auto append = [&likeness](const auto& values) {
    for (const auto& value : values) {
      if constexpr (std::is_convertible_v<decltype(value), std::string_view>) {
        likeness += value;
      } else {
        likeness += std::to_string(static_cast<std::uint64_t>(value));
      }
      likeness += ',';
    }
    likeness += '|';
  };
  append(std::initializer_list<std::uint64_t>{
      static_cast<std::uint64_t>(flow.kind), flow.within_tls, flow.for_refused, flow.any_calling, flow.any_called,
      static_cast<std::uint64_t>(flow.transport), flow.messages.any_type, flow.messages.any_processing_id});
  append(other);
  append(flow.ports);
  append(flow.calling);
  append(flow.called);
  append(flow.operations);
  append(flow.acceptor_operations);
  append(flow.messages.types);
  append(flow.messages.modes);
  append(flow.messages.processing_ids);
  if (flow.for_refused) append(flow.reviews);
  if (flow.kind != Kind::other) {
    std::set<std::uint64_t> roles;
    for (const std::uint32_t one : side) roles.insert(static_cast<std::uint64_t>(device(one).role));
    append(roles);
  } else {
    append(std::initializer_list<std::uint64_t>{flow.reviews.empty()});
  }
  return likeness;
}

void Drafting::merge(FlowDraft& all, const FlowDraft& more) {
  const auto insert = [](auto& to, const auto& from) { to.insert(from.begin(), from.end()); };
  insert(all.from, more.from);
  insert(all.to, more.to);
  insert(all.ports, more.ports);
  insert(all.sop_classes, more.sop_classes);
  insert(all.move_destinations, more.move_destinations);
  insert(all.reviews, more.reviews);
  all.any_sop_class |= more.any_sop_class;
  all.messages.add(more.messages);
  all.seen.add(more.seen);
  all.carried.add(more.carried);
  for (std::size_t what = 0; what < kRates; ++what) {
    for (const auto& [device, most] : more.most_studies[what]) all.most_studies[what][device] += most;
    all.studies_left_out[what] = all.studies_left_out[what] || more.studies_left_out[what];
  }
  if (more.slowest_answer) all.slowest_answer = std::max(all.slowest_answer.value_or(Duration{}), *more.slowest_answer);
}

}  // namespace dcmwatch
