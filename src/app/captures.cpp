#include "app/captures.h"

#include <algorithm>
#include <tuple>

#include "capture/source.h"

namespace dcmwatch {
namespace {

namespace fs = std::filesystem;

// *.pcap, and *.pcap3 as tcpdump -C numbers them.
bool is_capture_name(const fs::path& file) {
  std::string extension = file.extension();
  while (!extension.empty() && extension.back() >= '0' && extension.back() <= '9') extension.pop_back();
  for (char& c : extension) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return extension == ".pcap" || extension == ".pcapng" || extension == ".cap";
}

std::vector<fs::path> captures_in(const fs::path& folder) {
  std::vector<std::tuple<Timestamp, fs::path>> found;
  for (const fs::directory_entry& entry : fs::directory_iterator{folder}) {
    const fs::path& file = entry.path();
    if (!entry.is_regular_file() || !is_capture_name(file)) continue;
    // One that cannot be read is kept, so that reading it says why.
    found.emplace_back(first_packet_time(file).value_or(Timestamp::max()), file);
  }
  std::sort(found.begin(), found.end());
  std::vector<fs::path> files;
  for (auto& [time, file] : found) files.push_back(std::move(file));
  return files;
}

}  // namespace

CaptureFiles find_captures(const std::vector<std::string>& arguments) {
  CaptureFiles captures;
  for (const std::string& argument : arguments) {
    std::error_code error;
    if (argument != "-" && fs::is_directory(argument, error)) {
      const std::vector<fs::path> files = captures_in(argument);
      if (files.empty()) throw SourceError(argument + ": holds no *.pcap, *.pcapng or *.cap");
      captures.files.insert(captures.files.end(), files.begin(), files.end());
    } else {
      captures.files.emplace_back(argument);
    }
  }
  for (const fs::path& file : captures.files) {
    std::error_code error;
    const std::uintmax_t size = file == "-" ? 0 : fs::file_size(file, error);
    if (!error) captures.bytes += size;
  }
  return captures;
}

}  // namespace dcmwatch
