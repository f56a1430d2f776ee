// What public Sigma rules call things: which dataset a log source of theirs is here, and which field of ours theirs is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/fields.h"
#include "model/document.h"

namespace dcmwatch {

/// A field of theirs.
struct ForeignField {
  const Field* field = nullptr;
  /// Where a value of theirs is not ours: which of ours it is. Empty: all are the same.
  std::map<std::string, std::vector<std::string>, std::less<>> values{};
};

/// What a rule says of where it looks. Empty: nothing.
struct LogSource {
  std::string category;
  std::string product;
  std::string service;
};

/// A log source of theirs: by what it is known, and what it is here.
struct ForeignSource {
  LogSource known_by;
  std::uint32_t datasets = 0;  ///< one bit for each alternative of Facts
  std::map<std::string, ForeignField, std::less<>> fields;
  std::map<std::string, std::string, std::less<>> unseen;  ///< fields that no network shows, and why
  std::uint64_t print = 0;                                 ///< of what is written of it

  /// Null, and a problem that says why, if it is none of ours.
  const ForeignField* find(std::string_view name, Position at, Problems& problems) const;
};

/// config/sigma-fields.yml. Values once read; rules are read by it, and need it no more then.
class SigmaFields {
 public:
  /// Throws ConfigurationError with every mistake found.
  static SigmaFields load(const std::filesystem::path& file);
  static SigmaFields parse(const std::string& text, const std::string& name);

  /// Of those sources whose every word the rule's source has, the one that has most; null if there is none.
  [[nodiscard]] const ForeignSource* find(const LogSource& source) const;
  [[nodiscard]] const std::vector<ForeignSource>& sources() const { return sources_; }

 private:
  static SigmaFields read(const std::optional<Node>& root, Problems& problems);

  std::vector<ForeignSource> sources_;
};

}  // namespace dcmwatch
