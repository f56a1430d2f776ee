// The SOP classes of PS3.4 and PS3.6 by the families in which a person thinks of them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dcmwatch {

/// One bit a family.
using FamilyMask = std::uint32_t;

struct SopClassFamily {
  std::string_view name;
  FamilyMask mask = 0;  ///< several bits: a family of families, as "storage" is
  std::string_view meaning;
};

/// Families of families first.
std::span<const SopClassFamily> sop_class_families();

/// The family of a SOP class, by a table of the standard's own; 0 for one that it does not list (a private one).
FamilyMask family_of(std::string_view sop_class_uid);

/// By a family's name, whatever its case.
std::optional<FamilyMask> family_from(std::string_view name);

/// By the standard's name, whatever its case, with or without "SOP Class" at its end; empty if there is none.
std::string_view sop_class_uid_from(std::string_view name);

/// The standard's names of all that has a family.
std::vector<std::string_view> sop_class_names();

/// Whether a text has the form of a UID (PS3.5 9.1).
bool is_uid(std::string_view text);

/// The names of the families that a mask holds, the largest that fit.
std::vector<std::string_view> family_names(FamilyMask mask);

}  // namespace dcmwatch
