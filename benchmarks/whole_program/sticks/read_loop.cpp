// The floor under any analyser: read_loop CAPTURE reads a classic pcap file in blocks of 1 MiB, steps from record
// header to record header, and prints how many there were and how many bytes they hold. It looks at nothing else.
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

namespace {

constexpr std::size_t kBlockBytes = 1 << 20;
constexpr std::size_t kFileHeaderBytes = 24;
constexpr std::size_t kRecordHeaderBytes = 16;
constexpr std::size_t kCapturedLengthAt = 8;
constexpr std::size_t kLargestFrameBytes = 1 << 18;

}  // namespace

int main(int argc, char** argv) {
  const int file = argc == 2 ? open(argv[1], O_RDONLY) : -1;
  std::vector<std::uint8_t> block(kBlockBytes + kRecordHeaderBytes + kLargestFrameBytes);
  if (file < 0 || read(file, block.data(), kFileHeaderBytes) != static_cast<ssize_t>(kFileHeaderBytes)) return 2;

  unsigned long packets = 0;
  unsigned long bytes = 0;
  std::size_t held = 0;
  for (ssize_t got; (got = read(file, block.data() + held, kBlockBytes)) > 0;) {
    held += static_cast<std::size_t>(got);
    std::size_t at = 0;
    while (at + kRecordHeaderBytes <= held) {
      std::uint32_t captured = 0;
      std::memcpy(&captured, block.data() + at + kCapturedLengthAt, sizeof captured);
      if (captured > kLargestFrameBytes) return 2;
      if (at + kRecordHeaderBytes + captured > held) break;
      at += kRecordHeaderBytes + captured;
      bytes += captured;
      ++packets;
    }
    held -= at;
    std::memmove(block.data(), block.data() + at, held);
  }
  std::printf("%lu %lu\n", packets, bytes);
  return held == 0 ? 0 : 1;
}
