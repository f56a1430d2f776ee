// The findings by who talked to whom, gravest first: what, how often, since when, and what was declared instead.
#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "output/summary_section.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kFindingsPerLevel = 100;  ///< of sources that anyone can forge, and as many of others
constexpr std::array<Ink, 5> kInks{Ink::dim, Ink::plain, Ink::yellow, Ink::red, Ink::red};  // by Level

std::string upper(std::string_view text) {
  std::string result{text};
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return result;
}

/// "pacs (10.20.20.10:11112, zone archive)", "10.20.99.66 (undeclared)"; "several" of a correlation whose records do
/// not share the end, or its port.
std::string place_text(const Place& place, const Endpoint& endpoint, bool with_port) {
  if (endpoint == Endpoint{}) return "several";
  const std::string address = with_port && endpoint.port != 0 ? to_text(endpoint) : to_text(endpoint.address);
  if (place.device.empty()) {
    return address + (place.zone.empty() ? " (undeclared)" : " (undeclared, zone " + shown(place.zone) + ')');
  }
  return shown(place.device) + " (" + address + (place.zone.empty() ? "" : ", zone " + shown(place.zone)) + ')';
}

/// The differences of one kind from one declaration: "move_destination: observed A, B; expected …"
struct Difference {
  DeviationKind kind{};
  std::string expected;
  std::vector<std::string> observed;
  bool more = false;

  void add(const std::string& value) {
    if (std::ranges::find(observed, value) != observed.end()) return;
    if (observed.size() < kSummaryNames) {
      observed.push_back(value);
    } else {
      more = true;
    }
  }
};

/// What is shown of a finding; the finding itself is not kept.
struct Entry {
  Level level{};
  std::string title;
  std::string parties;
  std::vector<Difference> differences;
  Mark first;
  std::uint64_t count = 0;
  std::optional<Timestamp> excepted_until{};  ///< of the exception that it fell under
};

std::string parties_text(const Observation& example) {
  if (std::holds_alternative<CaptureNote>(example.event.facts)) return {};
  if (const auto* stretch = std::get_if<FlowStretch>(&example.event.facts)) {
    const std::string flow = "flow " + shown(example.declared->flow);
    return stretch->device.empty() ? flow : flow + " of " + shown(stretch->device);
  }
  const Parties& parties = example.event.parties;
  const std::string_view arrow = parties.opener_known ? " → " : " – ";  // who opened it may be a guess
  return place_text(example.declared->source, parties.source, false) + std::string{arrow} +
         place_text(example.declared->destination, parties.destination, true);
}

std::string difference_text(const Difference& difference) {
  std::string observed;
  for (const std::string& value : difference.observed) observed.append(observed.empty() ? "" : ", ").append(value);
  std::string text = std::string{to_text(difference.kind)} + ": observed " + observed + (difference.more ? ", …" : "");
  if (!difference.expected.empty()) text += "; expected " + difference.expected;
  return text;
}

Entry entry_of(const Finding& finding) {
  Entry entry{finding.rule->level, shown(finding.rule->title), parties_text(finding.example), {}, finding.first, 0, {}};
  if (finding.others != Others::none) entry.title += ", others";
  for (const Deviation& deviation : finding.example.declared->deviations) {
    const std::string observed = deviation.observed.empty() ? "none" : shown(deviation.observed);
    entry.differences.push_back({deviation.kind, shown(deviation.expected), {observed}, false});
  }
  return entry;
}

/// All that was found between two parties: the rules that matched, and how what was seen differs from what is declared.
struct Group {
  std::vector<Entry> rules;
  std::vector<Difference> differences;

  void add(const Entry& entry) {
    const auto same_rule = std::ranges::find_if(
        rules, [&](const Entry& rule) { return rule.level == entry.level && rule.title == entry.title; });
    if (same_rule == rules.end()) {
      rules.push_back(entry);
    } else {
      same_rule->count += entry.count;
      same_rule->first = std::min(same_rule->first, entry.first);
      if (!same_rule->excepted_until) same_rule->excepted_until = entry.excepted_until;
    }
    for (const Difference& difference : entry.differences) add(difference);
  }

  void add(const Difference& difference) {
    const auto same = std::ranges::find_if(differences, [&](const Difference& known) {
      return known.kind == difference.kind && known.expected == difference.expected;
    });
    if (same == differences.end()) {
      differences.push_back(difference);
    } else {
      for (const std::string& value : difference.observed) same->add(value);
    }
  }
};

/// Gravest first, then earliest.
bool comes_first(const Entry& one, const Entry& other) {
  return one.level != other.level ? one.level > other.level : one.first < other.first;
}

/// By the parties; of each the rules in order, and they themselves in the order of their first rules.
std::vector<Group> groups_of(const std::map<std::uint64_t, Entry>& entries) {
  std::map<std::string_view, Group> by_parties;
  for (const auto& [number, entry] : entries) by_parties[entry.parties].add(entry);
  std::vector<Group> groups;
  for (auto& [parties, group] : by_parties) {
    std::ranges::stable_sort(group.rules, comes_first);
    groups.push_back(std::move(group));
  }
  std::ranges::stable_sort(groups, comes_first, [](const Group& group) -> const Entry& { return group.rules.front(); });
  return groups;
}

void render_group(TextPage& page, const Group& group, const RunFigures& run) {
  page.gap();
  const std::string& parties = group.rules.front().parties;
  page.line(parties.empty() ? "the capture itself" : parties, 2, 2, Ink::bold);
  Table table{{{"level"}, {"times", Align::right}, {"first seen"}, {"what"}}, {}};
  for (const Entry& rule : group.rules) {
    table.rows.push_back({{upper(to_text(rule.level)), kInks[static_cast<std::size_t>(rule.level)]},
                          {grouped(rule.count)},
                          {where_text(rule.first, run)},
                          {rule.title, Ink::bold}});
  }
  page.table(table, 4);
  for (const Entry& rule : group.rules) {
    if (rule.excepted_until)
      page.line(rule.title + ": an exception held until " + time_text(*rule.excepted_until), 4, 2, Ink::yellow);
  }
  for (const Difference& difference : group.differences) page.line(difference_text(difference), 4);
}

/// "A rule, until 2027-03-31: 3 matches not told (why; who answers for it)"
std::string exception_text(const Suppressed& told, const RunFigures& run) {
  const ExceptionInfo& exception = *told.exception;
  std::string text = shown(exception.rule->title) + ", until " + time_text(exception.until).substr(0, 10) + ": ";
  text += told.times != 0     ? counted(told.times, "match", "matches") + " not told"
          : told.expired == 0 ? "never matched"
                              : "nothing kept back";
  if (run.last && *run.last > exception.until) text += "; expired";
  if (told.expired != 0) text += ", told since in " + counted(told.expired, "finding");
  return text + " (" + shown(exception.reason) + "; " + shown(exception.owner) + ')';
}

class FindingsSection final : public SummarySection {
 public:
  void observe(const Finding& finding) override {
    const auto level = static_cast<std::size_t>(finding.rule->level);
    if (finding.phase == Phase::start) {
      ++made_[level];
      const bool bounded = finding.others != Others::none || !finding.example.declared->source.device.empty();
      std::size_t& shown = (bounded ? shown_bounded_ : shown_forgeable_)[level];
      if (shown < kFindingsPerLevel) {
        ++shown;
        entries_.emplace(finding.number, entry_of(finding));
      }
    }
    const auto entry = entries_.find(finding.number);
    if (entry == entries_.end()) return;
    entry->second.count = finding.count;
    if (finding.expired) entry->second.excepted_until = finding.expired->until;
  }

  void render(TextPage& page, const RunFigures& run) const override {
    page.heading("Findings");
    if (run.packets == 0) {
      page.line("nothing was judged: no packet was read", 2, 2, Ink::yellow);
      return;
    }
    for (const Group& group : groups_of(entries_)) render_group(page, group, run);
    if (!entries_.empty()) page.gap();
    for (const Suppressed& told : run.exceptions) page.line("excepted: " + exception_text(told, run), 2, 2);
    const Ink calm = run.against_model ? Ink::green : Ink::plain;
    page.line(total_text(), 2, 2, entries_.empty() ? calm : Ink::bold);
    if (!run.against_model)
      page.line("no flow was judged, since no model was given (--model): only rules that need none", 2, 2, Ink::yellow);
  }

 private:
  /// "3 findings: 2 high, 1 medium"
  [[nodiscard]] std::string total_text() const {
    std::uint64_t total = 0;
    std::string levels;
    for (std::size_t level = made_.size(); level-- > 0;) {
      if (made_[level] == 0) continue;
      total += made_[level];
      levels.append(levels.empty() ? ": " : ", ").append(grouped(made_[level]) + ' ');
      levels += to_text(static_cast<Level>(level));
      const std::size_t shown = shown_bounded_[level] + shown_forgeable_[level];
      if (made_[level] > shown) levels += " (of which " + grouped(shown) + " are shown)";
    }
    return total == 0 ? "no finding" : counted(total, "finding") + levels;
  }

  std::map<std::uint64_t, Entry> entries_;  ///< by the finding's number
  std::array<std::uint64_t, kInks.size()> made_{};
  std::array<std::size_t, kInks.size()> shown_bounded_{};    ///< of declared sources, and of the others of a flood
  std::array<std::size_t, kInks.size()> shown_forgeable_{};  ///< else
};

}  // namespace

std::unique_ptr<SummarySection> make_findings_section() { return std::make_unique<FindingsSection>(); }

}  // namespace dcmwatch
