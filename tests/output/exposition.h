// Reading a metric out of Prometheus' text format.
#pragma once

#include <map>
#include <sstream>
#include <string>

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

}  // namespace dcmwatch
