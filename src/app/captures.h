// Which captures a replay reads, in which order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace dcmwatch {

struct CaptureFiles {
  std::vector<std::filesystem::path> files;    ///< "-" is standard input
  std::vector<std::filesystem::path> folders;  ///< that some of them stand in because they were named
  std::uint64_t bytes = 0;                     ///< of all of them together, for progress

  /// Captures that the folders hold by now and `files` does not; `files` has them afterwards.
  std::vector<std::filesystem::path> find_more();
};

/// Files stand in the order given; a folder stands for its captures (*.pcap, *.pcapng, *.cap, numbered ones of a ring
/// such as *.pcap1, and any of these with .gz or .zst), by the time of their first packet. Throws SourceError for a
/// folder without captures.
CaptureFiles find_captures(const std::vector<std::string>& arguments);

}  // namespace dcmwatch
