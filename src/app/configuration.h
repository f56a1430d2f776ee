// What `dcmwatch monitor --config` reads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "capture/source.h"

namespace dcmwatch {

struct MonitorConfiguration {
  std::string observer;                       ///< observer.name of every record
  std::vector<InterfaceSettings> interfaces;  ///< at least one
  std::filesystem::path model;
  std::filesystem::path rules;
  std::filesystem::path sigma_fields;        ///< empty: the field map that comes with dcmwatch
  std::filesystem::path exceptions;          ///< empty: none
  std::filesystem::path fingerprints;        ///< empty: the table that comes with dcmwatch
  std::string listen_address = "127.0.0.1";  ///< of the HTTP endpoint
  std::uint16_t listen_port = 9810;
  std::string events;  ///< a file, "-", or empty: no event log
  bool every_phase = false;
  std::filesystem::path pseudonym_key;  ///< empty: a key for this run only
  std::string user = "nobody";          ///< whom the worker becomes, if started by root
  bool digest_pixel_data = false;       ///< reads every byte of it
  unsigned shards = 1;
};

/// Paths in the file are relative to it. Throws ConfigurationError with every mistake found.
MonitorConfiguration load_configuration(const std::filesystem::path& file);

}  // namespace dcmwatch
