#include "detect/detector.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <functional>
#include <iterator>
#include <map>

namespace dcmwatch {
namespace {

constexpr char kEnd = '\0';  // between the parts of a key
// What a correlation's keys are made of, so that no group's is that of a source's others.
constexpr char kOfGroup = 'g', kOfSource = 's';
// Behind a rule's number, or the key of its source, and so that no finding's key is that of others.
constexpr std::string_view kOthers{"\0\0others", 8};
// Exceptions count as findings do, by numbers that no finding has.
constexpr std::uint64_t kOfException = std::uint64_t{1} << 63;
// A bit that no kind has: of rules that need no deviation, and of every observation.
constexpr DeviationKinds kWithoutDeviation = DeviationKinds{1} << 63;

template <typename Value>
void append_bytes(std::string& key, const Value& value) {
  key.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// A declared device by its name, which is never empty; another by its address.
void append_end(std::string& key, const Place& place, const Endpoint& endpoint) {
  (key += place.device) += kEnd;
  if (place.device.empty()) append_bytes(key, endpoint.address.bytes());
}

// Of what Detector::fits compares.
std::uint64_t plan_hash(const Observation& observation) {
  const auto [source_high, source_low] = observation.event.parties.source.address.words();
  const auto [destination_high, destination_low] = observation.event.parties.destination.address.words();
  const auto judgement = observation.declared.place();
  const std::uint64_t ends = folded_product(source_high ^ source_low ^ 0xa0761d6478bd642fU,
                                            destination_high ^ destination_low ^ 0xe7037ed1a0b428dbU);
  return folded_product(
      ends ^ judgement,
      (observation.event.facts.index() << 3 ^ static_cast<std::uint64_t>(observation.event.phase) << 1 ^
       static_cast<std::uint64_t>(observation.event.proven) ^ kind_of(observation.event) << 8) +
          0x8ebc6af09c88c6e3U);
}

// Others of a rule are not the source's of which the first of them happened to be, nor at its address.
Observation without_own_ends(const Observation& observation) {
  Observation several = observation;
  Parties& parties = several.event.parties;
  Declared declared = *several.declared;
  parties.source = {};
  parties.source_mac = {};
  declared.source = {};
  parties.destination.port = 0;
  if (declared.destination.device.empty()) {
    parties.destination = {};
    parties.destination_mac = {};
    declared.destination = {};
  }
  several.declared = SharedDeclared{std::move(declared)};
  return several;
}

// What others of a rule have in common is not what the first group of them had.
std::shared_ptr<const Correlated> of_several_groups(Correlated correlated) {
  correlated.group_by.clear();
  return std::make_shared<const Correlated>(std::move(correlated));
}

}  // namespace

/// What crosses becomes a finding.
class Detector::CrossingTeller final : public CrossingSink {
 public:
  CrossingTeller(Detector& detector, FindingSink& sink) : detector_(detector), sink_(sink) {}
  bool on_crossing(const Crossing& crossing) override { return detector_.on_crossing(crossing, sink_); }

 private:
  Detector& detector_;
  FindingSink& sink_;
};

Detector::Detector(RuleSet rules, const Limits& limits, const Exceptions& exceptions)
    : rules_(std::move(rules)),
      verdicts_(rules_),
      exceptions_(exceptions),
      exceptions_of_(rules_.size()),
      correlations_(rules_, limits),
      limits_(limits),
      counted_(limits.counted_things),
      stretches_(rules_.size()) {
  for (const Exception& exception : exceptions_) {
    exceptions_of_[exception.rule].push_back(suppressed_.size());
    suppressed_.push_back({exception.info});
    for (const std::size_t rule : judged_at_end_for(exception, rules_)) rules_[rule].at_end = true;
  }
  for (std::uint32_t rule = 0; rule < rules_.size(); ++rule) {
    if (rules_[rule].correlation) continue;
    const DeviationKinds needs = rules_[rule].needs().value_or(kWithoutDeviation);
    for (std::size_t dataset = 0; dataset < candidates_.size(); ++dataset) {
      if ((rules_[rule].datasets >> dataset & 1) != 0) candidates_[dataset].push_back({needs, rule});
    }
  }
}

void Detector::observe(const Observation& observation, FindingSink& sink) {
  ++observed_;
  now_ = std::max(now_, observation.event.last.time);
  verdicts_.take(observation);
  if (std::holds_alternative<CaptureNote>(observation.event.facts)) correlations_.note_blindness();
  const auto [plan, known] =
      plans_.find(plan_hash(observation), [&](const Plan& made) { return fits(made, observation); });
  if (!known) make(plan, observation);
  assert(leaves_out_none(plan, observation));
  Outcome& outcome = outcome_of(plan);
  for (Step& step : outcome.steps) {
    if (step.known && outcome.forgotten == forgotten_) {
      repeat(step, observation);
    } else {
      step = match(step.rule, observation, sink);
      step.known =
          step.known && step.others == Others::none && matches_alike(step.rule);  // else the next may have its own
    }
  }
  outcome.forgotten = forgotten_;
}

bool Detector::fits(const Plan& plan, const Observation& observation) {
  const Event& event = observation.event;
  return plan.declared == observation.declared && plan.dataset == event.facts.index() && plan.proven == event.proven &&
         plan.phase == event.phase && plan.kind == kind_of(event) && plan.source == event.parties.source.address &&
         plan.destination == event.parties.destination.address;
}

void Detector::make(Plan& plan, const Observation& observation) {
  const Event& event = observation.event;
  plan = {observation.declared,
          event.parties.source.address,
          event.parties.destination.address,
          event.facts.index(),
          kind_of(event),
          event.proven,
          event.phase,
          {},
          {},
          {}};
  const DeviationKinds kinds = kinds_of(*observation.declared) | kWithoutDeviation;
  for (const auto& [needs, rule] : candidates_[event.facts.index()]) {
    if ((needs & kinds) != 0 && verdicts_.decided(rules_[rule]) != false) plan.rules.push_back(rule);
  }
  plan.alike = verdicts_.alike();
}

Detector::Outcome& Detector::outcome_of(Plan& plan) {
  auto known = std::ranges::find_if(plan.outcomes, [&](const Outcome& one) { return verdicts_.same(one.particular); });
  if (known == plan.outcomes.end()) {
    if (plan.outcomes.size() < Plan::kMostOutcomes) plan.outcomes.emplace_back();
    known = std::prev(plan.outcomes.end());
    ask(*known, plan);
  }
  std::rotate(plan.outcomes.begin(), known, std::next(known));
  return plan.outcomes.front();
}

void Detector::ask(Outcome& outcome, const Plan& plan) {
  outcome = {};
  verdicts_.recall(plan.alike);
  for (const std::uint32_t rule : plan.rules) {
    if (!verdicts_.matches(rules_[rule])) continue;
    outcome.steps.push_back({.rule = rule});
    verdicts_.read(rules_[rule]);
  }
  outcome.particular = verdicts_.particular();
}

bool Detector::leaves_out_none(const Plan& plan, const Observation& observation) const {
  return std::ranges::all_of(candidates_[observation.event.facts.index()], [&](const Candidate& candidate) {
    return std::ranges::find(plan.rules, candidate.rule) != plan.rules.end() ||
           !rules_[candidate.rule].matches(observation);
  });
}

bool Detector::matches_alike(std::uint32_t rule) const {
  return exceptions_of_[rule].empty() && !correlations_.count(rule) && verdicts_.appends_the_same(rules_[rule]);
}

std::optional<std::size_t> Detector::exception_for(std::uint32_t rule, const Observation& observation,
                                                   Timestamp time) const {
  std::optional<std::size_t> ended;
  for (const std::size_t exception : exceptions_of_[rule]) {
    if (!exceptions_[exception].match.holds(Record{observation})) continue;
    if (exceptions_[exception].holds_at(time)) return exception;
    ended = exception;
  }
  return ended;
}

Detector::Step Detector::match(std::uint32_t rule, const Observation& observation, FindingSink& sink) {
  const Timestamp time = observation.event.last.time;
  const std::optional<std::size_t> exception = exception_for(rule, observation, time);
  if (exception && exceptions_[*exception].holds_at(time)) {
    const std::uint64_t number = kOfException | exceptions_[*exception].print;
    if (counted_.count(number, rules_[rule].counts, observation.event, observed_)) ++suppressed_[*exception].times;
    return {.rule = rule};
  }
  if (correlations_.count(rule)) {
    CrossingTeller teller{*this, sink};
    correlations_.observe(rule, rules_[rule].counts, observation, observed_, teller);
  }
  if (!rules_[rule].reports) return {.rule = rule};
  write_key(rule, observation);
  Step step = find(rule, observation, sink);
  if (step.known) {
    if (exception) tell_expired(step.open->finding, *exception);
    repeat(step, observation);
    return step;
  }
  step.known = true;
  step.open = start(step, observation, sink);
  if (exception) tell_expired(step.open->finding, *exception);
  static_cast<void>(counted_.count(step.open->finding.number, rules_[rule].counts, observation.event, observed_));
  note_folded(step);
  sink.on_finding(step.open->finding);
  return step;
}

void Detector::tell_expired(Finding& finding, std::size_t exception) {
  if (finding.expired || finding.others == Others::of_rule) return;  // of which most fell under none
  finding.expired = exceptions_[exception].info;
  ++suppressed_[exception].expired;
}

void Detector::repeat(const Step& step, const Observation& observation) {
  Finding& finding = step.open->finding;
  findings_.splice(findings_.end(), findings_, step.open);
  if (counted_.count(finding.number, rules_[step.rule].counts, observation.event, observed_)) {
    ++finding.count;
    note_folded(step);
  }
  finding.last = observation.event.last;
}

void Detector::write_key(std::uint32_t rule, const Observation& observation) {
  const Event& event = observation.event;
  key_.clear();
  append_bytes(key_, rule);
  if (std::holds_alternative<FlowStretch>(event.facts)) (key_ += observation.declared->flow) += kEnd;
  append_end(key_, observation.declared->source, event.parties.source);
  family_ = key_;
  append_end(key_, observation.declared->destination, event.parties.destination);
  verdicts_.append_matched(rules_[rule], key_);
}

// By the values that it groups by alone; whether all that was counted has one source may differ from time to time.
// Those that have none are groups of many: they are not folded as if all were one source's.
void Detector::write_key(const Crossing& crossing) {
  const Event& event = crossing.example.event;
  key_.clear();
  family_.clear();
  append_bytes(key_, crossing.rule);
  if (event.parties.source != Endpoint{}) {
    family_ = key_ + kOfSource;
    append_end(family_, crossing.example.declared->source, event.parties.source);
  }
  (key_ += kOfGroup) += crossing.group;
}

// Under which finding the match falls: the first of those, from its own to all others of its rule, that is open or may
// be opened.
Detector::Step Detector::find(std::uint32_t rule, const Observation& observation, FindingSink& sink) {
  Step step{.rule = rule};
  if (look_up(step)) return step;
  Stretch& stretch = stretch_of(rule, sink);
  if (takes_place(stretch, observation)) return step;
  if (distinct_.contains(family_)) {
    step.others = Others::of_source;
    (key_ = family_) += kOthers;
    if (look_up(step) || stretch.once.insert(key_).second) return step;
  }
  step.others = Others::of_rule;
  family_.clear();
  const std::string_view destination = observation.declared->destination.device;
  for (const std::string_view at : {destination, std::string_view{}}) {
    key_.clear();
    append_bytes(key_, rule);
    (key_ += kOthers) += at;
    if (look_up(step) || stretch.once.insert(key_).second || at.empty()) break;
  }
  return step;
}

bool Detector::look_up(Step& step) {
  const auto known = by_key_.find(key_);
  step.known = known != by_key_.end();
  if (step.known) step.open = known->second;
  return step.known;
}

// Of those that there are for new findings with one of their own, if any is left. Declared flows are as many as the
// model has, and nobody forges what is told of them.
bool Detector::takes_place(Stretch& stretch, const Observation& observation) {
  if (std::holds_alternative<FlowStretch>(observation.event.facts)) return true;
  const auto distinct = distinct_.find(family_);
  if (distinct != distinct_.end() && distinct->second >= kDistinctPerSource) return false;
  if (distinct != distinct_.end()) return stretch.further < limits_.rule_findings && ++stretch.further != 0;
  if (!family_.empty() && !observation.declared->source.device.empty()) return stretch.once.insert(family_).second;
  return stretch.first < limits_.rule_findings && ++stretch.first != 0;
}

// A clock that is set back gives no new stretch.
Detector::Stretch& Detector::stretch_of(std::uint32_t rule, FindingSink& sink) {
  Stretch& stretch = stretches_[rule];
  if (elapsed(stretch.since, now_) >= limits_.rule_findings_stretch) {
    end_others(stretch, sink);
    stretch = {};
  }
  const bool blank = stretch.once.empty() && stretch.first + stretch.further == 0;
  stretch.since = blank ? now_ : std::min(stretch.since, now_);
  return stretch;
}

// A flood is told when it comes, however long ago there was one before it.
void Detector::end_others(const Stretch& stretch, FindingSink& sink) {
  std::vector<Findings::iterator> over;
  for (const std::string& key : stretch.once) {
    const auto known = by_key_.find(key);
    if (known != by_key_.end() && known->second->finding.others != Others::none) over.push_back(known->second);
  }
  std::vector<Finding*> findings;
  for (const auto open : over) findings.push_back(&open->finding);
  tell_ends(std::move(findings), sink);
  for (const auto open : over) erase(open);
}

void Detector::erase(Findings::iterator open) {
  const auto distinct = distinct_.find(open->family);
  if (distinct != distinct_.end() && --distinct->second == 0) distinct_.erase(distinct);
  by_key_.erase(open->key);
  findings_.erase(open);
}

void Detector::note_folded(const Step& step) {
  if (step.others == Others::none) return;
  ++(step.others == Others::of_source ? folded_ : folded_by_rule_);
  ++folded_matches_[rules_[step.rule].info->id];
}

Detector::Findings::iterator Detector::start(const Step& step, const Observation& observation, FindingSink& sink) {
  if (findings_.size() >= std::max<std::size_t>(limits_.findings, 1)) forget_oldest(sink);
  const Event& event = observation.event;
  Finding finding{
      .rule = rules_[step.rule].info,
      .phase = Phase::start,
      .number = ++started_,
      .count = 1,
      .first = event.first,
      .last = event.last,
      .example = step.others == Others::of_rule ? without_own_ends(observation) : observation,
      .others = step.others,
  };
  insert({std::move(finding), key_, family_});
  return std::prev(findings_.end());
}

// As the one matched latest.
void Detector::insert(Open&& open) {
  if (!open.family.empty()) ++distinct_[open.family];
  const auto place = findings_.insert(findings_.end(), std::move(open));
  by_key_.emplace(place->key, place);
}

bool Detector::on_crossing(const Crossing& crossing, FindingSink& sink) {
  const Timestamp time = crossing.correlated->last.time;
  const std::optional<std::size_t> exception = exception_for(crossing.rule, crossing.example, time);
  if (exception && exceptions_[*exception].holds_at(time)) {
    if (!crossing.again) ++suppressed_[*exception].times;
    return false;
  }
  if (!rules_[crossing.rule].reports) return true;
  write_key(crossing);
  const Step step = find(crossing.rule, crossing.example, sink);
  note_folded(step);
  if (step.known) {
    findings_.splice(findings_.end(), findings_, step.open);
    ++step.open->finding.count;
    step.open->finding.last = crossing.correlated->last;
    if (exception) tell_expired(step.open->finding, *exception);
    return true;
  }
  Finding& finding = start(step, crossing.example, sink)->finding;
  finding.correlated = step.others == Others::of_rule ? of_several_groups(*crossing.correlated) : crossing.correlated;
  finding.last = finding.correlated->last;
  if (exception) tell_expired(finding, *exception);
  sink.on_finding(finding);
  return true;
}

void Detector::advance(Timestamp watermark, FindingSink& sink) {
  now_ = watermark < watermark_ ? watermark : std::max(now_, watermark);
  watermark_ = watermark;
  CrossingTeller teller{*this, sink};
  correlations_.advance(watermark, teller);
}

void Detector::forget_oldest(FindingSink& sink) {
  const auto place = std::ranges::find_if(findings_, [](const Open& open) { return !open.of_all(); });
  if (place == findings_.end()) return;
  place->finding.phase = Phase::end;
  sink.on_finding(place->finding);
  erase(place);
  ++forgotten_;
}

void Detector::finish(FindingSink& sink) {
  std::vector<Finding*> findings;
  for (Open& open : findings_) findings.push_back(&open.finding);
  tell_ends(std::move(findings), sink);
  plans_.clear();
  by_key_.clear();
  distinct_.clear();
  stretches_.assign(rules_.size(), {});
  counted_.clear();
  findings_.clear();
  correlations_.clear();
}

void Detector::tell_ends(std::vector<Finding*> findings, FindingSink& sink) {
  std::ranges::sort(findings, {}, &Finding::number);
  for (Finding* const finding : findings) {
    finding->phase = Phase::end;
    sink.on_finding(*finding);
  }
}

void Detector::adopt(Detector&& old, FindingSink& sink) {
  std::multimap<std::string_view, std::uint32_t> by_id;
  for (std::uint32_t rule = 0; rule < rules_.size(); ++rule) by_id.emplace(rules_[rule].info->id, rule);
  std::vector<std::optional<std::uint32_t>> same(old.rules_.size());
  for (std::size_t i = 0; i < same.size(); ++i) {
    const Rule& known = old.rules_[i];
    const auto [first, last] = by_id.equal_range(known.info->id);
    const auto here = std::find_if(first, last, [&](const auto& rule) {
      return rules_[rule.second].print == known.print && rules_[rule.second].reports == known.reports;
    });
    if (here != last) same[i] = here->second;
  }
  correlations_.adopt(std::move(old.correlations_), same);
  adopt_suppressed(old, same);
  counted_ = std::move(old.counted_);
  observed_ = old.observed_;
  started_ = old.started_;
  forgotten_ = old.forgotten_;
  folded_ = old.folded_;
  folded_by_rule_ = old.folded_by_rule_;
  folded_matches_ = std::move(old.folded_matches_);
  now_ = old.now_;
  watermark_ = old.watermark_;
  adopt_stretches(old, same);
  std::vector<Finding*> gone;
  for (Open& open : old.findings_) {
    std::uint32_t rule = 0;
    std::memcpy(&rule, open.key.data(), sizeof rule);
    if (!same[rule]) {
      gone.push_back(&open.finding);
      continue;
    }
    std::memcpy(open.key.data(), &*same[rule], sizeof rule);
    if (!open.family.empty()) std::memcpy(open.family.data(), &*same[rule], sizeof rule);
    open.finding.rule = rules_[*same[rule]].info;
    insert(std::move(open));
  }
  tell_ends(std::move(gone), sink);
}

void Detector::adopt_stretches(Detector& old, const std::vector<std::optional<std::uint32_t>>& same) {
  for (std::size_t i = 0; i < same.size(); ++i) {
    if (!same[i]) continue;
    const Stretch& known = old.stretches_[i];
    Stretch& stretch = stretches_[*same[i]];
    stretch = {.since = known.since, .first = known.first, .further = known.further};
    for (std::string key : known.once) {
      std::memcpy(key.data(), &*same[i], sizeof *same[i]);
      stretch.once.insert(std::move(key));
    }
  }
}

void Detector::adopt_suppressed(Detector& old, const std::vector<std::optional<std::uint32_t>>& same) {
  std::map<std::uint64_t, std::size_t> known;
  for (std::size_t i = 0; i < old.exceptions_.size(); ++i) known.emplace(old.exceptions_[i].print, i);
  for (std::size_t i = 0; i < exceptions_.size(); ++i) {
    const auto at = known.find(exceptions_[i].print);
    if (at == known.end() || same[old.exceptions_[at->second].rule] != exceptions_[i].rule) continue;
    suppressed_[i].times = old.suppressed_[at->second].times;
    suppressed_[i].expired = old.suppressed_[at->second].expired;
    old.suppressed_[at->second].times = 0;
    known.erase(at);  // one that is written twice is another
  }
  suppressed_before_ = std::move(old.suppressed_before_);
  for (const Suppressed& gone : old.suppressed_) {
    if (gone.times == 0) continue;
    const auto before =
        std::ranges::find(suppressed_before_, gone.exception->rule->id,
                          [](const Suppressed& one) -> const std::string& { return one.exception->rule->id; });
    if (before == suppressed_before_.end()) {
      suppressed_before_.push_back(gone);
    } else {
      before->times += gone.times;
    }
  }
}

}  // namespace dcmwatch
