#include "app/files.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace dcmwatch {

namespace fs = std::filesystem;

namespace {

// What is installed in share/dcmwatch stands at the top of the source tree.
fs::path bundled(const fs::path& place) {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  for (fs::path folder = program.parent_path(); folder != folder.root_path(); folder = folder.parent_path()) {
    for (const fs::path& whole : {folder / "share/dcmwatch" / place, folder / place}) {
      if (fs::exists(whole, error)) return whole;
    }
  }
  return {};
}

}  // namespace

fs::path bundled_rules() { return bundled("rules/detection"); }

fs::path bundled_fingerprints() { return bundled("rules/fingerprints/dicom.yml"); }

std::optional<Fingerprints> load_fingerprints(const fs::path& file) {
  const fs::path table = file.empty() ? bundled_fingerprints() : file;
  if (table.empty()) return std::nullopt;
  return Fingerprints::load(table);
}

fs::path bundled_sigma_fields() { return bundled("config/sigma-fields.yml"); }

std::optional<SigmaFields> load_sigma_fields(const fs::path& file) {
  const fs::path map = file.empty() ? bundled_sigma_fields() : file;
  if (map.empty()) return std::nullopt;
  return SigmaFields::load(map);
}

void tell_no_fingerprints() {
  fmt::print(stderr,
             "dcmwatch: no fingerprints came with this program, so no implementation is recognised; "
             "name a file of them with --fingerprints\n");
}

fs::path default_pseudonym_key() {
  fs::path state;
  if (const char* home = std::getenv("HOME"); home && *home == '/') state = fs::path{home} / ".local" / "state";
  if (const char* named = std::getenv("XDG_STATE_HOME"); named && *named == '/') state = named;
  if (state.empty()) return {};
  std::error_code error;
  fs::create_directories(state / "dcmwatch", error);
  return error ? fs::path{} : state / "dcmwatch" / "pseudonym.key";
}

}  // namespace dcmwatch
