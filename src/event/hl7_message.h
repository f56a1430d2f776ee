// What is told of an HL7 v2 message and of its acknowledgements: codes of closed tables, names of applications,
// numbers, and pseudonyms of identifiers. No name of a person, no free text.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "base/timestamp.h"
#include "event/texts.h"

namespace dcmwatch {

/// Where an accession number may stand (IHE RAD TF-2 4.2, 4.4), in the order in which it is sought unless a flow
/// declares another.
enum class AccessionField : std::uint8_t { ipc_1, obr_18, obr_3, orc_3 };
inline constexpr std::size_t kAccessionFields = 4;

/// Where an accession number is sought, the best place first. Which numbers are looked at is decided where the flow is
/// known, so a message carries the candidates of every field.
class AccessionOrder {
 public:
  AccessionOrder() = default;
  /// Each field once.
  explicit AccessionOrder(std::span<const AccessionField> fields) : count_(0) {
    for (const AccessionField field : fields) fields_[count_++] = field;
  }

  [[nodiscard]] std::span<const AccessionField> fields() const { return std::span{fields_}.first(count_); }

  friend bool operator==(const AccessionOrder&, const AccessionOrder&) = default;

 private:
  std::array<AccessionField, kAccessionFields> fields_{AccessionField::ipc_1, AccessionField::obr_18,
                                                       AccessionField::obr_3, AccessionField::orc_3};
  std::uint8_t count_ = kAccessionFields;
};

/// A date and time as HL7 v2 2A writes it, YYYY[MM[DD[HHMM[SS[.S…]]]]][+/-ZZZZ]: without an offset from UTC it is the
/// sender's, so that it stays as it was written.
using Hl7Time = Text<24>;

/// One order, or one result's order, of a message (HL7 v2 chapter 4): an ORC, OBR, IPC or ZDS segment, with those that
/// follow it and belong to it.
struct Hl7Order {
  Code control;                                         ///< ORC-1, table 0119
  Code status;                                          ///< ORC-5, table 0038
  Code result_status;                                   ///< OBR-25, table 0123
  Pseudonym placer;                                     ///< ORC-2, else OBR-2
  Pseudonym filler;                                     ///< ORC-3, else OBR-3
  std::array<Pseudonym, kAccessionFields> accession{};  ///< by AccessionField
  Pseudonym study;                                      ///< ZDS-1, IPC-3, or an OBX-5 that says it is one
};

/// The accession number of an order; empty if none of the fields has one.
inline Pseudonym accession_of(const Hl7Order& order, const AccessionOrder& sought) {
  for (const AccessionField field : sought.fields()) {
    const Pseudonym& candidate = order.accession[static_cast<std::size_t>(field)];
    if (!candidate.empty()) return candidate;
  }
  return {};
}

/// The names of a header: MSH-3 to MSH-6.
enum class HeaderName : std::uint8_t {
  sending_application,
  sending_facility,
  receiving_application,
  receiving_facility
};
inline constexpr std::size_t kHeaderNames = 4;

/// HD.2 and HD.3 of such a name (HL7 v2 2A.33): "1.2.40.0.13", "ISO".
struct Hl7UniversalId {
  Hl7Name id;
  Code type;

  friend bool operator==(const Hl7UniversalId&, const Hl7UniversalId&) = default;
};

/// MRG-1: `patient`, of the PID before it, replaces `merged` (A18, A34, A40, …).
struct Hl7Merge {
  Pseudonym patient;
  Pseudonym merged;
};

/// Whose message it is, beyond the names of its header: what one message in a hundred says.
struct Hl7Origin {
  Hl7Name software_vendor, software_product, software_version;  ///< SFT-1, SFT-3, SFT-2 of the first SFT
  Hl7Name event_facility;                                       ///< EVN-7
  Hl7Name profile;                                              ///< MSH-21, the first
  Code country;                                                 ///< MSH-17, ISO 3166
  std::array<Hl7UniversalId, kHeaderNames> universal_ids{};     ///< by HeaderName
};

/// What a message says beyond Hl7Message. Never changed once made: all facts of a message share it.
struct Hl7Content {
  Hl7Time recorded;                 ///< EVN-2
  Hl7Time occurred;                 ///< EVN-6
  Code event_type;                  ///< EVN-1, where it is another event than that of MSH-9
  Pseudonym patient_issuer;         ///< PID-3.4 of Hl7Message::patient
  Pseudonym visit;                  ///< PV1-19
  Pseudonym account;                ///< PID-18
  std::vector<Pseudonym> patients;  ///< of the first PID: PID-3 beyond the first, PID-2 and PID-4, each once
  std::vector<Hl7Merge> merges;
  std::uint32_t patient_ids_not_told = 0;  ///< of either: Limits::hl7_patient_ids
  std::vector<Hl7Order> orders;            ///< Limits::hl7_orders at most
  std::uint32_t orders_not_told = 0;
  Code observation_statuses;                ///< OBX-11 of all that belong to an order, each once: letters of table 0085
  std::unique_ptr<const Hl7Origin> origin;  ///< null: it says nothing of it

  /// In memory, with its lists.
  [[nodiscard]] std::size_t kept_bytes() const {
    return sizeof *this + patients.capacity() * sizeof(Pseudonym) + merges.capacity() * sizeof(Hl7Merge) +
           orders.capacity() * sizeof(Hl7Order) + (origin ? sizeof(Hl7Origin) : 0);
  }
};

/// HL7 v2 2.10.3: what a message stands in.
enum class Hl7Envelope : std::uint8_t { none, batch, file };
constexpr std::string_view to_text(Hl7Envelope envelope) {
  constexpr std::array<std::string_view, 3> kNames{"", "batch", "file"};
  return kNames[static_cast<std::size_t>(envelope)];
}

/// HL7 v2 2.10.2: which part it is of what comes in several messages (DSC follows it, MSH-14 precedes it).
enum class Hl7Part : std::uint8_t { whole, first, middle, last };
constexpr std::string_view to_text(Hl7Part part) {
  constexpr std::array<std::string_view, 4> kNames{"", "first", "middle", "last"};
  return kNames[static_cast<std::size_t>(part)];
}

/// The commit acknowledgement of MLLP release 2.
enum class TransportAck : std::uint8_t { none, ack, nak };
constexpr std::string_view to_text(TransportAck ack) {
  constexpr std::array<std::string_view, 3> kNames{"", "ack", "nak"};
  return kNames[static_cast<std::size_t>(ack)];
}

/// HL7 v2 2.9.1: in the original mode MSH-15 and MSH-16 are empty, in the enhanced one they say which acknowledgements
/// are wanted. That there are none is declared of a flow; no message says so.
enum class AcknowledgementMode : std::uint8_t { original, enhanced, none };

/// When a sender wants an acknowledgement (MSH-15, MSH-16; HL7 table 0155). Both absent is the original mode (2.9.2).
enum class AckCondition : std::uint8_t { absent, always, never, on_error, on_success };

/// By what an answer was paired with its message: MSA-2, or since no other message was waiting.
enum class PairedBy : std::uint8_t { nothing, control_id, order };
constexpr std::string_view to_text(PairedBy paired_by) {
  constexpr std::array<std::string_view, 3> kNames{"", "control_id", "order"};
  return kNames[static_cast<std::size_t>(paired_by)];
}

/// How it became known that a message that had to be answered is not (HL7 v2 2.9).
enum class WhyUnanswered : std::uint8_t {
  timeout,      ///< not within Limits::hl7_answer_timeout
  overtaken,    ///< nor within it, while later messages were
  closed,       ///< the connection ended before
  undelivered,  ///< likewise, and its receiver's TCP had not had all of it
  superseded    ///< it was sent again on its connection, and the newest copy was answered
};

/// What an ERR segment says (HL7 v2 2.14.5) without its texts: of several, the first of those that weigh most.
struct Hl7Error {
  Code code;                ///< ERR-3, before 2.5 ERR-1.4, before 2.4 MSA-6: HL7 table 0357
  Code severity;            ///< ERR-4, table 0516: E error, F fatal, I information, W warning
  Text<32> location;        ///< ERR-2, before 2.5 ERR-1: "PID^1^3", segment, its number, field and what is in it
  std::uint32_t count = 1;  ///< ERR segments
};

/// dataset "hl7.message" (HL7 v2 chapter 2): a message with its acknowledgements.
struct Hl7Message {
  Code message_type;        ///< MSH-9 as type^event: "ADT^A01"; empty if the message was not seen
  ShortCode version;        ///< MSH-12
  ShortCode processing_id;  ///< MSH-11
  Code character_set;       ///< MSH-18
  Hl7Time message_time;     ///< MSH-7
  std::optional<Hl7Name> sending_application, sending_facility;      ///< MSH-3, MSH-4
  std::optional<Hl7Name> receiving_application, receiving_facility;  ///< MSH-5, MSH-6
  Pseudonym control_id;
  Pseudonym patient;                ///< PID-3, the first
  Pseudonym accession;              ///< of the first order that has one
  AccessionOrder accession_sought;  ///< where; of the flow, once that is known
  Pseudonym placer_order;           ///< of the first order
  Pseudonym filler_order;           ///< of the first order
  ShortCode order_control;          ///< ORC-1 of the first order
  Hl7Envelope envelope{};
  Hl7Part part{};
  TransportAck transport_ack{};
  bool sent_by_opener = true;
  std::optional<AcknowledgementMode> mode;  ///< nothing if the message was cut before MSH-15, or not seen
  bool message_seen = true;                 ///< false: an acknowledgement whose message was not seen on this connection
  AckCondition accept_wanted = AckCondition::absent;  ///< MSH-15
  AckCondition ack_wanted = AckCondition::absent;     ///< MSH-16
  std::optional<ShortCode> accept_code;               ///< MSA-1 of the accept acknowledgement: CA CE CR
  std::optional<ShortCode> ack_code;                  ///< of the application's: AA AE AR; blank: of no table
  ShortCode ack_type;                                 ///< MSH-9 of the last answer: "ACK^A01", "ORR^O02"
  PairedBy ack_paired_by{};
  std::shared_ptr<const Hl7Error> error;    ///< of the answer; null: it has no ERR
  std::optional<WhyUnanswered> unanswered;  ///< surely not, so far: nothing stood in the way of seeing one
  std::optional<bool> closed_by_opener;     ///< who ended the connection over it; nothing: nobody, or not known
  bool late = false;                        ///< answered, but not within Limits::hl7_answer_timeout
  bool none_declared = false;               ///< its flow declares that nobody acknowledges
  std::uint32_t unacknowledged = 0;         ///< messages of this sender that await an answer, this one too, if it does
  Duration unacknowledged_age{};            ///< of the oldest of these
  std::uint64_t body_print = 0;             ///< Pseudonymizer::fingerprint() of it without MSH-7; told nowhere
  std::shared_ptr<const Hl7Content> content;  ///< null: it has none of it
  std::uint64_t bytes = 0;                    ///< of the message; alone in its block, of the block's content
  std::uint64_t ack_bytes = 0;
  std::uint64_t missing_bytes = 0;
  Mark sent;
  std::optional<Mark> accepted;
  std::optional<Mark> acknowledged;

  /// What it was answered: by the application, else by the accept acknowledgement alone.
  [[nodiscard]] const std::optional<ShortCode>& answer() const { return ack_code ? ack_code : accept_code; }
  [[nodiscard]] const std::optional<Mark>& answered() const { return ack_code ? acknowledged : accepted; }
};

std::string_view to_text(AckCondition condition);  ///< as in table 0155
std::string_view to_text(WhyUnanswered reason);

/// Where the accession number is sought from now on, and so which of the candidates it is.
inline void seek_accession(Hl7Message& message, const AccessionOrder& sought) {
  message.accession_sought = sought;
  message.accession = {};
  if (!message.content) return;
  for (const Hl7Order& order : message.content->orders) {
    message.accession = accession_of(order, sought);
    if (!message.accession.empty()) return;
  }
}

}  // namespace dcmwatch
