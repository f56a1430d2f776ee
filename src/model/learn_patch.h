// What a model lacks, as a patch of its file.
#pragma once

#include <string>

#include "model/learn_draft.h"

namespace dcmwatch {

struct ModelPatch {
  std::string diff;     ///< unified, as `patch -p0` takes it; empty: nothing is missing
  std::string patched;  ///< the whole file as it would be
};

/// Puts what `draft` has behind what `known` has at the ends of the sections in `text`, the file by the name of `file`:
/// its lines stay as they are. A section that the file has not is added at its end. Throws ConfigurationError where a
/// section stands on one line, so that nothing can be put behind its entries.
ModelPatch patch_model(const std::string& text, const std::string& file, const Model& known, const Draft& draft);

}  // namespace dcmwatch
