// What a Judge judges by, read from the files that people write.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "detect/exceptions.h"
#include "detect/rule.h"
#include "model/fingerprints.h"
#include "model/lookup.h"

namespace dcmwatch {

struct Grounds {
  std::shared_ptr<const Lookup> model{};  ///< null: nothing deviates
  RuleSet rules{};
  Exceptions exceptions{};                             ///< from these rules
  std::shared_ptr<const Fingerprints> fingerprints{};  ///< null: nobody guesses who somebody is
};

/// An empty path: there is none. Rules are always read.
struct GroundsFiles {
  std::filesystem::path model{};
  std::filesystem::path rules{};
  std::filesystem::path sigma_fields{};
  std::filesystem::path exceptions{};
  std::filesystem::path fingerprints{};
};

/// Where neither is named, the field map and the fingerprints that come with dcmwatch, if any came. Who gives up
/// privileges asks before: where the program stands cannot be asked after.
GroundsFiles with_bundled(GroundsFiles files);

/// Throws ConfigurationError with every mistake of the first file, in this order, that has any.
Grounds load_grounds(const GroundsFiles& files);

/// The same read anew. A model that says what it said before is the one before, whatever its layout.
Grounds load_grounds_again(const GroundsFiles& files, const Grounds& before);

/// "2 rules changed, 1 new, model changed; 94 rules, 12 devices"
std::string account_of_changes(const Grounds& before, const Grounds& now);

}  // namespace dcmwatch
