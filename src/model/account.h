// What a sound model is remarkable for: no mistakes, but worth a look.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/model.h"

namespace dcmwatch {

struct ModelWarning {
  std::string_view kind;           ///< for programs: "expired", …
  std::vector<std::string> names;  ///< of what it is about
  std::string what;                ///< "2 flows expired: a, b"
};

/// One of a kind, or one for each thing that several have. `at`: the moment at which flows are held to be expired.
std::vector<ModelWarning> warnings_of(const Model& model, Timestamp at);

}  // namespace dcmwatch
