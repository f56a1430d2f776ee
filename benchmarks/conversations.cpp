// What a record costs until it is known: its protocol's conversation, the model, the rules.
#include <benchmark/benchmark.h>

#include <array>
#include <initializer_list>
#include <string>
#include <string_view>

#include "detect/detector.h"
#include "model/flow_watch.h"
#include "model/recent_judgements.h"
#include "protocol/protocol.h"

namespace dcmwatch {
namespace {

struct Ignored final : EventSink {
  Event& next_event() override {
    benchmark::DoNotOptimize(event);
    return event = Event{};
  }
  Event event;
};

const ProtocolSettings& settings() {
  static const Pseudonymizer kPseudonymizer{"a key that is for benchmarks only"};
  static const ProtocolSettings kSettings{{}, &kPseudonymizer};
  return kSettings;
}

Connection connection() {
  Connection connection;
  connection.parties.source = {IpAddress::parse("10.20.10.11").value(), 40000};
  connection.parties.destination = {IpAddress::parse("10.20.20.10").value(), 11112};
  connection.parties.opener_known = true;
  connection.direction[0].packets = connection.direction[1].packets = 1;
  return connection;
}

std::string result_message() {
  std::string message =
      "\x0BMSH|^~\\&|LAB|HOSP|EMR|HOSP|20240102101112||ORU^R01|M00025000|P|2.5.1\r"
      "PID|1||PID025000^^^HOSP^MR||Doe^John^Q||19600101|M|||1 Main St^^Town^ST^12345\rPV1|1|I|W^389^1\r"
      "ORC|RE|P25000|F25000\rOBR|1|P25000|F25000|24323-8^CMP^LN|||20240102101112\r";
  for (int i = 1; i <= 10; ++i)
    message += "OBX|" + std::to_string(i) + "|NM|2000^ANALYTE^LN||6.96|mg/dL|3.5-5.0|L|||F|||20240102101112\r";
  return message + "\x1C\r";
}

void hl7_message_with_acknowledgement(benchmark::State& state) {
  const std::string message = result_message();
  const std::string acknowledgement =
      "\x0BMSH|^~\\&|EMR|HOSP|LAB|HOSP|20240102101112||ACK^R01|A1|P|2.5.1\rMSA|AA|M00025000\r\x1C\r";
  const Connection here = connection();
  Ignored events;
  ProtocolHandler handler{settings(), events};
  const auto sink = handler.open(here, {});
  for (auto _ : state) {
    sink->on_bytes(Direction::forward, {}, as_bytes(message));
    sink->on_bytes(Direction::backward, {}, as_bytes(acknowledgement));
  }
}
BENCHMARK(hl7_message_with_acknowledgement);

// Items and elements with their lengths before them.
std::string big_endian(std::size_t number, int bytes) {
  std::string text;
  while (bytes-- > 0) text += static_cast<char>(number >> 8 * bytes);
  return text;
}
std::string little_endian(std::size_t number, int bytes) {
  std::string text = big_endian(number, bytes);
  return {text.rbegin(), text.rend()};
}
std::string item(char type, const std::string& value) {
  return {std::string{type, '\0'} + big_endian(value.size(), 2) + value};
}
std::string pdu(char type, const std::string& body) {
  return std::string{type, '\0'} + big_endian(body.size(), 4) + body;
}
std::string element(std::uint16_t number, const std::string& value) {
  return little_endian(0, 2) + little_endian(number, 2) + little_endian(value.size(), 4) + value;
}
std::string us(std::uint16_t number, std::uint16_t value) { return element(number, little_endian(value, 2)); }
std::string command(const std::string& elements) {
  const std::string set = element(0, little_endian(elements.size(), 4)) + elements;
  return pdu(4, big_endian(set.size() + 2, 4) + "\x01\x03" + set);
}

const std::string kVerification = "1.2.840.10008.1.1", kImplicit = "1.2.840.10008.1.2";

std::string association(char type) {
  const bool request = type == 1;
  const std::string user =
      item(0x51, big_endian(16384, 4)) + item(0x52, "1.2.276.0.7230010.3.0.3.6.7") + item(0x55, "OFFIS_DCMTK_367");
  const std::string context =
      std::string{"\1\0\0\0", 4} + (request ? item(0x30, kVerification) : "") + item(0x40, kImplicit);
  return pdu(type, std::string{"\0\1\0\0", 4} + "PACS            CT1             " + std::string(32, '\0') +
                       item(0x10, "1.2.840.10008.3.1.1.1") + item(request ? 0x20 : 0x21, context) + item(0x50, user));
}

void dicom_association_with_c_echo(benchmark::State& state) {
  struct Said {
    Direction direction;
    std::string bytes;
  };
  const std::string sop_class = element(0x0002, kVerification + '\0');
  const std::array<Said, 6> conversation{
      Said{Direction::forward, association(1)},
      Said{Direction::backward, association(2)},
      Said{Direction::forward, command(sop_class + us(0x0100, 0x0030) + us(0x0110, 1) + us(0x0800, 0x0101))},
      Said{Direction::backward,
           command(sop_class + us(0x0100, 0x8030) + us(0x0120, 1) + us(0x0800, 0x0101) + us(0x0900, 0))},
      Said{Direction::forward, pdu(5, std::string(4, '\0'))},
      Said{Direction::backward, pdu(6, std::string(4, '\0'))}};
  const Connection here = connection();
  Ignored events;
  ProtocolHandler handler{settings(), events};
  for (auto _ : state) {
    const auto sink = handler.open(here, {});
    for (const auto& [direction, bytes] : conversation) sink->on_bytes(direction, {}, as_bytes(bytes));
    sink->on_close({}, CloseReason::finished);
    handler.on_connection_end(here, sink.get(), {}, CloseReason::finished);
  }
}
BENCHMARK(dicom_association_with_c_echo);

Event echo(std::string_view source) {
  Event event;
  event.protocol = Protocol::dicom;
  event.parties = connection().parties;
  event.parties.source.address = IpAddress::parse(source).value();
  DicomOperation operation;
  operation.command_field = 0x0030;
  operation.calling_ae = "CT1";
  operation.called_ae = "PACS";
  operation.sop_class_uid = kVerification;
  event.facts = operation;
  return event;
}

const Lookup& department() {
  static const Lookup kLookup{load_model(DCMWATCH_ROOT "/config/model.yaml")};
  return kLookup;
}

constexpr std::string_view kDeclared = "10.20.10.11", kRogue = "10.20.99.66";

void model_looks_up(benchmark::State& state) {
  const Event event = echo(state.range(0) == 0 ? kDeclared : kRogue);
  for (auto _ : state) benchmark::DoNotOptimize(department().judge(event));
}
BENCHMARK(model_looks_up)->ArgName("rogue")->Arg(0)->Arg(1);

void model_remembers(benchmark::State& state) {
  const Event event = echo(state.range(0) == 0 ? kDeclared : kRogue);
  RecentJudgements judgements{department()};
  for (auto _ : state) benchmark::DoNotOptimize(SharedDeclared{judgements.judge(event)});
}
BENCHMARK(model_remembers)->ArgName("rogue")->Arg(0)->Arg(1);

// What is held against the time that passes, of a record whose judgement is remembered.
void model_watches(benchmark::State& state) {
  RecentJudgements judgements{department()};
  const Limits limits;
  FlowWatch watch{department(), limits};
  Observation observation{echo(state.range(0) == 0 ? kDeclared : kRogue), {}};
  observation.declared = judgements.judge(observation.event);
  for (auto _ : state) {
    observation.event.last.time += std::chrono::milliseconds{1};
    if (watch.due(observation.event.last.time)) static_cast<void>(watch.advance(observation.event.last.time));
    benchmark::DoNotOptimize(watch.observe(observation));
  }
}
BENCHMARK(model_watches)->ArgName("rogue")->Arg(0)->Arg(1);

struct Unread final : FindingSink {
  void on_finding(const Finding&) override {}
};

void bundled_rules(benchmark::State& state) {
  RecentJudgements judgements{department()};
  Detector detector{load_rules(DCMWATCH_ROOT "/rules/detection"), Limits{}};
  Observation observation{echo(state.range(0) == 0 ? kDeclared : kRogue), {}};
  observation.declared = judgements.judge(observation.event);
  Unread sink;
  for (auto _ : state) {
    observation.event.phase = observation.event.phase == Phase::start ? Phase::end : Phase::start;
    if (observation.event.phase == Phase::start) ++observation.event.conversation;
    detector.observe(observation, sink);
  }
}
BENCHMARK(bundled_rules)->ArgName("rogue")->Arg(0)->Arg(1);

}  // namespace
}  // namespace dcmwatch
