#include "detect/correlation_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <string_view>
#include <utility>

#include "detect/correlation_window.h"
#include "model/map_reader.h"

namespace dcmwatch {
namespace {

// In the order of CorrelationType.
constexpr std::array<std::string_view, 5> kTypes{"event_count", "value_count", "temporal", "temporal_ordered",
                                                 "value_sum"};
constexpr std::int64_t kMostSummed = 1'000'000'000'000;
constexpr std::size_t kMostRules = 64;
constexpr std::size_t kMostGroupBy = 16;
constexpr auto kLongestTimespan = std::chrono::days{90};

struct Unit {
  char letter;
  std::chrono::seconds seconds;
};
constexpr std::array kUnits{Unit{'s', std::chrono::seconds{1}}, Unit{'m', std::chrono::minutes{1}},
                            Unit{'h', std::chrono::hours{1}}, Unit{'d', std::chrono::days{1}}};

/// The whole of the text is a number that is not negative.
std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc{} || parsed.ptr != end || number < 0) return std::nullopt;
  return number;
}

class CorrelationReader {
 public:
  explicit CorrelationReader(Problems& problems) : problems_(problems) {}

  WrittenCorrelation read(const Node& node) {
    MapReader map{node, "'correlation'", problems_};
    if (const Node* const type = map.required("type", "one of: " + listed(kTypes))) read_type(*type);
    if (const Node* const rules = map.required("rules", "name the rules whose matches are counted"))
      written_.rules = read_names(*rules, kMostRules);
    if (const Node* const fields = map.optional("group-by")) written_.group_by = read_names(*fields, kMostGroupBy);
    if (const Node* const timespan = map.required("timespan", "write 'timespan: 5m'")) read_timespan(*timespan);
    if (const Node* const aliases = map.optional("aliases")) read_aliases(*aliases);
    if (const Node* const generate = map.optional("generate")) written_.generate = read_generate(*generate, problems_);
    const Node* const condition =
        is_temporal() ? map.optional("condition") : map.required("condition", "write 'condition: {gte: 10}'");
    map.done();
    if (is_temporal()) correlation().least = std::max<std::size_t>(written_.rules.size(), 1);
    if (condition && typed_) read_condition(*condition);
    if (is_temporal() && written_.rules.size() == 1)
      problems_.add(written_.rules.front().at, "one rule alone has no order and no neighbour",
                    "name two, or count events");
    for (const WrittenName& field : written_.group_by) correlation().group_by.push_back(field.text);
    if (written_.counted) correlation().counted = written_.counted->text;
    return std::move(written_);
  }

 private:
  Correlation& correlation() { return written_.correlation; }
  [[nodiscard]] bool is_ordered() const { return written_.correlation.type == CorrelationType::temporal_ordered; }
  [[nodiscard]] bool is_temporal() const {
    return typed_ && (is_ordered() || written_.correlation.type == CorrelationType::temporal);
  }
  [[nodiscard]] bool sums() const { return typed_ && written_.correlation.type == CorrelationType::value_sum; }
  [[nodiscard]] bool has_field() const { return sums() || written_.correlation.type == CorrelationType::value_count; }

  void read_type(const Node& node) {
    const auto text = scalar(node, "'type'", problems_);
    if (!text) return;
    const auto* const known = std::ranges::find(kTypes, *text);
    if (known == kTypes.end())
      return problems_.add(node.at, "unsupported correlation type " + in_quotes(*text), suggest(*text, kTypes));
    correlation().type = static_cast<CorrelationType>(known - kTypes.begin());
    typed_ = true;
  }

  std::vector<WrittenName> read_names(const Node& node, std::size_t most) {
    std::vector<WrittenName> names;
    for (const Node* const item : scalars(node, in_quotes(node.key), problems_)) {
      const bool again = std::ranges::any_of(names, [&](const WrittenName& name) { return name.text == item->text; });
      if (again) {
        problems_.add(item->at, in_quotes(item->text) + " stands there twice", "name it once");
      } else if (names.size() == most) {
        problems_.add(item->at, in_quotes(node.key) + " is too long", std::to_string(most) + " are the limit");
        break;
      } else {
        names.push_back({item->text, item->at});
      }
    }
    return names;
  }

  void read_timespan(const Node& node) {
    const auto text = scalar(node, "'timespan'", problems_);
    if (!text) return;
    const auto* const unit = std::ranges::find(kUnits, text->empty() ? '\0' : text->back(), &Unit::letter);
    const auto number = unit == kUnits.end() ? std::nullopt : whole_number(text->substr(0, text->size() - 1));
    if (!number || *number == 0)
      return problems_.add(node.at, in_quotes(*text) + " is no time", "write 30s, 5m, 12h or 7d");
    if (*number > kLongestTimespan / unit->seconds)
      return problems_.add(node.at, "a timespan of " + in_quotes(*text) + " is too long to remember",
                           "90d are the limit");
    correlation().timespan = *number * unit->seconds;
  }

  void read_aliases(const Node& node) {
    if (node.kind != Node::Kind::map)
      return problems_.add(node.at, "'aliases' must be a map of names to rules and their fields");
    for (const Node& entry : node.children) {
      if (entry.kind != Node::Kind::map) {
        problems_.add(entry.at, "alias " + in_quotes(entry.key) + " must be a map of rules to their fields",
                      "write '" + entry.key + ": {a_rule: source.ip, another: destination.ip}'");
        continue;
      }
      WrittenCorrelation::Alias alias{{entry.key, entry.key_at}, {}};
      for (const Node& field : entry.children) {
        if (scalar(field, "the field of " + in_quotes(field.key), problems_))
          alias.fields.push_back({{field.key, field.key_at}, {field.text, field.at}});
      }
      written_.aliases.push_back(std::move(alias));
    }
  }

  void read_condition(const Node& node) {
    if (node.kind == Node::Kind::scalar)
      return problems_.add(node.at, "a condition in words is not supported", "write a map, such as '{gte: 10}'");
    MapReader map{node, "'condition'", problems_};
    if (!map.usable()) return;
    const auto gt = read_number(map.optional("gt"));
    const auto gte = read_number(map.optional("gte"));
    const auto lt = read_number(map.optional("lt"));
    const auto lte = read_number(map.optional("lte"));
    const auto eq = read_number(map.optional("eq"));
    read_counted(map, node);
    map.done();
    if (failed_) return;
    std::int64_t least = is_temporal() ? static_cast<std::int64_t>(written_.rules.size()) : 1;
    if (gt || gte) least = std::max(gt.value_or(-1) + 1, gte.value_or(0));
    std::optional<std::int64_t> most = lt ? std::optional{*lt - 1} : std::nullopt;
    if (lte) most = std::min(*lte, most.value_or(*lte));
    if (eq) {
      least = gt || gte ? std::max(*eq, least) : *eq;
      most = std::min(*eq, most.value_or(*eq));
    }
    if (!(gt || gte || lt || lte || eq))
      return problems_.add(node.at, "'condition' says no number", "write gte, gt, lte, lt or eq");
    is_temporal() ? set_rules(node, least, most) : set_bounds(node, least, most);
  }

  std::optional<std::int64_t> read_number(const Node* node) {
    if (!node) return std::nullopt;
    const auto number = node->kind == Node::Kind::scalar ? whole_number(node->text) : std::nullopt;
    failed_ |= !number;
    if (!number) {
      problems_.add(node->at, in_quotes(node->key) + " wants a whole number");
    } else if (sums() ? *number > kMostSummed : std::cmp_greater(*number, kMostCounted)) {
      problems_.add(node->at, "more than can be counted exactly",
                    sums() ? "1000000000000 are the limit" : "10000 are the limit");
      failed_ = true;
    }
    return number;
  }

  void read_counted(MapReader& map, const Node& condition) {
    const Node* const field = map.optional("field");
    if (!has_field()) {
      if (field) problems_.add(field->key_at, "'field' goes with value_count and value_sum only", "leave it out");
    } else if (!field) {
      problems_.add(condition.at, "'condition' has no 'field'",
                    sums() ? "name the field of which values are added" : "name the field of which values are counted");
    } else if (const auto names = read_names(*field, kMostGroupBy); names.size() > 1) {
      problems_.add(names[1].at, "values of several fields together are not supported", "name one field");
    } else if (!names.empty()) {
      written_.counted = names.front();
    }
  }

  void set_bounds(const Node& node, std::int64_t least, std::optional<std::int64_t> most) {
    if (most && *most < std::max<std::int64_t>(least, 1))
      return problems_.add(node.at, "the condition can never hold", "a window has at least the event that begins it");
    if (least < 1 && !most)
      return problems_.add(node.at, "the condition always holds", "a window has at least the event that begins it");
    correlation().least = static_cast<std::size_t>(std::max<std::int64_t>(least, 1));
    if (most) correlation().most = static_cast<std::size_t>(*most);
  }

  // All of its rules, or of temporal some: that few came is what event_count is for.
  void set_rules(const Node& node, std::int64_t least, std::optional<std::int64_t> most) {
    const auto rules = static_cast<std::int64_t>(written_.rules.size());
    if (most && *most < rules)
      return problems_.add(node.at, "too few rules are not looked for by a temporal correlation",
                           "use gte, or event_count for what is rare");
    if (least > rules || least < 2)
      return problems_.add(node.at,
                           "the condition wants " + std::to_string(least) + " of " + std::to_string(rules) + " rules",
                           "name a number from 2 to that of the rules");
    if (is_ordered() && least != rules)
      return problems_.add(node.at, "a part of an order is not supported",
                           "leave the condition out: each rule must match");
    correlation().least = static_cast<std::size_t>(least);
  }

  Problems& problems_;
  WrittenCorrelation written_;
  bool typed_ = false;
  bool failed_ = false;
};

}  // namespace

std::string_view to_text(CorrelationType type) { return kTypes[static_cast<std::size_t>(type)]; }

WrittenCorrelation read_correlation(const Node& node, Problems& problems) {
  return CorrelationReader{problems}.read(node);
}

bool read_generate(const Node& node, Problems& problems) {
  const bool is_truth = node.kind == Node::Kind::scalar && (node.text == "true" || node.text == "false");
  if (!is_truth) problems.add(node.at, "'generate' wants true or false");
  return is_truth && node.text == "true";
}

}  // namespace dcmwatch
