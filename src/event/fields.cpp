#include "event/fields.h"

#include <array>
#include <string>

#include "base/community_id.h"
#include "event/dicom_names.h"

namespace dcmwatch {
namespace {

template <typename Fact>
const Fact* fact(const Record& record) {
  return std::get_if<Fact>(&record.observation.event.facts);
}

const Event& event(const Record& record) { return record.observation.event; }

void text_unless_empty(FieldSink& sink, std::string_view value) {
  if (!value.empty()) sink.text(value);
}

void text_if(FieldSink& sink, const std::optional<std::string>& value) {
  if (value) sink.text(*value);
}

template <typename Number>
void number_if(FieldSink& sink, const std::optional<Number>& value) {
  if (value) sink.number(static_cast<std::int64_t>(*value));
}

void number(FieldSink& sink, std::uint64_t value) { sink.number(static_cast<std::int64_t>(value)); }

void mac_unless_zero(FieldSink& sink, const MacAddress& mac) {
  if (mac != MacAddress{}) sink.text(to_text(mac));
}

bool about_a_connection(const Record& record) { return !fact<CaptureNote>(record); }

// One direction's figure of a connection, as the wire showed it: [0] by the source, [1] by the destination.
template <std::size_t Side>
void connection_number(const Record& record, FieldSink& sink, std::array<std::uint64_t, 2> ConnectionFact::*figure) {
  if (const auto* connection = fact<ConnectionFact>(record)) number(sink, (connection->*figure)[Side]);
}

std::string hl7_or_dicom_pseudonym(const Record& record, std::string DicomOperation::*of_operation,
                                   std::string Hl7Message::*of_message) {
  if (const auto* operation = fact<DicomOperation>(record)) return operation->*of_operation;
  if (const auto* message = fact<Hl7Message>(record)) return message->*of_message;
  return {};
}

void ae_title(const Record& record, FieldSink& sink, std::optional<std::string> DicomAssociation::*of_association,
              std::optional<std::string> DicomOperation::*of_operation) {
  if (const auto* association = fact<DicomAssociation>(record)) text_if(sink, association->*of_association);
  if (const auto* operation = fact<DicomOperation>(record)) text_if(sink, operation->*of_operation);
}

template <typename Visit>
void each_context(const Record& record, bool accepted_only, const Visit& visit) {
  const auto* association = fact<DicomAssociation>(record);
  if (!association) return;
  for (const PresentationContext& context : association->contexts) {
    if (!accepted_only || context.accepted()) visit(context);
  }
}

std::optional<Duration> duration_of(const Record& record) {
  if (const auto* operation = fact<DicomOperation>(record)) {
    if (!operation->answered) return std::nullopt;
    return operation->answered->time - operation->requested.time;
  }
  if (const auto* message = fact<Hl7Message>(record)) {
    if (!message->acknowledged) return std::nullopt;
    return message->acknowledged->time - message->sent.time;
  }
  if (event(record).phase != Phase::end) return std::nullopt;
  return event(record).last.time - event(record).first.time;
}

// ECS event.action, the verb of the record in the standard's word.
void action(const Record& record, FieldSink& sink) {
  if (const auto* operation = fact<DicomOperation>(record)) {
    text_unless_empty(sink, dicom_command_name(operation->command_field));
  } else if (const auto* message = fact<Hl7Message>(record)) {
    text_unless_empty(sink, message->message_type);
  }
}

std::string_view kind_of(const Record& record) {
  if (record.finding) return "alert";
  return fact<CaptureNote>(record) ? "metric" : "event";
}

struct VisibilityFlag {
  std::string_view name;
  bool Visibility::*flag;
};
constexpr std::array kVisibilityFlags{VisibilityFlag{"joined_midway", &Visibility::joined_midway},
                                      VisibilityFlag{"one_direction", &Visibility::one_direction},
                                      VisibilityFlag{"truncated", &Visibility::truncated},
                                      VisibilityFlag{"lost", &Visibility::lost},
                                      VisibilityFlag{"unfinished", &Visibility::unfinished},
                                      VisibilityFlag{"encrypted", &Visibility::encrypted}};

constexpr auto kText = FieldType::text;
constexpr auto kList = FieldType::text_list;
constexpr auto kNumber = FieldType::number;
constexpr auto kBoolean = FieldType::boolean;
constexpr auto kAddress = FieldType::address;
constexpr auto kTime = FieldType::time;
constexpr auto kNobody = Identifies::nobody;
constexpr auto kPseudonym = Identifies::pseudonymised;
constexpr auto kDevice = Identifies::device;

using R = Record;
using S = FieldSink;

constexpr Field kFields[] = {
    {"@timestamp", kTime, "when the fact became known: the packet that told it", "ECS", kNobody,
     [](const R& r, S& s) { s.time(r.finding && r.finding->phase == Phase::end ? r.finding->last.time : event(r).last.time); }},

    {"event.kind", kText, "event, alert (a finding) or metric (a note of the capture)", "ECS", kNobody,
     [](const R& r, S& s) { s.text(kind_of(r)); }},
    {"event.dataset", kText, "which kind of record this is", "ECS", kNobody,
     [](const R& r, S& s) { s.text(r.finding ? "finding" : dataset_of(event(r).facts)); }},
    {"event.phase", kText, "start, progress or end of what is told", "", kNobody,
     [](const R& r, S& s) { s.text(to_text(r.finding ? r.finding->phase : event(r).phase)); }},
    {"event.action", kText, "the DIMSE command or the HL7 message type", "ECS", kNobody, action},
    {"event.outcome", kText, "success (warnings too), failure, or unknown (cancelled, not seen)", "ECS", kNobody,
     [](const R& r, S& s) { s.text(to_text(outcome_of(event(r)))); }},
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
     [](const R& r, S& s) { if (about_a_connection(r)) s.address(event(r).parties.source.address); }},
    {"source.port", kNumber, "TCP or UDP port", "ECS", kNobody,
     [](const R& r, S& s) { if (about_a_connection(r)) s.number(event(r).parties.source.port); }},
    {"source.mac", kText, "as seen at the capture point: a router's, beyond one", "ECS", kDevice,
     [](const R& r, S& s) { mac_unless_zero(s, event(r).parties.source_mac); }},
    {"source.device", kText, "the declared device; absent: undeclared", "", kDevice,
     [](const R& r, S& s) { text_unless_empty(s, r.observation.declared.source.device); }},
    {"source.zone", kText, "the declared zone; absent: undeclared", "IEC 62443-3-2", kNobody,
     [](const R& r, S& s) { text_unless_empty(s, r.observation.declared.source.zone); }},
    {"source.packets", kNumber, "packets sent by the source", "ECS", kNobody,
     [](const R& r, S& s) { connection_number<0>(r, s, &ConnectionFact::packets); }},
    {"source.bytes", kNumber, "payload bytes sent by the source", "ECS", kNobody,
     [](const R& r, S& s) { connection_number<0>(r, s, &ConnectionFact::bytes); }},
    {"source.missing_bytes", kNumber, "of these, never seen", "", kNobody,
     [](const R& r, S& s) { connection_number<0>(r, s, &ConnectionFact::missing_bytes); }},
    {"source.retransmitted_packets", kNumber, "packets sent again", "RFC 9293", kNobody,
     [](const R& r, S& s) { connection_number<0>(r, s, &ConnectionFact::retransmitted_packets); }},

    {"destination.ip", kAddress, "who accepted the connection", "ECS", kDevice,
     [](const R& r, S& s) { if (about_a_connection(r)) s.address(event(r).parties.destination.address); }},
    {"destination.port", kNumber, "TCP or UDP port", "ECS", kNobody,
     [](const R& r, S& s) { if (about_a_connection(r)) s.number(event(r).parties.destination.port); }},
    {"destination.mac", kText, "as seen at the capture point: a router's, beyond one", "ECS", kDevice,
     [](const R& r, S& s) { mac_unless_zero(s, event(r).parties.destination_mac); }},
    {"destination.device", kText, "the declared device; absent: undeclared", "", kDevice,
     [](const R& r, S& s) { text_unless_empty(s, r.observation.declared.destination.device); }},
    {"destination.zone", kText, "the declared zone; absent: undeclared", "IEC 62443-3-2", kNobody,
     [](const R& r, S& s) { text_unless_empty(s, r.observation.declared.destination.zone); }},
    {"destination.packets", kNumber, "packets sent by the destination", "ECS", kNobody,
     [](const R& r, S& s) { connection_number<1>(r, s, &ConnectionFact::packets); }},
    {"destination.bytes", kNumber, "payload bytes sent by the destination", "ECS", kNobody,
     [](const R& r, S& s) { connection_number<1>(r, s, &ConnectionFact::bytes); }},
    {"destination.missing_bytes", kNumber, "of these, never seen", "", kNobody,
     [](const R& r, S& s) { connection_number<1>(r, s, &ConnectionFact::missing_bytes); }},
    {"destination.retransmitted_packets", kNumber, "packets sent again", "RFC 9293", kNobody,
     [](const R& r, S& s) { connection_number<1>(r, s, &ConnectionFact::retransmitted_packets); }},

    {"network.transport", kText, "tcp or udp", "ECS", kNobody,
     [](const R& r, S& s) { if (about_a_connection(r)) s.text(event(r).parties.transport == Transport::tcp ? "tcp" : "udp"); }},
    {"network.protocol", kText, "identified by content; absent: unidentified", "ECS", kNobody,
     [](const R& r, S& s) { if (event(r).protocol != Protocol::unidentified) s.text(to_text(event(r).protocol)); }},
    {"network.community_id", kText, "Community ID v1, to find the same connection in other tools", "ECS", kDevice,
     [](const R& r, S& s) {
       if (!about_a_connection(r)) return;
       std::string id;
       append_community_id(id, event(r).parties);
       s.text(id);
     }},
    {"network.opener_known", kBoolean, "false: which end is the source is a guess", "", kNobody,
     [](const R& r, S& s) { if (about_a_connection(r)) s.boolean(event(r).parties.opener_known); }},
    {"network.vlan.id", kNumber, "the outermost VLAN of the frame nearest to the connection; that of a tunnel around it is not told", "IEEE 802.1Q", kNobody,
     [](const R& r, S& s) { if (event(r).parties.vlan.outer != 0) s.number(event(r).parties.vlan.outer); }},
    {"network.inner.vlan.id", kNumber, "the innermost VLAN of that frame, if it has several", "IEEE 802.1ad", kNobody,
     [](const R& r, S& s) { if (event(r).parties.vlan.inner != 0) s.number(event(r).parties.vlan.inner); }},

    {"conversation.id", kNumber, "the connection: records of one connection bear the same", "", kNobody,
     [](const R& r, S& s) { if (about_a_connection(r)) number(s, event(r).conversation); }},
    {"conversation.ordinal", kNumber, "of this connection's records, counted from 1", "", kNobody,
     [](const R& r, S& s) { if (about_a_connection(r)) number(s, event(r).ordinal); }},
    {"conversation.unseen", kList, "why something could not be seen: joined_midway, one_direction, truncated, lost, unfinished, encrypted", "", kNobody,
     [](const R& r, S& s) {
       for (const auto& [name, flag] : kVisibilityFlags) {
         if (event(r).visibility.*flag) s.text(name);
       }
     }},

    {"connection.end", kText, "finished, reset, timed_out, evicted, or open when the capture ended", "RFC 9293", kNobody,
     [](const R& r, S& s) { if (const auto* c = fact<ConnectionFact>(r); c && c->end) s.text(to_text(*c->end)); }},
    {"connection.handshake_time", kNumber, "nanoseconds from SYN to the opener's ACK", "RFC 9293", kNobody,
     [](const R& r, S& s) { if (const auto* c = fact<ConnectionFact>(r); c && c->handshake_time) s.number(c->handshake_time->count()); }},

    {"flow.name", kText, "the declared flow that this belongs to; absent: none", "", kNobody,
     [](const R& r, S& s) { text_unless_empty(s, r.observation.declared.flow); }},
    {"flow.deviations", kList, "what differs from the declared model", "", kNobody,
     [](const R& r, S& s) { for (const auto& d : r.observation.declared.deviations) s.text(to_text(d.kind)); }},
    {"flow.expected", kList, "what was declared, in the order of flow.deviations", "", kDevice,
     [](const R& r, S& s) { for (const auto& d : r.observation.declared.deviations) s.text(d.expected); }},
    {"flow.observed", kList, "what was seen, in the order of flow.deviations", "", kDevice,
     [](const R& r, S& s) { for (const auto& d : r.observation.declared.deviations) s.text(d.observed); }},
    {"flow.unknown", kList, "what could not be held against the model, for it was not seen", "", kNobody,
     [](const R& r, S& s) { for (const UnknownKind kind : r.observation.declared.unknown) s.text(to_text(kind)); }},

    {"dicom.calling_ae", kText, "calling AE title", "PS3.8 9.3.2", kDevice,
     [](const R& r, S& s) { ae_title(r, s, &DicomAssociation::calling_ae, &DicomOperation::calling_ae); }},
    {"dicom.called_ae", kText, "called AE title", "PS3.8 9.3.2", kDevice,
     [](const R& r, S& s) { ae_title(r, s, &DicomAssociation::called_ae, &DicomOperation::called_ae); }},
    {"dicom.accepted", kBoolean, "whether the association was accepted; absent: the answer was not seen", "PS3.8 9.3.3", kNobody,
     [](const R& r, S& s) { if (const auto* a = fact<DicomAssociation>(r); a && a->accepted) s.boolean(*a->accepted); }},
    {"dicom.end", kText, "released, aborted, rejected, reset, closed, timeout, or open when the capture ended", "PS3.8 9.2", kNobody,
     [](const R& r, S& s) { if (const auto* a = fact<DicomAssociation>(r); a && a->end) s.text(to_text(*a->end)); }},
    {"dicom.rejection", kText, "result and reason of a rejected association", "PS3.8 9.3.4", kNobody,
     [](const R& r, S& s) {
       if (const auto* a = fact<DicomAssociation>(r); a && a->rejection) {
         s.text(dicom_rejection_text(a->rejection->result, a->rejection->source, a->rejection->reason));
       }
     }},
    {"dicom.rejection_code", kText, "result/source/reason as numbers", "PS3.8 9.3.4", kNobody,
     [](const R& r, S& s) {
       if (const auto* a = fact<DicomAssociation>(r); a && a->rejection) {
         s.text(std::to_string(a->rejection->result) + '/' + std::to_string(a->rejection->source) + '/' +
                std::to_string(a->rejection->reason));
       }
     }},
    {"dicom.abort", kText, "source and reason of an abort", "PS3.8 9.3.8", kNobody,
     [](const R& r, S& s) {
       if (const auto* a = fact<DicomAssociation>(r); a && a->abort) s.text(dicom_abort_text(a->abort->source, a->abort->reason));
     }},
    {"dicom.aborted_by", kText, "opener or acceptor", "PS3.8 9.3.8", kNobody,
     [](const R& r, S& s) {
       if (const auto* a = fact<DicomAssociation>(r); a && a->abort) s.text(a->abort->by_opener ? "opener" : "acceptor");
     }},
    {"dicom.setup_time", kNumber, "nanoseconds from association request to answer", "PS3.8 9.2", kNobody,
     [](const R& r, S& s) { if (const auto* a = fact<DicomAssociation>(r); a && a->setup_time) s.number(a->setup_time->count()); }},
    {"dicom.operations", kNumber, "requests seen on the association, both ways", "PS3.7 9, 10", kNobody,
     [](const R& r, S& s) { if (const auto* a = fact<DicomAssociation>(r)) number(s, a->operations); }},
    {"dicom.contexts.proposed", kList, "abstract syntaxes proposed", "PS3.8 9.3.2.2", kNobody,
     [](const R& r, S& s) { each_context(r, false, [&](const PresentationContext& c) { s.text(c.abstract_syntax); }); }},
    {"dicom.contexts.accepted", kList, "abstract syntaxes accepted", "PS3.8 9.3.3.2", kNobody,
     [](const R& r, S& s) { each_context(r, true, [&](const PresentationContext& c) { s.text(c.abstract_syntax); }); }},
    {"dicom.contexts.transfer_syntaxes", kList, "transfer syntaxes accepted, in the order of contexts.accepted", "PS3.8 9.3.3.2", kNobody,
     [](const R& r, S& s) { each_context(r, true, [&](const PresentationContext& c) { s.text(c.accepted_transfer_syntax); }); }},
    {"dicom.opener.implementation_class_uid", kText, "of the side that opened", "PS3.7 D.3.3.2", kDevice,
     [](const R& r, S& s) { if (const auto* a = fact<DicomAssociation>(r)) text_unless_empty(s, a->opener.class_uid); }},
    {"dicom.opener.implementation_version_name", kText, "of the side that opened", "PS3.7 D.3.3.2", kDevice,
     [](const R& r, S& s) { if (const auto* a = fact<DicomAssociation>(r)) text_unless_empty(s, a->opener.version_name); }},
    {"dicom.opener.maximum_length", kNumber, "longest P-DATA-TF it takes; 0: any", "PS3.8 D.1", kNobody,
     [](const R& r, S& s) { if (const auto* a = fact<DicomAssociation>(r)) number_if(s, a->opener.maximum_length); }},
    {"dicom.opener.data_bytes", kNumber, "data set bytes that it sent", "PS3.7", kNobody,
     [](const R& r, S& s) { if (const auto* a = fact<DicomAssociation>(r)) number(s, a->data_bytes[0]); }},
    {"dicom.acceptor.implementation_class_uid", kText, "of the side that accepted", "PS3.7 D.3.3.2", kDevice,
     [](const R& r, S& s) { if (const auto* a = fact<DicomAssociation>(r)) text_unless_empty(s, a->acceptor.class_uid); }},
    {"dicom.acceptor.implementation_version_name", kText, "of the side that accepted", "PS3.7 D.3.3.2", kDevice,
     [](const R& r, S& s) { if (const auto* a = fact<DicomAssociation>(r)) text_unless_empty(s, a->acceptor.version_name); }},
    {"dicom.acceptor.maximum_length", kNumber, "longest P-DATA-TF it takes; 0: any", "PS3.8 D.1", kNobody,
     [](const R& r, S& s) { if (const auto* a = fact<DicomAssociation>(r)) number_if(s, a->acceptor.maximum_length); }},
    {"dicom.acceptor.data_bytes", kNumber, "data set bytes that it sent", "PS3.7", kNobody,
     [](const R& r, S& s) { if (const auto* a = fact<DicomAssociation>(r)) number(s, a->data_bytes[1]); }},

    {"dicom.command", kText, "the request: C-STORE, C-FIND, …; absent: not seen", "PS3.7 E.1", kNobody,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r)) text_unless_empty(s, dicom_command_name(o->command_field)); }},
    {"dicom.invoker", kText, "opener or acceptor of the association", "PS3.7 7", kNobody,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r)) s.text(to_text(o->invoker)); }},
    {"dicom.message_id", kNumber, "message id", "PS3.7 9.1", kNobody,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r)) s.number(o->message_id); }},
    {"dicom.context_id", kNumber, "presentation context id", "PS3.8 9.3.2.2", kNobody,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r)) s.number(o->context_id); }},
    {"dicom.status", kText, "final status, four hexadecimal digits; absent: no final response seen", "PS3.7 C", kNobody,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r); o && o->status) s.text(dicom_status_text(*o->status)); }},
    {"dicom.status_class", kText, "success, warning, failure, cancel or pending", "PS3.7 C", kNobody,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r); o && o->status) s.text(to_text(dicom_status_class(*o->status))); }},
    {"dicom.sop_class_uid", kText, "affected or requested SOP class", "PS3.6 A", kNobody,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r)) text_unless_empty(s, o->sop_class_uid); }},
    {"dicom.sop_class", kText, "its name", "PS3.6 A", kNobody,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r)) text_unless_empty(s, dicom_uid_name(o->sop_class_uid)); }},
    {"dicom.transfer_syntax_uid", kText, "agreed for the context", "PS3.5 10", kNobody,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r)) text_unless_empty(s, o->transfer_syntax_uid); }},
    {"dicom.request_seen", kBoolean, "false: a response whose request was not seen", "", kNobody,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r)) s.boolean(o->request_seen); }},
    {"dicom.cancelled", kBoolean, "true: a C-CANCEL was seen", "PS3.7 9.3.2.3", kNobody,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r); o && o->cancelled) s.boolean(true); }},
    {"dicom.pending_responses", kNumber, "pending responses: of a C-FIND, its matches", "PS3.4 C.4.1.1.4", kNobody,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r); o && o->pending_responses != 0) s.number(o->pending_responses); }},
    {"dicom.sub_operations.remaining", kNumber, "of a retrieval, as last told", "PS3.4 C.4.2.1.6", kNobody,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r)) number_if(s, o->sub_operations.remaining); }},
    {"dicom.sub_operations.completed", kNumber, "of a retrieval, as last told", "PS3.4 C.4.2.1.7", kNobody,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r)) number_if(s, o->sub_operations.completed); }},
    {"dicom.sub_operations.failed", kNumber, "of a retrieval, as last told", "PS3.4 C.4.2.1.8", kNobody,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r)) number_if(s, o->sub_operations.failed); }},
    {"dicom.sub_operations.warning", kNumber, "of a retrieval, as last told", "PS3.4 C.4.2.1.9", kNobody,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r)) number_if(s, o->sub_operations.warning); }},
    {"dicom.move_destination", kText, "AE title that a C-MOVE sends to", "PS3.7 9.1.4", kDevice,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r)) text_unless_empty(s, o->move_destination); }},
    {"dicom.originator_ae", kText, "AE title of the C-MOVE that caused a C-STORE, as the C-STORE says", "PS3.7 9.1.1", kDevice,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r)) text_unless_empty(s, o->originator_ae); }},
    {"dicom.originator_message_id", kNumber, "message id of that C-MOVE", "PS3.7 9.1.1", kNobody,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r)) number_if(s, o->originator_message_id); }},
    {"dicom.query_level", kText, "PATIENT, STUDY, SERIES or IMAGE", "PS3.4 C.3", kNobody,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r)) text_unless_empty(s, o->query_level); }},
    {"dicom.study", kText, "pseudonym of the study instance UID", "PS3.3 C.7.2.1", kPseudonym,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r)) text_unless_empty(s, o->study); }},
    {"dicom.instance", kText, "pseudonym of the SOP instance UID", "PS3.3 C.12.1", kPseudonym,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r)) text_unless_empty(s, o->instance); }},
    {"dicom.request_bytes", kNumber, "data set sent with the request", "PS3.7", kNobody,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r)) number(s, o->request_bytes); }},
    {"dicom.response_bytes", kNumber, "data sets sent with the responses", "PS3.7", kNobody,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r)) number(s, o->response_bytes); }},
    {"dicom.missing_bytes", kNumber, "of both, never seen", "", kNobody,
     [](const R& r, S& s) { if (const auto* o = fact<DicomOperation>(r); o && o->missing_bytes != 0) number(s, o->missing_bytes); }},

    {"hl7.message_type", kText, "type^event", "HL7 v2 2.14.9.9 MSH-9", kNobody,
     [](const R& r, S& s) { if (const auto* m = fact<Hl7Message>(r)) text_unless_empty(s, m->message_type); }},
    {"hl7.version", kText, "version id", "HL7 v2 2.14.9.12 MSH-12", kNobody,
     [](const R& r, S& s) { if (const auto* m = fact<Hl7Message>(r)) text_unless_empty(s, m->version); }},
    {"hl7.processing_id", kText, "P production, T training, D debugging", "HL7 v2 2.14.9.11 MSH-11", kNobody,
     [](const R& r, S& s) { if (const auto* m = fact<Hl7Message>(r)) text_unless_empty(s, m->processing_id); }},
    {"hl7.character_set", kText, "character set", "HL7 v2 2.14.9.18 MSH-18", kNobody,
     [](const R& r, S& s) { if (const auto* m = fact<Hl7Message>(r)) text_unless_empty(s, m->character_set); }},
    {"hl7.sending_application", kText, "first component", "HL7 v2 2.14.9.3 MSH-3", kDevice,
     [](const R& r, S& s) { if (const auto* m = fact<Hl7Message>(r)) text_if(s, m->sending_application); }},
    {"hl7.sending_facility", kText, "first component", "HL7 v2 2.14.9.4 MSH-4", kDevice,
     [](const R& r, S& s) { if (const auto* m = fact<Hl7Message>(r)) text_if(s, m->sending_facility); }},
    {"hl7.receiving_application", kText, "first component", "HL7 v2 2.14.9.5 MSH-5", kDevice,
     [](const R& r, S& s) { if (const auto* m = fact<Hl7Message>(r)) text_if(s, m->receiving_application); }},
    {"hl7.receiving_facility", kText, "first component", "HL7 v2 2.14.9.6 MSH-6", kDevice,
     [](const R& r, S& s) { if (const auto* m = fact<Hl7Message>(r)) text_if(s, m->receiving_facility); }},
    {"hl7.control_id", kText, "pseudonym of the message control id", "HL7 v2 2.14.9.10 MSH-10", kPseudonym,
     [](const R& r, S& s) { if (const auto* m = fact<Hl7Message>(r)) text_unless_empty(s, m->control_id); }},
    {"hl7.order_control", kText, "order control code", "HL7 v2 4.5.1.1 ORC-1", kNobody,
     [](const R& r, S& s) { if (const auto* m = fact<Hl7Message>(r)) text_unless_empty(s, m->order_control); }},
    {"hl7.message_seen", kBoolean, "false: an acknowledgement whose message was not seen", "", kNobody,
     [](const R& r, S& s) { if (const auto* m = fact<Hl7Message>(r)) s.boolean(m->message_seen); }},
    {"hl7.sent_by", kText, "opener or acceptor of the connection", "", kNobody,
     [](const R& r, S& s) { if (const auto* m = fact<Hl7Message>(r)) s.text(m->sent_by_opener ? "opener" : "acceptor"); }},
    {"hl7.ack_code", kText, "AA, AE, AR, CA, CE or CR; absent: never answered", "HL7 v2 2.14.8.1 MSA-1", kNobody,
     [](const R& r, S& s) { if (const auto* m = fact<Hl7Message>(r)) text_if(s, m->ack_code); }},
    {"hl7.ack_paired_by", kText, "control_id or order", "HL7 v2 2.14.8.2 MSA-2", kNobody,
     [](const R& r, S& s) { if (const auto* m = fact<Hl7Message>(r)) text_unless_empty(s, m->ack_paired_by); }},
    {"hl7.bytes", kNumber, "of the message", "HL7 v2 MLLP", kNobody,
     [](const R& r, S& s) { if (const auto* m = fact<Hl7Message>(r)) number(s, m->bytes); }},
    {"hl7.ack_bytes", kNumber, "of the acknowledgement", "HL7 v2 MLLP", kNobody,
     [](const R& r, S& s) { if (const auto* m = fact<Hl7Message>(r)) number(s, m->ack_bytes); }},
    {"hl7.missing_bytes", kNumber, "of both, never seen", "", kNobody,
     [](const R& r, S& s) { if (const auto* m = fact<Hl7Message>(r); m && m->missing_bytes != 0) number(s, m->missing_bytes); }},

    {"patient.pseudonym", kText, "pseudonym of the patient id", "PS3.3 C.7.1.1, HL7 v2 PID-3", kPseudonym,
     [](const R& r, S& s) { text_unless_empty(s, hl7_or_dicom_pseudonym(r, &DicomOperation::patient, &Hl7Message::patient)); }},
    {"order.accession", kText, "pseudonym of the accession number", "PS3.3 C.7.2.1, HL7 v2 IPC-1, OBR-18", kPseudonym,
     [](const R& r, S& s) { text_unless_empty(s, hl7_or_dicom_pseudonym(r, &DicomOperation::accession, &Hl7Message::accession)); }},
    {"order.placer", kText, "pseudonym of the placer order number", "HL7 v2 ORC-2", kPseudonym,
     [](const R& r, S& s) { if (const auto* m = fact<Hl7Message>(r)) text_unless_empty(s, m->placer_order); }},
    {"order.filler", kText, "pseudonym of the filler order number", "HL7 v2 ORC-3", kPseudonym,
     [](const R& r, S& s) { if (const auto* m = fact<Hl7Message>(r)) text_unless_empty(s, m->filler_order); }},

    {"violation.name", kText, "which rule of the protocol was broken", "", kNobody,
     [](const R& r, S& s) { if (const auto* v = fact<Violation>(r)) s.text(v->name); }},
    {"violation.clause", kText, "where the standard says so", "", kNobody,
     [](const R& r, S& s) { if (const auto* v = fact<Violation>(r)) s.text(v->clause); }},
    {"violation.by", kText, "opener or acceptor of the connection", "", kNobody,
     [](const R& r, S& s) { if (const auto* v = fact<Violation>(r)) s.text(v->by_opener ? "opener" : "acceptor"); }},
    {"violation.offset", kNumber, "where in that side's stream the offending unit began", "", kNobody,
     [](const R& r, S& s) { if (const auto* v = fact<Violation>(r)) number(s, v->offset); }},
    {"violation.length", kNumber, "of the offending unit", "", kNobody,
     [](const R& r, S& s) { if (const auto* v = fact<Violation>(r)) number(s, v->length); }},

    {"link.kind", kText, "how the two are related", "", kNobody,
     [](const R& r, S& s) { if (const auto* l = fact<Link>(r)) s.text(to_text(l->kind)); }},
    {"link.certainty", kText, "originator (the C-STORE names the C-MOVE), content (same destination and study) or ambiguous", "PS3.7 9.1.1", kNobody,
     [](const R& r, S& s) { if (const auto* l = fact<Link>(r)) s.text(to_text(l->certainty)); }},
    {"link.cause", kNumber, "conversation.id of the cause", "", kNobody,
     [](const R& r, S& s) { if (const auto* l = fact<Link>(r)) number(s, l->cause); }},
    {"link.effect", kNumber, "conversation.id of the effect", "", kNobody,
     [](const R& r, S& s) { if (const auto* l = fact<Link>(r)) number(s, l->effect); }},

    {"capture.note", kText, "what the capture could not show", "", kNobody,
     [](const R& r, S& s) { if (const auto* n = fact<CaptureNote>(r)) s.text(n->name); }},
    {"capture.detail", kText, "where", "", kNobody,
     [](const R& r, S& s) { if (const auto* n = fact<CaptureNote>(r)) text_unless_empty(s, n->detail); }},
    {"capture.count", kNumber, "how often", "", kNobody,
     [](const R& r, S& s) { if (const auto* n = fact<CaptureNote>(r)) number(s, n->count); }},

    {"rule.id", kText, "of the rule that matched", "ECS", kNobody,
     [](const R& r, S& s) { if (r.finding) s.text(r.finding->rule->id); }},
    {"rule.name", kText, "its title", "ECS", kNobody,
     [](const R& r, S& s) { if (r.finding) s.text(r.finding->rule->title); }},
    {"rule.level", kText, "informational, low, medium, high or critical", "Sigma", kNobody,
     [](const R& r, S& s) { if (r.finding) s.text(to_text(r.finding->rule->level)); }},
    {"rule.tags", kList, "ATT&CK techniques and the like", "Sigma", kNobody,
     [](const R& r, S& s) { if (r.finding) for (const std::string& tag : r.finding->rule->tags) s.text(tag); }},

    {"finding.number", kNumber, "counted from 1 in the order of first matches", "", kNobody,
     [](const R& r, S& s) { if (r.finding) number(s, r.finding->number); }},
    {"finding.count", kNumber, "how often it matched so far", "", kNobody,
     [](const R& r, S& s) { if (r.finding) number(s, r.finding->count); }},
    {"finding.dataset", kText, "event.dataset of the record that matched first", "", kNobody,
     [](const R& r, S& s) { if (r.finding) s.text(dataset_of(event(r).facts)); }},
    {"finding.first", kTime, "first match", "", kNobody,
     [](const R& r, S& s) { if (r.finding) s.time(r.finding->first.time); }},
    {"finding.last", kTime, "latest match so far", "", kNobody,
     [](const R& r, S& s) { if (r.finding) s.time(r.finding->last.time); }},

    {"observer.name", kText, "the dcmwatch that saw it", "ECS", kDevice,
     [](const R& r, S& s) { text_unless_empty(s, r.observer); }},
    {"observer.pseudonym_key", kText, "names the key, without telling it: pseudonyms of one key can be compared", "", kNobody,
     [](const R& r, S& s) { text_unless_empty(s, r.pseudonym_key); }},
};

}  // namespace

std::span<const Field> fields() { return kFields; }

const Field* find_field(std::string_view path) {
  for (const Field& field : kFields) {
    if (field.path == path) return &field;
  }
  return nullptr;
}

}  // namespace dcmwatch
