// The one table of field names: path, type, meaning, source clause, whether it may identify a person.
//
// For fields.cpp, which gives it to everybody, and for the log's writer alone, which is made from it at compile time:
// there every field's value is written without a call through a pointer.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

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

template <typename Text>
void text_if(FieldSink& sink, const std::optional<Text>& value) {
  if (value) sink.text(*value);
}

template <typename Number>
void number_if(FieldSink& sink, const std::optional<Number>& value) {
  if (value) sink.number(static_cast<std::int64_t>(*value));
}

inline void number(FieldSink& sink, std::uint64_t value) { sink.number(static_cast<std::int64_t>(value)); }

inline void number_unless_zero(FieldSink& sink, std::uint64_t value) {
  if (value != 0) number(sink, value);
}

inline void duration(FieldSink& sink, const std::optional<Duration>& value) {
  if (value) sink.number(value->count());
}

// Records of several connections have no such end, where those do not share it.
inline void address_unless_none(FieldSink& sink, const Endpoint& end) {
  if (end != Endpoint{}) sink.address(end.address);
}

inline void port_unless_none(FieldSink& sink, const Endpoint& end) {
  if (end.port != 0 || end == Endpoint{}) sink.number(end.port);
}

inline void mac_unless_zero(FieldSink& sink, const MacAddress& mac) {
  if (mac == MacAddress{}) return;
  std::array<char, kMacCharacters> text;
  put_text(text.data(), mac);
  sink.word({text.data(), text.size()});
}

inline std::optional<Duration> duration_of(const Record& record) {
  if (const auto* operation = fact<DicomOperation>(record)) {
    if (!operation->answered) return std::nullopt;
    return elapsed(operation->requested.time, operation->answered->time);
  }
  if (const auto* message = fact<Hl7Message>(record)) {
    if (!message->acknowledged) return std::nullopt;
    return elapsed(message->sent.time, message->acknowledged->time);
  }
  if (event(record).phase != Phase::end) return std::nullopt;
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

struct VisibilityFlag {
  std::string_view name;
  bool Visibility::*flag;
};
inline constexpr std::array kVisibilityFlags{VisibilityFlag{"joined_midway", &Visibility::joined_midway},
                                             VisibilityFlag{"one_direction", &Visibility::one_direction},
                                             VisibilityFlag{"truncated", &Visibility::truncated},
                                             VisibilityFlag{"lost", &Visibility::lost},
                                             VisibilityFlag{"unfinished", &Visibility::unfinished},
                                             VisibilityFlag{"encrypted", &Visibility::encrypted}};

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

/// Every fact but a CaptureNote is about a connection.
inline constexpr RecordKinds kOfAConnection = RecordKinds::of<ConnectionFact>() | RecordKinds::of<DicomAssociation>() |
                                              RecordKinds::of<DicomOperation>() | RecordKinds::of<Hl7Message>() |
                                              RecordKinds::of<Violation>() | RecordKinds::of<Link>();

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
  return {[](const Record& record, FieldSink& sink) { Read{}(record.observation.declared, sink); }, RecordKinds::all(),
          Reads::judgement};
}

/// A field of the finding itself, not of the example that it matched.
template <typename Read>
constexpr FieldReader of_finding(Read) {
  return {[](const Record& record, FieldSink& sink) { Read{}(*record.finding, sink); }, RecordKinds::findings()};
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
    {"event.outcome", kText, "success (warnings too), failure, or unknown (cancelled, not seen)", "ECS", kNobody,
     [](const R& r, S& s) { s.word(to_text(outcome_of(event(r)))); }},
    {"event.start", kTime, "first packet that the fact rests on", "ECS", kNobody,
     [](const R& r, S& s) { s.time(event(r).first.time); }},
    {"event.end", kTime, "last packet that the fact rests on", "ECS", kNobody,
     [](const R& r, S& s) { s.time(event(r).last.time); }},
    {"event.duration", kNumber, "nanoseconds: request to final response, message to acknowledgement, or start to end", "ECS", kNobody,
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
    {"source.packets", kNumber, "packets sent by the source", "ECS", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number(s, c.packets[0]); })},
    {"source.bytes", kNumber, "payload bytes sent by the source", "ECS", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number(s, c.bytes[0]); })},
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
    {"destination.packets", kNumber, "packets sent by the destination", "ECS", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number(s, c.packets[1]); })},
    {"destination.bytes", kNumber, "payload bytes sent by the destination", "ECS", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { number(s, c.bytes[1]); })},
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
       if (a.parties.source == Endpoint{} || a.parties.destination == Endpoint{}) return;
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
    {"conversation.unseen", kList, "why something could not be seen: joined_midway, one_direction, truncated, lost, unfinished, encrypted", "", kNobody,
     [](const R& r, S& s) {
       for (const auto& [name, flag] : kVisibilityFlags) {
         if (event(r).visibility.*flag) s.text(name);
       }
     }},

    {"connection.end", kText, "finished, reset, timed_out, evicted, unanswered, or open when the capture ended", "RFC 9293", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { if (c.end) s.word(to_text(*c.end)); })},
    {"connection.handshake_time", kNumber, "nanoseconds from SYN to the opener's ACK", "RFC 9293", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { duration(s, c.handshake_time); })},
    {"connection.round_trip_to_acceptor", kNumber, "nanoseconds from SYN to SYN-ACK: between the capture point and the acceptor", "RFC 9293", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { duration(s, c.round_trip_to_acceptor); })},
    {"connection.round_trip_to_opener", kNumber, "nanoseconds from SYN-ACK to ACK: between the capture point and the opener", "RFC 9293", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { duration(s, c.round_trip_to_opener); })},
    {"connection.attempts", kNumber, "connections of a minute that nobody was seen to answer, in one record; what they do not share is absent", "", kNobody,
     of<ConnectionFact>([](const auto& c, S& s) { if (c.attempts) number(s, c.attempts->count); })},
    {"connection.source_network", kText, "where those came from: a /24 of IPv4 or /64 of IPv6, ::/0 where there were too many", "", kDevice,
     of<ConnectionFact>([](const auto& c, S& s) { if (c.attempts) s.text(to_text(c.attempts->source_network)); })},

    {"flow.name", kText, "the declared flow that this belongs to; absent: none", "", kNobody,
     of_judgement([](const Declared& d, S& s) { text_unless_empty(s, d.flow); })},
    {"flow.deviations", kList, "what differs from the declared model", "", kNobody,
     of_judgement([](const Declared& d, S& s) { for (const Deviation& one : d.deviations) s.text(to_text(one.kind)); })},
    {"flow.expected", kList, "what was declared, in the order of flow.deviations", "", kDevice,
     of_judgement([](const Declared& d, S& s) { for (const Deviation& one : d.deviations) s.text(one.expected); })},
    {"flow.observed", kList, "what was seen, in the order of flow.deviations", "", kDevice,
     of_judgement([](const Declared& d, S& s) { for (const Deviation& one : d.deviations) s.text(one.observed); })},
    {"flow.unknown", kList, "what could not be held against the model, for it was not seen", "", kNobody,
     of_judgement([](const Declared& d, S& s) { for (const UnknownKind kind : d.unknown) s.text(to_text(kind)); })},

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
    {"dicom.abort", kText, "source and reason of an abort", "PS3.8 9.3.8", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { if (a.abort) s.text(dicom_abort_text(a.abort->source, a.abort->reason)); })},
    {"dicom.aborted_by", kText, "opener or acceptor", "PS3.8 9.3.8", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { if (a.abort) s.text(a.abort->by_opener ? "opener" : "acceptor"); })},
    {"dicom.setup_time", kNumber, "nanoseconds from association request to answer", "PS3.8 9.2", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { if (a.setup_time) s.number(a.setup_time->count()); })},
    {"dicom.operations", kNumber, "requests seen on the association, both ways", "PS3.7 9, 10", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { number(s, a.operations); })},
    {"dicom.contexts.proposed", kList, "abstract syntaxes proposed", "PS3.8 9.3.2.2", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { for (const PresentationContext& c : a.contexts) s.text(c.abstract_syntax); })},
    {"dicom.contexts.accepted", kList, "abstract syntaxes accepted", "PS3.8 9.3.3.2", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { for (const PresentationContext& c : a.contexts) if (c.accepted()) s.text(c.abstract_syntax); })},
    {"dicom.contexts.transfer_syntaxes", kList, "transfer syntaxes accepted, in the order of contexts.accepted", "PS3.8 9.3.3.2", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { for (const PresentationContext& c : a.contexts) if (c.accepted()) s.text(c.accepted_transfer_syntax); })},
    {"dicom.opener.implementation_class_uid", kText, "of the side that opened", "PS3.7 D.3.3.2", kDevice,
     of<DicomAssociation>([](const auto& a, S& s) { text_unless_empty(s, a.opener.class_uid); })},
    {"dicom.opener.implementation_version_name", kText, "of the side that opened", "PS3.7 D.3.3.2", kDevice,
     of<DicomAssociation>([](const auto& a, S& s) { text_unless_empty(s, a.opener.version_name); })},
    {"dicom.opener.maximum_length", kNumber, "longest P-DATA-TF it takes; 0: any", "PS3.8 D.1", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { number_if(s, a.opener.maximum_length); })},
    {"dicom.opener.data_bytes", kNumber, "data set bytes that it sent", "PS3.7", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { number(s, a.data_bytes[0]); })},
    {"dicom.acceptor.implementation_class_uid", kText, "of the side that accepted", "PS3.7 D.3.3.2", kDevice,
     of<DicomAssociation>([](const auto& a, S& s) { text_unless_empty(s, a.acceptor.class_uid); })},
    {"dicom.acceptor.implementation_version_name", kText, "of the side that accepted", "PS3.7 D.3.3.2", kDevice,
     of<DicomAssociation>([](const auto& a, S& s) { text_unless_empty(s, a.acceptor.version_name); })},
    {"dicom.acceptor.maximum_length", kNumber, "longest P-DATA-TF it takes; 0: any", "PS3.8 D.1", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { number_if(s, a.acceptor.maximum_length); })},
    {"dicom.acceptor.data_bytes", kNumber, "data set bytes that it sent", "PS3.7", kNobody,
     of<DicomAssociation>([](const auto& a, S& s) { number(s, a.data_bytes[1]); })},

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
     of<DicomOperation>([](const auto& o, S& s) { if (o.status) s.word(to_text(dicom_status_class(*o.status))); })},
    {"dicom.sop_class_uid", kText, "affected or requested SOP class", "PS3.6 A", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { text_unless_empty(s, o.sop_class_uid); })},
    {"dicom.sop_class", kText, "its name", "PS3.6 A", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { text_unless_empty(s, dicom_uid_name(o.sop_class_uid)); })},
    {"dicom.transfer_syntax_uid", kText, "agreed for the context", "PS3.5 10", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { text_unless_empty(s, o.transfer_syntax_uid); })},
    {"dicom.request_seen", kBoolean, "false: a response whose request was not seen", "", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { s.boolean(o.request_seen); })},
    {"dicom.cancelled", kBoolean, "true: a C-CANCEL was seen", "PS3.7 9.3.2.3", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { if (o.cancelled) s.boolean(true); })},
    {"dicom.pending_responses", kNumber, "pending responses: of a C-FIND, its matches", "PS3.4 C.4.1.1.4", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { if (o.pending_responses != 0) s.number(o.pending_responses); })},
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
    {"dicom.query_level", kText, "PATIENT, STUDY, SERIES or IMAGE", "PS3.4 C.3", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { text_unless_empty(s, o.query_level); })},
    {"dicom.study", kText, "pseudonym of the study instance UID", "PS3.3 C.7.2.1", kPseudonym,
     of<DicomOperation>([](const auto& o, S& s) { word_unless_empty(s, o.study); })},
    {"dicom.instance", kText, "pseudonym of the SOP instance UID", "PS3.3 C.12.1", kPseudonym,
     of<DicomOperation>([](const auto& o, S& s) { word_unless_empty(s, o.instance); })},
    {"dicom.request_bytes", kNumber, "data set sent with the request", "PS3.7", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { number(s, o.request_bytes); })},
    {"dicom.response_bytes", kNumber, "data sets sent with the responses", "PS3.7", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { number(s, o.response_bytes); })},
    {"dicom.missing_bytes", kNumber, "of both, never seen", "", kNobody,
     of<DicomOperation>([](const auto& o, S& s) { if (o.missing_bytes != 0) number(s, o.missing_bytes); })},

    {"hl7.message_type", kText, "type^event", "HL7 v2 2.14.9.9 MSH-9", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { text_unless_empty(s, m.message_type); })},
    {"hl7.version", kText, "version id", "HL7 v2 2.14.9.12 MSH-12", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { text_unless_empty(s, m.version); })},
    {"hl7.processing_id", kText, "P production, T training, D debugging", "HL7 v2 2.14.9.11 MSH-11", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { text_unless_empty(s, m.processing_id); })},
    {"hl7.character_set", kText, "character set", "HL7 v2 2.14.9.18 MSH-18", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { text_unless_empty(s, m.character_set); })},
    {"hl7.sending_application", kText, "first component", "HL7 v2 2.14.9.3 MSH-3", kDevice,
     of<Hl7Message>([](const auto& m, S& s) { text_if(s, m.sending_application); })},
    {"hl7.sending_facility", kText, "first component", "HL7 v2 2.14.9.4 MSH-4", kDevice,
     of<Hl7Message>([](const auto& m, S& s) { text_if(s, m.sending_facility); })},
    {"hl7.receiving_application", kText, "first component", "HL7 v2 2.14.9.5 MSH-5", kDevice,
     of<Hl7Message>([](const auto& m, S& s) { text_if(s, m.receiving_application); })},
    {"hl7.receiving_facility", kText, "first component", "HL7 v2 2.14.9.6 MSH-6", kDevice,
     of<Hl7Message>([](const auto& m, S& s) { text_if(s, m.receiving_facility); })},
    {"hl7.control_id", kText, "pseudonym of the message control id", "HL7 v2 2.14.9.10 MSH-10", kPseudonym,
     of<Hl7Message>([](const auto& m, S& s) { word_unless_empty(s, m.control_id); })},
    {"hl7.order_control", kText, "order control code", "HL7 v2 4.5.1.1 ORC-1", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { text_unless_empty(s, m.order_control); })},
    {"hl7.message_seen", kBoolean, "false: an acknowledgement whose message was not seen", "", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { s.boolean(m.message_seen); })},
    {"hl7.sent_by", kText, "opener or acceptor of the connection", "", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { s.word(m.sent_by_opener ? "opener" : "acceptor"); })},
    {"hl7.ack_code", kText, "AA, AE, AR, CA, CE or CR; absent: never answered", "HL7 v2 2.14.8.1 MSA-1", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { text_if(s, m.ack_code); })},
    {"hl7.ack_paired_by", kText, "control_id or order", "HL7 v2 2.14.8.2 MSA-2", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { word_unless_empty(s, m.ack_paired_by); })},
    {"hl7.bytes", kNumber, "of the message", "HL7 v2 MLLP", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { number(s, m.bytes); })},
    {"hl7.ack_bytes", kNumber, "of the acknowledgement", "HL7 v2 MLLP", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { number(s, m.ack_bytes); })},
    {"hl7.missing_bytes", kNumber, "of both, never seen", "", kNobody,
     of<Hl7Message>([](const auto& m, S& s) { if (m.missing_bytes != 0) number(s, m.missing_bytes); })},

    {"patient.pseudonym", kText, "pseudonym of the patient id", "PS3.3 C.7.1.1, HL7 v2 PID-3", kPseudonym,
     of<DicomOperation, Hl7Message>([](const auto& f, S& s) { word_unless_empty(s, f.patient); })},
    {"order.accession", kText, "pseudonym of the accession number", "PS3.3 C.7.2.1, HL7 v2 IPC-1, OBR-18", kPseudonym,
     of<DicomOperation, Hl7Message>([](const auto& f, S& s) { word_unless_empty(s, f.accession); })},
    {"order.placer", kText, "pseudonym of the placer order number", "HL7 v2 ORC-2", kPseudonym,
     of<Hl7Message>([](const auto& m, S& s) { word_unless_empty(s, m.placer_order); })},
    {"order.filler", kText, "pseudonym of the filler order number", "HL7 v2 ORC-3", kPseudonym,
     of<Hl7Message>([](const auto& m, S& s) { word_unless_empty(s, m.filler_order); })},

    {"violation.name", kText, "which rule of the protocol was broken", "", kNobody,
     of<Violation>([](const auto& v, S& s) { s.text(v.name); })},
    {"violation.clause", kText, "where the standard says so", "", kNobody,
     of<Violation>([](const auto& v, S& s) { s.text(v.clause); })},
    {"violation.by", kText, "opener or acceptor of the connection", "", kNobody,
     of<Violation>([](const auto& v, S& s) { s.text(v.by_opener ? "opener" : "acceptor"); })},
    {"violation.offset", kNumber, "where in that side's stream the offending unit began", "", kNobody,
     of<Violation>([](const auto& v, S& s) { number(s, v.offset); })},
    {"violation.length", kNumber, "of the offending unit", "", kNobody,
     of<Violation>([](const auto& v, S& s) { number(s, v.length); })},

    {"link.kind", kText, "how the two are related", "", kNobody,
     of<Link>([](const auto& l, S& s) { s.text(to_text(l.kind)); })},
    {"link.certainty", kText, "originator (the C-STORE names the C-MOVE), content (same destination and study) or ambiguous", "PS3.7 9.1.1", kNobody,
     of<Link>([](const auto& l, S& s) { s.text(to_text(l.certainty)); })},
    {"link.cause", kNumber, "conversation.id of the cause", "", kNobody,
     of<Link>([](const auto& l, S& s) { number(s, l.cause); })},
    {"link.effect", kNumber, "conversation.id of the effect", "", kNobody,
     of<Link>([](const auto& l, S& s) { number(s, l.effect); })},

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

    {"finding.number", kNumber, "counted from 1 in the order of first matches", "", kNobody,
     of_finding([](const Finding& f, S& s) { number(s, f.number); })},
    {"finding.count", kNumber, "how often it matched so far", "", kNobody,
     of_finding([](const Finding& f, S& s) { number(s, f.count); })},
    {"finding.dataset", kText, "event.dataset of the record that matched first", "", kNobody,
     of_finding([](const Finding& f, S& s) { s.text(dataset_of(f.example.event.facts)); })},
    {"finding.first", kTime, "first match", "", kNobody,
     of_finding([](const Finding& f, S& s) { s.time(f.first.time); })},
    {"finding.last", kTime, "latest match so far", "", kNobody,
     of_finding([](const Finding& f, S& s) { s.time(f.last.time); })},

    {"observer.name", kText, "the dcmwatch that saw it", "ECS", kDevice,
     [](const R& r, S& s) { text_unless_empty(s, r.observer); }},
    {"observer.pseudonym_key", kText, "names the key, without telling it: pseudonyms of one key can be compared", "", kNobody,
     [](const R& r, S& s) { text_unless_empty(s, r.pseudonym_key); }},
};

}  // namespace dcmwatch::field_table
