// The one table of field names: path, type, meaning, source clause, whether it may identify a person.
//
// For fields.cpp, which gives it to everybody, and for the log's writer alone, which is made from it at compile time:
// there every field's value is written without a call through a pointer.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/community_id.h"
#include "event/dicom_names.h"
#include "event/fields.h"

namespace dcmwatch::field_table {

template <typename Fact>
const Fact* fact(const Record& record) {
  return std::get_if<Fact>(&record.observation.event.facts);
}

inline const Event& event(const Record& record) { return record.observation.event; }

inline void text_unless_empty(FieldSink& sink, std::string_view value) {
  if (!value.empty()) sink.text(value);
}

inline void word_unless_empty(FieldSink& sink, std::string_view value) {
  if (!value.empty()) sink.word(value);
}

inline void word_unless_empty(FieldSink& sink, const Pseudonym& value) {
  if (!value.empty()) sink.word(value.text());
}

template <typename Text>
void text_if(FieldSink& sink, const std::optional<Text>& value) {
  if (value) sink.text(*value);
}

template <typename Number>
void number_if(FieldSink& sink, const std::optional<Number>& value) {
  if (value) sink.number(static_cast<std::int64_t>(*value));
}

inline std::optional<std::int64_t> bytes_per_second(const DicomOperation& operation) {
  if (!operation.transfer_time || *operation.transfer_time <= Duration::zero()) return std::nullopt;
  const double seconds = std::chrono::duration<double>(*operation.transfer_time).count();
  return static_cast<std::int64_t>(static_cast<double>(operation.request_bytes) / seconds);
}

inline void number(FieldSink& sink, std::uint64_t value) { sink.number(static_cast<std::int64_t>(value)); }

inline void number_unless_zero(FieldSink& sink, std::uint64_t value) {
  if (value != 0) number(sink, value);
}

inline void duration(FieldSink& sink, const std::optional<Duration>& value) {
  if (value) sink.number(value->count());
}

// Records of several connections have no such end, or no such port, where those do not share it.
inline void address_unless_none(FieldSink& sink, const Endpoint& end) {
  if (end != Endpoint{}) sink.address(end.address);
}

inline void port_unless_none(FieldSink& sink, const Endpoint& end) {
  if (end.port != 0) sink.number(end.port);
}

inline void mac_unless_zero(FieldSink& sink, const MacAddress& mac) {
  if (mac == MacAddress{}) return;
  std::array<char, kMacCharacters> text;
  put_text(text.data(), mac);
  sink.word({text.data(), text.size()});
}

inline void each_address(const std::vector<IpAddress>& addresses, FieldSink& sink) {
  for (const IpAddress& address : addresses) sink.text(to_text(address));
}

inline void each_port(const std::vector<std::uint16_t>& ports, FieldSink& sink) {
  for (const std::uint16_t port : ports) sink.text(std::to_string(port));
}

inline void rates_of(FieldSink& sink, RatesOf rates) {
  for (std::size_t i = 0; i < kRates; ++i) {
    if ((rates & bit_of(static_cast<RateOf>(i))) != 0) sink.word(to_text(static_cast<RateOf>(i)));
  }
}

// What several items say, each text once.
template <typename Items, typename Read>
void each_once(const Items& items, Read read, FieldSink& sink) {
  for (auto item = items.begin(); item != items.end(); ++item) {
    const auto said = read(*item);
    const auto says_it = [&](const auto& earlier) { return read(earlier) == said; };
    if (said.empty() || std::find_if(items.begin(), item, says_it) != item) continue;
    if constexpr (std::is_same_v<decltype(said), const Pseudonym>) {
      sink.word(said.text());
    } else {
      sink.text(said);
    }
  }
}

// No later than the end: a clock that was set back in between gives a span of nothing, as it does in event.duration,
// and not one that ends before it begins.
inline Timestamp start_of(const Mark& first, const Mark& last) { return std::min(first.time, last.time); }

inline std::optional<Duration> duration_of(const Record& record) {
  if (const auto* operation = fact<DicomOperation>(record)) {
    if (!operation->answered) return std::nullopt;
    return elapsed(operation->requested.time, operation->answered->time);
  }
  if (const auto* message = fact<Hl7Message>(record)) {
    if (!message->answered()) return std::nullopt;
    return elapsed(message->sent.time, message->answered()->time);
  }
  if (event(record).phase != Phase::end && !goes_on(event(record))) return std::nullopt;
  return elapsed(event(record).first.time, event(record).last.time);
}

// ECS event.action, the verb of the record in the standard's word.
inline std::string_view action_of(const DicomOperation& operation) {
  return dicom_command_name(operation.command_field);
}
inline std::string_view action_of(const Hl7Message& message) { return message.message_type; }

inline std::string_view kind_of(const Record& record) {
  if (record.finding) return "alert";
  return fact<CaptureNote>(record) ? "metric" : "event";
}

inline constexpr auto kText = FieldType::text;
inline constexpr auto kList = FieldType::text_list;
inline constexpr auto kNumber = FieldType::number;
inline constexpr auto kBoolean = FieldType::boolean;
inline constexpr auto kAddress = FieldType::address;
inline constexpr auto kTime = FieldType::time;
inline constexpr auto kNobody = Identifies::nobody;
inline constexpr auto kPseudonym = Identifies::pseudonymised;
inline constexpr auto kDevice = Identifies::device;

using R = Record;
using S = FieldSink;
using A = Surroundings;

// What the readers below have in common is said by these, so that nobody asks them about other records.

/// A field of one of these facts.
template <typename... Fact, typename Read>
constexpr FieldReader of(Read) {
  return {[](const Record& record, FieldSink& sink) {
            const auto read = [&](const auto* of_record) {
              if (of_record) Read{}(*of_record, sink);
            };
            (read(fact<Fact>(record)), ...);
          },
          (RecordKinds::of<Fact>() | ...)};
}

/// A field of each presentation context that was refused.
template <typename Read>
constexpr FieldReader of_refused_contexts(Read) {
  return of<DicomAssociation>([](const auto& association, FieldSink& sink) {
    for (const PresentationContext& context : association.contexts) {
      if (context.result && !context.accepted()) Read{}(context, sink);
    }
  });
}

/// A field of what an association negotiated beside its contexts.
template <typename Read>
constexpr FieldReader of_negotiation(Read) {
  return of<DicomAssociation>([](const auto& association, FieldSink& sink) {
    if (association.negotiation) Read{}(*association.negotiation, sink);
  });
}

/// A field of who a side of an association may be.
template <ImplementationGuess Implementations::*side, typename Read>
constexpr FieldReader of_implementation(Read) {
  return {[](const Record& record, FieldSink& sink) {
            const auto& implementations = record.observation.implementations;
            if (implementations) Read{}((*implementations).*side, sink);
          },
          RecordKinds::of<DicomAssociation>()};
}

/// A field of a DIMSE message's data set.
template <typename Content, typename Read>
constexpr FieldReader of_content(Read) {
  return of<DicomOperation>([](const auto& operation, FieldSink& sink) {
    if (const Content* content = operation.content.template as<Content>()) Read{}(*content, sink);
  });
}

/// A field of what an HL7 message says beyond its header.
template <typename Read>
constexpr FieldReader of_hl7_content(Read) {
  return of<Hl7Message>([](const auto& message, FieldSink& sink) {
    if (message.content) Read{}(*message.content, sink);
  });
}

/// A field of whose message it is.
template <typename Read>
constexpr FieldReader of_hl7_origin(Read) {
  return of_hl7_content([](const auto& content, FieldSink& sink) {
    if (content.origin) Read{}(*content.origin, sink);
  });
}

inline std::span<const Hl7Merge> merges_of(const Hl7Message& message) {
  return message.content ? std::span<const Hl7Merge>{message.content->merges} : std::span<const Hl7Merge>{};
}
inline std::span<const Hl7Merge> merges_of(const Link& link) {
  return link.merge ? std::span{&*link.merge, 1} : std::span<const Hl7Merge>{};
}

/// A list of what a message's orders say, each once.
template <auto... member>
void of_orders(const Hl7Content& content, FieldSink& sink) {
  (each_once(
       content.orders, [](const Hl7Order& order) { return order.*member; }, sink),
   ...);
}

/// Every fact but a FlowStretch and a CaptureNote is about a connection.
inline constexpr RecordKinds kOfAConnection =
    RecordKinds::of<ConnectionFact>() | RecordKinds::of<DicomAssociation>() | RecordKinds::of<DicomOperation>() |
    RecordKinds::of<Hl7Message>() | RecordKinds::of<TlsConnection>() | RecordKinds::of<Violation>() |
    RecordKinds::of<Link>() | RecordKinds::of<DicomStudy>() | RecordKinds::of<Workflow>();

template <typename Read>
constexpr FieldReader of_connection(Read read) {
  return {read, kOfAConnection};
}

/// A field that most records of a conversation have in common.
template <typename Read>
constexpr FieldReader of_surroundings(Read, RecordKinds kinds = RecordKinds::all()) {
  return {[](const Record& record, FieldSink& sink) { Read{}(Surroundings::of(record.observation), sink); }, kinds,
          Reads::surroundings};
}

/// A field that most records between two devices have in common.
template <typename Read>
constexpr FieldReader of_judgement(Read) {
  return {[](const Record& record, FieldSink& sink) { Read{}(*record.observation.declared, sink); }, RecordKinds::all(),
          Reads::judgement};
}

/// A field of the finding itself, not of the example that it matched.
template <typename Read>
constexpr FieldReader of_finding(Read) {
  return {[](const Record& record, FieldSink& sink) { Read{}(*record.finding, sink); }, RecordKinds::findings()};
}

/// A field of a side's certificate in TLS.
template <std::shared_ptr<const TlsCertificate> TlsConnection::*side, typename Read>
constexpr FieldReader of_certificate(Read) {
  return of<TlsConnection>([](const auto& tls, FieldSink& sink) {
    if (const TlsCertificate* certificate = (tls.*side).get()) Read{}(*certificate, sink);
  });
}

inline void each_weakness(FieldSink& sink, TlsWeaknesses weaknesses) {
  for (const TlsWeaknessRule& rule : kTlsWeaknessRules) {
    if (weaknesses.has(rule.weakness)) sink.word(rule.word);
  }
}

/// As registered; of one that is not, its number as it is written there.
inline void cipher_suite(FieldSink& sink, std::uint16_t number) {
  if (const std::string_view name = tls_cipher_name(number); !name.empty()) return sink.word(name);
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const std::array<char, 6> text{'0',
                                 'x',
                                 kDigits[number >> 12U],
                                 kDigits[number >> 8U & 15U],
                                 kDigits[number >> 4U & 15U],
                                 kDigits[number & 15U]};
  sink.word({text.data(), text.size()});
}

inline void alert_description(FieldSink& sink, const TlsAlert& alert) {
  if (!alert.description) return sink.word("protected");
  if (const std::string_view name = tls_alert_name(*alert.description); !name.empty()) return sink.word(name);
  sink.word(std::to_string(*alert.description));
}

template <typename Read>
constexpr FieldReader of_correlation(Read) {
  return of_finding([](const Finding& finding, FieldSink& sink) {
    if (finding.correlated) Read{}(*finding.correlated, sink);
  });
}

/// The steps of an order's way that are in this state.
template <WorkflowStepState state>
constexpr FieldReader of_steps() {
  return of<Workflow>([](const auto& workflow, FieldSink& sink) {
    for (std::size_t i = 0; i < kWorkflowSteps; ++i) {
      if (workflow.steps[i].state == state) sink.word(to_text(static_cast<WorkflowStep>(i)));
    }
  });
}

/// When a step of an order's way was first seen.
template <WorkflowStep step>
constexpr FieldReader of_step_time() {
  return of<Workflow>([](const auto& workflow, FieldSink& sink) {
    if (const auto& time = workflow.at(step).time) sink.time(*time);
  });
}

inline constexpr Field kFields[] = {
    {"@timestamp", kTime, "when the fact became known: the packet that told it", "ECS", kNobody,
     [](const R& r, S& s) { s.time(r.finding && r.finding->phase == Phase::end ? r.finding->last.time : event(r).last.time); }},

    {"event.kind", kText, "event, alert (a finding) or metric (a note of the capture)", "ECS", kNobody,
     [](const R& r, S& s) { s.word(kind_of(r)); }},
    {"event.dataset", kText, "which kind of record this is", "ECS", kNobody,
     [](const R& r, S& s) { s.word(r.finding ? "finding" : dataset_of(event(r).facts)); }},
    {"event.phase", kText, "start, progress or end of what is told", "", kNobody,
     [](const R& r, S& s) { s.word(to_text(r.finding ? r.finding->phase : event(r).phase)); }},
    {"event.action", kText, "the DIMSE command or the HL7 message type", "ECS", kNobody,
     of<DicomOperation, Hl7Message>([](const auto& f, S& s) { text_unless_empty(s, action_of(f)); })},
    {"event.outcome", kText, "success (warnings too), failure (broken off or surely never answered, too), or unknown (cancelled, not seen)", "ECS", kNobody,
     [](const R& r, S& s) { s.word(to_text(outcome_of(event(r)))); }},
    {"event.start", kTime, "first packet that the fact rests on; where the capture's clock was set back behind it since, event.end", "ECS", kNobody,
     [](const R& r, S& s) { s.time(start_of(event(r).first, event(r).last)); }},
    {"event.end", kTime, "last packet that the fact rests on", "ECS", kNobody,
     [](const R& r, S& s) { s.time(event(r).last.time); }},
    {"event.duration", kNumber, "nanoseconds: request to final response, message to acknowledgement, or start to end; of what goes on, so far", "ECS", kNobody,
     [](const R& r, S& s) { if (const auto duration = duration_of(r)) s.number(duration->count()); }},

    {"packet.source", kNumber, "the capture source, counted from 0 in the order given", "", kNobody,
     [](const R& r, S& s) { number(s, event(r).last.source); }},
    {"packet.first", kNumber, "the first packet, counted from 0 in its source: Wireshark's frame number less one", "", kNobody,
     [](const R& r, S& s) { number(s, event(r).first.packet); }},
    {"packet.last", kNumber, "the last packet, counted likewise", "", kNobody,
     [](const R& r, S& s) { number(s, event(r).last.packet); }},

    {"source.ip", kAddress, "who opened the connection, where known", "ECS", kDevice,
     of_surroundings([](const A& a, S& s) { address_unless_none(s, a.parties.source); }, kOfAConnection)},
    {"source.port", kNumber, "TCP or UDP port", "ECS", kNobody,
     of_surroundings([](const A& a, S& s) { port_unless_none(s, a.parties.source); }, kOfAConnection)},
    {"source.mac", kText, "as seen at the capture point: a router's, beyond one", "ECS", kDevice,
     of_surroundings([](const A& a, S& s) { mac_unless_zero(s, a.parties.source_mac); })},
    {"source.device", kText, "the declared device; absent: undeclared", "", kDevice,
     of_surroundings([](const A& a, S& s) { text_unless_empty(s, a.source.device); })},
    {"source.zone", kText, "the declared zone; absent: undeclared", "IEC 62443-3-2", kNobody,
     of_surroundings([](const A& a, S& s) { text_unless_empty(s, a.source.zone); })},
    {"source.role", kText, "what the device is there for, as declared: \"modality\", \"monitor\"; absent: no role is declared", "", kNobody,
     of_surroundings([](const A& a, S& s) { text_unless_empty(s, a.source.role); })},
    {"source.packets", kNumber, "packets sent by the source", "ECS", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number(s, c.packets[0]); })},
    {"source.bytes", kNumber, "payload bytes sent by the source", "ECS", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number(s, c.bytes[0]); })},
    {"source.in_unit", kBoolean, "it has begun a unit (a PDU, say) and not ended it, though none of it is missing; told while a connection goes on; absent: no, or it is not known", "", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { if (c.in_unit[0]) s.boolean(true); })},
    {"source.missing_bytes", kNumber, "of these, never seen", "", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number(s, c.missing_bytes[0]); })},
    {"source.retransmitted_packets", kNumber, "packets sent again", "RFC 9293", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number(s, c.retransmitted_packets[0]); })},
    {"source.conflicting_packets", kNumber, "of these, with other bytes than the first time; absent: none", "RFC 9293 3.10.7.4", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number_unless_zero(s, c.conflicting_packets[0]); })},
    {"source.out_of_order_packets", kNumber, "packets captured after later ones, or before what they acknowledge; absent: none", "RFC 9293", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number_unless_zero(s, c.out_of_order_packets[0]); })},
    {"source.duplicate_packets", kNumber, "packets that the mirror showed twice, counted in no other field; absent: none", "", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number_unless_zero(s, c.duplicate_packets[0]); })},
    {"source.gaps", kNumber, "holes in the stream that nothing came to fill; absent: none", "", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number_unless_zero(s, c.gaps[0]); })},
    {"source.unseen_bytes", kNumber, "of missing_bytes, acknowledged by the peer: lost by the mirror or the capture; absent: none", "", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number_unless_zero(s, c.unseen_bytes[0]); })},
    {"source.zero_window_time", kNumber, "nanoseconds for which the peer had no room for more; absent: none", "RFC 9293 3.8.6.1", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number_unless_zero(s, static_cast<std::uint64_t>(c.zero_window_time[0].count())); })},

    {"destination.ip", kAddress, "who accepted the connection", "ECS", kDevice,
     of_surroundings([](const A& a, S& s) { address_unless_none(s, a.parties.destination); }, kOfAConnection)},
    {"destination.port", kNumber, "TCP or UDP port", "ECS", kNobody,
     of_surroundings([](const A& a, S& s) { port_unless_none(s, a.parties.destination); }, kOfAConnection)},
    {"destination.mac", kText, "as seen at the capture point: a router's, beyond one", "ECS", kDevice,
     of_surroundings([](const A& a, S& s) { mac_unless_zero(s, a.parties.destination_mac); })},
    {"destination.device", kText, "the declared device; absent: undeclared", "", kDevice,
     of_surroundings([](const A& a, S& s) { text_unless_empty(s, a.destination.device); })},
    {"destination.zone", kText, "the declared zone; absent: undeclared", "IEC 62443-3-2", kNobody,
     of_surroundings([](const A& a, S& s) { text_unless_empty(s, a.destination.zone); })},
    {"destination.role", kText, "what the device is there for, as declared: \"modality\", \"monitor\"; absent: no role is declared", "", kNobody,
     of_surroundings([](const A& a, S& s) { text_unless_empty(s, a.destination.role); })},
    {"destination.packets", kNumber, "packets sent by the destination", "ECS", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number(s, c.packets[1]); })},
    {"destination.bytes", kNumber, "payload bytes sent by the destination", "ECS", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number(s, c.bytes[1]); })},
    {"destination.in_unit", kBoolean, "likewise", "", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { if (c.in_unit[1]) s.boolean(true); })},
    {"destination.missing_bytes", kNumber, "of these, never seen", "", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number(s, c.missing_bytes[1]); })},
    {"destination.retransmitted_packets", kNumber, "packets sent again", "RFC 9293", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number(s, c.retransmitted_packets[1]); })},
    {"destination.conflicting_packets", kNumber, "of these, with other bytes than the first time; absent: none", "RFC 9293 3.10.7.4", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number_unless_zero(s, c.conflicting_packets[1]); })},
    {"destination.out_of_order_packets", kNumber, "packets captured after later ones, or before what they acknowledge; absent: none", "RFC 9293", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number_unless_zero(s, c.out_of_order_packets[1]); })},
    {"destination.duplicate_packets", kNumber, "packets that the mirror showed twice, counted in no other field; absent: none", "", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number_unless_zero(s, c.duplicate_packets[1]); })},
    {"destination.gaps", kNumber, "holes in the stream that nothing came to fill; absent: none", "", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number_unless_zero(s, c.gaps[1]); })},
    {"destination.unseen_bytes", kNumber, "of missing_bytes, acknowledged by the peer: lost by the mirror or the capture; absent: none", "", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number_unless_zero(s, c.unseen_bytes[1]); })},
    {"destination.zero_window_time", kNumber, "nanoseconds for which the peer had no room for more; absent: none", "RFC 9293 3.8.6.1", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number_unless_zero(s, static_cast<std::uint64_t>(c.zero_window_time[1].count())); })},

    {"network.transport", kText, "tcp or udp", "ECS", kNobody,
     of_surroundings([](const A& a, S& s) { s.text(a.parties.transport == Transport::tcp ? "tcp" : "udp"); }, kOfAConnection)},
    {"network.protocol", kText, "identified by content; absent: unidentified", "ECS", kNobody,
     of_surroundings([](const A& a, S& s) { if (a.protocol != Protocol::unidentified) s.text(to_text(a.protocol)); })},
    {"network.community_id", kText, "Community ID v1, to find the same connection in other tools", "ECS", kDevice,
     of_surroundings([](const A& a, S& s) {
       if (a.parties.source.port == 0 || a.parties.destination.port == 0) return;
       std::array<char, kCommunityIdCharacters> id;
       put_community_id(id.data(), a.parties);
       s.word({id.data(), id.size()});
     }, kOfAConnection)},
    {"network.opener_known", kBoolean, "false: which end is the source is a guess", "", kNobody,
     of_surroundings([](const A& a, S& s) { s.boolean(a.parties.opener_known); }, kOfAConnection)},
    {"network.vlan.id", kNumber, "the outermost VLAN of the frame nearest to the connection; that of a tunnel around it is not told", "IEEE 802.1Q", kNobody,
     of_surroundings([](const A& a, S& s) { if (a.parties.vlan.outer != 0) s.number(a.parties.vlan.outer); })},
    {"network.inner.vlan.id", kNumber, "the innermost VLAN of that frame, if it has several", "IEEE 802.1ad", kNobody,
     of_surroundings([](const A& a, S& s) { if (a.parties.vlan.inner != 0) s.number(a.parties.vlan.inner); })},

    {"conversation.id", kNumber, "the connection: records of one connection bear the same", "", kNobody,
     of_connection([](const R& r, S& s) { number(s, event(r).conversation); })},
    {"conversation.ordinal", kNumber, "of this connection's records, counted from 1", "", kNobody,
     of_connection([](const R& r, S& s) { number(s, event(r).ordinal); })},
    {"conversation.unseen", kList, "why something could not be seen: joined_midway, one_direction, truncated, lost, unfinished, encrypted; or read: undecodable (all was there, and broke its protocol)", "", kNobody,
     [](const R& r, S& s) {
       for (const auto& [name, flag] : kVisibilityFlags) {
         if (event(r).visibility.*flag) s.text(name);
       }
     }},

    {"conversation.proven", kBoolean, "true: more was seen of the connection than who stands at neither end brings about with a few packets in another's name (TCP: both sides have shown that they know the other's sequence numbers, as a handshake to its end does; UDP: 33 datagrams each way; where one direction alone is seen: nine packets where neither end was seen both ways in other conversations of the last hour, 1025 where one was, or of UDP both were, and no number of TCP where both were, for then its answers would have been seen); of a link of two messages: both of theirs are; absent: it is not, or not yet", "", kNobody,
     of_connection([](const R& r, S& s) { if (event(r).proven) s.boolean(true); })},

    {"connection.end", kText, "finished, reset, timed_out, evicted, unanswered, or open when the capture ended; of several in one record also answered: a SYN-ACK came, and how each ended is not told", "RFC 9293", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { if (c.end) s.word(to_text(*c.end)); })},
    {"connection.handshake_time", kNumber, "nanoseconds from SYN to the opener's ACK", "RFC 9293", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { duration(s, c.handshake_time); })},
    {"connection.round_trip_to_acceptor", kNumber, "nanoseconds from SYN to SYN-ACK: between the capture point and the acceptor", "RFC 9293", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { duration(s, c.round_trip_to_acceptor); })},
    {"connection.round_trip_to_opener", kNumber, "nanoseconds from SYN-ACK to ACK: between the capture point and the opener", "RFC 9293", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { duration(s, c.round_trip_to_opener); })},
    {"connection.attempts", kNumber, "connections of a minute that were not seen to come about (connection.end: nobody answered, or refused, or answered and no more), in one record; what they do not share is absent", "", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { if (c.attempts) number(s, c.attempts->count); })},
    {"connection.source_network", kText, "where those came from: a /24 of IPv4 or /64 of IPv6, ::/0 where there were too many", "", kDevice,
     of<ConnectionFact>([](const auto& c, S& s) { if (c.attempts) s.text(to_text(c.attempts->source_network)); })},
    {"connection.destinations", kList, "whom those called, if not all of them the same: 32 at most, with the lowest addresses", "", kDevice,
     of<ConnectionFact>([](const auto& c, S& s) { if (c.attempts && c.attempts->destinations.size() > 1) each_address(c.attempts->destinations, s); })},
    {"connection.destination_ports", kList, "the ports that those called, if not all of them the same place: 32 at most, the lowest", "", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { if (c.attempts && c.attempts->several_places()) each_port(c.attempts->ports, s); })},
    {"connection.destinations_left_out", kBoolean, "true: those called more than are listed", "", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { if (c.attempts && c.attempts->destinations_left_out) s.boolean(true); })},
    {"connection.destination_ports_left_out", kBoolean, "true: those called more ports than are listed", "", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { if (c.attempts && c.attempts->ports_left_out) s.boolean(true); })},
    {"connection.undeclared_destinations", kList, "of connection.destinations, whom no declared flow of the source calls at any of connection.destination_ports; all of them where ports were left out, and without a model", "", kDevice,
     of<ConnectionFact>([](const auto& c, S& s) { if (c.attempts && c.attempts->destinations.size() > 1) each_address(c.attempts->undeclared ? c.attempts->undeclared->destinations : c.attempts->destinations, s); })},
    {"connection.undeclared_destination_ports", kList, "of connection.destination_ports, those that no declared flow of the source calls at any of whom those called; all of them where destinations were left out, and without a model", "", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { if (c.attempts && c.attempts->several_places()) each_port(c.attempts->undeclared ? c.attempts->undeclared->ports : c.attempts->ports, s); })},

    {"flow.name", kText, "the declared flow that this belongs to; absent: none", "", kNobody,
     of_judgement([](const Declared& d, S& s) { text_unless_empty(s, d.flow); })},
    {"flow.declares_rate", kList, "of what the flow declares how many are expected in an hour, as in flow.rate_of", "", kNobody,
     of_judgement([](const Declared& d, S& s) { rates_of(s, d.rates); })},
    {"flow.deviations", kList, "what differs from the declared model", "", kNobody,
     of_judgement([](const Declared& d, S& s) { for (const Deviation& one : d.deviations) s.text(to_text(one.kind)); })},
    {"flow.expected", kList, "what was declared, in the order of flow.deviations", "", kDevice,
     of_judgement([](const Declared& d, S& s) { for (const Deviation& one : d.deviations) s.text(one.expected); })},
    {"flow.observed", kList, "what was seen, in the order of flow.deviations", "", kDevice,
     of_judgement([](const Declared& d, S& s) { for (const Deviation& one : d.deviations) s.text(one.observed); })},
    {"flow.sender", kText, "which of the flow's senders an HL7 message is from, as declared; any: the flow declares any, and the sending device has no names of its own; absent: none of them, or none is declared", "", kDevice,
     of_judgement([](const Declared& d, S& s) { text_unless_empty(s, d.message.any_sender ? "any" : d.message.sender); })},
    {"flow.receiver", kText, "which of the flow's receivers an HL7 message is for, as declared; any: the flow declares any, and the receiving device has no names of its own; absent: none of them, or none is declared", "", kDevice,
     of_judgement([](const Declared& d, S& s) { text_unless_empty(s, d.message.any_receiver ? "any" : d.message.receiver); })},
    {"flow.ack_mode", kText, "of an HL7 message: the acknowledgement mode that the flow declares, original, enhanced or none; absent: none is declared", "HL7 v2 2.9.1", kNobody,
     of_judgement([](const Declared& d, S& s) { if (d.message.ack_mode) s.word(to_text(*d.message.ack_mode)); })},
    {"flow.unknown", kList, "what could not be held against the model, for it was not seen", "", kNobody,
     of_judgement([](const Declared& d, S& s) { for (const UnknownKind kind : d.unknown) s.text(to_text(kind)); })},
    {"flow.state", kText, "of a declared flow in a stretch of time: silent, seen_again, above_rate, below_rate, or not_visible, so that neither silence nor a rate can be told", "", kNobody,
     of<FlowStretch>([](const auto& f, S& s) { s.word(to_text(f.state)); })},
    {"flow.device", kText, "of a flow that several devices open: which of them is silent, or retrieved or queried so many studies; absent: all of them together", "", kDevice,
     of<FlowStretch>([](const auto& f, S& s) { text_unless_empty(s, f.device); })},
    {"flow.not_visible", kText, "why it is not: capture (drops, an interface that was down), lost (bytes of a conversation of either end), one_direction, unseen_ends (nothing at all was seen, or never of its devices), or not_told_apart (devices that share an address, more studies than are kept in mind, or a retrieval that names none)", "", kNobody,
     of<FlowStretch>([](const auto& f, S& s) { if (f.unseen) s.word(to_text(*f.unseen)); })},
    {"flow.first_seen", kTime, "of this run; absent: never", "", kNobody,
     of<FlowStretch>([](const auto& f, S& s) { if (f.first_seen) s.time(*f.first_seen); })},
    {"flow.last_seen", kTime, "likewise", "", kNobody,
     of<FlowStretch>([](const auto& f, S& s) { if (f.last_seen) s.time(*f.last_seen); })},
    {"flow.count", kNumber, "how often it was seen in this run", "", kNobody,
     of<FlowStretch>([](const auto& f, S& s) { number(s, f.count); })},
    {"flow.silence", kNumber, "nanoseconds for which it was not seen", "", kNobody,
     of<FlowStretch>([](const auto& f, S& s) { duration(s, f.silence); })},
    {"flow.rate_of", kText, "what is counted by the hour: connections, operations, objects, studies or messages, of all the flow's devices together; or studies_retrieved or studies_queried, of each", "", kNobody,
     of<FlowStretch>([](const auto& f, S& s) { if (f.rate_of) s.word(to_text(*f.rate_of)); })},
    {"flow.rate", kNumber, "so many in the hour, when it was told", "", kNobody,
     of<FlowStretch>([](const auto& f, S& s) { if (f.rate_of) number(s, f.rate); })},

    {"dicom.calling_ae", kText, "calling AE title", "PS3.8 9.3.2", kDevice,
     of<DicomAssociation, DicomOperation>([](const auto& f, S& s) { text_if(s, f.calling_ae); })},
    {"dicom.called_ae", kText, "called AE title", "PS3.8 9.3.2", kDevice,
     of<DicomAssociation, DicomOperation>([](const auto& f, S& s) { text_if(s, f.called_ae); })},
    {"dicom.accepted", kBoolean, "whether the association was accepted; absent: the answer was not seen", "PS3.8 9.3.3", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { if (a.accepted) s.boolean(*a.accepted); })},
    {"dicom.end", kText, "released, aborted, rejected, reset, closed, timeout, or open when the capture ended", "PS3.8 9.2", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { if (a.end) s.word(to_text(*a.end)); })},
    {"dicom.rejection", kText, "result and reason of a rejected association", "PS3.8 9.3.4", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) {
       if (a.rejection) s.text(dicom_rejection_text(a.rejection->result, a.rejection->source, a.rejection->reason));
     })},
    {"dicom.rejection_code", kText, "result/source/reason as numbers", "PS3.8 9.3.4", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) {
       if (a.rejection) {
         s.text(std::to_string(a.rejection->result) + '/' + std::to_string(a.rejection->source) + '/' +
                std::to_string(a.rejection->reason));
       }
     })},
    {"dicom.rejection_source", kText, "service user, service provider (ACSE) or service provider (presentation)", "PS3.8 9.3.4", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { if (a.rejection) s.text(dicom_rejection_source_text(a.rejection->source)); })},
    {"dicom.rejection_kind", kText, "configuration (a title is not known there), availability (congestion, a limit) or protocol; absent: the code does not tell", "PS3.8 9.3.4", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { if (a.rejection) word_unless_empty(s, dicom_rejection_kind(a.rejection->source, a.rejection->reason)); })},
    {"dicom.abort", kText, "source and reason of an abort", "PS3.8 9.3.8", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { if (a.abort) s.text(dicom_abort_text(a.abort->source, a.abort->reason)); })},
    {"dicom.aborted_by", kText, "opener or acceptor", "PS3.8 9.3.8", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { if (a.abort) s.text(a.abort->by_opener ? "opener" : "acceptor"); })},
    {"dicom.broken_off_by", kText, "opener or acceptor: who closed or reset the connection under the association", "PS3.8 9.2", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { if (a.broken_off_by) s.word(to_text(*a.broken_off_by)); })},
    {"dicom.setup_time", kNumber, "nanoseconds from association request to answer", "PS3.8 9.2", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { if (a.setup_time) s.number(a.setup_time->count()); })},
    {"dicom.release_time", kNumber, "nanoseconds from the release request to its answer", "PS3.8 9.2", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { duration(s, a.release_time); })},
    {"dicom.operations", kNumber, "requests seen on the association, both ways", "PS3.7 9, 10", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { number(s, a.operations); })},
    {"dicom.contexts.proposed", kList, "abstract syntaxes proposed", "PS3.8 9.3.2.2", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { for (const PresentationContext& c : a.contexts) s.text(c.abstract_syntax); })},
    {"dicom.contexts.accepted", kList, "abstract syntaxes accepted", "PS3.8 9.3.3.2", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { for (const PresentationContext& c : a.contexts) if (c.accepted()) s.text(c.abstract_syntax); })},
    {"dicom.contexts.transfer_syntaxes", kList, "transfer syntaxes accepted, in the order of contexts.accepted", "PS3.8 9.3.3.2", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { for (const PresentationContext& c : a.contexts) if (c.accepted()) s.text(c.accepted_transfer_syntax); })},
    {"dicom.contexts.refused", kList, "abstract syntaxes refused", "PS3.8 9.3.3.2", kNobody,
     of_refused_contexts([](const PresentationContext& c, S& s) { s.text(c.abstract_syntax); })},
    {"dicom.contexts.refusals", kList, "why, in the order of contexts.refused", "PS3.8 9.3.3.2", kNobody,
     of_refused_contexts([](const PresentationContext& c, S& s) { s.text(dicom_context_result_text(*c.result)); })},
    {"dicom.contexts.refused_ids", kList, "presentation context ids, in the order of contexts.refused", "PS3.8 9.3.3.2", kNobody,
     of_refused_contexts([](const PresentationContext& c, S& s) { s.text(std::to_string(c.id)); })},
    {"dicom.contexts.refused_names", kList, "names of the abstract syntaxes, in the order of contexts.refused; empty: no known one", "PS3.6 A", kNobody,
     of_refused_contexts([](const PresentationContext& c, S& s) { s.text(dicom_uid_name(c.abstract_syntax)); })},
    {"dicom.contexts.refused_transfer_syntaxes", kList, "transfer syntaxes proposed for each, separated by spaces, in the order of contexts.refused", "PS3.8 9.3.2.2", kNobody,
     of_refused_contexts([](const PresentationContext& c, S& s) {
       std::string all;
       for (const std::string_view uid : c.transfer_syntaxes) all.append(all.empty() ? "" : " ").append(uid);
       s.text(all);
     })},
    {"dicom.opener.implementation_class_uid", kText, "of the side that opened", "PS3.7 D.3.3.2", kDevice,
     of<DicomAssociation>([](const auto& a, S& s) { text_unless_empty(s, a.opener.class_uid); })},
    {"dicom.opener.implementation_version_name", kText, "of the side that opened", "PS3.7 D.3.3.2", kDevice,
     of<DicomAssociation>([](const auto& a, S& s) { text_unless_empty(s, a.opener.version_name); })},
    {"dicom.opener.toolkit", kText, "what it may be built with", "PS3.7 D.3.3.2", kDevice,
     of_implementation<&Implementations::opener>([](const auto& i, S& s) { text_unless_empty(s, i.toolkit); })},
    {"dicom.opener.product", kText, "what it may be", "PS3.7 D.3.3.2", kDevice,
     of_implementation<&Implementations::opener>([](const auto& i, S& s) { text_unless_empty(s, i.product); })},
    {"dicom.opener.version", kText, "of the product, else of the toolkit", "PS3.7 D.3.3.2", kDevice,
     of_implementation<&Implementations::opener>([](const auto& i, S& s) { text_unless_empty(s, i.version); })},
    {"dicom.opener.manufacturer", kText, "who owns the root of its implementation class UID; need not have built it", "PS3.7 D.3.3.2", kDevice,
     of_implementation<&Implementations::opener>([](const auto& i, S& s) { text_unless_empty(s, i.manufacturer); })},
    {"dicom.opener.root", kText, "the known arc of that UID; of an unknown one the organisation's arc alone", "PS3.7 D.3.3.2", kDevice,
     of_implementation<&Implementations::opener>([](const auto& i, S& s) { text_unless_empty(s, i.root); })},
    {"dicom.opener.confidence", kText, "none, low, medium or high: a hint, never proof", "PS3.7 D.3.3.2", kDevice,
     of_implementation<&Implementations::opener>([](const auto& i, S& s) { text_unless_empty(s, i.confidence); })},
    {"dicom.opener.maximum_length", kNumber, "longest P-DATA-TF it takes; 0: any", "PS3.8 D.1", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { number_if(s, a.opener.maximum_length); })},
    {"dicom.opener.data_bytes", kNumber, "data set bytes that it sent", "PS3.7", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { number(s, a.data_bytes[0]); })},
    {"dicom.acceptor.implementation_class_uid", kText, "of the side that accepted", "PS3.7 D.3.3.2", kDevice,
     of<DicomAssociation>([](const auto& a, S& s) { text_unless_empty(s, a.acceptor.class_uid); })},
    {"dicom.acceptor.implementation_version_name", kText, "of the side that accepted", "PS3.7 D.3.3.2", kDevice,
     of<DicomAssociation>([](const auto& a, S& s) { text_unless_empty(s, a.acceptor.version_name); })},
    {"dicom.acceptor.toolkit", kText, "what it may be built with", "PS3.7 D.3.3.2", kDevice,
     of_implementation<&Implementations::acceptor>([](const auto& i, S& s) { text_unless_empty(s, i.toolkit); })},
    {"dicom.acceptor.product", kText, "what it may be", "PS3.7 D.3.3.2", kDevice,
     of_implementation<&Implementations::acceptor>([](const auto& i, S& s) { text_unless_empty(s, i.product); })},
    {"dicom.acceptor.version", kText, "of the product, else of the toolkit", "PS3.7 D.3.3.2", kDevice,
     of_implementation<&Implementations::acceptor>([](const auto& i, S& s) { text_unless_empty(s, i.version); })},
    {"dicom.acceptor.manufacturer", kText, "who owns the root of its implementation class UID; need not have built it", "PS3.7 D.3.3.2", kDevice,
     of_implementation<&Implementations::acceptor>([](const auto& i, S& s) { text_unless_empty(s, i.manufacturer); })},
    {"dicom.acceptor.root", kText, "the known arc of that UID; of an unknown one the organisation's arc alone", "PS3.7 D.3.3.2", kDevice,
     of_implementation<&Implementations::acceptor>([](const auto& i, S& s) { text_unless_empty(s, i.root); })},
    {"dicom.acceptor.confidence", kText, "none, low, medium or high: a hint, never proof", "PS3.7 D.3.3.2", kDevice,
     of_implementation<&Implementations::acceptor>([](const auto& i, S& s) { text_unless_empty(s, i.confidence); })},
    {"dicom.acceptor.maximum_length", kNumber, "longest P-DATA-TF it takes; 0: any", "PS3.8 D.1", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { number_if(s, a.acceptor.maximum_length); })},
    {"dicom.acceptor.data_bytes", kNumber, "data set bytes that it sent", "PS3.7", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { number(s, a.data_bytes[1]); })},

    {"dicom.roles.sop_classes", kList, "SOP classes for which roles were negotiated", "PS3.7 D.3.3.4", kNobody,
     of_negotiation([](const auto& n, S& s) { for (const RoleSelection& r : n.roles) s.text(n.uids.at(r.sop_class)); })},
    {"dicom.roles.proposed", kList, "scu, scp, both or none, in the order of roles.sop_classes", "PS3.7 D.3.3.4", kNobody,
     of_negotiation([](const auto& n, S& s) { for (const RoleSelection& r : n.roles) s.word(dicom_role_text(r.proposed_scu, r.proposed_scp)); })},
    {"dicom.roles.accepted", kList, "likewise; unanswered if nothing was said", "PS3.7 D.3.3.4", kNobody,
     of_negotiation([](const auto& n, S& s) { for (const RoleSelection& r : n.roles) s.word(r.accepted_scu && r.accepted_scp ? dicom_role_text(*r.accepted_scu, *r.accepted_scp) : "unanswered"); })},
    {"dicom.extended_negotiation", kList, "SOP classes with extended negotiation", "PS3.7 D.3.3.5", kNobody,
     of_negotiation([](const auto& n, S& s) { for (const UidTexts::Place uid : n.extended) s.text(n.uids.at(uid)); })},
    {"dicom.common_extended_negotiation", kList, "SOP classes with common extended negotiation", "PS3.7 D.3.3.6", kNobody,
     of_negotiation([](const auto& n, S& s) { for (const UidTexts::Place uid : n.common_extended) s.text(n.uids.at(uid)); })},
    {"dicom.window.proposed", kNumber, "operations that the opener would have outstanding; 0: any number; absent: one", "PS3.7 D.3.3.3", kNobody,
     of_negotiation([](const auto& n, S& s) { if (n.proposed_window) s.number(n.proposed_window->invoked); })},
    {"dicom.window.accepted", kNumber, "likewise, as the acceptor answered", "PS3.7 D.3.3.3", kNobody,
     of_negotiation([](const auto& n, S& s) { if (n.accepted_window) s.number(n.accepted_window->invoked); })},
    {"dicom.user_identity.type", kText, "user name, user name and passcode, Kerberos, SAML or JWT; never the identity", "PS3.7 D.3.3.7", kNobody,
     of_negotiation([](const auto& n, S& s) { if (n.user_identity) s.text(dicom_user_identity_text(n.user_identity->type)); })},
    {"dicom.user_identity.clear_passcode", kBoolean, "true: a passcode was sent in clear", "PS3.7 D.3.3.7", kNobody,
     of_negotiation([](const auto& n, S& s) { if (n.user_identity && n.user_identity->type == 2) s.boolean(true); })},
    {"dicom.user_identity.answered", kBoolean, "whether the acceptor confirmed it, where that was asked for", "PS3.7 D.3.3.7", kNobody,
     of_negotiation([](const auto& n, S& s) { if (n.user_identity && n.user_identity->response_requested) s.boolean(n.user_identity->answered); })},
    {"dicom.unknown_items", kList, "item types that the standard does not know", "PS3.8 9.3.1", kNobody,
     of_negotiation([](const auto& n, S& s) { for (const std::uint8_t type : n.unknown_items) s.text(dicom_item_text(type)); })},
    {"dicom.failed_operations", kNumber, "of dicom.operations, answered by a failure; absent: none", "PS3.7 C", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { number_unless_zero(s, a.failed_operations); })},
    {"dicom.warned_operations", kNumber, "of dicom.operations, answered by a warning; absent: none", "PS3.7 C", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { number_unless_zero(s, a.warned_operations); })},
    {"dicom.unanswered_operations", kNumber, "of dicom.operations, not answered, although an answer would have been seen; absent: none", "PS3.7 8", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { number_unless_zero(s, a.unanswered_operations); })},

    {"dicom.command", kText, "the request: C-STORE, C-FIND, …; absent: not seen", "PS3.7 E.1", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { word_unless_empty(s, dicom_command_name(o.command_field)); })},
    {"dicom.invoker", kText, "opener or acceptor of the association", "PS3.7 7", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { s.word(to_text(o.invoker)); })},
    {"dicom.message_id", kNumber, "message id", "PS3.7 9.1", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { s.number(o.message_id); })},
    {"dicom.context_id", kNumber, "presentation context id", "PS3.8 9.3.2.2", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { s.number(o.context_id); })},
    {"dicom.status", kText, "final status, four hexadecimal digits; absent: no final response seen", "PS3.7 C", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { if (o.status) s.word(dicom_status_text(*o.status)); })},
    {"dicom.status_class", kText, "success, warning, failure, cancel or pending", "PS3.7 C", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { if (o.status) s.word(to_text(dicom_status_class(o.command_field, *o.status))); })},
    {"dicom.sop_class_uid", kText, "affected or requested SOP class", "PS3.6 A", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { text_unless_empty(s, o.sop_class_uid); })},
    {"dicom.sop_class", kText, "its name", "PS3.6 A", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { text_unless_empty(s, dicom_uid_name(o.sop_class_uid)); })},
    {"dicom.transfer_syntax_uid", kText, "agreed for the context", "PS3.5 10", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { text_unless_empty(s, o.transfer_syntax_uid); })},
    {"dicom.request_seen", kBoolean, "false: a response whose request was not seen", "", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { s.boolean(o.request_seen); })},
    {"dicom.request_complete", kBoolean, "false: its last fragment was never sent; absent: it was, or what was sent could not all be seen", "PS3.8 E.1", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { if (o.request_broken_off) s.boolean(false); })},
    {"dicom.answered", kBoolean, "false: no final response to an operation, no acceptance or rejection of an association that is over came, although it would have been seen; absent: one came, or may have come unseen", "PS3.7 8, PS3.8 9.3", kNobody,
     {[](const R& r, S& s) {
        const auto* operation = fact<DicomOperation>(r);
        const auto* association = fact<DicomAssociation>(r);
        if ((operation && never_answered(event(r), *operation)) || (association && association->unanswered)) s.boolean(false);
      }, RecordKinds::of<DicomOperation>() | RecordKinds::of<DicomAssociation>()}},
    {"dicom.cancelled", kBoolean, "true: a C-CANCEL was seen", "PS3.7 9.3.2.3", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { if (o.cancelled) s.boolean(true); })},
    {"dicom.pending_responses", kNumber, "pending responses: of a C-FIND, its matches, 0 only once it is answered; absent: none", "PS3.4 C.4.1.1.4", kNobody,
     of<DicomOperation>([](const auto& o, S& s) {
       const bool no_match = o.command_field == dimse::kFind && o.request_seen && o.status;
       if (o.pending_responses != 0 || no_match) s.number(o.pending_responses);
     })},
    {"dicom.sub_operations.remaining", kNumber, "of a retrieval, as last told", "PS3.4 C.4.2.1.6", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { number_if(s, o.sub_operations.remaining); })},
    {"dicom.sub_operations.completed", kNumber, "of a retrieval, as last told", "PS3.4 C.4.2.1.7", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { number_if(s, o.sub_operations.completed); })},
    {"dicom.sub_operations.failed", kNumber, "of a retrieval, as last told", "PS3.4 C.4.2.1.8", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { number_if(s, o.sub_operations.failed); })},
    {"dicom.sub_operations.warning", kNumber, "of a retrieval, as last told", "PS3.4 C.4.2.1.9", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { number_if(s, o.sub_operations.warning); })},
    {"dicom.move_destination", kText, "AE title that a C-MOVE sends to", "PS3.7 9.1.4", kDevice,
     of<DicomOperation>([](const auto& o, S& s) { text_unless_empty(s, o.move_destination); })},
    {"dicom.originator_ae", kText, "AE title of the C-MOVE that caused a C-STORE, as the C-STORE says", "PS3.7 9.1.1", kDevice,
     of<DicomOperation>([](const auto& o, S& s) { text_unless_empty(s, o.originator_ae); })},
    {"dicom.originator_message_id", kNumber, "message id of that C-MOVE", "PS3.7 9.1.1", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { number_if(s, o.originator_message_id); })},
    {"dicom.query_level", kText, "PATIENT, STUDY, SERIES or IMAGE, whatever letters it is written in; absent: another word, or none", "PS3.4 C.3", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { text_unless_empty(s, o.query_level); })},
    {"dicom.study", kText, "pseudonym of the study instance UID", "PS3.3 C.7.2.1", kPseudonym,
     of<DicomOperation, DicomStudy, Link, Workflow>([](const auto& f, S& s) { word_unless_empty(s, f.study); })},
    {"dicom.instance", kText, "pseudonym of the SOP instance UID", "PS3.3 C.12.1", kPseudonym,
     of<DicomOperation>([](const auto& o, S& s) { word_unless_empty(s, o.instance); })},
    {"dicom.request_bytes", kNumber, "data set sent with the request", "PS3.7", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { number(s, o.request_bytes); })},
    {"dicom.response_bytes", kNumber, "data sets sent with the responses", "PS3.7", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { number(s, o.response_bytes); })},
    {"dicom.missing_bytes", kNumber, "of both, never seen", "", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { if (o.missing_bytes != 0) number(s, o.missing_bytes); })},

    {"dicom.priority", kText, "medium, high or low", "PS3.7 9.1.1.1.5", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { if (o.priority) s.text(dicom_priority_text(*o.priority)); })},
    {"dicom.status_meaning", kText, "what the status means for the service; absent: a code of no table", "PS3.4, PS3.7 C", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { if (o.status) text_unless_empty(s, dicom_status_meaning(o.command_field, o.sop_class_uid, *o.status)); })},
    {"dicom.error_comment", kBoolean, "true: an error comment came with the status; its text does not leave", "PS3.7 C", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { if (o.error_comment) s.boolean(true); })},
    {"dicom.error_id", kNumber, "the implementation's own error code", "PS3.7 C.5.12", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { number_if(s, o.error_id); })},
    {"dicom.offending_elements", kNumber, "elements that the status blames; absent: none", "PS3.7 C", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { number_unless_zero(s, o.offending_elements); })},
    {"dicom.requested_attributes", kNumber, "attributes that an N-GET names; absent: none, which asks for all", "PS3.7 10.1.2", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { number_unless_zero(s, o.requested_attributes); })},
    {"dicom.event_type", kNumber, "event type id of an N-EVENT-REPORT", "PS3.7 10.1.1", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { number_if(s, o.event_type); })},
    {"dicom.action_type", kNumber, "action type id of an N-ACTION", "PS3.7 10.1.4", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { number_if(s, o.action_type); })},
    {"dicom.type_meaning", kText, "what the event or action type means for the SOP class; absent: it is in no table", "PS3.4", kNobody,
     of<DicomOperation>([](const auto& o, S& s) {
       if (const auto type = o.event_type ? o.event_type : o.action_type) text_unless_empty(s, dicom_type_meaning(o.command_field, o.sop_class_uid, *type));
     })},
    {"dicom.transfer_time", kNumber, "nanoseconds from the first to the last byte of the request; absent: it came at once, without a data set", "", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { duration(s, o.transfer_time); })},
    {"dicom.throughput", kNumber, "bytes per second of an object, over transfer_time; absent: it took no time, or that is not known", "PS3.4 B", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { if (o.command_field == dimse::kStore) number_if(s, bytes_per_second(o)); })},
    {"dicom.response_time", kNumber, "nanoseconds from the last byte of the request to the first byte of the first response", "", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { duration(s, o.response_time); })},
    {"dicom.slowest", kText, "what took at least half of the time to the final response, or to the end of an association without one: sender, receiver (of the request) or network; absent: that was less than 100 ms, or it cannot be told", "", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { if (o.slowest) s.word(to_text(*o.slowest)); })},

    {"dicom.object.sop_class_uid", kText, "the object's own SOP class", "PS3.3 C.12.1", kNobody,
     of_content<StoredObject>([](const auto& c, S& s) { text_unless_empty(s, c.sop_class_uid); })},
    {"dicom.object.modality", kText, "modality", "PS3.3 C.7.3.1", kNobody,
     of_content<StoredObject>([](const auto& c, S& s) { text_unless_empty(s, c.modality); })},
    {"dicom.object.station_name", kText, "station name", "PS3.3 C.7.5.1", kDevice,
     of_content<StoredObject>([](const auto& c, S& s) { text_unless_empty(s, c.station_name); })},
    {"dicom.object.manufacturer", kText, "manufacturer", "PS3.3 C.7.5.1", kDevice,
     of_content<StoredObject>([](const auto& c, S& s) { text_unless_empty(s, c.manufacturer); })},
    {"dicom.object.model", kText, "manufacturer's model name", "PS3.3 C.7.5.1", kDevice,
     of_content<StoredObject>([](const auto& c, S& s) { text_unless_empty(s, c.model); })},
    {"dicom.object.software_versions", kText, "software versions, the first", "PS3.3 C.7.5.1", kDevice,
     of_content<StoredObject>([](const auto& c, S& s) { text_unless_empty(s, c.software_versions); })},
    {"dicom.object.institution", kText, "institution name", "PS3.3 C.7.5.1", kDevice,
     of_content<StoredObject>([](const auto& c, S& s) { text_unless_empty(s, c.institution); })},
    {"dicom.object.character_set", kText, "specific character set, the first named; absent: the default", "PS3.3 C.12.1.1.2", kNobody,
     of_content<StoredObject>([](const auto& c, S& s) { text_unless_empty(s, c.character_set); })},
    {"dicom.object.series", kText, "pseudonym of the series instance UID", "PS3.3 C.7.3.1", kPseudonym,
     of_content<StoredObject>([](const auto& c, S& s) { word_unless_empty(s, c.series); })},
    {"dicom.object.rows", kNumber, "rows", "PS3.3 C.7.6.3", kNobody,
     of_content<StoredObject>([](const auto& c, S& s) { number_if(s, c.rows); })},
    {"dicom.object.columns", kNumber, "columns", "PS3.3 C.7.6.3", kNobody,
     of_content<StoredObject>([](const auto& c, S& s) { number_if(s, c.columns); })},
    {"dicom.object.frames", kNumber, "number of frames", "PS3.3 C.7.6.6", kNobody,
     of_content<StoredObject>([](const auto& c, S& s) { number_if(s, c.frames); })},
    {"dicom.object.burned_in_annotation", kBoolean, "whether the pixels may identify the patient", "PS3.3 C.7.6.1", kNobody,
     of_content<StoredObject>([](const auto& c, S& s) { if (c.burned_in_annotation) s.boolean(*c.burned_in_annotation); })},
    {"dicom.object.deidentified", kBoolean, "patient identity removed", "PS3.3 C.7.1.1", kNobody,
     of_content<StoredObject>([](const auto& c, S& s) { if (c.deidentified) s.boolean(*c.deidentified); })},
    {"dicom.object.created", kTime, "instance creation date and time; as UTC where its offset is told, else as it is written", "PS3.3 C.12.1", kNobody,
     of_content<StoredObject>([](const auto& c, S& s) { if (c.created) s.time(*c.created); })},
    {"dicom.object.clock_skew", kNumber, "nanoseconds from its creation to the packet that began it, where the offset from UTC is told; absent: more than a day, which is age, not skew", "PS3.3 C.12.1", kNobody,
     of_content<StoredObject>([](const auto& c, S& s) { duration(s, c.clock_skew); })},
    {"dicom.object.document_type", kText, "MIME type of an encapsulated document", "PS3.3 C.24.2", kNobody,
     of_content<StoredObject>([](const auto& c, S& s) { text_unless_empty(s, c.document_type); })},
    {"dicom.object.executable_document", kBoolean, "true: an encapsulated document that begins as a program does", "PS3.3 C.24.2", kNobody,
     of_content<StoredObject>([](const auto& c, S& s) { if (c.executable_document == true) s.boolean(true); })},
    {"dicom.object.mistyped_document", kBoolean, "true: an encapsulated document that does not begin as its MIME type says", "PS3.3 C.24.2", kNobody,
     of_content<StoredObject>([](const auto& c, S& s) { if (c.mistyped_document == true) s.boolean(true); })},
    {"dicom.object.pixel_digest", kText, "pseudonym of the pixel data as it was sent; only on request", "PS3.5 8", kPseudonym,
     of_content<StoredObject>([](const auto& c, S& s) { word_unless_empty(s, c.pixel_digest); })},

    {"dicom.query.matched", kList, "keys with a value, which never leaves", "PS3.4 C.2.2", kNobody,
     of_content<DicomQuery>([](const auto& c, S& s) { for (const DicomTag tag : c.matched) s.text(dicom_tag_name(tag)); })},
    {"dicom.query.wildcards", kList, "of these, with a wildcard", "PS3.4 C.2.2.2.4", kNobody,
     of_content<DicomQuery>([](const auto& c, S& s) { for (const DicomTag tag : c.wildcards) s.text(dicom_tag_name(tag)); })},
    {"dicom.query.returned", kList, "keys without a value: asked for, not matched on", "PS3.4 C.2.2.2.3", kNobody,
     of_content<DicomQuery>([](const auto& c, S& s) { for (const DicomTag tag : c.returned) s.text(dicom_tag_name(tag)); })},
    {"dicom.query.date_range_days", kNumber, "days of the widest range of dates asked for", "PS3.4 C.2.2.2.5", kNobody,
     of_content<DicomQuery>([](const auto& c, S& s) { number_if(s, c.date_range_days); })},
    {"dicom.query.open_date_range", kBoolean, "true: a range of dates without beginning or end", "PS3.4 C.2.2.2.5", kNobody,
     of_content<DicomQuery>([](const auto& c, S& s) { if (c.open_date_range) s.boolean(true); })},
    {"dicom.query.unique_keys", kNumber, "UIDs listed at the query's level", "PS3.4 C.4.2.2.1", kNobody,
     of_content<DicomQuery>([](const auto& c, S& s) { number_unless_zero(s, c.unique_keys); })},
    {"dicom.query.studies", kList, "pseudonyms of the studies that it names by their UIDs: of a retrieval those that are sent, of a query of studies, series or images, or at no level that is known, those that it is about; the first 512", "PS3.4 C.2.2.2.2", kPseudonym,
     of_content<DicomQuery>([](const auto& c, S& s) { for (const Pseudonym& study : c.asked_for.studies) word_unless_empty(s, study); })},
    {"dicom.query.identifiers", kText, "pseudonym of all the identifiers together by which a retrieval names what is sent (patient, accession number, studies, series, instances), so that the same retrieval, sent again, is known; absent: it has other keys, or wildcards, or not all of it was seen", "PS3.4 C.4.2.1.4.1", kPseudonym,
     of_content<DicomQuery>([](const auto& c, S& s) { word_unless_empty(s, c.identifiers); })},
    {"dicom.query.names_no_study", kBoolean, "true: it names no study by its UID, but by a wildcard or not at all, of a retrieval, or of a query of series or images (at the level of patients: a retrieval that names not one patient; at none of the four levels: a retrieval of patients, studies or what they have), so that nobody can say how many it is about; absent: it does, or not all of it was seen", "PS3.4 C.4.2.1.4.1", kNobody,
     of_content<DicomQuery>([](const auto& c, S& s) { if (c.names_no_study) s.boolean(true); })},
    {"dicom.query.keys_not_told", kNumber, "keys beyond the limit, in neither matched nor returned; absent: none", "PS3.4 C.2.2", kNobody,
     of_content<DicomQuery>([](const auto& c, S& s) { number_unless_zero(s, c.keys_not_told); })},

    {"dicom.worklist.modalities", kList, "modalities of the scheduled steps that were answered, each once", "PS3.4 K.6", kNobody,
     of_content<WorklistAnswer>([](const auto& c, S& s) { each_once(c.steps, [](const ScheduledStep& step) { return step.modality.view(); }, s); })},
    {"dicom.worklist.stations", kList, "scheduled station AE titles, each once", "PS3.4 K.6", kDevice,
     of_content<WorklistAnswer>([](const auto& c, S& s) { each_once(c.steps, [](const ScheduledStep& step) { return step.station_ae.view(); }, s); })},
    {"dicom.worklist.statuses", kList, "scheduled step statuses, each once", "PS3.4 K.6", kNobody,
     of_content<WorklistAnswer>([](const auto& c, S& s) { each_once(c.steps, [](const ScheduledStep& step) { return step.status.view(); }, s); })},

    {"dicom.commitment.transaction", kText, "pseudonym of the transaction UID", "PS3.4 J.3", kPseudonym,
     of_content<StorageCommitment>([](const auto& c, S& s) { word_unless_empty(s, c.transaction); })},
    {"dicom.commitment.referenced", kNumber, "instances whose commitment is asked for or reported", "PS3.4 J.3", kNobody,
     of_content<StorageCommitment>([](const auto& c, S& s) { number(s, c.referenced); })},
    {"dicom.commitment.failed", kNumber, "instances reported as not committed", "PS3.4 J.3.3", kNobody,
     of_content<StorageCommitment>([](const auto& c, S& s) { number(s, c.failed); })},
    {"dicom.commitment.failure_reasons", kList, "why, each once, as four hexadecimal digits", "PS3.3 C.14", kNobody,
     of_content<StorageCommitment>([](const auto& c, S& s) { for (const std::uint16_t reason : c.failure_reasons) s.text(dicom_status_text(reason)); })},
    {"dicom.commitment.failure_meanings", kList, "what these mean, in their order; empty: a code of no table", "PS3.3 C.14.1.1", kNobody,
     of_content<StorageCommitment>([](const auto& c, S& s) { for (const std::uint16_t reason : c.failure_reasons) s.text(dicom_failure_reason_meaning(reason)); })},

    {"dicom.step.status", kText, "performed procedure step status", "PS3.3 C.4.14", kNobody,
     of_content<PerformedStep>([](const auto& c, S& s) { text_unless_empty(s, c.status); })},
    {"dicom.step.discontinuation_reason", kText, "code of the discontinuation reason", "PS3.16 CID 9300", kNobody,
     of_content<PerformedStep>([](const auto& c, S& s) { text_unless_empty(s, c.discontinuation_reason); })},
    {"dicom.step.discontinuation_meaning", kText, "its meaning; absent: a code of no table", "PS3.16 CID 9300", kNobody,
     of_content<PerformedStep>([](const auto& c, S& s) { text_unless_empty(s, dicom_discontinuation_meaning(c.discontinuation_reason)); })},
    {"dicom.step.modality", kText, "modality", "PS3.3 C.4.15", kNobody,
     of_content<PerformedStep>([](const auto& c, S& s) { text_unless_empty(s, c.modality); })},
    {"dicom.step.station_ae", kText, "performed station AE title", "PS3.3 C.4.14", kDevice,
     of_content<PerformedStep>([](const auto& c, S& s) { text_unless_empty(s, c.station_ae); })},
    {"dicom.step.series", kNumber, "performed series listed", "PS3.3 C.4.15", kNobody,
     of_content<PerformedStep>([](const auto& c, S& s) { number(s, c.series); })},
    {"dicom.step.images", kNumber, "instances that these list", "PS3.3 C.4.15", kNobody,
     of_content<PerformedStep>([](const auto& c, S& s) { number(s, c.images); })},

    {"study.sender_ae", kText, "AE title of who sent the objects; absent: not seen", "PS3.8 9.3.2", kDevice,
     of<DicomStudy>([](const auto& d, S& s) { text_if(s, d.sender_ae); })},
    {"study.receiver_ae", kText, "AE title that they were sent to; absent: not seen", "PS3.8 9.3.2", kDevice,
     of<DicomStudy>([](const auto& d, S& s) { text_if(s, d.receiver_ae); })},
    {"study.modalities", kList, "modalities of its objects", "PS3.3 C.7.3.1", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { for (const Code& code : d.modalities) s.text(code); })},
    {"study.series", kNumber, "different series stored", "PS3.3 C.7.3.1", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { number(s, d.series); })},
    {"study.stored", kNumber, "different objects stored", "PS3.4 B", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { number(s, d.stored); })},
    {"study.failed", kNumber, "objects whose storage failed and did not succeed later", "PS3.4 B.2.3", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { number(s, d.failed); })},
    {"study.resolved", kNumber, "of study.stored, objects whose storage had failed before; absent: none", "PS3.4 B.2.3", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { number_unless_zero(s, d.resolved); })},
    {"study.repeated", kNumber, "C-STOREs that succeeded of objects that had been stored", "PS3.4 B", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { number(s, d.repeated); })},
    {"study.failed_repetitions", kNumber, "C-STOREs that failed of objects that had been stored; absent: none", "PS3.4 B", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { number_unless_zero(s, d.failed_repetitions); })},
    {"study.failure_reasons", kList, "why C-STOREs failed: statuses as four hexadecimal digits, unanswered (not at all, or broken off, as by an abort), refused_context (storage SOP classes that the receiver did not accept), other (beyond the limit)", "PS3.4 B.2.3", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { for (const StorageFailure& f : d.failures) s.word(f.reason); })},
    {"study.failure_counts", kList, "how often, in the order of study.failure_reasons", "PS3.4 B.2.3", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { for (const StorageFailure& f : d.failures) s.word(std::to_string(f.count)); })},
    {"study.last_failure", kTime, "when a C-STORE of it failed last; absent: none did", "PS3.4 B.2.3", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { if (d.last_failure) s.time(*d.last_failure); })},
    {"study.not_visible", kNumber, "objects of which the answer to the C-STORE could not be seen; absent: none", "", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { number_unless_zero(s, d.not_visible); })},
    {"study.not_told_apart", kNumber, "C-STOREs beyond the limits, each counted as another object; absent: none", "", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { number_unless_zero(s, d.not_told_apart); })},
    {"study.unassigned", kNumber, "C-STOREs that could not be assigned to a study, of which alone the record tells: conversation.unseen says what stood in the way, if anything did; absent: it tells of a study", "", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { number_unless_zero(s, d.unassigned); })},
    {"study.preliminary", kBoolean, "true: told before it was over, since the capture ended or a limit was reached, so that what is missing or not ordered may still have come; absent: it was over", "", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { if (d.preliminary) s.boolean(true); })},
    {"study.bytes", kNumber, "of data sets", "", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { number(s, d.bytes); })},
    {"study.announced", kNumber, "objects that performed steps of the sender list; absent: no such step was seen", "PS3.4 F.7", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { number_if(s, d.announced); })},
    {"study.missing", kNumber, "of study.announced, not seen to be sent to this destination; absent: not known", "PS3.4 F.7", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { number_if(s, d.missing); })},
    {"study.unsent", kNumber, "of study.missing, not seen to be sent anywhere by anybody; absent: not known", "PS3.4 F.7", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { number_if(s, d.unsent); })},
    {"study.committed", kNumber, "objects whose storage was committed; a report that comes after the record makes another, with what it says alone", "PS3.4 J", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { number(s, d.committed); })},
    {"study.commitment_failed", kNumber, "objects reported as not committed", "PS3.4 J", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { number(s, d.commitment_failed); })},
    {"study.last_report", kTime, "when its storage commitment was reported last; absent: it was not", "PS3.4 J", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { if (d.last_report) s.time(*d.last_report); })},
    {"study.forwarded", kNumber, "objects that the destination sent on to others", "", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { number(s, d.forwarded); })},
    {"study.ordered", kBoolean, "whether a worklist entry, a performed step or an order was seen; absent: none could have been", "PS3.4 K", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { if (d.ordered) s.boolean(*d.ordered); })},
    {"study.on_worklist", kBoolean, "whether a worklist gave it to its sender; absent: none was seen to give that any", "PS3.4 K", kNobody,
     of<DicomStudy>([](const auto& d, S& s) { if (d.on_worklist) s.boolean(*d.on_worklist); })},

    {"hl7.message_type", kText, "type^event", "HL7 v2 2.14.9.9 MSH-9", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { text_unless_empty(s, m.message_type); })},
    {"hl7.version", kText, "version id", "HL7 v2 2.14.9.12 MSH-12", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { text_unless_empty(s, m.version); })},
    {"hl7.processing_id", kText, "P production, T training, D debugging", "HL7 v2 2.14.9.11 MSH-11", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { text_unless_empty(s, m.processing_id); })},
    {"hl7.character_set", kText, "character set", "HL7 v2 2.14.9.18 MSH-18", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { text_unless_empty(s, m.character_set); })},
    {"hl7.message_time", kText, "date and time of the message, as it is written: where no offset from UTC stands behind it, by its sender's clock", "HL7 v2 2.14.9.7 MSH-7", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { word_unless_empty(s, m.message_time); })},
    {"hl7.recorded", kText, "when the event was recorded, likewise", "HL7 v2 3.4.1.2 EVN-2", kNobody,
     of_hl7_content([](const auto& c, S& s) { word_unless_empty(s, c.recorded); })},
    {"hl7.occurred", kText, "when the event occurred, likewise", "HL7 v2 3.4.1.6 EVN-6", kNobody,
     of_hl7_content([](const auto& c, S& s) { word_unless_empty(s, c.occurred); })},
    {"hl7.event_type", kText, "event type code; absent: that of the message type", "HL7 v2 3.4.1.1 EVN-1", kNobody,
     of_hl7_content([](const auto& c, S& s) { text_unless_empty(s, c.event_type); })},
    {"hl7.event_facility", kText, "where the event took place, first component", "HL7 v2 3.4.1.7 EVN-7", kDevice,
     of_hl7_origin([](const auto& o, S& s) { text_unless_empty(s, o.event_facility); })},
    {"hl7.country", kText, "country code", "HL7 v2 2.14.9.17 MSH-17", kNobody,
     of_hl7_origin([](const auto& o, S& s) { text_unless_empty(s, o.country); })},
    {"hl7.profile", kText, "message profile, the first", "HL7 v2 2.14.9.21 MSH-21", kDevice,
     of_hl7_origin([](const auto& o, S& s) { text_unless_empty(s, o.profile); })},
    {"hl7.envelope", kText, "batch or file that the message stands in", "HL7 v2 2.10.3", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { word_unless_empty(s, to_text(m.envelope)); })},
    {"hl7.part", kText, "first, middle or last part of what comes in several messages", "HL7 v2 2.10.2 DSC, MSH-14", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { word_unless_empty(s, to_text(m.part)); })},
    {"hl7.sending_application", kText, "first component", "HL7 v2 2.14.9.3 MSH-3", kDevice,
     of<Hl7Message>([](const auto& m, S& s) { text_if(s, m.sending_application); })},
    {"hl7.sending_facility", kText, "first component", "HL7 v2 2.14.9.4 MSH-4", kDevice,
     of<Hl7Message>([](const auto& m, S& s) { text_if(s, m.sending_facility); })},
    {"hl7.receiving_application", kText, "first component", "HL7 v2 2.14.9.5 MSH-5", kDevice,
     of<Hl7Message>([](const auto& m, S& s) { text_if(s, m.receiving_application); })},
    {"hl7.receiving_facility", kText, "first component", "HL7 v2 2.14.9.6 MSH-6", kDevice,
     of<Hl7Message>([](const auto& m, S& s) { text_if(s, m.receiving_facility); })},
    {"hl7.software.vendor", kText, "software vendor, first component", "HL7 v2 2.14.12.1 SFT-1", kDevice,
     of_hl7_origin([](const auto& o, S& s) { text_unless_empty(s, o.software_vendor); })},
    {"hl7.software.product", kText, "software product name", "HL7 v2 2.14.12.3 SFT-3", kDevice,
     of_hl7_origin([](const auto& o, S& s) { text_unless_empty(s, o.software_product); })},
    {"hl7.software.version", kText, "software version or release", "HL7 v2 2.14.12.2 SFT-2", kDevice,
     of_hl7_origin([](const auto& o, S& s) { text_unless_empty(s, o.software_version); })},
    {"hl7.control_id", kText, "pseudonym of the message control id", "HL7 v2 2.14.9.10 MSH-10", kPseudonym,
     of<Hl7Message>([](const auto& m, S& s) { word_unless_empty(s, m.control_id); })},
    {"hl7.order_control", kText, "order control code", "HL7 v2 4.5.1.1 ORC-1", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { text_unless_empty(s, m.order_control); })},
    {"hl7.message_seen", kBoolean, "false: an acknowledgement whose message was not seen", "", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { s.boolean(m.message_seen); })},
    {"hl7.sent_by", kText, "opener or acceptor of the connection", "", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { s.word(m.sent_by_opener ? "opener" : "acceptor"); })},
    {"hl7.ack_mode", kText, "original, or enhanced: MSH-15 or MSH-16 says which acknowledgements are wanted; absent: not seen", "HL7 v2 2.9.1", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { if (m.mode) s.word(to_text(*m.mode)); })},
    {"hl7.accept_wanted", kText, "when the sender wants an accept acknowledgement: AL always, NE never, ER on error, SU on success", "HL7 v2 2.14.9.15 MSH-15", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { word_unless_empty(s, to_text(m.accept_wanted)); })},
    {"hl7.accept_code", kText, "CA, CE or CR of the accept acknowledgement", "HL7 v2 2.14.8.1 MSA-1", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { text_if(s, m.accept_code); })},
    {"hl7.accept_time", kNumber, "nanoseconds from the message to its accept acknowledgement", "HL7 v2 2.9.3", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { if (m.accepted) s.number(elapsed(m.sent.time, m.accepted->time).count()); })},
    {"hl7.ack_wanted", kText, "when the sender wants an application acknowledgement; absent as hl7.accept_wanted is: the original mode, in which every message is acknowledged", "HL7 v2 2.14.9.16 MSH-16", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { word_unless_empty(s, to_text(m.ack_wanted)); })},
    {"hl7.ack_code", kText, "AA, AE or AR of the application's acknowledgement", "HL7 v2 2.14.8.1 MSA-1", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { text_if(s, m.ack_code); })},
    {"hl7.ack_type", kText, "message type of the last answer", "HL7 v2 2.14.9.9 MSH-9", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { text_unless_empty(s, m.ack_type); })},
    {"hl7.ack_paired_by", kText, "control_id or order", "HL7 v2 2.14.8.2 MSA-2", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { word_unless_empty(s, to_text(m.ack_paired_by)); })},
    {"hl7.transport_ack", kText, "ack or nak: the commit acknowledgement of MLLP release 2; absent: none", "HL7 v2 MLLP R2", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { word_unless_empty(s, to_text(m.transport_ack)); })},
    {"hl7.error_code", kText, "code of an error that the answer tells; of several, of the first that weighs most", "HL7 v2 2.14.5.3 ERR-3, table 0357", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { if (m.error) text_unless_empty(s, m.error->code); })},
    {"hl7.error_severity", kText, "its severity: E error, F fatal, I information, W warning", "HL7 v2 2.14.5.4 ERR-4, table 0516", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { if (m.error) text_unless_empty(s, m.error->severity); })},
    {"hl7.error_location", kText, "where it is: segment, its number, field and so on, with ^ between them", "HL7 v2 2.14.5.2 ERR-2", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { if (m.error) text_unless_empty(s, m.error->location); })},
    {"hl7.errors", kNumber, "errors that the answer tells; absent: none", "HL7 v2 2.14.5", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { if (m.error) number(s, m.error->count); })},
    {"hl7.unanswered", kText, "the message had to be answered and surely was not: timeout, overtaken (likewise, while later messages were answered), closed (the connection was, before), undelivered (likewise, and the bytes of the message never reached its receiver) or superseded (it was sent again before, and that copy was answered); of a link: no other answer than the application's was wanted, and none came on any connection", "HL7 v2 2.9", kNobody,
     of<Hl7Message, Link>([](const auto& m, S& s) { if (m.unanswered) s.word(to_text(*m.unanswered)); })},
    {"hl7.closed_by", kText, "opener or acceptor of the connection: who closed it over a message that is unanswered for it; absent: not known, or not so", "", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { if (m.closed_by_opener) s.word(*m.closed_by_opener ? "opener" : "acceptor"); })},
    {"hl7.late", kBoolean, "true: answered after the time in which an answer is waited for; else absent", "HL7 v2 2.9", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { if (m.late) s.boolean(true); })},
    {"hl7.unacknowledged", kNumber, "messages of its sender that await their answer on the connection; absent: it alone, or none", "", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { if (m.unacknowledged > 1) number(s, m.unacknowledged); })},
    {"hl7.unacknowledged_age", kNumber, "nanoseconds for which the oldest of these has waited", "", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { number_unless_zero(s, static_cast<std::uint64_t>(m.unacknowledged_age.count())); })},
    {"hl7.bytes", kNumber, "of the message", "HL7 v2 MLLP", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { number(s, m.bytes); })},
    {"hl7.ack_bytes", kNumber, "of the last answer", "HL7 v2 MLLP", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { number(s, m.ack_bytes); })},
    {"hl7.missing_bytes", kNumber, "of the message and its answers, never seen", "", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { if (m.missing_bytes != 0) number(s, m.missing_bytes); })},
    {"hl7.patient.issuer", kText, "pseudonym of who assigned the patient id", "HL7 v2 PID-3.4", kPseudonym,
     of_hl7_content([](const auto& c, S& s) { word_unless_empty(s, c.patient_issuer); })},
    {"hl7.patient.others", kList, "pseudonyms of other ids of the patient", "HL7 v2 PID-3, PID-2, PID-4", kPseudonym,
     of_hl7_content([](const auto& c, S& s) { for (const Pseudonym& id : c.patients) word_unless_empty(s, id); })},
    {"hl7.patient.ids_not_told", kNumber, "ids in neither hl7.patient.others nor hl7.merge.from, since there are too many; absent: none", "", kNobody,
     of_hl7_content([](const auto& c, S& s) { number_unless_zero(s, c.patient_ids_not_told); })},
    {"hl7.merge.into", kList, "pseudonyms of the ids that replace those of hl7.merge.from", "HL7 v2 PID-3", kPseudonym,
     of<Hl7Message, Link>([](const auto& f, S& s) { for (const Hl7Merge& merge : merges_of(f)) word_unless_empty(s, merge.patient); })},
    {"hl7.merge.from", kList, "pseudonyms of patient ids that are replaced, each by its place in hl7.merge.into", "HL7 v2 3.4.9.1 MRG-1", kPseudonym,
     of<Hl7Message, Link>([](const auto& f, S& s) { for (const Hl7Merge& merge : merges_of(f)) word_unless_empty(s, merge.merged); })},
    {"hl7.visit", kText, "pseudonym of the visit number", "HL7 v2 PV1-19", kPseudonym,
     of_hl7_content([](const auto& c, S& s) { word_unless_empty(s, c.visit); })},
    {"hl7.account", kText, "pseudonym of the patient account number", "HL7 v2 PID-18", kPseudonym,
     of_hl7_content([](const auto& c, S& s) { word_unless_empty(s, c.account); })},

    {"patient.pseudonym", kText, "pseudonym of the patient id; where it is known to be replaced, of an order's way and of a merge's link the last that replaces it", "PS3.3 C.7.1.1, HL7 v2 PID-3", kPseudonym,
     of<DicomOperation, DicomStudy, Hl7Message, Workflow, Link>([](const auto& f, S& s) { word_unless_empty(s, f.patient); })},
    {"order.accession", kText, "pseudonym of the accession number", "PS3.3 C.7.2.1, HL7 v2 IPC-1, OBR-18", kPseudonym,
     of<DicomOperation, DicomStudy, Hl7Message, Workflow>([](const auto& f, S& s) { word_unless_empty(s, f.accession); })},
    {"order.placer", kText, "pseudonym of the placer order number", "HL7 v2 ORC-2", kPseudonym,
     of<Hl7Message>([](const auto& m, S& s) { word_unless_empty(s, m.placer_order); })},
    {"order.filler", kText, "pseudonym of the filler order number", "HL7 v2 ORC-3", kPseudonym,
     of<Hl7Message>([](const auto& m, S& s) { word_unless_empty(s, m.filler_order); })},
    {"order.count", kNumber, "orders of the message; absent: none", "HL7 v2 4", kNobody,
     of_hl7_content([](const auto& c, S& s) { number_unless_zero(s, c.orders.size() + c.orders_not_told); })},
    {"order.not_told", kNumber, "of these, beyond the limit; absent: none", "", kNobody,
     of_hl7_content([](const auto& c, S& s) { number_unless_zero(s, c.orders_not_told); })},
    {"order.controls", kList, "order control codes of all, each once", "HL7 v2 4.5.1.1 ORC-1", kNobody,
     of_hl7_content([](const auto& c, S& s) { of_orders<&Hl7Order::control>(c, s); })},
    {"order.statuses", kList, "order statuses, each once", "HL7 v2 4.5.1.5 ORC-5", kNobody,
     of_hl7_content([](const auto& c, S& s) { of_orders<&Hl7Order::status>(c, s); })},
    {"order.result_statuses", kList, "result statuses, each once", "HL7 v2 4.5.3.25 OBR-25", kNobody,
     of_hl7_content([](const auto& c, S& s) { of_orders<&Hl7Order::result_status>(c, s); })},
    {"order.observation_statuses", kList, "of all observations of the orders that are told, each once", "HL7 v2 7.4.2.11 OBX-11", kNobody,
     of_hl7_content([](const auto& c, S& s) {
       for (const char& status : c.observation_statuses.view()) s.text({&status, 1});
     })},
    {"order.placers", kList, "pseudonyms of all placer order numbers", "HL7 v2 ORC-2, OBR-2", kPseudonym,
     of_hl7_content([](const auto& c, S& s) { of_orders<&Hl7Order::placer>(c, s); })},
    {"order.fillers", kList, "pseudonyms of all filler order numbers", "HL7 v2 ORC-3, OBR-3", kPseudonym,
     of_hl7_content([](const auto& c, S& s) { of_orders<&Hl7Order::filler>(c, s); })},
    {"order.accessions", kList, "pseudonyms of all accession numbers, each order's by the first place that has one", "HL7 v2 IPC-1, OBR-18, OBR-3, ORC-3", kPseudonym,
     of<Hl7Message>([](const auto& m, S& s) {
       if (m.content) each_once(m.content->orders, [&m](const Hl7Order& order) { return accession_of(order, m.accession_sought); }, s);
     })},
    {"order.studies", kList, "pseudonyms of all study instance UIDs", "HL7 v2 ZDS-1, IPC-3, OBX-5", kPseudonym,
     of_hl7_content([](const auto& c, S& s) { of_orders<&Hl7Order::study>(c, s); })},

    {"workflow.steps.seen", kList, "steps of the order's way that were seen in time: order, worklist, performed_step, images, commitment, report", "IHE RAD TF-1 3", kNobody,
     of_steps<WorkflowStepState::seen>()},
    {"workflow.steps.late", kList, "steps that were seen after their time", "IHE RAD TF-1 3", kNobody,
     of_steps<WorkflowStepState::late>()},
    {"workflow.steps.failed", kList, "steps that were seen, and refused, never answered, discontinued or failed whenever that could be told", "IHE RAD TF-1 3", kNobody,
     of_steps<WorkflowStepState::failed>()},
    {"workflow.steps.missing", kList, "steps that were not seen, though others of the same kind were", "IHE RAD TF-1 3", kNobody,
     of_steps<WorkflowStepState::missing>()},
    {"workflow.steps.unknown", kList, "steps that were not seen, and that could not be expected to be: nobody was seen to do such a thing, or the order was cancelled; and orders and reports that were seen, but not whether they were accepted", "IHE RAD TF-1 3", kNobody,
     of_steps<WorkflowStepState::unknown>()},
    {"workflow.ordered", kTime, "first order message (ORM, OMG, OMI)", "HL7 v2 ch. 4", kNobody,
     of_step_time<WorkflowStep::order>()},
    {"workflow.scheduled", kTime, "first answer of a worklist that has it", "PS3.4 K", kNobody,
     of_step_time<WorkflowStep::worklist>()},
    {"workflow.performed", kTime, "first performed step begun", "PS3.4 F.7", kNobody,
     of_step_time<WorkflowStep::performed_step>()},
    {"workflow.stored", kTime, "last image of the first way that its study went", "PS3.4 B", kNobody,
     of_step_time<WorkflowStep::images>()},
    {"workflow.committed", kTime, "storage commitment reported", "PS3.4 J", kNobody,
     of_step_time<WorkflowStep::commitment>()},
    {"workflow.reported", kTime, "first report (ORU, MDM) that is no preliminary one", "HL7 v2 ch. 7, 9", kNobody,
     of_step_time<WorkflowStep::report>()},
    {"workflow.reported_by", kAddress, "who sent it: the first report that was accepted, else the first that was seen", "HL7 v2 ch. 7, 9", kDevice,
     of<Workflow>([](const auto& w, S& s) { if (w.reported_by != IpAddress{}) s.address(w.reported_by); })},
    {"workflow.studies", kNumber, "different studies that were named with it", "PS3.3 C.7.2.1", kNobody,
     of<Workflow>([](const auto& w, S& s) { number(s, w.studies); })},
    {"workflow.images", kNumber, "objects stored on the first way that its studies went", "PS3.4 B", kNobody,
     of<Workflow>([](const auto& w, S& s) { number(s, w.images); })},
    {"workflow.order_control", kText, "of the last order message, of the last that was accepted if one was", "HL7 v2 4.5.1.1 ORC-1", kNobody,
     of<Workflow>([](const auto& w, S& s) { text_unless_empty(s, w.order_control); })},
    {"workflow.report_status", kText, "of the last report, likewise", "HL7 v2 4.5.3.25 OBR-25", kNobody,
     of<Workflow>([](const auto& w, S& s) { text_unless_empty(s, w.report_status); })},
    {"workflow.merged_patient", kText, "pseudonym of the patient id that it bore before a merge", "HL7 v2 3.3.40 ADT^A40, MRG-1", kPseudonym,
     of<Workflow>([](const auto& w, S& s) { word_unless_empty(s, w.merged); })},
    {"workflow.cancelled", kBoolean, "true: the order was cancelled, or its step discontinued", "HL7 v2 4.5.1.1, PS3.3 C.4.14", kNobody,
     of<Workflow>([](const auto& w, S& s) { if (w.cancelled) s.boolean(true); })},
    {"workflow.preliminary", kBoolean, "true: told before it was over, since the capture ended or a limit was reached, so that what is missing may still come; absent: it was over", "", kNobody,
     of<Workflow>([](const auto& w, S& s) { if (w.preliminary) s.boolean(true); })},
    {"workflow.told", kText, "why it is told now: complete, quiet, limit or end (of the capture)", "", kNobody,
     of<Workflow>([](const auto& w, S& s) { s.word(to_text(w.told)); })},

    {"tls.version", kText, "chosen: 1.3, 1.2, …, of SSL 3.0 or 2.0; other: one that nobody knows; absent: the server's hello was not seen", "ECS", kNobody,
     of<TlsConnection>([](const auto& t, S& s) { if (t.version) s.word(tls_version_number(*t.version)); })},
    {"tls.version_protocol", kText, "tls or ssl", "ECS", kNobody,
     of<TlsConnection>([](const auto& t, S& s) { if (t.version) s.word(tls_version_protocol(*t.version)); })},
    {"tls.versions_offered", kList, "by the client; of a hello without a list, the highest", "RFC 8446 4.2.1", kNobody,
     of<TlsConnection>([](const auto& t, S& s) {
       for (const TlsVersion version : kTlsVersions) {
         if (t.versions_offered.has(version)) s.word(tls_version_name(version));
       }
     })},
    {"tls.cipher", kText, "cipher suite chosen, as registered, or its number", "ECS", kNobody,
     of<TlsConnection>([](const auto& t, S& s) { if (t.cipher_suite) cipher_suite(s, *t.cipher_suite); })},
    {"tls.cipher_weaknesses", kList, "why it must not be chosen: null, anonymous, export, rc2, rc4, des, 3des", "RFC 9325 4.1", kNobody,
     of<TlsConnection>([](const auto& t, S& s) { if (t.cipher_suite) each_weakness(s, tls_weaknesses(*t.cipher_suite)); })},
    {"tls.ciphers_offered", kNumber, "cipher suites that the client offered", "RFC 8446 4.1.2", kNobody,
     of<TlsConnection>([](const auto& t, S& s) { if (t.client_hello_seen) number(s, t.ciphers_offered); })},
    {"tls.weaknesses_offered", kList, "why some of them must not be offered", "RFC 9325 4.1", kNobody,
     of<TlsConnection>([](const auto& t, S& s) { each_weakness(s, t.weak_ciphers_offered); })},
    {"tls.next_protocol", kText, "application protocol chosen; in TLS 1.3 it is not visible", "ECS", kNobody,
     of<TlsConnection>([](const auto& t, S& s) { text_unless_empty(s, t.application_protocol); })},
    {"tls.handshake", kText, "completed, refused (a fatal alert), abandoned (the connection ended in the middle of it), or unknown (not over, or not visible)", "RFC 8446 2", kNobody,
     of<TlsConnection>([](const auto& t, S& s) { s.word(to_text(t.handshake)); })},
    {"tls.not_followed", kBoolean, "true: so many protected records came that it was no longer looked for how the handshake ends", "", kNobody,
     of<TlsConnection>([](const auto& t, S& s) { if (t.not_followed) s.boolean(true); })},
    {"tls.established", kBoolean, "whether the handshake was completed; absent: that was not visible", "ECS", kNobody,
     of<TlsConnection>([](const auto& t, S& s) { if (t.handshake != TlsHandshake::unknown) s.boolean(t.handshake == TlsHandshake::completed); })},
    {"tls.handshake_time", kNumber, "nanoseconds from the client's hello to the handshake's end", "RFC 8446 2", kNobody,
     of<TlsConnection>([](const auto& t, S& s) { duration(s, t.handshake_time); })},
    {"tls.resumed", kBoolean, "whether an earlier session was continued, for which no certificate is shown; absent: that was not visible", "ECS", kNobody,
     of<TlsConnection>([](const auto& t, S& s) { if (t.resumed) s.boolean(*t.resumed); })},
    {"tls.resumption", kText, "by what: session_id, ticket or psk", "RFC 5246 7.3, RFC 5077, RFC 8446 2.2", kNobody,
     of<TlsConnection>([](const auto& t, S& s) { if (t.resumption) s.word(to_text(*t.resumption)); })},
    {"tls.retried", kBoolean, "true: the server asked for another hello", "RFC 8446 4.1.4", kNobody,
     of<TlsConnection>([](const auto& t, S& s) { if (t.retried) s.boolean(true); })},
    {"tls.alert.description", kText, "of the alert that ended the handshake; protected if it cannot be read", "RFC 8446 6", kNobody,
     of<TlsConnection>([](const auto& t, S& s) { if (t.alert) alert_description(s, *t.alert); })},
    {"tls.alert.level", kText, "warning or fatal; absent: it cannot be read", "RFC 8446 6", kNobody,
     of<TlsConnection>([](const auto& t, S& s) { if (t.alert && t.alert->level) s.word(*t.alert->level == 2 ? "fatal" : "warning"); })},
    {"tls.alert.by", kText, "opener or acceptor of the connection", "", kNobody,
     of<TlsConnection>([](const auto& t, S& s) { if (t.alert) s.word(t.alert->by_opener ? "opener" : "acceptor"); })},
    {"tls.client.server_name", kText, "host that the client asks for", "ECS", kDevice,
     of<TlsConnection>([](const auto& t, S& s) { text_unless_empty(s, t.server_name); })},
    {"tls.client.certificate_requested", kBoolean, "true: the server asked for a certificate; in TLS 1.3 it is not visible", "RFC 5246 7.4.4", kNobody,
     of<TlsConnection>([](const auto& t, S& s) { if (t.client_certificate_requested) s.boolean(true); })},
    {"tls.client.certificate_given", kBoolean, "whether the client showed one; absent: it was not asked for, or that was not visible", "RFC 5246 7.4.6", kNobody,
     of<TlsConnection>([](const auto& t, S& s) { if (t.client_certificate_given) s.boolean(*t.client_certificate_given); })},
    {"tls.client.subject", kText, "common name of the client's own certificate, if it looks like a host's or a device's; nobody verified it", "RFC 5280 4.1.2.6", kDevice,
     of_certificate<&TlsConnection::client_certificate>([](const auto& c, S& s) { text_unless_empty(s, c.subject); })},
    {"tls.client.issuer", kText, "common name of who issued it", "RFC 5280 4.1.2.4", kNobody,
     of_certificate<&TlsConnection::client_certificate>([](const auto& c, S& s) { text_unless_empty(s, c.issuer); })},
    {"tls.client.names", kList, "DNS names that it is for", "RFC 5280 4.2.1.6", kDevice,
     of_certificate<&TlsConnection::client_certificate>([](const auto& c, S& s) { for (const auto& name : c.names) s.text(name); })},
    {"tls.client.names_not_told", kNumber, "of these, beyond the limit; absent: none", "", kNobody,
     of_certificate<&TlsConnection::client_certificate>([](const auto& c, S& s) { number_unless_zero(s, c.names_not_told); })},
    {"tls.client.names_withheld", kBoolean, "true: it has names that may be a person's, and are not told", "", kNobody,
     of_certificate<&TlsConnection::client_certificate>([](const auto& c, S& s) { if (c.names_withheld) s.boolean(true); })},
    {"tls.client.self_issued", kBoolean, "whether subject and issuer are the same", "RFC 5280 3.2", kNobody,
     of_certificate<&TlsConnection::client_certificate>([](const auto& c, S& s) { s.boolean(c.self_issued); })},
    {"tls.client.not_before", kTime, "from when on it is valid", "ECS", kNobody,
     of_certificate<&TlsConnection::client_certificate>([](const auto& c, S& s) { if (c.not_before) s.time(*c.not_before); })},
    {"tls.client.not_after", kTime, "until when it is valid; absent: beyond the year 2261", "ECS", kNobody,
     of_certificate<&TlsConnection::client_certificate>([](const auto& c, S& s) { if (c.not_after) s.time(*c.not_after); })},
    {"tls.client.expired", kBoolean, "whether it was valid no longer, or not yet, by packet time", "RFC 5280 4.1.2.5", kNobody,
     {[](const R& r, S& s) {
        const auto* tls = fact<TlsConnection>(r);
        if (const auto* certificate = tls ? tls->client_certificate.get() : nullptr) s.boolean(!certificate->is_valid_at(event(r).last.time));
      }, RecordKinds::of<TlsConnection>()}},
    {"tls.client.key_algorithm", kText, "of its public key: RSA, RSA-PSS, EC, DSA, Ed25519 or Ed448", "RFC 5280 4.1.2.7", kNobody,
     of_certificate<&TlsConnection::client_certificate>([](const auto& c, S& s) { text_unless_empty(s, c.key_algorithm); })},
    {"tls.client.key_bits", kNumber, "of its public key", "RFC 9325 4.5", kNobody,
     of_certificate<&TlsConnection::client_certificate>([](const auto& c, S& s) { number_unless_zero(s, c.key_bits); })},
    {"tls.client.signature_algorithm", kText, "by which its issuer signed it", "RFC 5280 4.1.1.2", kNobody,
     of_certificate<&TlsConnection::client_certificate>([](const auto& c, S& s) { text_unless_empty(s, c.signature_algorithm); })},
    {"tls.server.subject", kText, "common name of the server's own certificate, if it looks like a host's or a device's; nobody verified it", "RFC 5280 4.1.2.6", kDevice,
     of_certificate<&TlsConnection::server_certificate>([](const auto& c, S& s) { text_unless_empty(s, c.subject); })},
    {"tls.server.issuer", kText, "common name of who issued it", "RFC 5280 4.1.2.4", kNobody,
     of_certificate<&TlsConnection::server_certificate>([](const auto& c, S& s) { text_unless_empty(s, c.issuer); })},
    {"tls.server.names", kList, "DNS names that it is for", "RFC 5280 4.2.1.6", kDevice,
     of_certificate<&TlsConnection::server_certificate>([](const auto& c, S& s) { for (const auto& name : c.names) s.text(name); })},
    {"tls.server.names_not_told", kNumber, "of these, beyond the limit; absent: none", "", kNobody,
     of_certificate<&TlsConnection::server_certificate>([](const auto& c, S& s) { number_unless_zero(s, c.names_not_told); })},
    {"tls.server.names_withheld", kBoolean, "true: it has names that may be a person's, and are not told", "", kNobody,
     of_certificate<&TlsConnection::server_certificate>([](const auto& c, S& s) { if (c.names_withheld) s.boolean(true); })},
    {"tls.server.self_issued", kBoolean, "whether subject and issuer are the same", "RFC 5280 3.2", kNobody,
     of_certificate<&TlsConnection::server_certificate>([](const auto& c, S& s) { s.boolean(c.self_issued); })},
    {"tls.server.not_before", kTime, "from when on it is valid", "ECS", kNobody,
     of_certificate<&TlsConnection::server_certificate>([](const auto& c, S& s) { if (c.not_before) s.time(*c.not_before); })},
    {"tls.server.not_after", kTime, "until when it is valid; absent: beyond the year 2261", "ECS", kNobody,
     of_certificate<&TlsConnection::server_certificate>([](const auto& c, S& s) { if (c.not_after) s.time(*c.not_after); })},
    {"tls.server.expired", kBoolean, "whether it was valid no longer, or not yet, by packet time", "RFC 5280 4.1.2.5", kNobody,
     {[](const R& r, S& s) {
        const auto* tls = fact<TlsConnection>(r);
        if (const auto* certificate = tls ? tls->server_certificate.get() : nullptr) s.boolean(!certificate->is_valid_at(event(r).last.time));
      }, RecordKinds::of<TlsConnection>()}},
    {"tls.server.key_algorithm", kText, "of its public key: RSA, RSA-PSS, EC, DSA, Ed25519 or Ed448", "RFC 5280 4.1.2.7", kNobody,
     of_certificate<&TlsConnection::server_certificate>([](const auto& c, S& s) { text_unless_empty(s, c.key_algorithm); })},
    {"tls.server.key_bits", kNumber, "of its public key", "RFC 9325 4.5", kNobody,
     of_certificate<&TlsConnection::server_certificate>([](const auto& c, S& s) { number_unless_zero(s, c.key_bits); })},
    {"tls.server.signature_algorithm", kText, "by which its issuer signed it", "RFC 5280 4.1.1.2", kNobody,
     of_certificate<&TlsConnection::server_certificate>([](const auto& c, S& s) { text_unless_empty(s, c.signature_algorithm); })},

    {"violation.name", kText, "which rule of the protocol was broken", "", kNobody,
     of<Violation>([](const auto& v, S& s) { s.text(v.name); })},
    {"violation.clause", kText, "where the standard says so", "", kNobody,
     of<Violation>([](const auto& v, S& s) { s.text(v.clause); })},
    {"violation.severity", kText, "low, medium or high", "", kNobody,
     of<Violation>([](const auto& v, S& s) { s.word(to_text(v.severity)); })},
    {"violation.meaning", kText, "what it means, for people", "", kNobody,
     of<Violation>([](const auto& v, S& s) { text_unless_empty(s, v.meaning); })},
    {"violation.tolerated", kBoolean, "true: the model declares it a quirk of the device, or the suspicious title a device's own", "", kNobody,
     {[](const R& r, S& s) { if (r.observation.declared->tolerated) s.boolean(true); }, RecordKinds::of<Violation>()}},
    {"violation.ae_title", kText, "the AE title that is suspicious", "PS3.5 6.2", kDevice,
     of<Violation>([](const auto& v, S& s) { text_if(s, v.ae_title); })},
    {"violation.by", kText, "opener or acceptor of the connection", "", kNobody,
     of<Violation>([](const auto& v, S& s) { s.text(v.by_opener ? "opener" : "acceptor"); })},
    {"violation.offset", kNumber, "where in that side's stream the offending unit began", "", kNobody,
     of<Violation>([](const auto& v, S& s) { number(s, v.offset); })},
    {"violation.length", kNumber, "of the offending unit", "", kNobody,
     of<Violation>([](const auto& v, S& s) { number(s, v.length); })},

    {"link.kind", kText, "how the two are related", "", kNobody,
     of<Link>([](const auto& l, S& s) { s.text(to_text(l.kind)); })},
    {"link.certainty", kText, "originator (the C-STORE names the C-MOVE), content (same destination and study), identifier (both name the same UID or control id), association (they share one), ambiguous, or none (the other was not seen)", "PS3.7 9.1.1", kNobody,
     of<Link>([](const auto& l, S& s) { s.text(to_text(l.certainty)); })},
    {"link.cause", kNumber, "conversation.id of the cause; absent: it was not seen", "", kNobody,
     of<Link>([](const auto& l, S& s) { number_unless_zero(s, l.cause); })},
    {"link.effect", kNumber, "conversation.id of the effect; absent: none was seen", "", kNobody,
     of<Link>([](const auto& l, S& s) { number_unless_zero(s, l.effect); })},
    {"link.cause_packet", kNumber, "packet in which the request of the cause begins: packet.first of its record; absent: it was not seen", "", kNobody,
     of<Link>([](const auto& l, S& s) { number_unless_zero(s, l.cause_packet); })},
    {"link.effect_packet", kNumber, "likewise of the effect", "", kNobody,
     of<Link>([](const auto& l, S& s) { number_unless_zero(s, l.effect_packet); })},
    {"link.delay", kNumber, "nanoseconds from cause to effect", "", kNobody,
     of<Link>([](const auto& l, S& s) { duration(s, l.delay); })},
    {"link.times", kNumber, "how often an instance was stored, or a message sent, again by now; or messages of a burst", "", kNobody,
     of<Link>([](const auto& l, S& s) { number_unless_zero(s, l.times); })},

    {"capture.note", kText, "what the capture could not show", "", kNobody,
     of<CaptureNote>([](const auto& n, S& s) { s.text(n.name); })},
    {"capture.detail", kText, "where", "", kNobody,
     of<CaptureNote>([](const auto& n, S& s) { text_unless_empty(s, n.detail); })},
    {"capture.count", kNumber, "how often", "", kNobody,
     of<CaptureNote>([](const auto& n, S& s) { number(s, n.count); })},

    {"rule.id", kText, "of the rule that matched", "ECS", kNobody,
     of_finding([](const Finding& f, S& s) { s.text(f.rule->id); })},
    {"rule.name", kText, "its title", "ECS", kNobody,
     of_finding([](const Finding& f, S& s) { s.text(f.rule->title); })},
    {"rule.level", kText, "informational, low, medium, high or critical", "Sigma", kNobody,
     of_finding([](const Finding& f, S& s) { s.text(to_text(f.rule->level)); })},
    {"rule.tags", kList, "ATT&CK techniques and the like", "Sigma", kNobody,
     of_finding([](const Finding& f, S& s) { for (const std::string& tag : f.rule->tags) s.text(tag); })},
    {"rule.impact", kList, "what suffers: patient_safety, availability, integrity, confidentiality", "IEC 80001-1", kNobody,
     of_finding([](const Finding& f, S& s) { for (const std::string& impact : f.rule->impact) s.text(impact); })},
    {"rule.responsible", kList, "who acts first, and who next: healthcare_provider, manufacturer, supplier", "", kNobody,
     of_finding([](const Finding& f, S& s) { for (const std::string& party : f.rule->responsible) s.text(party); })},
    {"rule.runbook", kText, "the page that says what to do", "", kNobody,
     of_finding([](const Finding& f, S& s) { text_unless_empty(s, f.rule->runbook); })},
    {"rule.standards", kList, "the clauses that it rests on, and the questions of an MDS2 form", "", kNobody,
     of_finding([](const Finding& f, S& s) { for (const std::string& clause : f.rule->standards) s.text(clause); })},

    {"finding.number", kNumber, "counted from 1 in the order of first matches", "", kNobody,
     of_finding([](const Finding& f, S& s) { number(s, f.number); })},
    {"finding.count", kNumber, "how often it matched so far", "", kNobody,
     of_finding([](const Finding& f, S& s) { number(s, f.count); })},
    {"finding.others", kText, "source: further findings of this source, which has many already, of different destinations or values; rule: those of several sources, since the rule matched too many to tell one by one: then neither source nor, unless it is declared, destination is there, and the rest is of the first of them; absent: it stands for itself", "", kNobody,
     of_finding([](const Finding& f, S& s) { if (f.others != Others::none) s.text(f.others == Others::of_source ? "source" : "rule"); })},
    {"finding.dataset", kText, "event.dataset of the record that matched first", "", kNobody,
     of_finding([](const Finding& f, S& s) { s.text(dataset_of(f.example.event.facts)); })},
    {"finding.first", kTime, "first match", "", kNobody,
     of_finding([](const Finding& f, S& s) { s.time(start_of(f.first, f.last)); })},
    {"finding.last", kTime, "latest match so far", "", kNobody,
     of_finding([](const Finding& f, S& s) { s.time(f.last.time); })},
    {"finding.exception.until", kTime, "when the exception ended that it fell under before; absent: it fell under none", "", kNobody,
     of_finding([](const Finding& f, S& s) { if (f.expired) s.time(f.expired->until); })},
    {"finding.exception.owner", kText, "who answered for that exception", "", kDevice,
     of_finding([](const Finding& f, S& s) { if (f.expired) s.text(f.expired->owner); })},
    {"finding.exception.reason", kText, "why it was not to be told", "", kNobody,
     of_finding([](const Finding& f, S& s) { if (f.expired) s.text(f.expired->reason); })},

    {"correlation.type", kText, "of a rule that counts other rules' matches: event_count, value_count, value_sum, temporal or temporal_ordered", "Sigma", kNobody,
     of_correlation([](const Correlated& c, S& s) { s.text(c.type); })},
    {"correlation.count", kNumber, "events, different values, rules, or the sum of the latest values that reach the bound, within the window, when it first matched", "Sigma", kNobody,
     of_correlation([](const Correlated& c, S& s) { number(s, c.count); })},
    {"correlation.group_by", kList, "what those have in common: source.ip: 10.20.99.66", "Sigma", kDevice,
     of_correlation([](const Correlated& c, S& s) { for (const std::string& value : c.group_by) s.text(value); })},
    {"correlation.first", kTime, "the earliest of them", "", kNobody,
     of_correlation([](const Correlated& c, S& s) { s.time(start_of(c.first, c.last)); })},
    {"correlation.last", kTime, "the latest of them", "", kNobody,
     of_correlation([](const Correlated& c, S& s) { s.time(c.last.time); })},
    {"correlation.rules", kList, "the rules that these matched, by name", "Sigma", kNobody,
     of_correlation([](const Correlated& c, S& s) { for (const std::string& name : c.rules) s.text(name); })},

    {"observer.name", kText, "the dcmwatch that saw it", "ECS", kDevice,
     [](const R& r, S& s) { text_unless_empty(s, r.observer); }},
    {"observer.pseudonym_key", kText, "names the key, without telling it: pseudonyms of one key can be compared", "", kNobody,
     [](const R& r, S& s) { text_unless_empty(s, r.pseudonym_key); }},
};

/// Whether the fields of one object, and of each object in it, stand together: else it would be written twice.
constexpr bool objects_stand_together() {
  std::string_view before;
  for (std::size_t at = 0; at < std::size(kFields); ++at) {
    const std::string_view path = kFields[at].path;
    for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.', dot + 1)) {
      const std::string_view object = path.substr(0, dot + 1);
      if (before.starts_with(object)) continue;
      for (std::size_t earlier = 0; earlier < at; ++earlier) {
        if (kFields[earlier].path.starts_with(object)) return false;
      }
    }
    before = path;
  }
  return true;
}
static_assert(objects_stand_together());

}  // namespace dcmwatch::field_table
