// The bytes of a capture file, through everything that stands before the analyst.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "assemble/assembler.h"
#include "capture/source.h"
#include "decode/decoder.h"
#include "told.h"

using namespace dcmwatch;

namespace {

/// A file in memory.
class File {
 public:
  File(const std::uint8_t* data, std::size_t size) : descriptor_(memfd_create("capture", 0)) {
    if (write(descriptor_, data, size) != static_cast<ssize_t>(size)) __builtin_trap();
    lseek(descriptor_, 0, SEEK_SET);
  }
  ~File() { close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

void replay(Source& source) {
  fuzz::Protocols protocols;
  Assembler assembler{protocols.settings.limits, protocols.handler};
  Decoder decoder{protocols.settings.limits};
  Batch batch;
  Segment segment;
  Timestamp now{};
  for (Fill fill = source.next(batch, 64, 1 << 16); fill == Fill::packets || fill == Fill::idle;
       fill = source.next(batch, 64, 1 << 16)) {
    for (const Packet& packet : batch.packets)
      if (decoder.decode(packet, batch, segment) == Decoded::segment) assembler.on_segment(segment);
    now = std::max(now, batch.watermark);
    decoder.advance(now);
    assembler.advance(now);
  }
  assembler.finish(now);
  protocols.told.write();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const File file{data, size};
  try {
    replay(*open_file(file.path(), 0, ""));
  } catch (const SourceError&) {
    // It is no capture, and was told so.
  }
  return 0;
}
