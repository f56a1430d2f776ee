// dcmwatch pseudonym: what a known identifier is called in the records of a site that has this key.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iostream>

#include "app/commands.h"
#include "app/files.h"
#include "base/pseudonym.h"

namespace dcmwatch {
namespace {

constexpr std::array kKinds{
    IdentifierKind::patient_id,   IdentifierKind::visit_number,    IdentifierKind::accession_number,
    IdentifierKind::order_number, IdentifierKind::study_uid,       IdentifierKind::series_uid,
    IdentifierKind::instance_uid, IdentifierKind::transaction_uid, IdentifierKind::control_id};

// A fresh key would give a pseudonym that stands in no record.
Pseudonymizer existing_key(const std::string& named) {
  const std::filesystem::path file = named.empty() ? default_pseudonym_key() : std::filesystem::path{named};
  if (file.empty() || !std::filesystem::exists(file))
    throw UsageError(
        fmt::format("{}: there is no such key; name the one that the records were made with, by "
                    "--pseudonym-key",
                    file.empty() ? "no home folder" : file.string()));
  return Pseudonymizer::from_file(file);
}

}  // namespace

std::vector<std::string> identifier_kinds() {
  std::vector<std::string> names;
  for (const IdentifierKind kind : kKinds) names.emplace_back(to_text(kind));
  return names;
}

int tell_pseudonyms(const PseudonymOptions& options) {
  const auto* const kind = std::ranges::find(kKinds, options.kind, [](IdentifierKind each) { return to_text(each); });
  const Pseudonymizer pseudonymizer = existing_key(options.pseudonym_key);
  const auto tell = [&](const std::string& identifier) {
    fmt::print("{}\n", pseudonymizer.pseudonym(*kind, identifier).text().view());
  };
  for (const std::string& identifier : options.identifiers) tell(identifier);
  if (options.identifiers.empty()) {
    for (std::string line; std::getline(std::cin, line);) tell(line);
  }
  return kDone;
}

}  // namespace dcmwatch
