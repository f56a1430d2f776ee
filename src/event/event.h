// The facts: plain values, one struct a dataset. Events say what was seen, never what to think of it.
// Field names, meanings and clauses stand in field_table.h, the one table.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/endpoint.h"
#include "base/timestamp.h"
#include "event/dicom_content.h"
#include "event/hl7_message.h"
#include "event/presentation_contexts.h"
#include "event/texts.h"
#include "event/tls.h"
#include "event/workflow.h"

namespace dcmwatch {

/// A conversation tells its facts as they become known: start, progress (each minute of packet time) and end.
enum class Phase : std::uint8_t { start, progress, end };

/// ECS event.outcome. Success includes warnings; unknown is cancelled or not seen.
enum class Outcome : std::uint8_t { unknown, success, failure };

/// What the stream carries, by content.
enum class Protocol : std::uint8_t { unidentified, dicom, hl7, hllp, tls, http, ssh };

/// Why something could not be seen. Unknown is counted and never fires.
struct Visibility {
  bool joined_midway = false;  ///< the capture began after the connection did
  bool one_direction = false;  ///< only one direction was seen
  bool truncated = false;      ///< a snap length cut wanted bytes
  bool lost = false;           ///< wanted bytes were never seen
  bool unfinished = false;     ///< the capture ended, or the connection was forgotten, before this was over
  bool encrypted = false;
  bool undecodable = false;  ///< all was seen, but from some unit on it is not what its protocol says

  /// Whether anything at all stood in the way: what is absent then may have happened unseen.
  [[nodiscard]] bool impaired() const { return *this != Visibility{}; }

  /// What stood in the way of either.
  Visibility& operator|=(const Visibility& more);

  friend bool operator==(const Visibility&, const Visibility&) = default;
};

struct VisibilityFlag {
  std::string_view name;
  bool Visibility::*flag;
};
inline constexpr std::array kVisibilityFlags{VisibilityFlag{"joined_midway", &Visibility::joined_midway},
                                             VisibilityFlag{"one_direction", &Visibility::one_direction},
                                             VisibilityFlag{"truncated", &Visibility::truncated},
                                             VisibilityFlag{"lost", &Visibility::lost},
                                             VisibilityFlag{"unfinished", &Visibility::unfinished},
                                             VisibilityFlag{"encrypted", &Visibility::encrypted},
                                             VisibilityFlag{"undecodable", &Visibility::undecodable}};

inline Visibility& Visibility::operator|=(const Visibility& more) {
  for (const VisibilityFlag& known : kVisibilityFlags) this->*known.flag |= more.*known.flag;
  return *this;
}

/// dataset "connection"
/// `answered` is of many told together: a SYN-ACK came, and it was not told how each ended.
enum class ConnectionEnd : std::uint8_t { finished, reset, timed_out, evicted, open, unanswered, answered };

/// Of hosts called, those of which no declared flow of the caller's has any of the ports called; and of these ports,
/// those that none has at any of the hosts. Where ports were left out all of the hosts, and the other way round: nobody
/// knows of what was left out.
struct UndeclaredPlaces {
  std::vector<IpAddress> destinations;
  std::vector<std::uint16_t> ports;
};

/// Connections that were not seen to come about, of a minute of packet time, in one record: what the parties of all of
/// them do not share is zero. ConnectionFact::end says what became of all of them.
struct UnansweredAttempts {
  std::uint64_t count = 1;
  Network source_network;  ///< a /24 of IPv4 or /64 of IPv6; ::/0: there were too many networks to tell
  std::vector<IpAddress> destinations = {};  ///< whom they called: Limits::unanswered_destinations, with the lowest
                                             ///< addresses, in their order
  std::vector<std::uint16_t> ports = {};     ///< of theirs, likewise
  bool destinations_left_out = false;        ///< there are more than these
  bool ports_left_out = false;               ///< likewise
  std::optional<UndeclaredPlaces> undeclared = {};  ///< of those listed; nothing: all of them

  /// Whether they called more than one place.
  [[nodiscard]] bool several_places() const { return std::max(destinations.size(), ports.size()) > 1; }
  /// Whether each place that they may have called was looked at, and is one that a declared flow has.
  [[nodiscard]] bool declared_throughout() const {
    return undeclared && undeclared->destinations.empty() && undeclared->ports.empty();
  }
};

struct ConnectionFact {
  std::array<std::uint64_t, 2> packets{};  ///< by the source, by the destination
  std::array<std::uint64_t, 2> bytes{};
  std::array<std::uint64_t, 2> missing_bytes{};
  std::array<std::uint64_t, 2> retransmitted_packets{};
  std::array<std::uint64_t, 2> conflicting_packets{};  ///< retransmitted with other bytes
  std::array<std::uint64_t, 2> out_of_order_packets{};
  std::array<std::uint64_t, 2> duplicate_packets{};  ///< shown twice by the mirror; in no other figure
  std::array<std::uint64_t, 2> gaps{};
  std::array<std::uint64_t, 2> unseen_bytes{};  ///< of missing_bytes, acknowledged: lost by the capture
  std::array<Duration, 2> zero_window_time{};   ///< for how long its peer had no room for it
  bool goes_on = false;                         ///< told for no other reason: Limits::progress_interval has passed
  std::optional<Timestamp> carried;  ///< of what goes on: its latest packet, if payload came since it was last told to
  std::array<bool, 2> in_unit{};     ///< of what goes on: it has begun a unit (a PDU, say) and not ended it
  std::optional<Duration> handshake_time;
  std::optional<Duration> round_trip_to_acceptor;  ///< from the capture point, as the handshake shows it
  std::optional<Duration> round_trip_to_opener;
  std::optional<ConnectionEnd> end;            ///< nothing before Phase::end
  std::optional<UnansweredAttempts> attempts;  ///< if it is a record of many that were not answered
};

/// A side of an association, as who asks for an operation.
enum class Invoker : std::uint8_t { opener, acceptor };

/// dataset "dicom.association" (PS3.8)
enum class DicomEnd : std::uint8_t { released, aborted, rejected, reset, closed, timeout, open };

/// PS3.8 9.3.4: numbers as on the wire.
struct DicomRejection {
  std::uint8_t result = 0;
  std::uint8_t source = 0;
  std::uint8_t reason = 0;
};

/// PS3.8 9.3.8: numbers as on the wire.
struct DicomAbort {
  std::uint8_t source = 0;
  std::uint8_t reason = 0;
  bool by_opener = false;
};

/// What one side of an association says of its software (PS3.7 D.3.3.2) and the longest PDU it takes (PS3.8 D.1; 0:
/// any).
struct DicomImplementation {
  Uid class_uid;
  AeTitle version_name;
  std::optional<std::uint32_t> maximum_length;
};

/// PS3.7 D.3.3.4: what the opener proposed to be for a SOP class, and what it was granted; nothing if not answered.
struct RoleSelection {
  UidTexts::Place sop_class = 0;  ///< in DicomNegotiation::uids
  bool proposed_scu = false, proposed_scp = false;
  std::optional<bool> accepted_scu, accepted_scp;
};

/// PS3.7 D.3.3.3: operations outstanding at the same time; 0: any number.
struct AsynchronousWindow {
  std::uint16_t invoked = 1;
  std::uint16_t performed = 1;
};

/// PS3.7 D.3.3.7. The fields themselves are never kept.
struct UserIdentity {
  std::uint8_t type = 0;  ///< 1 user name, 2 user name and passcode, 3 Kerberos, 4 SAML, 5 JWT
  bool response_requested = false;
  bool answered = false;  ///< item 59 came
};

/// What else the two sides negotiated (PS3.7 D.3.3); most associations negotiate none of it.
struct DicomNegotiation {
  std::vector<RoleSelection> roles;
  /// SOP classes of the SOP Class Extended Negotiation (D.3.3.5), either side, and of the common one (D.3.3.6).
  std::vector<UidTexts::Place> extended, common_extended;
  UidTexts uids;
  bool incomplete = false;  ///< some that was proposed found no room
  std::optional<AsynchronousWindow> proposed_window, accepted_window;
  std::optional<UserIdentity> user_identity;
  std::vector<std::uint8_t> unknown_items;  ///< each type once, ascending
};

struct DicomAssociation {
  std::optional<AeTitle> calling_ae;  ///< trimmed (PS3.5 6.2); nothing if not seen
  std::optional<AeTitle> called_ae;
  std::optional<bool> accepted;  ///< nothing while unanswered, or if the answer was not seen
  std::optional<DicomRejection> rejection;
  std::optional<DicomAbort> abort;
  std::optional<DicomEnd> end;           ///< nothing before Phase::end
  std::optional<Invoker> broken_off_by;  ///< who closed or reset the connection under it
  bool unanswered = false;  ///< it is over, and was neither accepted nor rejected, although that would have been seen,
                            ///< whatever was lost of what the opener said after its request
  Uid application_context;
  PresentationContexts contexts;
  DicomImplementation opener;
  DicomImplementation acceptor;
  std::shared_ptr<const DicomNegotiation> negotiation;  ///< null if there was none
  std::optional<Duration> setup_time;                   ///< request to answer
  std::optional<Duration> release_time;                 ///< release request to its response
  std::uint64_t operations = 0;                         ///< requests seen, both ways
  std::uint64_t failed_operations = 0;                  ///< of these, answered by a failure
  std::uint64_t warned_operations = 0;                  ///< by a warning
  std::uint64_t unanswered_operations = 0;              ///< not at all, although an answer could have been seen
  std::array<std::uint64_t, 2> data_bytes{};            ///< data set bytes sent by opener, by acceptor
};

/// What held an operation up most (see DicomOperation::slowest).
enum class SlowPart : std::uint8_t { sender, receiver, network };

/// PS3.7 9.1.4 and PS3.4 C.4.2.1.6: sub-operation counters of the last response that carried them.
struct SubOperations {
  std::optional<std::uint16_t> remaining, completed, failed, warning;
};

/// dataset "dicom.operation" (PS3.7): a request with its final response.
struct DicomOperation {
  std::uint16_t command_field = 0;  ///< (0000,0100) of the request: 0x0001 C-STORE …
  std::uint16_t message_id = 0;     ///< (0000,0110)
  std::uint8_t context_id = 0;
  Invoker invoker = Invoker::opener;
  std::optional<AeTitle> calling_ae;  ///< of the association, repeated so that a rule need not join
  std::optional<AeTitle> called_ae;
  Uid sop_class_uid;                    ///< affected or requested; empty if not seen
  Uid transfer_syntax_uid;              ///< agreed for the context; empty if not seen
  std::optional<std::uint16_t> status;  ///< final status (0000,0900); nothing if no final response was seen
  bool request_seen = true;             ///< false: a response whose request was not seen
  std::uint32_t pending_responses = 0;
  bool cancelled = false;                              ///< a C-CANCEL was seen
  bool request_broken_off = false;                     ///< its last fragment was never sent; false also if unseen
  SubOperations sub_operations;                        ///< C-MOVE and C-GET
  AeTitle move_destination;                            ///< (0000,0600)
  AeTitle originator_ae;                               ///< (0000,1030)
  std::optional<std::uint16_t> originator_message_id;  ///< (0000,1031)
  Code query_level;  ///< (0008,0052) of a query's identifier: PATIENT, STUDY, SERIES, IMAGE, in capitals
  Pseudonym study;
  Pseudonym instance;
  Pseudonym patient;
  Pseudonym accession;
  std::uint64_t request_bytes = 0;           ///< data set sent with the request
  std::uint64_t response_bytes = 0;          ///< data sets sent with the responses
  std::uint64_t missing_bytes = 0;           ///< of these, never seen
  std::optional<std::uint16_t> priority;     ///< (0000,0700): 0 medium, 1 high, 2 low
  std::optional<std::uint16_t> event_type;   ///< (0000,1002) of an N-EVENT-REPORT
  std::optional<std::uint16_t> action_type;  ///< (0000,1008) of an N-ACTION
  std::optional<std::uint16_t> error_id;     ///< (0000,0903)
  bool error_comment = false;                ///< (0000,0902) was there; its text does not leave
  std::uint16_t offending_elements = 0;      ///< (0000,0901), how many
  std::uint16_t requested_attributes = 0;    ///< (0000,1005) of an N-GET, how many; 0: all
  std::optional<Duration> transfer_time;     ///< first to last byte of what came with the request
  std::optional<Duration> response_time;     ///< last byte of the request to the first response
  std::optional<SlowPart> slowest;           ///< what held it up most, where that can be told
  DicomContent content;                      ///< what its data sets say
  Mark requested;                ///< first packet of the request (of the response, if the request was not seen)
  std::optional<Mark> answered;  ///< the final response
};

/// Why C-STOREs of a study failed: a status as four hexadecimal digits, "unanswered" (not at all, or broken off, as by
/// an abort), "refused_context" (storage SOP classes that its receiver did not accept, told where objects failed or are
/// missing), or "other" beyond the limit.
struct StorageFailure {
  Code reason;
  std::uint64_t count = 0;
};

/// dataset "dicom.study": a study on its way from one AE to another (relate makes it, not protocol). What comes after
/// its record was told makes another; the figures of all of them add up. What is counted when: relate/studies.h.
struct DicomStudy {
  Pseudonym study;  ///< empty of what could not be assigned to one
  Pseudonym patient;
  Pseudonym accession;
  std::optional<AeTitle> sender_ae;  ///< of who sent the objects, which of C-GET is the called one; nothing if not seen
  std::optional<AeTitle> receiver_ae;
  std::vector<Code> modalities;            ///< each once
  std::uint64_t series = 0;                ///< different ones
  std::uint64_t stored = 0;                ///< different instances whose C-STORE succeeded, the first or a later one
  std::uint64_t failed = 0;                ///< different instances whose C-STOREs all failed
  std::uint64_t resolved = 0;              ///< of stored, whose C-STORE had failed before
  std::uint64_t repeated = 0;              ///< C-STOREs that succeeded of an instance that had been stored
  std::uint64_t failed_repetitions = 0;    ///< C-STOREs that failed of an instance that had been stored
  std::uint64_t not_visible = 0;           ///< instances whose C-STORE's answer could not be seen
  std::uint64_t not_told_apart = 0;        ///< C-STOREs beyond the limits: each counts as another instance
  std::uint64_t unassigned = 0;            ///< C-STOREs, if all this record tells of could not be assigned to a study
  std::uint64_t bytes = 0;                 ///< of data sets
  std::optional<std::uint64_t> announced;  ///< by a performed step of the sender; nothing if none was seen
  std::optional<std::uint64_t> missing;    ///< of these, not sent here; nothing if they could not all be told apart
  std::optional<std::uint64_t> unsent;     ///< of these, sent nowhere by anybody; likewise
  std::vector<StorageFailure> failures;    ///< by reason
  std::optional<Timestamp> last_failure;   ///< of a C-STORE
  std::optional<Timestamp> last_report;    ///< of a storage commitment
  std::uint64_t committed = 0;
  std::uint64_t commitment_failed = 0;
  std::uint64_t forwarded = 0;      ///< sent on by the destination to others
  std::optional<bool> ordered;      ///< a worklist entry or an order was seen; nothing if none could have been
  std::optional<bool> on_worklist;  ///< a worklist gave it to its sender; nothing if that was given none at all
  bool preliminary = false;         ///< told before it was over: what is missing may still have come

  /// Whether it tells of a C-STORE at all, and not only of what was announced or committed.
  [[nodiscard]] bool has_stores() const { return (stored | failed | repeated | failed_repetitions | not_visible) != 0; }

  /// Whether it tells of nothing but a storage commitment's report on what another record was about.
  [[nodiscard]] bool is_late_report() const {
    return !has_stores() && !announced && (committed | commitment_failed) != 0;
  }
};

/// How much a break of the rules matters: low is legal or does no harm, high is not understood by its receiver.
enum class Severity : std::uint8_t { low, medium, high };

/// dataset "violation": a break of a protocol's rules; never the bytes.
struct Violation {
  std::string_view name;     ///< "dicom.pdu_length", from the protocol's own table
  std::string_view clause;   ///< "PS3.8 9.3.1"
  std::uint64_t offset = 0;  ///< of the stream, where the offending unit began
  std::uint64_t length = 0;  ///< of the offending unit
  bool by_opener = true;
  Severity severity = Severity::medium;
  std::string_view meaning = {};         ///< a sentence for people, from the same table
  std::optional<AeTitle> ae_title = {};  ///< that is suspicious
};

/// dataset "link": two facts related.
enum class LinkKind : std::uint8_t {
  move_caused_store,
  get_caused_store,
  commitment_reported,   ///< the N-EVENT-REPORT that answers an N-ACTION (PS3.4 J)
  step_ended,            ///< the N-SET that completes or discontinues what an N-CREATE began (PS3.4 F.7)
  store_repeated,        ///< a C-STORE of an instance that the same AE had stored for the same one
  store_resolved,        ///< an instance that had failed
  pixel_data_changed,    ///< an instance with other pixel data in the same transfer syntax
  message_acknowledged,  ///< an HL7 message, by its application on another connection, or too late to be one record
  message_resent,        ///< an HL7 message with the control id and the body of an earlier one of the same sender
  message_conflicting,   ///< with the control id alone: another body
  burst_after_silence,   ///< many HL7 messages at once from one who had sent none for long
  patient_merged         ///< one patient id replaces another (HL7 v2 chapter 3, MRG); both are of one message
};
enum class LinkCertainty : std::uint8_t { originator, content, ambiguous, identifier, association, none };

struct Link {
  LinkKind kind{};
  LinkCertainty certainty{};
  std::uint64_t cause = 0;                       ///< conversation; 0: it was not seen
  std::uint64_t effect = 0;                      ///< conversation; 0: none was seen
  std::optional<Duration> delay = std::nullopt;  ///< from cause to effect
  Outcome outcome = Outcome::success;  ///< of what was asked for: a commitment's, a step's, a repeated C-STORE's own
  std::uint32_t times = 0;         ///< store_repeated, message_resent: how often, by now; burst_after_silence: how many
  std::uint64_t cause_packet = 0;  ///< where its request begins; a conversation may have many
  std::uint64_t effect_packet = 0;
  Pseudonym study = {};                                    ///< that both are about, if it was seen
  std::optional<WhyUnanswered> unanswered = std::nullopt;  ///< message_acknowledged: nobody answered at all
  Pseudonym patient = {};                                  ///< patient_merged: who stands for both by now
  std::optional<Hl7Merge> merge = std::nullopt;            ///< patient_merged
};

/// What of a flow is counted by the hour.
enum class RateOf : std::uint8_t {
  connections,
  operations,
  objects,
  studies,
  messages,
  studies_retrieved,  ///< different ones that one device had sent by C-GETs and C-MOVEs
  studies_queried     ///< different ones that one device's C-FINDs were about
};
inline constexpr std::size_t kRates = 7;
/// Counted of each device that opens the flow; the others of all of them together.
constexpr bool is_of_each_device(RateOf what) { return what >= RateOf::studies_retrieved; }

/// Several of them, each as a bit.
using RatesOf = std::uint8_t;
constexpr RatesOf bit_of(RateOf what) { return static_cast<RatesOf>(1U << static_cast<unsigned>(what)); }

enum class FlowState : std::uint8_t {
  silent,      ///< it was not seen when it had to be
  seen_again,  ///< after it was told to be silent
  above_rate,
  below_rate,
  not_visible  ///< whether it is silent, or beyond its rate, cannot be said
};

/// Why nothing can be said of what was not seen.
enum class WhyNotVisible : std::uint8_t {
  capture,        ///< packets were dropped, an interface was down, or a capture broke off
  lost,           ///< bytes of a conversation of either of its ends were never seen
  one_direction,  ///< of them one direction alone was seen
  unseen_ends,    ///< nothing was seen at all, or never of its devices, which may not be mirrored
  not_told_apart  ///< devices that share an address, more studies than are kept in mind, or a retrieval that names none
};

/// dataset "flow": a declared flow in a stretch of time (model makes it, not protocol). What counts as seen:
/// shows_flow in record.h.
struct FlowStretch {
  FlowState state{};
  std::string_view device =
      {};  ///< by its name in the model that the record's judgement keeps; empty: all of the flow's, or its only one
  std::optional<WhyNotVisible> unseen = std::nullopt;  ///< not_visible
  std::optional<Timestamp> first_seen = std::nullopt;  ///< in this run
  std::optional<Timestamp> last_seen = std::nullopt;
  std::uint64_t count = 0;                         ///< how often it was seen in this run
  std::optional<Duration> silence = std::nullopt;  ///< silent, seen_again: for how long, by the clock
  std::optional<RateOf> rate_of = std::nullopt;    ///< above_rate, below_rate
  std::uint64_t rate = 0;                          ///< so many in the hour
};

/// dataset "capture": what was not visible, said by capture, decode and assemble; about no connection.
struct CaptureNote {
  std::string_view name;  ///< "capture.truncated_file", "capture.unknown_link_type", "capture.clock_step", …
  std::string detail;     ///< a file's name, a link type's number; never bytes off the wire
  std::uint64_t count = 1;
};

using Facts = std::variant<ConnectionFact, DicomAssociation, DicomOperation, DicomStudy, Hl7Message, TlsConnection,
                           Violation, Link, Workflow, FlowStretch, CaptureNote>;

/// What of a connection's packets was seen so far.
enum class Shown : std::uint8_t { both_sides, one_side, much_of_one_side };

struct Event {
  Phase phase = Phase::end;
  Protocol protocol = Protocol::unidentified;
  Visibility visibility;
  bool proven = true;    ///< more was seen than a few packets in another's name bring about
  bool provable = true;  ///< there would be such proof if the conversation were real: not of a few datagrams, nor where
                         ///< the mirror may show one side alone
  Shown shown = Shown::both_sides;
  std::uint16_t domain = 0;        ///< observation domain
  std::uint64_t conversation = 0;  ///< the connection's id; 0 for a FlowStretch and a CaptureNote
  std::uint32_t ordinal = 0;  ///< of this connection's events, counted from 1: a unique name is (conversation, ordinal)
  Parties parties;            ///< source = who opened the connection, if opener_known
  Mark first;                 ///< first packet that this fact rests on
  Mark last;                  ///< the packet that made it known
  Facts facts;

  /// Whether it would be proven, were it real: anyone may have sent it, and nothing is built on it.
  [[nodiscard]] bool doubtful() const { return !proven && provable; }
};

/// event.outcome of any fact. An association is a failure if it was rejected, aborted, reset, closed without a release
/// (PS3.8 9.2.3, AA-4) or fell silent, whatever became of its operations. An operation that was surely never answered
/// is one.
Outcome outcome_of(const Event& event);

/// Whether a record says no more than that a connection or an association has not ended yet. It is no sign of life:
/// perhaps nothing was seen of it for long.
bool goes_on(const Event& event);

/// Whether an operation is over and surely had no final response: nothing stood in the way of seeing one.
bool never_answered(const Event& event, const DicomOperation& operation);

/// event.dataset: "connection", "dicom.association", …
std::string_view dataset_of(const Facts& facts);

std::string_view to_text(Phase phase);
std::string_view to_text(Outcome outcome);
std::string_view to_text(Protocol protocol);
std::string_view to_text(ConnectionEnd end);
std::string_view to_text(DicomEnd end);
std::string_view to_text(Invoker invoker);
std::string_view to_text(SlowPart part);
std::string_view to_text(Severity severity);
std::string_view to_text(AcknowledgementMode mode);
std::string_view to_text(LinkKind kind);
std::string_view to_text(LinkCertainty certainty);
std::string_view to_text(RateOf what);
std::string_view to_text(FlowState state);
std::string_view to_text(WhyNotVisible reason);

/// Takes events in the order in which they become known. An event is made where it stays: it is long, and moving it
/// about would cost more than finding it out.
struct EventSink {
  virtual ~EventSink() = default;
  /// A blank event, to be filled in before the next is asked for.
  virtual Event& next_event() = 0;
};

}  // namespace dcmwatch
