// Events as the protocols would make them, in a few words.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/dicom_names.h"
#include "event/record.h"

namespace dcmwatch::test {

inline Parties parties(std::string_view source, std::uint16_t source_port, std::string_view destination,
                       std::uint16_t destination_port) {
  Parties parties;
  parties.source = {IpAddress::parse(source).value(), source_port};
  parties.destination = {IpAddress::parse(destination).value(), destination_port};
  parties.opener_known = true;
  return parties;
}

inline Event event_of(Facts facts, std::string_view source, std::string_view destination, std::uint16_t port) {
  Event event;
  event.parties = parties(source, 40000, destination, port);
  event.conversation = 1;
  event.facts = std::move(facts);
  return event;
}

inline Event connection(std::string_view source, std::string_view destination, std::uint16_t port,
                        Protocol protocol = Protocol::unidentified, Transport transport = Transport::tcp) {
  Event event = event_of(ConnectionFact{}, source, destination, port);
  event.protocol = protocol;
  event.parties.transport = transport;
  return event;
}

inline Event violation(std::string_view source, std::string_view destination, std::string_view name,
                       bool by_opener = true) {
  Violation violation;
  violation.name = name;
  violation.by_opener = by_opener;
  Event event = event_of(violation, source, destination, 104);
  event.protocol = Protocol::dicom;
  return event;
}

inline Event association(std::string_view source, std::string_view destination, std::uint16_t port, const char* calling,
                         const char* called) {
  DicomAssociation association;
  if (calling) association.calling_ae = calling;
  if (called) association.called_ae = called;
  Event event = event_of(std::move(association), source, destination, port);
  event.protocol = Protocol::dicom;
  return event;
}

inline Event operation(std::string_view source, std::string_view destination, std::uint16_t port, const char* calling,
                       const char* called, std::string_view command, std::string_view sop_class_uid,
                       Invoker invoker = Invoker::opener, std::string_view move_destination = {}) {
  DicomOperation operation;
  if (calling) operation.calling_ae = calling;
  if (called) operation.called_ae = called;
  operation.command_field = dicom_command_field(command);
  operation.sop_class_uid = sop_class_uid;
  operation.invoker = invoker;
  operation.move_destination = move_destination;
  Event event = event_of(std::move(operation), source, destination, port);
  event.protocol = Protocol::dicom;
  return event;
}

/// A study that is over, without impairment.
inline Event study(std::string_view source, std::string_view destination, std::uint16_t port, const char* sender_ae,
                   const char* receiver_ae, std::optional<bool> ordered) {
  DicomStudy study;
  study.stored = 1;
  if (sender_ae) study.sender_ae = sender_ae;
  if (receiver_ae) study.receiver_ae = receiver_ae;
  study.ordered = ordered;
  Event event = event_of(std::move(study), source, destination, port);
  event.protocol = Protocol::dicom;
  return event;
}

inline Event message(std::string_view source, std::string_view destination, std::uint16_t port,
                     std::string_view message_type, bool sent_by_opener = true) {
  Hl7Message message;
  message.message_type = message_type;
  message.processing_id = "P";
  message.sent_by_opener = sent_by_opener;
  Event event = event_of(std::move(message), source, destination, port);
  event.protocol = Protocol::hl7;
  return event;
}

/// The same as a capture shows it that began after the connection did, with the ends the other way round.
inline Event joined_midway_and_reversed(Event event) {
  event.parties.opener_known = false;
  event.visibility.joined_midway = true;
  event.parties.reverse();
  if (auto* dicom = std::get_if<DicomOperation>(&event.facts)) {
    dicom->invoker = dicom->invoker == Invoker::opener ? Invoker::acceptor : Invoker::opener;
    dicom->calling_ae.reset();
    dicom->called_ae.reset();
  }
  if (auto* hl7 = std::get_if<Hl7Message>(&event.facts)) hl7->sent_by_opener = !hl7->sent_by_opener;
  return event;
}

/// "port: 104/tcp, not 11112/tcp", one a deviation.
inline std::vector<std::string> deviations_of(const Declared& declared) {
  std::vector<std::string> texts;
  for (const Deviation& deviation : declared.deviations) {
    texts.push_back(std::string{to_text(deviation.kind)} + ": " + deviation.observed + ", not " + deviation.expected);
  }
  return texts;
}

inline std::vector<std::string> unknown_of(const Declared& declared) {
  std::vector<std::string> texts;
  for (const UnknownKind kind : declared.unknown) texts.emplace_back(to_text(kind));
  return texts;
}

}  // namespace dcmwatch::test
