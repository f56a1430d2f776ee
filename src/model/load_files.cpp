// include: [zones.yaml, flows/archive.yaml]
#include "model/load_files.h"

#include <algorithm>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "model/map_reader.h"

namespace dcmwatch {
namespace {

constexpr std::string_view kInclude = "include";
constexpr std::size_t kDepth = 8;
constexpr std::size_t kFiles = 256;

/// The same for every path to a file.
std::filesystem::path identity(const std::filesystem::path& file) {
  std::error_code error;
  auto path = std::filesystem::weakly_canonical(file, error);
  return error ? file : path;
}

/// What stands under `include`, which is no setting of the model itself. Its key is empty if nothing does.
Node take_include(Node& document) {
  const auto found = std::ranges::find(document.children, kInclude, &Node::key);
  if (found == document.children.end()) return {};
  Node included = std::move(*found);
  document.children.erase(found);
  return included;
}

/// The document that grows by what other files declare.
class Joined {
 public:
  explicit Joined(Problems& problems) : problems_(problems) {}

  Node take() { return std::move(root_); }
  void begin(Node document) { root_ = std::move(document); }

  void add(Node document) {
    if (document.kind == Node::Kind::null) return;
    if (document.kind != Node::Kind::map || root_.kind != Node::Kind::map) {
      problems_.add(document.at, "a model must be a map of 'key: value' lines");
      return;
    }
    for (Node& section : document.children) add_section(std::move(section));
  }

 private:
  void add_section(Node section) {
    const auto known = std::ranges::find(root_.children, section.key, &Node::key);
    if (known == root_.children.end()) {
      root_.children.push_back(std::move(section));
    } else if (known->kind == Node::Kind::null) {
      *known = std::move(section);
    } else if (section.kind == Node::Kind::map && known->kind == Node::Kind::map) {
      join(*known, std::move(section));
    } else if (section.kind != Node::Kind::null) {
      refuse_twice(section, known->key_at);
    }
  }

  void join(Node& known, Node section) {
    auto& places = places_[known.key];
    if (places.empty()) {
      for (const Node& entry : known.children) places.emplace(entry.key, entry.key_at);
    }
    for (Node& entry : section.children) {
      const auto [place, added] = places.emplace(entry.key, entry.key_at);
      if (added) {
        known.children.push_back(std::move(entry));
      } else {
        refuse_twice(entry, place->second);
      }
    }
  }

  void refuse_twice(const Node& entry, Position first) {
    problems_.add(entry.key_at, in_quotes(entry.key) + " stands in " + problems_.place(first) + ", too",
                  "keep one of them");
  }

  Problems& problems_;
  Node root_;
  std::unordered_map<std::string, std::unordered_map<std::string, Position>> places_;  // of each section's entries
};

class FileReader {
 public:
  explicit FileReader(Problems& problems) : problems_(problems), joined_(problems) {}

  std::optional<ModelText> read(const std::filesystem::path& file) {
    const auto text = read_text(file);
    if (const Unreadable* unreadable = std::get_if<Unreadable>(&text)) {
      problems_.add({}, unreadable->what, unreadable->fix);
      return std::nullopt;
    }
    take_up(std::get<std::string>(text), file, 0);
    if (unusable_) return std::nullopt;  // what would follow from what was not read is no mistake
    return ModelText{joined_.take(), std::move(files_)};
  }

 private:
  void take_up(const std::string& text, const std::filesystem::path& file, std::uint32_t number) {
    files_.push_back(file);
    names_.push_back(identity(file));
    open_.push_back(names_.back());
    bytes_ += text.size();
    if (auto document = parse_document(text, problems_, number)) {
      const Node included = take_include(*document);
      number == 0 ? joined_.begin(*std::move(document)) : joined_.add(*std::move(document));
      if (!included.key.empty()) include_all(included, file.parent_path());
    } else {
      unusable_ = true;
    }
    open_.pop_back();
  }

  void include_all(const Node& included, const std::filesystem::path& folder) {
    for (const Node* const item : scalars(included, "'include'", problems_)) include(*item, folder);
  }

  void include(const Node& item, const std::filesystem::path& folder) {
    const auto refuse = [&](const std::string& what, std::string fix) {
      problems_.add(item.at, in_quotes(item.text) + ' ' + what, std::move(fix));
    };
    const std::filesystem::path file = (folder / item.text).lexically_normal();
    const std::filesystem::path name = identity(file);
    if (std::ranges::find(open_, name) != open_.end())
      return refuse("includes itself, if included here", "leave it out");
    if (std::ranges::find(names_, name) != names_.end()) return;  // somebody else needed it, too
    if (open_.size() == kDepth) return refuse("is included too deeply", "8 files within each other are the limit");
    if (files_.size() == kFiles) return refuse("is one file too many", "256 are the limit");
    std::error_code error;
    if (std::filesystem::exists(file, error) && !std::filesystem::is_regular_file(file, error))
      return refuse("is no file", "name one, by its path from here");
    const auto text = read_text(file, kDocumentBytes - std::min(kDocumentBytes, bytes_));
    if (const Unreadable* unreadable = std::get_if<Unreadable>(&text)) {
      unusable_ = true;
      return problems_.add(item.at, in_quotes(item.text) + ": " + unreadable->what, unreadable->fix);
    }
    take_up(std::get<std::string>(text), file, problems_.add_file(file.string()));
  }

  Problems& problems_;
  Joined joined_;
  std::vector<std::filesystem::path> files_;
  std::vector<std::filesystem::path> names_;  // of the same, by which they are told apart
  std::vector<std::filesystem::path> open_;   // from the first to the one being read
  std::size_t bytes_ = 0;
  bool unusable_ = false;  // something of it could not be read
};

}  // namespace

std::optional<ModelText> read_model_files(const std::filesystem::path& file, Problems& problems) {
  return FileReader{problems}.read(file);
}

std::optional<ModelText> read_model_text(const std::string& text, Problems& problems) {
  auto document = parse_document(text, problems);
  if (!document) return std::nullopt;
  const Node included = take_include(*document);
  if (!included.key.empty())
    problems.add(included.key_at, "a text that is no file cannot include any", "leave 'include' out");
  return ModelText{*std::move(document), {}};
}

}  // namespace dcmwatch
