// Records to test with: one of each dataset, filled in as a real one would be.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "declared.h"
#include "event/record.h"
#include "written_contexts.h"

namespace dcmwatch::samples {

using namespace std::chrono_literals;

inline const Timestamp kStart = timestamp_from_ns(1'772'438'400'000'000'000);  // 2026-03-02T08:00:00Z

inline Mark mark(Duration after_start = {}, std::uint64_t packet = 0) { return {kStart + after_start, 0, packet}; }

inline Parties parties(std::string_view source = "10.20.10.11", std::string_view destination = "10.20.20.10",
                       std::uint16_t port = 11112) {
  Parties parties;
  parties.source = {*IpAddress::parse(source), 49152};
  parties.destination = {*IpAddress::parse(destination), port};
  parties.source_mac = {2, 0, 0, 0, 0, 1};
  parties.destination_mac = {2, 0, 0, 0, 0, 2};
  parties.vlan = {100, 0};
  parties.opener_known = true;
  return parties;
}

inline Observation observation(Facts facts, Phase phase = Phase::end, std::uint64_t conversation = 7) {
  Observation observation;
  observation.event.phase = phase;
  observation.event.protocol = Protocol::dicom;
  observation.event.conversation = conversation;
  observation.event.ordinal = 1;
  observation.event.parties = parties();
  observation.event.first = mark(0ms, 3);
  observation.event.last = mark(1500ms, 90);
  observation.event.facts = std::move(facts);
  Declared& declared = test::change(observation.declared);
  declared.source = {"ct1", "modalities", "modality"};
  declared.destination = {"pacs", "archive", "archive"};
  declared.flow = "ct1-store";
  return observation;
}

inline DicomAssociation association() {
  DicomAssociation association;
  association.calling_ae = "CT1";
  association.called_ae = "PACS";
  association.accepted = true;
  association.end = DicomEnd::released;
  association.application_context = "1.2.840.10008.3.1.1.1";
  association.contexts =
      test::contexts_of({{1, "1.2.840.10008.5.1.4.1.1.2", {"1.2.840.10008.1.2"}, 0, "1.2.840.10008.1.2"},
                         {3, "1.2.840.10008.1.1", {"1.2.840.10008.1.2"}, 3, ""}});
  association.opener = {"1.2.276.0.7230010.3.0.3.6.7", "OFFIS_DCMTK_367", 16384};
  association.setup_time = 12ms;
  association.operations = 6;
  association.data_bytes = {600'000, 0};
  return association;
}

inline DicomOperation operation(std::uint16_t command = 0x0001, std::uint16_t status = 0) {
  DicomOperation operation;
  operation.command_field = command;
  operation.message_id = 1;
  operation.context_id = 1;
  operation.calling_ae = "CT1";
  operation.called_ae = "PACS";
  operation.sop_class_uid = "1.2.840.10008.5.1.4.1.1.2";
  operation.transfer_syntax_uid = "1.2.840.10008.1.2";
  operation.status = status;
  operation.study = {0x0123456789abcdef, 0x0123456789abcdef};
  operation.instance = {0xfedcba9876543210, 0xfedcba9876543210};
  operation.request_bytes = 100'000;
  operation.requested = mark(10ms);
  operation.answered = mark(60ms);
  return operation;
}

inline DicomStudy study() {
  DicomStudy study;
  study.study = {0x0123456789abcdef, 0x0123456789abcdef};
  study.sender_ae = "CT1";
  study.receiver_ae = "PACS";
  study.modalities = {"CT", "SR"};
  study.series = 2;
  study.stored = 6;
  study.failed = 1;
  study.bytes = 600'000;
  study.announced = 8;
  study.missing = study.unsent = 1;
  study.failures = {{"A700", 1}};
  study.ordered = true;
  return study;
}

inline Workflow workflow() {
  Workflow workflow;
  workflow.accession = {0x0123456789abcdef, 0x0123456789abcdef};
  workflow.study = study().study;
  for (auto& step : workflow.steps) step = {WorkflowStepState::seen, kStart};
  workflow.at(WorkflowStep::report) = {WorkflowStepState::missing, std::nullopt};
  workflow.images = 6;
  return workflow;
}

inline Hl7Message message(std::string ack = "AA") {
  Hl7Message message;
  message.message_type = "ADT^A01";
  message.version = "2.5.1";
  message.processing_id = "P";
  message.sending_application = "HIS";
  message.receiving_application = "ENGINE";
  message.control_id = {0x0011223344556677, 0x8899aabbccddeeff};
  message.bytes = 420;
  message.sent = mark(10ms);
  if (ack.empty()) {
    message.unanswered = WhyUnanswered::closed;
  } else {
    message.ack_code = std::move(ack);
    message.ack_paired_by = PairedBy::control_id;
    message.ack_bytes = 80;
    message.acknowledged = mark(30ms);
  }
  return message;
}

inline ConnectionFact connection() {
  ConnectionFact connection;
  connection.packets = {120, 80};
  connection.bytes = {610'000, 2'000};
  connection.missing_bytes = {1448, 0};
  connection.handshake_time = 400us;
  connection.end = ConnectionEnd::finished;
  return connection;
}

inline std::shared_ptr<const RuleInfo> rule(std::string id = "undeclared-flow", Level level = Level::high) {
  RuleInfo info;
  info.id = std::move(id);
  info.title = "Undeclared flow";
  info.description = "Two machines talk that the model does not join.";
  info.level = level;
  info.tags = {"attack.t1021"};
  info.impact = {"patient_safety", "integrity"};
  info.responsible = {"healthcare_provider"};
  info.runbook = "docs/runbooks/undeclared_flow.md";
  info.standards = {"IEC 62443-3-3 SR 5.1"};
  return std::make_shared<RuleInfo>(std::move(info));
}

/// A whole day in March, of a rule.
inline std::shared_ptr<const ExceptionInfo> exception(std::shared_ptr<const RuleInfo> rule = samples::rule()) {
  return std::make_shared<ExceptionInfo>(
      ExceptionInfo{std::move(rule), "A measurement", "Medical engineering", kStart + 1h});
}

/// A machine that nothing declares, talking to the PACS.
inline Observation rogue(Facts facts, Phase phase = Phase::end, std::uint64_t conversation = 66) {
  Observation observation = samples::observation(std::move(facts), phase, conversation);
  observation.event.parties = parties("10.20.99.66");
  Declared& declared = test::change(observation.declared);
  declared.source = {};
  declared.flow = {};
  test::set_deviations(declared, {{DeviationKind::source_device, "", "10.20.99.66"},
                                  {DeviationKind::flow, "ct1-store", "10.20.99.66 to pacs"}});
  return observation;
}

inline Finding finding(Phase phase = Phase::start, std::shared_ptr<const RuleInfo> rule = samples::rule()) {
  DicomAssociation association = samples::association();
  association.calling_ae = "WS1";
  association.end.reset();
  Finding finding;
  finding.rule = std::move(rule);
  finding.phase = phase;
  finding.number = 1;
  finding.count = phase == Phase::end ? 4 : 1;
  finding.first = mark(1500ms, 90);
  finding.last = phase == Phase::end ? mark(10s, 400) : finding.first;
  finding.example = rogue(association, Phase::start);
  return finding;
}

inline TlsConnection tls(TlsHandshake handshake = TlsHandshake::completed) {
  TlsConnection tls;
  tls.client_hello_seen = tls.server_hello_seen = true;
  for (const TlsVersion version : {kTls10, kTls12}) tls.versions_offered.add(version);
  tls.version = kTls12;
  tls.ciphers_offered = 27;
  tls.cipher_suite = 0xC02F;
  tls.server_name = "pacs.hospital.example";
  tls.handshake = handshake;
  tls.resumed = false;
  tls.handshake_time = 12ms;
  TlsCertificate certificate;
  certificate.subject = "pacs.hospital.example";
  certificate.issuer = "Hospital Device CA";
  certificate.not_before = kStart - std::chrono::days{355};
  certificate.not_after = kStart + std::chrono::days{10};
  tls.server_certificate = std::make_shared<const TlsCertificate>(certificate);
  if (handshake == TlsHandshake::refused) tls.alert = TlsAlert{true, 2, 48};
  return tls;
}

inline std::vector<Facts> one_of_each() {
  return {
      connection(),
      association(),
      operation(),
      study(),
      message(),
      tls(),
      Violation{"dicom.pdu_length", "PS3.8 9.3.1", 4096, 12, false},
      Link{LinkKind::move_caused_store, LinkCertainty::originator, 7, 8},
      Link{LinkKind::commitment_reported, LinkCertainty::identifier, 7, 8, std::chrono::minutes{5}, Outcome::failure},
      Link{LinkKind::step_ended, LinkCertainty::none, 7, 0, std::nullopt, Outcome::unknown},
      FlowStretch{FlowState::silent, "ct1"},
      CaptureNote{"capture.truncated_file", "day.pcap", 1}};
}

}  // namespace dcmwatch::samples
