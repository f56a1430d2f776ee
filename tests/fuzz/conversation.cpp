// A DICOM connection, both directions, cut by the input: its first byte says into which pieces it is cut the second
// time; then each segment begins with its direction in one byte and its length in two.
#include <cstdint>

#include "conversation_properties.h"

using namespace dcmwatch;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader input{{data, size}};
  const std::size_t pieces = std::size_t{1} + input.u8();
  std::vector<Chunk> chunks;
  while (input.remaining() >= 3) {
    const Direction direction = (input.u8() & 1) != 0 ? Direction::backward : Direction::forward;
    const std::size_t length = input.u16();
    const auto number = static_cast<std::int64_t>(chunks.size());
    const Mark mark{timestamp_from_ns((number + 1) * 1'000'000), 0, static_cast<std::uint64_t>(number)};
    chunks.push_back({direction, mark, std::string{as_text(input.take(std::min(length, input.remaining())))}});
  }
  fuzz::check_conversation(chunks, pieces);
  return 0;
}
