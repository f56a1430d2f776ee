#include "detect/correlations.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <functional>
#include <type_traits>
#include <utility>

#include "detect/values.h"

namespace dcmwatch {
namespace {

// Any timespan can be added to it.
constexpr Timestamp kLatest{std::chrono::seconds{kLatestSecond}};

/// Gives a field's values, as texts, to one function.
template <typename Visit>
class Texts final : public FieldSink {
 public:
  explicit Texts(Visit& visit) : visit_(visit) {}
  void text(std::string_view value) override { visit_(value); }
  void number(std::int64_t value) override { visit_(std::to_string(value)); }
  void boolean(bool value) override { visit_(value ? "true" : "false"); }
  void address(const IpAddress& value) override {
    std::array<char, kLongestIpText> text;
    visit_(std::string_view{text.data(), put_text(text.data(), value)});
  }
  void time(Timestamp value) override { visit_(to_rfc3339(value)); }

 private:
  Visit& visit_;
};

template <typename Visit>
void each_text(const Correlation::Source& source, const Observation& observation, const std::vector<std::string>* group,
               Visit visit) {
  if (!source.field) return visit(std::string_view{(*group)[source.group_value]});
  Texts<Visit> texts{visit};
  (*source.field).visit(Record{observation}, texts);
}

std::uint64_t amount_of(const Field& field, const Observation& observation) {
  std::uint64_t amount = 0;
  const auto take = [&amount](const auto& value) {
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::int64_t>)
      amount = value < 0 ? 0 : static_cast<std::uint64_t>(value);
  };
  each_value(field, Record{observation}, take);
  return amount;
}

// Each value with its length before it, so that no two lists of values are the same text.
void append_value(std::string& key, std::string_view value) {
  const std::uint64_t length = value.size();
  std::array<char, sizeof length> bytes{};
  std::memcpy(bytes.data(), &length, sizeof length);
  key.append(bytes.data(), bytes.size()).append(value);
}

std::vector<std::string> values_of(std::string_view key) {
  std::vector<std::string> values;
  while (!key.empty()) {
    std::uint64_t length = 0;
    std::memcpy(&length, key.data(), sizeof length);
    values.emplace_back(key.substr(sizeof length, length));
    key.remove_prefix(sizeof length + length);
  }
  return values;
}

// Events are counted, and amounts added, by their groups, whichever rule they match. Of values the window knows which
// it has, and to temporal types it matters which rule matched.
std::vector<std::uint64_t> numbers_of(const Correlation& correlation) {
  std::vector<std::uint64_t> numbers;
  for (std::size_t member = 0; member < correlation.members.size(); ++member) {
    std::size_t first = member;
    if (correlation.type == CorrelationType::event_count || correlation.type == CorrelationType::value_sum) {
      const Correlation::Member& one = correlation.members[member];
      const auto same = [&](const Correlation::Member& other) {
        return other.group_by == one.group_by && other.counted == one.counted;
      };
      first = static_cast<std::size_t>(std::ranges::find_if(correlation.members, same) - correlation.members.begin());
    }
    numbers.push_back(first);
  }
  return numbers;
}

}  // namespace

Correlations::Correlations(const RuleSet& rules, const Limits& limits) : limits_(limits), uses_(rules.size()) {
  for (std::uint32_t rule = 0; rule < rules.size(); ++rule) {
    const auto& correlation = rules[rule].correlation;
    if (!correlation) continue;
    for (std::size_t member = 0; member < correlation->members.size(); ++member)
      uses_[correlation->members[member].rule].push_back({running_.size(), member});
    if (correlation->judged_at_close()) judged_at_close_.push_back(running_.size());
    Running& running = running_.emplace_back(Running{rule, correlation, CountedOnce{limits.counted_things}});
    running.numbers = numbers_of(*correlation);
    running.latest.resize(correlation->members.size());
  }
}

void Correlations::observe(std::uint32_t rule, Counts counts, const Observation& observation, std::uint64_t sequence,
                           CrossingSink& sink) {
  if (sequence != observed_) {
    observed_ = sequence;
    move_on(observation.event.last.time, sink);
    ++sequence_;
  }
  for (const Use& use : uses_[rule]) feed(use, {observation, observation.event.last, counts}, sink);
}

void Correlations::advance(Timestamp watermark, CrossingSink& sink) {
  if (watermark < watermark_) {
    set_back_ = elapsed(watermark, now_);
    note_blindness();
  }
  watermark_ = watermark;
  if (watermark <= kLatest - set_back_) close_before(watermark + set_back_, sink);
}

// A clock that is set back again and again, from as far as there are numbers, leaves none: then all begins anew.
void Correlations::move_on(Timestamp time, CrossingSink& sink) {
  if (time > kLatest - set_back_) {
    clear();
    set_back_ = {};
    now_ = time;
    blind_ = Timestamp::min();
  }
  close_before(time + set_back_, sink);
  now_ = std::max(now_, time + set_back_);
}

// In the order of their ends, whichever correlation they are of.
void Correlations::close_before(Timestamp time, CrossingSink& sink) {
  while (Running* const running = first_to_close(time)) close_first(*running, sink);
}

Correlations::Running* Correlations::first_to_close(Timestamp time) {
  Running* first = nullptr;
  Timestamp earliest{};
  for (const std::size_t place : judged_at_close_) {
    Running& running = running_[place];
    if (running.groups.empty()) continue;
    const Timestamp end = running.groups.front().opened + running.correlation->timespan;
    if (end > time || (first && end >= earliest)) continue;
    first = &running;
    earliest = end;
  }
  return first;
}

void Correlations::close_first(Running& running, CrossingSink& sink) {
  Groups closing;
  running.by_key.erase(running.groups.front().key);
  running.bytes -= running.groups.front().bytes;
  closing.splice(closing.end(), running.groups, running.groups.begin());
  Group& group = closing.front();
  now_ = std::max(now_, group.opened + running.correlation->timespan);
  const std::size_t count = group.window->count();
  if (blind_ >= group.opened || count < running.correlation->least || count > running.correlation->most) return;
  ++sequence_;
  cross(running, group, std::move(*group.example), Timestamp::min(), sink);
}

void Correlations::feed(const Use& use, const Match& match, CrossingSink& sink) {
  Running& running = running_[use.running];
  const Correlation& correlation = *running.correlation;
  const Correlation::Member& member = correlation.members[use.member];
  if (!read_group(member, match)) return;
  if (!correlation.judged_at_close()) forget_idle(running);
  Group* group = nullptr;
  bool crossed = false;
  std::optional<bool> fresh;  // of a record: whether nothing of it counted before
  const auto count = [&](std::string_view value) {
    if (match.counts == Counts::conversations) fresh.reset();
    if (!fresh) fresh = counts(running, use, match, value);
    if (!*fresh) return;
    if (!group) group = &group_of(running, match);
    crossed |= add(running, *group, {now_, match.mark, sequence_, use.member, value});
  };
  if (correlation.type == CorrelationType::value_count) {
    each_text(member.counted, match.observation, match.group, count);
  } else if (correlation.type == CorrelationType::value_sum) {
    if (match.observation.event.phase != Phase::end) return;
    const std::uint64_t amount = amount_of(*member.counted.field, match.observation);
    if (amount == 0 || !is_first_of_observation(running, use.member)) return;
    group = &group_of(running, match);
    crossed = add(running, *group, {now_, match.mark, sequence_, use.member, {}, amount});
  } else {
    count({});
  }
  if (crossed) {
    group->crossed = cross(running, *group, match.observation, now_ - correlation.timespan, sink);
    group->quiet = !group->crossed;
  }
  bound(running);
}

// Whether it did not count before: in an earlier phase, or as what another of the rules matched, too.
bool Correlations::counts(Running& running, const Use& use, const Match& match, std::string_view value) {
  if (match.group) return true;
  const std::uint64_t number = running.numbers[use.member];
  const CorrelationType type = running.correlation->type;
  if (type == CorrelationType::event_count && !is_first_of_observation(running, use.member)) return false;
  const bool by_value = type == CorrelationType::value_count && match.counts == Counts::conversations;
  return running.counted.count(number, match.counts, match.observation.event, sequence_,
                               by_value ? std::hash<std::string_view>{}(value) | 1 : 0);
}

bool Correlations::is_first_of_observation(Running& running, std::size_t member) {
  return std::exchange(running.latest[running.numbers[member]], sequence_) != sequence_;
}

bool Correlations::read_group(const Correlation::Member& member, const Match& match) {
  key_.clear();
  for (const Correlation::Source& source : member.group_by) {
    bool there = false;
    each_text(source, match.observation, match.group, [&](std::string_view value) {
      if (!there) append_value(key_, value);
      there = true;
    });
    if (!there) return false;
  }
  return true;
}

Correlations::Group& Correlations::group_of(Running& running, const Match& match) {
  const bool slides = !running.correlation->judged_at_close();
  auto known = running.by_key.find(key_);
  if (known == running.by_key.end()) {
    const auto place = running.groups.insert(running.groups.end(), Group{});
    place->key = key_;
    place->window = make_window(*running.correlation);
    place->opened = now_;
    if (!slides) place->example = match.observation;
    known = running.by_key.emplace(place->key, place).first;
  } else if (slides) {
    running.groups.splice(running.groups.end(), running.groups, known->second);
  }
  Group& group = *known->second;
  group.ends.add(match.observation, now_);
  group.latest = now_;
  group.latest_mark = match.mark;
  return group;
}

// Whether the count has reached the bound, if it is to be told of as soon as it does.
bool Correlations::add(Running& running, Group& group, const CountedMatch& occurrence) {
  const Correlation& correlation = *running.correlation;
  CorrelationWindow& window = *group.window;
  const bool slides = !correlation.judged_at_close();
  if (slides) window.expire(now_ - correlation.timespan);
  if (window.count() < correlation.least) group.crossed = group.quiet = false;
  window.add(occurrence);
  const std::size_t bytes =
      sizeof group + group.key.size() + window.bytes() + (group.example ? sizeof *group.example : 0);
  running.bytes += bytes - group.bytes;
  group.bytes = bytes;
  return slides && !group.crossed && window.count() >= correlation.least;
}

// Of these nothing lies within the timespan.
void Correlations::forget_idle(Running& running) {
  while (!running.groups.empty() && running.groups.front().latest <= now_ - running.correlation->timespan)
    forget_first(running);
}

void Correlations::bound(Running& running) {
  for (; running.groups.size() > std::max<std::size_t>(limits_.correlation_groups, 1); ++groups_forgotten_)
    forget_first(running);
  for (; running.groups.size() > 1 && running.bytes > limits_.correlation_bytes; ++bytes_forgotten_)
    forget_first(running);
}

void Correlations::forget_first(Running& running) {
  running.by_key.erase(running.groups.front().key);
  running.bytes -= running.groups.front().bytes;
  running.groups.pop_front();
}

bool Correlations::cross(const Running& running, const Group& group, Observation example, Timestamp since,
                         CrossingSink& sink) {
  const Correlation& correlation = *running.correlation;
  const std::vector<std::string> values = values_of(group.key);
  Correlated correlated{to_text(correlation.type), group.window->count(), {},
                        group.window->first(),     group.latest_mark,     {}};
  for (std::size_t i = 0; i < values.size(); ++i)
    correlated.group_by.push_back(correlation.group_by[i] + ": " + values[i]);
  const std::vector<bool> members = group.window->members();
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i]) correlated.rules.push_back(correlation.members[i].name);
  }
  group.ends.keep_shared(example, since);
  const Crossing crossing{running.rule, group.key, group.quiet, std::move(example),
                          std::make_shared<const Correlated>(std::move(correlated))};
  if (!sink.on_crossing(crossing)) return false;
  for (const Use& use : uses_[running.rule])
    feed(use, {crossing.example, group.latest_mark, Counts::records, &values}, sink);
  return true;
}

std::uint64_t Correlations::things_forgotten() const {
  std::uint64_t forgotten = 0;
  for (const Running& running : running_) forgotten += running.counted.forgotten();
  return forgotten;
}

void Correlations::clear() {
  for (Running& running : running_) {
    running.by_key.clear();
    running.groups.clear();
    running.bytes = 0;
    running.counted.clear();
  }
}

void Correlations::adopt(Correlations&& old, const std::vector<std::optional<std::uint32_t>>& new_rules) {
  for (Running& known : old.running_) {
    const auto rule = new_rules[known.rule];
    const auto same = std::ranges::find_if(running_, [&](const Running& running) { return running.rule == rule; });
    if (same == running_.end()) continue;
    same->counted = std::move(known.counted);
    same->groups = std::move(known.groups);
    same->by_key = std::move(known.by_key);
    same->bytes = known.bytes;
  }
  now_ = old.now_;
  set_back_ = old.set_back_;
  watermark_ = old.watermark_;
  blind_ = old.blind_;
  observed_ = old.observed_;
  sequence_ = old.sequence_;
  groups_forgotten_ = old.groups_forgotten_;
  bytes_forgotten_ = old.bytes_forgotten_;
}

}  // namespace dcmwatch
