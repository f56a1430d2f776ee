// The streams of a real capture, taken out of it so that they can be cut and lost differently.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "assemble/assembler.h"
#include "capture/source.h"
#include "decode/decoder.h"
#include "output/record_writer.h"
#include "protocol/protocol.h"

namespace dcmwatch {

struct Chunk {
  Direction direction;
  Mark mark;
  std::string bytes;
};

/// One connection's bytes, in the order in which they became known.
struct CapturedStream {
  Parties parties;
  std::vector<Chunk> chunks;

  [[nodiscard]] std::size_t bytes() const {
    std::size_t total = 0;
    for (const Chunk& chunk : chunks) total += chunk.bytes.size();
    return total;
  }
};

class StreamTaker final : public StreamHandler {
 public:
  struct Sink final : StreamSink {
    CapturedStream& to;
    explicit Sink(CapturedStream& stream) : to(stream) {}
    Appetite on_bytes(Direction d, const Mark& mark, ByteView bytes) override {
      to.chunks.push_back({d, mark, std::string{as_text(bytes)}});
      return kWantAll;
    }
    void on_skipped(Direction, const Mark&, const Mark&, std::uint64_t, std::uint64_t) override {}
    void on_gap(Direction, const Mark&, std::uint64_t) override {}
    void on_close(const Mark&, CloseReason) override {}
  };

  std::unique_ptr<StreamSink> open(const Connection& connection, const Mark&) override {
    if (connection.parties.transport != Transport::tcp) return nullptr;
    CapturedStream& stream = streams[connection.id];
    stream.parties = connection.parties;
    return std::make_unique<Sink>(stream);
  }
  void on_connection_end(const Connection&, StreamSink*, const Mark&, CloseReason) override {}
  void on_unanswered(const UnansweredConnections&, Timestamp) override {}

  std::map<std::uint64_t, CapturedStream> streams;
};

inline std::vector<CapturedStream> streams_of(const std::filesystem::path& capture) {
  const Limits limits;
  StreamTaker taker;
  Assembler assembler{limits, taker};
  Decoder decoder;
  Batch batch;
  Segment segment;
  const auto source = open_file(capture, 0, "");
  while (source->next(batch, 4096, 1 << 20) == Fill::packets) {
    for (const Packet& packet : batch.packets) {
      if (decoder.decode(packet, batch, segment) == Decoded::segment) assembler.on_segment(segment);
    }
  }
  assembler.finish({});
  std::vector<CapturedStream> streams;
  for (auto& [id, stream] : taker.streams) streams.push_back(std::move(stream));
  return streams;
}

/// Plays chunks as the segments of one connection from its handshake on, through the assembler and the protocols, and
/// gives what was told.
inline std::vector<Event> events_of(const Parties& parties, const std::vector<Chunk>& chunks,
                                    const Pseudonymizer& pseudonymizer) {
  struct Events final : EventSink {
    std::vector<Event> all;
    Event& next_event() override { return all.emplace_back(); }
  } events;
  const ProtocolSettings settings{.limits = {}, .pseudonymizer = &pseudonymizer};
  ProtocolHandler handler{settings, events};
  Assembler assembler{settings.limits, handler};
  std::array<std::uint32_t, 2> next{1000, 2000};

  const auto give = [&](Direction direction, std::uint8_t flags, const Mark& mark, std::string_view bytes) {
    const bool forward = direction == Direction::forward;
    Segment segment;
    segment.mark = mark;
    segment.source = forward ? parties.source : parties.destination;
    segment.destination = forward ? parties.destination : parties.source;
    segment.flags = flags;
    segment.sequence = next[index_of(direction)];
    segment.acknowledgement = next[index_of(opposite(direction))];
    segment.payload = as_bytes(bytes);
    segment.wire_payload_bytes = static_cast<std::uint32_t>(bytes.size());
    segment.hash = hash_of(segment.key());
    assembler.on_segment(segment);
    next[index_of(direction)] += static_cast<std::uint32_t>(bytes.size()) + ((flags & TcpFlags::syn) != 0 ? 1 : 0);
  };
  if (chunks.empty()) return {};
  const Mark first = chunks.front().mark;
  give(Direction::forward, TcpFlags::syn, first, {});
  give(Direction::backward, TcpFlags::syn | TcpFlags::ack, first, {});
  give(Direction::forward, TcpFlags::ack, first, {});
  for (const Chunk& chunk : chunks) give(chunk.direction, TcpFlags::ack, chunk.mark, chunk.bytes);
  const Mark last = chunks.back().mark;
  give(Direction::forward, TcpFlags::fin | TcpFlags::ack, last, {});
  give(Direction::backward, TcpFlags::fin | TcpFlags::ack, last, {});
  return std::move(events.all);
}

/// The records of what was told, one a line. The connection's own record is left out: it counts packets.
inline std::string lines_of(const std::vector<Event>& events) {
  TextBuffer text;
  RecordWriter writer;
  for (Observation record; const Event& event : events) {
    if (std::holds_alternative<ConnectionFact>(event.facts)) continue;
    record.event = event;
    record.event.conversation = record.event.ordinal = 0;
    writer.append(text, Record{record});
  }
  return std::string{text.text()};
}

inline std::string told_of(const Parties& parties, const std::vector<Chunk>& chunks,
                           const Pseudonymizer& pseudonymizer) {
  return lines_of(events_of(parties, chunks, pseudonymizer));
}

}  // namespace dcmwatch
