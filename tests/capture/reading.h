// What a source gives, as values that outlive its batches.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "capture/source.h"

namespace dcmwatch {

struct Seen {
  std::int64_t time_ns = 0;
  std::uint32_t source = 0;
  std::uint64_t packet = 0;
  std::uint32_t wire_bytes = 0;
  std::uint16_t link_type = 0;
  std::string bytes;

  friend bool operator==(const Seen&, const Seen&) = default;
};

struct Read {
  std::vector<Seen> packets;
  std::vector<std::string> failures;
};

inline void take(const Batch& batch, Read& read) {
  for (const Packet& p : batch.packets) {
    read.packets.push_back(
        {to_ns(p.mark.time), p.mark.source, p.mark.packet, p.wire_bytes, p.link_type, std::string{as_text(p.bytes)}});
  }
}

/// To its end, several batches being held at once as the pipeline does.
inline Read read_all(Source& source, std::size_t packets = 1024, std::size_t bytes = 256 * 1024) {
  Read read;
  std::vector<Batch> batches(3);
  for (std::size_t turn = 0;; ++turn) {
    Batch& batch = batches[turn % batches.size()];
    const Fill fill = source.next(batch, packets, bytes);
    if (fill == Fill::packets) take(batch, read);
    if (fill == Fill::failed) read.failures.push_back(source.failure());
    if (fill == Fill::end) return read;
  }
}

inline Read read_all(const std::filesystem::path& file, const std::string& filter = "") {
  return read_all(*open_file(file, 0, filter));
}

inline std::string content_of(const std::filesystem::path& file) {
  std::ifstream stream{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

inline std::filesystem::path write(const std::filesystem::path& file, std::string_view content) {
  std::ofstream{file, std::ios::binary}.write(content.data(), static_cast<std::streamsize>(content.size()));
  return file;
}

}  // namespace dcmwatch
