// Frames of any link type, several in a row since fragments are put together: each begins with its length in two bytes.
#include "decode/decoder.h"

#include <array>
#include <cstdint>

using namespace dcmwatch;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::array<std::uint16_t, 16> kLinkTypes{1,   0,   101, 113, 276, 9,   50,  51,
                                                     104, 105, 108, 127, 192, 228, 229, 109};
  ByteReader input{{data, size}};
  const std::uint8_t choice = input.u8();
  Limits limits;
  limits.fragment_datagrams = 3;
  limits.fragment_bytes = 4096;
  limits.fragments_per_datagram = 8;
  Decoder decoder{limits};
  Batch batch;
  Segment segment;
  std::uint64_t number = 0, sum = 0;
  while (input.remaining() >= 2) {
    const std::size_t announced = input.u16();
    const ByteView bytes = input.take(std::min(announced, input.remaining()));
    const Packet packet{.mark = {timestamp_from_ns(static_cast<std::int64_t>(number) * 1000000), 0, number},
                        .bytes = bytes,
                        .wire_bytes = static_cast<std::uint32_t>(announced),
                        .link_type = kLinkTypes[choice % kLinkTypes.size()]};
    ++number;
    decoder.advance(packet.mark.time);
    if (decoder.decode(packet, batch, segment) != Decoded::segment) continue;
    for (const std::uint8_t byte : segment.payload) sum += byte;  // a view that is too long is seen by the sanitizer
    if (segment.payload.size() > segment.wire_payload_bytes) __builtin_trap();
  }
  return sum == ~std::uint64_t{0} ? 1 : 0;
}
