// Within `model`: a model of several files, read as one document.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "model/document.h"

namespace dcmwatch {

struct ModelText {
  Node root;  ///< without its `include`
  std::vector<std::filesystem::path> files;
};

/// A file and those that it includes, by paths relative to the one that names them, each once. A section that stands in
/// several has the entries of all of them: the including file's own come first. Bounded in depth, number and bytes.
std::optional<ModelText> read_model_files(const std::filesystem::path& file, Problems& problems);

/// The same of a text, which has no place from which it could include anything.
std::optional<ModelText> read_model_text(const std::string& text, Problems& problems);

}  // namespace dcmwatch
