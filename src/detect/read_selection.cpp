#include <algorithm>
#include <array>
#include <charconv>

#include "detect/closed_values.h"
#include "detect/selection.h"
#include "model/map_reader.h"

namespace dcmwatch {
namespace {

constexpr std::string_view kDeviations = "flow.deviations";
constexpr std::array<std::string_view, 9> kModifiers{"contains", "startswith", "endswith", "all", "exists",
                                                     "lt",       "lte",        "gt",       "gte"};

std::vector<std::string_view> field_paths() {
  std::vector<std::string_view> paths;
  for (const Field& field : fields()) paths.push_back(field.path);
  return paths;
}

// Rules are what findings come from: a rule that asks for a finding's own fields waits for itself.
bool is_of_findings(std::string_view path) { return path.starts_with("rule.") || path.starts_with("finding."); }

/// Reads "field|modifier|modifier: values".
class FieldTestReader {
 public:
  FieldTestReader(const Node& entry, Problems& problems) : entry_(entry), problems_(problems) {}

  std::optional<FieldTest> read() {
    const std::string_view key = entry_.key;
    const auto bar = key.find('|');
    if (!read_field(key.substr(0, bar))) return std::nullopt;
    if (bar != std::string_view::npos && !read_modifiers(key.substr(bar + 1), bar + 1)) return std::nullopt;
    return wants_existence_ ? read_existence() : read_values();
  }

 private:
  [[nodiscard]] Position key_at(std::size_t offset) const {
    return {entry_.key_at.line, entry_.key_at.column + offset};
  }

  bool read_field(std::string_view path) {
    test_.field = find_field(path);
    if (!test_.field) {
      problems_.add(entry_.key_at, "unknown field " + in_quotes(path), suggest(path, field_paths()));
    } else if (is_of_findings(path)) {
      problems_.add(entry_.key_at, "field " + in_quotes(path) + " exists on findings only",
                    "ask for what was observed");
      return false;
    }
    return test_.field != nullptr;
  }

  bool read_modifiers(std::string_view modifiers, std::size_t offset) {
    while (true) {
      const auto bar = modifiers.find('|');
      if (!read_modifier(modifiers.substr(0, bar), offset)) return false;
      if (bar == std::string_view::npos) return true;
      modifiers.remove_prefix(bar + 1);
      offset += bar + 1;
    }
  }

  static bool bounds(std::string_view modifier) { return modifier.starts_with("lt") || modifier.starts_with("gt"); }

  bool read_modifier(std::string_view modifier, std::size_t offset) {
    const bool anchors = modifier == "contains" || modifier == "startswith" || modifier == "endswith";
    if (std::find(kModifiers.begin(), kModifiers.end(), modifier) == kModifiers.end()) {
      problems_.add(key_at(offset), "unsupported modifier " + in_quotes(modifier), suggest(modifier, kModifiers));
      return false;
    }
    const bool stands_alone = modifier == "exists" || bounds(modifier);
    if (wants_existence_ || !bound_.empty() || (stands_alone && (anchored_ || wants_all_)) || (anchors && anchored_)) {
      problems_.add(
          key_at(offset), "modifier " + in_quotes(modifier) + " does not go with those before it",
          "use one of contains, startswith, endswith, with or without all; or exists, lt, lte, gt, gte alone");
      return false;
    }
    if (modifier == "contains") anchor_ = Pattern::Anchor::anywhere;
    if (modifier == "startswith") anchor_ = Pattern::Anchor::start;
    if (modifier == "endswith") anchor_ = Pattern::Anchor::end;
    anchored_ = anchored_ || anchors;
    wants_all_ = wants_all_ || modifier == "all";
    wants_existence_ = modifier == "exists";
    if (bounds(modifier)) bound_ = modifier;
    return true;
  }

  std::optional<FieldTest> read_existence() {
    const bool is_truth = entry_.kind == Node::Kind::scalar && (entry_.text == "true" || entry_.text == "false");
    if (!is_truth) {
      problems_.add(entry_.at, "'exists' wants true or false");
      return std::nullopt;
    }
    test_.wants = entry_.text == "true" ? FieldTest::Wants::present : FieldTest::Wants::absent;
    return compiled();
  }

  std::optional<FieldTest> read_values() {
    test_.wants = wants_all_ ? FieldTest::Wants::all : FieldTest::Wants::any;
    if (!bound_.empty() && (test_.field->type != FieldType::number || entry_.kind != Node::Kind::scalar)) {
      refuse(entry_, in_quotes(bound_) + " wants one number, of a field that is a number");
    } else if (entry_.kind == Node::Kind::list) {
      for (const Node& item : entry_.children) read_value(item);
    } else {
      read_value(entry_);
    }
    const bool usable =
        !failed_ && !test_.values.empty() && (!wants_all_ || test_.values.size() <= FieldTest::kMostOfAll);
    if (!usable && !failed_) {
      problems_.add(entry_.at,
                    "field " + in_quotes(test_.field->path) +
                        (test_.values.empty() ? " has an empty list" : " has too many values"),
                    "give it 1 to 64 values");
    }
    return usable ? compiled() : std::nullopt;
  }

  std::optional<FieldTest> compiled() {
    if (test_.field->path == kDeviations) test_.kinds = kinds_among(test_.values);
    return test_;
  }

  void read_value(const Node& node) {
    if (node.kind == Node::Kind::null && (anchored_ || wants_all_)) return refuse(node, "null goes with no modifier");
    if (node.kind == Node::Kind::null) return void(test_.values.emplace_back(Absent{}));
    if (node.kind != Node::Kind::scalar) return refuse(node, "a value must be a text, a number, true, false or null");
    switch (test_.field->type) {
      case FieldType::text:
      case FieldType::text_list: return read_text(node);
      case FieldType::address: return read_address(node);
      case FieldType::number: return read_number(node);
      case FieldType::boolean: return read_truth(node);
      case FieldType::time:
        return refuse(node, "the time " + in_quotes(test_.field->path) + " can be asked for with null or |exists only");
    }
  }

  void refuse(const Node& node, std::string what, std::string fix = {}) {
    problems_.add(node.at, std::move(what), std::move(fix));
    failed_ = true;
  }

  void read_text(const Node& node) {
    const Pattern pattern{node.text, anchor_};
    const auto& known = closed_values(test_.field->path);
    if (!known.empty() &&
        std::none_of(known.begin(), known.end(), [&](std::string_view value) { return pattern.matches(value); })) {
      return refuse(node, "field " + in_quotes(test_.field->path) + " is never " + in_quotes(node.text),
                    suggest(node.text, known));
    }
    test_.values.emplace_back(pattern);
  }

  void read_address(const Node& node) {
    const Pattern pattern{node.text, anchor_};
    const auto address = IpAddress::parse(node.text);
    if (!pattern.is_literal()) return void(test_.values.emplace_back(pattern));
    if (!address)
      return refuse(node, in_quotes(node.text) + " is no address", "write 10.20.30.40, fd00::1 or 10.20.30.*");
    test_.values.emplace_back(*address);
  }

  void read_number(const Node& node) {
    std::int64_t number = 0;
    const char* const end = node.text.data() + node.text.size();
    const auto parsed = std::from_chars(node.text.data(), end, number);
    if (anchored_ || parsed.ec != std::errc{} || parsed.ptr != end) {
      return refuse(node, "the number " + in_quotes(test_.field->path) + " cannot be " + in_quotes(node.text),
                    "give a whole number and no modifier");
    }
    if (bound_.empty()) return void(test_.values.emplace_back(number));
    // What is beyond every number bounds nothing, and holds for none.
    constexpr std::int64_t kLeast = Range{}.least;
    constexpr std::int64_t kMost = Range{}.most;
    if ((bound_ == "gt" && number == kMost) || (bound_ == "lt" && number == kLeast))
      return refuse(node, "no number is beyond " + in_quotes(node.text));
    test_.values.emplace_back(bound_ == "gte"  ? Range{number, kMost}
                              : bound_ == "gt" ? Range{number + 1, kMost}
                              : bound_ == "lt" ? Range{kLeast, number - 1}
                                               : Range{kLeast, number});
  }

  void read_truth(const Node& node) {
    if (anchored_ || (node.text != "true" && node.text != "false"))
      return refuse(node, in_quotes(test_.field->path) + " is true or false");
    test_.values.emplace_back(node.text == "true");
  }

  const Node& entry_;
  Problems& problems_;
  FieldTest test_;
  Pattern::Anchor anchor_ = Pattern::Anchor::whole;
  bool anchored_ = false;
  bool wants_all_ = false;
  bool wants_existence_ = false;
  std::string_view bound_;  ///< lt, lte, gt or gte
  bool failed_ = false;
};

FieldTests read_tests(const Node& map, Problems& problems) {
  FieldTests tests;
  for (const Node& entry : map.children) {
    if (auto test = FieldTestReader{entry, problems}.read()) tests.push_back(std::move(*test));
  }
  return tests;
}

}  // namespace

Selection read_selection(const Node& node, Problems& problems) {
  Selection selection{node.key, {}};
  const auto add_map = [&](const Node& map) {
    if (map.kind == Node::Kind::map && !map.children.empty()) {
      selection.any_of.push_back(read_tests(map, problems));
    } else {
      problems.add(map.at, "selection " + in_quotes(node.key) + " must be a map of fields or a list of such maps",
                   "words without a field are not supported");
    }
  };
  if (node.kind != Node::Kind::list) {
    add_map(node);
  } else if (node.children.empty()) {
    problems.add(node.at, "selection " + in_quotes(node.key) + " is empty");
  } else {
    for (const Node& map : node.children) add_map(map);
  }
  return selection;
}

}  // namespace dcmwatch
