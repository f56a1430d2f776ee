// What a packet of a capture file costs until it stands in a batch.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/limits.h"
#include "capture/source.h"

namespace dcmwatch {
namespace {

/// A pcap file of equal frames, as long as it is needed.
class CaptureFile {
 public:
  static constexpr std::uint32_t kPackets = 20'000;

  explicit CaptureFile(std::uint32_t frame_bytes)
      : path_(std::filesystem::temp_directory_path() / ("dcmwatch-benchmark-" + std::to_string(getpid()) + ".pcap")) {
    std::ofstream file{path_, std::ios::binary};
    const auto write = [&](const std::vector<std::uint32_t>& words) {
      file.write(reinterpret_cast<const char*>(words.data()), static_cast<std::streamsize>(words.size() * 4));
    };
    write({0xa1b2c3d4, 4U << 16 | 2U, 0, 0, 262144, 1});
    const std::string frame(frame_bytes, '\x5a');
    for (std::uint32_t i = 0; i < kPackets; ++i) {
      write({1'800'000'000, i, frame_bytes, frame_bytes});
      file << frame;
    }
  }
  ~CaptureFile() { std::filesystem::remove(path_); }
  CaptureFile(const CaptureFile&) = delete;
  CaptureFile& operator=(const CaptureFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void read_capture(benchmark::State& state) {
  const auto frame_bytes = static_cast<std::uint32_t>(state.range(0));
  const CaptureFile file{frame_bytes};
  const Limits limits;
  Batch batch;
  for (auto _ : state) {
    const std::unique_ptr<Source> source = open_file(file.path(), 0, "");
    while (source->next(batch, limits.batch_packets, limits.batch_bytes) == Fill::packets)
      benchmark::DoNotOptimize(batch.packets.data());
  }
  state.SetItemsProcessed(state.iterations() * CaptureFile::kPackets);
  state.SetBytesProcessed(state.iterations() * CaptureFile::kPackets * frame_bytes);
}
BENCHMARK(read_capture)->ArgName("frame_bytes")->Arg(66)->Arg(1514);

}  // namespace
}  // namespace dcmwatch
