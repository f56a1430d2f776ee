#include "detect/detector.h"

#include <algorithm>
#include <functional>

namespace dcmwatch {
namespace {

constexpr char kEnd = '\0';  // between the parts of a key
constexpr std::string_view kOthers = "others";
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

/// By what a record is known in all its phases: operations and messages by the packet that began them.
struct Identity {
  std::uint64_t packet = 0;
  std::uint64_t identifier = 0;
};

struct IdentityOf {
  const Event& event;

  Identity operator()(const ConnectionFact&) const { return {}; }
  Identity operator()(const DicomAssociation&) const { return {}; }  // PS3.8 9.1: a connection carries one
  Identity operator()(const DicomOperation& operation) const {
    return {operation.requested.packet, operation.message_id};
  }
  Identity operator()(const DicomStudy& study) const { return {event.first.packet, print_of(study.study)}; }
  // The control id is a keyed pseudonym, so nobody can choose two of one hash.
  Identity operator()(const Hl7Message& message) const { return {message.sent.packet, print_of(message.control_id)}; }
  Identity operator()(const TlsConnection&) const { return {}; }  // a connection carries one
  Identity operator()(const Violation&) const { return {0, event.ordinal}; }
  Identity operator()(const Link& link) const {
    return {event.last.packet, link.cause << 8 | static_cast<std::uint64_t>(link.kind)};
  }
  Identity operator()(const Workflow& workflow) const {
    return {event.first.packet, print_of(workflow.accession) ^ print_of(workflow.study)};
  }
  Identity operator()(const FlowStretch& stretch) const {
    return {static_cast<std::uint64_t>(to_ns(event.last.time)), std::hash<std::string_view>{}(stretch.device)};
  }
  Identity operator()(const CaptureNote&) const { return {event.last.packet, 0}; }
};

// Of what Detector::fits compares.
std::uint64_t plan_hash(const Observation& observation) {
  const auto [source_high, source_low] = observation.event.parties.source.address.words();
  const auto [destination_high, destination_low] = observation.event.parties.destination.address.words();
  const auto judgement = observation.declared.place();
  const std::uint64_t ends = folded_product(source_high ^ source_low ^ 0xa0761d6478bd642fU,
                                            destination_high ^ destination_low ^ 0xe7037ed1a0b428dbU);
  return folded_product(ends ^ judgement, observation.event.facts.index() ^ 0x8ebc6af09c88c6e3U);
}

// Whether nothing more will be told of what was counted.
bool ends(const Event& event, Counts counts) {
  return event.phase == Phase::end &&
         (counts == Counts::records || std::holds_alternative<ConnectionFact>(event.facts));
}

}  // namespace

std::size_t Detector::CountedHash::operator()(const Counted& counted) const {
  std::uint64_t hash = 0;
  for (const std::uint64_t part :
       {counted.finding, counted.conversation, counted.packet, counted.identifier, counted.dataset}) {
    hash = (hash ^ part) * 0x9e3779b97f4a7c15U;
    hash ^= hash >> 32;
  }
  return hash;
}

Detector::Detector(RuleSet rules, const Limits& limits, const Exceptions& exceptions)
    : rules_(std::move(rules)),
      exceptions_(exceptions),
      exceptions_of_(rules_.size()),
      limits_(limits),
      counted_(limits.findings) {
  for (const Exception& exception : exceptions_) {
    exceptions_of_[exception.rule].push_back(suppressed_.size());
    suppressed_.push_back({exception.info});
  }
  for (std::uint32_t rule = 0; rule < rules_.size(); ++rule) {
    const DeviationKinds needs = rules_[rule].needs().value_or(kWithoutDeviation);
    for (std::size_t dataset = 0; dataset < candidates_.size(); ++dataset) {
      if ((rules_[rule].datasets >> dataset & 1) != 0) candidates_[dataset].push_back({needs, rule});
    }
  }
}

void Detector::observe(const Observation& observation, FindingSink& sink) {
  if (observation.declared->deviations.empty()) {
    for (const Candidate& candidate : candidates_[observation.event.facts.index()]) {
      if (candidate.needs == kWithoutDeviation && rules_[candidate.rule].matches(observation))
        match(candidate.rule, observation, sink);
    }
    return;
  }
  const auto [plan, known] =
      plans_.find(plan_hash(observation), [&](const Plan& made) { return fits(made, observation); });
  if (!known) return make(plan, observation, sink);
  for (const Step& step : plan.steps) {
    if (step.known) {
      repeat(step, observation);
    } else if (rules_[step.rule].matches(observation)) {
      match(step.rule, observation, sink);
    }
  }
}

bool Detector::fits(const Plan& plan, const Observation& observation) const {
  const Event& event = observation.event;
  return plan.declared == observation.declared && plan.dataset == event.facts.index() &&
         plan.source == event.parties.source.address && plan.destination == event.parties.destination.address &&
         plan.forgotten == forgotten_;
}

void Detector::make(Plan& plan, const Observation& observation, FindingSink& sink) {
  const Event& event = observation.event;
  plan = {observation.declared,
          event.parties.source.address,
          event.parties.destination.address,
          event.facts.index(),
          forgotten_,
          {}};
  const DeviationKinds kinds = kinds_of(*observation.declared) | kWithoutDeviation;
  for (const auto& [needs, rule] : candidates_[event.facts.index()]) {
    if ((needs & kinds) == 0) continue;
    const bool matches = rules_[rule].matches(observation);
    const Step known = matches ? match(rule, observation, sink) : Step{};
    if (!goes_by_judgement(rule)) {
      plan.steps.push_back({.rule = rule});
    } else if (matches) {
      plan.steps.push_back(known);
    }
  }
}

bool Detector::goes_by_judgement(std::uint32_t rule) const {
  return exceptions_of_[rule].empty() && rules_[rule].asks_for_deviations_alone();
}

std::optional<std::size_t> Detector::exception_for(std::uint32_t rule, const Observation& observation) const {
  std::optional<std::size_t> ended;
  for (const std::size_t exception : exceptions_of_[rule]) {
    if (!exceptions_[exception].match.holds(Record{observation})) continue;
    if (exceptions_[exception].holds_at(observation.event.last.time)) return exception;
    ended = exception;
  }
  return ended;
}

Detector::Step Detector::match(std::uint32_t rule, const Observation& observation, FindingSink& sink) {
  const std::optional<std::size_t> exception = exception_for(rule, observation);
  if (exception && exceptions_[*exception].holds_at(observation.event.last.time)) {
    if (counts_anew(rules_[rule], kOfException | *exception, observation)) ++suppressed_[*exception].times;
    return {.rule = rule};
  }
  Step step = find(rule, observation);
  if (step.known) {
    if (exception) tell_expired(step.open->finding, *exception);
    repeat(step, observation);
    return step;
  }
  step.known = true;
  step.open = start(rules_[rule], observation, sink);
  if (exception) tell_expired(step.open->finding, *exception);
  static_cast<void>(counts_anew(rules_[rule], step.open->finding.number, observation));
  if (step.folded) ++folded_;
  sink.on_finding(step.open->finding);
  return step;
}

void Detector::tell_expired(Finding& finding, std::size_t exception) {
  if (finding.expired) return;
  finding.expired = exceptions_[exception].info;
  ++suppressed_[exception].expired;
}

void Detector::repeat(const Step& step, const Observation& observation) {
  Finding& finding = step.open->finding;
  findings_.splice(findings_.end(), findings_, step.open);
  if (step.folded) ++folded_;
  if (counts_anew(rules_[step.rule], finding.number, observation)) ++finding.count;
  finding.last = observation.event.last;
}

void Detector::write_key(std::uint32_t rule, const Observation& observation) {
  const Event& event = observation.event;
  key_.clear();
  append_bytes(key_, rule);
  if (std::holds_alternative<FlowStretch>(event.facts)) (key_ += observation.declared->flow) += kEnd;
  append_end(key_, observation.declared->source, event.parties.source);
  family_length_ = key_.size();
  append_end(key_, observation.declared->destination, event.parties.destination);
  rules_[rule].append_matched(observation, key_);
}

Detector::Step Detector::find(std::uint32_t rule, const Observation& observation) {
  write_key(rule, observation);
  Step step{.rule = rule};
  auto known = by_key_.find(key_);
  if (known == by_key_.end()) {
    const auto distinct = distinct_.find(std::string_view{key_}.substr(0, family_length_));
    step.folded = distinct != distinct_.end() && distinct->second >= kDistinctPerSource;
    if (step.folded) {
      key_.replace(family_length_, std::string::npos, kOthers);
      known = by_key_.find(key_);
    }
  }
  step.known = known != by_key_.end();
  if (step.known) step.open = known->second;
  return step;
}

Detector::Findings::iterator Detector::start(const Rule& rule, const Observation& observation, FindingSink& sink) {
  if (findings_.size() >= std::max<std::size_t>(limits_.findings, 1)) forget_oldest(sink);
  ++distinct_[key_.substr(0, family_length_)];
  const Event& event = observation.event;
  Finding finding{rule.info, Phase::start, ++started_, 1, event.first, event.last, observation, {}};
  const auto open = findings_.insert(findings_.end(), {std::move(finding), key_, family_length_});
  by_key_.emplace(open->key, open);
  return open;
}

bool Detector::counts_anew(const Rule& rule, std::uint64_t number, const Observation& observation) {
  const Event& event = observation.event;
  Counted counted{.finding = number, .conversation = event.conversation};
  if (rule.counts == Counts::records) {
    const Identity identity = std::visit(IdentityOf{event}, event.facts);
    counted.packet = identity.packet;
    counted.identifier = identity.identifier;
    counted.dataset = event.facts.index();
  }
  return ends(event, rule.counts) ? !counted_.forget(counted) : counted_.remember(counted);
}

void Detector::forget_oldest(FindingSink& sink) {
  Open& oldest = findings_.front();
  oldest.finding.phase = Phase::end;
  sink.on_finding(oldest.finding);
  const auto distinct = distinct_.find(std::string_view{oldest.key}.substr(0, oldest.family_length));
  if (--distinct->second == 0) distinct_.erase(distinct);
  by_key_.erase(oldest.key);
  findings_.pop_front();
  ++forgotten_;
}

void Detector::finish(FindingSink& sink) {
  std::vector<Finding*> in_order;
  for (Open& open : findings_) in_order.push_back(&open.finding);
  std::sort(in_order.begin(), in_order.end(),
            [](const Finding* one, const Finding* other) { return one->number < other->number; });
  for (Finding* const finding : in_order) {
    finding->phase = Phase::end;
    sink.on_finding(*finding);
  }
  plans_.clear();
  by_key_.clear();
  distinct_.clear();
  counted_.clear();
  findings_.clear();
}

}  // namespace dcmwatch
