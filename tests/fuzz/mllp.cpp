// One direction of MLLP: the input's first byte says into which pieces it is cut the second time, the second how long
// the head of a block is that is kept, and whether the stream may begin inside one.
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "protocol/hl7/mllp_framer.h"

using namespace dcmwatch;
using namespace dcmwatch::hl7;

namespace {

std::string told(const Unit& unit) {
  if (const auto* stray = std::get_if<StrayBytes>(&unit)) return "stray " + std::to_string(stray->offset);
  if (const auto* unended = std::get_if<Unended>(&unit)) return "unended " + std::to_string(unended->offset);
  const Block& block = std::get<Block>(unit);
  std::string text{as_text(block.content)};
  for (const std::uint64_t number : {block.bytes, block.offset, static_cast<std::uint64_t>(block.end)})
    text += ' ' + std::to_string(number);
  for (const bool is : {block.end_seen, block.started, block.cut}) text += is ? '1' : '0';
  return text;
}

std::vector<std::string> units_of(ByteView bytes, std::size_t piece, std::size_t head, bool midway) {
  MllpFramer framer{head, midway};
  std::vector<std::string> units;
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(piece, bytes.size()))) {
    const std::vector<std::uint8_t> segment(bytes.begin(),
                                            bytes.begin() + static_cast<std::ptrdiff_t>(std::min(piece, bytes.size())));
    framer.feed({}, segment);
    while (const auto unit = framer.next()) units.push_back(told(*unit));
    if (framer.kept_bytes() > 2 * head + 64) __builtin_trap();
  }
  if (const auto unended = framer.unended()) units.push_back(told(*unended));
  if (const auto block = framer.close()) units.push_back(told(*block));
  return units;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader input{{data, size}};
  const std::size_t piece = std::size_t{1} + input.u8();
  const std::uint8_t how = input.u8();
  const std::size_t head = std::size_t{16} + (how >> 1U);
  const bool midway = (how & 1) != 0;
  const ByteView stream = input.rest();
  if (units_of(stream, stream.size() + 1, head, midway) != units_of(stream, piece, head, midway)) {
    std::fprintf(stderr, "how the bytes are cut matters\n");
    __builtin_trap();
  }
  return 0;
}
