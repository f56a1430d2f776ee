// Reading a metric out of Prometheus' text format.
#pragma once

#include <cctype>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

namespace dcmwatch {

/// Sample values by series, as written: "name{label=\"value\"}".
inline std::map<std::string, double> samples_of(const std::string& exposition) {
  std::map<std::string, double> samples;
  std::istringstream lines{exposition};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t space = line.rfind(' ');
    samples[line.substr(0, space)] = std::stod(line.substr(space + 1));
  }
  return samples;
}

/// The names of dcmwatch's metrics that stand right after `before`, wherever that is. A histogram's buckets count as
/// the histogram.
inline std::set<std::string> metrics_after(std::string_view before, std::string_view text) {
  std::set<std::string> names;
  const std::string start = std::string{before} + "dcmwatch_";
  for (std::size_t at = text.find(start); at != std::string_view::npos; at = text.find(start, at + 1)) {
    const std::size_t begin = at + before.size();
    std::size_t end = begin;
    while (end < text.size() && (std::islower(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) ++end;
    std::string_view name = text.substr(begin, end - begin);
    if (name.ends_with("_bucket")) name.remove_suffix(7);
    names.emplace(name);
  }
  return names;
}

}  // namespace dcmwatch
