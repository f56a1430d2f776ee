// Which captures a replay reads, in which order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace dcmwatch {

struct CaptureFiles {
  std::vector<std::filesystem::path> files;  ///< "-" is standard input
  std::uint64_t bytes = 0;                   ///< of all of them together, for progress
};

/// Files stand in the order given; a folder stands for its captures (*.pcap, *.pcapng, *.cap, and numbered ones of a
/// ring such as
/// *.pcap1), by the time of their first packet. Throws SourceError for what is not there, or a folder without captures.
CaptureFiles find_captures(const std::vector<std::string>& arguments);

}  // namespace dcmwatch
