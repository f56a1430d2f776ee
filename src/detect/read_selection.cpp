#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "detect/closed_values.h"
#include "detect/modifiers.h"
#include "detect/selection.h"
#include "detect/sigma_fields.h"
#include "model/map_reader.h"

namespace dcmwatch {
namespace {

constexpr std::string_view kDeviations = "flow.deviations";

// Rules are what findings come from: a rule that asks for a finding's own fields waits for itself.
bool is_of_findings(std::string_view path) { return path.starts_with("rule.") || path.starts_with("finding."); }

/// Reads "field|modifier|modifier: values".
class FieldTestReader {
 public:
  FieldTestReader(const Node& entry, SelectionReading& reading)
      : entry_(entry), reading_(reading), problems_(reading.problems) {}

  std::optional<FieldTest> read() {
    const std::string_view key = entry_.key;
    const auto bar = std::min(key.find('|'), key.size());
    if (bar == 0) {
      problems_.add(entry_.key_at, "words without a field are not supported", "name the field that they stand in");
      return std::nullopt;
    }
    test_.field = find(key.substr(0, bar), entry_.key_at);
    if (bar != key.size()) {
      const auto said =
          read_modifiers(key.substr(bar + 1), {entry_.key_at.line, entry_.key_at.column + bar + 1}, problems_);
      if (!said) return std::nullopt;
      said_ = *said;
    }
    if (!test_.field) return std::nullopt;
    return said_.exists ? read_existence() : read_values();
  }

 private:
  /// Null, and a problem, if it is none that a rule may ask for.
  const Field* find(std::string_view name, Position at) {
    if (reading_.foreign) {
      const ForeignField* const known = reading_.foreign->find(name, at, problems_);
      if (known && !known->values.empty()) translation_ = &known->values;
      return known ? of_these_records(known->field, name, at) : nullptr;
    }
    const Field* const field = find_field(name);
    if (!field) {
      problems_.add_unknown(at, "field", name, field_paths);
    } else if (is_of_findings(name)) {
      problems_.add(at, "field " + in_quotes(name) + " exists on findings only", "ask for what was observed");
      return nullptr;
    }
    return of_these_records(field, name, at);
  }

  const Field* of_these_records(const Field* field, std::string_view name, Position at) {
    if (!field || field->visit.kinds().overlaps(record_kinds(reading_.datasets))) return field;
    problems_.add(at, "the records that are asked never have " + in_quotes(name), "see docs/fields.md, or ask others");
    return nullptr;
  }

  std::optional<FieldTest> read_existence() {
    const auto truth = truth_of(entry_);
    if (!truth) {
      problems_.add(entry_.at, "'exists' wants true or false");
      return std::nullopt;
    }
    test_.wants = *truth ? FieldTest::Wants::present : FieldTest::Wants::absent;
    return compiled();
  }

  std::optional<FieldTest> read_values() {
    test_.wants = said_.all ? FieldTest::Wants::all : said_.neq ? FieldTest::Wants::none : FieldTest::Wants::any;
    const bool is_list = entry_.kind == Node::Kind::list;
    if (!said_.bound.empty() && is_list) {
      refuse(entry_, in_quotes(said_.bound) + " wants one number, not a list");
    } else if (said_.all && !is_list) {
      refuse(entry_, "'all' wants a list", "leave it out, for a single value");
    } else if (translation_ && !said_.leave_values_alone()) {
      refuse(entry_, "the field map translates the values of this field, which must be whole",
             "leave out the modifier");
    } else if (is_list) {
      for (const Node& item : entry_.children) read_value(item);
    } else {
      read_value(entry_);
    }
    if (!failed_) check_number_of_values();
    return failed_ ? std::nullopt : compiled();
  }

  void check_number_of_values() {
    const std::string field = "field " + in_quotes(test_.field->path);
    if (test_.values.empty()) return refuse(entry_, field + " has an empty list", "give it a value");
    const std::size_t most = said_.all ? FieldTest::kMostOfAll : FieldTest::kMostValues;
    if (test_.values.size() > most)
      refuse(entry_, field + " has too many values", std::to_string(most) + " are the limit");
  }

  std::optional<FieldTest> compiled() {
    if (test_.field->path == kDeviations && !said_.fieldref) test_.kinds = kinds_among(test_.values);
    return std::move(test_);
  }

  void read_value(const Node& node) {
    const bool is_null = node.kind == Node::Kind::null;
    if (is_null && (said_.all || said_.neq || !said_.leave_values_alone()))
      return refuse(node, "null goes with no modifier");
    if (is_null) return void(test_.values.emplace_back(Absent{}));
    if (node.kind != Node::Kind::scalar) return refuse(node, "a value must be a text, a number, true, false or null");
    if (said_.fieldref) return read_reference(node);
    if (translation_) return translate(node);
    read_scalar(node);
  }

  // What is theirs is not said to be ours unless it is; their values, as ours, do not tell case apart.
  void translate(const Node& node) {
    const auto is_it = [&](const auto& entry) {
      return stands_in(entry.first, node.text, Anchor::whole, Case::ignored);
    };
    const auto known = std::find_if(translation_->begin(), translation_->end(), is_it);
    if (known == translation_->end()) {
      std::vector<std::string_view> names;
      for (const auto& [theirs, ours] : *translation_) names.push_back(theirs);
      return refuse(node, "the field map does not know value " + in_quotes(node.text), suggest(node.text, names));
    }
    Node ours = node;
    for (const std::string& text : known->second) {
      ours.text = text;
      read_scalar(ours);
    }
  }

  void read_scalar(const Node& node) {
    switch (test_.field->type) {
      case FieldType::text:
      case FieldType::text_list: return read_text(node);
      case FieldType::address: return read_address(node);
      case FieldType::number: return read_number(node);
      case FieldType::boolean: return read_truth(node);
      case FieldType::time: return read_time(node);
    }
  }

  void refuse(const Node& node, std::string what, std::string fix = {}) {
    problems_.add(node.at, std::move(what), std::move(fix));
    failed_ = true;
  }

  [[nodiscard]] Pattern pattern(const Node& node) const {
    return {node.text, said_.anchor.value_or(Anchor::whole), said_.cased ? Case::matters : Case::ignored};
  }

  void read_reference(const Node& node) {
    const Field* const other = find(node.text, node.at);
    if (!other) return void(failed_ = true);
    const auto family = [](const Field* field) {
      return field->type == FieldType::text_list ? FieldType::text : field->type;
    };
    const bool is_text = family(other) == FieldType::text;
    if (family(other) != family(test_.field) || translation_)
      return refuse(node, in_quotes(node.text) + " is not of the kind of " + in_quotes(test_.field->path),
                    "compare texts with texts, numbers with numbers, addresses with addresses");
    if ((said_.anchor || said_.cased) && !is_text)
      return refuse(node, in_quotes(node.text) + " is no text", "leave out the other modifiers");
    test_.values.emplace_back(
        FieldReference{other, said_.anchor.value_or(Anchor::whole), said_.cased ? Case::matters : Case::ignored});
  }

  /// Whether some of the values that the field may have are what the node says. Where not all are known, it may be.
  template <typename Matches>
  bool may_be(const Node& node, const Matches& matches) {
    const auto& known = closed_values(test_.field->path);
    if (known.empty() || std::any_of(known.begin(), known.end(), matches)) return true;
    refuse(node, "field " + in_quotes(test_.field->path) + " is never " + in_quotes(node.text),
           problems_.full() ? "" : suggest(node.text, known));
    return false;
  }

  void read_text(const Node& node) {
    if (said_.re) return read_expression(node);
    if (!allow_only(node, !said_.cidr && said_.bound.empty() && !said_.part)) return;
    Pattern wanted = pattern(node);
    if (const auto instead = instead_of(*test_.field, node.text, wanted.is_literal()); !instead.empty())
      return refuse(node, "field " + in_quotes(test_.field->path) + " is never " + in_quotes(node.text),
                    std::string{instead});
    if (may_be(node, [&](std::string_view value) { return wanted.matches(value); }))
      test_.values.emplace_back(std::move(wanted));
  }

  void read_expression(const Node& node) {
    if (reading_.expressions_left == 0)
      return refuse(node, "too many regular expressions", "compare texts, with * and ? in them: that takes less");
    --reading_.expressions_left;
    auto compiled = RegularExpression::compile(node.text, said_.flags);
    if (const auto* const why = std::get_if<std::string>(&compiled))
      return refuse(node, in_quotes(node.text) + " is no regular expression", *why);
    const auto& expression = std::get<RegularExpression>(compiled);
    if (may_be(node, [&](std::string_view value) { return expression.matches(value); }))
      test_.values.emplace_back(expression);
  }

  void read_address(const Node& node) {
    if (said_.re) return read_expression(node);
    if (said_.cidr) return read_network(node);
    if (!allow_only(node, said_.bound.empty() && !said_.part)) return;
    Pattern wanted = pattern(node);
    if (!wanted.is_literal()) return void(test_.values.emplace_back(std::move(wanted)));
    const auto address = IpAddress::parse(node.text);
    if (!address)
      return refuse(node, in_quotes(node.text) + " is no address", "write 10.20.30.40, fd00::1 or 10.20.30.*");
    test_.values.emplace_back(*address);
  }

  void read_network(const Node& node) {
    if (const auto network = Network::parse(node.text)) return void(test_.values.emplace_back(*network));
    refuse(node, in_quotes(node.text) + " is no network", "write 10.20.0.0/16 or fd00::/8, with no bit set beyond");
  }

  void read_number(const Node& node) {
    if (!allow_only(node, !said_.anchor && !said_.cased && !said_.re && !said_.cidr && !said_.part)) return;
    if (const auto range = read_range(node)) {
      if (said_.bound.empty()) return void(test_.values.emplace_back(range->least));
      test_.values.emplace_back(*range);
    }
  }

  void read_time(const Node& node) {
    if (!said_.part)
      return refuse(node, "the time " + in_quotes(test_.field->path) + " cannot be compared",
                    "ask for a part of it (|minute, |hour, |day, |week, |month, |year), null or |exists");
    const auto range = read_range(node);
    if (!range) return;
    const auto [least, most] = bounds_of(*said_.part);
    if (range->most < least || range->least > most)
      return refuse(node, "no time has such a part",
                    "it is from " + std::to_string(least) + " to " + std::to_string(most));
    test_.values.emplace_back(TimeRange{*said_.part, *range});
  }

  std::optional<Range> read_range(const Node& node) {
    std::int64_t number = 0;
    const char* const end = node.text.data() + node.text.size();
    const auto parsed = std::from_chars(node.text.data(), end, number);
    if (parsed.ec != std::errc{} || parsed.ptr != end) {
      refuse(node, "the number " + in_quotes(test_.field->path) + " cannot be " + in_quotes(node.text),
             "give a whole number");
      return std::nullopt;
    }
    // What is beyond every number bounds nothing, and holds for none.
    constexpr std::int64_t kLeast = Range{}.least;
    constexpr std::int64_t kMost = Range{}.most;
    const std::string_view bound = said_.bound;
    if ((bound == "gt" && number == kMost) || (bound == "lt" && number == kLeast)) {
      refuse(node, "no number is beyond " + in_quotes(node.text));
      return std::nullopt;
    }
    if (bound == "gte") return Range{number, kMost};
    if (bound == "gt") return Range{number + 1, kMost};
    if (bound == "lte") return Range{kLeast, number};
    if (bound == "lt") return Range{kLeast, number - 1};
    return Range{number, number};
  }

  void read_truth(const Node& node) {
    if (!allow_only(node, said_.leave_values_alone())) return;
    const auto truth = truth_of(node);
    if (!truth) return refuse(node, in_quotes(test_.field->path) + " is true or false");
    test_.values.emplace_back(*truth);
  }

  // YAML 1.2.2, 10.3.2: the core schema.
  static std::optional<bool> truth_of(const Node& node) {
    const auto is_one_of = [&](const std::array<std::string_view, 3>& words) {
      return node.kind == Node::Kind::scalar && std::ranges::find(words, node.text) != words.end();
    };
    if (is_one_of({"true", "True", "TRUE"})) return true;
    if (is_one_of({"false", "False", "FALSE"})) return false;
    return std::nullopt;
  }

  bool allow_only(const Node& node, bool is_allowed) {
    if (!is_allowed) {
      refuse(node, in_quotes(entry_.key.substr(entry_.key.find('|') + 1)) + " makes no sense of " + kind_text(),
             "see docs/rules.md");
    }
    return is_allowed;
  }

  [[nodiscard]] std::string kind_text() const {
    const std::string field = in_quotes(test_.field->path);
    switch (test_.field->type) {
      case FieldType::text: return field + ", a text";
      case FieldType::text_list: return field + ", a list of texts";
      case FieldType::address: return field + ", an address";
      case FieldType::number: return field + ", a number";
      case FieldType::boolean: return field + ", which is true or false";
      case FieldType::time: return field + ", a time";
    }
    return field;
  }

  const Node& entry_;
  SelectionReading& reading_;
  Problems& problems_;
  const std::map<std::string, std::vector<std::string>, std::less<>>* translation_ = nullptr;
  FieldTest test_;
  Modifiers said_;
  bool failed_ = false;
};

FieldTests read_tests(const Node& map, SelectionReading& reading) {
  FieldTests tests;
  for (const Node& entry : map.children) {
    if (auto test = FieldTestReader{entry, reading}.read()) tests.push_back(std::move(*test));
  }
  return tests;
}

}  // namespace

Selection read_selection(const Node& node, SelectionReading& reading) {
  Selection selection{node.key, {}};
  Problems& problems = reading.problems;
  const auto add_map = [&](const Node& map) {
    if (map.kind == Node::Kind::map && !map.children.empty()) {
      selection.any_of.push_back(read_tests(map, reading));
    } else {
      problems.add(map.at, "selection " + in_quotes(node.key) + " must be a map of fields or a list of such maps",
                   "words without a field are not supported");
    }
  };
  if (node.kind != Node::Kind::list) {
    add_map(node);
  } else if (node.children.empty()) {
    problems.add(node.at, "selection " + in_quotes(node.key) + " is empty");
  } else if (node.children.size() > Selection::kMostMaps) {
    problems.add(node.at, "selection " + in_quotes(node.key) + " has too many maps",
                 std::to_string(Selection::kMostMaps) + " are the limit; one field may have many values");
  } else {
    for (const Node& map : node.children) add_map(map);
  }
  return selection;
}

}  // namespace dcmwatch
