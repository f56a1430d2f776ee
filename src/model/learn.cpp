#include "model/learn.h"

#include <algorithm>
#include <chrono>
#include <variant>

#include "base/group_address.h"
#include "base/text.h"
#include "event/dicom_names.h"
#include "model/hl7_names.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kMostTexts = 64;            // of a kind: SOP classes, names, types
constexpr std::size_t kMostTitles = 256;          // of a host, of a way
constexpr std::size_t kMostImplementations = 16;  // of a host
constexpr std::size_t kMostMacs = 4;

bool is_nobody(const Endpoint& endpoint) {
  static const IpAddress kNobody = IpAddress::parse("0.0.0.0").value();
  return endpoint.address == kNobody || endpoint.address == IpAddress{};
}

/// Whether it is there, by now.
template <typename Value>
bool keep(std::set<Value>& values, Value value, std::size_t most = kMostTexts) {
  if (values.contains(value)) return true;
  if (values.size() >= most) return false;
  values.insert(std::move(value));
  return true;
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
}

std::optional<Conduct> conduct_of(std::uint16_t command, std::string_view sop_class, bool invokes) {
  const auto either = [invokes](Conduct invoking, Conduct performing) { return invokes ? invoking : performing; };
  switch (command) {
    case dimse::kStore: return either(Conduct::stores, Conduct::takes_stores);
    case dimse::kMove:
    case dimse::kGet: return either(Conduct::queries, Conduct::answers_queries);
    case dimse::kFind:
      if (sop_class == sop_class::kModalityWorklist) return either(Conduct::asks_worklists, Conduct::answers_worklists);
      return either(Conduct::queries, Conduct::answers_queries);
    case dimse::kCreate:
      if (sop_class == sop_class::kPerformedProcedureStep) return either(Conduct::reports_steps, Conduct::takes_steps);
      if (family_of(sop_class) == family_from("print management").value_or(0) && family_of(sop_class) != 0)
        return either(Conduct::prints, Conduct::takes_prints);
      return std::nullopt;
    case dimse::kAction:
      if (sop_class != sop_class::kStorageCommitment) return std::nullopt;
      return either(Conduct::asks_commitment, Conduct::commits);
    default: return std::nullopt;
  }
}

void note(SeenHost* host, std::optional<Conduct> conduct) {
  if (host && conduct) host->conduct[static_cast<std::size_t>(*conduct)] = true;
}

// PS3.7 D.3.3.2; what a model cannot name in full is named by its beginning, or left out.
void note_implementation(SeenHost* host, const DicomImplementation& seen) {
  if (!host) return;
  const std::string_view version = trimmed(seen.version_name);
  if (seen.class_uid.empty() && version.empty()) return;
  std::string uid{seen.class_uid.view()};
  if (!is_uid(uid)) uid.clear();
  std::string name{version};
  if (const auto star = name.find('*'); star != std::string::npos) name.resize(star == 0 ? 0 : star + 1);
  if (!is_printable(name)) name.clear();
  const bool declarable = !uid.empty() || !name.empty();
  if (!declarable || !keep(host->implementations, {std::move(uid), std::move(name)}, kMostImplementations))
    host->implementations_complete = false;
}

bool is_message_code(std::string_view code) {
  return code.size() == 3 &&
         std::ranges::all_of(code, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

bool is_message_type(std::string_view text) {
  const auto caret = text.find('^');
  return is_message_code(text.substr(0, caret)) &&
         (caret == std::string_view::npos || is_message_code(text.substr(caret + 1)));
}

// Table 0104, as far as a model knows it.
bool is_version(std::string_view text) {
  constexpr std::array<std::string_view, 16> kVersions{"2.0",   "2.0D", "2.1",   "2.2",   "2.3", "2.3.1",
                                                       "2.3.2", "2.4",  "2.5",   "2.5.1", "2.6", "2.7",
                                                       "2.7.1", "2.8",  "2.8.1", "2.8.2"};
  return std::ranges::find(kVersions, text) != kVersions.end();
}

bool is_processing_id(std::string_view text) { return text == "P" || text == "T" || text == "D"; }

void note_end(const std::optional<Hl7EndSeen>& seen, std::set<std::string>& ends, bool& any) {
  if (!seen) return;
  std::string text = seen->text();
  const auto end = is_printable(text) && !mistake_in_hl7_end(text) ? hl7_end_from(text) : std::nullopt;
  if (!end || !matches(*end, *seen) || text == "any" || !keep(ends, std::move(text))) any = true;
}

template <typename IsOne>
void note_code(std::string_view seen, std::set<std::string>& codes, bool& any, const IsOne& is_one) {
  if (seen.empty()) return;
  if (!is_one(seen) || !keep(codes, std::string{seen})) any = true;
}

void raise(std::optional<Duration>& most, Duration time) { most = most ? std::max(*most, time) : time; }

}  // namespace

void Sighting::add(const Event& event) {
  ++count;
  first = first ? std::min(*first, event.first.time) : event.first.time;
  last = last ? std::max(*last, event.last.time) : event.last.time;
}

void Sighting::add(const Sighting& other) {
  count += other.count;
  if (other.first) first = first ? std::min(*first, *other.first) : *other.first;
  if (other.last) last = last ? std::max(*last, *other.last) : *other.last;
}

void SeenMessages::add(const SeenMessages& other) {
  count += other.count;
  const auto join = [](auto& all, const auto& more) { all.insert(more.begin(), more.end()); };
  join(types, other.types);
  join(senders, other.senders);
  join(receivers, other.receivers);
  join(versions, other.versions);
  join(processing_ids, other.processing_ids);
  join(modes, other.modes);
  any_type |= other.any_type;
  any_sender |= other.any_sender;
  any_receiver |= other.any_receiver;
  any_version |= other.any_version;
  any_processing_id |= other.any_processing_id;
}

bool can_be_declared(std::string_view ae_title) {
  return !ae_title.empty() && ae_title.size() <= 16 && ae_title != "any" && is_printable(ae_title) &&
         ae_title.find('\\') == std::string_view::npos;
}

bool is_sent_to_many(const Parties& parties) {
  if (parties.transport != Transport::udp) return false;
  const IpAddress& to = parties.destination.address;
  return is_multicast(to) || (to.is_v4() && to.bytes().back() == 0xff);  // RFC 919
}

SeenHost* Learner::host_at(const Endpoint& endpoint, const MacAddress& mac, const Event& event) {
  if (is_nobody(endpoint)) return nullptr;
  const auto found = hosts_.find(endpoint.address);
  if (found == hosts_.end() && hosts_.size() >= limits_.learnt_hosts) {
    ++not_learnt_;
    return nullptr;
  }
  SeenHost& host = found == hosts_.end() ? hosts_[endpoint.address] : found->second;
  if (event.phase == Phase::end && std::holds_alternative<ConnectionFact>(event.facts)) host.seen.add(event);
  if (mac != MacAddress{} && (mac[0] & 1U) == 0) keep(host.macs, mac, kMostMacs);
  for (const std::uint16_t vlan : {event.parties.vlan.outer, event.parties.vlan.inner}) {
    if (vlan != 0) keep(host.vlans, vlan);
  }
  return &host;
}

Learner::Ends Learner::ends_of(const Event& event) {
  const Parties& parties = event.parties;
  Ends ends;
  ends.opener = host_at(parties.source, parties.source_mac, event);
  if (!ends.opener || is_sent_to_many(parties)) return ends;
  ends.acceptor = host_at(parties.destination, parties.destination_mac, event);
  if (!ends.acceptor) return ends;
  Way way{parties.source.address, parties.destination.address, parties.transport, parties.destination.port};
  if (way.port == 0) {
    ++without_port_;
    return ends;
  }
  // A connection that was up before may be one of those whose opener is known.
  if (!parties.opener_known) {
    const Way back{way.to, way.from, way.transport, parties.source.port};
    ends.reversed = !ways_.contains(way) && ways_.contains(back);
    if (ends.reversed) {
      way = back;
      std::swap(ends.opener, ends.acceptor);
    }
  }
  const auto found = ways_.find(way);
  if (found == ways_.end() && ways_.size() >= limits_.learnt_ways) {
    ++not_learnt_;
    return ends;
  }
  ends.traffic = found == ways_.end() ? &ways_[way] : &found->second;
  ends.traffic->protocols.insert(event.protocol);
  return ends;
}

void Learner::observe(const Event& event) {
  if (!std::holds_alternative<ConnectionFact>(event.facts) && !std::holds_alternative<DicomAssociation>(event.facts) &&
      !std::holds_alternative<DicomOperation>(event.facts) && !std::holds_alternative<Hl7Message>(event.facts))
    return;
  if (goes_on(event)) return;
  const Ends ends = ends_of(event);
  if (event.phase == Phase::end) all_.add(event);
  if (ends.traffic) std::visit([&](const auto& facts) { observe(facts, event, ends); }, event.facts);
}

void Learner::observe(const ConnectionFact& connection, const Event& event, const Ends& ends) {
  if (event.phase != Phase::end) return;
  ends.traffic->connections.add(event);
  if (connection.end == ConnectionEnd::unanswered)
    ends.traffic->unanswered += connection.attempts ? connection.attempts->count : 1;
}

void Learner::note_titles(const std::optional<AeTitle>& calling_ae, const std::optional<AeTitle>& called_ae,
                          bool accepted, const Ends& ends) {
  if (calling_ae) {
    std::string title{trimmed(*calling_ae)};
    auto& titles = ends.opener->calls_as;
    if (can_be_declared(title) && (titles.contains(title) || titles.size() < kMostTitles)) {
      if (++titles[title] == 1 && !accepted) ends.opener->never_accepted.insert(title);
      if (accepted) ends.opener->never_accepted.erase(title);
      keep(ends.traffic->calling, std::move(title), kMostTitles);
    } else {
      (accepted ? ends.traffic->accepted_odd_calling : ends.traffic->odd_calling) = true;
    }
  }
  if (called_ae) {
    std::string title{trimmed(*called_ae)};
    auto& titles = ends.acceptor->answers_to;
    const bool room = titles.contains(title) || titles.size() < kMostTitles;
    if (accepted && can_be_declared(title) && room) ++titles[title];
    if (!can_be_declared(title) || !room || !keep(ends.traffic->called, std::move(title), kMostTitles))
      (accepted ? ends.traffic->accepted_odd_called : ends.traffic->odd_called) = true;
  }
}

void Learner::observe(const DicomAssociation& association, const Event& event, const Ends& ends) {
  const bool accepted = association.accepted == true;
  note_titles(association.calling_ae, association.called_ae, accepted, ends);
  note_implementation(ends.opener, association.opener);
  if (association.accepted != false) note_implementation(ends.acceptor, association.acceptor);
  ends.traffic->accepted |= accepted;
  if (event.phase != Phase::end) return;
  ++ends.traffic->associations;
  if (association.accepted == false) ++ends.traffic->refused_associations;
}

void Learner::observe(const DicomOperation& operation, const Event& event, const Ends& ends) {
  SeenTraffic& traffic = *ends.traffic;
  note_titles(operation.calling_ae, operation.called_ae, true, ends);
  traffic.accepted = true;
  if (event.phase == Phase::end) traffic.operations_seen.add(event);
  if (operation.response_time) raise(traffic.slowest_answer, *operation.response_time);
  if (!operation.request_seen || operation.command_field == 0) return;
  const bool by_opener = (operation.invoker == Invoker::opener) != ends.reversed;
  if (by_opener) count_studies(event, traffic);
  keep(by_opener ? traffic.operations : traffic.acceptor_operations, operation.command_field);
  const std::string uid{operation.sop_class_uid.view()};
  // C-ECHO brings its own.
  const bool is_ping = operation.command_field == dimse::kEcho && family_of(uid) == family_from("verification");
  if (!uid.empty() && !is_ping && (!is_uid(uid) || !keep(traffic.sop_classes, uid))) traffic.any_sop_class = true;
  note(by_opener ? ends.opener : ends.acceptor, conduct_of(operation.command_field, uid, true));
  note(by_opener ? ends.acceptor : ends.opener, conduct_of(operation.command_field, uid, false));
  const std::string_view destination = trimmed(operation.move_destination);
  if (operation.command_field != dimse::kMove || destination.empty()) return;
  if (!can_be_declared(destination)) {
    if (event.phase == Phase::end) ++undeclarable_destinations_;
    return;
  }
  auto& destinations = traffic.move_destinations;
  if (!destinations.contains(std::string{destination}) && destinations.size() >= kMostTexts) return;
  auto& failures = destinations[std::string{destination}];
  if (operation.status && dicom_status_class(dimse::kMove, *operation.status) == StatusClass::failure)
    failures.insert(*operation.status);
}

// As FlowWatch counts them; what comes late counts with the hour that is there.
void Learner::count_studies(const Event& event, SeenTraffic& traffic) {
  const auto asked = studies_asked_for(event);
  if (!asked) return;
  if (const Timestamp hour = std::chrono::floor<std::chrono::hours>(event.last.time); hour > hour_) {
    hour_ = hour;
    studies_.clear();
  }
  const auto what = static_cast<std::size_t>(asked->what);
  if (!studies_.add({&traffic, asked->what}, *asked) || asked->left_some_out) traffic.studies_left_out[what] = true;
  std::uint64_t& most = traffic.most_studies[what];
  most = std::max<std::uint64_t>(most, studies_.count({&traffic, asked->what}));
}

std::int64_t Learner::whole_hours() const {
  if (!all_.first || !all_.last) return 0;
  const auto whole =
      std::chrono::floor<std::chrono::hours>(*all_.last) - std::chrono::ceil<std::chrono::hours>(*all_.first);
  return std::max<std::int64_t>(0, whole / std::chrono::hours{1});
}

void Learner::observe(const Hl7Message& message, const Event& event, const Ends& ends) {
  const bool by_opener = message.sent_by_opener != ends.reversed;
  SeenMessages& messages = by_opener ? ends.traffic->by_opener : ends.traffic->by_acceptor;
  if (message.answered()) raise(ends.traffic->slowest_answer, message.answered()->time - message.sent.time);
  if (!message.message_seen) return;
  if (event.phase == Phase::end) {
    ++messages.count;
    ends.traffic->messages_seen.add(event);
  }
  note(by_opener ? ends.opener : ends.acceptor, Conduct::sends_messages);
  note(by_opener ? ends.acceptor : ends.opener, Conduct::takes_messages);
  note_code(message.message_type, messages.types, messages.any_type, is_message_type);
  note_code(message.version, messages.versions, messages.any_version, is_version);
  note_code(message.processing_id, messages.processing_ids, messages.any_processing_id, is_processing_id);
  const auto sender = sender_of(message);
  if (sender) keep((by_opener ? ends.opener : ends.acceptor)->applications, std::string{sender->application});
  note_end(sender, messages.senders, messages.any_sender);
  note_end(receiver_of(message), messages.receivers, messages.any_receiver);
  if (message.mode) messages.modes.insert(*message.mode);
}

}  // namespace dcmwatch
