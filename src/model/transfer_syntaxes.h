// The transfer syntaxes of PS3.5 A and PS3.6 A by the families in which a person thinks of them.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace dcmwatch {

struct TransferSyntaxFamily {
  std::string_view name;
  std::string_view meaning;
  std::span<const std::string_view> uids;
};

std::span<const TransferSyntaxFamily> transfer_syntax_families();

/// Whether the standard gave the UID to a transfer syntax.
bool is_transfer_syntax(std::string_view uid);
/// The standard's names of them.
std::vector<std::string_view> transfer_syntax_names();

/// The UIDs that a family's name, the standard's name of a transfer syntax (in any case) or a UID stands for; empty if
/// it is none of these.
std::vector<std::string_view> transfer_syntaxes_from(std::string_view text);

}  // namespace dcmwatch
