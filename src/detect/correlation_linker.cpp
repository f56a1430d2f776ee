#include "detect/correlation_linker.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string_view>

#include "detect/closed_values.h"
#include "detect/print.h"
#include "event/fields.h"

namespace dcmwatch {
namespace {

// A match climbs a chain by recursion.
constexpr std::size_t kLongestChain = 8;

class Linker {
 public:
  explicit Linker(std::vector<WrittenRule>& rules) : rules_(rules), members_(rules.size()) {}

  void link() {
    for (std::size_t i = 0; i < rules_.size(); ++i) add_names(i);
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      if (rules_[i].correlation) find_members(i);
    }
    put_in_order();
    silence();
    for (const std::size_t i : order_) {
      if (rules_[i].correlation) finish(i);
    }
  }

 private:
  void add_names(std::size_t i) {
    WrittenRule& rule = rules_[i];
    const std::string& id = rule.rule.info->id;
    if (rule.has_id) by_name_.emplace(id, i);
    if (!rule.name || rule.name->text.empty()) return;
    const auto [other, fresh] = by_name_.emplace(rule.name->text, i);
    if (!fresh && other->second != i)
      rule.problems->add(rule.name->at,
                         in_quotes(rule.name->text) + " is what a rule of " + rules_[other->second].problems->file() +
                             " is called already",
                         "give each rule its own name");
  }

  std::optional<std::size_t> find_rule(const WrittenName& name, Problems& problems) {
    if (const auto known = by_name_.find(name.text); known != by_name_.end()) return known->second;
    problems.add_unknown(name.at, "rule", name.text, [this] {
      std::vector<std::string_view> names;
      for (const auto& [known, index] : by_name_) names.push_back(known);
      return names;
    });
    return std::nullopt;
  }

  void find_members(std::size_t i) {
    WrittenRule& rule = rules_[i];
    for (const WrittenName& name : rule.correlation->rules) {
      const auto member = find_rule(name, *rule.problems);
      if (!member) continue;
      if (std::ranges::find(members_[i], *member) != members_[i].end()) {
        rule.problems->add(name.at, in_quotes(name.text) + " is among the rules already", "name it once");
        continue;
      }
      members_[i].push_back(*member);
      const auto& called = rules_[*member].name;
      rule.correlation->correlation.members.push_back(
          {static_cast<std::uint32_t>(*member), called ? called->text : name.text, {}, {}});
    }
  }

  // Each after its members.
  void put_in_order() {
    std::vector<std::size_t> awaited(rules_.size());
    std::vector<std::size_t> depth(rules_.size());
    std::vector<std::vector<std::size_t>> referrers(rules_.size());
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      awaited[i] = members_[i].size();
      for (const std::size_t member : members_[i]) referrers[member].push_back(i);
      if (awaited[i] == 0) order_.push_back(i);
    }
    for (std::size_t next = 0; next < order_.size(); ++next) {
      const std::size_t i = order_[next];
      for (const std::size_t referrer : referrers[i]) {
        depth[referrer] = std::max(depth[referrer], depth[i] + 1);
        if (--awaited[referrer] == 0) order_.push_back(referrer);
      }
      if (depth[i] == kLongestChain + 1)
        rules_[i].problems->add(rules_[i].at, "too long a chain of correlations",
                                std::to_string(kLongestChain) + " are the limit");
    }
    tell_circles(awaited);
  }

  // What still waits has a member that does. Following one such member after the other ends in a circle.
  void tell_circles(const std::vector<std::size_t>& awaited) {
    std::vector<std::size_t> visit(rules_.size());
    for (std::size_t begin = 0; begin < rules_.size(); ++begin) {
      if (awaited[begin] == 0) continue;
      std::size_t i = begin;
      while (visit[i] == 0) {
        visit[i] = begin + 1;
        i = *std::ranges::find_if(members_[i], [&](std::size_t member) { return awaited[member] != 0; });
      }
      if (visit[i] == begin + 1)
        rules_[i].problems->add(rules_[i].at,
                                in_quotes(rules_[i].rule.info->title) + " waits for itself: its rules lead back to it",
                                "a correlation can name only rules that do not depend on it");
    }
  }

  // What only correlations count is no finding by itself.
  void silence() {
    std::vector<bool> wanted(rules_.size());
    std::vector<bool> counted(rules_.size());
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      for (const std::size_t member : members_[i]) {
        counted[member] = true;
        if (rules_[i].generate) wanted[member] = true;
      }
    }
    const std::vector<bool> foreign = foreign_ones();
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      WrittenRule& rule = rules_[i];
      rule.rule.reports = wanted[i] || !counted[i];
      if (rule.rule.reports && !foreign[i]) require_what_findings_say(rule);
    }
  }

  static void require_what_findings_say(const WrittenRule& rule) {
    const auto require = [&](bool is_there, std::string_view key, std::string_view fix) {
      if (is_there) return;
      rule.problems->add(rule.at, (rule.correlation ? "a correlation has no " : "a rule has no ") + in_quotes(key),
                         std::string{rule.name ? "only those that a correlation counts need none" : fix});
    };
    require(rule.has_id, "id", "a UUID; it stays when the title changes");
    require(rule.has_level, "level", "one of: informational, low, medium, high, critical");
  }

  // Written for other log sources than ours, where both are optional; so are correlations of such rules.
  std::vector<bool> foreign_ones() const {
    std::vector<bool> foreign(rules_.size());
    for (const std::size_t i : order_) {
      foreign[i] = rules_[i].foreign || std::ranges::any_of(members_[i], [&](std::size_t m) { return foreign[m]; });
    }
    return foreign;
  }

  void finish(std::size_t i) {
    WrittenCorrelation& written = *rules_[i].correlation;
    Problems& problems = *rules_[i].problems;
    for (const WrittenCorrelation::Alias& alias : written.aliases) check(alias, i);
    for (std::size_t m = 0; m < written.correlation.members.size(); ++m) {
      Correlation::Member& member = written.correlation.members[m];
      for (const WrittenName& name : written.group_by) {
        const Correlation::Source source = find_source(written, name, member.rule, problems);
        if (source.field && source.field->type == FieldType::text_list)
          problems.add(name.at, in_quotes(name.text) + " is a list, so that a record would belong to several groups",
                       "group by a field of one value");
        member.group_by.push_back(source);
      }
      if (written.counted) member.counted = find_source(written, *written.counted, member.rule, problems);
      if (written.counted && written.correlation.type == CorrelationType::value_sum)
        require_number(*written.counted, member, problems);
      rules_[i].rule.print = joined(rules_[i].rule.print, rules_[member.rule].rule.print);
    }
    rules_[i].rule.correlation = std::make_shared<const Correlation>(std::move(written.correlation));
  }

  void require_number(const WrittenName& name, const Correlation::Member& member, Problems& problems) {
    const Field* const field = member.counted.field;
    if (rules_[member.rule].rule.correlation)
      problems.add(name.at, in_quotes(called(member.rule)) + " is a correlation, whose values cannot be added",
                   "name the rules that it counts");
    else if (field && field->type != FieldType::number)
      problems.add(name.at, in_quotes(name.text) + " is no number, and cannot be added", "name a field of numbers");
  }

  void check(const WrittenCorrelation::Alias& alias, std::size_t i) {
    const WrittenCorrelation& written = *rules_[i].correlation;
    Problems& problems = *rules_[i].problems;
    const auto is_it = [&](const WrittenName& name) { return name.text == alias.name.text; };
    if (std::ranges::none_of(written.group_by, is_it) && !(written.counted && is_it(*written.counted)))
      problems.add(alias.name.at, "alias " + in_quotes(alias.name.text) + " is used by nothing",
                   "name it in 'group-by'");
    for (const auto& [rule, field] : alias.fields) {
      const auto known = find_rule(rule, problems);
      if (known && std::ranges::find(members_[i], *known) == members_[i].end())
        problems.add(rule.at, in_quotes(rule.text) + " is none of the rules of this correlation",
                     "name one of 'rules'");
    }
  }

  Correlation::Source find_source(const WrittenCorrelation& written, const WrittenName& name, std::size_t member,
                                  Problems& problems) {
    const auto alias = std::ranges::find_if(
        written.aliases, [&](const WrittenCorrelation::Alias& known) { return known.name.text == name.text; });
    if (alias == written.aliases.end()) return find_source(name, member, problems);
    for (const auto& [rule, field] : alias->fields) {
      const auto known = by_name_.find(rule.text);
      if (known != by_name_.end() && known->second == member) return find_source(field, member, problems);
    }
    problems.add(alias->name.at, "alias " + in_quotes(name.text) + " names no field of " + in_quotes(called(member)),
                 "name one of each rule");
    return {};
  }

  Correlation::Source find_source(const WrittenName& name, std::size_t member, Problems& problems) {
    const Rule& rule = rules_[member].rule;
    if (rule.correlation) {
      const auto& names = rule.correlation->group_by;
      const auto known = std::ranges::find(names, name.text);
      if (known == names.end())
        problems.add(name.at, in_quotes(called(member)) + " does not group by " + in_quotes(name.text),
                     "what it counted together may differ in that");
      return {nullptr, static_cast<std::size_t>(known - names.begin())};
    }
    const Field* const field = field_called(name, rules_[member].foreign, problems);
    if (!field) return {};
    if (!field->visit.kinds().overlaps(record_kinds(rule.datasets))) {
      problems.add(name.at, "the records of " + in_quotes(called(member)) + " never have " + in_quotes(name.text),
                   "see docs/fields.md");
    } else if (field->type == FieldType::time) {
      problems.add(name.at, in_quotes(name.text) + " is a time: hardly any two are the same", "name another field");
    }
    return {field, 0};
  }

  /// Null, and a problem, if there is none.
  static const Field* field_called(const WrittenName& name, const ForeignSource* foreign, Problems& problems) {
    if (foreign) {
      const ForeignField* const known = foreign->find(name.text, name.at, problems);
      if (known && !known->values.empty())
        problems.add(name.at, in_quotes(name.text) + " has other values here, which are not one for one",
                     "name another field");
      return known ? known->field : nullptr;
    }
    const Field* const field = find_field(name.text);
    if (field) return field;
    problems.add_unknown(name.at, "field", name.text, field_paths);
    return nullptr;
  }

  [[nodiscard]] const std::string& called(std::size_t i) const {
    return rules_[i].name ? rules_[i].name->text : rules_[i].rule.info->id;
  }

  std::vector<WrittenRule>& rules_;
  std::vector<std::vector<std::size_t>> members_;
  std::vector<std::size_t> order_;  // but for those that wait for themselves
  std::map<std::string, std::size_t, std::less<>> by_name_;
};

}  // namespace

void link_rules(std::vector<WrittenRule>& rules) { Linker{rules}.link(); }

}  // namespace dcmwatch
