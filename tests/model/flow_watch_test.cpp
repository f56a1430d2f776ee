#include "model/flow_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>

#include "model/events.h"

namespace dcmwatch {
namespace {

using namespace test;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kCtImage = "1.2.840.10008.5.1.4.1.1.2";
const Timestamp kMonday = timestamp_from_ns(1'770'595'200'000'000'000);  // 2026-02-09 00:00 UTC

Model department() {
  return *parse_model(R"(
zones:
  a: {networks: [10.0.1.0/24]}
  b: {networks: [10.0.2.0/24]}
services:
  dicom: {protocol: dicom, ports: [104]}
  hl7: {protocol: hl7, ports: [2575]}
devices:
  ct: {zone: a, addresses: 10.0.1.1, ae_titles: [CT]}
  mr: {zone: a, addresses: 10.0.1.2, ae_titles: [MR]}
  pacs: {zone: b, addresses: 10.0.2.1, ae_titles: [PACS]}
  lb: {zone: b, addresses: 10.0.2.9}
  ris: {zone: b, addresses: 10.0.2.2}
flows:
  store: {from: [ct, lb], to: [pacs, lb], service: dicom, operations: any, sop_classes: any, move_destinations: any, calling_ae: any, called_ae: any}
  query: {from: mr, to: pacs, service: dicom, operations: any, sop_classes: any, move_destinations: any}
  results: {from: pacs, to: ris, service: hl7, message_types: any}
)",
                      "m");
}

std::string text_of(const Observation& told) {
  const auto& stretch = std::get<FlowStretch>(told.event.facts);
  std::string text = to_rfc3339(told.event.last.time).substr(11, 5) + ' ' + std::string{told.declared->flow} + ' ' +
                     std::string{to_text(stretch.state)};
  if (!stretch.device.empty()) text += " " + std::string{stretch.device};
  if (stretch.unseen) text += " (" + std::string{to_text(*stretch.unseen)} + ")";
  return text;
}

/// A run that begins at 08:00. Others, of whom nothing is declared, are heard all the time until the mirror dies.
class Watching {
 public:
  explicit Watching(const std::function<void(Model&)>& declare, const Limits& limits = {})
      : limits_(limits), lookup_(lookup_of(declare)), watch_(std::make_unique<FlowWatch>(*lookup_, limits_)) {
    until(8h);
  }

  /// Another model is declared.
  Watching& reload(Duration time, const std::function<void(Model&)>& declare) {
    auto lookup = lookup_of(declare);
    auto watch = std::make_unique<FlowWatch>(*lookup, limits_);
    watch->adopt(std::move(*watch_), kMonday + time);
    watch_ = std::move(watch);
    lookup_ = std::move(lookup);
    return *this;
  }

  Watching& until(Duration time) {
    while (alive_ && heard_ + 5min < time) {
      heard_ += 5min;
      advance(heard_);
      observe(heard_, connection("10.9.9.1", "10.9.9.2", 123), 1000);
    }
    return advance(time);
  }
  Watching& mirror_dies() {
    alive_ = false;
    return *this;
  }
  Watching& see(Duration time, Event event, std::uint64_t conversation = 1) {
    until(time);
    observe(time, std::move(event), conversation);
    return *this;
  }
  Watching& blind(Duration time) {
    watch_->on_blindness(kMonday + time);
    return *this;
  }
  Watching& set_back_to(Duration time) {
    watch_->rebase(kMonday + time);
    heard_ = time;
    return *this;
  }

  [[nodiscard]] std::vector<std::string> told() const {
    std::vector<std::string> texts;
    for (const Observation& one : told_) texts.push_back(text_of(one));
    return texts;
  }
  [[nodiscard]] const Declared& last_judgement() const { return *told_.back().declared; }
  [[nodiscard]] Duration last_began() const { return told_.back().event.first.time - kMonday; }
  [[nodiscard]] std::uint64_t studies_not_kept() const { return watch_->studies_not_kept(); }
  [[nodiscard]] const FlowTally& tally(std::size_t flow) const { return watch_->tallies()[flow]; }

 private:
  Watching& advance(Duration time) {
    if (watch_->due(kMonday + time)) take(watch_->advance(kMonday + time));
    return *this;
  }
  void observe(Duration time, Event event, std::uint64_t conversation) {
    event.first.time = event.last.time = kMonday + time;
    event.conversation = conversation;
    take(watch_->observe({event, SharedDeclared{lookup_->judge(event)}}));
  }
  void take(std::span<const Observation> told) { told_.insert(told_.end(), told.begin(), told.end()); }
  static std::unique_ptr<const Lookup> lookup_of(const std::function<void(Model&)>& declare) {
    Model model = department();
    declare(model);
    return std::make_unique<const Lookup>(std::make_shared<const Model>(std::move(model)));
  }

  bool alive_ = true;
  Duration heard_ = 8h;
  Limits limits_;
  std::unique_ptr<const Lookup> lookup_;
  std::unique_ptr<FlowWatch> watch_;
  std::vector<Observation> told_;
};

Flow& flow(Model& model, std::string_view name) { return *std::ranges::find(model.flows, name, &Flow::name); }

Event stores(std::string_view from = "10.0.1.1", std::string_view to = "10.0.2.1") {
  Event event = operation(from, to, 104, "CT", "PACS", "C-STORE", kCtImage);
  std::get<DicomOperation>(event.facts).status = std::uint16_t{0};
  return event;
}
Event queries() { return operation("10.0.1.2", "10.0.2.1", 104, "MR", "PACS", "C-FIND", "1.2.840.10008.5.1.4.31"); }
/// Each study by its print.
Event retrieves(std::string_view from, const std::vector<std::uint64_t>& studies) {
  Event event = operation(from, "10.0.2.1", 104, "CT", "PACS", "C-MOVE", "1.2.840.10008.5.1.4.1.2.2.2");
  auto& move = std::get<DicomOperation>(event.facts);
  move.sub_operations.completed = std::uint16_t{1};
  DicomQuery query;
  for (const std::uint64_t study : studies) query.asked_for.studies.emplace_back(study, 1);
  move.content = std::move(query);
  return event;
}
Event looks_through(std::string_view from, const std::vector<std::uint64_t>& studies) {
  Event event = retrieves(from, studies);
  auto& find = std::get<DicomOperation>(event.facts);
  find.command_field = dimse::kFind;
  find.sub_operations = {};
  find.pending_responses = 1;
  return event;
}
Event naming_none(Event event, std::string_view level) {
  auto& operation = std::get<DicomOperation>(event.facts);
  operation.query_level = level;
  DicomQuery query = *operation.content.as<DicomQuery>();
  query.names_no_study = true;
  operation.content = std::move(query);
  return event;
}
Event one_way(Event event) {
  event.visibility.one_direction = true;
  return event;
}

void every_hour(Model& model) { flow(model, "query").seen_every = 1h; }
void every_hour_by_day(Model& model) {
  every_hour(model);
  flow(model, "query").windows = Schedule{{{0x1F, 7 * 60, 18 * 60}}, "UTC"};
  flow(model, "query").quiet_hours = Schedule{{{0x7F, 12 * 60, 13 * 60}}, "UTC"};
}

TEST(FlowWatch, TellsSilenceOnceWhenItWasDueAndWhenItIsOver) {
  Watching run{every_hour};
  run.see(8h + 10min, queries()).see(9h, stores()).until(12h).see(12h + 5min, queries());
  EXPECT_THAT(run.told(), ElementsAre("09:10 query silent", "12:05 query seen_again"));
  EXPECT_EQ(run.tally(1).silent, 0);
}

TEST(FlowWatch, TakesAnAssociationThatGoesOnForNoSignOfLife) {
  Event held = association("10.0.1.2", "10.0.2.1", 104, "MR", "PACS");
  std::get<DicomAssociation>(held.facts).accepted = true;
  held.phase = Phase::progress;
  Watching run{every_hour};
  run.see(8h + 10min, queries()).see(8h + 50min, held).see(9h, stores()).see(9h + 20min, held).until(12h);
  EXPECT_THAT(run.told(), ElementsAre("09:10 query silent"));
}

TEST(FlowWatch, TakesForNoSignOfLifeWhatIsNotProvenAndBearsAnotherHostsMacAddress) {
  const MacAddress own{2, 0, 0, 0, 0, 1}, others{2, 0, 0, 0, 0, 6};
  Watching run{[&](Model& model) {
    every_hour(model);
    for (Zone& zone : model.zones) zone.one_segment = true;
    std::ranges::find(model.devices, "mr", &Device::name)->macs = {own};
  }};
  const auto sent_by = [](const MacAddress& mac) {
    Event event = queries();
    event.parties.source_mac = mac;
    event.proven = event.provable = false;  // as datagrams are
    return event;
  };
  run.see(8h + 10min, sent_by(own)).see(8h + 40min, sent_by(others)).see(9h, stores()).until(9h + 30min);
  EXPECT_THAT(run.told(), ElementsAre("09:10 query silent"));
  run.see(9h + 40min, sent_by(others));
  EXPECT_THAT(run.told(), ElementsAre("09:10 query silent")) << "nor does it end by that";
  run.see(9h + 50min, sent_by(own));
  EXPECT_THAT(run.told(), ElementsAre("09:10 query silent", "09:50 query seen_again"));
}

// A connection bears the address of its first frame, which anybody may have sent.
TEST(FlowWatch, TakesWhatIsProvenForASignOfLifeWhateverItsFirstFrameBears) {
  Watching run{[&](Model& model) {
    every_hour(model);
    for (Zone& zone : model.zones) zone.one_segment = true;
    std::ranges::find(model.devices, "mr", &Device::name)->macs = {MacAddress{2, 0, 0, 0, 0, 1}};
  }};
  Event event = queries();
  event.parties.source_mac = {2, 0, 0, 0, 0, 6};
  run.see(8h + 10min, queries()).see(8h + 40min, event).see(9h, stores()).until(9h + 30min);
  EXPECT_THAT(run.told(), IsEmpty());
}

TEST(FlowWatch, TakesWhatIsNotProvenForASignOfLifeOnlyWhereThereWouldBeNoProof) {
  Event query = queries();
  query.proven = false;
  Watching forged{every_hour};
  forged.see(8h + 10min, queries()).see(8h + 40min, query).see(9h, stores()).until(9h + 45min);
  EXPECT_THAT(forged.told(), ElementsAre("09:10 query silent"));
  query.provable = false;
  Watching seen_in_part{every_hour};
  seen_in_part.see(8h + 10min, queries()).see(8h + 40min, query).see(9h, stores()).until(9h + 45min);
  EXPECT_THAT(seen_in_part.told(), ElementsAre("09:40 query silent"));
}

TEST(FlowWatch, TakesAConnectionThatGoesOnForASignOfLifeWhenItLastCarriedSomething) {
  const auto goes_on = [](std::optional<Duration> carried) {
    Event event = connection("10.0.1.2", "10.0.2.1", 104, Protocol::tls);
    auto& fact = std::get<ConnectionFact>(event.facts);
    fact.bytes = {100, 100};
    fact.goes_on = true;
    if (carried) fact.carried = kMonday + *carried;
    event.phase = Phase::progress;
    return event;
  };
  Watching run{every_hour};
  run.see(8h + 10min, queries()).see(9h, stores()).see(9h + 5min, goes_on(8h + 40min)).see(9h + 20min, goes_on({}));
  run.until(12h);
  EXPECT_THAT(run.told(), ElementsAre("09:40 query silent"));
}

// Everything else has other places in the model than before.
void with_another_flow_first(Model& model) {
  every_hour(model);
  Device device = model.devices.front();
  device.name = "new";
  device.addresses = {Network::around(IpAddress::parse("10.0.1.77").value(), 128)};
  model.devices.push_back(device);
  std::swap(model.devices.front(), model.devices.back());
  const auto last = static_cast<std::uint32_t>(model.devices.size() - 1);
  for (Flow& flow : model.flows) {
    for (auto* const parties : {&flow.from, &flow.to}) {
      for (Party& party : *parties) party.index = party.index == 0 ? last : party.index;
    }
  }
  Flow another = flow(model, "query");
  another.name = "another";
  another.from = {{Party::Kind::device, 0}};
  another.seen_every = 30min;
  model.flows.insert(model.flows.begin(), another);
}

TEST(FlowWatch, KeepsTheWatchOfFlowsThatAReloadLeavesAsTheyWere) {
  Watching run{every_hour};
  run.see(8h + 10min, queries()).see(8h + 40min, stores()).reload(9h, with_another_flow_first);
  EXPECT_EQ(run.tally(2).seen, 1);
  run.see(9h + 5min, stores()).until(9h + 20min);
  EXPECT_THAT(run.told(), ElementsAre("09:10 query silent"));
  run.reload(9h + 25min, with_another_flow_first).until(9h + 40min);
  EXPECT_EQ(run.tally(2).silent, 1);
  run.see(9h + 45min, queries());
  EXPECT_THAT(run.told(), ElementsAre("09:10 query silent", "09:30 another silent", "09:45 query seen_again"))
      << "the new one from the first reload on, and once";
}

TEST(FlowWatch, BeginsAnewWithFlowsThatAReloadChanged) {
  Watching run{every_hour};
  run.see(8h + 10min, queries()).see(8h + 40min, stores());
  run.reload(9h, [](Model& model) {
    every_hour(model);
    flow(model, "query").ports = {{104, 105}};
  });
  run.see(9h + 50min, stores()).until(9h + 55min);
  EXPECT_THAT(run.told(), IsEmpty());
  run.until(10h);
  EXPECT_THAT(run.told(), ElementsAre("10:00 query silent"));
  run.reload(10h + 5min, [](Model& model) { flow(model, "query").seen_every = 4h; });
  EXPECT_EQ(run.tally(1).silent, 0) << "nobody waits for what was";
  run.see(10h + 10min, queries());
  EXPECT_THAT(run.told(), ElementsAre("10:00 query silent"));
}

TEST(FlowWatch, CountsOnInTheHourOfAReloadWhereARateIsDeclaredAsItWas) {
  const auto least = [](std::uint64_t count) {
    return [count](Model& model) { flow(model, "query").rates = {{RateOf::operations, count, 1000}}; };
  };
  for (const bool changed : {false, true}) {
    Watching run{least(3)};
    for (const Duration time : {8h + 10min, 8h + 11min, 8h + 12min, 9h + 5min, 9h + 6min}) run.see(time, queries());
    run.reload(9h + 30min, least(changed ? 2 : 3)).see(9h + 40min, queries()).until(10h + 1min);
    EXPECT_THAT(run.told(), IsEmpty()) << "three were seen, or the hour is not whole";
    run.see(10h + 5min, stores()).until(11h + 1min);
    EXPECT_THAT(run.told(), ElementsAre("11:00 query below_rate"));
  }
}

TEST(FlowWatch, SaysWhatWasExpectedAndWhatWasSeen) {
  Watching run{every_hour};
  run.see(8h + 10min, queries()).see(9h, stores()).until(9h + 30min);
  EXPECT_THAT(deviations_of(run.last_judgement()),
              ElementsAre("silent: last seen 2026-02-09 08:10 UTC, silent for 1h, not seen every 1h"));
  EXPECT_EQ(run.last_judgement().source.device, "mr");
  EXPECT_EQ(run.last_judgement().destination.device, "pacs");
  EXPECT_EQ(run.tally(1).silent, 1);
}

TEST(FlowWatch, IsQuietAsLongAsTheFlowIsSeen) {
  Watching run{every_hour};
  for (auto time = 8h + 0min; time < 14h; time += 59min) run.see(time, queries());
  EXPECT_THAT(run.told(), IsEmpty());
}

TEST(FlowWatch, TellsWhatWasNeverSeenAfterAWholeTimeSinceTheStart) {
  Watching run{every_hour};
  run.see(8h + 30min, stores()).until(8h + 59min);
  EXPECT_THAT(run.told(), IsEmpty());
  run.until(9h);
  EXPECT_THAT(run.told(), ElementsAre("09:00 query silent"));
}

TEST(FlowWatch, TellsWhatWasNeverSeenAfterAWholeWindowSinceTheStart) {
  const auto in_the_morning = [](Model& model) {
    flow(model, "query").seen_every = 30min;
    flow(model, "query").windows = Schedule{{{0x7F, 7 * 60, 9 * 60}}, "UTC"};
  };
  Watching midst{in_the_morning};
  midst.see(8h + 10min, stores()).until(24h + 8h + 59min);
  EXPECT_THAT(midst.told(), IsEmpty()) << "it may have come at 07:15, before the run began";
  midst.until(24h + 9h);
  EXPECT_THAT(midst.told(), ElementsAre("09:00 query silent"));
  EXPECT_THAT(deviations_of(midst.last_judgement()),
              ElementsAre("silent: not seen since 2026-02-09 08:00 UTC, silent for 25h, not seen every 30m"));

  Watching night{in_the_morning};
  night.set_back_to(6h).see(7h + 10min, stores()).until(9h);
  EXPECT_THAT(night.told(), ElementsAre("09:00 query silent"));

  Watching seen{in_the_morning};
  seen.see(8h + 5min, stores())
      .see(24h + 7h + 10min, queries())
      .see(24h + 7h + 20min, stores())
      .until(24h + 7h + 40min);
  EXPECT_THAT(seen.told(), ElementsAre("07:40 query silent")) << "once it was seen, its time counts as ever";

  Watching last{[&](Model& model) {
    in_the_morning(model);
    flow(model, "query").expires = kMonday + 24h + 8h;
  }};
  last.see(8h + 10min, stores()).until(72h);
  EXPECT_THAT(last.told(), IsEmpty()) << "no whole window is left of it";
}

TEST(FlowWatch, CountsDeclaredHoursAlone) {
  Watching run{every_hour_by_day};
  run.see(11h + 30min, queries()).see(13h, stores()).until(13h + 29min);
  EXPECT_THAT(run.told(), ElementsAre("09:00 query not_visible (unseen_ends)"));
  run.until(14h);
  EXPECT_THAT(run.told(), ElementsAre("09:00 query not_visible (unseen_ends)", "13:30 query silent"));

  Watching night{every_hour_by_day};
  night.see(17h + 30min, queries()).see(23h, stores()).until(24h + 7h + 29min);
  EXPECT_THAT(night.told(), ElementsAre("09:00 query not_visible (unseen_ends)"));
}

TEST(FlowWatch, SaysNothingOfWhatItCouldNotSee) {
  Watching blind{every_hour};
  blind.see(8h + 10min, queries()).see(8h + 20min, stores()).blind(8h + 30min).until(9h + 10min);
  EXPECT_THAT(blind.told(), ElementsAre("09:10 query not_visible (capture)"));
  EXPECT_THAT(unknown_of(blind.last_judgement()), ElementsAre("silent"));
  blind.see(9h + 30min, stores()).until(12h);
  EXPECT_THAT(blind.told(), ElementsAre("09:10 query not_visible (capture)", "10:10 query silent"));
  EXPECT_EQ(blind.tally(1).not_visible, std::nullopt) << "one or the other";

  Watching lost{every_hour};
  Event lossy = queries();
  lossy.visibility.lost = true;
  lost.see(8h + 10min, lossy).see(8h + 20min, stores()).until(9h + 10min);
  EXPECT_THAT(lost.told(), ElementsAre("09:10 query not_visible (lost)"));

  Watching half{every_hour};
  half.see(8h + 10min, one_way(queries())).see(8h + 20min, stores()).until(9h + 10min);
  EXPECT_THAT(half.told(), ElementsAre("09:10 query not_visible (one_direction)"));

  Watching half_deaf{every_hour};
  Event holes = stores();
  holes.visibility.lost = true;
  half_deaf.see(8h + 10min, queries()).see(8h + 20min, holes).see(8h + 30min, stores()).until(9h + 10min);
  EXPECT_THAT(half_deaf.told(), ElementsAre("09:10 query not_visible (lost)")) << "what pacs was told was not all seen";
  half_deaf.see(9h + 30min, stores()).until(11h);
  EXPECT_THAT(half_deaf.told(), ElementsAre("09:10 query not_visible (lost)", "10:10 query silent"));

  Watching elsewhere{every_hour};
  Event others = message("10.0.1.1", "10.0.2.2", 2575, "ORU^R01");
  others.visibility.lost = true;
  elsewhere.see(8h + 10min, queries()).see(8h + 20min, stores()).see(8h + 30min, others).until(9h + 10min);
  EXPECT_THAT(elsewhere.told(), ElementsAre("09:10 query silent")) << "neither end had a part in it";

  Watching dead{every_hour};
  dead.see(8h + 10min, queries()).mirror_dies().until(12h);
  EXPECT_THAT(dead.told(), ElementsAre("09:10 query not_visible (unseen_ends)"));

  Watching dying{every_hour};
  dying.see(8h + 10min, queries()).see(8h + 54min, stores()).mirror_dies().until(12h);
  EXPECT_THAT(dying.told(), ElementsAre("09:10 query not_visible (unseen_ends)"))
      << "not in the last quarter of the hour";
  Watching living{every_hour};
  living.see(8h + 10min, queries()).see(8h + 56min, stores()).mirror_dies().until(12h);
  EXPECT_THAT(living.told(), ElementsAre("09:10 query silent"));
}

TEST(FlowWatch, WatchesEachOfSeveralDevicesThatOpenAFlow) {
  const auto declare = [](Model& model) {
    flow(model, "store").from = {{Party::Kind::device, 0}, {Party::Kind::device, 1}};
    flow(model, "store").seen_every = 1h;
    flow(model, "query").ports = {{105, 105}};
  };
  Watching run{declare};
  run.see(8h + 10min, stores("10.0.1.2")).see(8h + 50min, stores()).until(9h + 30min);
  EXPECT_THAT(run.told(), ElementsAre("09:10 store silent mr"));
  EXPECT_EQ(run.last_judgement().source.device, "mr");

  Limits limits;
  limits.flow_devices = 1;
  Watching together{declare, limits};
  together.see(8h + 10min, stores("10.0.1.2")).see(8h + 50min, stores()).until(9h + 30min);
  EXPECT_THAT(together.told(), IsEmpty()) << "one of them was seen";
}

TEST(FlowWatch, StartsAnewWhereTheClockWasSetBack) {
  Watching run{every_hour};
  run.see(9h - 1min, queries()).set_back_to(2h).see(2h + 10min, stores()).until(2h + 59min);
  EXPECT_THAT(run.told(), IsEmpty());
  run.until(3h);
  EXPECT_THAT(run.told(), ElementsAre("03:00 query silent"));
}

TEST(FlowWatch, TakesAnAttemptForNoTraffic) {
  Watching run{every_hour};
  Event attempt = association("10.0.1.2", "10.0.2.1", 104, "MR", "PACS");
  std::get<DicomAssociation>(attempt.facts).accepted = false;
  run.see(8h + 30min, attempt).see(8h + 40min, connection("10.0.1.2", "10.0.2.1", 104)).until(9h);
  EXPECT_THAT(run.told(), ElementsAre("09:00 query silent"));
}

void twice_an_hour(Model& model) {
  flow(model, "store").rates = {{RateOf::objects, 0, 2}};
  flow(model, "query").rates = {{RateOf::operations, 2, 10}};
}

TEST(FlowWatch, TellsARateOnceAnHourWhenItIsCrossed) {
  Watching run{twice_an_hour};
  for (auto time = 8h + 10min; time < 8h + 50min; time += 10min) run.see(time, stores());
  EXPECT_THAT(run.told(), ElementsAre("08:30 store above_rate"));
  EXPECT_EQ(run.last_began(), 8h + 30min) << "and not with its hour";
  EXPECT_THAT(deviations_of(run.last_judgement()),
              ElementsAre("rate: 3 objects in the hour from 2026-02-09 08:00 UTC, not at most 2 objects an hour"));
  EXPECT_EQ(run.tally(0).count(RateOf::objects), 4);
}

TEST(FlowWatch, CountsARateAnewEachHour) {
  Watching run{twice_an_hour};
  run.see(8h + 40min, stores()).see(8h + 50min, stores()).see(9h, stores()).see(9h + 1min, stores());
  run.see(9h + 2min, queries()).see(9h + 3min, queries()).until(9h + 59min);
  EXPECT_THAT(run.told(), ElementsAre("09:00 query below_rate"));
}

TEST(FlowWatch, TellsTooFewAtTheEndOfAWholeHourThatWasVisible) {
  Watching run{twice_an_hour};
  run.see(8h + 10min, queries()).see(8h + 20min, queries());
  run.see(9h + 10min, queries()).until(10h).blind(10h + 1min).see(10h + 10min, queries()).until(11h);
  EXPECT_THAT(run.told(), ElementsAre("10:00 query below_rate", "11:00 query not_visible (capture)"));
  EXPECT_THAT(unknown_of(run.last_judgement()), ElementsAre("rate"));
}

TEST(FlowWatch, DoesNotJudgeAnHourThatBeganBeforeTheRun) {
  Watching run{twice_an_hour};
  run.set_back_to(7h + 30min).see(7h + 40min, stores()).until(8h);
  EXPECT_THAT(run.told(), IsEmpty());
}

void three_studies_of_each(Model& model) {
  Flow& store = flow(model, "store");
  store.from.push_back({Party::Kind::device, 1});
  store.rates = {{RateOf::studies_retrieved, 0, 3}, {RateOf::studies_queried, 0, 3}};
}

TEST(FlowWatch, TellsADeviceThatHasMoreDifferentStudiesSentThanItsFlowDeclares) {
  Watching run{three_studies_of_each};
  for (const auto& [time, study] : {std::pair{8h + 10min, 1U}, {8h + 11min, 2U}, {8h + 12min, 1U}, {8h + 13min, 3U}})
    run.see(time, retrieves("10.0.1.1", {study}));
  run.see(8h + 20min, retrieves("10.0.1.2", {4, 5, 6}));
  EXPECT_THAT(run.told(), IsEmpty()) << "each of them has three";
  run.see(8h + 30min, retrieves("10.0.1.2", {6, 7})).see(8h + 31min, retrieves("10.0.1.2", {8}));
  EXPECT_THAT(run.told(), ElementsAre("08:30 store above_rate mr"));
  EXPECT_THAT(deviations_of(run.last_judgement()),
              ElementsAre("rate: 4 studies retrieved in the hour from 2026-02-09 08:00 UTC, not at most 3 studies "
                          "retrieved an hour"));
  EXPECT_EQ(run.last_judgement().source.device, "mr");
  EXPECT_EQ(run.last_judgement().rates, bit_of(RateOf::studies_retrieved) | bit_of(RateOf::studies_queried));
  run.see(9h + 5min, retrieves("10.0.1.2", {1, 2, 3})).see(9h + 6min, retrieves("10.0.1.1", {4}));
  EXPECT_EQ(run.told().size(), 1U) << "another hour";
}

TEST(FlowWatch, CountsTheStudiesOfQueriesApartFromThoseOfRetrievals) {
  Watching run{three_studies_of_each};
  run.see(8h + 10min, retrieves("10.0.1.1", {1, 2, 3})).see(8h + 11min, looks_through("10.0.1.1", {4, 5, 6}));
  EXPECT_THAT(run.told(), IsEmpty());
  run.see(8h + 12min, looks_through("10.0.1.1", {7}));
  EXPECT_THAT(run.told(), ElementsAre("08:12 store above_rate ct"));
  EXPECT_EQ(run.last_began(), 8h + 12min);
}

TEST(FlowWatch, CountsOnlyWhatARetrievalOrAQueryBrought) {
  Watching run{three_studies_of_each};
  Event nothing_sent = retrieves("10.0.1.1", {1, 2, 3, 4}), nothing_found = looks_through("10.0.1.1", {1, 2, 3, 4});
  std::get<DicomOperation>(nothing_sent.facts).sub_operations.completed = std::uint16_t{0};
  std::get<DicomOperation>(nothing_sent.facts).status = std::uint16_t{0};
  std::get<DicomOperation>(nothing_found.facts).pending_responses = 0;
  Event under_way = retrieves("10.0.1.1", {1, 2, 3, 4});
  under_way.phase = Phase::progress;
  Event by_acceptor = retrieves("10.0.1.1", {1, 2, 3, 4});
  std::get<DicomOperation>(by_acceptor.facts).invoker = Invoker::acceptor;
  for (const Event& event : {nothing_sent, nothing_found, under_way, by_acceptor}) run.see(8h + 10min, event);
  EXPECT_THAT(run.told(), IsEmpty());
}

TEST(FlowWatch, CountsARetrievalWhoseClientWasGoneBeforeTheAnswer) {
  Watching run{three_studies_of_each};
  Event given_up = retrieves("10.0.1.1", {1, 2, 3, 4});
  std::get<DicomOperation>(given_up.facts).sub_operations.completed.reset();
  Event unproven = given_up, unseen = given_up;
  unproven.proven = false;
  unseen.visibility.one_direction = true;
  for (const Event& event : {unproven, unseen}) run.see(8h + 10min, event);
  EXPECT_THAT(run.told(), IsEmpty()) << "anyone may have asked, or the answer was not seen";
  run.see(8h + 11min, given_up);
  EXPECT_THAT(run.told(), ElementsAre("08:11 store above_rate ct"));
}

TEST(FlowWatch, CountsARetrievalWhoseClientLeftAHole) {
  for (const auto why : {&Visibility::lost, &Visibility::undecodable, &Visibility::unfinished}) {
    Watching run{three_studies_of_each};
    Event asked = retrieves("10.0.1.1", {1, 2, 3, 4});
    std::get<DicomOperation>(asked.facts).sub_operations.completed.reset();
    asked.visibility.*why = true;
    Event refused = asked, joined = asked;
    std::get<DicomOperation>(refused.facts).status = std::uint16_t{0xA702};
    joined.visibility.joined_midway = true;
    for (const Event& event : {refused, joined}) run.see(8h + 10min, event);
    EXPECT_THAT(run.told(), IsEmpty());
    run.see(8h + 11min, asked);
    EXPECT_THAT(run.told(), ElementsAre("08:11 store above_rate ct"));
  }
}

TEST(FlowWatch, CountsARetrievalThatWasAnsweredWithoutNumbers) {
  const auto told = [](std::uint16_t status, std::optional<std::uint16_t> completed, std::uint16_t warning = 0) {
    Watching run{three_studies_of_each};
    Event answered = retrieves("10.0.1.1", {1, 2, 3, 4});
    auto& move = std::get<DicomOperation>(answered.facts);
    move.status = status;
    move.sub_operations.completed = completed;
    if (warning != 0) move.sub_operations.warning = warning;
    run.see(8h + 10min, answered);
    return run.told().size();
  };
  for (const unsigned sent : {0x0000U, 0xB000U, 0xFE00U})
    EXPECT_EQ(told(static_cast<std::uint16_t>(sent), std::nullopt), 1U) << sent;
  EXPECT_EQ(told(0xA702, std::nullopt), 0U) << "it was refused";
  EXPECT_EQ(told(0x0000, std::uint16_t{0}), 0U) << "there was nothing";
  EXPECT_EQ(told(0xB000, std::uint16_t{0}, 7), 1U) << "what was coerced was sent";
}

TEST(FlowWatch, CountsNothingThatAnyoneMayHaveSent) {
  Watching run{three_studies_of_each};
  Event forged = retrieves("10.0.1.1", {1, 2, 3, 4});
  forged.proven = false;
  run.see(8h + 10min, forged);
  EXPECT_THAT(run.told(), IsEmpty());
  forged.provable = false;
  run.see(8h + 11min, forged);
  EXPECT_THAT(run.told(), ElementsAre("08:11 store above_rate ct")) << "the mirror may show one side alone";
}

TEST(FlowWatch, TakesAPatientOfWhomAllIsRetrievedForAStudy) {
  Watching run{three_studies_of_each};
  for (const std::uint64_t patient : {1U, 2U, 2U, 3U, 4U}) {
    Event event = retrieves("10.0.1.1", {});
    auto& operation = std::get<DicomOperation>(event.facts);
    operation.query_level = "PATIENT";
    operation.patient = Pseudonym{patient, 1};
    EXPECT_THAT(run.told(), IsEmpty()) << "three until now";
    run.see(8h + 10min, event);
  }
  EXPECT_THAT(run.told(), ElementsAre("08:10 store above_rate ct"));
}

TEST(FlowWatch, CountsAPatientsRetrievalsByThePatientWhateverStudyTheyName) {
  Watching run{three_studies_of_each};
  for (const std::uint64_t patient : {1U, 2U, 3U, 4U}) {
    Event event = retrieves("10.0.1.1", {7});
    auto& operation = std::get<DicomOperation>(event.facts);
    operation.query_level = "PATIENT";
    operation.patient = Pseudonym{patient, 1};
    run.see(8h + 10min, event);
  }
  EXPECT_THAT(run.told(), ElementsAre("08:10 store above_rate ct"));
}

TEST(FlowWatch, SaysWhereARetrievalNamesNoStudy) {
  for (const char* const level : {"PATIENT", "STUDY", "SERIES", "IMAGE"}) {
    Watching run{three_studies_of_each};
    run.see(8h + 10min, naming_none(retrieves("10.0.1.1", {}), level));
    run.see(8h + 11min, naming_none(retrieves("10.0.1.1", {}), level));
    EXPECT_THAT(run.told(), ElementsAre("08:10 store not_visible (not_told_apart)")) << level << ", once an hour";
    EXPECT_THAT(unknown_of(run.last_judgement()), ElementsAre("rate"));
    run.see(8h + 12min, retrieves("10.0.1.1", {1, 2, 3, 4}));
    EXPECT_EQ(run.told().back(), "08:12 store above_rate ct") << "those that are named are above by themselves";
  }
  Watching queries{three_studies_of_each};
  queries.see(8h + 10min, naming_none(looks_through("10.0.1.1", {}), "IMAGE"));
  Event nothing_sent = naming_none(retrieves("10.0.1.1", {}), "STUDY");
  std::get<DicomOperation>(nothing_sent.facts).sub_operations.completed = std::uint16_t{0};
  std::get<DicomOperation>(nothing_sent.facts).status = std::uint16_t{0};
  queries.see(8h + 11min, nothing_sent);
  EXPECT_THAT(queries.told(), IsEmpty());
}

TEST(FlowWatch, SaysWhereStudiesCannotBeToldApart) {
  Watching full{three_studies_of_each, Limits{.flow_studies = 4}};
  full.see(8h + 10min, retrieves("10.0.1.1", {1, 2})).see(8h + 11min, retrieves("10.0.1.2", {1, 2, 3}));
  full.see(8h + 12min, retrieves("10.0.1.2", {3})).see(8h + 13min, retrieves("10.0.1.2", {1}));
  EXPECT_THAT(full.told(), ElementsAre("08:11 store not_visible (not_told_apart)")) << "once an hour";
  EXPECT_THAT(unknown_of(full.last_judgement()), ElementsAre("rate"));
  EXPECT_EQ(full.studies_not_kept(), 2U);

  Watching shared{[](Model& model) {
    three_studies_of_each(model);
    for (const std::size_t device : {0U, 1U}) {
      model.devices[device].addresses.clear();
      model.devices[device].shared_addresses = {Network::parse("10.0.1.9").value()};
    }
  }};
  Event of_one_of_them = retrieves("10.0.1.9", {1, 2, 3});
  std::get<DicomOperation>(of_one_of_them.facts).calling_ae.reset();
  shared.see(8h + 10min, of_one_of_them);
  EXPECT_THAT(shared.told(), IsEmpty());
  Event of_a_fourth = retrieves("10.0.1.9", {4});
  std::get<DicomOperation>(of_a_fourth.facts).calling_ae.reset();
  shared.see(8h + 11min, of_a_fourth);
  EXPECT_THAT(shared.told(), ElementsAre("08:11 store not_visible (not_told_apart)"));
}

TEST(FlowWatch, KeepsWhatADevicesHourHasCountedOverAReload) {
  for (const bool changed : {false, true}) {
    Watching run{three_studies_of_each};
    run.see(8h + 10min, retrieves("10.0.1.1", {1, 2}));
    run.reload(8h + 20min, [&](Model& model) {
      three_studies_of_each(model);
      if (changed) flow(model, "store").rates[0].most = 2;
    });
    run.see(8h + 30min, retrieves("10.0.1.1", {3, 2}));
    EXPECT_THAT(run.told(), IsEmpty());
    run.see(8h + 31min, retrieves("10.0.1.1", {4}));
    EXPECT_THAT(run.told(), ElementsAre("08:31 store above_rate ct"));
  }
}

TEST(FlowWatch, CountsABalancersTwoLegsOnce) {
  const auto balance = [](Model& model) { model.devices[3].role = DeviceRole::balancer; };
  const auto accepted = [](std::string_view from, std::string_view to) {
    Event event = association(from, to, 104, "CT", "PACS");
    std::get<DicomAssociation>(event.facts).accepted = true;
    return event;
  };
  Watching interface {
    [&](Model& model) {
      balance(model);
      flow(model, "results").from = {{Party::Kind::device, 2}, {Party::Kind::device, 3}};
      flow(model, "results").to = {{Party::Kind::device, 3}, {Party::Kind::device, 4}};
      flow(model, "results").rates = {{RateOf::messages, 0, 2}};
    }
  };
  const auto sent = [](std::string_view from, std::string_view to, std::uint64_t control_id) {
    Event event = message(from, to, 2575, "ORU^R01");
    std::get<Hl7Message>(event.facts).control_id = Pseudonym{control_id, 1};
    return event;
  };
  for (std::uint64_t id = 1; id <= 2; ++id) {
    const auto time = 8h + id * 10s;
    interface.see(time, sent("10.0.2.9", "10.0.2.2", id), 2).see(time + 1s, sent("10.0.2.1", "10.0.2.9", id), 1);
  }
  EXPECT_EQ(interface.tally(2).count(RateOf::messages), 2);
  EXPECT_THAT(interface.told(), IsEmpty());
  interface.see(8h + 1min, sent("10.0.2.9", "10.0.2.2", 3), 2).see(8h + 2min, sent("10.0.2.1", "10.0.2.9", 3), 1);
  EXPECT_EQ(interface.tally(2).count(RateOf::messages), 4) << "too far apart to be two legs of one";

  Watching run{balance};
  run.see(8h + 1s, accepted("10.0.2.9", "10.0.2.1"), 2).see(8h + 2s, accepted("10.0.1.1", "10.0.2.9"), 1);
  run.see(8h + 3s, stores("10.0.2.9", "10.0.2.1"), 2).see(8h + 4s, stores("10.0.1.1", "10.0.2.9"), 1);
  EXPECT_EQ(run.tally(0).count(RateOf::objects), 1);

  run.see(8h + 30s, accepted("10.0.2.9", "10.0.2.1"), 4).see(8h + 60s, accepted("10.0.1.1", "10.0.2.9"), 3);
  run.see(8h + 61s, stores("10.0.2.9", "10.0.2.1"), 4).see(8h + 62s, stores("10.0.1.1", "10.0.2.9"), 3);
  EXPECT_EQ(run.tally(0).count(RateOf::objects), 3) << "too far apart to be two legs of one";
}

TEST(FlowWatch, KeepsATallyOfEveryFlow) {
  Watching run{[](Model&) {}};
  run.see(8h + 1min, stores()).see(8h + 2min, message("10.0.2.1", "10.0.2.2", 2575, "ORU^R01"));
  EXPECT_EQ(run.tally(0).seen, 1);
  EXPECT_EQ(run.tally(0).last, kMonday + 8h + 1min);
  EXPECT_EQ(run.tally(1).seen, 0);
  EXPECT_FALSE(run.tally(1).first);
  EXPECT_EQ(run.tally(2).count(RateOf::messages), 1);
  EXPECT_THAT(run.told(), IsEmpty());
}

}  // namespace
}  // namespace dcmwatch
