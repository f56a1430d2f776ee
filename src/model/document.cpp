#include "model/document.h"

#include <yaml.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <iterator>
#include <new>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

namespace dcmwatch {
namespace {

constexpr std::size_t kNodes = 4'000'000;
constexpr std::size_t kScalarBytes = 64 * 1024;
constexpr std::size_t kDepth = 24;

/// Ends the reading of a document that cannot be used.
struct Unusable {
  Position at;
  std::string what;
  std::string fix;
};

Position position(const yaml_mark_t& mark, std::uint32_t file) { return {mark.line + 1, mark.column + 1, file}; }

Position position_of_byte(std::string_view text, std::size_t index, std::uint32_t file) {
  const std::string_view before = text.substr(0, index);
  const std::size_t line_begin = before.rfind('\n') + 1;  // of npos: 0
  return {static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1, before.size() - line_begin + 1, file};
}

/// What the parser says next. Scalars die with it.
class ParserEvent {
 public:
  ParserEvent() = default;
  ParserEvent(const ParserEvent&) = delete;
  ParserEvent& operator=(const ParserEvent&) = delete;
  ~ParserEvent() { yaml_event_delete(&event_); }

  yaml_event_t* operator->() { return &event_; }
  yaml_event_t& operator*() { return event_; }

 private:
  yaml_event_t event_{};
};

class Parser {
 public:
  /// `text` outlives it.
  Parser(std::string_view text, std::uint32_t file) : text_(text), file_(file) {
    if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc{};
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libyaml reads bytes
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
  ~Parser() { yaml_parser_delete(&parser_); }

  void next(ParserEvent& event) {
    yaml_event_delete(&*event);
    if (yaml_parser_parse(&parser_, &*event) == 0) throw failure();
  }

 private:
  [[nodiscard]] Unusable failure() const {
    if (parser_.error == YAML_MEMORY_ERROR) throw std::bad_alloc{};
    const bool unreadable = parser_.error == YAML_READER_ERROR;  // no text at all: it has no mark
    std::string what = "not valid YAML: ";
    what += parser_.problem;
    if (!unreadable && parser_.context) (what += ' ') += parser_.context;
    return {unreadable ? position_of_byte(text_, parser_.problem_offset, file_) : position(parser_.problem_mark, file_),
            what,
            {}};
  }

  std::string_view text_;
  std::uint32_t file_;
  yaml_parser_t parser_{};
};

std::string_view text_of(const yaml_char_t* text, std::size_t bytes) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libyaml writes bytes
  return {reinterpret_cast<const char*>(text), bytes};
}

bool is_null(std::string_view plain) {
  constexpr std::array<std::string_view, 5> kNulls{"", "~", "null", "Null", "NULL"};
  return std::ranges::find(kNulls, plain) != kNulls.end();
}

/// Builds the tree. `open_` is the path from the root to where the parser stands; their children wait in one row, each
/// one's behind its parent's, until they are all there.
class Builder {
 public:
  Builder(Problems& problems, std::uint32_t file) : problems_(problems), file_(file) {}

  /// What the events since the last one taken make.
  Node take() { return std::exchange(root_, {}); }

  void on_event(const yaml_event_t& event) {
    const Position at = position(event.start_mark, file_);
    switch (event.type) {
      case YAML_SCALAR_EVENT: on_scalar(event); break;
      case YAML_SEQUENCE_START_EVENT:
        refuse_tag(at, event.data.sequence_start.tag);
        open({.kind = Node::Kind::list, .at = at});
        break;
      case YAML_MAPPING_START_EVENT:
        refuse_tag(at, event.data.mapping_start.tag);
        open({.kind = Node::Kind::map, .at = at});
        break;
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT: close(); break;
      case YAML_ALIAS_EVENT:
        throw Unusable{at, "aliases (*name) are not supported", "write the value out, or declare a group of devices"};
      case YAML_NO_EVENT:
      case YAML_STREAM_START_EVENT:
      case YAML_STREAM_END_EVENT:
      case YAML_DOCUMENT_START_EVENT:
      case YAML_DOCUMENT_END_EVENT: break;
    }
  }

 private:
  struct Open {
    Node node;
    std::size_t first_child = 0;
    std::optional<std::pair<std::string, Position>> key;  // read, its value not yet
  };
  struct Keyed {
    std::size_t hash;
    std::size_t child;
  };

  void on_scalar(const yaml_event_t& event) {
    const auto& scalar = event.data.scalar;
    const Position at = position(event.start_mark, file_);
    const std::string_view text = text_of(scalar.value, scalar.length);
    const bool plain = scalar.style == YAML_PLAIN_SCALAR_STYLE;
    refuse_tag(at, scalar.tag);
    if (text.size() > kScalarBytes) throw Unusable{at, "a value of more than 64 KiB", "no setting needs so many"};
    if (plain && is_null(text)) {
      add({.at = at});
    } else {
      add({.kind = Node::Kind::scalar, .quoted = !plain, .at = at, .text = std::string{text}});
    }
  }

  static void refuse_tag(Position at, const yaml_char_t* tag) {
    if (tag) throw Unusable{at, "tags (!name) are not supported", "leave it out"};
  }

  void open(Node node) {
    count(node.at);
    if (open_.size() == kDepth) throw Unusable{node.at, "nested too deeply", "no setting needs more than 24 levels"};
    if (expects_key()) throw Unusable{node.at, "a key must be a plain word", "'? ' keys are not supported"};
    open_.push_back({std::move(node), children_.size(), {}});
  }

  void close() {
    Node node = std::move(open_.back().node);
    const std::size_t first = open_.back().first_child;
    if (node.kind == Node::Kind::map) find_repeated(first);
    node.children.reserve(children_.size() - first);
    for (std::size_t child = first; child < children_.size(); ++child) {
      if (!std::ranges::binary_search(repeated_, child)) node.children.push_back(std::move(children_[child]));
    }
    repeated_.clear();
    children_.erase(children_.begin() + static_cast<std::ptrdiff_t>(first), children_.end());
    open_.pop_back();
    place(std::move(node));
  }

  /// Of the children from there on, those whose key another has before them.
  void find_repeated(std::size_t first) {
    by_key_.clear();
    for (std::size_t child = first; child < children_.size(); ++child)
      by_key_.push_back({std::hash<std::string>{}(children_[child].key), child});
    std::ranges::sort(by_key_, {}, [this](const Keyed& one) {
      return std::tuple<std::size_t, const std::string&, std::size_t>{one.hash, children_[one.child].key, one.child};
    });
    const auto same = [this](const Keyed& one, const Keyed& other) {
      return one.hash == other.hash && children_[one.child].key == children_[other.child].key;
    };
    for (std::size_t i = 1; i < by_key_.size(); ++i) {
      if (!same(by_key_[i - 1], by_key_[i])) continue;
      const Node& node = children_[by_key_[i].child];
      problems_.add(node.key_at, in_quotes(node.key) + " stands here twice", "keep one of them");
      repeated_.push_back(by_key_[i].child);
    }
    std::ranges::sort(repeated_);
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
    }
    children_.push_back(std::move(node));
  }

  void count(Position at) {
    if (++nodes_ > kNodes) throw Unusable{at, "too many values in one file", "four million are the limit"};
  }

  Problems& problems_;
  std::uint32_t file_;
  Node root_;
  std::vector<Open> open_;
  std::vector<Node> children_;
  std::vector<Keyed> by_key_;
  std::vector<std::size_t> repeated_;
  std::size_t nodes_ = 0;
};

/// An empty file holds one empty document.
std::vector<Node> parse(const std::string& text, Problems& problems, std::uint32_t file) {
  Parser parser{text, file};
  ParserEvent event;
  Builder builder{problems, file};
  std::vector<Node> documents;
  for (parser.next(event); event->type != YAML_STREAM_END_EVENT; parser.next(event)) {
    builder.on_event(*event);
    if (event->type == YAML_DOCUMENT_END_EVENT) documents.push_back(builder.take());
  }
  if (documents.empty()) documents.push_back({.at = {1, 1, file}});
  return documents;
}

/// Nothing, and a problem, if it cannot be read.
std::optional<std::string> text_of(const std::filesystem::path& file, Problems& problems) {
  auto text = read_text(file);
  if (std::string* const read = std::get_if<std::string>(&text)) return std::move(*read);
  const Unreadable& unreadable = std::get<Unreadable>(text);
  problems.add({}, unreadable.what, unreadable.fix);
  return std::nullopt;
}

}  // namespace

std::vector<Node> parse_documents(const std::string& text, Problems& problems, std::uint32_t file) {
  try {
    return parse(text, problems, file);
  } catch (const Unusable& unusable) {
    problems.add(unusable.at, unusable.what, unusable.fix);
    return {};
  }
}

std::optional<Node> parse_document(const std::string& text, Problems& problems, std::uint32_t file) {
  std::vector<Node> documents = parse_documents(text, problems, file);
  if (documents.empty()) return std::nullopt;
  if (documents.size() > 1)
    problems.add(documents[1].at, "a second document begins in this file", "keep one document a file");
  return std::move(documents.front());
}

std::variant<std::string, Unreadable> read_text(const std::filesystem::path& file, std::size_t most_bytes) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) return Unreadable{"is a folder", "name a file"};
  std::ifstream in{file, std::ios::binary};
  if (!in) {
    return Unreadable{std::filesystem::exists(file, error) ? "cannot be read" : "no such file",
                      "check the path and its permissions"};
  }
  std::string text;
  std::array<char, 65536> chunk;  // written before it is read
  while (text.size() <= most_bytes && (in.read(chunk.data(), chunk.size()), in.gcount() > 0)) {
    text.append(chunk.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (text.size() > most_bytes) return Unreadable{"too large for a configuration file", "64 MiB are the limit"};
  return text;
}

std::vector<Node> read_documents(const std::filesystem::path& file, Problems& problems) {
  const auto text = text_of(file, problems);
  return text ? parse_documents(*text, problems) : std::vector<Node>{};
}

std::optional<Node> read_document(const std::filesystem::path& file, Problems& problems) {
  const auto text = text_of(file, problems);
  return text ? parse_document(*text, problems) : std::nullopt;
}

}  // namespace dcmwatch
