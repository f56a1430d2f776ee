#include "app/judge.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "app/version.h"
#include "model/undeclared_places.h"

namespace dcmwatch {
namespace {

Protocol carried_by(ServiceProtocol protocol) {
  switch (protocol) {
    case ServiceProtocol::dicom: return Protocol::dicom;
    case ServiceProtocol::hl7: return Protocol::hl7;
    case ServiceProtocol::other: return Protocol::unidentified;
  }
  return Protocol::unidentified;
}

}  // namespace

Judge::Judge(Reading reading, const Grounds& grounds, const Limits& limits, Output& output, Metrics* metrics,
             const EventLog* log)
    : reading_(reading),
      limits_(limits),
      seen_both_ways_(limits),
      unanswered_(limits),
      relater_(limits, grounds.model ? grounds.model->model()->workflow : WorkflowTimes{}),
      detector_(grounds.rules, limits, grounds.exceptions),
      output_(output),
      metrics_(metrics),
      log_(log),
      latest_model_(grounds.model) {
  if (grounds.model) watch_ = std::make_unique<Watch>(grounds.model, limits);
  if (grounds.fingerprints) guess_ = std::make_unique<Guess>(grounds.fingerprints);
}

void Judge::reload(const Grounds& grounds) {
  assert((grounds.model != nullptr) == (latest_model_ != nullptr));
  Reload reload{{}, {}, Detector{grounds.rules, limits_, grounds.exceptions}, {}};
  if (grounds.model != latest_model_) reload.watch = std::make_unique<Watch>(grounds.model, limits_);
  if (grounds.fingerprints) reload.guess = std::make_unique<Guess>(grounds.fingerprints);
  const Model* const model = grounds.model ? grounds.model->model().get() : nullptr;
  reload.names = std::make_shared<MetricNames>(metric_names(model, grounds.rules));
  latest_model_ = grounds.model;
  const std::lock_guard lock{reloads_mutex_};
  reloads_.push_back(std::move(reload));
  reloads_due_ = true;
}

void Judge::take_up_reloads() {
  std::vector<Reload> due;
  {
    const std::lock_guard lock{reloads_mutex_};
    due.swap(reloads_);
    reloads_due_ = false;
  }
  for (Reload& reload : due) take_up(std::move(reload));
  if (metrics_) update_metrics();
}

void Judge::take_up(Reload&& reload) {
  reload.detector.adopt(std::move(detector_), *this);
  detector_ = std::move(reload.detector);
  guess_ = std::move(reload.guess);
  if (reload.watch) {
    reload.watch->flows.adopt(std::move(watch_->flows), watermark_);
    reload.watch->titles.adopt(watch_->titles);
    reload.watch->implementations.adopt(std::move(watch_->implementations));
    watch_ = std::move(reload.watch);
    relater_.set_times(watch_->lookup->model()->workflow);
  }
  for (std::size_t flow = 0; flow < flows().size(); ++flow) {
    reload.names->flows[flow].silent_devices = flows()[flow].silent;
    reload.names->flows[flow].visible = !flows()[flow].not_visible;
  }
  page_->declared = std::move(reload.names);
  ++reloads_taken_;
  reloaded_ = watermark_;
}

void Judge::observe(Observation& record) {
  // First, for where nothing else comes in between, what is taken next is another minute's.
  if (unanswered_.complete_before(record.event)) tell_unanswered();
  if (unanswered_.take(record.event)) return;
  seen_both_ways_.settle(record.event);
  judge(record);
  judge_related(relater_.observe(record.event));
}

void Judge::judge_related(std::span<Event> events) {
  for (Event& event : events) judge(made_known(std::move(event)));
}

void Judge::tell_unanswered() {
  for (Event& event : unanswered_.told()) {
    if (watch_) settle_undeclared_places(event, *watch_->lookup);
    judge(made_known(std::move(event)));
  }
}

Observation& Judge::made_known(Event&& event) {
  Observation& record = page_->others.next();
  record.event = std::move(event);
  return record;
}

void Judge::judge(Observation& record) {
  const Timestamp now = record.event.last.time;
  if (watch_ && watch_->flows.due(now)) judge_watched(watch_->flows.advance(now));
  const auto* association = std::get_if<DicomAssociation>(&record.event.facts);
  if (watch_) hold_against_model(record);
  if (association && watch_ && !goes_on(record.event)) hold_against_others(record, *association);
  if (association && guess_) {
    record.implementations = guess_->implementations.of(*association);
  } else {
    record.implementations.reset();
  }
  give_out(record);
  if (watch_) judge_watched(watch_->flows.observe(record));
}

void Judge::judge_watched(std::span<const Observation> told) {
  for (const Observation& one : told) {
    Observation& record = page_->others.next();
    record = one;
    give_out(record);
  }
}

void Judge::give_out(Observation& record) {
  const Event& event = record.event;
  if (event.first.time != Timestamp{} && (!first_ || event.first.time < *first_)) first_ = event.first.time;
  last_ = std::max(last_, event.last.time);
  if (output_.takes(record)) page_->items.emplace_back(&record);  // before the findings that it gives rise to
  detector_.observe(record, *this);
}

// What other associations said shortly before is no part of what the model says of one.
void Judge::hold_against_others(Observation& record, const DicomAssociation& association) {
  std::vector<Deviation> more = watch_->implementations.observe(record, association);
  if (auto elsewhere = watch_->titles.observe(record, association)) more.push_back(*std::move(elsewhere));
  if (!more.empty()) record.declared = with_deviations(record.declared, more);
}

// Which of a message's numbers is its accession number, and whether it is acknowledged at all, is declared of its flow,
// and matters to what it is related to.
void Judge::hold_against_model(Observation& record) {
  record.declared = watch_->judgements.judge(record.event);
  auto* const message = std::get_if<Hl7Message>(&record.event.facts);
  if (!message) return;
  const DeclaredMessage& declared = record.declared->message;
  if (declared.accession_sought) seek_accession(*message, *declared.accession_sought);
  message->none_declared = declared.ack_mode == AcknowledgementMode::none;
}

void Judge::on_finding(const Finding& finding) {
  page_->items.emplace_back(std::make_unique<const Finding>(finding));
  if (finding.phase != Phase::start) return;
  ++findings_;
  if (!highest_ || *highest_ < finding.rule->level) highest_ = finding.rule->level;
}

void Judge::on_parcel(PagePointer page, Timestamp watermark, const std::vector<SourceStatus>& sources,
                      const AssemblyCounters& assembly) {
  page_ = std::move(page);
  if (reloads_due_) take_up_reloads();
  const std::vector<Observation*>& known = page_->known;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (i + kFetchedAhead < known.size()) fetch(*known[i + kFetchedAhead]);
    if (i + kContentFetchedAhead < known.size()) fetch_content(*known[i + kContentFetchedAhead]);
    observe(*known[i]);
  }
  tell_unanswered();
  judge_related(relater_.advance(watermark));
  bool whole = true;
  for (const SourceStatus& source : sources) whole = keep(source) && whole;
  if (!whole) detector_.note_blindness();
  if (watch_ && !whole) watch_->flows.on_blindness(watermark);
  if (watch_) watch_until(watermark);
  detector_.advance(watermark, *this);
  output_.submit(std::move(page_));
  assembly_ = assembly;
  if (metrics_) update_metrics();
}

void Judge::watch_until(Timestamp watermark) {
  FlowWatch& flows = watch_->flows;
  if (watermark < watermark_) flows.rebase(watermark);
  watermark_ = watermark;
  if (flows.due(watermark)) judge_watched(flows.advance(watermark));
}

// Whether nothing of it was missed.
bool Judge::keep(const SourceStatus& status) {
  const auto known =
      std::find_if(sources_.begin(), sources_.end(), [&](const SourceStatus& s) { return s.name == status.name; });
  const SourceDrops before = known == sources_.end() ? SourceDrops{} : known->drops;
  const bool dropped = before.kernel < status.drops.kernel || before.interface < status.drops.interface;
  if (known == sources_.end()) {
    sources_.push_back(status);
  } else {
    *known = status;
  }
  return !dropped && !status.interrupted;
}

void Judge::note_at_end(CaptureNote facts) {
  if (facts.count == 0) return;
  Event note;
  note.first = note.last = {last_, 0, 0};
  note.facts = std::move(facts);
  judge(made_known(std::move(note)));
}

void Judge::finish() {
  for (std::span<Event> open = relater_.finish(); !open.empty(); open = relater_.finish()) {
    page_ = PagePointer{new Page, {}};
    judge_related(open);
    output_.submit(std::move(page_));
  }
  page_ = PagePointer{new Page, {}};
  note_at_end({"assemble.bad_checksum", {}, assembly_.bad_checksums});
  for (const Tallies::Limit& limit : limits_reached())
    note_at_end({"limit.reached", std::string{limit.name}, limit.reached});
  detector_.finish(*this);
  output_.submit(std::move(page_));
}

std::span<const FlowTally> Judge::flows() const {
  return watch_ ? std::span<const FlowTally>{watch_->flows.tallies()} : std::span<const FlowTally>{};
}

std::vector<Tallies::Limit> Judge::limits_reached() const {
  std::vector<Tallies::Limit> limits{
      {"connections", assembly_.connections_evicted},
      {"unanswered_connections", assembly_.unanswered_evicted},
      {"unanswered_networks", assembly_.unanswered_networks},
      {"unanswered_destinations", assembly_.unanswered_destinations + unanswered_.destinations_left_out()},
      {"answered_records", assembly_.answered_counted},
      {"refused_records", assembly_.refused_counted},
      {"glimpse_records", assembly_.glimpses_counted},
      {"closed_connections", assembly_.closed_forgotten},
      {"unanswered_records", unanswered_.without_network()},
      {"hosts_seen_both_ways", seen_both_ways_.forgotten()},
      {"held_bytes", assembly_.holes_given_up_early},
      {"unacknowledged_blocks", assembly_.unacknowledged_not_kept},
      {"held_segments_per_connection", assembly_.segments_given_up},
      {"holes_per_direction", assembly_.holes_forgotten},
      {"kept_bytes", assembly_.kept_given_up},
      {"sequence_window_bytes", assembly_.implausible_packets},
      {"findings", detector_.forgotten() + detector_.folded()},
      {"rule_findings", detector_.folded_by_rule()},
      {"counted_things", detector_.things_forgotten()},
      {"correlation_groups", detector_.correlations().groups_forgotten()},
      {"correlation_bytes", detector_.correlations().bytes_forgotten()}};
  for (const auto& [limit, times] : relater_.limits_reached()) limits.push_back({limit, times});
  if (watch_) {
    limits.push_back({"flow_devices", watch_->flows.not_told_apart()});
    limits.push_back({"flow_studies", watch_->flows.studies_not_kept()});
    limits.push_back({"balanced_legs", watch_->flows.legs_forgotten()});
    limits.push_back({"title_places", watch_->titles.forgotten()});
    limits.push_back({"implementations", watch_->implementations.forgotten()});
  }
  return limits;
}

void Judge::update_metrics() {
  Tallies tallies;
  for (const SourceStatus& source : sources_) {
    if (reading_ == Reading::interfaces || tallies.sources.empty())
      tallies.sources.push_back({.name = reading_ == Reading::files ? "files" : source.name});
    Tallies::Source& tally = tallies.sources.back();
    tally.packets += source.packets;
    tally.bytes += source.bytes;
    tally.dropped_by_kernel += source.drops.kernel;
    tally.dropped_by_interface += source.drops.interface;
    tally.interrupted |= source.interrupted;
  }
  tallies.limits = limits_reached();
  tallies.irregular_packets = {{"late", assembly_.late_packets},
                               {"implausible", assembly_.implausible_packets},
                               {"disbelieved", assembly_.disbelieved_packets},
                               {"bad_checksum", assembly_.bad_checksums},
                               {"duplicate", assembly_.duplicate_packets},
                               {"conflicting", assembly_.conflicting_packets},
                               {"not_comparable", assembly_.incomparable_packets}};
  tallies.suppressed = detector_.suppressed();
  const std::vector<Suppressed>& before = detector_.suppressed_before();
  tallies.suppressed.insert(tallies.suppressed.end(), before.begin(), before.end());
  const auto& folded = detector_.folded_matches();
  for (const Rule& rule : detector_.rules()) {
    const auto of_rule = folded.find(rule.info->id);
    if (of_rule != folded.end()) tallies.folded.push_back({rule.info, of_rule->second});
  }
  tallies.reloads_taken = reloads_taken_;
  tallies.reloads_refused = reloads_refused_;
  tallies.reloaded = reloaded_;
  tallies.reading_for = std::chrono::seconds{reading_for_};
  tallies.unseen_bytes = assembly_.unseen_bytes;
  tallies.resets_refuted = assembly_.resets_refuted;
  tallies.open_studies = relater_.studies().open();
  tallies.shed = output_.shed();
  if (log_) tallies.lost_log_records = log_->lost_records();
  metrics_->update(tallies);
}

MetricNames metric_names(const Model* model, const RuleSet& rules) {
  MetricNames names;
  names.version = kVersion;
  for (const Rule& rule : rules) {
    if (rule.reports) names.rules.push_back(rule.info);
  }
  if (!model) return names;
  for (const Zone& zone : model->zones) names.zones.push_back(zone.name);
  for (const Device& device : model->devices) names.devices.push_back(device.name);
  for (const Flow& flow : model->flows) {
    MetricNames::Flow named{flow.name, carried_by(model->services[flow.service].protocol)};
    for (const Hl7End& sender : flow.hl7.senders.values) named.senders.push_back(sender.text);
    named.message_types = flow.message_types.values;
    named.awaited = flow.seen_every.has_value() || !flow.rates.empty();
    names.flows.push_back(std::move(named));
  }
  return names;
}

}  // namespace dcmwatch
