// Segments of one connection, as if their checksums were right: a packet's first byte says direction and flags, the
// second how far its sequence number is off, the next two its payload's length.
#include <cstdint>

#include "assemble/assembler.h"
#include "told.h"

using namespace dcmwatch;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Protocols protocols;
  Assembler assembler{protocols.settings.limits, protocols.handler};
  const std::array<Endpoint, 2> ends{Endpoint{*IpAddress::parse("10.0.0.1"), 40000},
                                     Endpoint{*IpAddress::parse("10.0.0.2"), 104}};
  std::array<std::uint32_t, 2> next{0xfffffff0, 1000};
  ByteReader input{{data, size}};
  std::int64_t now_ns = 0;
  while (input.remaining() >= 4) {
    const std::uint8_t kind = input.u8();
    const auto off = static_cast<std::int8_t>(input.u8());
    const std::size_t length = input.u16();
    const unsigned from = kind & 1;
    Segment segment;
    segment.mark = {timestamp_from_ns(now_ns += 1 + (kind & 2 ? 200'000'000 : 1000)), 0, 0};
    segment.source = ends[from];
    segment.destination = ends[1 - from];
    segment.flags = TcpFlags::ack;
    if ((kind & 0x1c) == 0x1c)
      segment.flags = (kind & 0x20) ? TcpFlags::rst : (kind & 0x40) ? TcpFlags::fin : TcpFlags::syn;
    segment.sequence = next[from] + static_cast<std::uint32_t>(off * (kind & 0x80 ? 100 : 1));
    segment.acknowledgement = next[1 - from];
    segment.payload = input.take(std::min(length, input.remaining()));
    segment.wire_payload_bytes = static_cast<std::uint32_t>(length);
    segment.hash = hash_of(segment.key());
    assembler.on_segment(segment);
    next[from] += static_cast<std::uint32_t>(length);
    assembler.advance(segment.mark.time);
  }
  assembler.finish(timestamp_from_ns(now_ns));
  protocols.told.write();
  return 0;
}
