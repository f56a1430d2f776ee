#include "model/flow_watch.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "event/dicom_names.h"
#include "model/model_writer.h"

namespace dcmwatch {
namespace {

constexpr Duration kHour = std::chrono::hours{1};
constexpr Duration kLongestCatchingUp = std::chrono::hours{24};  // of hours in which nothing was told
// In the last part of a time of waiting somebody has to be seen, for a mirror that died in it shows silence, too.
constexpr int kLastPart = 4;
constexpr std::size_t kMostChanges = 4096;  // of schedules that never leave enough time together

Timestamp last_part(Timestamp end, Duration waited) { return end - waited / kLastPart; }

Timestamp end_of_hour(Timestamp time) {
  const auto into = time.time_since_epoch() % kHour;
  return time - into + kHour;
}

/// "2026-02-09 09:12 UTC"
std::string minute_text(Timestamp time) {
  constexpr std::size_t kDay = 10, kMinute = 16;
  const std::string text = to_rfc3339(time);
  return text.substr(0, kDay) + ' ' + text.substr(kDay + 1, kMinute - kDay - 1) + " UTC";
}

std::string rate_text(std::uint64_t count, RateOf what, std::string_view when) {
  std::string name{to_text(what)};
  std::ranges::replace(name, '_', ' ');
  return std::to_string(count) + ' ' + name + std::string{when};
}

std::vector<std::uint32_t> devices_of(const Model& model, const std::vector<Party>& parties) {
  std::set<std::uint32_t> devices;
  for (const Party& party : parties) {
    for (const std::uint32_t device : devices_of(model, party)) devices.insert(device);
  }
  return {devices.begin(), devices.end()};
}

/// What is counted of a record; nothing if it tells no more than what was counted, or will be.
std::optional<RateOf> counted_as(const Event& event) {
  const bool over = event.phase == Phase::end;
  if (const auto* connection = std::get_if<ConnectionFact>(&event.facts)) {
    const bool unspoken = connection->bytes[0] + connection->bytes[1] == 0;  // then it has no start
    const bool once = event.phase == Phase::start || (over && (event.ordinal == 1 || unspoken));
    return once ? std::optional{RateOf::connections} : std::nullopt;
  }
  if (const auto* message = std::get_if<Hl7Message>(&event.facts))
    return over && message->message_seen ? std::optional{RateOf::messages} : std::nullopt;
  if (const auto* operation = std::get_if<DicomOperation>(&event.facts))
    return over && operation->request_seen ? std::optional{RateOf::operations} : std::nullopt;
  if (const auto* study = std::get_if<DicomStudy>(&event.facts))
    return over && study->has_stores() ? std::optional{RateOf::studies} : std::nullopt;
  return std::nullopt;
}

bool is_object(const Event& event) {
  const auto* operation = std::get_if<DicomOperation>(&event.facts);
  return operation && operation->command_field == dimse::kStore && outcome_of(event) != Outcome::failure;
}

}  // namespace

FlowWatch::FlowWatch(const Lookup& lookup, const Limits& limits)
    : lookup_(lookup),
      visibility_(lookup.model()->devices.size()),
      legs_(*lookup.model(), limits),
      studies_(limits.flow_studies) {
  const Model& model = *lookup.model();
  tallies_.resize(model.flows.size());
  first_watched_.resize(model.flows.size(), kNone);
  watched_count_.resize(model.flows.size());
  hourly_of_.resize(model.flows.size(), kNone);
  openers_.resize(model.flows.size());
  listeners_.resize(model.flows.size());
  for (std::uint32_t flow = 0; flow < model.flows.size(); ++flow) {
    const Flow& declared = model.flows[flow];
    if (!declared.seen_every && declared.rates.empty()) continue;
    openers_[flow] = devices_of(model, declared.from);
    listeners_[flow] = devices_of(model, declared.to);
    if (declared.seen_every) watch(flow, limits.flow_devices);
    if (declared.rates.empty()) continue;
    hourly_of_[flow] = static_cast<std::uint32_t>(hourly_.size());
    hourly_.emplace_back().flow = flow;
  }
  take_prints();
}

void FlowWatch::take_prints() {
  const Model& model = *lookup_.model();
  std::vector<std::uint32_t> flows;
  for (std::uint32_t flow = 0; flow < model.flows.size(); ++flow) {
    if (first_watched_[flow] != kNone || hourly_of_[flow] != kNone) flows.push_back(flow);
  }
  prints_.resize(model.flows.size());
  const std::vector<std::string> lines = flow_lines(model, flows);
  for (std::size_t i = 0; i < flows.size(); ++i) {
    std::string text = lines[i];
    for (const auto* const devices : {&openers_[flows[i]], &listeners_[flows[i]]}) {
      for (const std::uint32_t device : *devices) {
        text.append("\n").append(model.devices[device].name);
        for (const Network& network : model.devices[device].addresses) text.append(" ").append(to_text(network));
        for (const Network& network : model.devices[device].shared_addresses) text.append(" ").append(to_text(network));
      }
      text += "\n\n";
    }
    prints_[flows[i]] = std::hash<std::string>{}(text) | 1;
  }
}

void FlowWatch::watch(std::uint32_t flow, std::size_t most) {
  const std::vector<std::uint32_t>& openers = openers_[flow];
  first_watched_[flow] = static_cast<std::uint32_t>(watched_.size());
  if (openers.size() > 1 && watched_.size() + openers.size() <= most) {
    for (const std::uint32_t device : openers) {
      Watched& watched = watched_.emplace_back();
      watched.flow = flow;
      watched.device = device;
    }
  } else {
    watched_.emplace_back().flow = flow;
    not_told_apart_ += openers.size() > 1 ? openers.size() : 0;
  }
  watched_count_[flow] = static_cast<std::uint32_t>(watched_.size()) - first_watched_[flow];
}

void FlowWatch::begin(Timestamp now) {
  began_ = now;
  hour_end_ = end_of_hour(now);
  dues_.clear();
  for (std::uint32_t number = 0; number < watched_.size(); ++number) {
    watched_[number].since = now;
    watched_[number].awaited = kNever;
    if (!watched_[number].silent_since) wait_for(number);
  }
  for (Hourly& hourly : hourly_) hourly.since = now;
}

std::uint32_t FlowWatch::same_device(const FlowWatch& old, std::uint32_t device) const {
  if (device == kNone) return kNone;
  const Device& was = old.lookup_.model()->devices[device];
  const auto here = lookup_.device_called(was.name);
  return here && std::ranges::equal(lookup_.model()->devices[*here].addresses, was.addresses) ? *here : kNone;
}

void FlowWatch::adopt(FlowWatch&& old, Timestamp now) {
  latest_ = old.latest_;
  visibility_.adopt(old.visibility_, [&](std::uint32_t device) { return same_device(old, device); });
  std::vector<std::uint32_t> same(old.tallies_.size(), kNone);  // by the old flow
  for (std::uint32_t flow = 0; flow < same.size(); ++flow) {
    const Flow* const here = lookup_.flow_called(old.flow_of(flow).name);
    if (!here) continue;
    const auto number = static_cast<std::uint32_t>(here - lookup_.model()->flows.data());
    tallies_[number] = old.tallies_[flow];
    tallies_[number].silent = 0;
    if (prints_[number] == old.prints_[flow]) {
      same[flow] = number;
    } else {
      tallies_[number].not_visible.reset();
    }
  }
  const auto known = [](std::uint32_t place) { return place == kNone ? std::nullopt : std::optional{place}; };
  legs_.adopt(
      std::move(old.legs_), [&](std::uint32_t flow) { return known(same[flow]); },
      [&](std::uint32_t device) { return known(same_device(old, device)); });
  if (!old.began_) return;
  begin(now);
  hour_end_ = old.hour_end_;
  adopt_watched(old, same);
  const auto here = [&](const Asker& was) -> std::optional<Asker> {
    const auto [flow, device, what] = was;
    const std::uint32_t asker = same_device(old, device);
    if (same[flow] == kNone || (asker == kNone && device != kNone)) return std::nullopt;
    return Asker{same[flow], asker, what};
  };
  studies_.adopt(std::move(old.studies_), here);
  for (const Asker& told : old.studies_told_) {
    if (const auto asker = here(told)) studies_told_.insert(*asker);
  }
  set_next();
}

void FlowWatch::adopt_watched(const FlowWatch& old, const std::vector<std::uint32_t>& same) {
  for (const Watched& was : old.watched_) {
    const std::uint32_t flow = same[was.flow], device = same_device(old, was.device);
    if (flow == kNone || first_watched_[flow] == kNone) continue;
    const auto first = watched_.begin() + first_watched_[flow];
    const auto watched =
        std::find_if(first, first + watched_count_[flow], [&](const Watched& w) { return w.device == device; });
    if (watched == first + watched_count_[flow]) continue;
    *watched = was;
    watched->flow = flow;
    watched->device = device;
    if (watched->silent_since) ++tallies_[flow].silent;
  }
  for (const Hourly& was : old.hourly_) {
    const std::uint32_t flow = same[was.flow];
    if (flow == kNone) continue;
    hourly_[hourly_of_[flow]] = was;
    hourly_[hourly_of_[flow]].flow = flow;
  }
  dues_.clear();
  for (std::uint32_t number = 0; number < watched_.size(); ++number) {
    watched_[number].awaited = kNever;
    if (!watched_[number].silent_since) wait_for(number);
  }
}

// Waiting starts anew, and no hour is whole that the clock was set back into.
void FlowWatch::rebase(Timestamp now) {
  begin(now);
  forget_hour();
  visibility_.rebase(now);
  set_next();
}

void FlowWatch::set_next() {
  next_ = hourly_.empty() ? Timestamp::max() : hour_end_;
  if (!dues_.empty()) next_ = std::min(next_, dues_.front().time);
}

std::span<const Observation> FlowWatch::advance(Timestamp now) {
  told_.clear();
  if (!due(now)) return told_;
  if (!began_) begin(now);
  if (now - hour_end_ > kLongestCatchingUp) hour_end_ = end_of_hour(now - kLongestCatchingUp);
  for (set_next(); next_ <= now; set_next()) {
    if (!hourly_.empty() && next_ == hour_end_) {
      end_hour();
    } else {
      std::ranges::pop_heap(dues_, std::greater{});
      const auto [time, watched] = dues_.back();
      dues_.pop_back();
      Timestamp& awaited = watched_[watched].awaited;
      if (awaited != time) continue;
      awaited = kNever;
      on_due(watched, time, now);
    }
  }
  return told_;
}

// To be told at most once, as long as it is not seen.
void FlowWatch::on_due(std::uint32_t number, Timestamp awaited, Timestamp now) {
  Watched& watched = watched_[number];
  const Flow& flow = flow_of(watched.flow);
  auto due = due_after(flow, watched.since);
  if (!due || *due > now) return wait_for(number);  // it was seen since this was waited for
  FlowStretch stretch{
      .state = FlowState::silent,
      .device = watched.device == kNone ? std::string_view{} : lookup_.model()->devices[watched.device].name,
      .first_seen = watched.first,
      .last_seen = watched.last,
      .count = watched.count};
  stretch.silence = elapsed(watched.since, *due);
  if (const auto why = why_not_visible(watched.flow, watched.device, watched.shortfall, watched.since,
                                       last_part(std::max(awaited, *due), *flow.seen_every))) {
    stretch.state = FlowState::not_visible;
    stretch.unseen = why;
    tallies_[watched.flow].not_visible = why;
    if (!std::exchange(watched.told_not_visible, true))
      tell(watched.flow, watched.device, watched.since, *due, stretch, {}, {UnknownKind::silent});
    watched.since = now;
    watched.shortfall = {};
    return wait_for(number);
  }
  if (!watched.last) {
    const auto whole = end_of_whole_window(flow, watched.since);
    if (!whole) return;
    if (*whole > now) return wait_until(*whole, number);
    due = std::max(*due, *whole);
  }
  stretch.silence = elapsed(watched.since, *due);
  watched.silent_since = watched.since;
  ++tallies_[watched.flow].silent;
  tallies_[watched.flow].not_visible.reset();
  const std::string observed =
      watched.last ? "last seen " + minute_text(*watched.last) : "not seen since " + minute_text(watched.since);
  tell(watched.flow, watched.device, watched.since, *due, stretch,
       {{DeviationKind::silent, "seen every " + written(*flow.seen_every),
         observed + ", silent for " + written(*stretch.silence)}},
       {});
}

void FlowWatch::wait_for(std::uint32_t number) {
  const auto due = due_after(flow_of(watched_[number].flow), watched_[number].since);
  if (due) wait_until(*due, number);
}

void FlowWatch::wait_until(Timestamp due, std::uint32_t number) {
  if (std::exchange(watched_[number].awaited, due) == due) return;
  dues_.push_back({due, number});
  std::ranges::push_heap(dues_, std::greater{});
}

bool FlowWatch::is_to_be_seen(const Flow& flow, Timestamp time) const {
  return (!flow.windows || flow.windows->holds_at(time)) && (!flow.quiet_hours || !flow.quiet_hours->holds_at(time)) &&
         (!flow.expires || time < *flow.expires);
}

std::optional<Timestamp> FlowWatch::next_change(const Flow& flow, Timestamp time) const {
  std::optional<Timestamp> next;
  const auto consider = [&](std::optional<Timestamp> change) {
    if (change && *change > time && (!next || *change < *next)) next = change;
  };
  if (flow.windows) consider(flow.windows->next_change(time));
  if (flow.quiet_hours) consider(flow.quiet_hours->next_change(time));
  consider(flow.expires);
  return next;
}

// When so long as it may be silent has passed of the time in which it is to be seen; nothing: never.
std::optional<Timestamp> FlowWatch::due_after(const Flow& flow, Timestamp since) const {
  Duration left = *flow.seen_every;
  Timestamp time = since;
  for (std::size_t changes = 0; changes < kMostChanges; ++changes) {
    const auto next = next_change(flow, time);
    if (is_to_be_seen(flow, time)) {
      if (!next || *next - time >= left) return time + left;
      left -= *next - time;
    }
    if (!next) return std::nullopt;
    time = *next;
  }
  return std::nullopt;
}

// Of the first that opened from then on; that time where none is declared, nothing where the last day comes before.
std::optional<Timestamp> FlowWatch::end_of_whole_window(const Flow& flow, Timestamp since) const {
  if (!flow.windows) return since;
  const Schedule& windows = *flow.windows;
  std::optional<Timestamp> opens = since;
  if (!windows.holds_at(since)) {
    opens = windows.next_change(since);
  } else if (windows.holds_at(since - Duration{1})) {  // in the midst of one
    const auto closes = windows.next_change(since);
    if (!closes) return since;
    opens = windows.next_change(*closes);
  }
  const auto closes = opens ? windows.next_change(*opens) : std::nullopt;
  return closes && (!flow.expires || *closes <= *flow.expires) ? closes : std::nullopt;
}

std::optional<WhyNotVisible> FlowWatch::why_not_visible(std::uint32_t flow, std::uint32_t device,
                                                        const Visibility& shortfall, Timestamp since,
                                                        Timestamp alive_after) const {
  if (shortfall.lost) return WhyNotVisible::lost;
  if (shortfall.one_direction) return WhyNotVisible::one_direction;
  const std::span<const std::uint32_t> all{openers_[flow]};
  return visibility_.why_not(device == kNone ? all : std::span{&device, 1}, listeners_[flow], since, alive_after);
}

void FlowWatch::end_hour() {
  const Timestamp end = hour_end_, begin = end - kHour;
  hour_end_ += kHour;
  for (Hourly& hourly : hourly_) judge_hour(hourly, begin, end);
  forget_hour();
}

void FlowWatch::forget_hour() {
  for (Hourly& hourly : hourly_) {
    hourly.counts = {};
    hourly.told = {};
    hourly.shortfall = {};
  }
  studies_.clear();
  studies_told_.clear();
}

void FlowWatch::judge_hour(Hourly& hourly, Timestamp begin, Timestamp end) {
  const Flow& flow = flow_of(hourly.flow);
  const auto change = next_change(flow, begin);
  if (hourly.since > begin || !is_to_be_seen(flow, begin) || (change && *change < end)) return;
  for (const HourlyRate& rate : flow.rates) {
    const std::uint64_t count = hourly.counts[static_cast<std::size_t>(rate.what)];
    if (count >= rate.least) continue;
    const FlowTally& tally = tallies_[hourly.flow];
    FlowStretch stretch{.state = FlowState::below_rate,
                        .device = {},
                        .first_seen = tally.first,
                        .last_seen = tally.last,
                        .count = tally.seen,
                        .rate_of = rate.what,
                        .rate = count};
    stretch.unseen = why_not_visible(hourly.flow, kNone, hourly.shortfall, begin, last_part(end, kHour));
    if (stretch.unseen) {
      stretch.state = FlowState::not_visible;
      if (!std::exchange(hourly.told_not_visible, true))
        tell(hourly.flow, kNone, begin, end, stretch, {}, {UnknownKind::rate});
      continue;
    }
    hourly.told_not_visible = false;
    tell(hourly.flow, kNone, begin, end, stretch,
         {{DeviationKind::rate, "at least " + rate_text(rate.least, rate.what, " an hour"),
           rate_text(count, rate.what, " in the hour from " + minute_text(begin))}},
         {});
  }
}

std::span<const Observation> FlowWatch::observe(const Observation& record) {
  told_.clear();
  const Event& event = record.event;
  const Parts& parts = parts_of(record.declared);
  if (goes_on(event)) {
    if (parts.flow != kNone && shows_flow(event, *record.declared)) note_seen(record, parts);
    return told_;
  }
  visibility_.observe(event, parts.source, parts.destination);
  if (event.conversation == 0) return told_;
  latest_ = event.last;
  if (parts.flow == kNone) return told_;
  const bool second_leg = legs_.is_second(event, parts.flow, parts.source, parts.destination);
  if (shows_flow(event, *record.declared)) note_seen(record, parts);
  const auto what = counted_as(event);
  if (!what || second_leg || event.doubtful()) return told_;
  if (*what == RateOf::connections && !shows_flow(event, *record.declared)) return told_;
  count(event, parts.flow, *what);
  if (is_object(event)) count(event, parts.flow, RateOf::objects);
  if (*what == RateOf::operations) count_studies(event, parts);
  return told_;
}

void FlowWatch::note_seen(const Observation& record, const Parts& parts) {
  const Event& event = record.event;
  FlowTally& tally = tallies_[parts.flow];
  const Timestamp now = shown_at(event);
  if (!tally.first) tally.first = now;
  tally.last = std::max(tally.last.value_or(now), now);
  ++tally.seen;
  tally.not_visible.reset();
  if (first_watched_[parts.flow] == kNone) return;
  const std::uint32_t watched = watched_of(parts);
  if (watched != kNone) return see(watched, event);
  // One of several that share an address, nobody knows which: none of them is known to be silent.
  for (std::uint32_t i = 0; i < watched_count_[parts.flow]; ++i) {
    Watched& any = watched_[first_watched_[parts.flow] + i];
    any.since = std::max(any.since, now);
  }
}

void FlowWatch::see(std::uint32_t number, const Event& event) {
  Watched& watched = watched_[number];
  const Timestamp now = shown_at(event);
  const bool never_seen = !watched.last;
  if (!watched.first) watched.first = now;
  watched.last = std::max(watched.last.value_or(now), now);
  ++watched.count;
  watched.shortfall = event.visibility;
  watched.told_not_visible = false;
  const bool was_silent = watched.silent_since.has_value();
  if (was_silent) {
    const Timestamp begin = *std::exchange(watched.silent_since, std::nullopt);
    --tallies_[watched.flow].silent;
    tell(watched.flow, watched.device, begin, now,
         {.state = FlowState::seen_again,
          .device = watched.device == kNone ? std::string_view{} : lookup_.model()->devices[watched.device].name,
          .first_seen = watched.first,
          .last_seen = watched.last,
          .count = watched.count,
          .silence = elapsed(begin, now)},
         {}, {});
    watched.since = now;
  }
  watched.since = std::max(watched.since, now);
  if (!was_silent && !never_seen) return;
  wait_for(number);
  set_next();
}

void FlowWatch::count(const Event& event, std::uint32_t flow, RateOf what) {
  const auto at = static_cast<std::size_t>(what);
  FlowTally& tally = tallies_[flow];
  ++tally.counts[at];
  if (hourly_of_[flow] == kNone) return;
  Hourly& hourly = hourly_[hourly_of_[flow]];
  hourly.shortfall |= event.visibility;
  const std::uint64_t now = ++hourly.counts[at];
  for (const HourlyRate& rate : flow_of(flow).rates) {
    if (rate.what != what || now <= rate.most || std::exchange(hourly.told[at], true)) continue;
    const Timestamp begin = hour_end_ - kHour;
    // It is so from when it is crossed; what was before in that hour was within the rate.
    tell(flow, kNone, event.last.time, event.last.time,
         {.state = FlowState::above_rate,
          .device = {},
          .first_seen = tally.first,
          .last_seen = tally.last,
          .count = tally.seen,
          .rate_of = what,
          .rate = now},
         {{DeviationKind::rate, "at most " + rate_text(rate.most, what, " an hour"),
           rate_text(now, what, " in the hour from " + minute_text(begin))}},
         {});
  }
}

const HourlyRate* FlowWatch::rate_of(std::uint32_t flow, RateOf what) const {
  const std::vector<HourlyRate>& rates = flow_of(flow).rates;
  const auto found = std::ranges::find(rates, what, &HourlyRate::what);
  return found == rates.end() ? nullptr : &*found;
}

// What is above its rate counts no further.
void FlowWatch::count_studies(const Event& event, const Parts& parts) {
  const auto asked = studies_asked_for(event);
  const HourlyRate* const rate = asked ? rate_of(parts.flow, asked->what) : nullptr;
  if (!rate) return;
  const std::vector<std::uint32_t>& openers = openers_[parts.flow];
  std::uint32_t device = parts.source;
  if (device == kNone && openers.size() == 1) device = openers.front();
  if (device != kNone && !std::ranges::binary_search(openers, device)) return;  // who listens asks
  const Asker asker{parts.flow, device, asked->what};
  if (studies_told_.contains(asker)) return;
  const bool all_kept = studies_.add(asker, *asked) && !asked->left_some_out;
  const std::uint64_t count = studies_.count(asker);
  if (count > rate->most) {
    studies_told_.insert(asker);
    tell_studies(event, asker, rate->most, count);
  } else if (!all_kept) {
    const Asker nobody{parts.flow, kNone, asked->what};
    if (studies_told_.insert(nobody).second) tell_studies(event, nobody, rate->most, count);
  }
}

// Of one of several nobody knows whose they are: each of them may be within the rate.
void FlowWatch::tell_studies(const Event& event, const Asker& asker, std::uint64_t most, std::uint64_t count) {
  const auto [flow, device, what] = asker;
  const FlowTally& tally = tallies_[flow];
  const Timestamp begin = hour_end_ - kHour;
  FlowStretch stretch{.state = FlowState::above_rate,
                      .device = {},
                      .first_seen = tally.first,
                      .last_seen = tally.last,
                      .count = tally.seen,
                      .rate_of = what,
                      .rate = count};
  if (device == kNone) {
    stretch.state = FlowState::not_visible;
    stretch.unseen = WhyNotVisible::not_told_apart;
    return tell(flow, kNone, begin, event.last.time, stretch, {}, {UnknownKind::rate});
  }
  if (openers_[flow].size() > 1) stretch.device = lookup_.model()->devices[device].name;
  tell(flow, device, event.last.time, event.last.time, stretch,
       {{DeviationKind::rate, "at most " + rate_text(most, what, " an hour"),
         rate_text(count, what, " in the hour from " + minute_text(begin))}},
       {});
}

// A department has few judgements, and many records of each.
const FlowWatch::Parts& FlowWatch::parts_of(const SharedDeclared& declared) {
  const auto [parts, known] = parts_.find(declared.place() * 0x9e3779b97f4a7c15U,
                                          [&](const Parts& one) { return one.declared && one.declared == declared; });
  if (known) return parts;
  const auto device = [this](const Place& place) { return lookup_.device_called(place.device).value_or(kNone); };
  const Model& model = *lookup_.model();
  const Flow* const flow = lookup_.flow_called(declared->flow);
  parts = {declared, flow ? static_cast<std::uint32_t>(flow - model.flows.data()) : kNone, device(declared->source),
           device(declared->destination)};
  return parts;
}

// By who opened it, or may have: where that is not known, the source may be the one that listens.
std::uint32_t FlowWatch::watched_of(const Parts& parts) const {
  const std::uint32_t first = first_watched_[parts.flow];
  if (watched_[first].device == kNone) return first;
  const std::span<const std::uint32_t> devices{openers_[parts.flow]};
  for (const std::uint32_t device : {parts.source, parts.destination}) {
    const auto found = std::ranges::lower_bound(devices, device);
    if (found != devices.end() && *found == device) return first + static_cast<std::uint32_t>(found - devices.begin());
  }
  return kNone;
}

void FlowWatch::tell(std::uint32_t flow, std::uint32_t device, Timestamp begin, Timestamp end,
                     const FlowStretch& stretch, std::vector<Deviation> deviations, std::vector<UnknownKind> unknown) {
  struct Owned {
    std::shared_ptr<const Model> model;
    std::vector<Deviation> deviations;
    std::vector<UnknownKind> unknown;
  };
  const auto owned = std::make_shared<const Owned>(Owned{lookup_.model(), std::move(deviations), std::move(unknown)});
  const Model& model = *owned->model;
  const auto place_of = [&](std::uint32_t one) {
    return Place{model.devices[one].name, model.zones[model.devices[one].zone].name, to_text(model.devices[one].role)};
  };
  Declared declared;
  declared.owner = owned;
  declared.flow = model.flows[flow].name;
  declared.rates = rates_declared_by(model.flows[flow]);
  declared.deviations = owned->deviations;
  declared.unknown = owned->unknown;
  if (device != kNone) {
    declared.source = place_of(device);
  } else if (openers_[flow].size() == 1) {
    declared.source = place_of(openers_[flow].front());
  }
  if (listeners_[flow].size() == 1) declared.destination = place_of(listeners_[flow].front());
  Observation& told = told_.emplace_back();
  told.event.first = {begin, latest_.source, latest_.packet};
  told.event.last = {end, latest_.source, latest_.packet};
  told.event.facts = stretch;
  told.declared = SharedDeclared{std::move(declared)};
}

}  // namespace dcmwatch
