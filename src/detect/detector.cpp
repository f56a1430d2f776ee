#include "detect/detector.h"

#include <algorithm>
#include <vector>

namespace dcmwatch {
namespace {

constexpr char kEnd = '\0';  // between the parts of a key

void append_number(std::string& key, std::uint64_t number) { (key += std::to_string(number)) += kEnd; }

void append_end(std::string& key, const Place& place, const Endpoint& endpoint) {
  if (place.device.empty()) {
    append_text(key, endpoint.address);
  } else {
    key += place.device;
  }
  key += kEnd;
}

/// Adds by what a record is known in all its phases: operations and messages by the packet that began them.
struct AppendIdentity {
  std::string& key;
  const Event& event;

  void operator()(const ConnectionFact&) const {}
  void operator()(const DicomAssociation&) const {}  // PS3.8 9.1: a connection carries one
  void operator()(const DicomOperation& operation) const {
    append_number(key, operation.requested.packet);
    append_number(key, operation.message_id);
  }
  void operator()(const Hl7Message& message) const {
    append_number(key, message.sent.packet);
    key += message.control_id;
  }
  void operator()(const Violation&) const { append_number(key, event.ordinal); }
  void operator()(const Link&) const { append_number(key, event.ordinal); }
  void operator()(const CaptureNote&) const { append_number(key, event.last.packet); }
};

// Whether nothing more will be told of what was counted.
bool ends(const Event& event, Counts counts) {
  return event.phase == Phase::end &&
         (counts == Counts::records || std::holds_alternative<ConnectionFact>(event.facts));
}

}  // namespace

void Detector::observe(const Observation& observation, FindingSink& sink) {
  for (const Rule& rule : rules_) {
    if (rule.matches(observation)) match(rule, observation, sink);
  }
}

void Detector::match(const Rule& rule, const Observation& observation, FindingSink& sink) {
  bool fresh = false;
  const auto open = find_or_start(rule, observation, sink, fresh);
  const bool anew = counts_anew(rule, open->finding.number, observation);
  open->finding.last = observation.event.last;
  if (fresh) {
    sink.on_finding(open->finding);
  } else if (anew) {
    ++open->finding.count;
  }
}

Detector::Findings::iterator Detector::find_or_start(const Rule& rule, const Observation& observation,
                                                     FindingSink& sink, bool& fresh) {
  const Event& event = observation.event;
  std::string family = rule.info->id + kEnd;
  append_end(family, observation.declared.source, event.parties.source);
  std::string key = family;
  append_end(key, observation.declared.destination, event.parties.destination);
  key += rule.matched(observation);

  auto known = by_key_.find(key);
  if (known == by_key_.end() && distinct_[family] >= kDistinctPerSource) {
    ++folded_;
    key = family + "others";
    known = by_key_.find(key);
  }
  if (known != by_key_.end()) {
    findings_.splice(findings_.end(), findings_, known->second);
    return known->second;
  }
  if (findings_.size() >= std::max<std::size_t>(limits_.findings, 1)) forget_oldest(sink);
  fresh = true;
  ++distinct_[family];
  Finding finding{rule.info, Phase::start, ++started_, 1, event.first, event.last, observation};
  const auto open = findings_.insert(findings_.end(), {std::move(finding), key, std::move(family)});
  by_key_.emplace(std::move(key), open);
  return open;
}

bool Detector::counts_anew(const Rule& rule, std::uint64_t number, const Observation& observation) {
  const Event& event = observation.event;
  std::string key;
  append_number(key, number);
  append_number(key, event.conversation);
  if (rule.counts == Counts::records) {
    append_number(key, event.facts.index());
    std::visit(AppendIdentity{key, event}, event.facts);
  }
  const auto known = counted_by_key_.find(key);
  const bool anew = known == counted_by_key_.end();
  const bool over = ends(event, rule.counts);
  if (over && !anew) {
    counted_.erase(known->second);
    counted_by_key_.erase(known);
  } else if (!anew) {
    counted_.splice(counted_.end(), counted_, known->second);
  } else if (!over) {
    if (counted_.size() >= std::max<std::size_t>(limits_.findings, 1)) {
      counted_by_key_.erase(counted_.front());
      counted_.pop_front();
    }
    counted_by_key_.emplace(key, counted_.insert(counted_.end(), key));
  }
  return anew;
}

void Detector::forget_oldest(FindingSink& sink) {
  Open& oldest = findings_.front();
  oldest.finding.phase = Phase::end;
  sink.on_finding(oldest.finding);
  const auto distinct = distinct_.find(oldest.family);
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
  by_key_.clear();
  distinct_.clear();
  counted_by_key_.clear();
  counted_.clear();
  findings_.clear();
}

}  // namespace dcmwatch
