// dcmwatch fingerprints check: does the table load, and how much does it know?
#include <fmt/format.h>

#include "app/commands.h"
#include "app/files.h"
#include "model/fingerprints.h"

namespace dcmwatch {

int check_fingerprints(const std::string& file) {
  const std::filesystem::path path = file.empty() ? bundled_fingerprints() : std::filesystem::path{file};
  if (path.empty()) throw UsageError("no fingerprints came with this program; name a file of them");
  const Fingerprints fingerprints = Fingerprints::load(path);
  fmt::print("{}: {} arcs of class UIDs, {} version names; no fault found\n", path.string(),
             fingerprints.class_uids().size(), fingerprints.version_names().size());
  return kDone;
}

}  // namespace dcmwatch
