#include "detect/exceptions.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "detect/closed_values.h"
#include "detect/print.h"
#include "model/map_reader.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kMostExceptions = 10'000;
constexpr std::size_t kMostExpressions = 128;

/// The rules of records that a rule rests on: itself, or those that a correlation counts, and these likewise.
std::vector<std::size_t> rules_of_records(const RuleSet& rules, std::size_t rule) {
  std::set<std::size_t> seen{rule};
  std::vector<std::size_t> open{rule};
  std::vector<std::size_t> all;
  while (!open.empty()) {
    const std::size_t next = open.back();
    open.pop_back();
    if (!rules[next].correlation) {
      all.push_back(next);
      continue;
    }
    for (const Correlation::Member& member : rules[next].correlation->members) {
      if (seen.insert(member.rule).second) open.push_back(member.rule);
    }
  }
  return all;
}

bool is_known_at_once(const Selection& match, const Rule& rule) {
  const auto [yes, no] = match.lasts(rule.datasets);
  return yes && no;
}

bool may_match_before_end(const Rule& rule) { return rule.asks_for_phase() && rule.phases() != only(Phase::end); }

bool takes(const Value& value, std::string_view text) {
  if (const auto* pattern = std::get_if<Pattern>(&value)) return pattern->matches(text);
  if (const auto* expression = std::get_if<RegularExpression>(&value)) return expression->matches(text);
  if (const auto* range = std::get_if<Range>(&value)) return range->least <= 0 && range->most == Range{}.most;
  const auto* network = std::get_if<Network>(&value);
  return network && (*network == Network::parse("::/0") || *network == Network::parse("0.0.0.0/0"));
}

/// Whether it says of every record what it says of one. Nobody could tell of all tests: of those that people write who
/// want to be rid of a rule.
bool takes_anything(const FieldTest& test) {
  constexpr std::array<std::string_view, 2> kSaysWhatTheRuleSays{"event.kind", "event.dataset"};
  constexpr std::array<std::string_view, 21> kHardlyEverAbsent{
      "@timestamp",           "event.outcome",    "event.start",          "event.end",
      "packet.source",        "packet.first",     "packet.last",          "source.ip",
      "source.port",          "destination.ip",   "destination.port",     "network.transport",
      "network.community_id", "network.protocol", "network.opener_known", "conversation.id",
      "conversation.ordinal", "dicom.command",    "dicom.calling_ae",     "dicom.called_ae",
      "hl7.message_type"};
  const auto is_among = [&](const auto& paths) { return std::ranges::find(paths, test.field->path) != paths.end(); };
  if (is_among(kSaysWhatTheRuleSays)) return true;
  if (!is_among(kHardlyEverAbsent)) return false;
  if (test.wants == FieldTest::Wants::present) return true;
  if (test.wants != FieldTest::Wants::any) return false;
  const auto is_taken = [&](std::string_view text) {
    return std::ranges::any_of(test.values, [&](const Value& value) { return takes(value, text); });
  };
  const auto& known = closed_values(test.field->path);
  return known.empty() ? is_taken("") && is_taken("what nobody says") : std::ranges::all_of(known, is_taken);
}

bool takes_anything(const Selection& match) {
  return std::ranges::any_of(match.any_of, [](const FieldTests& tests) {
    return std::ranges::all_of(tests, [](const FieldTest& test) { return takes_anything(test); });
  });
}

/// Reads an RFC 3339 date or date-time. A date is the whole day, in UTC, so the end of it.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : text_(text) {}

  std::optional<Timestamp> read() {
    const int year = number(4);
    take('-');
    const int month = number(2);
    take('-');
    const int day = number(2);
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (failed_ || !date.ok() || year < 1970 || year > 2261) return std::nullopt;
    const Duration midnight = std::chrono::sys_days{date}.time_since_epoch();
    if (text_.empty()) return Timestamp{midnight + std::chrono::days{1} - Duration{1}};
    const std::optional<Duration> of_day = read_time();
    return of_day ? std::optional{Timestamp{midnight + *of_day}} : std::nullopt;
  }

 private:
  // Seconds without their fraction: nobody ends an exception by the millisecond.
  std::optional<Duration> read_time() {
    take_any("Tt ");
    const int hour = number(2);
    take(':');
    const int minute = number(2);
    take(':');
    const int second = number(2);
    const std::optional<Duration> offset = read_offset();
    if (failed_ || !offset || !text_.empty() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    return std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second} - *offset;
  }

  std::optional<Duration> read_offset() {
    if (text_ == "Z" || text_ == "z") {
      text_ = {};
      return Duration::zero();
    }
    const bool is_west = text_.starts_with('-');
    take_any("+-");
    const int hours = number(2);
    take(':');
    const int minutes = number(2);
    if (failed_ || hours > 23 || minutes > 59) return std::nullopt;
    const Duration offset = std::chrono::hours{hours} + std::chrono::minutes{minutes};
    return is_west ? -offset : offset;
  }

  int number(std::size_t digits) {
    int value = 0;
    const std::string_view part = text_.substr(0, digits);
    const bool whole = part.size() == digits && part.find_first_not_of("0123456789") == std::string_view::npos;
    if (whole) {
      std::from_chars(part.data(), part.data() + part.size(), value);
      text_.remove_prefix(digits);
    }
    failed_ |= !whole;
    return value;
  }

  void take(char wanted) { take_any({&wanted, 1}); }

  void take_any(std::string_view wanted) {
    const bool there = !text_.empty() && wanted.find(text_.front()) != std::string_view::npos;
    if (there) text_.remove_prefix(1);
    failed_ |= !there;
  }

  std::string_view text_;
  bool failed_ = false;
};

class Reader {
 public:
  Reader(const RuleSet& rules, Problems& problems) : rules_(rules), problems_(problems) {
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      by_id_.emplace(rules_[i].info->id, i);
      by_title_[rules_[i].info->title].push_back(i);
    }
  }

  Exceptions read(const Node& root) {
    MapReader map{root, "a file of exceptions", problems_};
    if (const Node* const list = map.optional("exceptions")) {
      read_list(*list);
    } else if (map.usable()) {
      problems_.add(root.at, "a file of exceptions has no 'exceptions'", "write 'exceptions: []' if there are none");
    }
    map.done();
    return std::move(exceptions_);
  }

 private:
  void read_list(const Node& list) {
    if (list.kind != Node::Kind::list)
      return problems_.add(list.at.line != 0 ? list.at : list.key_at, "'exceptions' must be a list",
                           "write '[]' for none");
    if (list.children.size() > kMostExceptions)
      return problems_.add(list.at, "too many exceptions", std::to_string(kMostExceptions) + " are the limit");
    for (const Node& item : list.children) read_exception(item);
  }

  void read_exception(const Node& node) {
    ExceptionInfo info;
    Exception exception;
    MapReader map{node, "an exception", problems_};
    if (const Node* const rule = map.required("rule", "the id or the title of the rule")) {
      if (const auto found = find_rule(*rule)) {
        exception.rule = *found;
        info.rule = rules_[*found].info;
      }
    }
    if (const Node* const match =
            map.required("match",
                         "what is not to be told, 'match: {source.device: ct1}'; a whole rule is silenced by "
                         "taking its file out")) {
      exception.match = read_match(*match, info.rule ? &exception : nullptr);
    }
    info.reason = required_text(map, "reason", "why it is not to be told; it stands in the summary");
    info.owner = required_text(map, "owner", "who answers for it");
    if (const Node* const until = map.required("until", "the last day on which it holds, 'until: 2027-03-31'"))
      info.until = read_until(*until);
    map.done();
    exception.print = print_of(node);
    exception.info = std::make_shared<const ExceptionInfo>(std::move(info));
    exceptions_.push_back(std::move(exception));
  }

  /// `of`: whose it is, if its rule is known.
  Selection read_match(const Node& node, const Exception* of) {
    const auto rules = of ? rules_of_records(rules_, of->rule) : std::vector<std::size_t>{};
    matches_.datasets = 0;
    for (const std::size_t rule : rules) matches_.datasets |= rules_[rule].datasets;
    Selection match = read_selection(node, matches_);
    if (match.any_of.empty() || match.any_of.front().empty()) return match;  // its problems are told
    if (match.asks_for(*find_field("event.phase"))) {
      problems_.add(node.key_at, "an exception holds for a record, not for one of its phases",
                    "leave out 'event.phase'");
    } else if (takes_anything(match)) {
      problems_.add(node.key_at, "the match takes every record",
                    "name what is not to be told; a whole rule is silenced by taking its file out");
    }
    const auto comes_too_late = [&](std::size_t rule) {
      return may_match_before_end(rules_[rule]) && !is_known_at_once(match, rules_[rule]);
    };
    if (std::ranges::any_of(rules, comes_too_late))
      problems_.add(node.key_at, "the rule asks of 'event.phase', and may match before it is known whether this holds",
                    "ask for fields that are known from the start, or have the rule ask for 'event.phase: end'");
    return match;
  }

  std::string required_text(MapReader& map, std::string_view key, std::string_view fix) {
    const Node* const node = map.required(key, fix);
    const auto text = node ? scalar(*node, in_quotes(key), problems_) : std::nullopt;
    if (text && text->find_first_not_of(" \t\n") == std::string_view::npos)
      problems_.add(node->at, in_quotes(key) + " is empty", std::string{fix});
    return std::string{text.value_or(std::string_view{})};
  }

  std::optional<std::size_t> find_rule(const Node& node) {
    const auto name = scalar(node, "'rule'", problems_);
    if (!name) return std::nullopt;
    if (const auto known = by_id_.find(*name); known != by_id_.end()) return known->second;
    if (const auto known = by_title_.find(*name); known != by_title_.end()) {
      if (known->second.size() == 1) return known->second.front();
      problems_.add(node.at, std::to_string(known->second.size()) + " rules are called " + in_quotes(*name),
                    "name the one that is meant by its id");
      return std::nullopt;
    }
    problems_.add(node.at, "unknown rule " + in_quotes(*name),
                  problems_.full() ? "" : suggest(*name, names_like(*name)));
    return std::nullopt;
  }

  // Who writes an id wants an id; who writes words wants a title.
  std::vector<std::string_view> names_like(std::string_view name) const {
    const bool is_id = name.find(' ') == std::string_view::npos;
    std::vector<std::string_view> names;
    for (const Rule& rule : rules_) names.push_back(is_id && !rule.info->id.empty() ? rule.info->id : rule.info->title);
    return names;
  }

  Timestamp read_until(const Node& node) {
    const auto text = scalar(node, "'until'", problems_);
    if (!text) return {};
    const auto time = TimeReader{*text}.read();
    if (!time)
      problems_.add(node.at, in_quotes(*text) + " is no date", "write 2027-03-31 or 2027-03-31T18:00:00+02:00");
    return time.value_or(Timestamp{});
  }

  const RuleSet& rules_;
  Problems& problems_;
  std::map<std::string_view, std::size_t> by_id_;
  std::map<std::string_view, std::vector<std::size_t>> by_title_;
  std::size_t expressions_left_ = kMostExpressions;
  SelectionReading matches_{problems_, expressions_left_};
  Exceptions exceptions_;
};

Exceptions read(const std::optional<Node>& root, const RuleSet& rules, Problems& problems) {
  Exceptions exceptions;
  if (root) exceptions = Reader{rules, problems}.read(*root);
  problems.throw_if_any();
  return exceptions;
}

}  // namespace

std::vector<std::size_t> judged_at_end_for(const Exception& exception, const RuleSet& rules) {
  auto all = rules_of_records(rules, exception.rule);
  std::erase_if(all, [&](std::size_t rule) { return is_known_at_once(exception.match, rules[rule]); });
  return all;
}

Exceptions load_exceptions(const std::filesystem::path& file, const RuleSet& rules) {
  Problems problems{file.string()};
  return read(read_document(file, problems), rules, problems);
}

Exceptions parse_exceptions(const std::string& text, const std::string& name, const RuleSet& rules) {
  Problems problems{name};
  return read(parse_document(text, problems), rules, problems);
}

}  // namespace dcmwatch
