#include "detect/exceptions.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "detect/print.h"
#include "model/map_reader.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kMostExceptions = 10'000;

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
  Reader(const RuleSet& rules, Problems& problems) : rules_(rules), problems_(problems) {}

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
      exception.match = read_selection(*match, matches_);
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

  std::string required_text(MapReader& map, std::string_view key, std::string_view fix) {
    const Node* const node = map.required(key, fix);
    return node ? std::string{scalar(*node, in_quotes(key), problems_).value_or(std::string_view{})} : std::string{};
  }

  std::optional<std::size_t> find_rule(const Node& node) {
    const auto name = scalar(node, "'rule'", problems_);
    if (!name) return std::nullopt;
    const auto is_named = [&](const Rule& rule) {  // one that only correlations count may have no id
      return !name->empty() && (rule.info->id == *name || rule.info->title == *name);
    };
    const auto found = std::ranges::find_if(rules_, is_named);
    if (found != rules_.end()) return static_cast<std::size_t>(found - rules_.begin());
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
  SelectionReading matches_{problems_};
  Exceptions exceptions_;
};

Exceptions read(const std::optional<Node>& root, const RuleSet& rules, Problems& problems) {
  Exceptions exceptions;
  if (root) exceptions = Reader{rules, problems}.read(*root);
  problems.throw_if_any();
  return exceptions;
}

}  // namespace

Exceptions load_exceptions(const std::filesystem::path& file, const RuleSet& rules) {
  Problems problems{file.string()};
  return read(read_document(file, problems), rules, problems);
}

Exceptions parse_exceptions(const std::string& text, const std::string& name, const RuleSet& rules) {
  Problems problems{name};
  return read(parse_document(text, problems), rules, problems);
}

}  // namespace dcmwatch
