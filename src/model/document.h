// A YAML document in which everything knows its place. libyaml stays behind this header.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/problems.h"

namespace dcmwatch {

/// A value of a document, with its key where it stands in a map.
struct Node {
  enum class Kind : std::uint8_t { null, scalar, list, map };

  Kind kind = Kind::null;
  bool quoted = false;  ///< a scalar written in quotes: always text
  Position at;
  std::string text{};  ///< of a scalar
  std::string key{};   ///< of an entry of a map
  Position key_at{};
  std::vector<Node> children{};  ///< items of a list; entries of a map, their keys distinct
};

/// Reads one document. Bad syntax, repeated keys, aliases (a small file must not unfold into a large one), and what is
/// deeper or larger than any configuration are added to `problems`. Nothing is given if the document cannot be used at
/// all. `file`: the number by which `problems` knows it.
std::optional<Node> read_document(const std::filesystem::path& file, Problems& problems);
std::optional<Node> parse_document(const std::string& text, Problems& problems, std::uint32_t file = 0);

inline constexpr std::size_t kDocumentBytes = std::size_t{64} * 1024 * 1024;

/// Why a file gives no text, and what to do about it.
struct Unreadable {
  std::string what;
  std::string fix;
};
/// The text of a file of at most `most_bytes`.
std::variant<std::string, Unreadable> read_text(const std::filesystem::path& file,
                                                std::size_t most_bytes = kDocumentBytes);

/// The same of every document of a file, in their order; none if any of them cannot be used.
std::vector<Node> read_documents(const std::filesystem::path& file, Problems& problems);
std::vector<Node> parse_documents(const std::string& text, Problems& problems, std::uint32_t file = 0);

}  // namespace dcmwatch
