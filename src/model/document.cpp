#include "model/document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <array>
#include <fstream>
#include <sstream>
#include <system_error>
#include <tuple>
#include <unordered_set>
#include <utility>

namespace dcmwatch {
namespace {

constexpr std::size_t kFileBytes = std::size_t{64} * 1024 * 1024;
constexpr std::size_t kNodes = 4'000'000;
constexpr std::size_t kDepth = 24;
// yaml-cpp takes time that grows with the square of what one line nests.
constexpr std::size_t kOpenBracketsInARow = 64;

Position position(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1};
}

/// Ends the reading of a document that cannot be used.
struct Unusable {
  Position at;
  const char* what = nullptr;
  const char* fix = nullptr;
};

/// Builds the tree. `open_` is the path from the root to where the parser stands.
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(Problems& problems) : problems_(problems) {}

  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add({.at = position(mark)}); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Unusable{position(mark), "aliases (*name) are not supported",
                   "write the value out, or declare a group of devices"};
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override {
    refuse_tag(mark, tag);
    add({.kind = Node::Kind::scalar, .quoted = tag == "!", .at = position(mark), .text = value});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    refuse_tag(mark, tag);
    open({.kind = Node::Kind::list, .at = position(mark)});
  }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, YAML::EmitterStyle::value) override {
    refuse_tag(mark, tag);
    open({.kind = Node::Kind::map, .at = position(mark)});
  }

  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node node;
    std::optional<std::pair<std::string, Position>> key;  // read, its value not yet
    std::unordered_set<std::string> keys;
  };

  // yaml-cpp says "?" for what is plain and "!" for what is quoted.
  static void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!")
      throw Unusable{position(mark), "tags (!name) are not supported", "leave it out"};
  }

  void open(Node node) {
    count(node.at);
    if (open_.size() == kDepth) throw Unusable{node.at, "nested too deeply", "no setting needs more than 24 levels"};
    if (expects_key()) throw Unusable{node.at, "a key must be a plain word", "'? ' keys are not supported"};
    open_.push_back({std::move(node), {}, {}});
  }

  void close() {
    Node node = std::move(open_.back().node);
    open_.pop_back();
    place(std::move(node));
  }

  void add(Node node) {
    count(node.at);
    if (expects_key()) {
      open_.back().key.emplace(std::move(node.text), node.at);
    } else {
      place(std::move(node));
    }
  }

  [[nodiscard]] bool expects_key() const {
    return !open_.empty() && open_.back().node.kind == Node::Kind::map && !open_.back().key;
  }

  void place(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.key) {
      std::tie(node.key, node.key_at) = std::move(*parent.key);
      parent.key.reset();
      if (!parent.keys.insert(node.key).second) {
        problems_.add(node.key_at, in_quotes(node.key) + " stands here twice", "keep one of them");
        return;
      }
    }
    parent.node.children.push_back(std::move(node));
  }

  void count(Position at) {
    if (++nodes_ > kNodes) throw Unusable{at, "too many values in one file", "four million are the limit"};
  }

  Problems& problems_;
  Node root_;
  std::vector<Open> open_;
  std::size_t nodes_ = 0;
};

bool nests_absurdly(const std::string& text, Position& at) {
  Position now{1, 1};
  std::size_t in_a_row = 0;
  for (const char c : text) {
    if (c == '[' || c == '{') {
      if (++in_a_row == kOpenBracketsInARow) {
        at = now;
        return true;
      }
    } else if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
      in_a_row = 0;
    }
    c == '\n' ? (++now.line, now.column = 1) : ++now.column;
  }
  return false;
}

}  // namespace

std::optional<Node> parse_document(const std::string& text, Problems& problems) {
  Position at;
  if (nests_absurdly(text, at)) {
    problems.add(at, "nested too deeply", "no setting needs more than 24 levels");
    return std::nullopt;
  }
  try {
    std::istringstream in{text};
    YAML::Parser parser{in};
    Builder builder{problems};
    if (!parser.HandleNextDocument(builder)) return Node{.at = {1, 1}};
    Builder second{problems};
    if (parser.HandleNextDocument(second)) {
      problems.add(second.take().at, "a second document begins in this file", "keep one document a file");
    }
    return builder.take();
  } catch (const Unusable& unusable) {
    problems.add(unusable.at, unusable.what, unusable.fix);
  } catch (const YAML::Exception& error) {
    problems.add(position(error.mark), "not valid YAML: " + error.msg);
  }
  return std::nullopt;
}

std::optional<Node> read_document(const std::filesystem::path& file, Problems& problems) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    problems.add({}, "is a folder", "name a file");
    return std::nullopt;
  }
  std::ifstream in{file, std::ios::binary};
  if (!in) {
    problems.add({}, std::filesystem::exists(file, error) ? "cannot be read" : "no such file",
                 "check the path and its permissions");
    return std::nullopt;
  }
  std::string text;
  std::array<char, 65536> chunk{};
  while (text.size() <= kFileBytes && (in.read(chunk.data(), chunk.size()), in.gcount() > 0)) {
    text.append(chunk.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (text.size() > kFileBytes) {
    problems.add({}, "too large for a configuration file", "64 MiB are the limit");
    return std::nullopt;
  }
  return parse_document(text, problems);
}

}  // namespace dcmwatch
