// Reads the entries of one map of a document by name. What was never asked for is a mistake, and what was asked for is
// the list of what would have been right.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/document.h"

namespace dcmwatch {

/// Order of calls: optional and required for each key that the map may have, then done.
class MapReader {
 public:
  /// `what` names the map in messages: "device 'ct1'". A node that is no map is a problem, of which `fix` says how it
  /// should look, and reads as an empty one.
  MapReader(const Node& node, std::string what, Problems& problems, std::string fix = {});

  /// nullptr if it is absent.
  const Node* optional(std::string_view key);
  /// nullptr, and a problem, if it is absent or empty.
  const Node* required(std::string_view key, std::string_view fix);

  /// An optional scalar; empty if it is absent.
  std::string text(std::string_view key);

  /// Whether the node is a map at all.
  [[nodiscard]] bool usable() const { return usable_; }

  /// Complains of every entry that was not asked for.
  void done();

 private:
  const Node& node_;
  std::string what_;
  Problems& problems_;
  std::vector<std::string_view> asked_;
  bool usable_;
};

/// The text of a scalar; a problem if it is none.
std::optional<std::string_view> scalar(const Node& node, std::string_view what, Problems& problems);

/// The scalars of a list that is not empty, or the one scalar that stands for a list of one.
std::vector<const Node*> scalars(const Node& node, std::string_view what, Problems& problems);

/// The same of an entry that lists what is allowed, where it does not say any: each once, and none of them any.
std::vector<const Node*> allowed_scalars(const Node& node, Problems& problems);

/// Whether it is the one word that stands for whatever there is.
bool says_any(const Node& node);

}  // namespace dcmwatch
