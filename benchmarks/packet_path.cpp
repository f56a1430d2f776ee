// What a packet costs before a protocol sees it.
#include <benchmark/benchmark.h>

#include <array>
#include <vector>

#include "allocations.h"
#include "assemble/assembler.h"
#include "decode/decoder.h"

namespace dcmwatch {
namespace {

// Ethernet, IPv4, TCP and a full payload: 10.0.0.1:40000 to 10.0.0.2:104.
std::vector<std::uint8_t> full_frame() {
  std::vector<std::uint8_t> frame(1514);
  const std::array<std::uint8_t, 54> headers{
      2, 0, 0, 0,  0, 2, 2, 0,    0,    0, 0,   1, 8, 0, 0x45, 0, 0x05, 0xdc, 0, 1,    0,    0,    64,   6, 0, 0, 10,
      0, 0, 1, 10, 0, 0, 2, 0x9c, 0x40, 0, 104, 0, 0, 0, 1,    0, 0,    0,    1, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0};
  std::copy(headers.begin(), headers.end(), frame.begin());
  return frame;
}

void decode(benchmark::State& state) {
  const std::vector<std::uint8_t> frame = full_frame();
  const Packet packet{.mark = {}, .bytes = frame, .wire_bytes = 1514, .link_type = 1};
  Decoder decoder;
  Batch batch;
  Segment segment;
  for (auto _ : state) benchmark::DoNotOptimize(decoder.decode(packet, batch, segment));
}
BENCHMARK(decode);

// What goes the long way: the same frame within VXLAN (50 bytes of headers around it), and as two fragments.
void decode_vxlan(benchmark::State& state) {
  std::vector<std::uint8_t> frame = full_frame();
  std::array<std::uint8_t, 50> around{2,    0, 0,    0,    0,    4,    2,  0, 0, 0,  0, 3, 8, 0,  0x45, 0, 0x06,
                                      0x0e, 0, 1,    0,    0,    64,   17, 0, 0, 10, 1, 0, 1, 10, 1,    0, 2,
                                      0xc0, 0, 0x12, 0xb5, 0x05, 0xfa, 0,  0, 8, 0,  0, 0, 0, 0,  42,   0};
  frame.insert(frame.begin(), around.begin(), around.end());
  const Packet packet{.mark = {}, .bytes = frame, .wire_bytes = 1564, .link_type = 1};
  Decoder decoder;
  Batch batch;
  Segment segment;
  for (auto _ : state) {
    if (decoder.decode(packet, batch, segment) != Decoded::segment || segment.destination.port != 104)
      state.SkipWithError("not decoded");
  }
}
BENCHMARK(decode_vxlan);

void decode_two_fragments(benchmark::State& state) {
  std::vector<std::uint8_t> first = full_frame(), last = first;
  first[20] = 0x20;  // more fragments; 1,480 bytes of the datagram are in it
  last[20] = 1480 / 8 / 256, last[21] = 1480 / 8 % 256;
  Decoder decoder;
  Batch batch;
  Segment segment;
  for (std::uint16_t id = 0; auto _ : state) {
    ++id;
    batch.reassembled.clear();
    for (auto* frame : {&first, &last}) {
      (*frame)[18] = static_cast<std::uint8_t>(id >> 8);
      (*frame)[19] = static_cast<std::uint8_t>(id);
      const Packet packet{.mark = {}, .bytes = *frame, .wire_bytes = 1514, .link_type = 1};
      benchmark::DoNotOptimize(decoder.decode(packet, batch, segment));
    }
    if (batch.reassembled.size() != 1) state.SkipWithError("not put together");
  }
}
BENCHMARK(decode_two_fragments);

// As the reader does it: frames on pages of their own, segments handed over by the batch.
void decode_batch(benchmark::State& state) {
  constexpr std::size_t kPackets = 1024;
  std::vector<std::vector<std::uint8_t>> frames(kPackets, full_frame());
  std::vector<Packet> packets;
  for (const auto& frame : frames) packets.push_back({.mark = {}, .bytes = frame, .wire_bytes = 1514, .link_type = 1});
  Decoder decoder;
  Batch batch;
  std::vector<Segment> segments;
  for (auto _ : state) {
    segments.clear();
    for (const Packet& packet : packets)
      benchmark::DoNotOptimize(decoder.decode(packet, batch, segments.emplace_back()));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kPackets));
}
BENCHMARK(decode_batch);

struct Unwanted final : StreamHandler {
  std::unique_ptr<StreamSink> open(const Connection&, const Mark&) override { return nullptr; }
  void on_connection_end(const Connection&, StreamSink*, const Mark&, CloseReason) override {}
  void on_unanswered(const UnansweredConnections&, Timestamp) override {}
};

void assemble_in_order(benchmark::State& state) {
  const std::vector<std::uint8_t> frame = full_frame();
  Decoder decoder;
  Batch batch;
  Segment segment;
  decoder.decode({.mark = {}, .bytes = frame, .wire_bytes = 1514, .link_type = 1}, batch, segment);
  const Limits limits;
  Unwanted handler;
  Assembler assembler{limits, handler};
  const auto next = [&] {
    assembler.on_segment(segment);
    segment.sequence += segment.wire_payload_bytes;
    ++segment.mark.packet;
  };
  next();  // makes the connection
  const std::uint64_t allocated_before = allocations();
  for (auto _ : state) next();
  state.counters["allocations"] = static_cast<double>(allocations() - allocated_before);
}
BENCHMARK(assemble_in_order);

}  // namespace
}  // namespace dcmwatch
