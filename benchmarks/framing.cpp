// What the bytes of a stream cost until they are units: DICOM's PDUs, HL7's messages.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/limits.h"
#include "base/pseudonym.h"
#include "protocol/dicom/pdu_framer.h"
#include "protocol/hl7/facts.h"
#include "protocol/hl7/message.h"
#include "protocol/hl7/mllp_framer.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kSegmentBytes = 1448;

/// P-DATA-TF (PS3.8 9.3.5) with one PDV, not the last of its message.
std::vector<std::uint8_t> data_transfer(std::uint32_t pdu_bytes) {
  std::vector<std::uint8_t> pdu(pdu_bytes);
  const auto put_length = [&pdu](std::size_t at, std::uint32_t length) {
    for (std::size_t i = 0; i < 4; ++i) pdu[at + i] = static_cast<std::uint8_t>(length >> (24 - 8 * i));
  };
  pdu[0] = 4;
  put_length(2, pdu_bytes - 6);
  put_length(6, pdu_bytes - 10);
  pdu[10] = 1;
  return pdu;
}

// Fragments go by unfed, as a data set does that nobody wants.
void frame_pdus(benchmark::State& state) {
  const std::vector<std::uint8_t> pdu = data_transfer(static_cast<std::uint32_t>(state.range(0)));
  dicom::PduFramer framer{Limits{}, true};
  const ByteView head{pdu.data(), dicom::kPduHeaderBytes + dicom::kPdvHeaderBytes};
  for (auto _ : state) {
    framer.feed(head, {});
    while (!std::holds_alternative<dicom::NeedMore>(framer.next())) {
    }
    framer.pass(framer.passable());
    while (!std::holds_alternative<dicom::NeedMore>(framer.next())) {
    }
  }
}
BENCHMARK(frame_pdus)->ArgName("pdu_bytes")->Arg(16384)->Arg(131072);

// The same with every byte fed, as a data set does that somebody wants.
void frame_pdus_wanted(benchmark::State& state) {
  const std::vector<std::uint8_t> pdu = data_transfer(16384);
  dicom::PduFramer framer{Limits{}, true};
  for (auto _ : state) {
    for (std::size_t at = 0; at < pdu.size(); at += kSegmentBytes) {
      framer.feed(ByteView{pdu}.subspan(at, std::min(kSegmentBytes, pdu.size() - at)), {});
      while (!std::holds_alternative<dicom::NeedMore>(framer.next())) {
      }
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(pdu.size()));
}
BENCHMARK(frame_pdus_wanted);

constexpr std::string_view kResult =
    "MSH|^~\\&|LAB|HOSPITAL|EMR|HOSPITAL|20240102101112||ORU^R01^ORU_R01|R00000001|P|2.5.1\r"
    "PID|1||PID000001^^^HOSPITAL^MR||Nobody^John||19600101|M|||1 Bench St^^Town^ST^12345\r"
    "PV1|1|I|WARD^389^1\rORC|RE|P1|F1\rOBR|1|P1|F1|24323-8^PANEL^LN|||20240102101112\r"
    "OBX|1|NM|2000^ANALYTE 0^LN||4.20|mg/dL|3.5-5.0|N|||F|||20240102101112\r"
    "OBX|2|NM|2001^ANALYTE 1^LN||4.20|mg/dL|3.5-5.0|N|||F|||20240102101112\r"
    "OBX|3|NM|2002^ANALYTE 2^LN||4.20|mg/dL|3.5-5.0|N|||F|||20240102101112\r";

void frame_mllp(benchmark::State& state) {
  const std::string block = "\x0b" + std::string{kResult} + "\x1c\r";
  hl7::MllpFramer framer{Limits{}.hl7_message_bytes, false};
  for (auto _ : state) {
    framer.feed({}, as_bytes(block));
    while (framer.next()) {
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(block.size()));
}
BENCHMARK(frame_mllp);

void decode_hl7_message(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(hl7::decode_message(as_bytes(kResult), false));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kResult.size()));
}
BENCHMARK(decode_hl7_message);

// With the pseudonyms of whom and what it is about.
void facts_of_hl7_message(benchmark::State& state) {
  const Pseudonymizer pseudonymizer{"0123456789abcdef"};
  const auto message = std::get<hl7::Message>(hl7::decode_message(as_bytes(kResult), false));
  for (auto _ : state) benchmark::DoNotOptimize(hl7::facts_of(message, pseudonymizer));
}
BENCHMARK(facts_of_hl7_message);

}  // namespace
}  // namespace dcmwatch
