// A TLS connection, both directions, cut by the input: its first byte says into which pieces it is cut the second time;
// then the segments.
#include <cstdint>

#include "conversation_properties.h"

using namespace dcmwatch;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader input{{data, size}};
  const std::size_t pieces = std::size_t{1} + input.u8();
  fuzz::check_tls_conversation(fuzz::chunks_of(input), pieces);
  return 0;
}
