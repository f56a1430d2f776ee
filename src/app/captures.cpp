#include "app/captures.h"

#include <algorithm>
#include <tuple>

#include "capture/source.h"

namespace dcmwatch {
namespace {

namespace fs = std::filesystem;

// *.pcap, *.pcap3 as tcpdump -C numbers them, *.pcap.gz.
bool is_capture_name(fs::path file) {
  if (file.extension() == ".gz" || file.extension() == ".zst") file = file.stem();
  std::string extension = file.extension();
  while (!extension.empty() && extension.back() >= '0' && extension.back() <= '9') extension.pop_back();
  for (char& c : extension) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return extension == ".pcap" || extension == ".pcapng" || extension == ".cap";
}

using Timed = std::tuple<Timestamp, fs::path>;

// One that cannot be read is kept, so that reading it says why.
Timed timed(const fs::path& file) { return {first_packet_time(file).value_or(Timestamp::max()), file}; }

std::vector<fs::path> captures_in(const fs::path& folder, const auto& wanted) {
  std::vector<Timed> found;
  for (const fs::directory_entry& entry : fs::directory_iterator{folder}) {
    std::error_code error;
    if (entry.is_regular_file(error) && is_capture_name(entry.path()) && wanted(entry.path()))
      found.push_back(timed(entry.path()));
  }
  std::sort(found.begin(), found.end());
  std::vector<fs::path> files;
  for (auto& [time, file] : found) files.push_back(std::move(file));
  return files;
}

}  // namespace

std::vector<fs::path> CaptureFiles::find_more() {
  const auto is_new = [this](const fs::path& file) {
    return std::find(files.begin(), files.end(), file) == files.end() && first_packet_time(file).has_value();
  };
  std::vector<fs::path> more;
  for (const fs::path& folder : folders) {
    std::error_code error;
    if (!fs::is_directory(folder, error)) continue;
    const std::vector<fs::path> found = captures_in(folder, is_new);
    more.insert(more.end(), found.begin(), found.end());
  }
  files.insert(files.end(), more.begin(), more.end());
  return more;
}

CaptureFiles find_captures(const std::vector<std::string>& arguments) {
  CaptureFiles captures;
  for (const std::string& argument : arguments) {
    std::error_code error;
    if (argument != "-" && fs::is_directory(argument, error)) {
      const std::vector<fs::path> files = captures_in(argument, [](const fs::path&) { return true; });
      if (files.empty()) throw SourceError(argument + ": holds no *.pcap, *.pcapng or *.cap");
      captures.files.insert(captures.files.end(), files.begin(), files.end());
      captures.folders.emplace_back(argument);
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
