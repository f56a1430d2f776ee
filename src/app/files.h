// Where things are that nobody named.
#pragma once

#include <filesystem>
#include <optional>

#include "detect/sigma_fields.h"
#include "model/fingerprints.h"

namespace dcmwatch {

/// The rules that come with dcmwatch: beside an installed program in share/dcmwatch/rules/detection, or in the source
/// tree that holds the program. Empty if there are none.
std::filesystem::path bundled_rules();

/// The table of DICOM fingerprints that comes with dcmwatch, found as the rules are.
std::filesystem::path bundled_fingerprints();

/// The table of `file` or, where that is empty, the one that came with dcmwatch; nothing if none did.
std::optional<Fingerprints> load_fingerprints(const std::filesystem::path& file);
/// On stderr, that there are none: no implementation is recognised.
void tell_no_fingerprints();

/// The field map that comes with dcmwatch, found as the rules are.
std::filesystem::path bundled_sigma_fields();

/// The field map of `file` or, where that is empty, the one that came with dcmwatch; nothing if none did: then only
/// rules for dcmwatch's own records are read.
std::optional<SigmaFields> load_sigma_fields(const std::filesystem::path& file);

/// $XDG_STATE_HOME/dcmwatch/pseudonym.key, or beneath ~/.local/state; its folder is made. Empty if there is no home to
/// make it in.
std::filesystem::path default_pseudonym_key();

}  // namespace dcmwatch
