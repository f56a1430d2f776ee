// Random legal associations, planned, spoken and decoded: what is told is what was planned. Then the same with
// something wrong: whatever it is, each association and each operation that began has one end.
//
// DCMWATCH_ROUND_TRIPS=1000000 asks for more of them; DCMWATCH_ROUND_TRIP_SEED=4711 repeats the one that failed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "protocol/dicom/planned_association.h"
#include "protocol/dicom/spoken_association.h"
#include "protocol/dicom/wire.h"

namespace dcmwatch::test {
namespace {

using namespace std::chrono_literals;

/// Runs `trip` for each of so many seeds, or for the one that was asked for.
template <typename Trip>
void for_seeds(std::uint64_t first, std::uint64_t usually, Trip trip) {
  const auto number = [](const char* name) -> std::uint64_t {
    const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    return text ? std::strtoull(text, nullptr, 10) : 0;
  };
  if (const std::uint64_t seed = number("DCMWATCH_ROUND_TRIP_SEED")) return trip(seed);
  const std::uint64_t asked = number("DCMWATCH_ROUND_TRIPS");
  for (std::uint64_t seed = first; seed < first + (asked != 0 ? asked : usually); ++seed) {
    trip(seed);
    if (testing::Test::HasFailure()) {
      std::cerr << "DCMWATCH_ROUND_TRIP_SEED=" << seed << " repeats it\n";
      return;
    }
  }
}

template <std::size_t Capacity>
std::string text_of(const Text<Capacity>& value) {
  return std::string{value.view()};
}
std::string text_of(std::string_view value) { return std::string{value}; }
std::string text_of(const Pseudonym& value) { return text_of(value.text()); }
template <typename Number>
requires std::is_arithmetic_v<Number> std::string text_of(Number value) { return std::to_string(value); }
template <typename Closed>
requires std::is_enum_v<Closed> std::string text_of(Closed value) { return std::to_string(static_cast<int>(value)); }
std::string text_of(Duration value) { return std::to_string(value.count()) + "ns"; }
std::string text_of(Timestamp value) { return to_rfc3339(value); }
std::string text_of(const ScheduledStep& step) {
  return text_of(step.accession) + '/' + text_of(step.study) + '/' + text_of(step.patient) + '/' +
         text_of(step.station_ae) + '/' + text_of(step.modality) + '/' + text_of(step.status);
}
template <typename Value>
std::string text_of(const std::optional<Value>& value) {
  return value ? text_of(*value) : "nothing";
}
template <typename Value>
std::string text_of(const std::vector<Value>& values) {
  std::string all;
  for (const Value& value : values) all += text_of(value) + ' ';
  return all;
}

/// Holds what was told against what was planned, field by field; says which differ.
class Comparison {
 public:
  explicit Comparison(std::string what) : what_(std::move(what)) {}

  template <typename Value>
  void field(const char* name, const Value& planned, const Value& told) {
    if (planned == told) return;
    ADD_FAILURE() << what_ << ": " << name << " was planned as " << text_of(planned) << ", and told as "
                  << text_of(told);
  }

 private:
  std::string what_;
};

DicomNegotiation unanswered(DicomNegotiation negotiation) {
  for (RoleSelection& role : negotiation.roles) role.accepted_scu = role.accepted_scp = std::nullopt;
  negotiation.accepted_window.reset();
  if (negotiation.user_identity) negotiation.user_identity->answered = false;
  return negotiation;
}

void compare(const std::optional<AsynchronousWindow>& planned, const std::optional<AsynchronousWindow>& told,
             Comparison& with) {
  with.field("window", planned.has_value(), told.has_value());
  if (!planned || !told) return;
  with.field("window.invoked", planned->invoked, told->invoked);
  with.field("window.performed", planned->performed, told->performed);
}

void compare(const DicomNegotiation& planned, const DicomNegotiation& told, Comparison& with) {
  with.field("roles", planned.roles.size(), told.roles.size());
  for (std::size_t i = 0; i < std::min(planned.roles.size(), told.roles.size()); ++i) {
    const RoleSelection& role = planned.roles[i];
    with.field("role", planned.uids.at(role.sop_class), told.uids.at(told.roles[i].sop_class));
    with.field("role.proposed_scu", role.proposed_scu, told.roles[i].proposed_scu);
    with.field("role.proposed_scp", role.proposed_scp, told.roles[i].proposed_scp);
    with.field("role.accepted_scu", role.accepted_scu, told.roles[i].accepted_scu);
    with.field("role.accepted_scp", role.accepted_scp, told.roles[i].accepted_scp);
  }
  const auto texts = [](const UidTexts& uids, const std::vector<UidTexts::Place>& places) {
    std::vector<std::string_view> all;
    for (const UidTexts::Place place : places) all.push_back(uids.at(place));
    return all;
  };
  with.field("extended", texts(planned.uids, planned.extended), texts(told.uids, told.extended));
  with.field("common_extended", texts(planned.uids, planned.common_extended), texts(told.uids, told.common_extended));
  compare(planned.proposed_window, told.proposed_window, with);
  compare(planned.accepted_window, told.accepted_window, with);
  with.field("user_identity", planned.user_identity.has_value(), told.user_identity.has_value());
  if (planned.user_identity && told.user_identity) {
    with.field("user_identity.type", planned.user_identity->type, told.user_identity->type);
    with.field("user_identity.response_requested", planned.user_identity->response_requested,
               told.user_identity->response_requested);
    with.field("user_identity.answered", planned.user_identity->answered, told.user_identity->answered);
  }
  with.field("unknown_items", planned.unknown_items, told.unknown_items);
}

void compare(const DicomImplementation& planned, const DicomImplementation& told, Comparison& with) {
  with.field("implementation.class_uid", planned.class_uid, told.class_uid);
  with.field("implementation.version_name", planned.version_name, told.version_name);
  with.field("implementation.maximum_length", planned.maximum_length, told.maximum_length);
}

std::vector<std::string_view> listed(const PresentationContext& context) {
  return {context.transfer_syntaxes.begin(), context.transfer_syntaxes.end()};
}

void compare_contexts(const PresentationContexts& planned, const PresentationContexts& told, bool answered,
                      Comparison& with) {
  with.field("contexts", planned.size(), told.size());
  for (std::size_t i = 0; i < std::min(planned.size(), told.size()); ++i) {
    with.field("context.id", planned[i].id, told[i].id);
    with.field("context.abstract_syntax", planned[i].abstract_syntax, told[i].abstract_syntax);
    with.field("context.transfer_syntaxes", listed(planned[i]), listed(told[i]));
    with.field("context.result", answered ? planned[i].result : std::nullopt, told[i].result);
    with.field("context.accepted_transfer_syntax", answered ? planned[i].accepted_transfer_syntax : std::string_view{},
               told[i].accepted_transfer_syntax);
  }
}

// What is planned is legal, however much it is: nothing of it makes room for the rest.
Limits roomy() {
  Limits limits;
  limits.dicom_association_transfer_syntaxes = 8192;
  limits.dicom_stranger_bytes = 8192;
  limits.dicom_association_bytes = 1 << 20;
  return limits;
}

DicomEnd end_of(const PlannedAssociation& plan) {
  switch (plan.end) {
    case PlannedEnd::released_by_opener:
    case PlannedEnd::released_by_acceptor:
    case PlannedEnd::released_by_both: return DicomEnd::released;
    case PlannedEnd::rejected: return DicomEnd::rejected;
    case PlannedEnd::aborted_by_opener:
    case PlannedEnd::aborted_by_acceptor: return DicomEnd::aborted;
    case PlannedEnd::closed: return DicomEnd::closed;
    case PlannedEnd::reset: return DicomEnd::reset;
    case PlannedEnd::capture_ended: return DicomEnd::open;
  }
  return DicomEnd::open;
}

/// Bytes of a fragment that nobody wants are told when it has passed: where the other side aborted meanwhile, that is
/// too late for the association's record.
void compare_bytes(const char* name, std::uint64_t planned, std::uint64_t told, bool cut, Comparison& with) {
  constexpr std::uint64_t kLongestFragment = 20'000;
  const bool explained = cut && told <= planned && planned - told < kLongestFragment;
  if (!explained) with.field(name, planned, told);
}

/// PS3.7 C.
bool is_warning(std::uint16_t status) {
  return status >> 12 == 0xb || status == 0x0001 || status == 0x0107 || status == 0x0116;
}

struct Outcomes {
  std::uint64_t known = 0, failed = 0, warned = 0, unanswered = 0;
  std::array<std::uint64_t, 2> data_bytes{};
};

Outcomes outcomes_of(const PlannedAssociation& plan, const SpokenAssociation& spoken) {
  Outcomes all;
  for (std::size_t at = 0; at < plan.operations.size(); ++at) {
    const DicomOperation& fact = plan.operations[at].fact;
    const SpokenOperation& said = spoken.operations[at];
    const std::size_t side = fact.invoker == Invoker::opener ? 0 : 1;
    all.data_bytes[side] += said.request_bytes;
    all.data_bytes[1 - side] += said.response_bytes;
    if (said.known == 0) continue;
    ++all.known;
    if (said.answered == 0) {
      all.unanswered += plan.end == PlannedEnd::capture_ended ? 0 : 1;
    } else if (is_warning(*fact.status)) {
      ++all.warned;
    } else if (*fact.status != 0 && *fact.status != 0xfe00) {
      ++all.failed;
    }
  }
  return all;
}

void compare_association(const PlannedAssociation& plan, const SpokenAssociation& spoken,
                         const DicomAssociation& told) {
  Comparison with{"association"};
  const DicomAssociation& planned = plan.fact;
  const bool answered = spoken.answered != 0;
  with.field("calling_ae", planned.calling_ae, told.calling_ae);
  with.field("called_ae", planned.called_ae, told.called_ae);
  with.field("accepted", answered ? planned.accepted : std::nullopt, told.accepted);
  with.field("rejection", answered && planned.rejection.has_value(), told.rejection.has_value());
  if (answered && planned.rejection && told.rejection) {
    with.field("rejection.result", planned.rejection->result, told.rejection->result);
    with.field("rejection.source", planned.rejection->source, told.rejection->source);
    with.field("rejection.reason", planned.rejection->reason, told.rejection->reason);
  }
  with.field("abort", spoken.abort.has_value(), told.abort.has_value());
  if (spoken.abort && told.abort) {
    with.field("abort.source", spoken.abort->source, told.abort->source);
    with.field("abort.reason", spoken.abort->reason, told.abort->reason);
    with.field("abort.by_opener", spoken.abort->by_opener, told.abort->by_opener);
  }
  with.field("end", std::optional{end_of(plan)}, told.end);
  with.field("application_context", planned.application_context, told.application_context);
  compare_contexts(planned.contexts, told.contexts, answered, with);
  compare(planned.opener, told.opener, with);
  compare(answered ? planned.acceptor : DicomImplementation{}, told.acceptor, with);
  with.field("negotiation", planned.negotiation != nullptr, told.negotiation != nullptr);
  if (planned.negotiation && told.negotiation)
    compare(answered ? *planned.negotiation : unanswered(*planned.negotiation), *told.negotiation, with);
  with.field("setup_time", answered ? std::optional<Duration>{1ms * (spoken.answered - 1)} : std::nullopt,
             told.setup_time);
  const Outcomes outcomes = outcomes_of(plan, spoken);
  with.field("operations", outcomes.known, told.operations);
  with.field("failed_operations", outcomes.failed, told.failed_operations);
  with.field("warned_operations", outcomes.warned, told.warned_operations);
  with.field("unanswered_operations", outcomes.unanswered, told.unanswered_operations);
  const bool aborted = spoken.abort.has_value();
  compare_bytes("data_bytes by opener", outcomes.data_bytes[0], told.data_bytes[0], aborted, with);
  compare_bytes("data_bytes by acceptor", outcomes.data_bytes[1], told.data_bytes[1], aborted, with);
}

/// Of a request that did not come whole, who asks whom is told where that came.
void compare_head_of_request(const PlannedAssociation& plan, const SpokenAssociation& spoken,
                             const DicomAssociation& told) {
  constexpr std::size_t kTitlesEnd = 42;
  Comparison with{"association"};
  std::size_t bytes = 0;
  for (const Segment& segment : spoken.session) bytes += segment.bytes.size();
  with.field("calling_ae", bytes < kTitlesEnd ? std::nullopt : plan.fact.calling_ae, told.calling_ae);
  with.field("called_ae", bytes < kTitlesEnd ? std::nullopt : plan.fact.called_ae, told.called_ae);
  with.field("accepted", std::optional<bool>{}, told.accepted);
  with.field("end", std::optional{end_of(plan)}, told.end);
  with.field("operations", std::uint64_t{0}, told.operations);
}

void compare(const StoredObject& planned, const StoredObject& told, Comparison& with) {
  with.field("object.sop_class_uid", planned.sop_class_uid, told.sop_class_uid);
  with.field("object.modality", planned.modality, told.modality);
  with.field("object.station_name", planned.station_name, told.station_name);
  with.field("object.manufacturer", planned.manufacturer, told.manufacturer);
  with.field("object.model", planned.model, told.model);
  with.field("object.software_versions", planned.software_versions, told.software_versions);
  with.field("object.institution", planned.institution, told.institution);
  with.field("object.character_set", planned.character_set, told.character_set);
  with.field("object.series", planned.series, told.series);
  with.field("object.rows", planned.rows, told.rows);
  with.field("object.columns", planned.columns, told.columns);
  with.field("object.frames", planned.frames, told.frames);
  with.field("object.burned_in_annotation", planned.burned_in_annotation, told.burned_in_annotation);
  with.field("object.deidentified", planned.deidentified, told.deidentified);
  with.field("object.created", planned.created, told.created);
  with.field("object.document_type", planned.document_type, told.document_type);
  with.field("object.executable_document", planned.executable_document, told.executable_document);
  with.field("object.mistyped_document", planned.mistyped_document, told.mistyped_document);
}

void compare(const DicomQuery& planned, const DicomQuery& told, Comparison& with) {
  with.field("query.matched", planned.matched, told.matched);
  with.field("query.wildcards", planned.wildcards, told.wildcards);
  with.field("query.returned", planned.returned, told.returned);
  with.field("query.date_range_days", planned.date_range_days, told.date_range_days);
  with.field("query.open_date_range", planned.open_date_range, told.open_date_range);
  with.field("query.unique_keys", planned.unique_keys, told.unique_keys);
  with.field("query.keys_not_told", planned.keys_not_told, told.keys_not_told);
}

void compare(const WorklistAnswer& planned, const WorklistAnswer& told, Comparison& with) {
  with.field("worklist.steps", planned.steps, told.steps);
}

void compare(const StorageCommitment& planned, const StorageCommitment& told, Comparison& with) {
  with.field("commitment.transaction", planned.transaction, told.transaction);
  with.field("commitment.referenced", planned.referenced, told.referenced);
  with.field("commitment.failed", planned.failed, told.failed);
  with.field("commitment.failure_reasons", planned.failure_reasons, told.failure_reasons);
  with.field("commitment.instances", planned.instances, told.instances);
  with.field("commitment.failed_instances", planned.failed_instances, told.failed_instances);
}

void compare(const PerformedStep& planned, const PerformedStep& told, Comparison& with) {
  with.field("step.status", planned.status, told.status);
  with.field("step.discontinuation_reason", planned.discontinuation_reason, told.discontinuation_reason);
  with.field("step.modality", planned.modality, told.modality);
  with.field("step.station_ae", planned.station_ae, told.station_ae);
  with.field("step.scheduled", planned.scheduled, told.scheduled);
  with.field("step.series", planned.series, told.series);
  with.field("step.images", planned.images, told.images);
  with.field("step.instances", planned.instances, told.instances);
}

template <typename Kind>
void compare_content(const char* name, const DicomContent& planned, const DicomContent& told, Comparison& with) {
  const Kind* one = planned.as<Kind>();
  const Kind* other = told.as<Kind>();
  with.field(name, one != nullptr, other != nullptr);
  if (one && other) compare(*one, *other, with);
}

std::uint32_t pending_said(const PlannedOperation& planned, const SpokenOperation& said) {
  std::uint32_t pending = 0;
  for (std::size_t i = 0; i < said.responses; ++i) pending += planned.responses[i].status >= 0xff00 ? 1U : 0U;
  return pending;
}

SubOperations counters_said(const PlannedOperation& planned, const SpokenOperation& said) {
  SubOperations counters;
  for (std::size_t i = 0; i < said.responses; ++i)
    if (planned.responses[i].counters.completed) counters = planned.responses[i].counters;
  return counters;
}

// Once all of it was said, what its data sets say is known.
void compare_contents(const PlannedOperation& plan, const DicomOperation& told, Comparison& with) {
  const DicomOperation& planned = plan.fact;
  with.field("query_level", planned.query_level, told.query_level);
  with.field("study", planned.study, told.study);
  with.field("instance", planned.instance, told.instance);
  with.field("patient", planned.patient, told.patient);
  with.field("accession", planned.accession, told.accession);
  compare_content<StoredObject>("object", planned.content, told.content, with);
  compare_content<DicomQuery>("query", planned.content, told.content, with);
  compare_content<WorklistAnswer>("worklist", planned.content, told.content, with);
  compare_content<StorageCommitment>("commitment", planned.content, told.content, with);
  compare_content<PerformedStep>("step", planned.content, told.content, with);
  if (const auto* object = told.content.as<StoredObject>()) {
    auto skew = plan.created ? std::optional<Duration>{told.requested.time - *plan.created} : std::nullopt;
    if (skew && std::chrono::abs(*skew) > std::chrono::hours{24}) skew.reset();  // an old object, and no wrong clock
    with.field("object.clock_skew", skew, object->clock_skew);
  }
}

void compare_operation(const PlannedOperation& plan, const SpokenOperation& said, bool aborted,
                       const DicomOperation& told) {
  const DicomOperation& planned = plan.fact;
  Comparison with{"operation " + std::to_string(planned.command_field) + " of message " +
                  std::to_string(planned.message_id)};
  const bool answered = said.answered != 0;
  with.field("command_field", planned.command_field, told.command_field);
  with.field("context_id", planned.context_id, told.context_id);
  with.field("calling_ae", planned.calling_ae, told.calling_ae);
  with.field("called_ae", planned.called_ae, told.called_ae);
  with.field("sop_class_uid", planned.sop_class_uid, told.sop_class_uid);
  with.field("transfer_syntax_uid", planned.transfer_syntax_uid, told.transfer_syntax_uid);
  with.field("status", answered ? planned.status : std::nullopt, told.status);
  with.field("request_seen", true, told.request_seen);
  with.field("pending_responses", pending_said(plan, said), told.pending_responses);
  with.field("cancelled", said.cancelled, told.cancelled);
  const SubOperations counters = counters_said(plan, said);
  with.field("sub_operations.remaining", counters.remaining, told.sub_operations.remaining);
  with.field("sub_operations.completed", counters.completed, told.sub_operations.completed);
  with.field("sub_operations.failed", counters.failed, told.sub_operations.failed);
  with.field("sub_operations.warning", counters.warning, told.sub_operations.warning);
  with.field("move_destination", planned.move_destination, told.move_destination);
  with.field("originator_ae", planned.originator_ae, told.originator_ae);
  with.field("originator_message_id", planned.originator_message_id, told.originator_message_id);
  compare_bytes("request_bytes", said.request_bytes, told.request_bytes, aborted && said.requested == 0, with);
  compare_bytes("response_bytes", said.response_bytes, told.response_bytes, aborted && said.done == 0, with);
  with.field("missing_bytes", std::uint64_t{0}, told.missing_bytes);
  with.field("priority", planned.priority, told.priority);
  with.field("event_type", planned.event_type, told.event_type);
  with.field("action_type", planned.action_type, told.action_type);
  with.field("error_id", answered ? planned.error_id : std::nullopt, told.error_id);
  with.field("error_comment", answered && planned.error_comment, told.error_comment);
  with.field("offending_elements", answered ? planned.offending_elements : std::uint16_t{0}, told.offending_elements);
  with.field("requested_attributes", planned.requested_attributes, told.requested_attributes);
  const auto between = [](SegmentNumber from, SegmentNumber to) {
    return from != 0 && to != 0 ? std::optional<Duration>{1ms * (to - from)} : std::nullopt;
  };
  const bool took_time = said.request_bytes != 0 || said.begun != said.requested;
  with.field("transfer_time", took_time ? between(said.begun, said.requested) : std::nullopt, told.transfer_time);
  with.field("response_time", said.responses != 0 ? between(said.requested, said.responding) : std::nullopt,
             told.response_time);
  with.field("requested.packet", said.begun, told.requested.packet);
  with.field("answered.packet", answered ? std::optional{said.answered} : std::nullopt,
             told.answered ? std::optional{told.answered->packet} : std::nullopt);
  if (said.done != 0) compare_contents(plan, told, with);
}

/// Of those with the same id and invoker, the next one begins when the one before it is over.
using OperationKey = std::pair<Invoker, std::uint16_t>;

void compare_operations(const PlannedAssociation& plan, const SpokenAssociation& spoken, const Wire& wire) {
  std::map<OperationKey, std::vector<DicomOperation>> told;
  for (DicomOperation& operation : wire.facts<DicomOperation>(Phase::end))
    told[{operation.invoker, operation.message_id}].push_back(std::move(operation));
  std::map<OperationKey, std::size_t> taken;
  for (std::size_t at = 0; at < plan.operations.size(); ++at) {
    if (spoken.operations[at].known == 0) continue;
    const DicomOperation& fact = plan.operations[at].fact;
    const OperationKey key{fact.invoker, fact.message_id};
    const std::size_t next = taken[key]++;
    ASSERT_LT(next, told[key].size()) << "operation of message " << fact.message_id << " is not told";
    compare_operation(plan.operations[at], spoken.operations[at], spoken.abort.has_value(), told[key][next]);
  }
  for (const auto& [key, operations] : told) EXPECT_EQ(operations.size(), taken[key]) << "more than was planned";
}

void play(Wire& wire, const SpokenAssociation& spoken) {
  play(wire, spoken.session);
  wire.close(spoken.close);
}

/// One start and one end for each operation, one end for each association.
void check_ends(const Wire& wire) {
  std::size_t open_associations = 0;
  std::map<std::tuple<std::uint8_t, std::uint16_t, Invoker>, int> open_operations;
  for (const Event& event : wire.events()) {
    if (const auto* association = std::get_if<DicomAssociation>(&event.facts)) {
      if (event.phase == Phase::start) ++open_associations;
      EXPECT_LE(open_associations, 1U);
      if (event.phase != Phase::end) continue;
      EXPECT_TRUE(association->end);
      open_associations = 0;
    } else if (const auto* operation = std::get_if<DicomOperation>(&event.facts)) {
      int& open = open_operations[{operation->context_id, operation->message_id, operation->invoker}];
      if (event.phase == Phase::start) ++open;
      if (event.phase == Phase::end && operation->request_seen) --open;
    }
  }
  EXPECT_EQ(open_associations, 0U);
  for (const auto& [key, open] : open_operations)
    EXPECT_EQ(open, 0) << "message " << std::get<std::uint16_t>(key) << " has other starts than ends";
}

TEST(DicomRoundTrip, WhatIsPlannedIsWhatIsTold) {
  for_seeds(1, 3000, [](std::uint64_t seed) {
    Dice dice{seed};
    const PlannedAssociation plan = plan_association(dice);
    const SpokenAssociation spoken = speak(plan, dice);
    Wire wire{{.limits = roomy()}};
    play(wire, spoken);

    const auto ends = wire.facts<DicomAssociation>(Phase::end);
    ASSERT_EQ(ends.size(), spoken.session.empty() ? 0U : 1U);
    if (spoken.asked != 0) compare_association(plan, spoken, ends.front());
    if (spoken.asked == 0 && !ends.empty()) compare_head_of_request(plan, spoken, ends.front());
    compare_operations(plan, spoken, wire);
    for (const Violation& violation : wire.facts<Violation>(Phase::end))
      ADD_FAILURE() << violation.name << " at " << violation.offset << (violation.by_opener ? " by opener" : "");
    EXPECT_TRUE(wire.facts<CaptureNote>(Phase::end).empty()) << "something was forgotten";
    check_ends(wire);
  });
}

/// What happens to bytes: on the way, and to what a mirror shows of them.
class Mischief {
 public:
  Mischief(Dice& dice, Wire& wire) : dice_(dice), wire_(wire) {}

  void play(const Session& session) {
    const std::size_t one_in = dice_.between(1, 20);
    for (std::size_t at = 0; at < session.size(); ++at) {
      Segment segment = session[at];
      if (dice_.one_in(one_in)) mutate(segment.bytes);
      switch (dice_.below(40 * one_in)) {
        case 0: wire_.gap(segment.direction, segment.bytes.size()); continue;
        case 1: wire_.gap(segment.direction, dice_.between(1, 100'000)); break;
        case 2: wire_.say(segment.direction, segment.bytes); break;  // once more
        case 3: segment.direction = opposite(segment.direction); break;
        case 4: wire_.give_up_kept(); break;
        case 5: return;
        default: break;
      }
      if (!segment.bytes.empty()) wire_.say(segment.direction, segment.bytes);
    }
  }

 private:
  void mutate(Octets& bytes) {
    if (bytes.empty()) return;
    const auto place = [&] { return bytes.begin() + static_cast<std::ptrdiff_t>(dice_.below(bytes.size())); };
    switch (dice_.below(7)) {
      case 0: *place() = static_cast<std::uint8_t>(dice_.number()); return;
      case 1: *place() ^= static_cast<std::uint8_t>(1U << dice_.below(8)); return;
      case 2: bytes.erase(place()); return;
      case 3: bytes.insert(place(), static_cast<std::uint8_t>(dice_.flip() ? 0xff : dice_.below(256))); return;
      case 4: std::iter_swap(place(), place()); return;
      case 5: bytes.erase(place(), bytes.end()); return;
      default: {
        const Octets again(bytes.begin(), place());
        bytes.insert(place(), again.begin(), again.end());
      }
    }
  }

  Dice& dice_;
  Wire& wire_;
};

TEST(DicomRoundTrip, WhateverGoesWrongHasOneEnd) {
  for_seeds(1'000'000'000, 3000, [](std::uint64_t seed) {
    Dice dice{seed};
    const SpokenAssociation spoken = speak(plan_association(dice), dice);
    Wire wire{{.joined_midway = dice.one_in(5)}};
    Mischief{dice, wire}.play(spoken.session);
    wire.close(spoken.close);
    check_ends(wire);
  });
}

}  // namespace
}  // namespace dcmwatch::test
