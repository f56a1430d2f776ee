// A command set, and a head of it: the input's first byte says how much is cut off.
#include "protocol/dicom/command.h"

#include <cstdint>

using namespace dcmwatch;

namespace {

std::uint64_t sum = 0;

void decode(ByteView bytes) {
  const dicom::DecodedCommand decoded = dicom::decode_command(bytes);
  // A view that is too long is seen by the sanitizer.
  for (const std::string_view text : {decoded.command.sop_class_uid, decoded.command.instance_uid})
    for (const char character : text) sum += static_cast<unsigned char>(character);
  if (decoded.usable && decoded.command.is_response() && !decoded.command.status) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader input{{data, size}};
  const std::uint8_t less = input.u8();
  const ByteView bytes = input.rest();
  decode(bytes);
  decode(bytes.first(bytes.size() - std::min<std::size_t>(less, bytes.size())));
  return sum == ~std::uint64_t{0} ? 1 : 0;
}
