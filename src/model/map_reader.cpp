#include "model/map_reader.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace dcmwatch {
namespace {

constexpr std::string_view kAny = "any";

bool is_empty_list(const Node& node) { return node.kind == Node::Kind::list && node.children.empty(); }

}  // namespace

MapReader::MapReader(const Node& node, std::string what, Problems& problems, std::string fix)
    : node_(node), what_(std::move(what)), problems_(problems), usable_(node.kind == Node::Kind::map) {
  if (!usable_) problems_.add(node.at, what_ + " must be a map of 'key: value' lines", std::move(fix));
}

const Node* MapReader::optional(std::string_view key) {
  asked_.push_back(key);
  if (!usable_) return nullptr;
  const auto found =
      std::find_if(node_.children.begin(), node_.children.end(), [key](const Node& entry) { return entry.key == key; });
  return found == node_.children.end() ? nullptr : &*found;
}

const Node* MapReader::required(std::string_view key, std::string_view fix) {
  const Node* const value = optional(key);
  if (!usable_) return nullptr;
  if (value && value->kind != Node::Kind::null && !is_empty_list(*value)) return value;
  problems_.add(value ? value->key_at : node_.at,
                what_ + (value ? " has an empty '" : " has no '") + std::string{key} + '\'', std::string{fix});
  return nullptr;
}

std::string MapReader::text(std::string_view key) {
  const Node* const value = optional(key);
  if (!value) return {};
  return std::string{scalar(*value, '\'' + std::string{key} + '\'', problems_).value_or(std::string_view{})};
}

void MapReader::done() {
  if (!usable_) return;
  for (const Node& entry : node_.children) {
    if (std::find(asked_.begin(), asked_.end(), entry.key) != asked_.end()) continue;
    problems_.add(entry.key_at, what_ + " has no setting " + in_quotes(entry.key),
                  [&] { return suggest(entry.key, asked_, asked_.size()); });
  }
}

std::optional<std::string_view> scalar(const Node& node, std::string_view what, Problems& problems) {
  if (node.kind == Node::Kind::scalar) return node.text;
  problems.add(node.at.line != 0 ? node.at : node.key_at, std::string{what} + " must be a single value");
  return std::nullopt;
}

std::vector<const Node*> scalars(const Node& node, std::string_view what, Problems& problems) {
  std::vector<const Node*> found;
  if (node.kind == Node::Kind::scalar) return {&node};
  if (node.kind != Node::Kind::list) {
    problems.add(node.at, std::string{what} + " must be a value or a list of values");
    return found;
  }
  if (is_empty_list(node)) problems.add(node.at, std::string{what} + " is empty", "name one, or leave it out");
  for (const Node& item : node.children) {
    if (scalar(item, "each of " + std::string{what}, problems)) found.push_back(&item);
  }
  return found;
}

std::vector<const Node*> allowed_scalars(const Node& node, Problems& problems) {
  const std::string what = in_quotes(node.key);
  const std::string all = '\'' + node.key + ": any'";
  if (is_empty_list(node)) {
    problems.add(node.at, what + " is empty, so that nothing is allowed", "name what is, or write " + all);
    return {};
  }
  std::vector<const Node*> found;
  std::unordered_set<std::string_view> known;
  for (const Node* const item : scalars(node, what, problems)) {
    if (item->text == kAny) {
      problems.add(item->at, "'any' stands in a list", "write " + all + " without one, or name what is allowed");
    } else if (!known.insert(item->text).second) {
      problems.add(item->at, in_quotes(item->text) + " stands there twice", "name it once");
    } else {
      found.push_back(item);
    }
  }
  return found;
}

bool says_any(const Node& node) { return node.kind == Node::Kind::scalar && node.text == kAny; }

}  // namespace dcmwatch
