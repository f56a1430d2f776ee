// A model as the YAML that a person would have written: sections in order, short maps on one line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/model.h"

namespace dcmwatch {

using Remarks = std::vector<std::string>;  ///< lines, without '#'

/// What is to stand as comments above each entry, by its place in the model; where a list is shorter, nothing.
struct ModelRemarks {
  Remarks head;  ///< of the file
  std::vector<Remarks> zones, devices, groups, services, flows;
  Remarks foot;
};

/// Loads to the same model (Model::files apart).
std::string to_yaml(const Model& model, const ModelRemarks& remarks = {});

/// A section's entries from the one at `first` on, without the section's own line, at this indentation: for a file that
/// has the ones before.
struct EntriesWanted {
  std::size_t first = 0;
  std::string indentation = "  ";
};
std::string zone_entries(const Model& model, const ModelRemarks& remarks, const EntriesWanted& wanted);
std::string device_entries(const Model& model, const ModelRemarks& remarks, const EntriesWanted& wanted);
std::string group_entries(const Model& model, const ModelRemarks& remarks, const EntriesWanted& wanted);
std::string service_entries(const Model& model, const ModelRemarks& remarks, const EntriesWanted& wanted);
std::string flow_entries(const Model& model, const ModelRemarks& remarks, const EntriesWanted& wanted);
std::string conduit_entries(const Model& model, const EntriesWanted& wanted);

/// Each of these flows on one line with its service, the same where two models say the same of it; of devices, groups
/// and zones their names alone.
std::vector<std::string> flow_lines(const Model& model, const std::vector<std::uint32_t>& flows);

/// Plain where YAML reads it as text anywhere, else in quotes.
std::string yaml_scalar(std::string_view text);

}  // namespace dcmwatch
